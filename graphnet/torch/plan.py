"""A program arranged for torch: what each block reads and where, with all index arrays in one pool.

Rows are renumbered within the stage, or the level, that computes them, since autograd forbids writing into one array
of all values.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..compiler.neurons import FEATURES
from ..compiler.program import Program
from ..execute.reference.past import as_rows
from ..language.table import Array

Rows = slice | int
"""Rows that follow each other, or the number of an index array in the pool."""


class Piece(NamedTuple):
    """Rows of one place: 0 is the inputs, s + 1 stage s; with ``level``, of what that level gave at this very step."""

    place: int
    level: int | None
    rows: Rows


@dataclass(frozen=True, eq=False, slots=True)
class Reading:
    """What columns read, ``delay`` steps back.

    The pieces one after the other, of which ``collect`` (None: all in order) repeats or orders rows; ``ends`` is where
    the past of each column ends in a history.
    """

    delay: int
    pieces: list[Piece]
    collect: int | None
    ends: int


@dataclass(frozen=True, eq=False, slots=True)
class Block:
    """A matrix, and the rows that it adds to (None: all of its level, or stage, in order).

    ``places`` is None where it is dense, otherwise the index array with the row of every entry, then its column.
    """

    number: int
    targets: int | None
    n_rows: int
    places: int | None
    source: Reading
    gate: Reading | None


@dataclass(frozen=True, eq=False, slots=True)
class Segment:
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
class Level:
    """Rows computed together, within a step where their stage is scanned."""

    n_rows: int
    late: list[Block]
    segments: list[Segment]


@dataclass(frozen=True, eq=False, slots=True)
class Stage:
    """What is computed for all steps before the next stage starts."""

    scanned: bool
    reverse: bool
    n_rows: int
    early: list[Block]
    levels: list[Level]


@dataclass(frozen=True, eq=False, slots=True)
class Plan:
    """A program's stages, and what else a pass has to know.

    ``sizes`` are those of the index arrays in the pool, ``entries`` says how many entries each block has, ``states``
    are the segments with time constants and where all of their past stands in a history.  ``slots``, ``bias_slots``,
    ``initial_slots`` and ``history_slots`` are index arrays of numbers, by entry, row, row and position of a history;
    rows without a number read a 0 or a 1 behind the last number.
    """

    stages: list[Stage]
    outputs: Reading
    states: list[tuple[Segment, int]]
    slots: int
    bias_slots: int
    initial_slots: int
    history_slots: int
    entries: list[int]
    sizes: list[int]


def plan_program(program: Program) -> tuple[Plan, Array]:
    """The plan of a program, and the pool of its index arrays one after the other."""
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
    plan = Plan(
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
        """Put an array into the pool, and give its number there."""
        self.arrays.append(np.asarray(array, np.int64).ravel())
        return len(self.arrays) - 1

    def stage(self, number: int) -> Stage:
        """A stage of the program."""
        record = self._program.stages[number]
        first, last = record["row"].tolist()
        levels = [self._level(self._program.levels[level], number) for level in range(*record["level"])]
        early = [self._block(block, first, last, None) for block in range(*record["early"])]
        return Stage(bool(record["scanned"]), bool(record["reverse"]), last - first, early, levels)

    def _level(self, record: Array, stage: int) -> Level:
        first, last = record["row"].tolist()
        late = [self._block(block, first, last, stage) for block in range(*record["late"])]
        return Level(last - first, late, [self._segment(number, stage) for number in range(*record["segment"])])

    def _segment(self, number: int, stage: int) -> Segment:
        program, record = self._program, self._program.segments[number]
        rows, first = slice(*record["row"].tolist()), int(program.stages[stage]["row"][0])
        # in a group some members may have no leak: their value is 1
        one = program.n_parameters + len(program.fixed) + 1
        leak = program.neurons["leak"]
        columns = {"tau": program.neurons["tau"], "leak": np.where(leak < 0, one, leak), "onset": program.onset}
        return Segment(
            number,
            rows,
            slice(rows.start - first, rows.stop - first),
            program.activations[record["activation"]],
            int(record["group"]),
            self.keep(program.history_end[rows]),
            **{name: self.keep(columns[name][rows]) if record[name] else None for name in FEATURES},
        )

    def _block(self, number: int, first: int, last: int, scanned: int | None) -> Block:
        """A block that adds to rows of ``first`` to ``last``; ``scanned`` is the stage that it is a late one of."""
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
        return Block(
            number,
            None if np.array_equal(targets, np.arange(first, last)) else self.keep(targets - first),
            len(targets),
            places,
            self.reading(program.sources[columns], int(record["delay"]), scanned),
            gate,
        )

    def reading(self, rows: Array, delay: int, scanned: int | None) -> Reading:
        """How to read rows, within the scan of a stage if it is one."""
        distinct, collect = np.unique(rows, return_inverse=True)
        same = np.array_equal(distinct, rows)
        return Reading(
            delay,
            list(self._pieces(distinct, None if delay else scanned)),
            None if same else self.keep(collect),
            self.keep(self._program.history_end[rows]),
        )

    def _pieces(self, rows: Array, scanned: int | None) -> Iterator[Piece]:
        """Ascending rows by where they are found; those of the stage ``scanned`` are read at the step of the scan."""
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

    def _rows(self, rows: Array) -> Rows:
        found = as_rows(rows)
        return found if isinstance(found, slice) else self.keep(rows)

    def states(self, stages: list[Stage]) -> Iterator[tuple[Segment, int]]:
        """The segments with time constants, and the positions of their past."""
        row_of = self._program.history()[0]
        for stage in stages:
            for level in stage.levels:
                for segment in level.segments:
                    if segment.tau is not None:
                        inside = (row_of >= segment.rows.start) & (row_of < segment.rows.stop)
                        yield segment, self.keep(np.flatnonzero(inside))


def _runs(labels: Array, rows: Array) -> Iterator[tuple[int, Array]]:
    """Each label with its rows; equal labels stand together."""
    if not len(labels):
        return
    first = np.flatnonzero(np.diff(labels, prepend=labels[0] - 1))
    parts: Sequence[Array] = np.split(rows, first[1:])
    yield from zip(labels[first].tolist(), parts, strict=True)
