"""Counted losses: a loss says what a row costs, all else is here.

A row is a valid step of a sample, or each sequence's last valid step where the targets are one a sample.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar, Protocol, TypeAlias, runtime_checkable

import numpy as np

from ..errors import DataError
from ..language.arrays import Array
from ..language.checks import INSTEAD_OF_MASKS, as_array
from ..language.keywords import SuggestsKeywords

Weights: TypeAlias = Array | None
Shape: TypeAlias = tuple[int, int, int]
LossFunction: TypeAlias = Callable[[Array, Array, Array], tuple[Any, Array]]


@runtime_checkable
class Loss(Protocol):
    """Interface of a loss; `resolve_loss` makes one from a name, settings or a plain function."""

    def __call__(self, outputs: Array, targets: Array, mask: Array, weights: Weights = None) -> tuple[Any, Array]:
        """Return the value and its gradient with respect to ``outputs``."""
        ...

    def check(self, outputs_shape: Shape, targets: Any, mask: Array, weights: Weights = None) -> Array:
        """Return ``targets`` as the array that the call takes; raise DataError where they do not fit."""
        ...

    def count(self, outputs_shape: Shape, targets: Array, mask: Array, weights: Weights = None) -> float:
        """Return the divisor of the value's sum, which is its weight in a mean over batches."""
        ...

    def at_last(self, targets: Array, mask: Array) -> bool:
        """Return whether checked ``targets`` are one a sample, for its last valid step, and not one a step."""
        ...


class CountedLoss(SuggestsKeywords):
    """Base of the losses with a name: a loss says what a counted row costs, all else is here.

    Targets are (n_samples, n_steps), or (n_samples,) for each sequence's last valid step; ``is_elementwise`` adds an
    axis of ``n_columns`` (n_outputs) to both, and makes a row have a term for each output instead of one.  With
    ``has_unit``, outputs are in the unit of the targets.
    """

    name: ClassVar[str]
    is_elementwise: ClassVar[bool] = True
    takes: ClassVar[str] = "numbers shaped (n_samples, n_steps, n_outputs) = {} or (n_samples, n_outputs) = {}"
    hint: ClassVar[str] = "; try targets[..., np.newaxis]"
    has_hits: ClassVar[bool] = False
    has_unit: ClassVar[bool] = False

    def terms_of(self, rows: Array, targets: Array, slopes: Array) -> Array:
        """Return the terms of counted rows of outputs, (n_counted, n_terms), and write their slopes to ``slopes``.

        ``slopes`` is shaped and typed like ``rows``, (n_counted, n_outputs), and may be ``rows`` itself.
        """
        raise NotImplementedError

    def hits(self, rows: Array, targets: Array) -> Array:
        """Return which answers are right, where the loss ``has_hits``: one for each row, or for each output of it."""
        raise NotImplementedError

    def weights_of_rows(self, targets: Array) -> Weights:
        """Return a weight for each counted row, on top of those of its step; None where each weighs the same."""
        return None

    def n_terms(self, n_outputs: int) -> int:
        """Return the number of terms of a row."""
        return n_outputs if self.is_elementwise else 1

    def n_columns(self, n_outputs: int) -> int:
        """Return the number of columns of targets, where the loss ``is_elementwise``."""
        return n_outputs

    def by_output(self, targets: Array) -> Array:
        """Return a target for each output, where the loss ``is_elementwise``."""
        return targets

    def faults(self, targets: Array, n_outputs: int) -> Iterator[tuple[Array, str]]:
        """Yield where ``targets`` do not fit, and the message for the first of these that counts."""
        yield ~np.isfinite(targets), "targets at {place}: {value:g} is not a finite number; {number} such"

    def __call__(self, outputs: Array, targets: Array, mask: Array, weights: Weights = None) -> tuple[Any, Array]:
        """Return the value and its gradient with respect to ``outputs``."""
        places, wanted, weighed = self._counted(targets, mask, weights)
        rows = outputs.reshape(-1, outputs.shape[2]) if places is None else rows_at(outputs, places)
        slopes = np.empty(rows.shape, rows.dtype) if places is None else rows
        terms = self.terms_of(rows, wanted, slopes)
        del rows, wanted  # freed before the gradient takes as much memory as the outputs
        total = float(len(terms))
        if weighed is not None:
            # Over the largest of them, so that their sum neither overflows nor is less than 1, unless all are 0.
            relative = weighed / (weighed.max(initial=0.0) or 1.0)
            total = float(relative.sum())
            # In the precision of the terms, so that weights of 1 change no bit of their sum.
            column = relative.astype(terms.real.dtype)[:, np.newaxis]
            terms = terms * column
            slopes *= column
        count = max(total * terms.shape[1], 1.0)
        # In double precision: a float32 sum over many steps would lose digits.
        number = complex if terms.dtype.kind == "c" else float
        value = number(np.add.reduce(terms, axis=None, dtype=number) / count)
        slopes *= 1.0 / count
        del terms
        if places is None:
            return value, slopes.reshape(outputs.shape)
        gradient = np.zeros(outputs.shape, outputs.dtype)
        gradient.reshape(-1, outputs.shape[2])[places] = slopes
        return value, gradient

    def count(self, outputs_shape: Shape, targets: Array, mask: Array, weights: Weights = None) -> float:
        """Return the number, or the weight, of the counted rows times the number of terms of each."""
        _, wanted, weighed = self._counted(targets, mask, weights)
        return (len(wanted) if weighed is None else float(weighed.sum())) * self.n_terms(outputs_shape[2])

    def check(self, outputs_shape: Shape, targets: Any, mask: Array, weights: Weights = None) -> Array:
        """Return ``targets`` as float64; raise DataError where their shape or a value that counts does not fit."""
        n_samples, n_steps, n_outputs = outputs_shape
        axes = (self.n_columns(n_outputs),) if self.is_elementwise else ()
        allowed = (n_samples, n_steps, *axes), (n_samples, *axes)
        array = as_array(targets, "targets", np.dtype(np.float64), INSTEAD_OF_MASKS)
        if array.shape not in allowed:
            near = (*array.shape, 1) if self.is_elementwise else array.shape[:-1]
            is_near = near in allowed and (self.is_elementwise or array.shape[-1] == n_outputs)
            raise DataError(
                f"targets: shape {array.shape}; {self.name} takes {self.takes.format(*allowed)}"
                f"{self.hint if is_near else ''}"
            )
        for wrong, message in self.faults(array, n_outputs):
            if not wrong.any():
                continue
            counting = self.counting(array, mask, weights)
            wrong = wrong & (counting[..., np.newaxis] if self.is_elementwise else counting)
            if wrong.any():
                where = tuple(np.argwhere(wrong)[0].tolist())
                place, number = _place(where, columns=self.is_elementwise), np.count_nonzero(wrong)
                raise DataError(message.format(place=place, value=array[where], number=number))
        return array

    def at_last(self, targets: Array, mask: Array) -> bool:
        """Return whether ``targets`` are one a sample."""
        return targets.ndim == 1 + self.is_elementwise

    def counting(self, targets: Array, mask: Array, weights: Weights) -> Array:
        """Return which targets count: over samples and steps, or over samples where they are one a sample."""
        at_last = self.at_last(targets, mask)
        counted = counted_steps(mask, at_last, weights)
        return np.any(counted, axis=1) if at_last else counted

    def _counted(self, targets: Array, mask: Array, weights: Weights) -> tuple[Array | None, Array, Weights]:
        """Return the places of the counted rows (None for all of them), their targets and their weights."""
        places, weighed, wanted = None, None, targets
        if weights is not None or self.at_last(targets, mask) or np.count_nonzero(mask) < mask.size:
            places, wanted = counted_rows(self, targets, mask, weights)
            weighed = None if weights is None else weights.reshape(-1)[places]
        else:
            wanted = targets.reshape(-1, *targets.shape[2:])
        of_rows = self.weights_of_rows(wanted)
        if of_rows is None:
            return places, wanted, weighed
        weighed = of_rows if weighed is None else weighed * of_rows
        kept = np.flatnonzero(weighed > 0)
        return kept if places is None else places[kept], wanted[kept], weighed[kept]


def counted_steps(mask: Array, at_last: bool, weights: Weights = None) -> Array:
    """Return the counted steps (n_samples, n_steps): each valid one of positive weight, or each sequence's last.

    >>> counted_steps(np.array([[True, True, False]]), True).tolist()
    [[False, True, False]]
    """
    if at_last:
        mask = mask & (np.cumsum(mask[:, ::-1], axis=1)[:, ::-1] == 1)
    # Weights may be NaN in the padding, which is not > 0 either.
    return mask if weights is None else mask & (weights > 0)


def counted_rows(loss: Loss | CountedLoss, targets: Array, mask: Array, weights: Weights = None) -> tuple[Array, Array]:
    """Return the places of the counted rows among all (n_samples * n_steps) of them, and the targets there."""
    at_last, n_steps = loss.at_last(targets, mask), mask.shape[1]
    places = np.flatnonzero(counted_steps(mask, at_last, weights))
    if at_last:
        return places, targets.take(places // n_steps, axis=0)
    return places, rows_at(targets, places)


def rows_at(values: Array, places: Array) -> Array:
    """Return the rows of (n_samples, n_steps, ...) at some places among all of them."""
    if values.flags.c_contiguous:
        return values.reshape(-1, *values.shape[2:]).take(places, axis=0)
    return values[np.divmod(places, values.shape[1])]


def check_weights(weights: Any, mask: Array) -> Array:
    """Return ``weights`` as float64 of (n_samples, n_steps), those of samples being the same at all their steps.

    Raises
    ------
    DataError
        Where they are of another shape, or not finite or negative at a valid step; it names the first of these.

    Examples
    --------
    >>> check_weights([2, 3], np.array([[True, True], [True, False]])).tolist()
    [[2.0, 2.0], [3.0, 3.0]]
    """
    array = as_array(weights, "weights", np.dtype(np.float64), "give 0 for what does not count")
    if array.shape not in (mask.shape, mask.shape[:1]):
        raise DataError(
            f"weights: shape {array.shape}; must be (n_samples,) = {mask.shape[:1]} or (n_samples, n_steps) = "
            f"{mask.shape}"
        )
    valid = mask if array.ndim == 2 else mask.any(axis=1)
    wrong = valid & ~(np.isfinite(array) & (array >= 0))
    if wrong.any():
        where = tuple(np.argwhere(wrong)[0].tolist())
        raise DataError(
            f"weights: {array[where]:g} at {_place(where)}; must be a finite number >= 0; "
            f"{np.count_nonzero(wrong)} such at valid steps"
        )
    return array if array.ndim == 2 else np.broadcast_to(array[:, np.newaxis], mask.shape)


def _place(where: tuple[int, ...], *, columns: bool = False) -> str:
    """Name a place in targets or weights, of which the axes are samples, maybe steps, and with ``columns`` outputs."""
    axes = ("sample", "column") if columns and len(where) == 2 else ("sample", "step", "column")
    return ", ".join(f"{axis} {index}" for axis, index in zip(axes, where, strict=False))
