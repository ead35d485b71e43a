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
    codes, bound = source * np.int64(n_nodes), n_nodes**2  # below 2^63 for three billion neurons
    codes += target
    if key is not None and len(key):
        n_keys = int(key.max()) + 1
        if not _fit(bound * n_keys, len(codes)):
            codes, bound = _as_ranks(codes, bound)
        codes *= n_keys
        codes += key
        bound *= n_keys
    order, codes = _in_order(codes, bound)
    again = np.zeros(len(codes) + 1, bool)  # whether a row is one more of the group before it
    np.equal(codes[1:], codes[:-1], out=again[1:-1])
    del codes
    if not again.any():
        return None
    is_first = np.zeros(len(order), bool)
    is_first[order[~again[:-1]]] = True
    first = np.flatnonzero(is_first)
    several = again[:-1] | again[1:]
    rows = order[several]
    starts = np.flatnonzero(~again[:-1][several])
    group = np.cumsum(is_first, dtype=np.int32 if len(order) < 1 << 31 else np.int64)
    return Parallel(first, rows, starts, group[rows[starts]] - 1)


def _fit(bound: int, n_rows: int) -> bool:
    """True if codes below ``bound`` and numbers of rows fit into 63 bits together."""
    return bound.bit_length() + n_rows.bit_length() <= 63


def _in_order(codes: Array, bound: int) -> tuple[Array, Array]:
    """Return the rows in the order of their codes, stably, and the codes in this order."""
    if not _fit(bound, len(codes)):
        order = np.argsort(codes, kind="stable")
        return order, codes[order]
    # numbers alone are sorted several times faster than with their positions, which are their lowest bits
    bits = len(codes).bit_length()
    packed = codes << bits
    packed |= np.arange(len(codes))
    packed.sort()
    return packed & ((1 << bits) - 1), packed >> bits


def _as_ranks(codes: Array, bound: int) -> tuple[Array, int]:
    """Return the rank of each code among the distinct ones, and the number of these."""
    order, in_order = _in_order(codes, bound)
    is_new = np.ones(len(codes), bool)
    np.not_equal(in_order[1:], in_order[:-1], out=is_new[1:])
    ranks = np.empty(len(codes), np.int64)
    ranks[order] = np.cumsum(is_new) - 1
    return ranks, int(np.count_nonzero(is_new))
