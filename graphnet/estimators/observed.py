"""Loss of the targets that are not missing."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import DataError
from ..language.arrays import Array
from ..language.checks import as_array
from ..losses.counted import Loss, Shape, Weights


class Observed:
    """Loss of those targets (n_samples, n_outputs) that are not NaN, each of which weighs the same.

    Parameters
    ----------
    loss : loss object
        A loss of numbers, with a target for each output.

    Examples
    --------
    >>> from graphnet.losses import resolve_loss
    >>> outputs, targets = np.array([[[1.0, 5.0]]]), np.array([[3.0, np.nan]])
    >>> value, gradient = Observed(resolve_loss("mse"))(outputs, targets, np.array([[True]]))
    >>> value, gradient.ravel().tolist()
    (4.0, [-4.0, 0.0])
    """

    def __init__(self, loss: Loss) -> None:
        self.loss = loss

    def __repr__(self) -> str:
        return f"Observed({self.loss!r})"

    def __call__(self, outputs: Array, targets: Array, mask: Array, weights: Weights = None) -> tuple[Any, Array]:
        """Return the value and its gradient with respect to ``outputs``."""
        gradient = np.zeros_like(outputs)
        total, weight = 0.0, self.count(outputs.shape, targets, mask, weights)
        for i, (wanted, weighed) in enumerate(self._columns(targets, mask, weights)):
            share = self._count_column(wanted, mask, weighed) / (weight or 1.0)
            value, slopes = self.loss(outputs[:, :, i : i + 1], wanted, mask, weighed)
            total += share * value
            gradient[:, :, i : i + 1] = share * slopes
        return total, gradient

    def check(self, outputs_shape: Shape, targets: Any, mask: Array, weights: Weights = None) -> Array:
        """Return ``targets`` as float64; raise DataError where their shape does not fit."""
        array = as_array(targets, "targets", np.dtype(np.float64))
        if array.shape != (outputs_shape[0], outputs_shape[2]):
            raise DataError(f"targets: shape {array.shape}; must be {(outputs_shape[0], outputs_shape[2])}")
        return array

    def count(self, outputs_shape: Shape, targets: Array, mask: Array, weights: Weights = None) -> float:
        """Return the weight of the targets that count."""
        return sum(self._count_column(*column) for column in self._with_mask(targets, mask, weights))

    def at_last(self, targets: Array, mask: Array) -> bool:
        """Return True: targets are one a sample."""
        return True

    def _count_column(self, wanted: Array, mask: Array, weights: Weights) -> float:
        return float(self.loss.count((*mask.shape, 1), wanted, mask, weights))

    def _with_mask(self, targets: Array, mask: Array, weights: Weights) -> list[tuple[Array, Array, Weights]]:
        return [(wanted, mask, weighed) for wanted, weighed in self._columns(targets, mask, weights)]

    def _columns(self, targets: Array, mask: Array, weights: Weights) -> list[tuple[Array, Array]]:
        """Return targets of each output, with 0 for the missing ones, and weights, 0 for these."""
        known = ~np.isnan(targets)
        base = np.ones(mask.shape) if weights is None else weights
        return [
            (np.where(found, column, 0.0)[:, np.newaxis], base * found[:, np.newaxis])
            for column, found in zip(targets.T, known.T, strict=True)
        ]
