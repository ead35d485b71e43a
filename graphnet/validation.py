"""Every problem of a drawing at once, in the user's own names."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import networkx as nx
import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from .compiler.delays import Delays, dependencies, resolve_delays, resolve_gates
from .errors import GraphError
from .schema import EDGE_ATTRIBUTES, NODE_ATTRIBUTES, Attribute, meant
from .table import Array, Column, GraphTable, read_column


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
        Its ``problems`` has one sentence for each.

    Examples
    --------
    >>> import networkx as nx, graphnet as gn
    >>> drawing = nx.DiGraph([("a", "b", {"delay": 0}), ("b", "a", {"delay": 0})])
    >>> drawing.nodes["b"]["role"] = "output"
    >>> gn.validate(drawing)
    Traceback (most recent call last):
    graphnet.errors.GraphError: zero-delay cycle a -> b -> a: give one of these edges delay=1
    """
    validated_table(graph)


def validated_table(graph: nx.DiGraph | GraphTable) -> GraphTable:
    """The columns of a drawing without problems.

    Raises
    ------
    GraphError
        As ``validate`` does.
    """
    table = graph if isinstance(graph, GraphTable) else GraphTable.from_networkx(graph)
    problems = find_problems(table)
    if problems:
        raise GraphError(problems)
    return table


def find_problems(table: GraphTable) -> list[str]:
    """Every problem of the drawing, one sentence each."""
    problems: list[str] = []
    bad_nodes = _check_columns(table.node_columns, NODE_ATTRIBUTES, lambda i: _node(table, i), problems)
    bad_edges = _check_columns(table.edge_columns, EDGE_ATTRIBUTES, lambda i: _edge(table, i), problems)
    if "role" not in bad_nodes:
        _check_roles(table, problems)
    if "gate" not in bad_edges:
        _check_gates(table, problems)
    if "tie" not in bad_edges:
        for name in ("weight", "trainable"):
            if name not in bad_edges:
                _check_ties(table, name, problems)
    if not bad_nodes & {"role", "layer"} and not bad_edges & {"delay", "gate", "gate_delay"}:
        problems.extend(find_cycles(table, resolve_delays(table)))
    return problems


def _check_columns(
    columns: dict[str, Column],
    known: dict[str, Attribute],
    where: Callable[[int], str],
    problems: list[str],
) -> set[str]:
    """Names, kinds and ranges; returns the attributes whose columns cannot be used further."""
    found = {name: _column_problems(name, column, known, where) for name, column in columns.items()}
    for sentences in found.values():
        problems.extend(sentences)
    return {name for name, sentences in found.items() if sentences or not columns[name].is_typed()}


def _column_problems(name: str, column: Column, known: dict[str, Attribute], where: Callable[[int], str]) -> list[str]:
    attribute = known.get(name) if isinstance(name, str) else None
    if attribute is None:
        intended = meant(name, known)
        if intended is None:
            return []
        return _listed(column.given(), lambda i: f"{where(i)}: there is no attribute {name!r}: was {intended!r} meant?")
    if not attribute.available:
        return _listed(column.given(), lambda i: f"{where(i)}: {name} is not supported yet by this version of graphnet")
    rejected = column.given() & _rejected(attribute, column)
    values = column.objects() if rejected.any() else []
    return _listed(rejected, lambda i: f"{where(i)}: {name}={values[i]!r} is not {_allowed(attribute)}")


def _rejected(attribute: Attribute, column: Column) -> Array:
    """Which rows hold a value that the attribute does not take, (n,) bool."""
    if not column.is_typed():
        return np.array([_rejects(attribute, value) for value in column.values], bool)
    if attribute.kind == "choice":
        wrong = [name not in attribute.choices for name in column.names or ()]
        return np.asarray(np.array([*wrong, False], bool)[column.values])
    if attribute.kind == "name":
        wrong = [name is None for name in column.names or ()]
        return np.asarray(np.array([*wrong, False], bool)[column.values])
    rejected = ~np.isfinite(column.values)
    if attribute.allowed is not None:
        with np.errstate(invalid="ignore"):
            rejected = rejected | ~attribute.allowed(column.values)
    return rejected


def _rejects(attribute: Attribute, value: Any) -> bool:
    one = read_column([value], attribute)
    return not one.is_typed() or bool(_rejected(attribute, one)[0])


def _allowed(attribute: Attribute) -> str:
    if attribute.kind == "choice":
        return "one of " + ", ".join(map(repr, attribute.choices))
    kinds = {
        "number": "a finite number",
        "whole": "a whole number",
        "boolean": "True or False",
        "name": "a hashable name",
    }
    none = "; leave it out to have the default" if not attribute.optional else ""
    return kinds[attribute.kind] + (f" {attribute.range}" if attribute.range else "") + none


def _check_roles(table: GraphTable, problems: list[str]) -> None:
    is_input = table.has_role("input")
    if not table.has_role("output").any():
        problems.append("no output: give at least one node role='output'")
    for name, column in table.node_columns.items():
        attribute = NODE_ATTRIBUTES.get(name)
        if attribute is not None and attribute.available and not attribute.on_inputs:
            why = f"an input cannot have {name}: its value is the data's; remove the attribute"
            problems.extend(f"{_node(table, i)}: {why}" for i in np.flatnonzero(column.given() & is_input).tolist())
    problems.extend(
        _listed(
            is_input[table.target],
            lambda i: f"{_edge(table, i)}: no edge may enter an input, and {table.nodes[table.target[i]]!r} is one",
        )
    )


def _check_gates(table: GraphTable, problems: list[str]) -> None:
    column = table.edge_columns.get("gate")
    gated = np.zeros(table.n_edges, bool) if column is None else column.given()
    gates = column.objects() if column is not None else []
    problems.extend(
        _listed(
            gated & (resolve_gates(table) < 0),
            lambda i: f"{_edge(table, i)}: gate {gates[i]!r} is not a node of the graph",
        )
    )
    delays = table.edge_columns.get("gate_delay")
    if delays is not None:
        problems.extend(
            _listed(
                delays.given() & ~gated,
                lambda i: f"{_edge(table, i)}: gate_delay without a gate: name the gate or remove it",
            )
        )


def _check_ties(table: GraphTable, name: str, problems: list[str]) -> None:
    """What members of one tie declare must agree."""
    ties, column = table.edge_columns.get("tie"), table.edge_columns.get(name)
    if ties is None or column is None or ties.names is None:
        return
    members = np.flatnonzero(ties.given() & column.given())
    codes, values = ties.values[members], column.values[members]
    lowest = np.full(len(ties.names), np.inf)
    highest = np.full(len(ties.names), -np.inf)
    np.minimum.at(lowest, codes, values)
    np.maximum.at(highest, codes, values)
    for code in np.flatnonzero(lowest < highest):
        one = members[(codes == code) & (values == lowest[code])][0]
        other = members[(codes == code) & (values == highest[code])][0]
        problems.append(
            f"tie {ties.names[code]!r}: its members disagree on {name}, which they share: "
            + " and ".join(f"{column.values[i].item()!r} on {_edge(table, i)}" for i in (one, other))
        )


def find_cycles(table: GraphTable, delays: Delays) -> Iterator[str]:
    """One sentence for each component of neurons that wait for each other within a step."""
    source, target, delay = dependencies(table, delays)
    source, target = source[delay == 0], target[delay == 0]
    graph = csr_array((np.ones(len(source), bool), (source, target)), shape=(table.n_nodes, table.n_nodes))
    _, label = connected_components(graph, connection="strong")
    size = np.bincount(label, minlength=1)
    cyclic = np.unique(
        np.concatenate([source[source == target], source[(label[source] == label[target]) & (size[label[source]] > 1)]])
    )
    for component in dict.fromkeys(label[cyclic].tolist()):
        start = int(cyclic[label[cyclic] == component][0])
        inside = label[source] == component
        path = _shortest_cycle(start, source[inside].tolist(), target[inside].tolist())
        yield (f"zero-delay cycle {' -> '.join(str(table.nodes[i]) for i in path)}: give one of these edges delay=1")


def _shortest_cycle(start: int, source: list[int], target: list[int]) -> list[int]:
    following: dict[int, list[int]] = {}
    for u, v in zip(source, target, strict=True):
        following.setdefault(u, []).append(v)
    came_from: dict[int, int] = {}
    queue = deque([start])
    while queue:
        node = queue.popleft()
        for succeeding in following.get(node, ()):
            if succeeding == start:
                path = [start, node]
                while path[-1] != start:
                    path.append(came_from[path[-1]])
                return path[::-1]
            if succeeding not in came_from:
                came_from[succeeding] = node
                queue.append(succeeding)
    raise AssertionError("a cyclic component has a cycle through each of its neurons")


def _listed(rejected: Array, sentence: Callable[[int], str]) -> list[str]:
    return [sentence(row) for row in np.flatnonzero(rejected).tolist()]


def _node(table: GraphTable, position: int) -> str:
    return f"node {table.nodes[position]!r}"


def _edge(table: GraphTable, position: int) -> str:
    return f"edge {table.edge_key(int(position))!r}"
