"""Network: calls worked out by hand, round trips, names in errors, and arrays that are nobody else's."""

from __future__ import annotations

import os
import pickle
import random
import re
import subprocess
import sys
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import graphnet as gn
from graphnet.language.activations import ACTIVATIONS
from graphnet.testing.property_cases import assert_close, lives_backwards
from graphnet.testing.strategies import neuron_graphs, sequences
from tests.profiles import scaled


def drawing(**hidden: Any) -> nx.DiGraph:
    """x -> h -> y and a loop on h, weights 2, 3 and 0.5; linear unless said otherwise."""
    graph = nx.DiGraph()
    graph.add_node("x", role="input")
    graph.add_node("h", **{"activation": "identity", **hidden})
    graph.add_node("y", role="output")
    graph.add_weighted_edges_from([("x", "h", 2.0), ("h", "y", 3.0), ("h", "h", 0.5)])
    return graph


def recurrent(n_hidden: int = 4, **options: Any) -> gn.Network:
    return gn.compile(gn.graphs.elman(2, n_hidden, 3), seed=0, **options)


def arrays(net: gn.Network, n_samples: int = 3, n_steps: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and targets."""
    rng = np.random.default_rng(1)
    return (
        rng.standard_normal((n_samples, n_steps, net.n_inputs)),
        rng.standard_normal((n_samples, n_steps, net.n_outputs)),
    )


# --- running ----------------------------------------------------------------------------------------------------------


def test_its_sizes() -> None:
    graph = nx.MultiDiGraph([("a", "b"), ("a", "b"), ("b", "c"), ("b", "d")])
    graph.nodes["a"]["role"] = "input"
    graph.nodes["c"]["role"] = graph.nodes["d"]["role"] = "output"
    net = gn.compile(graph)
    assert (net.n_inputs, net.n_outputs, net.n_nodes, net.n_edges) == (1, 2, 4, 4)
    assert "1 inputs, 2 outputs, 4 nodes, 4 edges, 7 parameters, float64" in repr(net)


def test_a_sequence_by_hand() -> None:
    """h(t) = 2 x(t) + 0.5 h(t-1) + 1, y = 3 h - 1, from h(0) = 4."""
    graph = drawing(bias=1.0, initial=4.0)
    graph.nodes["y"]["bias"] = -1.0
    run = gn.compile(graph).run([[[1.0], [0.0], [-1.0]]], record=["h"])
    assert run.recorded["h"].tolist() == [[5.0, 3.5, 0.75]]
    assert run.outputs.tolist() == [[[14.0], [9.5], [1.25]]]


def test_delay_gate_and_scale_by_hand() -> None:
    """y(t) = -2 * 3 * g(t-1) * x(t-2), with initial values of the gate before the start and 0 for inputs."""
    graph = nx.DiGraph()
    graph.add_nodes_from("xu", role="input")
    graph.add_node("g", activation="identity", initial=10.0)
    graph.add_node("y", role="output")
    graph.add_edge("u", "g", weight=1.0)
    graph.add_edge("x", "y", weight=3.0, scale=-2.0, delay=2, gate="g", gate_delay=1)
    inputs = [[[1.0, 1.0], [2.0, 2.0], [3.0, 3.0], [4.0, 4.0]]]
    assert gn.compile(graph).run(inputs).ravel().tolist() == [0.0, 0.0, -6 * 2.0 * 1.0, -6 * 3.0 * 2.0]
    graph.edges["x", "y"]["delay"] = 0
    assert gn.compile(graph).run(inputs).ravel()[0] == -6 * 10.0


def test_parallel_synapses_add_up() -> None:
    graph = nx.MultiDiGraph()
    graph.add_node("x", role="input")
    graph.add_node("y", role="output")
    graph.add_edge("x", "y", weight=1.0)
    graph.add_edge("x", "y", weight=10.0)
    graph.add_edge("x", "y", weight=100.0, delay=1)
    assert gn.compile(graph).run([[[1.0], [2.0]]]).ravel().tolist() == [11.0, 122.0]


def test_columns_are_in_node_order() -> None:
    graph = nx.DiGraph()
    for node, role in [("b", "output"), ("in2", "input"), ("a", "output"), ("in1", "input")]:
        graph.add_node(node, role=role)
    graph.add_weighted_edges_from([("in2", "b", 2.0), ("in1", "a", 1.0)])
    assert gn.compile(graph).run([[[3.0, 5.0]]]).ravel().tolist() == [6.0, 5.0]


def test_a_network_without_inputs_runs_for_as_many_steps_as_asked() -> None:
    graph = nx.DiGraph([("y", "y", {"weight": 2.0})])
    graph.nodes["y"].update(role="output", initial=1.0)
    net = gn.compile(graph)
    assert net.run(np.zeros((1, 3, 0))).ravel().tolist() == [2.0, 4.0, 8.0]
    assert [net.simulator().step().item()] == [2.0]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_everything_is_of_the_networks_dtype(dtype: str) -> None:
    net = recurrent(dtype=dtype)
    inputs, targets = arrays(net)
    value, gradient = net.value_and_grad(inputs, targets)
    assert type(value) is float
    back = net.vjp(inputs, targets, state=net.state(3))
    run = net.run(inputs, record=[("hidden", 0)], return_state=True)
    found = [
        net.parameters,
        gradient,
        run.outputs,
        run.recorded["hidden", 0],
        run.state.history,
        back.parameters,
        back.inputs,
        back.state.history,
        net.hvp(inputs, targets, np.ones(len(gradient))),
        net.simulator(3).step(inputs[:, 0]),
    ]
    assert {array.dtype.name for array in found} == {dtype}


@pytest.mark.parametrize("kind", [np.asarray, np.ndarray.tolist, np.asfortranarray, np.float32, np.int64, np.round])
def test_inputs_of_any_kind(kind: Callable[[np.ndarray], Any]) -> None:
    net = recurrent()
    inputs = np.round(arrays(net)[0] * 4)
    assert np.array_equal(net.run(kind(inputs)), net.run(inputs))


def test_recorded_nodes_are_those_asked_for_in_that_order() -> None:
    net = gn.compile(drawing())
    inputs = np.array([[[1.0], [0.5]]])
    run = net.run(inputs, record=["y", "x", "h", "x"])
    assert list(run.recorded) == ["y", "x", "h"]
    assert np.array_equal(run.recorded["x"], inputs[..., 0])
    assert np.array_equal(run.recorded["y"], run.outputs[..., 0])
    assert run.recorded["h"].tolist() == [[2.0, 2.0]]
    assert run.state is None
    assert net.run(inputs, record=[]).recorded == {}
    assert net.run(inputs, record=(node for node in "h")).recorded["h"].shape == (1, 2)


@settings(max_examples=scaled(100))
@given(st.data())
def test_what_is_past_the_end_is_zero(data: st.DataObject) -> None:
    """Also of a neuron whose bias or initial value would show."""
    graph = data.draw(neuron_graphs())
    batch = data.draw(sequences(graph))
    lengths = [batch.inputs.shape[1]] * len(batch.inputs) if batch.lengths is None else batch.lengths
    run = gn.compile(graph).run(batch.inputs, lengths=lengths, record=list(graph))
    for sample, length in enumerate(lengths):
        assert not run.outputs[sample, length:].any()
        assert all(not values[sample, length:].any() for values in run.recorded.values())


def test_a_run_of_one_array_is_an_array_and_of_more_a_run() -> None:
    net = recurrent()
    inputs, _ = arrays(net)
    assert type(net.run(inputs)) is np.ndarray
    assert isinstance(net.run(inputs, record=[]), gn.Run)
    run = net.run(inputs, return_state=True)
    assert isinstance(run, gn.Run)
    assert isinstance(run.state, gn.State)
    assert run.recorded == {}


# --- states -----------------------------------------------------------------------------------------------------------


def test_a_state_holds_initial_values_and_zeros_of_inputs() -> None:
    graph = drawing(initial=4.0)
    graph.edges["x", "h"]["delay"] = 2
    state = gn.compile(graph).state(3)
    assert state["h"].tolist() == [[4.0]] * 3
    assert state["x"].tolist() == [[0.0, 0.0]] * 3
    assert state.n_samples == 3


def test_values_are_the_whole_past_of_a_node_inputs_too() -> None:
    graph = drawing(initial=4.0)
    graph.edges["x", "h"]["delay"] = 2
    net = gn.compile(graph)
    state = net.state(2, {"x": [1.0, -1.0], "h": 10.0})
    assert state["x"].tolist() == [[1.0, 1.0], [-1.0, -1.0]]
    assert state["h"].tolist() == [[10.0], [10.0]]
    # h(t) = 2 x(t-2) + 0.5 h(t-1), y = 3 h
    outputs = net.run(np.full((2, 3, 1), 7.0), state=state)
    assert outputs[0].ravel().tolist() == [3 * 7.0, 3 * 5.5, 3 * 16.75]
    assert outputs[1].ravel().tolist() == [3 * 3.0, 3 * -0.5, 3 * 13.75]


def test_values_of_a_continuous_time_neuron_are_its_state_and_not_its_output() -> None:
    graph = drawing(activation="tanh", tau=2.0)
    graph.edges["h", "h"]["weight"] = 0.0
    net = gn.compile(graph)
    run = net.run([[[0.0]]], state=net.state(1, {"h": 3.0}), record=["h"])
    assert run.recorded["h"].item() == pytest.approx(np.tanh(1.5), rel=1e-14)


def test_a_value_for_a_node_whose_past_nobody_reads_is_fine() -> None:
    net = gn.compile(drawing())
    inputs = np.ones((1, 3, 1))
    assert np.array_equal(net.run(inputs, state=net.state(1, {"y": 9.0, "x": 9.0})), net.run(inputs))


def test_the_state_after_a_ragged_batch_stands_at_each_end() -> None:
    net = gn.compile(drawing())
    inputs = np.ones((2, 4, 1))
    inputs[0, 2:] = np.nan
    state = net.run(inputs, lengths=[2, 4], return_state=True).state
    assert state["h"].ravel().tolist() == [3.0, 3.75]
    assert state.steps.tolist() == [2, 4]


def test_a_state_says_where_the_onset_goes_on() -> None:
    graph = drawing(onset=3, initial=7.0)
    net = gn.compile(graph)
    whole = net.run(np.ones((1, 6, 1)), record=["h"]).recorded["h"]
    assert whole[0, :3].tolist() == [7.0] * 3
    first = net.run(np.ones((1, 2, 1)), return_state=True)
    second = net.run(np.ones((1, 4, 1)), state=first.state, record=["h"])
    assert second.recorded["h"].tolist() == whole[:, 2:].tolist()


@pytest.mark.parametrize("call", ["state", "run", "return_state", "vjp", "simulator"])
def test_a_network_with_reverse_neurons_refuses_states(call: str) -> None:
    net = gn.compile(drawing(reverse=True))
    inputs = np.ones((1, 3, 1))
    state = gn.compile(drawing()).state(1)
    calls: dict[str, Callable[[], Any]] = {
        "state": lambda: net.state(1),
        "run": lambda: net.run(inputs, state=state),
        "return_state": lambda: net.run(inputs, return_state=True),
        "vjp": lambda: net.vjp(inputs, inputs, state=state),
        "simulator": lambda: net.simulator(),
    }
    with pytest.raises(gn.DataError, match="'h'"):
        calls[call]()
    assert net.run(inputs).shape == (1, 3, 1)


@pytest.mark.parametrize("what", ["run", "value_and_grad", "vjp", "grad_state", "simulator"])
@pytest.mark.parametrize("wrong", ["network", "samples", "kind", "nothing"])
def test_a_state_that_does_not_fit(what: str, wrong: str) -> None:
    net = gn.compile(drawing())
    other = drawing()
    other.edges["h", "h"]["delay"] = 2
    state: Any = {
        "network": gn.compile(other).state(2),
        "samples": net.state(3),
        "kind": np.zeros((1, 2)),
        "nothing": {},
    }[wrong]
    inputs = np.ones((2, 3, 1))
    calls: dict[str, Callable[[], Any]] = {
        "run": lambda: net.run(inputs, state=state),
        "value_and_grad": lambda: net.value_and_grad(inputs, inputs, state=state),
        "vjp": lambda: net.vjp(inputs, inputs, state=state),
        "grad_state": lambda: net.vjp(inputs, inputs, grad_state=state),
        "simulator": lambda: net.simulator(2, state=state).step(inputs[:, 0]),
    }
    with pytest.raises(gn.DataError) as caught:
        calls[what]()
    said = {"network": "another network", "samples": "3", "kind": "ndarray", "nothing": "dict"}[wrong]
    assert said in str(caught.value)
    assert ("grad_state" if what == "grad_state" else "state") in str(caught.value)


def test_a_simulator_refuses_a_state_of_another_network_when_it_is_made() -> None:
    """And not some steps later."""
    with pytest.raises(gn.DataError, match="another network"):
        gn.compile(drawing()).simulator(state=recurrent().state(1))


def test_a_state_of_a_network_with_the_same_nodes_and_delays_fits() -> None:
    """A network that was edited, or read from a file, goes on where the other stood."""
    one, other = gn.compile(drawing()), gn.compile(drawing(bias=1.0))
    state = one.run(np.ones((1, 3, 1)), return_state=True).state
    assert other.run(np.ones((1, 1, 1)), state=state).shape == (1, 1, 1)
    again = pickle.loads(pickle.dumps(state))
    assert np.array_equal(one.run(np.ones((1, 2, 1)), state=again), one.run(np.ones((1, 2, 1)), state=state))


@pytest.mark.parametrize(
    ("n_samples", "values", "parts"),
    [
        (0, None, ["n_samples=0", ">= 1"]),
        (-1, None, ["n_samples=-1"]),
        (1.5, None, ["n_samples=1.5"]),
        (True, None, ["n_samples=True"]),
        ("2", None, ["n_samples='2'"]),
        (None, None, ["n_samples=None"]),
        (2, {"nobody": 1.0}, ["'nobody'", "node"]),
        (2, {"h": [1.0, 2.0, 3.0]}, ["'h'", "2"]),
        (2, {"h": [[1.0], [2.0]]}, ["'h'", "2"]),
        (2, {"h": np.nan}, ["'h'", "nan", "finite"]),
        (2, {"h": [0.0, np.inf]}, ["'h'", "inf", "finite"]),
        (2, {"h": "much"}, ["'h'", "real numbers"]),
        (2, {"h": 1j}, ["'h'", "real numbers"]),
        (2, {"h": None}, ["'h'", "real numbers"]),
        (2, {"h": [[1.0], [1.0, 2.0]]}, ["'h'", "ragged"]),
        (2, [1.0], ["state", "list"]),
    ],
)
def test_a_bad_state(n_samples: Any, values: Any, parts: list[str]) -> None:
    with pytest.raises(gn.DataError) as caught:
        gn.compile(drawing()).state(n_samples, values)
    for part in parts:
        assert part in str(caught.value)


# --- gradients --------------------------------------------------------------------------------------------------------


def test_a_gradient_by_hand() -> None:
    """y = 3 h, h = 2 x: the mean of (6 x - target)^2 over two samples."""
    graph = drawing()
    graph.remove_edge("h", "h")
    net = gn.compile(graph)
    value, gradient = net.value_and_grad([[[1.0]], [[2.0]]], [[[5.0]], [[12.0]]])
    assert value == 0.5
    # only the first sample is off, by 1: d/d(w of x -> h), d/d(w of h -> y), d/d(bias of h), d/d(bias of y)
    found = {row.key: entry for row, entry in zip(net.parameter_table(), gradient.tolist(), strict=True)}
    assert found == {("x", "h"): 3.0, ("h", "y"): 2.0, "h": 3.0, "y": 1.0}


def test_the_gradient_of_value_and_grad_is_the_vjp_of_the_loss() -> None:
    net = recurrent()
    inputs, targets = arrays(net)
    lengths = [5, 2, 3]
    value, gradient = net.value_and_grad(inputs, targets, lengths=lengths)
    mask = np.arange(5) < np.array(lengths)[:, None]
    off = (net.run(inputs, lengths=lengths) - targets) * mask[:, :, None]
    assert value == pytest.approx((off**2).sum() / (10 * 3), rel=1e-14)
    back = net.vjp(inputs, 2 * off / 30, lengths=lengths)
    np.testing.assert_allclose(gradient, back.parameters, rtol=1e-12, atol=1e-15)
    assert back.inputs.shape == inputs.shape
    assert not back.inputs[~mask].any()


def test_the_mean_is_over_what_is_counted_in_the_whole_batch() -> None:
    """Unequal lengths weigh as they should: by their steps."""
    net = recurrent()
    inputs, targets = arrays(net)
    lengths = [5, 1, 3]
    value, gradient = net.value_and_grad(inputs, targets, lengths=lengths)
    alone = [net.value_and_grad(inputs[[i], :n], targets[[i], :n]) for i, n in enumerate(lengths)]
    assert value == pytest.approx(sum(n * v for n, (v, _) in zip(lengths, alone, strict=True)) / 9, rel=1e-14)
    expected = sum(n * g for n, (_, g) in zip(lengths, alone, strict=True)) / 9
    np.testing.assert_allclose(gradient, expected, rtol=1e-12, atol=1e-16)


def test_classes_at_every_step_or_at_the_end() -> None:
    net = recurrent()
    inputs, _ = arrays(net)
    lengths = np.array([5, 2, 3])
    outputs = net.run(inputs, lengths=lengths)
    log_p = outputs - np.log(np.exp(outputs).sum(axis=2, keepdims=True))
    last = np.array([0, 2, 1])
    value, _ = net.value_and_grad(inputs, last, loss="cross_entropy", lengths=lengths)
    assert value == pytest.approx(-np.mean([log_p[i, n - 1, last[i]] for i, n in enumerate(lengths)]), rel=1e-13)
    every = np.array([[0, 1, 2, 0, 1], [2, 2, 99, -5, 7], [1, 0, 1, 3, 3]])
    value, _ = net.value_and_grad(inputs, every, loss="cross_entropy", lengths=lengths)
    counted = [log_p[i, t, every[i, t]] for i, n in enumerate(lengths) for t in range(n)]
    assert value == pytest.approx(-np.mean(counted), rel=1e-13)


def test_a_loss_of_ones_own() -> None:
    net = recurrent()
    inputs, targets = arrays(net)

    def twice_the_sum(outputs: np.ndarray, targets: np.ndarray, mask: np.ndarray) -> tuple[float, np.ndarray]:
        return 2 * outputs[mask].sum(), 2.0 * np.broadcast_to(mask[:, :, None], outputs.shape)

    value, gradient = net.value_and_grad(inputs, targets, loss=twice_the_sum, lengths=[5, 2, 3])
    assert value == pytest.approx(2 * net.run(inputs, lengths=[5, 2, 3]).sum(), rel=1e-13)
    np.testing.assert_allclose(
        gradient, net.vjp(inputs, np.full(targets.shape, 2.0), lengths=[5, 2, 3]).parameters, rtol=1e-13
    )


def test_no_gradient_of_a_state_without_one() -> None:
    net = recurrent()
    inputs, targets = arrays(net)
    assert net.vjp(inputs, targets).state is None
    state = net.vjp(inputs, targets, state=net.state(3)).state
    assert isinstance(state, gn.State)
    assert state.n_samples == 3


def test_no_gradient_reaches_initial_through_a_state() -> None:
    graph = drawing(initial=2.0, train_initial=True)
    net = gn.compile(graph)
    place = [row.kind for row in net.parameter_table()].index("initial")
    inputs, ones = np.zeros((1, 3, 1)), np.ones((1, 3, 1))
    assert net.vjp(inputs, ones).parameters[place] == pytest.approx(3 * (0.5 + 0.25 + 0.125))
    back = net.vjp(inputs, ones, state=net.state(1))
    assert back.parameters[place] == 0
    assert back.state["h"].item() == pytest.approx(3 * (0.5 + 0.25 + 0.125))


def test_a_hessian_by_hand() -> None:
    """(w v - 1)^2 for y = w v x at x = 1: [[2 v^2, 4 w v - 2], [4 w v - 2, 2 w^2]]."""
    graph = drawing(train_bias=False)
    graph.remove_edge("h", "h")
    graph.nodes["y"]["train_bias"] = False
    net = gn.compile(graph)
    hessian = [net.hvp([[[1.0]]], [[[1.0]]], direction) for direction in ([1.0, 0.0], [0.0, 1.0])]
    np.testing.assert_allclose(hessian, [[18.0, 22.0], [22.0, 8.0]], rtol=1e-13)
    np.testing.assert_allclose(net.hvp([[[1.0]]], [[[1.0]]], [1e200, 0.0]), [18e200, 22e200], rtol=1e-13)
    assert net.hvp([[[1.0]]], [[[1.0]]], [0.0, 0.0]).tolist() == [0.0, 0.0]


# --- parameters -------------------------------------------------------------------------------------------------------


def test_parameters_are_read_only() -> None:
    net = recurrent()
    with pytest.raises(ValueError, match="read-only"):
        net.parameters[0] = 1.0
    with pytest.raises(ValueError, match="read-only"):
        net.parameters += 1.0


def test_assigning_parameters_copies_them() -> None:
    net = recurrent()
    inputs, _ = arrays(net)
    values = np.zeros(len(net.parameters))
    net.parameters = values
    values[:] = 5.0
    assert not net.parameters.any()
    assert not net.run(inputs).any()
    before = net.parameters
    net.parameters = np.ones(len(values))
    assert not before.any()
    assert net.run(inputs).any()


def test_a_call_uses_what_is_there_at_the_call() -> None:
    net = recurrent()
    inputs, targets = arrays(net)
    first = net.parameters
    expected = net.run(inputs), net.value_and_grad(inputs, targets)[1]
    simulator = net.simulator(3)
    net.parameters = first * 2
    assert not np.array_equal(net.run(inputs), expected[0])
    assert np.array_equal(simulator.step(inputs[:, 0]), net.run(inputs[:, :1])[:, 0])
    net.parameters = first
    assert np.array_equal(net.run(inputs), expected[0])
    assert np.array_equal(net.value_and_grad(inputs, targets)[1], expected[1])


def test_bounds_do_not_bind_an_assignment() -> None:
    graph = drawing()
    graph.nodes["h"]["sign"] = 1
    net = gn.compile(graph)
    net.parameters = np.full(len(net.parameters), -1.0)
    assert net.run([[[1.0]]]).item() == 1.0 * 1.0 + 1.0 - 1.0


@pytest.mark.parametrize(
    ("values", "parts"),
    [
        (np.zeros(4), ["(4,)", "(5,)"]),
        (np.zeros((5, 1)), ["(5, 1)", "(5,)"]),
        (0.0, ["()", "(5,)"]),
        ([0.0, 0.0, np.nan, 0.0, 0.0], ["weight", "('h', 'h')", "nan", "finite"]),
        ([0.0, -np.inf, 0.0, 0.0, np.nan], ["weight", "('h', 'y')", "-inf", "finite"]),
        ([0.0, 0.0, 0.0, 0.0, np.inf], ["bias", "'y'", "inf", "finite"]),
        (np.zeros(5) * 1j, ["complex128"]),
        (["a"] * 5, ["parameters", "real numbers"]),
        ([None] * 5, ["parameters", "real numbers"]),
        ([[0.0], [0.0, 1.0]], ["parameters"]),
    ],
)
def test_bad_parameters(values: Any, parts: list[str]) -> None:
    """And those that were there stay."""
    graph = drawing()
    graph = nx.DiGraph(graph)
    net = gn.compile(graph)
    before = net.parameters
    order = [row.key for row in net.parameter_table()]
    assert order == [("x", "h"), ("h", "y"), ("h", "h"), "h", "y"]
    with pytest.raises(gn.DataError) as caught:
        net.parameters = values
    for part in parts:
        assert part in str(caught.value)
    assert net.parameters is before


def test_a_parameter_too_large_for_float32_is_named() -> None:
    net = gn.compile(drawing(), dtype="float32")
    with pytest.raises(gn.DataError, match=r"\('x', 'h'\)"):
        net.parameters = [1e39, 0, 0, 0, 0]


# --- like -------------------------------------------------------------------------------------------------------------


def by_key(net: gn.Network) -> dict[Hashable, float]:
    return {(row.kind, row.key): row.value for row in net.parameter_table()}


def test_like_keeps_what_both_have() -> None:
    """Nodes and edges are added and removed; the declared value of what stays gives way to the learnt one."""
    old = gn.compile(drawing())
    old.parameters = [10.0, 20.0, 30.0, 40.0, 50.0]
    graph = nx.DiGraph()
    graph.add_node("new", layer=-1)
    graph.add_nodes_from(reversed(list(drawing().nodes(data=True))))
    graph.add_edge("h", "y", weight=-1.0)
    graph.add_edge("h", "new", weight=7.0)
    graph.add_edge("x", "h")
    net = gn.compile(graph, like=old)
    assert by_key(net) == {
        ("weight", ("x", "h")): 10.0,
        ("weight", ("h", "y")): 20.0,
        ("weight", ("h", "new")): 7.0,
        ("bias", "h"): 40.0,
        ("bias", "y"): 50.0,
        ("bias", "new"): 0.0,
    }
    assert old.parameters.tolist() == [10.0, 20.0, 30.0, 40.0, 50.0]


def test_what_is_new_is_drawn_as_without_like() -> None:
    graph = drawing()
    graph.add_edge("y", "h")
    net = gn.compile(graph, seed=3, like=gn.compile(drawing()))
    assert by_key(net)["weight", ("y", "h")] == by_key(gn.compile(graph, seed=3))["weight", ("y", "h")]


def test_a_tie_is_not_the_edge_that_it_is_called_after() -> None:
    """Identity is kind, key and whether it is tied."""
    old = gn.compile(drawing())
    graph = drawing()
    graph.edges["x", "h"].update(tie=("x", "h"), weight=7.0)
    assert by_key(gn.compile(graph, like=old))["weight", ("x", "h")] == 7.0
    assert by_key(gn.compile(drawing(), like=gn.compile(graph)))["weight", ("x", "h")] == 2.0


def test_a_tie_is_carried_over_by_its_name() -> None:
    graph = drawing()
    graph.edges["x", "h"].update(tie="t", weight=5.0)
    old = gn.compile(graph)
    other = drawing()
    other.edges["h", "y"].update(tie="t", weight=1.0)
    assert by_key(gn.compile(other, like=old))["weight", "t"] == 5.0


def test_what_is_not_learnt_in_both_is_not_carried_over() -> None:
    fixed, free = drawing(), drawing()
    fixed.edges["x", "h"].update(trainable=False, weight=7.0)
    assert by_key(gn.compile(free, like=gn.compile(fixed)))["weight", ("x", "h")] == 2.0
    assert gn.compile(fixed, like=gn.compile(free)).to_graph().edges["x", "h"]["weight"] == 7.0


def test_what_is_carried_over_is_clipped_to_the_new_bounds() -> None:
    old = gn.compile(drawing(tau=2.0, train_tau=True), dt=0.1)
    values = {**by_key(old), ("tau", "h"): 0.25, ("weight", ("h", "h")): -5.0, ("weight", ("h", "y")): 5.0}
    old.parameters = [values[row.kind, row.key] for row in old.parameter_table()]
    net = gn.compile(drawing(tau=2.0, train_tau=True, sign=1), dt=0.5, like=old)
    assert by_key(net)["tau", "h"] == 0.5
    assert by_key(net)["weight", ("h", "h")] == 0.0
    assert by_key(net)["weight", ("h", "y")] == 5.0


def test_like_crosses_dtypes() -> None:
    old = gn.compile(drawing(), dtype="float32")
    old.parameters = [0.1, 0.2, 0.3, 0.4, 0.5]
    net = gn.compile(drawing(), like=old)
    assert net.parameters.dtype == np.float64
    assert np.array_equal(net.parameters, np.float32([0.1, 0.2, 0.3, 0.4, 0.5]))


@settings(max_examples=scaled(100))
@given(neuron_graphs(), st.randoms(use_true_random=False))
def test_like_of_the_same_drawing_in_another_order_is_the_same_network(
    graph: nx.DiGraph, shuffle: random.Random
) -> None:
    old = gn.compile(graph)
    old.parameters = np.clip(np.random.default_rng(0).normal(size=len(old.parameters)), *old.bounds.T)
    edges = list(graph.edges(data=True, **({"keys": True} if graph.is_multigraph() else {})))
    shuffle.shuffle(edges)
    other = type(graph)()
    other.add_nodes_from(graph.nodes(data=True))
    other.add_edges_from(edges)
    assert by_key(gn.compile(other, like=old)) == by_key(old)


@pytest.mark.parametrize("like", [3, "net", drawing(), np.zeros(5)])
def test_like_is_a_network(like: Any) -> None:
    with pytest.raises(gn.DataError, match=f"like .*{type(like).__name__}.*Network"):
        gn.compile(drawing(), like=like)


# --- matrices ---------------------------------------------------------------------------------------------------------


def test_matrices_by_hand() -> None:
    graph = nx.MultiDiGraph()
    graph.add_node("x", role="input")
    graph.add_node("a")
    graph.add_node("y", role="output")
    graph.add_edge("x", "a", weight=2.0, scale=-3.0)
    graph.add_edge("x", "a", weight=0.5)
    graph.add_edge("x", "a", weight=7.0, delay=4)
    graph.add_edge("a", "a", weight=0.25)
    graph.add_edge("a", "y", "k", weight=5.0, scale=2.0, gate="x", delay=2, gate_delay=3)
    found = gn.compile(graph).matrices()
    assert set(found) == {0, 1, 4}
    expected = {0: (1, 0, -5.5), 1: (1, 1, 0.25), 4: (1, 0, 7.0)}
    for delay, (target, source, value) in expected.items():
        matrix = np.zeros((3, 3))
        matrix[target, source] = value
        assert np.array_equal(found[delay].toarray(), matrix)
        assert found[delay].format == "csr"
    assert [tuple(entry) for entry in found.gated] == [(("a", "y", "k"), 2, "x", 3, 10.0)]


def test_matrices_have_the_learnt_numbers_and_are_copies() -> None:
    net = gn.compile(drawing())
    net.parameters = [10.0, 20.0, 30.0, 0.0, 0.0]
    matrices = net.matrices()
    assert matrices[0].toarray().tolist() == [[0, 0, 0], [10, 0, 0], [0, 20, 0]]
    assert matrices[1].toarray().tolist() == [[0, 0, 0], [0, 30, 0], [0, 0, 0]]
    matrices[0].data[:] = 0
    assert net.run([[[1.0]]]).item() == 200.0
    assert net.matrices()[0].sum() == 30


def recurrence(graph: nx.DiGraph, net: gn.Network, inputs: np.ndarray) -> np.ndarray:
    """The values of all nodes, from net.matrices() alone, (n_samples, n_steps, n_nodes)."""
    nodes = list(graph)
    back = net.to_graph()
    bias = np.array([back.nodes[node].get("bias", 0.0) for node in nodes])
    initial = np.array([back.nodes[node].get("initial", 0.0) for node in nodes])
    is_input = np.array([graph.nodes[node].get("role") == "input" for node in nodes])
    functions = [
        ACTIVATIONS[said.get("activation", "identity" if said.get("role") == "output" else "tanh")].function
        for _, said in graph.nodes(data=True)
    ]
    matrices = {delay: matrix.toarray() for delay, matrix in net.matrices().items()}
    n_samples, n_steps, _ = inputs.shape
    values = np.zeros((n_samples, n_steps, len(nodes)))
    for sample in range(n_samples):
        for t in range(n_steps):
            now = values[sample, t]
            now[is_input] = inputs[sample, t]
            for _ in nodes:  # as often as a chain without delay may be long
                z = bias.copy()
                for delay, matrix in matrices.items():
                    z += matrix @ (values[sample, t - delay] if delay <= t else initial)
                for i in np.flatnonzero(~is_input):
                    now[i] = functions[i](z[i : i + 1])[0]
    return values


@settings(max_examples=scaled(200))
@given(
    neuron_graphs(gates=False, leak=False, tau=False, groups=False, onset=False, reverse=False, node_ties=False),
    st.integers(0, 2**16),
)
def test_the_recurrence_of_the_matrices_is_the_network(graph: nx.DiGraph, seed: int) -> None:
    net = gn.compile(graph)
    assert net.matrices().gated == []
    inputs = np.random.default_rng(seed).uniform(-1.5, 1.5, (2, 4, net.n_inputs))
    values = recurrence(graph, net, inputs)
    run = net.run(inputs, record=list(graph))
    for i, node in enumerate(graph):
        assert_close(run.recorded[node], values[:, :, i], 1e-12, f"values of {node!r}")


@settings(max_examples=scaled(100))
@given(neuron_graphs())
def test_every_synapse_is_in_the_matrices_or_listed_as_gated(graph: nx.DiGraph) -> None:
    found = gn.compile(graph).matrices()
    gated = [edge for edge in graph.edges if graph.edges[edge].get("gate") is not None]
    assert [entry.key for entry in found.gated] == gated
    pairs = {(u, v) for u, v, gate in graph.edges(data="gate") if gate is None}
    nodes = list(graph)
    stored = set()
    for matrix in found.values():
        coordinates = matrix.tocoo()
        stored |= {(nodes[s], nodes[t]) for t, s in zip(*coordinates.coords, strict=True)}
    assert stored == pairs


# --- there and back ---------------------------------------------------------------------------------------------------


@settings(max_examples=scaled(200))
@given(neuron_graphs(declared=False), st.data())
def test_the_graph_back_is_the_same_network(graph: nx.DiGraph, data: st.DataObject) -> None:
    """The same outputs in every bit, and all that the drawing said but for the numbers that are learnt."""
    graph.graph["species"] = "worm"
    net = gn.compile(graph, seed=1)
    net.parameters = np.clip(np.random.default_rng(0).normal(size=len(net.parameters)) / 2, *net.bounds.T)
    back = net.to_graph()
    again = gn.compile(back, seed=2)
    batch = data.draw(sequences(graph))
    assert np.array_equal(again.run(batch.inputs, lengths=batch.lengths), net.run(batch.inputs, lengths=batch.lengths))
    assert by_key(again) == by_key(net)

    assert type(back) is type(graph)
    assert back.graph == graph.graph
    assert list(back) == list(graph)
    assert list(back.edges) == list(graph.edges)
    learnt = {(row.kind, row.key) for row in net.parameter_table()}
    for node, said in graph.nodes(data=True):
        now = back.nodes[node]
        for name in now.keys() | said.keys():
            of_tie = (name, said.get("tie")) in learnt and "tie" in said
            if (name, node) in learnt or of_tie:
                assert now[name] == by_key(net)[name, said["tie"] if of_tie else node]
            else:
                assert now[name] == said[name], name
    for edge in graph.edges:
        now, said = back.edges[edge], graph.edges[edge]
        assert {**now, "weight": 0} == {**said, "weight": 0}
        assert type(now["weight"]) is float


def test_the_graph_back_is_a_copy() -> None:
    net = gn.compile(drawing())
    back = net.to_graph()
    back.edges["x", "h"]["weight"] = 99.0
    back.remove_node("y")
    assert net.run([[[1.0]]]).item() == 6.0
    assert net.to_graph().edges["x", "h"]["weight"] == 2.0


def test_the_graph_back_of_float32_is_the_same_network() -> None:
    net = recurrent(dtype="float32")
    inputs, _ = arrays(net)
    assert np.array_equal(gn.compile(net.to_graph(), dtype="float32").run(inputs), net.run(inputs))


def test_a_network_is_a_copy_of_its_drawing() -> None:
    graph = drawing()
    net = gn.compile(graph)
    graph.edges["x", "h"]["weight"] = 99.0
    graph.nodes["h"]["bias"] = 99.0
    graph.remove_node("y")
    assert net.run([[[1.0]]]).item() == 6.0
    assert list(net.to_graph()) == ["x", "h", "y"]


@settings(max_examples=scaled(50))
@given(neuron_graphs(), st.data())
def test_a_pickled_network_gives_the_same_bits(graph: nx.DiGraph, data: st.DataObject) -> None:
    net = gn.compile(graph)
    net.parameters = np.clip(np.random.default_rng(0).normal(size=len(net.parameters)), *net.bounds.T)
    batch = data.draw(sequences(graph))
    outputs = net.run(batch.inputs, lengths=batch.lengths)
    again = pickle.loads(pickle.dumps(net))
    targets = np.zeros(outputs.shape)
    assert np.array_equal(again.run(batch.inputs, lengths=batch.lengths), outputs)
    assert np.array_equal(again.parameters, net.parameters)
    assert list(again.parameter_table()) == list(net.parameter_table())
    for one, other in zip(
        again.value_and_grad(batch.inputs, targets, lengths=batch.lengths),
        net.value_and_grad(batch.inputs, targets, lengths=batch.lengths),
        strict=True,
    ):
        assert np.array_equal(one, other)


def test_a_pickled_network_is_a_network_of_its_own() -> None:
    net = recurrent(dtype="float32", dt=0.5)
    again = pickle.loads(pickle.dumps(net))
    assert (again.dtype, again.dt, again.seed) == (net.dtype, net.dt, net.seed)
    with pytest.raises(ValueError, match="read-only"):
        again.parameters[0] = 1.0
    again.parameters = np.zeros(len(net.parameters))
    assert net.parameters.any()


# --- nobody else's arrays ---------------------------------------------------------------------------------------------


def returned(net: gn.Network, inputs: np.ndarray, targets: np.ndarray) -> list[np.ndarray]:
    """One array of everything that is handed out."""
    n_samples = len(inputs)
    run = net.run(inputs, record=[*net.to_graph()], return_state=True, state=net.state(n_samples))
    back = net.vjp(inputs, targets, state=net.state(n_samples))
    simulator = net.simulator(n_samples)
    return [
        net.run(inputs),
        run.outputs,
        *run.recorded.values(),
        run.state.history,
        run.state.steps,
        net.value_and_grad(inputs, targets)[1],
        back.parameters,
        back.inputs,
        back.state.history,
        net.hvp(inputs, targets, np.ones(len(net.parameters))),
        net.state(n_samples).history,
        net.bounds,
        simulator.step(inputs[:, 0]),
        simulator.state.history,
        *(matrix.data for matrix in net.matrices().values()),
    ]


@pytest.mark.parametrize("n_samples", [1, 3])
def test_returned_arrays_share_memory_with_nothing(n_samples: int) -> None:
    net = recurrent()
    inputs, targets = arrays(net, n_samples)
    first, second = returned(net, inputs, targets), returned(net, inputs, targets)
    everything = [*first, *second, inputs, targets, net.parameters]
    for i, one in enumerate(everything):
        assert all(not np.shares_memory(one, other) for other in everything[i + 1 :])
    kept = [array.copy() for array in second]
    for array in first:
        assert array.flags.writeable
        array[...] = -99
    for array, before in zip(second, kept, strict=True):
        assert np.array_equal(array, before)
    for array, before in zip(returned(net, inputs, targets), kept, strict=True):
        assert np.array_equal(array, before)


def test_what_is_given_is_not_modified() -> None:
    net = recurrent()
    inputs, targets = arrays(net)
    inputs[1, 3:] = np.nan
    targets[1, 3:] = np.nan
    lengths = np.array([5, 3, 4])
    state, vector = net.state(3, {("hidden", 0): 0.5}), np.ones(len(net.parameters))
    given = [inputs, targets, lengths, state.history, state.steps, vector]
    before = [array.copy() for array in given]
    for array in given:
        array.flags.writeable = False
    net.run(inputs, lengths=lengths, state=state, record=[("hidden", 0)], return_state=True)
    net.value_and_grad(inputs, targets, lengths=lengths, state=state)
    net.vjp(inputs, targets, lengths=lengths, state=state, grad_state=state)
    net.hvp(inputs, targets, vector, lengths=lengths)
    net.simulator(3, state=state).step(inputs[:, 0])
    for array, copied in zip(given, before, strict=True):
        np.testing.assert_array_equal(array, copied)


def test_the_state_that_a_run_starts_from_stays() -> None:
    net = recurrent()
    inputs, _ = arrays(net)
    start = net.run(inputs, return_state=True).state
    once = net.run(inputs, state=start, return_state=True)
    once.state.history[:] = 7.0
    assert np.array_equal(net.run(inputs, state=start), once.outputs)


# --- streaming --------------------------------------------------------------------------------------------------------


def test_a_simulator_goes_on_and_can_be_put_elsewhere() -> None:
    net = recurrent()
    inputs, _ = arrays(net)
    whole = net.run(inputs)
    simulator = net.simulator(3)
    assert isinstance(simulator, gn.Simulator)
    here = simulator.state
    steps = [simulator.step(inputs[:, t]) for t in range(5)]
    assert np.array_equal(np.stack(steps, axis=1), whole)
    simulator.state = here
    assert np.array_equal(simulator.step(inputs[:, 0]), whole[:, 0])
    other = net.simulator(3, state=net.run(inputs[:, :2], return_state=True).state)
    assert np.array_equal(other.step(inputs[:, 2]), whole[:, 2])


@pytest.mark.parametrize(
    ("n_samples", "inputs", "parts"),
    [
        (2, [[1.0, 2.0]], ["(1, 2)", "(2, 2)"]),
        (1, [1.0, 2.0], ["(2,)", "(1, 2)"]),
        (1, [[[1.0, 2.0]]], ["(1, 1, 2)", "(1, 2)"]),
        (1, None, ["(1, 2)"]),
        (2, [[1.0, 2.0], [0.0, np.nan]], ["sample 1", "column 1", "nan"]),
        (1, [["a", "b"]], ["inputs", "real numbers"]),
        (1, [[1j, 0]], ["inputs", "complex128"]),
        (2, [[1.0, 2.0], [1.0]], ["inputs", "ragged"]),
    ],
)
def test_bad_inputs_of_a_step(n_samples: int, inputs: Any, parts: list[str]) -> None:
    """And the simulator stands where it stood."""
    net = recurrent()
    simulator = net.simulator(n_samples)
    with pytest.raises(gn.DataError) as caught:
        simulator.step(inputs)
    for part in parts:
        assert part in str(caught.value)
    good = np.ones((n_samples, 2))
    assert np.array_equal(simulator.step(good), net.run(good[:, None])[:, 0])


@pytest.mark.parametrize("n_samples", [0, -1, 1.5, True, None, "1"])
def test_a_simulator_of_a_bad_number_of_samples(n_samples: Any) -> None:
    with pytest.raises(gn.DataError, match=re.escape(f"n_samples={n_samples!r}")):
        recurrent().simulator(n_samples)


# --- threads ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n_hidden", [4, 40])
def test_threads_that_share_a_network_give_what_each_gives_alone(n_hidden: int) -> None:
    """Sparse, and with dense blocks."""
    net = recurrent(n_hidden)
    assert net.program.blocks["dense"].any() == (n_hidden == 40)
    batches = [arrays(net, n_samples, n_steps) for n_samples, n_steps in [(1, 40), (5, 7), (3, 30), (2, 11)]]

    def work(batch: tuple[np.ndarray, np.ndarray]) -> list[np.ndarray]:
        value, gradient = net.value_and_grad(*batch)
        run = net.run(batch[0], return_state=True)
        return [np.array(value), gradient, run.outputs, run.state.history]

    alone = [work(batch) for batch in batches]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(work, batches * 10))
    for found, expected in zip(together, alone * 10, strict=True):
        for one, other in zip(found, expected, strict=True):
            assert np.array_equal(one, other)


OVERLAPPING_CALLS = """
import threading
import numpy as np
import graphnet as gn
from threadpoolctl import threadpool_info

first_is_inside, second_is_inside, first_is_done = (threading.Event() for _ in range(3))

def wait(z):
    if threading.current_thread().name == "first":
        first_is_inside.set()
        assert second_is_inside.wait(60)
    elif threading.current_thread().name == "second":
        second_is_inside.set()
        assert first_is_done.wait(60)
    return np.tanh(z)

gn.activations.register("waiting", wait, lambda z: 1 - np.tanh(z) ** 2)
net = gn.compile(gn.graphs.elman(2, 300, 300, activation="waiting"), seed=0)
inputs = np.random.default_rng(0).standard_normal((300, 3, 2))

def blas():
    return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]

def run(name):
    if name == "second":
        assert first_is_inside.wait(60)
    found[name] = net.run(inputs)

before, alone, found = blas(), net.run(inputs), {}
threads = [threading.Thread(target=run, args=(name,), name=name) for name in ("first", "second")]
for thread in threads:
    thread.start()
threads[0].join(60)
first_is_done.set()
threads[1].join(60)
print([np.array_equal(found[name], alone) for name in ("first", "second")], before == blas())
"""


def test_a_call_that_ends_inside_another_changes_no_bit_of_it() -> None:
    """Nor what BLAS is set to afterwards: sums of dense blocks depend on its number of threads, which is everyone's."""
    done = subprocess.run(
        [sys.executable, "-c", OVERLAPPING_CALLS],
        env={**os.environ, "OPENBLAS_NUM_THREADS": "2"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[True, True] True"


# --- summary and estimate ---------------------------------------------------------------------------------------------


@settings(max_examples=scaled(100))
@given(neuron_graphs())
def test_the_summary_has_every_neuron_and_every_synapse(graph: nx.DiGraph) -> None:
    summary = gn.compile(graph).summary()
    neurons = [node for node, role in graph.nodes(data="role") if role != "input"]
    for node in neurons:
        assert re.search(rf"(of|,) {re.escape(str(node))}(,|$)", summary, re.M), f"{node!r} is not computed"
    counts = [int(n) for n in re.findall(r"(?:dense|sparse), (\d+) synapses? of delay", summary)]
    assert sum(counts) == graph.number_of_edges()


def test_the_summary_of_a_small_network() -> None:
    graph = drawing(activation="tanh")
    graph.edges["h", "y"].update(gate="x", gate_delay=2)
    summary = gn.compile(graph, dtype="float32").summary()
    for part in (
        "3 nodes: 1 in, 1 out",
        "3 synapses",
        "float32",
        "scanned step by step",
        "all steps at once",
        "1 synapse of delay 1: h -> h",
        "1 synapse of delay 0: x -> h",
        "gated by x of delay 2",
        "tanh of h",
        "identity of y",
    ):
        assert part in summary


def test_an_estimate_grows_with_samples_and_steps() -> None:
    net = recurrent(50)
    small, long, wide = net.estimate(4, 100), net.estimate(4, 1000), net.estimate(40, 100)
    assert 0 < small.run < long.run
    assert 0 < small.value_and_grad < long.value_and_grad
    assert small.run < wide.run
    assert long.value_and_grad > 1000 * 4 * net.n_nodes * 8
    assert recurrent(50, dtype="float32").estimate(4, 1000).value_and_grad < long.value_and_grad


@pytest.mark.parametrize(("n_samples", "n_steps"), [(0, 1), (1, 0), (-1, 5), (1.5, 1), (1, True), (None, 1)])
def test_an_estimate_of_nothing(n_samples: Any, n_steps: Any) -> None:
    with pytest.raises(gn.DataError, match=r"n_(samples|steps)=.* is not a whole number >= 1"):
        recurrent().estimate(n_samples, n_steps)


# --- bad data ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inputs", "parts"),
    [
        (np.ones((3, 5)), ["(3, 5)", "(n_samples, n_steps, 2)"]),
        (np.ones((3, 5, 3)), ["(3, 5, 3)", "(n_samples, n_steps, 2)", "2 inputs"]),
        (np.ones((3, 5, 0)), ["(3, 5, 0)", "2 inputs"]),
        (np.ones((2, 3, 5, 2)), ["(2, 3, 5, 2)"]),
        (1.0, ["()", "(n_samples, n_steps, 2)"]),
        (np.ones((0, 5, 2)), ["(0, 5, 2)", "sample"]),
        (np.ones((3, 0, 2)), ["(3, 0, 2)", "step"]),
        ([[[1.0, 2.0]], [[1.0, 2.0], [3.0, 4.0]]], ["ragged", "lengths"]),
        ([[[1.0, 2.0], [1.0]]], ["ragged"]),
        (np.ones((3, 5, 2)) * 1j, ["complex128", "real numbers"]),
        ([[["a", "b"]]], ["inputs", "real numbers"]),
        (np.array([[[None, 1.0]]]), ["object", "real numbers"]),
        (np.array([[[1, 2]]], object), ["object", "real numbers"]),
        (np.zeros((1, 1, 2), "datetime64[s]"), ["datetime64", "real numbers"]),
        (None, ["inputs", "real numbers"]),
        ({"x": 1}, ["inputs", "real numbers"]),
        ("data.npz", ["inputs", "real numbers"]),
    ],
)
@pytest.mark.parametrize("call", ["run", "value_and_grad", "vjp", "hvp"])
def test_bad_inputs(call: str, inputs: Any, parts: list[str]) -> None:
    net = recurrent()
    _, targets = arrays(net)
    calls: dict[str, Callable[[], Any]] = {
        "run": lambda: net.run(inputs),
        "value_and_grad": lambda: net.value_and_grad(inputs, targets),
        "vjp": lambda: net.vjp(inputs, targets),
        "hvp": lambda: net.hvp(inputs, targets, np.ones(len(net.parameters))),
    }
    with pytest.raises(gn.DataError) as caught:
        calls[call]()
    for part in parts:
        assert part in str(caught.value)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("what", ["inputs", "targets", "grad_outputs"])
def test_a_number_that_is_not_finite_is_named_where_it_counts(what: str, value: float) -> None:
    """With sample, step and column; past a sequence's end it is nobody's business."""
    net = recurrent()
    inputs, targets = arrays(net)
    {"inputs": inputs, "targets": targets, "grad_outputs": targets}[what][1, 3, 1] = value

    def call(lengths: list[int] | None) -> Any:
        if what == "grad_outputs":
            return net.vjp(inputs, targets, lengths=lengths).parameters
        return net.value_and_grad(inputs, targets, lengths=lengths)[1]

    for lengths in (None, [5, 4, 5]):
        with pytest.raises(gn.DataError) as caught:
            call(lengths)
        for part in (what, "sample 1", "step 3", "column 1", str(value)):
            assert part in str(caught.value)
    assert np.isfinite(call([5, 3, 5])).all()


def test_an_input_too_large_for_float32_is_named() -> None:
    net = recurrent(dtype="float32")
    inputs, _ = arrays(net)
    inputs[2, 1, 0] = 1e39
    with pytest.raises(gn.DataError, match=r"sample 2, step 1, column 0: 1e\+39"):
        net.run(inputs)


@pytest.mark.parametrize(
    ("lengths", "parts"),
    [
        ([5, 0, 3], ["lengths[1]", "0", "1 to 5"]),
        ([5, 3, -1], ["lengths[2]", "-1", "1 to 5"]),
        ([6, 3, 3], ["lengths[0]", "6", "1 to 5"]),
        (np.array([5, 5, 2**64 - 1], np.uint64), ["lengths[2]", "18446744073709551615"]),
        ([5, 3], ["(2,)", "3 samples"]),
        ([[5, 3, 3]], ["(1, 3)", "3 samples"]),
        (5, ["()", "3 samples"]),
        ([5.0, 3.0, 3.0], ["float64", "whole number"]),
        ([True, True, True], ["bool", "whole number"]),
        (["5", "3", "3"], ["whole number"]),
        ([5, 3, None], ["object", "whole number"]),
        ([5, [3], 3], ["lengths"]),
        ("553", ["whole number"]),
    ],
)
def test_bad_lengths(lengths: Any, parts: list[str]) -> None:
    net = recurrent()
    inputs, targets = arrays(net)
    for call in (lambda: net.run(inputs, lengths=lengths), lambda: net.vjp(inputs, targets, lengths=lengths)):
        with pytest.raises(gn.DataError) as caught:
            call()
        for part in parts:
            assert part in str(caught.value)


@pytest.mark.parametrize("kind", [list, tuple, np.uint8, np.int32, np.array])
def test_lengths_of_any_whole_kind(kind: Any) -> None:
    net = recurrent()
    inputs, _ = arrays(net)
    assert np.array_equal(net.run(inputs, lengths=kind([5, 2, 3])), net.run(inputs, lengths=np.array([5, 2, 3])))


@pytest.mark.parametrize(
    ("targets", "loss", "parts"),
    [
        (np.ones((3, 5)), "mse", ["(3, 5)", "(3, 5, 3)"]),
        (np.ones((3, 4, 3)), "mse", ["(3, 4, 3)", "(3, 5, 3)"]),
        (np.ones((3, 5, 1)), "binary_cross_entropy", ["(3, 5, 1)", "(3, 5, 3)"]),
        (np.ones((3, 5, 3)) * 1j, "mse", ["targets", "complex128"]),
        ("abc", "mse", ["targets", "real numbers"]),
        ([[1.0], [1.0, 2.0]], "mse", ["targets", "ragged"]),
        (np.full((3, 5, 3), 0.5), "binary_cross_entropy", ["0.5", "sample 0", "step 0", "column 0", "0 or 1"]),
        (np.array([0, 3, 1]), "cross_entropy", ["3", "sample 1", "0 to 2"]),
        (np.array([0, 1, -1]), "cross_entropy", ["-1", "sample 2", "0 to 2"]),
        (np.array([0, 1, 0.5]), "cross_entropy", ["0.5", "sample 2"]),
        (np.array([0, 1, np.nan]), "cross_entropy", ["nan", "sample 2"]),
        (np.full((3, 5), 3), "cross_entropy", ["3", "sample 0", "step 0", "0 to 2"]),
        (np.zeros((5, 3)), "cross_entropy", ["(5, 3)", "(3, 5)", "(3,)"]),
        (np.zeros((3, 5, 3)), "cross_entropy", ["(3, 5, 3)", "argmax"]),
    ],
)
def test_bad_targets(targets: Any, loss: str, parts: list[str]) -> None:
    net = recurrent()
    inputs, _ = arrays(net)
    for call in (
        lambda: net.value_and_grad(inputs, targets, loss=loss),
        lambda: net.hvp(inputs, targets, np.ones(len(net.parameters)), loss=loss),
    ):
        with pytest.raises(gn.DataError) as caught:
            call()
        for part in parts:
            assert part in str(caught.value)


@pytest.mark.parametrize("loss", ["nope", "MSE", "", 3, None, ["mse"]])
def test_an_unknown_loss(loss: Any) -> None:
    net = recurrent()
    with pytest.raises(gn.DataError) as caught:
        net.value_and_grad(*arrays(net), loss=loss)
    for part in (repr(loss), "'mse'", "'cross_entropy'", "'binary_cross_entropy'"):
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ("vector", "parts"),
    [(np.ones(3), ["(3,)"]), (1.0, ["()"]), ("a", ["real numbers"]), (1j, ["complex128"])],
)
def test_a_bad_vector(vector: Any, parts: list[str]) -> None:
    net = recurrent()
    with pytest.raises(gn.DataError, match="vector") as caught:
        net.hvp(*arrays(net), vector)
    for part in parts:
        assert part in str(caught.value)


def test_a_vector_that_is_not_finite_is_said_to_be_so() -> None:
    net = recurrent()
    vector = np.ones(len(net.parameters))
    vector[7] = np.nan
    with pytest.raises(gn.DataError, match="nan"):
        net.hvp(*arrays(net), vector)


@pytest.mark.parametrize("shape", [(3, 5), (3, 5, 2), (3, 4, 3), (1, 5, 3)])
def test_bad_gradients_of_outputs(shape: tuple[int, ...]) -> None:
    net = recurrent()
    with pytest.raises(gn.DataError, match=r"grad_outputs .*\(3, 5, 3\)") as caught:
        net.vjp(arrays(net)[0], np.ones(shape))
    assert str(shape) in str(caught.value)


@pytest.mark.parametrize(
    ("record", "parts"),
    [
        (["nobody"], ["record", "'nobody'", "node"]),
        ([("hidden", 0), ("hidden", 99)], ["('hidden', 99)", "node"]),
        ([["hidden", 0]], ["record", "['hidden', 0]"]),
        (3, ["record", "3"]),
        ("h", ["record='h' is one name and not a list: write record=['h']"]),
        (b"h", ["write record=[b'h']"]),
        (("hidden", 0), ["record=('hidden', 0) is one name and not a list: write record=[('hidden', 0)]"]),
        (("hidden", 99), ["record: 'hidden' is not a node"]),
    ],
)
def test_a_node_to_record_that_is_none(record: Any, parts: list[str]) -> None:
    net = recurrent()
    with pytest.raises(gn.DataError) as caught:
        net.run(arrays(net)[0], record=record)
    for part in parts:
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ("option", "value", "allowed"),
    [
        *(("dtype", v, "'float64'") for v in ("float16", "nonsense", int, complex, "complex128", object, 3)),
        *(("dt", v, "positive") for v in (0, -1.0, np.nan, np.inf, "1", None, True, 1j, [1.0])),
        pytest.param("dt", 10**400, "positive", id="a dt beyond float64"),
        *(("seed", v, "whole number") for v in (1.5, "0", True, [0], 1j)),
        *(("backend", v, "'reference'") for v in ("gpu", "", None, 3, ["reference"])),
    ],
)
def test_a_bad_option(option: str, value: Any, allowed: str) -> None:
    with pytest.raises(gn.DataError) as caught:
        gn.compile(drawing(), **{option: value})
    for part in (option, repr(value), allowed):
        assert part in str(caught.value)


@pytest.mark.parametrize("dt", [1, 0.5, np.float64(0.5), np.float32(0.5), np.int64(2)])
def test_dt_is_any_positive_number(dt: Any) -> None:
    assert gn.compile(drawing(), dt=dt).dt == dt


@pytest.mark.parametrize("dtype", ["float32", np.float32, np.dtype("float32")])
def test_a_dtype_may_be_written_as_numpy_does(dtype: Any) -> None:
    assert gn.compile(drawing(), dtype=dtype).dtype == np.float32


def test_a_bad_drawing_is_said_before_anything_is_drawn() -> None:
    graph = drawing()
    graph.edges["x", "h"]["dealy"] = 1
    with pytest.raises(gn.GraphError, match="'delay'"):
        gn.compile(graph)


@settings(max_examples=scaled(50))
@given(neuron_graphs(), st.data())
def test_the_backends_are_named_and_agree(graph: nx.DiGraph, data: st.DataObject) -> None:
    batch = data.draw(sequences(graph))
    auto, reference = gn.compile(graph), gn.compile(graph, backend="reference")
    assert_close(
        auto.run(batch.inputs, lengths=batch.lengths),
        reference.run(batch.inputs, lengths=batch.lengths),
        1e-12,
        "backends",
    )
    if not lives_backwards(graph):
        assert auto.state(2).history.shape == reference.state(2).history.shape


def test_inputs_of_a_drawing_without_any() -> None:
    graph = drawing()
    del graph.nodes["x"]["role"]
    with pytest.raises(gn.DataError, match="the graph has 0 inputs; give the nodes where data enter role='input'"):
        gn.compile(graph, seed=0).run(np.zeros((1, 3, 1)))
