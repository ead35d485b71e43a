"""Custom functions as losses."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import DataError
from ..language.arrays import Array
from ..language.checks import INSTEAD_OF_MASKS, read_array
from .counted import LossFunction, Shape, Weights


class Plain:
    """Custom function as a loss: targets are taken as they are, and a batch weighs by its valid steps."""

    def __init__(self, function: LossFunction) -> None:
        self.function = function

    def __call__(self, outputs: Array, targets: Array, mask: Array, weights: Weights = None) -> tuple[Any, Array]:
        self.refuse(weights)
        return self.function(outputs, targets, mask)

    def check(self, outputs_shape: Shape, targets: Any, mask: Array, weights: Weights = None) -> Array:
        self.refuse(weights)
        return read_array(targets, "targets", INSTEAD_OF_MASKS)

    def count(self, outputs_shape: Shape, targets: Array, mask: Array, weights: Weights = None) -> float:
        self.refuse(weights)
        return int(np.count_nonzero(mask))

    def at_last(self, targets: Array, mask: Array) -> bool:
        """Return whether the second axis of ``targets`` is not that of the steps."""
        return targets.shape[1:2] != mask.shape[1:]

    def refuse(self, weights: Weights) -> None:
        if weights is not None:
            raise DataError(
                f"weights: the function {name_of_function(self.function)} takes none; leave them out, or make it a "
                f"loss object with __call__, check, count and at_last, as gn.losses.Loss describes it"
            )


def name_of_function(function: Any) -> str:
    return getattr(function, "__qualname__", type(function).__qualname__)
