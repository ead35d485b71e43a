"""Bounds: no update breaks a sign or takes tau or leak beyond a bound, whatever the optimizer and the drawing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import graphnet as gn
from graphnet.testing import cases
from graphnet.train.rules.optimizers import OPTIMIZERS
from tests.profiles import scaled

pytestmark = pytest.mark.filterwarnings("ignore::graphnet.GradientWarning")

FEW = settings(max_examples=scaled(16))


def broken(graph: nx.DiGraph, net: gn.Network) -> list[str]:
    """Requirements of the drawing that the network breaks, from the drawings alone."""
    back, found = net.to_graph(), []
    for edge in graph.edges:
        said = graph.edges[edge]
        sign = said.get("sign", graph.nodes[edge[0]].get("sign", 0))
        strength = said.get("scale", 1.0) * back.edges[edge]["weight"]
        if strength * sign < 0:
            found.append(f"{edge!r} of sign {sign} has the strength {strength}")
    for node, tau in back.nodes(data="tau"):
        if tau is not None and tau < net.dt:
            found.append(f"{node!r} has tau {tau}, less than dt {net.dt}")
    for node, leak in back.nodes(data="leak"):
        if leak is not None and not (1e-3 <= leak <= 1 or leak == graph.nodes[node].get("leak")):
            found.append(f"{node!r} has leak {leak}")
    return found


@pytest.mark.parametrize("name", OPTIMIZERS)
@FEW
@given(
    cases(declared=False),
    st.sampled_from(["float64", "float32"]),
    st.sampled_from([1.0, 0.7]),
    st.sampled_from([0.02, 0.3, 2.0]),
    st.sampled_from([0.0, 0.5]),
)
def test_signs_and_time_constants_keep_their_bounds_after_every_update(
    name: str, case: Any, dtype: str, dt: float, rate: float, weight_decay: float
) -> None:
    """An update an epoch, after each of which the callback looks; where a fit diverges, what it leaves behind too."""
    net = gn.compile(case.graph, seed=case.seed, dtype=dtype, dt=dt)
    assume(len(net.parameters))
    targets = case.rng.normal(size=(*case.inputs.shape[:2], net.n_outputs)) * 5
    optimizer = (
        {"name": name} if name == "lbfgs" else {"name": name, "learning_rate": rate, "weight_decay": weight_decay}
    )
    looked = []

    def look(row: dict[str, Any]) -> None:
        looked.append(row["epoch"])
        assert not broken(case.graph, net)
        assert (net.parameters >= net.bounds[:, 0].astype(dtype)).all()
        assert (net.parameters <= net.bounds[:, 1].astype(dtype)).all()

    options = {"lengths": case.lengths, "optimizer": optimizer, "epochs": 5, "batch_size": 3, "seed": 0}
    try:
        history = gn.fit(net, case.inputs, targets, callback=look, **options)
    except gn.DivergedError:
        assert not broken(case.graph, net)
    else:
        assert looked == [row["epoch"] for row in history.epochs]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_what_is_pulled_beyond_its_bound_comes_to_rest_there(name: str, dtype: str) -> None:
    """Each weight of a sign is pulled to the other one, tau below dt; what is free goes where it is pulled to."""
    graph = nx.DiGraph()
    graph.add_nodes_from(["a", "b", "c", "d", "e", "f"], role="input")
    graph.nodes["b"]["sign"] = 1
    graph.add_node("s", tau=1.5, train_tau=True, train_bias=False, activation="identity")
    graph.add_node("y", role="output")
    graph.add_edge("a", "y", sign=-1, weight=-0.5)
    graph.add_edge("b", "y", weight=-0.25, scale=-2.0)
    graph.add_edge("c", "y", tie="t", weight=-0.5)
    graph.add_edge("d", "y", tie="t", sign=1, scale=-1.0)
    graph.add_edge("e", "y", weight=0.5)
    graph.add_edge("f", "s", trainable=False, weight=1.0)
    graph.add_edge("s", "y", trainable=False, weight=1.0)
    net = gn.compile(graph, dtype=dtype, dt=0.75)
    x = np.random.default_rng(0).normal(size=(40, 8, 6))
    targets = x @ [2.0, -2.0, 1.0, -1.0, -1.0, 2.0] + 0.5
    assert not broken(graph, net)
    gn.fit(net, x, targets[..., None], optimizer=name, learning_rate=0.1, epochs=150, batch_size=40, seed=0)
    back = net.to_graph()
    weights = {source: back.edges[source, "y"]["weight"] for source in "abcde"}
    assert [weights[source] for source in "abcd"] == [0.0] * 4
    assert back.nodes["s"]["tau"] == 0.75
    # with the bounded ones at rest s = f, and what is left is a line through e
    left = np.stack([x[..., 4].ravel(), np.ones(x[..., 4].size)], axis=1)
    slope, height = np.linalg.lstsq(left, (targets - x[..., 5]).ravel())[0]
    assert weights["e"] == pytest.approx(slope, abs=0.02)
    assert back.nodes["y"]["bias"] == pytest.approx(height, abs=0.02)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_leak_that_is_pulled_beyond_its_bounds_comes_to_rest_there(name: str) -> None:
    """One neuron should not move at all, the other more than its sum says."""
    graph = nx.DiGraph()
    graph.add_node("x", role="input")
    graph.add_nodes_from("ab", role="output", leak=0.5, train_leak=True, train_bias=False)
    graph.add_edges_from([("x", "a"), ("x", "b")], weight=1.0, trainable=False)
    net = gn.compile(graph)
    x = np.random.default_rng(0).normal(size=(20, 6, 1))
    targets = np.concatenate([0 * x, 2 * x], axis=2)
    gn.fit(net, x, targets, optimizer=name, learning_rate=0.1, epochs=60, batch_size=20, seed=0)
    assert net.parameters.tolist() == [1e-3, 1.0]


@pytest.mark.parametrize("dt", [0.1, 0.7, 0.9])
def test_a_float32_network_whose_tau_is_dt_comes_back_from_its_drawing_and_its_file(dt: float, tmp_path: Path) -> None:
    """0.7 and 0.9 in float32 are less than in float64, and tau < dt is an error of the drawing."""
    graph = nx.DiGraph()
    graph.add_node("s", role="output", tau=dt, train_tau=True, bias=0.3)
    net = gn.compile(graph, dtype="float32", dt=dt)
    back = net.to_graph()
    assert back.nodes["s"]["tau"] == dt
    assert back.nodes["s"]["bias"] == float(np.float32(0.3))
    gn.save(net, tmp_path / "net.safetensors")
    for again in (gn.compile(back, dtype="float32", dt=dt), gn.load(tmp_path / "net.safetensors")):
        assert again.parameters.tobytes() == net.parameters.tobytes()
