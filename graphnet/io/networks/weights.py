"""Networks as files: their graph, their parameters and their settings."""

from __future__ import annotations

import os

from ...compiler.parameters import within_bounds
from ...errors import DataError, GraphError
from ...execute.contract import Executor
from ...language.validation import read_dt
from ...network.network import Network, compile
from .graph_file import read_graph_file, write_graph_file

CHANGED_SINCE_0_1 = (
    "; the file is of version 0.1, in which nan could be a name and neurons of one tie had leaks of their own: "
    "gn.read_graph(path).to_networkx() is its drawing, in which networkx.relabel_nodes renames nodes, and another tie, "
    "or one leak, can be given; gn.compile makes the network"
)
"""Hint for files whose drawings are errors today."""


def save(net: Network, path: str | os.PathLike[str]) -> None:
    """Write a network to one file: its graph, its parameters and its settings, nothing pickled.

    Nodes, ties, groups and edge keys may be str, int, float, bool, None and tuples of them; what is a subclass of these
    comes back as one of them.  Custom attributes may also be lists, dicts with str keys and numpy arrays of
    real numbers; numpy scalars come back as the Python number that they equal.  The same network gives the same bytes.

    Parameters
    ----------
    net : Network
    path : str or path-like
        Replaced if it exists, once the new file is complete.

    Raises
    ------
    GraphError
        With every name and attribute that a file cannot hold.
    DataError
        If no file can have that name.
    OSError
        If the system does not let us write.

    Examples
    --------
    >>> import tempfile, graphnet as gn
    >>> net = gn.compile(gn.graphs.elman(1, 4, 1), seed=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     gn.save(net, f"{folder}/net.safetensors")
    ...     again = gn.load(f"{folder}/net.safetensors")
    >>> bool((again.parameters == net.parameters).all()), again.seed
    (True, 0)
    """
    if not isinstance(net, Network):
        raise DataError(f"save takes a Network, not a {type(net).__name__}: gn.compile(graph) makes one")
    write_graph_file(path, net.to_table(), {"dtype": net.dtype.name, "dt": net.dt, "seed": net.seed})


def load(path: str | os.PathLike[str], *, backend: str | Executor = "auto") -> Network:
    """Read a network that `save` wrote: on the same backend it computes the same outputs, bit for bit.

    Parameters
    ----------
    path : str or path-like
    backend : "auto", "fast", "reference", or a custom executor
        As for ``compile``.

    Raises
    ------
    DataError
        If the file is missing, broken, of another kind or of a newer version, or what it holds is not a network.
    """
    table, settings, version = read_graph_file(path)
    where = os.fspath(path)
    if settings is None:
        raise DataError(
            f"{where}: a drawing, which has no dt, dtype or seed: gn.compile(gn.read_graph(path)) makes a network of it"
        )
    try:
        # bounds bind what a drawing declares, but not the parameters that a network may have been given
        bounded = within_bounds(table, read_dt(settings["dt"]))
        net = compile(bounded, backend=backend, **settings)
        if bounded is not table:
            net.parameters = net.parameters_from(table)
        return net
    except (GraphError, DataError) as error:
        hint = CHANGED_SINCE_0_1 if version == 1 else ""
        raise DataError(f"{where}: {error}{hint}") from error
