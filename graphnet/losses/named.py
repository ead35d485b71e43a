"""Losses by name."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from operator import getitem
from typing import Any

from ..errors import DataError
from ..language.registry import make_named
from .classes import BinaryCrossEntropy, CrossEntropy
from .counted import Loss, LossFunction
from .direction import Cosine
from .plain import Plain
from .residuals import Huber, MeanAbsoluteError, MeanSquaredError, Quantile

LOSSES: dict[str, Loss] = {
    MeanSquaredError.name: MeanSquaredError(),
    CrossEntropy.name: CrossEntropy(),
    BinaryCrossEntropy.name: BinaryCrossEntropy(),
    MeanAbsoluteError.name: MeanAbsoluteError(),
    Huber.name: Huber(),
    Quantile.name: Quantile(),
    Cosine.name: Cosine(),
}
"""The losses by name."""


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
    >>> resolve_loss({"name": "huber", "delta": 0.5})
    Huber(delta=0.5)
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
