"""Interface of the networks that training takes: a few names, and nothing about how they compute."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from ..language.arrays import Array
from ..losses import Loss


class Runnable(Protocol):
    """Interface of a network for `evaluate`."""

    @property
    def n_inputs(self) -> int:
        """Return the number of columns of the inputs."""
        ...

    @property
    def n_outputs(self) -> int:
        """Return the number of columns of the outputs."""
        ...

    @property
    def dtype(self) -> np.dtype[Any]:
        """Return the dtype that it computes in."""
        ...

    def run(self, inputs: Array, *, lengths: Array) -> Any:
        """Return the outputs, (n_samples, n_steps, n_outputs), for inputs (n_samples, n_steps, n_inputs)."""
        ...


class Trainable(Runnable, Protocol):
    """Interface of a network for `fit`."""

    @property
    def parameters(self) -> Array:
        """Return everything that is learnt, as one flat array; assigning a whole array changes it."""
        ...

    @parameters.setter
    def parameters(self, values: Array) -> None: ...

    @property
    def bounds(self) -> Array:
        """Return the lower and the upper bound of every parameter, (n_parameters, 2)."""
        ...

    def value_and_grad(self, inputs: Array, targets: Array, *, loss: Loss, lengths: Array) -> tuple[float, Array]:
        """Return the loss and its gradient, shaped like the parameters."""
        ...
