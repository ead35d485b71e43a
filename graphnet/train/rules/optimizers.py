"""Optimizers: from parameters and their gradient to better parameters, over one flat array.

An optimizer is a value that holds settings.  Its memory between steps is plain data, a dict of arrays and whole
numbers, made by ``start`` and updated in place by ``step``: it can be saved, and it can be edited with the network.

Weight decay pulls parameters towards 0.  In all but AdamW it adds ``weight_decay * parameters`` to the gradient g;
``decay`` (n_parameters,) says which parameters it pulls at, all where it is None.

To add one, write a class like those below and give it a line in `OPTIMIZERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Protocol, TypeAlias, runtime_checkable

import numpy as np

from ...errors import DataError
from ...language.arrays import Array
from ...language.checks import COUNT, FRACTION, NOT_NEGATIVE, POSITIVE, Flag, reject
from ...language.registry import Checked, make_named, setting

__all__ = ["LBFGS", "OPTIMIZERS", "SGD", "Adagrad", "Adam", "AdamW", "Optimizer", "RMSProp"]

OptimizerState: TypeAlias = dict[str, Any]

PART = 1 << 14
"""Parameters of which all that a step reads and computes stays in the nearest caches: memory is passed over once."""


@runtime_checkable
class Optimizer(Protocol):
    """Interface of an optimizer.

    One with an attribute ``weight_decay`` that is not 0 is also given ``decay``, which parameters decay.
    """

    @property
    def learning_rate(self) -> float:
        """Return the rate that is used if `fit` is given none."""
        ...

    def start(self, parameters: Array) -> OptimizerState:
        """Return the state before the first step: a dict of arrays shaped like ``parameters`` and whole numbers."""
        ...

    def step(
        self, parameters: Array, gradient: Array, state: OptimizerState, learning_rate: float | None = None
    ) -> Array:
        """Return new parameters, of the same dtype, and update ``state`` in place."""
        ...


class _Rule(Checked):
    """Base of the rules: the rate of a step, and weight decay as a part of the gradient."""

    learning_rate: float
    weight_decay: float

    def step(
        self,
        parameters: Array,
        gradient: Array,
        state: OptimizerState,
        learning_rate: float | None = None,
        *,
        decay: Array | None = None,
    ) -> Array:
        """Return new parameters; ``learning_rate`` replaces the optimizer's own for this step."""
        if self.weight_decay:
            pull = self.weight_decay * parameters
            gradient = gradient + (pull if decay is None else np.where(decay, pull, 0.0).astype(parameters.dtype))
        return self._step(parameters, gradient, state, self._rate(learning_rate))

    def _step(self, parameters: Array, gradient: Array, state: OptimizerState, rate: float) -> Array:
        raise NotImplementedError

    def _rate(self, learning_rate: float | None) -> float:
        return float(self.learning_rate if learning_rate is None else learning_rate)


@dataclass(frozen=True)
class SGD(_Rule):
    """Gradient descent, optionally with momentum: steps go along a sum b of the last gradients g.

        b = momentum b + g              parameters - learning_rate * b
        with nesterov:                  parameters - learning_rate * (g + momentum b)

    The state holds b as ``"velocity"``; without momentum there is none.

    Raises
    ------
    DataError
        Where the learning rate is not a positive finite number, momentum is not >= 0 and < 1, or there is none for
        nesterov.

    References
    ----------
    Polyak, Some methods of speeding up the convergence of iteration methods, USSR Computational Mathematics and
    Mathematical Physics 4, 1964.
    Sutskever, Martens, Dahl and Hinton, On the importance of initialization and momentum in deep learning, ICML 2013:
    Nesterov's as a step of this form.

    Examples
    --------
    >>> sgd = SGD(learning_rate=0.5)
    >>> parameters = np.array([1.0, 2.0])
    >>> sgd.step(parameters, np.array([2.0, -2.0]), sgd.start(parameters)).tolist()
    [0.0, 3.0]
    """

    learning_rate: float = setting(0.01, POSITIVE)
    momentum: float = setting(0.0, FRACTION)
    nesterov: bool = setting(False, Flag())
    weight_decay: float = setting(0.0, NOT_NEGATIVE)
    name: ClassVar[str] = "sgd"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.nesterov and not self.momentum:
            reject(["nesterov: it looks ahead along the momentum, and momentum is 0; try 0.9"])

    def start(self, parameters: Array) -> OptimizerState:
        """Return the state before the first step."""
        return {"velocity": np.zeros_like(parameters)} if self.momentum else {}

    def _step(self, parameters: Array, gradient: Array, state: OptimizerState, rate: float) -> Array:
        if self.momentum:
            velocity = state["velocity"]
            velocity *= self.momentum
            velocity += gradient
            gradient = gradient + self.momentum * velocity if self.nesterov else velocity
        return _moved(parameters, rate * gradient)


@dataclass(frozen=True)
class Adagrad(_Rule):
    """Gradient descent with a step size for each parameter, from the sum of the squares of all its gradients g.

        s = s + g^2                     parameters - learning_rate * g / (sqrt(s) + epsilon)

    The state holds s as ``"square"``.

    Raises
    ------
    DataError
        Where a setting is not a positive finite number, weight_decay apart, which may be 0.

    References
    ----------
    Duchi, Hazan and Singer, Adaptive subgradient methods for online learning and stochastic optimization, Journal of
    Machine Learning Research 12, 2011.

    Examples
    --------
    >>> adagrad = Adagrad(learning_rate=0.5)
    >>> parameters = np.array([1.0, 2.0])
    >>> adagrad.step(parameters, np.array([2.0, -20.0]), adagrad.start(parameters)).round(6).tolist()
    [0.5, 2.5]
    """

    learning_rate: float = setting(0.01, POSITIVE)
    epsilon: float = setting(1e-10, POSITIVE)
    weight_decay: float = setting(0.0, NOT_NEGATIVE)
    name: ClassVar[str] = "adagrad"

    def start(self, parameters: Array) -> OptimizerState:
        """Return the state before the first step, all zeros."""
        return {"square": np.zeros_like(parameters)}

    def _step(self, parameters: Array, gradient: Array, state: OptimizerState, rate: float) -> Array:
        square = state["square"]
        square += gradient * gradient
        return _moved(parameters, rate * gradient / (np.sqrt(square) + self.epsilon))


@dataclass(frozen=True)
class RMSProp(_Rule):
    """Gradient descent with a step size for each parameter, from a running mean of the square of its gradient g.

        v = alpha v + (1 - alpha) g^2   parameters - learning_rate * g / (sqrt(v) + epsilon)

    The state holds v as ``"square"``.

    Raises
    ------
    DataError
        Where the learning rate or epsilon is not a positive finite number, or alpha is not >= 0 and < 1.

    References
    ----------
    Tieleman and Hinton, Lecture 6.5: rmsprop, Neural networks for machine learning, 2012.

    Examples
    --------
    >>> rmsprop = RMSProp(learning_rate=0.5, alpha=0.75)
    >>> parameters = np.array([1.0, 2.0])
    >>> rmsprop.step(parameters, np.array([2.0, -20.0]), rmsprop.start(parameters)).round(6).tolist()
    [0.0, 3.0]
    """

    learning_rate: float = setting(0.01, POSITIVE)
    alpha: float = setting(0.99, FRACTION)
    epsilon: float = setting(1e-8, POSITIVE)
    weight_decay: float = setting(0.0, NOT_NEGATIVE)
    name: ClassVar[str] = "rmsprop"

    def start(self, parameters: Array) -> OptimizerState:
        """Return the state before the first step, all zeros."""
        return {"square": np.zeros_like(parameters)}

    def _step(self, parameters: Array, gradient: Array, state: OptimizerState, rate: float) -> Array:
        square = state["square"]
        square *= self.alpha
        square += (1.0 - self.alpha) * gradient * gradient
        return _moved(parameters, rate * gradient / (np.sqrt(square) + self.epsilon))


@dataclass(frozen=True)
class Adam(_Rule):
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

    learning_rate: float = setting(1e-3, POSITIVE)
    beta1: float = setting(0.9, FRACTION)
    beta2: float = setting(0.999, FRACTION)
    epsilon: float = setting(1e-8, POSITIVE)
    weight_decay: float = setting(0.0, NOT_NEGATIVE)
    name: ClassVar[str] = "adam"

    def start(self, parameters: Array) -> OptimizerState:
        """Return the state before the first step, all zeros."""
        return {"step": 0, "mean": np.zeros_like(parameters), "square": np.zeros_like(parameters)}

    def _step(self, parameters: Array, gradient: Array, state: OptimizerState, rate: float) -> Array:
        state["step"] += 1
        mean, square, step = state["mean"], state["square"], state["step"]
        if parameters.ndim != 1 or len(parameters) <= PART:
            return self._advance(parameters, gradient, mean, square, step, rate)
        moved = np.empty_like(parameters)
        for first in range(0, len(parameters), PART):
            part = slice(first, first + PART)
            moved[part] = self._advance(parameters[part], gradient[part], mean[part], square[part], step, rate)
        return moved

    def _advance(self, parameters: Array, gradient: Array, mean: Array, square: Array, step: int, rate: float) -> Array:
        """Return new parameters, and update running means in place."""
        beta1, beta2 = self.beta1, self.beta2
        mean *= beta1
        mean += (1.0 - beta1) * gradient
        square *= beta2
        square += (1.0 - beta2) * gradient * gradient
        spread = np.sqrt(square / (1.0 - beta2**step)) + self.epsilon
        return _moved(parameters, rate * (mean / (1.0 - beta1**step) / spread))


@dataclass(frozen=True)
class AdamW(Adam):
    """Adam with a weight decay of its own, which the size of the gradients does not scale.

        parameters (1 - learning_rate * weight_decay), then the step of Adam

    References
    ----------
    Loshchilov and Hutter, Decoupled weight decay regularization, ICLR 2019, Algorithm 2.

    Examples
    --------
    >>> adamw = AdamW(learning_rate=0.5, weight_decay=0.1)
    >>> parameters = np.array([1.0, 2.0])
    >>> adamw.step(parameters, np.zeros(2), adamw.start(parameters), decay=np.array([True, False])).tolist()
    [0.95, 2.0]
    """

    weight_decay: float = setting(0.01, NOT_NEGATIVE)
    name: ClassVar[str] = "adamw"

    def step(
        self,
        parameters: Array,
        gradient: Array,
        state: OptimizerState,
        learning_rate: float | None = None,
        *,
        decay: Array | None = None,
    ) -> Array:
        """Return new parameters; ``learning_rate`` replaces the optimizer's own for this step."""
        rate = self._rate(learning_rate)
        shrunk = parameters * (1.0 - rate * self.weight_decay)
        pulled = shrunk if decay is None else np.where(decay, shrunk, parameters)
        return self._step(pulled.astype(parameters.dtype, copy=False), gradient, state, rate)


@dataclass(frozen=True)
class LBFGS(Checked):
    """Limited-memory quasi-Newton method of SciPy, with its line search, over all samples at once.

    It takes no learning rate and no batches: an epoch is an iteration, of one gradient or, where the line search needs
    more, a few.  Bounds hold throughout.

    Parameters
    ----------
    memory : int
        Number of iterations from which the curvature is estimated.
    gradient_tolerance, value_tolerance : float
        The search ends if no entry of the projected gradient is larger, or an iteration gains less, relative to the
        loss.
    max_line_search : int
        The most gradients of an iteration.

    Raises
    ------
    DataError
        If a setting does not fit.

    References
    ----------
    Zhu, Byrd, Lu and Nocedal, Algorithm 778: L-BFGS-B, ACM Transactions on Mathematical Software 23, 1997.
    """

    memory: int = setting(10, COUNT)
    gradient_tolerance: float = setting(1e-10, NOT_NEGATIVE)
    value_tolerance: float = setting(0.0, NOT_NEGATIVE)
    max_line_search: int = setting(20, COUNT)
    name: ClassVar[str] = "lbfgs"
    learning_rate: ClassVar[float] = 1.0


OPTIMIZERS: dict[str, Callable[[], Optimizer | LBFGS]] = {
    "sgd": SGD,
    "momentum": partial(SGD, momentum=0.9),
    "nesterov": partial(SGD, momentum=0.9, nesterov=True),
    "adagrad": Adagrad,
    "rmsprop": RMSProp,
    "adam": Adam,
    "adamw": AdamW,
    "lbfgs": LBFGS,
}
"""The optimizers by name."""


def resolve_optimizer(optimizer: str | Optimizer | LBFGS | Mapping[str, Any]) -> Optimizer | LBFGS:
    """Return the optimizer that ``optimizer`` names, with default or given settings, or is.

    Raises
    ------
    DataError
        Where there is no optimizer or setting of that name, or the object has no ``start``, ``step`` and
        ``learning_rate``.

    Examples
    --------
    >>> resolve_optimizer({"name": "momentum", "learning_rate": 0.1})
    SGD(learning_rate=0.1, momentum=0.9, nesterov=False, weight_decay=0.0)
    """
    if isinstance(optimizer, str | Mapping):
        made: Optimizer | LBFGS = make_named("optimizer", optimizer, OPTIMIZERS)
        return made
    if isinstance(optimizer, type) or not isinstance(optimizer, Optimizer | LBFGS):
        raise DataError(
            f"optimizer: {optimizer!r}; must be one of {', '.join(map(repr, OPTIMIZERS))}, or an object with "
            f"learning_rate, start and step, such as gn.optimizers.Adam(learning_rate=1e-3)"
        )
    return optimizer


def _moved(parameters: Array, change: Array) -> Array:
    return np.asarray(parameters - change).astype(parameters.dtype, copy=False)
