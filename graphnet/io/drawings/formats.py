"""The registry of file formats for drawings.

To add one, write a module with a reader and a writer, and give it a line in `FORMATS`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import networkx as nx

from ...errors import DataError, GraphError
from ...language.table import GraphTable
from .edge_list import read_edge_list, write_edge_list
from .gexf import read_gexf, write_gexf
from .gml import read_gml, write_gml
from .graphml import read_graphml, write_graphml
from .matrix import DROPS as DROPPED_BY_MATRICES
from .matrix_market import read_matrix_market, write_matrix_market
from .node_link import read_node_link, write_node_link
from .sparse_npz import read_sparse_npz, write_sparse_npz


class Format(NamedTuple):
    """The reader and the writer of a format, and what of a drawing it does not hold.

    If ``drops`` is empty, reading gives back what was written; otherwise a LossWarning says what is dropped.
    """

    name: str
    read: Callable[[str | os.PathLike[str]], nx.DiGraph]
    write: Callable[[nx.DiGraph, str | os.PathLike[str]], None]
    drops: str = ""


_EDGE_LIST = Format("edge list", read_edge_list, write_edge_list, "attributes of the graph itself")

FORMATS = {
    ".json": Format("node-link JSON", read_node_link, write_node_link),
    ".graphml": Format("GraphML", read_graphml, write_graphml),
    ".gml": Format("GML", read_gml, write_gml),
    ".gexf": Format("GEXF", read_gexf, write_gexf),
    ".csv": _EDGE_LIST,
    ".tsv": _EDGE_LIST,
    ".npz": Format("SciPy sparse matrix", read_sparse_npz, write_sparse_npz, DROPPED_BY_MATRICES),
    ".mtx": Format("Matrix Market", read_matrix_market, write_matrix_market, DROPPED_BY_MATRICES),
}
"""Every suffix that is read and written."""


def read_graph(path: str | os.PathLike[str]) -> nx.DiGraph:
    """Read a drawing.

    It need not be a network yet: ``graphnet.validate`` says what is missing.

    Parameters
    ----------
    path : str or path-like
        Its suffix says the format: ``.json`` (node-link JSON, as networkx writes it), ``.graphml``, ``.gml``,
        ``.gexf``, ``.csv`` and ``.tsv`` (edge lists), ``.npz`` (a SciPy sparse matrix), ``.mtx`` (Matrix Market).

    Returns
    -------
    networkx.DiGraph or networkx.MultiDiGraph

    Raises
    ------
    DataError
        If the file is missing or broken, its suffix is unknown, or what it holds is not a directed graph.

    Warns
    -----
    LossWarning
        If the file has more than a drawing, such as colours; it says what is left out.
    """
    return _format(path).read(path)


def write_graph(graph: nx.DiGraph | GraphTable, path: str | os.PathLike[str]) -> None:
    """Write a drawing, so that `read_graph` gives it back.

    Nodes, gates, ties, groups and edge keys may be str, int, float, bool and tuples of them; custom
    attributes also lists, dicts with str keys and numpy arrays of real numbers.  numpy scalars come back as Python
    numbers.  JSON has no nan, and one kind of sequence: tuples and arrays among custom attributes come back as lists.

    Parameters
    ----------
    graph : networkx.DiGraph, networkx.MultiDiGraph or GraphTable
    path : str or path-like
        Its suffix says the format, as for `read_graph`.  Replaced if it exists, once the new file is complete.

    Raises
    ------
    GraphError
        With every name and attribute that the format cannot hold, or if the graph is undirected.
    DataError
        If no file can have that name, or its suffix is unknown.
    OSError
        If the system does not let us write.

    Warns
    -----
    LossWarning
        If the format does not hold all of the drawing (``FORMATS[suffix].drops``), before anything is written.

    Examples
    --------
    >>> import tempfile, graphnet as gn
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     gn.write_graph(gn.graphs.lateral(1, 3, 1), f"{folder}/net.json")
    ...     gn.read_graph(f"{folder}/net.json").nodes["hidden", 0]
    {'layer': 1, 'activation': 'tanh'}
    """
    chosen = _format(path)
    drawing = graph.to_networkx() if isinstance(graph, GraphTable) else graph
    if not isinstance(drawing, nx.Graph):
        raise GraphError(f"a drawing is a networkx DiGraph or MultiDiGraph, not a {type(graph).__name__}")
    if not drawing.is_directed():
        raise GraphError(
            f"the graph is undirected ({type(graph).__name__}): a synapse has a direction; "
            "graph.to_directed() draws one in each"
        )
    chosen.write(drawing, path)


def _format(path: str | os.PathLike[str]) -> Format:
    suffix = Path(path).suffix
    if suffix.lower() not in FORMATS:
        known = ", ".join(f"{known} ({found.name})" for known, found in FORMATS.items())
        raise DataError(
            f"{os.fspath(path)}: graphs are not read from or written to files "
            f"{f'named {suffix}' if suffix else 'without a suffix'}; supported: {known}"
        )
    return FORMATS[suffix.lower()]
