"""Drawings without some of their nodes and synapses."""

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


def edges_of(graph: nx.DiGraph) -> list[tuple[Any, ...]]:
    return list(graph.edges(keys=True)) if graph.is_multigraph() else list(graph.edges())


@settings(max_examples=scaled(100))
@given(neuron_graphs(), st.data())
def test_what_is_left(graph: nx.DiGraph, data: st.DataObject) -> None:
    """Nodes take with them every synapse that they feed, receive or gate; all else stays as it is."""
    nodes = data.draw(st.lists(st.sampled_from(list(graph)), max_size=3))
    every = edges_of(graph)
    edges = data.draw(st.lists(st.sampled_from(every), max_size=5)) if every else []
    for each in (graph, gn.GraphTable.from_networkx(graph)):
        left = gn.graphs.without(each, nodes=nodes, edges=edges)
        found = left.to_networkx() if isinstance(left, gn.GraphTable) else left
        assert list(found) == [node for node in graph if node not in nodes]
        expected = [
            edge
            for edge in every
            if edge not in edges and not {*edge[:2], graph.edges[edge].get("gate", edge[0])} & set(nodes)
        ]
        assert edges_of(found) == expected
        known = gn.GraphTable.from_networkx(graph).to_networkx()
        assert all(found.edges[edge] == known.edges[edge] for edge in expected)
        assert all(said == known.nodes[node] for node, said in found.nodes(data=True))


def drawing(multigraph: bool = False) -> nx.DiGraph:
    graph: nx.DiGraph = nx.MultiDiGraph() if multigraph else nx.DiGraph()
    graph.add_nodes_from("ab", layer=1, kind="early")
    graph.add_nodes_from("cd", layer=2)
    graph.add_edge("a", "c", n=1)
    graph.add_edge("a", "a", n=2)
    graph.add_edge("a", "b", n=1, gate="d")
    graph.add_edge("d", "a", n=3)
    if multigraph:
        graph.add_edge("a", "c", "other", n=3)
    return graph


CHOICES: dict[str, tuple[Any, list[tuple[str, str]]]] = {
    "direct": ("direct", [("a", "a")]),
    "lateral": ("lateral", [("a", "b")]),
    "indirect": ("indirect", [("d", "a")]),
    "forward": ("forward", [("a", "c")]),
    "keys": ([("a", "c"), ("d", "a")], [("a", "c"), ("d", "a")]),
    "no keys": ([], []),
    "a value": ({"n": 1}, [("a", "c"), ("a", "b")]),
    "values": ({"n": [2, 3]}, [("a", "a"), ("d", "a")]),
    "a value and none": ({"n": 1, "gate": None}, [("a", "c")]),
    "a function": (lambda edge, said: edge[0] == "d" or said["n"] == 2, [("a", "a"), ("d", "a")]),
}


@pytest.mark.parametrize("choice", CHOICES)
def test_every_choice_of_synapses(choice: str) -> None:
    edges, gone = CHOICES[choice]
    for graph in (drawing(), gn.GraphTable.from_networkx(drawing())):
        left = gn.graphs.without(graph, edges=edges)
        found = left.to_networkx() if isinstance(left, gn.GraphTable) else left
        assert set(drawing().edges) - set(found.edges) == set(gone)


def test_parallel_synapses_are_chosen_together_or_by_key() -> None:
    graph = drawing(multigraph=True)
    assert gn.graphs.without(graph, edges=[("a", "c")]).number_of_edges() == 3
    assert set(graph.edges) - set(gn.graphs.without(graph, edges=[("a", "c", "other")]).edges) == {("a", "c", "other")}


def test_nodes_by_attribute_and_what_they_gate() -> None:
    assert list(gn.graphs.without(drawing(), nodes={"kind": None}).edges) == [("a", "a")]
    assert list(gn.graphs.without(drawing(), nodes=["d"]).edges) == [("a", "c"), ("a", "a")]
    assert gn.graphs.without(drawing(), nodes=lambda node, said: said.get("layer") == 1).number_of_edges() == 0


ERRORS: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({}, r"without: say what to remove, with nodes= or edges="),
    "a kind that is none": (
        {"edges": "indrect"},
        r"edges='indrect' is not a list of edges, nor one of .*; was 'indirect'",
    ),
    "a number": (
        {"edges": 3},
        r"edges=3 is not a list of edges, nor one of 'forward', 'direct', 'lateral', 'indirect'",
    ),
    "one edge": ({"edges": ("a", "c")}, r"edges=\('a', 'c'\) is one edge and not a list: write edges=\[\('a', 'c'\)\]"),
    "unknown edges": (
        {"edges": [("a", "d"), ("a", "x"), "ac", ("a", "c")]},
        r"(?s)3 problems.*edges: \('a', 'd'\) is not an edge of the graph, written \(source, target\).*'x'.*'ac'",
    ),
    "an unknown attribute": (
        {"edges": {"m": 1}},
        r"edges: no edge has the attribute 'm'; (was 'n' meant|their attributes)",
    ),
    "an unknown value": ({"edges": {"n": 7}}, r"edges: no edge has 'n' 7; its values are 1, 2, 3"),
    "a mask": ({"edges": np.zeros(4, bool)}, r"edges is a mask of 4 edges: give the names of those"),
    "an unknown node": ({"nodes": ["A"]}, r"nodes: 'A' is not a node of the graph; was 'a' meant"),
    "a layer that is none": ({"edges": "direct"}, r"node 'a': layer='first' is not a finite number"),
}


@pytest.mark.parametrize("case", ERRORS)
def test_errors_say_what_to_do(case: str) -> None:
    keywords, message = ERRORS[case]
    graph = drawing()
    if case == "a layer that is none":
        graph.nodes["a"]["layer"] = "first"
    for each in (graph, gn.GraphTable.from_networkx(graph)):
        with pytest.raises(gn.GraphError, match=message):
            gn.graphs.without(each, **keywords)
