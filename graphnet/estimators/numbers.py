"""Losses of estimators whose targets are numbers."""

from __future__ import annotations

from typing import Any

from ..errors import DataError, quoted
from ..losses import LOSSES, CrossEntropy, Loss, Quantile, resolve_loss


def loss_in_units(given: Any) -> Loss:
    """Return the loss of an estimator of numbers, of which each output has its own target in the unit of the outputs.

    Raises
    ------
    DataError
        For any other loss.

    Examples
    --------
    >>> loss_in_units("mae")
    MeanAbsoluteError()
    """
    loss = loss_of_numbers(given)
    if not getattr(loss, "has_unit", False):
        named = ", ".join(repr(name) for name, each in LOSSES.items() if getattr(each, "has_unit", False))
        raise DataError(f"loss: {quoted(given)}; a forecaster has a loss of differences: {named}")
    return loss


def loss_of_numbers(given: Any) -> Loss:
    """Return the loss of an estimator of numbers.

    Raises
    ------
    DataError
        For a loss of classes, and for one that has other outputs than targets.

    Examples
    --------
    >>> loss_of_numbers({"name": "quantile", "quantiles": [0.9]})
    Quantile(quantiles=(0.9,))
    """
    loss = resolve_loss(given)
    if isinstance(loss, CrossEntropy):
        raise DataError("loss: cross_entropy is for classes; GraphClassifier has it")
    if isinstance(loss, Quantile) and len(loss.quantiles) > 1:
        raise DataError(
            f"loss: quantile has {len(loss.quantiles)} outputs for each target; give one, as {{'name': 'quantile', "
            "'quantiles': [0.9]}, to each of several estimators"
        )
    return loss
