"""Edges of SONATA: a population of synapses in an HDF5 file, as columns.

Dai, K. et al. (2020). The SONATA data format for efficient description of large-scale network models. PLoS
Computational Biology 16(2).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

from ..errors import DataError
from .cells import Cells, of_objects, of_whole
from .existing import existing_file

SUFFIXES = (".h5", ".hdf5", ".sonata")
ENDS = ("source_node_id", "target_node_id")


def sonata_columns(path: str | os.PathLike[str]) -> tuple[list[str], Callable[[str], Cells]]:
    """Return the names of columns, and a function that reads a column of a file.

    Columns are ``source_node_id``, ``target_node_id``, ``edge_type_id`` if it exists, and the attributes in group 0.

    Raises
    ------
    DataError
        If the file is missing or broken, has no or several populations of edges, groups of attributes other than 0, or
        sources and targets of different populations, or if h5py is not installed.
    """
    file, where = existing_file(path), os.fspath(path)
    try:
        h5py = import_module("h5py")
    except ImportError as error:
        raise DataError(f"{where}: {file.suffix} takes h5py: pip install 'graphnet-engine[sonata]'") from error

    def trying(read: Callable[[], Any]) -> Any:
        try:
            return read()
        except (OSError, KeyError, RuntimeError, ValueError, TypeError, AttributeError) as error:
            if isinstance(error, DataError):
                raise
            raise DataError(f"{where}: no edges of SONATA: {' '.join(str(error).split())}") from error

    found: dict[str, str] = {}
    lengths: set[int] = set()

    def look() -> None:
        with h5py.File(file, "r") as opened:
            populations = list(opened["edges"])
            if len(populations) != 1:
                raise DataError(f"{where}: populations of edges {populations}: one is read; write each to its own file")
            edges = opened["edges"][populations[0]]
            _check_populations(where, edges)
            for name in (*ENDS, "edge_type_id"):
                if name in edges or name in ENDS:
                    found[name] = edges[name].name
            _check_groups(where, edges)
            for name, held in edges.get("0", {}).items():
                if isinstance(held, h5py.Dataset) and held.ndim == 1:
                    found[name] = held.name
            lengths.update(int(opened[place].shape[0]) for place in found.values())

    trying(look)
    if len(lengths) != 1:
        raise DataError(f"{where}: columns of {sorted(lengths)} rows, not of one length")

    def read(name: str) -> Any:
        with h5py.File(file, "r") as opened:
            held = opened[found[name]]
            return held.asstr()[()] if h5py.check_string_dtype(held.dtype) else held[()]

    return list(found), lambda name: _cells(trying(lambda: read(name)))


def _check_populations(where: str, edges: Any) -> None:
    of = []
    for name in ENDS:
        population = edges[name].attrs.get("node_population")
        of.append(population.decode() if isinstance(population, bytes) else population)
    if of[0] != of[1]:
        raise DataError(
            f"{where}: sources are of population {of[0]!r} and targets of {of[1]!r}, and numbers of two populations "
            "name different neurons: make one table with names that tell them apart"
        )


def _check_groups(where: str, edges: Any) -> None:
    others = sorted(name for name in edges if name.isdigit() and name != "0" and len(edges[name]))
    if others:
        raise DataError(f"{where}: groups of attributes {', '.join(others)}: only group 0 is read")


def _cells(values: Any) -> Cells:
    if values.dtype.kind == "f":
        return Cells(values.astype(np.float64), np.isnan(values) if np.isnan(values).any() else None)
    if values.dtype.kind in "iub":
        return of_whole(values)
    return of_objects(values.astype(object))
