"""One line for the repr of objects that hold arrays or many names: shapes and counts instead of their contents."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from ..errors import quoted

MOST_ITEMS = 6
"""Number of items of a collection that are shown."""
LONGEST_ITEM = 80
"""Number of characters of a value that are shown."""


def brief(value: Any) -> str:
    """Return a value for a repr: arrays by dtype and shape, long collections by their length.

    >>> import numpy as np
    >>> brief((np.ones((2, 3)), 0.5, list(range(1000))))
    '(<float64 (2, 3)>, 0.5, <list of 1000>)'
    """
    kind = type(value).__name__
    if hasattr(value, "shape") and hasattr(value, "dtype") and value.shape != ():
        return f"<{value.dtype} {tuple(value.shape)}>"
    if isinstance(value, Collection) and not isinstance(value, str | bytes) and type(value).__module__ == "builtins":
        if len(value) > MOST_ITEMS:
            return f"<{kind} of {len(value)}>"
        if isinstance(value, Mapping):
            return f"{{{', '.join(f'{brief(key)}: {brief(each)}' for key, each in value.items())}}}"
        if isinstance(value, tuple | list):
            parts = ", ".join(map(brief, value)) + "," * (isinstance(value, tuple) and len(value) == 1)
            return f"({parts})" if isinstance(value, tuple) else f"[{parts}]"
    text = quoted(value)
    return text if len(text) <= LONGEST_ITEM else f"{text[: LONGEST_ITEM - 3]}..."


def one_line(record: Any) -> str:
    """Return the class and the fields of a dataclass or a named tuple, as its ``__repr__``.

    >>> from typing import NamedTuple
    >>> class Point(NamedTuple):
    ...     place: list[float]
    ...     __repr__ = one_line
    >>> Point([1.0] * 1000)
    Point(place=<list of 1000>)
    """
    names = [each.name for each in fields(record) if each.repr] if is_dataclass(record) else record._fields
    said = ", ".join(f"{name}={brief(getattr(record, name))}" for name in names)
    most = LONGEST_ITEM * MOST_ITEMS
    return f"{type(record).__qualname__}({said if len(said) <= most else f'{said[:most]}...'})"
