"""Options that are pairs of a name and a value: ``NAME=VALUE``, several with commas between, or given again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    import pandas


class Pair(click.ParamType):  # type: ignore[type-arg] # generic only in newer click
    """A name and a value, both text; the value may be empty if ``or_nothing``.

    >>> Pair().convert("kind=sensory", None, None), Pair(or_nothing=True).convert("x=", None, None)
    (('kind', 'sensory'), ('x', ''))
    """

    name = "name=value"

    def __init__(self, *, or_nothing: bool = False) -> None:
        self._or_nothing = or_nothing

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """Return the name and the value."""
        if isinstance(value, tuple):
            return value
        name, equals, rest = (part.strip() for part in str(value).partition("="))
        if not name or not equals or not (rest or self._or_nothing):
            self.fail(f"{value!r} is not NAME=VALUE", param, ctx)
        return name, rest


class Signs(click.ParamType):  # type: ignore[type-arg] # generic only in newer click
    """Signs of words, with commas between.

    >>> Signs().convert("gaba=-1, ach=+1", None, None)
    {'gaba': -1, 'ach': 1}
    """

    name = "word=sign,..."

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dict[str, int]:
        """Return {word: sign}."""
        if isinstance(value, dict):
            return value
        found = {}
        for part in str(value).split(","):
            word, equals, sign = (each.strip() for each in part.partition("="))
            if not word or not equals or sign not in ("-1", "0", "1", "+1"):
                self.fail(f"{part.strip()!r} is not WORD=SIGN with a sign of -1, 0 or 1", param, ctx)
            found[word] = int(sign)
        return found


def chosen_by(frame: pandas.DataFrame, pairs: Sequence[tuple[str, str]]) -> dict[str, list[Any]] | None:
    """Return {attribute: values} for a frame of nodes or edges, each the value of it that is written like the text.

    Of no pairs it is None, which chooses by default.
    """
    if not pairs:
        return None
    chosen: dict[str, list[Any]] = {}
    for name, text in pairs:
        written = {_as_text(value): value for value in (frame[name].dropna().unique() if name in frame else ())}
        parts = [text] if text in written else [part.strip() for part in text.split(",")]
        chosen.setdefault(name, []).extend(written.get(part, part) for part in parts)
    return chosen


def _as_text(value: Any) -> str:
    """Return a value as one writes it: whole floats without their zero."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
