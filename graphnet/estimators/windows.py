"""Windows of a series: the channels of a step, and the windows that end at it with the targets ahead of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..language.arrays import Array
from .base import weighted_moments


@dataclass(frozen=True, eq=False)
class Channels:
    """Channels of a step of time, as a network for forecasts takes them.

    They are the values of the series, those of the exogenous columns at each step of the horizon, and after either, for
    each column that had missing values at the fit, 1 where it is missing.  A missing value is the mean of its column.

    Attributes
    ----------
    fill, exogenous_fill : (n_columns,)
        Means of the columns.
    gappy, exogenous_gappy : (n_columns,)
        True for columns with missing values.
    horizon : list of int
    """

    fill: Array
    gappy: Array
    exogenous_fill: Array
    exogenous_gappy: Array
    horizon: list[int]

    @classmethod
    def of(cls, values: Array, exogenous: Array | None, horizon: list[int], n_rows: int) -> Channels:
        """Return the channels of a series; means are those of the first ``n_rows``, of all where these have none."""
        none = np.zeros((len(values), 0)) if exogenous is None else exogenous
        fills = [_means(each, n_rows) for each in (values, none)]
        gappy = [np.asarray(np.isnan(each).any(axis=0)) for each in (values, none)]
        return cls(fills[0], gappy[0], fills[1], gappy[1], horizon)

    @property
    def n(self) -> int:
        """Number of channels."""
        n_ahead = len(self.exogenous_fill) + int(self.exogenous_gappy.sum())
        return len(self.fill) + int(self.gappy.sum()) + n_ahead * len(self.horizon)

    def names(self, columns: Sequence[Any], exogenous: Sequence[Any]) -> list[str]:
        """Return a name for each channel."""
        named = [str(name) for name in columns]
        named += [f"{name} is missing" for name, gappy in zip(columns, self.gappy, strict=True) if gappy]
        for ahead in self.horizon:
            named += [f"{name} {ahead} ahead" for name in exogenous]
            gaps = zip(exogenous, self.exogenous_gappy, strict=True)
            named += [f"{name} {ahead} ahead is missing" for name, gappy in gaps if gappy]
        return named

    def rows(self, values: Array, exogenous: Array | None) -> Array:
        """Return the channels of each row, (n_rows, n_channels).

        ``exogenous`` may be longer than ``values``; beyond its end columns are missing.
        """
        parts = [_filled(values, self.fill, self.gappy)]
        if exogenous is not None:
            n_rows = len(values)
            for ahead in self.horizon:
                later = exogenous[ahead : ahead + n_rows]
                beyond = np.full((n_rows - len(later), exogenous.shape[1]), np.nan)
                parts.append(_filled(np.concatenate([later, beyond]), self.exogenous_fill, self.exogenous_gappy))
        return np.concatenate(parts, axis=1)


def windows_of(rows: Array, window: int) -> Array:
    """Return every window of rows as a view, (n_rows - window + 1, window, n_channels); the k-th begins at row k.

    >>> windows_of(np.arange(4.0)[:, np.newaxis], 3)[..., 0].tolist()
    [[0.0, 1.0, 2.0], [1.0, 2.0, 3.0]]
    """
    return np.lib.stride_tricks.sliding_window_view(rows, window, axis=0).transpose(0, 2, 1)


def targets_of(values: Array, window: int, horizon: Sequence[int]) -> Array:
    """Return the targets of the windows whose horizon is in the series, (n_windows, len(horizon) * n_columns).

    >>> targets_of(np.arange(5.0)[:, np.newaxis], 2, [1, 2]).tolist()
    [[2.0, 3.0], [3.0, 4.0]]
    """
    n = len(values) - window - max(horizon) + 1
    return np.concatenate([values[window + ahead - 1 :][:n] for ahead in horizon], axis=1)


def moments_of(values: Array) -> tuple[Array, Array]:
    """Return mean and deviation of each column, without its missing values; a constant column has deviation 1."""
    found = [weighted_moments(column[~np.isnan(column)][:, np.newaxis], None) for column in values.T]
    mean, deviation = (np.concatenate(each) for each in zip(*found, strict=True))
    return mean, np.where(deviation > 0, deviation, 1.0)


def _means(values: Array, n_rows: int) -> Array:
    known = np.where(np.isnan(values[:n_rows]).all(axis=0), values, np.nan)
    known[:n_rows] = values[:n_rows]
    return np.nanmean(known, axis=0) if values.shape[1] else np.zeros(0)


def _filled(values: Array, fill: Array, gappy: Array) -> Array:
    missing = np.isnan(values)
    return np.concatenate([np.where(missing, fill, values), missing[:, gappy].astype(np.float64)], axis=1)
