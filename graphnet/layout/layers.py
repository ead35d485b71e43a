"""A layered layout: columns from the inputs to the outputs, wrapped where tall, with units in bands."""

from __future__ import annotations

import numpy as np

from ..language.arrays import Array
from ..language.table import GraphTable
from .columns import ordered
from .springs import by_connections
from .units import inside_units

TALLEST = 24
"""Columns of more neurons are wrapped, if the picture is not as wide as that anyway."""
SMALLEST_POOL = 10
"""A single hidden column of more neurons that feed each other is placed by its connections."""
TALLEST_BANDS = 40
"""Units are bands only if all of them together are no taller than this."""
BETWEEN_UNITS = 1.2
BETWEEN_GROUPS = 0.6


def by_columns(table: GraphTable, column: Array, unit: Array, gate: Array) -> Array:
    """Return positions by columns, (n_nodes, 2)."""
    group, reverse = table.node("group"), table.node("reverse")
    item = _items(unit, group)
    rank = ordered(table, column, item)
    n_columns = int(column.max(initial=-1)) + 1
    tallest = int(np.ceil(np.sqrt(table.n_nodes if n_columns == 1 else 2 * table.n_nodes)))
    tallest = max(SMALLEST_POOL if n_columns == 1 else TALLEST, tallest)
    bands = unit.max(initial=-1) >= 0 and _spans_columns(column, unit)
    y = _in_bands(column, rank, unit, inside_units(table, column, unit, gate)) if bands else np.zeros(table.n_nodes)
    if np.ptp(y) > TALLEST_BANDS:
        bands = False
        rank = ordered(table, column, _items(np.full(table.n_nodes, -1), group))
    rows = [np.flatnonzero(column == c) for c in range(n_columns)]
    rows = [each[np.argsort(rank[each])] for each in rows]
    local = np.zeros((table.n_nodes, 2))
    pool = -1 if bands else _pool(table, column)
    if bands:
        local[:, 1] = y
    for c, each in enumerate(rows):
        if c == pool:
            inside = (column[table.source] == c) & (column[table.target] == c)
            place = np.empty(table.n_nodes, np.int64)
            place[each] = np.arange(len(each))
            local[each] = by_connections(len(each), place[table.source[inside]], place[table.target[inside]])
        elif not (bands and (unit[each] >= 0).any()):
            local[each] = _wrapped(len(each), tallest, group[each], reverse[each])
    return _side_by_side(local, rows, int(pool))


def _items(unit: Array, group: Array) -> Array:
    """Return the code of what each node is kept together with: its unit, otherwise its group, otherwise nothing."""
    n = len(unit)
    keys = np.where(unit >= 0, unit, np.where(group >= 0, n + group, 2 * n + np.arange(n)))
    return np.unique(keys, return_inverse=True)[1]


def _spans_columns(column: Array, unit: Array) -> bool:
    rows = np.flatnonzero(unit >= 0)
    return len(np.unique(np.stack([unit[rows], column[rows]]), axis=1).T) > unit.max(initial=-1) + 1


def _pool(table: GraphTable, column: Array) -> int:
    """Return the only column between inputs and outputs if its many neurons feed each other, otherwise -1."""
    between = np.unique(column[~(table.has_role("input") | table.has_role("output"))])
    if len(between) != 1:
        return -1
    c = int(between[0])
    source, target = table.source, table.target
    inside = (column[source] == c) & (column[target] == c) & (source != target)
    size = int((column == c).sum())
    return c if size > SMALLEST_POOL and inside.sum() >= size - 1 else -1


def _wrapped(n: int, tallest: int, group: Array, reverse: Array) -> Array:
    """Return positions of a column around 0, in as many sub-columns as it takes.

    Groups and directions of time are a little apart.
    """
    if n <= tallest:
        changes = np.zeros(n)
        changes[1:] = (group[1:] != group[:-1]) & (np.maximum(group[1:], group[:-1]) >= 0)
        changes[1:] += reverse[1:] != reverse[:-1]
        y = -(np.arange(n) + BETWEEN_GROUPS * np.cumsum(changes))
        return np.stack([np.zeros(n), y - (y[0] + y[-1]) / 2 if n else y], axis=1)
    width = -(-n // tallest)
    height = -(-n // width)
    x, y = np.divmod(np.arange(n), height)
    return np.stack([x - (width - 1) / 2, (height - 1) / 2 - y], axis=1)


def _in_bands(column: Array, rank: Array, unit: Array, inside: Array) -> Array:
    """Return y of columns that have units: a band for each unit, whose nodes are at ``inside``, and then all others."""
    members = np.flatnonzero(unit >= 0)
    n_units = int(unit.max()) + 1
    in_column = np.zeros((n_units, int(column.max()) + 1), np.int64)
    np.add.at(in_column, (unit[members], column[members]), 1)
    low, high = np.full(n_units, np.inf), np.full(n_units, -np.inf)
    np.minimum.at(low, unit[members], inside[members])
    np.maximum.at(high, unit[members], inside[members])
    # units that share columns are stacked in the order of their ranks; those of later columns start anew
    part = rank[members] / in_column[unit[members], column[members]]
    mean = np.bincount(unit[members], part, minlength=n_units) / in_column.sum(axis=1)
    first = np.argmax(in_column > 0, axis=1)
    y = np.zeros(len(unit))
    used = np.zeros(in_column.shape[1])
    move = np.zeros(n_units)
    for u in np.lexsort([np.arange(n_units), np.round(mean, 6), first]).tolist():
        over = in_column[u] > 0
        top = used[over].max()
        move[u] = -top - high[u]
        used[over] = top + high[u] - low[u] + 1 + BETWEEN_UNITS
    y[members] = inside[members] + move[unit[members]]
    others = np.flatnonzero(unit < 0)
    for row in others[np.lexsort([rank[others], column[others]])].tolist():
        y[row] = -used[column[row]]
        used[column[row]] += 1
    return y - (y[members].max() + y[members].min()) / 2


def _side_by_side(local: Array, rows: list[Array], pool: int) -> Array:
    """Return positions with the columns in a row, with gaps that grow with their height."""
    low = np.array([local[each].min(axis=0) for each in rows])
    high = np.array([local[each].max(axis=0) for each in rows])
    height = (high - low)[:, 1]
    gap = np.clip(0.22 * np.maximum(height[1:], height[:-1]), 2.0, 6.0)
    found = local.copy()
    if pool >= 0:  # a column beside a pool takes as much height as the pool, so that its synapses spread
        room = (high - low)[pool, 1]
        for c, each in enumerate(rows):
            own = (high - low)[c, 1]
            if c != pool and len(each) > 1 and own < room * 0.6 and (high - low)[c, 0] == 0:
                found[each, 1] *= room * 0.6 / own
    width = high[:, 0] - low[:, 0]
    left = np.concatenate([[0.0], np.cumsum(width[:-1] + gap)])
    for c, each in enumerate(rows):
        found[each, 0] += left[c] - low[c, 0]
    return found
