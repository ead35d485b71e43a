"""The forward pass of a program in torch operations; the backward pass is autograd's.

Values are (row, column): a column is one sample at one valid step, ordered by step and, within a step, by sample,
longest first, so that padding has no column.  Nothing is overwritten, as autograd requires: a scan makes one tensor for
each step.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..language.arrays import Array
from .formulas import GROUP_FORMULAS, POINTWISE_FORMULAS, dense_product, import_torch, product
from .plan import BlockPlan, LevelPlan, Reading, RowIndex, SegmentPlan, StagePlan, TorchPlan


class Columns:
    """Columns by step and sample; ``lengths`` (n_samples,) are longest first."""

    def __init__(self, lengths: Array, order: Array, n_steps: int, device: Any) -> None:
        self.device = device
        self._step_live = (lengths[None, :] > np.arange(lengths[0])[:, None]).sum(axis=1)
        self.live: list[int] = self._step_live.tolist()
        self._start = np.cumsum(self._step_live) - self._step_live
        self._step = np.repeat(np.arange(len(self.live)), self._step_live)
        self._sample = np.arange(len(self._step)) - self._start[self._step]
        self._lengths = lengths
        self.step, self.sample = self._tensor(self._step), self._tensor(self._sample)
        # position of each column in (n_samples * n_steps), in the order of the inputs
        self.place = self._tensor(order[self._sample] * n_steps + self._step)
        self._recent: dict[int, Any] = {}

    @cached_property
    def flip(self) -> Any:
        """For each column, that of the same step counted from the other end of the sample."""
        return self._tensor(self._start[self._lengths[self._sample] - 1 - self._step] + self._sample)

    def recent(self, delay: int) -> Any:
        """Return the column ``delay`` steps before each column that has one."""
        if delay not in self._recent:
            late = self._step >= delay
            self._recent[delay] = self._tensor(self._start[self._step[late] - delay] + self._sample[late])
        return self._recent[delay]

    def _tensor(self, array: Array) -> Any:
        return import_torch().from_numpy(array).to(self.device)


class Values:
    """Values of one stage, or of the inputs: all columns, or those of each step, added by a scan."""

    def __init__(self, columns: Columns, reverse: bool, packed: Any = None) -> None:
        self.reverse, self._columns = reverse, columns
        self._packed: dict[bool, Any] = {} if packed is None else {reverse: packed}
        self._steps: dict[bool, Any] = {} if packed is not None else {reverse: []}

    def append(self, values: Any) -> None:
        """Add one step of a scan."""
        self._steps[self.reverse].append(values)

    def packed(self, reverse: bool) -> Any:
        """Return all columns, in a direction of time."""
        if reverse not in self._packed:
            if reverse == self.reverse:
                self._packed[reverse] = _join(self._steps[reverse], 1)
            else:
                self._packed[reverse] = self.packed(not reverse).index_select(1, self._columns.flip)
        return self._packed[reverse]

    def steps(self, reverse: bool) -> Any:
        """Return the columns of each step, in a direction of time."""
        if reverse not in self._steps:
            self._steps[reverse] = self.packed(reverse).split(self._columns.live, 1)
        return self._steps[reverse]


@dataclass(frozen=True, eq=False, slots=True)
class PassNumbers:
    """Learnt numbers and constants, all of one dtype on one device; ``index`` are the index arrays of the plan.

    ``in_autocast`` says that the forward pass, and maybe the backward pass, is inside an autocast region.
    """

    learnt: Any
    fixed: Any
    scales: Any
    dt: float
    index: Any
    in_autocast: bool = False


class Pass:
    """One forward pass; ``history`` (n_history, n_samples) and ``steps_before`` (n_samples,) are a state's or None."""

    def __init__(
        self, plan: TorchPlan, numbers: PassNumbers, columns: Columns, history: Any, steps_before: Any
    ) -> None:
        torch = import_torch()
        self.plan, self.columns, self.numbers = plan, columns, numbers
        learnt = numbers.learnt
        self.all = torch.cat([learnt, numbers.fixed, learnt.new_zeros(1), learnt.new_ones(1)])
        entries = self.all.index_select(0, numbers.index[plan.slots]) * numbers.scales
        self.entries = entries.split(plan.entries)
        self.initial = self.all.index_select(0, numbers.index[plan.initial_slots])[:, None]
        self.count = columns.step if steps_before is None else columns.step + steps_before[columns.sample]
        if history is None:
            initial = self.all.index_select(0, numbers.index[plan.history_slots])
            history = initial[:, None].expand(-1, columns.live[0])
        self.inner_history = self.history = history
        for segment, positions in plan.states:
            where = numbers.index[positions]
            self.history = self.history.index_copy(
                0, where, POINTWISE_FORMULAS[segment.activation](history.index_select(0, where))
            )
        self.values: list[Values] = []

    def run(self, inputs: Any) -> Any:
        """Return outputs (n_outputs, n_columns) of inputs (n_inputs, n_columns)."""
        self.values = [Values(self.columns, False, inputs)]
        bias = self.all.index_select(0, self.numbers.index[self.plan.bias_slots])
        sizes = [len(inputs), *(stage.n_rows for stage in self.plan.stages)]
        for stage, bias_of_stage in zip(self.plan.stages, bias.split(sizes)[1:], strict=True):
            z = bias_of_stage[:, None].expand(-1, inputs.shape[1])
            for block in stage.early:
                z = self._add(z, block, self._columns_of(block, stage.reverse))
            if stage.scanned:
                self._scan(stage, z)
            else:
                y = self._activate(stage.levels[0], z, self.count, None, {})
                self.values.append(Values(self.columns, stage.reverse, y))
        return self._read_all(self.plan.outputs, False)

    def _scan(self, stage: StagePlan, z: Any) -> None:
        values = Values(self.columns, stage.reverse)
        self.values.append(values)
        sizes = [level.n_rows for level in stage.levels]
        counts = self.count.split(self.columns.live)
        states: dict[int, Any] = {}
        for step, z_step in enumerate(z.split(self.columns.live, 1)):
            before = values.steps(stage.reverse)[step - 1] if step else None
            done: list[Any] = []
            for level, z_level in zip(stage.levels, z_step.split(sizes), strict=True):
                for block in level.late:
                    x = self._read_step(block.source, stage.reverse, step, done)
                    if block.gate is not None:
                        x = x * self._read_step(block.gate, stage.reverse, step, done)
                    z_level = self._add(z_level, block, x)
                done.append(self._activate(level, z_level, counts[step], before, states))
            values.append(_join(done, 0))

    def _add(self, z: Any, block: BlockPlan, x: Any) -> Any:
        """Return z plus the product of a block and the values ``x`` that it reads."""
        entries, index = self.entries[block.number], self.numbers.index
        if block.places is None:
            matrix = entries.view(block.n_rows, -1)
            change = dense_product(matrix, x) if self.numbers.in_autocast else matrix @ x
        else:
            change = product(entries, index[block.places].view(2, -1), block.n_rows, x)
        return z + change if block.targets is None else z.index_add(0, index[block.targets], change)

    def _columns_of(self, block: BlockPlan, reverse: bool) -> Any:
        x = self._read_all(block.source, reverse)
        return x if block.gate is None else x * self._read_all(block.gate, reverse)

    def _read_all(self, reading: Reading, reverse: bool) -> Any:
        """Return the values of a reading for all columns at once."""
        x = self._gather(reading, [self.values[piece.place].packed(reverse) for piece in reading.pieces])
        if not reading.delay:
            return x
        live = self.columns.live[: reading.delay]
        old = [self._read_history(reading, step, n_live) for step, n_live in enumerate(live)]
        return _join([*old, x.index_select(1, self.columns.recent(reading.delay))], 1)

    def _read_step(self, reading: Reading, reverse: bool, step: int, done: list[Any]) -> Any:
        """Return the values of a reading at one step of a scan; ``done`` are the levels so far."""
        n_live = self.columns.live[step]
        if step < reading.delay:
            return self._read_history(reading, step, n_live)
        found = [
            self.values[piece.place].steps(reverse)[step - reading.delay] if piece.level is None else done[piece.level]
            for piece in reading.pieces
        ]
        return _first_samples(self._gather(reading, found), n_live)

    def _read_history(self, reading: Reading, step: int, n_live: int) -> Any:
        ends = self.numbers.index[reading.ends]
        return _first_samples(self.history.index_select(0, ends - (reading.delay - step)), n_live)

    def _gather(self, reading: Reading, found: list[Any]) -> Any:
        parts = [self._select(values, piece.rows) for values, piece in zip(found, reading.pieces, strict=True)]
        x = _join(parts, 0)
        return x if reading.collect is None else x.index_select(0, self.numbers.index[reading.collect])

    def _select(self, values: Any, rows: RowIndex) -> Any:
        if isinstance(rows, slice):
            return values if rows == slice(0, len(values)) else values[rows]
        return values.index_select(0, self.numbers.index[rows])

    def _activate(self, level: LevelPlan, z: Any, count: Any, before: Any, states: dict[int, Any]) -> Any:
        """Return y of a level from z; ``before`` are the values of its stage one step before, or None."""
        if len(level.segments) == 1:
            return self._activate_segment(level.segments[0], z, count, before, states)
        parts = z.split([segment.rows.stop - segment.rows.start for segment in level.segments])
        return _join(
            [
                self._activate_segment(segment, part, count, before, states)
                for segment, part in zip(level.segments, parts, strict=True)
            ],
            0,
        )

    def _activate_segment(self, segment: SegmentPlan, z: Any, count: Any, before: Any, states: dict[int, Any]) -> Any:
        torch, index = import_torch(), self.numbers.index
        n_live = z.shape[1]
        if segment.tau is not None:
            s = states.get(segment.number)
            if s is None:
                s = self.inner_history.index_select(0, index[segment.ends] - 1)
            s = _first_samples(s, n_live)
            rate = self.numbers.dt / self.all.index_select(0, index[segment.tau])[:, None]
            z = states[segment.number] = s + rate * (z - s)
        active = None if segment.onset is None else count >= index[segment.onset][:, None]
        if active is not None:
            # an infinite z, although not used, would make the gradient 0 times infinity
            z = torch.where(active, z, 0)
        if segment.group:
            shape = (-1, segment.group, n_live)
            members = None if active is None else active.view(shape)
            y = GROUP_FORMULAS[segment.activation](z.reshape(shape), members).reshape(z.shape)
        else:
            y = POINTWISE_FORMULAS[segment.activation](z)
        if segment.leak is not None:
            leak = self.all.index_select(0, index[segment.leak])[:, None]
            y = (1 - leak) * self._own_past(segment, before, n_live) + leak * y
        return y if active is None else torch.where(active, y, self.initial[segment.rows])

    def _own_past(self, segment: SegmentPlan, before: Any, n_live: int) -> Any:
        if before is None:
            return _first_samples(self.history.index_select(0, self.numbers.index[segment.ends] - 1), n_live)
        return _first_samples(self._select(before, segment.in_stage), n_live)


def _join(parts: list[Any], dim: int) -> Any:
    return parts[0] if len(parts) == 1 else import_torch().cat(parts, dim)


def _first_samples(values: Any, n: int) -> Any:
    return values if values.shape[1] == n else values[:, :n]
