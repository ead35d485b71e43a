"""Validation: all problems of a drawing at once, in the names of its nodes and edges."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import networkx as nx

from ..errors import DataError, GraphError
from .checks import POSITIVE
from .cycles import find_cycles
from .delays import resolve_delays
from .problems.columns import check_columns, check_names
from .problems.neurons import check_gates, check_groups, check_leak, check_roles, check_tau
from .problems.ties import check_signs, check_ties
from .problems.wording import Side
from .schema import EDGE_ATTRIBUTES, NODE_ATTRIBUTES, NOT_ON_EDGES, NOT_ON_NODES
from .table import GraphTable
from .ties import SHARED_BY_EDGES, SHARED_BY_NODES, hand_down_ties


def validate(graph: nx.DiGraph | GraphTable, *, dt: float | None = None) -> None:
    """Raise a GraphError that lists every problem of the drawing, or return None.

    Parameters
    ----------
    graph : networkx.DiGraph, networkx.MultiDiGraph or GraphTable
    dt : float, optional
        The step of time that the network will be compiled with; then ``tau >= dt`` is checked as well.

    Raises
    ------
    GraphError
        Its ``problems`` has one sentence for each; of many with one cause, the first, and a sentence that counts the
        others.
    DataError
        If ``dt`` is not a positive finite number.

    Examples
    --------
    >>> import networkx as nx, graphnet as gn
    >>> drawing = nx.DiGraph([("a", "b", {"delay": 0}), ("b", "a", {"delay": 0})])
    >>> drawing.nodes["b"]["role"] = "output"
    >>> gn.validate(drawing)
    Traceback (most recent call last):
    graphnet.errors.GraphError: zero-delay cycle a -> b -> a: give one of these edges delay=1
    """
    validated_table(graph, None if dt is None else read_dt(dt))


def read_dt(dt: Any) -> float:
    """Return the step of time as a float.

    Raises
    ------
    DataError
        If it is not a positive finite number.
    """
    try:
        return POSITIVE.read(dt)
    except ValueError:
        raise DataError(f"dt={dt!r} is not a positive finite number") from None


def validated_table(graph: nx.DiGraph | GraphTable, dt: float | None = None) -> GraphTable:
    """Return the columns of a valid drawing.

    Raises
    ------
    GraphError
        As ``validate`` does.
    """
    table = graph if isinstance(graph, GraphTable) else GraphTable.from_networkx(graph)
    problems = find_problems(table, dt)
    if problems:
        raise GraphError(problems)
    return table


def check_attributes(table: GraphTable, *, nodes: Collection[str], edges: Collection[str]) -> None:
    """Raise a GraphError that lists the values that some attributes do not take; no others are looked at."""
    problems: list[str] = []
    for noun, columns, names, known in (
        ("node", table.node_columns, nodes, NODE_ATTRIBUTES),
        ("edge", table.edge_columns, edges, EDGE_ATTRIBUTES),
    ):
        asked = {name: column for name, column in columns.items() if name in names}
        check_columns(Side(noun, table, asked, known, frozenset(), ""), problems)
    if problems:
        raise GraphError(problems)


def find_problems(table: GraphTable, dt: float | None = None) -> list[str]:
    """List the problems of the drawing, one sentence each; of many with one cause, the first ones and their number."""
    nodes = Side("node", table, table.node_columns, NODE_ATTRIBUTES, NOT_ON_NODES, "edge")
    edges = Side("edge", table, table.edge_columns, EDGE_ATTRIBUTES, NOT_ON_EDGES, "node")
    problems: list[str] = []
    check_names(table, problems)
    bad_nodes, bad_edges = check_columns(nodes, problems), check_columns(edges, problems)
    if "role" not in bad_nodes:
        check_roles(table, problems)
    if "gate" not in bad_edges:
        check_gates(table, problems)
    sound = table.without_columns(bad_nodes, bad_edges)
    for name in SHARED_BY_NODES:
        check_ties(sound.node_columns, name, nodes.name, "neurons", problems)
    for name in SHARED_BY_EDGES:
        check_ties(sound.edge_columns, name, edges.name, "synapses", problems)
    sound = hand_down_ties(sound)
    if "sign" not in bad_nodes and not bad_edges & {"sign", "scale"}:
        check_signs(sound, problems)
    check_tau(sound, dt, problems)
    check_leak(sound, problems)
    if not bad_nodes & {"activation", "role", "group", "reverse"}:
        check_groups(sound, problems)
    if not bad_nodes & {"role", "layer", "group", "reverse"} and not bad_edges & {"delay", "gate", "gate_delay"}:
        problems.extend(find_cycles(sound, resolve_delays(sound)))
    return problems
