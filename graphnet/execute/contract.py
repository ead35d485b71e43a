"""What every executor does, and the states, tapes and gradients that pass in and out of it.

Inside, values are (step, neuron, sample), and samples are sorted longest first, so that those still running at a step
are a prefix.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np

from ..compiler.program import Program
from ..language.table import Array


@dataclass(frozen=True, eq=False)
class Layout:
    """Which past values a state holds: the last ``depth`` (n_nodes,) of each node, in node order, oldest first."""

    nodes: Sequence[Hashable]
    depth: Array

    @cached_property
    def index(self) -> dict[Hashable, int]:
        """The position of each node."""
        return {node: position for position, node in enumerate(self.nodes)}

    @cached_property
    def ends(self) -> Array:
        """Where each node's past ends, (n_nodes,)."""
        return np.cumsum(self.depth)

    def of(self, node: Hashable) -> slice:
        """The positions of a node's past; a KeyError where there is no such node."""
        position = self.index[node]
        return slice(int(self.ends[position] - self.depth[position]), int(self.ends[position]))


@dataclass(frozen=True, eq=False)
class State:
    """Where a network stands between two steps: the past that delays still read, and how many steps are behind it.

    ``state[node]`` is (n_samples, depth), oldest first, where depth is the longest delay by which the node is read (0
    where nothing reads its past).

    Attributes
    ----------
    history : (n_history, n_samples)
        All past values, node after node.
    steps : (n_samples,) int64
        The steps behind each sample.
    """

    layout: Layout
    history: Array
    steps: Array

    @property
    def n_samples(self) -> int:
        """How many samples."""
        return len(self.steps)

    def __getitem__(self, node: Hashable) -> Array:
        """The past of one node, (n_samples, depth), oldest first."""
        return self.history[self.layout.of(node)].T.copy()

    def take(self, samples: Array) -> State:
        """The state of these samples only, in this order."""
        return replace(self, history=self.history[:, samples], steps=self.steps[samples])


def same_for_all(past: Array, n_samples: int) -> Array:
    """A history (n_history, n_samples) in which samples share the numbers of ``past`` (n_history,): no copy of it."""
    return np.ndarray((len(past), n_samples), past.dtype, past, strides=(past.itemsize, 0))


@dataclass(frozen=True, eq=False, slots=True)
class Tape:
    """What the backward pass needs of a forward pass.

    ``values`` as ``Executor.advance`` gives them, ``inner`` for some segments their z, or s, in their own direction
    of time, ``live`` (n_steps,) how many samples still run, ``state`` where it started, ``lengths`` (n_samples,).
    """

    values: Any
    inner: dict[int, Array]
    live: Array
    state: State
    lengths: Array


@dataclass(frozen=True, eq=False, slots=True)
class Gradients:
    """Of ``numbers`` (n_numbers,), ``inputs`` (n_steps, n_inputs, n_samples) and the state's ``history``."""

    numbers: Array
    inputs: Array
    history: Array


class Memory(NamedTuple):
    """Bytes that an executor takes beside inputs and outputs: ``bound`` whatever is computed, ``run`` to compute values
    alone, ``train`` to keep a tape and go back through it, of which each step takes ``a_step``, and of a ``state``.
    """

    bound: int
    run: int
    train: int
    a_step: int
    state: int


class Estimate(NamedTuple):
    """Bytes that a call of ``run`` and of ``value_and_grad`` will take at their peak, beside the caller's arrays."""

    run: int
    value_and_grad: int


@runtime_checkable
class Executor(Protocol):
    """Two pure functions over chunks of steps, the start of a sequence, and the binding of numbers that they share.

    A module with these functions is one, and so is an object.

    What ``bind`` gives also has ``span_steps(n_samples)``: chunks of a sequence are multiples of it, so that no sum
    depends on where it is cut.
    """

    def memory(self, program: Program, n_samples: int, n_steps: int, itemsize: int) -> Memory:
        """How many bytes it takes."""
        ...

    def bind(self, program: Program, parameters: Array) -> Any:
        """The matrices of the program with these parameters in them; their dtype is what is computed in."""
        ...

    def start(self, bound: Any, n_samples: int) -> Array:
        """The history before a sequence, (n_history, n_samples): each node's initial value, 0 for inputs."""
        ...

    def pull_back_start(self, bound: Any, grad_history: Array) -> Array:
        """The adjoint of ``start``: the gradient of every number, (n_numbers,)."""
        ...

    def advance(
        self, bound: Any, state: State, inputs: Array, lengths: Array, keep: bool
    ) -> tuple[Any, State, Tape | None]:
        """Values of all nodes over a chunk of steps, the state after it, and with ``keep`` what ``pull_back`` needs.

        ``inputs`` is (n_steps, n_inputs, n_samples), 0 past a sequence's end; ``lengths`` (n_samples,), not
        increasing, says how many of these steps each sample has, 0 to n_steps.  Values are (n_steps, n_nodes,
        n_samples) by row, 0 past the end, or what gives an array of some rows for ``[:, rows]``.
        """
        ...

    def pull_back(
        self, bound: Any, tape: Tape, grad_outputs: Array, grad_history: Array, inputs_wanted: bool = True
    ) -> Gradients:
        """The adjoint of ``advance``.

        ``grad_outputs`` is (n_steps, n_outputs, n_samples), ``grad_history`` that of the final history; where the
        gradient of the inputs is not wanted, it may be left out.
        """
        ...
