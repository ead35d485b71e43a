"""Losses with the weights of one batch, and the settings of any loss."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from ..language.arrays import Array
from ..language.brief import brief
from ..language.checks import as_array
from .counted import Loss, LossFunction, Shape, Weights, check_weights
from .named import LOSSES, resolve_loss
from .plain import Plain, name_of_function


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


def settings_of_loss(loss: Loss) -> str | dict[str, Any]:
    """Return the name of ``loss``, with its settings where they are not those of that name, for `resolve_loss`.

    A custom loss that is not in `LOSSES` is there by the name of its function or class only.

    >>> settings_of_loss(resolve_loss({"name": "cross_entropy", "class_weights": [1, 2]}))
    {'name': 'cross_entropy', 'class_weights': [1.0, 2.0]}
    >>> settings_of_loss(LOSSES["mse"])
    'mse'
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
    return name_of_function(loss.function) if isinstance(loss, Plain) else type(loss).__qualname__
