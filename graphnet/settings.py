"""Checks of settings: each returns its problems as sentences, so that a caller can report all of them at once."""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite
from numbers import Integral, Real
from typing import Any

from .errors import DataError


def positive(setting: str, value: Any) -> list[str]:
    """Return what keeps ``value`` from being a positive finite number.

    >>> positive("clip_norm", 0)
    ['clip_norm: 0; must be a positive finite number']
    """
    return [] if is_number(value) and value > 0 else [f"{setting}: {value!r}; must be a positive finite number"]


def not_negative(setting: str, value: Any) -> list[str]:
    """Return what keeps ``value`` from being a finite number >= 0."""
    return [] if is_number(value) and value >= 0 else [f"{setting}: {value!r}; must be a finite number >= 0"]


def fraction(setting: str, value: Any) -> list[str]:
    """Return what keeps ``value`` from being a number >= 0 and < 1."""
    return [] if is_number(value) and 0 <= value < 1 else [f"{setting}: {value!r}; must be a number >= 0 and < 1"]


def whole(setting: str, value: Any, *, at_least: int) -> list[str]:
    """Return what keeps ``value`` from being a whole number of at least ``at_least``.

    >>> whole("epochs", 2.5, at_least=1)
    ['epochs: 2.5; must be a whole number >= 1']
    """
    fits = isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= at_least
    return [] if fits else [f"{setting}: {value!r}; must be a whole number >= {at_least}"]


def choice(setting: str, value: Any, choices: tuple[Any, ...]) -> list[str]:
    """Return what keeps ``value`` from being one of ``choices``."""
    fits = any(value is allowed for allowed in choices)
    return [] if fits else [f"{setting}: {value!r}; must be {', '.join(map(repr, choices[:-1]))} or {choices[-1]!r}"]


def is_number(value: Any) -> bool:
    """Return whether ``value`` is a real, finite number; booleans are not numbers."""
    return isinstance(value, Real) and not isinstance(value, bool) and isfinite(value)


def reject(problems: Iterable[str]) -> None:
    """Raise one DataError with all ``problems``, if there are any."""
    found = list(problems)
    if len(found) == 1:
        raise DataError(found[0])
    if found:
        raise DataError(f"{len(found)} settings do not fit:\n" + "\n".join(f"  - {problem}" for problem in found))
