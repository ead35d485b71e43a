"""Depth of drawings: chains and groups much deeper than Python's recursion goes through everything."""

from __future__ import annotations

import copy
import pickle
import sys
from pathlib import Path

import networkx as nx
import numpy as np
import pytest

import graphnet as gn

DEEP = 3 * sys.getrecursionlimit()


def chain(n: int) -> nx.DiGraph:
    """A chain of neurons without delays."""
    graph = nx.path_graph(n, nx.DiGraph)
    nx.set_edge_attributes(graph, 0, "delay")
    graph.nodes[0]["role"], graph.nodes[n - 1]["role"] = "input", "output"
    return graph


def chain_of_groups(n: int) -> nx.DiGraph:
    """A chain of groups of two, each gated by the group before."""
    graph = nx.DiGraph()
    graph.add_node("in", role="input")
    before = "in"
    for number in range(n):
        for member in (0, 1):
            graph.add_node((number, member), activation="softmax", group=number)
            graph.add_edge(before, (number, member), delay=0, gate=before, gate_delay=0)
        before = (number, 1)
    graph.nodes[before]["role"] = "output"
    return graph


@pytest.mark.costly
@pytest.mark.parametrize("graph", [chain(DEEP), chain_of_groups(DEEP // 2)], ids=["chain", "groups"])
@pytest.mark.parametrize("backend", ["reference", "fast"])
def test_a_deep_drawing_goes_through_everything(graph: nx.DiGraph, backend: str, tmp_path: Path) -> None:
    net = gn.compile(graph, seed=0, backend=backend)
    inputs = np.full((1, 2, 1), 0.5)
    expected = net.run(inputs)
    assert len(net.summary().splitlines()) > DEEP // 2
    gn.feedback(graph)
    gn.feedback(graph, layers="depth")
    gn.save(net, tmp_path / "net.safetensors")
    gn.write_graph(net.to_graph(), tmp_path / "net.json")
    same = [
        gn.compile(net.to_graph(), backend=backend),
        pickle.loads(pickle.dumps(net)),
        copy.deepcopy(net),
        gn.load(tmp_path / "net.safetensors", backend=backend),
        gn.compile(gn.read_graph(tmp_path / "net.json"), backend=backend),
    ]
    for each in same:
        assert (each.run(inputs) == expected).all()
    gradient = net.value_and_grad(inputs, np.ones_like(expected))[1]
    assert gradient.shape == net.parameters.shape


@pytest.mark.parametrize("graph", [chain(DEEP), chain_of_groups(DEEP)], ids=["chain", "groups"])
def test_a_long_cycle_is_named(graph: nx.DiGraph) -> None:
    last = next(node for node in graph if graph.nodes[node].get("role") == "output")
    graph.add_edge(last, list(graph)[1], delay=0)
    with pytest.raises(gn.GraphError, match="zero-delay cycle"):
        gn.validate(graph)
