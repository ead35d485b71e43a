"""Losses: how far outputs are from targets, and the gradient of that with respect to the outputs.

A loss is called as ``value, gradient = loss(outputs, targets, mask, weights)``.  ``outputs`` is (n_samples, n_steps,
n_outputs), ``mask`` is (n_samples, n_steps), True at the valid steps, ``weights`` is None or (n_samples, n_steps) of
numbers >= 0.  ``gradient`` is shaped and typed like ``outputs``, exactly 0 where nothing is counted.  The value is the
mean over the rows that count in the whole batch, so that sequences of unequal lengths weigh as they should:

    value = sum(weights * terms) / sum(weights)

A row is a valid step of a sample, or each sequence's last valid step where the targets are one a sample.  A weight of 0
is as good as a mask of False; where nothing counts, value and gradient are 0.

Outputs may be complex: each loss is then its analytic continuation (maxima and comparisons use the real part), as
complex-step derivatives need, and the value is complex.

To add a loss, write a class like those below, which says what a row costs, and give it a line in `LOSSES`; a plain
function works too, unnamed and without weights.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from decimal import Decimal
from functools import partial
from numbers import Real
from operator import getitem
from typing import Any, ClassVar, Protocol, TypeAlias, runtime_checkable

import numpy as np

from .errors import DataError
from .language.arrays import Array
from .language.brief import brief, one_line
from .language.checks import INSTEAD_OF_MASKS, as_array, read_array
from .language.keywords import SuggestsKeywords
from .language.registry import make_named

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
    axis of n_outputs to both, and makes a row have a term for each output instead of one.
    """

    name: ClassVar[str]
    is_elementwise: ClassVar[bool] = True
    takes: ClassVar[str] = "numbers shaped (n_samples, n_steps, n_outputs) = {} or (n_samples, n_outputs) = {}"
    hint: ClassVar[str] = "; try targets[..., np.newaxis]"
    has_hits: ClassVar[bool] = False

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
        n_terms = outputs_shape[2] if self.is_elementwise else 1
        return (len(wanted) if weighed is None else float(weighed.sum())) * n_terms

    def check(self, outputs_shape: Shape, targets: Any, mask: Array, weights: Weights = None) -> Array:
        """Return ``targets`` as float64; raise DataError where their shape or a value that counts does not fit."""
        n_samples, n_steps, n_outputs = outputs_shape
        axes = (n_outputs,) if self.is_elementwise else ()
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


@dataclass(frozen=True)
class MeanSquaredError(CountedLoss):
    """Mean of (output - target)^2 over samples, counted steps and outputs together.

    ``targets`` are numbers: (n_samples, n_steps, n_outputs), counted at every valid step, or (n_samples, n_outputs),
    counted at each sequence's last valid step.

    Examples
    --------
    >>> outputs, targets = np.array([[[1.0], [5.0]]]), np.array([[[3.0], [np.nan]]])
    >>> value, gradient = MeanSquaredError()(outputs, targets, np.array([[True, False]]))
    >>> value, gradient.ravel().tolist()
    (4.0, [-4.0, 0.0])
    """

    name: ClassVar[str] = "mse"

    def terms_of(self, rows: Array, targets: Array, slopes: Array) -> Array:
        """Return (output - target)^2; the slope is 2 (output - target)."""
        np.subtract(rows, targets, out=slopes, casting="same_kind")
        with np.errstate(over="ignore", invalid="ignore"):
            terms = slopes * slopes
            if not np.isfinite(terms.sum()):
                # in double precision, which takes more memory, the square of a float32 does not overflow
                terms = np.square(slopes, dtype=np.result_type(slopes, np.float64))
        slopes *= 2.0
        return terms


@dataclass(frozen=True)
class CrossEntropy(CountedLoss):
    """Mean of log(sum_k exp(output_k)) - output_class, the softmax being taken over the outputs.

    ``targets`` are whole numbers from 0 to n_outputs - 1: (n_samples, n_steps), counted at every valid step, or
    (n_samples,), counted at each sequence's last valid step.  ``class_weights``, one for each output, multiply the
    weights of the steps where their class is right; the mean is divided by the sum of these products.

    Raises
    ------
    DataError
        Where ``class_weights`` are not finite numbers >= 0, some of them positive.

    Examples
    --------
    >>> outputs = np.array([[[9.0, 0.0], [0.0, 0.0]]])
    >>> value, gradient = CrossEntropy()(outputs, np.array([1]), np.array([[True, True]]))
    >>> round(value, 6), gradient.ravel().tolist()
    (0.693147, [0.0, 0.0, 0.5, -0.5])
    >>> CrossEntropy(class_weights=[1, 3]).count((1, 2, 2), np.array([[0, 1]]), np.array([[True, True]]))
    4.0
    """

    name: ClassVar[str] = "cross_entropy"
    is_elementwise: ClassVar[bool] = False
    takes: ClassVar[str] = "classes, shaped (n_samples, n_steps) = {} or (n_samples,) = {}"
    hint: ClassVar[str] = "; for one-hot targets try targets.argmax(axis=-1)"
    has_hits: ClassVar[bool] = True
    class_weights: Sequence[float] | None = None

    __repr__ = one_line

    def __post_init__(self) -> None:
        if self.class_weights is None:
            return
        given: Any = self.class_weights
        if isinstance(given, tuple | list):  # NumPy has no dtype for some kinds of numbers
            given = [float(each) if isinstance(each, Real | Decimal) else each for each in given]
        array = as_array(given, "class_weights", np.dtype(np.float64))
        if array.ndim != 1:
            raise DataError(f"class_weights: shape {array.shape}; must be (n_outputs,), one for each class")
        wrong = np.flatnonzero(~(np.isfinite(array) & (array >= 0)))
        if len(wrong):
            raise DataError(f"class_weights: {array[wrong[0]]:g} for class {wrong[0]}; must be a finite number >= 0")
        if not array.any():
            raise DataError("class_weights: none is positive; then nothing would be counted")
        object.__setattr__(self, "class_weights", tuple(array.tolist()))

    def terms_of(self, rows: Array, targets: Array, slopes: Array) -> Array:
        """Return log(sum_k exp(output_k)) - output_class; the slope is softmax(output) - one_hot(class)."""
        number, classes = np.arange(len(rows)), targets.astype(np.intp, copy=False)
        np.subtract(rows, rows.real.max(axis=1, keepdims=True), out=slopes)
        picked = slopes[number, classes]
        np.exp(slopes, out=slopes)
        total = slopes.sum(axis=1)
        slopes /= total[:, np.newaxis]
        slopes[number, classes] -= 1.0
        return (np.log(total) - picked)[:, np.newaxis]

    def hits(self, rows: Array, targets: Array) -> Array:
        """Return where the right output is the largest; nan is never right."""
        return (np.argmax(rows.real, axis=1) == targets) & ~np.isnan(rows.real).any(axis=1)

    def weights_of_rows(self, targets: Array) -> Weights:
        """Return the weight of each class."""
        return None if self.class_weights is None else np.array(self.class_weights)[targets.astype(np.intp, copy=False)]

    def faults(self, targets: Array, n_outputs: int) -> Iterator[tuple[Array, str]]:
        """Yield where ``targets`` are no classes."""
        fits = (targets >= 0) & (targets < n_outputs) & (targets == np.floor(targets))
        last = n_outputs - 1
        message = f"targets: class {{value:g}} at {{place}}; must be a whole number from 0 to {last}, one an output"
        yield ~fits, message

    def check(self, outputs_shape: Shape, targets: Any, mask: Array, weights: Weights = None) -> Array:
        """Return ``targets`` as int64 (0 at steps that do not count); raise DataError where they are not classes."""
        n_outputs = outputs_shape[2]
        if self.class_weights is not None and len(self.class_weights) != n_outputs:
            raise DataError(
                f"class_weights: {len(self.class_weights)} for {n_outputs} outputs; there must be one for each"
            )
        array = super().check(outputs_shape, targets, mask, weights)
        return np.where(self.counting(array, mask, weights), array, 0).astype(np.int64)


@dataclass(frozen=True)
class BinaryCrossEntropy(CountedLoss):
    """Mean of log(1 + exp(z)) - target z over samples, counted steps and outputs z, which are logits.

    ``targets`` are 0 or 1: (n_samples, n_steps, n_outputs), counted at every valid step, or (n_samples, n_outputs),
    counted at each sequence's last valid step.  The form computed is max(z, 0) - target z + log(1 + exp(-abs(z))),
    which does not overflow.

    Examples
    --------
    >>> outputs = np.array([[[0.0, 1000.0]]])
    >>> value, gradient = BinaryCrossEntropy()(outputs, np.array([[[0.0, 1.0]]]), np.array([[True]]))
    >>> round(value, 6), gradient.ravel().tolist()
    (0.346574, [0.25, 0.0])
    """

    name: ClassVar[str] = "binary_cross_entropy"
    has_hits: ClassVar[bool] = True

    def terms_of(self, rows: Array, targets: Array, slopes: Array) -> Array:
        """Return log(1 + exp(z)) - target z; the slope is sigmoid(z) - target."""
        wanted = targets.astype(rows.real.dtype)
        zero, one = rows.dtype.type(0), rows.dtype.type(1)
        negative = rows.real < 0
        decay = np.exp(np.where(negative, rows, -rows))
        terms = np.where(negative, zero, rows) - wanted * rows + np.log1p(decay)
        np.subtract(np.where(negative, decay, one) / (one + decay), wanted, out=slopes)
        return terms

    def hits(self, rows: Array, targets: Array) -> Array:
        """Return where a logit is > 0 just if its target is 1; nan is never right."""
        return ((rows.real > 0) == targets) & ~np.isnan(rows.real)

    def faults(self, targets: Array, n_outputs: int) -> Iterator[tuple[Array, str]]:
        """Yield where ``targets`` are not finite, and where they are neither 0 nor 1."""
        yield from super().faults(targets, n_outputs)
        message = "targets: {value:g} at {place}; binary_cross_entropy takes 0 or 1 wherever it counts"
        yield (targets != 0) & (targets != 1), message


LOSSES: dict[str, Loss] = {
    MeanSquaredError.name: MeanSquaredError(),
    CrossEntropy.name: CrossEntropy(),
    BinaryCrossEntropy.name: BinaryCrossEntropy(),
}
"""The losses by name."""


class Weighted:
    """Loss with the weights of one batch.

    Parameters
    ----------
    loss : str, loss object or mapping
        A loss as `resolve_loss` takes it; a plain function cannot be weighted.
    weights : array (n_samples,) or (n_samples, n_steps)
        Finite numbers >= 0 at valid steps; the padding does not matter.  0 leaves a step out.

    Raises
    ------
    DataError
        Where ``loss`` takes no weights or they are not numbers; at the call, where they do not fit the batch.

    Examples
    --------
    >>> import graphnet as gn
    >>> net = gn.compile(gn.graphs.elman(1, 4, 1), seed=0)
    >>> inputs, targets = np.ones((3, 5, 1)), np.array([[0.0], [1.0], [2.0]])
    >>> value, _ = net.value_and_grad(inputs, targets, loss=Weighted("mse", [1, 1, 0]))
    >>> value == net.value_and_grad(inputs[:2], targets[:2])[0]
    True
    """

    def __init__(self, loss: str | Loss | LossFunction | Mapping[str, Any], weights: Any) -> None:
        self.loss = resolve_loss(loss)
        self.weights = as_array(weights, "weights", np.dtype(np.float64), "give 0 for what does not count")
        if isinstance(self.loss, Plain):
            self.loss.refuse(self.weights)

    def __repr__(self) -> str:
        return f"Weighted({brief(self.loss)}, {brief(self.weights)})"

    def __call__(self, outputs: Array, targets: Array, mask: Array, weights: Weights = None) -> tuple[Any, Array]:
        """Return value and gradient with these weights, times ``weights`` if given."""
        return self.loss(outputs, targets, mask, self.weights_of(mask, weights))

    def check(self, outputs_shape: Shape, targets: Any, mask: Array, weights: Weights = None) -> Array:
        """Return checked ``targets``; raise DataError where they or the weights do not fit."""
        return self.loss.check(outputs_shape, targets, mask, self.weights_of(mask, weights))

    def count(self, outputs_shape: Shape, targets: Array, mask: Array, weights: Weights = None) -> float:
        """Return the count with these weights."""
        return self.loss.count(outputs_shape, targets, mask, self.weights_of(mask, weights))

    def at_last(self, targets: Array, mask: Array) -> bool:
        """Return whether the loss takes these ``targets`` as one a sample."""
        return self.loss.at_last(targets, mask)

    def weights_of(self, mask: Array, weights: Weights = None) -> Array:
        """Return the weights, (n_samples, n_steps), times ``weights`` if given."""
        own = check_weights(self.weights, mask)
        return own if weights is None else own * weights


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
                f"weights: the function {_function_name(self.function)} takes none; leave them out, or make it a loss "
                f"object with __call__, check, count and at_last, as gn.losses.Loss describes it"
            )


def resolve_loss(loss: str | Loss | LossFunction | Mapping[str, Any]) -> Loss:
    """Return the loss that ``loss`` names or is; a plain function becomes one that checks nothing.

    A mapping is settings by name, as a table of a TOML file has them.

    Raises
    ------
    DataError
        Where there is no loss of that name or it has no such setting, ``loss`` cannot be called, or is half a loss
        object.

    Examples
    --------
    >>> resolve_loss("mse")
    MeanSquaredError()
    >>> resolve_loss({"name": "cross_entropy", "class_weights": [1, 2]})
    CrossEntropy(class_weights=(1.0, 2.0))
    """
    if isinstance(loss, str) and loss in LOSSES:
        return LOSSES[loss]
    if isinstance(loss, str | Mapping):
        made: Loss = make_named("loss", loss, {name: partial(getitem, LOSSES, name) for name in LOSSES})
        return made
    if isinstance(loss, type) or not callable(loss):
        raise DataError(
            f"loss: {loss!r}; must be one of {', '.join(map(repr, LOSSES))}, or a function of (outputs, targets, mask) "
            f"that returns value and gradient"
        )
    if isinstance(loss, Loss):
        return loss
    methods = {name: hasattr(loss, name) for name in ("check", "count", "at_last")}
    if any(methods.values()):
        missing = " and ".join(name for name, there in methods.items() if not there)
        raise DataError(f"loss: {loss!r} lacks {missing}; a loss object has {', '.join(methods)}, a function none")
    return Plain(loss)


def settings_of_loss(loss: Loss) -> str | dict[str, Any]:
    """Return the name of ``loss``, with its settings where they are not those of that name, for `resolve_loss`.

    A custom loss that is not in `LOSSES` is there by the name of its function or class only.

    >>> settings_of_loss(CrossEntropy(class_weights=[1, 2])), settings_of_loss(MeanSquaredError())
    ({'name': 'cross_entropy', 'class_weights': [1.0, 2.0]}, 'mse')
    """
    for name, known in LOSSES.items():
        if isinstance(known, Plain) and isinstance(loss, Plain) and known.function == loss.function:
            return name
        if type(known) is type(loss) and not isinstance(loss, Plain):
            settings: list[str] = [each.name for each in fields(loss)] if is_dataclass(loss) else []
            changed = {
                setting: list(value) if isinstance(value, tuple) else value
                for setting in settings
                if (value := getattr(loss, setting)) != getattr(known, setting)
            }
            return {"name": name, **changed} if changed else name
    if isinstance(loss, Weighted):
        return settings_of_loss(loss.loss)
    return _function_name(loss.function) if isinstance(loss, Plain) else type(loss).__qualname__


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


def _function_name(function: Any) -> str:
    return getattr(function, "__qualname__", type(function).__qualname__)


def _place(where: tuple[int, ...], *, columns: bool = False) -> str:
    """Name a place in targets or weights, of which the axes are samples, maybe steps, and with ``columns`` outputs."""
    axes = ("sample", "column") if columns and len(where) == 2 else ("sample", "step", "column")
    return ", ".join(f"{axis} {index}" for axis, index in zip(axes, where, strict=False))
