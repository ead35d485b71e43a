"""Drawings as Matrix Market files, which MATLAB, Julia, R and SciPy read; `matrix` says what such a file holds.

SciPy writes them, and NumPy reads the numbers.  SciPy does not read them here: its reader ends the process where a
number is cut short, and takes the memory that a header asks for.
"""

from __future__ import annotations

import os
import re

import networkx as nx
import numpy as np
from scipy import sparse
from scipy.io import mmwrite

from ...errors import DataError
from ...language.arrays import Array
from ..atomic import written_whole
from ..data.delimited import read_text
from ..problems import refuse
from .loss_warning import warn_of_loss
from .matrix import check_shape, graph_of, matrix_of

_MIRRORED = {"general": 0.0, "symmetric": 1.0, "hermitian": 1.0, "skew-symmetric": -1.0}
"""The other side of the diagonal, as a multiple."""
_FIRST_DIAGONAL = {"symmetric": 0, "hermitian": 0, "skew-symmetric": 1}
"""The first diagonal of the triangle that an array has, which is all of it where it is general."""


_HEADER = {
    "layout": ("coordinate", "array"),
    "field": ("real", "double", "integer", "unsigned-integer", "pattern"),
    "symmetry": tuple(_MIRRORED),
}
"""Words of a header, in its order."""


def read_matrix_market(path: str | os.PathLike[str]) -> nx.DiGraph:
    """Read a square matrix W[target, source]; a ``pattern`` leaves the weights open.

    Zeros of an ``array`` are no synapses; every entry of a ``coordinate`` file is one, and entries of one place add up.

    Raises
    ------
    DataError
        If it is no such file, the matrix is not square or complex, or has not as many entries as it says.
    """
    text = read_text(path)
    layout, field, symmetry = _read_header(path, text)
    lines = {
        number: line
        for number, line in enumerate(text.split("\n")[1:], start=2)
        if line.strip() and not line.lstrip().startswith("%")
    }
    number = next(iter(lines), 1)
    sizes = lines.pop(number, "").split()
    has_places = layout == "coordinate"
    n_sizes = 3 if has_places else 2
    if len(sizes) != n_sizes or not all(size.isdecimal() and len(size) < 20 for size in sizes):
        raise DataError(f"{os.fspath(path)}: line {number}: the size of the matrix is {n_sizes} whole numbers")
    n, _ = check_shape(path, (int(sizes[0]), int(sizes[1])), len(text))
    first = _FIRST_DIAGONAL.get(symmetry, -n)
    n_entries = int(sizes[2]) if has_places else n * n if first < 0 else (n - first) * (n - first + 1) // 2
    if len(lines) != n_entries:
        raise DataError(f"{os.fspath(path)}: {len(lines)} entries, and its header says {n_entries}; was it cut short?")
    has_weights = field != "pattern"
    numbers = _read_numbers(path, lines, 2 * has_places + has_weights)
    values = numbers[:, -1] if has_weights else np.ones(len(numbers))
    if has_places:
        _check_places(path, list(lines), numbers[:, :2], n)
        rows, columns = numbers[:, :2].astype(np.int64).T - 1
    else:
        columns, rows = np.triu_indices(n, first)  # column by column
        rows, columns, values = rows[values != 0], columns[values != 0], values[values != 0]
    if _MIRRORED[symmetry]:
        beside = rows != columns
        values = np.concatenate([values, _MIRRORED[symmetry] * values[beside]])
        rows, columns = np.concatenate([rows, columns[beside]]), np.concatenate([columns, rows[beside]])
    matrix = sparse.coo_array((values, (rows, columns)), shape=(n, n))
    return graph_of(path, matrix, has_weights=has_weights)


def _read_header(path: str | os.PathLike[str], text: str) -> list[str]:
    words = text.split("\n", 1)[0].lower().split()
    if words[:2] != ["%%matrixmarket", "matrix"] or len(words) != 5:
        raise DataError(f"{os.fspath(path)}: not Matrix Market: it begins with '%%MatrixMarket matrix ...'")
    for (name, allowed), given in zip(_HEADER.items(), words[2:], strict=True):
        if given not in allowed:
            raise DataError(f"{os.fspath(path)}: line 1: the {name} {given[:60]!r} is none of {', '.join(allowed)}")
    if words[2:4] == ["array", "pattern"]:
        raise DataError(f"{os.fspath(path)}: line 1: an array has numbers, and a pattern has none")
    return words[2:]


def _read_numbers(path: str | os.PathLike[str], lines: dict[int, str], n_numbers: int) -> Array:
    """Return the numbers of each line, (n_lines, n_numbers) float64."""
    if not lines:
        return np.zeros((0, n_numbers))
    places = list(lines)
    try:
        numbers: Array = np.loadtxt(list(lines.values()), np.float64, comments=None, ndmin=2)
    except ValueError as error:
        row = re.search(r"at row (\d+)(, column)?", str(error))
        place = places[int(row[1]) - (row[2] is None)] if row else places[0]
        said = re.sub(r"could not convert string ('.{0,60}).*?('?) to float64 .*", r"\1\2 is not a number", str(error))
        raise DataError(f"{os.fspath(path)}: line {place}: {said.partition(' at row')[0]}") from error
    if numbers.shape[1] != n_numbers:
        raise DataError(f"{os.fspath(path)}: line {places[0]}: {numbers.shape[1]} numbers, not {n_numbers}")
    return numbers


def _check_places(path: str | os.PathLike[str], lines: list[int], places: Array, n: int) -> None:
    """Refuse rows and columns that are not 1 to ``n``."""
    wrong = ~((places >= 1) & (places <= n) & (places == np.floor(places)))
    refuse(
        path,
        [
            f"line {lines[row]}: '{places[row, column]:.15g}' is not a row or column from 1 to {n}"
            for row, column in np.argwhere(wrong).tolist()
        ],
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
