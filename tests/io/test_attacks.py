"""Files made to do harm, and broken ones: refused in a line that says where, before anything large is made of them."""

from __future__ import annotations

import resource
import time
from contextlib import contextmanager, suppress

import numpy as np
import pytest
from scipy import sparse

import graphnet as gn
from graphnet.io import LossWarning, write_arrays

MOST_GROWTH = 100 << 20
MOST_SECONDS = 5.0


@contextmanager
def little():
    """Whatever is done inside takes little time and memory."""
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    yield
    assert time.perf_counter() - started < MOST_SECONDS
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) << 10 < MOST_GROWTH


def assert_refused(path, content, *says):
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with little(), pytest.raises(gn.DataError) as caught:
        gn.read_graph(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert len(message) < 20_000
    for part in says:
        assert part in message


def entity(name, other):
    return f'<!ENTITY {name} "{f"&{other};" * 10}">'


BOMB = (
    '<?xml version="1.0"?>\n<!DOCTYPE lolz [<!ENTITY a "lol">'
    + "".join(entity(name, other) for name, other in zip("bcdefg", "abcdef", strict=True))
    + "]>\n"
)
SECRET = '<?xml version="1.0"?>\n<!DOCTYPE a [<!ENTITY secret SYSTEM "file://{path}">]>\n'
PARAMETER = '<?xml version="1.0"?>\n<!DOCTYPE a [<!ENTITY % all SYSTEM "file://{path}"> %all;]>\n'
OUTSIDE = '<?xml version="1.0"?>\n<!DOCTYPE a SYSTEM "file://{path}">\n'
GRAPHML = '<graphml><graph edgedefault="directed"><node id="{}"/></graph></graphml>'
GEXF = '<gexf><graph defaultedgetype="directed"><nodes><node id="{}"/></nodes></graph></gexf>'
XML = {".graphml": GRAPHML, ".gexf": GEXF}
each_xml = pytest.mark.parametrize("suffix", XML)


@each_xml
@pytest.mark.parametrize("head", [BOMB, SECRET, PARAMETER, OUTSIDE, "<!DOCTYPE graphml>\n"], ids=range(5))
def test_document_types_are_refused_and_so_are_entities(tmp_path, suffix, head):
    secret = tmp_path / "secret"
    secret.write_text("the password")
    content = head.replace("{path}", str(secret)) + XML[suffix].format("&g;&secret;")
    assert_refused(tmp_path / f"net{suffix}", content, "a document type (<!DOCTYPE>)")
    assert_refused(tmp_path / f"net{suffix}", XML[suffix].format("&secret;"), "undefined entity at line 1, column")


@each_xml
def test_xml_that_nests_without_end(tmp_path, suffix):
    assert_refused(tmp_path / f"net{suffix}", "<a>" * 100_000, "line 1: nested more than 100 levels deep")
    nested = XML[suffix].format("a").replace("/>", ">" + "<b>" * 100_000 + "</b>" * 100_000 + "</node>")
    assert_refused(tmp_path / f"net{suffix}", nested, "nested more than 100 levels deep")


@each_xml
@pytest.mark.parametrize("encoding", ["utf-7", "idna", "hex", "zip", "nonsense", "utf-32", "punycode", "cp037"])
def test_encodings_that_are_none(tmp_path, suffix, encoding):
    head = f'<?xml version="1.0" encoding="{encoding}"?>\n'
    assert_refused(tmp_path / f"net{suffix}", head + XML[suffix].format("\xe9"), "not G")


def test_gml_and_json_that_nest_without_end(tmp_path):
    assert_refused(tmp_path / "net.gml", "graph [ " * 100_000, "line 1: nested more than 100 levels deep")
    assert_refused(tmp_path / "net.json", '{"nodes": ' + "[" * 100_000, "nested too deeply")


@pytest.mark.parametrize("name", ["net.csv", "net.graphml", "net.gml", "net.gexf"])
def test_a_name_that_nests_without_end_is_a_text(tmp_path, name):
    path = tmp_path / name
    gn.write_graph(gn.graphs.elman(1, 1, 1), path)
    deep = "[" * 50_000 + "]" * 50_000
    path.write_text(
        path.read_text().replace("input,0]", f"input,0]{deep}").replace('""input"",0]', f'""input"",0]{deep}')
    )
    with little(), suppress(gn.DataError):
        gn.read_graph(path)


NODES = '<nodes count="1000000000"><node id="a"/></nodes>'


def test_counts_that_a_file_claims_take_no_memory(tmp_path):
    gexf = f'<gexf><graph defaultedgetype="directed">{NODES}<edges count="4000000000"/></graph></gexf>'
    graphml = (
        '<graphml><graph edgedefault="directed" parse.nodes="1000000000" parse.edges="9999999999"><node id="a"/>'
        "</graph></graphml>"
    )
    for name, content in (("net.gexf", gexf), ("net.graphml", graphml)):
        (tmp_path / name).write_text(content)
        with little():
            assert list(gn.read_graph(tmp_path / name)) == ["a"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("1000000000 1000000000 3\n1 1 1\n", "1000000000 rows are more than a file of"),
        ("3 3 4000000000\n1 1 1\n", "1 entries, and its header says 4000000000"),
        ("-3 3 1\n1 1 1\n", "line 2: the size of the matrix is 3 whole numbers"),
        ("9999999999999999999999 3 1\n1 1 1\n", "the size of the matrix"),
        ("3 4 1\n1 1 1\n", "the matrix has shape (3, 4): it is (n, n)"),
        (
            "3 3 2\n0 1 1\n1 4 1\n",
            "2 problems in the file:\n  - line 3: '0' is not a row or column from 1 to 3\n  - line 4: '4'",
        ),
        ("3 3 1\n1 1 1_0\n", "line 3: '1_0' is not a number"),
        ("3 3 1\n1 1\n", "line 3: 2 numbers, not 3"),
        # SciPy's own reader ends the process here
        ("1 1 1\n1 1 5E", "line 3: '5E' is not a number"),
        ("", "line 1: the size of the matrix is 3 whole numbers"),
    ],
)
def test_matrix_market_files_that_lie(tmp_path, content, says):
    assert_refused(tmp_path / "w.mtx", f"%%MatrixMarket matrix coordinate real general\n{content}", says)


@pytest.mark.parametrize(
    ("head", "says"),
    [
        ("hello", "not Matrix Market: it begins with '%%MatrixMarket matrix ...'"),
        ("%%MatrixMarket matrix", "not Matrix Market"),
        ("%%MatrixMarket vector coordinate real general", "not Matrix Market"),
        ("%%MatrixMarket matrix coordinate complex general", "the field 'complex' is none of real"),
        ("%%MatrixMarket matrix sparse real general", "the layout 'sparse' is none of coordinate, array"),
        ("%%MatrixMarket matrix coordinate real odd", "the symmetry 'odd' is none of general"),
        ("%%MatrixMarket matrix array pattern general", "an array has numbers"),
    ],
)
def test_headers_of_matrix_market_that_are_none(tmp_path, head, says):
    assert_refused(tmp_path / "w.mtx", f"{head}\n1 1 1\n1 1 1\n", says)


def parts(**changes):
    matrix = sparse.csr_array(np.eye(3))
    arrays = {"data": matrix.data, "indices": matrix.indices, "indptr": matrix.indptr}
    arrays |= {"format": np.array(b"csr"), "shape": np.array([3, 3])}
    return {name: array for name, array in {**arrays, **changes}.items() if array is not None}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"shape": np.array([10**9, 10**9])}, "1000000000 rows are more than a file of"),
        (
            {"shape": np.array([10**9, 10**9]), "format": np.array(b"coo"), "row": np.arange(3), "col": np.arange(3)},
            "rows are",
        ),
        ({"shape": np.array([3, 4])}, "the matrix has shape (3, 4)"),
        ({"shape": np.array([-3, -3])}, "the matrix has shape (-3, -3)"),
        ({"shape": np.array([3.0, 3.0])}, "array 'shape' is float64"),
        ({"shape": np.array(3)}, "array 'shape' is int64 of shape ()"),
        ({"indices": np.array([0, 1, 3], np.int32)}, "its arrays are no sparse matrix"),
        ({"indices": np.array([0, -1, 2], np.int32)}, "its arrays are no sparse matrix"),
        ({"indptr": np.array([0, 5, 2, 3], np.int32)}, "its arrays are no sparse matrix"),
        ({"indptr": np.array([0, 1, 2, 2**31 - 1], np.int32)}, "its arrays are no sparse matrix"),
        ({"indptr": np.array([0.0, 1, 2, 3])}, "places are not whole numbers"),
        ({"indices": None}, "a sparse matrix in format csr without its array 'indices'"),
        ({"format": np.array(b"xyz")}, "in format 'xyz', which is none of csr"),
        ({"format": np.array(5)}, "in format ''"),
        ({"format": None}, "there is no array 'format'"),
        ({"data": np.ones(3, complex)}, "array 'data' is complex128, not real numbers"),
        ({"data": np.ones((3, 2))}, "its arrays are no sparse matrix"),
        ({"format": np.array(b"dia"), "offsets": np.array([10**12])}, "its arrays are no sparse matrix"),
    ],
)
def test_sparse_matrices_whose_arrays_do_not_fit(tmp_path, changes, says):
    write_arrays(tmp_path / "w.npz", parts(**changes))
    assert_refused(tmp_path / "w.npz", (tmp_path / "w.npz").read_bytes(), says)


def test_drawings_and_data_are_told_apart(tmp_path):
    write_arrays(tmp_path / "data.npz", {"x": np.zeros((1, 1, 1)), "y": np.zeros((1, 1, 1))})
    with pytest.raises(gn.DataError, match=r"it is data, which graphnet\.io\.read_data reads"):
        gn.read_graph(tmp_path / "data.npz")
    write_arrays(tmp_path / "w.npz", parts())
    with pytest.raises(gn.DataError, match=r"it is a sparse matrix, which graphnet\.read_graph reads"):
        gn.io.read_data(tmp_path / "w.npz")


def test_a_million_parallel_edges_do_not_take_the_square_of_it(tmp_path):
    """Keys that are numbers in the way of those that are given out."""
    lines = [f"a,a,{key}" for key in range(20_000, 40_000)] + ["a,a,"] * 40_000
    (tmp_path / "net.csv").write_text("source,target,key\n" + "\n".join(lines))
    with little():
        graph = gn.read_graph(tmp_path / "net.csv")
    assert graph.number_of_edges() == 60_000


# --- broken files, format by format ----------------------------------------------------------------------------------


def graphml(inside, keys="", default="directed"):
    return f'<graphml>{keys}<graph edgedefault="{default}">\n{inside}</graph></graphml>'


AB = '<node id="a"/><node id="b"/>'
KEY = '<key id="k" for="{}" attr.name="{}" attr.type="{}"/>'


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "the file is empty"),
        (" \n", "the file is empty"),
        ("graph {}", "not GraphML: syntax error at line 1, column 1"),
        ("<graphml>", "not GraphML: no element found at line 1, column 10"),
        ("<gexf/>", "not GraphML: the outermost element is <gexf>, not <graphml>"),
        ("<graphml/>", "it holds 0 graphs"),
        ("<graphml><graph/><graph/></graphml>", "it holds 2 graphs"),
        (graphml(AB, default="undirected"), "the graph is undirected: its edges are 'undirected'"),
        (graphml(AB + '<edge source="a" target="b" directed="false"/>'), "line 2: the edge is undirected"),
        (graphml('<node id="a"/>\n<node id="a"/>'), "line 3: node 'a' occurs twice"),
        (graphml("<node/>"), "line 2: a <node> without an id"),
        (graphml(AB + '<edge source="a"/>'), "line 2: an <edge> without source and target"),
        (graphml(AB + '<edge source="a" target="c"/>'), "line 2: edge ('a', 'c'): 'c' not among the nodes"),
        (graphml("<hyperedge/>"), "line 2: <hyperedge>: no network is nested"),
        (graphml('<node id="a"><graph/></node>'), "line 2: <graph>: no network is nested"),
        (
            graphml(AB.replace("/>", '><data key="q">1</data></node>', 1)),
            "line 2: Bad GraphML data: no key q",
        ),
        (
            graphml('<node id="a"><data key="k">big</data></node>', KEY.format("node", "bias", "double")),
            "line 2: could not convert string to float: 'big'",
        ),
        (
            graphml(f'<node id="a"><data key="k">{"9" * 5000}</data></node>', KEY.format("node", "onset", "int")),
            "line 2: a whole number of more than 4300 digits",
        ),
        (
            graphml(
                '<node id="a"><data key="k">1</data><data key="k">2</data></node>', KEY.format("node", "bias", "int")
            ),
            "line 2: an attribute of the <node> occurs twice",
        ),
        (graphml("", KEY.format("node", "a", "int") * 2), "line 1: the id of a <key> 'k' occurs twice"),
        (graphml('<data key="k">9</data>', KEY.format("graph", "graphnet", "string")), "its mark 'graphnet' is '9'"),
    ],
)
def test_graphml_that_is_no_drawing(tmp_path, content, says):
    assert_refused(tmp_path / "net.graphml", content, says)


def gexf(inside, attributes="", kind="directed"):
    return f'<gexf><graph defaultedgetype="{kind}">{attributes}\n{inside}</graph></gexf>'


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("<graphml/>", "not GEXF: the outermost element is <graphml>, not <gexf>"),
        ("<gexf/>", "it holds 0 graphs"),
        (gexf("", kind="undirected"), "the graph is undirected: its edges are 'undirected'"),
        ("<gexf><graph/></gexf>", "the graph is undirected: it does not say"),
        (gexf("").replace("<graph ", '<graph mode="dynamic" '), "line 1: the graph is dynamic"),
        (gexf("<nodes><node/></nodes>"), "line 2: a <node> without an id"),
        (gexf('<nodes><node id="a"><nodes/></node></nodes>'), "line 2: nodes inside a node"),
        (gexf(f'<nodes>{AB}</nodes><edges><edge source="a"/></edges>'), "line 2: an <edge> without source and target"),
        (
            gexf(f'<nodes>{AB}</nodes><edges><edge source="a" target="b" type="mutual"/></edges>'),
            "line 2: the edge is undirected",
        ),
        (
            gexf('<nodes><node id="a"><attvalues><attvalue for="0"/></attvalues></node></nodes>'),
            "line 2: No attribute defined for=0",
        ),
        ("<gexf><meta><creator>graphnet Tree</creator></meta>" + gexf("")[6:], "its mark 'graphnet' is 'Tree'"),
        ("<gexf><meta><creator>graphnet DiGraph</creator></meta>" + gexf("")[6:], "its description is not the object"),
    ],
)
def test_gexf_that_is_no_drawing(tmp_path, content, says):
    assert_refused(tmp_path / "net.gexf", content, says)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "the file is empty"),
        ("hello", "not GML: line 2: expected an int, float, string or '[', found EOF"),
        ("graph [", "not GML: line 2: expected ']', found EOF"),
        ("graph [ ] ]", "not GML: line 1: expected EOF, found ']'"),
        ("graph [\n directed directed ]", "not GML: line 2: expected an int, float, string or '[', found 'directed'"),
        ('graph [ name "cut', "not GML: line 1: a text does not end"),
        (f"graph [ directed {'9' * 5000} ]", "not GML: a whole number of more than 4300 digits"),
        ("a 1", "not GML: input contains no graph"),
        ("graph [ ]", "the graph is undirected: it does not say 'directed 1'"),
        ("graph [ directed 1 graphnet 5 node [ ] ]", "not GML: node #0 has no 'id' attribute"),
        (
            "graph [ directed 1\nnode [ id 1 id 2 ] ]",
            "not GML: an id, or an end of an edge, that is a record",
        ),
        (
            "graph [ directed 1\nnode [ id [ ] ] ]",
            "not GML: an id, or an end of an edge, that is a record",
        ),
        ("graph [ directed 1\nnode [ id 1 ]\nnode [ id 1 ] ]", "not GML: node id 1 is duplicated"),
        ("graph [ directed 1 node [ id 1 ]\nedge [ source 1 ] ]", "not GML: edge #0 has no 'target' attribute"),
        ("graph [ directed 1 node [ id 1 ]\nedge [ source 1 target 2 ] ]", "not GML: edge #0 has undefined target 2"),
        ('graph [ directed 1 graphnet "Tree" ]', "its mark 'graphnet' is 'Tree'"),
    ],
)
def test_gml_that_is_no_drawing(tmp_path, content, says):
    assert_refused(tmp_path / "net.gml", content, says)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "the file is empty"),
        ("\n\n", "the file is empty"),
        (b"source,target\n\xff,b\n", "line 2: byte 14 is not UTF-8 text"),
        ("source,target\na\0,b\n", "line 2: a NUL character"),
        ("Source,target\na,b\n", "there is no column 'source': rename 'Source'"),
        ("a,b\n1,2\n", "2 problems in the file:\n  - there is no column 'source'; it has 'a', 'b'"),
        ("source;target\na;b\n", "not by ';'"),
        ("source,target,w,w\na,b,1,2\n", "the header names column 'w' twice"),
        ("source,target,\na,b,1\n", "column 3 of the header has no name"),
        (
            "source,target\na,b,c\n\nd\n",
            "2 problems in the file:\n  - line 2: 3 cells, and the header has 2\n  - line 4: 1 cell",
        ),
        ('source,target\n"a,b\n', "line 2: unexpected end of data"),
        ('source,target\n"a"b,c\n', "line 2: ',' expected after '\"'"),
        (f"source,target\n{'a' * 140_000},b\n", "line 2: field larger than field limit (131072)"),
        ("source,target\na,\n", "line 2: an edge without target"),
        ("source,target\na,b\na,b\n", "line 3: edge ('a', 'b') occurs twice: parallel synapses need a column 'key'"),
        ("source,target,key\na,b,1\na,b,1\n", "line 3: edge ('a', 'b', 1) occurs twice"),
        ("source,target\na,null\n", "None cannot be a node"),
    ],
)
def test_edge_lists_that_are_no_drawing(tmp_path, content, says):
    assert_refused(tmp_path / "net.csv", content, says)


@pytest.mark.parametrize(
    ("nodes", "says"),
    [
        ("name\na\n", "there is no column 'node'; it has 'name'"),
        ("node\na\na\n", "line 3: node 'a' occurs twice"),
        ("node,bias\na,1\n,2\n", "line 3: a node without a name"),
        ("", "the file is empty"),
    ],
)
def test_tables_of_nodes_that_are_none(tmp_path, nodes, says):
    (tmp_path / "net.csv").write_text("source,target\na,a\n")
    (tmp_path / "net.nodes.csv").write_text(nodes)
    with pytest.raises(gn.DataError) as caught:
        gn.read_graph(tmp_path / "net.csv")
    assert str(caught.value).startswith(f"{tmp_path / 'net.nodes.csv'}: ")
    assert says in str(caught.value)


def test_an_edge_of_a_node_that_the_table_beside_does_not_have(tmp_path):
    (tmp_path / "net.nodes.csv").write_text("node\na\n")
    says = "line 2: edge ('a', 'b'): 'b' not among the nodes of net.nodes.csv, which has to list each"
    assert_refused(tmp_path / "net.csv", "source,target\na,b\n", says)


def test_an_object_of_json_that_says_a_name_twice(tmp_path):
    content = '{"directed": true, "nodes": [{"id": "a", "bias": 1, "bias": 2}], "edges": []}'
    assert_refused(tmp_path / "net.json", content, 'not JSON: an object says "bias" twice')


@pytest.mark.parametrize("suffix", [".graphml", ".gml", ".gexf", ".csv", ".mtx", ".npz"])
@pytest.mark.parametrize("tenths", [1, 4, 7, 9])
def test_cut_short(tmp_path, suffix, tenths):
    path = tmp_path / f"net{suffix}"
    gn.write_graph(gn.graphs.from_matrix(np.eye(6) / 3).to_networkx(), path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * tenths // 10])
    if suffix == ".csv" and tenths > 1:
        # rows of text are whole in themselves, and the last is cut
        graph = None
        with suppress(gn.DataError):
            graph = gn.read_graph(path)
        assert graph is None or graph.number_of_edges() < 6
        return
    with pytest.raises(gn.DataError) as caught:
        gn.read_graph(path)
    assert str(caught.value).startswith(str(tmp_path / "net"))


def test_losses_are_warnings_and_no_errors_of_data():
    assert issubclass(LossWarning, UserWarning)
    assert not issubclass(LossWarning, ValueError)
