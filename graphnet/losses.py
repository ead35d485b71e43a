"""Losses: how far outputs are from targets, and the gradient of that with respect to the outputs.

A loss is called as ``value, gradient = loss(outputs, targets, mask)``.  ``outputs`` is (n_samples, n_steps, n_outputs),
``mask`` is (n_samples, n_steps), True at the valid steps.  ``gradient`` is shaped and typed like ``outputs``, exactly
0 where the mask is False, whatever stands there.  The value is the mean over what is counted in the whole batch, so
that sequences of unequal lengths weigh as they should.

Outputs may be complex: each loss is then its own analytic continuation (maxima and comparisons use the real part), as
complex-step derivatives need, and the value is complex.

To add a loss, write a class like those below and give it a line in `LOSSES`; a plain function works too, unnamed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from .batch import as_array, check_finite
from .errors import DataError

Array: TypeAlias = NDArray[Any]
Shape: TypeAlias = tuple[int, int, int]
LossFunction: TypeAlias = Callable[[Array, Array, Array], tuple[Any, Array]]


@runtime_checkable
class Loss(Protocol):
    """What graphnet asks of a loss; `resolve_loss` makes one from a name or a plain function."""

    def __call__(self, outputs: Array, targets: Array, mask: Array) -> tuple[Any, Array]:
        """Return the value and its gradient with respect to ``outputs``."""
        ...

    def check(self, outputs_shape: Shape, targets: Any, mask: Array) -> Array:
        """Return ``targets`` as the array that the call takes; raise DataError where they do not fit."""
        ...

    def count(self, outputs_shape: Shape, targets: Array, mask: Array) -> int:
        """Return how many things the value is a mean over, which is its weight in a mean over batches."""
        ...


@dataclass(frozen=True)
class MeanSquaredError:
    """Mean of (output - target)^2 over samples, valid steps and outputs together.

    ``targets`` are numbers shaped like the outputs.  The gradient is the only array of that size that a call allocates.

    Examples
    --------
    >>> outputs, targets = np.array([[[1.0], [5.0]]]), np.array([[[3.0], [np.nan]]])
    >>> value, gradient = MeanSquaredError()(outputs, targets, np.array([[True, False]]))
    >>> value, gradient.ravel().tolist()
    (4.0, [-4.0, 0.0])
    """

    name: ClassVar[str] = "mse"

    def __call__(self, outputs: Array, targets: Array, mask: Array) -> tuple[Any, Array]:
        """Return the value and its gradient, 2 (output - target) / count."""
        gradient = np.zeros_like(outputs)
        np.subtract(outputs, targets, out=gradient, where=mask[:, :, np.newaxis], casting="same_kind")
        # Order "K" makes this a view however the outputs are laid out, and dot does not conjugate.
        flat = gradient.ravel(order="K")
        count = max(self.count(outputs.shape, targets, mask), 1)
        value = np.dot(flat, flat) / count
        gradient *= 2.0 / count
        return _number(value), gradient

    def check(self, outputs_shape: Shape, targets: Any, mask: Array) -> Array:
        """Return ``targets`` as float64, shaped like the outputs; raise DataError where they are not finite numbers."""
        return _numbers_like_outputs(outputs_shape, targets, mask)

    def count(self, outputs_shape: Shape, targets: Array, mask: Array) -> int:
        """Return the number of valid steps times the number of outputs."""
        return int(np.count_nonzero(mask)) * outputs_shape[2]


@dataclass(frozen=True)
class CrossEntropy:
    """Mean of log(sum_k exp(output_k)) - output_class, the softmax being taken over the outputs.

    ``targets`` are whole numbers from 0 to n_outputs - 1: (n_samples, n_steps), counted at every valid step, or
    (n_samples,), counted at each sequence's last valid step.

    Examples
    --------
    >>> outputs = np.array([[[9.0, 0.0], [0.0, 0.0]]])
    >>> value, gradient = CrossEntropy()(outputs, np.array([1]), np.array([[True, True]]))
    >>> round(value, 6), gradient.ravel().tolist()
    (0.693147, [0.0, 0.0, 0.5, -0.5])
    """

    name: ClassVar[str] = "cross_entropy"

    def __call__(self, outputs: Array, targets: Array, mask: Array) -> tuple[Any, Array]:
        """Return the value and its gradient, (softmax(output) - one_hot(class)) / count."""
        samples, steps = counted_steps(targets, mask)
        logits = outputs[samples, steps]
        classes = classes_at(targets, samples, steps)
        count, rows = max(len(samples), 1), np.arange(len(samples))
        logits -= logits.real.max(axis=1, keepdims=True)
        picked = logits[rows, classes]
        np.exp(logits, out=logits)
        total = logits.sum(axis=1)
        value = _sum(np.log(total) - picked) / count
        logits /= total[:, np.newaxis]
        logits[rows, classes] -= 1.0
        logits /= count
        gradient = np.zeros_like(outputs)
        gradient[samples, steps] = logits
        return _number(value), gradient

    def check(self, outputs_shape: Shape, targets: Any, mask: Array) -> Array:
        """Return ``targets`` as int64 (0 at steps that do not count); raise DataError where they are not classes."""
        n_samples, n_steps, n_outputs = outputs_shape
        array = as_array(targets, "targets", np.dtype(np.float64))
        if array.shape not in ((n_samples, n_steps), (n_samples,)):
            hint = "; for one-hot targets try targets.argmax(axis=-1)" if array.shape == outputs_shape else ""
            raise DataError(
                f"targets: shape {array.shape}; cross_entropy takes classes, shaped (n_samples, n_steps) = "
                f"{(n_samples, n_steps)} or (n_samples,) = {(n_samples,)}{hint}"
            )
        counted = mask if array.ndim == 2 else np.ones(n_samples, dtype=bool)
        kept = np.where(counted, array, 0)
        with np.errstate(invalid="ignore"):
            wrong = ~((kept >= 0) & (kept < n_outputs) & (kept == np.floor(kept)))
        if wrong.any():
            where = tuple(np.argwhere(wrong)[0].tolist())
            raise DataError(
                f"targets: class {array[where]:g} at {_place(where)}; must be a whole number from 0 to "
                f"{n_outputs - 1}, one for each output of the network"
            )
        return kept.astype(np.int64)

    def count(self, outputs_shape: Shape, targets: Array, mask: Array) -> int:
        """Return the number of classes that are counted."""
        return len(counted_steps(targets, mask)[0])


@dataclass(frozen=True)
class BinaryCrossEntropy:
    """Mean of log(1 + exp(z)) - target z over samples, valid steps and outputs z, which are logits.

    ``targets`` are 0 or 1, shaped like the outputs.  What is computed is max(z, 0) - target z + log(1 + exp(-abs(z))),
    which does not overflow.

    Examples
    --------
    >>> outputs = np.array([[[0.0, 1000.0]]])
    >>> value, gradient = BinaryCrossEntropy()(outputs, np.array([[[0.0, 1.0]]]), np.array([[True]]))
    >>> round(value, 6), gradient.ravel().tolist()
    (0.346574, [0.25, 0.0])
    """

    name: ClassVar[str] = "binary_cross_entropy"

    def __call__(self, outputs: Array, targets: Array, mask: Array) -> tuple[Any, Array]:
        """Return the value and its gradient, (sigmoid(output) - target) / count."""
        logits = outputs[mask]
        wanted = np.asarray(targets)[mask].astype(logits.real.dtype)
        count = max(logits.size, 1)
        zero, one = logits.dtype.type(0), logits.dtype.type(1)
        negative = logits.real < 0
        decay = np.exp(np.where(negative, logits, -logits))
        value = _sum(np.where(negative, zero, logits) - wanted * logits + np.log1p(decay)) / count
        gradient = np.zeros_like(outputs)
        gradient[mask] = (np.where(negative, decay, one) / (one + decay) - wanted) / count
        return _number(value), gradient

    def check(self, outputs_shape: Shape, targets: Any, mask: Array) -> Array:
        """Return ``targets`` as float64, shaped like the outputs; raise DataError where they are neither 0 nor 1."""
        array = _numbers_like_outputs(outputs_shape, targets, mask)
        wrong = (array != 0) & (array != 1) & mask[:, :, np.newaxis]
        if wrong.any():
            where = tuple(np.argwhere(wrong)[0].tolist())
            raise DataError(
                f"targets: {array[where]:g} at {_place(where)}; binary_cross_entropy takes 0 or 1 at every valid step"
            )
        return array

    def count(self, outputs_shape: Shape, targets: Array, mask: Array) -> int:
        """Return the number of valid steps times the number of outputs."""
        return int(np.count_nonzero(mask)) * outputs_shape[2]


LOSSES: dict[str, Loss] = {
    MeanSquaredError.name: MeanSquaredError(),
    CrossEntropy.name: CrossEntropy(),
    BinaryCrossEntropy.name: BinaryCrossEntropy(),
}
"""Every loss that has a name."""


@dataclass(frozen=True)
class _Plain:
    """A user's function as a loss: its targets are taken as they are, and a batch weighs by its valid steps."""

    function: LossFunction

    def __call__(self, outputs: Array, targets: Array, mask: Array) -> tuple[Any, Array]:
        return self.function(outputs, targets, mask)

    def check(self, outputs_shape: Shape, targets: Any, mask: Array) -> Array:
        return np.asarray(targets)

    def count(self, outputs_shape: Shape, targets: Array, mask: Array) -> int:
        return int(np.count_nonzero(mask))


def resolve_loss(loss: str | Loss | LossFunction) -> Loss:
    """Return the loss that ``loss`` names or is; a plain function becomes one that checks nothing.

    Raises
    ------
    DataError
        Where there is no loss of that name, or ``loss`` cannot be called.

    Examples
    --------
    >>> resolve_loss("mse")
    MeanSquaredError()
    """
    if isinstance(loss, str) and loss in LOSSES:
        return LOSSES[loss]
    if isinstance(loss, (str, type)) or not callable(loss):
        raise DataError(
            f"loss: {loss!r}; must be one of {', '.join(map(repr, LOSSES))}, or a function of (outputs, targets, mask) "
            f"that returns value and gradient"
        )
    return loss if isinstance(loss, Loss) else _Plain(loss)


def counted_steps(targets: Array, mask: Array) -> tuple[Array, Array]:
    """Return the (samples, steps) that classes stand for: each valid one, or each sequence's last for (n_samples,)."""
    if targets.ndim == 2:
        samples, steps = np.nonzero(mask)
        return samples, steps
    samples = np.flatnonzero(mask.any(axis=1))
    return samples, mask.shape[1] - 1 - np.argmax(mask[samples, ::-1], axis=1)


def classes_at(targets: Array, samples: Array, steps: Array) -> Array:
    """Return the classes that ``targets`` gives at the `counted_steps`, as int64."""
    classes = targets[samples, steps] if targets.ndim == 2 else targets[samples]
    # Only after the choice: what is not chosen may be NaN, which is no whole number.
    return classes.astype(np.int64, copy=False)


def _numbers_like_outputs(outputs_shape: Shape, targets: Any, mask: Array) -> Array:
    array = as_array(targets, "targets", np.dtype(np.float64))
    if array.shape != tuple(outputs_shape):
        hint = "; try targets[..., np.newaxis]" if (*array.shape, 1) == tuple(outputs_shape) else ""
        raise DataError(
            f"targets: shape {array.shape}; must be (n_samples, n_steps, n_outputs) = {tuple(outputs_shape)}, "
            f"like the outputs{hint}"
        )
    check_finite(array, mask, "targets")
    return array


def _place(where: tuple[int, ...]) -> str:
    return ", ".join(f"{axis} {index}" for axis, index in zip(("sample", "step", "column"), where, strict=False))


def _sum(values: Array) -> Any:
    """Add in double precision: a float32 sum over many steps would lose what the steps have."""
    return values.sum(dtype=np.result_type(values.dtype, np.float64))


def _number(value: Any) -> float | complex:
    return complex(value) if np.iscomplexobj(value) else float(value)
