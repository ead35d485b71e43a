"""Engine: the choice of an executor for a program, and its calls over whole batches.

Every public method of a network that computes is a call of the engine.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Hashable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, Literal

import numpy as np

from ..compiler.program import Program
from ..errors import DataError
from ..language.arrays import Array
from ..language.nearest import did_you_mean
from ..losses import Loss
from .batch import Batch
from .contract import Estimate, Executor, Gradients, Layout, State, Tape, same_for_all
from .fast.support import unsupported
from .machine import machine_memory
from .reference import run as reference
from .snapshots import Cut, Sizes, actions, choose_cut, first_cuts

BACKENDS = ("fast", "reference")
"""Names of executors; "auto" is the first of them that supports a program."""
CHOICE = "GRAPHNET_BACKEND"
"""Environment variable that may say "reference" for "auto"."""
CHUNK_BYTES = 1 << 26
"""Bytes of values that a run without gradients holds at a time, if a step takes less."""


def resolve_backend(backend: str | Executor) -> str | Executor:
    """Return a backend as it was given, but for "auto" what the environment says, if it says anything.

    Raises
    ------
    DataError
        If it is neither a name nor an executor.

    Examples
    --------
    >>> resolve_backend("reference")
    'reference'
    """
    if backend == "auto":
        chosen = os.environ.get(CHOICE, "auto")
        if chosen not in ("auto", *BACKENDS):
            raise DataError(f"{CHOICE}={chosen} in the environment is not one of {', '.join(('auto', *BACKENDS))}")
        return "reference" if chosen == "reference" else "auto"
    if backend not in BACKENDS and (isinstance(backend, str) or not isinstance(backend, Executor)):
        near = did_you_mean(backend, ("auto", *BACKENDS))
        raise DataError(
            f"backend {backend!r} is not one of 'auto', {', '.join(map(repr, BACKENDS))}, nor an executor{near}"
        )
    return backend


def choose_backend(backend: str | Executor, program: Program, nodes: Sequence[Hashable]) -> str | Executor:
    """Return the executor that runs a program, or its name; ``backend`` is one of `resolve_backend`.

    Raises
    ------
    DataError
        If it is "fast", and kernels cannot run the program.
    """
    if backend not in ("auto", "fast"):
        return backend
    reason = unsupported(program, nodes)
    if reason is None:
        return "fast"
    if backend == "fast":
        raise DataError(f"backend 'fast': {reason}; use 'auto' or 'reference'")
    return "reference"


WORTH_A_LOOK = 1 << 28
"""Calls whose values take fewer bytes than this are not checked against the memory of the machine."""


class Engine:
    """A program, the executor of a backend, and the matrices of the parameters that were used last."""

    def __init__(self, program: Program, nodes: Sequence[Hashable], backend: str | Executor) -> None:
        self.program, self.backend = program, choose_backend(backend, program, nodes)
        self.layout = Layout(nodes, program.depth[program.row])
        self._bound: tuple[Array, Any] | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in self.__dict__.items() if key != "executor"} | {"_bound": None}

    @cached_property
    def executor(self) -> Executor:
        """Executor that the backend names, or is."""
        if not isinstance(self.backend, str):
            return self.backend
        if self.backend == "reference":
            return reference
        # imported late: numba is slow to import, and not needed to inspect a network
        from .fast import run as fast

        return fast

    def in_complex(self) -> Engine:
        """Return an engine that computes the same in complex numbers: only the reference executor does."""
        return Engine(self.program, self.layout.nodes, "reference")

    @property
    def has_reverse(self) -> bool:
        """True if some neurons live in reversed time, so that sequences cannot be cut."""
        return bool(self.program.stages["reverse"].any())

    @cached_property
    def _has_initials(self) -> bool:
        """True if any node starts from an initial value, which gets the gradient of the start."""
        return bool((self.program.neurons["initial"] >= 0).any())

    def start(self, parameters: Array, n_samples: int) -> State:
        """Return the state before a sequence: every node at its initial value."""
        state = self._start(parameters, n_samples)
        # an executor may return a view in which samples share their numbers
        return replace(state, history=np.array(state.history))

    def run(self, parameters: Array, batch: Batch, state: State | None, rows: Array) -> tuple[Array, State]:
        """Return values of some rows at all steps, (n_steps, n_rows, n_samples), and the state after them."""
        self.refuse_too_much("run", batch, parameters.itemsize)
        bound = self._bind(parameters)
        current = self._enter(parameters, batch, state)
        values = np.zeros((batch.n_steps, len(rows), batch.n_samples), parameters.dtype)
        size = batch.n_steps if self.has_reverse else self._chunk_steps(bound, batch.n_samples, parameters.itemsize)
        for first in range(0, int(batch.lengths[0]), size):
            steps = slice(first, first + size)
            chunk, current, _ = self.executor.advance(bound, current, *batch.part(steps), False)
            values[steps] = chunk[:, rows]
        return values, current

    def value_and_grad(
        self,
        parameters: Array,
        batch: Batch,
        targets: Any,
        loss: Loss,
        state: State | None,
        checkpoint_memory: int | Literal["auto"] | None = None,
    ) -> tuple[Any, Array, State]:
        """Return the loss, its gradient for every parameter, and the state after the batch."""
        if checkpoint_memory is not None:
            cut = self.choose_cut(parameters, batch.n_samples, batch.n_steps, checkpoint_memory)
            if cut is not None:
                return self._replayed(parameters, batch, targets, loss, state, cut)
        targets = loss.check((batch.n_samples, batch.n_steps, len(self.program.outputs)), targets, batch.mask)
        tape, final = self._forward(parameters, batch, state)
        value, gradient = loss(batch.outward(tape.values[:, self.program.outputs]), targets, batch.mask)
        inner = batch.inward(gradient.astype(parameters.dtype, copy=False))
        del gradient
        return value, self._backward(parameters, batch, tape, inner, None, state is None, False)[1], final

    def choose_cut(self, parameters: Array, n_samples: int, n_steps: int, memory: int | Literal["auto"]) -> Cut | None:
        """Return the cut of sequences for snapshots, or None if they fit in one piece.

        Raises
        ------
        DataError
            If no cut takes so little memory, or the network cannot be cut.
        """
        if not hasattr(self.executor, "Backward"):
            raise DataError(f"checkpoint_memory needs the backend 'fast', and that of this network is {self.backend!r}")
        bound = self._bind(parameters)
        self.refuse_reverse("checkpoint_memory")
        program, itemsize = self.program, parameters.itemsize
        whole = self.estimate(n_samples, n_steps, itemsize).value_and_grad
        if memory != "auto" and whole <= memory:
            return None
        found = self.executor.memory(program, n_samples, n_steps, itemsize)
        sizes = Sizes(found.a_step, found.state, whole - n_steps * found.a_step)
        unit, n_over = bound.chunk_unit(n_samples), program.longest_delay
        cut = choose_cut(None if memory == "auto" else memory, n_steps, unit, n_over, sizes)
        if cut is None:
            least = Cut(unit, -(-n_steps // unit), 0).bytes(sizes, n_over)
            raise DataError(f"checkpoint_memory={memory}: {n_samples} samples of {n_steps} steps take at least {least}")
        return cut if cut.n_chunks > 1 else None

    def _replayed(
        self, parameters: Array, batch: Batch, targets: Any, loss: Loss, state: State | None, cut: Cut
    ) -> tuple[Any, Array, State]:
        """Return the same with snapshots and replay, with the same bits."""
        executor: Any = self.executor
        bound, outputs = self._bind(parameters), self.program.outputs
        targets = loss.check((batch.n_samples, batch.n_steps, len(outputs)), targets, batch.mask)

        def steps_of(chunk: int) -> slice:
            return slice(chunk * cut.a_part, min((chunk + 1) * cut.a_part, batch.n_steps))

        def advance(current: State, chunk: int, keep: bool) -> Any:
            more = (self.program.longest_delay,) if keep else ()
            return executor.advance(bound, current, *batch.part(steps_of(chunk)), keep, *more)

        current = self._enter(parameters, batch, state)
        kept, ends = {0: current}, set(first_cuts(cut.n_chunks, cut.n_snapshots))
        values = np.zeros((batch.n_steps, len(outputs), batch.n_samples), parameters.dtype)
        for chunk in range(cut.n_chunks):
            if chunk in ends:
                kept[chunk] = current
            found, current, _ = advance(current, chunk, False)
            values[steps_of(chunk)] = found[:, outputs]
            del found
        final = current
        value, gradient = loss(batch.outward(values), targets, batch.mask)
        inner = batch.inward(gradient.astype(parameters.dtype, copy=False))
        del gradient, values
        backward = executor.Backward(bound, batch.n_samples)
        nothing = same_for_all(np.zeros(self.program.n_history, inner.dtype), batch.n_samples)
        tape: Any = None
        for action in actions(cut.n_chunks, cut.n_snapshots):
            if action.what == "advance":
                current = kept[action.first]
                for chunk in range(action.first, action.last):
                    current = advance(current, chunk, False)[1]
                kept[action.last] = current
            else:
                tape = None
                current = kept.pop(action.first) if action.first else kept[0]
                tape = advance(current, action.first, True)[2]
                backward.pull(tape, inner[steps_of(action.first)], nothing, action.first == 0, False)
        numbers = backward.numbers()
        if state is None and self._has_initials:
            numbers = numbers + executor.pull_back_start(bound, backward.state_gradient(tape))
        return value, numbers[: self.program.n_parameters], final

    def vjp(
        self,
        parameters: Array,
        batch: Batch,
        grad_outputs: Array,
        state: State | None,
        grad_state: State | None,
    ) -> tuple[Gradients, Array]:
        """Return gradients of inputs and state, and of the parameters, from those of outputs and final state."""
        tape, _ = self._forward(parameters, batch, state)
        return self._backward(parameters, batch, tape, batch.inward(grad_outputs), grad_state, state is None, True)

    def checked(self, state: Any, n_samples: int, name: str) -> State:
        """Return the state if it is one of this network for so many samples, otherwise raise a DataError."""
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
        """Raise a DataError if there are reverse neurons, for ``what`` stops between two steps."""
        if self.has_reverse:
            stage = self.program.stages[self.program.stages["reverse"]][0]
            node = self.layout.nodes[self.program.order[stage["row"][0]]]
            raise DataError(
                f"{what}: {node!r} lives in reversed time and cannot see the future, so this network takes whole "
                "sequences only, from their own start; use run without a state"
            )

    def estimate(self, n_samples: int, n_steps: int, itemsize: int) -> Estimate:
        """Return the bytes at the peak of ``run`` and of ``value_and_grad``."""
        program = self.program
        outputs, inputs = (n_steps * n_samples * n for n in (len(program.outputs), program.n_inputs))
        a_step = program.n_nodes * n_samples * itemsize
        chunk = n_steps if self.has_reverse else min(n_steps, max(1, CHUNK_BYTES // a_step))
        run = self.executor.memory(program, n_samples, chunk, itemsize)
        train = self.executor.memory(program, n_samples, n_steps, itemsize)
        # outputs are copied once; training has targets in double precision, and their difference, as well
        return Estimate(
            run=run.bound + run.run + inputs * itemsize + 2 * outputs * itemsize,
            value_and_grad=train.bound + train.train + inputs * itemsize + outputs * (8 + 3 * itemsize),
        )

    def refuse_too_much(self, what: str, batch: Batch, itemsize: int) -> None:
        """Raise a DataError if a call of ``run`` or ``value_and_grad`` takes more memory than the machine has."""
        n_samples, n_steps = batch.n_samples, batch.n_steps
        if n_samples * n_steps * self.program.n_nodes * itemsize < WORTH_A_LOOK:
            return
        there = machine_memory()

        def fits(samples: int, steps: int) -> bool:
            return getattr(self.estimate(samples, steps, itemsize), what) <= there

        if fits(n_samples, n_steps):
            return
        fewer = bisect_left(range(1, n_samples), True, key=lambda k: not fits(k, n_steps))
        shorter = bisect_left(range(1, n_steps), True, key=lambda k: not fits(n_samples, k))
        needed = getattr(self.estimate(n_samples, n_steps, itemsize), what)
        would = [f"{fewer} samples of {n_steps} steps"] if fewer else []
        would += [f"{n_samples} samples of {shorter} steps"] if shorter else []
        help_ = f"; {' or '.join(would)} would fit" if would else ""
        if what == "value_and_grad" and not self.has_reverse and self.backend == "fast":
            help_ += "; checkpoint_memory='auto' takes less memory for some more time"
        raise DataError(
            f"{what} of {n_samples} samples of {n_steps} steps takes {needed / 1e9:.3g} GB, and the machine has "
            f"{there / 1e9:.3g} GB{help_}"
        )

    def _bind(self, parameters: Array) -> Any:
        """Return the matrices with these parameters; made once for a read-only array, which never changes."""
        if parameters.flags.writeable:
            return self.executor.bind(self.program, parameters)
        known = self._bound  # once: another thread may replace it
        if known is None or known[0] is not parameters:
            known = self._bound = (parameters, self.executor.bind(self.program, parameters))
        return known[1]

    def _start(self, parameters: Array, n_samples: int) -> State:
        history = self.executor.start(self._bind(parameters), n_samples)
        return State(self.layout, history, np.zeros(n_samples, np.int64))

    def _enter(self, parameters: Array, batch: Batch, state: State | None) -> State:
        if state is None:
            return self._start(parameters, batch.n_samples)
        return self._inward(state, batch, "state", parameters.dtype)

    def _inward(self, state: State, batch: Batch, name: str, dtype: np.dtype[Any]) -> State:
        """Return a given state in the order of a batch, and in a dtype."""
        found = self.checked(state, batch.n_samples, name).take(batch.order)
        return replace(found, history=found.history.astype(dtype, copy=False))

    def _forward(self, parameters: Array, batch: Batch, state: State | None) -> tuple[Tape, State]:
        self.refuse_too_much("value_and_grad", batch, parameters.itemsize)
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
        grad_history = same_for_all(np.zeros(self.program.n_history, grad_outputs.dtype), batch.n_samples)
        if grad_state is not None:
            grad_history = self._inward(grad_state, batch, "grad_state", grad_outputs.dtype).history
        result = self.executor.pull_back(bound, tape, grad_outputs, grad_history, inputs_wanted)
        numbers = result.numbers
        if from_initial and self._has_initials:
            numbers = numbers + self.executor.pull_back_start(bound, result.history)
        return result, numbers[: self.program.n_parameters]

    def _chunk_steps(self, bound: Any, n_samples: int, itemsize: int) -> int:
        span: int = bound.span_steps(n_samples)
        return span * max(1, CHUNK_BYTES // (span * self.program.n_nodes * n_samples * itemsize))
