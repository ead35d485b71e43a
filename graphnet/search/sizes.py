"""Numbers of inputs and outputs that data ask for."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import DataError
from ..language.arrays import Array
from ..language.checks import INSTEAD_OF_MASKS, read_array, valid_steps
from ..losses import CountedLoss, resolve_loss

MOST_OUTPUTS = 1000
"""Largest number of outputs for each column of targets."""


def sizes_of(inputs: Any, targets: Any, lengths: Any, loss: Any) -> tuple[int, int]:
    """Return the numbers of inputs and outputs that a network for these data has.

    Whole numbers (n_samples, n_steps) as inputs, and classes as targets, count from 0.

    >>> sizes_of(np.zeros((5, 3, 2)), [0, 1, 2, 1, 0], None, "cross_entropy")
    (2, 3)
    """
    array = read_array(inputs, "inputs", INSTEAD_OF_MASKS)
    wanted = read_array(targets, "targets", INSTEAD_OF_MASKS)
    resolved = resolve_loss(loss)
    if array.ndim == 3:
        n_inputs = array.shape[2]
    elif array.ndim == 2 and array.dtype.kind in "iu":
        n_inputs = max(2, _classes(array, lengths, array.shape[1]))
    else:
        raise DataError(
            f"inputs: shape {array.shape}; must be (n_samples, n_steps, n_inputs), or whole numbers (n_samples, "
            "n_steps)"
        )
    if not isinstance(resolved, CountedLoss):
        raise DataError(
            "loss: a function does not say how many outputs there are; give a function or a drawing as make"
        )
    if resolved.is_elementwise:
        if wanted.ndim not in (2, 3):
            raise DataError(f"targets: shape {wanted.shape}; must be {resolved.takes.replace(' = {}', '')}")
        return n_inputs, _outputs_for(resolved, wanted.shape[-1])
    if wanted.dtype.kind not in "iu" or wanted.ndim not in (1, 2):
        raise DataError(
            f"targets: {wanted.dtype} of shape {wanted.shape}; must be classes, whole numbers from 0, one a sample or "
            "one a step"
        )
    return n_inputs, max(2, _classes(wanted, lengths if wanted.ndim == 2 else None, array.shape[1]))


def _outputs_for(loss: CountedLoss, n_columns: int) -> int:
    """Return the number of outputs for so many columns of targets."""
    for n_outputs in range(n_columns, MOST_OUTPUTS * n_columns + 1, max(1, n_columns)):
        try:
            if loss.n_columns(n_outputs) == n_columns:
                return n_outputs
        except DataError:
            continue
    raise DataError(f"targets: {n_columns} columns; the loss {loss.name} takes them for no number of outputs")


def _classes(numbers: Array, lengths: Any, n_steps: int) -> int:
    if lengths is not None:
        numbers = numbers[valid_steps(np.asarray(lengths), n_steps)]
    return int(numbers.max(initial=0)) + 1
