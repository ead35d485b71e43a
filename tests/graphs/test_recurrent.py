"""Drawings of the kinds of feedback."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

import graphnet as gn


def extra(graph: nx.DiGraph, n_inputs: int, n_hidden: int | list[int], n_outputs: int) -> dict[tuple, str]:
    """Return {edge: kind} of the edges that are not in the feedforward drawing."""
    plain = gn.graphs.feedforward(n_inputs, n_hidden, n_outputs)
    assert set(plain.edges) <= set(graph.edges)
    return {edge: kind for edge, kind in gn.feedback(graph).edges.items() if not plain.has_edge(*edge)}


LAYERS: list[int | list[int]] = [1, 4, [3, 2], [2, 3, 2]]


@pytest.mark.parametrize("n_hidden", LAYERS)
def test_feedforward_is_forward(n_hidden: int | list[int]) -> None:
    assert set(gn.feedback(gn.graphs.feedforward(2, n_hidden, 2)).edges.values()) == {"forward"}


@pytest.mark.parametrize("n_hidden", LAYERS)
def test_direct(n_hidden: int | list[int]) -> None:
    graph = gn.graphs.direct(2, n_hidden, 2)
    hidden = [node for node in graph if node[0] == "hidden"]
    assert extra(graph, 2, n_hidden, 2) == {(node, node): "direct" for node in hidden}


@pytest.mark.parametrize("n_hidden", LAYERS)
def test_lateral(n_hidden: int | list[int]) -> None:
    graph = gn.graphs.lateral(2, n_hidden, 2)
    hidden = [node for node in graph if node[0] == "hidden"]
    assert extra(graph, 2, n_hidden, 2) == {
        (u, v): "lateral" for u in hidden for v in hidden if u != v and u[1:-1] == v[1:-1]
    }


@pytest.mark.parametrize("n_hidden", LAYERS)
def test_indirect(n_hidden: int | list[int]) -> None:
    """The outputs feed the (first) hidden layer."""
    graph = gn.graphs.indirect(2, n_hidden, 2)
    first = [node for node in graph if node[0] == "hidden" and node[1:-1] in ((), (1,))]
    assert extra(graph, 2, n_hidden, 2) == {(("output", i), node): "indirect" for i in range(2) for node in first}


@pytest.mark.parametrize("n_hidden", LAYERS)
def test_complete(n_hidden: int | list[int]) -> None:
    """Every neuron but the inputs feeds every such neuron, itself included."""
    graph = gn.graphs.complete(2, n_hidden, 2)
    neurons = [node for node in graph if node[0] != "input"]
    assert all(graph.has_edge(u, v) for u in neurons for v in neurons)
    found = gn.feedback(graph)
    assert set(found.complete) == set(neurons)
    assert {"direct", "lateral", "indirect"} <= set(found.edges.values())
    assert set(extra(graph, 2, n_hidden, 2)) <= {(u, v) for u in neurons for v in neurons}


@pytest.mark.parametrize("n_hidden", LAYERS)
def test_elman(n_hidden: int | list[int]) -> None:
    graph = gn.graphs.elman(2, n_hidden, 2)
    hidden = [node for node in graph if node[0] == "hidden"]
    assert extra(graph, 2, n_hidden, 2) == {
        (u, v): "direct" if u == v else "lateral" for u in hidden for v in hidden if u[1:-1] == v[1:-1]
    }


def test_an_elman_network_is_its_equation() -> None:
    """h(t) = tanh(W_in x(t) + W h(t-1) + b), y(t) = W_out h(t) + c."""
    net = gn.compile(gn.graphs.elman(2, 5, 3), seed=0)
    net.parameters = np.random.default_rng(0).normal(size=len(net.parameters)) / 2
    now, before = (net.matrices()[delay].toarray() for delay in (0, 1))
    w_in, w_out, w = now[2:7, :2], now[7:, 2:7], before[2:7, 2:7]
    bias = np.array([net.to_graph().nodes[node].get("bias", 0.0) for node in net.to_graph()])
    inputs = np.random.default_rng(1).standard_normal((4, 2))
    h = np.zeros(5)
    outputs = []
    for x in inputs:
        h = np.tanh(w_in @ x + w @ h + bias[2:7])
        outputs.append(w_out @ h + bias[7:])
    np.testing.assert_allclose(net.run(inputs[None])[0], outputs, rtol=1e-13)


def test_every_feedback_takes_one_step() -> None:
    for name in ("direct", "lateral", "indirect", "complete", "elman", "jordan"):
        graph = getattr(gn.graphs, name)(2, [3, 2], 2)
        kinds = gn.feedback(graph).edges
        matrices = gn.compile(graph, seed=0).matrices()
        place = {node: i for i, node in enumerate(graph)}
        assert set(matrices) == {0, 1}
        for delay, matrix in matrices.items():
            rows, columns = matrix.nonzero()
            assert {(kinds[edge] == "forward") for edge in edges_at(place, columns, rows)} == {delay == 0}, name


def edges_at(place: dict, sources: np.ndarray, targets: np.ndarray) -> list[tuple]:
    nodes = list(place)
    return [(nodes[s], nodes[t]) for s, t in zip(sources, targets, strict=True)]


def test_jordan() -> None:
    """Outputs feed a context layer by fixed synapses of weight 1; the context feeds the hidden layer."""
    graph = gn.graphs.jordan(1, 3, 2)
    context = [("context", i) for i in range(2)]
    assert extra(graph, 1, 3, 2) == {
        **{(("output", i), ("context", i)): "indirect" for i in range(2)},
        **{(c, ("hidden", j)): "forward" for c in context for j in range(3)},
    }
    net = gn.compile(graph, seed=0)
    assert not any("context" in row.key for row in net.parameter_table() if row.kind == "bias")
    assert (("output", 0), ("context", 0)) not in net.parameter_table().key
    run = net.run(np.random.default_rng(0).standard_normal((2, 6, 1)), record=[*context, ("output", 1)])
    for i, node in enumerate(context):
        np.testing.assert_array_equal(run.recorded[node][:, 1:], run.outputs[:, :-1, i])
        assert not run.recorded[node][:, 0].any()


def test_the_memory_of_a_jordan_network_decays() -> None:
    graph = gn.graphs.jordan(1, 3, 2, memory=0.5)
    assert {kind for (u, v), kind in gn.feedback(graph).edges.items() if u == v} == {"direct"}
    net = gn.compile(graph, seed=0)
    run = net.run(np.random.default_rng(0).standard_normal((1, 6, 1)), record=[("context", 1)])
    expected = np.zeros(6)
    for t in range(1, 6):
        expected[t] = 0.5 * expected[t - 1] + run.outputs[0, t - 1, 1]
    np.testing.assert_allclose(run.recorded["context", 1][0], expected, rtol=1e-13)
