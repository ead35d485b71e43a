"""Choices of nodes and of synapses: a list, values of attributes, or a function.

Attributes become codes into their distinct values (`Values`), so that nodes and synapses are chosen and grouped in
columns, whatever the values are.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from inspect import signature
from itertools import chain
from typing import Any, TypeAlias

import networkx as nx
import numpy as np

from ..errors import MOST_NAMED, GraphError, first_of, quoted
from ..language.arrays import Array
from ..language.brief import one_line
from ..language.checks import read_names
from ..language.feedback import KINDS, kinds_of_edges
from ..language.keywords import nearest_keyword, nearest_name
from ..language.missing import find_missing, is_missing
from ..language.table import NOT_GIVEN, Column, GraphTable, read_column, rows_of

Choice: TypeAlias = "Iterable[Hashable] | Mapping[Any, Any] | Callable[[Any, dict[str, Any]], Any]"
"""Names, {attribute: value or list of values}, or a function of (node, attributes) that is true for those chosen."""


def read_drawing(graph: Any) -> GraphTable:
    """Return the columns of a drawing; raise a GraphError for what is none."""
    return graph if isinstance(graph, GraphTable) else GraphTable.from_networkx(graph)


@dataclass(frozen=True, eq=False)
class Values:
    """An attribute of nodes or synapses as codes (n,) into its distinct values; -1 where it is missing."""

    codes: Array
    distinct: list[Hashable]

    __repr__ = one_line

    def sorted(self) -> list[Hashable]:
        """Return the distinct values in order; values of different types in the order of the types' names."""
        return _sorted(self.distinct)


def node_values(graph: nx.DiGraph | GraphTable, attributes: Any, parameter: str) -> Values:
    """Return the values of an attribute of nodes, or of a list of them the tuples.

    Raises
    ------
    GraphError
        If no node has an attribute, or values cannot be compared.

    Examples
    --------
    >>> ring = nx.DiGraph([("a", "b"), ("b", "c")])
    >>> ring.nodes["a"]["kind"], ring.nodes["c"]["kind"] = "sensory", "motor"
    >>> node_values(ring, "kind", "by")
    Values(codes=<int64 (3,)>, distinct=['sensory', 'motor'])
    """
    several = isinstance(attributes, list)
    names: list[Any] = attributes if several else [attributes]
    if not names:
        raise GraphError(f"{parameter} is an empty list: name at least one attribute")
    columns = _node_columns(graph, names)
    read = [_values(name, columns, lambda: _node_attributes(graph), parameter, "node") for name in names]
    return _paired(read) if several else read[0]


def choose_nodes(graph: nx.DiGraph | GraphTable, choice: Choice, parameter: str) -> Array:
    """Return the positions of the nodes chosen, without repeats: in the order of a list, otherwise in node order.

    Parameters
    ----------
    graph : networkx.DiGraph, networkx.MultiDiGraph or GraphTable
    choice : list, dict or function
        Nodes; ``{attribute: value or list of values}``, where None is for nodes without the attribute, and nodes are
        chosen that fit every attribute; or a function of (node, attributes) that is true for the nodes chosen.
    parameter : str
        Name of the parameter, for messages.

    Raises
    ------
    GraphError
        If a node, an attribute or a value does not exist, with the nearest that does.

    Examples
    --------
    >>> ring = nx.DiGraph([("a", "b"), ("b", "c")])
    >>> ring.nodes["a"]["kind"], ring.nodes["c"]["kind"] = "sensory", "motor"
    >>> choose_nodes(ring, {"kind": ["sensory", "motor"]}, "nodes").tolist()
    [0, 2]
    >>> choose_nodes(ring, lambda node, said: node > "a", "nodes").tolist()
    [1, 2]
    """
    n_nodes = len(graph) if isinstance(graph, nx.Graph) else graph.n_nodes
    if isinstance(choice, Mapping):
        columns = _node_columns(graph, list(choice))
        return _chosen_by_values(choice, columns, lambda: _node_attributes(graph), n_nodes, parameter, "node")
    if callable(choice):
        return _chosen_by_function(choice, _node_rows(graph), parameter, "node")
    _refuse_mask(choice, n_nodes, parameter, "node")
    index = {node: i for i, node in enumerate(graph)} if isinstance(graph, nx.Graph) else graph.index
    listed = read_names(choice, parameter, index or {NOT_GIVEN: 0}, GraphError)  # an empty graph knows no node
    return np.fromiter(dict.fromkeys(index[node] for node in listed), np.int64)


def choose_edges(table: GraphTable, choice: Choice | str, parameter: str) -> Array:
    """Return the positions of the synapses chosen, without repeats.

    Parameters
    ----------
    table : GraphTable
    choice : list, dict, function or str
        Synapses as networkx writes them, of which (source, target) is all that are parallel; ``{attribute: value or
        list of values}``; a function of (synapse, attributes); or a kind of feedback, "direct", "lateral" or
        "indirect", or "forward".
    parameter : str
        Name of the parameter, for messages.

    Raises
    ------
    GraphError
        If a synapse, an attribute, a value or a kind does not exist.

    Examples
    --------
    >>> ring = GraphTable.from_networkx(nx.DiGraph([("a", "b"), ("b", "b"), ("b", "a")]))
    >>> choose_edges(ring, "direct", "edges").tolist(), choose_edges(ring, [("b", "a")], "edges").tolist()
    ([1], [2])
    """
    if isinstance(choice, str) and choice in KINDS:
        return np.flatnonzero(kinds_of_edges(table) == KINDS.index(choice))
    if isinstance(choice, Mapping):
        columns = table.edge_columns
        return _chosen_by_values(choice, columns, lambda: list(columns), table.n_edges, parameter, "edge")
    if callable(choice):
        rows = zip(table.edge_keys(), rows_of(table.edge_columns, table.n_edges), strict=True)
        return _chosen_by_function(choice, rows, parameter, "edge")
    if isinstance(choice, str | bytes) or not isinstance(choice, Iterable):
        kinds = ", ".join(map(repr, KINDS))
        near = get_close_matches(str(choice), KINDS, n=1)
        meant = f"; was {near[0]!r} meant?" if near else ""
        raise GraphError(f"{parameter}={quoted(choice)} is not a list of edges, nor one of {kinds}{meant}")
    _refuse_mask(choice, table.n_edges, parameter, "edge")
    if isinstance(choice, tuple) and len(choice) in (2, 3) and _is_in(choice[0], table) and _is_in(choice[1], table):
        raise GraphError(f"{parameter}={quoted(choice)} is one edge and not a list: write {parameter}=[{choice!r}]")
    return _positions_of_edges(table, list(choice), parameter)


def _is_in(name: Any, table: GraphTable) -> bool:
    return isinstance(name, Hashable) and name in table.index


def _positions_of_edges(table: GraphTable, keys: list[Any], parameter: str) -> Array:
    """Return the positions of edges as networkx writes them; (source, target) is every edge between these."""
    lengths = (2,) if table.keys is None else (2, 3)
    written = "(source, target)" if table.keys is None else "(source, target, key)"
    # of most keys only the ends have to be known: edges are compared by numbers
    fits = [isinstance(key, tuple) and len(key) in lengths for key in keys]
    ends = [
        (table.index.get(key[0], -1), table.index.get(key[1], -1)) if fit else (-1, -1)
        for key, fit in zip(keys, fits, strict=True)
    ]
    wanted = np.array(ends, np.int64).reshape(len(keys), 2)
    asked = np.where((wanted < 0).any(axis=1), -1, wanted[:, 0] * table.n_nodes + wanted[:, 1])
    pairs = table.source * table.n_nodes + table.target
    order = np.argsort(pairs, kind="stable")
    first, last = (np.searchsorted(pairs[order], asked, side) for side in ("left", "right"))
    found: list[int] = []
    unknown = []
    for key, start, stop in zip(keys, first.tolist(), last.tolist(), strict=True):
        among = order[start:stop].tolist()
        if among and len(key) == 3 and table.keys is not None:
            among = [i for i in among if table.keys[i] == key[2]]
        found.extend(among)
        if not among:
            unknown.append(key)
    if unknown:
        raise GraphError(
            first_of(
                unknown,
                lambda key: f"{parameter}: {quoted(key)} is not an edge of the graph, written {written}",
                "that are not edges of the graph",
            )
        )
    return np.fromiter(dict.fromkeys(found), np.int64)


def _node_columns(graph: nx.DiGraph | GraphTable, names: list[Any]) -> Mapping[Any, Column]:
    if isinstance(graph, GraphTable):
        return graph.node_columns
    data = [said for _, said in graph.nodes(data=True)]
    columns = {name: [said.get(name, NOT_GIVEN) for said in data] for name in names if isinstance(name, Hashable)}
    return {
        name: read_column(column, None) for name, column in columns.items() if any(v is not NOT_GIVEN for v in column)
    }


def _node_rows(graph: nx.DiGraph | GraphTable) -> Iterable[tuple[Any, dict[Any, Any]]]:
    if isinstance(graph, GraphTable):
        return zip(graph.nodes, rows_of(graph.node_columns, graph.n_nodes), strict=True)
    return graph.nodes(data=True)


def _node_attributes(graph: nx.DiGraph | GraphTable) -> list[Any]:
    if isinstance(graph, GraphTable):
        return list(graph.node_columns)
    return list(dict.fromkeys(chain.from_iterable(said for _, said in graph.nodes(data=True))))


def _values(
    name: Any, columns: Mapping[Any, Column], known: Callable[[], Sequence[Any]], parameter: str, noun: str
) -> Values:
    """Return a column as codes; an attribute that nobody has is an error with the nearest that somebody has."""
    column = columns.get(name) if isinstance(name, Hashable) else None
    if column is not None:
        read = _coded(column, f"{parameter}: {noun}s' {quoted(name)}")
        if read.distinct:
            return read
    others = [each for each in known() if each != name]
    near = nearest_keyword(name, [each for each in others if isinstance(each, str)]) if isinstance(name, str) else None
    listed = ", ".join(map(repr, others[:MOST_NAMED])) or "none"
    hint = f"was {near!r} meant?" if near else f"their attributes are {listed}"
    raise GraphError(f"{parameter}: no {noun} has the attribute {quoted(name)}; {hint}")


def _coded(column: Column, where: str) -> Values:
    """Return a column as codes into its distinct values; lists and arrays count as tuples."""
    given = np.flatnonzero(column.given())
    values: list[Any]
    if column.names is not None:
        values, inverse = list(column.names), column.values[given]
    elif column.is_typed():
        unique, inverse = np.unique(column.values[given], return_inverse=True)
        values = unique.tolist()
    else:
        raw: list[Any] = column.values[given].tolist()
        if any(issubclass(kind, list | np.ndarray) for kind in set(map(type, raw))):
            raw = list(map(as_hashable, raw))
        try:
            position = {value: code for code, value in enumerate(dict.fromkeys(raw))}
        except TypeError:
            odd = next(value for value in raw if not isinstance(value, Hashable))
            raise GraphError(f"{where} is {quoted(odd)} somewhere, and a {type(odd).__name__} has no value") from None
        values, inverse = list(position), np.fromiter(map(position.__getitem__, raw), np.int64, len(raw))
    used = np.zeros(len(values), bool)
    used[inverse] = True
    used[find_missing(values)] = False
    codes = np.full(len(column.values), -1)
    codes[given] = np.append(np.where(used, np.cumsum(used) - 1, -1), -1)[inverse]
    return Values(codes, [value for value, is_used in zip(values, used.tolist(), strict=True) if is_used])


def as_hashable(value: Any) -> Any:
    """Return lists and arrays as tuples, as which files give them back; other values as they are.

    >>> as_hashable([0, np.array([1.0, 2.0])])
    (0, (1.0, 2.0))
    """
    if isinstance(value, np.ndarray):
        value = value.tolist()
    return tuple(map(as_hashable, value)) if isinstance(value, list) else value


def _paired(several: list[Values]) -> Values:
    """Return the tuples of values that several attributes have; missing where one of them is."""
    codes = np.zeros(len(several[0].codes), np.int64)
    for each in several:
        both = (codes >= 0) & (each.codes >= 0)
        codes = np.where(both, codes * len(each.distinct) + each.codes, -1)
        # as few codes as there are pairs, so that products of many attributes do not overflow
        used, codes = np.unique(codes, return_inverse=True)
        codes = codes - int(len(used) > 0 and used[0] < 0)
    distinct: list[Hashable] = [()] * (int(codes.max(initial=-1)) + 1)
    for code, row in zip(*np.unique(codes, return_index=True), strict=True):
        if code >= 0:
            distinct[code] = tuple(each.distinct[each.codes[row]] for each in several)
    return Values(codes, distinct)


def _chosen_by_values(
    choice: Mapping[Any, Any],
    columns: Mapping[Any, Column],
    known: Callable[[], Sequence[Any]],
    n_rows: int,
    parameter: str,
    noun: str,
) -> Array:
    if not choice:
        raise GraphError(f"{parameter} is an empty dict: write {{attribute: value or list of values}}")
    chosen = np.ones(n_rows, bool)
    for name, wanted in choice.items():
        if is_missing(wanted) and (name not in columns or not columns[name].given().any()):
            continue  # nobody has it
        values = _values(name, columns, known, parameter, noun)
        code = {value: i for i, value in enumerate(values.distinct)}
        several = _listed(wanted, code)
        codes = [_code_of(each, code) for each in several]
        absent = [each for each, found in zip(several, codes, strict=True) if found is None]
        if absent:
            raise GraphError(
                first_of(
                    absent,
                    lambda each, name=name, values=values: (  # type: ignore[misc]
                        f"{parameter}: no {noun} has {quoted(name)} {quoted(each)}; {hint_of_values(each, values)}"
                    ),
                    f"values that no {noun} has",
                )
            )
        chosen &= np.isin(values.codes, np.array(codes, np.int64))
    return np.flatnonzero(chosen)


def _code_of(value: Any, code: Mapping[Any, int]) -> int | None:
    """Return the code of a value, -1 for a missing one, None for one that does not exist."""
    value = as_hashable(value)
    if is_missing(value):
        return -1
    return code.get(value) if isinstance(value, Hashable) else None


def _listed(wanted: Any, code: Mapping[Any, int]) -> list[Any]:
    """Return one value, or the several that are wanted, as a list; a tuple is one if it is a value that exists."""
    if isinstance(wanted, str | bytes | Mapping) or not isinstance(wanted, Iterable):
        return [wanted]
    if isinstance(wanted, np.ndarray) and wanted.ndim == 0:
        return [wanted.item()]
    as_one = as_hashable(list(wanted) if isinstance(wanted, tuple) else wanted)
    if isinstance(wanted, tuple | frozenset) and isinstance(as_one, Hashable) and as_one in code:
        return [as_one]
    return list(wanted)


def hint_of_values(value: Any, values: Values) -> str:
    """Return a question for the nearest value that exists, if one is near, and otherwise the first that exist.

    >>> hint_of_values("sensry", Values(np.arange(2), ["motor", "sensory"]))
    "was 'sensory' meant?"
    >>> hint_of_values(3, Values(np.arange(2), ["motor", "sensory"]))
    "its values are 'motor', 'sensory'"
    """
    near = nearest_name(value, values.distinct)
    if near is not None:
        return f"was {quoted(near)} meant?"
    shown = values.sorted()
    more = len(shown) - MOST_NAMED
    return f"its values are {', '.join(map(quoted, shown[:MOST_NAMED]))}" + (f" and {more} more" if more > 0 else "")


def _chosen_by_function(function: Callable[..., Any], rows: Iterable[Any], parameter: str, noun: str) -> Array:
    try:
        signature(function).bind(None, None)
    except TypeError:
        raise GraphError(f"{parameter}: a function takes ({noun}, attributes), as lambda {noun}, said: ...") from None
    except ValueError:
        pass  # of a function in C, whose parameters are not known
    return np.flatnonzero(np.fromiter((bool(function(name, said)) for name, said in rows), bool))


def _refuse_mask(choice: Any, n_rows: int, parameter: str, noun: str) -> None:
    """Raise a GraphError for a mask, whose True and False would be read as the names 1 and 0."""
    if str(getattr(choice, "dtype", "")) in ("bool", "boolean") and n_rows:
        raise GraphError(f"{parameter} is a mask of {len(choice)} {noun}s: give the names of those it is true for")


def _sorted(values: Iterable[Hashable]) -> list[Hashable]:
    listed: list[Any] = list(values)
    try:
        return sorted(listed)
    except TypeError:
        return sorted(listed, key=lambda value: (type(value).__name__, str(value)))
