"""Drawings as GraphML, which yEd, Gephi, Cytoscape, igraph and networkx read and write.

The graph's own attribute ``graphnet`` (``DiGraph`` or ``MultiDiGraph``) marks our own files: names in them are spelt,
so that ``["hidden",0]`` is a tuple again.  In files of others an id is a str, letter by letter, and there is a
MultiDiGraph where there are parallel edges, with the edges' ids for keys.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

import networkx as nx

from ..atomic import written_whole
from .draft import Draft, refuse
from .elements import Reader, add_elements, ends_of, undirected
from .encoded import Words, encode_graph
from .kinds import MARK, kind_of, mark_of, read_mark
from .loss import warn_of_loss
from .markup import Element, read_markup
from .spelling import read_title, spell_name
from .typed import Declarations, Declared, Typed, encode_typed

_KEY = "key"
_WORDS = Words("GraphML", spell_name, encode_typed, of_graph=(MARK,), of_parallel=(_KEY,))
_COUNTS = ("parse.nodes", "parse.edges", "parse.nodeids", "parse.edgeids", "parse.order")
_RESERVED = {"graph": ("id", "edgedefault", *_COUNTS), "node": ("id",), "edge": ("id", "source", "target", "directed")}
_NESTED = ("graph", "hyperedge", "port")


def read_graphml(path: str | os.PathLike[str]) -> nx.DiGraph:
    """Read GraphML.

    Text is taken as what an attribute of the language takes: ``"0.5"`` as a weight is a number.  What is no attribute
    (shapes and colours of yEd, descriptions) is left out with a LossWarning.

    Raises
    ------
    DataError
        If it is no such file, holds more than one graph, or its graph is undirected, nested or has hyperedges.
    """
    outermost = read_markup(path, "graphml", "GraphML")
    graphs = list(outermost.all("graph"))
    if len(graphs) != 1:
        refuse(path, [f"it holds {len(graphs)} graphs, and one <graph> is a drawing"])
    graph = graphs[0]
    nodes, edges = list(graph.all("node")), list(graph.all("edge"))
    problems = [f"{inner.where}<{inner.tag}>: no network is nested or has hyperedges" for inner in _nested(graph)]
    problems += undirected(graph.attributes.get("edgedefault"), edges, lambda edge: edge.attributes.get("directed"))
    declared = _read_keys(outermost, problems)
    mark = read_mark((text for id, text, _ in _given(graph) if id in declared and declared[id].title == MARK), problems)
    refuse(path, problems)
    ours = mark is not None
    if ours:
        declared = {id: says._replace(title=read_title(says.title)) for id, says in declared.items()}
    draft = Draft(kind_of(mark, ends_of(edges))(), f"{MARK}='MultiDiGraph' on the graph")
    reader = Reader(declared, _given, _RESERVED, _KEY, ours)
    said = reader.read("graph", graph, _given(graph), draft.problems)
    draft.graph.graph.update({name: value for name, value in said.items() if name != MARK})
    add_elements(draft, nodes, edges, reader)
    refuse(path, draft.problems)
    warn_of_loss(path, "what is no attribute is left out", sorted(_left_out(outermost)))
    return draft.graph


def _read_keys(outermost: Element, problems: list[str]) -> dict[str, Declared]:
    declared: dict[str, Declared] = {}
    for key in outermost.all("key"):
        says = key.attributes
        id, default = says.get("id"), next(key.all("default"), None)
        if id is None or id in declared:
            problems.append(f"{key.where}a <key> {'without an id' if id is None else f'whose id {id!r} occurs twice'}")
            continue
        text = None if default is None or default.children else default.text
        declared[id] = Declared(
            says.get("for", "all"), says.get("attr.name", id), says.get("attr.type", "string"), text
        )
    return declared


def _given(element: Element) -> Iterator[tuple[str, str, Element]]:
    return ((data.attributes.get("key", ""), data.text, data) for data in element.all("data") if not data.children)


def _nested(graph: Element) -> Iterator[Element]:
    for element in graph.children:
        if element.tag in _NESTED:
            yield element
        yield from (inner for inner in element.children if inner.tag in _NESTED)


def _left_out(outermost: Element) -> set[str]:
    """What stands in the file and is neither structure nor an attribute."""
    (graph,) = outermost.all("graph")
    known = {"data", "node", "edge"}
    found = {f"<{inner.tag}> in <{outermost.tag}>" for inner in outermost.children if inner.tag not in ("graph", "key")}
    for element in (graph, *graph.children):
        found |= {f"<{inner.tag}> in <{element.tag}>" for inner in element.children if inner.tag not in known}
        drawn = (data for data in element.all("data") if data.children)
        found |= {f"<{inner.tag}> in <data> of <{element.tag}>" for data in drawn for inner in data.children}
    return found


def write_graphml(graph: nx.DiGraph, path: str | os.PathLike[str]) -> None:
    """Write GraphML.

    Raises
    ------
    GraphError
        With every name and attribute that it cannot hold.
    """
    encoded = encode_graph(graph, _WORDS)
    declarations = Declarations()
    attributes = {MARK: Typed("string", mark_of(graph)), **encoded.attributes}
    lines = [f'<graph edgedefault="directed">{_data("graph", attributes, declarations)}']
    for node, said in encoded.nodes:
        lines.append(f"<node id={quoteattr(node)}>{_data('node', said, declarations)}</node>")
    for source, target, key, said in encoded.edges:
        keyed = said if key is None else {_KEY: Typed("string", key), **said}
        data = _data("edge", keyed, declarations)
        lines.append(f"<edge source={quoteattr(source)} target={quoteattr(target)}>{data}</edge>")
    with written_whole(path) as temporary, temporary.open("x", encoding="utf-8", newline="\n") as file:
        file.write('<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n')
        for owner, title, type, id in declarations.all():
            file.write(f'<key id="{id}" for="{owner}" attr.name={quoteattr(title)} attr.type="{type}"/>\n')
        file.writelines(f"{line}\n" for line in lines)
        file.write("</graph>\n</graphml>\n")


def _data(owner: str, said: dict[str, Typed], declarations: Declarations) -> str:
    return "".join(
        f'<data key="{declarations.id_of(owner, title, typed.type)}">{escape(typed.text)}</data>'
        for title, typed in said.items()
    )
