"""Drawings of which only a part is learnt."""

from __future__ import annotations

from typing import Any, TypeVar

import networkx as nx
import numpy as np

from ..errors import GraphError, first_of, quoted
from ..language.arrays import Array
from ..language.keywords import suggests_keywords
from ..language.schema import NODE_ATTRIBUTES
from ..language.table import Column, GraphTable
from ..language.ties import hand_down_ties
from ..language.validation import check_attributes
from .choices import Choice, choose_edges, choose_nodes, read_drawing

Graph = TypeVar("Graph", bound=nx.DiGraph | GraphTable)

TRAINS = tuple(name for name in NODE_ATTRIBUTES if name.startswith("train_"))
"""Attributes that say which numbers of a neuron are learnt."""


@suggests_keywords
def train_only(graph: Graph, *, nodes: Choice | None = None, edges: Choice | str | None = None) -> Graph:
    """Return a drawing that learns nothing but the numbers of some neurons and the weights of some synapses.

    All other weights are frozen (``trainable=False``), and so are bias, initial, tau and leak of all other neurons,
    outputs included.  What is chosen is learnt as the drawing says: a weight with ``trainable=False`` stays fixed, and
    an initial value is learnt with ``train_initial=True``.

    Parameters
    ----------
    graph : networkx.DiGraph, networkx.MultiDiGraph or GraphTable
    nodes : list, dict or function, optional
        Neurons whose bias, initial, tau and leak are learnt: a list; ``{attribute: value or list of values}``, of which
        every one must fit, and None is for nodes without the attribute; or a function of (node, attributes) that is
        true for them.  None are by default.
    edges : list, dict, function or str, optional
        Synapses whose weight is learnt: a list as networkx writes them, in which (source, target) is every parallel
        one; ``{attribute: value or list of values}``; a function of (edge, attributes); or a kind of feedback,
        "direct", "lateral" or "indirect", or "forward", as `graphnet.feedback` names them.  None are by default.

    Returns
    -------
    networkx.DiGraph, networkx.MultiDiGraph or GraphTable
        As ``graph`` is.

    Raises
    ------
    GraphError
        If neither is given; if a node, a synapse, an attribute or a value does not exist; if some members of a tie are
        chosen and others not, since they share what is learnt; or if nothing that is chosen can be learnt.

    Examples
    --------
    >>> import graphnet as gn
    >>> net = gn.compile(train_only(gn.graphs.elman(1, 3, 1), edges="lateral", nodes=[("output", 0)]))
    >>> net.parameter_table().kind.tolist()
    ['weight', 'weight', 'weight', 'weight', 'weight', 'weight', 'bias']
    """
    table = read_drawing(graph)
    if nodes is None and edges is None:
        raise GraphError("train_only: say what is learnt, with nodes= or edges=")
    check_attributes(table, nodes=("role", "tie", "tau", *TRAINS), edges=("tie", "trainable"))
    of_nodes, of_edges = np.zeros(table.n_nodes, bool), np.zeros(table.n_edges, bool)
    if nodes is not None:
        of_nodes[choose_nodes(graph, nodes, "nodes")] = True
    if edges is not None:
        of_edges[choose_edges(table, edges, "edges")] = True
    shared = hand_down_ties(table)
    learns = {name: shared.node(name) & ~table.has_role("input") for name in TRAINS}
    any_learns = np.any(list(learns.values()), axis=0)
    weights = shared.edge("trainable").astype(bool)
    problems = [
        *_torn(
            table.node_columns.get("tie"), any_learns, of_nodes, lambda i: f"node {quoted(table.nodes[i])}", "nodes"
        ),
        *_torn(
            table.edge_columns.get("tie"), weights, of_edges, lambda i: f"edge {quoted(table.edge_key(i))}", "edges"
        ),
    ]
    if (of_nodes.any() or of_edges.any()) and not ((of_nodes & any_learns).any() or (of_edges & weights).any()):
        problems.append(
            "train_only: nothing that is chosen can be learnt: its weights are trainable=False, and so on; "
            "change these attributes first"
        )
    if problems:
        raise GraphError(problems)
    frozen = {name: np.flatnonzero(learnt & ~of_nodes) for name, learnt in learns.items()}
    held = np.flatnonzero(weights & ~of_edges)
    if isinstance(graph, GraphTable):
        return table.with_columns(  # type: ignore[return-value]
            {name: _with_false(table, name, rows) for name, rows in frozen.items() if len(rows)},
            {"trainable": _with_false(table, "trainable", held)} if len(held) else {},
        )
    drawn = graph.copy()
    said = [each for _, each in drawn.nodes(data=True)]
    for name, rows in frozen.items():
        for i in rows.tolist():
            said[i][name] = False
    said = [each for *_, each in drawn.edges(data=True)]
    for i in held.tolist():
        said[i]["trainable"] = False
    return drawn


def _torn(ties: Column | None, learns: Array, chosen: Array, name: Any, noun: str) -> list[str]:
    """Return a problem for each tie of which some members are chosen and others not, unless it learns nothing."""
    if ties is None or not ties.names:
        return []
    tied = np.flatnonzero(ties.given() & learns)
    codes = ties.values[tied]
    inside, outside = (np.full(len(ties.names), -1) for _ in range(2))
    inside[codes[chosen[tied]]], outside[codes[~chosen[tied]]] = tied[chosen[tied]], tied[~chosen[tied]]
    names = ties.names
    return first_of(
        np.flatnonzero((inside >= 0) & (outside >= 0)).tolist(),
        lambda code: (
            f"tie {quoted(names[code])}: {name(int(inside[code]))} is chosen and {name(int(outside[code]))} is not, "
            "but members of a tie share what is learnt: choose all of them or none, or remove the tie"
        ),
        f"ties with {noun} that are chosen and others that are not",
    )


def _with_false(table: GraphTable, name: str, rows: Array) -> Column:
    """Return a column of booleans with False in some rows."""
    is_edge = name == "trainable"
    values = np.array(table.edge(name) if is_edge else table.node(name), bool)
    declared = np.array(table.edge_gives(name) if is_edge else table.node_gives(name))
    values[rows], declared[rows] = False, True
    return Column(values, None if declared.all() else declared)
