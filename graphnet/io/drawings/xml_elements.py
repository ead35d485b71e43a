"""Nodes and edges in XML: what GraphML and GEXF have in common around the readers of networkx.

networkx merges nodes of one id, makes nodes that only edges name, and knows no lines.  So the elements are checked
before, and what networkx reads of each is kept beside the element itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import networkx as nx

from ...language.schema import EDGE_ATTRIBUTES, NODE_ATTRIBUTES
from .spelling import read_as, read_name, read_title
from .through_networkx import Edges, Nodes, broken
from .xml_tree import Element

_TYPES = {
    **dict.fromkeys(("int", "integer", "long", "short", "byte", "biginteger"), "long"),
    **dict.fromkeys(("float", "double", "bigdecimal"), "double"),
    "boolean": "boolean",
}


def type_in_networkx(type: str | None) -> str:
    """Return the name of a type that both readers of networkx know."""
    return _TYPES.get((type or "").lower(), "string")


def prepare(
    graph: Element, nodes: Sequence[Element], edges: Sequence[Element], default: str, own: str
) -> Iterator[str]:
    """Yield every problem of nodes and edges that networkx passes over; leave them only what it has to see.

    ``default`` is the attribute of the graph that says whether edges are directed, ``own`` that of an edge.
    """
    for elements, kept in ((nodes, ("id",)), (edges, ("source", "target"))):
        for element in elements:
            element.set_aside(*kept)
    says = graph.get(default)
    said = [edge.beside.pop(own, "") or says or "" for edge in edges]
    wrong = [edge for edge, of_edge in zip(edges, said, strict=True) if of_edge not in ("directed", "true")]
    if says != "directed" and len(wrong) == len(edges):
        found = f"its edges are {says!r}" if says else "it does not say that its edges are directed"
        yield f"the graph is undirected: {found[:90]}; a synapse has a direction"
    else:
        yield from (f"{edge.where}the edge is undirected; a synapse has a direction" for edge in wrong)
    graph.set(default, "directed")
    yield from check_ids("node", nodes)
    ids = {node.get("id") for node in nodes}
    for edge in edges:
        ends = edge.get("source"), edge.get("target")
        unknown = [repr(end) for end in dict.fromkeys(ends) if end not in ids]
        if None in ends:
            yield f"{edge.where}an <edge> without source and target"
        elif unknown:
            yield f"{edge.where}edge {ends!r}: {' and '.join(unknown)} not among the nodes"


def check_ids(name: str, elements: Sequence[Element]) -> Iterator[str]:
    """Yield every element that has no id, or one that occurred before."""
    seen = set()
    for element in elements:
        id = element.get("id")
        if id is None:
            yield f"{element.where}a <{element.tag}> without an id"
        elif id in seen:
            yield f"{element.where}{name} {id!r} occurs twice"
        seen.add(id)


class KeepsElements:
    """Part of a reader of networkx: an element's attributes are kept under one name, so that no name is in the way.

    What cannot be read is one of the ``problems``.
    """

    def __init__(self) -> None:
        self.problems: list[str] = []

    def keep(self, element: Element, n_given: int, read: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Return the element and what ``read`` makes of it, where it gives ``n_given`` attributes."""
        said: dict[str, Any] = {}
        with broken(lambda why: self.problems.append(f"{element.where}{why}")):
            said = read()
            if len(said) < n_given:
                raise ValueError(f"an attribute of the <{element.tag}> occurs twice")
        return {"said": said, "element": element}


def found_nodes(found: nx.DiGraph, defaults: dict[str, Any], *, ours: bool) -> Nodes:
    """Yield name, attributes and place of each node that was read."""
    for node, kept in found.nodes(data=True):
        element = kept["element"]
        beside = {name: read_as(text, NODE_ATTRIBUTES.get(name)) for name, text in element.beside.items()}
        yield node, beside | titled(defaults | kept["said"], ours=ours), element.where


def found_edges(found: nx.DiGraph, defaults: dict[str, Any], key_title: str, kind: str, *, ours: bool) -> Edges:
    """Yield source, target, key, attributes and place of each edge that was read.

    The key is the attribute ``key_title``, or else the id.
    """
    for source, target, kept in found.edges(data=True):
        element, said, key = kept["element"], defaults | kept["said"], None
        beside = {name: read_as(text, EDGE_ATTRIBUTES.get(name)) for name, text in element.beside.items()}
        if kind == "MultiDiGraph":
            key = said.pop(key_title, beside.pop("id", None))
            number = read_name(key) if isinstance(key, str) and not ours else None
            key = number if type(number) is int else key
        elif ours:
            beside.pop("id", None)
        yield source, target, key, beside | titled(said, ours=ours), element.where


def titled(said: dict[str, Any], *, ours: bool) -> dict[str, Any]:
    """Return the attributes with their names read, in our own files."""
    return {read_title(title): value for title, value in said.items()} if ours else said
