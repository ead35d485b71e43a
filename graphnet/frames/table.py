"""Tables by the names of their columns: a frame, or a file of one."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import MOST_NAMED, DataError, GraphError, first_of
from .arrow_cells import arrow_columns, of_chunks
from .cells import Cells
from .csv_files import CSVFile, is_csv
from .existing import existing_file
from .pandas_cells import of_series
from .sonata import SUFFIXES as OF_SONATA
from .sonata import sonata_columns

if TYPE_CHECKING:
    import pandas

FILES = ".csv, .tsv (also .gz), .parquet, .feather, .xlsx, .h5 (SONATA)"


@dataclass(frozen=True, eq=False)
class Table:
    """Columns that are read when they are needed.

    ``what`` names the table in messages: the file, or "edges" or "nodes".  ``places`` says where rows are, by their
    positions.
    """

    what: str
    names: list[str]
    read: Callable[[Sequence[str]], Callable[[str], Cells]]
    places: Callable[[Sequence[int]], list[str]]
    is_file: bool = False

    def __repr__(self) -> str:
        return f"<Table: {self.what}, {len(self.names)} columns>"

    def refused(self, rows: Any, sentence: Callable[[int], str], others: str) -> list[str]:
        """Return a sentence with its place for each of the first rows that share a problem; ``others`` are the rest."""
        positions = np.asarray(rows).tolist()
        places = dict(zip(positions[:MOST_NAMED], self.places(positions[:MOST_NAMED]), strict=True))
        return first_of(positions, lambda row: f"{self.what}: {places[row]}: {sentence(row)}", others)

    def listed(self) -> str:
        """Return the names of columns for a message."""
        return ", ".join(map(repr, self.names[:50])) + (" ..." if len(self.names) > 50 else "")


def open_table(given: Any, what: str) -> Table:
    """Return the table in a frame of pandas, in another that narwhals reads, or in a file.

    Raises
    ------
    GraphError
        If it is none of these, or a column has no name or that of another.
    DataError
        If the file is missing or broken, or what reads it is not installed.
    """
    if isinstance(given, str | os.PathLike):
        return _checked(_open_file(given))
    if type(given).__module__.split(".")[0] == "pandas" and hasattr(given, "iloc") and hasattr(given, "columns"):
        return _checked(_of_pandas(given, what))
    return _checked(_of_narwhals(given, what))


def _open_file(path: str | os.PathLike[str]) -> Table:
    where = os.fspath(path)
    suffix = Path(where).suffix.lower()
    if is_csv(path):
        file = CSVFile(path)

        def read(names: Sequence[str]) -> Callable[[str], Cells]:
            return file.read(names).pop

        def lines(rows: Sequence[int]) -> list[str]:
            return [f"line {line}" for line in file.lines(rows)]

        return Table(where, file.names, read, lines, True)
    if suffix in (".parquet", ".feather"):
        names, column = arrow_columns(path)
    elif suffix in OF_SONATA:
        names, column = sonata_columns(path)
    elif suffix == ".xlsx":
        return _of_pandas(_read_sheet(path), where, first=2, noun="line", is_file=True)
    else:
        raise DataError(
            f"{where}: tables are not read from files {f'named {suffix}' * bool(suffix)}; supported: {FILES}"
        )
    stored = {name.strip(): name for name in names}
    return Table(where, [name.strip() for name in names], lambda _: lambda name: column(stored[name]), _rows, True)


def _read_sheet(path: str | os.PathLike[str]) -> pandas.DataFrame:
    """Return the first sheet of a spreadsheet."""
    import pandas

    file = existing_file(path)
    try:
        return pandas.read_excel(file, keep_default_na=False, na_values=[""])
    except ImportError as error:
        raise DataError(f"{os.fspath(path)}: .xlsx takes openpyxl: pip install 'graphnet-engine[excel]'") from error
    except Exception as error:  # of zip files, XML and cells, which no class of errors joins
        said = " ".join(str(error).split())
        raise DataError(f"{os.fspath(path)}: not a spreadsheet that openpyxl reads: {said}") from error


def _of_pandas(frame: Any, what: str, first: int = 0, noun: str = "row", is_file: bool = False) -> Table:
    names = [str(name).strip() for name in frame.columns]
    position = {name: i for i, name in enumerate(names)}
    return Table(
        what,
        names,
        lambda _: lambda name: of_series(frame.iloc[:, position[name]]),
        lambda rows: [f"{noun} {row + first}" for row in rows],
        is_file,
    )


def _of_narwhals(frame: Any, what: str) -> Table:
    narwhals = import_module("narwhals")
    try:
        read = narwhals.from_native(frame)
    except TypeError:
        raise GraphError(
            f"{what} is a {type(frame).__name__}: give a frame (pandas, polars, pyarrow and others), or a path of "
            f"{FILES}"
        ) from None
    if isinstance(read, narwhals.LazyFrame):
        read = read.collect()
    names = list(read.columns)
    stored = {name.strip(): name for name in names}

    def column(name: str) -> Cells:
        try:
            arrow = read.get_column(stored[name]).to_arrow()
        except ImportError as error:
            raise DataError(
                f"{what}: a {type(frame).__module__.split('.')[0]} frame takes pyarrow: "
                "pip install 'graphnet-engine[parquet]'"
            ) from error
        return of_chunks(import_module("pyarrow").chunked_array([arrow]) if not hasattr(arrow, "chunks") else arrow)

    return Table(what, [name.strip() for name in names], lambda _: column, _rows)


def _rows(rows: Sequence[int]) -> list[str]:
    return [f"row {row}" for row in np.asarray(rows).tolist()]


def _checked(table: Table) -> Table:
    """Return a table; raise an error for columns without a name or with that of another."""
    names = [name.strip() for name in table.names]
    problems = [
        f"{table.what}: column {i + 1} has no name (pandas writes none for an index: to_csv(index=False))"
        for i, name in enumerate(names)
        if not name
    ]
    problems += [
        f"{table.what}: {names.count(name)} columns are named {name!r}: rename or remove all but one"
        for name in dict.fromkeys(names)
        if name and names.count(name) > 1
    ]
    if problems and table.is_file:
        raise DataError("; ".join(problems))
    if problems:
        raise GraphError(problems)
    return table
