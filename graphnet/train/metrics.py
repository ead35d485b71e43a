"""Metrics: how well a network does, in a user's terms."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..batch import as_array, read_lengths
from ..errors import DataError
from ..losses import CrossEntropy, Loss, LossFunction, classes_at, counted_steps, resolve_loss
from .data import Sequences, check_sequences, valid_steps
from .settings import reject, whole
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
    predicted, right, _ = _predictions(outputs, targets, lengths)
    return float(np.mean(predicted == right))


def confusion_matrix(outputs: Any, targets: Any, *, lengths: Any = None) -> Array:
    """Return how often each class was taken for each: [right class, predicted class], (n_outputs, n_outputs) of int64.

    Parameters and errors are those of `accuracy`.

    Examples
    --------
    >>> confusion_matrix([[[0.1, 0.9], [0.8, 0.2]]], [[1, 1]]).tolist()
    [[0, 0], [1, 1]]
    """
    predicted, right, n_classes = _predictions(outputs, targets, lengths)
    return np.bincount(right * n_classes + predicted, minlength=n_classes**2).reshape(n_classes, n_classes)


def evaluate(
    net: Runnable,
    inputs: Any,
    targets: Any,
    *,
    loss: str | Loss | LossFunction = "mse",
    lengths: Any = None,
    batch_size: int = 256,
) -> dict[str, float]:
    """Return the loss over a whole data set, computed ``batch_size`` samples at a time, and the accuracy for classes.

    Batches weigh by what is counted in them, so that the result does not depend on ``batch_size`` beyond rounding.

    Parameters
    ----------
    net : Network
    inputs : array (n_samples, n_steps, n_inputs)
    targets : array
        What ``loss`` takes.
    loss : str, loss object or function
    lengths : array (n_samples,), optional
        The number of valid steps of each sequence.
    batch_size : int
        How many samples are run at once.

    Returns
    -------
    dict
        ``"loss"`` and, where the loss is cross_entropy, ``"accuracy"``.

    Raises
    ------
    DataError
        Where data or settings do not fit.

    Examples
    --------
    >>> import graphnet as gn
    >>> net = gn.compile(gn.graphs.elman(1, 4, 2), seed=0)
    >>> sorted(evaluate(net, np.zeros((3, 5, 1)), [0, 1, 1], loss="cross_entropy"))
    ['accuracy', 'loss']
    """
    resolved = resolve_loss(loss)
    reject(whole("batch_size", batch_size, at_least=1))
    return evaluate_sequences(net, check_sequences(net, resolved, inputs, targets, lengths), resolved, batch_size)


def evaluate_sequences(net: Runnable, data: Sequences, loss: Loss, batch_size: int) -> dict[str, float]:
    """Return what `evaluate` does, for data that are checked."""
    total, weight = 0.0, 0
    hits = HitCounter(loss)
    for batch in data.batches(batch_size):
        outputs = net.run(batch.inputs, lengths=batch.lengths)
        value, _ = hits(outputs, batch.targets, batch.mask)
        count = loss.count(outputs.shape, batch.targets, batch.mask)
        total, weight = total + count * float(value), weight + count
    return {"loss": total / weight} | hits.result()


class HitCounter:
    """A loss that also counts, where it is cross_entropy, how many classes were right.

    Training sees the outputs only inside the loss; counting there saves a second forward pass.
    """

    def __init__(self, loss: Loss) -> None:
        self._loss = loss
        self._hits = 0
        self._count = 0

    def __call__(self, outputs: Array, targets: Array, mask: Array) -> tuple[Any, Array]:
        """Return what the loss does, and count."""
        if isinstance(self._loss, CrossEntropy):
            samples, steps = counted_steps(targets, mask)
            predicted = np.argmax(outputs[samples, steps].real, axis=1)
            self._hits += int(np.count_nonzero(predicted == classes_at(targets, samples, steps)))
            self._count += len(samples)
        return self._loss(outputs, targets, mask)

    def check(self, outputs_shape: tuple[int, int, int], targets: Any, mask: Array) -> Array:
        """Return what the loss's check does."""
        return self._loss.check(outputs_shape, targets, mask)

    def count(self, outputs_shape: tuple[int, int, int], targets: Array, mask: Array) -> int:
        """Return what the loss's count does."""
        return self._loss.count(outputs_shape, targets, mask)

    def result(self) -> dict[str, float]:
        """Return ``{"accuracy": ...}`` since the counter was made, or nothing where no classes were counted."""
        return {"accuracy": self._hits / self._count} if self._count else {}


def _predictions(outputs: Any, targets: Any, lengths: Any) -> tuple[Array, Array, int]:
    array = as_array(outputs, "outputs", np.dtype(np.float64))
    if array.ndim != 3 or 0 in array.shape:
        raise DataError(f"outputs: shape {array.shape}; must be (n_samples, n_steps, n_outputs), none of them 0")
    n_samples, n_steps, n_classes = array.shape
    mask = valid_steps(read_lengths(lengths, n_samples, n_steps), n_steps)
    classes = CrossEntropy().check(array.shape, targets, mask)
    samples, steps = counted_steps(classes, mask)
    return np.argmax(array[samples, steps], axis=1), classes_at(classes, samples, steps), n_classes
