"""Names of neurons that are whole numbers beyond those that floats tell apart, in files of every format."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import pytest

import graphnet as gn


@pytest.mark.parametrize("suffix", [".json", ".graphml", ".gml", ".gexf", ".csv", ".tsv", ".safetensors"])
@pytest.mark.parametrize("first", [2**53 - 1, 720575940621039145, 2**64 - 1, -(2**53) - 1, 10**30])
def test_large_names_come_back_exactly(tmp_path: Path, suffix: str, first: int) -> None:
    one, two, three = first, first + 1, first + 2
    graph = nx.MultiDiGraph()
    graph.add_node(one, role="input")
    graph.add_node(two, root=three)
    graph.add_node(three, role="output")
    graph.add_edge(one, two, key=three, weight=1.0, partner=two)
    graph.add_edge(two, three, weight=1.0, gate=one)
    graph.add_edge(three, two, weight=1.0, tie=("pair", one))
    path = tmp_path / f"net{suffix}"
    if suffix == ".safetensors":
        gn.save(gn.compile(graph), path)
        found = gn.load(path).to_graph()
    else:
        gn.write_graph(graph, path)
        found = gn.read_graph(path)
    assert list(found) == [one, two, three]
    assert all(type(node) is int for node in found)
    assert set(found.edges(keys=True)) == set(graph.edges(keys=True))
    for attribute in ("partner", "gate", "tie"):
        assert set(found.edges(data=attribute)) == set(graph.edges(data=attribute))
    assert found.nodes[two]["root"] == three
