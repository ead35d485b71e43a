"""Tables by the names of their columns: CSV and TSV, and Parquet where pyarrow is installed."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ...errors import DataError
from ...language.arrays import Array
from ...language.brief import one_line
from ..atomic import read_bytes, written_whole
from ..problems import refuse
from .delimited import DELIMITERS, read_frame, write_frame

if TYPE_CHECKING:
    import pandas

SUFFIXES = (*DELIMITERS, ".parquet")
"""Files that hold a table."""
MOST_BYTES_A_BYTE = 1000
"""Size of the columns of a Parquet file, as a multiple of its own, that is refused once they are past 100 MB."""


class NumberColumn(NamedTuple):
    """A column: ``values`` (n_rows,) int64 where all are whole, else float64, and which of them are ``given``."""

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
        given, kind = column.notna().to_numpy(bool), column.dtype.kind
        if kind not in "biuf" and given.any():
            raise DataError(
                f"{self.path}: column {name!r} is {column.dtype.name.removesuffix('[pyarrow]')}, not real numbers"
            )
        dtype = np.int64 if kind == "b" or (kind in "iu" and column.dtype.name != "uint64[pyarrow]") else np.float64
        zero: Any = column.dtype.type(0) if kind in "biuf" else 0
        return NumberColumn(column.to_numpy(dtype, na_value=zero), given)

    def _parsed(self, name: str, cells: list[str]) -> NumberColumn:
        numbers: list[float] = []
        problems = []
        for row, cell in enumerate(cells):
            try:
                numbers.append(_parse(cell or "0"))
            except ValueError:
                shown = cell if len(cell) <= 60 else cell[:57] + "..."
                problems.append(f"{self.place(row)}, column {name!r}: {shown!r} is not a number")
        refuse(self.path, problems)
        whole = all(type(number) is int for number in numbers)
        return NumberColumn(np.array(numbers, np.int64 if whole else np.float64), np.array(cells, object) != "")

    def labels(self, name: str) -> list[Hashable]:
        """Return a column of any values."""
        labels: list[Hashable] = self.column(name).tolist()
        if any(isinstance(label, list | dict | np.ndarray) for label in labels):
            raise DataError(f"{self.path}: column {name!r} is nested, and names of sequences are not")
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


def _parse(cell: str) -> float:
    if "_" in cell or len(cell) > 400:
        raise ValueError(cell)
    try:
        number = int(cell)
    except ValueError:
        return float(cell)
    return number if abs(number) < 1 << 63 else float(cell)


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
        read = trying(lambda: file.read(columns=[name], use_threads=False).column(0))
        if len(read) != n_rows:
            raise DataError(f"{where}: column {name!r} has {len(read)} rows, not {n_rows}")
        series: pandas.Series = trying(lambda: read.to_pandas(types_mapper=pandas.ArrowDtype))
        return series

    names = [str(name) for name in file.schema_arrow.names]
    return Table(where, names, pandas.RangeIndex(n_rows, name="row"), column)


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
    arrays = {name: np.asarray(column) for name, column in columns.items()}
    shapes = {array.shape for array in arrays.values()}
    if len(shapes) > 1 or any(len(shape) != 1 for shape in shapes):
        found = ", ".join(f"{name!r} {array.shape}" for name, array in arrays.items())
        raise DataError(f"{os.fspath(path)}: columns are (n_rows,) arrays of one length, not {found}")
    import pandas

    with written_whole(path) as temporary:
        write_frame(path, temporary, pandas.DataFrame(arrays))
