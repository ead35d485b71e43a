"""Rows of one synapse: found by sorting, added up, and asked whether they agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...language.arrays import Array


@dataclass(frozen=True)
class Parallel:
    """Rows that name the same synapse, in groups, most of which may have one row.

    ``first`` (n_groups,) are the first rows of the groups, in the order of the table.  ``rows`` are those of groups of
    several, group by group; ``starts`` are the positions in it where one begins, and ``place`` says which group it is.
    """

    first: Array
    rows: Array
    starts: Array
    place: Array

    def sums(self, values: Array) -> Array:
        """Return the sum of each group."""
        return self._reduced(np.add, values[self.first], values[self.rows])

    def extremes(self, values: Array, given: Array) -> tuple[Array, Array, Array]:
        """Return the lowest and the highest of the values given in each group, and whether any is given."""
        if values.dtype == np.bool_:
            values = values.astype(np.int8)
        is_float = values.dtype.kind == "f"
        least, most = (-np.inf, np.inf) if is_float else (np.iinfo(values.dtype).min, np.iinfo(values.dtype).max)
        several, given_of = values[self.rows], given[self.rows]
        lowest = self._reduced(np.minimum, values[self.first], np.where(given_of, several, most))
        highest = self._reduced(np.maximum, values[self.first], np.where(given_of, several, least))
        return lowest, highest, self._reduced(np.logical_or, given[self.first], given_of)

    @property
    def repeats(self) -> Array:
        """Rows that are not the first of their group, in the order of the table."""
        return np.sort(np.delete(self.rows, self.starts))

    def rows_of(self, group: int) -> Array:
        """Return the rows of a group of several."""
        at = int(np.flatnonzero(self.place == group)[0])
        end = self.starts[at + 1] if at + 1 < len(self.starts) else len(self.rows)
        return self.rows[self.starts[at] : end]

    def _reduced(self, function: np.ufunc, of_first: Array, of_rows: Array) -> Array:
        of_first[self.place] = function.reduceat(of_rows, self.starts)
        return of_first


def find_parallel(source: Array, target: Array, n_nodes: int, key: Array | None) -> Parallel | None:
    """Return the groups of rows of one source, target and key; None if every row is alone.

    ``key`` are codes from 0 on.
    """
    codes = source * n_nodes + target  # below 2^63 for three billion neurons
    if key is not None and len(key):
        n_keys = int(key.max()) + 1
        if n_nodes**2 * n_keys >= 1 << 63:
            codes = np.unique(codes, return_inverse=True)[1]
        codes *= n_keys
        codes += key
    in_order = np.sort(codes)  # without positions it is several times faster
    if not (in_order[1:] == in_order[:-1]).any():
        return None
    del in_order
    order = np.argsort(codes, kind="stable")
    codes = codes[order]
    again = np.zeros(len(codes) + 1, bool)  # whether a row is one more of the group before it
    np.equal(codes[1:], codes[:-1], out=again[1:-1])
    del codes
    is_first = np.zeros(len(order), bool)
    is_first[order[~again[:-1]]] = True
    first = np.flatnonzero(is_first)
    several = again[:-1] | again[1:]
    rows = order[several]
    starts = np.flatnonzero(~again[:-1][several])
    return Parallel(first, rows, starts, np.searchsorted(first, rows[starts]))
