"""Whole numbers as inputs: the number k is 1 at input k and 0 at all others."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import DataError
from .arrays import Array


class OneHot:
    """Whole numbers (n_samples, n_steps) as inputs (n_samples, n_steps, n_inputs), which are made for parts of them.

    Parameters
    ----------
    numbers : (n_samples, n_steps) of whole numbers
    mask : (n_samples, n_steps)
        True at the valid steps; elsewhere all inputs are 0, whatever the number.
    n_inputs : int
    dtype : dtype of the inputs

    Raises
    ------
    DataError
        If a number at a valid step is not one of the inputs.

    Examples
    --------
    >>> inputs = OneHot(np.array([[1, 0, 9]]), np.array([[True, True, False]]), 2, np.dtype(float))
    >>> inputs.shape, inputs[:, :].tolist()
    ((1, 3, 2), [[[0.0, 1.0], [1.0, 0.0], [0.0, 0.0]]])
    """

    def __init__(self, numbers: Array, mask: Array, n_inputs: int, dtype: np.dtype[Any]) -> None:
        wrong = mask & ((numbers < 0) | (numbers >= n_inputs))
        if wrong.any():
            sample, step = np.argwhere(wrong)[0].tolist()
            raise DataError(
                f"inputs at sample {sample}, step {step}: {numbers[sample, step]}; whole numbers of shape (n_samples, "
                f"n_steps) are one-hot, from 0 to {n_inputs - 1}, the last of the {n_inputs} inputs; "
                f"{np.count_nonzero(wrong)} such"
            )
        self.numbers = np.where(mask, numbers.astype(np.int64), -1)
        self.shape = (*numbers.shape, n_inputs)
        self.dtype = dtype

    def __repr__(self) -> str:
        return f"<whole numbers as inputs {self.shape}>"

    def __getitem__(self, part: Any) -> Array:
        """Return a part of samples and steps as inputs."""
        numbers = self.numbers[part]
        inputs = np.zeros((*numbers.shape, self.shape[2]), self.dtype)
        sample, step = np.nonzero(numbers >= 0)
        inputs[sample, step, numbers[sample, step]] = 1
        return inputs


def is_one_hot(array: Array, n_inputs: int) -> bool:
    """Return True if an array of inputs is one of whole numbers, which are one-hot."""
    return array.ndim == 2 and array.dtype.kind in "iu" and n_inputs > 1
