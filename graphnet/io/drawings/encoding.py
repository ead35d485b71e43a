"""Drawings in the words of a format, with every problem of what the format has no word for."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any, NamedTuple

import networkx as nx

from ...errors import GraphError
from ...language.schema import EDGE_ATTRIBUTES, NODE_ATTRIBUTES, Attribute
from ..problems import first_of
from ..values import UnwritableError, encode_name, encode_value


class Words(NamedTuple):
    """How a format says things.

    ``name`` encodes nodes and keys, ``value`` an attribute's value (the attribute is None where it is the user's own);
    both raise UnwritableError.  The format keeps some names of attributes for itself: ``of_graph``, ``of_nodes``,
    ``of_edges`` and, in a multigraph, ``of_parallel``.
    """

    format: str
    name: Callable[[Any], Any]
    value: Callable[[Any, Attribute | None], Any]
    of_graph: tuple[str, ...] = ()
    of_nodes: tuple[str, ...] = ()
    of_edges: tuple[str, ...] = ()
    of_parallel: tuple[str, ...] = ()


class Encoded(NamedTuple):
    """A drawing in the words of a format; edges are source, target, key (None in a DiGraph) and attributes."""

    attributes: dict[str, Any]
    nodes: list[tuple[Any, dict[str, Any]]]
    edges: list[tuple[Any, Any, Any, dict[str, Any]]]


def encode(value: Any, attribute: Attribute | None) -> Any:
    """Return the value of an attribute as `values` has it; the attribute is None where it is custom."""
    return encode_name(value) if attribute is not None and attribute.kind == "name" else encode_value(value)


def encode_graph(graph: nx.DiGraph, words: Words) -> Encoded:
    """All that a drawing says, encoded.

    Raises
    ------
    GraphError
        With every name and attribute that the format cannot hold.
    """
    problems: list[str] = []
    attributes = _encode_attributes("graph", None, graph.graph, words, problems)
    nodes: dict[Hashable, tuple[Any, dict[str, Any]]] = {}
    for node, data in graph.nodes(data=True):
        name = _encode_name(node, f"node {node!r}", "networkx.relabel_nodes renames nodes", words, problems)
        nodes[node] = name, _encode_attributes("node", node, data, words, problems)
    edges = []
    parallel = graph.is_multigraph()
    for *edge, data in graph.edges(keys=True, data=True) if parallel else graph.edges(data=True):
        key = None
        if parallel:
            key = _encode_name(edge[2], f"key of edge {tuple(edge)!r}", "give the edge another key", words, problems)
        said = _encode_attributes("edge", tuple(edge), data, words, problems)
        edges.append((nodes[edge[0]][0], nodes[edge[1]][0], key, said))
    if problems:
        raise GraphError(first_of(problems))
    return Encoded(attributes, list(nodes.values()), edges)


def _encode_name(name: Hashable, where: str, hint: str, words: Words, problems: list[str]) -> Any:
    try:
        return words.name(name)
    except UnwritableError as error:
        problems.append(f"{where}: {error}; {hint}")
    except RecursionError:
        problems.append(f"{where}: nested too deeply to be written to a file; {hint}")
    return None


def _encode_attributes(
    kind: str, owner: Hashable, data: Mapping[Any, Any], words: Words, problems: list[str]
) -> dict[str, Any]:
    """What the graph, a node or an edge says; what the format cannot hold goes into ``problems``."""
    if kind == "graph":
        table: Mapping[str, Attribute] = {}
        reserved = words.of_graph
    elif kind == "node":
        table, reserved = NODE_ATTRIBUTES, words.of_nodes
    else:
        table, reserved = EDGE_ATTRIBUTES, words.of_edges
        if isinstance(owner, tuple) and len(owner) == 3:
            reserved = (*reserved, *words.of_parallel)
    encoded = {}
    for name, value in data.items():
        try:
            if not isinstance(name, str):
                raise UnwritableError("in a file the names of attributes are str")
            if name in reserved:
                raise UnwritableError(f"{words.format} keeps this name for itself; rename the attribute")
            encoded[name] = words.value(value, table.get(name))
        except (UnwritableError, RecursionError) as error:
            where = f"attribute {name!r} of the graph" if kind == "graph" else f"{kind} {owner!r}, attribute {name!r}"
            why = "nested too deeply to be written to a file" if isinstance(error, RecursionError) else error
            problems.append(f"{where}: {why}")
    return encoded
