"""Drawings without some of their nodes and synapses."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import networkx as nx
import numpy as np

from ..errors import GraphError
from ..language.arrays import Array
from ..language.delays import resolve_gates
from ..language.keywords import suggests_keywords
from ..language.table import Column, GraphTable
from .choices import Choice, choose_edges, choose_nodes, read_drawing

Graph = TypeVar("Graph", bound=nx.DiGraph | GraphTable)


@suggests_keywords
def without(graph: Graph, *, nodes: Choice | None = None, edges: Choice | str | None = None) -> Graph:
    """Return a drawing without some nodes and synapses; nodes take with them what they feed, receive or gate.

    `graphnet.analysis.lesions` silences neurons of a network that is trained already, whose inputs and outputs stay.

    Parameters
    ----------
    graph : networkx.DiGraph, networkx.MultiDiGraph or GraphTable
    nodes : list, dict or function, optional
        Nodes to remove: a list; ``{attribute: value or list of values}``, of which every one must fit, and None is for
        nodes without the attribute; or a function of (node, attributes) that is true for them.
    edges : list, dict, function or str, optional
        Synapses to remove, as well: a list as networkx writes them, in which (source, target) is every parallel one;
        ``{attribute: value or list of values}``; a function of (edge, attributes); or a kind of feedback, "direct",
        "lateral" or "indirect", or "forward", as `graphnet.feedback` names them.

    Returns
    -------
    networkx.DiGraph, networkx.MultiDiGraph or GraphTable
        As ``graph`` is.

    Raises
    ------
    GraphError
        If neither is given, or a node, a synapse, an attribute or a value does not exist.

    Examples
    --------
    >>> import graphnet as gn
    >>> net = gn.graphs.complete(1, 2, 1)
    >>> without(net, nodes=[("hidden", 0)]).number_of_nodes()
    3
    >>> gn.feedback(without(net, edges="direct")).counts()
    {'forward': 4, 'direct': 0, 'lateral': 2, 'indirect': 2}
    """
    table = read_drawing(graph)
    if nodes is None and edges is None:
        raise GraphError("without: say what to remove, with nodes= or edges=")
    stays, remains = np.ones(table.n_nodes, bool), np.ones(table.n_edges, bool)
    if nodes is not None:
        stays[choose_nodes(graph, nodes, "nodes")] = False
    if edges is not None:
        remains[choose_edges(table, edges, "edges")] = False
    gate = resolve_gates(table)
    remains &= stays[table.source] & stays[table.target] & ((gate < 0) | stays[gate])
    if isinstance(graph, GraphTable):
        return _part(graph, stays, remains)  # type: ignore[return-value]
    drawn = graph.copy()
    drawn.remove_edges_from([table.edge_key(i) for i in np.flatnonzero(~remains).tolist()])
    drawn.remove_nodes_from([table.nodes[i] for i in np.flatnonzero(~stays).tolist()])
    return drawn


def _part(table: GraphTable, stays: Array, remains: Array) -> GraphTable:
    position = np.cumsum(stays) - 1
    return replace(
        table,
        nodes=[table.nodes[i] for i in np.flatnonzero(stays).tolist()],
        source=position[table.source[remains]],
        target=position[table.target[remains]],
        node_columns={name: _rows(column, stays) for name, column in table.node_columns.items()},
        edge_columns={name: _rows(column, remains) for name, column in table.edge_columns.items()},
        keys=None if table.keys is None else [table.keys[i] for i in np.flatnonzero(remains).tolist()],
    )


def _rows(column: Column, mask: Array) -> Column:
    return Column(column.values[mask], None if column.declared is None else column.declared[mask], column.names)
