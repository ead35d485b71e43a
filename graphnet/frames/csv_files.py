"""Large CSV and TSV files, read by pandas in pieces: each column gets the type that all of its cells have.

Rows that are too short end in missing cells, as the reader of pandas has it.
"""

from __future__ import annotations

import csv
import gzip
import io
import os
import re
import warnings
import zlib
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataError
from ..language.arrays import Array
from .cells import Cells, concatenated, none_if_all_given
from .existing import existing_file, unreadable
from .pandas_cells import of_series

ROWS = 1_000_000
"""Number of rows that are read at once."""
SEPARATORS = {".csv": ",;\t|", ".tsv": "\t,;|"}
"""Characters that may separate cells, the most likely one first, by the suffix without ``.gz``."""
LONGEST = 1 << 20
"""Number of characters of the longest header."""
_WHOLE = re.compile(r"[+-]?(\d+|[1-9]\d{0,2}([,'\u2009\u202f\u00a0 ]\d{3})+)")
"""A whole number, also with separators of thousands."""
_BROKEN = (EOFError, zlib.error, gzip.BadGzipFile)


class CSVFile:
    """A CSV or TSV file, gzipped or not: its header, and its columns once they are read.

    Parameters
    ----------
    path : str or path-like

    Raises
    ------
    DataError
        If the file is missing, empty or not text.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = existing_file(path)
        self.where = os.fspath(path)
        suffixes = [suffix.lower() for suffix in self.path.suffixes]
        self.is_zipped = suffixes[-1] == ".gz"
        separators = SEPARATORS[suffixes[-2] if self.is_zipped else suffixes[-1]]
        with self._lines() as lines:
            header = next((line for line in lines if line.strip()), "")
        if not header:
            raise DataError(f"{self.where}: the file is empty")
        rows = {separator: next(csv.reader([header], delimiter=separator)) for separator in separators}
        # the first of those that separate most cells
        self.separator = max(separators, key=lambda separator: len(rows[separator]))
        self.names = [name.strip() for name in rows[self.separator]]
        if len(self.names) > 1 and not self.names[-1]:  # a separator at the end of every line
            self.names.pop()

    def __repr__(self) -> str:
        return f"<CSVFile: {self.where}, {len(self.names)} columns>"

    def read(self, wanted: Sequence[str]) -> dict[str, Cells]:
        """Read columns.

        Raises
        ------
        DataError
            If a row has more cells than the header, or the file is broken.
        """
        self._check_first_row()
        found = self._read(wanted, ())
        # whole numbers in some pieces of the file and text in others are text
        mixed = [name for name, cells in found.items() if cells is None]
        again = self._read(mixed, mixed) if mixed else {}
        return {name: _whole_if_all(cells) for name, cells in (found | again).items() if cells is not None}

    def lines(self, rows: Sequence[int]) -> list[int]:
        """Return the line of the file on which each of some rows starts."""
        wanted, found, line, row = set(rows), {}, 1, -1
        with self._lines() as text:
            reader = csv.reader(text, delimiter=self.separator)
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    if row in wanted:
                        found[row] = line
                    row += 1
                    if len(found) == len(wanted):
                        break
                line = reader.line_num + 1
        return [found.get(each, each) for each in rows]

    def _read(self, wanted: Sequence[str], as_text: Collection[str]) -> dict[str, Cells | None]:
        import pandas

        parts: dict[str, list[Cells]] = {name: [] for name in wanted}
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", pandas.errors.ParserWarning)  # of a separator at the end of lines
                pieces = pandas.read_csv(
                    self.path,
                    sep=self.separator,
                    encoding="utf-8-sig",
                    compression="gzip" if self.is_zipped else None,
                    header=0,
                    names=list(self.names),
                    index_col=False,
                    dtype=dict.fromkeys(as_text, "str"),
                    keep_default_na=False,
                    na_values=[""],
                    dtype_backend="numpy_nullable",  # whole numbers stay exact beside missing cells
                    **_all_digits(pandas.__version__),
                    skipinitialspace=True,
                    chunksize=ROWS,
                    low_memory=False,
                )
                for piece in pieces:
                    for name in wanted:
                        parts[name].append(of_series(piece[name]))
        except UnicodeDecodeError as error:
            raise DataError(f"{self.where}: not UTF-8 text: {error.reason}") from error
        except pandas.errors.ParserError as error:
            said = " ".join(str(error).split()).removeprefix("Error tokenizing data. C error: ")
            raise DataError(f"{self.where}: {said}") from error
        except _BROKEN as error:
            raise DataError(f"{self.where}: not a complete gzip file: {error}") from error
        except OSError as error:
            raise unreadable(self.where, error) from error
        empty = [Cells(np.zeros(0))]
        return {name: concatenated(cells or empty) for name, cells in parts.items()}

    def _check_first_row(self) -> None:
        """Raise a DataError if the first row is longer than the header: pandas would take cells of it as names."""
        with self._lines() as lines:
            reader = csv.reader(lines, delimiter=self.separator)
            full = (row for row in reader if any(cell.strip() for cell in row))
            next(full, None)
            row = next(full, [])
        if len(row) > len(self.names) and any(cell.strip() for cell in row[len(self.names) :]):
            raise DataError(
                f"{self.where}: line {reader.line_num}: {len(row)} cells, and the header has {len(self.names)}: "
                "each column needs a name, also one of row numbers"
            )

    @contextmanager
    def _lines(self) -> Iterator[io.TextIOBase]:
        try:
            with (
                gzip.open(self.path) if self.is_zipped else Path(self.path).open("rb") as file,
                io.TextIOWrapper(file, encoding="utf-8-sig", newline="") as text,
            ):
                yield text
        except UnicodeDecodeError as error:
            raise DataError(f"{self.where}: not UTF-8 text: {error.reason}") from error
        except _BROKEN as error:
            raise DataError(f"{self.where}: not a complete gzip file: {error}") from error
        except csv.Error as error:
            raise DataError(f"{self.where}: {error}") from error
        except OSError as error:
            raise unreadable(self.where, error) from error


def _all_digits(version: str) -> dict[str, Any]:
    """Return the option by which pandas reads all digits of floats, which is the default from version 3.1 on."""
    return {} if tuple(map(int, version.split(".")[:2])) >= (3, 1) else {"float_precision": "round_trip"}


def _whole_if_all(cells: Cells) -> Cells:
    """Return text of which every cell is a whole number as whole numbers: with separators of thousands, or uint64."""
    if cells.kind != "text" or cells.words is None or not all(map(_WHOLE.fullmatch, cells.words)):
        return cells
    numbers = [int(re.sub(r"[^\d+-]", "", word)) for word in cells.words]
    if min(numbers) < -(1 << 63) or max(numbers) >= 1 << 64 or (min(numbers) < 0 and max(numbers) >= 1 << 63):
        return cells
    values: Array = np.array([*numbers, 0], np.uint64 if max(numbers) >= 1 << 63 else np.int64)[cells.values]
    return Cells(values, none_if_all_given(~cells.given()))


def is_csv(path: Any) -> bool:
    """True for the names of files that `CSVFile` reads."""
    name = os.fspath(path).lower()
    return Path(name.removesuffix(".gz")).suffix in SEPARATORS
