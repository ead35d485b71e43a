"""Derivatives of a network by complex step: Im f(x + ih) / h, with h so small that its square is 0.

No difference is taken, so that derivatives are exact to rounding (Squire & Trapp 1998).  The reference executor runs
the program forwards in complex numbers; nothing is shared with the backward pass.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..execute.batch import Batch, read_batch
from ..execute.contract import Layout, State
from ..execute.reference import run as reference
from ..execute.reference.past import flip_time
from ..language.arrays import Array
from ..network.network import COMPLEX_STEP, Network


class ComplexStep:
    """Derivatives of a network's outputs on one batch, from one start.

    Parameters
    ----------
    net : Network
        Network of any dtype; derivatives are computed in double precision.
    inputs : (n_samples, n_steps, n_inputs)
    lengths : (n_samples,), optional
    state : State, optional
        State to start from; by default each neuron's ``initial``.

    Attributes
    ----------
    nodes, dtype
        Those of the network.

    Examples
    --------
    >>> import graphnet as gn
    >>> net = gn.compile(gn.graphs.elman(1, 2, 1), seed=0)
    >>> inputs = np.ones((1, 3, 1))
    >>> step = ComplexStep(net, inputs)
    >>> direction = np.linspace(-1, 1, len(net.parameters))
    >>> changed, _ = step.derivative(parameters=direction)
    >>> backwards = net.vjp(inputs, np.ones((1, 3, 1))).parameters
    >>> bool(np.isclose(changed.sum(), backwards @ direction, rtol=1e-12))
    True
    """

    def __init__(self, net: Network, inputs: Any, *, lengths: Any = None, state: State | None = None) -> None:
        self.program = net.program
        self.batch: Batch = read_batch(inputs, lengths, net.n_inputs, np.dtype(np.float64))
        self._parameters = net.parameters.astype(np.float64)
        self._state = None if state is None else state.take(self.batch.order)
        self.nodes, self.dtype = net.to_table().nodes, net.dtype
        self._layout = Layout(self.nodes, self.program.depth[self.program.row])
        self._bound = reference.bind(self.program, self._parameters.astype(np.complex128))

    def derivative(
        self, parameters: Array | None = None, inputs: Array | None = None, history: Array | None = None
    ) -> tuple[Array, Array]:
        """Return the derivatives of outputs and final history along a direction.

        Parameters
        ----------
        parameters : (n_parameters,), optional
        inputs : (n_samples, n_steps, n_inputs), optional
        history : (n_history, n_samples), optional
            The parts of the direction; the history is that of the state to start from, with its layout.

        Returns
        -------
        outputs : (n_samples, n_steps, n_outputs)
        history : (n_history, n_samples)
        """
        bound = self._bound
        if parameters is not None:
            bound = reference.bind(self.program, self._parameters + 1j * COMPLEX_STEP * parameters)
        there = self.batch.inputs.astype(np.complex128)
        if inputs is not None:
            there += 1j * COMPLEX_STEP * self.batch.inward(inputs)
        start = self._start(bound)
        if history is not None:
            start = State(start.layout, start.history + 1j * COMPLEX_STEP * history[:, self.batch.order], start.steps)
        values, final, _ = reference.advance(bound, start, there, self.batch.lengths, False)
        outputs = self.batch.outward(values[:, self.program.outputs].imag / COMPLEX_STEP)
        return outputs, final.history[:, self.batch.place].imag / COMPLEX_STEP

    def inner_values(self) -> list[tuple[str, Array, Array]]:
        """Return the arguments of every pointwise activation: its name, positions of its nodes, and z (or s).

        z is (n_samples, n_steps, number of these nodes), NaN past a sequence's end and before the onset, where nothing
        is computed.
        """
        program, lengths = self.program, self.batch.lengths
        bound = reference.bind(program, self._parameters)
        start = self._start(bound)
        _, _, tape = reference.advance(reference.keeping_all(bound), start, self.batch.inputs, lengths, True)
        assert tape is not None
        in_reverse = np.zeros(program.n_nodes, bool)
        for stage in program.stages:
            in_reverse[slice(*stage["row"])] = stage["reverse"]
        steps = np.arange(len(self.batch.inputs))[:, None, None]
        found = []
        for number, record in enumerate(program.segments):
            if record["group"]:
                continue
            rows = slice(*record["row"])
            z = tape.inner[number].copy()
            idle = (steps >= lengths) | (steps + start.steps < program.onset[rows][:, None])
            z[idle] = np.nan
            if in_reverse[rows.start]:
                flip_time(z, lengths)
            found.append((program.activations[record["activation"]], program.order[rows], self.batch.outward(z)))
        return found

    def _start(self, bound: reference.Bound) -> State:
        if self._state is not None:
            return self._state
        n_samples = self.batch.n_samples
        return State(self._layout, reference.start(bound, n_samples), np.zeros(n_samples, np.int64))
