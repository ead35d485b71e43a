"""Longest paths in a graph without cycles, wave by wave: the order of neurons in stages and levels."""

from __future__ import annotations

import numpy as np

from ..language.arrays import Array
from ..language.order import count_sort


def longest_paths(
    n: int, source: Array, target: Array, weight: Array, floor: Array | None = None, step: Array | None = None
) -> Array:
    """The heaviest path that ends at each vertex, its own weight counted, (n,) int64.

    value(v) = weight(v) + max(floor(v), value(u) + step over the edges u -> v), by Kahn's algorithm with whole
    frontiers at a time, so that the cost is that of the edges and of as many NumPy calls as the longest path has
    vertices.

    Examples
    --------
    >>> longest_paths(3, np.array([0, 1]), np.array([1, 2]), np.ones(3, int))
    array([1, 2, 3])
    """
    best = np.zeros(n, np.int64) if floor is None else floor.astype(np.int64)
    if not len(source):
        return best + weight
    value = np.zeros(n, np.int64)
    waiting = np.bincount(target, minlength=n)
    first, targets, steps = count_sort(source, n, target, step)
    degree = np.diff(first)
    frontier = np.flatnonzero(waiting == 0)
    while frontier.size:
        value[frontier] = best[frontier] + weight[frontier]
        edges = ranges(first[frontier], degree[frontier])
        reached = targets[edges]
        np.maximum.at(best, reached, np.repeat(value[frontier], degree[frontier]) + steps[edges])
        np.subtract.at(waiting, reached, 1)
        reached = np.unique(reached)
        frontier = reached[waiting[reached] == 0]
    return value


def ranges(first: Array, count: Array) -> Array:
    """The concatenation of ``arange(f, f + c)`` over the pairs (f, c).

    >>> ranges(np.array([5, 0]), np.array([2, 3]))
    array([5, 6, 0, 1, 2])
    """
    ends = np.cumsum(count)
    return np.arange(ends[-1] if len(ends) else 0) + np.repeat(first - ends + count, count)
