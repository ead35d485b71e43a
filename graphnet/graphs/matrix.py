"""Networks from connectivity matrices, without networkx in between, so that millions of synapses are fast."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from typing import Any

import numpy as np
from scipy import sparse

from ..errors import GraphError, first_of, quoted
from ..language.arrays import Array
from ..language.checks import Flag, read_names, refuse_masked
from ..language.missing import has_missing, is_missing
from ..language.schema import NODE_ATTRIBUTES
from ..language.table import NOT_GIVEN, Column, GraphTable, read_column


def from_matrix(
    W: Any,
    *,
    w_in: Any = None,
    w_out: Any = None,
    activation: Any = "tanh",
    names: Any = None,
    as_scale: bool = False,
    **node_attributes: Any,
) -> GraphTable:
    """Draw a network from a connectivity matrix: a neuron per row, and a synapse of delay 1 per entry.

    The neurons share one layer, so that entries on the diagonal are direct feedback and all others lateral.

    Parameters
    ----------
    W : (n, n) array or SciPy sparse matrix
        Weights, W[target, source].  Explicit zeros of a sparse matrix are synapses, zeros of a dense array are not;
        duplicate entries are summed, in double precision.
    w_in : (n, n_inputs) array or SciPy sparse matrix, optional
        Weights of synapses from inputs, without delay.
    w_out : (n_outputs, n) array or SciPy sparse matrix, optional
        Weights of synapses to linear outputs, without delay.  If not given, every neuron is an output.
    activation : str or sequence of n str
        Activation of the n neurons.
    names : sequence of n hashables, optional
        Names of the n neurons; if not given, ``("hidden", i)``.
    as_scale : bool
        Entries of all matrices are `scale`, such as numbers of synapses, and weights are open: they are drawn when the
        drawing is compiled.  If False, entries are weights.
    **node_attributes : scalar or array of n values
        Other attributes of the n neurons, of the language or custom.  Of a column of a frame (pandas, polars), missing
        values leave the attribute out.

    Returns
    -------
    GraphTable
        Its nodes are ``("input", i)``, ``("hidden", i)`` or ``names``, and ``("output", i)``.

    Raises
    ------
    GraphError
        If a matrix is not one of real numbers, shapes do not match, an attribute does not have n values, an entry of an
        array is masked, or names are not n different ones.

    Examples
    --------
    >>> table = from_matrix([[0.0, 0.5], [0.9, 0.0]], w_in=[[1.0], [0.0]])
    >>> table.n_nodes, table.n_edges, table.edge_key(0)
    (3, 3, (('hidden', 1), ('hidden', 0)))
    >>> from_matrix([[0, 5], [9, 0]], names=["a", "b"], as_scale=True).edge_key(0)
    ('b', 'a')
    """
    try:
        counts = Flag().read(as_scale)
    except ValueError:
        raise GraphError(f"as_scale={quoted(as_scale)} is neither True nor False") from None
    matrix = _synapses(W, "W")
    n = matrix.shape[0]
    if matrix.shape != (n, n):
        raise GraphError(f"W has shape {matrix.shape}, not (n, n): a row and a column for each neuron")
    into = _synapses(np.zeros((n, 0)) if w_in is None else w_in, "w_in")
    if into.shape[0] != n:
        raise GraphError(f"w_in has shape {into.shape}, not (n, n_inputs) with n = {n} as in W")
    out = _synapses(np.zeros((0, n)) if w_out is None else w_out, "w_out")
    if out.shape[1] != n:
        raise GraphError(f"w_out has shape {out.shape}, not (n_outputs, n) with n = {n} as in W")
    n_inputs, n_outputs = into.shape[1], out.shape[0]
    first, last = n_inputs, n_inputs + n
    nodes = [
        *(("input", i) for i in range(n_inputs)),
        *(("hidden", i) for i in range(n) if names is None),
        *(() if names is None else _neuron_names(names, n)),
        *(("output", i) for i in range(n_outputs)),
    ]
    if names is not None and len(set(nodes)) < len(nodes):
        repeated = [name for name, number in Counter(nodes).items() if number > 1]
        raise GraphError(first_of(repeated, lambda name: f"names: {quoted(name)} names several nodes", "such names"))
    role = np.repeat([0, 1], [n_inputs, n + n_outputs])
    role_given = np.ones(len(nodes), bool)
    role_given[first:last] = w_out is None
    columns = {"role": Column(role, role_given, ("input", "output"))}
    for name, values in {"activation": activation, **node_attributes}.items():
        columns[name] = _neuron_column(name, values, first, n, len(nodes))
    matrices = [(matrix, first, first, 1), (into, 0, first, 0), (out, first, last, 0)]
    n_edges = sum(m.nnz for m, *_ in matrices)
    source, target, delays = (np.empty(n_edges, np.int64) for _ in range(3))
    begin = 0
    for m, first_source, first_target, delay in matrices:
        here = slice(begin, begin + m.nnz)
        np.add(m.coords[1], first_source, out=source[here])
        np.add(m.coords[0], first_target, out=target[here])
        delays[here] = delay
        begin = here.stop
    entries = np.concatenate([m.data for m, *_ in matrices], dtype=np.float64)
    return GraphTable(
        nodes, source, target, columns, {"scale" if counts else "weight": Column(entries), "delay": Column(delays)}
    )


def _synapses(matrix: Any, name: str) -> sparse.coo_array:
    """Return the entries in row order, with duplicates summed in double precision and explicit zeros kept."""
    refuse_masked(matrix, name, f"{name}.filled(0.0) leaves out the synapses that are masked", GraphError)
    if not sparse.issparse(matrix):
        try:
            # in a frame of pandas a missing value is no synapse, like a zero
            matrix = matrix.to_numpy(np.float64, na_value=0.0) if hasattr(matrix, "isna") else np.asarray(matrix)
        except (TypeError, ValueError) as error:
            is_frame = hasattr(matrix, "isna")
            why = f"no matrix of real numbers: {error}" if is_frame else "ragged: its rows are of different lengths"
            raise GraphError(f"{name} is {why}") from None
    if matrix.ndim != 2 or matrix.dtype.kind not in "biuf":
        raise GraphError(f"{name} is {matrix.dtype} of shape {matrix.shape}, not a matrix of real numbers")
    if getattr(matrix, "format", None) == "csr":
        as_it_is = sparse.csr_array(matrix)
        if as_it_is.has_canonical_format:
            return as_it_is.tocoo(copy=False)
    # before duplicates are summed, since a sum in a small dtype overflows
    rows = sparse.csr_array(matrix.astype(np.float64), copy=True)
    rows.sum_duplicates()
    return rows.tocoo()


def _neuron_names(names: Any, n: int) -> list[Hashable]:
    """Return the names of the n neurons."""
    refuse_masked(names, "names", "give every neuron a name", GraphError)
    listed = read_names(names.tolist() if isinstance(names, np.ndarray) else names, "names", (), GraphError)
    if len(listed) != n:
        raise GraphError(f"names has {len(listed)} names for {n} neurons")
    # numbers of NumPy count as those of Python, which files hold
    listed = [name.item() if isinstance(name, np.generic) else name for name in listed]
    wrong = [i for i, name in enumerate(listed) if not isinstance(name, Hashable) or has_missing(name)]
    if wrong:
        raise GraphError(
            first_of(wrong, lambda i: f"names[{i}] is {quoted(listed[i])}, no name of a node", "such names")
        )
    return listed


def _neuron_column(name: str, values: Any, first: int, n: int, n_nodes: int) -> Column:
    """Return the column of an attribute that only the n neurons from node ``first`` on have."""
    attribute = NODE_ATTRIBUTES.get(name)
    refuse_masked(values, name, "give a pandas column, whose missing values leave the attribute out", GraphError)
    if isinstance(values, str) or np.ndim(values) == 0:
        one = read_column([values], attribute)
        given = None if one.declared is None else np.zeros(n, bool)
        column = Column(np.broadcast_to(one.values, n), given, one.names)
    else:
        if len(values) != n:
            raise GraphError(f"{name} has {len(values)} values for {n} neurons: give one, or one for each")
        raw = values.tolist() if isinstance(values, np.ndarray) else list(values)
        # columns of pandas and of polars say which of their values are missing
        if hasattr(values, "isna") or hasattr(values, "is_null"):
            raw = [NOT_GIVEN if is_missing(value) else value for value in raw]
        column = read_column(raw, attribute)
    spread: Array = np.zeros(n_nodes, column.values.dtype)
    given = np.zeros(n_nodes, bool)
    spread[first : first + n] = column.values
    given[first : first + n] = column.given()
    return Column(spread, given, column.names)
