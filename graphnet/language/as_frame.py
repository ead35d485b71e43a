"""Columns of a drawing as frames of pandas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import GraphError
from .arrays import Array

if TYPE_CHECKING:
    import pandas


def frame_of(names: Mapping[str, Array], columns: Mapping[str, Any], side: str) -> pandas.DataFrame:
    """Return a frame of names and attributes, with missing values where an attribute is not given.

    ``columns`` are {attribute: Column}.  Numbers are float64; whole numbers and booleans that are not given everywhere
    are of pandas' nullable types, names and other values objects.

    Raises
    ------
    GraphError
        If a custom attribute has the name of one of the columns of names.
    """
    import pandas

    taken = [name for name in columns if name in names]
    if taken:
        raise GraphError(
            f"{side} have a custom attribute {taken[0]!r}, and a column of that name holds the names of {side}: "
            "give the attribute another name"
        )
    data = {
        **names,
        **{name: _series(column) for name, column in columns.items()},
    }
    return pandas.DataFrame(data)


def names_array(names: Sequence[Any]) -> Array:
    """Return names as an array: int64 if all are whole numbers that fit, otherwise objects."""
    if all(type(name) is int and -(1 << 63) <= name < 1 << 63 for name in names):
        return np.array(names, np.int64)
    objects = np.empty(len(names), object)
    objects[:] = names
    return objects


def _series(column: Any) -> Any:
    import pandas

    series: Any = pandas.Series
    given, values = column.given(), column.values
    if column.names is not None:
        objects = np.empty(len(column.names) + 1, object)  # the last one is for what is not given
        objects[:-1] = column.names
        return series(objects[np.where(given, values, -1)], dtype=object)
    if values.dtype.kind in "iub":
        nullable = {"i": "Int64", "u": "UInt64", "b": "boolean"}[values.dtype.kind]
        return series(values) if given.all() else series(values).astype(nullable).mask(~given)
    if values.dtype.kind == "f":
        return series(np.where(given, values, np.nan))
    objects = values.astype(object)
    objects[~given] = None
    return series(objects, dtype=object)
