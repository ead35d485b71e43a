"""A network whose gradient is known in closed form: outputs = inputs @ W + b, one line for each step."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class Linear:
    """The interface that training needs of a network, with a record of its arguments."""

    def __init__(self, n_inputs: int = 2, n_outputs: int = 1, dtype: Any = np.float64) -> None:
        self.n_inputs, self.n_outputs, self.dtype = n_inputs, n_outputs, np.dtype(dtype)
        n_parameters = (n_inputs + 1) * n_outputs
        self.bounds = np.tile([-np.inf, np.inf], (n_parameters, 1))
        self.trained_on: list[tuple[Array, Array, Array | None]] = []
        self.run_on: list[Array] = []
        self.assigned: list[Array] = []
        self._parameters = np.zeros(n_parameters, dtype=self.dtype)

    @property
    def parameters(self) -> Array:
        view = self._parameters.view()
        view.flags.writeable = False
        return view

    @parameters.setter
    def parameters(self, values: Array) -> None:
        assert values.shape == self._parameters.shape
        assert values.dtype == self.dtype
        assert np.isfinite(values).all()
        # In place, as a network may: who keeps parameters must keep a copy.
        self._parameters[...] = values
        self.assigned.append(values.copy())

    def run(self, inputs: Array, *, lengths: Array | None = None) -> Array:
        self.run_on.append(inputs)
        weights = self._parameters.reshape(self.n_inputs + 1, self.n_outputs)
        mask = self._mask(inputs, lengths)
        outputs = np.zeros((*mask.shape, self.n_outputs), dtype=self.dtype)
        outputs[mask] = inputs[mask] @ weights[:-1] + weights[-1]
        return outputs

    def value_and_grad(
        self, inputs: Array, targets: Array, *, loss: Any, lengths: Array | None = None
    ) -> tuple[float, Array]:
        self.trained_on.append((inputs, targets, lengths))
        mask = self._mask(inputs, lengths)
        outputs = self.run(inputs, lengths=lengths)
        self.run_on.pop()
        targets = loss.check(outputs.shape, targets, mask)
        value, gradient = loss(outputs, targets, mask)
        into = np.concatenate([inputs[mask], np.ones((mask.sum(), 1))], axis=1)
        return value, (into.T @ gradient[mask]).ravel().astype(self.dtype)

    @staticmethod
    def _mask(inputs: Array, lengths: Array | None) -> Array:
        n_samples, n_steps, _ = inputs.shape
        ends = np.full(n_samples, n_steps) if lengths is None else lengths
        return np.arange(n_steps) < ends[:, np.newaxis]
