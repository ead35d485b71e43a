"""Chemical synapses: rows with their counts and signs, added up, as columns of a drawing."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...errors import GraphError, quoted
from ...frames.cells import Cells
from ...frames.table import Table
from ...language.arrays import Array
from ...language.schema import EDGE_ATTRIBUTES
from ...language.table import Column
from .attributes import added_up, as_column, at_rows, with_wide_codes
from .neurons import Neurons
from .parallel import Parallel, find_parallel
from .signs import signs_of_groups

PART = 1 << 20
"""Number of rows of which Python's objects are made at once."""


@dataclass(frozen=True)
class Rows:
    """Rows of the table of edges that are chemical synapses: all if ``chosen`` (n_chosen,) is None.

    ``count``, ``sign`` and ``key`` are of all rows of the table, or None.
    """

    table: Table
    neurons: Neurons
    chosen: Array | None
    count: Array | None
    sign: Array | None
    key: Cells | None

    def of(self, values: Array) -> Array:
        """Return the values of the rows that are chosen."""
        return values if self.chosen is None else values[self.chosen]

    def row(self, position: int) -> int:
        """Return the row of the table at a position among those chosen."""
        return position if self.chosen is None else int(self.chosen[position])

    def ends(self, row: int) -> str:
        """Return the neurons of a row, for a message."""
        names = (self.neurons.names[end[row]] for end in (self.neurons.source, self.neurons.target))
        return " -> ".join(map(quoted, names))


@dataclass(frozen=True)
class Synapses:
    """Synapses as a drawing has them; ``too_few`` counts those of less than ``min_count``."""

    source: Array
    target: Array
    columns: dict[str, Column] = field(default_factory=dict)
    keys: list[Hashable] | None = None
    too_few: int = 0


def read_counts(table: Table, column: str, cells: Cells) -> Array:
    """Return counts, (n_rows,) float64, 0 where they are missing.

    Raises
    ------
    GraphError
        If a cell is no number, is negative or not finite.
    """
    where = f"column {column!r}"
    try:
        numbers = cells.numbers()
    except ValueError as error:
        sentence = f"{where}: {{}} is no count, which is a number >= 0"
        problems = table.refused(error.args[0], lambda row: sentence.format(quoted(cells.value(row))), "such rows")
        raise GraphError(problems) from None
    count = numbers.values.astype(np.float64, copy=False)
    if numbers.missing is not None:
        count = np.where(numbers.missing, 0.0, count)
    wrong = np.flatnonzero((count < 0) | ~np.isfinite(count))
    if len(wrong):
        raise GraphError(
            table.refused(
                wrong, lambda row: f"{where}: {count[row]:g} is no count, which is a number >= 0", "such rows"
            )
        )
    return count


def choose_rows(
    neurons: Neurons, n_synapses: Array | None, n_gaps: Array | None, dropped: dict[str, int], notes: list[str]
) -> Array | None:
    """Return the rows that are chemical synapses, None for all; note those that are nothing."""
    listed = True if neurons.unlisted is None else ~neurons.unlisted
    if n_synapses is not None:
        is_synapse = n_synapses > 0
        nothing = ~is_synapse & (True if n_gaps is None else n_gaps == 0) & listed
        dropped["count"] = int(nothing.sum())
        if dropped["count"]:
            notes.append(f"{dropped['count']:,} of {len(nothing):,} rows are dropped: their count is 0 or missing")
        is_synapse &= listed
    elif n_gaps is not None:
        is_synapse = (n_gaps == 0) & listed
    elif neurons.unlisted is None:
        return None
    else:
        is_synapse = ~neurons.unlisted
    return None if is_synapse.all() else np.flatnonzero(is_synapse)


def read_keys(edges: Table, key: str, cells: Cells) -> Cells:
    """Return keys as codes into words."""
    try:
        return cells.factorized()
    except TypeError:
        raise GraphError(f"{edges.what}: column {key!r} holds lists or others that are not hashable: no keys") from None


def draw_synapses(
    rows: Rows, attributes: Mapping[str, str], read: Callable[[str], Cells], min_count: float
) -> Synapses:
    """Return the synapses of some rows; those of one source, target and key are one.

    ``attributes`` are {attribute: column}, and ``read`` reads a column.

    Raises
    ------
    GraphError
        If a pair is repeated and no counts are given to add up, a key is missing, or attributes of the language
        disagree between rows that add up.
    """
    source, target = rows.of(rows.neurons.source), rows.of(rows.neurons.target)
    key = None if rows.key is None else _key_codes(rows)
    parallel = find_parallel(source, target, len(rows.neurons.names), key)
    if parallel is not None and rows.count is None:
        raise GraphError(_repeated(rows, parallel, source, target, key))
    count = None if rows.count is None else rows.of(rows.count)
    sign = None if rows.sign is None else rows.of(rows.sign)
    if parallel is not None and count is not None:
        first = parallel.first
        if sign is not None:
            sign = signs_of_groups(sign, count, parallel)
        count = parallel.sums(count)
        source, target = source[first], target[first]
        key = None if key is None else key[first]
    kept = None
    if count is not None and (count < min_count).any():
        kept = np.flatnonzero(count >= min_count)
    columns = _columns(rows, attributes, read, parallel, kept)
    del parallel
    total, too_few = len(source), 0
    if kept is not None:
        source, target, count = source[kept], target[kept], None if count is None else count[kept]
        sign, key = (None if each is None else each[kept] for each in (sign, key))
        too_few = total - len(source)
    scale = _scale(count, sign, columns.get("scale"))
    if scale is not None:
        columns = {"scale": scale} | {name: column for name, column in columns.items() if name != "scale"}
    if sign is not None:
        columns["sign"] = Column(sign.astype(np.int64), None if sign.all() else sign != 0)
    keys = None if key is None or rows.key is None else _keys(rows.key.words or (), key)
    return Synapses(source, target, columns, keys, too_few)


def _scale(count: Array | None, sign: Array | None, declared: Column | None) -> Column | None:
    """Return counts, or the scales that the table declares, times the signs; None if there are neither."""
    if sign is None:
        return None if count is None else Column(count)
    factor = np.where(sign == 0, 1, sign)
    if count is not None:
        return Column(count * factor)
    if declared is None:
        return Column(factor.astype(np.float64))
    if not declared.is_typed():
        return None  # validation says which rows are no numbers
    return Column(np.where(declared.given(), declared.values, 1.0) * factor)


def _key_codes(rows: Rows) -> Array:
    key, table = rows.key, rows.table
    if key is None:
        raise AssertionError("no keys")
    missing = np.flatnonzero(rows.of(~key.given()))
    if len(missing):
        said = table.refused(
            [rows.row(i) for i in missing.tolist()], lambda row: f"{rows.ends(row)} has no key", "such rows"
        )
        raise GraphError(said)
    return rows.of(key.values)


def _keys(words: Sequence[Hashable], codes: Array) -> list[Hashable]:
    """Return keys as a list; in parts, since an array of as many objects takes as much memory again."""
    objects = np.empty(len(words), object)
    objects[:] = words
    keys: list[Hashable] = []
    for start in range(0, len(codes), PART):
        keys += objects[codes[start : start + PART]].tolist()
    return keys


def _repeated(rows: Rows, parallel: Parallel, source: Array, target: Array, key: Array | None) -> list[str]:
    """Return a problem for each row that repeats the synapse of an earlier one."""
    at = {rows.row(i): i for i in parallel.repeats.tolist()}

    def sentence(row: int) -> str:
        i = at[row]
        same = (source == source[i]) & (target == target[i]) & (True if key is None else key == key[i])
        earlier = rows.table.places([rows.row(int(np.argmax(same)))])[0]
        return f"{rows.ends(row)} repeats {earlier}: " + (
            "name the column of counts to add up with count=, or the one that tells parallel synapses apart with key="
            if key is None
            else "the key is the same, too; name the column of counts to add up with count="
        )

    return rows.table.refused(list(at), sentence, "rows that repeat another")


def _columns(
    rows: Rows,
    attributes: Mapping[str, str],
    read: Callable[[str], Cells],
    parallel: Parallel | None,
    kept: Array | None,
) -> dict[str, Column]:
    """Return the attributes of synapses; those that rows disagree on are left out if they are custom."""
    columns: dict[str, Column] = {}
    problems: list[str] = []
    for name, column_name in attributes.items():
        attribute = EDGE_ATTRIBUTES.get(name)
        column = as_column(read(column_name), attribute)
        if rows.chosen is not None:
            column = at_rows(column, rows.chosen)
        if parallel is not None:
            given = column
            try:
                column, disagree = added_up(given, parallel)
            except TypeError:
                problems.append(
                    f"{rows.table.what}: {name!r} holds lists or others, which cannot be compared between rows that "
                    f"add up: columns={{{column_name!r}: None}} leaves it out"
                )
                continue
            if attribute is not None:
                where = np.flatnonzero(disagree)
                problems += [
                    _disagreement(rows, name, given, parallel.rows_of(group)) for group in where[:20].tolist()
                ] + [f"and {len(where) - 20} more synapses that disagree on {name}"] * (len(where) > 20)
        if kept is not None:
            column = at_rows(column, kept)
        columns[name] = with_wide_codes(column)
    if problems:
        raise GraphError(problems)
    return columns


def _disagreement(rows: Rows, name: str, column: Column, members: Array) -> str:
    given = column.given()
    of = [int(i) for i in members if given[i]]
    other = next(i for i in of if column.value(i) != column.value(of[0]))
    values: list[Any] = [column.value(i) for i in (of[0], other)]
    places = rows.table.places([rows.row(of[0]), rows.row(other)])
    return (
        f"{rows.table.what}: {places[0]} and {places[1]}: {rows.ends(rows.row(other))}: rows that add up disagree on "
        f"{name}: {quoted(values[0])} and {quoted(values[1])}; key= keeps them apart"
    )
