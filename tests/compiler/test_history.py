"""Length of a state's history, and delays that are refused."""

from __future__ import annotations

from typing import Any

import networkx as nx
import pytest

import graphnet as gn
from graphnet.compiler import MOST_HISTORY


def depths(graph: nx.DiGraph) -> dict[str, int]:
    """Number of past values of each node in a state."""
    net = gn.compile(graph)
    return {node: net.state(1)[node].shape[1] for node in graph}


def drawing(**synapse: object) -> nx.DiGraph:
    graph = nx.DiGraph()
    graph.add_node("x", role="input")
    graph.add_node("g")
    graph.add_node("a", layer=1)
    graph.add_node("y", role="output")
    graph.add_edge("x", "a", **synapse)
    graph.add_edge("a", "y")
    return graph


def test_a_past_is_as_deep_as_the_longest_delay_by_which_it_is_read() -> None:
    assert depths(drawing()) == {"x": 0, "g": 0, "a": 0, "y": 0}
    graph = drawing(delay=3)
    graph.add_edge("x", "y", delay=5)
    graph.add_edge("x", "g", delay=2)
    assert depths(graph) == {"x": 5, "g": 0, "a": 0, "y": 0}


def test_a_gate_is_read_by_its_own_delay() -> None:
    assert depths(drawing(gate="g", gate_delay=4)) == {"x": 0, "g": 4, "a": 0, "y": 0}
    assert depths(drawing(gate="x", gate_delay=4, delay=2)) == {"x": 4, "g": 0, "a": 0, "y": 0}
    assert depths(drawing(gate="x", gate_delay=2, delay=4)) == {"x": 4, "g": 0, "a": 0, "y": 0}


@pytest.mark.parametrize("said", [{"leak": 0.5}, {"tau": 2.0}, {"train_leak": True}])
def test_a_neuron_that_goes_on_from_its_own_value_keeps_one(said: dict[str, Any]) -> None:
    graph = drawing()
    graph.nodes["a"].update(said)
    assert depths(graph) == {"x": 0, "g": 0, "a": 1, "y": 0}
    graph.edges["a", "y"]["delay"] = 3
    assert depths(graph) == {"x": 0, "g": 0, "a": 3, "y": 0}


def test_every_member_of_a_group_in_which_one_leaks_keeps_one() -> None:
    graph = drawing()
    graph.add_node("b", layer=1)
    nx.set_node_attributes(graph, {node: {"group": "G", "activation": "softmax"} for node in "ab"})
    graph.nodes["a"]["leak"] = 0.5
    assert depths(graph) == {"x": 0, "g": 0, "a": 1, "y": 0, "b": 1}


@pytest.mark.parametrize("of", ["delay", "gate_delay"])
def test_a_delay_that_no_machine_can_hold_is_refused_with_its_edge(of: str) -> None:
    longest = {"gate": "g", of: MOST_HISTORY}
    gn.compile(drawing(**longest))
    graph = drawing()
    graph.add_edge("x", "y", **{**longest, of: MOST_HISTORY + 1})
    with pytest.raises(gn.GraphError) as caught:
        gn.compile(graph)
    for words in ("('x', 'y')", f"a delay of {MOST_HISTORY + 1} steps", f"the longest that is compiled is {2**28}"):
        assert words in str(caught.value)
