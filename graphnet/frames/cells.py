"""Cells: one column of a table as an array, whatever it was read from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..language.arrays import Array
from ..language.missing import is_missing

MOST_EXACT = 1 << 53
"""Largest float up to which floats tell all whole numbers apart."""
MISSING = ("", "na", "n/a", "<na>", "nan", "none", "null")
"""Cells of text, in small letters, that are missing in a column of numbers; in a column of names only "" is."""


@dataclass(frozen=True, eq=False, slots=True)
class Cells:
    """One column.

    ``values`` (n_rows,) are int64 or uint64, float64, bool, int32 codes into ``words``, or objects; those of missing
    cells are 0, nan, False, -1 and None.  ``words`` are distinct values of one type, mostly text.  ``exact`` is the
    largest whole number that the floats, as they were stored, told from its neighbours.
    """

    values: Array
    missing: Array | None = None
    words: tuple[Any, ...] | None = None
    exact: int = MOST_EXACT

    def __repr__(self) -> str:
        return f"<Cells: {len(self.values)} rows, {self.kind}>"

    def __len__(self) -> int:
        return len(self.values)

    @property
    def kind(self) -> str:
        """Kind of the cells: whole numbers, numbers, booleans, text, names (of one other type), objects, nothing."""
        if not len(self) or (self.missing is not None and self.missing.all()):
            return "nothing"
        if self.words is not None:
            return "text" if all(isinstance(word, str) for word in self.words) else "names"
        return {"i": "whole numbers", "u": "whole numbers", "f": "numbers", "b": "booleans"}.get(
            self.values.dtype.kind, "objects"
        )

    def given(self) -> Array:
        """Mask of the cells that are not missing, (n_rows,) bool."""
        return np.ones(len(self.values), bool) if self.missing is None else ~self.missing

    def value(self, row: int) -> Any:
        """Return one cell as a Python object, None if it is missing."""
        if self.missing is not None and self.missing[row]:
            return None
        value = self.values[row]
        if self.words is not None:
            return self.words[value]
        return value.item() if isinstance(value, np.generic) else value

    def objects(self) -> list[Any]:
        """Return all cells as Python objects; missing ones are arbitrary."""
        values: list[Any] = self.values.tolist()
        if self.words is None:
            return values
        words = (*self.words, None)
        return [words[code] for code in values]

    def at(self, rows: Array) -> Cells:
        """Return the cells of some rows."""
        return replace(self, values=self.values[rows], missing=None if self.missing is None else self.missing[rows])

    def numbers(self) -> Cells:
        """Return the cells as numbers; raise a ValueError with the rows that hold none, if any."""
        if self.kind == "nothing":
            return Cells(np.zeros(len(self)), self.missing)
        if self.values.dtype.kind in "iuf" and self.words is None:
            return self
        if self.kind != "text" or self.words is None:
            raise ValueError(np.flatnonzero(self.given()))
        parsed: list[float | None] = [_number(word) for word in self.words]
        wrong = np.array([number is None for number in parsed] + [False])[self.values]
        if wrong.any():
            raise ValueError(np.flatnonzero(wrong))
        values = np.array([*(np.nan if number is None else number for number in parsed), np.nan])[self.values]
        return Cells(values, none_if_all_given(np.isnan(values)))

    def factorized(self) -> Cells:
        """Return the cells as codes into words; objects have to be hashable, otherwise it is a TypeError."""
        if self.words is not None:
            return self
        if self.kind == "nothing":
            return Cells(np.full(len(self), -1, np.int32), self.missing, ())
        if self.values.dtype == object:
            return of_objects(self.values, self.missing, factorize=True)
        import pandas

        codes, words = pandas.factorize(self.values)
        if self.missing is None:
            return Cells(codes.astype(np.int32), None, tuple(words.tolist()))
        # the placeholder of missing cells may be one of the words, so those in use are found again
        codes, words = pandas.factorize(self.values[~self.missing])
        spread = np.full(len(self), -1, np.int32)
        spread[~self.missing] = codes
        return Cells(spread, self.missing, tuple(words.tolist()))


def none_if_all_given(missing: Array) -> Array | None:
    """Return a mask of missing cells; None if it has none."""
    return missing if missing.any() else None


def of_whole(values: Array, missing: Array | None = None) -> Cells:
    """Return the cells of an array of whole numbers, uint64 only where int64 cannot hold them, or of booleans."""
    if values.dtype.kind == "u" and len(values) and values.max() >= 1 << 63:
        return Cells(values, missing)
    return Cells(values.astype(bool if values.dtype.kind == "b" else np.int64, copy=False), missing)


def of_codes(codes: Array, distinct: Cells) -> Cells:
    """Return the cells that are the distinct ones of some codes (n_rows,), -1 for missing ones."""
    missing = none_if_all_given(codes < 0)
    if distinct.words is not None:
        codes = np.append(distinct.values, -1)[codes]  # the last entry is for missing cells
        return Cells(codes, none_if_all_given(codes < 0), distinct.words)
    if not len(distinct):
        return Cells(np.zeros(len(codes)), missing)
    values = distinct.values[codes]
    if missing is not None:
        values[missing] = np.nan if values.dtype.kind == "f" else None if values.dtype == object else 0
    return Cells(values, missing, exact=distinct.exact)


def of_objects(values: Array, missing: Array | None = None, *, factorize: bool = False) -> Cells:
    """Return the cells of Python objects; those of one type, and with ``factorize`` all, become codes into words."""
    import pandas

    if missing is None:
        missing = none_if_all_given(np.fromiter(map(is_missing, values.tolist()), bool, len(values)))
    given = values if missing is None else values[~missing]
    types = set(map(type, given.tolist()))
    if not types:
        return Cells(values, missing)
    if not factorize:
        if all(issubclass(each, bool | np.bool_) for each in types):
            return _spread(given.astype(bool), missing, False)
        if all(issubclass(each, int | np.integer) and not issubclass(each, bool) for each in types):
            lowest, highest = min(given), max(given)
            if lowest >= -(1 << 63) and highest < 1 << 63:
                return _spread(given.astype(np.int64), missing, 0)
            if lowest >= 0 and highest < 1 << 64:
                return _spread(given.astype(np.uint64), missing, 0)
        elif all(issubclass(each, float | int | np.number) and not issubclass(each, bool) for each in types):
            floats = given.astype(np.float64)
            # an int that a float would round stays as it is
            if all(a == b for a, b in zip(floats.tolist(), given.tolist(), strict=True)):
                return _spread(floats, missing, np.nan)
        elif {each.__name__ for each in types} == {"Decimal"}:
            return _spread(given.astype(np.float64), missing, np.nan)
        if len(types) > 1 and not all(issubclass(each, str) for each in types):
            return Cells(values, missing)
    try:
        codes, words = pandas.factorize(given)
    except TypeError:
        if factorize:
            raise
        return Cells(values, missing)
    return stripped(_spread(codes.astype(np.int32), missing, -1), words.tolist())


def stripped(cells: Cells, words: Sequence[Any]) -> Cells:
    """Return codes with their words, without the blanks around text; cells of blanks only are missing."""
    plain = [word.strip() if isinstance(word, str) else word for word in words]
    codes, missing = cells.values, cells.missing
    if len(set(plain)) < len(plain) or "" in plain:
        kept = {word: code for code, word in enumerate(dict.fromkeys(word for word in plain if word != ""))}
        codes = np.array([*(kept.get(word, -1) for word in plain), -1], np.int32)[codes]
        missing, plain = none_if_all_given(codes < 0), list(kept)
    return Cells(codes, missing, tuple(plain)) if plain else Cells(np.zeros(len(codes)), missing)


def concatenated(parts: Sequence[Cells]) -> Cells | None:
    """Return the cells of consecutive parts of a column; None if they are of different kinds."""
    if len(parts) == 1:
        return parts[0]
    kinds = {part.kind for part in parts} - {"nothing"}
    missing = none_if_all_given(np.concatenate([~part.given() for part in parts]))
    n_rows = sum(map(len, parts))
    if not kinds:
        return Cells(np.zeros(n_rows), missing)
    of = [part for part in parts if part.kind != "nothing"]
    if kinds == {"text"}:
        code: dict[Any, int] = {}
        values = np.full(n_rows, -1, np.int32)
        start = 0
        for part in parts:
            if part.words is not None:
                codes = [code.setdefault(word, len(code)) for word in part.words]
                values[start : start + len(part)] = np.array([*codes, -1], np.int32)[part.values]
            start += len(part)
        return Cells(values, missing, tuple(code))
    if len(kinds) > 1 and kinds != {"whole numbers", "numbers"}:
        return None
    dtypes = {part.values.dtype for part in of}
    if len(dtypes) > 1 and kinds == {"whole numbers"}:  # int64 and uint64, which NumPy joins as floats
        return None
    dtype = np.result_type(*dtypes)
    joined = np.concatenate([part.values if part.kind != "nothing" else np.zeros(len(part), dtype) for part in parts])
    if missing is not None and dtype.kind == "f":
        joined[missing] = np.nan
    return Cells(joined.astype(dtype, copy=False), missing)


def _spread(given: Array, missing: Array | None, empty: Any) -> Cells:
    if missing is None:
        return Cells(given)
    values = np.full(len(missing), empty, given.dtype)
    values[~missing] = given
    return Cells(values, missing)


def _number(word: str) -> float | None:
    """Return a number written as text, nan for a word that says that it is missing, None for any other."""
    if word.casefold() in MISSING:
        return np.nan
    try:
        return None if "_" in word else float(word)
    except ValueError:
        return None
