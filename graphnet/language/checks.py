"""Checks of settings: each returns its problems as sentences, so that a caller can report all of them at once."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from math import isfinite
from numbers import Integral, Real
from typing import Any

import numpy as np

from ..errors import DataError
from .table import Array


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


def read_lengths(lengths: Any, n_samples: int, n_steps: int) -> Array:
    """The steps of each sequence, (n_samples,) int64.

    Raises
    ------
    DataError
        If there is not one whole number from 1 to ``n_steps`` for each sample.
    """
    if lengths is None:
        return np.full(n_samples, n_steps)
    try:
        array = np.asarray(lengths)
    except ValueError:
        array = np.asarray(None)
    if array.shape != (n_samples,) or array.dtype.kind not in "iu":
        raise DataError(
            f"lengths are {array.dtype} of shape {array.shape}, not one whole number for each of {n_samples} samples"
        )
    wrong = np.flatnonzero((array < 1) | (array > n_steps))
    if len(wrong):
        raise DataError(
            f"lengths[{wrong[0]}] is {array[wrong[0]]}: a length is 1 to {n_steps}, the steps of the inputs"
        )
    return array.astype(np.int64)


def as_array(values: Any, what: str, dtype: np.dtype[Any]) -> Array:
    """The values as real numbers of the dtype; a DataError that names ``what`` where they are none."""
    try:
        array = np.asarray(values)
    except ValueError:
        raise DataError(f"{what} are ragged: pad them to one shape, and give the lengths of sequences") from None
    if array.dtype.kind not in "biuf":
        raise DataError(f"{what} are {array.dtype}, not real numbers")
    if np.can_cast(array.dtype, dtype):
        return np.asarray(array, dtype)
    with np.errstate(over="ignore"):
        return np.asarray(array, dtype)


def check_finite(array: Array, mask: Array, what: str, given: Any = None) -> None:
    """Raise a DataError that names sample, step and column of the first number that is not finite at a valid step."""
    if np.isfinite(array).all():
        return
    bad = np.argwhere(~np.isfinite(array) & mask[:, :, None])
    if len(bad):
        sample, step, column = bad[0].tolist()
        value = np.asarray(array if given is None else given)[sample, step, column]
        raise DataError(
            f"{what} at sample {sample}, step {step}, column {column}: {value} is not a finite number "
            f"in {array.dtype}; {len(bad)} such at valid steps"
        )


def whole_number(value: Any, name: str, least: int) -> int:
    """The value as an int of at least ``least``, or a DataError that names it."""
    try:
        number = operator.index(value)
    except TypeError:
        number = least - 1
    if isinstance(value, bool) or number < least:
        raise DataError(f"{name}={value!r} is not a whole number >= {least}")
    return number
