"""Drawings of which only a part is learnt."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import graphnet as gn
from graphnet.testing.strategies import neuron_graphs
from tests.profiles import scaled


def learnt(graph: Any) -> set[tuple[str, Any]]:
    """Return the kind and key of every number that the network learns."""
    table = gn.compile(graph).parameter_table()
    return set(zip(table.kind.tolist(), table.key, strict=True))


@settings(max_examples=scaled(100))
@given(neuron_graphs(ties=False, node_ties=False), st.data())
def test_what_is_chosen_is_learnt_as_before_and_nothing_else(graph: nx.DiGraph, data: st.DataObject) -> None:
    every: list[Any] = list(graph.edges(keys=True)) if graph.is_multigraph() else list(graph.edges())
    nodes = data.draw(st.sets(st.sampled_from(list(graph))))
    edges = data.draw(st.sets(st.sampled_from(every))) if every else set()
    expected = {(kind, key) for kind, key in learnt(graph) if key in (edges if kind == "weight" else nodes)}
    for each in (graph, gn.GraphTable.from_networkx(graph)):
        if (nodes or edges) and not expected:
            with pytest.raises(gn.GraphError, match="nothing that is chosen can be learnt"):
                gn.graphs.train_only(each, nodes=list(nodes), edges=list(edges))
            continue
        found = gn.graphs.train_only(each, nodes=list(nodes), edges=list(edges))
        assert learnt(found) == expected
        inputs = np.random.default_rng(0).standard_normal((2, 4, gn.compile(graph).n_inputs))
        np.testing.assert_array_equal(gn.compile(found).run(inputs), gn.compile(graph).run(inputs))


def test_the_drawing_itself_is_left_alone() -> None:
    graph = gn.graphs.elman(1, 3, 1)
    before = gn.GraphTable.from_networkx(graph).to_networkx()
    frozen = gn.graphs.train_only(graph, edges="lateral")
    assert nx.utils.graphs_equal(graph, before)
    assert {kind for kind, _ in learnt(frozen)} == {"weight"}
    assert frozen.nodes["output", 0]["train_bias"] is False
    assert frozen.nodes["input", 0] == {"role": "input"}
    assert all("train_initial" not in said for _, said in frozen.nodes(data=True))


def tied() -> nx.DiGraph:
    graph = nx.DiGraph()
    graph.add_nodes_from("abc", tie="cell", kind="x")
    graph.add_node("y", role="output")
    graph.add_edges_from([("a", "b"), ("b", "c"), ("c", "a")], tie="ring")
    graph.add_edge("a", "y")
    graph.nodes["a"].update(initial=0.5, train_initial=True)
    return graph


def test_a_tie_is_chosen_as_a_whole() -> None:
    for graph in (tied(), gn.GraphTable.from_networkx(tied())):
        assert learnt(gn.graphs.train_only(graph, edges={"tie": "ring"})) == {("weight", "ring")}
        assert learnt(gn.graphs.train_only(graph, nodes={"kind": "x"})) == {("bias", "cell"), ("initial", "cell")}
        assert learnt(gn.graphs.train_only(graph, nodes=["y"])) == {("bias", "y")}
        with pytest.raises(
            gn.GraphError, match=r"tie 'ring': edge \('a', 'b'\) is chosen and edge \('c', 'a'\) is not, but"
        ):
            gn.graphs.train_only(graph, edges=[("a", "b")])
        with pytest.raises(
            gn.GraphError, match=r"tie 'cell': node 'b' is chosen and node 'c' is not, but members of a tie"
        ):
            gn.graphs.train_only(graph, nodes=["a", "b"])
    graph = tied()
    graph.edges["a", "b"]["trainable"] = False  # and with it the tie, of which nothing is torn then
    assert learnt(gn.graphs.train_only(graph, nodes=["y"], edges=[("b", "c")])) == {("bias", "y")}


def test_what_cannot_be_asked_for() -> None:
    with pytest.raises(gn.GraphError, match="train_only: say what is learnt, with nodes= or edges="):
        gn.graphs.train_only(tied())
    with pytest.raises(gn.GraphError, match="edges: no edge has the attribute 'tei'; was 'tie' meant"):
        gn.graphs.train_only(tied(), edges={"tei": "ring"})
    graph = tied()
    graph.nodes["a"]["train_bias"] = "yes"
    with pytest.raises(gn.GraphError, match="node 'a': train_bias='yes' is not True or False"):
        gn.graphs.train_only(graph, nodes=["y"])
