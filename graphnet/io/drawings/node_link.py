"""Drawings as node-link JSON, which ``networkx.node_link_data`` makes and other programs read.

A tuple that is a name (a node, an edge key, a gate, a tie, a group) is an array in JSON and a tuple again when read.
Each node and each edge has a line, so that versions of a drawing can be compared line by line.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Collection, Hashable, Iterator
from functools import partial
from typing import Any

import networkx as nx

from ...errors import DataError
from ...language.schema import EDGE_ATTRIBUTES, NODE_ATTRIBUTES, Attribute
from ..atomic import read_bytes, written_whole
from ..json_values import encode_name, encode_value
from ..problems import refuse
from .encoding import Encoding, encode_graph
from .graph_builder import GraphBuilder

_NAMES_ON_NODES = frozenset(name for name, attribute in NODE_ATTRIBUTES.items() if attribute.kind == "name")
_NAMES_ON_EDGES = frozenset(name for name, attribute in EDGE_ATTRIBUTES.items() if attribute.kind == "name")


def read_node_link(path: str | os.PathLike[str]) -> nx.DiGraph:
    """Read node-link JSON, its edges under ``edges`` or ``links``.

    As networkx has it, ``multigraph`` is True where it is not given, and parallel edges without a ``key`` are numbered.

    Raises
    ------
    DataError
        If it is no such file, or its graph is undirected, names a node twice or an edge of unknown nodes.
    """
    try:
        data = _read_json(path)
        refuse(path, list(_find_problems(data)))
        is_multigraph = data.get("multigraph", True)
        builder = GraphBuilder(nx.MultiDiGraph() if is_multigraph else nx.DiGraph(), '"multigraph": true')
        builder.graph.graph.update(data.get("graph", {}))
        _add_nodes(builder, data["nodes"])
        _add_edges(builder, data["edges" if "edges" in data else "links"])
    except RecursionError as error:
        raise DataError(f"{os.fspath(path)}: nested too deeply") from error
    refuse(path, builder.problems)
    return builder.graph


def _read_json(path: str | os.PathLike[str]) -> Any:
    data = read_bytes(path)
    try:
        return json.loads(data.decode("utf-8-sig"), object_pairs_hook=_unique)
    except UnicodeDecodeError as error:
        said = f"byte {error.start} is not UTF-8 text"
    except json.JSONDecodeError as error:
        said = f"{error.msg} at line {error.lineno}, column {error.colno}"
    except ValueError as error:
        said = str(error)
    raise DataError(f"{os.fspath(path)}: not JSON: {said}")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object that says each name once."""
    data = dict(pairs)
    if len(data) < len(pairs):
        name = next(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        raise ValueError(f"an object says {_brief(name)} twice")
    return data


def _find_problems(data: Any) -> Iterator[str]:
    """Yield each reason why the outermost object is no directed graph."""
    if not isinstance(data, dict):
        yield f"not node-link JSON: the outermost is not an object but {_brief(data)}"
        return
    if not isinstance(data.get("nodes"), list):
        yield "not node-link JSON: there is no array 'nodes'"
    found = [name for name in ("edges", "links") if name in data]
    if len(found) == 2:
        yield "it has both 'edges' and 'links': which are the synapses?"
    elif not found or not isinstance(data[found[0]], list):
        yield "not node-link JSON: there is no array 'edges' or 'links'"
    if data.get("directed", False) is not True:
        says = f'it says "directed": {_brief(data["directed"])}' if "directed" in data else 'it does not say "directed"'
        yield f'the graph is undirected: {says}; a synapse has a direction: "directed": true'
    if not isinstance(data.get("multigraph", True), bool):
        yield f"'multigraph' is {_brief(data['multigraph'])}, not true or false"
    if not isinstance(data.get("graph", {}), dict):
        yield f"'graph' is {_brief(data['graph'])}, not an object of attributes"


def _add_nodes(builder: GraphBuilder, nodes: list[Any]) -> None:
    for position, says in enumerate(nodes):
        if not isinstance(says, dict) or "id" not in says:
            builder.problems.append(f"nodes[{position}] is not an object with an 'id': {_brief(says)}")
            continue
        try:
            node = _read_node(says["id"])
        except ValueError as error:
            builder.problems.append(f"nodes[{position}]: 'id' is {error}")
            continue
        builder.add_node(node, _read_attributes(says, ("id",), _NAMES_ON_NODES))


def _add_edges(builder: GraphBuilder, edges: list[Any]) -> None:
    parallel = builder.graph.is_multigraph()
    reserved = ("source", "target", "key") if parallel else ("source", "target")
    for position, says in enumerate(edges):
        if not isinstance(says, dict) or not {"source", "target"} <= says.keys():
            builder.problems.append(f"edges[{position}] is not an object with 'source' and 'target': {_brief(says)}")
            continue
        try:
            ends = _read_node(says["source"]), _read_node(says["target"])
            key = _read_name(says.get("key")) if parallel else None
        except ValueError as error:
            builder.problems.append(f"edges[{position}]: an end or its key is {error}")
            continue
        builder.add_edge(ends, key, _read_attributes(says, reserved, _NAMES_ON_EDGES))


def _read_attributes(says: dict[str, Any], reserved: Collection[str], names: Collection[str]) -> dict[str, Any]:
    return {name: _tuples(value) if name in names else value for name, value in says.items() if name not in reserved}


def _tuples(value: Any) -> Any:
    """Return arrays as tuples; any other value unchanged, for validation to refuse."""
    return tuple([_tuples(part) for part in value]) if isinstance(value, list) else value


def _read_node(data: Any) -> Hashable:
    if data is None:
        raise ValueError("null, which is no name")
    return _read_name(data)


def _read_name(data: Any) -> Hashable:
    try:
        name = _tuples(data)
        hash(name)
    except TypeError:
        raise ValueError(f"{_brief(data)}, which is no name") from None
    return name


def _brief(data: Any) -> str:
    text = json.dumps(data)
    return text if len(text) <= 60 else text[:57] + "..."


def write_node_link(graph: nx.DiGraph, path: str | os.PathLike[str]) -> None:
    """Write node-link JSON, its edges under ``edges``.

    Raises
    ------
    GraphError
        With every name and attribute that JSON cannot hold.
    """
    encoded = encode_graph(graph, _ENCODING)
    header = {"directed": True, "multigraph": graph.is_multigraph(), "graph": encoded.attributes}
    nodes = [{"id": node, **said} for node, said in encoded.nodes]
    if graph.is_multigraph():
        edges = [{"source": u, "target": v, "key": key, **said} for u, v, key, said in encoded.edges]
    else:
        edges = [{"source": u, "target": v, **said} for u, v, _, said in encoded.edges]
    with written_whole(path) as temporary, temporary.open("x", encoding="ascii", newline="\n") as file:
        file.write(f'{json.dumps(header, allow_nan=False)[:-1]}, "nodes": [')
        file.writelines(_separated(nodes))
        file.write('], "edges": [')
        file.writelines(_separated(edges))
        file.write("]}\n")


def _separated(lines: list[dict[str, Any]]) -> Iterator[str]:
    for position, line in enumerate(lines):
        yield f"{',' if position else ''}\n{json.dumps(line, allow_nan=False)}"
    if lines:
        yield "\n"


def _encode(value: Any, attribute: Attribute | None) -> Any:
    is_name = attribute is not None and attribute.kind == "name"
    return encode_name(value, finite=True) if is_name else encode_value(value, plain=True)


_ENCODING = Encoding(
    "node-link JSON",
    partial(encode_name, finite=True),
    _encode,
    of_nodes=("id",),
    of_edges=("source", "target"),
    of_parallel=("key",),
)
