"""Open weights: each is drawn from a key of its own, normal, with deviation 1/sqrt(synapses into the target)."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Hashable
from statistics import NormalDist

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import graphnet as gn
from graphnet.compiler.initial import draws as draw_module
from graphnet.compiler.initial.draws import draw_normal, hash_names
from graphnet.testing.strategies import neuron_graphs
from tests.compiler.drawings import shuffled


def weights(graph: nx.DiGraph, seed: int | None = 0) -> dict[Hashable, float]:
    """{edge: weight}, of tied and fixed ones too."""
    back = gn.compile(graph, seed=seed).to_graph()
    return {edge: back.edges[edge]["weight"] for edge in back.edges}


def draws(graph: nx.DiGraph, seed: int | None = 0) -> dict[Hashable, float]:
    """{edge: its weight with the number of synapses into its target taken out}, of edges without a tie."""
    fan_in = Counter(edge[1] for edge in graph.edges)
    return {
        edge: weight * np.sqrt(fan_in[edge[1]])
        for edge, weight in weights(graph, seed).items()
        if graph.edges[edge].get("tie") is None
    }


def agree(some: dict[Hashable, float], more: dict[Hashable, float]) -> None:
    assert some.keys() <= more.keys()
    for edge, drawn in some.items():
        assert more[edge] == pytest.approx(drawn, rel=1e-14, abs=0), edge


def ring(n: int, kind: type = nx.DiGraph) -> nx.DiGraph:
    graph = nx.cycle_graph(n, create_using=kind)
    graph.add_edges_from((0, i) for i in range(2, n))
    graph.nodes[0]["role"] = "output"
    return graph


open_graphs = neuron_graphs(declared=False)


@given(open_graphs, st.data())
def test_adding_a_synapse_changes_no_other_draw(graph: nx.DiGraph, data: st.DataObject) -> None:
    if not graph.number_of_edges():
        return
    whole = draws(graph)
    declared = {edge for edge in graph.edges if "weight" in graph.edges[edge]}
    less = graph.copy()
    less.remove_edge(*data.draw(st.sampled_from(list(graph.edges))))
    agree({edge: drawn for edge, drawn in draws(less).items() if edge not in declared}, whole)


@given(open_graphs, st.randoms(use_true_random=False))
def test_the_order_of_nodes_and_edges_changes_no_bit(graph: nx.DiGraph, shuffle: random.Random) -> None:
    assert weights(shuffled(graph, shuffle)) == weights(graph)


def test_declaring_a_weight_changes_no_other_draw() -> None:
    graph = ring(6)
    before = draws(graph)
    graph.edges[2, 3]["weight"] = 5.0
    after = draws(graph)
    del before[2, 3]
    agree(before, after)


def test_nothing_but_names_and_the_seed_enters_a_draw() -> None:
    """Not delays, scales, gates, roles, layers or what is learnt."""
    graph = ring(6)
    before = weights(graph)
    graph.add_node("lonely", role="input")
    nx.set_edge_attributes(graph, {edge: {"delay": 3, "scale": 2.0, "trainable": False} for edge in graph.edges})
    nx.set_node_attributes(graph, {i: {"layer": i, "bias": 1.0} for i in graph if i != "lonely"})
    assert weights(graph) == before


@pytest.mark.parametrize("other", [nx.MultiDiGraph])
def test_an_edge_of_a_digraph_has_key_0(other: type) -> None:
    simple, parallel = weights(ring(6)), weights(ring(6, other))
    assert {(*edge, 0): weight for edge, weight in simple.items()} == parallel


def test_parallel_synapses_have_draws_of_their_own() -> None:
    graph = nx.MultiDiGraph([("a", "b"), ("a", "b"), ("a", "b", "0"), ("a", "b", "k")])
    graph.nodes["b"]["role"] = "output"
    assert len(set(weights(graph).values())) == 4


def test_names_enter_by_their_repr() -> None:
    graph = nx.DiGraph([(1, "y"), ("1", "y"), ((1,), "y"), ("y", 1), ("y", "1")])
    graph.nodes["y"]["role"] = "output"
    assert len({abs(drawn) for drawn in draws(graph).values()}) == 5


def test_source_and_target_do_not_commute() -> None:
    graph = nx.DiGraph([("a", "b"), ("b", "a"), ("a", "a"), ("b", "b")])
    graph.nodes["b"]["role"] = "output"
    assert len({abs(drawn) for drawn in draws(graph).values()}) == 4


def test_the_same_seed_gives_the_same_bits_and_another_seed_others() -> None:
    graph = ring(8)
    assert weights(graph, seed=3) == weights(graph, seed=3)
    assert weights(graph, seed=np.int64(3)) == weights(graph, seed=3)  # type: ignore[arg-type]
    ones, others = weights(graph, seed=3), weights(graph, seed=4)
    assert all(ones[edge] != others[edge] for edge in ones)


def test_without_a_seed_every_network_is_another() -> None:
    graph = ring(8)
    ones, others = weights(graph, seed=None), weights(graph, seed=None)
    assert all(ones[edge] != others[edge] for edge in ones)


def test_a_network_without_a_seed_says_the_one_that_it_took() -> None:
    graph = ring(8)
    net = gn.compile(graph)
    assert np.array_equal(gn.compile(graph, seed=net.seed).parameters, net.parameters)


@pytest.mark.costly
def test_another_process_draws_the_same_bits() -> None:
    """Catches draws that go through hash(), which Python seeds anew in every process."""
    code = (
        "import graphnet as gn; net = gn.compile(gn.graphs.complete(2, 5, 2), seed=7);"
        "print(' '.join(map(float.hex, net.parameters.tolist())))"
    )
    expected = gn.compile(gn.graphs.complete(2, 5, 2), seed=7).parameters.tolist()
    for hash_seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        assert [float.fromhex(number) for number in done.stdout.split()] == expected


def star(n_sources: int, n_targets: int) -> nx.DiGraph:
    graph = nx.DiGraph()
    graph.add_nodes_from((("x", i) for i in range(n_sources)), role="input")
    graph.add_nodes_from((("y", i) for i in range(n_targets)), role="output")
    graph.add_edges_from((("x", i), ("y", j)) for i in range(n_sources) for j in range(n_targets))
    return graph


@pytest.mark.parametrize(("n_sources", "n_targets"), [(1, 4000), (4, 1000), (100, 40)])
def test_draws_are_normal_with_the_deviation_of_their_fan_in(n_sources: int, n_targets: int) -> None:
    drawn = np.array(list(weights(star(n_sources, n_targets)).values()))
    assert drawn.std() == pytest.approx(1 / np.sqrt(n_sources), rel=0.05)
    assert stats.kstest(drawn * np.sqrt(n_sources), "norm").pvalue > 0.01


def test_every_synapse_into_the_target_counts() -> None:
    """Parallel ones, declared ones, gated ones, self-loops and those from inputs; those of a gate do not."""
    graph = nx.MultiDiGraph([("a", "y", "k")])
    graph.nodes["y"]["role"] = "output"
    alone = weights(graph)["a", "y", "k"]
    graph.add_edge("x", "y", weight=3.0)
    graph.add_edge("a", "y", "other")
    graph.add_edge("a", "y", "gated", gate="g", delay=2)
    graph.add_edge("y", "y", trainable=False)
    graph.add_edge("y", "a")
    graph.nodes["x"]["role"] = "input"
    graph.add_node("g")
    assert weights(graph)["a", "y", "k"] == pytest.approx(alone / np.sqrt(5), rel=1e-14)


def test_draws_of_a_grid_show_no_pattern() -> None:
    """Catches keys that are mixed badly: rows, columns, transposes and seeds that repeat or go together."""
    n = 60
    graph = nx.DiGraph((i, j) for i in range(n) for j in range(n))
    graph.nodes[0]["role"] = "output"

    def grid(seed: int) -> np.ndarray:
        drawn = draws(graph, seed)
        return np.array([[drawn[i, j] for j in range(n)] for i in range(n)])

    one, other = grid(0), grid(1)
    assert len(set(one.ravel().tolist())) == n * n
    bound = 4 / np.sqrt(n * n)
    upper = np.triu_indices(n, 1)
    assert abs(np.corrcoef(one[upper], one.T[upper])[0, 1]) < 4 / np.sqrt(len(upper[0]))
    assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < bound
    assert abs(np.corrcoef(one[:, 1:].ravel(), one[:, :-1].ravel())[0, 1]) < bound
    assert abs(np.corrcoef(one[1:].ravel(), one[:-1].ravel())[0, 1]) < bound
    assert np.abs(one.mean(axis=0)).max() < 4.5 / np.sqrt(n)
    assert np.abs(one.mean(axis=1)).max() < 4.5 / np.sqrt(n)


def test_a_tie_is_drawn_once_with_the_largest_count_of_its_members() -> None:
    graph = nx.DiGraph([("a", "b", {"tie": "t"}), ("c", "b"), ("b", "c", {"tie": "t"})])
    graph.nodes["b"]["role"] = "output"
    found = weights(graph)
    assert found["a", "b"] == found["b", "c"]
    drawn = found["a", "b"] * np.sqrt(2)

    graph.add_edges_from((("d", i), "d") for i in range(9))
    graph.edges[("d", 0), "d"]["tie"] = "t"
    found = weights(graph)
    assert found["a", "b"] == found[("d", 0), "d"] == pytest.approx(drawn / np.sqrt(9), rel=1e-14)


def test_a_tie_is_drawn_by_its_name_alone() -> None:
    def shared(edge: tuple, name: Hashable, seed: int = 0) -> float:
        graph = nx.DiGraph([(*edge, {"tie": name})])
        graph.nodes[edge[1]]["role"] = "output"
        return weights(graph, seed)[edge]

    assert shared(("a", "b"), "t") == shared(("c", "d"), "t")
    assert shared(("a", "b"), "t") != shared(("a", "b"), "s")
    assert shared(("a", "b"), 1) != shared(("a", "b"), "1")
    assert shared(("a", "b"), "t") != shared(("a", "b"), "t", seed=1)


def test_a_tie_that_one_member_declares_is_not_drawn() -> None:
    graph = nx.DiGraph([("a", "b", {"tie": "t"}), ("b", "c", {"tie": "t", "weight": 0.25}), ("c", "a", {"tie": "t"})])
    graph.nodes["c"]["role"] = "output"
    assert set(weights(graph).values()) == {0.25}


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("of", ["source", "edge", "tie"])
def test_a_signed_weight_is_drawn_with_its_sign(sign: int, of: str) -> None:
    """The same numbers, but for their signs."""
    graph = nx.DiGraph([("x", ("y", i)) for i in range(50)])
    graph.nodes["y", 0]["role"] = "output"
    if of == "tie":
        for i, (*_, said) in enumerate(graph.edges(data=True)):
            said["tie"] = i
    free = weights(graph)
    assert {np.sign(weight) for weight in free.values()} == {1.0, -1.0}
    if of == "source":
        graph.nodes["x"]["sign"] = sign
    else:
        nx.set_edge_attributes(graph, sign, "sign")
    assert weights(graph) == {edge: sign * abs(weight) for edge, weight in free.items()}


def test_a_fixed_open_weight_is_drawn_too() -> None:
    graph = nx.DiGraph([("x", "y", {"trainable": False})])
    graph.nodes["y"]["role"] = "output"
    drawn = weights(graph)["x", "y"]
    assert drawn != 0
    graph.edges["x", "y"]["trainable"] = True
    assert weights(graph)["x", "y"] == drawn


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_draws_do_not_depend_on_the_dtype(dtype: str) -> None:
    graph = ring(5)
    exact = gn.compile(graph, seed=0).parameters
    np.testing.assert_array_equal(gn.compile(graph, seed=0, dtype=dtype).parameters, exact.astype(dtype))


def test_draws_are_the_same_in_every_version() -> None:
    """A seed in somebody's paper is worth nothing otherwise."""
    drawn = draw_normal(0, hash_names("abc"), hash_names("def"))
    assert drawn.tolist() == pytest.approx([0.7317774972313177, 1.7045042084128421, -0.27986560037112074], rel=1e-14)
    graph = nx.DiGraph([("a", "b", {"tie": "t"}), ("b", "b", {})])
    graph.nodes["b"]["role"] = "output"
    found = [row.value for row in gn.compile(graph, seed=0).parameter_table() if row.kind == "weight"]
    assert found == pytest.approx([0.9376253375814451, 0.23232352843507875], rel=1e-14)


def test_the_lowest_and_the_highest_draws_are_finite(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draw_module, "mix_bits", lambda numbers: numbers)
    state = hash_names([0])
    extremes = draw_normal(0, np.concatenate([state, ~state]))
    assert np.isfinite(extremes).all()
    # half a step from 0, and one from 1, of the 2^53 steps between them
    expected = [NormalDist().inv_cdf(2.0**-54), -NormalDist().inv_cdf(2.0**-53)]
    assert extremes.tolist() == pytest.approx(expected, rel=1e-9)


def test_one_key_is_enough() -> None:
    assert draw_normal(3, hash_names("ab")).shape == (2,)
