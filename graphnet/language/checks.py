"""Checks of what a caller gives: numbers, whole numbers, arrays and lengths, each in one place.

A kind of value (`Number`, `Whole`, `Flag`, ...) says what a setting takes and reads it: ``read`` returns the value as a
plain Python number, whatever type it was given as, or raises a ValueError of the part that does not fit.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Hashable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from math import inf, isfinite
from numbers import Real
from typing import Any, Protocol

import numpy as np

from ..errors import DataError, GraphError, first_of, quoted
from .arrays import Array, advice_on_dtype, advice_on_tensors
from .nearest import nearest_name
from .one_hot import OneHot, is_one_hot


class Kind(Protocol):
    """Kind of value that a setting takes."""

    @property
    def takes(self) -> str:
        """Return the values that fit, for messages."""
        ...

    def read(self, value: Any) -> Any:
        """Return ``value`` as it is used and stored; raise a ValueError of what does not fit."""
        ...


@dataclass(frozen=True)
class Number:
    """Finite real numbers from ``least`` on, without ``least`` itself if ``is_open``, and below ``below``.

    >>> Number("a number > 0", is_open=True).read(np.int64(2)), Number("a number < 1", below=1.0).interval
    (2.0, '[0, 1)')
    """

    takes: str
    least: float = 0.0
    below: float = inf
    is_open: bool = False

    @property
    def interval(self) -> str:
        """Return the numbers that fit, as mathematics writes them."""
        return f"{'(' if self.is_open else '['}{self.least:g}, {self.below:g})"

    def read(self, value: Any) -> float:
        """Return ``value`` as a float."""
        number = _as_float(value)
        if not (self.least < number if self.is_open else self.least <= number) or number >= self.below:
            raise ValueError(value)
        return number


@dataclass(frozen=True)
class Whole:
    """Whole numbers from ``least`` on, or the word ``word``.  A float is none, not even 3.0, as in scikit-learn.

    >>> Whole(1).takes, Whole(1).read(np.int64(3)), Whole(1, "auto").read("auto")
    ('a whole number >= 1', 3, 'auto')
    """

    least: int
    word: str | None = None

    @property
    def takes(self) -> str:
        """Return the values that fit, for messages."""
        return f"a whole number >= {self.least}" + ("" if self.word is None else f" or {self.word!r}")

    def read(self, value: Any) -> int | str:
        """Return ``value`` as an int, or the word."""
        if self.word is not None and isinstance(value, str) and value == self.word:
            return self.word
        return _as_int(value, self.least)


@dataclass(frozen=True)
class Flag:
    """True and False; for the message, ``or_none`` adds None."""

    or_none: bool = False

    @property
    def takes(self) -> str:
        """Return the values that fit, for messages."""
        return "None, True or False" if self.or_none else "True or False"

    def read(self, value: Any) -> bool:
        """Return ``value`` as a bool."""
        flag = _scalar(value)
        if not isinstance(flag, bool | np.bool_):
            raise ValueError(value)
        return bool(flag)


@dataclass(frozen=True)
class Several:
    """One value of a kind, or a tuple, list, range or array of them, read as a tuple."""

    kind: Kind

    @property
    def takes(self) -> str:
        """Return the values that fit, for messages."""
        return self.kind.takes

    def read(self, value: Any) -> tuple[Any, ...]:
        """Return ``value`` as a tuple."""
        several = isinstance(value, tuple | list | range) or (isinstance(value, np.ndarray) and value.ndim == 1)
        return tuple(map(self.kind.read, value if several else (value,)))


@dataclass(frozen=True)
class Anything:
    """Values for which a function is true, taken as they are."""

    takes: str = "anything"
    fits: Callable[[Any], bool] = lambda value: True

    def read(self, value: Any) -> Any:
        """Return ``value``."""
        if not self.fits(value):
            raise ValueError(value)
        return value


POSITIVE = Number("a positive finite number", is_open=True)
NOT_NEGATIVE = Number("a finite number >= 0")
FRACTION = Number("a number >= 0 and < 1", below=1.0)
COUNT = Whole(1)
ANYTHING = Anything()


INSTEAD_OF_MASKS = "give the data, with lengths= for where sequences end and weights= of 0 for what does not count"
"""Advice for masked inputs and targets."""


def read_setting(name: str, value: Any, kind: Kind) -> Any:
    """Return ``value`` as a kind reads it; raise a DataError that names the setting where it does not fit.

    >>> read_setting("batch_size", np.int64(3), COUNT)
    3
    """
    try:
        return kind.read(value)
    except DataError:
        raise
    except ValueError as error:
        raise DataError(f"{name}: {shown(error.args[0])}; must be {kind.takes}") from None


def whole_number(value: Any, name: str, least: float = -inf) -> int:
    """Return ``value`` as an int of at least ``least``; raise a DataError that names it where it is none.

    >>> whole_number(np.int64(3), "n_samples", 1)
    3
    """
    try:
        return _as_int(value, least)
    except ValueError:
        bound = "" if least == -inf else f" >= {least}"
        raise DataError(f"{name}={quoted(value)} is not a whole number{bound}") from None


def read_names(names: Any, name: str, known: Collection[Any] = (), error: type[ValueError] = DataError) -> list[Any]:
    """Return names, such as nodes, as a list; raise an error for one name where a list of them is meant.

    Parameters
    ----------
    names
        An iterable; not a str, whose items are characters, nor a tuple that is one of ``known``.
    name : str
        Name of the parameter.
    known : collection
        All names that exist; an empty one checks nothing.
    error : class of ValueError
        Error that is raised.

    Examples
    --------
    >>> read_names(("a", "b"), "record", {"a": 0, "b": 1})
    ['a', 'b']
    >>> read_names("cell", "record")
    Traceback (most recent call last):
    ...
    graphnet.errors.DataError: record='cell' is one name and not a list: write record=['cell']
    """
    is_one = isinstance(names, str | bytes) or not isinstance(names, Iterable)
    listed = [] if is_one else list(names)
    unknown = [each for each in listed if not _is_in(each, known)] if known else []
    if is_one or (unknown and isinstance(names, tuple) and _is_in(names, known)):
        raise error(f"{name}={quoted(names)} is one name and not a list: write {name}=[{quoted(names)}]")
    if unknown:
        problems = first_of(unknown, lambda each: _unknown(each, name, known), "that are not nodes of the graph")
        raise GraphError(problems) if issubclass(error, GraphError) else error("; ".join(problems))
    return listed


def _unknown(name: Any, parameter: str, known: Collection[Any]) -> str:
    near = nearest_name(name, known)
    hint = "" if near is None else f"; was {quoted(near)} meant?"
    return f"{parameter}: {quoted(name)} is not a node of the graph{hint}"


def _is_in(name: Any, known: Collection[Any]) -> bool:
    return isinstance(name, Hashable) and name in known


def shown(value: Any) -> str:
    """Return ``value`` for a message, without printing arrays.

    >>> shown(2.5), shown((1, 2)), shown((np.ones(3),)), shown(np.ones(3))
    ('2.5', '(1, 2)', 'a tuple of 1', 'a ndarray')
    """
    kind = type(value).__name__
    if isinstance(value, tuple | list | dict):
        parts = value.values() if isinstance(value, dict) else value
        if parts and all(isinstance(each, bool | str | Real) for each in parts):
            return quoted(value)
        return f"a {kind}" if isinstance(value, dict) else f"a {kind} of {len(value)}"
    return f"a {kind}" if isinstance(value, np.ndarray) else quoted(value)


def refuse_masked(array: Any, name: str, instead: str, error: type[ValueError] = DataError) -> None:
    """Raise an error if an entry of a masked array, or of one inside lists and tuples, is masked.

    NumPy drops masks without a word where an array is made of a masked one, so that masked values would count.

    Parameters
    ----------
    array
        Anything; only masked arrays, and lists and tuples with such in them, are refused.
    name : str
        Name of the array in the message.
    instead : str
        Advice that ends the message, such as ``"give lengths= for sequences that end early"``.
    error : class of ValueError
        Error that is raised.

    Examples
    --------
    >>> refuse_masked(np.ma.masked_invalid([1.0, 2.0]), "weights", "give 0 for what does not count")
    >>> refuse_masked(np.ma.masked_invalid([1.0, np.nan]), "weights", "give 0 for what does not count")
    Traceback (most recent call last):
    ...
    graphnet.errors.DataError: weights: 1 of 2 entries is masked, and masks are not read: give 0 for what does not count
    """
    masked, size = _count_masked(array)
    if masked:
        are = "entry is" if size == 1 else "entries is" if masked == 1 else "entries are"
        raise error(f"{name}: {masked} of {size} {are} masked, and masks are not read: {instead}")


def _count_masked(array: Any) -> tuple[int, int]:
    """Return the numbers of masked and of all entries of masked arrays, nested in lists and tuples or not."""
    if isinstance(array, np.ma.MaskedArray):
        mask = np.ascontiguousarray(np.ma.getmaskarray(array)).view(bool)  # one for each field, if it has fields
        return int(mask.sum()), mask.size
    if not isinstance(array, list | tuple):
        return 0, 0
    if not any(issubclass(kind, list | tuple | np.ma.MaskedArray) for kind in set(map(type, array))):
        return 0, 0
    counts = [_count_masked(each) for each in array]
    return sum(masked for masked, _ in counts), sum(size for _, size in counts)


def reject(problems: Iterable[str]) -> None:
    """Raise one DataError with all ``problems``, if any."""
    found = list(problems)
    if len(found) == 1:
        raise DataError(found[0])
    if found:
        raise DataError(f"{len(found)} settings do not fit:\n" + "\n".join(f"  - {problem}" for problem in found))


def valid_steps(lengths: Array, n_steps: int) -> Array:
    """Return the mask (n_samples, n_steps), True before each sequence's end.

    >>> valid_steps(np.array([1, 3]), 3).astype(int).tolist()
    [[1, 0, 0], [1, 1, 1]]
    """
    return np.less(np.arange(n_steps), lengths[:, np.newaxis])


def read_lengths(lengths: Any, n_samples: int, n_steps: int) -> Array:
    """Return the number of steps of each sequence, (n_samples,) int64.

    Raises
    ------
    DataError
        If it is not one whole number from 1 to ``n_steps`` for each sample.
    """
    if lengths is None:
        return np.full(n_samples, n_steps)
    array = read_array(lengths, "lengths", "give each sequence's number of steps")
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


def read_inputs(inputs: Any, lengths: Any, n_inputs: int, dtype: np.dtype[Any]) -> tuple[Array, Array, Array]:
    """Return inputs (n_samples, n_steps, n_inputs), lengths (n_samples,) and the mask of valid steps.

    Whole numbers (n_samples, n_steps) for more than one input are one-hot.

    Raises
    ------
    DataError
        As `read_data`.
    """
    array, steps, mask = read_data(inputs, lengths, n_inputs, dtype)
    return (array if isinstance(array, np.ndarray) else array[:, :]), steps, mask


def read_data(inputs: Any, lengths: Any, n_inputs: int, dtype: np.dtype[Any]) -> tuple[Array | OneHot, Array, Array]:
    """Return inputs, lengths (n_samples,) and the mask of valid steps; those of whole numbers take no more memory.

    Raises
    ------
    DataError
        For a wrong shape, no samples or steps, lengths out of range, or a number that is not finite at a valid step,
        with its sample, step and column.
    """
    array = read_array(inputs, "inputs", INSTEAD_OF_MASKS)
    if is_one_hot(array, n_inputs):
        if not array.size:
            raise DataError(f"inputs have shape {array.shape}: at least one sample and one step are needed")
        steps = read_lengths(lengths, *array.shape)
        mask = valid_steps(steps, array.shape[1])
        return OneHot(array, mask, n_inputs, dtype), steps, mask
    array = as_array(inputs, "inputs", dtype, INSTEAD_OF_MASKS)
    if array.ndim != 3 or array.shape[2] != n_inputs:
        raise DataError(
            f"inputs have shape {array.shape}, not (n_samples, n_steps, {n_inputs}): "
            f"the graph has {n_inputs} input{'s' * (n_inputs != 1)}"
            + ("" if n_inputs else "; give the nodes where data enter role='input'")
        )
    if not array.shape[0] or not array.shape[1]:
        raise DataError(f"inputs have shape {array.shape}: at least one sample and one step are needed")
    steps = read_lengths(lengths, *array.shape[:2])
    mask = valid_steps(steps, array.shape[1])
    check_finite(array, mask, "inputs", inputs)
    return array, steps, mask


def as_array(
    values: Any,
    what: str,
    dtype: np.dtype[Any],
    instead: str = "give numbers without a mask, such as .filled(0)",
) -> Array:
    """Return ``values`` as real numbers of ``dtype``; raise a DataError that names ``what`` where they are none.

    ``instead`` says what to give for a masked array.
    """
    array = read_array(values, what, instead)
    if array.dtype.kind not in "biuf":
        raise DataError(f"{what} are {array.dtype}, not real numbers{advice_on_dtype(array, values)}")
    if np.can_cast(array.dtype, dtype):
        return np.asarray(array, dtype)
    with np.errstate(over="ignore"):
        return np.asarray(array, dtype)


def read_array(values: Any, what: str, instead: str) -> Array:
    """Return ``values`` as an array of any dtype; raise a DataError where they are masked, ragged or no array."""
    refuse_masked(values, what, instead)
    try:
        return np.asarray(values)
    except ValueError:
        raise DataError(f"{what} are ragged: pad them to one shape, and give the lengths of sequences") from None
    except (TypeError, RuntimeError, NotImplementedError) as error:  # as tensors and other foreign arrays raise
        problem = " ".join(str(error).split())
        raise DataError(f"{what} cannot be read as an array: {problem}{advice_on_tensors(values)}") from error


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


def _scalar(value: Any) -> Any:
    """Return the number in an array without axes; any other value as it is."""
    if isinstance(value, np.ndarray) and value.ndim == 0 and not isinstance(value, np.ma.MaskedArray):
        return value.item()
    return value


def _as_float(value: Any) -> float:
    """Return a real, finite number as a float; booleans are not numbers."""
    scalar = _scalar(value)
    if isinstance(scalar, bool) or not isinstance(scalar, Real | Decimal):
        raise ValueError(value)
    try:
        number = float(scalar)
    except (OverflowError, ValueError):  # too large, or a Decimal that signals
        raise ValueError(value) from None
    if not isfinite(number):
        raise ValueError(value)
    return number


def _as_int(value: Any, least: float) -> int:
    """Return a whole number as an int; neither booleans nor floats are, as in scikit-learn."""
    scalar = _scalar(value)
    try:
        number = operator.index(scalar)
    except TypeError:
        raise ValueError(value) from None
    if isinstance(scalar, bool) or isinstance(value, np.ma.MaskedArray) or number < least:
        raise ValueError(value)
    return number
