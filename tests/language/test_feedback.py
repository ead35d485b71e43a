"""The kind of every edge, and which neurons have complete feedback."""

from __future__ import annotations

import math

import networkx as nx
import pytest
from hypothesis import given, settings

import graphnet as gn
from graphnet.testing.strategies import neuron_graphs
from tests.profiles import scaled


def kind_of(source: dict, target: dict) -> str:
    graph = nx.DiGraph()
    graph.add_node("s", **source)
    graph.add_node("t", **target)
    graph.add_edge("s", "t")
    return gn.feedback(graph).edges["s", "t"]


INPUT, OUTPUT, HIDDEN = {"role": "input"}, {"role": "output"}, {}


@pytest.mark.parametrize(
    ("source", "target", "kind"),
    [
        (INPUT, HIDDEN, "forward"),
        (INPUT, {"layer": -5}, "forward"),
        (INPUT, OUTPUT, "forward"),
        (HIDDEN, OUTPUT, "forward"),
        ({"layer": 9}, OUTPUT, "forward"),
        ({"layer": 1}, {"layer": 1.5}, "forward"),
        (HIDDEN, HIDDEN, "lateral"),
        (HIDDEN, {"layer": 0}, "lateral"),
        ({"layer": 2}, {"layer": 2.0}, "lateral"),
        (OUTPUT, OUTPUT, "lateral"),
        ({"role": "output", "layer": 1}, {"layer": 1}, "lateral"),
        (OUTPUT, HIDDEN, "indirect"),
        (OUTPUT, {"layer": 9}, "indirect"),
        ({"layer": 2}, {"layer": 1}, "indirect"),
        (HIDDEN, {"layer": -1}, "indirect"),
        (OUTPUT, {"role": "output", "layer": 3}, "indirect"),
    ],
)
def test_the_kind_follows_from_the_order_of_layers(source: dict, target: dict, kind: str) -> None:
    assert kind_of(source, target) == kind


def test_a_self_loop_is_direct_wherever_it_is() -> None:
    graph = nx.DiGraph([("h", "h"), ("y", "y"), ("z", "z")])
    graph.nodes["y"]["role"] = "output"
    graph.nodes["z"]["layer"] = 3
    assert set(gn.feedback(graph).edges.values()) == {"direct"}


def test_the_delay_does_not_matter() -> None:
    graph = nx.DiGraph([("a", "b", {"delay": 5}), ("b", "a", {"delay": 0})])
    graph.nodes["b"]["layer"] = 1
    assert gn.feedback(graph).edges == {("a", "b"): "forward", ("b", "a"): "indirect"}


@settings(max_examples=scaled(200))
@given(neuron_graphs())
def test_every_edge_of_a_drawing_has_the_kind_of_its_layers(graph: nx.DiGraph) -> None:
    def rank(node: object) -> float:
        said = graph.nodes[node]
        if said.get("role") == "input":
            return -math.inf
        return said.get("layer", math.inf if said.get("role") == "output" else 0)

    found = gn.feedback(graph)
    expected = {}
    for edge in graph.edges:
        source, target = rank(edge[0]), rank(edge[1])
        kind = "forward" if source < target else "lateral" if source == target else "indirect"
        expected[edge] = "direct" if edge[0] == edge[1] else kind
    assert found.edges == expected
    neurons = [node for node, role in graph.nodes(data="role") if role != "input"]
    assert found.complete == [node for node in neurons if all(graph.has_edge(node, other) for other in neurons)]
    assert sum(found.counts().values()) == graph.number_of_edges()


def test_edges_of_a_multigraph_are_named_with_their_keys() -> None:
    graph = nx.MultiDiGraph([("a", "b", 5), ("a", "b", "k"), ("b", "a", 0), ("b", "b", ("x", 1))])
    graph.nodes["b"]["layer"] = 1
    assert gn.feedback(graph).edges == {
        ("a", "b", 5): "forward",
        ("a", "b", "k"): "forward",
        ("b", "a", 0): "indirect",
        ("b", "b", ("x", 1)): "direct",
    }


def test_counts_name_every_kind() -> None:
    assert gn.feedback(nx.DiGraph([("a", "a"), ("a", "b")])).counts() == {
        "forward": 0,
        "direct": 1,
        "lateral": 1,
        "indirect": 0,
    }


def test_complete_feedback_is_to_every_neuron_itself_included() -> None:
    graph = nx.DiGraph([("x", "a"), ("x", "b"), ("a", "a"), ("a", "b"), ("b", "a")])
    graph.nodes["x"]["role"], graph.nodes["b"]["role"] = "input", "output"
    assert gn.feedback(graph).complete == ["a"]
    graph.add_edge("b", "b")
    assert gn.feedback(graph).complete == ["a", "b"]
    graph.add_node("c")
    assert gn.feedback(graph).complete == []


def test_an_input_that_feeds_all_has_no_complete_feedback() -> None:
    graph = nx.DiGraph([("x", "a"), ("x", "b")])
    graph.nodes["x"]["role"] = "input"
    assert gn.feedback(graph).complete == []


def test_parallel_synapses_count_once_towards_complete_feedback() -> None:
    graph = nx.MultiDiGraph([("a", "a"), ("a", "a")])
    graph.add_node("b")
    assert gn.feedback(graph).complete == []
    graph.add_edge("a", "b")
    assert gn.feedback(graph).complete == ["a"]


def test_gates_do_not_count() -> None:
    graph = nx.DiGraph([("a", "a"), ("a", "b", {"gate": "b"}), ("b", "b", {"gate": "a"})])
    found = gn.feedback(graph)
    assert set(found.edges) == {("a", "a"), ("a", "b"), ("b", "b")}
    assert found.complete == ["a"]


def test_a_raw_graph_need_not_be_a_network() -> None:
    """No output, a zero-delay cycle, an unknown gate, an edge into an input: only roles and layers are read."""
    graph = nx.DiGraph([("a", "b", {"delay": 0, "gate": "nobody"}), ("b", "a", {"delay": 0, "dealy": 1}), ("b", "x")])
    graph.nodes["x"].update(role="input", bias=0.0)
    assert gn.feedback(graph).edges == {("a", "b"): "lateral", ("b", "a"): "lateral", ("b", "x"): "indirect"}
    assert gn.feedback(nx.DiGraph()).edges == {}
    assert gn.feedback(nx.DiGraph()).complete == []


@pytest.mark.parametrize(("name", "value"), [("layer", "first"), ("layer", math.nan), ("layer", True), ("role", "in")])
def test_a_role_or_layer_that_is_none(name: str, value: object) -> None:
    graph = nx.DiGraph([("a", "b")])
    graph.nodes["a"][name] = value
    with pytest.raises(gn.GraphError, match=rf"node 'a': {name}={value!r}"):
        gn.feedback(graph)


def test_a_table_is_read_too() -> None:
    graph = gn.graphs.complete(1, 3, 1)
    assert gn.feedback(gn.GraphTable.from_networkx(graph)) == gn.feedback(graph)
    loops = gn.graphs.from_matrix([[0.5, 0.5], [0.0, 0.5]])
    assert gn.feedback(loops).counts() == {"forward": 0, "direct": 2, "lateral": 1, "indirect": 0}
    assert gn.feedback(loops).complete == [("hidden", 1)]


@settings(max_examples=scaled(50))
@given(graph=neuron_graphs())
def test_edges_out_of_layers_are_counted_by_kind(graph: nx.DiGraph) -> None:
    """Every neuron is in one layer, every edge counted in that of its source."""
    for layers in (None, "depth") if any(role == "input" for _, role in graph.nodes(data="role")) else (None,):
        found = gn.feedback(graph, layers=layers)
        assert sorted(map(repr, graph)) == sorted(repr(node) for nodes in found.layers.values() for node in nodes)
        assert list(found.counts_of_layers) == list(found.layers)
        for title, nodes in found.layers.items():
            kinds = [kind for edge, kind in found.edges.items() if edge[0] in nodes]
            assert found.counts_of_layers[title] == {
                kind: kinds.count(kind) for kind in ("forward", "direct", "lateral", "indirect")
            }


def test_layers_have_titles_in_their_order() -> None:
    graph = nx.DiGraph([("x", "a"), ("a", "b"), ("b", "y"), ("c", "c")])
    graph.add_node("x", role="input")
    graph.add_node("y", role="output")
    graph.add_node("a", layer=-1.5)
    graph.add_node("b", layer=2)
    assert gn.feedback(graph).layers == {
        "inputs": ["x"],
        "layer -1.5": ["a"],
        "layer 0": ["c"],
        "layer 2": ["b"],
        "outputs": ["y"],
    }
    by_depth = {"inputs": ["x"], "depth 1": ["a"], "depth 2": ["b"], "depth 3": ["y"], "not reached": ["c"]}
    assert gn.feedback(graph, layers="depth").layers == by_depth
    assert gn.feedback(nx.DiGraph()).layers == gn.feedback(nx.DiGraph()).counts_of_layers == {}
