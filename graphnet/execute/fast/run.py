"""The fast executor: the whole scan over time in compiled kernels, forward and backward.

Samples are independent, so each thread takes tiles of them and scans all steps without waiting for others; if there are
fewer tiles than threads, and much work at each step, the rows of a step are divided among threads.  The order of every
sum depends on the program and the number of samples alone, so results have the same bits with any number of
threads.

It runs the programs that ``support`` allows, in real numbers; the engine gives all else to the reference executor.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from ...compiler.program import Program
from ...language.arrays import Array
from ..contract import Gradients, Memory, State, Tape, same_for_all
from ..reference.past import flip_time
from ..reference.run import kept_rows
from . import background
from .kernels import scan as kernels
from .kernels.dense import DEPTH, room_for
from .kernels.vectors import WIDTHS, lanes_of
from .memory import Loan, Parts, Pull, Room, Scan, Sums, Tiles, fill_tiles, from_tiles, groups_of_tiles, n_lanes
from .plan import Plan, are_one, make_plan
from .pool import n_threads, run_all
from .reorder import gathered, put
from .tables import Adjoint, Links, NeuronNumbers, Neurons, Trace, Weights, Work

SMALL = 1 << 18
"""Calls with fewer synapses times steps times samples than this run on one thread."""
LARGE_PART = 1 << 16
"""Segments with fewer synapses than this run on one thread."""
LARGE_STEP = 1 << 20
"""Steps of a tile with at least so many products for each segment are divided among threads by rows."""


@dataclass(frozen=True, eq=False)
class Bound:
    """A plan with numbers; ``flat`` (n_numbers,) are those of the program, in its order."""

    program: Program
    plan: Plan
    flat: Array
    weights: Weights
    numbers: NeuronNumbers

    @cached_property
    def past_initial(self) -> Array:
        """History before a sequence, (n_history,)."""
        return self.numbers.initial[self.plan.rows.past_row]

    def span_steps(self, n_samples: int) -> int:
        """Return 1: a sequence may be cut anywhere."""
        return 1

    def chunk_unit(self, n_samples: int) -> int:
        """Return the number of steps of which chunks for the backward pass are multiples."""
        if not len(self.plan.products.delay):
            return 1
        return DEPTH // n_lanes(n_samples, self.flat.dtype)


@dataclass(frozen=True, eq=False, slots=True)
class TiledTape(Tape):
    """A tape in tiles: ``trace`` are the arguments of kernels for each."""

    trace: list[Trace]


_plans: WeakKeyDictionary[Program, Plan] = WeakKeyDictionary()
_planning = Lock()


def memory(program: Program, n_samples: int, n_steps: int, itemsize: int) -> Memory:
    """Return the bytes that it takes; see ``contract.Executor``."""
    width = n_lanes(n_samples, np.dtype(f"f{itemsize}"))
    n_tiles = -(-n_samples // width)
    lanes = n_tiles * width * itemsize
    values = _n_rows(program) * lanes
    history = program.n_history * lanes
    bound = len(program.slots) * 3 * itemsize
    kept = kept_rows(program) * lanes
    n_kept_of_run = int(np.diff(program.segments["row"][program.segments["tau"]]).sum())
    n_groups = len(groups_of_tiles(len(program.slots), itemsize, n_tiles))
    numbers = (n_groups + 2) * len(program.slots) * itemsize
    run = n_steps * (values + n_kept_of_run * lanes) + 4 * history
    rows = program.n_nodes * lanes * (2 if program.learns("leak").any() else 1)
    train = numbers + n_steps * (2 * values + kept) + 6 * history + rows
    return Memory(bound, run, train, 2 * values + kept, program.n_history * n_samples * itemsize)


def bind(program: Program, parameters: Array) -> Bound:
    """Return the plan of a program with these parameters in the order in which kernels read them."""
    with _planning:
        plan = _plans.get(program)
        if plan is None:
            plan = _plans[program] = make_plan(program)
    dtype = parameters.dtype
    flat = np.concatenate([parameters, program.fixed.astype(dtype)])
    # rows that fill up a bundle have the weight after the last one, which is 0
    entries = np.zeros(len(program.slots) + 1, dtype)
    gathered(flat, program.slots, entries[:-1])
    if not are_one(program.scales):
        entries[:-1] *= program.scales.astype(dtype, copy=False)
    values = program.neuron_values(flat)
    with np.errstate(all="ignore"):
        rate = np.asarray(program.dt, dtype) / values["tau"]
    gathers = plan.gathers
    orders = gathers.links, gathers.early, gathers.late, gathers.ahead, gathers.bundles_ahead, gathers.push
    return Bound(
        program,
        plan,
        flat,
        Weights(*(gathered(entries, order) for order in orders)),
        NeuronNumbers(values["bias"], rate, values["leak"], values["initial"]),
    )


def start(bound: Bound, n_samples: int) -> Array:
    """Return the history before a sequence: each node's initial value, 0 for inputs, (n_history, n_samples)."""
    return same_for_all(bound.past_initial, n_samples)


def pull_back_start(bound: Bound, grad_history: Array) -> Array:
    """Return the adjoint of ``start``: the gradient of every number, (n_numbers,)."""
    gradient = np.zeros(len(bound.flat), grad_history.dtype)
    bound.plan.past_initials.add(gradient, grad_history.sum(axis=1))
    return gradient


def advance(
    bound: Bound, state: State, inputs: Array, lengths: Array, keep: bool, room: int = 0
) -> tuple[Tiles, State, TiledTape | None]:
    """Return values of all nodes over a chunk of steps; see ``contract.Executor``.

    ``room`` is the number of steps of the next chunk for which `Backward` needs memory behind this one.
    """
    plan, dtype = bound.plan, bound.flat.dtype
    n_steps, n_inputs, n_samples = inputs.shape
    loan = _lend_scan(bound, n_samples, n_steps, room, keep)
    scan: Scan = loan.made
    whole = scan.whole
    n_tiles, width = len(whole), whole.shape[3]
    rows = plan.rows if keep else plan.rows_of_run
    scan.begin(state.history, state.steps, lengths)
    _add_outputs(bound, scan)
    fill_tiles(whole[:, :n_steps, :n_inputs], inputs)
    trace, final = scan.trace, scan.final_of
    lanes = lanes_of(width)
    by_rows = _shares_rows(bound, n_tiles, width)
    if keep:
        background.begin(dtype, width)

    def work(tile: int) -> None:
        is_reverse = False
        for first, last, reverse in plan.passes:
            if reverse != is_reverse:
                flip_time(whole[tile], trace[tile].lengths)
                is_reverse = reverse
            if by_rows:
                _forward_by_rows(bound, rows, trace[tile], first, last, lanes)
                first = last
            kernels.forward(
                plan.links, plan.early, plan.late, bound.weights, rows, bound.numbers, trace[tile], final[tile], first,
                last, lanes,
            )  # fmt: skip
        if is_reverse:
            flip_time(whole[tile], trace[tile].lengths)

    groups = [[tile] for tile in range(n_tiles)]
    _over_tiles(work, groups, by_rows or _is_small(bound, n_steps * n_samples))
    values = Tiles(whole, n_steps, scan.steps, n_samples, loan)
    after = State(state.layout, from_tiles(scan.final, n_samples), state.steps + lengths)
    tape = TiledTape(values, {}, scan.live, state, lengths, trace) if keep else None
    return values, after, tape


def pull_back(
    bound: Bound, tape: Any, grad_outputs: Array, grad_history: Array, inputs_wanted: bool = True
) -> Gradients:
    """Return the adjoint of ``advance``; see ``contract.Executor``."""
    backward = Backward(bound, grad_outputs.shape[2])
    of_inputs = backward.pull(tape, grad_outputs, grad_history, True, inputs_wanted)
    return Gradients(backward.numbers(), of_inputs, backward.state_gradient(tape))


class Backward:
    """Backward pass of a sequence, over one tape or, the last one first, over those of its chunks.

    Between two chunks it keeps values and gradients of the steps of the later one that delays reach.  So every sum has
    the order, and the bits, of a pass over the whole sequence.
    """

    def __init__(self, bound: Bound, n_samples: int) -> None:
        self._bound, self._n_samples = bound, n_samples
        self._width = n_lanes(n_samples, bound.flat.dtype)
        self._n_tiles = -(-n_samples // self._width)
        self._loan = _lend_sums(bound, self._n_tiles, self._width)
        self._sums: Sums = self._loan.made
        self._sums.begin()
        self._ahead: list[tuple[Array, Array] | None] = [None] * self._n_tiles

    def pull(
        self, tape: TiledTape, grad_outputs: Array, grad_history: Array, begins: bool, inputs_wanted: bool
    ) -> Array:
        """Go back through the tape of a chunk, which ``begins`` the sequence or not.

        Returns the gradient of the inputs if that is wanted; otherwise it has no steps.
        """
        bound, sums = self._bound, self._sums
        plan = bound.plan
        n_steps, _, n_samples = grad_outputs.shape
        values = tape.values.whole
        loan = _lend_pull(bound, values.shape, grad_outputs.shape, len(sums.groups))
        pull: Pull = loan.made
        gradient = Tiles(pull.gradient, n_steps, tape.values.steps, n_samples, loan)
        has_final = bool(grad_history.any())
        pull.begin(grad_outputs, grad_history if has_final else None)
        # gradients of outputs are in forward time, and are flipped with the others
        seeded = has_final or plan.has_reverse
        if seeded:
            pull.gradient[...] = 0
            pull.gradient[:, :n_steps, bound.program.outputs] = pull.outputs
        adjoints = pull.adjoints(sums)
        background.finish(bound.flat.dtype, self._width)
        by_rows = _shares_rows(bound, self._n_tiles, self._width)

        def work(tile: int) -> None:
            whole = values[tile], pull.gradient[tile]
            trace = self._join(tile, tape.trace[tile], *whole)
            adjoint = adjoints[tile]._replace(seeded=True) if seeded else adjoints[tile]
            self._go_back(trace, adjoint, pull.packed[sums.group_of[tile]], whole, by_rows, tape.trace[tile].n_steps,
                          begins, inputs_wanted)  # fmt: skip
            if not begins:
                reached = slice(0, min(bound.program.longest_delay, trace.n_steps))
                self._ahead[tile] = whole[0][reached].copy(), whole[1][reached].copy()

        _over_tiles(work, sums.groups, by_rows or _is_small(bound, n_steps * n_samples))
        if inputs_wanted:
            return gradient[:, : bound.program.n_inputs]
        return np.zeros((0, bound.program.n_inputs, n_samples), bound.flat.dtype)

    def numbers(self) -> Array:
        """Return the gradient of every number, (n_numbers,)."""
        return _by_number(self._bound, _sum(self._sums.synapses), *_sum(self._sums.by_row))

    def state_gradient(self, tape: TiledTape) -> Array:
        """Return the gradient of the history at the start of the first chunk; of continuous-time neurons that of s."""
        history = from_tiles(self._sums.past, self._n_samples)
        for code, places in self._bound.plan.places_with_tau:
            through = np.ascontiguousarray(history[places])
            s = np.ascontiguousarray(tape.state.history[places]).astype(through.dtype)
            kernels.apply_slope_everywhere(code, through.reshape(-1), s.reshape(-1), True)
            history[places] = through + from_tiles(self._sums.past_states, self._n_samples)[places]
        return history

    def _join(self, tile: int, trace: Trace, values: Array, gradient: Array) -> Trace:
        """Put the steps of the next chunk that delays reach behind this one."""
        ahead = self._ahead[tile]
        if ahead is None or not len(ahead[0]):
            return trace
        first, last = trace.n_steps, trace.n_steps + len(ahead[0])
        values[first:last], gradient[first:last] = ahead
        return trace._replace(n_steps=last)

    def _go_back(
        self, trace: Trace, adjoint: Adjoint, packed: Array, whole: tuple[Array, Array], by_rows: bool,
        last_step: int, begins: bool, inputs_wanted: bool,
    ) -> None:  # fmt: skip
        bound, plan, width = self._bound, self._bound.plan, self._width
        lanes, wide = lanes_of(width), lanes_of(WIDTHS[bound.flat.dtype.itemsize][-1])
        if adjoint.seeded:
            kernels.pull_back_look(plan.rows, trace, adjoint, width)
        is_reverse = False
        for part in plan.backward_parts:
            if part.reverse != is_reverse:
                for each in whole:
                    flip_time(each, trace.lengths)
                is_reverse = part.reverse
            first, last = part.stages
            if by_rows:
                _backward_by_rows(bound, trace, adjoint, first, last, last_step, lanes)
                first = last
            kernels.backward(
                plan.ahead, plan.bundles_ahead, plan.push, plan.products, bound.weights, plan.rows, bound.numbers,
                trace, adjoint,
                Work(first, last, *part.segments, *part.blocks, last_step, begins, part.enters, inputs_wanted),
                packed, lanes, wide,
            )  # fmt: skip


def _by_number(bound: Bound, synapses: Array, bias: Array, initial: Array, rate: Array, leak: Array) -> Array:
    """Return the sums of the gradients of each number, (n_numbers,)."""
    plan = bound.plan
    scale = plan.scale_of(synapses.dtype)
    if scale is not None:
        synapses *= scale
    numbers = np.zeros(len(bound.flat) + 1, synapses.dtype)
    if plan.is_single:
        put(synapses, plan.to_number, numbers)
    else:
        np.add.at(numbers, plan.to_number, synapses)
    numbers = numbers[:-1]
    plan.neurons["bias"].add(numbers, bias)
    plan.neurons["initial"].add(numbers, initial)
    if len(plan.neurons["tau"].rows):
        with np.errstate(all="ignore"):
            slots = bound.program.neurons["tau"]
            plan.neurons["tau"].add(numbers, -rate * bound.numbers.rate / bound.flat[slots])
    if plan.learns_leak:
        plan.neurons["leak"].add(numbers, leak)
    return numbers


def _forward_by_rows(bound: Bound, rows: Neurons, trace: Trace, first: int, last: int, lanes: Any) -> None:
    shares = _shares(rows, bound.plan.links, first, last)
    for stage in range(first, last):
        for step in range(trace.n_steps):
            for segment in range(rows.stage_segment[stage], rows.stage_segment[stage + 1]):

                def work(part: tuple[int, int], step: int = step, segment: int = segment) -> None:
                    kernels.forward_rows(
                        bound.plan.links, bound.weights, rows, bound.numbers, trace, segment, step, *part, lanes
                    )

                run_all(work, shares[segment])


def _backward_by_rows(
    bound: Bound, trace: Trace, adjoint: Adjoint, first: int, last: int, last_step: int, lanes: Any
) -> None:
    rows = bound.plan.rows
    shares = _shares(rows, bound.plan.ahead, first, last)
    for stage in range(last - 1, first - 1, -1):
        for step in range(last_step - 1, -1, -1):
            for segment in range(rows.stage_segment[stage + 1] - 1, rows.stage_segment[stage] - 1, -1):

                def work(part: tuple[int, int], step: int = step, segment: int = segment) -> None:
                    kernels.backward_rows(
                        bound.plan.ahead, bound.weights, rows, bound.numbers, trace, adjoint, segment, step, *part,
                        lanes,
                    )  # fmt: skip

                run_all(work, shares[segment])


def _shares(rows: Neurons, links: Links, first_stage: int, last_stage: int) -> dict[int, list[tuple[int, int]]]:
    """Return the rows of each segment in as many parts as threads, with about as many synapses in each."""
    found = {}
    for segment in range(rows.stage_segment[first_stage], rows.stage_segment[last_stage]):
        first, last = int(rows.segment_row[segment]), int(rows.segment_row[segment + 1])
        # a row costs a little too
        cost = links.start[links.first[first : last + 1]] + 4 * np.arange(last - first + 1)
        n_parts = n_threads() if cost[-1] - cost[0] >= LARGE_PART else 1
        aims = np.linspace(cost[0], cost[-1], n_parts + 1)[1:-1]
        unit = max(1, int(rows.group[segment]))
        cuts = [first, *(first + np.searchsorted(cost, aims) // unit * unit).tolist(), last]
        found[segment] = [(begin, end) for begin, end in pairwise(cuts) if begin < end]
    return found


def _n_rows(program: Program) -> int:
    """Return the rows of memory of a step: odd, since one row at many steps would fall into one set of a cache."""
    return program.n_nodes | 1


def _is_small(bound: Bound, n_times: int) -> bool:
    return (bound.plan.n_synapses + bound.program.n_nodes) * n_times < SMALL


def _shares_rows(bound: Bound, n_tiles: int, width: int) -> bool:
    """Return True if threads share the rows of a step instead of tiles."""
    a_segment = bound.plan.n_synapses * width // max(1, len(bound.plan.rows.code))
    return a_segment >= LARGE_STEP and n_tiles < n_threads() and bound.plan.is_sparse


def _over_tiles(work: Callable[[int], None], groups: list[list[int]], small: bool) -> None:
    """Call ``work`` for each tile, groups side by side."""

    def of_group(tiles: list[int]) -> None:
        for tile in tiles:
            work(tile)

    if small:
        for tiles in groups:
            of_group(tiles)
    else:
        run_all(of_group, groups)


def _add_outputs(bound: Bound, scan: Scan) -> None:
    """Set the history of outputs: for continuous-time neurons, of which a state holds s, y = f(s)."""
    if scan.history is scan.states:
        return
    scan.history[...] = scan.states
    for code, places in bound.plan.places_with_tau:
        y = np.ascontiguousarray(scan.states[:, places])
        kernels.apply_everywhere(code, y.reshape(-1))
        scan.history[:, places] = y


def _lend_scan(bound: Bound, n_samples: int, n_steps: int, more: int, keep: bool) -> Loan:
    """Lend memory for a forward pass, with ``more`` steps behind it."""
    program, plan, dtype = bound.program, bound.plan, bound.flat.dtype

    def parts() -> Parts:
        width = n_lanes(n_samples, dtype)
        n_tiles = -(-n_samples // width)
        n_kept = plan.n_kept if keep else plan.n_kept_of_run
        history = n_tiles, program.n_history, width
        return [
            ((n_tiles, n_steps + more, _n_rows(program), width), dtype),
            ((n_tiles, n_steps, n_kept, width), dtype),
            (history, dtype),
            (history if plan.places_with_tau else (n_tiles, 0), dtype),
            (history, dtype),
            *[((n_tiles, width), np.int64)] * 2,
            ((n_tiles, n_steps), np.int64),
        ]

    def make(room: Room) -> Scan:
        return Scan(room, n_steps, n_samples, program.n_inputs)

    return plan.spare.lend(("scan", n_samples, n_steps, more, keep, dtype), parts, make)


def _lend_sums(bound: Bound, n_tiles: int, width: int) -> Loan:
    """Lend memory for the sums of a backward pass over so many tiles."""
    program, plan, dtype = bound.program, bound.plan, bound.flat.dtype

    def groups() -> list[list[int]]:
        return groups_of_tiles(plan.parts[-1], dtype.itemsize, n_tiles)

    def parts() -> Parts:
        n_groups = len(groups())
        return [
            *[((n_tiles, program.n_history, width), dtype)] * 2,
            ((n_tiles, program.n_nodes, width), dtype),
            ((n_tiles, program.n_nodes if plan.learns_leak else 0, width), dtype),
            ((n_groups, plan.parts[-1]), dtype),
            ((n_groups, 4, program.n_nodes), dtype),
        ]

    def make(room: Room) -> Sums:
        return Sums(room, groups(), plan.parts)

    return plan.spare.lend(("sums", n_tiles, width, dtype), parts, make)


def _lend_pull(bound: Bound, shape: tuple[int, ...], grad_shape: tuple[int, ...], n_groups: int) -> Loan:
    """Lend memory for a backward pass; ``shape`` is that of values, ``grad_shape`` that of gradients of outputs."""
    plan, dtype = bound.plan, bound.flat.dtype
    n_steps, n_outputs, n_samples = grad_shape
    n_tiles, width = shape[0], shape[3]

    def parts() -> Parts:
        return [
            (shape, dtype),
            ((n_tiles, n_steps, n_outputs, width), dtype),
            ((n_tiles, bound.program.n_history, width), dtype),
            ((n_groups, room_for(plan.products, width, WIDTHS[dtype.itemsize][-1])), dtype),
        ]

    # lanes without a sample are 0 for this number of samples alone
    return plan.spare.lend(("pull", shape, n_steps, n_samples, dtype), parts, Pull)


def _sum(parts: Array) -> Array:
    """Return the sum over the first axis, in order."""
    found: Array = parts[0]
    for part in parts[1:]:
        found += part
    return found
