"""Numbers that options take: finite, within an interval, one or several of them with commas between."""

from __future__ import annotations

import math
import re
from typing import Any

import click

INTERVAL = re.compile(r"([(\[])\s*([^\s,]+)\s*,\s*([^\s,]+)\s*([)\]])")
"""An interval as docstrings write it: ``(0, 1]``."""


class Number(click.ParamType):  # type: ignore[type-arg] # generic only in newer click
    """Finite number, in an interval such as ``"(0, 1]"`` if one is given.

    >>> Number().convert("2.5", None, None), Number("(0, 1]").convert("1", None, None)
    (2.5, 1.0)
    """

    name = "number"

    def __init__(self, interval: str | None = None) -> None:
        self._interval = interval

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number."""
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a finite number", param, ctx)
        if self._interval is not None and not _contains(self._interval, number):
            self.fail(f"{value!r} is not a number in {self._interval}", param, ctx)
        return number


class Several(click.ParamType):  # type: ignore[type-arg] # generic only in newer click
    """Values with commas between: exactly ``n``, or one (which stays alone) or more.

    >>> sizes = Several(click.INT)
    >>> sizes.convert("16", None, None), sizes.convert("16,8", None, None)
    (16, (16, 8))
    """

    def __init__(self, item: click.ParamType[Any], n: int | None = None) -> None:
        self._item, self._n = item, n
        self.name = f"{item.name},..." if n is None else ",".join([item.name] * n)

    def get_metavar(self, param: click.Parameter, *args: Any, **kwargs: Any) -> str:
        """Return the values for help."""
        one = self._item.name.upper()
        return f"{one}[,{one}...]" if self._n is None else ",".join([one] * self._n)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the values, each converted."""
        parts = tuple(self._item.convert(part.strip(), param, ctx) for part in str(value).split(","))
        if self._n is None:
            return parts if len(parts) > 1 else parts[0]
        if len(parts) != self._n:
            self.fail(f"{value!r} is not {self._n} values with a comma between", param, ctx)
        return parts


def _contains(interval: str, number: float) -> bool:
    found = INTERVAL.fullmatch(interval)
    assert found is not None, interval
    opening, low, high, closing = found.groups()
    above = number > float(low) if opening == "(" else number >= float(low)
    below = number < float(high) if closing == ")" else number <= float(high)
    return above and below
