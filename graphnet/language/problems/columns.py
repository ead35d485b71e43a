"""Checks of each attribute alone: names of nodes and keys of edges, names of attributes, kinds and ranges of values."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np

from ...errors import first_of, quoted
from ..arrays import Array
from ..missing import find_missing, has_missing, is_missing
from ..schema import Attribute, meant
from ..table import Column, GraphTable, read_column
from .wording import Side, edge_at, listed, node_at


def check_names(table: GraphTable, problems: list[str]) -> None:
    """Names that are missing; and names that occur twice, which no networkx graph has, but columns may."""
    missing = find_missing(table.nodes)
    problems.extend(
        first_of(
            missing,
            lambda i: (
                f"{node_at(table, i)}: a missing value is no name of a node: take such rows out of the table, or such "
                "nodes out of the graph, with graph.remove_nodes_from"
            ),
            "nodes whose name is a missing value",
        )
    )
    problems.extend(
        first_of(
            find_missing(table.keys or ()),
            lambda i: f"{edge_at(table, i)}: a missing value is no key of an edge: give it another key",
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
    if table.keys is None and table.has_parallel_edges:
        ends = table.source * table.n_nodes + table.target
        order = np.argsort(ends, kind="stable")
        repeats = np.zeros(table.n_edges, bool)
        repeats[order[1:]] = ends[order[1:]] == ends[order[:-1]]
        problems.extend(
            listed(
                repeats,
                lambda i: f"{edge_at(table, i)} occurs in the table more than once: add up, or give edge keys",
                "edges that occur more than once",
            )
        )


def check_columns(side: Side, problems: list[str]) -> set[str]:
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


def _misplaced(name: str, given: Array, side: Side) -> list[str]:
    return listed(
        given,
        lambda row: (
            f"{side.name(row)}: {name} is an attribute of {side.other_noun}s, not of {side.noun}s: give it to the "
            f"{side.other_noun}s, or give a custom attribute another name"
        ),
        f"{side.noun}s with {name}",
    )


def _column_problems(name: str, column: Column, attribute: Attribute, side: Side) -> list[str]:
    def describe(row: int) -> str:
        value = column.value(row)
        return f"{side.name(row)}: {name}={quoted(value)} {_objection(attribute, value, side)}"

    return listed(column.given() & _rejected(attribute, column), describe, f"{side.noun}s with such a value of {name}")


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


def _objection(attribute: Attribute, value: Any, side: Side) -> str:
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
    none = "; leave it out to have the default" if not attribute.optional else "; leave it out to have none"
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
