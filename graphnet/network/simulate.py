"""Streaming: a network step by step."""

from __future__ import annotations

from typing import Any, Literal, Protocol

import numpy as np

from ..errors import DataError
from ..execute.contract import State
from ..language.arrays import Array
from ..language.checks import as_array, whole_number


class Steppable(Protocol):
    """Part of a `Network` that a simulator calls."""

    @property
    def n_inputs(self) -> int:
        """Number of columns of the inputs."""
        ...

    @property
    def dtype(self) -> np.dtype[Any]:
        """Dtype of the inputs."""
        ...

    def state(self, n_samples: int) -> State:
        """Return the state before a sequence."""
        ...

    def checked_state(self, state: State, n_samples: int) -> State:
        """Return the state if it fits."""
        ...

    def run(self, inputs: Any, *, state: State, return_state: Literal[True]) -> Any:
        """Return outputs, recorded values and the state after the inputs."""
        ...


class Simulator:
    """A network between two steps, with the numbers of ``Network.run`` for the whole sequence.

    Attributes
    ----------
    state : State
        The state after the last step; assign one to continue from it.

    Examples
    --------
    >>> import graphnet as gn
    >>> net = gn.compile(gn.graphs.elman(1, 4, 2), seed=0)
    >>> simulator = net.simulator()
    >>> steps = [simulator.step([[x]])[0] for x in (1.0, 0.0, -1.0)]
    >>> bool((net.run([[[1.0], [0.0], [-1.0]]])[0] == steps).all())
    True
    """

    def __init__(self, net: Steppable, n_samples: int = 1, state: State | None = None) -> None:
        self.n_samples = whole_number(n_samples, "n_samples", 1)
        self._net = net
        started = net.state(self.n_samples)
        self.state = started if state is None else net.checked_state(state, self.n_samples)

    def __repr__(self) -> str:
        return f"<graphnet.Simulator: {self.n_samples} samples, {self._net!r}>"

    def step(self, inputs: Any = None) -> Array:
        """Return the outputs of the next step.

        Parameters
        ----------
        inputs : (n_samples, n_inputs)
            May be left out if the graph has no inputs.

        Returns
        -------
        (n_samples, n_outputs)

        Raises
        ------
        DataError
            For inputs of another shape, or not finite.
        """
        if inputs is None:
            inputs = [[]] * self.n_samples
        array = as_array(inputs, "inputs", self._net.dtype)
        if array.shape != (self.n_samples, self._net.n_inputs):
            raise DataError(f"inputs of a step have shape {array.shape}, not ({self.n_samples}, {self._net.n_inputs})")
        outputs, _, self.state = self._net.run(array[:, None, :], state=self.state, return_state=True)
        return outputs[:, 0]
