"""Neurons that a picture keeps together and boxes: gated units such as LSTM cells, groups, and ties of neurons."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ..language.arrays import Array
from ..language.table import GraphTable

LARGEST_UNIT = 80
"""Number of neurons of the largest unit that is kept together."""


class Box(NamedTuple):
    """Neurons that are boxed: what they are ("unit", "group" or "tie"), the name, and their positions in the table."""

    what: str
    name: Hashable
    rows: Array


def gated_units(table: GraphTable, gate: Array) -> Array:
    """Return the gated unit of each node, (n_nodes,) int64, counted in node order; -1 outside all units.

    The ends of a gated synapse and its gate are of one unit, and so are the ends of a fixed synapse without a gate
    between two such neurons: an LSTM cell with its gates, a head of attention. Inputs and outputs are of none.
    """
    n = table.n_nodes
    inside = ~(table.has_role("input") | table.has_role("output"))
    gated = np.flatnonzero(gate >= 0)
    source, target, by = table.source[gated], table.target[gated], gate[gated]
    of_unit = np.zeros(n, bool)
    for rows in (source, target, by):
        of_unit[rows] = True
    of_unit &= inside
    fixed = np.flatnonzero(~table.edge("trainable") & (gate < 0))
    ends = np.concatenate(
        [
            np.stack([source, target]),
            np.stack([by, target]),
            np.stack([table.source[fixed], table.target[fixed]]),
        ],
        axis=1,
    )
    ends = ends[:, of_unit[ends].all(axis=0)]
    joined = coo_array((np.ones(ends.shape[1]), (ends[0], ends[1])), shape=(n, n))
    _, label = connected_components(joined.tocsr(), directed=False)
    size = np.bincount(label[of_unit], minlength=n)
    kept = of_unit & (size[label] >= 3) & (size[label] <= LARGEST_UNIT)
    unit = np.full(n, -1)
    labels, first = np.unique(label[kept], return_index=True)
    code = np.full(n, -1)
    code[labels[np.argsort(first)]] = np.arange(len(labels))
    unit[kept] = code[label[kept]]
    return unit


def inside_units(table: GraphTable, column: Array, unit: Array, gate: Array) -> Array:
    """Return y of each node within its unit, (n_nodes,).

    What carries values, the ends of gated and of fixed synapses, goes on at one height from column to column, gates
    are above. A gate whose synapses end further right is higher, so that its lines cross no other gate; a column
    keeps clear of what is carried past it.
    """
    n = table.n_nodes
    source, target = table.source, table.target
    same = (unit[source] >= 0) & (unit[source] == unit[target]) & (column[source] != column[target])
    carrying = np.flatnonzero(same & ((gate >= 0) | ~table.edge("trainable")))
    carries = np.zeros(n, bool)
    gated = np.flatnonzero(gate >= 0)
    carries[source[gated]] = carries[target[gated]] = True
    carries[source[carrying]] = carries[target[carrying]] = True
    ends = (column[source[gated]] + column[target[gated]]) / 2
    mean = np.bincount(gate[gated], ends, minlength=n) / np.maximum(np.bincount(gate[gated], minlength=n), 1)
    y = np.zeros(n)
    order = np.lexsort([np.arange(n), np.where(carries, np.inf, -mean), column, unit])
    order = order[unit[order] >= 0]
    cuts = np.flatnonzero((np.diff(unit[order]) != 0) | (np.diff(column[order]) != 0)) + 1
    by_unit = carrying[np.argsort(unit[source[carrying]], kind="stable")]
    bounds = np.searchsorted(unit[source[by_unit]], np.arange(int(unit.max(initial=-1)) + 2))
    for rows in np.split(order, cuts):
        u, c = int(unit[rows[0]]), int(column[rows[0]])
        lines = by_unit[bounds[u] : bounds[u + 1]]
        left, right = column[source[lines]], column[target[lines]]
        height = -np.arange(len(rows), dtype=np.float64)
        of_carriers = height[carries[rows]] if carries[rows].any() else height
        fed = lines[(right == c) & (left < c)]
        if len(fed):
            height += y[source[fed]].mean() - of_carriers.mean()
            past = lines[(left < c) & (right > c)]
            if len(past):
                passing = y[source[past]]
                if height.mean() >= passing.mean():
                    height += max(0.0, passing.max() + 1 - height[-1])
                else:
                    height -= max(0.0, height[0] + 1 - passing.min())
        else:
            height -= height[-1]
        y[rows] = height
    return y


def boxes_of(table: GraphTable, unit: Array) -> tuple[Box, ...]:
    """Return the boxes of a drawing: its units, its groups, and its ties of several neurons."""
    found = [Box("unit", _name_of_unit(table, rows), rows) for rows in _members(unit)]
    for what in ("group", "tie"):
        column = table.node_columns.get(what)
        if column is None or column.names is None:
            continue
        for rows in _members(np.where(column.given(), column.values, -1)):
            if what == "group" or len(rows) > 1:
                found.append(Box(what, column.names[column.values[rows[0]]], rows))
    return tuple(found)


def _members(code: Array) -> Sequence[Array]:
    """Return the rows of each code from 0 on that occurs."""
    order = np.argsort(code, kind="stable")
    order = order[code[order] >= 0]
    if not len(order):
        return []
    return np.split(order, np.flatnonzero(np.diff(code[order])) + 1)


def _name_of_unit(table: GraphTable, rows: Array) -> str:
    """Return "cell 3" where names such as ("cell", 3) and ("forget", 3) end alike, otherwise a plain word."""
    names = [table.nodes[row] for row in rows.tolist()]
    tuples = [name for name in names if isinstance(name, tuple) and len(name) > 1]
    if len(tuples) < len(names):
        return "unit"
    kinds = {name[0] for name in tuples}
    if {"query", "key", "value"} <= kinds:  # ("query", head, i), of a transformer ("query", block, head, i)
        shared = _shared([name[1:] for name in tuples])
        return " ".join(["head", *map(str, shared)])
    tails = {name[1:] for name in tuples}
    tail = map(str, tails.pop()) if len(tails) == 1 else ()
    return " ".join(["cell" if "cell" in kinds else "unit", *tail])


def _shared(tails: Sequence[tuple[Hashable, ...]]) -> tuple[Hashable, ...]:
    """Return what tuples have in common at their beginning."""
    found = []
    for parts in zip(*tails, strict=False):
        if any(part != parts[0] for part in parts):
            break
        found.append(parts[0])
    return tuple(found)
