"""Plan: the synapses of a program in the order in which compiled kernels read them, without their numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from ...compiler.program import Program
from ...language.arrays import Array
from ...language.order import are_distinct, is_one_number
from ..reference.neurons import keeps_inner
from .blocks import Bundler, Producer
from .kernels.formulas import CODES, GROUP_CODES
from .links import Entries, counted_members, make_links
from .memory import Spare
from .reorder import gathered
from .tables import Bundles, Links, Neurons, Products


@dataclass(frozen=True, eq=False)
class Gathers:
    """For each table of kernels, the entry of the program of each weight; -1 in rows that fill up a bundle."""

    links: Array
    early: Array
    late: Array
    ahead: Array
    bundles_ahead: Array
    push: Array


@dataclass(frozen=True, eq=False)
class Slots:
    """Positions of numbers of rows: those of ``rows`` at ``slots``; ``is_single`` if no two rows share a slot."""

    rows: Array
    slots: Array
    is_single: bool

    @classmethod
    def of(cls, slots: Array) -> Slots:
        """Return the slots that are not negative."""
        rows = np.flatnonzero(slots >= 0)
        found = slots[rows]
        return cls(rows, found, are_distinct(found, int(found.max(initial=-1)) + 1))

    def add(self, numbers: Array, parts: Array) -> None:
        """Add to ``numbers`` the parts of rows."""
        if not len(self.rows):
            return
        if self.is_single:
            numbers[self.slots] += parts[self.rows]
        else:
            np.add.at(numbers, self.slots, parts[self.rows])


class Part(NamedTuple):
    """Stages that the backward pass goes through in one direction of time, with their segments and dense blocks."""

    stages: tuple[int, int]
    segments: tuple[int, int]
    blocks: tuple[int, int]
    reverse: bool
    enters: bool


@dataclass(frozen=True, eq=False)
class Plan:
    """Tables of a program for kernels.

    ``rows`` keep z or s of what the backward pass needs, ``rows_of_run`` of continuous-time neurons only; ``passes``
    are runs of stages in one direction of time: first, last, whether reversed.

    Gradients of synapses are one array: those of ``ahead``, of ``push`` and of ``products``, one after another, at the
    bounds ``parts`` (4,).  Each is added, times ``scale``, to the number at ``to_number``; for the second reading of a
    synapse that is one past the last.
    """

    links: Links
    early: Bundles
    late: Bundles
    ahead: Links
    bundles_ahead: Bundles
    push: Links
    products: Products
    gathers: Gathers
    rows: Neurons
    rows_of_run: Neurons
    n_kept: int
    n_kept_of_run: int
    passes: tuple[tuple[int, int, bool], ...]
    parts: tuple[int, int, int, int]
    to_number: Array
    scale: Array
    is_single: bool
    neurons: dict[str, Slots]
    past_initials: Slots
    spare: Spare

    @cached_property
    def backward_parts(self) -> list[Part]:
        """Parts of the backward pass, the last stages first; inputs come last, in forward time."""
        rows, found = self.rows, []
        of_blocks = self.products.row[self.products.targets[:, 0]]
        for first, last, reverse in self.passes[::-1]:
            segments = int(rows.stage_segment[first]), int(rows.stage_segment[last])
            blocks = np.searchsorted(of_blocks, rows.segment_row[list(segments)])
            enters = first == 0 and not reverse
            found.append(Part((first, last), segments, (int(blocks[0]), int(blocks[1])), reverse, enters))
        if not found or not found[-1].enters:
            found.append(Part((0, 0), (0, 0), (0, 0), False, True))
        return found

    @cached_property
    def learns_leak(self) -> bool:
        """True if some leaks are parameters."""
        return bool(self.rows.learns_leak.any())

    @cached_property
    def has_reverse(self) -> bool:
        """True if some stages live in reversed time."""
        return any(reverse for _, _, reverse in self.passes)

    def scale_of(self, dtype: np.dtype[Any]) -> Array | None:
        """Return ``scale`` in a dtype, or None if all are 1."""
        if dtype not in self._scales:
            self._scales[dtype] = None if are_one(self.scale) else self.scale.astype(dtype)
        return self._scales[dtype]

    @cached_property
    def _scales(self) -> dict[np.dtype[Any], Array | None]:
        return {}

    @cached_property
    def places_with_tau(self) -> list[tuple[int, Array]]:
        """Code of each segment of continuous-time neurons, and positions of the past of its rows in a history."""
        rows = self.rows
        return [
            (int(rows.code[segment]), np.flatnonzero((rows.past_row >= first) & (rows.past_row < last)))
            for segment, (first, last) in enumerate(pairwise(rows.segment_row.tolist()))
            if rows.has_tau[segment]
        ]

    @cached_property
    def n_synapses(self) -> int:
        """Number of weights that a step reads."""
        return len(self.gathers.links) + len(self.gathers.early) + len(self.gathers.late)

    @cached_property
    def is_sparse(self) -> bool:
        """True if nothing is bundled and nothing pushed, so that threads can share rows."""
        bundles = self.early, self.late, self.bundles_ahead
        return not len(self.push.other) and all(not len(each.count) for each in bundles)


def are_one(scale: Array) -> bool:
    """Return True if all scales are 1; they may be a view of one number."""
    return bool((scale[:1] == 1).all() if is_one_number(scale) else (scale == 1).all())


def make_plan(program: Program) -> Plan:
    """Return the plan of a program."""
    entries = Entries.of(program)
    segment_of = np.searchsorted(program.segments["row"][:, 0], np.arange(program.n_nodes), side="right") - 1
    reverse = np.zeros(program.n_nodes, bool)
    for record in program.stages[program.stages["reverse"]]:
        reverse[slice(*record["row"])] = True
    n_segments = len(program.segments)
    early, late, ahead = Bundler(len(program.stages)), Bundler(n_segments), Bundler(n_segments + 1)
    products = Producer()
    in_forward, in_backward = np.zeros((2, len(program.slots)), bool)
    stage_of_early = _stages_of_early_blocks(program)
    for number, block in enumerate(program.blocks):
        if not block["dense"] or block["gate_delay"] >= 0:
            continue
        targets, sources = program.targets[slice(*block["target"])], program.sources[slice(*block["source"])]
        entry = np.arange(*block["entry"]).reshape(len(targets), len(sources))
        in_forward[entry] = True
        if number in stage_of_early:
            early.add(stage_of_early[number], targets, sources, int(block["delay"]), entry)
        else:
            for segment in np.unique(segment_of[targets]):
                mine = segment_of[targets] == segment
                late.add(int(segment), targets[mine], sources, int(block["delay"]), entry[mine])
        pulled = reverse[sources] == reverse[targets[0]]
        in_backward[entry[:, pulled]] = True
        if pulled.any():
            products.add(targets, sources[pulled], int(block["delay"]), entry[:, pulled])
        for segment in np.unique(segment_of[sources[pulled]]):
            mine = pulled & (segment_of[sources] == segment)
            ahead.add(int(segment) % (n_segments + 1), sources[mine], targets, int(block["delay"]),
                      entry[:, mine].T)  # fmt: skip
    links, links_entry = make_links(program.n_nodes, entries.forward(~in_forward))
    both = entries.backward(~in_backward)
    del entries
    is_pulled = reverse[both.owner] == reverse[both.other] if reverse.any() else np.broadcast_to(True, len(both.owner))
    pulls, pushes = both.divided(is_pulled)
    del both
    pull, pull_entry = make_links(program.n_nodes, pulls)
    push, push_entry = make_links(program.n_nodes, pushes.turned())
    del pulls, pushes
    early_bundles, early_order = early.make()
    late_bundles, late_order = late.make()
    ahead_bundles, ahead_order = ahead.make()
    begun = np.zeros(len(program.segments), bool)
    for bundles in (early_bundles, late_bundles):
        begun[segment_of[bundles.row]] = True
    rows, n_kept = make_rows(program, begun, lambda record: keeps_inner(program, record))
    rows_of_run, n_kept_of_run = make_rows(program, begun, lambda record: bool(record["tau"]))
    dense, dense_entry = products.make()
    some = [each for each in (pull_entry, push_entry, dense_entry) if len(each)]
    found = some[0] if len(some) == 1 else np.concatenate([pull_entry, push_entry, dense_entry])
    n_numbers = program.n_parameters + len(program.fixed)
    to_number = gathered(program.slots, found)
    if not (pull.counts.all() and push.counts.all()):
        counted = np.concatenate([counted_members(pull), counted_members(push), np.ones(len(dense_entry), bool)])
        to_number = np.where(counted, to_number, n_numbers)
    return Plan(
        links,
        early_bundles,
        late_bundles,
        pull,
        ahead_bundles,
        push,
        dense,
        Gathers(links_entry, early_order, late_order, pull_entry, ahead_order, push_entry),
        rows,
        rows_of_run,
        n_kept,
        n_kept_of_run,
        tuple(_passes(program)),
        (0, len(pull_entry), len(pull_entry) + len(push_entry), len(found)),
        to_number,
        _scales(program, found),
        are_distinct(program.slots, n_numbers),
        {name: Slots.of(slots) for name, slots in program.neurons.items()},
        Slots.of(program.neurons["initial"][rows.past_row]),
        Spare(),
    )


def _scales(program: Program, entry: Array) -> Array:
    """Return the scales of entries, as a view of one number if they are."""
    if is_one_number(program.scales):
        return np.broadcast_to(program.scales[:1], len(entry))
    return gathered(program.scales, entry)


def make_rows(program: Program, begun: Array, keeps: Callable[[Any], bool]) -> tuple[Neurons, int]:
    """Return the table of neurons, and the number of rows that keep z or s as well as y."""
    kept, n_kept = np.full(program.n_nodes, -1), 0
    has_tau = np.zeros(program.n_nodes, bool)
    code = []
    for record in program.segments:
        first, last = record["row"]
        has_tau[first:last] = record["tau"]
        if keeps(record):
            kept[first:last] = n_kept + np.arange(last - first)
            n_kept += int(last - first)
        codes = GROUP_CODES if record["group"] else CODES
        code.append(codes.index(program.activations[record["activation"]]))
    segments, levels = program.segments, program.levels
    stage_segment = np.append(levels["segment"][program.stages["level"][:, 0], 0], len(segments))
    output = np.full(program.n_nodes, -1)
    output[program.outputs] = np.arange(len(program.outputs))
    past_row, past_lag = program.history()
    return Neurons(
        stage_segment.astype(np.int64),
        np.append(segments["row"][:, 0], program.n_nodes).astype(np.int64),
        np.array(code, np.int64),
        segments["group"].astype(np.int64),
        segments["leak"].copy(),
        np.logical_or.reduceat(program.learns("leak"), segments["row"][:, 0]),
        segments["tau"].copy(),
        segments["onset"].copy(),
        begun,
        kept,
        program.history_end.astype(np.int64),
        program.depth.astype(np.int64),
        program.onset.astype(np.int64),
        output,
        past_row.astype(np.int64),
        past_lag.astype(np.int64),
        has_tau[past_row],
    ), n_kept


def _stages_of_early_blocks(program: Program) -> dict[int, int]:
    return {block: stage for stage, record in enumerate(program.stages) for block in range(*record["early"])}


def _passes(program: Program) -> Iterator[tuple[int, int, bool]]:
    """Yield runs of stages in one direction of time."""
    reverse = program.stages["reverse"]
    cuts = [0, *(np.flatnonzero(np.diff(reverse)) + 1).tolist(), len(reverse)]
    for first, last in pairwise(cuts):
        if first < last:
            yield first, last, bool(reverse[first])
