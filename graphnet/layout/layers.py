"""A layered layout: columns from the inputs to the outputs, wrapped where tall, with units in bands."""

from __future__ import annotations

import numpy as np

from ..language.arrays import Array
from ..language.table import GraphTable
from .columns import ordered
from .springs import by_connections
from .units import rank_in_unit

TALLEST = 24
"""Columns of more neurons are wrapped, if the picture is not as wide as that anyway."""
SMALLEST_POOL = 10
"""A single hidden column of more neurons that feed each other is placed by its connections."""
BETWEEN_UNITS = 1.2
BETWEEN_GROUPS = 0.6


def by_columns(table: GraphTable, column: Array, unit: Array, gate: Array) -> Array:
    """Return positions by columns, (n_nodes, 2)."""
    group = table.node("group")
    item = _items(unit, group)
    rank = ordered(table, column, item)
    n_columns = int(column.max(initial=-1)) + 1
    tallest = max(TALLEST, int(np.ceil(np.sqrt(2 * table.n_nodes))))
    rows = [np.flatnonzero(column == c) for c in range(n_columns)]
    rows = [each[np.argsort(rank[each])] for each in rows]
    bands = unit.max(initial=-1) >= 0 and _spans_columns(column, unit)
    local = np.zeros((table.n_nodes, 2))
    pool = -1 if bands else _pool(table, column)
    if bands:
        local[:, 1] = _in_bands(table, column, rank, unit, rank_in_unit(table, gate, column))
    for c, each in enumerate(rows):
        if c == pool:
            inside = (column[table.source] == c) & (column[table.target] == c)
            place = np.empty(table.n_nodes, np.int64)
            place[each] = np.arange(len(each))
            local[each] = by_connections(len(each), place[table.source[inside]], place[table.target[inside]])
        elif not (bands and (unit[each] >= 0).any()):
            local[each] = _wrapped(len(each), tallest, group[each])
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


def _wrapped(n: int, tallest: int, group: Array) -> Array:
    """Return positions of a column around 0, in as many sub-columns as it takes; groups a little apart."""
    if n <= tallest:
        changes = np.zeros(n)
        changes[1:] = (group[1:] != group[:-1]) & (np.maximum(group[1:], group[:-1]) >= 0)
        y = -(np.arange(n) + BETWEEN_GROUPS * np.cumsum(changes))
        return np.stack([np.zeros(n), y - (y[0] + y[-1]) / 2 if n else y], axis=1)
    width = -(-n // tallest)
    height = -(-n // width)
    x, y = np.divmod(np.arange(n), height)
    return np.stack([x - (width - 1) / 2, (height - 1) / 2 - y], axis=1)


def _in_bands(table: GraphTable, column: Array, rank: Array, unit: Array, key: Array) -> Array:
    """Return y of columns that have units: a band for each unit, its carriers in one line at the bottom."""
    n = table.n_nodes
    inside = np.flatnonzero(unit >= 0)
    n_units = int(unit.max()) + 1
    # height of a unit: of its tallest column
    members = np.zeros((n_units, int(column.max()) + 1), np.int64)
    np.add.at(members, (unit[inside], column[inside]), 1)
    height = members.max(axis=1)
    # units that share columns are stacked in the order of their ranks; those of later layers start anew
    y = np.zeros(n)
    first = np.argmax(members > 0, axis=1)
    mean = np.bincount(unit[inside], rank[inside] / members[unit[inside], column[inside]], minlength=n_units)
    used = np.zeros(members.shape[1])
    bottom = np.zeros(n_units)
    for u in np.lexsort([np.arange(n_units), np.round(mean / members.sum(axis=1), 6), first]).tolist():
        over = members[u] > 0
        top = used[over].max()
        bottom[u] = -(top + height[u] - 1)
        used[over] = top + height[u] + BETWEEN_UNITS
    order = inside[np.lexsort([inside, key[inside], column[inside], unit[inside]])]
    place = np.arange(len(order))
    changes = np.flatnonzero((np.diff(unit[order]) != 0) | (np.diff(column[order]) != 0)) + 1
    start = np.concatenate([[0], changes]).astype(np.int64)
    length = np.diff(np.append(start, len(order)))
    from_bottom = np.repeat(start + length - 1, length) - place
    y[order] = bottom[unit[order]] + from_bottom
    others = np.flatnonzero(unit < 0)
    for row in others[np.lexsort([rank[others], column[others]])].tolist():
        y[row] = -used[column[row]]
        used[column[row]] += 1
    # around 0, column by column of those that share units
    middle = (y[inside].max() + y[inside].min()) / 2
    return y - middle


def _side_by_side(local: Array, rows: list[Array], pool: int) -> Array:
    """Return positions with the columns in a row, with gaps that grow with their height."""
    low = np.array([local[each].min(axis=0) for each in rows])
    high = np.array([local[each].max(axis=0) for each in rows])
    height = (high - low)[:, 1].max() + 1
    gap = np.clip(0.3 * height, 2.0, 7.0)
    if len(rows) > 12:
        gap = min(gap, 3.0)
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
