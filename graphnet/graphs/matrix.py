"""From a connectivity matrix straight to columns: millions of synapses never pass through networkx."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from ..errors import GraphError
from ..language.schema import NODE_ATTRIBUTES
from ..language.table import Array, Column, GraphTable, read_column


def from_matrix(
    W: Any, *, w_in: Any = None, w_out: Any = None, activation: Any = "tanh", **node_attributes: Any
) -> GraphTable:
    """Draw the network that a matrix is: one neuron a row, one synapse an entry, each of delay 1.

    Its feedback is whatever the matrix has: entries on the diagonal are direct, all others lateral, since the neurons
    share one layer.

    Parameters
    ----------
    W : (n, n) array or SciPy sparse matrix
        W[target, source].  Explicit zeros of a sparse matrix are synapses, zeros of an array are none; duplicate
        entries add up.
    w_in : (n, n_inputs), optional
        Synapses from inputs, without delay.
    w_out : (n_outputs, n), optional
        Synapses to linear outputs, without delay.  Without it every neuron is an output.
    activation : str or n of them
    **node_attributes
        Any attribute of a node, or of your own, for the n neurons: a scalar or n values.

    Returns
    -------
    GraphTable
        Of nodes ``("input", i)``, ``("hidden", i)`` and ``("output", i)``.

    Raises
    ------
    GraphError
        If shapes do not fit, or there are no n values.

    Examples
    --------
    >>> table = from_matrix([[0.0, 0.5], [0.9, 0.0]], w_in=[[1.0], [0.0]])
    >>> table.n_nodes, table.n_edges, table.edge_key(0)
    (3, 3, (('hidden', 1), ('hidden', 0)))
    """
    matrix = _synapses(W, "W")
    n = matrix.shape[0]
    if matrix.shape != (n, n):
        raise GraphError(f"W has shape {matrix.shape}: it is (n, n), one row and one column a neuron")
    into = _synapses(np.zeros((n, 0)) if w_in is None else w_in, "w_in")
    if into.shape[0] != n:
        raise GraphError(f"w_in has shape {into.shape}: it is (n, n_inputs), and W has n = {n}")
    out = _synapses(np.zeros((0, n)) if w_out is None else w_out, "w_out")
    if out.shape[1] != n:
        raise GraphError(f"w_out has shape {out.shape}: it is (n_outputs, n), and W has n = {n}")
    n_inputs, n_outputs = into.shape[1], out.shape[0]
    first, last = n_inputs, n_inputs + n
    nodes = [
        *(("input", i) for i in range(n_inputs)),
        *(("hidden", i) for i in range(n)),
        *(("output", i) for i in range(n_outputs)),
    ]
    role = np.repeat([0, 1], [n_inputs, n + n_outputs])
    role_given = np.ones(len(nodes), bool)
    role_given[first:last] = w_out is None
    columns = {"role": Column(role, role_given, ("input", "output"))}
    for name, values in {"activation": activation, **node_attributes}.items():
        columns[name] = _neuron_column(name, values, first, n, len(nodes))
    matrices = [(matrix, first, first, 1), (into, 0, first, 0), (out, first, last, 0)]
    return GraphTable(
        nodes,
        np.concatenate([m.coords[1].astype(np.int64) + source for m, source, _, _ in matrices]),
        np.concatenate([m.coords[0].astype(np.int64) + target for m, _, target, _ in matrices]),
        columns,
        {
            "weight": Column(np.concatenate([m.data for m, *_ in matrices]).astype(np.float64)),
            "delay": Column(np.repeat([delay for *_, delay in matrices], [m.nnz for m, *_ in matrices])),
        },
    )


def _synapses(matrix: Any, name: str) -> sparse.coo_array:
    """The entries in row order, duplicates summed, explicit zeros kept."""
    if not sparse.issparse(matrix):
        try:
            matrix = np.asarray(matrix)
        except ValueError:
            raise GraphError(f"{name} is ragged: its rows are of different lengths") from None
    if matrix.ndim != 2 or matrix.dtype.kind not in "biuf":
        raise GraphError(f"{name} is {matrix.dtype} of shape {matrix.shape}, not a matrix of real numbers")
    rows = sparse.csr_array(matrix, copy=True)
    rows.sum_duplicates()
    return rows.tocoo()


def _neuron_column(name: str, values: Any, first: int, n: int, n_nodes: int) -> Column:
    """An attribute of the n neurons among all nodes."""
    attribute = NODE_ATTRIBUTES.get(name)
    if isinstance(values, str) or np.ndim(values) == 0:
        one = read_column([values], attribute)
        given = None if one.declared is None else np.zeros(n, bool)
        column = Column(np.broadcast_to(one.values, n), given, one.names)
    else:
        if len(values) != n:
            raise GraphError(f"{name} has {len(values)} values for {n} neurons: give one, or one for each")
        column = read_column(values.tolist() if isinstance(values, np.ndarray) else list(values), attribute)
    spread: Array = np.zeros(n_nodes, column.values.dtype)
    given = np.zeros(n_nodes, bool)
    spread[first : first + n] = column.values
    given[first : first + n] = column.given()
    return Column(spread, given, column.names)
