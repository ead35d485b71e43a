"""Forecasts to compare with: the last value, and a linear autoregression."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..execute.reference.blas import ONE_THREAD
from ..io.data.cells import last_given
from ..language.arrays import Array

ROWS_FOR_EACH = 5
"""Least number of windows for each coefficient of an autoregression; it takes fewer lags where there are fewer."""

SMALLEST = 1e-10
"""Smallest singular value, relative to the largest one, of a direction of the regressors that counts."""


def persistence(values: Array, n_ahead: int) -> Array:
    """Return the last value that is known at each row, for each step of the horizon, (n_rows, n_ahead * n_columns).

    >>> persistence(np.array([[1.0], [np.nan], [3.0]]), 1).ravel().tolist()
    [1.0, 1.0, 3.0]
    """
    last = last_given(~np.isnan(values), [0])
    held = np.where(last < 0, np.nan, np.take_along_axis(values, last.clip(min=0), axis=0))
    return np.tile(held, n_ahead)


def last_known(values: Array, otherwise: Array) -> Array:
    """Return the values with the last known one of the column where one is missing; before the first, ``otherwise``.

    >>> last_known(np.array([[np.nan], [1.0], [np.nan]]), np.array([5.0])).ravel().tolist()
    [5.0, 1.0, 1.0]
    """
    held = persistence(values, 1)
    return np.where(np.isnan(held), otherwise, held)


@dataclass(frozen=True, eq=False)
class Autoregression:
    """Linear function of the last rows of a window for each target, by least squares.

    Attributes
    ----------
    lags : int
        Number of rows that it takes.
    center : (lags * n_channels,)
        Mean of each regressor.
    scale : (lags * n_channels,)
        Deviation of each channel, for each lag.
    coefficients : (lags * n_channels, n_targets)
    constants : (n_targets,)
    """

    lags: int
    center: Array
    scale: Array
    coefficients: Array
    constants: Array

    @classmethod
    def fit(cls, windows: Array, targets: Array) -> Autoregression:
        """Return the fit to (n_windows, window, n_channels) and targets, of which missing ones are NaN.

        A regressor that does not change in these windows has coefficient 0.  The regressors are decomposed once for all
        targets: of those with missing values, only what their rows add to the normal equations is left out.

        >>> series = np.sin(np.arange(60) / 3)[:, np.newaxis]
        >>> windows = np.stack([series[k : k + 4] for k in range(50)])
        >>> model = Autoregression.fit(windows, series[4:54])
        >>> bool(np.abs(model.predict(windows) - series[4:54]).max() < 1e-6)
        True
        """
        n_windows, n_rows, n_channels = windows.shape
        lags = max(1, min(n_rows, n_windows // (ROWS_FOR_EACH * n_channels)))
        late = windows[:, -lags:]
        deviation = late.std(axis=(0, 1))
        scale = np.tile(np.where(deviation > 0, deviation, 1.0), lags)
        rows = late.reshape(n_windows, -1)
        # the mean of each lag of a channel, and not of the channel: a lag at which nothing changes is then all 0
        center = rows.mean(axis=0)
        with ONE_THREAD:  # threads of BLAS that wait for busy cores make small decompositions many times slower
            left, singular, right = np.linalg.svd((rows - center) / scale, full_matrices=False)
            kept = singular > SMALLEST * singular[0]
            # orthonormal columns, the first of them the constant
            basis = np.concatenate([np.full((n_windows, 1), n_windows**-0.5), left[:, kept]], axis=1)
            found = _on_basis(basis, targets)
            coefficients = right[kept].T @ (found[1:] / singular[kept, np.newaxis])
        return cls(lags, center, scale, coefficients, found[0] * n_windows**-0.5)

    def predict(self, windows: Array) -> Array:
        """Return the forecasts, (n_windows, n_targets)."""
        rows = windows[:, -self.lags :].reshape(len(windows), -1)
        return (rows - self.center) / self.scale @ self.coefficients + self.constants


def _on_basis(basis: Array, targets: Array) -> Array:
    """Return the coefficients of least squares on orthonormal columns, for targets of which missing ones are NaN."""
    found = basis.T @ np.nan_to_num(targets)
    patterns, which = np.unique(np.isnan(targets), axis=1, return_inverse=True)
    for i, missing in enumerate(patterns.T):
        if missing.any():
            columns = np.flatnonzero(which.ravel() == i)
            lost = basis[missing]
            values, vectors = np.linalg.eigh(np.eye(basis.shape[1]) - lost.T @ lost)
            kept = vectors[:, values > SMALLEST]
            found[:, columns] = kept @ ((kept.T @ found[:, columns]) / values[values > SMALLEST, np.newaxis])
    return found
