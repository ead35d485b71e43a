"""Inputs and readouts that are added to a drawing."""

from __future__ import annotations

import re
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import graphnet as gn
from graphnet.testing.strategies import neuron_graphs
from tests.profiles import scaled


def test_inputs_and_readouts_go_where_they_are_told_and_leave_the_drawing_alone() -> None:
    ring = nx.DiGraph([("a", "b"), ("b", "c"), ("c", "a")])
    drawn = gn.graphs.with_readout(gn.graphs.with_inputs(ring, 2, to_nodes=["a"]), 1, from_nodes=["b", "c"])
    assert set(ring.edges()) == {("a", "b"), ("b", "c"), ("c", "a")}
    assert set(drawn.predecessors("a")) == {"c", ("input", 0), ("input", 1)}
    assert set(drawn.predecessors(("output", 0))) == {"b", "c"}
    assert gn.compile(drawn).run(np.ones((1, 2, 2))).shape == (1, 2, 1)
    everywhere = gn.graphs.with_readout(gn.graphs.with_inputs(ring, 1), 1)
    assert set(everywhere.predecessors(("output", 0))) == {"a", "b", "c"}
    with pytest.raises(gn.GraphError, match="to_nodes: 'd' is not a node"):
        gn.graphs.with_inputs(ring, 1, to_nodes=["d"])


@pytest.mark.parametrize("as_table", [False, True])
@pytest.mark.parametrize(("call", "name"), [("with_inputs", "to_nodes"), ("with_readout", "from_nodes")])
def test_one_node_where_a_list_is_meant(call: str, name: str, as_table: bool) -> None:
    graph = nx.DiGraph([("cell", "b"), ("b", ("hidden", 0))])
    given = gn.GraphTable.from_networkx(graph) if as_table else graph
    for one in ("cell", "nobody", ("hidden", 0), 3):
        with pytest.raises(
            gn.GraphError, match=re.escape(f"{name}={one!r} is one name and not a list: write {name}=[{one!r}]")
        ):
            getattr(gn.graphs, call)(given, 1, **{name: one})
    with pytest.raises(gn.GraphError, match=f"{name}: 'nobody' is not a node of the graph"):
        getattr(gn.graphs, call)(given, 1, **{name: ["b", "nobody"]})


def test_a_matrix_gets_inputs_and_a_readout_without_networkx(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gn.GraphTable, "to_networkx", lambda self: pytest.fail("a networkx graph is made"))
    monkeypatch.setattr(gn.GraphTable, "from_networkx", lambda graph: pytest.fail("a networkx graph is read"))
    table = gn.graphs.from_matrix(np.eye(3), w_out=np.ones((1, 3)), kind=["a", "b", "c"])
    drawn = gn.graphs.with_inputs(table, 2, to_nodes=[("hidden", 0), ("hidden", 2)])
    net = gn.compile(drawn, seed=0)
    assert (net.n_inputs, net.n_outputs, net.n_edges) == (2, 1, 10)
    assert [table.n_nodes, drawn.n_nodes] == [4, 6]
    assert drawn.node_columns["kind"].given().tolist() == [True] * 3 + [False] * 3
    again = gn.graphs.with_readout(gn.graphs.from_matrix(np.eye(2)), 1, from_nodes=[("hidden", 1)])
    assert gn.compile(again, seed=0).n_outputs == 3


def worm() -> nx.DiGraph:
    """Six neurons: two sensory and two motor ones on each side but for one, whose side is not known."""
    graph = nx.DiGraph([("AL", "IN"), ("AR", "IN"), ("IN", "ML"), ("IN", "MR"), ("IN", "IN"), ("MX", "IN")])
    nx.set_node_attributes(
        graph, {"AL": "sensory", "AR": "sensory", "ML": "motor", "MR": "motor", "MX": "motor"}, "kind"
    )
    nx.set_node_attributes(graph, {"AL": "left", "AR": "right", "ML": "left", "MR": "right"}, "side")
    nx.set_node_attributes(graph, {"AL": 0, "AR": 0, "ML": 1, "MR": 1}, "x")
    nx.set_node_attributes(graph, {"AL": 0, "AR": 1, "ML": 0, "MR": 1}, "y")
    return graph


def as_both(graph: nx.DiGraph) -> list[Any]:
    return [graph, gn.GraphTable.from_networkx(graph)]


def drawing_of(graph: Any) -> nx.DiGraph:
    return graph.to_networkx() if isinstance(graph, gn.GraphTable) else graph


FORMS: dict[str, tuple[dict[str, Any], dict[Any, list[str]]]] = {
    "a number": ({"inputs": 2}, {("input", k): ["AL", "AR", "IN", "ML", "MR", "MX"] for k in range(2)}),
    "the old keyword": ({"n_inputs": 1, "to_nodes": ["IN"]}, {("input", 0): ["IN"]}),
    "names": ({"inputs": ["light", 7], "to_nodes": ["AL"]}, {"light": ["AL"], 7: ["AL"]}),
    "an attribute": ({"inputs": 1, "to_nodes": {"kind": "motor"}}, {("input", 0): ["ML", "MR", "MX"]}),
    "two attributes": (
        {"inputs": 1, "to_nodes": {"kind": "motor", "side": ["left", "right"]}},
        {("input", 0): ["ML", "MR"]},
    ),
    "without an attribute": ({"inputs": 1, "to_nodes": {"kind": "motor", "side": None}}, {("input", 0): ["MX"]}),
    "a function": ({"inputs": 1, "to_nodes": lambda node, said: said.get("y") == 1}, {("input", 0): ["AR", "MR"]}),
    "by a number": ({"inputs": 2, "by": "side"}, {("input", 0): ["AL", "ML"], ("input", 1): ["AR", "MR"]}),
    "by names": ({"inputs": ["right", "left"], "by": "side"}, {"right": ["AR", "MR"], "left": ["AL", "ML"]}),
    "by names of some": ({"inputs": ["right"], "by": "side", "to_nodes": {"kind": "motor"}}, {"right": ["MR"]}),
    "by a dict": (
        {"inputs": {"left": "L", "right": ("eye", 1)}, "by": "side"},
        {"L": ["AL", "ML"], ("eye", 1): ["AR", "MR"]},
    ),
    "by two attributes": (
        {"inputs": 4, "by": ["x", "y"]},
        {("input", 0): ["AL"], ("input", 1): ["AR"], ("input", 2): ["ML"], ("input", 3): ["MR"]},
    ),
    "by pairs": ({"inputs": {(1, 0): "p"}, "by": ["x", "y"]}, {"p": ["ML"]}),
    "by a list of one": ({"inputs": {("left",): "L"}, "by": ["side"]}, {"L": ["AL", "ML"]}),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("side", ["inputs", "outputs"])
def test_every_form_of_a_choice(form: str, side: str) -> None:
    keywords, expected = FORMS[form]
    for graph in as_both(worm()):
        if side == "inputs":
            drawn = drawing_of(gn.graphs.with_inputs(graph, **keywords))
            found = {name: sorted(drawn.successors(name)) for name in list(drawn)[6:]}
        else:
            renamed = {"inputs": "outputs", "n_inputs": "n_outputs", "to_nodes": "from_nodes"}
            drawn = drawing_of(
                gn.graphs.with_readout(graph, **{renamed.get(name, name): said for name, said in keywords.items()})
            )
            found = {name: sorted(drawn.predecessors(name)) for name in list(drawn)[6:]}
            expected = {
                ("output", *name[1:]) if isinstance(name, tuple) and name[0] == "input" else name: nodes
                for name, nodes in expected.items()
            }
        assert list(found.items()) == list(expected.items())
        assert {drawn.nodes[name]["role"] for name in found} == {side[:-1]}
        new = [said for u, v, said in drawn.edges(data=True) if not worm().has_edge(u, v)]
        assert new == [{"delay": 0}] * sum(map(len, expected.values()))


def test_new_inputs_are_counted_on_from_those_that_exist() -> None:
    for graph in as_both(gn.graphs.elman(2, 3, 2)):
        drawn = drawing_of(gn.graphs.with_readout(gn.graphs.with_inputs(graph, 2, [("hidden", 0)]), 1))
        assert list(drawn)[-3:] == [("input", 2), ("input", 3), ("output", 2)]
        assert gn.compile(drawn).n_inputs == 4


def test_attributes_of_the_new_synapses() -> None:
    said = {"delay": 3, "weight": 0.5, "scale": 2.0, "trainable": False, "tie": "one", "sign": 1, "gate": "IN"}
    for graph in as_both(worm()):
        assert drawing_of(gn.graphs.with_inputs(graph, 1, ["AL"], **said)).edges[("input", 0), "AL"] == said
        assert drawing_of(gn.graphs.with_readout(graph, ["y"], ["ML"], scale=3.0)).edges["ML", "y"] == {
            "delay": 0,
            "scale": 3.0,
        }


ERRORS: dict[str, tuple[dict[str, Any], str]] = {
    "no number": ({"inputs": 0}, r"inputs=0 is not a whole number >= 1"),
    "a fraction": ({"inputs": 2.0}, r"inputs=2.0 is not a whole number >= 1"),
    "a flag": ({"inputs": True}, r"inputs=True is not a whole number >= 1"),
    "no names": ({"inputs": []}, r"inputs is empty: give at least one"),
    "one name": ({"inputs": "light"}, r"inputs='light' is one name and not a list: write inputs=\['light'\]"),
    "a name that is taken": ({"inputs": ["light", "IN"]}, r"inputs: 'IN' is a node of the graph already; give another"),
    "a name twice": ({"inputs": ["light", "light"]}, r"inputs: 'light' is given more than once"),
    "no name": ({"inputs": [["light"]]}, r"inputs: \['light'\] is no name of a node"),
    "a missing name": ({"inputs": [None]}, r"inputs: None is a missing value, and no name of a node"),
    "a dict without by": ({"inputs": {"left": "L"}}, r"inputs=\{'left': 'L'\} is a dict of values, of which by= names"),
    "nobody chosen": ({"inputs": 1, "to_nodes": []}, r"to_nodes chooses no node, so that \('input', 0\) would join"),
    "a function of one": (
        {"inputs": 1, "to_nodes": lambda node: True},
        r"to_nodes: a function takes \(node, attributes\)",
    ),
    "an unknown node": (
        {"inputs": 1, "to_nodes": ["AL", "al", "xyz"]},
        r"(?s)2 problems.*'al' is not a node of the graph; was 'AL' meant.*'xyz' is not a node of the graph$",
    ),
    "an input": ({"inputs": 1, "to_nodes": ["old"]}, r"to_nodes: 'old' is an input, and no synapse may enter an input"),
    "a mask": ({"inputs": 1, "to_nodes": np.ones(7, bool)}, r"to_nodes is a mask of 7 nodes: give the names of those"),
    "an unknown attribute": (
        {"inputs": 1, "to_nodes": {"knid": "motor"}},
        r"no node has the attribute 'knid'; was 'kind' meant",
    ),
    "an attribute of nobody": (
        {"inputs": 1, "to_nodes": {"qq": 1}},
        r"no node has the attribute 'qq'; their attributes are 'kind', 'side', 'x', 'y', 'role'",
    ),
    "an unknown value": (
        {"inputs": 1, "to_nodes": {"kind": ["motor", "sensry"]}},
        r"to_nodes: no node has 'kind' 'sensry'; was 'sensory' meant",
    ),
    "a value of nobody": ({"inputs": 1, "to_nodes": {"x": 5}}, r"to_nodes: no node has 'x' 5; its values are 0, 1"),
    "no values": (
        {"inputs": 1, "to_nodes": {}},
        r"to_nodes is an empty dict: write \{attribute: value or list of values\}",
    ),
    "an unknown column": ({"inputs": 2, "by": "sied"}, r"by: no node has the attribute 'sied'; was 'side' meant"),
    "no columns": ({"inputs": 2, "by": []}, r"by is an empty list: name at least one attribute"),
    "another number": (
        {"inputs": 3, "by": "side"},
        r"inputs=3, but the nodes chosen have 2 distinct values of 'side': 'left', 'right'",
    ),
    "a value without neurons": (
        {"inputs": ["left", "up"], "by": "side"},
        r"inputs: 'up' joins nobody: no node chosen has 'side' 'up'; its values are 'left', 'right'",
    ),
}


@pytest.mark.parametrize("case", ERRORS)
def test_errors_say_what_to_do(case: str) -> None:
    keywords, message = ERRORS[case]
    graph = worm()
    graph.add_node("old", role="input")
    for each in as_both(graph):
        with pytest.raises(gn.GraphError, match=message):
            gn.graphs.with_inputs(each, **keywords)


def test_a_drawing_without_nodes() -> None:
    for graph in as_both(nx.DiGraph()):
        with pytest.raises(gn.GraphError, match="to_nodes: 'a' is not a node of the graph"):
            gn.graphs.with_inputs(graph, 1, ["a"])


def test_an_unknown_attribute_of_the_new_synapses_is_an_error() -> None:
    with pytest.raises(
        TypeError, match=r"with_inputs\(\) got an unexpected keyword argument 'wieght'; did you mean 'weight'"
    ):
        gn.graphs.with_inputs(worm(), 1, wieght=1.0)
    with pytest.raises(TypeError, match=r"with_readout\(\) got an unexpected keyword argument 'n_inputs'"):
        gn.graphs.with_readout(worm(), n_inputs=1)


@settings(max_examples=scaled(40))
@given(neuron_graphs(), st.data())
def test_by_an_attribute_as_for_each_value_alone(graph: nx.DiGraph, data: st.DataObject) -> None:
    """Catches positions that are mixed up between values, and neurons without the attribute that are joined."""
    neurons = [node for node, role in graph.nodes(data="role") if role != "input"]
    columns = {node: data.draw(st.sampled_from([None, 0, 1, "x", (0, 1)])) for node in neurons}
    nx.set_node_attributes(graph, {node: column for node, column in columns.items() if column is not None}, "column")
    values = [value for value in dict.fromkeys(columns.values()) if value is not None]
    if not values:
        return
    names = {value: ("eye", value) for value in values}
    expected = graph
    for value in values:
        expected = gn.graphs.with_inputs(expected, [names[value]], [n for n in neurons if columns[n] == value])
    for each in as_both(graph):
        found = drawing_of(gn.graphs.with_inputs(each, names, by="column"))
        assert nx.utils.graphs_equal(found, drawing_of(gn.GraphTable.from_networkx(expected)))
