"""Missing values: None in the language; nan, NaT and pandas.NA in what frames hold."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import chain
from typing import Any

import numpy as np

_NEVER_MISSING = (bool, int, str, bytes, frozenset, np.integer, np.bool_, np.str_)


def is_missing(value: Any) -> bool:
    """Return True for None, nan of any type, NaT and pandas.NA.

    >>> is_missing(None), is_missing(np.float32("nan")), is_missing(np.datetime64("NaT")), is_missing("NA")
    (True, True, True, False)
    """
    if value is None or isinstance(value, Decimal):
        return value is None or value.is_nan()
    if isinstance(value, float | complex | np.inexact | np.datetime64 | np.timedelta64):
        return bool(value != value)
    return type(value).__name__ in ("NAType", "NaTType")  # those of pandas, which need not be installed


def has_missing(name: Any) -> bool:
    """Return True for a missing value, and for a tuple with a nan in it: no other name equals it, however alike.

    >>> has_missing(("cell", float("nan"))), has_missing(("cell", None))
    (True, False)
    """
    if not isinstance(name, tuple):
        return is_missing(name)
    return any(part is not None and has_missing(part) for part in name)


def find_missing(names: Sequence[Any]) -> list[int]:
    """Return the positions of names that `has_missing` is true for.

    >>> find_missing(["a", float("nan"), ("a", None), None])
    [1, 3]
    """
    level: Any = names
    types = set(map(type, level))
    # types are compared in C: a million names of the usual types take some milliseconds
    while types and all(issubclass(each, (*_NEVER_MISSING, tuple)) for each in types):
        level = list(chain.from_iterable(part for part in level if isinstance(part, tuple)))
        types = set(map(type, level))
    return [i for i, name in enumerate(names) if has_missing(name)] if types else []
