"""Data in memory: samples, and the series that they were cut from."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ...errors import DataError
from ...language.arrays import Array
from ...language.brief import one_line


@dataclass(frozen=True, eq=False)
class Series:
    """The series that samples were cut from, one after the other.

    Attributes
    ----------
    lengths : (n_series,) int64
        Number of steps of each.
    inputs, targets : tuple of str
        Names of the columns of x, and of those whose later values are the outputs.
    ahead : tuple of int
        Horizons: the outputs are the targets so many steps later, those of the first horizon first.
    values : (n_steps, n_targets) or None
        Targets at every step, NaN where they are missing; None where they were not read, are classes, or
        one for each series.
    ends : (n_samples,) or None
        The step of the last row of each window, counted over all series; None where each series is one sample.
    time : str or None
        Name of the column of times.
    times : (n_steps,) or None
        Time of each step: numbers, or text as in the file.
    remark : str or None
        A sentence about rows that are missing from even times, or times that are not in order.
    """

    lengths: Array
    inputs: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    ahead: tuple[int, ...] = (0,)
    values: Array | None = None
    ends: Array | None = None
    time: str | None = None
    times: Array | None = None
    remark: str | None = None

    __repr__ = one_line

    @property
    def outputs(self) -> list[str]:
        """Names of the outputs: a target, with + and the horizon behind it unless that is 0.

        >>> Series(np.array([9]), targets=("wind", "rain"), ahead=(1, 24)).outputs
        ['wind+1', 'rain+1', 'wind+24', 'rain+24']
        """
        return [name + f"+{ahead}" * (ahead > 0) for ahead in self.ahead for name in self.targets]

    @property
    def starts(self) -> Array:
        """First step of each series, counted over all."""
        return np.cumsum(self.lengths) - self.lengths

    def steps(self, n_steps: int) -> Array:
        """Return the step, counted over all series, of each step of each sample, (n_samples, n_steps) or more."""
        if self.ends is not None:
            return self.ends[:, np.newaxis] + np.arange(1 - n_steps, 1)
        return self.starts[:, np.newaxis] + np.arange(n_steps)


@dataclass(frozen=True, eq=False)
class Data:
    """Sequences and their targets.

    ``x`` (n_samples, n_steps, n_inputs), ``y`` as the loss takes it or None, ``lengths`` (n_samples,) int64 or None if
    every sequence is as long as the array, ``weights`` (n_samples,) or (n_samples, n_steps) or None if every step
    counts, ``series`` what a table, and windows, were cut from.
    """

    x: Array
    y: Array | None = None
    lengths: Array | None = None
    weights: Array | None = None
    series: Series | None = None

    __repr__ = one_line

    @property
    def in_time(self) -> bool:
        """True if samples are windows, or one series with a target at each step: `split` cuts them in time."""
        if self.series is not None and self.series.ends is not None:
            return True
        if len(self.x) != 1 or self.y is None or self.x.shape[:2] != self.y.shape[:2]:
            return False
        return self.y.ndim == 3 or self.y.dtype.kind in "iu"

    def split(self, fraction: float) -> tuple[Data, Data]:
        """Return what comes first, to train on, and the last ``fraction`` of each series, to validate on.

        Steps that do not count are not counted here either.  No value is a target of both: with several horizons, the
        last windows or steps before the cut are left out.  What is validated on still has its past as inputs.

        Raises
        ------
        DataError
            If data are not windows or one series with a target at each step, or nothing is left of either part.

        Examples
        --------
        >>> x = np.arange(10.0).reshape(1, 10, 1)
        >>> early, late = Data(x, x).split(0.2)
        >>> early.x.shape, late.x.shape, late.weights.ravel().tolist()
        ((1, 8, 1), (1, 10, 1), [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0])
        """
        if not self.in_time or self.y is None:
            raise DataError("split: data are neither windows nor one series with a target at each step")
        if not 0 < fraction < 1:
            raise DataError(f"split: {fraction!r} is not a fraction > 0 and < 1")
        ahead = (0,) if self.series is None else self.series.ahead
        spread = max(ahead) - min(ahead)
        if self.series is None or self.series.ends is None:
            return self._split_steps(fraction, spread)
        ends, starts = self.series.ends, self.series.starts
        of = np.searchsorted(starts, ends, side="right")
        early, late = np.zeros(len(ends), bool), np.zeros(len(ends), bool)
        for each in np.unique(of):
            rows = np.flatnonzero(of == each)
            cut = _cut(fraction, len(rows), "windows")
            late[rows[cut:]] = True
            early[rows[ends[rows] < ends[rows[cut]] - spread]] = True
        if not early.any():
            raise DataError(_nothing_left(fraction, len(ends), "windows", spread))
        return self._windows(early), self._windows(late)

    def _windows(self, chosen: Array) -> Data:
        assert self.series is not None
        assert self.series.ends is not None
        assert self.y is not None
        found = np.flatnonzero(chosen)
        # of one series they are a part, and windows stay a view of its steps
        is_part = len(found) == found[-1] - found[0] + 1
        part = slice(int(found[0]), int(found[-1]) + 1) if is_part else found
        return Data(
            self.x[part],
            self.y[part],
            None if self.lengths is None else self.lengths[part],
            None if self.weights is None else self.weights[part],
            replace(self.series, ends=self.series.ends[part]),
        )

    def _split_steps(self, fraction: float, spread: int) -> tuple[Data, Data]:
        n_steps = self.x.shape[1] if self.lengths is None else int(self.lengths[0])
        weights = np.ones((1, n_steps)) if self.weights is None else self.weights
        if weights.shape != (1, self.x.shape[1]):
            weights = np.broadcast_to(np.reshape(weights, (1, -1)), (1, n_steps))
        steps = np.flatnonzero(weights[0, :n_steps] > 0)
        cut = int(steps[_cut(fraction, len(steps), "steps that count")])
        end = cut - spread
        if not (weights[0, : max(end, 0)] > 0).any():
            raise DataError(_nothing_left(fraction, len(steps), "steps that count", spread))
        assert self.y is not None
        is_late = np.arange(n_steps) >= cut
        early = Data(
            self.x[:, :end],
            self.y[:, :end],
            None,
            None if self.weights is None else weights[:, :end],
            self.series,
        )
        late = np.where(is_late, weights[:, :n_steps], 0.0)
        return early, Data(self.x[:, :n_steps], self.y[:, :n_steps], None, late, self.series)


def _cut(fraction: float, n: int, what: str) -> int:
    """Return the first of ``n`` that are held out."""
    held = round(fraction * n)
    if not 0 < held < n:
        raise DataError(
            f"validation: {fraction!r} of {n} {what} holds out {held}; at least one must be held out, and at least one "
            "left to train on"
        )
    return n - held


def _nothing_left(fraction: float, n: int, what: str, spread: int) -> str:
    return (
        f"validation: {fraction!r} of {n} {what} leaves none to train on whose targets are not held out, as horizons "
        f"are {spread} steps apart"
    )
