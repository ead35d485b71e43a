"""Forecasts to compare with: the last value, and a linear autoregression."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..language.arrays import Array

ROWS_FOR_EACH = 5
"""Least number of windows for each coefficient of an autoregression; it takes fewer lags where there are fewer."""


def persistence(values: Array, n_ahead: int) -> Array:
    """Return the last value that is known at each row, for each step of the horizon, (n_rows, n_ahead * n_columns).

    >>> persistence(np.array([[1.0], [np.nan], [3.0]]), 1).ravel().tolist()
    [1.0, 1.0, 3.0]
    """
    known = np.where(np.isnan(values), -1, np.arange(len(values))[:, np.newaxis])
    last = np.maximum.accumulate(known, axis=0)
    held = np.where(last < 0, np.nan, np.take_along_axis(values, last.clip(min=0), axis=0))
    return np.tile(held, n_ahead)


@dataclass(frozen=True, eq=False)
class Autoregression:
    """Linear function of the last rows of a window for each target, by least squares.

    Attributes
    ----------
    lags : int
        Number of rows that it takes.
    center, scale : (n_channels,)
    coefficients : (1 + lags * n_channels, n_targets)
    """

    lags: int
    center: Array
    scale: Array
    coefficients: Array

    @classmethod
    def fit(cls, windows: Array, targets: Array) -> Autoregression:
        """Return the fit to (n_windows, window, n_channels) and targets, of which missing ones are NaN.

        >>> series = np.sin(np.arange(60) / 3)[:, np.newaxis]
        >>> windows = np.stack([series[k : k + 4] for k in range(50)])
        >>> model = Autoregression.fit(windows, series[4:54])
        >>> bool(np.abs(model.predict(windows) - series[4:54]).max() < 1e-6)
        True
        """
        n_windows, n_rows, n_channels = windows.shape
        lags = max(1, min(n_rows, n_windows // (ROWS_FOR_EACH * n_channels)))
        late = windows[:, -lags:]
        center, deviation = late.mean(axis=(0, 1)), late.std(axis=(0, 1))
        scale = np.where(deviation > 0, deviation, 1.0)
        rows = _design(late, center, scale)
        known = ~np.isnan(targets)
        coefficients = np.zeros((rows.shape[1], targets.shape[1]))
        patterns, which = np.unique(known, axis=1, return_inverse=True)
        for i, pattern in enumerate(patterns.T):
            columns = np.flatnonzero(which.ravel() == i)
            wanted = targets[np.ix_(pattern, columns)]
            coefficients[:, columns] = np.linalg.lstsq(rows[pattern], wanted, rcond=1e-10)[0]
        return cls(lags, center, scale, coefficients)

    def predict(self, windows: Array) -> Array:
        """Return the forecasts, (n_windows, n_targets)."""
        return _design(windows[:, -self.lags :], self.center, self.scale) @ self.coefficients


def _design(windows: Array, center: Array, scale: Array) -> Array:
    scaled = ((windows - center) / scale).reshape(len(windows), -1)
    return np.concatenate([np.ones((len(windows), 1)), scaled], axis=1)
