"""Validation: all problems of a drawing at once, in the names of its nodes and edges."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from numbers import Real
from typing import Any

import networkx as nx
import numpy as np

from ..errors import DataError, GraphError, first_of, quoted
from .activations import OVER_GROUPS
from .arrays import Array
from .checks import POSITIVE
from .cycles import find_cycles
from .delays import resolve_delays, resolve_gates
from .missing import find_missing, has_missing, is_missing
from .schema import EDGE_ATTRIBUTES, NODE_ATTRIBUTES, NOT_ON_EDGES, NOT_ON_NODES, Attribute, meant
from .table import Column, GraphTable, read_column
from .ties import (
    SHARED_BY_EDGES,
    SHARED_BY_NODES,
    asked_signs,
    hand_down_ties,
    lead_ties,
    resolve_signs,
    strength_signs,
)


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
        _check_columns(_Side(noun, table, asked, known, frozenset(), ""), problems)
    if problems:
        raise GraphError(problems)


@dataclass(frozen=True, slots=True)
class _Side:
    """Nodes or edges: their attributes, names that belong to the other side, and words for messages."""

    noun: str
    table: GraphTable
    columns: dict[str, Column]
    known: dict[str, Attribute]
    misplaced: frozenset[str]
    other_noun: str

    def name(self, row: int) -> str:
        """Return a node or an edge as messages name it."""
        return _node(self.table, row) if self.noun == "node" else _edge(self.table, row)


def find_problems(table: GraphTable, dt: float | None = None) -> list[str]:
    """List the problems of the drawing, one sentence each; of many with one cause, the first ones and their number."""
    nodes = _Side("node", table, table.node_columns, NODE_ATTRIBUTES, NOT_ON_NODES, "edge")
    edges = _Side("edge", table, table.edge_columns, EDGE_ATTRIBUTES, NOT_ON_EDGES, "node")
    problems: list[str] = []
    _check_names(table, problems)
    bad_nodes, bad_edges = _check_columns(nodes, problems), _check_columns(edges, problems)
    if "role" not in bad_nodes:
        _check_roles(table, problems)
    if "gate" not in bad_edges:
        _check_gates(table, problems)
    sound = table.without_columns(bad_nodes, bad_edges)
    for name in SHARED_BY_NODES:
        _check_ties(sound.node_columns, name, nodes.name, "neurons", problems)
    for name in SHARED_BY_EDGES:
        _check_ties(sound.edge_columns, name, edges.name, "synapses", problems)
    sound = hand_down_ties(sound)
    if "sign" not in bad_nodes and not bad_edges & {"sign", "scale"}:
        _check_signs(sound, problems)
    _check_tau(sound, dt, problems)
    if not bad_nodes & {"activation", "role", "group", "reverse"}:
        _check_groups(sound, problems)
    if not bad_nodes & {"role", "layer", "group", "reverse"} and not bad_edges & {"delay", "gate", "gate_delay"}:
        problems.extend(find_cycles(sound, resolve_delays(sound)))
    return problems


def _check_names(table: GraphTable, problems: list[str]) -> None:
    """Names that are missing; and names that occur twice, which no networkx graph has, but columns may."""
    missing = find_missing(table.nodes)
    problems.extend(
        first_of(
            missing,
            lambda i: (
                f"{_node(table, i)}: a missing value is no name of a node: take such rows out of the table, or such "
                "nodes out of the graph, with graph.remove_nodes_from"
            ),
            "nodes whose name is a missing value",
        )
    )
    problems.extend(
        first_of(
            find_missing(table.keys or ()),
            lambda i: f"{_edge(table, i)}: a missing value is no key of an edge: give it another key",
            "edges whose key is a missing value",
        )
    )
    if len(table.index) < table.n_nodes:
        seen = set()
        repeated = [node for node in table.nodes if node in seen or seen.add(node)]  # type: ignore[func-returns-value]
        problems.extend(
            first_of(
                list(dict.fromkeys(repeated)),
                lambda node: f"node {quoted(node)} occurs in the table more than once",
                "nodes that occur more than once",
            )
        )
    if table.keys is None:
        ends = table.source * table.n_nodes + table.target
        order = np.argsort(ends, kind="stable")
        repeats = np.zeros(table.n_edges, bool)
        repeats[order[1:]] = ends[order[1:]] == ends[order[:-1]]
        problems.extend(
            _listed(
                repeats,
                lambda i: f"{_edge(table, i)} occurs in the table more than once: add up, or give edge keys",
                "edges that occur more than once",
            )
        )


def _check_columns(side: _Side, problems: list[str]) -> set[str]:
    """Names, kinds and ranges; returns the attributes whose columns cannot be used further."""
    unusable = set()
    misspelt: list[tuple[str, str, int]] = []
    for name, column in side.columns.items():
        attribute = side.known.get(name) if isinstance(name, str) else None
        if attribute is not None:
            found = _column_problems(name, column, attribute, side)
            problems.extend(found)
            if found or not column.is_typed():
                unusable.add(name)
        elif name in side.misplaced:
            problems.extend(_misplaced(name, column.given(), side))
        elif (intended := meant(name, side.known)) is not None:
            misspelt.extend((name, intended, row) for row in np.flatnonzero(column.given()).tolist())
    problems.extend(
        first_of(
            misspelt,
            lambda found: f"{side.name(found[2])}: there is no attribute {found[0]!r}: was {found[1]!r} meant?",
            f"{side.noun}s with a misspelt attribute",
        )
    )
    return unusable


def _misplaced(name: str, given: Array, side: _Side) -> list[str]:
    return _listed(
        given,
        lambda row: (
            f"{side.name(row)}: {name} is an attribute of {side.other_noun}s, not of {side.noun}s: give it to the "
            f"{side.other_noun}s, or give a custom attribute another name"
        ),
        f"{side.noun}s with {name}",
    )


def _column_problems(name: str, column: Column, attribute: Attribute, side: _Side) -> list[str]:
    def describe(row: int) -> str:
        value = column.value(row)
        return f"{side.name(row)}: {name}={quoted(value)} {_objection(attribute, value, side)}"

    return _listed(column.given() & _rejected(attribute, column), describe, f"{side.noun}s with such a value of {name}")


def _rejected(attribute: Attribute, column: Column) -> Array:
    """Mask of the rows whose value the attribute does not take, (n,) bool."""
    if not column.is_typed():
        return np.array([_rejects(attribute, value) for value in column.values], bool)
    if attribute.kind == "choice":
        wrong = [is_missing(name) or name not in attribute.choices for name in column.names or ()]
        return np.asarray(np.array([*wrong, False], bool)[column.values])
    if attribute.kind == "name":
        wrong = [has_missing(name) for name in column.names or ()]
        return np.asarray(np.array([*wrong, False], bool)[column.values])
    rejected = ~np.isfinite(column.values)
    if attribute.allowed is not None:
        with np.errstate(invalid="ignore"):
            rejected = rejected | ~attribute.allowed(column.values)
    return rejected


def _rejects(attribute: Attribute, value: Any) -> bool:
    one = read_column([value], attribute)
    return not one.is_typed() or bool(_rejected(attribute, one)[0])


def _objection(attribute: Attribute, value: Any, side: _Side) -> str:
    """Return the reason why a value is not allowed, and what to do instead."""
    limit = _limit(attribute, value)
    if limit is not None:
        return f"is beyond {limit}, the largest {_KINDS[attribute.kind].removeprefix('a ')} that is read"
    allowed = f"is not {_allowed(attribute)}"
    if value is not None and has_missing(value):
        # None is said to be optional, or not, by what is allowed
        call = f"nx.set_{side.noun}_attributes(graph, column.dropna().to_dict(), {attribute.name!r})"
        return f"{allowed}; leave out what is missing, as in {call}"
    return allowed


def _limit(attribute: Attribute, value: Any) -> str | None:
    """Return the largest number of a kind, if a number that would be allowed otherwise is beyond it."""
    if attribute.kind not in _LARGEST or isinstance(value, bool | np.bool_) or not isinstance(value, Real):
        return None
    largest = _LARGEST[attribute.kind]
    exact: Any = value.item() if isinstance(value, np.generic) else value
    if not abs(exact) > largest or exact in (np.inf, -np.inf) or (attribute.kind == "whole" and exact % 1):
        return None
    if attribute.allowed is not None and not attribute.allowed(exact):
        return None
    return str(largest) if attribute.kind == "whole" else f"{largest:.4g}"


def _allowed(attribute: Attribute) -> str:
    none = "; leave it out to have the default" if not attribute.optional else ""
    kind = _KINDS.get(attribute.kind) or "one of " + ", ".join(map(repr, attribute.choices))
    return kind + (f" {attribute.range}" if attribute.range else "") + none


_KINDS = {
    "number": "a finite number",
    "whole": "a whole number",
    "boolean": "True or False",
    "name": "a hashable name",
}
# as ints, which compare exactly with numbers of any type
_LARGEST = {"number": int(np.finfo(np.float64).max), "whole": int(np.iinfo(np.int64).max)}


def _check_roles(table: GraphTable, problems: list[str]) -> None:
    is_input = table.has_role("input")
    if not table.has_role("output").any():
        problems.append("no output: give at least one node role='output'")
    for name, column in table.node_columns.items():
        attribute = NODE_ATTRIBUTES.get(name)
        if attribute is not None and not attribute.on_inputs:
            why = f"an input cannot have {name}: its value is the data's; remove the attribute"
            given = column.given() & is_input
            problems.extend(_listed(given, lambda i, why=why: f"{_node(table, i)}: {why}", f"inputs with {name}"))  # type: ignore[misc]
    problems.extend(
        _listed(
            is_input[table.target],
            lambda i: (
                f"{_edge(table, i)}: no edge may enter an input, and {quoted(table.nodes[table.target[i]])} is one"
            ),
            "edges that enter an input",
        )
    )


def _check_gates(table: GraphTable, problems: list[str]) -> None:
    gated = table.edge_gives("gate")
    problems.extend(
        _listed(
            gated & (resolve_gates(table) < 0),
            lambda i: f"{_edge(table, i)}: gate {_name(table.edge_columns, 'gate', i)} is not a node of the graph",
            "edges whose gate is not a node",
        )
    )
    problems.extend(
        _listed(
            table.edge_gives("gate_delay") & ~gated,
            lambda i: f"{_edge(table, i)}: gate_delay without a gate: name the gate or remove it",
            "edges with gate_delay and no gate",
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
    tie_names = ties.names

    def disagreement(code: int) -> str:
        one = members[(codes == code) & (values == lowest[code])][0]
        other = members[(codes == code) & (values == highest[code])][0]
        return (
            f"tie {quoted(tie_names[code])}: its members disagree on {name}, which {members_are} of one tie share: "
            + " and ".join(f"{column.value(i)!r} on {where(int(i))}" for i in (one, other))
        )

    disagreeing = np.flatnonzero(lowest < highest).tolist()
    problems.extend(first_of(disagreeing, disagreement, f"ties whose members disagree on {name}"))


def _check_signs(table: GraphTable, problems: list[str]) -> None:
    """A synapse's own sign, its source's and its tie's must not conflict, nor a declared weight with them."""
    own, source = table.edge("sign"), table.node("sign")[table.source]
    conflict = own * source < 0
    problems.extend(
        _listed(
            conflict,
            lambda i: (
                f"{_edge(table, i)}: sign={own[i]:+d} conflicts with sign={source[i]:+d} of "
                f"{_node(table, int(table.source[i]))}; remove one of them, or give the edge sign=0"
            ),
            "edges whose sign conflicts with that of their source",
        )
    )
    strength, scale, tie = strength_signs(table), table.edge("scale"), table.edge("tie")
    asked = np.where(conflict, 0, asked_signs(table))
    first = {sign: _first_of_ties(tie, asked == sign) for sign in (1, -1)}
    contradicted = (first[1] < len(tie)) & (first[-1] < len(tie))

    def contradiction(code: int) -> str:
        members = sorted((int(first[1][code]), int(first[-1][code])))
        asks = (
            f"{_edge(table, i)} asks for w {'>=' if asked[i] > 0 else '<='} 0 "
            f"(sign {strength[i]:+d}, scale {scale[i]:g})"
            for i in members
        )
        tied = _name(table.edge_columns, "tie", members[0])
        return f"tie {tied}: its synapses share w, but {' and '.join(asks)}; give one of them sign=0"

    problems.extend(_listed(contradicted, contradiction, "ties whose synapses ask for opposite signs"))
    column = table.edge_columns.get("weight")
    if column is not None:
        sign = np.where(np.append(contradicted, False)[tie] | conflict, 0, resolve_signs(table))
        problems.extend(
            _listed(
                column.given() & (column.values * sign < 0),
                lambda i: (
                    f"{_edge(table, i)}: weight={column.value(i)!r} is against its sign: with "
                    + (f"sign {strength[i]:+d} and scale {scale[i]:g}" if asked[i] else "the signs of its tie")
                    + f", w keeps the sign {sign[i]:+d} or is 0"
                ),
                "edges whose weight is against their sign",
            )
        )


def _first_of_ties(tie: Array, asks: Array) -> Array:
    """The first synapse of each tie that asks, (n_ties,); the number of synapses where none does."""
    first = np.full(tie.max(initial=-1) + 1, len(tie))
    some = np.flatnonzero(asks & (tie >= 0))
    np.minimum.at(first, tie[some], some)
    return first


def _check_tau(table: GraphTable, dt: float | None, problems: list[str]) -> None:
    """Check the attributes that ``tau`` excludes, and those that need it."""
    column, has_tau = table.node_columns.get("tau"), table.node_gives("tau")
    without = table.node_gives("train_tau") & ~has_tau
    problems.extend(
        _listed(
            without,
            lambda i: f"{_node(table, i)}: train_tau without tau: give tau or remove it",
            "nodes with train_tau and no tau",
        )
    )
    for name, beside in (
        ("leak", table.node("leak") != 1),
        ("onset", table.node("onset") != 0),
        ("group", table.node("group") >= 0),
    ):
        why = f"a neuron with tau cannot have {name}; remove one of them"
        found = has_tau & beside
        problems.extend(_listed(found, lambda i, why=why: f"{_node(table, i)}: {why}", f"nodes with tau and {name}"))  # type: ignore[misc]
    if dt is not None and column is not None:
        problems.extend(
            _listed(
                has_tau & (column.values < dt),
                lambda i: (
                    f"{_node(table, i)}: tau={column.value(i)!r} is less than dt={dt!r}: "
                    "an Euler step needs tau >= dt; compile with a smaller dt"
                ),
                "nodes with tau less than dt",
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
                f"{_node(table, i)}: activation {_name(table.node_columns, 'activation', i)} acts over a group: "
                "name it with group="
            ),
            "nodes without a group that their activation needs",
        )
    )
    problems.extend(
        _listed(
            ~over_group & (group >= 0),
            lambda i: (
                f"{_node(table, i)}: group {_name(table.node_columns, 'group', i)} without a group's activation: "
                f"one of {', '.join(map(repr, OVER_GROUPS))}"
            ),
            "nodes with a group and no activation of groups",
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
                    f"group {_name(table.node_columns, 'group', i)}: {_node(table, i)} and "
                    f"{_node(table, int(leader[i]))} differ in {what}: they cannot run together"
                ),
                f"nodes that differ from their group in {what}",
            )
        )


def _name(columns: dict[str, Column], name: str, position: int) -> str:
    return quoted(columns[name].value(position))


def _listed(rejected: Array, sentence: Callable[[int], str], others: str) -> list[str]:
    return first_of(np.flatnonzero(rejected).tolist(), sentence, others)


def _node(table: GraphTable, position: int) -> str:
    return f"node {quoted(table.nodes[position])}"


def _edge(table: GraphTable, position: int) -> str:
    return f"edge {quoted(table.edge_key(int(position)))}"
