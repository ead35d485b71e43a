"""Losses of numbers: functions of the difference of each output and its target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from numbers import Real
from typing import Any, ClassVar

import numpy as np

from ..errors import DataError
from ..language.arrays import Array
from ..language.brief import one_line
from ..language.checks import Number, as_array, shown
from .counted import CountedLoss


@dataclass(frozen=True)
class MeanSquaredError(CountedLoss):
    """Mean of (output - target)^2 over samples, counted steps and outputs together.

    ``targets`` are numbers: (n_samples, n_steps, n_outputs), counted at every valid step, or (n_samples, n_outputs),
    counted at each sequence's last valid step.

    Examples
    --------
    >>> outputs, targets = np.array([[[1.0], [5.0]]]), np.array([[[3.0], [np.nan]]])
    >>> value, gradient = MeanSquaredError()(outputs, targets, np.array([[True, False]]))
    >>> value, gradient.ravel().tolist()
    (4.0, [-4.0, 0.0])
    """

    name: ClassVar[str] = "mse"
    has_unit: ClassVar[bool] = True

    def terms_of(self, rows: Array, targets: Array, slopes: Array) -> Array:
        """Return (output - target)^2; the slope is 2 (output - target)."""
        np.subtract(rows, targets, out=slopes, casting="same_kind")
        with np.errstate(over="ignore", invalid="ignore"):
            terms = slopes * slopes
            if not np.isfinite(terms.sum()):
                # in double precision, which takes more memory, the square of a float32 does not overflow
                terms = np.square(slopes, dtype=np.result_type(slopes, np.float64))
        slopes *= 2.0
        return terms


@dataclass(frozen=True)
class MeanAbsoluteError(CountedLoss):
    """Mean of abs(output - target) over samples, counted steps and outputs together; its slope at 0 is 0.

    ``targets`` are those of `MeanSquaredError`.

    Examples
    --------
    >>> outputs, targets = np.array([[[1.0], [5.0]]]), np.array([[[3.0], [np.nan]]])
    >>> value, gradient = MeanAbsoluteError()(outputs, targets, np.array([[True, False]]))
    >>> value, gradient.ravel().tolist()
    (2.0, [-1.0, 0.0])
    """

    name: ClassVar[str] = "mae"
    has_unit: ClassVar[bool] = True

    def terms_of(self, rows: Array, targets: Array, slopes: Array) -> Array:
        """Return abs(output - target); the slope is the sign of output - target."""
        np.subtract(rows, targets, out=slopes, casting="same_kind")
        signs = np.sign(slopes.real)
        terms = slopes * signs
        slopes[...] = signs
        return terms


@dataclass(frozen=True)
class Huber(CountedLoss):
    """Mean of (d^2)/2 where d = abs(output - target) is at most ``delta``, and of delta (d - delta/2) beyond.

    ``targets`` are those of `MeanSquaredError`.

    Raises
    ------
    DataError
        Where ``delta`` is not a positive finite number.

    References
    ----------
    Huber, P. J. (1964). Robust estimation of a location parameter. The Annals of Mathematical Statistics 35(1).

    Examples
    --------
    >>> outputs, targets = np.array([[[1.0], [5.0]]]), np.array([[[3.0], [4.5]]])
    >>> value, gradient = Huber(delta=1.0)(outputs, targets, np.array([[True, True]]))
    >>> value, gradient.ravel().tolist()
    (0.8125, [-0.5, 0.25])
    """

    name: ClassVar[str] = "huber"
    has_unit: ClassVar[bool] = True
    delta: float = 1.0

    def __post_init__(self) -> None:
        try:
            delta = float(Number("a positive finite number", is_open=True).read(self.delta))
        except ValueError:
            raise DataError(f"delta: {shown(self.delta)}; must be a positive finite number") from None
        object.__setattr__(self, "delta", delta)

    def terms_of(self, rows: Array, targets: Array, slopes: Array) -> Array:
        """Return (d^2)/2 or delta (d - delta/2); the slope is output - target, cut off at -delta and delta."""
        np.subtract(rows, targets, out=slopes, casting="same_kind")
        delta = slopes.real.dtype.type(self.delta)
        cut = np.clip(slopes.real, -delta, delta)
        small = np.abs(slopes.real) <= delta
        inside = np.where(small, slopes, 0)
        terms = np.where(small, inside * inside / 2, cut * (slopes - cut / 2))
        slopes[...] = np.where(small, slopes, cut)
        return terms


@dataclass(frozen=True)
class Quantile(CountedLoss):
    """Pinball loss: mean of q (t - z) where an output z is below its target t, and of (1 - q) (z - t) elsewhere.

    It is least where z is the q-quantile of t.  The outputs of the network are ``quantiles`` of each column of the
    targets: those of the first column, then those of the second, and so on.  ``targets`` are numbers:
    (n_samples, n_steps, n_columns), counted at every valid step, or (n_samples, n_columns), counted at each sequence's
    last valid step, with n_columns = n_outputs / len(quantiles).  The slope at a target is 0.

    Raises
    ------
    DataError
        Where ``quantiles`` are not numbers above 0 and below 1; at the check, where their number does not divide that
        of outputs.

    References
    ----------
    Koenker, R. & Bassett, G. (1978). Regression quantiles. Econometrica 46(1), equation 2.1.

    Examples
    --------
    >>> outputs, targets = np.array([[[1.0, 2.0, 4.0]]]), np.array([[[3.0]]])
    >>> value, gradient = Quantile([0.1, 0.5, 0.9])(outputs, targets, np.array([[True]]))
    >>> round(3 * value, 6), (3 * gradient).ravel().round(6).tolist()
    (0.8, [-0.1, -0.5, 0.1])
    """

    name: ClassVar[str] = "quantile"
    has_unit: ClassVar[bool] = True
    quantiles: Sequence[float] = (0.1, 0.5, 0.9)

    __repr__ = one_line

    def __post_init__(self) -> None:
        given: Any = self.quantiles
        if isinstance(given, Real | Decimal):
            given = (given,)
        if isinstance(given, tuple | list):  # NumPy has no dtype for some kinds of numbers
            given = [float(each) if isinstance(each, Real | Decimal) else each for each in given]
        array = as_array(given, "quantiles", np.dtype(np.float64))
        if array.ndim != 1 or not len(array):
            raise DataError(f"quantiles: shape {array.shape}; must be a number or a list of numbers between 0 and 1")
        wrong = np.flatnonzero(~((array > 0) & (array < 1)))
        if len(wrong):
            raise DataError(f"quantiles: {array[wrong[0]]:g}; must be above 0 and below 1")
        object.__setattr__(self, "quantiles", tuple(array.tolist()))

    def n_columns(self, n_outputs: int) -> int:
        """Return the number of columns of targets for so many outputs."""
        n = len(self.quantiles)
        if n_outputs % n:
            raise DataError(
                f"quantile: {n_outputs} outputs are no multiple of {n} quantiles; the network needs {n} for each "
                "column of the targets"
            )
        return n_outputs // n

    def by_output(self, targets: Array) -> Array:
        """Return a target for each output."""
        return np.repeat(targets, len(self.quantiles), axis=-1)

    def terms_of(self, rows: Array, targets: Array, slopes: Array) -> Array:
        """Return q (t - z) or (1 - q) (z - t); the slope is -q or 1 - q."""
        np.subtract(rows, self.by_output(targets), out=slopes, casting="same_kind")
        q = np.tile(np.array(self.quantiles, slopes.real.dtype), targets.shape[1])
        signs = np.where(slopes.real < 0, -q, 1 - q) * (slopes.real != 0)
        terms = slopes * signs
        slopes[...] = signs
        return terms
