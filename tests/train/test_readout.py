"""Ridge readouts against least squares by hand, and what is refused."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import graphnet as gn
from tests.profiles import scaled


def drawing(rng: np.random.Generator, *, n_outputs: int, learns_bias: bool) -> nx.DiGraph:
    """A small reservoir whose outputs read neurons and an input with several delays, some synapses fixed."""
    graph = nx.MultiDiGraph()
    graph.add_nodes_from([("in", i) for i in range(2)], role="input")
    graph.add_nodes_from([("h", i) for i in range(4)], train_bias=False)
    for i in range(4):
        graph.add_edge(("in", i % 2), ("h", i), weight=float(rng.normal()), trainable=False)
        graph.add_edge(("h", i), ("h", (i + 1) % 4), weight=0.5, trainable=False, delay=1)
    graph.nodes["h", 0]["initial"] = 0.7
    for k in range(n_outputs):
        bias = {} if learns_bias else {"train_bias": False, "bias": 0.3}
        graph.add_node(("out", k), role="output", **bias)
        for i in range(4):
            graph.add_edge(("h", i), ("out", k), delay=i % 3, scale=float(rng.choice([-2.0, 0.5, 1.0])))
        graph.add_edge(("in", 0), ("out", k), weight=0.8, trainable=False, scale=2.0)
    return graph


def objective(net: gn.Network, inputs: Any, targets: Any, alpha: float, counted: Any, lengths: Any) -> float:
    """The sum that ridge minimises, from the network's own run and table."""
    error = (net.run(inputs, lengths=lengths) - targets)[counted]
    table = net.to_table()
    is_open = table.has_role("output")[table.target] & (table.edge("trainable") != 0)
    strengths = (table.edge("scale") * table.edge("weight"))[is_open]
    return float((error**2).sum() + alpha * (strengths**2).sum())


@settings(max_examples=scaled(60))
@given(st.integers(0, 2**32 - 1), st.booleans(), st.booleans(), st.sampled_from([1e-6, 0.1, 10.0]), st.integers(0, 3))
def test_nothing_near_it_is_better(seed: int, learns_bias: bool, ragged: bool, alpha: float, washout: int) -> None:
    rng = np.random.default_rng(seed)
    net = gn.compile(drawing(rng, n_outputs=2, learns_bias=learns_bias), seed=seed, backend="reference")
    inputs, targets = rng.normal(size=(3, 8, 2)), rng.normal(size=(3, 8, 2)) + 3
    lengths = np.array([8, 4, 6]) if ragged else None
    counted = np.arange(8) >= washout * np.ones((3, 1))
    if lengths is not None:
        counted &= np.arange(8) < lengths[:, np.newaxis]
    before = net.parameters.copy()
    fitted = gn.ridge(net, inputs, targets, alpha=alpha, washout=washout, lengths=lengths)
    assert np.array_equal(net.parameters, before)
    best = objective(fitted, inputs, targets, alpha, counted, lengths)
    for position in range(len(fitted.parameters)):
        for step in (-1e-3, 1e-3):
            moved = fitted.parameters.copy()
            moved[position] += step
            near = gn.compile(fitted.to_graph(), seed=0, backend="reference")
            near.parameters = moved
            assert objective(near, inputs, targets, alpha, counted, lengths) >= best - 1e-9 * abs(best)


def test_targets_of_samples_are_those_of_each_last_step() -> None:
    net = gn.compile(gn.graphs.echo_state(2, 20, 3, seed=0))
    rng = np.random.default_rng(0)
    inputs, lengths = rng.normal(size=(40, 7, 2)), rng.integers(2, 8, 40)
    last = lengths - 1
    wanted = np.eye(3)[(inputs[np.arange(40), last, 0] > 0).astype(int) + (inputs[np.arange(40), last, 1] > 0)]
    fitted = gn.ridge(net, inputs, wanted, lengths=lengths, alpha=1e-3)
    states = net.run(inputs, lengths=lengths, record=[("hidden", i) for i in range(20)]).recorded
    x = np.stack([values[np.arange(40), last] for values in states.values()], axis=1)
    centred = x - x.mean(axis=0)
    weights = np.linalg.solve(centred.T @ centred + 1e-3 * np.eye(20), centred.T @ wanted)
    bias = wanted.mean(axis=0) - x.mean(axis=0) @ weights
    by_hand = x @ weights + bias
    np.testing.assert_allclose(fitted.run(inputs, lengths=lengths)[np.arange(40), last], by_hand, rtol=1e-7, atol=1e-9)


def test_pieces_add_up_to_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    net = gn.compile(gn.graphs.echo_state(2, 10, 1, seed=0))
    inputs, targets = rng.normal(size=(9, 30, 2)), rng.normal(size=(9, 30, 1))
    whole = gn.ridge(net, inputs, targets)
    monkeypatch.setattr("graphnet.train.readout.AT_ONCE", 30 * 10 * 2)
    np.testing.assert_allclose(gn.ridge(net, inputs, targets).parameters, whole.parameters, rtol=1e-6, atol=1e-9)


def test_without_a_penalty_the_shortest_solution_counts() -> None:
    """Two neurons that are the same share the weight."""
    graph = nx.DiGraph([("x", "a"), ("x", "b"), ("a", "y"), ("b", "y")])
    graph.nodes["x"]["role"], graph.nodes["y"]["role"] = "input", "output"
    for node in "ab":
        graph.nodes[node].update(activation="identity", train_bias=False)
        graph.edges["x", node].update(weight=1.0, trainable=False)
    inputs = np.arange(6.0).reshape(1, 6, 1)
    fitted = gn.ridge(gn.compile(graph), inputs, 4 * inputs + 1, alpha=0)
    rows = {tuple(row.key) if row.kind == "weight" else row.kind: row.value for row in fitted.parameter_table()}
    assert rows == {("a", "y"): pytest.approx(2), ("b", "y"): pytest.approx(2), "bias": pytest.approx(1)}


def linear(**output: Any) -> nx.DiGraph:
    graph = nx.DiGraph([("x", "a"), ("a", "y"), ("x", "y")])
    graph.nodes["x"]["role"] = "input"
    graph.nodes["y"].update(role="output", **output)
    return graph


def tied() -> nx.DiGraph:
    graph = linear()
    graph.edges["a", "y"]["tie"] = graph.edges["x", "a"]["tie"] = "t"
    return graph


def signed() -> nx.DiGraph:
    graph = linear()
    graph.nodes["a"]["sign"] = 1
    return graph


def gated() -> nx.DiGraph:
    graph = linear()
    graph.edges["a", "y"]["gate"] = "x"
    return graph


def read() -> nx.DiGraph:
    graph = linear()
    graph.add_edge("y", "a")
    return graph


@pytest.mark.parametrize(
    ("graph", "said"),
    [
        (linear(activation="tanh"), r"^ridge: output 'y' is not linear: it needs activation='identity', and no leak"),
        (linear(leak=0.5), r"^ridge: output 'y' is not linear"),
        (linear(tau=2.0), r"^ridge: output 'y' is not linear"),
        (linear(onset=1), r"^ridge: output 'y' is not linear"),
        (linear(reverse=True), r"^ridge: output 'y' is not linear"),
        (tied(), r"^ridge: synapse \('a', 'y'\): its weight is tied$"),
        (signed(), r"^ridge: synapse \('a', 'y'\): it has a sign, which no closed form keeps$"),
        (gated(), r"^ridge: synapse \('a', 'y'\): the synapse has a gate$"),
        (read(), r"^ridge: synapse \('y', 'a'\): an output is read$"),
    ],
)
def test_outputs_that_are_no_linear_readout_are_refused(graph: nx.DiGraph, said: str) -> None:
    net = gn.compile(graph, seed=0)
    with pytest.raises(gn.DataError, match=said):
        gn.ridge(net, np.ones((1, 3, 1)), np.ones((1, 3, 1)))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"alpha": -1}, r"^alpha: -1; must be "),
        ({"washout": 3}, r"^washout: 3 leaves no step of sequences of at most 3 steps$"),
        ({"washout": -1}, r"^washout=-1 is not a whole number >= 0$"),
        ({"targets": np.ones((1, 2, 1))}, r"^targets: shape \(1, 2, 1\)"),
        ({"targets": np.full((1, 3, 1), np.nan)}, r"^targets at sample 0, step 0, column 0: nan"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(arguments: dict[str, Any], said: str) -> None:
    net = gn.compile(linear(), seed=0)
    given = {"inputs": np.ones((1, 3, 1)), "targets": np.ones((1, 3, 1))} | arguments
    with pytest.raises(gn.DataError, match=said):
        gn.ridge(net, **given)
    with pytest.raises(gn.DataError, match=r"^ridge: net is a DiGraph, not a Network$"):
        gn.ridge(linear(), **given)  # type: ignore[arg-type]


def test_values_that_overflow_are_named() -> None:
    graph = linear()
    graph.nodes["a"]["activation"] = "identity"
    graph.edges["x", "a"].update(weight=1e300, trainable=False)
    with pytest.raises(gn.DataError, match=r"^ridge: the value of 'a' is not finite; scale its inputs"):
        gn.ridge(gn.compile(graph, seed=0), np.full((1, 3, 1), 1e300), np.ones((1, 3, 1)))
