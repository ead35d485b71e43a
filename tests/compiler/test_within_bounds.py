"""Numbers of a drawing that are beyond the bounds of its parameters, as files of networks may hold them."""

from __future__ import annotations

import networkx as nx
import pytest

import graphnet as gn
from graphnet.compiler.parameters import within_bounds


def moved(graph: nx.DiGraph, dt: float = 1.0) -> dict:
    """Return the declared numbers that differ after `within_bounds`, {key: number}."""
    table = gn.GraphTable.from_networkx(graph)
    bounded = within_bounds(table, dt)
    before, after = table.to_networkx(), bounded.to_networkx()
    found = {}
    for side in ("nodes", "edges"):
        for key, said in getattr(before, side).items():
            other = getattr(after, side)[key]
            assert said.keys() == other.keys()
            found |= {(key, name): other[name] for name in said if said[name] != other[name]}
    assert (bounded is table) == (not found)
    return found


def between(**edge) -> nx.DiGraph:
    graph = nx.DiGraph([("in", "out", edge)])
    graph.nodes["in"]["role"], graph.nodes["out"]["role"] = "input", "output"
    return graph


@pytest.mark.parametrize(
    "edge",
    [
        {},
        {"scale": -2.0, "sign": 1},
        {"weight": 3.0},
        {"weight": -3.0},
        {"weight": 3.0, "sign": 1},
        {"weight": 0.0, "sign": -1},
        {"weight": -3.0, "sign": 1, "scale": -1.0},
        {"weight": -3.0, "sign": 1, "trainable": False},
    ],
)
def test_weights_within_their_bounds_stay(edge: dict) -> None:
    assert moved(between(**edge)) == {}


@pytest.mark.parametrize(
    "edge", [{"weight": -3.0, "sign": 1}, {"weight": 3.0, "sign": -1}, {"weight": 3.0, "sign": 1, "scale": -1.0}]
)
def test_weights_beyond_their_bounds_are_at_them(edge: dict) -> None:
    assert moved(between(**edge)) == {(("in", "out"), "weight"): 0.0}


def test_only_the_weights_beyond_move() -> None:
    graph = between(weight=-3.0, sign=1)
    graph.add_edges_from([("in", "b"), ("b", "out", {"weight": -5.0}), ("in", "c", {"weight": 2.0, "sign": 1})])
    assert moved(graph) == {(("in", "out"), "weight"): 0.0}


def test_what_a_tie_hands_down_counts() -> None:
    """The sign, and that the weight is fixed, are said by another member."""
    graph = between(weight=-3.0, tie="t")
    graph.add_edge("in", "b", tie="t", sign=1)
    assert moved(graph) == {(("in", "out"), "weight"): 0.0}
    graph.edges["in", "b"]["trainable"] = False
    assert moved(graph) == {}


def test_time_constants_are_at_least_dt_where_they_are_learnt() -> None:
    graph = between(weight=1.0)
    graph.add_edges_from([("in", "a"), ("in", "b"), ("in", "c"), ("in", "d")])
    nx.set_node_attributes(graph, {"a": 0.25, "b": 0.25, "c": 2.0}, "tau")
    nx.set_node_attributes(graph, {"a": True, "b": False, "c": True}, "train_tau")
    assert moved(graph, dt=0.5) == {("a", "tau"): 0.5}
    assert moved(graph, dt=0.25) == {}
