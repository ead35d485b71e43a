"""Drawings for the writers of networkx, and from its readers, which know neither tuples nor nan.

`flatten` makes text of every name, and a bool, int, float or text of every value.  `assemble` decodes them: in files
with our mark text is spelt (`spelling`), in files of other programs it becomes the type that an attribute of the
language takes: ``"0.5"`` as a weight is a number.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import networkx as nx

from ...errors import DataError, GraphError
from ...language.schema import EDGE_ATTRIBUTES, NODE_ATTRIBUTES, Attribute
from .encoding import Encoding, encode, encode_graph
from .graph_builder import GraphBuilder
from .mark import GRAPH_KINDS
from .spelling import read_as, read_name, read_value, spell, spell_name

MOST_BYTES = 1 << 30
"""Size of a file that is given to networkx, which takes some forty times as much memory."""
_RAISED = (nx.NetworkXError, KeyError, ValueError, TypeError, AttributeError, IndexError, RuntimeError, OverflowError)
"""Errors that readers of networkx raise on broken files."""
Said = Mapping[str, Any]
Nodes = Iterable[tuple[Hashable, Said, str]]
Edges = Iterable[tuple[Hashable, Hashable, Hashable, Said, str]]


@contextmanager
def broken(then: Callable[[str], None]) -> Iterator[None]:
    """Call ``then`` with the message, shortened, of an error that networkx raises on a broken file."""
    try:
        yield
    except _RAISED as error:
        said = " ".join((repr(error) if isinstance(error, KeyError) else str(error)).split())
        if "unhashable" in said:
            said = "an id, or an end of an edge, that is a record or occurs twice"
        elif "set_int_max_str_digits" in said:
            said = "a whole number of more than 4300 digits"
        then(said if len(said) <= 200 else f"{said[:160]}...{said[-30:]}")  # with the place, which is at the end


def kind_of(found: nx.DiGraph, *, says_parallel: bool = False) -> str:
    """Return the kind of a graph of another program: a MultiDiGraph if it says so or edges are parallel."""
    parallel = len(set(found.edges())) < found.number_of_edges()
    return "MultiDiGraph" if parallel or says_parallel else "DiGraph"


def assemble(kind: str, hint: str, attributes: Said, nodes: Nodes, edges: Edges, *, ours: bool) -> GraphBuilder:
    """Draw what networkx read.

    Parameters
    ----------
    kind : str
        ``DiGraph`` or ``MultiDiGraph``.
    hint : str
        A requirement of the format for parallel synapses.
    attributes : mapping
        Of the graph itself.
    nodes, edges : iterables
        Name, attributes and place in the file of each node; source, target, key, attributes and place of each edge.
    ours : bool
        True if names are spelt.
    """
    builder = GraphBuilder(GRAPH_KINDS[kind](), hint)
    builder.graph.graph.update(_decoded(attributes, {}, ours))

    def name(text: Hashable) -> Hashable:
        return read_name(text) if ours and isinstance(text, str) else text

    for node, said, where in nodes:
        builder.add_node(name(node), _decoded(said, NODE_ATTRIBUTES, ours), where)
    for source, target, key, said, where in edges:
        builder.add_edge((name(source), name(target)), name(key), _decoded(said, EDGE_ATTRIBUTES, ours), where)
    return builder


def _decoded(said: Said, table: Mapping[str, Attribute], ours: bool) -> dict[str, Any]:
    return {title: _decode(value, table.get(title), ours) for title, value in said.items()}


def _decode(value: Any, attribute: Attribute | None, ours: bool) -> Any:
    if isinstance(value, dict):
        return _decoded(value, {}, ours)
    if isinstance(value, list):
        return [_decode(part, attribute, ours) for part in value]
    if not ours and isinstance(value, int) and attribute is not None and attribute.kind == "boolean":
        value = str(value)  # other programs write 0 and 1
    if not isinstance(value, str):
        return value
    if not ours:
        return read_as(value, attribute)
    return read_name(value) if attribute is not None and attribute.kind == "name" else read_value(value)


def flatten(
    graph: nx.DiGraph,
    name: str,
    title: Callable[[str, str], str],
    bits: int = 64,
    *,
    has_booleans: bool = True,
    of_graph: tuple[str, ...] = (),
) -> nx.DiGraph:
    """Return a drawing with all names and values as the format has them.

    Parameters
    ----------
    graph : networkx.DiGraph
    name : str
        Of the format.
    title : callable
        Returns as text the name of an attribute of the ``"graph"``, a ``"node"`` or an ``"edge"``.
    bits : int
        Of the largest whole number; larger ones become text.
    has_booleans : bool
        False makes booleans text.
    of_graph : tuple of str
        Attributes of the graph that the format keeps for itself.

    Raises
    ------
    GraphError
        With every name and attribute that the format cannot hold.
    """

    def value(given: Any, attribute: Attribute | None) -> Any:
        data = encode(given, attribute)
        if isinstance(data, bool) and has_booleans:
            return data
        if isinstance(data, int) and not isinstance(data, bool) and -(1 << bits - 1) <= data < 1 << bits - 1:
            return int(data)
        return float(data) if isinstance(data, float) else spell(data)

    def titled(kind: str, said: Said) -> dict[str, Any]:
        return {title(kind, name): value for name, value in said.items()}

    encoded = encode_graph(graph, Encoding(name, spell_name, value, of_graph=of_graph))
    flat = GRAPH_KINDS["MultiDiGraph" if graph.is_multigraph() else "DiGraph"]()
    flat.graph.update(titled("graph", encoded.attributes))
    for node, said in encoded.nodes:
        flat.add_node(node)
        flat.nodes[node].update(titled("node", said))
    for source, target, key, said in encoded.edges:
        edge = (source, target) if key is None else (source, target, key)
        flat.add_edge(*edge)
        flat.edges[edge].update(titled("edge", said))
    if len(flat) < len(graph) or flat.number_of_edges() < graph.number_of_edges():
        raise GraphError(f"two names of nodes or two keys of edges are the same in {name}: nan differs from nan")
    return flat


def not_in(path: str | os.PathLike[str], name: str) -> Callable[[str], None]:
    """Return a function that raises a DataError: the file is not of the format, and why."""

    def refuse_it(why: str) -> None:
        raise DataError(f"{os.fspath(path)}: not {name}: {why}")

    return refuse_it
