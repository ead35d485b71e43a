"""Losses of classes: cross-entropies, whose outputs are logits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from numbers import Real
from typing import Any, ClassVar

import numpy as np

from ..errors import DataError
from ..language.arrays import Array
from ..language.brief import one_line
from ..language.checks import Number, as_array, shown
from .counted import CountedLoss, Shape, Weights

SHARE = Number("a number >= 0 and below 1", below=1.0)


@dataclass(frozen=True)
class CrossEntropy(CountedLoss):
    """Mean of log(sum_k exp(output_k)) - output_class, the softmax being taken over the outputs.

    ``targets`` are whole numbers from 0 to n_outputs - 1: (n_samples, n_steps), counted at every valid step, or
    (n_samples,), counted at each sequence's last valid step.  ``class_weights``, one for each output, multiply the
    weights of the steps where their class is right; the mean is divided by the sum of these products.  With
    ``label_smoothing`` e, output_class becomes (1 - e) output_class + e times the mean of all outputs.

    Raises
    ------
    DataError
        Where ``class_weights`` are not finite numbers >= 0, some of them positive, or ``label_smoothing`` is not a
        number >= 0 and below 1.

    References
    ----------
    Szegedy, C. et al. (2016). Rethinking the Inception architecture for computer vision. CVPR, section 7: label
    smoothing.

    Examples
    --------
    >>> outputs = np.array([[[9.0, 0.0], [0.0, 0.0]]])
    >>> value, gradient = CrossEntropy()(outputs, np.array([1]), np.array([[True, True]]))
    >>> round(value, 6), gradient.ravel().tolist()
    (0.693147, [0.0, 0.0, 0.5, -0.5])
    >>> CrossEntropy(class_weights=[1, 3]).count((1, 2, 2), np.array([[0, 1]]), np.array([[True, True]]))
    4.0
    """

    name: ClassVar[str] = "cross_entropy"
    is_elementwise: ClassVar[bool] = False
    takes: ClassVar[str] = "classes, shaped (n_samples, n_steps) = {} or (n_samples,) = {}"
    hint: ClassVar[str] = "; for one-hot targets try targets.argmax(axis=-1)"
    has_hits: ClassVar[bool] = True
    class_weights: Sequence[float] | None = None
    label_smoothing: float = 0.0

    __repr__ = one_line

    def __post_init__(self) -> None:
        try:
            smoothing = float(SHARE.read(self.label_smoothing))
        except ValueError:
            raise DataError(f"label_smoothing: {shown(self.label_smoothing)}; must be {SHARE.takes}") from None
        object.__setattr__(self, "label_smoothing", smoothing)
        if self.class_weights is None:
            return
        given: Any = self.class_weights
        if isinstance(given, tuple | list):  # NumPy has no dtype for some kinds of numbers
            given = [float(each) if isinstance(each, Real | Decimal) else each for each in given]
        array = as_array(given, "class_weights", np.dtype(np.float64))
        if array.ndim != 1:
            raise DataError(f"class_weights: shape {array.shape}; must be (n_outputs,), one for each class")
        wrong = np.flatnonzero(~(np.isfinite(array) & (array >= 0)))
        if len(wrong):
            raise DataError(f"class_weights: {array[wrong[0]]:g} for class {wrong[0]}; must be a finite number >= 0")
        if not array.any():
            raise DataError("class_weights: none is positive; then nothing would be counted")
        object.__setattr__(self, "class_weights", tuple(array.tolist()))

    def terms_of(self, rows: Array, targets: Array, slopes: Array) -> Array:
        """Return log(sum_k exp(output_k)) - output_class; the slope is softmax(output) - one_hot(class)."""
        number, classes = np.arange(len(rows)), targets.astype(np.intp, copy=False)
        np.subtract(rows, rows.real.max(axis=1, keepdims=True), out=slopes)
        picked, smoothing = slopes[number, classes], self.label_smoothing
        if smoothing:
            picked = (1 - smoothing) * picked + smoothing * slopes.mean(axis=1)
        np.exp(slopes, out=slopes)
        total = slopes.sum(axis=1)
        slopes /= total[:, np.newaxis]
        slopes[number, classes] -= 1.0 - smoothing
        if smoothing:
            slopes -= smoothing / slopes.shape[1]
        return (np.log(total) - picked)[:, np.newaxis]

    def hits(self, rows: Array, targets: Array) -> Array:
        """Return where the right output is the largest; nan is never right."""
        return (np.argmax(rows.real, axis=1) == targets) & ~np.isnan(rows.real).any(axis=1)

    def weights_of_rows(self, targets: Array) -> Weights:
        """Return the weight of each class."""
        return None if self.class_weights is None else np.array(self.class_weights)[targets.astype(np.intp, copy=False)]

    def faults(self, targets: Array, n_outputs: int) -> Iterator[tuple[Array, str]]:
        """Yield where ``targets`` are no classes."""
        fits = (targets >= 0) & (targets < n_outputs) & (targets == np.floor(targets))
        last = n_outputs - 1
        message = f"targets: class {{value:g}} at {{place}}; must be a whole number from 0 to {last}, one an output"
        yield ~fits, message

    def check(self, outputs_shape: Shape, targets: Any, mask: Array, weights: Weights = None) -> Array:
        """Return ``targets`` as int64 (0 at steps that do not count); raise DataError where they are not classes."""
        n_outputs = outputs_shape[2]
        if self.class_weights is not None and len(self.class_weights) != n_outputs:
            raise DataError(
                f"class_weights: {len(self.class_weights)} for {n_outputs} outputs; there must be one for each"
            )
        array = super().check(outputs_shape, targets, mask, weights)
        return np.where(self.counting(array, mask, weights), array, 0).astype(np.int64)


@dataclass(frozen=True)
class BinaryCrossEntropy(CountedLoss):
    """Mean of log(1 + exp(z)) - target z over samples, counted steps and outputs z, which are logits.

    ``targets`` are 0 or 1: (n_samples, n_steps, n_outputs), counted at every valid step, or (n_samples, n_outputs),
    counted at each sequence's last valid step.  The form computed is max(z, 0) - target z + log(1 + exp(-abs(z))),
    which does not overflow.

    Examples
    --------
    >>> outputs = np.array([[[0.0, 1000.0]]])
    >>> value, gradient = BinaryCrossEntropy()(outputs, np.array([[[0.0, 1.0]]]), np.array([[True]]))
    >>> round(value, 6), gradient.ravel().tolist()
    (0.346574, [0.25, 0.0])
    """

    name: ClassVar[str] = "binary_cross_entropy"
    has_hits: ClassVar[bool] = True

    def terms_of(self, rows: Array, targets: Array, slopes: Array) -> Array:
        """Return log(1 + exp(z)) - target z; the slope is sigmoid(z) - target."""
        wanted = targets.astype(rows.real.dtype)
        zero, one = rows.dtype.type(0), rows.dtype.type(1)
        negative = rows.real < 0
        decay = np.exp(np.where(negative, rows, -rows))
        terms = np.where(negative, zero, rows) - wanted * rows + np.log1p(decay)
        np.subtract(np.where(negative, decay, one) / (one + decay), wanted, out=slopes)
        return terms

    def hits(self, rows: Array, targets: Array) -> Array:
        """Return where a logit is > 0 just if its target is 1; nan is never right."""
        return ((rows.real > 0) == targets) & ~np.isnan(rows.real)

    def faults(self, targets: Array, n_outputs: int) -> Iterator[tuple[Array, str]]:
        """Yield where ``targets`` are not finite, and where they are neither 0 nor 1."""
        yield from super().faults(targets, n_outputs)
        message = "targets: {value:g} at {place}; binary_cross_entropy takes 0 or 1 wherever it counts"
        yield (targets != 0) & (targets != 1), message
