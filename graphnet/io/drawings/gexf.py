"""Drawings as GEXF, which Gephi and networkx read and write.

The file's ``creator``, ``graphnet DiGraph`` or ``graphnet MultiDiGraph``, marks our own files: names in them are spelt,
and ``description`` has the attributes of the graph itself as JSON, since GEXF has no other place for them.  In files of
others an id is a str, letter by letter, and parallel edges make a MultiDiGraph, with the edges' ids for keys.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from types import NoneType
from typing import Any
from xml.etree.ElementTree import SubElement

import networkx as nx
from networkx.readwrite.gexf import GEXFReader, GEXFWriter

from ..atomic import written_whole
from ..json_values import encode_value
from ..problems import refuse
from .loss_warning import warn_of_loss
from .mark import MARK, mark_of, read_mark
from .spelling import read_value, spell, spell_title
from .through_networkx import broken, flatten, not_in
from .xml_elements import KeepsElements, check_ids, draw, only_graph, prepare, type_in_networkx
from .xml_tree import Element, read_xml

_KEY = "networkx_key"
_OF_BOTH = ("id", "label", "start", "end", "slices", "spells", "viz")
_NAMES_OF_NETWORKX = {"graph": (), "node": (*_OF_BOTH, "pid", "parents"), "edge": (*_OF_BOTH, "type", "key", _KEY)}


class _Reader(KeepsElements, GEXFReader):  # type: ignore[misc] # networkx has no types
    def __init__(self) -> None:
        KeepsElements.__init__(self)
        GEXFReader.__init__(self)
        self.NS_GEXF = ""
        # as R writes them
        self.convert_bool: dict[Any, bool] = {**GEXFReader.convert_bool, "TRUE": True, "FALSE": False}

    def decode_attr_elements(self, keys: dict[str, Any], element: Element) -> dict[str, Any]:
        n_given = len(element.all("attvalues/attvalue"))
        return self.keep(element, n_given, lambda: GEXFReader.decode_attr_elements(self, keys, element))


def read_gexf(path: str | os.PathLike[str]) -> nx.DiGraph:
    """Read GEXF.

    The weight that GEXF keeps on an edge is the synapse's; an edge without one has its weight open.  What is no
    attribute (positions and colours of Gephi) is left out with a LossWarning.

    Raises
    ------
    DataError
        If it is no such file, or its graph is undirected, dynamic or a hierarchy.
    """
    root = read_xml(path, "gexf", "GEXF")
    graph = only_graph(path, root)
    for tag in ("nodes", "edges"):
        for other in graph.all(tag)[1:]:
            # networkx reads the first only
            graph.all(tag)[0].extend(other)
            graph.remove(other)
    nodes, edges = graph.all("nodes/node"), graph.all("edges/edge")
    problems = [*_find_problems(graph, nodes), *prepare(graph, nodes, edges, "defaultedgetype", "type")]
    left_out = graph.remove_others(("attributes", "nodes", "edges"))
    for element in (*nodes, *edges):
        left_out |= element.remove_others(("attvalues",))
    meta = {part.tag: part.text or "" for part in root.all("meta/*")}
    creator, _, kind = meta.get("creator", "").partition(" ")
    mark = read_mark([kind] if creator == MARK else [], problems)
    for element in (*nodes, *edges):
        # a label that repeats the id is not information
        if mark or (element.tag == "node" and element.beside.get("label") == element.get("id")):
            element.beside.pop("label", None)
    _prepare_attributes(graph, problems)
    attributes: Any = read_value(meta.get("description", "")) if mark else meta
    if not isinstance(attributes, dict):
        problems.append("its description is not the object of the graph's attributes that graphnet writes there")
    refuse(path, problems)
    reader = _Reader()
    with broken(not_in(path, "GEXF")):
        found = reader.make_graph(graph)
    refuse(path, reader.problems)
    defaults = {owner: found.graph.get(f"{owner}_default", {}) for owner in ("node", "edge")}
    builder = draw(found, {}, defaults, _KEY, mark, f"the creator '{MARK} MultiDiGraph'")
    builder.graph.graph.update(attributes)
    refuse(path, builder.problems)
    warn_of_loss(path, "what is no attribute is left out", sorted(left_out))
    return builder.graph


def _find_problems(graph: Element, nodes: list[Element]) -> Iterator[str]:
    if graph.get("mode", "static") != "static":
        yield f"{graph.where}the graph is dynamic, and a network is not; export it without its timeline"
    for node in nodes:
        for inner in (*node.all("nodes"), *node.all("edges")):
            yield f"{inner.where}nodes inside a node: no network is a hierarchy"


def _prepare_attributes(graph: Element, problems: list[str]) -> None:
    """Give the attributes types that networkx knows, and ids that it does not use itself."""
    for owner in ("node", "edge"):
        tables = [table for table in graph.all("attributes") if table.get("class", "node") == owner]
        attributes = [attribute for table in tables for attribute in table.all("attribute")]
        problems += check_ids(f"the id of an <attribute> of {owner}s", attributes)
        for table in tables:
            table.attrib.update({"class": owner, "mode": "static"})
        for attribute in attributes:
            attribute.attrib.setdefault("title", attribute.get("id", ""))
            attribute.set("type", type_in_networkx(attribute.get("type")))
            attribute.set("id", _id_for_networkx(attribute.get("id", "")))
            for default in attribute.all("default"):
                default.text = default.text or ""
    for value in graph.iter("attvalue"):
        value.set("for", _id_for_networkx(value.get("for", value.get("id", ""))))
        value.attrib.setdefault("value", "")


def _id_for_networkx(id: str) -> str:
    return f"id {id}" if id == "weight" else id


def write_gexf(graph: nx.DiGraph, path: str | os.PathLike[str]) -> None:
    """Write GEXF 1.2.

    Raises
    ------
    GraphError
        With every name and attribute that it cannot hold.
    """

    def title(kind: str, name: str) -> str:
        return spell_title(name, _NAMES_OF_NETWORKX[kind])

    flat = flatten(graph, "GEXF", title)
    flat.graph.clear()
    for *_, said in flat.edges(data=True):
        # networkx makes it the weight of GEXF, for Gephi to find, and that is a number
        if type(said.get("weight")) not in (int, float, NoneType):
            said[json.dumps("weight")] = said.pop("weight")
    _make_columns([said for _, said in flat.nodes(data=True)])
    _make_columns([said for *_, said in flat.edges(data=True)])
    writer = GEXFWriter(flat)
    meta = writer.xml.find("meta")
    meta.attrib.clear()
    meta.find("creator").text = f"{MARK} {mark_of(graph)}"
    SubElement(meta, "description").text = json.dumps(encode_value(dict(graph.graph)), separators=(",", ":"))
    with written_whole(path) as temporary, temporary.open("xb") as file:
        writer.write(file)


def _make_columns(records: list[dict[str, Any]]) -> None:
    """Make text of the attributes whose values are not all of one type: networkx declares only the first."""
    types: dict[str, set[type]] = {}
    for said in records:
        for title, value in said.items():
            types.setdefault(title, set()).add(type(value))
    for said in records:
        for title, value in said.items():
            if len(types[title]) > 1 and title != "weight" and not isinstance(value, str):
                said[title] = spell(value)
