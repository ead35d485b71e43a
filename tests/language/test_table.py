"""GraphTable: drawings as columns and back, with nothing lost."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings

import graphnet as gn
from graphnet.language.schema import EDGE_ATTRIBUTES, NODE_ATTRIBUTES
from graphnet.language.table import Column
from graphnet.testing.strategies import neuron_graphs
from tests.profiles import scaled


def round_trip(graph: nx.DiGraph) -> nx.DiGraph:
    return gn.GraphTable.from_networkx(graph).to_networkx()


def typed(said: dict[str, Any], table: dict[str, Any]) -> dict[str, Any]:
    """The attributes with the types of their values; a number may come back as a float."""
    return {
        name: (value, None if name in table and table[name].kind == "number" else type(value))
        for name, value in said.items()
    }


@settings(max_examples=scaled(300))
@given(neuron_graphs(declared=False))
def test_there_and_back_nothing_is_lost(graph: nx.DiGraph) -> None:
    graph.graph["name"] = "a drawing"
    back = round_trip(graph)
    assert type(back) is type(graph)
    assert back.graph == graph.graph
    assert list(back) == list(graph)
    assert [type(node) for node in back] == [type(node) for node in graph]
    for node, said in graph.nodes(data=True):
        assert typed(back.nodes[node], NODE_ATTRIBUTES) == typed(said, NODE_ATTRIBUTES)
    assert list(back.edges) == list(graph.edges)
    for edge in graph.edges:
        assert typed(back.edges[edge], EDGE_ATTRIBUTES) == typed(graph.edges[edge], EDGE_ATTRIBUTES)


def test_the_users_own_attributes_are_the_same_objects() -> None:
    array, listed = np.arange(3), [1, 2]
    graph = nx.DiGraph()
    graph.add_node("a", position=array, note=None, flag=np.True_)
    graph.nodes["a"][("a", "tuple")] = listed
    graph.nodes["a"][3] = "three"
    graph.add_edge("a", "b", synapses={"left": 2}, note=float("nan"))
    graph.graph.update(units=array, nothing=None)
    back = round_trip(graph)
    assert back.nodes["a"] == graph.nodes["a"]
    assert back.nodes["a"]["position"] is array
    assert back.nodes["a"][("a", "tuple")] is listed
    assert back.nodes["b"] == {}
    assert back.edges["a", "b"]["synapses"] is graph.edges["a", "b"]["synapses"]
    assert back.edges["a", "b"]["note"] is graph.edges["a", "b"]["note"]
    assert back.graph["units"] is array
    assert "nothing" in back.graph


def test_edge_keys_come_back() -> None:
    graph = nx.MultiDiGraph([("a", "b", 7, {"weight": 1.0}), ("a", "b", "k", {}), ("a", "b", (1, 2), {"delay": 3})])
    back = round_trip(graph)
    assert list(back.edges(keys=True, data=True)) == list(graph.edges(keys=True, data=True))


@pytest.mark.parametrize("kind", [nx.DiGraph, nx.MultiDiGraph])
def test_a_graph_without_edges_keeps_its_type(kind: type) -> None:
    graph = kind()
    graph.add_nodes_from([2, 1])
    back = round_trip(graph)
    assert type(back) is kind
    assert list(back) == [2, 1]
    assert type(round_trip(kind())) is kind


def test_none_is_not_given_where_the_default_is_none() -> None:
    graph = nx.DiGraph()
    graph.add_node("a", role=None, group=None)
    graph.add_node("b", role="output", group="g")
    graph.add_edge("a", "b", gate=None, tie=None)
    back = round_trip(graph)
    assert back.nodes["a"] == {}
    assert back.nodes["b"] == {"role": "output", "group": "g"}
    assert back.edges["a", "b"] == {}


def test_columns_have_their_defaults_filled_in() -> None:
    graph = nx.DiGraph([("a", "b", {"scale": 2}), ("b", "b", {"trainable": False})])
    graph.nodes["a"].update(role="input", layer=1)
    graph.nodes["b"].update(bias=0.5)
    table = gn.GraphTable.from_networkx(graph)
    assert table.node("bias").tolist() == [0.0, 0.5]
    assert table.node("train_bias").tolist() == [True, True]
    assert table.edge("scale").tolist() == [2.0, 1.0]
    assert table.edge("trainable").tolist() == [True, False]
    assert table.has_role("input").tolist() == [True, False]
    assert table.has_role("output").tolist() == [False, False]
    assert (table.n_nodes, table.n_edges) == (2, 2)
    assert table.index == {"a": 0, "b": 1}


def test_edges_are_named_as_networkx_writes_them() -> None:
    simple = nx.DiGraph([("a", "b"), ("b", "a")])
    parallel = nx.MultiDiGraph([("a", "b", 5), ("a", "b", "k"), ("b", "a", 0)])
    for graph in (simple, parallel):
        table = gn.GraphTable.from_networkx(graph)
        assert table.edge_keys() == list(graph.edges)
        assert [table.edge_key(i) for i in range(table.n_edges)] == list(graph.edges)


def test_a_table_is_a_copy_of_the_drawing() -> None:
    graph = nx.DiGraph([("a", "b", {"weight": 1.0})], name="before")
    table = gn.GraphTable.from_networkx(graph)
    graph.edges["a", "b"]["weight"] = 2.0
    graph.nodes["a"]["bias"] = 1.0
    graph.add_edge("b", "a")
    graph.graph["name"] = "after"
    back = table.to_networkx()
    assert list(back.edges(data=True)) == [("a", "b", {"weight": 1.0})]
    assert back.nodes["a"] == {}
    assert back.graph == {"name": "before"}
    back.edges["a", "b"]["weight"] = 3.0
    back.graph["name"] = "changed"
    assert table.to_networkx().edges["a", "b"]["weight"] == 1.0
    assert table.to_networkx().graph == {"name": "before"}


def test_a_subclass_of_digraph_and_a_frozen_graph_are_read() -> None:
    class Drawing(nx.DiGraph):
        pass

    graph = Drawing([("a", "b")])
    assert list(round_trip(graph).edges) == [("a", "b")]
    assert list(round_trip(nx.freeze(nx.DiGraph([("a", "b")]))).edges) == [("a", "b")]


@pytest.mark.parametrize("graph", [nx.Graph([("a", "b")]), nx.MultiGraph([("a", "b")])])
def test_an_undirected_graph_is_refused(graph: nx.Graph) -> None:
    with pytest.raises(gn.GraphError, match=rf"undirected.*{type(graph).__name__}.*to_directed"):
        gn.GraphTable.from_networkx(graph)


@pytest.mark.parametrize("thing", [None, [("a", "b")], {"a": ["b"]}, np.eye(2), "graph.json", 3, nx.DiGraph])
def test_what_is_no_graph_is_refused(thing: object) -> None:
    with pytest.raises(gn.GraphError, match=rf"DiGraph or MultiDiGraph.*{type(thing).__name__}"):
        gn.GraphTable.from_networkx(thing)  # type: ignore[arg-type]


@settings(max_examples=scaled(100))
@given(neuron_graphs())
def test_a_table_compiles_like_its_drawing(graph: nx.DiGraph) -> None:
    one, other = gn.compile(graph, seed=0), gn.compile(gn.GraphTable.from_networkx(graph), seed=0)
    inputs = np.random.default_rng(0).standard_normal((2, 5, one.n_inputs))
    assert np.array_equal(one.run(inputs), other.run(inputs))
    assert list(one.parameter_table()) == list(other.parameter_table())


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "float16", "float32", "longdouble", "uint64"])
def test_a_table_computes_in_double_precision_and_int64_whatever_its_columns_are_given_in(dtype: str) -> None:
    """Catches products and sums in a small dtype: 100 * 128 does not fit in int8, nor 3 * 100."""
    n = 128
    small = "uint8" if dtype.startswith("float") or dtype == "longdouble" else dtype
    values = np.full(n, 100, dtype)
    nodes = {
        "role": Column(np.zeros(n, small), np.arange(n) == n - 1, ("output",)),
        "layer": Column(np.arange(n).astype(dtype)),
    }
    edges = {"scale": Column(values), "weight": Column(values), "delay": Column(values), "sign": Column(values // 100)}
    table = gn.GraphTable(range(n), np.zeros(n, small), np.arange(n).astype(small), nodes, edges)
    gn.validate(table)
    assert table.source.dtype == table.target.dtype == table.edge("delay").dtype == np.int64
    assert table.edge("scale").dtype == table.edge("weight").dtype == table.node("layer").dtype == np.float64
    net = gn.compile(table, backend="reference", seed=0)
    assert set(net.matrices()[100].data.tolist()) == {10_000.0}


def test_columns_of_texts_are_read_as_names() -> None:
    roles = Column(np.array(["input", "output"]))
    table = gn.GraphTable(["a", "b"], [0], [1], {"role": roles, "train_bias": Column(np.array([0, 1]))})
    assert table.has_role("output").tolist() == [False, True]
    with pytest.raises(gn.GraphError, match="node 'a': train_bias=0 is not True or False"):
        gn.validate(table)
