"""Cells of several columns of a table: which are missing, and what takes their place."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...errors import DataError
from ...language.arrays import Array
from ..problems import MOST_ALIKE, refuse
from .tables import NumberColumn, Table

MISSING = ("mask", "forward", "drop")
"""Kinds of treatment of missing cells, where they are allowed."""
MISSING_NAME = "{} is missing"
"""Name of the input that is 1 where a column is missing."""
_ALLOWED = f"; missing= (--missing {'|'.join(MISSING)}) allows it"


def listed(names: Sequence[str]) -> str:
    """Return the first twenty names."""
    return ", ".join(map(repr, names[:20])) + ", ..." * (len(names) > 20)


def stacked(columns: dict[str, NumberColumn], names: Sequence[str], rows: Array) -> Array:
    """Return columns side by side, (n_rows, n_names) float64."""
    return np.stack([columns[name].values[rows].astype(np.float64) for name in names], axis=1)


def given_in(columns: dict[str, NumberColumn], names: Sequence[str], rows: Array) -> Array:
    """Return which cells of some columns are given, (n_rows, n_names)."""
    return np.stack([columns[name].given[rows] for name in names], axis=1)


def check_given(table: Table, columns: dict[str, NumberColumn], rows: Array, *, allowed: str = "") -> None:
    """Raise a DataError that lists the missing cells of columns, and says how they would be ``allowed``."""
    problems = [
        f"{table.place(int(row))}, column {name!r}: nothing is there, and there has to be a number"
        for name, column in columns.items()
        for row in rows[~column.given[rows]]
    ]
    if problems:
        problems[0] += allowed
    refuse(table.path, problems, most=MOST_ALIKE)


def check_some(table: Table, columns: dict[str, NumberColumn], rows: Array) -> None:
    """Raise a DataError that lists the columns in which all cells are missing."""
    refuse(
        table.path,
        [
            f"column {name!r}: nothing is there in any of {len(rows)} rows, from {table.place(int(rows[0]))} on"
            for name, column in columns.items()
            if not column.given[rows].any()
        ],
    )


def read_inputs(
    table: Table,
    columns: dict[str, NumberColumn],
    names: Sequence[str],
    rows: Array,
    starts: Sequence[int],
    missing: str | None,
) -> tuple[Array, list[str]]:
    """Return inputs (n_rows, n_inputs), and their names.

    Missing cells are an error or, with ``missing``, the last value before in their sequence.  With ``"mask"`` they are
    0 where there is none, and as many inputs more are 1 where a cell is missing.
    """
    values = stacked(columns, names, rows)
    if missing is None:
        check_given(table, {name: columns[name] for name in names}, rows, allowed=_ALLOWED)
        return values, list(names)
    given = given_in(columns, names, rows)
    last = last_given(given, starts)
    if missing == "forward":
        refuse(
            table.path,
            [
                f"{table.place(int(rows[row]))}, column {names[i]!r}: nothing is there, and no value before it; begin "
                "later with where= (--where), or take missing='mask' (--missing mask)"
                for i in range(len(names))
                for row in np.flatnonzero(last[:, i] < 0)
            ],
        )
    held = np.where(last < 0, 0.0, np.take_along_axis(values, last.clip(min=0), axis=0))
    if missing != "mask":
        return held, list(names)
    marked = np.concatenate([held, (~given).astype(np.float64)], axis=1)
    return marked, [*names, *map(MISSING_NAME.format, names)]


def last_given(given: Array, starts: Sequence[int]) -> Array:
    """Return the last row up to each that is given in its sequence, (n_rows, n_columns); -1 where there is none.

    >>> last_given(np.array([[False], [True], [False], [False]]), [0, 3]).ravel().tolist()
    [-1, 1, 1, -1]
    """
    rows = np.arange(len(given))[:, np.newaxis]
    last = np.maximum.accumulate(np.where(given, rows, -1), axis=0)
    begins = np.repeat(starts, np.diff([*starts, len(given)]))[:, np.newaxis]
    return np.where(last < begins, -1, last)


def read_choice(missing: object) -> str | None:
    """Return what is made of missing cells; raise a DataError where it is none of `MISSING`."""
    if missing is None or missing in MISSING:
        return None if missing is None else str(missing)
    raise DataError(f"missing={missing!r} is not one of {', '.join(map(repr, MISSING))}")
