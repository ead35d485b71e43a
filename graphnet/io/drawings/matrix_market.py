"""Drawings as Matrix Market files, which MATLAB, Julia, R and SciPy read; `matrix` says what such a file holds.

SciPy writes them.  It does not read them here: its reader ends the process where a number is cut short, and takes the
memory that a header asks for.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple

import networkx as nx
import numpy as np
from scipy import sparse
from scipy.io import mmwrite

from ...errors import DataError
from ..atomic import written_whole
from ..data.delimited import read_text
from ..problems import MOST_LISTED, refuse
from .loss_warning import warn_of_loss
from .matrix import check_shape, graph_of, matrix_of

_FIELDS = ("real", "double", "integer", "unsigned-integer", "pattern")
_MIRRORED = {"general": 0.0, "symmetric": 1.0, "hermitian": 1.0, "skew-symmetric": -1.0}
"""What stands on the other side of the diagonal, as a multiple."""
_Line = tuple[int, list[str]]


class _Header(NamedTuple):
    layout: str
    field: str
    symmetry: str


def read_matrix_market(path: str | os.PathLike[str]) -> nx.DiGraph:
    """Read a square matrix W[target, source]; a ``pattern`` leaves the weights open.

    Zeros of an ``array`` are no synapses; every entry of a ``coordinate`` file is one, and those that stand there twice
    add up.

    Raises
    ------
    DataError
        If it is no such file, the matrix is not square or complex, or has not as many entries as it says.
    """
    text = read_text(path)
    header = _read_header(path, text)
    lines = _lines(text)
    number, sizes = next(lines, (1, []))
    n_sizes = 3 if header.layout == "coordinate" else 2
    if len(sizes) != n_sizes or not all(size.isdecimal() and len(size) < 20 for size in sizes):
        raise DataError(f"{os.fspath(path)}: line {number}: the size of the matrix is {n_sizes} whole numbers")
    n_rows, n_columns = check_shape(path, (int(sizes[0]), int(sizes[1])), len(text))
    entries = list(lines)
    n_entries = int(sizes[2]) if header.layout == "coordinate" else _n_entries(n_rows, header.symmetry)
    if len(entries) != n_entries:
        raise DataError(
            f"{os.fspath(path)}: {len(entries)} entries, and its header says {n_entries}; was it cut short?"
        )
    read = _read_places if header.layout == "coordinate" else _read_columns
    matrix = read(path, entries, header, (n_rows, n_columns))
    return graph_of(path, _mirrored(matrix, _MIRRORED[header.symmetry]), has_weights=header.field != "pattern")


def _read_header(path: str | os.PathLike[str], text: str) -> _Header:
    words = text.split("\n", 1)[0].lower().split()
    if words[:2] != ["%%matrixmarket", "matrix"] or len(words) != 5:
        raise DataError(f"{os.fspath(path)}: not Matrix Market: it begins with '%%MatrixMarket matrix ...'")
    header = _Header(*words[2:])
    allowed = {"layout": ("coordinate", "array"), "field": _FIELDS, "symmetry": tuple(_MIRRORED)}
    for name, given in header._asdict().items():
        if given not in allowed[name]:
            raise DataError(
                f"{os.fspath(path)}: line 1: the {name} {given[:60]!r} is none of {', '.join(allowed[name])}"
            )
    if header.layout == "array" and header.field == "pattern":
        raise DataError(f"{os.fspath(path)}: line 1: an array has numbers, and a pattern has none")
    return header


def _lines(text: str) -> Iterator[_Line]:
    """The lines after the first that say something, in words."""
    for number, line in enumerate(text.split("\n")[1:], start=2):
        words = line.split()
        if words and not words[0].startswith("%"):
            yield number, words


def _n_entries(n: int, symmetry: str) -> int:
    """How many numbers an array has."""
    return {"general": n * n, "skew-symmetric": n * (n - 1) // 2}.get(symmetry, n * (n + 1) // 2)


def _read_places(
    path: str | os.PathLike[str], entries: list[_Line], header: _Header, shape: tuple[int, int]
) -> sparse.coo_array:
    problems: list[str] = []
    rows, columns, values = [], [], []
    n_words = 2 if header.field == "pattern" else 3
    for number, words in entries:
        try:
            if len(words) != n_words:
                raise ValueError(f"{len(words)} numbers, not {n_words}")
            rows.append(_place(words[0], shape[0]))
            columns.append(_place(words[1], shape[1]))
            values.append(1.0 if n_words == 2 else _number(words[2]))
        except ValueError as error:
            problems.append(f"line {number}: {error}")
            if len(problems) > MOST_LISTED:
                break
    refuse(path, problems)
    return sparse.coo_array((np.array(values, np.float64), (np.array(rows, int), np.array(columns, int))), shape=shape)


def _read_columns(
    path: str | os.PathLike[str], entries: list[_Line], header: _Header, shape: tuple[int, int]
) -> sparse.coo_array:
    """An array, which stands there column by column, of a symmetric one what is on and below the diagonal."""
    problems: list[str] = []
    values = np.zeros(len(entries))
    for position, (number, words) in enumerate(entries):
        try:
            if len(words) != 1:
                raise ValueError(f"{len(words)} numbers, not 1")
            values[position] = _number(words[0])
        except ValueError as error:
            problems.append(f"line {number}: {error}")
            if len(problems) > MOST_LISTED:
                break
    refuse(path, problems)
    transposed = np.zeros(shape[::-1])
    above = {"general": None, "skew-symmetric": 1}.get(header.symmetry, 0)
    if above is None:
        transposed[:] = values.reshape(shape[::-1])
    else:
        transposed[np.triu_indices(shape[0], above)] = values
    return sparse.coo_array(transposed.T)


def _place(word: str, n: int) -> int:
    if not word.isdecimal() or len(word) > 19 or not 1 <= int(word) <= n:
        raise ValueError(f"{word[:60]!r} is not a row or column from 1 to {n}")
    return int(word) - 1


def _number(word: str) -> float:
    try:
        if "_" in word:
            raise ValueError
        return float(word)
    except ValueError:
        raise ValueError(f"{word[:60]!r} is not a number") from None


def _mirrored(matrix: sparse.coo_array, multiple: float) -> sparse.coo_array:
    """The matrix with the other side of its diagonal."""
    rows, columns = matrix.coords
    beside = rows != columns
    if not multiple:
        return matrix
    return sparse.coo_array(
        (
            np.concatenate([matrix.data, multiple * matrix.data[beside]]),
            (np.concatenate([rows, columns[beside]]), np.concatenate([columns, rows[beside]])),
        ),
        shape=matrix.shape,
    )


def write_matrix_market(graph: nx.DiGraph, path: str | os.PathLike[str]) -> None:
    """Write W[target, source], every number with all of its digits; all weights open, a ``pattern``.

    Raises
    ------
    GraphError
        If some synapses have weights and others have not, or a weight is no number.
    """
    matrix, has_weights, dropped = matrix_of(graph)
    warn_of_loss(path, "a matrix does not hold", dropped)
    with written_whole(path) as temporary, temporary.open("xb") as file:
        mmwrite(
            file,
            sparse.coo_array(matrix),
            comment=" W[target, source], written by graphnet",
            field="real" if has_weights else "pattern",
            symmetry="general",
        )
