"""The reference executor: NumPy and SciPy, the definition of correct.

Forward, stage by stage: ``z = b + sum of blocks``, ``y = f(z)``; backward, the same in reverse: ``grad z = grad y *
f'``, ``grad y(t - delay)[sources] += M^T grad z``, ``grad M = sum over steps of grad z  y(t - delay)[sources]^T``.
All of it is generic in the dtype: float32, float64, and complex128 without conjugation, so that a complex step
through either function gives an exact derivative.

What runs over all steps at once runs in spans of absolute steps whose length depends on the program and the number of
samples alone, so that sums are added in one order however a sequence is cut, and memory stays bounded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from ..activations import ACTIVATIONS
from ..program import Program
from ..table import Array
from .contract import Gradients, State, Tape

SPAN_BYTES = 1 << 20
"""How much of the values a span works on at a time, and so the size of every temporary array."""

Rows = slice | Array


@dataclass(frozen=True, eq=False, slots=True)
class Operand:
    """The rows that the columns of a block read, and how many steps back.

    ``distinct`` are the same rows without repetition; where a row is repeated, ``collect`` (n_distinct, n_columns)
    sums its columns.
    """

    rows: Rows
    delay: int
    distinct: Rows
    collect: csr_array | None


@dataclass(frozen=True, eq=False, slots=True)
class Block:
    """A block of the program with its numbers in it, dense (n_targets, n_columns) or CSR."""

    matrix: csr_array | Array
    targets: Rows
    source: Operand
    gate: Operand | None
    entries: slice

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
    bias: Array
    history: tuple[Array, Array]

    def span_steps(self, n_samples: int) -> int:
        """How many steps are worked on at a time; a chunk of a longer sequence is a multiple of it."""
        columns = np.diff(self.program.blocks["source"])[:, 0].max(initial=1)
        a_step = max(int(columns), self.program.n_nodes) * n_samples * self.numbers.itemsize
        return max(1, min(256, SPAN_BYTES // a_step))


def bind(program: Program, parameters: Array) -> Bound:
    """Put the parameters into the program's matrices."""
    dtype = parameters.dtype
    numbers = np.concatenate([parameters, program.fixed.astype(dtype)])
    entries = numbers[program.slots] * program.scales.astype(dtype)
    bias = np.where(program.bias_slots < 0, 0, numbers[program.bias_slots]).astype(dtype)
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
            gate = _operand(program.gates[slice(*record["source"])], int(record["gate_delay"]))
        blocks.append(
            Block(matrix, _rows(targets), _operand(sources, int(record["delay"])), gate, slice(*record["entry"]))
        )
    return Bound(program, numbers, blocks, bias, program.history())


def start(bound: Bound, n_samples: int) -> Array:
    """The history before a sequence: each node's initial value, 0 for inputs, (n_history, n_samples)."""
    slots = bound.program.initial_slots[bound.history[0]]
    initial = np.where(slots < 0, 0, bound.numbers[slots]).astype(bound.numbers.dtype)
    return np.repeat(initial[:, None], n_samples, axis=1)


def pull_back_start(bound: Bound, grad_history: Array) -> Array:
    """The adjoint of ``start``: the gradient of every number, (n_numbers,)."""
    gradient = np.zeros(len(bound.numbers), grad_history.dtype)
    slots = bound.program.initial_slots[bound.history[0]]
    np.add.at(gradient, slots[slots >= 0], grad_history.sum(axis=1)[slots >= 0])
    return gradient


def advance(bound: Bound, state: State, inputs: Array, lengths: Array, keep: bool) -> tuple[Array, State, Tape | None]:
    """Values of all nodes over a chunk of steps; see ``contract.Executor``."""
    program = bound.program
    n_steps, n_inputs, n_samples = inputs.shape
    dtype = np.result_type(bound.numbers, inputs, state.history)
    live = (lengths[None, :] > np.arange(n_steps)[:, None]).sum(axis=1)
    values = np.zeros((n_steps, program.n_nodes, n_samples), dtype)
    values[:, :n_inputs] = inputs
    pre_activations: dict[int, Array] = {}
    past = Past(program, values, state.history)
    spans = list(_spans(live, bound.span_steps(n_samples)))
    with np.errstate(all="ignore"):
        for stage in program.stages:
            rows = slice(*stage["row"])
            levels = program.levels[slice(*stage["level"])]
            for first, last, n_live in spans:
                values[first:last, rows, :n_live] = bound.bias[rows, None]
                for block in bound.blocks[slice(*stage["early"])]:
                    z = block.matrix @ past.columns(block, first, last, n_live)
                    values[first:last, block.targets, :n_live] += _by_step(z, last - first)
                if not stage["scanned"]:
                    _activate(program, levels[0], values, first, last, n_live, pre_activations, keep)
            if stage["scanned"]:
                for step in range(int((live > 0).sum())):
                    for level in levels:
                        for block in bound.blocks[slice(*level["late"])]:
                            z = block.matrix @ past.columns(block, step, step + 1, live[step])
                            values[step, block.targets, : live[step]] += z
                        _activate(program, level, values, step, step + 1, live[step], pre_activations, keep)
    final = State(state.layout, past.after(bound.history, lengths), state.steps + lengths)
    return values, final, Tape(values, pre_activations, live, state, lengths) if keep else None


def pull_back(bound: Bound, tape: Tape, grad_outputs: Array, grad_history: Array) -> Gradients:
    """The adjoint of ``advance``; see ``contract.Executor``."""
    program, values, live = bound.program, tape.values, tape.live
    past = Past(program, values, tape.state.history)
    gradient = np.zeros(values.shape, np.result_type(values, grad_outputs))
    grad_past = Past(program, gradient, np.zeros(tape.state.history.shape, gradient.dtype))
    grad_past.pull_back_after(bound.history, tape.lengths, grad_history)
    gradient[:, program.outputs] += grad_outputs
    grad_entries = np.zeros(len(program.slots), gradient.dtype)
    grad_bias = np.zeros(program.n_nodes, gradient.dtype)
    spans = list(_spans(live, bound.span_steps(values.shape[2])))
    with np.errstate(all="ignore"):
        for stage in program.stages[::-1]:
            rows = slice(*stage["row"])
            levels = program.levels[slice(*stage["level"])]
            early, late = bound.blocks[slice(*stage["early"])], []
            if stage["scanned"]:
                late = bound.blocks[slice(levels[0]["late"][0], levels[-1]["late"][1])]
                for step in range(int((live > 0).sum()) - 1, -1, -1):
                    for level in levels[::-1]:
                        _differentiate(program, level, tape, gradient, step, step + 1, live[step])
                        for block in bound.blocks[slice(*level["late"])]:
                            _pull_back_block(block, past, grad_past, step, step + 1, live[step])
            for first, last, n_live in reversed(spans):
                if not stage["scanned"]:
                    _differentiate(program, levels[0], tape, gradient, first, last, n_live)
                grad_bias[rows] += gradient[first:last, rows, :n_live].sum(axis=(0, 2))
                for block in early:
                    _pull_back_block(block, past, grad_past, first, last, n_live)
                for block in [*early, *late]:
                    grad_z = _by_row(gradient[first:last, block.targets, :n_live])
                    x = past.columns(block, first, last, n_live)
                    grad_entries[block.entries] += block.entry_gradient(grad_z, x)
    numbers = np.zeros(len(bound.numbers), gradient.dtype)
    np.add.at(numbers, program.slots, grad_entries * program.scales.astype(values.dtype))
    np.add.at(numbers, program.bias_slots[program.n_inputs :], grad_bias[program.n_inputs :])
    return Gradients(numbers, gradient[:, : program.n_inputs], grad_past.history)


@dataclass(frozen=True, eq=False, slots=True)
class Past:
    """Values of a chunk (n_steps, n_nodes, n_samples) and the history (n_history, n_samples) that came before it."""

    program: Program
    values: Array
    history: Array

    def columns(self, block: Block, first: int, last: int, n_live: int) -> Array:
        """What the columns of a block read over some steps, (n_columns, (last - first) * n_live)."""
        x = self.read(block.source, first, last, n_live)
        return x if block.gate is None else x * self.read(block.gate, first, last, n_live)

    def read(self, operand: Operand, first: int, last: int, n_live: int) -> Array:
        """The values of the operand's rows ``delay`` steps before each step, (n_columns, (last - first) * n_live)."""
        delay, n_old = operand.delay, self._n_old(operand, first, last)
        recent = self.values[first + n_old - delay : last - delay, operand.rows, :n_live]
        if not n_old:
            return _by_row(recent)
        old = self.history[self._positions(operand.rows, delay, first, n_old)][..., :n_live]
        return _by_row(np.concatenate([old, recent]) if first + n_old < last else old)

    def add(self, operand: Operand, first: int, last: int, n_live: int, x: Array) -> None:
        """The adjoint of ``read``: add (n_columns, (last - first) * n_live) to what was read."""
        if operand.collect is not None:
            x = operand.collect @ x
        delay, n_old = operand.delay, self._n_old(operand, first, last)
        by_step = _by_step(x, last - first)
        if first + n_old < last:
            self.values[first + n_old - delay : last - delay, operand.distinct, :n_live] += by_step[n_old:]
        if n_old:
            # a position is that of one row and one step, so none is repeated
            self.history[self._positions(operand.distinct, delay, first, n_old), :n_live] += by_step[:n_old]

    def after(self, positions: tuple[Array, Array], lengths: Array) -> Array:
        """The history at each sample's own end, (n_history, n_samples)."""
        rows, lags = positions
        step = lengths[None, :] - lags[:, None]
        sample = np.arange(len(lengths))
        inside = self.values[np.maximum(step, 0), rows[:, None], sample]
        before = self.history[self._before(rows, step), sample]
        return np.where(step >= 0, inside, before)

    def pull_back_after(self, positions: tuple[Array, Array], lengths: Array, grad_history: Array) -> None:
        """The adjoint of ``after``: add the gradient of the final history to that of values and history."""
        rows, lags = positions
        step = lengths[None, :] - lags[:, None]
        place, sample = np.nonzero(step >= 0)
        self.values[step[place, sample], rows[place], sample] += grad_history[place, sample]
        place, sample = np.nonzero(step < 0)
        self.history[self._before(rows, step)[place, sample], sample] += grad_history[place, sample]

    def _n_old(self, operand: Operand, first: int, last: int) -> int:
        return min(max(operand.delay - first, 0), last - first)

    def _positions(self, rows: Rows, delay: int, first: int, n_old: int) -> Array:
        return self.program.history_end[rows] + (np.arange(first, first + n_old) - delay)[:, None]

    def _before(self, rows: Array, step: Array) -> Array:
        return np.asarray(self.program.history_end[rows][:, None] + np.minimum(step, -1))


def _pull_back_block(block: Block, past: Past, grad_past: Past, first: int, last: int, n_live: int) -> None:
    grad_z = _by_row(grad_past.values[first:last, block.targets, :n_live])
    grad_x = block.matrix.T @ grad_z
    if block.gate is None:
        grad_past.add(block.source, first, last, n_live, grad_x)
        return
    grad_past.add(block.source, first, last, n_live, grad_x * past.read(block.gate, first, last, n_live))
    grad_past.add(block.gate, first, last, n_live, grad_x * past.read(block.source, first, last, n_live))


def _activate(
    program: Program,
    level: np.void,
    values: Array,
    first: int,
    last: int,
    n_live: int,
    pre_activations: dict[int, Array],
    keep: bool,
) -> None:
    """Turn z into y = f(z) where it stands, keeping z where the derivative will need it."""
    for number in range(*level["segment"]):
        segment = program.segments[number]
        activation = ACTIVATIONS[program.activations[segment["activation"]]]
        z = values[first:last, slice(*segment["row"]), :n_live]
        if keep and not activation.from_output:
            whole = values[:, slice(*segment["row"])]
            pre_activations.setdefault(number, np.zeros(whole.shape, whole.dtype))[first:last, :, :n_live] = z
        z[...] = activation.function(z)


def _differentiate(
    program: Program, level: np.void, tape: Tape, gradient: Array, first: int, last: int, n_live: int
) -> None:
    """Turn the gradient of y into that of z where it stands."""
    for number in range(*level["segment"]):
        segment = program.segments[number]
        activation = ACTIVATIONS[program.activations[segment["activation"]]]
        rows = slice(*segment["row"])
        known = tape.values[:, rows] if activation.from_output else tape.pre_activations[number]
        gradient[first:last, rows, :n_live] *= activation.derivative(known[first:last, :, :n_live])


def _spans(live: Array, n_steps: int) -> Iterator[tuple[int, int, int]]:
    """Runs of at most ``n_steps`` steps, cut at its multiples, in which the same samples run: first, last, how many."""
    cuts = np.flatnonzero(np.diff(live)) + 1
    ends = np.union1d(cuts, np.append(np.arange(n_steps, len(live), n_steps), len(live)))
    first = 0
    for last in ends.tolist():
        if live[first]:
            yield first, last, int(live[first])
        first = last


def _by_row(values: Array) -> Array:
    """(steps, rows, samples) as (rows, steps * samples)."""
    if len(values) == 1:
        return np.ascontiguousarray(values[0])
    return np.ascontiguousarray(values.transpose(1, 0, 2)).reshape(values.shape[1], -1)


def _by_step(columns: Array, n_steps: int) -> Array:
    """The inverse of ``_by_row``."""
    return columns.reshape(len(columns), n_steps, -1).transpose(1, 0, 2)


def _rows(rows: Array) -> Rows:
    """The rows as a slice where they follow each other: then reading them copies nothing."""
    if len(rows) and rows[-1] - rows[0] == len(rows) - 1 and (np.diff(rows) == 1).all():
        return slice(int(rows[0]), int(rows[-1]) + 1)
    return rows


def _operand(rows: Array, delay: int) -> Operand:
    distinct, place = np.unique(rows, return_inverse=True)
    if len(distinct) == len(rows) and (distinct == rows).all():
        return Operand(_rows(rows), delay, _rows(rows), None)
    ones = np.ones(len(rows), np.int8)
    collect = csr_array((ones, (place, np.arange(len(rows)))), shape=(len(distinct), len(rows)))
    return Operand(_rows(rows), delay, _rows(distinct), collect)
