"""A network as anybody would write it by hand with matrices: what the peers compute.

Stages are those of the program: what waits for nothing of its own past is computed for all steps at once, the rest step
after step, within a step level after level.  All synapses from one stage to another with the same delay are one
matrix, whatever blocks the program divides them into.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..language.activations import POINTWISE
from ..language.delays import (
    resolve_delays,
)
from ..language.table import Array
from ..network.network import Network


class Part(NamedTuple):
    """The matrix of the synapses from stage ``source`` (0: the inputs) with one delay.

    ``rows``, ``columns`` (n_places,), sorted by row and then by column, are numbers of arrays; columns count from the
    first row of the source, rows from the first one of what is computed.  Its values are the ``number``-th piece of all
    values.  ``pointers`` (n_rows + 1,) is where each row begins.
    """

    number: int
    source: int
    delay: int
    shape: tuple[int, int]
    rows: int
    columns: int
    pointers: int
    is_full: bool


class Segment(NamedTuple):
    """Neurons of one activation, ``rows`` counted from the first of their level; ``leak`` is the number of an array."""

    rows: slice
    activation: str
    leak: int | None


class Level(NamedTuple):
    """``rows`` counted from the first of their stage, and what reads neurons of earlier levels at the same step."""

    rows: slice
    now: list[Part]
    segments: list[Segment]


class Stage(NamedTuple):
    """``rows`` of the network; ``early`` reads other stages, ``past`` its own steps before."""

    rows: slice
    scanned: bool
    depth: int
    early: list[Part]
    past: list[Part]
    levels: list[Level]


class Output(NamedTuple):
    """The rows of a stage that are outputs: the number of an array, None where all are, in order."""

    stage: int
    rows: int | None


@dataclass(frozen=True, eq=False)
class Parts:
    """A network of plain neurons as matrices.

    Attributes
    ----------
    stages : list of Stage
    outputs : list of Output
    order : int or None
        The array that puts these into node order; None where they stand so.
    slots, scales, places : int
        Arrays over all synapses, part after part: which number each has, its factor, and which value it adds to;
        ``scales`` is None where all are 1, ``places`` where each has a value of its own.
    sizes : list of int
        How many values each part has.
    bias, initial : int
        Arrays over all rows: which number; the last one of all numbers is 0.
    fixed : int
        The array of the numbers that are not learnt.
    arrays : list of Array
        Index arrays are int32, others of the network's dtype.
    """

    stages: list[Stage]
    outputs: list[Output]
    order: int | None
    slots: int
    scales: int | None
    places: int | None
    sizes: list[int]
    bias: int
    initial: int
    fixed: int
    arrays: list[Array]

    @property
    def every_part(self) -> Iterator[Part]:
        """All matrices."""
        for stage in self.stages:
            yield from stage.early
            yield from stage.past
            for level in stage.levels:
                yield from level.now


def why_not(net: Network) -> str | None:
    """What of a network matrices and plain neurons cannot express, in the user's names; None where they can.

    >>> import graphnet as gn
    >>> why_not(gn.compile(gn.graphs.bidirectional(gn.graphs.elman(1, 2, 1)), seed=0))
    "node ('reverse', ('hidden', 0)) lives in reversed time"
    """
    table, program = net.to_table(), net.program
    gated = np.flatnonzero(table.edge_gives("gate"))
    if len(gated):
        return f"edge {table.edge_key(int(gated[0]))!r} is gated"
    for has, says in (
        (table.node_gives("tau"), "has a time constant"),
        (table.node("reverse"), "lives in reversed time"),
        (table.node("onset") > 0, "has an onset"),
        (table.node_gives("group"), "acts over a group"),
    ):
        if has.any():
            return f"node {table.nodes[int(np.argmax(has))]!r} {says}"
    for segment in program.segments:
        name = program.activations[segment["activation"]]
        if name not in POINTWISE:
            node: Hashable = table.nodes[program.order[segment["row"][0]]]
            return f"node {node!r} has the activation {name!r}, which is not the language's own"
    return None


def divide(net: Network) -> Parts:
    """The matrices of a network of which ``why_not`` finds nothing."""
    return _Divider(net).parts()


class _Divider:
    """Sorts synapses into parts, and keeps their arrays."""

    def __init__(self, net: Network) -> None:
        table, program = net.to_table(), net.program
        edges = program.edges
        self._program, self._dtype = program, net.dtype
        self._first = np.concatenate([[0], program.stages["row"][:, 0]])
        self._ends = np.append(self._first[1:], program.n_nodes)
        self._source, self._target = program.row[table.source[edges]], program.row[table.target[edges]]
        self._delay = resolve_delays(table).delay[edges]
        self._of_source, self._of_target = (
            np.searchsorted(self._first[1:], rows, "right") for rows in (self._source, self._target)
        )
        self._level = np.searchsorted(program.levels["row"][:, 0], self._target, "right") - 1
        self._arrays: list[Array] = []
        self._order: list[Array] = []
        self._places: list[Array] = []
        self._sizes: list[int] = []

    def parts(self) -> Parts:
        """Everything."""
        program = self._program
        stages = [self._stage(number) for number in range(len(program.stages))]
        order, places = _join(self._order), _join(self._places)
        scales, n_numbers = program.scales[order], program.n_parameters + len(program.fixed)
        of_stage = np.searchsorted(self._first[1:], program.outputs, "right")
        outputs = [self._output(stage, program.outputs[of_stage == stage]) for stage in np.unique(of_stage).tolist()]
        in_order = np.argsort(np.argsort(of_stage, kind="stable"), kind="stable")
        bias, initial = (
            self._keep(np.where(slots < 0, n_numbers, slots)) for slots in (program.bias_slots, program.initial_slots)
        )
        return Parts(
            stages,
            outputs,
            None if np.array_equal(in_order, np.arange(len(in_order))) else self._keep(in_order),
            self._keep(program.slots[order]),
            None if (scales == 1).all() else self._keep(scales, self._dtype),
            None if sum(self._sizes) == len(places) else self._keep(places),
            self._sizes,
            bias,
            initial,
            self._keep(program.fixed, self._dtype),
            self._arrays,
        )

    def _stage(self, number: int) -> Stage:
        record, stage = self._program.stages[number], number + 1
        first, last = record["row"].tolist()
        here = np.flatnonzero(self._of_target == stage)
        inside = self._of_source[here] == stage
        past = here[inside & (self._delay[here] > 0)]
        now = here[inside & (self._delay[here] == 0)]
        levels = [self._make_level(level, first, now) for level in range(*record["level"])]
        depth = max(1, int(self._delay[past].max(initial=0)))
        early = list(self._divide(here[~inside], first, last - first))
        own = list(self._divide(past, first, last - first))
        return Stage(slice(first, last), bool(record["scanned"]), depth, early, own, levels)

    def _make_level(self, number: int, first: int, now: Array) -> Level:
        record = self._program.levels[number]
        start, end = record["row"].tolist()
        parts = self._divide(now[self._level[now] == number], start, end - start, start - first)
        segments = [self._segment(segment, start) for segment in self._program.segments[slice(*record["segment"])]]
        return Level(slice(start - first, end - first), list(parts), segments)

    def _segment(self, record: Array, start: int) -> Segment:
        rows = slice(*record["row"].tolist())
        leak = self._keep(self._program.leak[rows, None], self._dtype) if record["leaky"] else None
        name = self._program.activations[record["activation"]]
        return Segment(slice(rows.start - start, rows.stop - start), name, leak)

    def _divide(self, synapses: Array, first: int, n_rows: int, n_columns: int | None = None) -> Iterator[Part]:
        """One matrix for each source stage and delay; ``n_columns`` where only so many rows of it are there yet."""
        keys = np.stack([self._of_source[synapses], self._delay[synapses]], axis=1)
        for source, delay in np.unique(keys, axis=0).tolist():
            some = synapses[(keys == (source, delay)).all(axis=1)]
            width = int(self._ends[source] - self._first[source]) if n_columns is None else n_columns
            place = (self._target[some] - first) * width + self._source[some] - self._first[source]
            order = np.argsort(place, kind="stable")
            distinct, which = np.unique(place[order], return_inverse=True)
            rows, columns = np.divmod(distinct, width)
            number = len(self._sizes)
            self._order.append(some[order])
            self._places.append(which + sum(self._sizes))
            self._sizes.append(len(distinct))
            pointers = np.searchsorted(rows, np.arange(n_rows + 1))
            kept = (self._keep(rows), self._keep(columns), self._keep(pointers))
            yield Part(number, source, delay, (n_rows, width), *kept, len(distinct) == n_rows * width)

    def _output(self, stage: int, rows: Array) -> Output:
        wanted = rows - self._first[stage]
        whole = np.array_equal(wanted, np.arange(self._ends[stage] - self._first[stage]))
        return Output(stage, None if whole else self._keep(wanted))

    def _keep(self, array: Array, dtype: np.dtype[np.float64] | type = np.int32) -> int:
        self._arrays.append(np.array(array, dtype, order="C"))
        return len(self._arrays) - 1


def _join(arrays: list[Array]) -> Array:
    return np.concatenate(arrays) if arrays else np.zeros(0, np.int64)
