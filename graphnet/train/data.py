"""The data of a fit: checked once as a whole, then split and cut into batches without copying the rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..batch import as_array, check_finite, read_lengths
from ..errors import DataError
from ..losses import Loss
from .settings import is_number
from .trainable import Runnable

Array: TypeAlias = NDArray[Any]


@dataclass(frozen=True)
class Batch:
    """Some samples, cut to the longest of them.  ``mask`` (n_samples, n_steps) is True at the valid steps."""

    inputs: Array
    targets: Array
    lengths: Array
    mask: Array


@dataclass(frozen=True)
class Sequences:
    """Inputs (n_samples, n_steps, n_inputs), their targets and lengths, and the ``rows`` of them that are meant."""

    inputs: Array
    targets: Array
    lengths: Array
    rows: Array

    def take(self, rows: Array) -> Sequences:
        """Return the samples that ``rows`` names, sharing the arrays."""
        return replace(self, rows=self.rows[rows])

    def batches(self, batch_size: int) -> Iterator[Batch]:
        """Yield ``batch_size`` samples at a time, in the order of ``rows``; the last batch has what is left."""
        for start in range(0, len(self.rows), batch_size):
            yield self._batch(self.rows[start : start + batch_size])

    def _batch(self, rows: Array) -> Batch:
        lengths = self.lengths[rows]
        n_steps = int(lengths.max())
        per_step = self.targets.ndim > 1 and self.targets.shape[1] == self.inputs.shape[1]
        return Batch(
            self.inputs[rows, :n_steps],
            self.targets[rows, :n_steps] if per_step else self.targets[rows],
            lengths,
            valid_steps(lengths, n_steps),
        )


def valid_steps(lengths: Array, n_steps: int) -> Array:
    """Return the mask (n_samples, n_steps), True before each sequence's end.

    >>> valid_steps(np.array([1, 3]), 3).astype(int).tolist()
    [[1, 0, 0], [1, 1, 1]]
    """
    return np.less(np.arange(n_steps), lengths[:, np.newaxis])


def check_sequences(net: Runnable, loss: Loss, inputs: Any, targets: Any, lengths: Any) -> Sequences:
    """Return the data as arrays that fit ``net`` and ``loss``; raise DataError where they do not.

    Checked as a whole, before any batch is drawn, so that a message names the sample by the user's own number.
    """
    array = as_array(inputs, "inputs", net.dtype)
    if array.ndim != 3 or array.shape[2] != net.n_inputs or 0 in array.shape[:2]:
        raise DataError(
            f"inputs: shape {array.shape}; must be (n_samples, n_steps, n_inputs) with n_inputs = {net.n_inputs} "
            f"and at least one sample and one step"
        )
    n_samples, n_steps, _ = array.shape
    numbers = read_lengths(lengths, n_samples, n_steps)
    mask = valid_steps(numbers, n_steps)
    check_finite(array, mask, "inputs", inputs)
    wanted = loss.check((n_samples, n_steps, net.n_outputs), targets, mask)
    if wanted.shape[:1] != (n_samples,):
        raise DataError(f"targets: shape {wanted.shape}; must have the {n_samples} samples of the inputs first")
    return Sequences(array, wanted, numbers, np.arange(n_samples))


def split_validation(
    net: Runnable, loss: Loss, data: Sequences, validation: Any, rng: np.random.Generator
) -> tuple[Sequences, Sequences | None]:
    """Return what to train on and what to validate on; no sample is in both.

    ``validation`` is None, the fraction of the samples to hold out, drawn from ``rng``, or data of its own: (inputs,
    targets) or (inputs, targets, lengths).
    """
    if validation is None:
        return data, None
    if isinstance(validation, (tuple, list)) and len(validation) in (2, 3):
        try:
            return data, check_sequences(net, loss, *validation, *[None] * (3 - len(validation)))
        except DataError as error:
            raise DataError(f"validation {error}") from None
    if not is_number(validation) or not 0 < validation < 1:
        raise DataError(
            f"validation: {_brief(validation)}; must be a fraction > 0 and < 1, (inputs, targets) "
            f"or (inputs, targets, lengths)"
        )
    n_samples = len(data.rows)
    n_held_out = round(float(validation) * n_samples)
    if not 0 < n_held_out < n_samples:
        raise DataError(
            f"validation: {validation!r} of {n_samples} samples holds out {n_held_out}; at least one must be held out, "
            f"and at least one left to train on"
        )
    order = rng.permutation(n_samples)
    return data.take(np.sort(order[n_held_out:])), data.take(np.sort(order[:n_held_out]))


def _brief(value: Any) -> str:
    """Name ``value`` without printing an array."""
    if isinstance(value, (tuple, list)):
        return f"a {type(value).__name__} of {len(value)}"
    return repr(value) if is_number(value) or isinstance(value, (bool, str)) else f"a {type(value).__name__}"
