"""Metrics: functions of outputs and targets, over the rows that a loss counts.

A row is a sample's step: outputs (n_outputs,), and its target.  To add a metric for a loss, write a function of rows,
``(outputs (n_rows, n_outputs), targets)``, and give it a line in `METRICS`; an accuracy comes from the loss's ``hits``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeAlias

import numpy as np

from .errors import DataError
from .language.arrays import Array
from .language.checks import as_array, read_lengths, valid_steps
from .language.hooks import hook
from .losses import (
    CountedLoss,
    CrossEntropy,
    Huber,
    Loss,
    MeanAbsoluteError,
    MeanSquaredError,
    Weighted,
    counted_rows,
    rows_at,
)

__all__ = ["METRICS", "accuracy", "confusion_matrix", "macro_f1", "mae", "metrics_for", "r2", "rmse"]

Metric: TypeAlias = Callable[[Array, Array], float]
"""Function of rows: outputs (n_rows, n_outputs) and their targets."""


def accuracy(outputs: Any, targets: Any, *, lengths: Any = None) -> float:
    """Return the share of classes for which the right output is the largest.

    Parameters
    ----------
    outputs : array (n_samples, n_steps, n_outputs)
        Outputs of a network; of equal ones the first counts as the largest, and an answer with nan is not right.
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
    return _accuracy(CrossEntropy(), *_rows(CrossEntropy(), outputs, targets, lengths))


def confusion_matrix(outputs: Any, targets: Any, *, lengths: Any = None) -> Array:
    """Return the number of times that a class was predicted: [right class, predicted class] of int64.

    Parameters and errors are those of `accuracy`; outputs of nan, which predict none, are a DataError too.

    Examples
    --------
    >>> confusion_matrix([[[0.1, 0.9], [0.8, 0.2]]], [[1, 1]]).tolist()
    [[0, 0], [1, 1]]
    """
    rows, classes = _rows(CrossEntropy(), outputs, targets, lengths)
    if np.isnan(rows).any():
        raise DataError("outputs: nan where a class counts, which predicts none")
    return _confusion(rows, classes)


def macro_f1(outputs: Any, targets: Any, *, lengths: Any = None) -> float:
    """Return the mean of F1 = 2 hits / (times right + times predicted) over classes, each counting alike.

    The mean is over the classes that are right or predicted at least once, so that the others neither
    raise nor lower it; it is nan if an output that counts is.  Parameters and errors are those of `accuracy`.

    References
    ----------
    Opitz and Burst, Macro F1 and macro F1, arXiv 1911.03347, 2019: of the two, the mean of the F1 of each class.

    Examples
    --------
    >>> round(macro_f1([[[0.1, 0.9, 0.0], [0.8, 0.2, 0.0], [0.8, 0.2, 0.0]]], [[1, 1, 0]]), 6)
    0.666667
    """
    return _macro_f1(*_rows(CrossEntropy(), outputs, targets, lengths))


def rmse(outputs: Any, targets: Any, *, lengths: Any = None) -> float:
    """Return the root of the mean of (output - target)^2, over samples, counted steps and outputs together.

    Parameters
    ----------
    outputs : array (n_samples, n_steps, n_outputs)
        Outputs of a network.
    targets : array of numbers, (n_samples, n_steps, n_outputs) or (n_samples, n_outputs)
        The right values, at every valid step or at each sequence's last valid step.
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
    return _rmse(*_rows(MeanSquaredError(), outputs, targets, lengths))


def mae(outputs: Any, targets: Any, *, lengths: Any = None) -> float:
    """Return the mean of abs(output - target), over samples, counted steps and outputs together.

    Parameters and errors are those of `rmse`.

    Examples
    --------
    >>> mae([[[1.0], [5.0]]], [[[4.0], [1.0]]])
    3.5
    """
    return _mae(*_rows(MeanSquaredError(), outputs, targets, lengths))


def r2(outputs: Any, targets: Any, *, lengths: Any = None) -> float:
    """Return the share of the targets' variance that the outputs explain, the mean of it over outputs.

    For each output it is 1 - sum (output - target)^2 / sum (target - mean target)^2: 1 where all is right, 0 for
    outputs that are always the mean, and below 0 for worse ones.  An output whose target never changes has no variance
    to explain: it is 1 where that output is exactly right, and 0 elsewhere.  Parameters and errors are those of `rmse`.

    Examples
    --------
    >>> r2([[[1.0], [2.0], [4.0]]], [[[1.0], [2.0], [3.0]]])
    0.5
    """
    return _r2(*_rows(MeanSquaredError(), outputs, targets, lengths))


def hits_of(loss: Loss, outputs: Array, targets: Array, mask: Array, weights: Array | None = None) -> Array:
    """Return which answers are right, over the rows that ``loss`` counts; empty for a loss without right answers.

    The weights leave out rows of weight 0, and count the others once each; class weights do not matter.

    >>> hits_of(CrossEntropy(), np.array([[[1.0, 0.0], [0.0, 1.0]]]), np.array([[0, 0]]), np.ones((1, 2), bool))
    array([ True, False])
    """
    if isinstance(loss, Weighted):
        weights, loss = loss.weights_of(mask, weights), loss.loss
    if not isinstance(loss, CountedLoss) or not loss.has_hits:
        return np.zeros(0, bool)
    places, right = counted_rows(loss, targets, mask, weights)
    return loss.hits(rows_at(outputs, places), right)


def metrics_for(loss: Loss) -> dict[str, Metric]:
    """Return the metrics that fit a loss, by name."""
    found: dict[str, Metric] = {}
    if isinstance(loss, CountedLoss) and loss.has_hits:
        found["accuracy"] = partial(_accuracy, loss)
    return found | next((dict(named) for kind, named in METRICS.items() if isinstance(loss, kind)), {})


def _accuracy(loss: CountedLoss, outputs: Array, targets: Array) -> float:
    return float(np.mean(loss.hits(outputs, targets)))


def _confusion(outputs: Array, classes: Array) -> Array:
    n_classes = outputs.shape[1]
    paired = classes * n_classes + np.argmax(outputs, axis=1)
    return np.bincount(paired, minlength=n_classes**2).reshape(n_classes, n_classes)


def _macro_f1(outputs: Array, classes: Array) -> float:
    if np.isnan(outputs).any():
        return np.nan
    table = _confusion(outputs, classes)
    times = table.sum(axis=0) + table.sum(axis=1)
    occurs = times > 0
    return float(np.mean(2 * np.diag(table)[occurs] / times[occurs]))


def _rmse(outputs: Array, targets: Array) -> float:
    return float(np.sqrt(np.mean(np.square(outputs.astype(np.float64) - targets))))


def _mae(outputs: Array, targets: Array) -> float:
    return float(np.mean(np.abs(outputs.astype(np.float64) - targets)))


def _r2(outputs: Array, targets: Array) -> float:
    # Less the first of them, so that the deviations of targets that never change are exactly 0.
    shifted = targets - targets[0]
    deviation = np.square(shifted - shifted.mean(axis=0)).sum(axis=0)
    squared = np.square(outputs.astype(np.float64) - targets).sum(axis=0)
    changes = deviation > 0
    return float(np.mean(np.where(changes, 1 - squared / np.where(changes, deviation, 1), squared == 0)))


_OF_NUMBERS: dict[str, Metric] = {"rmse": _rmse, "mae": _mae, "r2": _r2}
METRICS: dict[type, Mapping[str, Metric]] = {
    CrossEntropy: {"macro_f1": _macro_f1},
    MeanSquaredError: _OF_NUMBERS,
    MeanAbsoluteError: _OF_NUMBERS,
    Huber: _OF_NUMBERS,
}
"""The metrics of each loss beside the accuracy, by name."""


def _rows(loss: CountedLoss, outputs: Any, targets: Any, lengths: Any) -> tuple[Array, Array]:
    """Return the outputs (n_rows, n_outputs) where ``loss`` counts, and the targets there."""
    array = as_array(outputs, "outputs", np.dtype(np.float64), "give the data, with lengths= for where sequences end")
    if array.ndim != 3 or 0 in array.shape:
        raise DataError(f"outputs: shape {array.shape}; must be (n_samples, n_steps, n_outputs), none of them 0")
    n_samples, n_steps, n_outputs = array.shape
    mask = valid_steps(read_lengths(lengths, n_samples, n_steps), n_steps)
    checked = loss.check((n_samples, n_steps, n_outputs), targets, mask)
    places, right = counted_rows(loss, checked, mask)
    return rows_at(array, places), right


def __getattr__(name: str) -> Any:
    if name == "evaluate":  # it needs the data of a fit, and training comes after metrics
        return hook(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
