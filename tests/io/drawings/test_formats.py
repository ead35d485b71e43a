"""Every format of drawings: what is written comes back, or a warning says what does not."""

from __future__ import annotations

import string
import warnings
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.io import mmread, mmwrite

import graphnet as gn
from graphnet.io import FORMATS, LossWarning
from graphnet.testing.strategies import neuron_graphs
from tests.profiles import scaled

from ..files import gated_drawing, leftovers

one_path = [HealthCheck.function_scoped_fixture]
HOLD_ALL = [suffix for suffix, found in FORMATS.items() if "matri" not in found.name.lower()]
EXACT = [suffix for suffix in HOLD_ALL if suffix != ".json"]
"""Formats that hold nan and tuples."""
SPELT = [suffix for suffix in EXACT if not FORMATS[suffix].of_tables]
"""Formats in which names and values are text."""
each = pytest.mark.parametrize("suffix", HOLD_ALL)
each_exact = pytest.mark.parametrize("suffix", EXACT)
each_spelt = pytest.mark.parametrize("suffix", SPELT)


def told(graph):
    """All that a drawing says as text, the attributes of each node and edge in the order of their names."""
    edges = graph.edges(keys=True, data=True) if graph.is_multigraph() else graph.edges(data=True)
    in_order = [(tuple(owner), sorted(said.items(), key=repr)) for *owner, said in (*graph.nodes(data=True), *edges)]
    return repr((type(graph).__name__, sorted(graph.graph.items(), key=repr), in_order))


def there_and_back(graph, path):
    gn.write_graph(graph, path)
    again = gn.read_graph(path)
    assert isinstance(again, gn.GraphTable) == FORMATS[path.suffix].of_tables
    return again.to_networkx() if isinstance(again, gn.GraphTable) else again


def held(graph, suffix):
    """The drawing as a format holds it: columns have the types of the language."""
    return gn.GraphTable.from_networkx(graph).to_networkx() if FORMATS[suffix].of_tables else graph


# --- nothing is lost -------------------------------------------------------------------------------------------------


@each_exact
@settings(max_examples=scaled(80), suppress_health_check=one_path)
@given(graph=neuron_graphs(declared=False))
def test_any_drawing_comes_back(tmp_path, suffix, graph):
    assert told(there_and_back(graph, tmp_path / f"net{suffix}")) == told(held(graph, suffix))


TEXTS = st.text() | st.text(string.printable) | st.sampled_from(
    ["", " ", "null", "true", "1", "-0", "1e5", "007", "[", "[1]", '"', '"a"', "{}", "a,b", "a\tb", "a\nb", "a\r\nb",
     "&amp;", "<a>", "]]>", "u_20_", "nan", "#", "\x00", "\ud800", "\u2028", "\xa0x", "e\u0301"]
)  # fmt: skip
NAMES = st.recursive(
    TEXTS | st.integers() | st.booleans() | st.floats(allow_nan=False),
    lambda names: st.lists(names | st.none(), max_size=3).map(tuple),
    max_leaves=6,
)
VALUES = st.recursive(
    st.none() | TEXTS | st.integers() | st.booleans() | st.floats(),
    lambda values: (
        st.lists(values, max_size=3)
        | st.lists(values, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=3), values, max_size=3)
    ),
    max_leaves=6,
)


@each_exact
@settings(max_examples=scaled(100), suppress_health_check=one_path)
@given(names=st.lists(NAMES, min_size=1, max_size=6), multigraph=st.booleans())
def test_names_come_back_as_what_they_were(tmp_path, suffix, names, multigraph):
    graph = nx.MultiDiGraph() if multigraph else nx.DiGraph()
    graph.add_nodes_from(names)
    first, last = names[0], names[-1]
    for name in names:
        graph.add_edge(first, name, **({"key": name} if multigraph else {}), gate=last, tie=name)
        graph.nodes[name]["group"] = name
    assert told(there_and_back(graph, tmp_path / f"net{suffix}")) == told(held(graph, suffix))


RESERVED = {"gate", "tie", "group", "id", "label", "node", "source", "target", "key", "graphnet"}


@each_exact
@settings(max_examples=scaled(100), suppress_health_check=one_path)
@given(said=st.dictionaries(TEXTS, VALUES, max_size=4), known=VALUES)
def test_values_of_the_user_come_back_as_what_they_were(tmp_path, suffix, said, known):
    """Also those that an attribute of the language does not take: validation says so, after reading as before."""
    graph = nx.DiGraph([("a", "b")])
    for place in (graph.nodes["a"], graph.edges["a", "b"]):
        place.update((name, value) for name, value in said.items() if name not in RESERVED)
    graph.edges["a", "b"].update(weight=known, delay=known, trainable=known)
    graph.nodes["b"].update(bias=known, activation=known)
    if suffix in (".csv", ".tsv") and type(known) is int and known in (0, 1):
        # in a table they are words for booleans
        with pytest.raises(gn.GraphError, match=f"attribute 'trainable': {known} would be read as {bool(known)}"):
            gn.write_graph(graph, tmp_path / f"net{suffix}")
        del graph.edges["a", "b"]["trainable"]
    assert told(there_and_back(graph, tmp_path / f"net{suffix}")) == told(held(graph, suffix))


@pytest.mark.parametrize("suffix", [".graphml", ".gml", ".gexf", ".safetensors"])
@settings(max_examples=scaled(50), suppress_health_check=one_path)
@given(said=st.dictionaries(TEXTS, VALUES, max_size=4))
def test_attributes_of_the_graph_itself_come_back(tmp_path, suffix, said):
    graph = nx.DiGraph(**{"name": "a drawing", "graph": [1, (2, None)], **said})
    graph.graph.pop("graphnet", None)
    assert told(there_and_back(graph, tmp_path / f"net{suffix}")) == told(graph)


@each
def test_gates_ties_and_keys_of_a_multigraph_come_back(tmp_path, suffix):
    graph = gated_drawing()
    if suffix in (".csv", ".tsv"):
        graph.graph.clear()
    assert told(there_and_back(graph, tmp_path / f"net{suffix}")) == told(held(graph, suffix))


@each
def test_a_multigraph_without_parallel_edges_stays_one(tmp_path, suffix):
    for graph in (nx.MultiDiGraph([("a", "b")]), nx.DiGraph([("a", "b")]), nx.MultiDiGraph(), nx.DiGraph()):
        assert told(there_and_back(graph, tmp_path / f"net{suffix}")) == told(graph)


@each_exact
def test_numpy_scalars_become_numbers_and_arrays_stay_arrays(tmp_path, suffix):
    graph = nx.DiGraph([("a", "b", {"weight": np.float32(0.5), "delay": np.int64(2), "trainable": np.bool_(False)})])
    graph.nodes["a"]["position"] = np.array([[1.0, 2.0]])
    again = there_and_back(graph, tmp_path / f"net{suffix}")
    assert repr(again.edges["a", "b"]) == "{'weight': 0.5, 'delay': 2, 'trainable': False}"
    position = again.nodes["a"]["position"]
    assert (position.dtype, position.tolist()) == (np.float64, [[1.0, 2.0]])


@each
def test_a_table_is_written_like_its_graph(tmp_path, suffix):
    table = gn.graphs.from_matrix([[0.0, 0.5], [0.25, 0.0]], w_in=[[1.0], [0.0]])
    gn.write_graph(table, tmp_path / f"one{suffix}")
    gn.write_graph(table.to_networkx(), tmp_path / f"other{suffix.upper()}")
    again = gn.read_graph(tmp_path / f"other{suffix.upper()}")
    if FORMATS[suffix].of_tables:  # edges are in the order of the table
        assert gn.read_graph(tmp_path / f"one{suffix}").edge_keys() == table.edge_keys() != again.edge_keys()
        again = again.to_networkx()
    else:
        assert (tmp_path / f"one{suffix}").read_bytes() == (tmp_path / f"other{suffix.upper()}").read_bytes()
    assert told(again) == told(table.to_networkx())


# --- what cannot be written ------------------------------------------------------------------------------------------


@each_spelt
def test_everything_that_a_format_cannot_hold_is_listed(tmp_path, suffix):
    deep = ()
    for _ in range(150):
        deep = (deep,)
    graph = nx.MultiDiGraph()
    graph.add_node("a", soma=object(), tags={1: 2})
    graph.add_node(frozenset({1}))
    graph.add_node("b", group=["G"])
    graph.add_node("d", deep=deep)
    graph.add_edge("a", "b", key=b"k", when=1j)
    graph.nodes["b"][4] = "four"
    with pytest.raises(gn.GraphError) as caught:
        gn.write_graph(graph, tmp_path / f"net{suffix}")
    assert sorted(problem.split(": ")[0] for problem in caught.value.problems) == [
        "edge ('a', 'b', b'k'), attribute 'when'",
        "key of edge ('a', 'b', b'k')",
        "node 'a', attribute 'soma'",
        "node 'a', attribute 'tags'",
        "node 'b', attribute 'group'",
        "node 'b', attribute 4",
        "node 'd', attribute 'deep'",
        "node frozenset({1})",
    ]
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize(
    ("suffix", "graph", "says"),
    [
        (".csv", nx.DiGraph([("a", "b", {"source": 1})]), "edge ('a', 'b'), attribute 'source': an edge list keeps"),
        (".csv", nx.MultiDiGraph([("a", "b", {"kind": 1})]), None),
        (".graphml", nx.DiGraph(graphnet="mine"), "attribute 'graphnet' of the graph: GraphML keeps this name"),
        (".csv", nx.DiGraph([("a", "b", {"notes": "n" * 140_000})]), "140000 characters are more than a cell holds"),
    ],
)
def test_names_that_a_format_keeps_for_itself_and_cells_that_are_too_long(tmp_path, suffix, graph, says):
    path = tmp_path / f"net{suffix}"
    if says is None:
        assert told(there_and_back(graph, path)) == told(graph)
        return
    with pytest.raises(gn.GraphError) as caught:
        gn.write_graph(graph, path)
    assert says in str(caught.value)


@pytest.mark.parametrize("kind", [nx.DiGraph, nx.MultiDiGraph])
@pytest.mark.parametrize("suffix", [".gml", ".gexf", ".graphml"])
def test_names_of_a_format_may_be_the_users_own(tmp_path, suffix, kind):
    graph = kind([("a", "b", {"id": 7, "label": "first", "value": 1, "source ": 2})])
    graph.nodes["a"].update(id="x1", label="Soma", viz=True)
    for *_, said in graph.edges(data=True):
        said.update(key="c major", networkx_key=2)
    graph.graph.update(node="a node", edge=[1], edge_default=2)
    assert told(there_and_back(graph, tmp_path / f"net{suffix}")) == told(graph)


# --- what formats do not hold ----------------------------------------------------------------------------------------


def test_tables_say_that_they_drop_attributes_of_the_graph(tmp_path):
    graph = nx.DiGraph([("a", "b")], name="mine", year=2001)
    with pytest.warns(LossWarning) as caught:
        gn.write_graph(graph, tmp_path / "net.csv")
    (warning,) = caught
    assert str(warning.message) == (
        f"{tmp_path / 'net.csv'}: tables do not hold: attribute 'name' of the graph; attribute 'year' of the graph"
    )
    assert warning.message.dropped == ["attribute 'name' of the graph", "attribute 'year' of the graph"]
    assert warning.filename == __file__


def test_where_losses_are_errors_nothing_is_written(tmp_path):
    with pytest.raises(LossWarning):  # as every warning is in these tests
        gn.write_graph(nx.DiGraph(name="mine"), tmp_path / "net.csv")
    assert leftovers(tmp_path) == []


MATRIX_FILES = [".npz", ".mtx"]
each_matrix = pytest.mark.parametrize("suffix", MATRIX_FILES)


def matrix_like(weights=True):
    """A drawing of which a matrix holds all."""
    table = gn.graphs.from_matrix([[0.0, 0.1, 0.0], [-2.5e-300, 0.5, 0.0], [0.0, 0.0, 1 / 3]])
    graph = table.to_networkx()
    if not weights:
        for *_, said in graph.edges(data=True):
            del said["weight"]
    return graph


@each_matrix
@pytest.mark.parametrize("weights", [True, False])
def test_what_a_matrix_holds_comes_back_without_a_warning(tmp_path, suffix, weights):
    graph = matrix_like(weights)
    assert told(there_and_back(graph, tmp_path / f"net{suffix}")) == told(graph)


@each_matrix
@settings(max_examples=scaled(60), suppress_health_check=one_path)
@given(graph=neuron_graphs())
def test_a_matrix_holds_the_weights_of_any_drawing(tmp_path, suffix, graph):
    """W[target, source] is the sum of scale * weight over the synapses there, and a warning names everything else."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        again = there_and_back(graph, tmp_path / f"net{suffix}")
    assert [warning.category for warning in caught] == [LossWarning]
    position = {node: i for i, node in enumerate(graph)}
    expected = {}
    for u, v, said in graph.edges(data=True):
        ends = (("hidden", position[u]), ("hidden", position[v]))
        expected[ends] = expected.get(ends, 0.0) + said["weight"] * said.get("scale", 1.0)
    has_weights = bool(expected)
    found = {(u, v): said.get("weight") for u, v, said in again.edges(data=True)}
    assert found.keys() == expected.keys()
    if has_weights:
        assert found == pytest.approx(expected, abs=1e-15)
    assert again.number_of_nodes() == len(graph)


@each_matrix
def test_a_matrix_names_what_it_drops(tmp_path, suffix):
    graph = matrix_like()
    graph.graph["name"] = "mine"
    graph.nodes["hidden", 0].update(bias=0.5, role="input")
    graph.edges[("hidden", 1), ("hidden", 0)].update(delay=2, tie="t")
    with pytest.warns(LossWarning) as caught:
        gn.write_graph(graph, tmp_path / f"net{suffix}")
    assert caught[0].message.dropped == [
        "attribute 'name' of the graph",
        "'role' of nodes",
        "'bias' of nodes",
        "'delay' of edges",
        "'tie' of edges",
    ]
    assert caught[0].filename == __file__
    parallel = nx.MultiDiGraph([(("hidden", 0), ("hidden", 0), {"weight": 1.0}) for _ in range(2)])
    with pytest.warns(LossWarning) as caught:
        gn.write_graph(parallel, tmp_path / f"net{suffix}")
    assert "parallel synapses, which are added up" in caught[0].message.dropped
    assert gn.read_graph(tmp_path / f"net{suffix}").edges[("hidden", 0), ("hidden", 0)]["weight"] == 2.0


@each_matrix
def test_a_matrix_has_all_weights_or_none(tmp_path, suffix):
    graph = nx.DiGraph([("a", "b", {"weight": 1.0}), ("b", "a"), ("b", "b", {"weight": "heavy"})])
    with pytest.raises(gn.GraphError, match=r"edge \('b', 'b'\): weight='heavy' is not a number"):
        gn.write_graph(graph, tmp_path / f"net{suffix}")
    graph.edges["b", "b"]["weight"] = 2
    with pytest.raises(gn.GraphError, match=r"edge \('b', 'a'\) has no weight, and others have"):
        gn.write_graph(graph, tmp_path / f"net{suffix}")
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("kind", ["csr", "csc", "coo", "bsr", "dia"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64, bool])
def test_matrices_of_scipy_are_read_and_ours_by_scipy(tmp_path, kind, dtype):
    dense = np.array([[0, 1, 0, 2], [3, 0, 0, 0], [0, 0, 4, 0], [5, 0, 0, 6]]).astype(dtype)
    matrix = sparse.coo_array(dense).asformat(kind)
    sparse.save_npz(tmp_path / "w.npz", matrix)
    graph = gn.read_graph(tmp_path / "w.npz")
    expected = gn.graphs.from_matrix(matrix).to_networkx()
    if dtype is bool:
        for *_, said in expected.edges(data=True):
            del said["weight"]
    assert told(graph) == told(expected)
    gn.write_graph(graph, tmp_path / "again.npz")
    assert sparse.load_npz(tmp_path / "again.npz").toarray().tolist() == dense.tolist()


@pytest.mark.parametrize("symmetry", ["general", "symmetric", "skew-symmetric"])
@pytest.mark.parametrize("layout", [sparse.coo_array, sparse.coo_array.toarray])
def test_matrix_market_files_of_scipy_are_read_and_ours_by_scipy(tmp_path, symmetry, layout):
    dense = np.array([[1.5, 2.0, 0.0], [-3.0, 0.0, 0.1], [0.0, 1e-9, 4.0]])
    dense = {"general": dense, "symmetric": dense + dense.T, "skew-symmetric": dense - dense.T}[symmetry]
    mmwrite(tmp_path / "w.mtx", layout(sparse.coo_array(dense)), symmetry=symmetry)
    graph = gn.read_graph(tmp_path / "w.mtx")
    assert told(graph) == told(gn.graphs.from_matrix(dense).to_networkx())
    gn.write_graph(graph, tmp_path / "again.mtx")
    assert mmread(tmp_path / "again.mtx").toarray().tolist() == dense.tolist()


# --- the two tables of an edge list ----------------------------------------------------------------------------------


def test_nodes_have_a_table_where_there_is_something_to_say_of_them(tmp_path):
    graph = nx.DiGraph([("a", "b", {"weight": 0.5}), ("b", "a")])
    gn.write_graph(graph, tmp_path / "net.csv")
    assert (tmp_path / "net.csv").read_text() == "source,target,weight\na,b,0.5\nb,a,\n"
    assert leftovers(tmp_path) == ["net.csv"]
    graph.add_node(("x", 1), role="input", note="1")
    gn.write_graph(graph, tmp_path / "net.tsv")
    nodes = 'node\trole\tnote\na\t\t\nb\t\t\n"[""x"",1]"\tinput\t"""1"""\n'
    assert (tmp_path / "net.nodes.tsv").read_text() == nodes


def test_a_table_of_nodes_of_before_is_never_left_beside_new_edges(tmp_path):
    graph = nx.DiGraph([("a", "b")])
    graph.nodes["a"]["role"] = "input"
    gn.write_graph(graph, tmp_path / "net.csv")
    other = nx.DiGraph([("c", "d")])
    assert told(there_and_back(other, tmp_path / "net.csv")) == told(other)
    assert (tmp_path / "net.nodes.csv").read_text() == "node\nc\nd\n"


def test_neither_table_is_replaced_where_one_cannot_be(tmp_path, monkeypatch):
    graph = nx.DiGraph([("a", "b")])
    graph.nodes["a"]["role"] = "input"
    (tmp_path / "net.csv").write_text("old edges")
    (tmp_path / "net.nodes.csv").write_text("old nodes")
    calls = []

    def fail_late(descriptor):
        calls.append(descriptor)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail_late)
    with pytest.raises(OSError, match="No space left") as caught:
        gn.write_graph(graph, tmp_path / "net.csv")
    assert caught.value.filename == str(tmp_path / "net.nodes.csv")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "net.csv": "old edges",
        "net.nodes.csv": "old nodes",
    }


# --- the registry ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_is_in_the_documentation(suffix):
    page = (Path(__file__).parents[3] / "docs/reference/files.md").read_text()
    assert f"`{suffix}`" in page
    assert FORMATS[suffix].name.lower() in page.lower()
    assert suffix in gn.read_graph.__doc__


def test_formats_that_drop_something_say_what():
    assert {suffix for suffix, found in FORMATS.items() if found.drops} == {".csv", ".tsv", ".npz", ".mtx"}
