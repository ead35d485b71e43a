"""The fast executor: the whole scan over time in compiled kernels, forward and backward.

Samples are independent, so each thread is given tiles of them and scans all steps without waiting for anyone.  Which
tiles are added up together depends on the program and the number of samples alone, never on the threads: the same
numbers come out, to the last bit, with any number of threads.

Complex numbers, and activations of the user's own, go to the reference executor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from ..program import Program
from ..table import Array
from . import kernels, reference
from .contract import Gradients, State, Tape
from .formulas import CODES, GROUP_CODES, apply
from .kernels import NONE, Links, Numbers, Rows, Sizes
from .neurons import keeps_inner, make_segments, own_positions
from .past import Past, flip_time
from .pool import run_all
from .vectors import WIDTHS, lanes_of

MOST_GROUPS = 8
"""How many partial sums of a gradient there are at most, and so how many threads can work on one."""
GROUP_BYTES = 1 << 26
"""How much memory these sums take together, at most, where there is more than one."""
SMALL = 1 << 18
"""Fewer synapse-steps, over all samples, than this are not worth a second thread."""


@dataclass(frozen=True, eq=False)
class Plan:
    """What kernels need of a program, whatever its numbers.

    ``order`` (n_entries,) is the entry of the program that each member of ``links`` is, ``ahead_order`` and
    ``push_order`` those of the members of ``ahead`` and ``push``; ``rows`` keep z or s of what the backward pass needs,
    ``rows_of_run`` of continuous-time neurons only.
    """

    links: Links
    order: Array
    ahead: Links
    ahead_order: Array
    push: Links
    push_order: Array
    rows: Rows
    rows_of_run: Rows
    n_kept: int
    n_kept_of_run: int
    passes: tuple[tuple[int, int, bool], ...]


@dataclass(frozen=True, eq=False)
class Bound:
    """A plan with numbers in it; ``frame`` is what the reference executor makes of the neurons."""

    program: Program
    plan: Plan
    frame: reference.Bound
    weight: Array
    ahead_weight: Array
    push_weight: Array
    numbers: Numbers

    @cached_property
    def reference(self) -> reference.Bound:
        """The same for the reference executor."""
        return reference.bind(self.program, self.frame.numbers[: self.program.n_parameters])

    def span_steps(self, n_samples: int) -> int:
        """A sequence may be cut anywhere."""
        return 1


@dataclass(frozen=True, eq=False, slots=True)
class PaddedTape(Tape):
    """A tape whose arrays are parts of wider ones: ``whole`` (n_steps, n_nodes, padded), ``kept`` (n_steps, n_kept,
    padded), ``history`` and ``states`` (n_history, padded).
    """

    whole: Array
    kept: Array
    history: Array
    states: Array


_plans: WeakKeyDictionary[Program, Plan] = WeakKeyDictionary()


def kept_rows(program: Program) -> int:
    """How many rows keep z, or s, beside their value for the backward pass."""
    return reference.kept_rows(program)


def bind(program: Program, parameters: Array) -> Any:
    """Put the parameters into the order that the kernels read them in."""
    if parameters.dtype.kind == "c" or not is_known(program):
        return reference.bind(program, parameters)
    plan = _plans.get(program)
    if plan is None:
        plan = _plans[program] = make_plan(program)
    dtype = parameters.dtype
    numbers = np.concatenate([parameters, program.fixed.astype(dtype)])
    entries = numbers[program.slots] * program.scales.astype(dtype)
    bias = np.where(program.bias_slots < 0, 0, numbers[program.bias_slots]).astype(dtype)
    initial = np.where(program.initial_slots < 0, 0, numbers[program.initial_slots]).astype(dtype)
    with np.errstate(all="ignore"):
        rate = np.where(program.tau_slots < 0, 1, np.asarray(program.dt, dtype) / numbers[program.tau_slots])
    frame = reference.Bound(program, numbers, [], make_segments(program, numbers), bias, program.history())
    return Bound(
        program,
        plan,
        frame,
        entries[plan.order],
        entries[plan.ahead_order],
        entries[plan.push_order],
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
    return reference.start(getattr(bound, "frame", bound), n_samples)


def pull_back_start(bound: Any, grad_history: Array) -> Array:
    """The adjoint of ``start``: the gradient of every number, (n_numbers,)."""
    return reference.pull_back_start(getattr(bound, "frame", bound), grad_history)


def advance(bound: Any, state: State, inputs: Array, lengths: Array, keep: bool) -> tuple[Array, State, Tape | None]:
    """Values of all nodes over a chunk of steps; see ``contract.Executor``."""
    if not isinstance(bound, Bound):
        return reference.advance(bound, state, inputs, lengths, keep)
    dtype = np.result_type(bound.frame.numbers, inputs, state.history)
    if dtype != bound.frame.numbers.dtype:
        return reference.advance(bound.reference, state, inputs, lengths, keep)
    program, plan = bound.program, bound.plan
    n_steps, n_inputs, n_samples = inputs.shape
    width, padded = _layout(n_samples)
    live = (lengths[None, :] > np.arange(n_steps)[:, None]).sum(axis=1)
    whole = np.zeros((n_steps, program.n_nodes, padded), dtype)
    values = whole[:, :, :n_samples]
    values[:, :n_inputs] = inputs
    rows, n_kept = (plan.rows, plan.n_kept) if keep else (plan.rows_of_run, plan.n_kept_of_run)
    kept = np.zeros((n_steps, n_kept, padded), dtype)
    states = _padded(state.history, padded, dtype)
    before = _output_history(bound, state.history)
    history = states if before is state.history else _padded(before, padded, dtype)
    sizes = Sizes(program.n_nodes, n_kept, padded)
    lanes = lanes_of(width)
    flat = [each.reshape(-1) for each in (whole, kept, history, states)]
    groups, small = _groups_of(bound, n_samples, width), _is_small(bound, n_steps * n_samples)
    is_reverse = False
    for first, last, reverse in plan.passes:
        if reverse != is_reverse:
            flip_time(values, lengths)
            is_reverse = reverse

        def work(tile: int, first: int = first, last: int = last) -> None:
            kernels.forward(
                plan.links, bound.weight, rows, bound.numbers, sizes, *flat, live, state.steps, first, last, tile, lanes
            )

        _over_tiles(work, groups, small)
    if is_reverse:
        flip_time(values, lengths)
    inner = {
        segment.number: kept[:, place : place + segment.rows.stop - segment.rows.start, :n_samples]
        for segment in bound.frame.segments
        if (place := int(rows.kept[segment.rows.start])) >= 0
    }
    past = Past(program, values, before)
    final_history = reference.final_history(bound.frame, past, inner, state, lengths)
    final = State(state.layout, final_history, state.steps + lengths)
    tape = PaddedTape(values, inner, live, state, lengths, whole, kept, history, states) if keep else None
    return values, final, tape


def pull_back(bound: Any, tape: Tape, grad_outputs: Array, grad_history: Array) -> Gradients:
    """The adjoint of ``advance``; see ``contract.Executor``."""
    if not isinstance(bound, Bound):
        return reference.pull_back(bound, tape, grad_outputs, grad_history)
    dtype = np.result_type(tape.values, grad_outputs)
    if not isinstance(tape, PaddedTape) or dtype != bound.frame.numbers.dtype:
        return reference.pull_back(bound.reference, tape, grad_outputs, grad_history)
    program, plan, rows = bound.program, bound.plan, bound.plan.rows
    values, live, lengths = tape.values, tape.live, tape.lengths
    n_steps, _, n_samples = values.shape
    width, padded = _layout(n_samples)
    whole = np.zeros(tape.whole.shape, dtype)
    gradient = whole[:, :, :n_samples]
    grad_past_history = np.zeros(tape.history.shape, dtype)
    past = Past(program, values, tape.history[:, :n_samples])
    grad_past = Past(program, gradient, grad_past_history[:, :n_samples])
    adjoint = reference.pull_back_final_history(bound.frame, past, grad_past, tape, grad_history)
    running = np.less(np.arange(n_steps)[:, None], lengths)[:, None]
    gradient[:, program.outputs] += np.where(running, grad_outputs, 0) if lengths[-1] < n_steps else grad_outputs
    grad_states = _padded(adjoint.states, padded, dtype)
    grad_final = _padded(grad_history, padded, dtype)
    carried = np.zeros((program.n_nodes, padded), dtype)
    sizes, lanes = Sizes(program.n_nodes, plan.n_kept, padded), lanes_of(width)
    groups = _groups_of(bound, n_samples, width)
    grad_weight = np.zeros((len(groups), len(plan.order)), dtype)
    by_row = np.zeros((3, len(groups), program.n_nodes), dtype)
    inside = tape.whole.reshape(-1), tape.kept.reshape(-1), tape.history.reshape(-1), tape.states.reshape(-1)
    outside = whole.reshape(-1), grad_past_history.reshape(-1), grad_states.reshape(-1), grad_final.reshape(-1)
    number_of = {tile: number for number, tiles in enumerate(groups) for tile in tiles}
    small = _is_small(bound, n_steps * n_samples)
    is_reverse = False
    for first, last, reverse in plan.passes[::-1]:
        if reverse != is_reverse:
            flip_time(values, lengths)
            flip_time(gradient, lengths)
            is_reverse = reverse

        def work(tile: int, first: int = first, last: int = last) -> None:
            group = number_of[tile]
            grad_bias, grad_initial, grad_rate = by_row[:, group]
            kernels.backward(
                plan.ahead, bound.ahead_weight, plan.push, bound.push_weight, rows, bound.numbers, sizes, *inside,
                *outside, carried.reshape(-1), grad_initial, grad_rate, lengths, live, tape.state.steps, first, last,
                tile, lanes,
            )  # fmt: skip
            kernels.weight_gradient(
                plan.links, rows, sizes, inside[0], inside[2], outside[0], live,
                int(rows.segment_row[rows.stage_segment[first]]), int(rows.segment_row[rows.stage_segment[last]]),
                tile, grad_weight[group], grad_bias, lanes,
            )  # fmt: skip

        _over_tiles(work, groups, small)
    if is_reverse:
        flip_time(values, lengths)
        flip_time(gradient, lengths)

    def enter(tile: int) -> None:
        shared = plan.ahead, bound.ahead_weight, inside[0], inside[2], rows, sizes, outside[0]
        kernels.pull_inputs(*shared, live, program.n_inputs, tile, lanes)
        kernels.pull_history(*shared, outside[1], n_steps, 0, program.n_inputs, tile, lanes)

    _over_tiles(enter, groups, small)
    adjoint.states[...] = grad_states[:, :n_samples]
    grad_bias, grad_initial, grad_rate = _sum(by_row.transpose(1, 0, 2))
    adjoint.initial[...] += grad_initial
    adjoint.rate[...] += grad_rate
    grad_entries = np.empty(len(program.slots), dtype)
    grad_entries[plan.order] = _sum(grad_weight)
    numbers = reference.by_number(bound.frame, grad_entries, grad_bias, adjoint)
    state_gradient = reference.state_gradient(bound.frame, tape, grad_past, adjoint)
    return Gradients(numbers, gradient[:, : program.n_inputs], state_gradient)


def make_plan(program: Program) -> Plan:
    """Sort the synapses of a program for the kernels."""
    target, source, delay, gate, gate_delay = entries_of(program)
    gated = np.flatnonzero(gate >= 0)
    stage = np.full(program.n_nodes, -1)
    for number, record in enumerate(program.stages):
        stage[slice(*record["row"])] = number
    links, order = make_links(program.n_nodes, target, delay, gate_delay, source, gate)
    # a synapse is read for its source and, where it has a gate, for that
    owner, other = np.concatenate([source, gate[gated]]), np.concatenate([target, target[gated]])
    ahead, beside = np.concatenate([delay, gate_delay[gated]]), np.concatenate([gate_delay, delay[gated]])
    factor = np.concatenate([gate, source[gated]])
    entry = np.concatenate([np.arange(len(target)), gated])
    pulled = np.ones(len(owner), bool)
    if program.stages["reverse"].any():
        pulled = stage[owner] == stage[other]
    pull, pull_order = make_links(
        program.n_nodes, owner[pulled], ahead[pulled], beside[pulled], other[pulled], factor[pulled]
    )
    pushed = ~pulled
    push, push_order = make_links(
        program.n_nodes, other[pushed], ahead[pushed], beside[pushed], owner[pushed], factor[pushed]
    )
    rows, n_kept = make_rows(program, lambda record: keeps_inner(program, record))
    rows_of_run, n_kept_of_run = make_rows(program, lambda record: bool(record["tau"]))
    return Plan(
        links,
        order,
        pull,
        entry[pulled][pull_order],
        push,
        entry[pushed][push_order],
        rows,
        rows_of_run,
        n_kept,
        n_kept_of_run,
        tuple(_passes(program)),
    )


def entries_of(program: Program) -> tuple[Array, Array, Array, Array, Array]:
    """Target, source, delay, gate and delay of the gate of every entry, (n_entries,); -1 and NONE without a gate."""
    n_entries = len(program.slots)
    target, source, gate = (np.full(n_entries, -1) for _ in range(3))
    delay, gate_delay = np.zeros(n_entries, np.int64), np.full(n_entries, NONE)
    for block in program.blocks:
        here = slice(*block["entry"])
        targets, sources = program.targets[slice(*block["target"])], program.sources[slice(*block["source"])]
        if block["dense"]:
            row = np.repeat(np.arange(len(targets)), len(sources))
            column = np.tile(np.arange(len(sources)), len(targets))
        else:
            row = np.repeat(np.arange(len(targets)), np.diff(program.pointers[slice(*block["pointer"])]))
            column = program.indices[here]
        target[here], source[here], delay[here] = targets[row], sources[column], block["delay"]
        if block["gate_delay"] >= 0:
            gate[here] = program.gates[slice(*block["source"])][column]
            gate_delay[here] = block["gate_delay"]
    return target, source, delay, gate, gate_delay


def make_links(
    n_rows: int, owner: Array, delay: Array, factor_delay: Array, other: Array, factor: Array
) -> tuple[Links, Array]:
    """Links by owner and run, and the order that they are in."""
    order = np.lexsort([factor_delay, delay, owner])
    owner, delay, factor_delay = owner[order], delay[order], factor_delay[order]
    changes = np.ones(len(order), bool)
    changes[1:] = (np.diff(owner) != 0) | (np.diff(delay) != 0) | (factor_delay[1:] != factor_delay[:-1])
    begin = np.flatnonzero(changes)
    return Links(
        np.searchsorted(owner[begin], np.arange(n_rows + 1)),
        np.append(begin, len(order)),
        delay[begin],
        factor_delay[begin],
        other[order].astype(np.int32),
        factor[order].astype(np.int32),
    ), order


def make_rows(program: Program, keeps: Callable[[Any], bool]) -> tuple[Rows, int]:
    """What neurons are, and how many rows keep something beside their value."""
    kept, n_kept = np.full(program.n_nodes, -1), 0
    code = []
    for record in program.segments:
        first, last = record["row"]
        if keeps(record):
            kept[first:last] = n_kept + np.arange(last - first)
            n_kept += int(last - first)
        codes = GROUP_CODES if record["group"] else CODES
        code.append(codes.index(program.activations[record["activation"]]))
    segments, levels = program.segments, program.levels
    n_segments = len(segments)
    stage_segment = np.append(levels["segment"][program.stages["level"][:, 0], 0], n_segments)
    return Rows(
        stage_segment.astype(np.int64),
        np.append(segments["row"][:, 0], program.n_nodes).astype(np.int64),
        np.array(code, np.int64),
        segments["group"].astype(np.int64),
        segments["leaky"].copy(),
        segments["tau"].copy(),
        segments["onset"].copy(),
        kept,
        program.history_end.astype(np.int64),
        program.depth.astype(np.int64),
        program.onset.astype(np.int64),
    ), n_kept


def _passes(program: Program) -> Iterator[tuple[int, int, bool]]:
    """Runs of stages in one direction of time: first, last, whether reversed."""
    reverse = program.stages["reverse"]
    cuts = [0, *(np.flatnonzero(np.diff(reverse)) + 1).tolist(), len(reverse)]
    for first, last in pairwise(cuts):
        if first < last:
            yield first, last, bool(reverse[first])


def _layout(n_samples: int) -> tuple[int, int]:
    """How many samples a tile has, and how many there are with those that fill the last one up."""
    width = next((width for width in WIDTHS if width >= n_samples), WIDTHS[-1])
    return width, -(-n_samples // width) * width


def _padded(array: Array, padded: int, dtype: np.dtype[Any]) -> Array:
    found = np.zeros((len(array), padded), dtype)
    found[:, : array.shape[1]] = array
    return found


def _groups_of(bound: Bound, n_samples: int, width: int) -> list[list[int]]:
    """The first samples of tiles, in groups whose gradients are added up one after another."""
    tiles = list(range(0, n_samples, width))
    fit = max(1, GROUP_BYTES // max(1, len(bound.weight) * bound.weight.itemsize))
    n_groups = max(1, min(len(tiles), MOST_GROUPS, fit))
    return [part.tolist() for part in np.array_split(np.array(tiles, np.int64), n_groups)]


def _is_small(bound: Bound, n_times: int) -> bool:
    return (len(bound.weight) + bound.program.n_nodes) * n_times < SMALL


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


def _output_history(bound: Bound, history: Array) -> Array:
    """The history of outputs, of which a state holds s of continuous-time neurons: y = f(s), by the kernels' own f."""
    found, rows = history, bound.plan.rows
    for number, segment in enumerate(bound.frame.segments):
        if segment.rate is not None:
            positions, _ = own_positions(segment)
            y = np.ascontiguousarray(history[positions])
            apply(int(rows.code[number]), y.reshape(-1), 0, y.size)
            found = history.copy() if found is history else found
            found[positions] = y
    return found


def _sum(parts: Array) -> Array:
    """The sum over the first axis, in its order."""
    found: Array = parts[0].copy() if len(parts) else parts.sum(axis=0)
    for part in parts[1:]:
        found += part
    return found
