"""Values of a chunk of steps and the history before it, read and added to across delays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from ...compiler.program import Program
from ...language.arrays import Array

Rows = slice | Array


@dataclass(frozen=True, eq=False, slots=True)
class Operand:
    """The rows that the columns of a block read, and how many steps back.

    ``distinct`` are the same rows without repetition; where a row is repeated, ``collect`` (n_distinct, n_columns)
    sums its columns.
    """

    rows: Rows
    delay: int
    distinct: Rows
    collect: csr_array | None


@dataclass(frozen=True, eq=False, slots=True)
class Past:
    """Values of a chunk (n_steps, n_nodes, n_samples) and the history (n_history, n_samples) that came before it."""

    program: Program
    values: Array
    history: Array

    def read(self, operand: Operand, first: int, last: int, n_live: int) -> Array:
        """The values of the operand's rows ``delay`` steps before each step, (n_columns, (last - first) * n_live)."""
        delay, n_old = operand.delay, self._n_old(operand, first, last)
        recent = self.values[first + n_old - delay : last - delay, operand.rows, :n_live]
        if not n_old:
            return by_row(recent)
        old = self.history[self._positions(operand.rows, delay, first, n_old)][..., :n_live]
        return by_row(np.concatenate([old, recent]) if first + n_old < last else old)

    def add(self, operand: Operand, first: int, last: int, n_live: int, x: Array) -> None:
        """The adjoint of ``read``: add (n_columns, (last - first) * n_live) to what was read."""
        if operand.collect is not None:
            x = operand.collect @ x
        delay, n_old = operand.delay, self._n_old(operand, first, last)
        steps = by_step(x, last - first)
        if first + n_old < last:
            self.values[first + n_old - delay : last - delay, operand.distinct, :n_live] += steps[n_old:]
        if n_old:
            # a position is that of one row and one step, so none is repeated
            self.history[self._positions(operand.distinct, delay, first, n_old), :n_live] += steps[:n_old]

    def after(self, positions: tuple[Array, Array], lengths: Array) -> Array:
        """The history at each sample's own end, (n_history, n_samples)."""
        rows, lags = positions
        step = lengths[None, :] - lags[:, None]
        sample = np.arange(len(lengths))
        inside = self.values[np.maximum(step, 0), rows[:, None], sample]
        before = self.history[self._before(rows, step), sample]
        return np.where(step >= 0, inside, before)

    def pull_back_after(self, positions: tuple[Array, Array], lengths: Array, grad_history: Array) -> None:
        """The adjoint of ``after``: add the gradient of the final history to that of values and history."""
        rows, lags = positions
        step = lengths[None, :] - lags[:, None]
        place, sample = np.nonzero(step >= 0)
        self.values[step[place, sample], rows[place], sample] += grad_history[place, sample]
        place, sample = np.nonzero(step < 0)
        self.history[self._before(rows, step)[place, sample], sample] += grad_history[place, sample]

    def _n_old(self, operand: Operand, first: int, last: int) -> int:
        return min(max(operand.delay - first, 0), last - first)

    def _positions(self, rows: Rows, delay: int, first: int, n_old: int) -> Array:
        return self.program.history_end[rows] + (np.arange(first, first + n_old) - delay)[:, None]

    def _before(self, rows: Array, step: Array) -> Array:
        return np.asarray(self.program.history_end[rows][:, None] + np.minimum(step, -1))


def spans_of(live: Array, n_steps: int) -> Iterator[tuple[int, int, int]]:
    """Runs of at most ``n_steps`` steps, cut at its multiples, in which the same samples run: first, last, how many."""
    cuts = np.flatnonzero(np.diff(live)) + 1
    ends = np.union1d(cuts, np.append(np.arange(n_steps, len(live), n_steps), len(live)))
    first = 0
    for last in ends.tolist():
        if live[first]:
            yield first, last, int(live[first])
        first = last


def by_row(values: Array) -> Array:
    """(steps, rows, samples) as (rows, steps * samples)."""
    if len(values) == 1:
        return np.ascontiguousarray(values[0])
    return np.ascontiguousarray(values.transpose(1, 0, 2)).reshape(values.shape[1], -1)


def by_step(columns: Array, n_steps: int) -> Array:
    """The inverse of ``by_row``."""
    return columns.reshape(len(columns), n_steps, -1).transpose(1, 0, 2)


def as_rows(rows: Array) -> Rows:
    """Return the rows as a slice if they are consecutive, so that reading them copies nothing."""
    if len(rows) and rows[-1] - rows[0] == len(rows) - 1 and (np.diff(rows) == 1).all():
        return slice(int(rows[0]), int(rows[-1]) + 1)
    return rows


def make_operand(rows: Array, delay: int) -> Operand:
    distinct, place = np.unique(rows, return_inverse=True)
    if len(distinct) == len(rows) and (distinct == rows).all():
        return Operand(as_rows(rows), delay, as_rows(rows), None)
    ones = np.ones(len(rows), np.int8)
    collect = csr_array((ones, (place, np.arange(len(rows)))), shape=(len(distinct), len(rows)))
    return Operand(as_rows(rows), delay, as_rows(distinct), collect)


FLIPPED_AT_ONCE = 64
"""Number of steps that are copied at a time, which bounds the memory that it takes."""


def flip_time(values: Array, lengths: Array) -> None:
    """Reverse each sample's own steps in place: (n_steps, n_rows, n_samples), longest first."""
    if lengths[0] == lengths[-1]:  # the usual case, in which whole steps change places
        n_steps = int(lengths[0])
        half = n_steps // 2
        for first in range(0, half, FLIPPED_AT_ONCE):
            stop = min(first + FLIPPED_AT_ONCE, half)
            here, there = values[first:stop], values[n_steps - stop : n_steps - first]
            kept = here.copy()
            here[...] = there[::-1]
            there[...] = kept[::-1]
        return
    for step in range(int(lengths[0]) // 2):
        other = lengths[lengths - 1 - step > step] - 1 - step
        sample = np.arange(len(other))
        here = values[step, :, : len(other)].copy()
        values[step, :, : len(other)] = values[other, :, sample].T
        values[other, :, sample] = here.T
