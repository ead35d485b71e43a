"""Positions that a user gives, or that a drawing has: as a mapping, as pairs, as x and y, or as classes of neurons."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..errors import GraphError, first_of, quoted
from ..language.arrays import Array
from ..language.nearest import did_you_mean
from ..language.table import Column, GraphTable

Positions = Mapping[Hashable, Any] | str | Sequence[str]
"""{node: (x, y)}, an attribute of pairs, two attributes of numbers, or an attribute that names the class of a node."""


class Given(NamedTuple):
    """Positions (n_nodes, 2), or else classes of nodes: codes (n_nodes,), -1 for none, and their names."""

    rule: str
    positions: Array | None
    codes: Array | None = None
    names: tuple[Any, ...] = ()


def read_positions(table: GraphTable, positions: Positions) -> Given:
    """Return the positions or the classes that a user asks for.

    Raises
    ------
    GraphError
        If nodes have no position, or one that is not two finite numbers; or if there is no such attribute.
    """
    if isinstance(positions, Mapping):
        # without nodes that the drawing does not have, as positions of a larger drawing are often at hand
        rows = [positions.get(node) for node in table.nodes]
        return Given("given positions", _read_pairs(table, rows, "positions"))
    if isinstance(positions, str):
        column = _column(table, positions)
        values = [value if there else None for value, there in zip(column.objects(), column.given(), strict=True)]
        if column.names is None and any(map(_looks_like_pair, values)):
            return Given(f"attribute {positions!r}", _read_pairs(table, values, positions))
        return Given(f"classes of {positions!r}", None, *_classes(values))
    if isinstance(positions, Sequence) and len(positions) == 2 and all(isinstance(name, str) for name in positions):
        x, y = (_column(table, name) for name in positions)
        rows = [
            pair if there else None
            for pair, there in zip(zip(x.objects(), y.objects(), strict=True), x.given() & y.given(), strict=True)
        ]
        return Given(f"attributes {positions[0]!r} and {positions[1]!r}", _read_pairs(table, rows, "x and y"))
    raise GraphError(
        f"positions={quoted(positions)}: must be {{node: (x, y)}}, the name of an attribute of nodes that has (x, y) "
        "or names a class, or the names of two attributes, such as ('x', 'y')"
    )


def drawn_positions(table: GraphTable) -> tuple[str, Array] | None:
    """Return the rule and the positions that the drawing itself has, if each neuron between the ends has one.

    They are the attribute ``pos``, or ``x`` and ``y``; nan at inputs and outputs without one.
    """
    ends = table.has_role("input") | table.has_role("output")
    columns = table.node_columns
    if "pos" in columns:
        column = columns["pos"]
        pairs = [_pair(value) if there else None for value, there in zip(column.objects(), column.given(), strict=True)]
        rule = "attribute 'pos'"
    elif "x" in columns and "y" in columns:
        x, y = columns["x"], columns["y"]
        there = x.given() & y.given()
        pairs = [
            _pair(pair) if given else None
            for pair, given in zip(zip(x.objects(), y.objects(), strict=True), there, strict=True)
        ]
        rule = "attributes 'x' and 'y'"
    else:
        return None
    found = np.array([(np.nan, np.nan) if pair is None else pair for pair in pairs]).reshape(-1, 2)
    has = np.isfinite(found[:, 0])
    return (rule, found) if has.any() and (has | ends).all() else None


def _pair(value: Any) -> tuple[float, float] | None:
    """Return two finite numbers, or None for anything else."""
    try:
        x, y = (float(each) for each in value)
    except (TypeError, ValueError, OverflowError):
        return None
    return (x, y) if np.isfinite(x) and np.isfinite(y) else None


def _looks_like_pair(value: Any) -> bool:
    return not isinstance(value, str) and _pair(value) is not None


def _read_pairs(table: GraphTable, rows: Sequence[Any], name: str) -> Array:
    pairs = [_pair(row) for row in rows]
    missing = [node for node, row in zip(table.nodes, rows, strict=True) if row is None]
    wrong = [
        (node, row)
        for node, row, pair in zip(table.nodes, rows, pairs, strict=True)
        if pair is None and row is not None
    ]
    problems = first_of(
        missing, lambda node: f"node {quoted(node)}: has no position in {name}; each needs (x, y)", "nodes without one"
    )
    problems += first_of(
        wrong,
        lambda each: f"node {quoted(each[0])}: position {quoted(each[1])} in {name} is not two finite numbers",
        "such positions",
    )
    if problems:
        raise GraphError(problems)
    return np.array(pairs, np.float64).reshape(-1, 2)


def _column(table: GraphTable, name: str) -> Column:
    column = table.node_columns.get(name)
    if column is None or not column.given().any():
        known = [each for each in table.node_columns if isinstance(each, str)]
        has = f"they have {', '.join(map(repr, known))}" if known else "they have none"
        hint = did_you_mean(name, known)
        raise GraphError(f"positions={name!r}: no node has this attribute; {has}{hint}")
    return column


def _classes(values: Sequence[Any]) -> tuple[Array, tuple[Any, ...]]:
    """Codes of the values in order of their first appearance, -1 for None and nan, and the distinct values."""
    codes: dict[Any, int] = {}
    found = np.full(len(values), -1)
    for row, value in enumerate(values):
        if value is not None and value == value:  # nan is missing
            try:
                found[row] = codes.setdefault(value, len(codes))
            except TypeError:  # a list, a dict
                found[row] = codes.setdefault(quoted(value), len(codes))
    return found, tuple(codes)
