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

To add a loss, write a class such as those in `residuals`, which says what a row costs, and give it a line in `LOSSES`;
a plain function works too, unnamed and without weights.
"""

from .classes import BinaryCrossEntropy, CrossEntropy
from .counted import CountedLoss, Loss, LossFunction, check_weights, counted_rows, counted_steps, rows_at
from .direction import Cosine
from .named import LOSSES, resolve_loss
from .plain import Plain
from .residuals import Huber, MeanAbsoluteError, MeanSquaredError, Quantile
from .weighted import Weighted, settings_of_loss

__all__ = [
    "LOSSES",
    "BinaryCrossEntropy",
    "Cosine",
    "CountedLoss",
    "CrossEntropy",
    "Huber",
    "Loss",
    "LossFunction",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "Plain",
    "Quantile",
    "Weighted",
    "check_weights",
    "counted_rows",
    "counted_steps",
    "resolve_loss",
    "rows_at",
    "settings_of_loss",
]
