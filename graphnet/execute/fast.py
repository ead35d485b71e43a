"""The fast executor: the whole scan over time in compiled kernels, forward and backward.

Samples are independent, so each thread is given tiles of them and scans all steps without waiting for anyone; where
there are fewer tiles than threads, and much to do at each step, rows are shared out step by step.  Which numbers are
added up together, and in which order, depends on the program and the number of samples alone, never on the threads: the
same numbers come out, to the last bit, with any number of them.

Complex numbers, and activations of the user's own, go to the reference executor.
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

from ..program import Program
from ..table import Array
from . import kernels, reference
from .bundles import room_for
from .contract import Gradients, State, Tape
from .formulas import CODES, GROUP_CODES
from .layout import Adjoint, Links, Numbers, Rows, Trace, Weights, Work
from .past import flip_time
from .plan import Plan, make_plan
from .pool import n_threads, run_all
from .vectors import WIDTHS, lanes_of

MOST_GROUPS = 8
"""How many partial sums of a gradient there are at most, and so how many threads can work on one by tiles."""
GROUP_BYTES = 1 << 26
"""How much memory these sums take together, at most, where there is more than one."""
SMALL = 1 << 18
"""Fewer synapse-steps, over all samples, than this are not worth a second thread."""
LARGE_STEP = 1 << 20
"""From so many products on in a step of a tile, its rows are worth being shared out."""


@dataclass(frozen=True, eq=False)
class Bound:
    """A plan with numbers in it; ``flat`` (n_numbers,) are those of the program, in its order."""

    program: Program
    plan: Plan
    flat: Array
    weights: Weights
    numbers: Numbers

    @cached_property
    def reference(self) -> reference.Bound:
        """The same for the reference executor."""
        return reference.bind(self.program, self.flat[: self.program.n_parameters])

    def span_steps(self, n_samples: int) -> int:
        """A sequence may be cut anywhere."""
        return 1


class Tiles:
    """Values (n_tiles, n_steps, n_rows, width), of which ``[:, rows]`` is (n_steps, n_rows, n_samples) by step.

    ``steps`` (n_tiles,) is how far each tile goes; past that nothing has been written.  When nobody needs it any more its
    memory goes back to the plan.
    """

    def __init__(self, plan: Plan, whole: Array, steps: list[int], n_samples: int) -> None:
        self.whole, self.steps, self.n_samples = whole, steps, n_samples
        self._spare = plan.spare

    def __del__(self) -> None:
        self._spare.give(self.whole)

    def __getitem__(self, key: tuple[slice, Any]) -> Array:
        every, rows = key
        n_steps = self.whole.shape[1]
        assert every == slice(None)
        if len(self.steps) == 1 and self.steps[0] == n_steps:
            found: Array = np.ascontiguousarray(self.whole[0][:, rows, : self.n_samples])
            return found
        parts = [tile[:n, rows] for tile, n in zip(self.whole, self.steps, strict=True)]
        found = np.zeros((n_steps, parts[0].shape[1], self.n_samples), self.whole.dtype)
        width = self.whole.shape[3]
        for number, part in enumerate(parts):
            first = number * width
            here = min(width, self.n_samples - first)
            found[: len(part), :, first : first + here] = part[:, :, :here]
        return found


@dataclass(frozen=True, eq=False, slots=True)
class TiledTape(Tape):
    """A tape in tiles: ``trace`` is what kernels read of each, ``history`` (n_tiles, n_history, width)."""

    trace: list[Trace]
    history: Array


_plans: WeakKeyDictionary[Program, Plan] = WeakKeyDictionary()
_planning = Lock()


def kept_rows(program: Program) -> int:
    """How many rows keep z, or s, beside their value for the backward pass."""
    return reference.kept_rows(program)


def bind(program: Program, parameters: Array) -> Any:
    """Put the parameters into the order that the kernels read them in."""
    if parameters.dtype.kind == "c" or not is_known(program):
        return reference.bind(program, parameters)
    with _planning:
        plan = _plans.get(program)
        if plan is None:
            plan = _plans[program] = make_plan(program)
    dtype = parameters.dtype
    flat = np.concatenate([parameters, program.fixed.astype(dtype)])
    entries = np.append(flat[program.slots] * program.scales.astype(dtype), np.zeros(1, dtype))
    bias = np.where(program.bias_slots < 0, 0, flat[program.bias_slots]).astype(dtype)
    initial = np.where(program.initial_slots < 0, 0, flat[program.initial_slots]).astype(dtype)
    with np.errstate(all="ignore"):
        rate = np.where(program.tau_slots < 0, 1, np.asarray(program.dt, dtype) / flat[program.tau_slots])
    gathers = plan.gathers
    orders = gathers.links, gathers.early, gathers.late, gathers.ahead, gathers.bundles_ahead, gathers.push
    return Bound(
        program,
        plan,
        flat,
        Weights(*(entries[order] for order in orders)),
        Numbers(bias, rate.astype(dtype), program.leak.astype(dtype), initial),
    )


def is_known(program: Program) -> bool:
    """Whether the kernels know every activation."""
    return all(
        program.activations[record["activation"]] in (GROUP_CODES if record["group"] else CODES)
        for record in program.segments
    )


def start(bound: Any, n_samples: int) -> Array:
    """The history before a sequence: each node's initial value, 0 for inputs, (n_history, n_samples)."""
    if not isinstance(bound, Bound):
        return reference.start(bound, n_samples)
    return np.repeat(bound.numbers.initial[bound.plan.rows.past_row][:, None], n_samples, axis=1)


def pull_back_start(bound: Any, grad_history: Array) -> Array:
    """The adjoint of ``start``: the gradient of every number, (n_numbers,)."""
    if not isinstance(bound, Bound):
        return reference.pull_back_start(bound, grad_history)
    gradient = np.zeros(len(bound.flat), grad_history.dtype)
    bound.plan.past_initials.add(gradient, grad_history.sum(axis=1))
    return gradient


def advance(bound: Any, state: State, inputs: Array, lengths: Array, keep: bool) -> tuple[Any, State, Tape | None]:
    """Values of all nodes over a chunk of steps; see ``contract.Executor``."""
    if not isinstance(bound, Bound):
        return reference.advance(bound, state, inputs, lengths, keep)
    dtype = np.result_type(bound.flat, inputs, state.history)
    if dtype != bound.flat.dtype:
        return reference.advance(bound.reference, state, inputs, lengths, keep)
    plan = bound.plan
    n_steps, n_inputs, n_samples = inputs.shape
    width = _width(n_samples, dtype)
    n_tiles = -(-n_samples // width)
    rows, n_kept = (plan.rows, plan.n_kept) if keep else (plan.rows_of_run, plan.n_kept_of_run)
    whole = plan.spare.take((n_tiles, n_steps, _n_rows(bound), width), dtype)
    kept = np.empty((n_tiles, n_steps, n_kept, width), dtype)
    states = _tiled(state.history, width, dtype)
    history = _output_history(bound, states)
    final = np.empty_like(states)
    tile_lengths, behind = np.zeros((2, n_tiles, width), np.int64)
    tile_lengths.reshape(-1)[:n_samples] = lengths
    behind.reshape(-1)[:n_samples] = state.steps
    live = (tile_lengths[:, None, :] > np.arange(n_steps)[:, None]).sum(axis=2)
    steps = tile_lengths[:, 0].tolist()
    trace = [
        Trace(
            whole[tile].reshape(-1), kept[tile].reshape(-1), history[tile].reshape(-1), states[tile].reshape(-1),
            whole.shape[2] * width, n_kept * width, steps[tile], live[tile], behind[tile], tile_lengths[tile],
        )
        for tile in range(n_tiles)
    ]  # fmt: skip
    for tile, first in enumerate(range(0, n_samples, width)):
        here = min(width, n_samples - first)
        entering = whole[tile, : steps[tile], :n_inputs]
        entering[:, :, :here] = inputs[: steps[tile], :, first : first + here]
        entering[:, :, here:] = 0
    lanes = lanes_of(width)
    by_rows = _shares_rows(bound, n_tiles, width)

    def work(tile: int) -> None:
        is_reverse = False
        for first, last, reverse in plan.passes:
            if reverse != is_reverse:
                flip_time(whole[tile], tile_lengths[tile])
                is_reverse = reverse
            if by_rows:
                _forward_by_rows(bound, rows, trace[tile], first, last, lanes)
                first = last
            kernels.forward(
                plan.links, plan.early, plan.late, bound.weights, rows, bound.numbers, trace[tile],
                final[tile].reshape(-1), first, last, lanes,
            )  # fmt: skip
        if is_reverse:
            flip_time(whole[tile], tile_lengths[tile])

    groups = [[tile] for tile in range(n_tiles)]
    _over_tiles(work, groups, by_rows or _is_small(bound, n_steps * n_samples))
    values = Tiles(plan, whole, steps, n_samples)
    after = State(state.layout, _flat(final, n_samples), state.steps + lengths)
    tape = TiledTape(values, {}, live, state, lengths, trace, history) if keep else None  # type: ignore[arg-type]
    return values, after, tape


def pull_back(
    bound: Any, tape: Tape, grad_outputs: Array, grad_history: Array, inputs_wanted: bool = True
) -> Gradients:
    """The adjoint of ``advance``; see ``contract.Executor``."""
    if not isinstance(bound, Bound):
        return reference.pull_back(bound, tape, grad_outputs, grad_history, inputs_wanted)
    dtype = np.result_type(bound.flat, grad_outputs)
    if not isinstance(tape, TiledTape) or dtype != bound.flat.dtype:
        return reference.pull_back(bound.reference, tape, grad_outputs, grad_history, inputs_wanted)
    program, plan, rows = bound.program, bound.plan, bound.plan.rows
    n_steps, n_outputs, n_samples = grad_outputs.shape
    n_tiles, _, n_rows, width = tape.values.whole.shape
    groups = _groups_of(bound, n_tiles)
    # what the loss gives is in forward time, and turns round with all else
    seeded = bool(any(reverse for _, _, reverse in plan.passes) or grad_history.any())
    grad_values = Tiles(plan, plan.spare.take((n_tiles, n_steps, n_rows, width), dtype), tape.values.steps, n_samples)
    gradient = grad_values.whole
    if seeded:
        gradient[...] = 0
    outputs = np.zeros((n_tiles, n_steps, n_outputs, width), dtype)
    for tile, first in enumerate(range(0, n_samples, width)):
        here = min(width, n_samples - first)
        outputs[tile, :, :, :here] = grad_outputs[:, :, first : first + here]
    final = _tiled(grad_history, width, dtype)
    past, past_states = np.zeros((2, *final.shape), dtype)
    carried = np.zeros((n_tiles, program.n_nodes, width), dtype)
    synapses = np.zeros((len(groups), plan.parts[-1]), dtype)
    by_row = np.zeros((len(groups), 3, program.n_nodes), dtype)
    lanes, wide = lanes_of(width), lanes_of(WIDTHS[dtype.itemsize][-1])
    by_rows = _shares_rows(bound, n_tiles, width)
    group_of = {tile: number for number, tiles in enumerate(groups) for tile in tiles}

    def work(tile: int) -> None:
        group, trace = group_of[tile], tape.trace[tile]
        links, push, products = (synapses[group, first:last] for first, last in pairwise(plan.parts))
        adjoint = Adjoint(
            gradient[tile].reshape(-1), outputs[tile].reshape(-1), n_outputs * width, past[tile].reshape(-1),
            past_states[tile].reshape(-1), final[tile].reshape(-1), carried[tile].reshape(-1), links, push, products,
            *by_row[group], seeded,
        )  # fmt: skip
        if seeded:
            gradient[tile, :, program.outputs] = outputs[tile].transpose(1, 0, 2)
            kernels.pull_back_look(rows, trace, adjoint, width)
        room = np.zeros(room_for(plan.products, width, len(wide)), dtype)
        is_reverse = False
        for part in plan.backward_parts:
            if part.reverse != is_reverse:
                flip_time(tape.values.whole[tile], trace.lengths)
                flip_time(gradient[tile], trace.lengths)
                is_reverse = part.reverse
            first, last = part.stages
            if by_rows:
                _backward_by_rows(bound, trace, adjoint, first, last, lanes)
                first = last
            kernels.backward(
                plan.ahead, plan.bundles_ahead, plan.push, plan.products, bound.weights, rows, bound.numbers, trace,
                adjoint, Work(first, last, *part.segments, *part.blocks, 0, n_steps, True, part.enters, inputs_wanted),
                room, lanes, wide,
            )  # fmt: skip

    _over_tiles(work, groups, by_rows or _is_small(bound, n_steps * n_samples))
    of_inputs = np.zeros((0, program.n_inputs, n_samples), dtype)
    if inputs_wanted:
        of_inputs = grad_values[:, : program.n_inputs]
    numbers = _by_number(bound, _sum(synapses), *_sum(by_row))
    return Gradients(numbers, of_inputs, _state_gradient(bound, tape, past, past_states, n_samples))


def _by_number(bound: Bound, synapses: Array, bias: Array, initial: Array, rate: Array) -> Array:
    """Add up what reads the same number, (n_numbers,)."""
    plan = bound.plan
    synapses *= plan.scale.astype(synapses.dtype, copy=False)
    numbers = np.zeros(len(bound.flat) + 1, synapses.dtype)
    if plan.is_single:
        numbers[plan.to_number] = synapses
    else:
        np.add.at(numbers, plan.to_number, synapses)
    numbers = numbers[:-1]
    plan.biases.add(numbers, bias)
    plan.initials.add(numbers, initial)
    if len(plan.taus.rows):
        with np.errstate(all="ignore"):
            plan.taus.add(numbers, -rate * bound.numbers.rate / bound.flat[bound.program.tau_slots])
    return numbers


def _forward_by_rows(bound: Bound, rows: Rows, trace: Trace, first: int, last: int, lanes: Any) -> None:
    shares = _shares(rows, bound.plan.links, first, last)
    for stage in range(first, last):
        for step in range(trace.n_steps):
            for segment in range(rows.stage_segment[stage], rows.stage_segment[stage + 1]):

                def work(part: tuple[int, int], step: int = step, segment: int = segment) -> None:
                    kernels.forward_rows(
                        bound.plan.links, bound.weights, rows, bound.numbers, trace, segment, step, *part, lanes
                    )

                run_all(work, shares[segment])


def _backward_by_rows(bound: Bound, trace: Trace, adjoint: Adjoint, first: int, last: int, lanes: Any) -> None:
    rows = bound.plan.rows
    shares = _shares(rows, bound.plan.ahead, first, last)
    for stage in range(last - 1, first - 1, -1):
        for step in range(trace.n_steps - 1, -1, -1):
            for segment in range(rows.stage_segment[stage + 1] - 1, rows.stage_segment[stage] - 1, -1):

                def work(part: tuple[int, int], step: int = step, segment: int = segment) -> None:
                    kernels.backward_rows(
                        bound.plan.ahead, bound.weights, rows, bound.numbers, trace, adjoint, segment, step, *part,
                        lanes,
                    )  # fmt: skip

                run_all(work, shares[segment])


def _shares(rows: Rows, links: Links, first_stage: int, last_stage: int) -> dict[int, list[tuple[int, int]]]:
    """The rows of each segment, in as many parts as there are threads, of about as many synapses."""
    found = {}
    for segment in range(rows.stage_segment[first_stage], rows.stage_segment[last_stage]):
        first, last = int(rows.segment_row[segment]), int(rows.segment_row[segment + 1])
        # a row costs a little too
        cost = links.start[links.first[first : last + 1]] + 4 * np.arange(last - first + 1)
        aims = np.linspace(cost[0], cost[-1], n_threads() + 1)[1:-1]
        unit = max(1, int(rows.group[segment]))
        cuts = [first, *(first + np.searchsorted(cost, aims) // unit * unit).tolist(), last]
        found[segment] = [(begin, end) for begin, end in pairwise(cuts) if begin < end]
    return found


def _n_rows(bound: Bound) -> int:
    """How many rows a step takes: an odd number, or the same row of many steps would meet in one set of a cache."""
    return bound.program.n_nodes | 1


def _width(n_samples: int, dtype: np.dtype[Any]) -> int:
    """How many samples a tile has."""
    widths = WIDTHS[dtype.itemsize]
    return next((width for width in widths if width >= n_samples), widths[-1])


def _tiled(array: Array, width: int, dtype: np.dtype[Any]) -> Array:
    """(n, n_samples) as (n_tiles, n, width), with 0 where there is no sample."""
    n, n_samples = array.shape
    n_tiles = -(-n_samples // width)
    found = np.zeros((n_tiles, n, width), dtype)
    for tile in range(n_tiles):
        part = array[:, tile * width : (tile + 1) * width]
        found[tile, :, : part.shape[1]] = part
    return found


def _flat(tiles: Array, n_samples: int) -> Array:
    """The inverse of ``_tiled``."""
    n_tiles, n, width = tiles.shape
    return np.ascontiguousarray(tiles.transpose(1, 0, 2).reshape(n, n_tiles * width)[:, :n_samples])


def _groups_of(bound: Bound, n_tiles: int) -> list[list[int]]:
    """Tiles in groups whose gradients are added up one after another."""
    fit = max(1, GROUP_BYTES // max(1, bound.plan.parts[-1] * bound.flat.itemsize))
    n_groups = max(1, min(n_tiles, MOST_GROUPS, fit))
    cuts = [number * n_tiles // n_groups for number in range(n_groups + 1)]
    return [list(range(first, last)) for first, last in pairwise(cuts)]


def _is_small(bound: Bound, n_times: int) -> bool:
    return (bound.plan.n_synapses + bound.program.n_nodes) * n_times < SMALL


def _shares_rows(bound: Bound, n_tiles: int, width: int) -> bool:
    """Whether rows go to threads, and not tiles."""
    a_segment = bound.plan.n_synapses * width // max(1, len(bound.plan.rows.code))
    return n_tiles < n_threads() and a_segment >= LARGE_STEP and bound.plan.is_sparse


def _over_tiles(work: Callable[[int], None], groups: list[list[int]], small: bool) -> None:
    """Call ``work`` for each tile, groups side by side."""

    def of_group(tiles: list[int]) -> None:
        for tile in tiles:
            work(tile)

    if small or len(groups) == 1:
        for tiles in groups:
            of_group(tiles)
    else:
        run_all(of_group, groups)


def _output_history(bound: Bound, states: Array) -> Array:
    """The history of outputs, of which a state holds s of continuous-time neurons: y = f(s), by the kernels' own f."""
    found = states
    for code, places in bound.plan.places_with_tau:
        y = np.ascontiguousarray(states[:, places])
        kernels.apply_everywhere(code, y.reshape(-1))
        found = states.copy() if found is states else found
        found[:, places] = y
    return found


def _state_gradient(bound: Bound, tape: TiledTape, past: Array, states: Array, n_samples: int) -> Array:
    """The gradient of the history that the chunk started from; of continuous-time neurons that of s."""
    history = _flat(past, n_samples)
    for code, places in bound.plan.places_with_tau:
        through = np.ascontiguousarray(history[places])
        s = np.ascontiguousarray(tape.state.history[places]).astype(through.dtype)
        kernels.apply_slope_everywhere(code, through.reshape(-1), s.reshape(-1), True)
        history[places] = through + _flat(states, n_samples)[places]
    return history


def _sum(parts: Array) -> Array:
    """The sum over the first axis, in its order."""
    found: Array = parts[0]
    for part in parts[1:]:
        found += part
    return found
