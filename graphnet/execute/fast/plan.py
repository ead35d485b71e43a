"""Plan: the synapses of a program in the order that compiled kernels read them in, whatever their numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from ...compiler.program import Program
from ...language.table import Array
from ..reference.neurons import keeps_inner
from .kernels.formulas import CODES, GROUP_CODES
from .memory import Spare
from .tables import BUNDLE, NONE, Bundles, Links, Products, Rows


@dataclass(frozen=True, eq=False)
class Gathers:
    """For each table of kernels the entry of the program that each of its weights is; -1 where a bundle is filled
    up.
    """

    links: Array
    early: Array
    late: Array
    ahead: Array
    bundles_ahead: Array
    push: Array


@dataclass(frozen=True, eq=False)
class Slots:
    """Where the numbers of rows stand: those of ``rows`` at ``slots``, and whether each has a slot of its own."""

    rows: Array
    slots: Array
    is_single: bool

    @classmethod
    def of(cls, slots: Array) -> Slots:
        """Slots below 0 are none."""
        rows = np.flatnonzero(slots >= 0)
        return cls(rows, slots[rows], len(np.unique(slots[rows])) == len(rows))

    def add(self, numbers: Array, parts: Array) -> None:
        """Add to numbers what belongs to each."""
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
    """What kernels need of a program.

    ``rows`` keep z or s of what the backward pass needs, ``rows_of_run`` of continuous-time neurons only; ``passes``
    are runs of stages in one direction of time: first, last, whether reversed.

    Gradients of synapses are one array: those of ``ahead``, of ``push`` and of ``products``, one after another, of so
    many as ``parts`` (4,) begins and ends of them say.  Each goes, times ``scale``, to the number at ``to_number``;
    where a synapse is read a second time that is one past the last.
    """

    links: Links
    early: Bundles
    late: Bundles
    ahead: Links
    bundles_ahead: Bundles
    push: Links
    products: Products
    gathers: Gathers
    rows: Rows
    rows_of_run: Rows
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
        """The last stages first; inputs come last of all, in forward time."""
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
    def has_reverse(self) -> bool:
        """Whether some stages live in reversed time."""
        return any(reverse for _, _, reverse in self.passes)

    def scale_of(self, dtype: np.dtype[Any]) -> Array | None:
        """``scale`` in a dtype; None where all are 1."""
        if dtype not in self._scales:
            self._scales[dtype] = None if (self.scale == 1).all() else self.scale.astype(dtype)
        return self._scales[dtype]

    @cached_property
    def _scales(self) -> dict[np.dtype[Any], Array | None]:
        return {}

    @cached_property
    def places_with_tau(self) -> list[tuple[int, Array]]:
        """For each segment of continuous-time neurons its code, and where the past of its rows stands in a history."""
        rows = self.rows
        return [
            (int(rows.code[segment]), np.flatnonzero((rows.past_row >= first) & (rows.past_row < last)))
            for segment, (first, last) in enumerate(pairwise(rows.segment_row.tolist()))
            if rows.has_tau[segment]
        ]

    @cached_property
    def n_synapses(self) -> int:
        """How many numbers a step reads."""
        return len(self.gathers.links) + len(self.gathers.early) + len(self.gathers.late)

    @cached_property
    def is_sparse(self) -> bool:
        """Whether nothing is bundled and nothing pushed, so that rows can be shared out to threads."""
        bundles = self.early, self.late, self.bundles_ahead
        return not len(self.push.other) and all(not len(each.count) for each in bundles)


def make_plan(program: Program) -> Plan:
    """Sort the synapses of a program for the kernels."""
    entries = Entries.of(program)
    segment_of = np.searchsorted(program.segments["row"][:, 0], np.arange(program.n_nodes), side="right") - 1
    reverse = np.zeros(program.n_nodes, bool)
    for record in program.stages[program.stages["reverse"]]:
        reverse[slice(*record["row"])] = True
    n_segments = len(program.segments)
    early, late, ahead = Bundler(len(program.stages)), Bundler(n_segments), Bundler(n_segments + 1)
    products = Producer()
    in_forward, in_backward = np.zeros((2, len(entries.target)), bool)
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
    pulled = reverse[both.owner] == reverse[both.other]
    pull, pull_entry = make_links(program.n_nodes, both.take(pulled))
    push, push_entry = make_links(program.n_nodes, both.take(~pulled).turned())
    early_bundles, early_order = early.make()
    late_bundles, late_order = late.make()
    ahead_bundles, ahead_order = ahead.make()
    begun = np.zeros(len(program.segments), bool)
    for bundles in (early_bundles, late_bundles):
        begun[segment_of[bundles.row]] = True
    rows, n_kept = make_rows(program, begun, lambda record: keeps_inner(program, record))
    rows_of_run, n_kept_of_run = make_rows(program, begun, lambda record: bool(record["tau"]))
    dense, dense_entry = products.make()
    found = np.concatenate([pull_entry, push_entry, dense_entry])
    counted = np.concatenate([_counted(pull), _counted(push), np.ones(len(dense_entry), bool)])
    n_numbers = program.n_parameters + len(program.fixed)
    to_number = np.where(counted, program.slots[found], n_numbers)
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
        program.scales[found],
        len(np.unique(program.slots)) == len(program.slots),
        {name: Slots.of(slots) for name, slots in program.neurons.items()},
        Slots.of(program.neurons["initial"][rows.past_row]),
        Spare(),
    )


@dataclass(frozen=True, eq=False)
class Reads:
    """Who (``owner``) reads which ``other``, at which ``delay``, and the same of a ``factor``; which ``entry`` that is,
    and whether its gradient ``counts``.
    """

    owner: Array
    delay: Array
    factor_delay: Array
    other: Array
    factor: Array
    entry: Array
    counts: Array

    def take(self, which: Array) -> Reads:
        """Some of them."""
        return Reads(*(getattr(self, name)[which] for name in self.__dataclass_fields__))

    def turned(self) -> Reads:
        """With ``owner`` and ``other`` in each other's place."""
        return Reads(self.other, self.delay, self.factor_delay, self.owner, self.factor, self.entry, self.counts)


@dataclass(frozen=True, eq=False)
class Entries:
    """Every entry of a program, (n_entries,): -1 and NONE without a gate."""

    target: Array
    source: Array
    delay: Array
    gate: Array
    gate_delay: Array

    @classmethod
    def of(cls, program: Program) -> Entries:
        """Read the blocks."""
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
        return cls(target, source, delay, gate, gate_delay)

    def forward(self, which: Array) -> Reads:
        """Targets that read sources."""
        entry = np.flatnonzero(which)
        return Reads(self.target, self.delay, self.gate_delay, self.source, self.gate, np.arange(len(self.target)),
                     np.ones(len(self.target), bool)).take(entry)  # fmt: skip

    def backward(self, which: Array) -> Reads:
        """Sources that read targets, and gates that do: a gated synapse is read twice."""
        plain, gated = np.flatnonzero(which), np.flatnonzero(which & (self.gate >= 0))
        return Reads(
            np.concatenate([self.source[plain], self.gate[gated]]),
            np.concatenate([self.delay[plain], self.gate_delay[gated]]),
            np.concatenate([self.gate_delay[plain], self.delay[gated]]),
            np.concatenate([self.target[plain], self.target[gated]]),
            np.concatenate([self.gate[plain], self.source[gated]]),
            np.concatenate([plain, gated]),
            np.repeat([True, False], [len(plain), len(gated)]),
        )


def make_links(n_rows: int, reads: Reads) -> tuple[Links, Array]:
    """Links by owner and run, and the entry that each of their members is."""
    order = np.lexsort([reads.counts, reads.factor_delay, reads.delay, reads.owner])
    reads = reads.take(order)
    changes = np.ones(len(order), bool)
    columns = reads.owner, reads.delay, reads.factor_delay, reads.counts
    changes[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in columns])
    begin = np.flatnonzero(changes)
    return Links(
        np.searchsorted(reads.owner[begin], np.arange(n_rows + 1)),
        np.append(begin, len(order)),
        reads.delay[begin],
        reads.factor_delay[begin],
        reads.counts[begin],
        reads.other.astype(np.int32),
        reads.factor.astype(np.int32),
    ), reads.entry


def _counted(links: Links) -> Array:
    """Of each member, whether the gradient of its weight is found there."""
    return np.repeat(links.counts, np.diff(links.start))


@dataclass(eq=False)
class Bundler:
    """Collects dense blocks for owners, which are segments or stages."""

    n_owners: int
    blocks: list[tuple[int, Array, Array, int, Array]] = field(default_factory=list)

    def add(self, owner: int, rows: Array, others: Array, delay: int, entry: Array) -> None:
        """``entry`` (n_rows, n_others) is by which entries the rows read the others."""
        self.blocks.append((owner, rows, others, delay, entry))

    def make(self) -> tuple[Bundles, Array]:
        """The bundles, and the entry that each of their weights is, or -1."""
        owner, row, count, delay, start, size, weight, other = ([] for _ in range(8))
        order: list[Array] = []
        n_other = n_weights = 0
        for whose, rows, others, back, entry in sorted(self.blocks, key=lambda block: block[0]):
            for first in range(0, len(rows), BUNDLE):
                some = rows[first : first + BUNDLE]
                fill = BUNDLE - len(some)
                owner.append(whose)
                row.append(np.append(some, np.repeat(some[-1:], fill)))
                count.append(len(some))
                delay.append(back)
                start.append(n_other)
                size.append(len(others))
                weight.append(n_weights)
                block = np.full((len(others), BUNDLE), -1)
                block[:, : len(some)] = entry[first : first + BUNDLE].T
                order.append(block.ravel())
                n_weights += block.size
            other.append(others)
            n_other += len(others)
        return Bundles(
            np.searchsorted(_whole(owner), np.arange(self.n_owners + 1)),
            _joined(row).astype(np.int32),
            _whole(count),
            _whole(delay),
            _whole(start),
            _whole(size),
            _whole(weight),
            _joined(other).astype(np.int32),
        ), _joined(order)


@dataclass(eq=False)
class Producer:
    """Collects dense blocks whose gradient is a matrix product."""

    blocks: list[tuple[Array, Array, int, Array]] = field(default_factory=list)

    def add(self, targets: Array, sources: Array, delay: int, entry: Array) -> None:
        """``entry`` is (n_targets, n_sources)."""
        self.blocks.append((targets, sources, delay, entry))

    def make(self) -> tuple[Products, Array]:
        """The products, and the entry that each of their numbers is the gradient of."""
        targets, sources, delays, outs, rows, entries = ([] for _ in range(6))
        n_rows = n_found = 0
        for target, source, delay, entry in sorted(self.blocks, key=lambda block: int(block[0][0])):
            targets.append([n_rows, n_rows + len(target)])
            n_rows += len(target)
            sources.append([n_rows, n_rows + len(source)])
            n_rows += len(source)
            delays.append(delay)
            outs.append(n_found)
            n_found += entry.size
            rows += [target, source]
            entries.append(entry.ravel())
        ranges = _whole(targets).reshape(-1, 2), _whole(sources).reshape(-1, 2)
        return Products(*ranges, _whole(delays), _whole(outs), _joined(rows).astype(np.int32)), _joined(entries)


def make_rows(program: Program, begun: Array, keeps: Callable[[Any], bool]) -> tuple[Rows, int]:
    """What neurons are, and how many rows keep something beside their value."""
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
    return Rows(
        stage_segment.astype(np.int64),
        np.append(segments["row"][:, 0], program.n_nodes).astype(np.int64),
        _whole(code),
        segments["group"].astype(np.int64),
        segments["leak"].copy(),
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
    """Runs of stages in one direction of time."""
    reverse = program.stages["reverse"]
    cuts = [0, *(np.flatnonzero(np.diff(reverse)) + 1).tolist(), len(reverse)]
    for first, last in pairwise(cuts):
        if first < last:
            yield first, last, bool(reverse[first])


def _whole(numbers: Any) -> Array:
    return np.array(numbers, np.int64)


def _joined(parts: list[Array]) -> Array:
    return np.concatenate(parts).astype(np.int64) if parts else np.zeros(0, np.int64)
