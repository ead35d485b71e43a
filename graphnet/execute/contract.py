"""Contract of executors: their functions, and the states, tapes and gradients that these take and return.

Inner values are (step, neuron, sample), and samples are sorted longest first, so that those still running at a step are
a prefix.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np

from ..compiler.program import Program
from ..language.arrays import Array
from ..language.brief import one_line


@dataclass(frozen=True, eq=False)
class Layout:
    """Past values that a state holds: the last ``depth`` (n_nodes,) of each node, in node order, oldest first."""

    nodes: Sequence[Hashable]
    depth: Array

    __repr__ = one_line

    @cached_property
    def index(self) -> dict[Hashable, int]:
        """{node: its position}."""
        return {node: position for position, node in enumerate(self.nodes)}

    @cached_property
    def ends(self) -> Array:
        """End of the past of each node, (n_nodes,)."""
        return np.cumsum(self.depth)

    def of(self, node: Hashable) -> slice:
        """Return the positions of the past of a node."""
        position = self.index[node]
        return slice(int(self.ends[position] - self.depth[position]), int(self.ends[position]))


@dataclass(frozen=True, eq=False)
class State:
    """State of a network between two steps: past values that delays still read, and the number of steps so far.

    ``state[node]`` is (n_samples, depth), oldest first, where depth is the longest delay by which the node is read (0
    if nothing reads its past).

    Attributes
    ----------
    history : (n_history, n_samples)
        All past values, node after node.
    steps : (n_samples,) int64
        The number of steps so far of each sample.
    """

    layout: Layout
    history: Array
    steps: Array

    __repr__ = one_line

    @property
    def n_samples(self) -> int:
        """Number of samples."""
        return len(self.steps)

    def __getitem__(self, node: Hashable) -> Array:
        """Return the past of one node, (n_samples, depth), oldest first."""
        return self.history[self.layout.of(node)].T.copy()

    def take(self, samples: Array) -> State:
        """Return the state of these samples, in this order."""
        return replace(self, history=self.history[:, samples], steps=self.steps[samples])


def same_for_all(past: Array, n_samples: int) -> Array:
    """Return a history (n_history, n_samples) of samples that share ``past`` (n_history,), without a copy."""
    return np.ndarray((len(past), n_samples), past.dtype, past, strides=(past.itemsize, 0))


@dataclass(frozen=True, eq=False, slots=True)
class Tape:
    """Record of a forward pass for the backward pass.

    ``values`` are those of ``Executor.advance``, ``inner`` the z, or s, of some segments, in their own direction of
    time, ``live`` (n_steps,) the numbers of samples still running, ``state`` the start, ``lengths`` (n_samples,).
    """

    values: Any
    inner: dict[int, Array]
    live: Array
    state: State
    lengths: Array

    __repr__ = one_line


@dataclass(frozen=True, eq=False, slots=True)
class Gradients:
    """Gradients of ``numbers`` (n_numbers,), ``inputs`` (n_steps, n_inputs, n_samples) and of a state's ``history``."""

    numbers: Array
    inputs: Array
    history: Array

    __repr__ = one_line


class Memory(NamedTuple):
    """Bytes that an executor takes in addition to inputs and outputs.

    ``bound`` for parameters in matrices, ``run`` for a forward pass, ``train`` for a forward pass with a tape and the
    backward pass, of which ``a_step`` for each step, and ``state`` for a state.
    """

    bound: int
    run: int
    train: int
    a_step: int
    state: int


class Estimate(NamedTuple):
    """Bytes at the peak of ``run`` and of ``value_and_grad``, the arrays of the caller not counted."""

    run: int
    value_and_grad: int


@runtime_checkable
class Executor(Protocol):
    """Two pure functions over chunks of steps, the start of a sequence, and the binding of numbers that they share.

    An executor is an object, or a module, with these functions.  It computes in real numbers: complex numbers are given
    to the reference executor.  The result of ``bind`` has a method ``span_steps(n_samples)``: chunks of a sequence are
    multiples of it, so that no sum depends on the chunks.
    """

    def memory(self, program: Program, n_samples: int, n_steps: int, itemsize: int) -> Memory:
        """Return the bytes that it takes."""
        ...

    def bind(self, program: Program, parameters: Array) -> Any:
        """Return the matrices of the program with these parameters; values are computed in their dtype."""
        ...

    def start(self, bound: Any, n_samples: int) -> Array:
        """Return the history before a sequence, (n_history, n_samples): initial values, 0 for inputs."""
        ...

    def pull_back_start(self, bound: Any, grad_history: Array) -> Array:
        """Return the adjoint of ``start``: the gradient of every number, (n_numbers,)."""
        ...

    def advance(
        self, bound: Any, state: State, inputs: Array, lengths: Array, keep: bool
    ) -> tuple[Any, State, Tape | None]:
        """Return values of all nodes over a chunk of steps, the state after it, and with ``keep`` a tape.

        ``inputs`` is (n_steps, n_inputs, n_samples), 0 past a sequence's end; ``lengths`` (n_samples,), not
        increasing, says how many of these steps each sample has, 0 to n_steps.  Values are (n_steps, n_nodes,
        n_samples) by row, 0 past the end, or an object whose ``[:, rows]`` is an array of some rows.
        """
        ...

    def pull_back(
        self, bound: Any, tape: Tape, grad_outputs: Array, grad_history: Array, inputs_wanted: bool = True
    ) -> Gradients:
        """Return the adjoint of ``advance``.

        ``grad_outputs`` is (n_steps, n_outputs, n_samples), ``grad_history`` that of the final history; the gradient of
        the inputs may have no steps if it is not wanted.
        """
        ...
