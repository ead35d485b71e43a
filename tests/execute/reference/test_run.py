"""The reference executor by itself: binding, spans, starts, and blocks."""

from __future__ import annotations

from dataclasses import replace

import networkx as nx
import numpy as np
import pytest

import graphnet as gn
from graphnet.execute.reference import run as reference
from graphnet.testing import Case
from tests.properties.interpreted import INTERPRETED


def wide(n_hidden: int = 9) -> nx.DiGraph:
    """A network with dense and sparse blocks, gates, delays and two directions of time."""
    graph = gn.graphs.bidirectional(gn.graphs.lstm(2, n_hidden, 2))
    graph.add_edge(("input", 0), ("output", 0), weight=0.5, delay=2)
    return graph


def test_a_wide_network_is_what_the_language_says() -> None:
    graph = gn.compile(wide(), seed=0).to_graph()
    net = gn.compile(graph)
    assert net.program.blocks["dense"].any()
    assert not net.program.blocks["dense"].all()
    case = Case(graph, np.random.default_rng(0).uniform(-1, 1, (2, 3, 2)), np.array([2, 3]), 1)
    INTERPRETED[0](case, gn.compile)
    gn.testing.assert_gradients(net, case.inputs, lengths=case.lengths, max_entries=60)


def test_a_span_is_bounded_by_memory_and_by_steps() -> None:
    net = gn.compile(gn.graphs.complete(2, 8, 2), seed=0)
    bound = reference.bind(net.program, net.parameters)
    step = 12 * 8
    assert bound.span_steps(1) == 256
    assert bound.span_steps(100) == reference.SPAN_BYTES // (100 * step)
    assert bound.span_steps(10**9) == 1
    # a block with more columns than there are neurons is what counts
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(range(6), role="input")
    graph.add_node("y", role="output")
    graph.add_edges_from((source, "y", {"gate": gate}) for source in range(6) for gate in range(6))
    net = gn.compile(graph, seed=0)
    bound = reference.bind(net.program, net.parameters)
    assert bound.span_steps(1000) == reference.SPAN_BYTES // (1000 * 36 * 8)


@pytest.mark.parametrize("span", [1, 64, 1000])
def test_entry_gradients_do_not_depend_on_how_many_are_gathered_at_once(
    span: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = gn.compile(gn.graphs.random_graph(3, 20, 2, density=0.2, seed=0), seed=0)
    inputs = np.random.default_rng(0).uniform(-1, 1, (2, 4, 3))
    expected = net.vjp(inputs, np.ones((2, 4, 2))).parameters
    monkeypatch.setattr(reference, "SPAN_BYTES", span)
    np.testing.assert_allclose(net.vjp(inputs, np.ones((2, 4, 2))).parameters, expected, rtol=1e-12)


def test_the_start_is_what_is_initial_and_its_adjoint_adds_up() -> None:
    graph = nx.DiGraph()
    graph.add_node("x", role="input")
    graph.add_node("a", initial=0.5, train_initial=True, tie="t")
    graph.add_node("b", initial=0.5, tie="t")
    graph.add_node("y", role="output", initial=-0.25)
    graph.add_edge("x", "a", weight=1.0, delay=2)
    graph.add_edge("a", "y", weight=1.0, delay=3)
    graph.add_edge("b", "y", weight=1.0, delay=1)
    graph.add_edge("y", "y", weight=1.0, delay=1)
    net = gn.compile(graph)
    state = net.state(2)
    assert {node: state[node].tolist() for node in graph} == {
        "x": [[0.0, 0.0]] * 2,
        "a": [[0.5, 0.5, 0.5]] * 2,
        "b": [[0.5]] * 2,
        "y": [[-0.25]] * 2,
    }
    bound = reference.bind(net.program, net.parameters)
    gradient = reference.pull_back_start(bound, np.ones((net.program.n_history, 2)))
    rows = net.parameter_table()
    position = next(i for i, row in enumerate(rows) if row.kind == "initial")
    assert gradient[position] == 2 * 4
    assert gradient[: len(rows)].sum() == 2 * 4


def test_a_state_of_another_precision_is_computed_in_the_wider_one() -> None:
    net = gn.compile(gn.graphs.elman(1, 2, 1), seed=0, dtype="float32")
    state = net.state(1)
    assert state.history.dtype == np.float32
    bound = reference.bind(net.program, net.parameters)
    inputs = np.ones((2, 1, 1), np.float32)
    values, final, tape = reference.advance(bound, state, inputs, np.array([2]), False)
    assert values.dtype == final.history.dtype == np.float32
    assert tape is None


def test_keeping_all_keeps_every_z() -> None:
    net = gn.compile(gn.graphs.elman(1, 2, 1), seed=0)
    bound = reference.bind(net.program, net.parameters)
    inputs = np.ones((2, 1, 1))
    _, _, tape = reference.advance(bound, net.state(1), inputs, np.array([2]), True)
    assert not tape.inner
    _, _, tape = reference.advance(reference.keeping_all(bound), net.state(1), inputs, np.array([2]), True)
    assert sorted(tape.inner) == list(range(len(net.program.segments)))
    hidden = next(i for i, each in enumerate(net.program.segments) if each["row"][0] == 1)
    np.testing.assert_allclose(np.tanh(tape.inner[hidden][:, :, 0]), tape.values[:, 1:3, 0])


def test_a_complex_step_in_a_state_comes_out_again() -> None:
    """Whatever else is real: numbers, inputs, the gradient of outputs."""
    net = gn.compile(gn.graphs.elman(1, 3, 1), seed=0)
    bound = reference.bind(net.program, net.parameters)
    inputs, lengths, direction = np.ones((2, 1, 1)), np.array([2]), np.random.default_rng(0).uniform(-1, 1, (3, 1))
    start = net.state(1)
    step = replace(start, history=start.history + 1e-200j * direction)
    values, final, _ = reference.advance(bound, step, inputs, lengths, False)
    _, _, tape = reference.advance(bound, start, inputs, lengths, True)
    back = reference.pull_back(bound, tape, np.ones((2, 1, 1)), np.zeros((3, 1)))
    along = values[:, net.program.outputs].imag.sum() / 1e-200
    assert along == pytest.approx((back.history * direction).sum(), rel=1e-12)
    assert along != 0
    assert final.history.imag.any()
    _, _, tape = reference.advance(bound, step, inputs, lengths, True)
    assert reference.pull_back(bound, tape, np.ones((2, 1, 1)), np.zeros((3, 1))).numbers.imag.any()


def test_a_state_takes_its_history() -> None:
    net = gn.compile(gn.graphs.delay_line(2, 1, 3), seed=0, backend="reference")
    state = net.state(5)
    assert reference.memory(net.program, 5, 7, 8).state == state.history.nbytes > 0
    assert reference.memory(net.program, 5, 7, 4).state == state.history.nbytes // 2
