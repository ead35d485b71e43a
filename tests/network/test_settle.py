"""Steady states: under constant inputs nothing moves, and what moves is named."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import graphnet as gn
from graphnet.network import settle as module
from graphnet.testing.strategies import neuron_graphs
from tests.profiles import scaled

BACKENDS = pytest.mark.parametrize("backend", ["reference", "fast"])


def line(backend: str = "reference", **said: object) -> gn.Network:
    """x -> y with weight 2, y of the identity."""
    graph = nx.DiGraph([("x", "y", {"weight": 2.0})])
    graph.nodes["x"]["role"] = "input"
    graph.nodes["y"].update(role="output", **said)
    return gn.compile(graph, backend=backend)


@BACKENDS
def test_a_leaky_neuron_comes_to_its_input(backend: str) -> None:
    net = line(backend, leak=0.5)
    state = net.settle([[3.0], [-1.0]])
    assert state["y"].ravel().tolist() == pytest.approx([6.0, -2.0], abs=2e-6)
    assert len(set(state.steps.tolist())) == 1
    # 6 / 2^t moves by less than 1e-6 from step 23 on
    assert 23 <= state.steps[0] <= 30
    assert net.settle([[3.0]], tolerance=0.0)["y"].item() == 6.0


@BACKENDS
def test_a_state_to_start_from(backend: str) -> None:
    """Of a reservoir: outputs stand still, and a gradient through it is that of a long sequence."""
    net = gn.compile(gn.graphs.echo_state(2, 30, 1, leak=0.4, seed=0), seed=0, backend=backend)
    grey = np.array([[0.5, -0.25], [0.0, 1.0]])
    state = net.settle(grey, tolerance=1e-12)
    held = np.repeat(grey[:, None], 5, axis=1)
    outputs = net.run(held, state=state)
    assert np.ptp(outputs, axis=1).max() < 1e-10
    before = int(state.steps[0])
    whole = net.run(np.repeat(grey[:, None], before + 5, axis=1))
    np.testing.assert_allclose(outputs, whole[:, before:], rtol=0, atol=1e-10)
    value, gradient = net.value_and_grad(held, np.zeros((2, 5, 1)), state=state)
    assert value == pytest.approx((whole[:, before:] ** 2).mean(), abs=1e-9)
    assert np.isfinite(gradient).all()
    assert net.vjp(held, np.ones((2, 5, 1)), state=state).state is not None


def test_a_delay_is_waited_for() -> None:
    """The input is there at once, and moves nothing for 50 steps."""
    graph = nx.DiGraph([("x", "y", {"weight": 1.0, "delay": 50}), ("y", "z", {"weight": 1.0, "delay": 7})])
    graph.nodes["x"]["role"], graph.nodes["z"]["role"] = "input", "output"
    state = gn.compile(graph).settle([[0.5]])
    assert state["x"].ravel().tolist() == [0.5] * 50
    assert np.unique(state["y"]).tolist() == [np.tanh(0.5)]
    with pytest.raises(gn.DataError, match=r"settle: 'x', in sample 0, still moves by 0.5 .* after most_steps=49"):
        gn.compile(graph).settle([[0.5]], most_steps=49)


def test_a_state_that_moves_while_its_value_rests() -> None:
    """relu of a potential that rises from -100: the value is 0 for long, and then it is not."""
    net = line(activation="relu", tau=20.0, initial=-100.0)
    state = net.settle([[1.0]])
    assert state["y"].item() == pytest.approx(2.0, abs=1e-4)
    with pytest.raises(gn.DataError, match="settle: 'y', in sample 0, still moves by 3"):
        net.settle([[1.0]], most_steps=10)


def test_an_onset_is_waited_for() -> None:
    net = line(onset=20, initial=1.0)
    state = net.settle([[1.0]])
    assert state.steps[0] > 20
    assert net.run([[[1.0]]], state=state).item() == 2.0
    with pytest.raises(gn.DataError, match="settle: the onset of 'y' is step 20, which most_steps=20 do not reach"):
        net.settle([[1.0]], most_steps=20)
    assert net.settle([[1.0]], most_steps=22).steps.tolist() == [22]


@BACKENDS
def test_what_never_rests_is_named(backend: str) -> None:
    graph = nx.DiGraph([("x", "still", {"weight": 1.0}), ("a", "b", {"weight": 1.0}), ("b", "a", {"weight": -1.0})])
    graph.nodes["x"]["role"], graph.nodes["still"]["role"] = "input", "output"
    nx.set_node_attributes(graph, {"a": {"activation": "identity", "initial": 1.0}, "b": {"activation": "identity"}})
    net = gn.compile(graph, backend=backend)
    with pytest.raises(gn.DataError) as caught:
        net.settle([[1.0]], most_steps=100)
    assert str(caught.value) in {
        f"settle: {node!r}, in sample 0, still moves by 1 from one step to the next after most_steps=100, and "
        "tolerance=1e-06; give more of either, if the network comes to rest on these inputs at all"
        for node in "ab"
    }
    graph.edges["b", "a"]["weight"] = -2.0
    with pytest.raises(gn.DataError, match=r"settle: '[ab]', in sample 0, is not finite after \d+ steps: the network"):
        gn.compile(graph, backend=backend, dtype="float32").settle([[1.0]])


@pytest.mark.parametrize(
    ("inputs", "more", "says"),
    [
        ([1.0], {}, r"inputs to settle under have shape \(1,\), not \(n_samples, 1\)"),
        ([[1.0, 2.0]], {}, r"inputs to settle under have shape \(1, 2\), not \(n_samples, 1\)"),
        ([[[1.0]]], {}, r"inputs to settle under have shape \(1, 1, 1\)"),
        (np.zeros((0, 1)), {}, "sample"),
        ([[np.nan]], {}, "inputs at sample 0, step 0, column 0: nan is not a finite number in float64; 1 such"),
        ([[1.0]], {"tolerance": -1.0}, "settle: tolerance=-1.0 is not a finite number >= 0"),
        ([[1.0]], {"tolerance": "small"}, "settle: tolerance='small' is not"),
        ([[1.0]], {"most_steps": 1}, "most_steps=1 is not a whole number >= 2"),
        ([[1.0]], {"most_steps": 2.5}, "most_steps=2.5 is not a whole number >= 2"),
    ],
)
def test_what_does_not_fit(inputs: object, more: dict, says: str) -> None:
    with pytest.raises(gn.DataError, match=says):
        line().settle(inputs, **more)


def test_reversed_time_has_no_steady_state() -> None:
    net = gn.compile(gn.graphs.bidirectional(gn.graphs.elman(1, 2, 1)), seed=0)
    with pytest.raises(gn.DataError, match=r"settle: .* lives in reversed time"):
        net.settle([[1.0]])


def test_a_network_without_inputs() -> None:
    graph = nx.DiGraph()
    graph.add_node("y", role="output", bias=3.0, leak=0.25)
    state = gn.compile(graph).settle(np.zeros((2, 0)))
    assert state["y"].ravel().tolist() == pytest.approx([3.0, 3.0], abs=1e-5)


@settings(max_examples=scaled(60))
@given(neuron_graphs(reverse=False), st.integers(0, 3), st.integers(2, 5))
def test_what_settles_stays(graph: nx.DiGraph, seed: int, at_once: int) -> None:
    """All values at the next steps, from the state, and in whatever pieces it was run."""
    net = gn.compile(graph, seed=seed)
    held = np.random.default_rng(seed).uniform(-1, 1, (2, net.n_inputs))
    try:
        state = net.settle(held, tolerance=1e-11, most_steps=200)
    except gn.DataError:
        return
    neurons = [node for node, role in graph.nodes(data="role") if role != "input"]
    found = net.run(np.repeat(held[:, None], 10, axis=1), state=state, record=neurons).recorded
    for values in found.values():
        assert np.ptp(values, axis=1).max() < 1e-7
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "MOST_BYTES", at_once * max(1, held.nbytes))
        again = net.settle(held, tolerance=1e-11, most_steps=200)
    assert again.history.tobytes() == state.history.tobytes()
    assert again.steps.tolist() == state.steps.tolist()
