"""Neurons of the tables: ids, exactly as they are, and the position of each end of an edge."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ...errors import MOST_NAMED, GraphError, quoted
from ...frames.cells import Cells, none_if_all_given
from ...frames.table import Table
from ...language.arrays import Array

WHOLE, TEXT = "whole numbers", "text"


@dataclass(frozen=True)
class Neurons:
    """Names in node order, and positions of the ends of every row; ``unlisted`` masks rows that are left out."""

    names: list[Hashable]
    source: Array
    target: Array
    unlisted: Array | None = None


class Ids(NamedTuple):
    """A column of ids, the table that has it, and what an id is for, in a message about a missing one."""

    table: Table
    column: str
    cells: Cells
    needed: str


def find_neurons(source: Ids, target: Ids, listed: Ids | None, unlisted: str, notes: list[str]) -> Neurons:
    """Return the neurons, and the positions of the ends of edges; add a note if edges are left out.

    Raises
    ------
    GraphError
        If ids are missing, rounded, of different kinds, repeated in ``listed`` or not in it.
    """
    problems: list[str] = []
    columns = [source, target] if listed is None else [source, target, listed]
    read = [each._replace(cells=_exact(each, problems)) for each in columns]
    if not problems:
        problems += _kinds_problems(read)
    if problems:
        raise GraphError(problems)
    alike = _alike([each.cells for each in read])
    if listed is None:
        return _in_order_of_appearance(*alike)
    return _as_listed([each._replace(cells=cells) for each, cells in zip(read, alike, strict=True)], unlisted, notes)


def _exact(ids: Ids, problems: list[str]) -> Cells:
    """Return ids as whole numbers or as codes into words; add problems of those that are none."""
    table, column, cells, needed = ids
    where = f"column {column!r}"
    given = cells.given()
    if cells.kind == "booleans":
        problems.append(f"{table.what}: {where} holds True and False, and ids are whole numbers or text")
        return cells
    if cells.kind == "numbers":
        rounded = given & (np.abs(cells.values) > cells.exact)
        broken = given & (cells.values != np.floor(cells.values))
        if rounded.any():
            problems.append(
                f"{table.what}: {where}: {int(rounded.sum()):,} ids, such as {cells.values[rounded][0]:.0f}, are "
                f"floats above {cells.exact}, and so rounded: read them as whole numbers (pandas: 'Int64') or text"
            )
        problems += table.refused(
            np.flatnonzero(broken),
            lambda row: f"{where}: {cells.value(row)!r} is no id: ids are whole numbers or text",
            "ids that are not whole",
        )
        if rounded.any() or broken.any():
            return cells
        cells = Cells(np.where(given, cells.values, 0).astype(np.int64), cells.missing)
    elif cells.kind == "objects":
        try:
            cells = cells.factorized()
        except TypeError:
            problems.append(f"{table.what}: {where} holds lists or others that are not hashable, which are no ids")
            return cells
    problems += table.refused(np.flatnonzero(~given), lambda _: f"{where} is empty: {needed}", "rows in which it is")
    return cells


def _kinds(cells: Cells) -> dict[str, Any]:
    """Return whether ids are whole numbers, text or both, each with the first of them."""
    if cells.words is None:
        return {} if cells.kind == "nothing" or not len(cells) else {WHOLE: cells.value(int(np.argmax(cells.given())))}
    numbers = (word for word in cells.words if isinstance(word, int | float | np.number))
    text = (word for word in cells.words if isinstance(word, str))
    return {kind: first for kind, words in ((WHOLE, numbers), (TEXT, text)) for first in [*words][:1]}


def _kinds_problems(read: Sequence[Ids]) -> list[str]:
    """Return a problem if some ids are whole numbers and others are text."""
    found: dict[str, str] = {}
    for table, column, cells, _ in read:
        for kind, first in _kinds(cells).items():
            found.setdefault(kind, f"column {column!r} of {table.what} holds {kind} such as {quoted(first)}")
    if len(found) < 2:
        return []
    return [
        f"{', and '.join(found.values())}: the same ids have the same type; read all as whole numbers, or all as text"
    ]


def _alike(columns: Sequence[Cells]) -> list[Cells]:
    """Return columns of ids whose values can be compared: of one dtype, or codes into the same words."""
    if any(cells.words is not None for cells in columns):
        code: dict[Any, int] = {}
        coded = []
        for cells in (each.factorized() for each in columns):
            codes = np.array([*(code.setdefault(word, len(code)) for word in cells.words or ()), -1], np.int32)
            coded.append(codes[cells.values])
        return [Cells(values, None, tuple(code)) for values in coded]
    if len({cells.values.dtype for cells in columns}) == 1:
        return list(columns)
    if any((cells.values < 0).any() for cells in columns):  # beside others above 2^63
        return _alike([cells.factorized() for cells in columns])
    return [Cells(cells.values.astype(np.uint64)) for cells in columns]


def _in_order_of_appearance(source: Cells, target: Cells) -> Neurons:
    import pandas

    ends = np.empty(2 * len(source), source.values.dtype)
    ends[0::2], ends[1::2] = source.values, target.values
    codes, values = pandas.factorize(ends)
    del ends
    names = Cells(np.asarray(values), None, source.words).objects()
    return Neurons(names, codes[0::2].astype(np.int64), codes[1::2].astype(np.int64))


def _as_listed(read: Sequence[Ids], unlisted: str, notes: list[str]) -> Neurons:
    import pandas

    (edges, _, source, _), (_, _, target, _), (nodes, column, names, _) = read
    index = pandas.Index(names.values)
    repeated = np.flatnonzero(index.duplicated())
    if len(repeated):
        raise GraphError(
            nodes.refused(
                repeated,
                lambda row: f"column {column!r}: {quoted(names.value(row))} is the name of an earlier row, too",
                "rows with the name of an earlier one",
            )
        )
    ends = [np.asarray(index.get_indexer(pandas.Index(each.values)), np.int64) for each in (source, target)]
    lacking = none_if_all_given((ends[0] < 0) | (ends[1] < 0))
    found = Neurons(names.objects(), ends[0], ends[1], lacking)
    if lacking is None:
        return found
    strangers = {
        name: None
        for cells, positions in ((source, ends[0]), (target, ends[1]))
        for name in Cells(np.asarray(pandas.unique(cells.values[positions < 0])), None, cells.words).objects()
    }
    few = ", ".join(map(quoted, list(strangers)[:MOST_NAMED])) + (" ..." if len(strangers) > MOST_NAMED else "")
    said = f"{nodes.what} lacks {len(strangers):,} of the neurons in {edges.what}: {few}"
    n_edges = f"{int(lacking.sum()):,} of {len(lacking):,} edges"
    if unlisted != "drop":
        raise GraphError(f"{said}; they have {n_edges}: add them, or leave these edges out with unlisted='drop'")
    notes.append(f"{said}; {n_edges} are left out with them")
    return found
