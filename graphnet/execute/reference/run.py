"""The reference executor: NumPy and SciPy, the definition of correct.

Forward, stage by stage: ``z = b + sum of blocks``, ``y = f(z)``; backward, the same in reverse: ``grad z = grad y *
f'``, ``grad y(t - delay)[sources] += M^T grad z``, ``grad M = sum over steps of grad z  y(t - delay)[sources]^T``.
All of it is generic in the dtype: float32, float64, and complex128 without conjugation, so that a complex step
through either function gives an exact derivative.

What runs over all steps at once runs in spans of absolute steps whose length depends on the program and the number of
samples alone, so that sums are added in one order however a sequence is cut, and memory stays bounded.  A stage in
reversed time is the same code on values that are turned round, each sample about its own end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any, TypeVar

import numpy as np
from scipy.sparse import csr_array

from ...compiler.program import Program
from ...language.arrays import Array
from ..contract import Gradients, Memory, State, Tape
from .blas import ONE_THREAD
from .neurons import (
    Adjoint,
    Segment,
    activate,
    differentiate,
    keeps_inner,
    make_segments,
    output_history,
    own_positions,
)
from .past import Operand, Past, Rows, as_rows, by_row, by_step, flip_time, make_operand, spans_of

Result = TypeVar("Result")

SPAN_BYTES = 1 << 20
"""Size of the values that a span works on at a time, and so of every temporary array."""


@dataclass(frozen=True, eq=False, slots=True)
class Block:
    """A block of the program with its numbers in it, dense (n_targets, n_columns) or CSR."""

    matrix: csr_array | Array
    targets: Rows
    source: Operand
    gate: Operand | None
    entries: slice

    def columns(self, past: Past, first: int, last: int, n_live: int) -> Array:
        """Values that its columns read over some steps, (n_columns, (last - first) * n_live)."""
        x = past.read(self.source, first, last, n_live)
        return x if self.gate is None else x * past.read(self.gate, first, last, n_live)

    def pull_back(self, past: Past, grad_past: Past, first: int, last: int, n_live: int) -> None:
        """Add the gradient of what its columns read, from that of z."""
        grad_x = self.matrix.T @ by_row(grad_past.values[first:last, self.targets, :n_live])
        if self.gate is None:
            grad_past.add(self.source, first, last, n_live, grad_x)
            return
        grad_past.add(self.source, first, last, n_live, grad_x * past.read(self.gate, first, last, n_live))
        grad_past.add(self.gate, first, last, n_live, grad_x * past.read(self.source, first, last, n_live))

    def entry_gradient(self, grad_z: Array, x: Array) -> Array:
        """The gradient of each entry from (n_targets, k) and (n_columns, k): one dot product an entry."""
        if isinstance(self.matrix, np.ndarray):
            return (grad_z @ x.T).ravel()
        row = np.repeat(np.arange(self.matrix.shape[0]), np.diff(self.matrix.indptr))
        column = self.matrix.indices
        gradient = np.empty(len(column), x.dtype)
        step = max(1, SPAN_BYTES // (x.shape[1] * x.itemsize))
        for first in range(0, len(column), step):
            some = slice(first, first + step)
            gradient[some] = np.einsum("ek,ek->e", grad_z[row[some]], x[column[some]])
        return gradient


@dataclass(frozen=True, eq=False, slots=True)
class Bound:
    """A program with its numbers in place."""

    program: Program
    numbers: Array
    blocks: list[Block]
    segments: list[Segment]
    bias: Array
    history: tuple[Array, Array]

    def span_steps(self, n_samples: int) -> int:
        """Number of steps in a span; a chunk of a longer sequence is a multiple of it."""
        columns = np.diff(self.program.blocks["source"])[:, 0].max(initial=1)
        a_step = max(int(columns), self.program.n_nodes) * n_samples * self.numbers.itemsize
        return max(1, min(256, SPAN_BYTES // a_step))


def on_one_thread(function: Callable[..., Result]) -> Callable[..., Result]:
    """Run a function with BLAS on one thread, since the sums of dense blocks depend on the number of threads."""

    @wraps(function)
    def called(bound: Bound, *arguments: Any) -> Result:
        if not bound.program.blocks["dense"].any():
            return function(bound, *arguments)
        with ONE_THREAD:
            return function(bound, *arguments)

    return called


def kept_rows(program: Program) -> int:
    """Number of rows that keep z, or s, beside their value for the backward pass."""
    return sum(int(np.diff(record["row"])[0]) for record in program.segments if keeps_inner(program, record))


def memory(program: Program, n_samples: int, n_steps: int, itemsize: int) -> Memory:
    """Bytes; see ``contract.Executor``."""
    values = program.n_nodes * n_samples * itemsize
    state = program.n_history * n_samples * itemsize
    working = 3 * min(SPAN_BYTES, n_steps * values) + 4 * program.n_history * n_samples * 8
    bound = len(program.slots) * (itemsize + 4) + program.n_parameters * itemsize
    a_step = 2 * values + kept_rows(program) * n_samples * itemsize
    return Memory(bound, working + n_steps * values, bound + working + n_steps * a_step, a_step, state)


def bind(program: Program, parameters: Array) -> Bound:
    """Put the parameters into the program's matrices."""
    dtype = parameters.dtype
    numbers = np.concatenate([parameters, program.fixed.astype(dtype)])
    entries = numbers[program.slots] * program.scales.astype(dtype)
    of_neurons = program.neuron_values(numbers)
    blocks = []
    for record in program.blocks:
        targets = program.targets[slice(*record["target"])]
        sources = program.sources[slice(*record["source"])]
        values = entries[slice(*record["entry"])]
        if record["dense"]:
            matrix = values.reshape(len(targets), len(sources))
        else:
            indices = program.indices[slice(*record["entry"])]
            pointers = program.pointers[slice(*record["pointer"])].astype(indices.dtype)
            matrix = csr_array((values, indices, pointers), shape=(len(targets), len(sources)))
        gate = None
        if record["gate_delay"] >= 0:
            gate = make_operand(program.gates[slice(*record["source"])], int(record["gate_delay"]))
        source = make_operand(sources, int(record["delay"]))
        blocks.append(Block(matrix, as_rows(targets), source, gate, slice(*record["entry"])))
    return Bound(program, numbers, blocks, make_segments(program, of_neurons), of_neurons["bias"], program.history())


def keeping_all(bound: Bound) -> Bound:
    """Return the same with a tape that holds z, or s, of every segment, for checks of activations."""
    return replace(bound, segments=[replace(segment, keeps_inner=True) for segment in bound.segments])


def start(bound: Bound, n_samples: int) -> Array:
    """The history before a sequence: each node's initial value, 0 for inputs, (n_history, n_samples)."""
    slots = bound.program.neurons["initial"][bound.history[0]]
    initial = np.where(slots < 0, 0, bound.numbers[slots]).astype(bound.numbers.dtype)
    return np.repeat(initial[:, None], n_samples, axis=1)


def pull_back_start(bound: Bound, grad_history: Array) -> Array:
    """The adjoint of ``start``: the gradient of every number, (n_numbers,)."""
    gradient = np.zeros(len(bound.numbers), grad_history.dtype)
    slots = bound.program.neurons["initial"][bound.history[0]]
    np.add.at(gradient, slots[slots >= 0], grad_history.sum(axis=1)[slots >= 0])
    return gradient


@on_one_thread
def advance(bound: Bound, state: State, inputs: Array, lengths: Array, keep: bool) -> tuple[Array, State, Tape | None]:
    """Values of all nodes over a chunk of steps; see ``contract.Executor``."""
    program = bound.program
    n_steps, n_inputs, n_samples = inputs.shape
    dtype = np.result_type(bound.numbers, inputs, state.history)
    live = (lengths[None, :] > np.arange(n_steps)[:, None]).sum(axis=1)
    values = np.zeros((n_steps, program.n_nodes, n_samples), dtype)
    values[:, :n_inputs] = inputs
    past = Past(program, values, output_history(bound.segments, program, state.history))
    inner = {s.number: np.zeros_like(values[:, s.rows]) for s in bound.segments if s.keeps(keep)}
    spans = list(spans_of(live, bound.span_steps(n_samples)))
    is_reverse = False
    with np.errstate(all="ignore"):
        for stage in program.stages:
            if stage["reverse"] != is_reverse:
                flip_time(values, lengths)
                is_reverse = not is_reverse
            rows = slice(*stage["row"])
            levels = program.levels[slice(*stage["level"])]
            for first, last, n_live in spans:
                values[first:last, rows, :n_live] = bound.bias[rows, None]
                for block in bound.blocks[slice(*stage["early"])]:
                    z = block.matrix @ block.columns(past, first, last, n_live)
                    values[first:last, block.targets, :n_live] += by_step(z, last - first)
                if not stage["scanned"]:
                    for segment in bound.segments[slice(*levels[0]["segment"])]:
                        activate(segment, past, state, inner, first, last, n_live)
            if stage["scanned"]:
                for step in range(int((live > 0).sum())):
                    for level in levels:
                        for block in bound.blocks[slice(*level["late"])]:
                            z = block.matrix @ block.columns(past, step, step + 1, live[step])
                            values[step, block.targets, : live[step]] += z
                        for segment in bound.segments[slice(*level["segment"])]:
                            activate(segment, past, state, inner, step, step + 1, live[step])
    if is_reverse:
        flip_time(values, lengths)
    history = final_history(bound, past, inner, state, lengths)
    final = State(state.layout, history, state.steps + lengths)
    return values, final, Tape(values, inner, live, state, lengths) if keep else None


@on_one_thread
def pull_back(
    bound: Bound, tape: Tape, grad_outputs: Array, grad_history: Array, inputs_wanted: bool = True
) -> Gradients:
    """The adjoint of ``advance``; see ``contract.Executor``."""
    program, values, live, lengths = bound.program, tape.values, tape.live, tape.lengths
    past = Past(program, values, output_history(bound.segments, program, tape.state.history))
    gradient = np.zeros(values.shape, np.result_type(values, grad_outputs))
    grad_past = Past(program, gradient, np.zeros(past.history.shape, gradient.dtype))
    adjoint = pull_back_final_history(bound, past, grad_past, tape, grad_history)
    gradient[:, program.outputs] += grad_outputs
    grad_entries = np.zeros(len(program.slots), gradient.dtype)
    spans = list(spans_of(live, bound.span_steps(values.shape[2])))
    is_reverse = False
    with np.errstate(all="ignore"):
        for stage in program.stages[::-1]:
            if stage["reverse"] != is_reverse:
                flip_time(values, lengths)
                flip_time(gradient, lengths)
                is_reverse = not is_reverse
            rows = slice(*stage["row"])
            levels = program.levels[slice(*stage["level"])]
            early, late = bound.blocks[slice(*stage["early"])], []
            if stage["scanned"]:
                late = bound.blocks[slice(levels[0]["late"][0], levels[-1]["late"][1])]
                for step in range(int((live > 0).sum()) - 1, -1, -1):
                    for level in levels[::-1]:
                        for segment in bound.segments[slice(*level["segment"])]:
                            differentiate(segment, adjoint, grad_past, step, step + 1, live[step])
                        for block in bound.blocks[slice(*level["late"])]:
                            block.pull_back(past, grad_past, step, step + 1, live[step])
            for first, last, n_live in reversed(spans):
                if not stage["scanned"]:
                    for segment in bound.segments[slice(*levels[0]["segment"])]:
                        differentiate(segment, adjoint, grad_past, first, last, n_live)
                adjoint.numbers["bias"][rows] += gradient[first:last, rows, :n_live].sum(axis=(0, 2))
                for block in early:
                    block.pull_back(past, grad_past, first, last, n_live)
                for block in [*early, *late]:
                    grad_z = by_row(gradient[first:last, block.targets, :n_live])
                    grad_entries[block.entries] += block.entry_gradient(
                        grad_z, block.columns(past, first, last, n_live)
                    )
    if is_reverse:
        flip_time(values, lengths)
        flip_time(gradient, lengths)
    numbers = by_number(bound, grad_entries, adjoint.numbers)
    return Gradients(numbers, gradient[:, : program.n_inputs], state_gradient(bound, tape, grad_past, adjoint))


def by_number(bound: Bound, grad_entries: Array, grad_neurons: dict[str, Array]) -> Array:
    """Add up the gradients of what reads the same number, (n_numbers,)."""
    program = bound.program
    numbers = np.zeros(len(bound.numbers), grad_entries.dtype)
    np.add.at(numbers, program.slots, grad_entries * program.scales.astype(bound.numbers.dtype))
    for name, slots in program.neurons.items():
        has = slots >= 0
        np.add.at(numbers, slots[has], grad_neurons[name][has])
    return numbers


def final_history(bound: Bound, past: Past, inner: dict[int, Array], state: State, lengths: Array) -> Array:
    """The history at each sample's own end; of continuous-time neurons that of s."""
    history = past.after(bound.history, lengths)
    for segment in bound.segments:
        if segment.tau is not None:
            positions, row = own_positions(segment)
            step = lengths - bound.history[1][positions][:, None]
            sample = np.arange(len(lengths))
            kept = inner[segment.number][np.maximum(step, 0), row[:, None], sample]
            old = state.history[segment.ends[row][:, None] + np.minimum(step, -1), sample]
            history[positions] = np.where(step >= 0, kept, old)
    return history


def pull_back_final_history(bound: Bound, past: Past, grad_past: Past, tape: Tape, grad_history: Array) -> Adjoint:
    """The adjoint of ``final_history``: to values and history at once, to s of those with tau step by step."""
    n_nodes, dtype = past.program.n_nodes, grad_past.values.dtype
    to_outputs = grad_history.astype(dtype)
    states = np.zeros(grad_history.shape, dtype)
    for segment in bound.segments:
        if segment.tau is not None:
            positions, row = own_positions(segment)
            to_outputs[positions] = 0
            step = tape.lengths - bound.history[1][positions][:, None]
            place, sample = np.nonzero(step < 0)
            states[segment.ends[row[place]] + step[place, sample], sample] += grad_history[positions[place], sample]
    grad_past.pull_back_after(bound.history, tape.lengths, to_outputs)
    return Adjoint(
        past,
        tape.state,
        tape.inner,
        tape.lengths,
        grad_history,
        {name: np.zeros(n_nodes, dtype) for name in past.program.neurons},
        {},
        states,
    )


def state_gradient(bound: Bound, tape: Tape, grad_past: Past, adjoint: Adjoint) -> Array:
    """The gradient of the history that the chunk started from; of continuous-time neurons that of s."""
    history = grad_past.history
    for segment in bound.segments:
        if segment.tau is not None:
            positions, _ = own_positions(segment)
            s = tape.state.history[positions][None]
            through = segment.adjoint(s, segment.function(s, None), history[positions][None], None)[0]
            history[positions] = through + adjoint.states[positions]
    return history
