"""Boundary between public arrays (n_samples, n_steps, n_features) and inner arrays (step, neuron, sample).

Inputs, lengths and gradients are checked, padding is replaced by zeros, and samples are sorted longest first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..language.arrays import Array
from ..language.brief import one_line
from ..language.checks import read_inputs


@dataclass(frozen=True, eq=False, slots=True)
class Batch:
    """Inputs (n_steps, n_inputs, n_samples) and lengths (n_samples,), sorted by ``order``, longest first.

    ``mask`` (n_samples, n_steps) is True at the valid steps, in the public order; ``is_full`` says that no lengths were
    given, so that each sequence has all steps and keeps its place.
    """

    inputs: Array
    lengths: Array
    order: Array
    mask: Array
    is_full: bool

    __repr__ = one_line

    @property
    def n_steps(self) -> int:
        """Number of steps, padding included."""
        return len(self.inputs)

    @property
    def n_samples(self) -> int:
        """Number of sequences."""
        return len(self.lengths)

    @property
    def place(self) -> Array:
        """Inner position of each public sample, (n_samples,): the inverse of ``order``."""
        return np.argsort(self.order)

    def part(self, steps: slice) -> tuple[Array, Array]:
        """Return the inputs of some steps, and the number of these that each sample has."""
        some = self.inputs[steps]
        return some, np.clip(self.lengths - steps.start, 0, len(some))

    def inward(self, values: Array) -> Array:
        """Return public (n_samples, n_steps, n) as inner (n_steps, n, n_samples), 0 past the end of each sequence."""
        return _inward(values, None if self.is_full else self.order, self.mask)

    def outward(self, values: Array) -> Array:
        """Return inner (n_steps, n, n_samples) as public (n_samples, n_steps, n)."""
        if self.is_full:
            return np.ascontiguousarray(values.transpose(2, 0, 1))
        n_steps, n, n_samples = values.shape
        public = np.empty((n_samples, n_steps, n), values.dtype)
        public[self.order] = values.transpose(2, 0, 1)
        return public


def read_batch(inputs: Any, lengths: Any, n_inputs: int, dtype: np.dtype[Any]) -> Batch:
    """Return a batch of checked inputs and lengths.

    Raises
    ------
    DataError
        For a wrong shape, no samples or steps, lengths out of range, or a number that is not finite at a valid step,
        with its sample, step and column.
    """
    array, steps, mask = read_inputs(inputs, lengths, n_inputs, dtype)
    order = np.arange(len(steps)) if lengths is None else np.argsort(-steps, kind="stable")
    is_full = lengths is None
    return Batch(_inward(array, None if is_full else order, mask), steps[order], order, mask, is_full)


def _inward(values: Array, order: Array | None, mask: Array) -> Array:
    """See ``Batch.inward``; without an order each sample has all steps and keeps its place."""
    if order is not None:
        if not mask.all():
            values = np.where(mask[:, :, None], values, 0)
        values = values[order]
    return np.ascontiguousarray(values.transpose(1, 2, 0))
