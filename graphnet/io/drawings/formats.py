"""The registry of file formats for drawings.

To add one, write a module with a reader and a writer, and give it a line in `FORMATS`; without a reader, in `PICTURES`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import networkx as nx

from ...errors import DataError
from ...language.hooks import hook
from ...language.table import GraphTable, check_directed
from ..networks.graph_file import read_drawing, read_graph_file, write_drawing
from .dot import write_dot
from .edge_list import read_edge_list, write_edge_list
from .gexf import read_gexf, write_gexf
from .gml import read_gml, write_gml
from .graphml import read_graphml, write_graphml
from .matrix import DROPS as DROPPED_BY_MATRICES
from .matrix_market import read_matrix_market, write_matrix_market
from .mermaid import write_mermaid
from .node_link import read_node_link, write_node_link
from .sketch import refuse_reading
from .sparse_npz import read_sparse_npz, write_sparse_npz


class Format(NamedTuple):
    """The reader and the writer of a format, and what of a drawing it does not hold.

    If ``drops`` is empty, reading gives back what was written; otherwise a LossWarning says what is dropped.  A format
    ``of_tables`` reads and writes a GraphTable, another one a networkx graph.
    """

    name: str
    read: Callable[[str | os.PathLike[str]], Any]
    write: Callable[[Any, str | os.PathLike[str]], None]
    drops: str = ""
    of_tables: bool = False


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
    ".safetensors": Format("safetensors", read_drawing, write_drawing, of_tables=True),
}
"""Every suffix that is read and written."""

_DOT = Format("DOT", refuse_reading("DOT"), write_dot, of_tables=True)

PICTURES = {
    ".dot": _DOT,
    ".gv": _DOT,
    ".mmd": Format("Mermaid", refuse_reading("Mermaid"), write_mermaid, of_tables=True),
}
"""Every suffix that is only written: a picture of the drawing, which does not hold it and warns of no loss."""


def read_graph(path: str | os.PathLike[str]) -> nx.DiGraph | GraphTable:
    """Read a drawing, or that of a network or a run, with the learnt numbers on it.

    It need not be a network yet: ``graphnet.validate`` says what is missing.

    Parameters
    ----------
    path : str or path-like
        Its suffix says the format: ``.json`` (node-link JSON, as networkx writes it), ``.graphml``, ``.gml``,
        ``.gexf``, ``.csv`` and ``.tsv`` (edge lists), ``.npz`` (a SciPy sparse matrix), ``.mtx`` (Matrix Market),
        ``.safetensors`` (a drawing that `write_graph` wrote, or a network that ``graphnet.save`` wrote).  A folder is
        a run: its numbers are those that ``graphnet evaluate`` measures.

    Returns
    -------
    networkx.DiGraph or networkx.MultiDiGraph; of ``.safetensors`` and of a run a GraphTable

    Raises
    ------
    DataError
        If the file is missing or broken, its suffix is unknown, what it holds is not a directed graph, or a folder is
        not a run.

    Warns
    -----
    LossWarning
        If the file has more than a drawing, such as colours; it says what is left out.
    """
    if _is_folder(path):
        return hook("open_run")(path).drawing()
    return _format_of_file(path).read(path)


def compile_settings(path: str | os.PathLike[str]) -> dict[str, Any] | None:
    """Return the settings of ``graphnet.compile`` that a network file or a run has; None for a drawing, which has none.

    Returns
    -------
    dict or None
        ``dtype``, ``dt`` and ``seed``.

    Raises
    ------
    DataError
        If a ``.safetensors`` file is missing or broken, or a folder is not a run.

    Examples
    --------
    >>> import tempfile, graphnet as gn
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     gn.save(gn.compile(gn.graphs.lateral(1, 3, 1), seed=0, dt=0.5), f"{folder}/net.safetensors")
    ...     compile_settings(f"{folder}/net.safetensors")
    {'dtype': 'float64', 'dt': 0.5, 'seed': 0}
    """
    if _is_folder(path):
        return hook("open_run")(path).compile_settings()
    return read_graph_file(path).settings if _format_of_file(path).read is read_drawing else None


def write_graph(graph: nx.DiGraph | GraphTable, path: str | os.PathLike[str]) -> None:
    """Write a drawing, so that `read_graph` gives it back, or as a picture.

    Nodes, gates, ties, groups and edge keys may be str, int, float, bool and tuples of them; custom
    attributes also lists, dicts with str keys and numpy arrays of real numbers.  numpy scalars come back as Python
    numbers.  JSON has no nan, and one kind of sequence: tuples and arrays among custom attributes come back as lists.
    ``.safetensors`` holds the columns of a GraphTable: it is the format for millions of synapses, and its numbers and
    booleans are those that the attributes of the language take (a ``delay`` of 2.0 comes back as 2).

    Parameters
    ----------
    graph : networkx.DiGraph, networkx.MultiDiGraph or GraphTable
    path : str or path-like
        Its suffix says the format, as for `read_graph`; or it is a picture, ``.dot`` and ``.gv`` (DOT, the language of
        Graphviz) or ``.mmd`` (Mermaid), which is only written.  Replaced if it exists, once the new file is complete.

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
    if not isinstance(graph, GraphTable):
        check_directed(graph)
    if chosen.of_tables:
        chosen.write(graph if isinstance(graph, GraphTable) else GraphTable.from_networkx(graph), path)
    else:
        chosen.write(graph.to_networkx() if isinstance(graph, GraphTable) else graph, path)


def _is_folder(path: str | os.PathLike[str]) -> bool:
    try:
        return os.path.isdir(path)
    except ValueError:  # of a name that no file can have
        return False


def _format_of_file(path: str | os.PathLike[str]) -> Format:
    if not Path(path).suffix and not os.path.lexists(path):
        raise DataError(f"{os.fspath(path)}: no such run folder; drawings are files named {', '.join(FORMATS)}")
    return _format(path)


def _format(path: str | os.PathLike[str]) -> Format:
    suffix = Path(path).suffix
    if suffix.lower() not in (known := {**FORMATS, **PICTURES}):
        read, written = (
            ", ".join(f"{each} ({found.name})" for each, found in some.items()) for some in (FORMATS, PICTURES)
        )
        raise DataError(
            f"{os.fspath(path)}: graphs are not read from or written to files "
            f"{f'named {suffix}' if suffix else 'without a suffix'}; supported: {read}; only written: {written}"
        )
    return known[suffix.lower()]
