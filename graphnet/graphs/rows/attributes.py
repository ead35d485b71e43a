"""Cells as columns of a drawing: attributes of the language in their types, custom ones as they are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ...frames.cells import MISSING, Cells
from ...language.arrays import Array
from ...language.schema import Attribute
from ...language.table import Column
from .parallel import Parallel

_BOOLEANS = {"true": True, "false": False}


def as_column(cells: Cells, attribute: Attribute | None) -> Column:
    """Return the column of an attribute; of the language's, objects if the cells do not fit, which validation names."""
    declared = None if cells.missing is None else ~cells.missing
    if cells.kind == "nothing":
        return Column(np.zeros(len(cells)), np.zeros(len(cells), bool), () if _is_name(attribute) else None)
    if attribute is None:
        if cells.words is not None or cells.values.dtype == object:
            return _plain(cells)
        return Column(cells.values if declared is None else np.where(declared, cells.values, 0), declared)
    if attribute.kind in ("name", "choice"):
        try:
            return _plain(cells.factorized())
        except TypeError:
            return _plain(cells)
    found = _typed(cells, attribute.kind)
    if found is None:
        values = np.empty(len(cells), object)
        values[:] = cells.objects()
        return Column(values, declared)
    typed, missing = found
    return Column(typed, None if missing is None or not missing.any() else ~missing)


def _is_name(attribute: Attribute | None) -> bool:
    return attribute is not None and attribute.kind in ("name", "choice")


def _plain(cells: Cells) -> Column:
    declared = None if cells.missing is None else ~cells.missing
    values = cells.values
    if cells.words is not None and declared is not None:
        values = np.where(declared, values, 0)
    return Column(values, declared, cells.words)


def _typed(cells: Cells, kind: str) -> tuple[Array, Array | None] | None:
    """Return the values of a number, a whole number or a boolean, and which are missing; None if they do not fit."""
    if kind == "boolean":
        if cells.values.dtype == np.bool_:
            return cells.values, cells.missing
        words = [word.casefold() if isinstance(word, str) else word for word in cells.words or ()]
        if not words or any(word not in _BOOLEANS and word not in MISSING for word in words):
            return None
        is_missing = np.array([*(word in MISSING for word in words), True])[cells.values]
        return np.array([*(_BOOLEANS.get(word, False) for word in words), False])[cells.values], is_missing
    try:
        numbers = cells.numbers()
    except ValueError:
        return None
    values, missing = numbers.values, numbers.missing
    if missing is not None:
        values = np.where(missing, 0, values)
    if kind == "number":
        return values.astype(np.float64, copy=False), missing
    if values.dtype.kind == "f" and not (np.isfinite(values) & (values == np.floor(values))).all():
        return None
    if len(values) and (values.max() >= 1 << 63 or values.min() < -(1 << 63)):
        return None
    return values.astype(np.int64, copy=False), missing


def added_up(column: Column, parallel: Parallel) -> tuple[Column, Array]:
    """Return the column of groups of rows, given where all rows that give a value agree, and where they do not.

    Raises
    ------
    TypeError
        If the values are objects that are not hashable, so that they cannot be compared.
    """
    values, names = column.values, column.names
    if values.dtype == object:
        cells = Cells(values, None if column.declared is None else ~column.declared).factorized()
        values, names = cells.values, cells.words
    lowest, highest, given = parallel.extremes(values, column.given())
    disagree = given & (lowest != highest)
    given &= ~disagree
    merged: Any = np.where(given, lowest, 0).astype(values.dtype)
    return Column(merged, None if given.all() else given, names), disagree


def at_rows(column: Column, rows: Array) -> Column:
    """Return the column of some rows."""
    declared = None if column.declared is None else column.declared[rows]
    return Column(column.values[rows], None if declared is None or declared.all() else declared, column.names)


def with_wide_codes(column: Column) -> Column:
    """Return the column with codes of int64, as drawings have them; those of cells take half the memory."""
    return column if column.names is None else replace(column, values=column.values.astype(np.int64, copy=False))
