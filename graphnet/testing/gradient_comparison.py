"""Gradients of a weighted sum of a network's outputs, computed by back-propagation and by complex step."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order

from ..execute.contract import State
from ..language.arrays import Array
from ..language.delays import resolve_gates
from ..language.table import GraphTable
from ..network.network import Network
from ..network.results import Cotangents
from .complex_step import ComplexStep
from .gradient_report import GradientEntry

LEAST = 1e-4
"""Smallest gradient that errors are relative to, for weights of the order of 1.

Where sums cancel, as they do over the members of a softmax, gradients below it are mostly rounding.
"""


class Pair(NamedTuple):
    """A gradient computed twice; ``is_zero`` is True if nothing depends on the number, so that it has to be 0."""

    kind: str
    key: Any
    tied: bool
    backward: float
    complex_step: float
    is_zero: bool


class Comparison:
    """A weighted sum of outputs and final state, differentiated by back-propagation and by complex step.

    Parameters
    ----------
    net : Network
    inputs : (n_samples, n_steps, n_inputs)
    grad_outputs : (n_samples, n_steps, n_outputs)
        Weights of the outputs.
    lengths : (n_samples,), optional
    starts : iterable of State or None
        States to start from, None for each neuron's ``initial``; the sum runs over all of them.
    grad_state : State, optional
        Weights of the final state.

    Attributes
    ----------
    backward : Cotangents
        Gradients by back-propagation, of parameters, inputs and the state that is given, if any.
    size : float
        Largest absolute weight.
    """

    def __init__(
        self,
        net: Network,
        inputs: Array,
        grad_outputs: Array,
        *,
        lengths: Any = None,
        starts: Iterable[State | None] = (None,),
        grad_state: State | None = None,
    ) -> None:
        self.net, self._grad_state = net, grad_state
        starts = list(starts)
        self.passes = [ComplexStep(net, inputs, lengths=lengths, state=start) for start in starts]
        self._grad_outputs = np.where(self.passes[0].batch.mask[:, :, None], grad_outputs, 0)
        self._carried = [start is not None for start in starts]
        found = [net.vjp(inputs, grad_outputs, lengths=lengths, state=start, grad_state=grad_state) for start in starts]
        self.backward = Cotangents(
            np.asarray(sum(each.parameters.astype(np.float64) for each in found)),
            np.asarray(sum(each.inputs.astype(np.float64) for each in found)),
            next((each.state for each in found if each.state is not None), None),
        )
        self.size = float(np.abs(self._grad_outputs).max(initial=0))
        if grad_state is not None:
            self.size = max(self.size, float(np.abs(grad_state.history).max(initial=0)))
        self._table = net.to_table()
        self._reached = _reaching(self._table, self._read_at_the_end())

    def along(
        self, parameters: Array | None = None, inputs: Array | None = None, history: Array | None = None
    ) -> Array:
        """Return the derivative along a direction by complex step, for each sample, (n_samples,)."""
        total = np.zeros(len(self._grad_outputs))
        for one, carried in zip(self.passes, self._carried, strict=True):
            if carried or parameters is not None or inputs is not None:
                outputs, final = one.derivative(parameters, inputs, history if carried else None)
                total += (self._grad_outputs * outputs).sum(axis=(1, 2))
                if self._grad_state is not None:
                    total += (self._grad_state.history * final).sum(axis=0)
        return total

    def each(self, max_entries: int, rng: np.random.Generator) -> Iterator[Pair]:
        """Yield entries of every kind one by one; of a kind with more than ``max_entries`` a random sample."""
        yield from self.parameters(max_entries, rng)
        yield from self._inputs(max_entries, rng)
        if any(self._carried):
            yield from self._states(max_entries, rng)

    def noise(self) -> Array:
        """Return True for parameters whose gradient is not 0 though no weighted number depends on them."""
        return ~self._reached_by_parameter()[: len(self.backward.parameters)] & (self.backward.parameters != 0)

    def along_directions(self, n_directions: int, rng: np.random.Generator) -> Iterator[Pair]:
        """Yield derivatives along random directions of length 1 in all parameters, inputs and the start together."""
        state = self.backward.state
        shapes = [self.backward.parameters.shape, self.backward.inputs.shape]
        shapes.append((0, 0) if state is None else state.history.shape)
        for number in range(n_directions):
            parts = [rng.standard_normal(shape) for shape in shapes]
            length = math.sqrt(sum(float((part**2).sum()) for part in parts)) or 1.0
            parameters, inputs, history = (part / length for part in parts)
            backward = float(parameters @ self.backward.parameters + (inputs * self.backward.inputs).sum())
            if state is not None:
                backward += float((history * state.history).sum())
            forward = self.along(parameters, inputs, history if state is not None else None)
            yield Pair("direction", number, False, backward, float(forward.sum()), False)

    def totals(self, compared: Iterable[Pair]) -> dict[str, tuple[int, int]]:
        """Return {kind: (number of entries compared, number of entries in total)}."""
        kinds = [pair.kind for pair in compared]
        counted = np.unique(self.net.parameter_table().kind, return_counts=True)
        there = {str(kind): int(n) for kind, n in zip(*counted, strict=True)}
        there["input"] = self.backward.inputs.size
        there["state"] = 0 if self.backward.state is None else self.backward.state.history.size
        there["direction"] = kinds.count("direction")
        return {kind: (kinds.count(kind), n) for kind, n in there.items()}

    def parameters(self, max_entries: int, rng: np.random.Generator) -> Iterator[Pair]:
        """Yield parameters one by one; of a kind with more than ``max_entries`` a random sample."""
        rows, reached = self.net.parameter_table(), self._reached_by_parameter()
        for kind in dict.fromkeys(rows.kind.tolist()):
            for i in some_of(np.flatnonzero(rows.kind == kind), max_entries, rng):
                direction = np.zeros(len(rows))
                direction[i] = 1
                row, forward = rows[i], float(self.along(parameters=direction).sum())
                yield Pair(kind, row.key, row.tied, float(self.backward.parameters[i]), forward, not reached[i])

    def _inputs(self, max_entries: int, rng: np.random.Generator) -> Iterator[Pair]:
        batch = self.passes[0].batch
        n_samples, n_steps, n_inputs = self.backward.inputs.shape
        nodes = [self._table.nodes[i] for i in self.net.program.order[:n_inputs]]
        for place in some_of(np.arange(n_steps * n_inputs), -(-max_entries // n_samples), rng):
            step, column = divmod(place, n_inputs)
            direction = np.zeros(self.backward.inputs.shape)
            direction[:, step, column] = 1
            for sample, forward in enumerate(self.along(inputs=direction).tolist()):
                backward, counts = float(self.backward.inputs[sample, step, column]), batch.mask[sample, step]
                is_zero = not (counts and self._reached[self.net.program.order[column]])
                yield Pair("input", (nodes[column], sample, step), False, backward, forward, is_zero)

    def _states(self, max_entries: int, rng: np.random.Generator) -> Iterator[Pair]:
        assert self.backward.state is not None
        history = self.backward.state.history
        rows, lags = self.net.program.history()
        for place in some_of(np.arange(len(history)), -(-max_entries // history.shape[1]), rng):
            direction = np.zeros(history.shape)
            direction[place] = 1
            position = int(self.net.program.order[rows[place]])
            node, lag = self._table.nodes[position], int(lags[place])
            for sample, forward in enumerate(self.along(history=direction).tolist()):
                backward = float(history[place, sample])
                yield Pair("state", (node, sample, lag), False, backward, forward, not self._reached[position])

    def _read_at_the_end(self) -> Array:
        """Return True for nodes whose values are weighted: outputs, and those in the final state; (n_nodes,)."""
        program = self.net.program
        read = np.zeros(program.n_nodes, bool)
        read[program.order[program.outputs]] = True
        if self._grad_state is not None:
            read[program.order[program.depth > 0]] = True
        return read

    def _reached_by_parameter(self) -> Array:
        """Return True for parameters that some weighted number depends on, fixed ones included."""
        program, table = self.net.program, self._table
        found = np.zeros(program.n_parameters + len(program.fixed), bool)
        np.logical_or.at(found, program.slots, self._reached[table.target[program.edges]])
        for slots in program.neurons.values():
            np.logical_or.at(found, slots[slots >= 0], self._reached[program.order[slots >= 0]])
        return found


def with_errors(pairs: Iterable[Pair], size: float) -> list[GradientEntry]:
    """Return the pairs with their errors relative to the largest entry of their kind, worst first."""
    pairs = list(pairs)
    largest: dict[str, float] = {}
    for pair in pairs:
        largest[pair.kind] = max(largest.get(pair.kind, LEAST * size), abs(pair.complex_step))
    entries = []
    for pair in pairs:
        error = abs(pair.backward - pair.complex_step)
        if error:
            error = math.inf if pair.is_zero else error / max(largest[pair.kind], 1e-300)
        entries.append(GradientEntry(*pair[:5], error))
    return sorted(entries, key=lambda entry: entry.severity, reverse=True)


def some_of(positions: Array, at_most: int, rng: np.random.Generator) -> list[int]:
    """Return the positions, or a random sample of ``at_most`` of them if there are more, in order."""
    if len(positions) > at_most:
        positions = np.sort(rng.choice(positions, at_most, replace=False))
    return [int(position) for position in positions]


def _reaching(table: GraphTable, read: Array) -> Array:
    """Return True for nodes that a node in ``read`` depends on through synapses, gates and groups, (n_nodes,)."""
    n, group = table.n_nodes, table.node("group")
    gate = resolve_gates(table)
    gated, grouped, ends = np.flatnonzero(gate >= 0), np.flatnonzero(group >= 0), np.flatnonzero(read)
    # search backwards along edges, from an additional vertex n behind all nodes in `read`; each group is a vertex too
    dependent = np.concatenate([np.full(len(ends), n), table.target, table.target[gated]])
    needed = np.concatenate([ends, table.source, gate[gated]])
    hub = n + 1 + group[grouped]
    dependent, needed = np.concatenate([dependent, hub, grouped]), np.concatenate([needed, grouped, hub])
    size = n + 2 + int(group.max(initial=-1))
    found = np.zeros(size, bool)
    graph = csr_array((np.ones(len(dependent), np.int8), (dependent, needed)), shape=(size, size))
    found[breadth_first_order(graph, n, return_predecessors=False)] = True
    return found[:n]
