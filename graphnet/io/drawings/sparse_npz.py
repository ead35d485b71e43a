"""Drawings as ``scipy.sparse.save_npz`` writes matrices; `matrix` says what such a file holds."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
from scipy import sparse

from ...errors import DataError
from ...language.arrays import Array
from ..data.arrays import read_arrays, write_arrays
from .loss_warning import warn_of_loss
from .matrix import check_shape, graph_of, matrix_of

_PARTS = {
    "csr": ("data", "indices", "indptr"),
    "csc": ("data", "indices", "indptr"),
    "bsr": ("data", "indices", "indptr"),
    "coo": ("data", "row", "col"),
    "dia": ("data", "offsets"),
}
_ARRAYS = ("format", "shape", *dict.fromkeys(part for parts in _PARTS.values() for part in parts))


def read_sparse_npz(path: str | os.PathLike[str]) -> nx.DiGraph:
    """Read a square sparse matrix W[target, source]; one of booleans leaves the weights open.

    Raises
    ------
    DataError
        If it is no such file, the matrix is not square, or its arrays do not fit together.
    """
    others = {"x": "data, which graphnet.io.read_data reads", "y": "data, which graphnet.io.read_data reads"}
    arrays = read_arrays(path, _ARRAYS, ("format", "shape", "data"), others)
    where = os.fspath(path)
    kind = _read_format(arrays["format"])
    if kind not in _PARTS:
        raise DataError(f"{where}: a sparse matrix in format {kind!r}, which is none of {', '.join(_PARTS)}")
    missing = [name for name in _PARTS[kind] if name not in arrays]
    if missing:
        raise DataError(f"{where}: a sparse matrix in format {kind} without its array {missing[0]!r}")
    data, shape = arrays["data"], arrays["shape"]
    if shape.dtype.kind not in "iu" or shape.ndim != 1:
        raise DataError(f"{where}: array 'shape' is {shape.dtype} of shape {shape.shape}, not two whole numbers")
    square = check_shape(path, tuple(shape.tolist()), Path(path).stat().st_size)
    if data.dtype.kind not in "biuf":
        raise DataError(f"{where}: array 'data' is {data.dtype}, not real numbers")
    try:
        matrix = _build(kind, [arrays[name] for name in _PARTS[kind]], square)
    except (ValueError, TypeError, IndexError, OverflowError, MemoryError) as error:
        raise DataError(f"{where}: its arrays are no sparse matrix: {error}") from error
    return graph_of(path, matrix, has_weights=data.dtype != np.bool_)


def _read_format(array: Array) -> str:
    value: Any = array.item() if array.size == 1 and array.dtype.kind in "SU" else ""
    return value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)


def _build(kind: str, parts: list[Array], shape: tuple[int, int]) -> sparse.coo_array:
    """Return the matrix; raise a ValueError if its arrays do not fit together."""
    data, *places = parts
    if any(place.dtype.kind not in "iu" for place in places):
        raise ValueError("places are not whole numbers")
    if kind == "dia" and ((places[0] >= shape[0]) | (places[0] <= -shape[0])).any():
        raise ValueError("a diagonal lies outside of it")
    given = (data, tuple(places)) if kind == "coo" else (data, *places)
    matrix: Any = getattr(sparse, f"{kind}_array")(given, shape=shape)
    if kind in ("csr", "csc", "bsr"):
        matrix.check_format(full_check=True)
    return sparse.coo_array(matrix.tocoo())


def write_sparse_npz(graph: nx.DiGraph, path: str | os.PathLike[str]) -> None:
    """Write W[target, source] as ``scipy.sparse.load_npz`` reads it; all weights open, a matrix of booleans.

    Raises
    ------
    GraphError
        If some synapses have weights and others have not, or a weight is no number.
    """
    matrix, has_weights, dropped = matrix_of(graph)
    warn_of_loss(path, "a matrix does not hold", dropped)
    write_arrays(
        path,
        {
            "indices": matrix.indices,
            "indptr": matrix.indptr,
            "format": np.array(b"csr"),
            "shape": np.array(matrix.shape),
            "data": matrix.data if has_weights else matrix.data != 0,
            "_is_array": np.array(True),
        },
    )
