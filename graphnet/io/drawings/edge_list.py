"""Drawings as tables of synapses: CSV or TSV, one row an edge, and a companion table of the nodes.

``net.csv`` has the columns ``source`` and ``target``, in a MultiDiGraph ``key``, and one for each attribute; what was
not given is an empty cell.  ``net.nodes.csv`` has ``node`` and the attributes of nodes; without it the nodes are those
that edges name, in that order.  A cell is a name or a value as `spelling` has it: ``["hidden",0]`` is a tuple, ``7`` a
number, ``"7"`` in quotes of its own a str.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import networkx as nx

from ...language.schema import EDGE_ATTRIBUTES, NODE_ATTRIBUTES, Attribute
from ..atomic import written_together, written_whole
from ..data.delimited import LONGEST, read_frame, write_frame
from ..json_values import UnwritableError
from ..problems import refuse
from .encoding import Encoding, encode, encode_graph
from .graph_builder import GraphBuilder
from .loss_warning import warn_of_loss
from .spelling import read_as, read_name, read_title, read_value, spell, spell_name, spell_title

if TYPE_CHECKING:
    import pandas

_ENDS = ("source", "target")


def nodes_beside(path: str | os.PathLike[str]) -> Path:
    """Return the path of the companion table, ``net.nodes.csv`` for ``net.csv``."""
    return Path(path).with_suffix(f".nodes{Path(path).suffix}")


def read_edge_list(path: str | os.PathLike[str]) -> nx.DiGraph:
    """Read a table of synapses, and the table of nodes beside it, if it exists.

    Raises
    ------
    DataError
        If one of the files is no table, a column is missing, or edges or nodes do not fit together.
    """
    edges = read_frame(path)
    header = list(edges.columns)
    refuse(path, _missing(_ENDS, header))
    parallel = "key" in header
    beside = nodes_beside(path)
    builder = GraphBuilder(
        nx.MultiDiGraph() if parallel else nx.DiGraph(), "a column 'key'", f" of {beside.name}, which has to list each"
    )
    if beside.exists():
        _add_nodes(builder, beside)
    else:
        named = edges[[*_ENDS]].to_numpy().ravel().tolist()
        for node in dict.fromkeys(read_name(cell) for cell in named if cell):
            builder.add_node(node, {})
    reserved = {*_ENDS, "key"} if parallel else {*_ENDS}
    for line, said in _records(edges):
        where = f"line {line}: "
        if not said["source"] or not said["target"]:
            builder.problems.append(f"{where}an edge without {_ENDS[0] if not said['source'] else _ENDS[1]}")
            continue
        key = read_name(said["key"]) if parallel and said["key"] else None
        pair = read_name(said["source"]), read_name(said["target"])
        builder.add_edge(pair, key, _attributes(said, reserved, EDGE_ATTRIBUTES), where)
    refuse(path, builder.problems)
    return builder.graph


def _add_nodes(builder: GraphBuilder, path: Path) -> None:
    nodes = read_frame(path)
    refuse(path, _missing(("node",), list(nodes.columns)))
    for line, said in _records(nodes):
        if said["node"]:
            builder.add_node(read_name(said["node"]), _attributes(said, {"node"}, NODE_ATTRIBUTES), f"line {line}: ")
        else:
            builder.problems.append(f"line {line}: a node without a name")
    refuse(path, builder.problems)


def _records(frame: pandas.DataFrame) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the line and the cells of each row."""
    header = list(frame.columns)
    for line, cells in zip(frame.index.tolist(), frame.to_numpy().tolist(), strict=True):
        yield line, dict(zip(header, cells, strict=True))


def _missing(names: Iterable[str], header: list[str]) -> list[str]:
    """Return a sentence for each column that the header does not have."""
    problems = []
    for name in names:
        if name not in header:
            near = next((column for column in header if column.lower() == name), None)
            hint = f": rename {near!r}" if near else f"; it has {', '.join(map(repr, header[:10]))}"
            problems.append(f"there is no column {name!r}{hint}")
    return problems


def _attributes(said: dict[str, str], reserved: set[str], table: Mapping[str, Attribute]) -> dict[str, Any]:
    return {
        read_title(name): _read_cell(cell, table.get(name))
        for name, cell in said.items()
        if cell and name not in reserved
    }


def _read_cell(cell: str, attribute: Attribute | None) -> Any:
    if attribute is not None and attribute.kind == "name":
        return read_name(cell)
    value = read_value(cell)
    # text that was not in quotes may still be what the attribute takes, and 0 and 1 are words for booleans
    is_boolean = attribute is not None and attribute.kind == "boolean" and cell in ("0", "1")
    return read_as(cell, attribute) if value is cell or is_boolean else value


def write_edge_list(graph: nx.DiGraph, path: str | os.PathLike[str]) -> None:
    """Write a table of synapses, and one of nodes beside it if edges do not give their order and attributes.

    Attributes of the graph itself are dropped, with a LossWarning.

    Raises
    ------
    GraphError
        With every name and attribute that it cannot hold.
    """
    encoded = encode_graph(graph, _ENCODING)
    warn_of_loss(path, "tables do not hold", [f"attribute {name!r} of the graph" for name in graph.graph])
    parallel = graph.is_multigraph()
    reserved = [*_ENDS, "key"] if parallel else [*_ENDS]
    named = dict.fromkeys(name for source, target, *_ in encoded.edges for name in (source, target))
    edges = _frame(reserved, [([u, v, key] if parallel else [u, v], said) for u, v, key, said in encoded.edges])
    beside = nodes_beside(path)
    said_by_edges = list(named) == [name for name, _ in encoded.nodes] and not any(said for _, said in encoded.nodes)
    if said_by_edges and not beside.exists():
        with written_whole(path) as temporary:
            write_frame(path, temporary, edges)
        return
    nodes = _frame(["node"], [([name], said) for name, said in encoded.nodes])
    with written_together(path, beside) as (temporary, temporary_beside):
        write_frame(path, temporary, edges)
        write_frame(beside, temporary_beside, nodes)


def _frame(reserved: list[str], records: list[tuple[list[str], dict[str, str]]]) -> pandas.DataFrame:
    """Return a table; a cell that was not given is empty."""
    import pandas

    names = list(dict.fromkeys(name for _, said in records for name in said))
    rows = [[*first, *(said.get(name, "") for name in names)] for first, said in records]
    return pandas.DataFrame(rows, columns=[*reserved, *map(spell_title, names)], dtype=object)


def _encode(value: Any, attribute: Attribute | None) -> str:
    data = encode(value, attribute)
    text = spell(data)
    if text == data and read_as(text, attribute) != data:
        # a str where the attribute takes a number: not a number when it is read again
        text = json.dumps(data)
    if attribute is not None and attribute.kind == "boolean" and text in ("0", "1"):
        raise UnwritableError(f"{text} would be read as {text == '1'}, which is a boolean; write that")
    if len(text) > LONGEST:
        raise UnwritableError(f"{len(text)} characters are more than a cell holds, {LONGEST}")
    return text


_ENCODING = Encoding("an edge list", spell_name, _encode, of_nodes=("node",), of_edges=_ENDS, of_parallel=("key",))
