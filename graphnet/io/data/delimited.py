"""CSV and TSV: a frame of text whose index says on which line of the file each row starts.

The cells are split by the csv module and not by ``pandas.read_csv``, which fills up rows that are too short without a
word and knows no lines.
"""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import DataError
from ..atomic import read_bytes
from ..problems import refuse
from .names import repeated_names

if TYPE_CHECKING:
    import pandas

DELIMITERS = {".csv": ",", ".tsv": "\t"}
LONGEST = 131_072
"""Number of characters of the longest cell that the csv module reads."""


def read_frame(path: str | os.PathLike[str]) -> pandas.DataFrame:
    """Read a CSV or TSV file as text; blank lines are skipped, and blanks around a cell are not part of it.

    Raises
    ------
    DataError
        If the file is missing or empty, not UTF-8 text, or a row is not as long as the header, or the header names a
        column twice or not at all.
    """
    import pandas

    delimiter = delimiter_of(path)
    text = read_text(path)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header: list[str] = []
    rows: dict[int, list[str]] = {}
    problems: list[str] = []
    line = 1
    try:
        for row in reader:
            stripped = [cell.strip() for cell in row]
            if not header:
                header = stripped if any(stripped) else []
            elif len(row) == len(header):
                rows[line] = stripped
            elif any(stripped):
                problems.append(f"line {line}: {len(row)} cells, and the header has {len(header)}")
            line = reader.line_num + 1
    except csv.Error as error:
        problems.append(f"line {line}: {error}")
    if not header:
        raise DataError(f"{os.fspath(path)}: the file is empty")
    problems[:0] = _header_problems(header, delimiter)
    refuse(path, problems)
    index = pandas.Index(list(rows), name="line")
    return pandas.DataFrame(list(rows.values()), index, header, dtype=object)


def write_frame(path: str | os.PathLike[str], temporary: Path, frame: pandas.DataFrame) -> None:
    """Write a table to ``temporary``, separated as the suffix of ``path`` says."""
    frame.to_csv(temporary, sep=delimiter_of(path), index=False, lineterminator="\n", mode="x")


def delimiter_of(path: str | os.PathLike[str]) -> str:
    """Return what separates the cells of a file.

    Raises
    ------
    DataError
        If the file is named neither CSV nor TSV.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in DELIMITERS:
        raise DataError(f"{os.fspath(path)}: a table is a {' or '.join(DELIMITERS)} file")
    return DELIMITERS[suffix]


def read_text(path: str | os.PathLike[str]) -> str:
    """Return the text of a file in UTF-8.

    Raises
    ------
    DataError
        If the file is missing or empty, or is not text.
    """
    data = read_bytes(path)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DataError(f"{os.fspath(path)}: line {line}: byte {error.start} is not UTF-8 text") from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise DataError(f"{os.fspath(path)}: line {line}: a NUL character, which no text has")
    return text


def _header_problems(header: list[str], delimiter: str) -> list[str]:
    problems = repeated_names(header, "the header names column")
    if "" in header:
        problems.append(f"column {header.index('') + 1} of the header has no name")
    other = next((mark for mark in (";", "\t", ",") if mark != delimiter and mark in header[0]), None)
    if len(header) == 1 and other is not None:
        problems.append(
            f"one column, {header[0][:60]!r}: cells are separated by ',' in .csv and by tabs in .tsv, not by {other!r}"
        )
    return problems
