"""Drawings as names and values that a format has, with every problem of those that it does not have."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any, NamedTuple

import networkx as nx

from ...errors import GraphError, first_of
from ...language.schema import EDGE_ATTRIBUTES, NODE_ATTRIBUTES, Attribute
from ..json_values import UnwritableError, encode_name, encode_value


class Encoding(NamedTuple):
    """Functions that encode names and values for a format.

    ``name`` encodes nodes and keys, ``value`` an attribute's value (the attribute is None if it is custom);
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


class EncodedGraph(NamedTuple):
    """An encoded drawing; edges are source, target, key (None in a DiGraph) and attributes."""

    attributes: dict[str, Any]
    nodes: list[tuple[Any, dict[str, Any]]]
    edges: list[tuple[Any, Any, Any, dict[str, Any]]]


def encode(value: Any, attribute: Attribute | None) -> Any:
    """Encode the value of an attribute for JSON; the attribute is None if it is custom."""
    return encode_name(value) if attribute is not None and attribute.kind == "name" else encode_value(value)


def encode_graph(graph: nx.DiGraph, encoding: Encoding) -> EncodedGraph:
    """Encode all names and values of a drawing.

    Raises
    ------
    GraphError
        With every name and attribute that the format cannot hold.
    """
    problems: list[str] = []
    attributes = _encode_attributes("graph", None, graph.graph, encoding, problems)
    nodes: dict[Hashable, tuple[Any, dict[str, Any]]] = {}
    for node, data in graph.nodes(data=True):
        name = _encode_name(node, f"node {node!r}", "networkx.relabel_nodes renames nodes", encoding, problems)
        nodes[node] = name, _encode_attributes("node", node, data, encoding, problems)
    edges = []
    parallel = graph.is_multigraph()
    for *edge, data in graph.edges(keys=True, data=True) if parallel else graph.edges(data=True):
        key = None
        if parallel:
            key = _encode_name(edge[2], f"key of edge {tuple(edge)!r}", "give the edge another key", encoding, problems)
        said = _encode_attributes("edge", tuple(edge), data, encoding, problems)
        edges.append((nodes[edge[0]][0], nodes[edge[1]][0], key, said))
    if problems:
        raise GraphError(first_of(problems))
    return EncodedGraph(attributes, list(nodes.values()), edges)


def _encode_name(name: Hashable, where: str, hint: str, encoding: Encoding, problems: list[str]) -> Any:
    try:
        return encoding.name(name)
    except UnwritableError as error:
        problems.append(f"{where}: {error}; {hint}")
    except RecursionError:
        problems.append(f"{where}: nested too deeply to be written to a file; {hint}")
    return None


def _encode_attributes(
    kind: str, owner: Hashable, data: Mapping[Any, Any], encoding: Encoding, problems: list[str]
) -> dict[str, Any]:
    """Encode the attributes of the graph, a node or an edge; those that the format cannot hold are ``problems``."""
    if kind == "graph":
        table: Mapping[str, Attribute] = {}
        reserved = encoding.of_graph
    elif kind == "node":
        table, reserved = NODE_ATTRIBUTES, encoding.of_nodes
    else:
        table, reserved = EDGE_ATTRIBUTES, encoding.of_edges
        if isinstance(owner, tuple) and len(owner) == 3:
            reserved = (*reserved, *encoding.of_parallel)
    encoded = {}
    for name, value in data.items():
        try:
            if not isinstance(name, str):
                raise UnwritableError("in a file the names of attributes are str")
            if name in reserved:
                raise UnwritableError(f"{encoding.format} keeps this name for itself; rename the attribute")
            encoded[name] = encoding.value(value, table.get(name))
        except (UnwritableError, RecursionError) as error:
            where = f"attribute {name!r} of the graph" if kind == "graph" else f"{kind} {owner!r}, attribute {name!r}"
            why = "nested too deeply to be written to a file" if isinstance(error, RecursionError) else error
            problems.append(f"{where}: {why}")
    return encoded
