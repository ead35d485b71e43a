"""Drawings as node-link JSON, which ``networkx.node_link_data`` makes and other programs read.

A tuple that is a name (a node, an edge key, a gate, a tie, a group) is an array in JSON and a tuple again when read.
One node or edge stands on a line, so that versions of a drawing can be compared line by line.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Hashable, Iterator
from typing import Any

import networkx as nx

from ..errors import DataError, GraphError
from ..schema import EDGE_ATTRIBUTES, NODE_ATTRIBUTES
from .plain import UnwritableError, encode_name, plain_value
from .whole import existing_file, unreadable, written_whole

MOST_LISTED = 100
"""How many problems are listed."""
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
        problems = list(_find_problems(data))
        if not problems:
            graph: nx.DiGraph = nx.MultiDiGraph() if data.get("multigraph", True) else nx.DiGraph()
            graph.graph.update(data.get("graph", {}))
            problems += _add_nodes(graph, data["nodes"])
            problems += _add_edges(graph, data["edges" if "edges" in data else "links"])
    except OSError as error:
        raise unreadable(path, error) from error
    except RecursionError as error:
        raise DataError(f"{os.fspath(path)}: nested too deeply") from error
    if len(problems) == 1:
        raise DataError(f"{os.fspath(path)}: {problems[0]}")
    if problems:
        listed = problems[:MOST_LISTED] + [f"and {len(problems) - MOST_LISTED} more"] * (len(problems) > MOST_LISTED)
        raise DataError(
            f"{os.fspath(path)}: {len(problems)} problems in the file:\n" + "\n".join(f"  - {p}" for p in listed)
        )
    return graph


def _read_json(path: str | os.PathLike[str]) -> Any:
    try:
        text = existing_file(path).read_text("utf-8-sig")
        if not text.strip():
            raise DataError(f"{os.fspath(path)}: the file is empty")
        return json.loads(text)
    except UnicodeDecodeError as error:
        raise DataError(f"{os.fspath(path)}: not JSON: byte {error.start} is not UTF-8 text") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise DataError(f"{os.fspath(path)}: not JSON: {error.msg} at {where}") from error
    except DataError:
        raise
    except ValueError as error:
        raise DataError(f"{os.fspath(path)}: not JSON: {error}") from error


def _find_problems(data: Any) -> Iterator[str]:
    """What keeps the outermost object from being a directed graph."""
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


def _add_nodes(graph: nx.DiGraph, nodes: list[Any]) -> Iterator[str]:
    for position, says in enumerate(nodes):
        if not isinstance(says, dict) or "id" not in says:
            yield f"nodes[{position}] is not an object with an 'id': {_brief(says)}"
            continue
        try:
            node = _read_node(says["id"])
        except ValueError as error:
            yield f"nodes[{position}]: 'id' is {error}"
            continue
        if node in graph:
            yield f"node {node!r} occurs twice"
        else:
            graph.add_node(node)
            graph.nodes[node].update(_read_attributes(says, ("id",), _NAMES_ON_NODES))


def _add_edges(graph: nx.DiGraph, edges: list[Any]) -> Iterator[str]:
    reserved = ("source", "target", "key") if graph.is_multigraph() else ("source", "target")
    for position, says in enumerate(edges):
        if not isinstance(says, dict) or not {"source", "target"} <= says.keys():
            yield f"edges[{position}] is not an object with 'source' and 'target': {_brief(says)}"
            continue
        try:
            ends = _read_node(says["source"]), _read_node(says["target"])
            key = _read_name(says.get("key")) if graph.is_multigraph() else None
        except ValueError as error:
            yield f"edges[{position}]: an end or its key is {error}"
            continue
        unknown = [node for node in dict.fromkeys(ends) if node not in graph]
        if unknown:
            yield f"edge {ends!r}: {' and '.join(map(repr, unknown))} not among the nodes"
        elif key is None and not graph.is_multigraph() and graph.has_edge(*ends):
            yield f'edge {ends!r} occurs twice: parallel synapses need "multigraph": true'
        elif key is not None and graph.has_edge(*ends, key=key):
            yield f"edge {(*ends, key)!r} occurs twice: parallel synapses need keys of their own"
        else:
            attributes = _read_attributes(says, reserved, _NAMES_ON_EDGES)
            if graph.is_multigraph():
                key = graph.add_edge(*ends, key=key)
                graph.edges[*ends, key].update(attributes)
            else:
                graph.add_edge(*ends)
                graph.edges[ends].update(attributes)


def _read_attributes(says: dict[str, Any], reserved: Collection[str], names: Collection[str]) -> dict[str, Any]:
    return {name: _tuples(value) if name in names else value for name, value in says.items() if name not in reserved}


def _tuples(value: Any) -> Any:
    """Arrays as tuples; what is no name stays as it is, for validation to say so."""
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
    problems: list[str] = []
    header = {
        "directed": True,
        "multigraph": graph.is_multigraph(),
        "graph": _plain(graph.graph, lambda name: f"attribute {name!r} of the graph", (), (), problems),
    }
    nodes = [_node_line(node, data, problems) for node, data in graph.nodes(data=True)]
    if graph.is_multigraph():
        edges = [_edge_line((u, v, key), data, problems) for u, v, key, data in graph.edges(keys=True, data=True)]
    else:
        edges = [_edge_line((u, v), data, problems) for u, v, data in graph.edges(data=True)]
    if problems:
        more = len(problems) - MOST_LISTED
        raise GraphError(problems[:MOST_LISTED] + [f"and {more} more"] * (more > 0))
    with written_whole(path) as temporary, temporary.open("x", encoding="ascii", newline="\n") as file:
        file.write(f'{json.dumps(header, allow_nan=False)[:-1]}, "nodes": [')
        file.writelines(_separated(nodes))
        file.write('], "edges": [')
        file.writelines(_separated(edges))
        file.write("]}\n")


def _separated(lines: list[str]) -> Iterator[str]:
    for position, line in enumerate(lines):
        yield f"{',' if position else ''}\n{line}"
    if lines:
        yield "\n"


def _node_line(node: Hashable, data: dict[Any, Any], problems: list[str]) -> str:
    says = {"id": _encoded(node, f"node {node!r}", "networkx.relabel_nodes renames nodes", problems)}
    says |= _plain(data, lambda name: f"node {node!r}, attribute {name!r}", ("id",), _NAMES_ON_NODES, problems)
    return "" if problems else json.dumps(says, allow_nan=False)


def _edge_line(edge: tuple[Hashable, ...], data: dict[Any, Any], problems: list[str]) -> str:
    reserved = ("source", "target", "key")[: len(edge)]
    # its ends are nodes and were looked at before
    says: dict[str, Any] = dict(zip(reserved, edge[:2], strict=False))
    if len(edge) == 3:
        says["key"] = _encoded(edge[2], f"key of edge {edge!r}", "give the edge another key", problems)
    says |= _plain(data, lambda name: f"edge {edge!r}, attribute {name!r}", reserved, _NAMES_ON_EDGES, problems)
    return "" if problems else json.dumps(says, allow_nan=False)


def _encoded(name: Hashable, where: str, hint: str, problems: list[str]) -> Any:
    try:
        return encode_name(name, finite=True)
    except (UnwritableError, RecursionError) as error:
        problems.append(f"{where}: {error}; {hint}")
        return None


def _plain(
    data: dict[Any, Any],
    where: Callable[[Any], str],
    reserved: Collection[str],
    names: Collection[str],
    problems: list[str],
) -> dict[str, Any]:
    """The attributes as JSON has them; what it cannot hold goes into ``problems``."""
    says = {}
    for name, value in data.items():
        try:
            if not isinstance(name, str):
                raise UnwritableError("in JSON the names of attributes are str")
            if name in reserved:
                raise UnwritableError("node-link JSON keeps this name for itself; rename the attribute")
            says[name] = encode_name(value, finite=True) if name in names else plain_value(value)
        except UnwritableError as error:
            problems.append(f"{where(name)}: {error}")
        except RecursionError:
            problems.append(f"{where(name)}: nested too deeply to be written to a file")
    return says
