"""Drawings and networks as one safetensors file: the columns of the graph as tensors, all names in a tensor of JSON.

The metadata says ``graphnet`` (the version of the format), ``holds`` ("network" or "drawing"; files without it hold a
network), ``nodes`` and ``edges`` (how many).  The tensors are

- ``source`` and ``target`` (n_edges,), positions of nodes; ``key`` (n_edges,), keys of edges that are whole numbers, or
  codes of their names,
- ``node.<attribute>`` (n_nodes,) and ``edge.<attribute>`` (n_edges,), and beside them ``<...>.declared``, where not
  every row was given: bits, in bytes of which the highest bit comes first (in older files bool),
- ``json``, bytes: ``nodes`` (their names), ``node_columns`` and ``edge_columns`` (each column's name, its tensors, the
  names of codes, or values that no tensor holds), ``attributes`` of the graph, ``multigraph``, ``keys``, ``key_names``
  and, of a network, ``dtype``, ``dt`` and ``seed``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from ...errors import GraphError, first_of
from ...language.arrays import Array
from ...language.brief import one_line
from ...language.schema import EDGE_ATTRIBUTES, NODE_ATTRIBUTES
from ...language.table import GraphTable
from ..atomic import written_whole
from ..json_values import decode_name, decode_value, encode_all, encode_value
from .columns import (
    check_unique,
    encode_attributes,
    encode_columns,
    encode_keys,
    encode_names,
    part_of,
    read_columns,
    read_keys,
    repeated_edge,
)
from .tensors import Tensors, json_tensor, opened_tensors, packed, write_tensors
from .version_0_1 import translate_version_0_1

FORMAT = 2
"""In format 1, of version 0.1, signs were those of w; see `version_0_1`."""
NETWORK, DRAWING = "network", "drawing"
_SETTINGS = {"dtype": str, "dt": float, "seed": int}


class GraphFile(NamedTuple):
    """The contents of a file: ``settings`` are those of ``compile``, None for a drawing; ``version`` of the format."""

    table: GraphTable
    settings: dict[str, Any] | None
    version: int = FORMAT

    def __repr__(self) -> str:
        return one_line(self)


def write_graph_file(
    path: str | os.PathLike[str], table: GraphTable, settings: Mapping[str, Any] | None = None
) -> None:
    """Write a network, or without ``settings`` a drawing; the same columns give the same bytes.

    Raises
    ------
    GraphError
        With every name and attribute that a file cannot hold, and where nodes or edges are repeated.
    DataError
        If no file can have that name.
    OSError
        If the system does not let us write.
    """
    tensors: dict[str, Array] = {}
    problems = _find_broken(table)
    if problems:
        raise GraphError(first_of(problems))
    document: dict[str, Any] = dict(settings or {})
    if settings is not None:
        seed = encode_all(encode_value, [settings["seed"]], lambda _: "the seed", problems)
        document["seed"] = seed[0] if seed else None
    document |= {
        "multigraph": table.keys is not None,
        "attributes": encode_attributes(table, problems),
        "node_columns": encode_columns("node", table, problems, tensors),
        "edge_columns": encode_columns("edge", table, problems, tensors),
        **encode_keys(table, problems, tensors),
        "nodes": _encode_nodes(table, problems),
    }
    repeated = repeated_edge(table)
    if repeated is not None:
        problems.append(f"edge {table.edge_key(repeated)!r} occurs twice: parallel synapses need keys of their own")
    if problems:
        raise GraphError(first_of(problems))
    tensors |= {"source": packed(table.source), "target": packed(table.target)}
    tensors["json"] = json_tensor(document)
    counts = {"nodes": str(table.n_nodes), "edges": str(table.n_edges)}
    metadata = {"graphnet": str(FORMAT), "holds": DRAWING if settings is None else NETWORK, **counts}
    with written_whole(path) as temporary:
        write_tensors(temporary, tensors, metadata)


def read_graph_file(path: str | os.PathLike[str]) -> GraphFile:
    """Read a file that `write_graph_file` wrote.

    Raises
    ------
    DataError
        If the file is missing, broken, of another kind or of a newer version.
    """
    with opened_tensors(path) as tensors:
        return _read(tensors)


def read_drawing(path: str | os.PathLike[str]) -> GraphTable:
    """Read a drawing, or that of a network with the learnt numbers on it."""
    return read_graph_file(path).table


def write_drawing(table: GraphTable, path: str | os.PathLike[str]) -> None:
    """Write a drawing."""
    write_graph_file(path, table)


def _find_broken(table: GraphTable) -> list[str]:
    """Return the problems of a table that no graph is like."""
    problems = []
    if None in table.index:
        problems.append("None cannot be a node")
    if len(table.index) < table.n_nodes:
        again = next(node for position, node in enumerate(table.nodes) if table.index[node] != position)
        problems.append(f"node {again!r} occurs twice")
    for name, ends in (("source", table.source), ("target", table.target)):
        wrong = np.flatnonzero((ends < 0) | (ends >= table.n_nodes))
        if len(wrong):
            problems.append(f"{name}[{wrong[0]}] is {ends[wrong[0]]}, and there are {table.n_nodes} nodes")
    return problems


def _encode_nodes(table: GraphTable, problems: list[str]) -> list[Any]:
    found: list[str] = []
    names = encode_names(table.nodes, lambda i: f"node {table.nodes[i]!r}", found)
    problems.extend(f"{problem}; networkx.relabel_nodes renames nodes" for problem in found)
    return names


def _read(tensors: Tensors) -> GraphFile:
    """Return what the file holds; raise a ValueError if its parts do not fit together."""
    version = tensors.check_format("graphnet", FORMAT, "graphnet.save or graphnet.write_graph", oldest=1)
    metadata, document = tensors.metadata, tensors.document()
    holds = metadata.get("holds", NETWORK)
    if holds not in (NETWORK, DRAWING):
        raise ValueError(f"it holds a {holds[:60]!r}, and this graphnet reads {NETWORK!r} and {DRAWING!r}")
    nodes = [decode_name(name) for name in part_of(document, "nodes", list)]
    source = tensors.read_packed("source", None, "int64")
    target = tensors.read_packed("target", len(source), "int64")
    if (metadata.get("nodes"), metadata.get("edges")) != (str(len(nodes)), str(len(source))):
        raise ValueError(
            f"the file holds {len(nodes)} nodes and {len(source)} edges, "
            f"but its header says {metadata.get('nodes')} and {metadata.get('edges')}"
        )
    check_unique(nodes, "node")
    if None in nodes:
        raise ValueError("None cannot be a node")
    for name, ends in (("source", source), ("target", target)):
        wrong = np.flatnonzero((ends < 0) | (ends >= len(nodes)))
        if len(wrong):
            raise ValueError(
                f"tensor {name!r} has {ends[wrong[0]]} in row {wrong[0]}, and there are {len(nodes)} nodes"
            )
    attributes = {}
    for pair in part_of(document, "attributes", list):
        if not isinstance(pair, list) or len(pair) != 2:
            raise ValueError(f"an attribute of the graph is not a name and a value: {str(pair)[:60]}")
        attributes[decode_name(pair[0])] = decode_value(pair[1])
    table = GraphTable(
        nodes,
        source,
        target,
        read_columns(document, "node_columns", len(nodes), NODE_ATTRIBUTES, tensors),
        read_columns(document, "edge_columns", len(source), EDGE_ATTRIBUTES, tensors),
        read_keys(document, len(source), tensors),
        attributes,  # type: ignore[arg-type]
    )
    repeated = repeated_edge(table)
    if repeated is not None:
        raise ValueError(f"edge {table.edge_key(repeated)!r} occurs twice")
    settings = None
    if holds == NETWORK:
        settings = {name: part_of(document, name, kind) for name, kind in _SETTINGS.items()}
        _check_typed(table)
    if version == 1:
        table = translate_version_0_1(table)
    return GraphFile(table, settings, version)


def _check_typed(table: GraphTable) -> None:
    """Raise a ValueError if a value of a network is none that its attribute takes."""
    for part, columns, known in (
        ("node_columns", table.node_columns, NODE_ATTRIBUTES),
        ("edge_columns", table.edge_columns, EDGE_ATTRIBUTES),
    ):
        for name in columns.keys() & known.keys():
            if not columns[name].is_typed():
                raise ValueError(f"attribute {name!r} in {part!r}: it has no tensor")
