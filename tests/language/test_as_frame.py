"""Frames of nodes and edges: names, attributes, and missing values where they are not given."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

import graphnet as gn
from graphnet.language.missing import is_missing
from graphnet.language.table import Column
from graphnet.testing.strategies import neuron_graphs
from tests.profiles import scaled


def rows(frame: pd.DataFrame, names: int) -> list[tuple[tuple[object, ...], dict[object, object]]]:
    """Return (names, attributes given) of each row."""
    columns = [frame[name].tolist() for name in frame]
    return [
        (
            tuple(row[:names]),
            {n: v for n, v in zip(frame.columns[names:], row[names:], strict=True) if not is_missing(v)},
        )
        for row in zip(*columns, strict=True)
    ]


@settings(max_examples=scaled(100))
@given(neuron_graphs(declared=False))
def test_frames_have_what_the_graph_has(graph: nx.DiGraph) -> None:
    table = gn.GraphTable.from_networkx(graph)
    nodes, edges = table.node_frame(), table.edge_frame()
    assert nodes.columns[0] == "node"
    assert list(edges)[: 2 + graph.is_multigraph()] == ["source", "target", "key"][: 2 + graph.is_multigraph()]

    def given_values(said: dict[str, object]) -> dict[str, object]:
        return {name: value for name, value in said.items() if value is not None}

    assert rows(nodes, 1) == [((node,), given_values(said)) for node, said in graph.nodes(data=True)]
    expected = [(tuple(edge[:-1]), given_values(edge[-1])) for edge in graph.edges(data=True, **keys(graph))]
    assert rows(edges, 2 + graph.is_multigraph()) == expected


def keys(graph: nx.DiGraph) -> dict[str, bool]:
    return {"keys": True} if graph.is_multigraph() else {}


def test_types_of_columns() -> None:
    table = gn.GraphTable(
        ["a", "b"],
        np.array([0, 1]),
        np.array([1, 0]),
        {
            "tau": Column(np.array([2.0, 0.0]), np.array([True, False])),
            "onset": Column(np.array([3, 0]), np.array([True, False])),
            "reverse": Column(np.array([True, False]), np.array([True, False])),
            "role": Column(np.array([0, 0]), np.array([True, False]), ("input",)),
            "x": Column(np.array([[1], None, None], object)[:2], np.array([True, False])),
            "all": Column(np.array([1, 2])),
            "none": Column(np.array([0, 0]), np.array([False, False]), ()),
        },
    )
    frame = table.node_frame()
    assert frame.dtypes.astype(str).to_dict() | {"node": "object"} == {
        "node": "object",
        "tau": "float64",
        "onset": "Int64",
        "reverse": "boolean",
        "role": "object",
        "x": "object",
        "all": "int64",
        "none": "object",
    }
    assert frame.isna().loc[1].to_dict() == {name: name not in ("node", "all") for name in frame}
    assert not frame.isna().loc[0].drop("none").any()


def test_names_of_whole_numbers_stay_exact() -> None:
    large = 720575940621039145
    table = gn.GraphTable([large, large + 1], np.array([0]), np.array([1]), keys=[3])
    assert table.edge_frame().to_dict("list") == {"source": [large], "target": [large + 1], "key": [3]}
    assert table.node_frame()["node"].dtype == np.int64
    assert gn.GraphTable([2**70, ("a", 1)], np.array([0]), np.array([1])).node_frame()["node"].tolist() == [
        2**70,
        ("a", 1),
    ]


def test_custom_attributes_with_the_name_of_a_column() -> None:
    table = gn.GraphTable(
        ["a"], np.array([0]), np.array([0]), {"node": Column(np.ones(1))}, {"key": Column(np.ones(1))}
    )
    with pytest.raises(gn.GraphError, match="nodes have a custom attribute 'node', and a column of that name holds"):
        table.node_frame()
    assert table.edge_frame()["key"].tolist() == [1.0]
    with pytest.raises(gn.GraphError, match="edges have a custom attribute 'key', and a column of that name holds the"):
        gn.GraphTable(table.nodes, table.source, table.target, {}, table.edge_columns, [0]).edge_frame()
