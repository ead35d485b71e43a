"""Nodes and edges in XML, for GraphML and GEXF, around the readers of networkx.

networkx merges nodes of one id, makes nodes that only edges name, and knows no lines.  So the elements are checked
before, and the attributes that networkx reads are kept together with their element.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import networkx as nx

from ...language.schema import EDGE_ATTRIBUTES, NODE_ATTRIBUTES, Attribute
from ..problems import refuse
from .graph_builder import GraphBuilder
from .spelling import read_as, read_name, read_title
from .through_networkx import assemble, broken, kind_of
from .xml_tree import Element

_TYPES = {
    **dict.fromkeys(("int", "integer", "long", "short", "byte", "biginteger"), "long"),
    **dict.fromkeys(("float", "double", "bigdecimal"), "double"),
    "boolean": "boolean",
}


def type_in_networkx(type: str | None) -> str:
    """Return the name of a type that both readers of networkx know."""
    return _TYPES.get((type or "").lower(), "string")


def only_graph(path: str | os.PathLike[str], root: Element) -> Element:
    """Return the graph of a file; raise a DataError if it does not hold exactly one."""
    graphs = root.all("graph")
    if len(graphs) != 1:
        refuse(path, [f"it holds {len(graphs)} graphs, and one <graph> is a drawing"])
    return graphs[0]


def prepare(
    graph: Element, nodes: Sequence[Element], edges: Sequence[Element], default: str, own: str
) -> Iterator[str]:
    """Yield every problem of nodes and edges that networkx ignores; leave them only the attributes that it needs.

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
    """Part of a reader of networkx: an element's attributes are kept under one name, so that no name is an argument.

    Each attribute that cannot be read is one of the ``problems``.
    """

    def __init__(self) -> None:
        self.problems: list[str] = []

    def keep(self, element: Element, n_given: int, read: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Return the element and the attributes that ``read`` returns, of which there have to be ``n_given``."""
        said: dict[str, Any] = {}
        with broken(lambda why: self.problems.append(f"{element.where}{why}")):
            said = read()
            if len(said) < n_given:
                raise ValueError(f"an attribute of the <{element.tag}> occurs twice")
        return {"said": said, "element": element}


def draw(
    found: nx.DiGraph,
    attributes: dict[str, Any],
    defaults: dict[str, dict[str, Any]],
    key: str,
    mark: str | None,
    hint: str,
) -> GraphBuilder:
    """Draw what networkx read.

    Parameters
    ----------
    found : networkx.DiGraph
    attributes : dict
        Of the graph itself.
    defaults : dict
        The attributes of every ``"node"`` and of every ``"edge"`` that has no others.
    key : str
        The attribute that is the key of an edge; without it, the key is the id.
    mark : str or None
        The kind of graph in our own files.
    hint : str
        A requirement of the format for parallel synapses.
    """
    kind, ours = mark or kind_of(found), mark is not None
    nodes, edges = [], []
    for node, kept in found.nodes(data=True):
        said = _beside(kept["element"], NODE_ATTRIBUTES) | _titled(defaults["node"] | kept["said"], ours=ours)
        nodes.append((node, said, kept["element"].where))
    for source, target, kept in found.edges(data=True):
        beside, said, name = _beside(kept["element"], EDGE_ATTRIBUTES), defaults["edge"] | kept["said"], None
        if kind == "MultiDiGraph":
            name = said.pop(key, beside.pop("id", None))
            number = read_name(name) if isinstance(name, str) and not ours else None
            name = number if type(number) is int else name
        elif ours:
            beside.pop("id", None)
        edges.append((source, target, name, beside | _titled(said, ours=ours), kept["element"].where))
    return assemble(kind, hint, _titled(attributes, ours=ours), nodes, edges, ours=ours)


def _beside(element: Element, table: dict[str, Attribute]) -> dict[str, Any]:
    """Return the attributes that XML itself has on an element."""
    return {name: read_as(text, table.get(name)) for name, text in element.beside.items()}


def _titled(said: dict[str, Any], *, ours: bool) -> dict[str, Any]:
    """Return the attributes with their names read, in our own files."""
    return {read_title(title): value for title, value in said.items()} if ours else said
