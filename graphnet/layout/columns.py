"""Columns of a layered layout: which column a neuron is in, and the order of neurons within their columns."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from ..language.arrays import Array
from ..language.delays import order_layers
from ..language.feedback import depths
from ..language.table import GraphTable

TALLEST_BY_DEPTH = 40
"""Neurons without layers are in columns by depth only if no column has more of them than this."""
SWEEPS = 8
MOST_COLUMN_SWEEPS = 2000
MOST_COMPARED = 1500
"""Crossings are counted up to so many synapses; above, the last sweep is taken."""


def columns_of(table: GraphTable) -> tuple[str, Array]:
    """Return the rule and the column of each node from 0 on, (n_nodes,) int64.

    Columns are layers if a neuron between inputs and outputs has one; otherwise the distance from the inputs in
    synapses, with outputs without a layer last.
    """
    layer = order_layers(table)
    is_input, is_output = table.has_role("input"), table.has_role("output")
    hidden = ~(is_input | is_output)
    if not table.node_gives("layer")[hidden].any() and is_input.any() and hidden.any():
        depth = depths(table)
        depth[is_input] = -1
        unreached = np.isinf(depth)
        depth[unreached] = depth[~unreached].max() + 1
        last = is_output & ~table.node_gives("layer")
        depth[last] = depth[~last].max() + 1
        _, column = np.unique(depth, return_inverse=True)
        if np.bincount(column[hidden]).max() <= TALLEST_BY_DEPTH:
            return "depth from the inputs", column
    return "layers", np.unique(layer, return_inverse=True)[1]


def ordered(table: GraphTable, column: Array, item: Array) -> Array:
    """Return the rank of each node in its column, (n_nodes,) int64, so that few synapses cross.

    Barycentres of neighbours in sweeps from the inputs to the outputs and back (Sugiyama et al. 1981), by items:
    nodes of one item, such as a group, stay together. Nodes that are equal in this keep their order in the drawing,
    and so do all nodes if the sweeps lower no number of crossings.

    References
    ----------
    Sugiyama, K., Tagawa, S. & Toda, M. (1981). Methods for visual understanding of hierarchical system structures.
    IEEE Transactions on Systems, Man, and Cybernetics 11(2).
    """
    n = table.n_nodes
    drawn = _together(column, item)
    height = np.bincount(column, minlength=1)
    source, target = table.source, table.target
    across = column[source] != column[target]
    source, target = source[across], target[across]
    if height.max(initial=0) <= 1 or not len(source):
        return drawn
    ends, others = np.concatenate([source, target]), np.concatenate([target, source])
    rows = [np.flatnonzero(column == c) for c in range(len(height))]
    sides = []
    for side in (column[others] < column[ends], column[others] > column[ends]):
        counts = csr_array((np.ones(side.sum()), (ends[side], others[side])), shape=(n, n))
        sides.append([counts[each] for each in rows])
    rank, best = drawn, drawn
    compares = len(source) <= MOST_COMPARED
    fewest = crossings(column, rank, source, target) if compares else np.inf
    for sweep in range(min(SWEEPS, max(1, MOST_COLUMN_SWEEPS // len(height)))):
        forward = sweep % 2 == 0
        y = rank - (height[column] - 1) / 2
        for c in range(len(height)) if forward else range(len(height) - 1, -1, -1):
            if len(rows[c]) < 2:
                continue
            near = sides[0 if forward else 1][c]
            n_near = near.sum(axis=1)
            mean = np.where(n_near > 0, (near @ y) / np.maximum(n_near, 1), y[rows[c]])
            _, of = np.unique(item[rows[c]], return_inverse=True)
            mean = (np.bincount(of, mean) / np.bincount(of))[of]
            least = np.full(len(mean), len(mean))
            np.minimum.at(least, of, rank[rows[c]])
            # rounded, so that equal means are equal whatever their sums were rounded to
            order = np.lexsort([rank[rows[c]], least[of], np.round(mean, 6)])
            places = np.empty(len(order))
            places[order] = np.arange(len(order))
            rank = rank.copy()
            rank[rows[c]] = places
            y[rows[c]] = places - (len(order) - 1) / 2
        found = crossings(column, rank, source, target) if compares else -1
        if found < fewest or not compares:
            fewest, best = found, rank
    return best.astype(np.int64)


def crossings(column: Array, rank: Array, source: Array, target: Array) -> int:
    """Return the number of pairs of synapses between the same two columns that cross."""
    left = np.where(column[source] < column[target], source, target)
    right = source + target - left
    same = (column[left][:, None] == column[left]) & (column[right][:, None] == column[right])
    turned = (rank[left][:, None] - rank[left]) * (rank[right][:, None] - rank[right]) < 0
    return int((same & turned).sum()) // 2


def _together(column: Array, item: Array) -> Array:
    """Return ranks in node order, in which items come where their first node comes."""
    n = len(column)
    first = np.full(int(item.max(initial=-1)) + 1, n)
    np.minimum.at(first, item, np.arange(n))
    order = np.lexsort([np.arange(n), first[item], column])
    start = np.searchsorted(column[order], np.arange(int(column.max(initial=-1)) + 1))
    rank = np.empty(n, np.int64)
    rank[order] = np.arange(n) - start[column[order]]
    return rank
