"""Tables by the names of their columns: CSV and TSV, and Parquet where pyarrow is installed."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Mapping
from importlib import import_module
from math import inf, isinf, isnan
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ...errors import DataError
from ...frames.cells import MISSING, MOST_EXACT
from ...language.arrays import Array
from ...language.brief import one_line
from ...language.checks import read_array
from ..atomic import read_bytes, written_whole
from ..problems import MOST_ALIKE, refuse
from .delimited import DELIMITERS, read_frame, write_frame
from .names import repeated_names

if TYPE_CHECKING:
    import pandas

SUFFIXES = (*DELIMITERS, ".parquet")
"""Files that hold a table."""
MOST_BYTES_A_BYTE = 1000
"""Size of the columns of a Parquet file, as a multiple of its own, that is refused once they are past 100 MB."""


LONGEST_NUMBER = 400
"""Number of characters of the longest number."""
_BOOLEANS = {"true": 1, "false": 0}


class NumberColumn(NamedTuple):
    """A column: ``values`` (n_rows,), 0 where none is ``given``.

    They are int64 where all are whole and fit, otherwise float64 or, where that would round one of them, objects.
    """

    values: Array
    given: Array

    def __repr__(self) -> str:
        return one_line(self)


class Table(NamedTuple):
    """A table that gives its columns one by one; ``places`` are the lines of its rows, or their numbers."""

    path: str
    names: list[str]
    places: pandas.Index[int]
    column: Callable[[str], pandas.Series]

    def __repr__(self) -> str:
        return one_line(self)

    def place(self, row: int) -> str:
        """Return the place of a row in the file."""
        return f"{self.places.name} {self.places[row]}"

    def numbers(self, name: str) -> NumberColumn:
        """Return a column of numbers; raise a DataError if a cell is none."""
        column = self.column(name)
        if self.places.name == "line":
            return self._parsed(name, column.tolist())
        given, kind, of = column.notna().to_numpy(bool), column.dtype.kind, column.dtype.name
        if kind in "bi" or (kind == "u" and not of.startswith("uint64")):
            zero: Any = column.dtype.type(0)
            return NumberColumn(column.to_numpy(np.int64, na_value=zero), given)
        if kind == "f":
            values = column.to_numpy(np.float64, na_value=np.nan)
            return NumberColumn(np.where(np.isnan(values), 0.0, values), ~np.isnan(values))
        if kind != "u" and not of.startswith("decimal") and given.any():
            raise DataError(f"{self.path}: column {name!r} is {of.removesuffix('[pyarrow]')}, not real numbers")
        numbers = [_plain(number) if there else 0 for number, there in zip(column, given, strict=True)]
        return NumberColumn(_packed(numbers), given)

    def _parsed(self, name: str, cells: list[str]) -> NumberColumn:
        numbers: list[int | float] = []
        given, booleans, problems = np.ones(len(cells), bool), [], []
        for row, cell in enumerate(cells):
            try:
                numbers.append(parse_number(cell))
            except ValueError as error:
                word = cell.casefold()
                numbers.append(_BOOLEANS.get(word, 0))
                if word in MISSING:
                    given[row] = False
                elif word in _BOOLEANS:
                    booleans.append(row)
                else:
                    problems.append((row, error))
        if len(booleans) < given.sum():
            # among numbers true is none
            problems = sorted([*problems, *((row, ValueError("not a number")) for row in booleans)], key=itemgetter(0))
        shown = {row: cells[row] if len(cells[row]) <= 60 else cells[row][:57] + "..." for row, _ in problems}
        said = [f"{self.place(row)}, column {name!r}: {shown[row]!r} is {error}" for row, error in problems]
        refuse(self.path, said, most=MOST_ALIKE)
        return NumberColumn(_packed(numbers), given)

    def labels(self, name: str) -> list[Hashable]:
        """Return a column of names, None where one is missing; blanks around text are not part of it."""
        column = self.column(name)
        labels: list[Any] = column.tolist()
        if any(isinstance(label, list | dict | np.ndarray) for label in labels):
            raise DataError(f"{self.path}: column {name!r} is nested, and names of sequences are not")
        for row, (label, missing) in enumerate(zip(labels, column.isna(), strict=True)):
            if isinstance(label, str):
                labels[row] = label.strip() or None
            elif missing or label != label:
                labels[row] = None
            elif isinstance(label, float) and abs(label) > MOST_EXACT:
                raise DataError(
                    f"{self.path}: {self.place(row)}, column {name!r}: {label!r} is a name that was rounded to a "
                    "float; store names as whole numbers or as text"
                )
        return labels


def open_table(path: str | os.PathLike[str]) -> Table:
    """Return the table in a file; the suffix says its kind.

    Raises
    ------
    DataError
        If it is no such file, or pyarrow is needed and not installed.
    """
    if Path(path).suffix.lower() == ".parquet":
        return _open_parquet(path)
    frame = read_frame(path)
    return Table(os.fspath(path), list(frame.columns), frame.index, frame.__getitem__)


def parse_number(text: str) -> int | float:
    """Return a whole number of any size exactly, or else a float; raise a ValueError of text that is none or too large.

    >>> parse_number("720575940621039145"), parse_number("1e3")
    (720575940621039145, 1000.0)
    """
    if "_" in text or len(text) > LONGEST_NUMBER:
        raise ValueError("not a number")
    try:
        number = int(text) if text.lstrip("+-").isdecimal() else float(text)
    except ValueError:
        raise ValueError("not a number") from None
    try:
        rounded = float(number)
    except OverflowError:
        rounded = inf
    if isnan(rounded):
        raise ValueError("not a number")
    if isinf(rounded) and "inf" not in text.casefold():
        raise ValueError("larger than any float")
    return number


def _plain(number: Any) -> int | float:
    """Return a whole number or a Decimal as Python's int if it is whole, otherwise as a float."""
    return int(number) if number == int(number) else float(number)


def _packed(numbers: list[int | float]) -> Array:
    """Return Python's numbers as the array of a `NumberColumn`."""
    if all(type(number) is int and abs(number) < 1 << 63 for number in numbers):
        return np.array(numbers, np.int64)
    rounded = np.array(numbers, np.float64)
    return rounded if rounded.tolist() == numbers else np.array(numbers, object)


def _open_parquet(path: str | os.PathLike[str]) -> Table:
    import pandas

    where = os.fspath(path)
    try:
        arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError as error:
        raise DataError(f"{where}: .parquet takes pyarrow: pip install 'graphnet-engine[parquet]'") from error
    data = read_bytes(path)

    def trying(read: Callable[[], Any]) -> Any:
        try:
            return read()
        except (arrow.ArrowException, OSError, ValueError, TypeError, MemoryError, OverflowError) as error:
            raise DataError(f"{where}: not a complete Parquet file: {' '.join(str(error).split())}") from error

    file = trying(lambda: parquet.ParquetFile(arrow.BufferReader(data)))
    n_rows = int(file.metadata.num_rows)
    if 8 * n_rows > max(10**8, MOST_BYTES_A_BYTE * len(data)):
        raise DataError(f"{where}: {n_rows} rows are more than a file of {len(data)} bytes is about; is it broken?")

    def column(name: str) -> pandas.Series:
        # by its name, as columns=["x"] also reads a column "x.1"
        read = trying(lambda: file.read(columns=[stored[name]], use_threads=False).column(stored[name]))
        if len(read) != n_rows:
            raise DataError(f"{where}: column {name!r} has {len(read)} rows, not {n_rows}")
        if arrow.types.is_dictionary(read.type):
            read = read.cast(read.type.value_type)
        series: pandas.Series = trying(lambda: read.to_pandas(types_mapper=pandas.ArrowDtype))
        return series

    stored = {str(name).strip(): str(name) for name in file.schema_arrow.names}
    names = [str(name).strip() for name in file.schema_arrow.names]
    problems = repeated_names(names, "the file names column")
    if "" in names:
        problems.append(f"column {names.index('') + 1} has no name")
    refuse(where, problems)
    return Table(where, names, pandas.RangeIndex(n_rows, name="row"), column)


def write_table(path: str | os.PathLike[str], columns: Mapping[str, Any]) -> None:
    """Write a table as CSV, or TSV by its suffix, replaced once it is complete.

    Parameters
    ----------
    path : str or path-like
    columns : mapping of str to (n_rows,) array
        Numbers with all of their digits; nan is an empty cell.  Masked arrays are refused.

    Raises
    ------
    DataError
        If no file can have that name, or the columns are not of one length.
    OSError
        If the system does not let us write.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_table(f"{folder}/out.csv", {"step": np.arange(2), "y": np.array([0.1, np.nan])})
    ...     print(Path(folder, "out.csv").read_text(), end="")
    step,y
    0,0.1
    1,
    """
    instead = "give nan, which is an empty cell, or leave rows out"
    arrays = {
        name: read_array(column, f"{os.fspath(path)}: column {name!r}", instead) for name, column in columns.items()
    }
    shapes = {array.shape for array in arrays.values()}
    if len(shapes) > 1 or any(len(shape) != 1 for shape in shapes):
        found = ", ".join(f"{name!r} {array.shape}" for name, array in arrays.items())
        raise DataError(f"{os.fspath(path)}: columns are (n_rows,) arrays of one length, not {found}")
    import pandas

    with written_whole(path) as temporary:
        write_frame(path, temporary, pandas.DataFrame(arrays))
