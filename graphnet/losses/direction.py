"""The loss of directions: the angle between outputs and targets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..language.arrays import Array
from .counted import CountedLoss


@dataclass(frozen=True)
class Cosine(CountedLoss):
    """Mean of 1 - cos(angle between the outputs of a step and their targets), from 0 (alike) to 2 (opposite).

    ``targets`` are numbers: (n_samples, n_steps, n_outputs), counted at every valid step, or (n_samples, n_outputs),
    counted at each sequence's last valid step.  Their lengths have no effect; a vector of zeros has no direction, and
    its term is 1 with slope 0.

    Examples
    --------
    >>> outputs, targets = np.array([[[3.0, 4.0]]]), np.array([[[2.0, 0.0]]])
    >>> value, gradient = Cosine()(outputs, targets, np.array([[True]]))
    >>> round(value, 6), gradient.ravel().round(6).tolist()
    (0.4, [-0.128, 0.096])
    """

    name: ClassVar[str] = "cosine"

    def n_terms(self, n_outputs: int) -> int:
        """Return 1, the number of terms of a row."""
        return 1

    def terms_of(self, rows: Array, targets: Array, slopes: Array) -> Array:
        """Return 1 - cos; the slope is (cos u - v) / length, with u and v the outputs and targets of length 1."""
        # over the largest of them, so that squares neither overflow nor vanish
        largest = np.abs(rows.real).max(axis=1, keepdims=True)
        scaled = rows / np.where(largest > 0, largest, 1)
        length = np.sqrt((scaled * scaled).sum(axis=1, keepdims=True))
        wanted = targets / np.maximum(np.abs(targets).max(axis=1, keepdims=True), np.finfo(np.float64).tiny)
        size = np.sqrt((wanted * wanted).sum(axis=1, keepdims=True))
        counts = (length.real > 0) & (size > 0)
        direction = (wanted / np.where(size > 0, size, 1)).astype(rows.real.dtype)
        unit = scaled / np.where(counts, length, 1)
        cosine = np.where(counts, (unit * direction).sum(axis=1, keepdims=True), 0)
        slopes[...] = np.where(counts, (cosine * unit - direction) / np.where(counts, length * largest, 1), 0)
        return np.asarray(1 - cosine, rows.dtype)
