"""Drawings as the matrix W[target, source] of their synapses, for the formats of SciPy.

Such a file is read as ``graphnet.graphs.from_matrix`` draws it: neurons ``("hidden", i)``, all of them outputs, one
synapse an entry, each of delay 1.  A matrix without numbers, only with places, leaves the weights open.
"""

from __future__ import annotations

import os
from numbers import Real
from typing import Any

import networkx as nx
import numpy as np
from scipy import sparse

from ...errors import DataError, GraphError, first_of
from ...graphs.matrix import from_matrix
from ...language.arrays import Array
from ...language.table import Column, GraphTable

DROPS = "everything but the synapses and their weights, and the order of nodes: names, roles, delays, gates, ties"
SMALLEST_REFUSED = 10_000
"""Number of rows that any file may have; one with more needs a byte for each sixteen of them."""


def check_shape(path: str | os.PathLike[str], shape: tuple[int, ...], size: int) -> tuple[int, int]:
    """Return the shape of a square matrix with no more rows than a file of ``size`` bytes is about.

    Raises
    ------
    DataError
        If it is not so.
    """
    if len(shape) != 2 or shape[0] != shape[1] or shape[0] < 0:
        raise DataError(f"{os.fspath(path)}: the matrix has shape {shape}: it is (n, n), W[target, source]")
    if shape[0] > max(SMALLEST_REFUSED, 16 * size):
        raise DataError(
            f"{os.fspath(path)}: {shape[0]} rows are more than a file of {size} bytes is about; is it broken?"
        )
    return shape


def graph_of(path: str | os.PathLike[str], matrix: sparse.coo_array, *, has_weights: bool) -> nx.DiGraph:
    """Return the drawing of a square matrix."""
    try:
        table = from_matrix(matrix)
    except GraphError as error:
        raise DataError(f"{os.fspath(path)}: {error}") from error
    return (table if has_weights else table.without_columns((), ("weight",))).to_networkx()


def matrix_of(graph: nx.DiGraph) -> tuple[sparse.csr_array, bool, list[str]]:
    """Return W[target, source] of a drawing, True if it has weights, and a description of what it does not hold.

    An entry is scale * weight, and those of parallel synapses are added up.

    Raises
    ------
    GraphError
        If some synapses have weights and others have not, or a weight is no number.
    """
    table = GraphTable.from_networkx(graph)
    weights, has_weights = _weights(table)
    entries = sparse.coo_array((weights, (table.target, table.source)), shape=(table.n_nodes, table.n_nodes))
    matrix = sparse.csr_array(entries)
    matrix.sum_duplicates()
    return matrix, has_weights, _dropped(table, matrix, has_weights)


def _weights(table: GraphTable) -> tuple[Array, bool]:
    """Return scale * weight of each synapse, or ones if all weights are open."""
    problems = []
    for name in ("weight", "scale"):
        column = table.edge_columns.get(name)
        if column is not None and not column.is_typed():
            rows = [i for i, value in enumerate(column.values.tolist()) if column.given()[i] and not _is_number(value)]
            problems += [f"edge {table.edge_key(i)!r}: {name}={column.values[i]!r} is not a number" for i in rows]
    given = table.edge_gives("weight")
    if given.any() and not problems:
        missing = np.flatnonzero(~given).tolist()
        problems += [
            f"edge {table.edge_key(i)!r} has no weight, and others have: a matrix has all or none" for i in missing
        ]
    if problems:
        raise GraphError(first_of(problems))
    if not given.any():
        return np.ones(table.n_edges), table.n_edges == 0
    return table.edge("weight") * table.edge("scale"), True


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _dropped(table: GraphTable, matrix: sparse.csr_array, has_weights: bool) -> list[str]:
    """Return a description of each thing that reading the matrix does not give back."""
    back = from_matrix(matrix)
    dropped = [f"attribute {name!r} of the graph" for name in table.attributes]
    if list(table.nodes) != list(back.nodes):
        dropped.append("names of nodes")
    dropped += _differing("nodes", table.node_columns, back.node_columns)
    if table.keys is not None:
        dropped.append("keys of edges")
    if back.n_edges < table.n_edges:
        dropped.append("parallel synapses, which are added up")
        return dropped + [f"{name!r} of edges" for name in table.edge_columns if name not in ("weight", "scale")]
    order = np.lexsort((table.source, table.target))
    ours = {
        name: Column(column.values[order], column.given()[order], column.names)
        for name, column in table.edge_columns.items()
    }
    theirs = {name: back.edge_columns[name] for name in (("weight", "delay") if has_weights else ("delay",))}
    if "scale" in ours:
        theirs.pop("weight", None)
        ours.pop("weight", None)
    return dropped + _differing("edges", ours, theirs)


def _differing(owners: str, ours: dict[str, Column], theirs: dict[str, Column]) -> list[str]:
    return [
        f"{name!r} of {owners}"
        for name in dict.fromkeys((*ours, *theirs))
        if name not in ours or name not in theirs or not _same(ours[name], theirs[name])
    ]


def _same(one: Column, other: Column) -> bool:
    given = one.given()
    if not np.array_equal(given, other.given()):
        return False
    pairs = zip(one.objects(), other.objects(), given.tolist(), strict=True)
    return all(mine == yours for mine, yours, there in pairs if there)
