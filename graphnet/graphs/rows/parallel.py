"""Rows of one synapse: found by sorting, added up, and asked whether they agree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...language.arrays import Array


@dataclass(frozen=True)
class Parallel:
    """Rows that name the same synapse, in groups.

    ``order`` (n_rows,) sorts rows by group, each in the order of the table; ``starts`` (n_groups,) are the positions
    in it where a group begins, and ``place`` (n_groups,) puts groups in the order of their first rows.
    """

    order: Array
    starts: Array
    place: Array

    @property
    def first(self) -> Array:
        """First row of each group, in the order of the table."""
        return self._placed(self.order[self.starts])

    def sums(self, values: Array) -> Array:
        """Return the sum of each group."""
        return self._reduced(np.add, values)

    def extremes(self, values: Array, given: Array) -> tuple[Array, Array, Array]:
        """Return the lowest and the highest of the values given in each group, and whether any is given."""
        if values.dtype == np.bool_:
            values = values.astype(np.int8)
        info: Any = np.finfo(values.dtype) if values.dtype.kind == "f" else np.iinfo(values.dtype)
        lowest = self._reduced(np.minimum, np.where(given, values, info.max))
        highest = self._reduced(np.maximum, np.where(given, values, info.min))
        return lowest, highest, self._reduced(np.logical_or, given)

    @property
    def repeats(self) -> Array:
        """Rows that are not the first of their group, in the order of the table."""
        again = np.ones(len(self.order), bool)
        again[self.order[self.starts]] = False
        return np.flatnonzero(again)

    def rows_of(self, group: int) -> Array:
        """Return the rows of one group, by its place."""
        at = int(np.flatnonzero(self.place == group)[0])
        end = self.starts[at + 1] if at + 1 < len(self.starts) else len(self.order)
        return self.order[self.starts[at] : end]

    def _reduced(self, function: np.ufunc, values: Array) -> Array:
        return self._placed(function.reduceat(values[self.order], self.starts))

    def _placed(self, of_groups: Array) -> Array:
        placed = np.empty_like(of_groups)
        placed[self.place] = of_groups
        return placed


def find_parallel(source: Array, target: Array, n_nodes: int, key: Array | None) -> Parallel | None:
    """Return the groups of rows of one source, target and key; None if every row is alone.

    ``key`` are codes from 0 on.
    """
    codes = source * n_nodes + target  # below 2^63 for three billion neurons
    if key is not None and len(key):
        n_keys = int(key.max()) + 1
        if n_nodes**2 * n_keys >= 1 << 63:
            codes = np.unique(codes, return_inverse=True)[1]
        codes = codes * n_keys + key
    codes_sorted = np.sort(codes)  # without positions it is several times faster
    if not (codes_sorted[1:] == codes_sorted[:-1]).any():
        return None
    del codes_sorted
    order = np.argsort(codes, kind="stable")
    codes = codes[order]
    is_start = np.ones(len(codes), bool)
    np.not_equal(codes[1:], codes[:-1], out=is_start[1:])
    del codes
    starts = np.flatnonzero(is_start)
    first = order[starts]
    is_first = np.zeros(len(order), bool)
    is_first[first] = True
    return Parallel(order, starts, (np.cumsum(is_first) - 1)[first])
