"""Tables of numbers by the names of their columns: CSV and TSV, and Parquet where pyarrow is installed."""

from __future__ import annotations

import os
from collections.abc import Hashable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

from ...errors import DataError
from ...language.table import Array
from ..atomic import existing_file, unreadable, written_whole
from ..problems import refuse
from .delimited import DELIMITERS, read_rows, write_rows

SUFFIXES = (*DELIMITERS, ".parquet")
"""Files that hold a table."""
MOST_BYTES_A_BYTE = 1000
"""What the columns of a Parquet file may come to, as a multiple of its size, once they are past 100 MB."""


class Numbers(NamedTuple):
    """A column: ``values`` (n_rows,) int64 where all are whole, else float64, and which were ``given``, bool."""

    values: Array
    given: Array


class Table(Protocol):
    """A table that gives its columns one by one."""

    names: list[str]
    n_rows: int

    def place(self, row: int) -> str:
        """Where a row stands in the file."""
        ...

    def numbers(self, name: str) -> Numbers:
        """A column of numbers; a DataError where something in it is none."""
        ...

    def labels(self, name: str) -> Sequence[Hashable]:
        """A column of anything."""
        ...


def open_table(path: str | os.PathLike[str]) -> Table:
    """The table in a file; the suffix says its kind.

    Raises
    ------
    DataError
        If it is no such file, or pyarrow is needed and not installed.
    """
    return _ParquetTable(path) if Path(path).suffix.lower() == ".parquet" else _TextTable(path)


def write_table(path: str | os.PathLike[str], columns: Mapping[str, Any]) -> None:
    """Write a table as CSV, or TSV by its suffix, replaced once it is complete.

    Parameters
    ----------
    path : str or path-like
    columns : mapping of str to (n_rows,) array
        Numbers with all of their digits; nan is an empty cell.

    Raises
    ------
    DataError
        If there cannot be a file of that name, or the columns are not of one length.
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
    arrays = {name: np.asarray(column) for name, column in columns.items()}
    shapes = {array.shape for array in arrays.values()}
    if len(shapes) > 1 or any(len(shape) != 1 for shape in shapes):
        found = ", ".join(f"{name!r} {array.shape}" for name, array in arrays.items())
        raise DataError(f"{os.fspath(path)}: columns are (n_rows,) arrays of one length, not {found}")
    with written_whole(path) as temporary:
        write_rows(path, temporary, list(arrays), zip(*map(_cells, arrays.values()), strict=True))


def _cells(array: Array) -> list[str]:
    if array.dtype.kind == "f":
        return ["" if number != number else repr(number) for number in array.astype(np.float64).tolist()]
    return [str(value) for value in array.tolist()]


class _TextTable:
    """CSV and TSV."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = path
        self.names, self._lines, self._cells = read_rows(path)
        self.n_rows = len(self._cells)

    def place(self, row: int) -> str:
        return f"line {self._lines[row]}"

    def labels(self, name: str) -> list[str]:
        column = self.names.index(name)
        return [row[column] for row in self._cells]

    def numbers(self, name: str) -> Numbers:
        cells = self.labels(name)
        given = np.fromiter(map(bool, cells), bool, len(cells))
        try:
            numbers: list[float] = [_parse(cell) if cell else 0 for cell in cells]
        except ValueError:
            refuse(self._path, [*self._problems(name, cells)])
            raise
        whole = all(type(number) is int for number in numbers)
        return Numbers(np.array(numbers, np.int64 if whole else np.float64), given)

    def _problems(self, name: str, cells: list[str]) -> list[str]:
        problems = []
        for row, cell in enumerate(cells):
            try:
                _parse(cell or "0")
            except ValueError:
                shown = cell if len(cell) <= 60 else cell[:57] + "..."
                problems.append(f"{self.place(row)}, column {name!r}: {shown!r} is not a number")
        return problems


def _parse(cell: str) -> float:
    if "_" in cell or len(cell) > 400:
        raise ValueError(cell)
    try:
        number = int(cell)
    except ValueError:
        return float(cell)
    return number if abs(number) < 1 << 63 else float(cell)


class _ParquetTable:
    """Parquet, a column read when it is asked for."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        try:
            self._arrow: Any = import_module("pyarrow")
            self._parquet: Any = import_module("pyarrow.parquet")
        except ImportError as error:
            where = os.fspath(path)
            raise DataError(f"{where}: .parquet takes pyarrow: pip install 'graphnet-engine[parquet]'") from error
        file = existing_file(path)
        self._path = path
        try:
            self._data = file.read_bytes()
        except OSError as error:
            raise unreadable(path, error) from error
        with_metadata = self._read(lambda: self._parquet.ParquetFile(self._arrow.BufferReader(self._data)))
        self._file = with_metadata
        self.names = [str(name) for name in with_metadata.schema_arrow.names]
        self.n_rows = int(with_metadata.metadata.num_rows)
        needed = 8 * self.n_rows
        if needed > max(10**8, MOST_BYTES_A_BYTE * len(self._data)):
            raise DataError(
                f"{os.fspath(path)}: {self.n_rows} rows are more than a file of {len(self._data)} bytes is about; "
                "is it broken?"
            )

    def _read(self, read: Any) -> Any:
        try:
            return read()
        except (self._arrow.ArrowException, OSError, ValueError, TypeError, MemoryError, OverflowError) as error:
            said = " ".join(str(error).split())
            raise DataError(f"{os.fspath(self._path)}: not a complete Parquet file: {said}") from error

    def _column(self, name: str) -> Any:
        column = self._read(lambda: self._file.read(columns=[name], use_threads=False).column(0).combine_chunks())
        if len(column) != self.n_rows:
            raise DataError(f"{os.fspath(self._path)}: column {name!r} has {len(column)} rows, not {self.n_rows}")
        return column

    def place(self, row: int) -> str:
        return f"row {row}"

    def labels(self, name: str) -> Sequence[Hashable]:
        labels: list[Hashable] = self._read(self._column(name).to_pylist)
        if any(isinstance(label, list | dict) for label in labels):
            raise DataError(f"{os.fspath(self._path)}: column {name!r} is nested, and names of sequences are not")
        return labels

    def numbers(self, name: str) -> Numbers:
        column, types = self._column(name), self._arrow.types
        whole = types.is_integer(column.type) or types.is_boolean(column.type)
        if not whole and not types.is_floating(column.type) and not types.is_null(column.type):
            raise DataError(f"{os.fspath(self._path)}: column {name!r} is {column.type}, not real numbers")
        given = self._read(lambda: np.asarray(column.is_valid().to_numpy(zero_copy_only=False), bool))
        values = self._read(lambda: np.where(given, column.to_numpy(zero_copy_only=False), 0))
        fits = whole and not types.is_uint64(column.type)
        return Numbers(values.astype(np.int64 if fits else np.float64), given)
