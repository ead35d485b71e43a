"""Rows of a table at given times, and rows that follow those of a fit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..errors import DataError
from .base import counted
from .times import MOST_MISSING, Table, kind_of


def names_of(table: Table, otherwise: str) -> list[Any]:
    """Return names of the columns, also of a table that has none."""
    return [otherwise if name is None else name for name in table.names] or [otherwise]


def check_columns(later: Table, before: Table, what: str) -> None:
    """Raise a DataError if a table has other columns than at the fit; an array has but a number of them."""
    found, known = names_of(later, what), names_of(before, what)
    if "array" in (later.form, before.form):
        if len(found) != len(known):
            raise DataError(f"{what} has {counted(len(found), 'column')}, at the fit it had {len(known)}")
    elif found != known:
        raise DataError(f"{what} has the columns {found}; at the fit they were {known}")


def aligned(table: Table, index: pd.Index[Any], which: str) -> Table:
    """Return the rows of a table at some times."""
    step = index.step if isinstance(index, pd.RangeIndex) else table.step
    if table.form == "array" and len(table) == len(index):
        return Table(table.values, index, step, table.names, table.form)
    is_same = kind_of(table.index) == kind_of(index)
    places = table.index.get_indexer(index) if is_same else np.full(len(index), -1)
    lacking = np.flatnonzero(places < 0)
    if len(lacking):
        raise DataError(
            f"X lacks {len(lacking)} of the {counted(len(index), 'row')} {which}, the first at {index[lacking[0]]}; "
            "give NaN where values are not known"
        )
    return Table(table.values[places], index, step, table.names, table.form)


def with_missing_rows(frame: pd.DataFrame, index: pd.Index[Any]) -> pd.DataFrame:
    """Return a frame with rows of NaN at the times of ``index`` that it lacks."""
    lacking = index.difference(frame.index)
    return pd.concat([frame, pd.DataFrame(np.nan, lacking, frame.columns)]).sort_index() if len(lacking) else frame


def with_later(before: Table, later: Table, what: str) -> Table:
    """Return a table with the later rows behind it; rows between are missing."""
    check_columns(later, before, what)
    if later.form == "array":
        return before.extended(later.values, before.after(len(later)))
    kinds = [kind_of(table.index) for table in (later, before)]
    if kinds[0] != kinds[1]:
        raise DataError(f"{what}: its index has {kinds[0]}, at the fit it had {kinds[1]}")
    if not later.index[0] > before.index[-1]:
        raise DataError(
            f"{what}: starts at {later.index[0]}, and is known up to {before.index[-1]}; give later rows only"
        )
    times = before.after(1)
    n = 1
    while times[-1] < later.index[-1]:
        n *= 2
        if n > 2 * MOST_MISSING * (len(before) + len(later)):
            raise DataError(f"{what}: {later.index[-1]} is too far from {before.index[-1]}, the last time known")
        times = before.after(n)
    times = times[times <= later.index[-1]]
    places = times.get_indexer(later.index)
    if (places < 0).any():
        row = int(np.flatnonzero(places < 0)[0])
        raise DataError(f"{what}: {later.index[row]} is not on the grid of the fit's times, every {before.step}")
    values = np.full((len(times), before.values.shape[1]), np.nan)
    values[places] = later.values
    return before.extended(values, times)
