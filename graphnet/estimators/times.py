"""Series as pandas has them, on a regular grid of times: gaps are missing rows, and what is no grid is an error."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ..errors import DataError, first_of, quoted
from ..language.arrays import Array
from ..language.checks import as_array, refuse_masked

CALENDARS = ("MS", "ME", "QS", "QE", "YS", "YE", "B", "W-MON", "W-SUN", "W-SAT")
"""Frequencies without a fixed number of days that times with gaps are compared with."""

MOST_MISSING = 20
"""Largest number of times of a grid for each row that is there."""


DATE = re.compile(r"\s*(\d{1,4})([-./])\d{1,2}\2\d{1,4}(?!\d)")
"""Start of a text that is a date: its first number and the mark after it."""


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of numbers over a regular grid of times.

    Attributes
    ----------
    values : (n_rows, n_columns)
        NaN where missing.
    index : pandas.Index
        Times, or whole numbers.
    step : frequency, period's frequency or int
        From one row to the next; None for a single row.
    names : list
        Names of the columns.
    form : "series", "frame" or "array"
        What it was given as.
    """

    values: Array
    index: pd.Index[Any]
    step: Any
    names: list[Any]
    form: str

    def __len__(self) -> int:
        return len(self.values)

    def after(self, n: int) -> pd.Index[Any]:
        """Return the times of the n rows that follow."""
        last = self.index[-1]
        if n and self.step is None:
            raise DataError("y: a single row has no frequency; give more rows")
        if isinstance(self.index, pd.DatetimeIndex):
            return pd.date_range(last, periods=n + 1, freq=self.step, unit=self.index.unit)[1:]
        if isinstance(self.index, pd.PeriodIndex):
            return pd.period_range(last, periods=n + 1, freq=self.index.freq)[1:]
        return pd.RangeIndex(last + self.step, last + self.step * (n + 1), self.step)

    def like(self, values: Array, index: pd.Index[Any]) -> Any:
        """Return other rows in the form that this table was given in."""
        if self.form == "series":
            return pd.Series(values[:, 0], index, name=self.names[0])
        if self.form == "frame":
            return pd.DataFrame(values, index, columns=self.names)
        return values if self.names else values[:, 0]

    def rows(self, start: int, stop: int) -> Table:
        """Return some of the rows."""
        return replace(self, values=self.values[start:stop], index=self.index[start:stop])

    def extended(self, values: Array, index: pd.Index[Any]) -> Table:
        """Return the table with more rows behind its own."""
        if isinstance(self.index, pd.RangeIndex):
            index = pd.RangeIndex(self.index[0], self.index[-1] + self.step * (len(index) + 1), self.step)
        else:
            index = self.index.append(index)
        return replace(self, values=np.concatenate([self.values, values]), index=index)


def read_table(given: Any, what: str, *, may_be_empty: bool = False) -> Table:
    """Return a Series, a frame or an array as a `Table`.

    Parameters
    ----------
    given : pandas.Series, pandas.DataFrame or array
        With dates, periods or whole numbers as index; (n_rows,) or (n_rows, n_columns) of numbers.
    what : str
        Word for it in messages.
    may_be_empty : bool
        Allow columns of which all values are missing.

    Raises
    ------
    DataError
        If times are missing, repeated, unsorted or on no grid, or values are no numbers.

    Examples
    --------
    >>> days = pd.DatetimeIndex(["2024-01-01", "2024-01-02", "2024-01-04"])
    >>> read_table(pd.Series([1.0, 2.0, 4.0], days), "y").values.ravel().tolist()
    [1.0, 2.0, nan, 4.0]
    """
    refuse_masked(given, what, "give NaN for what is missing")
    if not isinstance(given, pd.Series | pd.DataFrame):
        values = as_array(given, what, np.dtype(np.float64))
        if values.ndim not in (1, 2) or not values.size:
            raise DataError(
                f"{what}: shape {values.shape}; must be (n_rows,) or (n_rows, n_columns), of one row or more"
            )
        columns = np.ascontiguousarray(values.reshape(len(values), -1))
        _check_values(
            columns,
            [f"column {i}" for i in range(columns.shape[1])],
            pd.RangeIndex(len(columns)),
            what,
            may_be_empty=may_be_empty,
        )
        numbers = [] if values.ndim == 1 else list(range(columns.shape[1]))
        return Table(columns, pd.RangeIndex(len(columns)), 1, numbers, "array")
    frame = given.to_frame() if isinstance(given, pd.Series) else given
    if frame.empty:
        raise DataError(f"{what}: {len(frame)} rows of {frame.shape[1]} columns; needs one of each")
    index = _read_index(frame.index, what)
    names: list[Any] = list(frame.columns)
    repeated = frame.columns[frame.columns.duplicated()]
    if len(repeated):
        raise DataError(f"{what}: several columns are named {quoted(repeated[0])}; rename or drop all but one")
    labels = [f"column {quoted(name)}" for name in names]
    if isinstance(given, pd.Series) and given.name is None:
        labels = ["the series"]
    values = _read_columns(frame, labels, what)
    _check_values(values, labels, index, what, may_be_empty=may_be_empty)
    grid, step = _grid(index, what)
    if len(grid) != len(index):
        whole = np.full((len(grid), values.shape[1]), np.nan)
        whole[grid.get_indexer(index)] = values
        values = whole
    if isinstance(given, pd.Series):
        return Table(values, grid, step, [given.name], "series")
    return Table(values, grid, step, names, "frame")


def _read_columns(frame: pd.DataFrame, labels: list[str], what: str) -> Array:
    """Return the columns of a frame as floats; NaN where missing."""
    columns, problems = [], []
    for i, label in enumerate(labels):
        column = frame.iloc[:, i]
        kind = column.dtype
        is_number = pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_complex_dtype(kind)
        try:
            if not is_number and not pd.api.types.is_object_dtype(kind):
                raise ValueError(label)
            columns.append(column.to_numpy(np.float64, na_value=np.nan))
        except (TypeError, ValueError):
            problems.append(f"{what}: {label} is {kind}, not numbers; {_advice(column, is_alone=len(labels) == 1)}")
    if problems:
        raise DataError("; ".join(first_of(problems, str, "such columns")))
    # in one order, in which sums are the same to the bit
    return np.ascontiguousarray(np.column_stack(columns))


def _advice(column: pd.Series[Any], *, is_alone: bool) -> str:
    """Return what to do with a column that is not of numbers."""
    if pd.api.types.is_datetime64_any_dtype(column.dtype) or isinstance(column.dtype, pd.PeriodDtype):
        return "times belong in the index, as after .set_index"
    texts = [each for each in column.dropna().unique() if isinstance(each, str)]
    if not texts:
        return "leave it out, or make numbers of it"
    dates = [DATE.match(text) for text in texts]
    if all(dates):
        said = f"it has dates such as {quoted(texts[0])}, which belong in the index"
        if is_alone:
            return f"{said} of columns of numbers"
        found = [each.groups() for each in dates if each]
        is_day_first = any("." in mark or int(first) in range(13, 32) for first, mark in found)
        name = quoted(column.name)
        read = f"pd.to_datetime(data[{name}]{', dayfirst=True' if is_day_first else ''})"
        return f"{said}: data[{name}] = {read}, then data.set_index({name})"
    are_numbers = pd.to_numeric(pd.Series(texts), errors="coerce").notna()
    if are_numbers.all():
        return "pd.to_numeric reads numbers from text"
    if are_numbers.any():
        other = texts[int(np.flatnonzero(~are_numbers)[0])]
        return f"pd.to_numeric(..., errors='coerce') reads numbers from text, and NaN from such as {quoted(other)}"
    return f"it has text such as {quoted(texts[0])}: leave it out, or make numbers of it"


def _check_values(values: Array, names: list[str], index: pd.Index[Any], what: str, *, may_be_empty: bool) -> None:
    infinite = np.argwhere(np.isinf(values))
    if len(infinite):
        row, column = infinite[0].tolist()
        raise DataError(f"{what}: {names[column]} is infinite at {_at(index, row)}; {len(infinite)} such")
    if may_be_empty:
        return
    empty = [names[i] for i in np.flatnonzero(np.isnan(values).all(axis=0))]
    if len(empty) == len(names):
        raise DataError(f"{what}: no numbers in it, all are missing")
    if empty:
        raise DataError("; ".join(first_of(empty, lambda name: f"{what}: {name} has no numbers, leave it out", "such")))


def _read_index(index: pd.Index[Any], what: str) -> pd.Index[Any]:
    """Return an index of dates, periods or whole numbers that are sorted and occur once."""
    is_whole = pd.api.types.is_integer_dtype(index.dtype)
    if not isinstance(index, pd.DatetimeIndex | pd.PeriodIndex) and not is_whole:
        kind = "several levels" if isinstance(index, pd.MultiIndex) else str(index.dtype)
        raise DataError(
            f"{what}: its index is {kind}; must be dates, periods or whole numbers, as after .set_index(times) with "
            "times = pd.to_datetime(...)"
        )
    missing = np.flatnonzero(index.isna())
    if len(missing):
        raise DataError(f"{what}: row {missing[0]} has no time; {len(missing)} such")
    again = np.flatnonzero(index.duplicated())
    if len(again):
        times = index[again].unique()
        raise DataError(
            "; ".join(first_of(list(times), lambda time: f"{what}: {_time(time)} occurs more than once", "such times"))
            + "; keep one row of each, as in data[~data.index.duplicated()]"
        )
    steps = np.asarray(index[1:] < index[:-1])
    if steps.any():
        row = int(np.flatnonzero(steps)[0]) + 1
        raise DataError(
            f"{what}: times are not sorted, {_at(index, row)} follows {_time(index[row - 1])}; .sort_index() sorts them"
        )
    return index


def _grid(index: pd.Index[Any], what: str) -> tuple[pd.Index[Any], Any]:
    """Return the regular times from first to last on which all are, and their step."""
    if isinstance(index, pd.PeriodIndex):
        _check_filled((index[-1] - index[0]).n, len(index), index.freqstr, what)
        return pd.period_range(index[0], index[-1], freq=index.freq), index.freq
    if not isinstance(index, pd.DatetimeIndex):
        step = int(np.gcd.reduce(np.diff(index.to_numpy()))) or 1
        _check_filled((int(index[-1]) - int(index[0])) / step, len(index), step, what)
        return pd.RangeIndex(int(index[0]), int(index[-1]) + 1, step), step
    if len(index) < 2:
        return index, index.freq
    known = index.freq or (pd.infer_freq(index) if len(index) > 2 else None)
    if known is not None:
        return index, pd.tseries.frequencies.to_offset(known)
    gaps = np.diff(index.asi8)
    lengths, numbers = np.unique(gaps, return_counts=True)
    usual = pd.Timedelta(int(lengths[numbers.argmax()]), unit=index.unit)
    _check_filled((index[-1] - index[0]) / usual, len(index), usual, what)
    frequencies: list[Any] = [usual, *CALENDARS]
    for offset in map(pd.tseries.frequencies.to_offset, frequencies):
        grid = pd.date_range(index[0], index[-1], freq=offset, unit=index.unit)
        if index.isin(grid).all():
            return grid, offset
    row = int(np.flatnonzero(gaps != lengths[numbers.argmax()])[0]) + 1
    raise DataError(
        f"{what}: times are on no grid: most are {usual} apart, {_at(index, row)} is {index[row] - index[row - 1]} "
        "after the one before; data.resample(...).mean() puts them on one"
    )


def _check_filled(n_steps: float, n_rows: int, step: Any, what: str) -> None:
    """Raise a DataError where a grid would have very many rows that are missing."""
    if n_steps > MOST_MISSING * n_rows:
        raise DataError(
            f"{what}: {n_rows} rows, and {n_steps + 1:.0f} times from first to last by steps of {step}; leave out what "
            "is far away, or put them on a coarser grid with data.resample(...).mean()"
        )


def kind_of(index: pd.Index[Any]) -> str:
    """Return what the times of a table are, in words.

    >>> kind_of(pd.RangeIndex(3))
    'whole numbers'
    """
    zone = getattr(index, "tz", None)
    kinds = {
        pd.DatetimeIndex: f"dates in {zone}" if zone else "dates",
        pd.PeriodIndex: f"periods of {getattr(index, 'freqstr', '')}",
    }
    return kinds.get(type(index), "whole numbers")


def _time(time: Any) -> str:
    if isinstance(time, pd.Timestamp):
        return str(time.date() if time == time.normalize() and time.tz is None else time)
    return str(time)


def _at(index: pd.Index[Any], row: int) -> str:
    return f"row {row} ({_time(index[row])})"
