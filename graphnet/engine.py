"""Engine: a program with an executor, over whole batches: what every public method of a network is a call of.

Chunks of steps are the outer loop, the stages of the program the inner one.
"""

from __future__ import annotations

import os
from collections.abc import Hashable, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from .batch import Batch
from .errors import DataError
from .execute import reference
from .execute.contract import Executor, Gradients, Layout, State, Tape
from .losses import Loss
from .program import Program
from .results import Estimate
from .table import Array

BACKENDS = ("fast", "reference")
"""Executors that have a name."""
CHOICE = "GRAPHNET_BACKEND"
"""What in the environment says which of them "auto" is; otherwise the first."""
CHUNK_BYTES = 1 << 26
"""How much of the values a run without gradients holds at a time, where a step is smaller than that."""


def resolve_backend(backend: str | Executor) -> str | Executor:
    """The name of an executor, or an executor of the user's own; a DataError where it is neither.

    >>> resolve_backend("reference")
    'reference'
    """
    if backend == "auto":
        chosen = os.environ.get(CHOICE, "auto")
        if chosen not in ("auto", *BACKENDS):
            raise DataError(f"{CHOICE}={chosen} in the environment is not one of {', '.join(('auto', *BACKENDS))}")
        return BACKENDS[0] if chosen == "auto" else chosen
    if backend not in BACKENDS and (isinstance(backend, str) or not isinstance(backend, Executor)):
        raise DataError(f"backend {backend!r} is not one of 'auto', {', '.join(map(repr, BACKENDS))}, nor an executor")
    return backend


class Engine:
    """A program, the executor of a backend, and the matrices of the parameters that were used last."""

    def __init__(self, program: Program, nodes: Sequence[Hashable], backend: str | Executor) -> None:
        self.program, self.backend = program, backend
        self.layout = Layout(nodes, program.depth[program.row])
        self._bound: tuple[Array, Any] | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in self.__dict__.items() if key != "executor"} | {"_bound": None}

    @cached_property
    def executor(self) -> Executor:
        """The executor that the backend names, or is."""
        if not isinstance(self.backend, str):
            return self.backend
        if self.backend == "reference":
            return reference
        # the compiler is slow to import, and not needed to look at a network
        from .execute import fast

        return fast

    @property
    def has_reverse(self) -> bool:
        """Whether some neurons live in reversed time: then only whole sequences make sense, from their own start."""
        return bool(self.program.stages["reverse"].any())

    def start(self, parameters: Array, n_samples: int) -> State:
        """The state before a sequence: every node at its initial value."""
        history = self.executor.start(self._bind(parameters), n_samples)
        return State(self.layout, history, np.zeros(n_samples, np.int64))

    def run(self, parameters: Array, batch: Batch, state: State | None, rows: Array) -> tuple[Array, State]:
        """Values of some rows at all steps, (n_steps, n_rows, n_samples), and the state after them."""
        bound = self._bind(parameters)
        current = self._enter(parameters, batch, state)
        values = np.zeros((batch.n_steps, len(rows), batch.n_samples), parameters.dtype)
        size = batch.n_steps if self.has_reverse else self._chunk_steps(bound, batch.n_samples, parameters.itemsize)
        for first in range(0, int(batch.lengths[0]), size):
            some = batch.inputs[first : first + size]
            here = np.clip(batch.lengths - first, 0, len(some))
            chunk, current, _ = self.executor.advance(bound, current, some, here, False)
            values[first : first + size] = chunk[:, rows]
        return values, current

    def value_and_grad(
        self, parameters: Array, batch: Batch, targets: Any, loss: Loss, state: State | None
    ) -> tuple[Any, Array, State]:
        """The loss, its gradient for every parameter, and the state after the batch."""
        targets = loss.check((batch.n_samples, batch.n_steps, len(self.program.outputs)), targets, batch.mask)
        tape, final = self._forward(parameters, batch, state)
        value, gradient = loss(batch.outward(tape.values[:, self.program.outputs]), targets, batch.mask)
        inner = batch.inward(gradient)
        del gradient
        return value, self._backward(parameters, batch, tape, inner, None, state is None, False)[1], final

    def vjp(
        self,
        parameters: Array,
        batch: Batch,
        grad_outputs: Array,
        state: State | None,
        grad_state: State | None,
    ) -> tuple[Gradients, Array]:
        """Gradients of inputs and state, and of the parameters, from those of outputs and final state."""
        tape, _ = self._forward(parameters, batch, state)
        return self._backward(parameters, batch, tape, batch.inward(grad_outputs), grad_state, state is None, True)

    def checked(self, state: Any, n_samples: int, name: str) -> State:
        """The state, if it is one of this network for so many samples; otherwise a DataError that names it."""
        self.refuse_reverse(name)
        if not isinstance(state, State):
            raise DataError(
                f"{name} is a {type(state).__name__}, not a State as net.state() and run(return_state=True) give"
            )
        layout = state.layout
        same = layout is self.layout or (
            np.array_equal(layout.depth, self.layout.depth) and list(layout.nodes) == list(self.layout.nodes)
        )
        if not same or state.history.shape[0] != self.program.n_history:
            raise DataError(f"{name} is of another network: its nodes or their delays differ")
        if state.n_samples != n_samples:
            raise DataError(f"{name} has {state.n_samples} samples, the inputs have {n_samples}")
        return state

    def refuse_reverse(self, what: str) -> None:
        """Raise a DataError where there are reverse neurons, for what needs to stop between two steps."""
        if self.has_reverse:
            stage = self.program.stages[self.program.stages["reverse"]][0]
            node = self.layout.nodes[self.program.order[stage["row"][0]]]
            raise DataError(
                f"{what}: {node!r} lives in reversed time and cannot see the future, so this network takes whole "
                "sequences only, from their own start; use run without a state"
            )

    def estimate(self, n_samples: int, n_steps: int, itemsize: int) -> Estimate:
        """Bytes at the peak of ``run`` and of ``value_and_grad``."""
        program = self.program
        step = program.n_nodes * n_samples * itemsize
        inputs, outputs = (n_steps * n * n_samples * itemsize for n in (program.n_inputs, len(program.outputs)))
        span = reference.SPAN_BYTES
        working = 3 * min(span, n_steps * step) + 4 * program.n_history * n_samples * 8 + inputs
        matrices = len(program.slots) * (itemsize + 4) + program.n_parameters * itemsize
        chunk = min(n_steps, max(1, CHUNK_BYTES // step)) * step
        tape = n_steps * (step + self.executor.kept_rows(program) * n_samples * itemsize)
        return Estimate(
            run=matrices + working + chunk + 2 * outputs,
            value_and_grad=matrices * 2 + working + tape + max(2 * outputs, outputs + n_steps * step),
        )

    def _bind(self, parameters: Array) -> Any:
        """The matrices with these parameters; made once for an array, since those that are assigned never change."""
        if parameters.flags.writeable:
            return self.executor.bind(self.program, parameters)
        known = self._bound  # once: another thread may replace it
        if known is None or known[0] is not parameters:
            known = self._bound = (parameters, self.executor.bind(self.program, parameters))
        return known[1]

    def _enter(self, parameters: Array, batch: Batch, state: State | None) -> State:
        if state is None:
            return self.start(parameters, batch.n_samples)
        return self.checked(state, batch.n_samples, "state").take(batch.order)

    def _forward(self, parameters: Array, batch: Batch, state: State | None) -> tuple[Tape, State]:
        start = self._enter(parameters, batch, state)
        _, final, tape = self.executor.advance(self._bind(parameters), start, batch.inputs, batch.lengths, True)
        assert tape is not None
        return tape, final

    def _backward(
        self,
        parameters: Array,
        batch: Batch,
        tape: Tape,
        grad_outputs: Array,
        grad_state: State | None,
        from_initial: bool,
        inputs_wanted: bool,
    ) -> tuple[Gradients, Array]:
        bound = self._bind(parameters)
        grad_history = np.zeros(tape.state.history.shape, grad_outputs.dtype)
        if grad_state is not None:
            grad_history = self.checked(grad_state, batch.n_samples, "grad_state").take(batch.order).history
        result = self.executor.pull_back(bound, tape, grad_outputs, grad_history, inputs_wanted)
        numbers = result.numbers
        if from_initial:
            numbers = numbers + self.executor.pull_back_start(bound, result.history)
        return result, numbers[: self.program.n_parameters]

    def _chunk_steps(self, bound: Any, n_samples: int, itemsize: int) -> int:
        span: int = bound.span_steps(n_samples)
        return span * max(1, CHUNK_BYTES // (span * self.program.n_nodes * n_samples * itemsize))
