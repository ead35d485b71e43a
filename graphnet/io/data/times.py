"""Columns of times: numbers in order, or ISO dates with a time of day or without."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

import numpy as np

from ...errors import DataError
from ...language.arrays import Array
from ...language.brief import one_line
from ..problems import MOST_ALIKE, refuse
from .tables import Table, parse_number

NAMES = ("datetime", "timestamp", "date", "time", "year")
"""Names of a column of times, in capitals or not, where none is chosen."""
NO_COLUMN = "none"
"""Choice of no column of times."""
_MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1)


class Times(NamedTuple):
    """A column of times.

    ``order`` (n_rows,) are numbers, of dates the microseconds since 1970.  ``shown`` are numbers as they are, and dates
    as text.  ``zoned`` says whether dates have an offset from UTC, and is None for numbers.
    """

    name: str
    order: Array
    shown: Array
    zoned: bool | None = None

    def __repr__(self) -> str:
        return one_line(self)


def parse_date(text: str) -> tuple[int, bool]:
    """Return microseconds since 1970 of an ISO date or time, and whether it has an offset from UTC.

    A date alone is its midnight.  A ValueError is raised for other text.

    >>> parse_date("1970-01-01T00:00:01"), parse_date("1970-01-01 01:00+01:00")
    ((1000000, False), (0, True))
    """
    if len(text) < 8:
        raise ValueError("not an ISO date")
    return _microseconds(datetime.fromisoformat(text))


def find_times(table: Table, chosen: str | None, taken: Sequence[str | None]) -> tuple[Times | None, str | None]:
    """Return the column of times that is ``chosen`` or else called like one, None where there is none; and a remark.

    Columns that are ``taken`` for something else, or hold neither numbers nor ISO dates, are none unless chosen.  The
    remark is of the first column that is called like one and cannot be read, where no other can.

    Raises
    ------
    DataError
        If the chosen column is missing, or holds something else.
    """
    if chosen == NO_COLUMN and NO_COLUMN not in table.names:
        return None, None
    if chosen is not None:
        return read_times(table, chosen), None
    remark = None
    named = {name.casefold(): name for name in table.names if name not in taken}
    for name in NAMES:
        if name in named:
            try:
                return read_times(table, named[name]), None
            except DataError as error:
                remark = remark or _describe_unread(table, named[name], error)
    return None, remark


def _describe_unread(table: Table, name: str, error: DataError) -> str:
    """Return a sentence about a column that is called like times and holds others, with the first problem of it."""
    problem = str(error).removeprefix(f"{table.path}: ").split("\n  - ")[:2][-1]
    return (
        f"column {name!r} is taken for no times, and order, duplicates and gaps are not checked: {problem}, and "
        f"time={NO_COLUMN!r} (--time {NO_COLUMN}) says that there is no column of times"
    )


def read_times(table: Table, name: str) -> Times:
    """Return a column of numbers or of ISO dates, each of them given.

    Raises
    ------
    DataError
        If a cell is missing, or is neither; all such cells at once.
    """
    labels: list[Any] = table.labels(name)
    absent = [row for row, label in enumerate(labels) if label is None]
    said = f"column {name!r}: nothing is there, and each row has a time"
    refuse(table.path, [f"{table.place(row)}, {said}" for row in absent], most=MOST_ALIKE)
    # the first cell tells them apart: to read all dates as numbers would make a message of each
    if not labels or _is_number(labels[0]):
        numbers = table.numbers(name).values
        return Times(name, numbers, numbers if numbers.dtype.kind in "if" else np.array([*map(str, labels)]))
    found, problems = [], []
    for row, label in enumerate(labels):
        try:
            found.append(parse_date(label) if isinstance(label, str) else _microseconds(label))
        except (ValueError, TypeError):
            problems.append(
                f"{table.place(row)}, column {name!r}: {str(label)[:60]!r} is neither a number nor an ISO date such "
                "as 2001-05-01 or 2001-05-01T12:00"
            )
    if problems:
        problems[0] += "; pandas.to_datetime(..., dayfirst=True) makes such of others"
    refuse(table.path, problems, most=MOST_ALIKE)
    zoned = [each[1] for each in found]
    if len(set(zoned)) > 1:
        other = zoned.index(not zoned[0])
        raise DataError(
            f"{table.path}: {table.place(other)}, column {name!r}: {labels[other]!r} has "
            f"{'an' if zoned[other] else 'no'} offset from UTC, unlike {table.place(0)}; give all one or none"
        )
    shown = np.array([label if isinstance(label, str) else label.isoformat() for label in labels])
    return Times(name, np.array([each[0] for each in found], np.int64), shown, zoned[0])


def disorder(table: Table, times: Times, rows: Array, starts: Sequence[int]) -> list[str]:
    """Return a sentence about each time that repeats or goes back in a sequence, which begin at ``starts`` of rows."""
    order = times.order[rows].tolist()
    first = set(starts)
    problems = []
    for i in range(1, len(order)):
        if i in first or order[i] > order[i - 1]:
            continue
        here, before = (table.place(int(rows[j])) for j in (i, i - 1))
        what = "again the time of" if order[i] == order[i - 1] else "before the time of"
        problems.append(f"{here}, column {times.name!r}: {times.shown[rows[i]]} is {what} {before}")
    if problems:
        problems[0] += (
            "; rows of a series go from early to late: sort them, name the series with sequence= (--sequence), or say "
            f"which column has the times with time= (--time; {NO_COLUMN} for no column)"
        )
    return problems


def describe_gaps(
    times: Times, rows: Array, starts: Sequence[int], place: Any, missing: str | None = None
) -> str | None:
    """Return a sentence about rows that are missing from otherwise even times, None where there are none.

    Times are even where nine of ten steps are alike, so that months and working days are not taken for gaps.
    The advice to allow ``missing`` cells is left out where they are.
    """
    order = times.order[rows]
    steps = np.diff(order)
    within = ~np.isin(np.arange(1, len(order)), list(starts))
    if order.dtype.kind == "O" or not within.any():
        return None
    lengths, counts = np.unique(steps[within], return_counts=True)
    usual = lengths[counts.argmax()]
    gaps = np.flatnonzero(within & (steps > usual))
    if counts.max() < 0.9 * within.sum() or not len(gaps):
        return None
    at = int(gaps[0]) + 1
    by = f"{usual:g}" if times.zoned is None else str(timedelta(microseconds=int(usual))).removesuffix(", 0:00:00")
    allow = "" if missing else ", and allow these with missing= (--missing)"
    return (
        f"column {times.name!r} goes in steps of {by}, with {len(gaps)} gap{'s' * (len(gaps) > 1)}, the first before "
        f"{place(int(rows[at]))} ({times.shown[rows[at]]}); rows are taken as equal steps: insert those that are "
        f"missing with empty cells{allow}"
    )


def _is_number(label: Any) -> bool:
    if not isinstance(label, str):
        return not isinstance(label, date)
    try:
        parse_number(label)
    except ValueError:
        return False
    return True


def _microseconds(moment: date) -> tuple[int, bool]:
    """Return microseconds since 1970 of a date or a datetime, and whether it has an offset from UTC."""
    if not isinstance(moment, date):
        raise TypeError(f"{moment!r} is no date")
    whole = moment if isinstance(moment, datetime) else datetime(moment.year, moment.month, moment.day)
    if whole.tzinfo is None:
        return (whole - _EPOCH) // _MICROSECOND, False
    return (whole.astimezone(UTC).replace(tzinfo=None) - _EPOCH) // _MICROSECOND, True
