"""Validation: all problems of a drawing at once, in the names of its nodes and edges."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import networkx as nx
import numpy as np

from ..errors import DataError, GraphError
from .activations import OVER_GROUPS
from .arrays import Array
from .checks import POSITIVE
from .cycles import find_cycles
from .delays import resolve_delays, resolve_gates
from .schema import EDGE_ATTRIBUTES, NODE_ATTRIBUTES, Attribute, meant
from .table import Column, GraphTable, read_column
from .ties import SHARED_BY_EDGES, SHARED_BY_NODES, hand_down_ties, lead_ties, resolve_signs


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


def find_problems(table: GraphTable, dt: float | None = None) -> list[str]:
    """List every problem of the drawing, one sentence each."""
    problems: list[str] = []
    bad_nodes = _check_columns(table.node_columns, NODE_ATTRIBUTES, lambda i: _node(table, i), problems)
    bad_edges = _check_columns(table.edge_columns, EDGE_ATTRIBUTES, lambda i: _edge(table, i), problems)
    if "role" not in bad_nodes:
        _check_roles(table, problems)
    if "gate" not in bad_edges:
        _check_gates(table, problems)
    _check_repetition(table, problems)
    sound = table.without_columns(bad_nodes, bad_edges)
    for name in SHARED_BY_NODES:
        _check_ties(sound.node_columns, name, lambda i: _node(table, i), "neurons", problems)
    for name in SHARED_BY_EDGES:
        _check_ties(sound.edge_columns, name, lambda i: _edge(table, i), "synapses", problems)
    sound = hand_down_ties(sound)
    _check_signs(sound, problems)
    _check_tau(sound, dt, problems)
    if not bad_nodes & {"activation", "role", "group", "reverse"}:
        _check_groups(sound, problems)
    if not bad_nodes & {"role", "layer", "group", "reverse"} and not bad_edges & {"delay", "gate", "gate_delay"}:
        problems.extend(find_cycles(sound, resolve_delays(sound)))
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
    rejected = column.given() & _rejected(attribute, column)
    values = column.objects() if rejected.any() else []
    return _listed(rejected, lambda i: f"{where(i)}: {name}={values[i]!r} is not {_allowed(attribute)}")


def _rejected(attribute: Attribute, column: Column) -> Array:
    """Mask of the rows whose value the attribute does not take, (n,) bool."""
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


def _check_repetition(table: GraphTable, problems: list[str]) -> None:
    """No networkx graph repeats a node or an edge, but columns may."""
    if len(table.index) < table.n_nodes:
        seen = set()
        repeated = [node for node in table.nodes if node in seen or seen.add(node)]  # type: ignore[func-returns-value]
        problems.extend(f"node {node!r} occurs in the table more than once" for node in dict.fromkeys(repeated))
    if table.keys is None:
        ends = table.source * table.n_nodes + table.target
        order = np.argsort(ends, kind="stable")
        repeats = np.zeros(table.n_edges, bool)
        repeats[order[1:]] = ends[order[1:]] == ends[order[:-1]]
        problems.extend(
            _listed(
                repeats, lambda i: f"{_edge(table, i)} occurs in the table more than once: add up, or give edge keys"
            )
        )


def _check_roles(table: GraphTable, problems: list[str]) -> None:
    is_input = table.has_role("input")
    if not table.has_role("output").any():
        problems.append("no output: give at least one node role='output'")
    for name, column in table.node_columns.items():
        attribute = NODE_ATTRIBUTES.get(name)
        if attribute is not None and not attribute.on_inputs:
            why = f"an input cannot have {name}: its value is the data's; remove the attribute"
            problems.extend(f"{_node(table, i)}: {why}" for i in np.flatnonzero(column.given() & is_input).tolist())
    problems.extend(
        _listed(
            is_input[table.target],
            lambda i: f"{_edge(table, i)}: no edge may enter an input, and {table.nodes[table.target[i]]!r} is one",
        )
    )


def _check_gates(table: GraphTable, problems: list[str]) -> None:
    column, gated = table.edge_columns.get("gate"), table.edge_gives("gate")
    gates = column.objects() if column is not None else []
    problems.extend(
        _listed(
            gated & (resolve_gates(table) < 0),
            lambda i: f"{_edge(table, i)}: gate {gates[i]!r} is not a node of the graph",
        )
    )
    problems.extend(
        _listed(
            table.edge_gives("gate_delay") & ~gated,
            lambda i: f"{_edge(table, i)}: gate_delay without a gate: name the gate or remove it",
        )
    )


def _check_ties(
    columns: dict[str, Column], name: str, where: Callable[[int], str], members_are: str, problems: list[str]
) -> None:
    """Check that the values declared by members of one tie agree."""
    ties, column = columns.get("tie"), columns.get(name)
    if ties is None or column is None or ties.names is None:
        return
    members = np.flatnonzero(ties.given() & column.given())
    codes, values = ties.values[members], column.values[members]
    lowest = np.full(len(ties.names), np.inf)
    highest = np.full(len(ties.names), -np.inf)
    np.minimum.at(lowest, codes, values)
    np.maximum.at(highest, codes, values)
    for code in np.flatnonzero(lowest < highest).tolist():
        one = members[(codes == code) & (values == lowest[code])][0]
        other = members[(codes == code) & (values == highest[code])][0]
        problems.append(
            f"tie {ties.names[code]!r}: its members disagree on {name}, which {members_are} of one tie share: "
            + " and ".join(f"{column.values[i].item()!r} on {where(int(i))}" for i in (one, other))
        )


def _check_signs(table: GraphTable, problems: list[str]) -> None:
    """A synapse's own sign, its source's and its tie's must not conflict, nor a declared weight with them."""
    own, source = table.edge("sign"), table.node("sign")[table.source]
    conflict = own * source < 0
    problems.extend(
        _listed(
            conflict,
            lambda i: (
                f"{_edge(table, i)}: sign={own[i]:+d} conflicts with sign={source[i]:+d} of "
                f"{_node(table, int(table.source[i]))}; remove one of them"
            ),
        )
    )
    sign = resolve_signs(table)
    tied = np.where(own == 0, source, own)
    problems.extend(
        _listed(
            (tied * sign < 0) & ~conflict,
            lambda i: (
                f"{_edge(table, i)}: sign {tied[i]:+d} conflicts with sign {sign[i]:+d} of another member of tie "
                f"{_name(table.edge_columns, 'tie', i)!r}; synapses of one tie share one weight"
            ),
        )
    )
    column = table.edge_columns.get("weight")
    if column is not None:
        problems.extend(
            _listed(
                column.given() & (column.values * sign < 0),
                lambda i: f"{_edge(table, i)}: weight={column.values[i].item()!r} is against its sign {sign[i]:+d}",
            )
        )


def _check_tau(table: GraphTable, dt: float | None, problems: list[str]) -> None:
    """Check the attributes that ``tau`` excludes, and those that need it."""
    column, has_tau = table.node_columns.get("tau"), table.node_gives("tau")
    without = table.node_gives("train_tau") & ~has_tau
    problems.extend(_listed(without, lambda i: f"{_node(table, i)}: train_tau without tau: give tau or remove it"))
    for name, beside in (
        ("leak", table.node("leak") != 1),
        ("onset", table.node("onset") != 0),
        ("group", table.node("group") >= 0),
    ):
        why = f"a neuron with tau cannot have {name}; remove one of them"
        problems.extend(f"{_node(table, i)}: {why}" for i in np.flatnonzero(has_tau & beside).tolist())
    if dt is not None and column is not None:
        problems.extend(
            _listed(
                has_tau & (column.values < dt),
                lambda i: (
                    f"{_node(table, i)}: tau={column.values[i].item()!r} is less than dt={dt!r}: "
                    "an Euler step needs tau >= dt; compile with a smaller dt"
                ),
            )
        )


def _check_groups(table: GraphTable, problems: list[str]) -> None:
    """A group and a group's activation need each other; its members share activation and direction of time."""
    activations = table.node_columns.get("activation")
    over_group = np.zeros(table.n_nodes, bool)
    if activations is not None:
        is_over = np.array([name in OVER_GROUPS for name in activations.names or ()] + [False])
        over_group = activations.given() & is_over[activations.values]
    group = table.node("group")
    problems.extend(
        _listed(
            over_group & (group < 0),
            lambda i: (
                f"{_node(table, i)}: activation {_name(table.node_columns, 'activation', i)!r} acts over a group: "
                "name it with group="
            ),
        )
    )
    problems.extend(
        _listed(
            ~over_group & (group >= 0),
            lambda i: (
                f"{_node(table, i)}: group {_name(table.node_columns, 'group', i)!r} without a group's activation: "
                f"one of {', '.join(map(repr, OVER_GROUPS))}"
            ),
        )
    )
    leader = lead_ties(group)
    differs: dict[str, Array] = {"direction of time (reverse)": table.node("reverse")}
    if activations is not None:
        differs["activation"] = np.where(over_group, activations.values, -1)
    for what, values in differs.items():
        problems.extend(
            _listed(
                (values != values[leader]) & (over_group & over_group[leader]),
                lambda i, what=what: (  # type: ignore[misc]
                    f"group {_name(table.node_columns, 'group', i)!r}: {_node(table, i)} and "
                    f"{_node(table, int(leader[i]))} differ in {what}: they cannot run together"
                ),
            )
        )


def _name(columns: dict[str, Column], name: str, position: int) -> object:
    column = columns[name]
    return (column.names or ())[column.values[position]]


def _listed(rejected: Array, sentence: Callable[[int], str]) -> list[str]:
    return [sentence(row) for row in np.flatnonzero(rejected).tolist()]


def _node(table: GraphTable, position: int) -> str:
    return f"node {table.nodes[position]!r}"


def _edge(table: GraphTable, position: int) -> str:
    return f"edge {table.edge_key(int(position))!r}"
