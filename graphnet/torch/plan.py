"""A program arranged for torch: the rows that each block reads and adds to, with all index arrays in one pool.

Rows are renumbered within the stage, or the level, that computes them, since autograd forbids writing into one array of
all values.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..compiler.neurons import FEATURES
from ..compiler.program import Program
from ..execute.reference.past import as_rows
from ..language.arrays import Array

RowIndex = slice | int
"""Consecutive rows, or the number of an index array in the pool."""


class Piece(NamedTuple):
    """Rows of the inputs (``place`` 0) or of stage s (s + 1); with ``level``, of that level at the present step."""

    place: int
    level: int | None
    rows: RowIndex


@dataclass(frozen=True, eq=False, slots=True)
class Reading:
    """Rows that the columns of a block read, ``delay`` steps back.

    The pieces are joined, and the index array ``collect`` (None: all rows in order) takes rows of them; the index array
    ``ends`` says where the past of each column ends in a history.
    """

    delay: int
    pieces: list[Piece]
    collect: int | None
    ends: int


@dataclass(frozen=True, eq=False, slots=True)
class BlockPlan:
    """A matrix, and the rows that it adds to, ``targets`` (None: all of its level, or stage, in order).

    ``places`` is None if it is dense, otherwise the index array of the rows of all entries, then their columns.
    """

    number: int
    targets: int | None
    n_rows: int
    places: int | None
    source: Reading
    gate: Reading | None


@dataclass(frozen=True, eq=False, slots=True)
class SegmentPlan:
    """Neurons that are alike: ``rows`` of the program, ``in_stage`` counted from the first one of their stage.

    ``group`` is the number of members, 0 without groups; ``ends``, and ``tau``, ``leak`` and ``onset``, which are None
    without that feature, are index arrays.
    """

    number: int
    rows: slice
    in_stage: slice
    activation: str
    group: int
    ends: int
    tau: int | None
    leak: int | None
    onset: int | None


@dataclass(frozen=True, eq=False, slots=True)
class LevelPlan:
    """Rows computed together, within a step where their stage is scanned."""

    n_rows: int
    late: list[BlockPlan]
    segments: list[SegmentPlan]


@dataclass(frozen=True, eq=False, slots=True)
class StagePlan:
    """Levels computed for all steps before the next stage starts."""

    scanned: bool
    reverse: bool
    n_rows: int
    early: list[BlockPlan]
    levels: list[LevelPlan]


@dataclass(frozen=True, eq=False, slots=True)
class TorchPlan:
    """The stages of a program, and the index arrays of a pass.

    ``sizes`` are those of the index arrays in the pool, ``entries`` says how many entries each block has, ``states``
    are the segments with time constants and the positions of their past in a history.  ``slots``, ``bias_slots``,
    ``initial_slots`` and ``history_slots`` are index arrays of numbers, by entry, row, row and position of a history;
    rows without a number read a 0 or a 1 behind the last number.
    """

    stages: list[StagePlan]
    outputs: Reading
    states: list[tuple[SegmentPlan, int]]
    slots: int
    bias_slots: int
    initial_slots: int
    history_slots: int
    entries: list[int]
    sizes: list[int]


def plan_program(program: Program) -> tuple[TorchPlan, Array]:
    """Return the plan of a program, and the pool of its index arrays one after the other."""
    planner = _Planner(program)
    n_numbers = program.n_parameters + len(program.fixed)
    bias, initial, history = (
        planner.keep(np.where(slots < 0, n_numbers, slots))
        for slots in (
            program.neurons["bias"],
            program.neurons["initial"],
            program.neurons["initial"][program.history()[0]],
        )
    )
    stages = [planner.stage(number) for number in range(len(program.stages))]
    plan = TorchPlan(
        stages,
        planner.reading(program.outputs, 0, None),
        list(planner.states(stages)),
        planner.keep(program.slots),
        bias,
        initial,
        history,
        np.diff(program.blocks["entry"])[:, 0].tolist(),
        [len(array) for array in planner.arrays],
    )
    return plan, np.concatenate(planner.arrays)


class _Planner:
    """Makes the parts of a plan, and keeps their index arrays."""

    def __init__(self, program: Program) -> None:
        self.arrays: list[Array] = []
        self._program = program
        self._first = np.concatenate([[0], program.stages["row"][:, 0]])

    def keep(self, array: Array) -> int:
        """Put an array into the pool, and return its number there."""
        self.arrays.append(np.asarray(array, np.int64).ravel())
        return len(self.arrays) - 1

    def stage(self, number: int) -> StagePlan:
        """Return a stage of the program."""
        record = self._program.stages[number]
        first, last = record["row"].tolist()
        levels = [self._level(self._program.levels[level], number) for level in range(*record["level"])]
        early = [self._block(block, first, last, None) for block in range(*record["early"])]
        return StagePlan(bool(record["scanned"]), bool(record["reverse"]), last - first, early, levels)

    def _level(self, record: Array, stage: int) -> LevelPlan:
        first, last = record["row"].tolist()
        late = [self._block(block, first, last, stage) for block in range(*record["late"])]
        return LevelPlan(last - first, late, [self._segment(number, stage) for number in range(*record["segment"])])

    def _segment(self, number: int, stage: int) -> SegmentPlan:
        program, record = self._program, self._program.segments[number]
        rows, first = slice(*record["row"].tolist()), int(program.stages[stage]["row"][0])
        # in a group some members may have no leak: their value is 1
        one = program.n_parameters + len(program.fixed) + 1
        leak = program.neurons["leak"]
        columns = {"tau": program.neurons["tau"], "leak": np.where(leak < 0, one, leak), "onset": program.onset}
        return SegmentPlan(
            number,
            rows,
            slice(rows.start - first, rows.stop - first),
            program.activations[record["activation"]],
            int(record["group"]),
            self.keep(program.history_end[rows]),
            **{name: self.keep(columns[name][rows]) if record[name] else None for name in FEATURES},
        )

    def _block(self, number: int, first: int, last: int, scanned: int | None) -> BlockPlan:
        """Return a block that adds to rows ``first`` to ``last``, late in the stage ``scanned`` (None: early)."""
        program, record = self._program, self._program.blocks[number]
        targets = program.targets[slice(*record["target"])]
        places = gate = None
        if not record["dense"]:
            pointers = program.pointers[slice(*record["pointer"])]
            row = np.repeat(np.arange(len(targets)), np.diff(pointers))
            places = self.keep(np.stack([row, program.indices[slice(*record["entry"])]]))
        columns = slice(*record["source"])
        if record["gate_delay"] >= 0:
            gate = self.reading(program.gates[columns], int(record["gate_delay"]), scanned)
        return BlockPlan(
            number,
            None if np.array_equal(targets, np.arange(first, last)) else self.keep(targets - first),
            len(targets),
            places,
            self.reading(program.sources[columns], int(record["delay"]), scanned),
            gate,
        )

    def reading(self, rows: Array, delay: int, scanned: int | None) -> Reading:
        """Return the reading of rows, within the scan of the stage ``scanned`` (None: of all steps at once)."""
        distinct, collect = np.unique(rows, return_inverse=True)
        same = np.array_equal(distinct, rows)
        return Reading(
            delay,
            list(self._pieces(distinct, None if delay else scanned)),
            None if same else self.keep(collect),
            self.keep(self._program.history_end[rows]),
        )

    def _pieces(self, rows: Array, scanned: int | None) -> Iterator[Piece]:
        """Yield ascending rows by their place; those of the stage ``scanned`` are read at the step of the scan."""
        stages, levels = self._program.stages, self._program.levels
        stage = np.searchsorted(self._program.stages["row"][:, 0], rows, "right") - 1
        for s, of_stage in _runs(stage, rows):
            if s != scanned:
                yield Piece(s + 1, None, self._rows(of_stage - self._first[s + 1]))
                continue
            own = levels[slice(*stages[s]["level"])]["row"]
            level = np.searchsorted(own[:, 0], of_stage, "right") - 1
            for k, of_level in _runs(level, of_stage):
                yield Piece(s + 1, k, self._rows(of_level - own[k, 0]))

    def _rows(self, rows: Array) -> RowIndex:
        found = as_rows(rows)
        return found if isinstance(found, slice) else self.keep(rows)

    def states(self, stages: list[StagePlan]) -> Iterator[tuple[SegmentPlan, int]]:
        """Yield the segments with time constants, and the positions of their past."""
        row_of = self._program.history()[0]
        for stage in stages:
            for level in stage.levels:
                for segment in level.segments:
                    if segment.tau is not None:
                        inside = (row_of >= segment.rows.start) & (row_of < segment.rows.stop)
                        yield segment, self.keep(np.flatnonzero(inside))


def _runs(labels: Array, rows: Array) -> Iterator[tuple[int, Array]]:
    """Yield each label with its rows; equal labels are neighbours."""
    if not len(labels):
        return
    first = np.flatnonzero(np.diff(labels, prepend=labels[0] - 1))
    parts: Sequence[Array] = np.split(rows, first[1:])
    yield from zip(labels[first].tolist(), parts, strict=True)
