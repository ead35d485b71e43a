"""Drawings as GEXF, which Gephi and networkx read and write.

The file's ``creator``, ``graphnet DiGraph`` or ``graphnet MultiDiGraph``, marks our own files: names in them are spelt,
and ``description`` has the graph's own attributes as JSON, since GEXF has no other place for them.  In files of others
an id is a str, letter by letter, and there is a MultiDiGraph where there are parallel edges, with their ids for keys.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import networkx as nx

from ..atomic import written_whole
from ..values import encode_value
from .draft import Draft, refuse
from .elements import Reader, add_elements, ends_of, undirected
from .encoded import Words, encode_graph
from .kinds import MARK, kind_of, mark_of, read_mark
from .loss import warn_of_loss
from .markup import Element, read_markup
from .spelling import read_title, read_value, spell, spell_name
from .typed import Declarations, Declared, Typed, encode_typed

_RESERVED = {
    "node": ("id",),
    "edge": ("id", "source", "target", "type"),
}


_KEY = "networkx_key"  # where networkx looks for it
_WORDS = Words("GEXF", spell_name, encode_typed, of_parallel=(_KEY,))


def read_gexf(path: str | os.PathLike[str]) -> nx.DiGraph:
    """Read GEXF.

    The weight that GEXF keeps on an edge is the synapse's; an edge without one has its weight open.  What is no
    attribute (positions and colours of Gephi) is left out with a LossWarning.

    Raises
    ------
    DataError
        If it is no such file, or its graph is undirected, dynamic or a hierarchy.
    """
    outermost = read_markup(path, "gexf", "GEXF")
    graphs = list(outermost.all("graph"))
    if len(graphs) != 1:
        refuse(path, [f"it holds {len(graphs)} graphs, and one <graph> is a drawing"])
    graph, meta = graphs[0], _read_meta(outermost)
    nodes = [node for part in graph.all("nodes") for node in part.all("node")]
    edges = [edge for part in graph.all("edges") for edge in part.all("edge")]
    problems = list(_find_problems(graph, nodes))
    problems += undirected(graph.attributes.get("defaultedgetype"), edges, lambda edge: edge.attributes.get("type"))
    creator, _, kind = meta.get("creator", "").partition(" ")
    mark = read_mark([kind] if creator == MARK else [], problems)
    refuse(path, problems)
    ours = mark is not None
    declared = _read_declarations(graph, problems, ours=ours)
    draft = Draft(kind_of(mark, ends_of(edges))(), f"the creator '{MARK} MultiDiGraph'")
    draft.problems += problems
    draft.graph.graph.update(_own_attributes(meta, draft.problems) if ours else meta)
    for element in (*nodes, *edges):
        # a label that only repeats the id says nothing
        if ours or (element.tag == "node" and element.attributes.get("label") == element.attributes.get("id")):
            element.attributes.pop("label", None)
    add_elements(draft, nodes, edges, Reader(declared, _given, _RESERVED, _KEY, ours))
    refuse(path, draft.problems)
    warn_of_loss(path, "what is no attribute is left out", sorted(_left_out(graph, nodes + edges)))
    return draft.graph


def _read_meta(outermost: Element) -> dict[str, str]:
    return {part.tag: part.text for meta in outermost.all("meta") for part in meta.children}


def _own_attributes(meta: dict[str, str], problems: list[str]) -> dict[str, Any]:
    said = read_value(meta.get("description", ""))
    if isinstance(said, dict):
        return said
    problems.append("its description is not the object of the graph's attributes that graphnet writes there")
    return {}


def _find_problems(graph: Element, nodes: list[Element]) -> Iterator[str]:
    if graph.attributes.get("mode", "static") != "static":
        yield f"{graph.where}the graph is dynamic, and a network is not; export it without its timeline"
    for node in nodes:
        for inner in node.children:
            if inner.tag in ("nodes", "edges"):
                yield f"{inner.where}nodes inside a node: no network is a hierarchy"


def _read_declarations(graph: Element, problems: list[str], *, ours: bool) -> dict[str, Declared]:
    """The attributes by what carries them and their id, since nodes and edges count theirs apart."""
    declared: dict[str, Declared] = {}
    for table in graph.all("attributes"):
        owner = table.attributes.get("class", "node")
        for attribute in table.all("attribute"):
            says, default = attribute.attributes, next(attribute.all("default"), None)
            id = f"{owner} {says.get('id', '')}"
            if id in declared:
                problems.append(f"{attribute.where}the id {says.get('id', '')!r} of an <attribute> occurs twice")
            title = says.get("title", says.get("id", ""))
            declared[id] = Declared(
                owner,
                read_title(title) if ours else title,
                says.get("type", "string"),
                None if default is None else default.text,
            )
    return declared


def _given(element: Element) -> Iterator[tuple[str, str, Element]]:
    for values in element.all("attvalues"):
        for value in values.all("attvalue"):
            says = value.attributes
            id = says.get("for", says.get("id", ""))
            yield f"{element.tag} {id}", says.get("value", ""), value


def _left_out(graph: Element, elements: list[Element]) -> set[str]:
    """What stands in the file and is neither structure nor an attribute."""
    known = {"attributes", "nodes", "edges"}
    found = {f"<{inner.tag}> in <graph>" for inner in graph.children if inner.tag not in known}
    return found | {
        f"<{inner.tag}> in <{element.tag}>"
        for element in elements
        for inner in element.children
        if inner.tag != "attvalues"
    }


def write_gexf(graph: nx.DiGraph, path: str | os.PathLike[str]) -> None:
    """Write GEXF 1.2.

    Raises
    ------
    GraphError
        With every name and attribute that it cannot hold.
    """
    encoded = encode_graph(graph, _WORDS)
    declarations = Declarations()
    nodes = [
        f"<node id={quoteattr(node)} label={quoteattr(node)}>{_values('node', said, declarations)}</node>"
        for node, said in encoded.nodes
    ]
    edges = []
    for position, (source, target, key, said) in enumerate(encoded.edges):
        keyed = said if key is None else {_KEY: Typed("string", key), **said}
        # where Gephi looks for it; text that is no number would not be well-formed there
        weight = keyed.get("weight")
        attribute = ""
        if weight is not None and weight.type in ("long", "double"):
            attribute = f' weight="{weight.text}"'
            keyed = {name: typed for name, typed in keyed.items() if name != "weight"}
        values = _values("edge", keyed, declarations)
        edges.append(
            f'<edge id="{position}" source={quoteattr(source)} target={quoteattr(target)}{attribute}>{values}</edge>'
        )
    description = escape(spell(encode_value(dict(graph.graph))))
    with written_whole(path) as temporary, temporary.open("x", encoding="utf-8", newline="\n") as file:
        file.write(
            '<?xml version="1.0" encoding="UTF-8"?>\n<gexf xmlns="http://www.gexf.net/1.2draft" version="1.2">\n'
        )
        file.write(f"<meta><creator>{MARK} {mark_of(graph)}</creator><description>{description}</description></meta>\n")
        file.write('<graph defaultedgetype="directed" mode="static">\n')
        for owner in ("node", "edge"):
            file.write(f'<attributes class="{owner}">\n')
            for of, title, type, id in declarations.all():
                if of == owner:
                    file.write(f'<attribute id="{id}" title={quoteattr(title)} type="{type}"/>\n')
            file.write("</attributes>\n")
        for tag, lines in (("nodes", nodes), ("edges", edges)):
            file.write(f"<{tag}>\n")
            file.writelines(f"{line}\n" for line in lines)
            file.write(f"</{tag}>\n")
        file.write("</graph>\n</gexf>\n")


def _values(owner: str, said: dict[str, Typed], declarations: Declarations) -> str:
    if not said:
        return ""
    values = (
        f'<attvalue for="{declarations.id_of(owner, title, typed.type)}" value={quoteattr(typed.text)}/>'
        for title, typed in said.items()
    )
    return f"<attvalues>{''.join(values)}</attvalues>"
