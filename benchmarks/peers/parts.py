"""A network as one would write it by hand with matrices, which is what the peers compute.

Stages are those of the program: neurons that do not depend on their own past are computed for all steps at once, the
others step by step, and within a step level by level.  All synapses from one stage to another with the same delay are
one matrix, whatever blocks the program divides them into.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

import graphnet as gn
from graphnet.language.activations import POINTWISE
from graphnet.language.arrays import Array
from graphnet.language.delays import resolve_delays


class Part(NamedTuple):
    """The matrix of the synapses from stage ``source`` (0: the inputs) with one delay.

    ``rows``, ``columns`` (n_places,), sorted by row and then by column, and ``pointers`` (n_rows + 1,), the position at
    which each row begins, are numbers of arrays.  Columns count from the first row of the source, rows from the first
    row that is computed.  The values of the matrix are the ``number``-th piece of all values.
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
    """``rows`` counted from the first of their stage; ``now`` reads neurons of earlier levels at the same step."""

    rows: slice
    now: list[Part]
    segments: list[Segment]


class Stage(NamedTuple):
    """``rows`` of the network; ``early`` reads other stages, ``past`` earlier steps of this one."""

    rows: slice
    scanned: bool
    depth: int
    early: list[Part]
    past: list[Part]
    levels: list[Level]


class Output(NamedTuple):
    """The rows of a stage that are outputs: the number of an array, or None where all are, in order."""

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
        The array that puts these into node order; None where they are in it already.
    slots, scales, places : int
        Arrays over all synapses, part after part: the parameter of each, its factor, and the value it is added to;
        ``scales`` is None where all are 1, ``places`` where no two synapses share a value.
    sizes : list of int
        Number of values of each part.
    bias, initial : int
        Arrays over all rows: the parameter of each; the last of all numbers is 0.
    fixed : int
        The array of the parameters that are not learnt.
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


def why_not(net: gn.Network) -> str | None:
    """Return the part of a network that plain matrices cannot express, in the user's names, or None.

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
    learnt = next((row for row in net.parameter_table() if row.kind == "leak"), None)
    if learnt is not None:
        return f"{'tie' if learnt.tied else 'node'} {learnt.key!r} learns its leaking rate"
    for segment in program.segments:
        name = program.activations[segment["activation"]]
        if name not in POINTWISE:
            node: Hashable = table.nodes[program.order[segment["row"][0]]]
            return f"node {node!r} has the activation {name!r}, which is not the language's own"
    return None


def divide(net: gn.Network) -> Parts:
    """Return the matrices of a network for which ``why_not`` returns None."""
    return _Divider(net).parts()


class _Divider:
    """Sorts synapses into parts, and keeps the arrays of these."""

    def __init__(self, net: gn.Network) -> None:
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
        # no leak is learnt
        numbers = np.append(np.zeros(program.n_parameters), program.fixed)
        self._leak = program.neuron_values(numbers)["leak"]
        self._arrays: list[Array] = []
        self._order: list[Array] = []
        self._places: list[Array] = []
        self._sizes: list[int] = []

    def parts(self) -> Parts:
        """Return the whole network."""
        program = self._program
        stages = [self._stage(number) for number in range(len(program.stages))]
        order, places = _join(self._order), _join(self._places)
        scales, n_numbers = program.scales[order], program.n_parameters + len(program.fixed)
        of_stage = np.searchsorted(self._first[1:], program.outputs, "right")
        outputs = [self._output(stage, program.outputs[of_stage == stage]) for stage in np.unique(of_stage).tolist()]
        in_order = np.argsort(np.argsort(of_stage, kind="stable"), kind="stable")
        bias, initial = (
            self._keep(np.where(slots < 0, n_numbers, slots))
            for slots in (program.neurons["bias"], program.neurons["initial"])
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
        leak = self._keep(self._leak[rows, None], self._dtype) if record["leak"] else None
        name = self._program.activations[record["activation"]]
        return Segment(slice(rows.start - start, rows.stop - start), name, leak)

    def _divide(self, synapses: Array, first: int, n_rows: int, n_columns: int | None = None) -> Iterator[Part]:
        """Yield a matrix for each source stage and delay; ``n_columns`` is given where it reads only the first rows."""
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
