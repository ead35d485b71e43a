"""Values that members of a tie share, and the sign that a weight keeps."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import graphnet as gn
from graphnet.language.ties import hand_down_ties, lead_ties, resolve_signs


@given(st.lists(st.integers(-1, 4), max_size=9))
def test_the_first_member_leads_a_tie_and_others_lead_themselves(codes: list[int]) -> None:
    found = lead_ties(np.array(codes, np.int64))
    assert found.tolist() == [row if code < 0 else codes.index(code) for row, code in enumerate(codes)]
    assert found.dtype == np.int32


SHARED = {
    "bias": (0.5, 0.25),
    "train_bias": (False, True),
    "initial": (0.5, 0.25),
    "train_initial": (True, False),
    "tau": (2.0, 3.0),
    "leak": (0.5, 1.0),
    "train_leak": (True, False),
    "train_tau": (True, False),
    "weight": (0.5, 0.25),
    "trainable": (False, True),
}


def drawing(kind: str, members: list[dict[str, Any]]) -> nx.DiGraph:
    """Nodes, or synapses, that say this."""
    graph = nx.DiGraph()
    if kind == "nodes":
        graph.add_nodes_from(enumerate(members))
    else:
        graph.add_edges_from((i, i + 1, said) for i, said in enumerate(members))
    return graph


def said_of(kind: str, graph: nx.DiGraph, name: str) -> list[Any]:
    """Value of each member after ties were handed down, None without one."""
    table = hand_down_ties(gn.GraphTable.from_networkx(graph))
    columns = table.node_columns if kind == "nodes" else table.edge_columns
    if name not in columns:
        return [None] * (table.n_nodes if kind == "nodes" else table.n_edges)
    column = columns[name]
    return [value if given else None for value, given in zip(column.objects(), column.given().tolist(), strict=True)]


@pytest.mark.parametrize("name", SHARED)
def test_members_that_say_nothing_take_what_another_says(name: str) -> None:
    kind = "edges" if name in ("weight", "trainable") else "nodes"
    one, other = SHARED[name]
    members = [
        {"tie": "t"},
        {"tie": "s"},
        {"tie": "t", name: one},
        {},
        {name: other},
        {"tie": "none of it"},
        {"tie": "s", name: other},
        {"tie": "t"},
    ]
    graph = drawing(kind, members)
    assert said_of(kind, graph, name) == [one, other, one, None, other, None, other, one]
    alone = drawing(kind, [{"tie": "t"}, {"tie": "t"}])
    assert said_of(kind, alone, name) == [None, None]
    untied = drawing(kind, [{name: one}, {}])
    assert said_of(kind, untied, name) == [one, None]


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        ("nodes", "onset", 2),
        ("nodes", "layer", 2.0),
        ("nodes", "activation", "relu"),
        ("edges", "scale", 2.0),
        ("edges", "delay", 3),
    ],
)
def test_what_is_not_the_ties_is_not_handed_down(kind: str, name: str, value: Any) -> None:
    graph = drawing(kind, [{"tie": "t", name: value}, {"tie": "t"}])
    assert said_of(kind, graph, name) == [value, None]


def test_a_tie_of_nodes_is_none_of_synapses() -> None:
    graph = nx.DiGraph([("a", "b", {"weight": 2.0}), ("b", "a")])
    nx.set_node_attributes(graph, "t", "tie")
    assert said_of("edges", graph, "weight") == [2.0, None]


def test_the_table_that_is_given_stays_as_it_is() -> None:
    table = gn.GraphTable.from_networkx(drawing("nodes", [{"tie": "t", "bias": 2.0}, {"tie": "t"}]))
    hand_down_ties(table)
    assert table.node("bias").tolist() == [2.0, 0.0]
    assert table.node_gives("bias").tolist() == [True, False]


def signs(graph: nx.DiGraph) -> list[int]:
    return resolve_signs(gn.GraphTable.from_networkx(graph)).tolist()


def test_a_sign_is_its_own_or_that_of_its_source() -> None:
    graph = nx.DiGraph([("a", "b"), ("b", "a"), ("c", "a", {"sign": 1}), ("d", "a")])
    assert signs(graph) == [0, 0, 1, 0]
    nx.set_node_attributes(graph, {"a": -1, "c": -1, "d": 1}, "sign")
    assert signs(graph) == [-1, 0, 1, 1], "its own before that of its source"
    graph.edges["d", "a"]["sign"] = 0
    assert signs(graph) == [-1, 0, 1, 0], "0 frees it"


@pytest.mark.parametrize("scale", [-2.0, -0.0, 0, 3])
@pytest.mark.parametrize("of", ["edge", "source"])
def test_a_sign_is_that_of_scale_times_w(of: str, scale: float) -> None:
    graph = nx.DiGraph(
        [("a", "b", {"scale": scale, "tie": "t"}), ("b", "a", {"tie": "t"}), ("c", "a", {"scale": scale})]
    )
    if of == "edge":
        graph.edges["a", "b"]["sign"] = graph.edges["c", "a"]["sign"] = -1
    else:
        nx.set_node_attributes(graph, {"a": -1, "c": -1}, "sign")
    asked = 1 if scale < 0 else -1 if scale > 0 else 0
    assert signs(graph) == [asked] * 3


@pytest.mark.parametrize("of", ["edge", "source"])
@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("signed", [("b", "c"), ("d", "e")])
def test_members_of_a_tie_have_one_sign(of: str, sign: int, signed: tuple[str, str]) -> None:
    edges = [("a", "b", {"tie": "s"}), ("b", "c", {"tie": "t"}), ("c", "d"), ("d", "e", {"tie": "t"}), ("e", "a")]
    graph = nx.DiGraph(edges)
    assert signs(graph) == [0] * 5
    if of == "edge":
        graph.edges[signed]["sign"] = sign
    else:
        graph.nodes[signed[0]]["sign"] = sign
    assert signs(graph) == [0, sign, 0, sign, 0]
    graph.edges["c", "d"]["sign"] = -sign
    assert signs(graph) == [0, sign, -sign, sign, 0], "without a tie each has its own"
