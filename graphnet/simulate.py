"""Streaming: a network step by step, for as long as inputs come."""

from __future__ import annotations

from typing import Any

from .batch import as_array
from .errors import DataError
from .execute.contract import State
from .network import Network, whole_number
from .table import Array


class Simulator:
    """A network between two steps; the numbers are those that ``Network.run`` gives for the whole sequence.

    Attributes
    ----------
    state : State
        Where it stands; assign one to go on from there.

    Examples
    --------
    >>> import graphnet as gn
    >>> net = gn.compile(gn.graphs.elman(1, 4, 2), seed=0)
    >>> simulator = net.simulator()
    >>> steps = [simulator.step([[x]])[0] for x in (1.0, 0.0, -1.0)]
    >>> bool((net.run([[[1.0], [0.0], [-1.0]]])[0] == steps).all())
    True
    """

    def __init__(self, net: Network, n_samples: int = 1, state: State | None = None) -> None:
        self.n_samples = whole_number(n_samples, "n_samples", 1)
        self._net = net
        started = net.state(self.n_samples)
        self.state = started if state is None else net.checked_state(state, self.n_samples)

    def step(self, inputs: Any = None) -> Array:
        """Go one step on.

        Parameters
        ----------
        inputs : (n_samples, n_inputs)
            May be left out where the graph has no inputs.

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
