"""Conditions on the rows of a table: a column, a comparison, and a number or an ISO date."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from difflib import get_close_matches
from typing import Any, NamedTuple

import numpy as np

from ...errors import DataError
from ...language.arrays import Array
from .cells import check_given, listed
from .tables import Table, parse_number
from .times import parse_date, read_times

_COMPARISON = re.compile("(<=|>=|==|!=|<|>|=)")
_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
}


class _Condition(NamedTuple):
    name: str
    compare: Callable[[Any, Any], Any]
    number: int | float
    date: str | None
    zoned: bool


def select(table: Table, option: str, given: Sequence[str] | str) -> Array:
    """Return the rows for which all conditions hold, in order.

    Raises
    ------
    DataError
        If a condition is none, its column is missing or holds something else, or no row is left.
    """
    conditions = [given] if isinstance(given, str) else list(given)
    kept: Array | None = None
    for condition in conditions:
        wanted = _read_condition(table, option, condition)
        values, shown = _values(table, option, condition, wanted)
        # as Python compares, exactly: a float has not the digits of the ids of neurons
        holds = np.array([wanted.compare(value, wanted.number) for value in values.tolist()], bool)
        kept = holds if kept is None else kept & holds
        if not kept.any():
            there = "there are no rows"
            if len(values):
                there = f"it goes from {shown[values.argmin()]} to {shown[values.argmax()]}"
            raise DataError(f"{table.path}: no row is left where {condition!r}; {wanted.name!r}: {there}")
    rows = np.arange(len(table.places)) if kept is None else np.flatnonzero(kept)
    if not len(rows):
        raise DataError(f"{table.path}: a header, and no rows")
    return rows


def _read_condition(table: Table, option: str, condition: str) -> _Condition:
    name, comparison, text = _parts(option, condition)
    number: int | float | None = None
    date, zoned = None, False
    with suppress(ValueError):
        number = parse_number(text)
    if number is None:
        try:
            (number, zoned), date = parse_date(text), text
        except ValueError as error:
            raise DataError(
                f"{option}={condition!r}: {text!r} is neither a number nor an ISO date such as 2001-05-01 or "
                "2001-05-01T12:00"
            ) from error
    if name not in table.names:
        near = listed(get_close_matches(name, table.names, n=3, cutoff=0.6) or table.names)
        raise DataError(f"{table.path}: {option}={condition!r}: there is no column {name!r}; it has {near}")
    return _Condition(name, _COMPARISONS[comparison], number, date, zoned)


def _parts(option: str, condition: str) -> tuple[str, str, str]:
    """Return the column, the comparison and the value of a condition; raise a DataError that names what is missing."""
    parts = [part.strip() for part in _COMPARISON.split(condition)]
    if len(parts) == 1:
        problem = "there is no comparison"
    elif len(parts) > 3:
        problem = f"there are {len(parts) // 2} comparisons, {' and '.join(parts[1::2])}; give {option} again for each"
    elif not parts[0]:
        problem = f"there is no column before {parts[1]}"
    elif not parts[2]:
        problem = f"there is no number or ISO date behind {parts[1]}"
    else:
        return parts[0], parts[1], parts[2]
    raise DataError(
        f"{option}={condition!r}: {problem}; a condition is a column, one of {' '.join(_COMPARISONS)}, and a number or "
        "an ISO date: 'year<=1920', 'date>=2001-05-01'"
    )


def _values(table: Table, option: str, condition: str, wanted: _Condition) -> tuple[Array, Array]:
    """Return what the column has to be compared, and to be shown."""
    where = f"{table.path}: {option}={condition!r}: column {wanted.name!r}"
    if wanted.date is None:
        try:
            column = table.numbers(wanted.name)
        except DataError as error:
            first = _first_date(table, wanted.name)
            if first is None:
                raise
            raise DataError(f"{where} has dates such as {first}: compare with a whole one") from error
        check_given(table, {wanted.name: column}, np.arange(len(column.values)))
        return column.values, column.values
    times = read_times(table, wanted.name)
    if times.zoned is None:
        raise DataError(f"{where} has numbers, and {wanted.date} is a date")
    if times.zoned != wanted.zoned:
        has, without = ("an", "none") if times.zoned else ("no", "one")
        raise DataError(f"{where} has {has} offset from UTC, and {wanted.date} has {without}")
    return times.order, times.shown


def _first_date(table: Table, name: str) -> str | None:
    """Return the first cell of a column of dates, None of another column."""
    try:
        times = read_times(table, name)
    except DataError:
        return None
    return str(times.shown[0]) if times.zoned is not None and len(times.shown) else None
