"""Gap junctions: a current count * w * (y_other - y_own) into both neurons, as four synapses of one weight."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from ...errors import GraphError, quoted
from ...frames.cells import Cells
from ...frames.table import Table
from ...language.arrays import Array
from ...language.table import Column, GraphTable
from .neurons import Neurons


@dataclass(frozen=True)
class Gaps:
    """Pairs of neurons, ``first`` before ``second`` in node order, with counts; in the order of their first rows."""

    first: Array
    second: Array
    count: Array

    @property
    def source(self) -> Array:
        """Sources of the synapses, four for each pair: into the first from the second, and from itself; likewise."""
        return np.stack([self.second, self.first, self.first, self.second], axis=1).ravel()

    @property
    def target(self) -> Array:
        """Targets of the synapses."""
        return np.repeat(np.stack([self.first, self.second], axis=1).ravel(), 2)

    @property
    def partner(self) -> Array:
        """Neuron that the target of each synapse shares the gap junction with."""
        return np.repeat(np.stack([self.second, self.first], axis=1).ravel(), 2)

    @property
    def scale(self) -> Array:
        """Scales of the synapses: the count from the other, its negative from itself."""
        return np.stack([self.count, -self.count, self.count, -self.count], axis=1).ravel()

    def signs(self, of_nodes: Array) -> Array:
        """Return the sign of each synapse, by which w >= 0: that of its scale, or 0 if its source has the other."""
        wanted = np.sign(self.scale).astype(np.int64)
        return np.where(of_nodes[self.source] == -wanted, 0, wanted)

    def ties(self, names: Sequence[Hashable], kinds: Cells | None) -> tuple[Array, tuple[Hashable, ...]]:
        """Return the tie of each synapse, as codes into names of ties: its pair of neurons or, if given, of kinds."""
        pairs: list[Hashable] = []
        for a, b in zip(self.first.tolist(), self.second.tolist(), strict=True):
            of = (None, None) if kinds is None else (kinds.value(a), kinds.value(b))
            pairs.append(("gap", *(sorted(of, key=_by_type) if None not in of else (names[a], names[b]))))
        code = {tie: i for i, tie in enumerate(dict.fromkeys(pairs))}
        return np.repeat(np.array([code[tie] for tie in pairs], np.int64), 4), tuple(code)


def read_gaps(edges: Table, neurons: Neurons, count: Array, dropped: dict[str, int], notes: list[str]) -> Gaps:
    """Return the gap junctions, without those of a neuron with itself; note and count those.

    Raises
    ------
    GraphError
        If a pair is given twice from one neuron, or with two counts.
    """
    is_gap = count > 0
    if neurons.unlisted is not None:
        is_gap &= ~neurons.unlisted
    alone = is_gap & (neurons.source == neurons.target)
    dropped["gap"] = int(alone.sum())
    if dropped["gap"]:
        notes.append(f"{dropped['gap']:,} rows are dropped: a gap junction of a neuron with itself carries no current")
    rows = np.flatnonzero(is_gap & ~alone)
    found, problems = _find(
        edges, rows, neurons.source[rows], neurons.target[rows], count[rows], neurons.names.__getitem__
    )
    if problems:
        raise GraphError(problems)
    return found


def with_gaps(table: GraphTable, gaps: Gaps, kinds: Cells | None) -> GraphTable:
    """Return the drawing with the synapses of gap junctions; it then has keys, 0 where the table gives none."""
    ties, names = gaps.ties(table.nodes, kinds)
    n, signs = len(ties), table.node("sign")
    if signs.dtype == object:  # validation says which are no signs
        signs = np.zeros(table.n_nodes, np.int64)
    of_gaps = {
        "scale": Column(gaps.scale),
        "delay": Column(np.ones(n, np.int64)),
        "tie": Column(ties, None, names),
        "sign": Column(gaps.signs(signs)),
    }
    keys: list[Hashable] = [0] * table.n_edges if table.keys is None else table.keys
    return GraphTable(
        table.nodes,
        np.concatenate([table.source, gaps.source]),
        np.concatenate([table.target, gaps.target]),
        table.node_columns,
        {
            name: _joined(table.edge_columns.get(name), table.n_edges, of_gaps.get(name), n)
            for name in dict.fromkeys([*table.edge_columns, *of_gaps])
        },
        [*keys, *(("gap", table.nodes[i]) for i in gaps.partner.tolist())],
    )


def _find(
    table: Table, rows: Array, source: Array, target: Array, count: Array, name: Callable[[int], Hashable]
) -> tuple[Gaps, list[str]]:
    """Return the gap junctions of some rows, and problems: pairs that are said twice, or with two counts."""
    first, second = np.minimum(source, target), np.maximum(source, target)
    codes = first * (int(second.max(initial=0)) + 1) + second
    directed = 2 * codes + (source > target)
    order = np.argsort(directed, kind="stable")
    before, after = order[:-1], order[1:]
    repeated = directed[after] == directed[before]
    unlike = (codes[after] == codes[before]) & ~repeated & (count[after] != count[before])
    problems = []
    for wrong, why in (
        (repeated, "a gap junction is given once, or once from each of its neurons"),
        (unlike, "both neurons of a gap junction have its count"),
    ):
        pairs = {
            int(rows[max(i, j)]): (max(i, j), min(i, j))
            for i, j in zip(before[wrong].tolist(), after[wrong].tolist(), strict=True)
        }

        def sentence(row: int, pairs: dict[int, tuple[int, int]] = pairs, why: str = why) -> str:
            later, earlier = pairs[row]
            ends = " and ".join(quoted(name(int(end[later]))) for end in (source, target))
            place = table.places([int(rows[earlier])])[0]
            return f"the gap junction of {ends} has count {count[later]:g}, and {count[earlier]:g} in {place}: {why}"

        problems += table.refused(sorted(pairs), sentence, "rows that give a gap junction again")
    kept = np.sort(np.unique(codes, return_index=True)[1])
    return Gaps(first[kept], second[kept], count[kept]), problems


def _by_type(kind: Hashable) -> tuple[str, Hashable]:
    """Return what sorts kinds of several types."""
    is_number = isinstance(kind, int | float)
    return ("" if is_number else type(kind).__name__, kind if is_number or isinstance(kind, str) else repr(kind))


def _joined(before: Column | None, n_before: int, after: Column | None, n_after: int) -> Column:
    """Return a column of both kinds of synapses, with no values for a kind that does not have it."""
    kept = [each for each in (before, after) if each is not None]
    names = None
    if kept[0].names is not None:
        names = tuple(dict.fromkeys(name for each in kept for name in each.names or ()))
    code = {name: i for i, name in enumerate(names or ())}
    values, given = [], []
    for column, n in ((before, n_before), (after, n_after)):
        if column is None:
            values.append(np.zeros(n, kept[0].values.dtype))
            given.append(np.zeros(n, bool))
            continue
        own = column.values
        if names is not None:
            own = np.array([*(code[name] for name in column.names or ()), 0], np.int64)[own]
        values.append(own)
        given.append(column.given())
    declared = np.concatenate(given)
    return Column(np.concatenate(values), None if declared.all() else declared, names)
