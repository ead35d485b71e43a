"""Pass 3: the order of rows.

Inside a scanned stage, levels go along synapses without delay.  Rows are numbered inputs first, then by stage, level
and activation, so that a level is a contiguous slice and so is each run of one activation in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..language.arrays import Array
from ..language.brief import one_line
from .condense import Stages
from .paths import longest_paths
from .program import LEVEL, SEGMENT, STAGE


@dataclass(frozen=True, eq=False, slots=True)
class Schedule:
    """The order of rows and the tables of stages, levels and segments, still without blocks.

    ``order`` and ``row`` (n_nodes,) are inverse to each other; ``level`` (n_nodes,) is the level of each row, -1 for
    inputs.
    """

    order: Array
    row: Array
    level: Array
    stages: Array
    levels: Array
    segments: Array

    __repr__ = one_line


@dataclass(frozen=True, eq=False, slots=True)
class Kinds:
    """Kinds of neurons, (n_nodes,) each: function, features by name, group (-1: none) and its size."""

    activation: Array
    features: dict[str, Array]
    group: Array
    group_size: Array

    __repr__ = one_line

    def columns(self) -> dict[str, Array]:
        """Columns that are constant in a segment, by the names of a segment's record."""
        return {"activation": self.activation, **self.features, "group": self.group_size}


def schedule_levels(
    stages: Stages, vertex: Array, kinds: Kinds, source: Array, target: Array, delay: Array
) -> Schedule:
    """Levels from the dependencies without delay; a group, whose first member is its ``vertex``, is on one level."""
    n, stage = len(stages.of_node), stages.of_node
    now = np.flatnonzero(delay == 0)
    source, target = source[now], target[now]
    together = stage[source] == stage[target]
    depth = longest_paths(n, vertex[source[together]], vertex[target[together]], np.ones(n, np.int64))[vertex]
    common = kinds.columns()
    alike = np.where(stage < 0, -1, np.stack([column.astype(np.int64) for column in common.values()]))
    depth = np.where(stage < 0, 0, depth)
    order = np.lexsort((kinds.group, *alike[::-1], depth, stage))
    row = np.empty(n, np.int64)
    row[order] = np.arange(n)

    n_inputs = int((stage < 0).sum())
    ordered = np.concatenate([stage[None], depth[None], alike])[:, order]
    level_first = n_inputs + _starts(ordered[:2, n_inputs:])
    segment_first = n_inputs + _starts(ordered[:, n_inputs:])
    levels = np.zeros(len(level_first), LEVEL)
    levels["row"] = _pairs(level_first, n)
    levels["segment"] = np.searchsorted(segment_first, levels["row"])
    segments = np.zeros(len(segment_first), SEGMENT)
    segments["row"] = _pairs(segment_first, n)
    for name, column in zip(common, ordered[2:], strict=True):
        segments[name] = column[segment_first]
    table = np.zeros(len(stages.scanned), STAGE)
    table["scanned"], table["reverse"] = stages.scanned, stages.reverse
    first = n_inputs + _starts(ordered[:1, n_inputs:])
    table["row"] = _pairs(first, n)
    table["level"] = np.searchsorted(level_first, table["row"])
    level = np.full(n, -1)
    level[n_inputs:] = np.repeat(np.arange(len(levels)), np.diff(levels["row"])[:, 0])
    return Schedule(order, row, level, table, levels, segments)


def _starts(columns: Array) -> Array:
    """Positions at which a new combination of the (sorted) columns begins."""
    n = columns.shape[1]
    changed = (columns[:, 1:] != columns[:, :-1]).any(axis=0)
    return np.concatenate([np.zeros(min(n, 1), np.int64), 1 + np.flatnonzero(changed)])


def _pairs(first: Array, end: int) -> Array:
    return np.stack([first, np.append(first[1:], end)[: len(first)]], axis=1)
