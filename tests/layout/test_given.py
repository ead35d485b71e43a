"""Positions that are given, or that the drawing has, and classes of neurons."""

from __future__ import annotations

import math

import networkx as nx
import numpy as np
import pytest

import graphnet as gn
from graphnet.layout import picture_of


@pytest.fixture
def graph() -> nx.DiGraph:
    drawing = nx.DiGraph([("in", "a"), ("a", "b"), ("b", "out")])
    drawing.nodes["in"]["role"], drawing.nodes["out"]["role"] = "input", "output"
    return drawing


def put(graph: nx.DiGraph, name: str, values: list) -> nx.DiGraph:
    nx.set_node_attributes(graph, dict(zip("ab", values, strict=True)), name)
    return graph


def test_a_mapping(graph: nx.DiGraph) -> None:
    at = {"in": (0, 0), "a": (2, 0), "b": np.array([2, 2]), "out": [4, 2], "another": (9, 9)}
    picture = picture_of(graph, at)
    assert picture.placed_by == "given positions"
    # neighbours are at a distance of 1
    assert picture.positions.tolist() == [[0, 0], [1, 0], [1, 1], [2, 1]]


def test_missing_and_wrong_positions_are_named(graph: nx.DiGraph) -> None:
    with pytest.raises(gn.GraphError) as caught:
        picture_of(graph, {"a": (0, math.nan), "b": "far", "out": (1, 2, 3)})
    assert caught.value.problems == [
        "node 'in': has no position in positions; each needs (x, y)",
        "node 'a': position (0, nan) in positions is not two finite numbers",
        "node 'b': position 'far' in positions is not two finite numbers",
        "node 'out': position (1, 2, 3) in positions is not two finite numbers",
    ]
    many = nx.DiGraph()
    many.add_nodes_from(range(22))
    with pytest.raises(gn.GraphError, match="and 2 more nodes without one"):
        picture_of(many, {})


def test_an_attribute_of_pairs(graph: nx.DiGraph) -> None:
    for node, xy in {"in": (0, 0), "a": (3, 0), "b": (3, 3), "out": (6, 3)}.items():
        graph.nodes[node]["soma"] = xy
    picture = picture_of(graph, "soma")
    assert picture.placed_by == "attribute 'soma'"
    assert picture.positions.tolist() == [[0, 0], [1, 0], [1, 1], [2, 1]]
    del graph.nodes["b"]["soma"]
    with pytest.raises(gn.GraphError, match=r"node 'b': has no position in soma; each needs \(x, y\)"):
        picture_of(graph, "soma")


def test_two_attributes(graph: nx.DiGraph) -> None:
    for k, node in enumerate(graph):
        graph.nodes[node].update(u=2.0 * k, v=0.0)
    picture = picture_of(graph, ("u", "v"))
    assert picture.placed_by == "attributes 'u' and 'v'"
    assert picture.positions.tolist() == [[0, 0], [1, 0], [2, 0], [3, 0]]
    graph.nodes["a"]["u"] = "left"
    with pytest.raises(gn.GraphError, match=r"node 'a': position \('left', 0.0\) in x and y is not two finite"):
        picture_of(graph, ("u", "v"))


def test_positions_of_the_drawing_are_kept(graph: nx.DiGraph) -> None:
    put(graph, "pos", [(0, 0), (0, 5)])
    picture = picture_of(graph)
    assert picture.placed_by == "attribute 'pos'"
    # inputs and outputs without one are at the sides
    assert picture.positions.tolist() == [[-2, 0.5], [0, 0], [0, 1], [2, 0.5]]
    assert picture_of(put(graph, "pos", [(0, 0), None])).placed_by == "depth from the inputs"
    del graph.nodes["a"]["pos"], graph.nodes["b"]["pos"]
    put(put(graph, "x", [1, 2]), "y", [0, 0])
    picture = picture_of(graph)
    assert picture.placed_by == "attributes 'x' and 'y'"
    assert np.ptp(picture.positions[1:3], axis=0).tolist() == [1, 0]
    # x may be anything else of the user's
    assert picture_of(put(graph, "x", ["left", "right"])).placed_by == "depth from the inputs"


def test_classes(graph: nx.DiGraph) -> None:
    graph.add_edges_from(("a", f"a{i}") for i in range(8))
    for node in graph:
        if node[0] in "ab":
            graph.nodes[node]["type"] = node[0].upper()
    picture = picture_of(graph, "type")
    assert picture.placed_by == "classes of 'type'"
    assert picture.cluster_names == ("A", "B", "inputs", "outputs")
    blocks = [picture.positions[picture.cluster == code] for code in range(4)]
    inputs, a, b, outputs = (blocks[code] for code in (2, 0, 1, 3))
    assert inputs[:, 0].max() < a[:, 0].min()
    assert a[:, 0].max() < b[:, 0].min()
    assert b[:, 0].max() < outputs[:, 0].min()
    assert np.ptp(a, axis=0).max() <= 4


def test_classes_may_be_any_values_and_missing(graph: nx.DiGraph) -> None:
    put(graph, "side", [math.nan, ["left"]])
    picture = picture_of(graph, "side")
    assert picture.cluster_names == ("['left']", "inputs", "outputs", "without")
    assert picture_of(put(graph, "side", [1, 2.5]), "side").cluster_names[:2] == ("1", "2.5")


def test_many_classes_are_packed_without_overlap() -> None:
    random = np.random.default_rng(0)
    graph = nx.gnp_random_graph(300, 0.03, seed=1, directed=True)
    nx.set_node_attributes(graph, {i: int(random.integers(20)) for i in graph}, "type")
    picture = picture_of(graph, "type")
    corners = [
        (picture.positions[rows].min(axis=0), picture.positions[rows].max(axis=0))
        for rows in (picture.cluster == code for code in range(20))
    ]
    for i, (low, high) in enumerate(corners):
        for lower, higher in corners[:i]:
            assert (high < lower - 1).any() or (higher < low - 1).any()


def test_layers_order_classes() -> None:
    graph = nx.DiGraph()
    for node, layer in {"x": 3, "y": 1, "z": 2}.items():
        graph.add_node(node, layer=layer, type=node)
    picture = picture_of(graph, "type")
    assert np.argsort(picture.positions[:, 0]).tolist() == [1, 2, 0]


def test_an_attribute_that_does_not_exist(graph: nx.DiGraph) -> None:
    put(graph, "type", ["A", "B"])
    with pytest.raises(gn.GraphError, match=r"positions='typ': no node has this attribute; they have 'role', 'type'"):
        picture_of(graph, "typ")
    with pytest.raises(gn.GraphError, match="did you mean 'type'"):
        picture_of(graph, "typ")
    with pytest.raises(gn.GraphError, match="no node has this attribute; they have none"):
        picture_of(nx.DiGraph([("a", "b")]), "type")
    for wrong in (3, ("x", "y", "z"), [1, 2]):
        with pytest.raises(gn.GraphError, match=r"must be \{node: \(x, y\)\}, the name of an attribute"):
            picture_of(graph, wrong)
    with pytest.raises(TypeError, match="did you mean 'positions'"):
        picture_of(graph, position="type")
