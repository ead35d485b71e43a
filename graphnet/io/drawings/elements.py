"""From elements of XML to nodes and edges: what GraphML and GEXF have in common."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Any, NamedTuple

from .draft import Draft
from .markup import Element
from .spelling import read_as, read_name
from .typed import TABLES, Declared, read_given

Given = Iterable[tuple[str, str, Element]]
"""Ids of declarations, texts, and the elements that they stand on."""


class Reader(NamedTuple):
    """How a format says things.

    ``given`` lists what stands in an element, ``reserved`` the attributes that the format itself puts on it, by what it
    is; the attribute ``key`` is an edge's key.  In our own files names are spelt.
    """

    declared: dict[str, Declared]
    given: Callable[[Element], Given]
    reserved: dict[str, tuple[str, ...]]
    key: str
    ours: bool

    def read(self, owner: str, element: Element, given: Given, problems: list[str]) -> dict[str, Any]:
        """What the graph, a node or an edge says, also beside what the format has for it."""
        beside = {
            name: read_as(text, TABLES[owner].get(name))
            for name, text in element.attributes.items()
            if name not in self.reserved[owner]
        }
        return beside | read_given(owner, given, self.declared, problems, ours=self.ours)

    def name(self, text: str) -> Hashable:
        """The name of a node."""
        return read_name(text) if self.ours else text


def add_elements(draft: Draft, nodes: Iterable[Element], edges: Iterable[Element], reader: Reader) -> None:
    """Add nodes and edges to a draft; what is no node or edge is one of its problems."""
    for node in nodes:
        if "id" in node.attributes:
            said = reader.read("node", node, reader.given(node), draft.problems)
            draft.add_node(reader.name(node.attributes["id"]), said, node.where)
        else:
            draft.problems.append(f"{node.where}a <node> without an id")
    for edge in edges:
        if not {"source", "target"} <= edge.attributes.keys():
            draft.problems.append(f"{edge.where}an <edge> without source and target")
            continue
        id, key, given = edge.attributes.get("id"), None, list(reader.given(edge))
        if draft.graph.is_multigraph():
            key, given = _take_key(reader, given)
            key = id if key is None else key
        said = reader.read("edge", edge, given, draft.problems)
        if id is not None and not draft.graph.is_multigraph() and not reader.ours:
            said = {"id": id} | said
        ends = reader.name(edge.attributes["source"]), reader.name(edge.attributes["target"])
        draft.add_edge(ends, _read_key(key, ours=reader.ours), said, edge.where)


def ends_of(edges: Iterable[Element]) -> list[tuple[str | None, str | None]]:
    """The ids that edges go from and to."""
    return [(edge.attributes.get("source"), edge.attributes.get("target")) for edge in edges]


def undirected(default: str | None, edges: list[Element], direction: Callable[[Element], str | None]) -> Iterator[str]:
    """What keeps a file's graph from being directed: its default, or edges that say otherwise.

    ``direction`` gives what an edge says of itself, None where it says nothing.
    """
    wrong = [edge for edge in edges if (direction(edge) or default or "") not in ("directed", "true")]
    if default != "directed" and len(wrong) == len(edges):
        says = f"its edges are {default!r}" if default else "it does not say that its edges are directed"
        yield f"the graph is undirected: {says[:90]}; a synapse has a direction"
    else:
        yield from (f"{edge.where}the edge is undirected; a synapse has a direction" for edge in wrong)


def _take_key(
    reader: Reader, given: list[tuple[str, str, Element]]
) -> tuple[str | None, list[tuple[str, str, Element]]]:
    """The text of the attribute that is an edge's key, None where it has none, and what else is given."""
    declared = reader.declared
    keys = [each for each in given if each[0] in declared and declared[each[0]].title == reader.key]
    return (keys[0][1], [each for each in given if each is not keys[0]]) if keys else (None, given)


def _read_key(text: str | None, *, ours: bool) -> Hashable:
    """An edge's key; in files of others a whole number where it looks like one, as networkx counts them."""
    if text is None:
        return None
    name = read_name(text)
    return name if ours or (isinstance(name, int) and not isinstance(name, bool)) else text
