"""A loss that notes which answers were right."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..language.arrays import Array
from ..losses import Loss, Weighted
from ..metrics import hits_of
from .data import MiniBatch


class WatchedLoss:
    """Loss of a batch, weighed by the batch's weights, that notes which answers were right.

    Training sees the outputs only inside the loss; an accuracy from there needs no second forward pass.  ``hits`` is
    that of the last call, as `hits_of` returns it.
    """

    def __init__(self, loss: Loss, batch: MiniBatch) -> None:
        self._loss = loss if batch.weights is None else Weighted(loss, batch.weights)
        self.check, self.count, self.at_last = self._loss.check, self._loss.count, self._loss.at_last
        self.hits = np.zeros(0, bool)

    def __call__(self, outputs: Array, targets: Array, mask: Array, weights: Array | None = None) -> tuple[Any, Array]:
        """Return value and gradient of the loss."""
        self.hits = hits_of(self._loss, outputs, targets, mask, weights)
        return self._loss(outputs, targets, mask, weights)
