"""The derivative by complex step, and the size of the step."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

import graphnet as gn
from graphnet.network.network import COMPLEX_STEP
from graphnet.testing.complex_step import ComplexStep


def smooth() -> gn.Network:
    """Return an LSTM with a delay of more than one step."""
    drawing = gn.graphs.lstm(2, 3, 2)
    drawing.add_edge(("hidden", 0), ("output", 1), delay=3, weight=0.7)
    return gn.compile(drawing, seed=0)


@pytest.mark.parametrize("of", ["parameters", "inputs", "history"])
def test_it_is_the_limit_of_differences(of: str) -> None:
    net, rng, lengths = smooth(), np.random.default_rng(0), np.array([2, 5, 4])
    inputs, state = rng.standard_normal((3, 5, 2)), net.state(3)
    state.history[:] = rng.standard_normal(state.history.shape)
    own = {"parameters": net.parameters, "inputs": inputs, "history": state.history}
    direction = rng.standard_normal(own[of].shape)
    outputs, final = ComplexStep(net, inputs, lengths=lengths, state=state).derivative(**{of: direction})

    def run_at(h: float) -> gn.Run:
        there = {**own, of: own[of] + h * direction}
        net.parameters = there["parameters"]
        start = gn.State(state.layout, there["history"], state.steps)
        return net.run(there["inputs"], lengths=lengths, state=start, return_state=True)

    before, after = run_at(-1e-5), run_at(1e-5)
    np.testing.assert_allclose(outputs, (after.outputs - before.outputs) / 2e-5, atol=1e-8)
    np.testing.assert_allclose(final, (after.state.history - before.state.history) / 2e-5, atol=1e-8)
    assert np.abs(outputs).max() > 0.1
    assert not outputs[np.arange(5) >= lengths[:, None]].any()


def test_a_step_back_in_time_and_from_initial_values() -> None:
    drawing = gn.graphs.bidirectional(gn.graphs.elman(1, 2, 1))
    net = gn.compile(drawing, seed=0)
    inputs, weights = np.random.default_rng(0).standard_normal((2, 6, 1)), np.ones((2, 6, net.n_outputs))
    step = ComplexStep(net, inputs, lengths=[6, 3])
    weights[1, 3:] = 0
    backward = net.vjp(inputs, weights, lengths=[6, 3]).parameters
    for i, direction in enumerate(np.eye(len(net.parameters))):
        assert step.derivative(parameters=direction)[0].sum() == pytest.approx(backward[i], rel=1e-12, abs=1e-12)


def test_inner_values_are_what_functions_are_computed_of() -> None:
    drawing = nx.DiGraph([("x", "h", {"weight": 2.0}), ("h", "y", {"weight": 1.0, "delay": 1})])
    drawing.add_node("x", role="input")
    drawing.add_node("h", bias=0.5, activation="relu")
    drawing.add_node("y", role="output", bias=0.0, activation="identity", onset=1)
    found = ComplexStep(gn.compile(drawing), [[[1.0], [-1.0]], [[3.0], [9.0]]], lengths=[2, 1]).inner_values()
    z = {name: values[:, :, 0] for name, _, values in found}
    np.testing.assert_array_equal(z["relu"], [[2.5, -1.5], [6.5, np.nan]])
    np.testing.assert_array_equal(z["identity"], [[np.nan, 2.5], [np.nan, np.nan]])


def test_the_square_of_the_step_is_nothing() -> None:
    assert COMPLEX_STEP > 0
    assert COMPLEX_STEP**2 == 0
    assert ((1 + 1j * COMPLEX_STEP) * (1 + 1j * COMPLEX_STEP)).real == 1
    assert (1j * COMPLEX_STEP * 1j * COMPLEX_STEP).real == 0


def test_a_neuron_at_its_kink_stays_there_while_two_factors_change() -> None:
    """The sum of a relu neuron is exactly 0, a product of two values that both change: (ih)(ih) must not move it."""
    drawing = nx.DiGraph()
    drawing.add_node("x", role="input")
    for node in ("a", "b"):
        drawing.add_node(node, activation="identity", bias=0.0)
        drawing.add_edge("x", node, weight=0.0)
    drawing.add_node("c", activation="relu", bias=0.0, train_bias=False)
    drawing.add_node("y", role="output", activation="identity", bias=0.0, train_bias=False)
    drawing.add_edge("a", "c", weight=-1.0, gate="b", gate_delay=0, trainable=False, delay=0)
    drawing.add_edge("c", "y", weight=1.0, delay=0)
    net = gn.compile(drawing)
    inputs, targets = np.ones((1, 1, 1)), np.ones((1, 1, 1))
    # with h = 1e-30 the sum became -(ih)(ih) = 1e-60 > 0, and the neuron another one
    for direction in np.eye(len(net.parameters)):
        assert not net.hvp(inputs, targets, direction).any()
    assert not net.hvp(inputs, targets, np.ones(len(net.parameters))).any()
    assert not ComplexStep(net, inputs).derivative(parameters=np.ones(len(net.parameters)))[0].any()
