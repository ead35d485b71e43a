"""Metrics: how well a network does, in a user's terms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from ..language.checks import (
    as_array,
    read_lengths,
    reject,
    whole,
)
from ..losses import (
    BinaryCrossEntropy,
    CrossEntropy,
    Loss,
    LossFunction,
    MeanSquaredError,
    Weighted,
    counted_targets,
    resolve_loss,
)
from .data import Sequences, check_sequences, valid_steps
from .trainable import Runnable

Array: TypeAlias = NDArray[Any]


def accuracy(outputs: Any, targets: Any, *, lengths: Any = None) -> float:
    """Return the share of classes for which the right output is the largest.

    Parameters
    ----------
    outputs : array (n_samples, n_steps, n_outputs)
        What a network answered; of equal outputs the first counts as the largest.
    targets : array of whole numbers, (n_samples, n_steps) or (n_samples,)
        The right classes, at every valid step or at each sequence's last valid step.
    lengths : array (n_samples,), optional
        The number of valid steps of each sequence.

    Raises
    ------
    DataError
        Where shapes do not fit, or a class is not one of the outputs.

    Examples
    --------
    >>> accuracy([[[0.1, 0.9], [0.8, 0.2]]], [[1, 1]])
    0.5
    """
    _, predicted, right = _answers(CrossEntropy(), outputs, targets, lengths)
    return float(np.mean(np.argmax(predicted, axis=1) == right))


def confusion_matrix(outputs: Any, targets: Any, *, lengths: Any = None) -> Array:
    """Return how often each class was taken for each: [right class, predicted class], (n_outputs, n_outputs) of int64.

    Parameters and errors are those of `accuracy`.

    Examples
    --------
    >>> confusion_matrix([[[0.1, 0.9], [0.8, 0.2]]], [[1, 1]]).tolist()
    [[0, 0], [1, 1]]
    """
    n_classes, answers, right = _answers(CrossEntropy(), outputs, targets, lengths)
    predicted = np.argmax(answers, axis=1)
    return np.bincount(right * n_classes + predicted, minlength=n_classes**2).reshape(n_classes, n_classes)


def macro_f1(outputs: Any, targets: Any, *, lengths: Any = None) -> float:
    """Return the mean of F1 = 2 hits / (times right + times predicted) over classes, each counting alike.

    The mean is over the classes that are right or predicted at least once, so that those that do not occur at all
    neither raise nor lower it.  Parameters and errors are those of `accuracy`.

    References
    ----------
    Opitz and Burst, Macro F1 and macro F1, arXiv 1911.03347, 2019: of the two, the mean of the F1 of each class.

    Examples
    --------
    >>> round(macro_f1([[[0.1, 0.9, 0.0], [0.8, 0.2, 0.0], [0.8, 0.2, 0.0]]], [[1, 1, 0]]), 6)
    0.666667
    """
    n_classes, answers, right = _answers(CrossEntropy(), outputs, targets, lengths)
    found = F1Counter(n_classes)
    found.add(answers, right)
    return found.result()["macro_f1"]


def rmse(outputs: Any, targets: Any, *, lengths: Any = None) -> float:
    """Return the root of the mean of (output - target)^2, over samples, counted steps and outputs together.

    Parameters
    ----------
    outputs : array (n_samples, n_steps, n_outputs)
        What a network answered.
    targets : array of numbers, (n_samples, n_steps, n_outputs) or (n_samples, n_outputs)
        What was right, at every valid step or at each sequence's last valid step.
    lengths : array (n_samples,), optional
        The number of valid steps of each sequence.

    Raises
    ------
    DataError
        Where shapes do not fit, or a target that counts is not a finite number.

    Examples
    --------
    >>> rmse([[[1.0], [5.0]]], [[[4.0], [1.0]]]) == 12.5**0.5
    True
    """
    return _errors(outputs, targets, lengths)["rmse"]


def mae(outputs: Any, targets: Any, *, lengths: Any = None) -> float:
    """Return the mean of abs(output - target), over samples, counted steps and outputs together.

    Parameters and errors are those of `rmse`.

    Examples
    --------
    >>> mae([[[1.0], [5.0]]], [[[4.0], [1.0]]])
    3.5
    """
    return _errors(outputs, targets, lengths)["mae"]


def r2(outputs: Any, targets: Any, *, lengths: Any = None) -> float:
    """Return the share of the targets' variance that the outputs explain, the mean of it over outputs.

    For each output it is 1 - sum (output - target)^2 / sum (target - mean target)^2: 1 where all is right, 0 for what
    always answers the mean, and below 0 for worse.  An output whose target never changes has no variance to explain: it
    is 1 where that output is exactly right, and 0 elsewhere.  Parameters and errors are those of `rmse`.

    Examples
    --------
    >>> r2([[[1.0], [2.0], [4.0]]], [[[1.0], [2.0], [3.0]]])
    0.5
    """
    return _errors(outputs, targets, lengths)["r2"]


def evaluate(
    net: Runnable,
    inputs: Any,
    targets: Any,
    *,
    loss: str | Loss | LossFunction | Mapping[str, Any] = "mse",
    lengths: Any = None,
    weights: Any = None,
    batch_size: int = 256,
) -> dict[str, float]:
    """Return the loss over a whole data set, computed ``batch_size`` samples at a time, and the metrics that fit it.

    Batches weigh by what is counted in them, so that the result does not depend on ``batch_size`` beyond rounding.

    Parameters
    ----------
    net : Network
    inputs : array (n_samples, n_steps, n_inputs)
    targets : array
        What ``loss`` takes.
    loss : str, loss object, function or mapping
    lengths : array (n_samples,), optional
        The number of valid steps of each sequence.
    weights : array (n_samples,) or (n_samples, n_steps), optional
        How much each sample or step weighs in the loss.  The metrics leave out what has weight 0, and count the rest
        once each; the class weights of a loss do not matter to them.
    batch_size : int
        How many samples are run at once.

    Returns
    -------
    dict
        ``"loss"`` and, where the loss is cross_entropy, ``"accuracy"`` and ``"macro_f1"``; where it is mse, ``"rmse"``,
        ``"mae"`` and ``"r2"``; where it is binary_cross_entropy ``"accuracy"``, the share of all outputs, which are
        logits, that are > 0 just where the target is 1.

    Raises
    ------
    DataError
        Where data or settings do not fit.

    Examples
    --------
    >>> import graphnet as gn
    >>> net = gn.compile(gn.graphs.elman(1, 4, 2), seed=0)
    >>> sorted(evaluate(net, np.zeros((3, 5, 1)), [0, 1, 1], loss="cross_entropy"))
    ['accuracy', 'loss', 'macro_f1']
    """
    resolved = resolve_loss(loss)
    reject(whole("batch_size", batch_size, at_least=1))
    data = check_sequences(net, resolved, inputs, targets, lengths, weights)
    more: Counter | None = None
    if isinstance(resolved, CrossEntropy):
        more = F1Counter(net.n_outputs)
    elif isinstance(resolved, MeanSquaredError):
        more = ErrorCounter(net.n_outputs)
    found = evaluate_sequences(net, data, resolved, batch_size, more)
    return found if more is None else found | more.result()


def evaluate_sequences(
    net: Runnable, data: Sequences, loss: Loss, batch_size: int, more: Counter | None = None
) -> dict[str, float]:
    """Return the loss over ``data``, which are checked, and the accuracy where there is one; show ``more`` what counts.

    The loss is nan where nothing counts.
    """
    total, weight = 0.0, 0.0
    hits = HitCounter(loss)
    for batch in data.batches(batch_size):
        outputs = net.run(batch.inputs, lengths=batch.lengths)
        value, _ = hits(outputs, batch.targets, batch.mask, batch.weights)
        count = loss.count(outputs.shape, batch.targets, batch.mask, batch.weights)
        total, weight = total + count * float(value), weight + count
        if more is not None:
            samples, steps, right = counted_targets(loss, batch.targets, batch.mask, batch.weights)
            more.add(outputs[samples, steps], right)
    return {"loss": total / weight if weight else float("nan")} | hits.result()


class Counter(Protocol):
    """A metric that adds up over batches."""

    def add(self, answers: Array, right: Array) -> None:
        """Count ``answers`` (n_counted, n_outputs) and what was ``right``, a row each."""
        ...

    def result(self) -> dict[str, float]:
        """Return the metrics, by name, over everything that was added."""
        ...


class HitCounter:
    """A loss that also counts, where it is cross_entropy or binary_cross_entropy, how many answers were right.

    Training sees the outputs only inside the loss; counting there saves a second forward pass.  ``hits`` of the answers
    out of ``of`` were right.
    """

    def __init__(self, loss: Loss) -> None:
        self._loss = loss
        self.hits = 0
        self.of = 0

    def __call__(self, outputs: Array, targets: Array, mask: Array, weights: Array | None = None) -> tuple[Any, Array]:
        """Return what the loss does, and count."""
        loss, known = self._loss, weights
        if isinstance(loss, Weighted):
            known, loss = loss.weights_of(mask, weights), loss.loss
        if isinstance(loss, (CrossEntropy, BinaryCrossEntropy)):
            samples, steps, right = counted_targets(loss, targets, mask, known)
            answers = outputs[samples, steps].real
            hit = np.argmax(answers, axis=1) == right if isinstance(loss, CrossEntropy) else (answers > 0) == right
            self.hits += int(np.count_nonzero(hit))
            self.of += hit.size
        return self._loss(outputs, targets, mask, weights)

    def check(
        self, outputs_shape: tuple[int, int, int], targets: Any, mask: Array, weights: Array | None = None
    ) -> Array:
        """Return what the loss's check does."""
        return self._loss.check(outputs_shape, targets, mask, weights)

    def count(
        self, outputs_shape: tuple[int, int, int], targets: Array, mask: Array, weights: Array | None = None
    ) -> float:
        """Return what the loss's count does."""
        return self._loss.count(outputs_shape, targets, mask, weights)

    def at_last(self, targets: Array, mask: Array) -> bool:
        """Return what the loss does."""
        return self._loss.at_last(targets, mask)

    def result(self) -> dict[str, float]:
        """Return ``{"accuracy": ...}`` since the counter was made, or nothing where no answers were counted."""
        return {"accuracy": self.hits / self.of} if self.of else {}


class F1Counter:
    """How often each of ``n_classes`` classes was right, was predicted, and was both: what macro F1 is made of."""

    def __init__(self, n_classes: int) -> None:
        self._right, self._predicted, self._hits = np.zeros((3, n_classes), dtype=np.int64)

    def add(self, answers: Array, right: Array) -> None:
        """Count the largest of each row of ``answers`` (n_counted, n_classes) as the class that was predicted."""
        predicted = np.argmax(answers, axis=1)
        n_classes = len(self._hits)
        self._right += np.bincount(right, minlength=n_classes)
        self._predicted += np.bincount(predicted, minlength=n_classes)
        self._hits += np.bincount(right[predicted == right], minlength=n_classes)

    def result(self) -> dict[str, float]:
        """Return ``{"macro_f1": ...}``."""
        times = self._right + self._predicted
        occurs = times > 0
        return {"macro_f1": float(np.mean(2 * self._hits[occurs] / times[occurs]))}


class ErrorCounter:
    """Sums of the errors of ``n_outputs`` outputs, and of their targets' squared deviations from the mean.

    Each batch has deviations from a mean of its own, which are then put together.  All targets are first taken less one
    of them, so that those of a target that never changes are exactly 0.

    References
    ----------
    Chan, Golub and LeVeque, Algorithms for computing the sample variance: analysis and recommendations, The American
    Statistician 37, 1983.
    """

    def __init__(self, n_outputs: int) -> None:
        self._n = 0
        self._first: Array | None = None
        self._absolute, self._squared, self._mean, self._deviation = np.zeros((4, n_outputs))

    def add(self, answers: Array, right: Array) -> None:
        """Count ``answers`` and targets ``right``, both (n_counted, n_outputs)."""
        n = len(right)
        if not n:
            return
        error = answers.astype(np.float64) - right
        self._absolute += np.abs(error).sum(axis=0)
        self._squared += np.square(error).sum(axis=0)
        if self._first is None:
            self._first = right[0].copy()
        shifted = right - self._first
        mean = shifted.mean(axis=0)
        apart = mean - self._mean
        self._deviation += np.square(shifted - mean).sum(axis=0) + np.square(apart) * (self._n * n / (self._n + n))
        self._n += n
        self._mean += apart * (n / self._n)

    def result(self) -> dict[str, float]:
        """Return ``{"rmse": ..., "mae": ..., "r2": ...}``."""
        changes = self._deviation > 0
        explained = np.where(changes, 1 - self._squared / np.where(changes, self._deviation, 1), self._squared == 0)
        return {
            "rmse": float(np.sqrt(np.mean(self._squared) / self._n)),
            "mae": float(np.mean(self._absolute) / self._n),
            "r2": float(np.mean(explained)),
        }


def _errors(outputs: Any, targets: Any, lengths: Any) -> dict[str, float]:
    n_outputs, answers, right = _answers(MeanSquaredError(), outputs, targets, lengths)
    found = ErrorCounter(n_outputs)
    found.add(answers, right)
    return found.result()


def _answers(loss: Loss, outputs: Any, targets: Any, lengths: Any) -> tuple[int, Array, Array]:
    """The number of outputs, the outputs (n_counted, n_outputs) where ``loss`` counts, and the targets there."""
    array = as_array(outputs, "outputs", np.dtype(np.float64))
    if array.ndim != 3 or 0 in array.shape:
        raise DataError(f"outputs: shape {array.shape}; must be (n_samples, n_steps, n_outputs), none of them 0")
    n_samples, n_steps, n_outputs = array.shape
    mask = valid_steps(read_lengths(lengths, n_samples, n_steps), n_steps)
    checked = loss.check((n_samples, n_steps, n_outputs), targets, mask)
    samples, steps, right = counted_targets(loss, checked, mask)
    return n_outputs, array[samples, steps], right
