"""`evaluate`: the loss and the metrics of a network over a data set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..language.checks import COUNT, read_setting
from ..language.keywords import suggests_keywords
from ..losses import Loss, LossFunction, counted_rows, resolve_loss, rows_at
from ..metrics import Metric, metrics_for
from .data import Sequences, check_sequences
from .trainable import Runnable


@suggests_keywords
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

    Batches weigh by the rows counted in them, so that the result does not depend on ``batch_size`` beyond rounding.

    Parameters
    ----------
    net : Network
    inputs : array (n_samples, n_steps, n_inputs)
    targets : array
        Targets as ``loss`` takes them.
    loss : str, loss object, function or mapping
    lengths : array (n_samples,), optional
        The number of valid steps of each sequence.
    weights : array (n_samples,) or (n_samples, n_steps), optional
        Weight of each sample or step in the loss.  The metrics leave out rows of weight 0, and count the others once
        each; the class weights of a loss do not matter to them.
    batch_size : int
        Number of samples that are run at once.

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
    size = read_setting("batch_size", batch_size, COUNT)
    data = check_sequences(net, resolved, inputs, targets, lengths, weights)
    return evaluate_sequences(net, data, resolved, size, metrics_for(resolved))


def evaluate_sequences(
    net: Runnable, data: Sequences, loss: Loss, batch_size: int, metrics: Mapping[str, Metric]
) -> dict[str, float]:
    """Return the loss over checked ``data``, nan where nothing counts, and ``metrics`` of the rows that count."""
    total, weight = 0.0, 0.0
    outputs_of, targets_of = [], []
    for batch in data.batches(batch_size):
        outputs = net.run(batch.inputs, lengths=batch.lengths)
        value, _ = loss(outputs, batch.targets, batch.mask, batch.weights)
        count = loss.count(outputs.shape, batch.targets, batch.mask, batch.weights)
        total, weight = total + count * float(value), weight + count
        if metrics:
            places, right = counted_rows(loss, batch.targets, batch.mask, batch.weights)
            outputs_of.append(rows_at(outputs, places))
            targets_of.append(right)
    found = {"loss": total / weight if weight else float("nan")}
    if any(map(len, outputs_of)):
        rows, right = np.concatenate(outputs_of), np.concatenate(targets_of)
        found |= {name: metric(rows, right) for name, metric in metrics.items()}
    return found
