"""Series cut into samples: windows of a number of steps, or each series as a whole, with targets ahead of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any

import numpy as np

from ...errors import DataError
from ...language.arrays import Array
from .samples import Data, Series

MOST_PADDED = 10**8
"""Most numbers of a padded array that is far larger than the file."""


@dataclass(frozen=True)
class Cut:
    """Cut of series: ``ahead`` are horizons, ``window`` and ``stride`` numbers of steps."""

    ahead: tuple[int, ...] = (0,)
    window: int | None = None
    stride: int = 1

    @property
    def looks_ahead(self) -> bool:
        """True if targets are later values."""
        return self.ahead != (0,)

    @classmethod
    def read(cls, ahead: Any, window: Any, stride: Any) -> Cut:
        """Return how series are cut; raise a DataError for what is no number of steps."""
        several = list(ahead) if isinstance(ahead, list | tuple | range | np.ndarray) else [ahead]
        for each in several:
            if not _is_whole(each, 0):
                raise DataError(f"ahead={each!r} is not a whole number of steps >= 0")
        if not several:
            raise DataError("ahead=[] names no horizon; 0 is the step itself")
        found = tuple(int(each) for each in several)
        twice = [each for i, each in enumerate(found) if each in found[:i]]
        if twice:
            raise DataError(f"ahead={list(found)} names horizon {twice[0]} twice")
        for name, each in (("window", window), ("stride", stride)):
            if each is not None and not _is_whole(each, 1):
                raise DataError(f"{name}={each!r} is not a whole number of steps >= 1")
        if stride is not None and window is None:
            raise DataError(f"stride={stride!r} is the step from window to window; give window= (--window) too")
        return cls(found, None if window is None else int(window), 1 if stride is None else int(stride))


@dataclass(frozen=True, eq=False)
class Rows:
    """Series as rows, one after the other; each has a name for messages.

    ``x`` (n_rows, ...), ``y`` (n_rows, ...) or None, ``weights`` (n_rows,) or None.  With ``at_ends``, ``y`` has one
    row for each series instead.
    """

    x: Array
    y: Array | None
    weights: Array | None
    series: Series
    name: Callable[[int], str]
    at_ends: bool = False


def cut(where: str, rows: Rows, how: Cut, *, targets: bool) -> Data:
    """Return the samples of series, and their targets if these are wanted.

    Raises
    ------
    DataError
        If a series is too short, or no target is left.
    """
    if rows.at_ends:
        for option, given in (("ahead", how.looks_ahead), ("window", how.window is not None)):
            if given:
                raise DataError(f"{where}: y has one target a sequence, and {option}= (--{option}) is for one a step")
        lengths = rows.series.lengths
        return Data(_padded(where, rows.x, lengths), rows.y, _unequal(lengths), _weights(where, rows, lengths))
    ahead = how.ahead if targets else (0,)
    _check_lengths(where, rows, how, ahead)
    series = replace(rows.series, ahead=how.ahead)
    position = np.arange(len(rows.x)) - np.repeat(series.starts, series.lengths)
    left = np.repeat(series.lengths, series.lengths) - 1 - position
    steps = np.flatnonzero(left >= max(ahead))
    y, weights = _at(where, rows, steps, ahead) if targets else (None, rows.weights)
    if how.window is None:
        lengths = series.lengths - max(ahead)
        return Data(
            _padded(where, rows.x[steps], lengths),
            None if y is None else _padded(where, y, lengths),
            _unequal(lengths),
            None if weights is None else _padded(where, weights[:, np.newaxis], lengths)[:, :, 0],
            series,
        )
    kept = (position[steps] >= how.window - 1) & ((left[steps] - max(ahead)) % how.stride == 0)
    if targets and weights is not None:
        kept &= weights > 0
        if not kept.any():
            raise DataError(f"{where}: no window= (--window) has a target that counts")
    if weights is not None:
        weights = None if (weights[kept] == 1).all() else weights[kept]
    ends = steps[kept]
    return Data(
        _windows(where, rows.x, ends, how.window),
        None if y is None else y[kept],
        None,
        weights,
        replace(series, ends=ends),
    )


def _is_whole(value: Any, least: int) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= least


def _check_lengths(where: str, rows: Rows, how: Cut, ahead: Sequence[int]) -> None:
    """Raise a DataError that names the series that are too short."""
    furthest = max(ahead)
    needed = furthest + (how.window or 1)
    short = np.flatnonzero(rows.series.lengths < needed)
    if not len(short):
        return
    first = int(short[0])
    said = f"ahead={furthest}" if how.window is None else f"window={how.window}"
    said += f" and ahead={furthest}" if how.window is not None and furthest else ""
    more = f", and {len(short) - 1} more are as short" if len(short) > 1 else ""
    n_steps = int(rows.series.lengths[first])
    raise DataError(
        f"{where}: {rows.name(first)} has {n_steps} step{'s' * (n_steps != 1)}, and {said} "
        f"{'take' if ' and ' in said else 'takes'} {needed} at least{more}"
    )


def _at(where: str, rows: Rows, steps: Array, ahead: Sequence[int]) -> tuple[Array, Array | None]:
    """Return the targets of steps, those of the first horizon first, and their weights: 0 where one is missing."""
    assert rows.y is not None
    weights = None
    if rows.weights is not None:
        weights = np.min([rows.weights[steps + each] for each in ahead], axis=0)
    if len(ahead) == 1:
        return rows.y[steps + ahead[0]], weights
    if rows.y.ndim == 1:
        raise DataError(f"{where}: targets are classes, and {len(ahead)} horizons are for numbers: give one ahead=")
    return np.concatenate([rows.y[steps + each] for each in ahead], axis=1), weights


def _windows(where: str, rows: Array, ends: Array, window: int) -> Array:
    """Return the rows up to each end, (n_samples, window, ...): a view where windows begin at even distances."""
    every = np.moveaxis(np.lib.stride_tricks.sliding_window_view(rows, window, axis=0), -1, 1)
    first = ends - window + 1
    by = np.diff(first)
    if not len(by) or (by == by[0]).all():
        return every[first[0] : first[-1] + 1 : int(by[0]) if len(by) else 1]
    if len(ends) * every[0].size > max(MOST_PADDED, 100 * rows.size):
        raise DataError(f"{where}: {len(ends)} windows of {window} steps are more than memory is for; take a stride")
    return every[first]


def _unequal(lengths: Array) -> Array | None:
    return None if (lengths == lengths[0]).all() else lengths


def _weights(where: str, rows: Rows, lengths: Array) -> Array | None:
    if rows.weights is None:
        return None
    return _padded(where, rows.weights[:, np.newaxis], lengths)[:, :, 0]


def _padded(path: str, rows: Array, lengths: Array) -> Array:
    """Return rows (n_rows, ...) as sequences (n_samples, n_steps, ...), 0 after their ends."""
    n_samples, n_steps = len(lengths), int(lengths.max())
    if n_samples * n_steps * rows[0].size > max(MOST_PADDED, 100 * rows.size):
        raise DataError(
            f"{path}: {n_samples} sequences padded to the {n_steps} steps of the longest are far more than "
            f"its {len(rows)} rows; split the file by length"
        )
    padded = np.zeros((n_samples, n_steps, *rows.shape[1:]), rows.dtype)
    padded[np.arange(n_steps) < lengths[:, np.newaxis]] = rows
    return padded
