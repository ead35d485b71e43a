"""Drawings as node-link JSON: networkx reads what we write, we read what it writes, and nothing is guessed."""

from __future__ import annotations

import json
import math

import networkx as nx
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import graphnet as gn
from graphnet.testing.strategies import neuron_graphs
from tests.profiles import scaled

from ..files import gated_drawing, leftovers, spelt

one_path = [HealthCheck.function_scoped_fixture]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "net.json"


def with_lists(graph):
    """The same drawing, its own attributes with lists for tuples, as JSON gives them back."""
    said = [graph.graph, *(said for _, said in graph.nodes(data=True)), *(said for *_, said in graph.edges(data=True))]
    for attributes in said:
        for name in attributes.keys() - {"gate", "tie", "group"}:
            attributes[name] = json.loads(json.dumps(attributes[name]))
    return graph


# --- nothing is lost -------------------------------------------------------------------------------------------------


@settings(max_examples=scaled(80), suppress_health_check=one_path)
@given(neuron_graphs(declared=False, groups=True, node_ties=True, reverse=True))
def test_any_drawing_comes_back(path, graph):
    gn.write_graph(graph, path)
    assert spelt(gn.read_graph(path)) == spelt(with_lists(graph))


@settings(max_examples=scaled(30), suppress_health_check=one_path)
@given(neuron_graphs(declared=False))
def test_what_comes_back_is_the_same_network(path, graph):
    gn.write_graph(graph, path)
    assert gn.compile(gn.read_graph(path), seed=1).parameters.tolist() == gn.compile(graph, seed=1).parameters.tolist()


NAMES = st.recursive(
    st.text() | st.integers() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False),
    lambda names: st.lists(names | st.none(), max_size=3).map(tuple),
    max_leaves=6,
)


@settings(max_examples=scaled(100), suppress_health_check=one_path)
@given(st.lists(NAMES, min_size=1, max_size=6), st.booleans())
def test_names_come_back_as_what_they_were(path, names, multigraph):
    graph = nx.MultiDiGraph() if multigraph else nx.DiGraph()
    graph.add_nodes_from(names)
    first, last = names[0], names[-1]
    for name in names:
        graph.add_edge(first, name, **({"key": name} if multigraph else {}), gate=last, tie=name)
        graph.nodes[name]["group"] = name
    gn.write_graph(graph, path)
    assert spelt(gn.read_graph(path)) == spelt(graph)


def test_gates_ties_and_keys_of_a_multigraph_come_back(path):
    gn.write_graph(gated_drawing(), path)
    again = gn.read_graph(path)
    assert spelt(again) == spelt(gated_drawing())
    assert again.edges[("h", (0, 1)), ("y", 0), 7]["gate"] == ("h", (0, 2))


@pytest.mark.parametrize("edges", ["edges", "links"])
def test_what_networkx_writes_is_read(path, edges):
    path.write_text(json.dumps(nx.node_link_data(gated_drawing(), edges=edges)))
    assert spelt(gn.read_graph(path)) == spelt(gated_drawing())


@pytest.mark.parametrize("kind", [nx.DiGraph, nx.MultiDiGraph])
def test_what_we_write_networkx_reads(path, kind):
    graph = kind(name="plain")
    graph.add_edge("a", ("b", 1), weight=0.5, own={"x": [1, None, True]})
    graph.nodes["a"]["role"] = "input"
    gn.write_graph(graph, path)
    assert spelt(nx.node_link_graph(json.loads(path.read_text()), edges="edges")) == spelt(graph)


def test_one_node_and_one_edge_a_line(path):
    gn.write_graph(nx.DiGraph([("a", "b", {"weight": 1.0}), ("b", "b")]), path)
    assert path.read_text() == (
        '{"directed": true, "multigraph": false, "graph": {}, "nodes": [\n{"id": "a"},\n{"id": "b"}\n], "edges": [\n'
        '{"source": "a", "target": "b", "weight": 1.0},\n{"source": "b", "target": "b"}\n]}\n'
    )


def test_a_table_is_written_like_its_graph(path, tmp_path):
    table = gn.graphs.from_matrix([[0.0, 0.5], [0.25, 0.0]], w_in=[[1.0], [0.0]])
    gn.write_graph(table, path)
    gn.write_graph(table.to_networkx(), tmp_path / "graph.JSON")
    assert path.read_bytes() == (tmp_path / "graph.JSON").read_bytes()
    assert spelt(gn.read_graph(tmp_path / "graph.JSON")) == spelt(table.to_networkx())


def test_an_empty_graph(path):
    gn.write_graph(nx.DiGraph(), path)
    assert spelt(gn.read_graph(path)) == spelt(nx.DiGraph())


def test_numbers_of_numpy_become_plain_ones(path):
    graph = nx.DiGraph([("a", "b", {"weight": np.float32(0.5), "delay": np.int64(2), "trainable": np.bool_(False)})])
    graph.nodes["a"].update(position=np.array([[1.0, 2.0]]), size=(1, np.int8(2)))
    gn.write_graph(graph, path)
    again = gn.read_graph(path)
    assert repr(again.edges["a", "b"]) == "{'weight': 0.5, 'delay': 2, 'trainable': False}"
    assert again.nodes["a"] == {"position": [[1.0, 2.0]], "size": [1, 2]}


# --- what cannot be written ------------------------------------------------------------------------------------------


def test_everything_that_json_cannot_hold_is_listed(path):
    graph = nx.MultiDiGraph(born=b"today")
    graph.add_node("a", soma=math.nan, id=3)
    graph.add_node(frozenset({1}), tags={1: 2})
    graph.add_node(math.inf)
    graph.add_node("b", source="fine on a node")
    graph.add_edge("a", "b", key=0, when=complex(1), target="x")
    graph.add_edge("a", "b", key=b"k", gate=["a"])
    graph.nodes["b"][4] = "four"
    with pytest.raises(gn.GraphError) as caught:
        gn.write_graph(graph, path)
    assert sorted(caught.value.problems) == [
        "attribute 'born' of the graph: a bytes cannot be written to a file; str, real numbers, bool, None, and lists, "
        "tuples, dicts and arrays of them can",
        "edge ('a', 'b', 0), attribute 'target': node-link JSON keeps this name for itself; rename the attribute",
        "edge ('a', 'b', 0), attribute 'when': a complex cannot be written to a file; str, real numbers, bool, None, "
        "and lists, tuples, dicts and arrays of them can",
        "edge ('a', 'b', b'k'), attribute 'gate': a list cannot be written to a file as a name; "
        "str, int, float, bool, None and tuples of them can",
        "key of edge ('a', 'b', b'k'): a bytes cannot be written to a file as a name; "
        "str, int, float, bool, None and tuples of them can; give the edge another key",
        "node 'a', attribute 'id': node-link JSON keeps this name for itself; rename the attribute",
        "node 'a', attribute 'soma': nan is not a number in JSON",
        "node 'b', attribute 4: in a file the names of attributes are str",
        "node frozenset({1}), attribute 'tags': a dict with the key 1 cannot be written: its keys have to be str",
        "node frozenset({1}): a frozenset cannot be written to a file as a name; "
        "str, int, float, bool, None and tuples of them can; networkx.relabel_nodes renames nodes",
        "node inf: inf is not a number in JSON; networkx.relabel_nodes renames nodes",
    ]
    assert leftovers(path.parent) == []


def test_in_a_digraph_key_is_an_attribute_like_any_other(path):
    graph = nx.DiGraph([("a", "b", {"key": "c major"})])
    gn.write_graph(graph, path)
    assert spelt(gn.read_graph(path)) == spelt(graph)


def test_values_nested_without_end(path):
    endless = {}
    endless["again"] = endless
    with pytest.raises(gn.GraphError, match="node 'a', attribute 'loop': nested too deeply"):
        gn.write_graph(graph_with("a", loop=endless), path)


def graph_with(node, **attributes):
    graph = nx.DiGraph()
    graph.add_node(node, **attributes)
    return graph


def test_only_directed_graphs_are_written(path):
    with pytest.raises(gn.GraphError, match=r"undirected \(Graph\).*to_directed"):
        gn.write_graph(nx.Graph(), path)
    with pytest.raises(gn.GraphError, match="not a dict"):
        gn.write_graph({}, path)
    assert leftovers(path.parent) == []


@pytest.mark.parametrize(("name", "found"), [("net.yaml", "named .yaml"), ("net", "without a suffix")])
def test_unknown_suffixes(tmp_path, name, found):
    (tmp_path / "net").touch()
    for call in (gn.read_graph, lambda path: gn.write_graph(nx.DiGraph(), path)):
        with pytest.raises(gn.DataError) as caught:
            call(tmp_path / name)
        assert str(caught.value).startswith(f"{tmp_path / name}: ")
        assert found in str(caught.value)
        assert "supported: .json (node-link JSON)" in str(caught.value)


def test_a_name_without_a_suffix_that_does_not_exist_may_have_been_a_run(tmp_path):
    with pytest.raises(gn.DataError, match=r"net: no such run folder; drawings are files named \.json, "):
        gn.read_graph(tmp_path / "net")


# --- what cannot be read ---------------------------------------------------------------------------------------------


def drawing(**changes):
    """A good file with some parts replaced; None leaves a part out."""
    data = {
        "directed": True,
        "multigraph": False,
        "graph": {},
        "nodes": [{"id": "a"}, {"id": "b"}],
        "edges": [{"source": "a", "target": "b"}],
    }
    return {name: part for name, part in {**data, **changes}.items() if part is not None}


def edges(*edges, multigraph=False):
    return drawing(edges=list(edges), multigraph=multigraph)


def test_the_file_that_the_others_are_made_from_is_good(path):
    path.write_text(json.dumps(drawing()))
    assert spelt(gn.read_graph(path)) == spelt(nx.DiGraph([("a", "b")]))


AB = {"source": "a", "target": "b"}


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ([], "not node-link JSON: the outermost is not an object but []"),
        (None, "not node-link JSON: the outermost is not an object but null"),
        ({"directed": True}, "there is no array 'nodes'"),
        (drawing(nodes={"a": 1}), "there is no array 'nodes'"),
        (drawing(edges=None), "there is no array 'edges' or 'links'"),
        (drawing(edges=3), "there is no array 'edges' or 'links'"),
        (drawing(links=[]), "it has both 'edges' and 'links'"),
        (drawing(directed=False), 'the graph is undirected: it says "directed": false'),
        (drawing(directed=None), 'the graph is undirected: it does not say "directed"'),
        (drawing(multigraph="yes"), "'multigraph' is \"yes\", not true or false"),
        (drawing(graph=[["name", "x"]]), "'graph' is"),
        (drawing(nodes=["a", "b"]), "nodes[0] is not an object with an 'id': \"a\""),
        (drawing(nodes=[{"id": "a"}, {"name": "b"}]), "nodes[1] is not an object with an 'id'"),
        (drawing(nodes=[{"id": "a"}, {"id": {"x": 1}}]), "nodes[1]: 'id' is {\"x\": 1}, which is no name"),
        (drawing(nodes=[{"id": "a"}, {"id": ["b", {}]}]), "nodes[1]: 'id' is"),
        (drawing(nodes=[{"id": "a"}, {"id": None}]), "nodes[1]: 'id' is null, which is no name"),
        (drawing(nodes=[{"id": "a"}, {"id": "b"}, {"id": "a"}]), "node 'a' occurs twice"),
        (drawing(nodes=[{"id": "a"}, {"id": "b"}, {"id": 1}, {"id": True}]), "node True occurs twice"),
        (edges({"source": "a", "target": "c"}), "edge ('a', 'c'): 'c' not among the nodes"),
        (edges({"source": ["a"], "target": "c"}), "edge (('a',), 'c'): ('a',) and 'c' not among the nodes"),
        (edges({"source": "a"}), "edges[0] is not an object with 'source' and 'target'"),
        (edges(["a", "b"]), "edges[0] is not an object with 'source' and 'target'"),
        (edges({"source": "a", "target": None}), "edges[0]: an end or its key is null, which is no name"),
        (edges({"source": {}, "target": "b"}), "edges[0]: an end or its key is {}, which is no name"),
        (edges({**AB, "key": {}}, multigraph=True), "edges[0]: an end or its key is {}, which is no name"),
        (edges(AB, AB), "edge ('a', 'b') occurs twice: parallel synapses need \"multigraph\": true"),
        (edges({**AB, "key": [1]}, {**AB, "key": [1]}, multigraph=True), "edge ('a', 'b', (1,)) occurs twice"),
    ],
)
def test_json_that_is_no_drawing(path, data, says):
    path.write_text(json.dumps(data))
    with pytest.raises(gn.DataError) as caught:
        gn.read_graph(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert says in str(caught.value)


def test_all_problems_of_a_file_are_listed(path):
    path.write_text(json.dumps(drawing(nodes=[{"id": "a"}, {"id": "a"}], edges=[AB] * 200)))
    with pytest.raises(gn.DataError) as caught:
        gn.read_graph(path)
    lines = str(caught.value).splitlines()
    assert lines[0] == f"{path}: 201 problems in the file:"
    assert lines[1:3] == ["  - node 'a' occurs twice", "  - edge ('a', 'b'): 'b' not among the nodes"]
    assert (len(lines), lines[-1]) == (22, "  - and 181 more")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the file is empty"),
        (b" \n\t", "the file is empty"),
        (b'{"nodes": [\n1, }', "not JSON: Expecting value at line 2, column 4"),
        (b"graph { a -> b }", "not JSON: Expecting value at line 1, column 1"),
        (b'{"nodes": "\xff"}', "not JSON: byte 11 is not UTF-8 text"),
        (b"[" * 100_000, "nested too deeply"),
        (b"1" * 5000, "not JSON: Exceeds the limit"),
    ],
)
def test_files_that_are_no_json(path, content, says):
    path.write_bytes(content)
    with pytest.raises(gn.DataError) as caught:
        gn.read_graph(path)
    assert str(caught.value).startswith(f"{path}: {says}")


def test_no_file_and_a_folder(path):
    with pytest.raises(gn.DataError, match=r"net\.json: no such file"):
        gn.read_graph(path)
    path.mkdir()
    with pytest.raises(gn.DataError, match=r"net\.json: the folder is not a run: it has no settings\.json"):
        gn.read_graph(path)


@pytest.mark.parametrize("tenths", range(1, 10))
def test_cut_short(path, tenths):
    gn.write_graph(gated_drawing(), path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * tenths // 10])
    with pytest.raises(gn.DataError, match=r"net\.json: not JSON: .* at line \d+, column \d+"):
        gn.read_graph(path)


def test_flipped_bytes_give_a_data_error_or_a_drawing(path):
    gn.write_graph(gated_drawing(), path)
    whole = path.read_bytes()
    outcomes = {"refused": 0, "drawing": 0}
    for position in range(len(whole)):
        broken = bytearray(whole)
        broken[position] ^= 1 << position % 8
        path.write_bytes(broken)
        graph, message = None, ""
        try:
            graph = gn.read_graph(path)
        except gn.DataError as error:
            message = str(error)
        assert graph.is_directed() if graph is not None else message.startswith(f"{path}: ")
        outcomes["drawing" if graph is not None else "refused"] += 1
    assert min(outcomes.values()) > 100


def test_what_is_left_to_validation_is_read_as_it_is(path):
    """A weight that is text, a gate that is an object: `validate` says which, in the user's names."""
    path.write_text(json.dumps(edges({**AB, "weight": "heavy", "gate": {"x": 1}})))
    graph = gn.read_graph(path)
    with pytest.raises(gn.GraphError) as caught:
        gn.validate(graph)
    assert any("weight='heavy' is not a finite number" in problem for problem in caught.value.problems)
    assert any("gate={'x': 1}" in problem for problem in caught.value.problems)


def test_as_networkx_has_it_parallel_edges_without_a_key_are_numbered(path):
    path.write_text(json.dumps(drawing(multigraph=None, edges=[AB, {**AB, "key": None}, {**AB, "key": 7}])))
    assert list(gn.read_graph(path).edges(keys=True)) == [("a", "b", 0), ("a", "b", 1), ("a", "b", 7)]


def test_a_byte_order_mark_is_skipped(path):
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(drawing()).encode())
    assert list(gn.read_graph(path)) == ["a", "b"]
