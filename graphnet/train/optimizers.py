"""Optimizers: from parameters and their gradient to better parameters, over one flat array.

An optimizer is a value that holds settings.  What it remembers between steps is plain data, a dict of arrays and whole
numbers, made by ``start`` and updated in place by ``step``: it can be saved, and it can be edited with the network.

To add one, write a class like those below and give it a line in `OPTIMIZERS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from .settings import fraction, positive, reject

Array: TypeAlias = NDArray[Any]
State: TypeAlias = dict[str, Any]


@runtime_checkable
class Optimizer(Protocol):
    """What `fit` asks of an optimizer."""

    @property
    def learning_rate(self) -> float:
        """The rate where `fit` is given none."""
        ...

    def start(self, parameters: Array) -> State:
        """Return the state before the first step: a dict of arrays shaped like ``parameters`` and whole numbers."""
        ...

    def step(self, parameters: Array, gradient: Array, state: State, learning_rate: float | None = None) -> Array:
        """Return new parameters, of the same dtype, and update ``state`` in place."""
        ...


@dataclass(frozen=True)
class SGD:
    """Gradient descent: parameters - learning_rate * gradient.  It has no state.

    Raises
    ------
    DataError
        Where the learning rate is not a positive finite number.

    Examples
    --------
    >>> sgd = SGD(learning_rate=0.5)
    >>> parameters = np.array([1.0, 2.0])
    >>> sgd.step(parameters, np.array([2.0, -2.0]), sgd.start(parameters)).tolist()
    [0.0, 3.0]
    """

    learning_rate: float = 0.01
    name: ClassVar[str] = "sgd"

    def __post_init__(self) -> None:
        reject(positive("learning_rate", self.learning_rate))

    def start(self, parameters: Array) -> State:
        """Return the empty state."""
        return {}

    def step(self, parameters: Array, gradient: Array, state: State, learning_rate: float | None = None) -> Array:
        """Return new parameters; ``learning_rate`` replaces the optimizer's own for this step."""
        rate = float(self.learning_rate if learning_rate is None else learning_rate)
        return (parameters - rate * gradient).astype(parameters.dtype, copy=False)


@dataclass(frozen=True)
class Adam:
    """Gradient descent with a step size for each parameter, from running means of the gradient g and of its square.

        m = beta1 m + (1 - beta1) g                v = beta2 v + (1 - beta2) g^2
        parameters - learning_rate * m / (1 - beta1^step) / (sqrt(v / (1 - beta2^step)) + epsilon)

    The state holds m as ``"mean"``, v as ``"square"`` and ``"step"``, how many steps were taken.

    Raises
    ------
    DataError
        Where the learning rate or epsilon is not a positive finite number, or a beta is not >= 0 and < 1.

    References
    ----------
    Kingma and Ba, Adam: a method for stochastic optimization, ICLR 2015, Algorithm 1.

    Examples
    --------
    >>> adam = Adam(learning_rate=0.5)
    >>> parameters = np.array([1.0, 2.0])
    >>> state = adam.start(parameters)
    >>> adam.step(parameters, np.array([2.0, -20.0]), state).round(6).tolist(), state["step"]
    ([0.5, 2.5], 1)
    """

    learning_rate: float = 1e-3
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    name: ClassVar[str] = "adam"

    def __post_init__(self) -> None:
        reject(
            positive("learning_rate", self.learning_rate)
            + fraction("beta1", self.beta1)
            + fraction("beta2", self.beta2)
            + positive("epsilon", self.epsilon)
        )

    def start(self, parameters: Array) -> State:
        """Return the state before the first step, all zeros."""
        return {"step": 0, "mean": np.zeros_like(parameters), "square": np.zeros_like(parameters)}

    def step(self, parameters: Array, gradient: Array, state: State, learning_rate: float | None = None) -> Array:
        """Return new parameters; ``learning_rate`` replaces the optimizer's own for this step."""
        rate = float(self.learning_rate if learning_rate is None else learning_rate)
        beta1, beta2 = float(self.beta1), float(self.beta2)
        mean, square = state["mean"], state["square"]
        state["step"] += 1
        mean *= beta1
        mean += (1.0 - beta1) * gradient
        square *= beta2
        square += (1.0 - beta2) * gradient * gradient
        spread = np.sqrt(square / (1.0 - beta2 ** state["step"])) + float(self.epsilon)
        change = mean / (1.0 - beta1 ** state["step"]) / spread
        updated: Array = (parameters - rate * change).astype(parameters.dtype, copy=False)
        return updated


OPTIMIZERS: dict[str, type[SGD] | type[Adam]] = {SGD.name: SGD, Adam.name: Adam}
"""Every optimizer that has a name."""


def resolve_optimizer(optimizer: str | Optimizer) -> Optimizer:
    """Return the optimizer that ``optimizer`` names, with its default settings, or is.

    Raises
    ------
    DataError
        Where there is no optimizer of that name, or the object has no ``start``, ``step`` and ``learning_rate``.

    Examples
    --------
    >>> resolve_optimizer("sgd")
    SGD(learning_rate=0.01)
    """
    if isinstance(optimizer, str) and optimizer in OPTIMIZERS:
        return OPTIMIZERS[optimizer]()
    if isinstance(optimizer, (str, type)) or not isinstance(optimizer, Optimizer):
        raise DataError(
            f"optimizer: {optimizer!r}; must be one of {', '.join(map(repr, OPTIMIZERS))}, or an object with "
            f"learning_rate, start and step, such as gn.optimizers.Adam(learning_rate=1e-3)"
        )
    return optimizer
