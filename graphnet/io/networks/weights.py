"""Networks as one safetensors file: the columns of the graph as tensors, all names in one tensor of JSON.

The metadata says ``graphnet`` (the version of the format), ``nodes`` and ``edges`` (how many).  The tensors are

- ``source`` and ``target`` (n_edges,) int64, positions of nodes; ``key`` (n_edges,) where edge keys are whole numbers,
- ``node.<attribute>`` (n_nodes,) and ``edge.<attribute>`` (n_edges,), and beside them ``<...>.declared``, bool, where
  not every row was given,
- ``json``, bytes: ``nodes`` (their names), ``node_columns`` and ``edge_columns`` (each column's name, its tensors, the
  names of codes, or custom values), ``attributes`` of the graph, ``multigraph``, ``keys``, ``dtype``,
  ``dt`` and ``seed``.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from functools import partial
from typing import Any

import numpy as np

from ...compiler.parameters import within_bounds
from ...errors import DataError, GraphError, first_of
from ...execute.contract import Executor
from ...language.arrays import Array
from ...language.schema import EDGE_ATTRIBUTES, NODE_ATTRIBUTES, Attribute
from ...language.table import Column, GraphTable
from ...language.validation import read_dt
from ...network.network import Network, compile
from ..atomic import written_whole
from ..json_values import decode_name, decode_value, decode_values, encode_all, encode_name, encode_value
from .tensors import TAG_OF_DTYPE, Tensors, json_tensor, opened_tensors, write_tensors
from .version_0_1 import translate_version_0_1

FORMAT = 2
"""In format 1, of version 0.1, signs were those of w; see `version_0_1`."""
_SETTINGS = {"dtype": str, "dt": float, "seed": int}
_DTYPES = {"number": "float64", "whole": "int64", "boolean": "bool", "name": "int64", "choice": "int64"}


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
    table = net.to_table()
    tensors: dict[str, Array] = {}
    problems: list[str] = []
    document = {
        "dtype": net.dtype.name,
        "dt": net.dt,
        "seed": sum(encode_all(encode_value, [net.seed], lambda _: "the seed", problems)),
        "multigraph": table.keys is not None,
        "attributes": _encode_attributes(table, problems),
        "node_columns": _encode_columns("node", table, problems, tensors),
        "edge_columns": _encode_columns("edge", table, problems, tensors),
        "keys": _encode_keys(table, problems, tensors),
        "nodes": _encode_nodes(table, problems),
    }
    repeated = _repeated_edge(table)
    if repeated is not None:
        problems.append(f"edge {table.edge_key(repeated)!r} occurs twice: parallel synapses need keys of their own")
    if problems:
        raise GraphError(first_of(problems))
    tensors["source"] = table.source.astype(np.int64)
    tensors["target"] = table.target.astype(np.int64)
    tensors["json"] = json_tensor(document)
    counts = {"graphnet": str(FORMAT), "nodes": str(table.n_nodes), "edges": str(table.n_edges)}
    with written_whole(path) as temporary:
        write_tensors(temporary, tensors, counts)


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
    with opened_tensors(path) as tensors:
        table, settings = _read(tensors)
    try:
        # bounds bind what a drawing declares, but not the parameters that a network may have been given
        bounded = within_bounds(table, read_dt(settings["dt"]))
        net = compile(bounded, backend=backend, **settings)
        if bounded is not table:
            net.parameters = net.parameters_from(table)
        return net
    except (GraphError, DataError) as error:
        raise DataError(f"{os.fspath(path)}: {error}") from error


def _encode_attributes(table: GraphTable, problems: list[str]) -> list[Any]:
    names = list(table.attributes)

    def where(position: int) -> str:
        return f"attribute {names[position]!r} of the graph"

    encoded = encode_all(encode_name, names, where, problems)
    values = encode_all(encode_value, table.attributes.values(), where, problems)
    return list(zip(encoded, values, strict=False))


def _encode_nodes(table: GraphTable, problems: list[str]) -> list[Any]:
    found: list[str] = []
    names = _encode_names(table.nodes, lambda i: f"node {table.nodes[i]!r}", found)
    problems.extend(f"{problem}; networkx.relabel_nodes renames nodes" for problem in found)
    return names


def _encode_names(names: Sequence[Hashable], where: Callable[[int], str], problems: list[str]) -> list[Any]:
    """Encode names that differ from each other."""
    encoded = encode_all(encode_name, names, where, problems)
    # two nan are two names to Python, but not in a file
    seen = set()
    for position, name in enumerate(encoded):
        if _is_spelt_out(name):
            if str(name) in seen:
                problems.append(f"{where(position)}: the file cannot tell this name from another one like it")
            seen.add(str(name))
    return encoded


def _is_spelt_out(encoded: Any) -> bool:
    """Return True if an encoded name has a nan or an infinity in it."""
    return isinstance(encoded, dict) or (isinstance(encoded, tuple) and any(map(_is_spelt_out, encoded)))


def _encode_keys(table: GraphTable, problems: list[str], tensors: dict[str, Array]) -> list[Any] | None:
    if table.keys is None:
        return None
    if set(map(type, table.keys)) <= {int}:
        try:
            tensors["key"] = np.array(table.keys, np.int64)
        except OverflowError:
            pass
        else:
            return None
    return encode_all(encode_name, table.keys, lambda i: f"key of edge {table.edge_key(i)!r}", problems)


def _encode_columns(
    owner: str, table: GraphTable, problems: list[str], tensors: dict[str, Array]
) -> list[dict[str, Any]]:
    """Return a description of each column for the JSON; typed columns are added to ``tensors``."""
    columns, known = _columns_of(owner, table)
    encoded = []
    for position, (name, column) in enumerate(columns.items()):
        rows = np.flatnonzero(column.given())
        if not len(rows):
            continue
        where = partial(_place, owner, table, name)
        says: dict[str, Any] = {"name": None}
        encoded.append(says)
        for encoded_name in encode_all(encode_name, [name], partial(where, rows), problems):
            says["name"] = encoded_name
        key = f"{owner}.{name}" if name in known else f"{owner}.{position}"
        if len(rows) < len(column.values):
            says["declared"] = f"{key}.declared"
            tensors[says["declared"]] = column.given()
        if column.values.dtype.name not in TAG_OF_DTYPE:
            says["values"] = encode_all(encode_value, column.values[rows].tolist(), partial(where, rows), problems)
            continue
        says["tensor"] = key
        tensors[key] = column.values
        if column.names is not None:
            # rows that were not given may hold anything, also no code
            tensors[key] = np.where(column.given(), column.values, 0)
            first = np.zeros(len(column.names), np.int64)
            first[column.values[rows][::-1]] = rows[::-1]
            says["names"] = _encode_names(column.names, partial(where, first), problems)
    return encoded


def _place(owner: str, table: GraphTable, name: Hashable, rows: Array, position: int) -> str:
    """Return the place of a value of a column, in the user's names."""
    row = int(rows[position])
    key: Any = table.nodes[row] if owner == "node" else table.edge_key(row)
    return f"{owner} {key!r}, attribute {name!r}"


def _columns_of(owner: str, table: GraphTable) -> tuple[dict[str, Column], dict[str, Attribute]]:
    return (table.node_columns, NODE_ATTRIBUTES) if owner == "node" else (table.edge_columns, EDGE_ATTRIBUTES)


def _read(tensors: Tensors) -> tuple[GraphTable, dict[str, Any]]:
    """Return the graph and the settings of ``compile``; raise a ValueError if they do not fit together."""
    version = tensors.check_format("graphnet", FORMAT, "graphnet.save", oldest=1)
    metadata, document = tensors.metadata, tensors.document()
    nodes = [decode_name(name) for name in _part(document, "nodes", list)]
    source = tensors.read("source", dtype="int64")
    target = tensors.read("target", len(source), "int64")
    if (metadata.get("nodes"), metadata.get("edges")) != (str(len(nodes)), str(len(source))):
        raise ValueError(
            f"the file holds {len(nodes)} nodes and {len(source)} edges, "
            f"but its header says {metadata.get('nodes')} and {metadata.get('edges')}"
        )
    _check_unique(nodes, "node")
    if None in nodes:
        raise ValueError("None cannot be a node")
    for name, ends in (("source", source), ("target", target)):
        wrong = np.flatnonzero((ends < 0) | (ends >= len(nodes)))
        if len(wrong):
            raise ValueError(
                f"tensor {name!r} has {ends[wrong[0]]} in row {wrong[0]}, and there are {len(nodes)} nodes"
            )
    attributes = {}
    for pair in _part(document, "attributes", list):
        if not isinstance(pair, list) or len(pair) != 2:
            raise ValueError(f"an attribute of the graph is not a name and a value: {str(pair)[:60]}")
        attributes[decode_name(pair[0])] = decode_value(pair[1])
    table = GraphTable(
        nodes,
        source,
        target,
        _read_columns(document, "node_columns", len(nodes), NODE_ATTRIBUTES, tensors),
        _read_columns(document, "edge_columns", len(source), EDGE_ATTRIBUTES, tensors),
        _read_keys(document, len(source), tensors),
        attributes,  # type: ignore[arg-type]
    )
    repeated = _repeated_edge(table)
    if repeated is not None:
        raise ValueError(f"edge {table.edge_key(repeated)!r} occurs twice")
    if version == 1:
        table = translate_version_0_1(table)
    return table, {name: _part(document, name, kind) for name, kind in _SETTINGS.items()}


def _part(document: dict[str, Any], name: str, kind: type) -> Any:
    if type(document.get(name)) is not kind:
        raise ValueError(f"in tensor 'json', {name!r} is missing or not a {kind.__name__}")
    return document[name]


def _read_keys(document: dict[str, Any], n_edges: int, tensors: Tensors) -> list[Hashable] | None:
    if not _part(document, "multigraph", bool):
        return None
    if "key" in tensors:
        keys: list[Hashable] = tensors.read("key", n_edges, "int64").tolist()
    else:
        keys = [decode_name(key) for key in _part(document, "keys", list)]
    if len(keys) != n_edges:
        raise ValueError(f"there are {len(keys)} edge keys for {n_edges} edges")
    return keys


def _read_columns(
    document: dict[str, Any], part: str, n_rows: int, known: dict[str, Attribute], tensors: Tensors
) -> dict[str, Column]:
    columns: dict[Any, Column] = {}
    for says in _part(document, part, list):
        if not isinstance(says, dict) or "name" not in says:
            raise ValueError(f"in tensor 'json', one of {part!r} is not a column")
        name = decode_name(says["name"])
        if name in columns:
            raise ValueError(f"attribute {name!r} occurs twice in {part!r}")
        attribute = known.get(name) if isinstance(name, str) else None
        try:
            columns[name] = _read_column(says, n_rows, attribute, tensors)
        except ValueError as error:
            raise ValueError(f"attribute {name!r} in {part!r}: {error}") from error
    return columns


def _read_column(says: dict[str, Any], n_rows: int, attribute: Attribute | None, tensors: Tensors) -> Column:
    declared = None
    if "declared" in says:
        declared = tensors.read(_part(says, "declared", str), n_rows, "bool")
    given = np.arange(n_rows) if declared is None else np.flatnonzero(declared)
    if "tensor" not in says:
        if attribute is not None:
            raise ValueError("it has no tensor")
        values = decode_values(_part(says, "values", list))
        if len(values) != len(given):
            raise ValueError(f"{len(values)} values for {len(given)} rows")
        column: Array = np.zeros(n_rows, object)
        column[given] = np.fromiter(values, object, len(values))
        return Column(column, declared)
    expected = None if attribute is None else _DTYPES[attribute.kind]
    typed = tensors.read(_part(says, "tensor", str), n_rows, expected)
    if "names" not in says:
        if attribute is not None and attribute.kind in ("name", "choice"):
            raise ValueError("its codes have no names")
        return Column(typed, declared)
    if typed.dtype != np.int64:
        raise ValueError(f"its codes are {typed.dtype}, not int64")
    if attribute is not None and attribute.kind not in ("name", "choice"):
        raise ValueError("it takes no names")
    names = tuple([decode_name(name) for name in _part(says, "names", list)])
    _check_unique(names, "name")
    wrong = np.flatnonzero((typed < 0) | (typed >= len(names)))
    if len(wrong):
        raise ValueError(f"code {typed[wrong[0]]} in row {wrong[0]}, and there are {len(names)} names")
    return Column(typed, declared, names)


def _check_unique(names: Sequence[Hashable], what: str) -> None:
    if len(set(names)) < len(names):
        name = next(name for name, count in Counter(names).items() if count > 1)
        raise ValueError(f"{what} {name!r} occurs twice")


def _repeated_edge(table: GraphTable) -> int | None:
    """Return the position of an edge that occurs twice, as networkx would see it, or None."""
    pair = table.source * table.n_nodes + table.target
    order = np.argsort(pair, kind="stable")
    same = np.flatnonzero(pair[order[1:]] == pair[order[:-1]])
    if not len(same):
        return None
    if table.keys is None:
        return int(order[same[0] + 1])
    seen: set[tuple[int, Hashable]] = set()
    for row in np.unique(np.concatenate([order[same], order[same + 1]])).tolist():
        edge = (int(pair[row]), table.keys[row])
        if edge in seen:
            return int(row)
        seen.add(edge)
    return None
