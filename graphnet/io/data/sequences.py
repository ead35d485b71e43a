"""Series from a table: columns of inputs and targets, rows that count, and where sequences begin."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import NamedTuple

import numpy as np

from ...errors import DataError
from ...language.arrays import Array
from ..problems import MOST_ALIKE, refuse
from .cells import check_some, given_in, listed, read_inputs, stacked
from .conditions import select
from .names import near_names
from .samples import Series
from .tables import NumberColumn, Table
from .times import NO_COLUMN, describe_gaps, disorder, find_times
from .windows import Rows

SEQUENCE = "sequence"
"""The column that names sequences, where none is chosen."""
_BY_NAME = {role: re.compile(rf"{role}(?![^\W\d_])", re.IGNORECASE) for role in ("x", "y")}


class Choice(NamedTuple):
    """Columns of inputs, targets, sequences and times, and conditions on rows.

    ``where`` chooses the rows that are read, ``counted`` those of them that count; ``missing`` says what is made of
    missing cells.
    """

    x: Sequence[str] | str | None = None
    y: Sequence[str] | str | None = None
    sequence: str | None = None
    where: Sequence[str] | str = ()
    counted: Sequence[str] | str = ()
    time: str | None = None
    missing: str | None = None


def read_rows(table: Table, choice: Choice, *, targets: bool, needs_y: bool, in_order: bool, strict: bool) -> Rows:
    """Return series as rows, with targets at every row or one for each sequence.

    Without ``targets`` their columns may be missing, and are no inputs; with ``needs_y`` they are not made of inputs.
    Weights are None if every row counts.  Where rows go ``in_order``, times that repeat or go back in a sequence are an
    error if ``strict``, and otherwise the column has no times but a remark.

    Raises
    ------
    DataError
        If a column is missing or holds no numbers, a condition is none, times are not in order, or no row is left.
    """
    x_names, y_names, sequence = _choose(table, choice, targets, needs_y)
    # without columns of targets, inputs are
    named = y_names or x_names
    wanted = (y_names or x_names) if targets else []
    columns = {name: table.numbers(name) for name in dict.fromkeys((*x_names, *wanted))}
    rows = select(table, "where", choice.where)
    starts = _find_starts(table, sequence, rows)
    if choice.missing is not None:
        check_some(table, columns, rows)
    at_ends = bool(wanted) and _is_at_ends(columns, wanted, rows, starts)
    whole = rows, starts
    if choice.missing == "drop":
        needed = x_names if at_ends else [*columns]
        rows = rows[given_in(columns, needed, rows).all(axis=1)]
        if not len(rows):
            raise DataError(f"{table.path}: every row lacks a cell, and missing='drop' (--missing drop) leaves none")
        starts = _find_starts(table, sequence, rows)
    lengths = np.diff([*starts, len(rows)])
    times, unread = find_times(table, choice.time, [*x_names, *y_names, sequence])
    remark = unread if in_order else None
    if times is not None and in_order:
        problems = disorder(table, times, rows, starts)
        if problems and not strict:
            remark, times = f"column {times.name!r} is taken for no times, as it is not in order: {problems[0]}", None
        elif problems:
            refuse(table.path, problems, most=MOST_ALIKE)
        else:
            remark = describe_gaps(times, *whole, table.place, choice.missing)
    x, inputs = read_inputs(table, columns, x_names, rows, starts, choice.missing)
    y, values = None, None
    weights: Array | None = None
    if wanted:
        y = _targets(table, columns, x_names, wanted, rows, at_ends, is_allowed=choice.missing is not None)
        given = given_in(columns, wanted, rows)
        if y.ndim == 2 and not at_ends:
            values = np.where(given, stacked(columns, wanted, rows), np.nan)
        if choice.missing is not None and not at_ends and not given.all():
            weights = np.asarray(given.all(axis=1), np.float64)
    if choice.counted:
        counted = np.isin(rows, select(table, "count", choice.counted)).astype(np.float64)
        weights = counted if weights is None else weights * counted
    if at_ends and y is not None:
        y = y[np.cumsum(lengths) - 1]
    series = Series(
        lengths,
        tuple(inputs),
        tuple(named),
        values=values,
        time=None if times is None else times.name,
        times=None if times is None else times.shown[rows],
        remark=remark,
    )
    labels = None if sequence is None else table.labels(sequence)

    def name(number: int) -> str:
        return "the series" if labels is None else f"sequence {labels[int(rows[starts[number]])]!r}"

    return Rows(x, y, weights, series, name, at_ends)


def _choose(table: Table, choice: Choice, targets: bool, needs_y: bool) -> tuple[list[str], list[str], str | None]:
    """Return the names of the columns, with the defaults."""
    names = table.names
    chosen = {
        role: [given] if isinstance(given, str) else list(given or [])
        for role, given in (("x", choice.x), ("y", choice.y))
    }
    others = [choice.sequence, None if choice.time == NO_COLUMN else choice.time]
    wanted = [*chosen["x"], *(chosen["y"] if targets else []), *(each for each in others if each is not None)]
    problems = []
    for name in dict.fromkeys(wanted):
        if name not in names:
            near = get_close_matches(name, names, n=3, cutoff=0.6)
            hint = f"near it are {listed(near)}" if near else f"it has {listed(names)}"
            problems.append(f"there is no column {name!r}; {hint}")
    for role, given in chosen.items():
        problems += [f"{role} names column {name!r} twice" for name in dict.fromkeys(given) if given.count(name) > 1]
    refuse(table.path, problems)
    sequence = choice.sequence or _find_sequence(table, [*chosen["x"], *chosen["y"]])
    for role, what, needed in (("x", "inputs", True), ("y", "targets", needs_y)):
        if not chosen[role]:
            taken = {*chosen["x"], *chosen["y"], sequence}
            found = [name for name in names if _BY_NAME[role].match(name) and name not in taken]
            chosen[role] = [name for name in found if name.startswith(role)]
            other = [name for name in found if name not in chosen[role]]
            if other and (role == "x" or targets):
                problems.append(
                    f"are {listed(other)} {what}? Columns called {role} are, in small letters: "
                    f"choose with {role}=[...] or --{role}; it has {listed(names)}"
                )
                continue
        if needed and not chosen[role]:
            problems.append(
                f"which columns are the {what}? None is called {role}, {role}1, {role}_...: "
                f"choose with {role}=[...] or --{role}; it has {listed(names)}"
            )
    refuse(table.path, problems)
    return chosen["x"], chosen["y"], sequence


def _find_sequence(table: Table, taken: Sequence[str]) -> str | None:
    """Return the column ``sequence``; raise a DataError where the name of another is nearly that."""
    near = [name for name in near_names(table.names, SEQUENCE) if name not in taken]
    if near in ([], [SEQUENCE]):
        return SEQUENCE if near else None
    raise DataError(
        f"{table.path}: does {' or '.join(map(repr, near))} name the sequences? "
        f"Choose with sequence=... or --sequence, or call one {SEQUENCE!r} and no other nearly so"
    )


def _find_starts(table: Table, sequence: str | None, rows: Array) -> list[int]:
    """Return the positions among ``rows`` where sequences begin."""
    if sequence is None:
        return [0]
    labels = table.labels(sequence)
    refuse(
        table.path,
        [
            f"{table.place(row)}, column {sequence!r}: nothing is there, and each row names its sequence"
            for row in rows.tolist()
            if labels[row] is None
        ],
        most=MOST_ALIKE,
    )
    starts, seen, last = [], set(), object()
    for position, row in enumerate(rows.tolist()):
        label = labels[row]
        if position and label == last:
            continue
        if label in seen:
            raise DataError(
                f"{table.path}: {table.place(row)}: sequence {label!r} goes on after another began; "
                "the rows of a sequence are consecutive: sort the table"
            )
        seen.add(label)
        starts.append(position)
        last = label
    return starts


def _is_at_ends(columns: dict[str, NumberColumn], names: list[str], rows: Array, starts: list[int]) -> bool:
    """Return True if the last row of each sequence has targets, and no other, though there are others."""
    ends = np.array([*starts[1:], len(rows)]) - 1
    given = given_in(columns, names, rows)
    return len(ends) < len(rows) and bool(given[ends].all()) and int(given.sum()) == given[ends].size


def _targets(
    table: Table,
    columns: dict[str, NumberColumn],
    x_names: list[str],
    y_names: list[str],
    rows: Array,
    at_ends: bool,
    *,
    is_allowed: bool,
) -> Array:
    """Return targets of all rows, 0 where they are missing: classes (n_rows,) or numbers (n_rows, n_targets)."""
    given = given_in(columns, y_names, rows).T
    if not at_ends and not is_allowed and not given.all():
        column, position = np.argwhere(~given)[0].tolist()
        raise DataError(
            f"{table.path}: {table.place(int(rows[position]))}, column {y_names[column]!r}: nothing is there; "
            "targets stand on every row, or on the last row of each sequence and no other, unless missing= (--missing) "
            "allows it"
        )
    values = columns[y_names[0]].values[rows]
    # a column that is also an input is a series of numbers, whole or not
    is_class = len(y_names) == 1 and y_names[0] not in x_names and values.dtype == np.int64 and values.min() >= 0
    return values if is_class else stacked(columns, y_names, rows)
