"""Limits of the time of compiling, beside networkx's own conversion, and of the memory of training."""

from __future__ import annotations

import tracemalloc
from time import perf_counter

import networkx as nx
import numpy as np
import pytest
from scipy import sparse

import graphnet as gn
from graphnet.execute.fast import run as fast

pytestmark = pytest.mark.costly


def test_compiling_takes_at_most_half_more_than_networkx_takes_to_make_a_matrix() -> None:
    rng = np.random.default_rng(0)
    n, n_edges = 20_000, 200_000
    graph = nx.DiGraph()
    graph.add_nodes_from(range(n))
    nx.set_node_attributes(graph, dict.fromkeys(range(100), "input"), "role")
    nx.set_node_attributes(graph, dict.fromkeys(range(n - 100, n), "output"), "role")
    ends = rng.integers(0, n, n_edges), rng.integers(100, n, n_edges)
    graph.add_weighted_edges_from(zip(*(e.tolist() for e in ends), rng.standard_normal(n_edges).tolist(), strict=True))
    ratios = []
    for _ in range(3):
        begun = perf_counter()
        nx.to_scipy_sparse_array(graph)
        between = perf_counter()
        gn.compile(graph)
        ratios.append((perf_counter() - between) / (between - begun))
    assert np.median(ratios) <= 1.5, ratios


@pytest.mark.parametrize(("activation", "arrays"), [("tanh", 2.5), ("gelu", 3.25)])
def test_a_training_step_holds_few_arrays_of_all_values(activation: str, arrays: float) -> None:
    n_samples, n_steps, n = 32, 300, 500
    matrix = sparse.random_array((n, n), density=0.02, rng=1, format="csr")
    net = gn.compile(gn.graphs.from_matrix(matrix, w_in=np.ones((n, 2)), w_out=np.ones((2, n)), activation=activation))
    inputs, targets = np.zeros((n_samples, n_steps, 2)), np.zeros((n_samples, n_steps, 2))
    peak = traced(lambda: net.value_and_grad(inputs, targets))
    assert peak <= arrays * n_samples * n_steps * net.n_nodes * 8
    assert net.estimate(n_samples, n_steps).value_and_grad == pytest.approx(peak, rel=0.15)
    assert net.estimate(n_samples, n_steps).run == pytest.approx(traced(lambda: net.run(inputs)), rel=0.15)


def test_a_long_delay_costs_its_own_history_only() -> None:
    """Catches a ring of values that is as deep, for every neuron, as the longest delay of one."""
    n, delay = 2000, 5000
    matrix = sparse.csr_array(sparse.eye_array(n))
    graph = gn.graphs.from_matrix(matrix, w_in=np.ones((n, 1)), w_out=np.ones((1, n))).to_networkx()
    graph.add_edge(("hidden", 0), ("output", 0), weight=1.0, delay=delay)
    net = gn.compile(graph)
    inputs = np.ones((1, 10, 1))
    net.run(inputs)
    assert traced(lambda: net.run(inputs)) < 0.1 * n * delay * 8
    assert np.isfinite(net.run(inputs)).all()


def test_gated_products_are_made_in_bounded_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches products of every pair at once: here 90,000 of them would take 23 MB a step."""
    from graphnet.compiler import lower

    monkeypatch.setattr(lower, "MOST_PRODUCTS", 1 << 12)
    n, n_samples = 300, 32
    graph = nx.DiGraph()
    graph.add_node("in", role="input")
    graph.add_nodes_from(range(n), layer=0)
    graph.add_nodes_from((("out", i) for i in range(n)), role="output")
    graph.add_edges_from(("in", i) for i in range(n))
    graph.add_edges_from(((i, ("out", j)) for i in range(n) for j in range(n)), weight=0.01)
    for i, j in [(i, j) for i in range(n) for j in range(n)]:
        graph.edges[i, ("out", j)]["gate"] = (i + j) % n
    net = gn.compile(graph)
    inputs = np.ones((n_samples, 4, 1))
    net.run(inputs)
    assert traced(lambda: net.run(inputs)) < n * n * n_samples * 8 / 2


def traced(call) -> int:
    """Return the peak of the bytes that a second call allocates; the spare memory of the first is dropped before."""
    call()
    for plan in fast._plans.values():
        plan.spare.clear()
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
