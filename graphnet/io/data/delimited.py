"""Tables of text, CSV and TSV: a header, and rows that know their lines."""

from __future__ import annotations

import csv
import io
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from ...errors import DataError
from ..atomic import existing_file, unreadable
from ..problems import refuse

DELIMITERS = {".csv": ",", ".tsv": "\t"}
LONGEST = 131_072
"""Characters of a cell: the csv module reads no longer ones."""


class Rows(NamedTuple):
    """A header, the line that each row starts on, and the rows, each as long as the header."""

    header: list[str]
    lines: list[int]
    cells: list[list[str]]


def read_rows(path: str | os.PathLike[str]) -> Rows:
    """Read a CSV or TSV file; blank lines are skipped, and blanks around a cell are none of it.

    Raises
    ------
    DataError
        If the file is missing or empty, not UTF-8 text, or a row is not as long as the header, or the header names a
        column twice or not at all.
    """
    delimiter = _delimiter(path)
    text = read_text(path)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header: list[str] = []
    lines: list[int] = []
    cells: list[list[str]] = []
    problems: list[str] = []
    line = 1
    try:
        for row in reader:
            stripped = [cell.strip() for cell in row]
            if not header:
                header = stripped if any(stripped) else []
            elif len(row) == len(header):
                lines.append(line)
                cells.append(stripped)
            elif any(stripped):
                problems.append(f"line {line}: {len(row)} cells, and the header has {len(header)}")
            line = reader.line_num + 1
    except csv.Error as error:
        problems.append(f"line {line}: {error}")
    if not header:
        raise DataError(f"{os.fspath(path)}: the file is empty")
    problems[:0] = _header_problems(header, delimiter)
    refuse(path, problems)
    return Rows(header, lines, cells)


def write_rows(
    path: str | os.PathLike[str], temporary: Path, header: Sequence[str], rows: Iterable[Iterable[str]]
) -> None:
    """Write a table to ``temporary``, separated as the suffix of ``path`` says."""
    with temporary.open("x", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=_delimiter(path), lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _delimiter(path: str | os.PathLike[str]) -> str:
    suffix = Path(path).suffix.lower()
    if suffix not in DELIMITERS:
        raise DataError(f"{os.fspath(path)}: a table is a {' or '.join(DELIMITERS)} file")
    return DELIMITERS[suffix]


def read_text(path: str | os.PathLike[str]) -> str:
    """The text of a file, in UTF-8.

    Raises
    ------
    DataError
        If the file is missing or empty, or is not text.
    """
    try:
        data = existing_file(path).read_bytes()
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise unreadable(path, error) from error
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DataError(f"{os.fspath(path)}: line {line}: byte {error.start} is not UTF-8 text") from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise DataError(f"{os.fspath(path)}: line {line}: a NUL character, which no text has")
    return text


def _header_problems(header: list[str], delimiter: str) -> list[str]:
    problems = [
        f"the header names column {name!r} twice" for name, count in Counter(header).items() if count > 1 and name
    ]
    if "" in header:
        problems.append(f"column {header.index('') + 1} of the header has no name")
    other = next((mark for mark in (";", "\t", ",") if mark != delimiter and mark in header[0]), None)
    if len(header) == 1 and other is not None:
        problems.append(
            f"one column, {header[0][:60]!r}: cells are separated by ',' in .csv and by tabs in .tsv, not by {other!r}"
        )
    return problems
