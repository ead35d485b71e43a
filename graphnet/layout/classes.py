"""A layout by classes: neurons of one class, such as a cell type, are a block, in the order of flow."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..language.arrays import Array
from ..language.table import GraphTable

TALLEST_END = 16
BETWEEN = 2.0
"""Distance of blocks, in neurons."""


def by_classes(
    table: GraphTable, column: Array, codes: Array, names: tuple[Any, ...]
) -> tuple[Array, Array, tuple[str, ...]]:
    """Return positions by classes, the class of each node, and the names of the classes.

    Nodes without a class are classes of their own: inputs at the left, outputs at the right, others "without".
    """
    cluster, labels = _completed(table, codes, names)
    n_classes = len(labels)
    size = np.bincount(cluster, minlength=n_classes)
    level = class_levels(table, column, cluster, n_classes)
    # sides of the blocks: rather tall than wide, and inputs and outputs in a column
    wide = np.ceil(np.sqrt(size / (1.8 if n_classes <= 8 else 1.2))).astype(np.int64)
    wide[_ends(table, cluster, size) & (size <= TALLEST_END)] = 1
    tall = -(-size // wide)
    order = np.argsort(cluster, kind="stable")
    start = np.concatenate([[0], np.cumsum(size)[:-1]])
    place = np.arange(table.n_nodes) - start[cluster[order]]
    local = np.empty((table.n_nodes, 2))
    x, y = np.divmod(place, tall[cluster[order]])
    local[order] = np.stack([x, -y], axis=1)
    corner = _packed(level, wide, tall, float(BETWEEN + 0.2 * np.sqrt(size.mean())))
    positions = local + corner[cluster]
    return positions - (positions.max(axis=0) + positions.min(axis=0)) * [0, 0.5], cluster, labels


def class_levels(table: GraphTable, column: Array, cluster: Array, n_classes: int) -> Array:
    """Return the order of classes, (n_classes,): by layers where these tell them apart, otherwise by trophic level.

    The level h of a class is 1 above the mean level of what feeds it, in least squares over the synapses between
    classes (MacKay et al. 2020); classes that feed nothing and that nothing feeds have level 0.

    References
    ----------
    MacKay, R. S., Johnson, S. & Sansom, B. (2020). How directed is a directed network? Royal Society Open Science 7.
    """
    size = np.bincount(cluster, minlength=n_classes)
    mean = np.bincount(cluster, column, minlength=n_classes) / np.maximum(size, 1)
    is_end = _ends(table, cluster, size)
    if len(np.unique(np.round(mean[~is_end], 6))) > min(2, (~is_end).sum() - 1):
        return np.asarray(np.round(mean, 6))
    between = cluster[table.source] != cluster[table.target]
    counts = np.zeros((n_classes, n_classes))
    np.add.at(counts, (cluster[table.source[between]], cluster[table.target[between]]), 1.0)
    fed, feeds = counts.sum(axis=0), counts.sum(axis=1)
    laplacian = np.diag(fed + feeds) - counts - counts.T
    level = np.linalg.lstsq(laplacian, fed - feeds, rcond=None)[0]
    # in the order of the distance from the inputs, if there are inputs
    is_input = np.bincount(cluster, table.has_role("input"), minlength=n_classes) == size
    if is_input.any():
        level = 0.9 * (level - level.min()) / max(float(np.ptp(level)), 1e-9) + _distance(counts, is_input)
    level[is_input] = level.min(initial=0) - 1
    level[is_end & ~is_input] = level.max(initial=0) + 1
    return np.asarray(np.round(level, 6))


def _ends(table: GraphTable, cluster: Array, size: Array) -> Array:
    """True for classes of inputs or outputs alone, (n_classes,)."""
    ends = table.has_role("input") | table.has_role("output")
    return np.asarray(np.bincount(cluster, ends, minlength=len(size)) == size)


def _distance(counts: Array, first: Array) -> Array:
    """Return the fewest synapses from some classes to each, (n_classes,); those out of reach come last."""
    distance = np.where(first, 0.0, np.inf)
    for steps in range(1, len(first)):
        reached = (counts[distance == steps - 1] > 0).any(axis=0) & np.isinf(distance)
        if not reached.any():
            break
        distance[reached] = steps
    most = distance[np.isfinite(distance)].max()
    return np.where(np.isfinite(distance), distance, most + 1)


def _completed(table: GraphTable, codes: Array, names: tuple[Any, ...]) -> tuple[Array, tuple[str, ...]]:
    """Return classes in which every node has one, and their names."""
    found = codes.copy()
    labels = [str(name) for name in names]
    is_input, is_output = table.has_role("input"), table.has_role("output")
    for rows, name in (
        ((codes < 0) & is_input, "inputs"),
        ((codes < 0) & is_output & ~is_input, "outputs"),
        ((codes < 0) & ~is_input & ~is_output, "without"),
    ):
        if rows.any():
            found[rows] = len(labels)
            labels.append(name)
    return found, tuple(labels)


def _packed(level: Array, wide: Array, tall: Array, gap: float) -> Array:
    """Return the upper left corner of each block, (n_classes, 2): columns by level, of about equal height."""
    n = len(level)
    order = np.lexsort([np.arange(n), level])
    area = ((wide + gap) * (tall + gap)).sum()
    tallest = max(float((tall + gap).max()), np.sqrt(area / 1.5))
    columns: list[list[int]] = []
    used = np.inf
    for c in order.tolist():
        # blocks of few, quite different levels have columns of their own
        fresh = columns and n <= 6 and level[c] - level[columns[-1][-1]] > 0.05
        if used + tall[c] > tallest + 1e-9 or fresh:
            columns.append([])
            used = 0.0
        columns[-1].append(c)
        used += tall[c] + gap
    corner = np.zeros((n, 2))
    left = 0.0
    for column in columns:
        height = sum(tall[c] for c in column) + gap * (len(column) - 1)
        width = max(wide[c] for c in column)
        top = height / 2
        for c in column:
            corner[c] = left + (width - wide[c]) / 2, top
            top -= tall[c] + gap
        left += width + gap * 1.5
    return corner
