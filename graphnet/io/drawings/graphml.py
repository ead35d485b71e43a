"""Drawings as GraphML, which yEd, Gephi, Cytoscape, igraph and networkx read and write.

The graph's own attribute ``graphnet`` (``DiGraph`` or ``MultiDiGraph``) marks our own files: names in them are spelt,
so that ``["hidden",0]`` is a tuple again, and the id of an edge is its key.  In files of others an id is a str, letter
by letter, and parallel edges make a MultiDiGraph, with the edges' ids for keys.
"""

from __future__ import annotations

import os
from typing import Any

import networkx as nx
from networkx.readwrite.graphml import GraphMLReader, GraphMLWriter

from ..atomic import written_whole
from ..problems import refuse
from .loss_warning import warn_of_loss
from .mark import MARK, mark_of, read_mark
from .spelling import spell_title
from .through_networkx import broken, flatten, not_in
from .xml_elements import KeepsElements, check_ids, draw, only_graph, prepare, type_in_networkx
from .xml_tree import Element, read_xml

_NAMES_OF_NETWORKX = {"graph": ("id", "node_default", "edge_default"), "node": (), "edge": ("key",)}
_OF_GRAPH = ("id", "edgedefault", "parse.nodes", "parse.edges", "parse.nodeids", "parse.edgeids", "parse.order")


class _Reader(KeepsElements, GraphMLReader):  # type: ignore[misc] # networkx has no types
    NS_GRAPHML = ""

    def __init__(self) -> None:
        KeepsElements.__init__(self)
        GraphMLReader.__init__(self, node_type=str, edge_key_type=str, force_multigraph=True)

    def decode_data_elements(self, keys: dict[str, Any], element: Element) -> dict[str, Any]:
        n_given = len(element.all("data"))
        return self.keep(element, n_given, lambda: GraphMLReader.decode_data_elements(self, keys, element))


def read_graphml(path: str | os.PathLike[str]) -> nx.DiGraph:
    """Read GraphML.

    What is no attribute (shapes and colours of yEd, descriptions) is left out with a LossWarning.

    Raises
    ------
    DataError
        If it is no such file, holds more than one graph, or its graph is undirected, nested or has hyperedges.
    """
    root = read_xml(path, "graphml", "GraphML")
    graph = only_graph(path, root)
    problems = [
        f"{inner.where}<{inner.tag}>: no network is nested or has hyperedges"
        for element in (graph, *graph)
        for inner in element
        if inner.tag in ("graph", "hyperedge", "port")
    ]
    left_out = _remove_what_is_no_attribute(root, graph)
    graph.set_aside(*_OF_GRAPH)
    problems += prepare(graph, graph.all("node"), graph.all("edge"), "edgedefault", "directed")
    problems += check_ids("the id of a <key>", root.all("key"))
    for key in root.all("key"):
        key.attrib.pop("yfiles.type", None)
        key.attrib.setdefault("attr.name", key.get("id", ""))
        key.set("attr.type", type_in_networkx(key.get("attr.type")))
        for default in key.all("default"):
            default.text = default.text or ""
    reader = _Reader()
    with broken(not_in(path, "GraphML")):
        keys, defaults = reader.find_graphml_keys(root)
        found = reader.make_graph(graph, keys, {})
        own = {owner: _defaults(keys, defaults, owner) for owner in ("graph", "node", "edge")}
    said = own["graph"] | found.graph["said"]
    mark = read_mark([said.pop(MARK)] if MARK in said else [], problems)
    refuse(path, problems + reader.problems)
    builder = draw(found, graph.beside | said, own, "key", mark, f"{MARK}='MultiDiGraph' on the graph")
    refuse(path, builder.problems)
    warn_of_loss(path, "what is no attribute is left out", sorted(left_out))
    return builder.graph


def _remove_what_is_no_attribute(root: Element, graph: Element) -> set[str]:
    removed = root.remove_others(("graph", "key"))
    for element in (graph, *graph):
        removed |= element.remove_others(("data", "node", "edge"))
        removed |= {f"<{part.tag}> in <data> of <{element.tag}>" for data in element.all("data") for part in data}
        element[:] = [inner for inner in element if inner.tag != "data" or not len(inner)]
    return removed


def _defaults(keys: dict[str, Any], defaults: dict[str, Any], owner: str) -> dict[str, Any]:
    """Return the values by default; networkx collects those of nodes and edges, and has none for ``all``."""
    return {keys[id]["name"]: value for id, value in defaults.items() if (keys[id]["for"] or "all") in (owner, "all")}


def write_graphml(graph: nx.DiGraph, path: str | os.PathLike[str]) -> None:
    """Write GraphML.

    Raises
    ------
    GraphError
        With every name and attribute that it cannot hold.
    """

    def title(kind: str, name: str) -> str:
        return spell_title(name, _NAMES_OF_NETWORKX[kind])

    flat = flatten(graph, "GraphML", title, of_graph=(MARK,))
    flat.graph[MARK] = mark_of(graph)
    with written_whole(path) as temporary, temporary.open("xb") as file:
        GraphMLWriter(flat).dump(file)
