"""Drawings that other programs wrote: ids letter by letter, numbers by the language, and nothing lost in silence."""

from __future__ import annotations

import networkx as nx
import pytest

import graphnet as gn
from graphnet.io import LossWarning

from ..files import gated_drawing

WRITERS = {".graphml": nx.write_graphml, ".gml": nx.write_gml, ".gexf": nx.write_gexf}
READERS = {".graphml": nx.read_graphml, ".gml": nx.read_gml, ".gexf": nx.read_gexf}
each = pytest.mark.parametrize("suffix", WRITERS)


def plain_drawing(kind=nx.DiGraph):
    """Names and values that every format has a word for."""
    graph = kind()
    graph.add_node("x", role="input")
    graph.add_node("h", bias=0.25, layer=1, cell="Kenyon")
    graph.add_node("y", role="output")
    graph.add_edge("x", "h", weight=0.5, delay=2)
    graph.add_edge("h", "h", weight=-1.0, gate="x")
    graph.add_edge("h", "y", weight=3.0)
    return graph


def without(graph, *names):
    """The drawing without attributes that a format adds."""
    for said in (graph.graph, *dict(graph.nodes).values(), *(said for *_, said in graph.edges(data=True))):
        for name in names:
            said.pop(name, None)
    return graph


def same(one, other):
    return (
        type(one) is type(other)
        and dict(one.nodes(data=True)) == dict(other.nodes(data=True))
        and sorted(one.edges(data=True), key=repr) == sorted(other.edges(data=True), key=repr)
    )


@each
def test_what_networkx_writes_is_read(tmp_path, suffix):
    graph = plain_drawing()
    graph.edges["x", "h"]["trainable"] = False
    WRITERS[suffix](graph, tmp_path / f"net{suffix}")
    found = without(gn.read_graph(tmp_path / f"net{suffix}"), "id")
    # also from GML, which has no booleans: False is 0 there
    assert found.edges["x", "h"]["trainable"] is False
    assert same(found, graph)
    assert gn.compile(found, seed=0).n_edges == 3


@each
def test_what_networkx_writes_of_parallel_edges_is_read(tmp_path, suffix):
    graph = plain_drawing(nx.MultiDiGraph)
    graph.add_edge("x", "h", weight=0.25)
    WRITERS[suffix](graph, tmp_path / f"net{suffix}")
    found = gn.read_graph(tmp_path / f"net{suffix}")
    assert found.is_multigraph()
    weights = [said["weight"] for u, v, said in found.edges(data=True) if (u, v) == ("x", "h")]
    assert weights == [0.5, 0.25]


@each
@pytest.mark.parametrize("kind", [nx.DiGraph, nx.MultiDiGraph])
def test_what_we_write_networkx_reads(tmp_path, suffix, kind):
    graph = plain_drawing(kind)
    gn.write_graph(graph, tmp_path / f"net{suffix}")
    found = READERS[suffix](tmp_path / f"net{suffix}")
    found = kind(found)  # it reads a DiGraph where nothing is parallel
    added = {"graphnet", "label", "id", "key", "mode", "edge_default", "node_default"}
    assert same(without(found, *added), graph)


@each
def test_ids_of_others_are_texts_letter_by_letter(tmp_path, suffix):
    graph = nx.DiGraph([("1", "007"), ("007", '["hidden",0]'), ("true", "null")])
    WRITERS[suffix](graph, tmp_path / f"net{suffix}")
    assert list(gn.read_graph(tmp_path / f"net{suffix}")) == list(graph)


def write(path, text):
    path.write_text(text.strip() + "\n")
    return path


YED = """
<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns" xmlns:y="http://www.yworks.com/xml/graphml"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns x">
  <key attr.name="bias" attr.type="string" for="node" id="d4"/>
  <key attr.name="layer" attr.type="int" for="node" id="d5"><default>1</default></key>
  <key for="node" id="d6" yfiles.type="nodegraphics"/>
  <key attr.name="weight" attr.type="double" for="edge" id="d8"/>
  <key attr.name="trainable" attr.type="string" for="edge" id="d9"/>
  <graph edgedefault="directed" id="G">
    <desc>by hand</desc>
    <node id="n0"><data key="d4">0.5</data><data key="d6"><y:ShapeNode><y:Fill color="#F"/></y:ShapeNode></data></node>
    <node id="n1"><data key="d5">2</data></node>
    <edge id="e0" source="n0" target="n1" sourceport="north">
      <data key="d8">1.5</data><data key="d9">False</data>
    </edge>
  </graph>
</graphml>
"""


def test_yed(tmp_path):
    path = write(tmp_path / "net.graphml", YED)
    with pytest.warns(LossWarning) as caught:
        graph = gn.read_graph(path)
    assert caught[0].message.dropped == ["<ShapeNode> in <data> of <node>", "<desc> in <graph>"]
    assert dict(graph.nodes(data=True)) == {"n0": {"bias": 0.5, "layer": 1}, "n1": {"layer": 2}}
    assert list(graph.edges(data=True)) == [
        ("n0", "n1", {"id": "e0", "sourceport": "north", "weight": 1.5, "trainable": False})
    ]


GEPHI = """
<?xml version='1.0' encoding='UTF-8'?>
<gexf xmlns="http://gexf.net/1.3" version="1.3" xmlns:viz="http://gexf.net/1.3/viz">
  <meta lastmodifieddate="2024-01-01"><creator>Gephi 0.10.1</creator><title>mine</title></meta>
  <graph defaultedgetype="directed" idtype="string" mode="static">
    <attributes class="node" mode="static"><attribute id="bias" title="bias" type="float"/></attributes>
    <attributes class="edge" mode="static">
      <attribute id="delay" title="delay" type="integer"><default>3</default></attribute>
    </attributes>
    <nodes count="2">
      <node id="0" label="ASEL">
        <attvalues><attvalue for="bias" value="0.5"/></attvalues><viz:size value="10.0"/><viz:position x="1" y="2"/>
      </node>
      <node id="1" label="1"/>
    </nodes>
    <edges count="3">
      <edge id="7" source="0" target="1" weight="2.5"><attvalues><attvalue for="delay" value="1"/></attvalues></edge>
      <edge id="8" source="1" target="0" type="directed"/>
      <edge id="9" source="1" target="0" label="second"/>
    </edges>
  </graph>
</gexf>
"""


def test_gephi(tmp_path):
    with pytest.warns(LossWarning) as caught:
        graph = gn.read_graph(write(tmp_path / "net.gexf", GEPHI))
    assert caught[0].message.dropped == ["<position> in <node>", "<size> in <node>"]
    assert graph.graph == {"creator": "Gephi 0.10.1", "title": "mine"}
    assert dict(graph.nodes(data=True)) == {"0": {"label": "ASEL", "bias": 0.5}, "1": {}}
    assert list(graph.edges(keys=True, data=True)) == [
        ("0", "1", 7, {"weight": 2.5, "delay": 1}),
        ("1", "0", 8, {"delay": 3}),
        ("1", "0", 9, {"label": "second", "delay": 3}),
    ]


CYTOSCAPE = """
Creator "Cytoscape"
Version 1.0
# a comment [
graph [
  directed 1
  node [ id 10 label "&#945;-cell &amp; co" graphics [ x -1.5 y +2.0 type "ellipse" ] bias "0.5" ]
  node [ id 11 label "b"
    tags "one"   tags "two" ]
  edge [ source 10 target 11 weight 1 trainable "false" ]
]
"""


def test_cytoscape(tmp_path):
    graph = gn.read_graph(write(tmp_path / "net.gml", CYTOSCAPE))
    assert dict(graph.nodes(data=True)) == {
        "α-cell & co": {"graphics": {"x": -1.5, "y": 2.0, "type": "ellipse"}, "bias": 0.5},
        "b": {"tags": ["one", "two"]},
    }
    assert list(graph.edges(data=True)) == [("α-cell & co", "b", {"weight": 1, "trainable": False})]


def test_gml_whose_labels_do_not_tell_nodes_apart_has_ids(tmp_path):
    text = 'graph [ directed 1 node [ id 0 label "a" ] node [ id 1 label "a" ] edge [ source 0 target 1 ] ]'
    graph = gn.read_graph(write(tmp_path / "net.gml", text))
    assert dict(graph.nodes(data=True)) == {0: {"label": "a"}, 1: {"label": "a"}}
    assert list(graph.edges) == [(0, 1)]


def test_an_edge_list_by_hand(tmp_path):
    write(
        tmp_path / "net.csv",
        "\ufeffsource, target,weight,trainable,cell type\na, b,.5,True,x\n\nb,7,+1e-3,,\n7,007,2,0,\n",
    )
    graph = gn.read_graph(tmp_path / "net.csv")
    assert list(graph) == ["a", "b", 7, "007"]
    assert list(graph.edges(data=True)) == [
        ("a", "b", {"weight": 0.5, "trainable": True, "cell type": "x"}),
        ("b", 7, {"weight": 0.001}),
        (7, "007", {"weight": 2, "trainable": False}),
    ]
    assert graph.edges[7, "007"]["trainable"] is False


def test_an_edge_list_with_keys_has_parallel_edges_and_counts_those_without(tmp_path):
    write(tmp_path / "net.csv", "source,target,key\na,b,first\na,b,\na,b,\na,b,5\na,b,\n")
    assert list(gn.read_graph(tmp_path / "net.csv").edges(keys=True)) == [
        ("a", "b", "first"),
        ("a", "b", 1),
        ("a", "b", 2),
        ("a", "b", 5),
        ("a", "b", 4),
    ]


def test_a_table_of_nodes_beside_edges(tmp_path):
    write(tmp_path / "net.csv", "source,target\na,b\n")
    write(tmp_path / "net.nodes.csv", "node,role,bias\nb,output,0.5\na,input,\nc,,1\n")
    graph = gn.read_graph(tmp_path / "net.csv")
    assert list(graph.nodes(data=True)) == [
        ("b", {"role": "output", "bias": 0.5}),
        ("a", {"role": "input"}),
        ("c", {"bias": 1}),
    ]


def test_names_in_a_file_of_ours_that_networkx_wrote_again_are_still_spelt(tmp_path):
    """Whoever reads and writes the whole of a file keeps our mark on it."""
    path = tmp_path / "net.graphml"
    gn.write_graph(gated_drawing(), path)
    nx.write_graphml(nx.read_graphml(path, force_multigraph=True, edge_key_type=str), path)
    found, graph = gn.read_graph(path), gated_drawing()
    assert list(found.nodes(data=True)) == list(graph.nodes(data=True))
    assert set(found.edges(keys=True)) == set(graph.edges(keys=True))


def test_gml_that_networkx_alone_reads_wrongly(tmp_path):
    """Exponents without a point, text of several lines, quotes in comments, names of Python, parallel edges."""
    text = """
    # 5" wide
    graph [ directed 1 _version 2
      node [ id 0 label "two
lines" self 1 bias 1e-05 ]
      node [ id 1 label "[]" key -2E3 node_for_adding "()" ]
      edge [ source 0 target 1 weight 1e2 key "left" u_for_edge 1.5e-3 ]
      edge [ source 0 target 1 weight .5 ]
    ]
    """
    graph = gn.read_graph(write(tmp_path / "net.gml", text))
    assert graph.graph == {"_version": 2}
    assert dict(graph.nodes(data=True)) == {
        "two\nlines": {"self": 1, "bias": 1e-05},
        "[]": {"key": -2000.0, "node_for_adding": "()"},
    }
    assert list(graph.edges(keys=True, data=True)) == [
        ("two\nlines", "[]", "left", {"weight": 100.0, "u_for_edge": 0.0015}),
        ("two\nlines", "[]", 1, {"weight": 0.5}),
    ]


def test_gml_that_says_that_it_may_have_parallel_edges(tmp_path):
    graph = gn.read_graph(write(tmp_path / "net.gml", "graph [ directed 1 multigraph 1 node [ id 7 ] ]"))
    assert graph.is_multigraph()
    assert (list(graph), graph.graph) == ([7], {})


def test_xml_that_networkx_alone_reads_wrongly(tmp_path):
    """Parts that occur twice, ids that networkx uses itself, types that it does not know, names of Python."""
    text = GEPHI.replace('id="bias" title="bias"', 'id="weight" title="self"').replace('for="bias"', 'for="weight"')
    text = text.replace('type="float"', 'type="bigdecimal"').replace('type="integer"', 'type="short"')
    text = text.replace("</nodes>", '</nodes><nodes><node id="2" label="2"/></nodes>')
    with pytest.warns(LossWarning):
        graph = gn.read_graph(write(tmp_path / "net.gexf", text))
    assert dict(graph.nodes(data=True)) == {"0": {"label": "ASEL", "self": 0.5}, "1": {}, "2": {}}
    assert graph.edges["0", "1", 7] == {"weight": 2.5, "delay": 1}
    text = YED.replace('attr.name="bias"', 'attr.name="self"').replace('attr.type="int"', 'attr.type="byte"')
    with pytest.warns(LossWarning):
        graph = gn.read_graph(write(tmp_path / "net.graphml", text.replace('for="node" id="d5"', 'for="all" id="d5"')))
    assert dict(graph.nodes(data=True)) == {"n0": {"self": "0.5", "layer": 1}, "n1": {"layer": 2}}


@pytest.mark.parametrize("value", ["true", "TRUE", "1"])
def test_booleans_of_gexf(tmp_path, value):
    text = GEPHI.replace('title="bias" type="float"', 'title="excites" type="boolean"').replace(
        'for="bias" value="0.5"', f'for="bias" value="{value}"'
    )
    with pytest.warns(LossWarning):
        assert gn.read_graph(write(tmp_path / "net.gexf", text)).nodes["0"]["excites"] is True


@each
def test_files_that_are_too_large_for_networkx_are_refused_before_they_are_read(tmp_path, suffix):
    path = tmp_path / f"net{suffix}"
    with path.open("wb") as file:
        file.truncate((1 << 30) + 1)
    with pytest.raises(gn.DataError, match=r"1073741825 bytes, and at most 1073741824 are read in this format"):
        gn.read_graph(path)
