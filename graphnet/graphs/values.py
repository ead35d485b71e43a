"""Attributes of nodes and synapses as codes into their distinct values, whatever these are."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import networkx as nx
import numpy as np

from ..errors import MOST_NAMED, GraphError, quoted
from ..language.arrays import Array
from ..language.brief import one_line
from ..language.missing import find_missing
from ..language.nearest import nearest_name, nearest_names
from ..language.table import NOT_GIVEN, Column, GraphTable, read_column


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
    columns = node_columns(graph, names)
    read = [values_of(name, columns, lambda: node_attributes(graph), parameter, "node") for name in names]
    return _paired(read) if several else read[0]


def node_columns(graph: nx.DiGraph | GraphTable, names: list[Any]) -> Mapping[Any, Column]:
    """Return the columns of nodes, at least those of some attributes that there are."""
    if isinstance(graph, GraphTable):
        return graph.node_columns
    data = [said for _, said in graph.nodes(data=True)]
    columns = {name: [said.get(name, NOT_GIVEN) for said in data] for name in names if isinstance(name, Hashable)}
    return {
        name: read_column(column, None) for name, column in columns.items() if any(v is not NOT_GIVEN for v in column)
    }


def node_attributes(graph: nx.DiGraph | GraphTable) -> list[Any]:
    """Return the names of all attributes that nodes have."""
    if isinstance(graph, GraphTable):
        return list(graph.node_columns)
    return list(dict.fromkeys(chain.from_iterable(said for _, said in graph.nodes(data=True))))


def values_of(
    name: Any, columns: Mapping[Any, Column], known: Callable[[], Sequence[Any]], parameter: str, noun: str
) -> Values:
    """Return a column as codes; an attribute that nobody has is an error with the nearest that somebody has."""
    column = columns.get(name) if isinstance(name, Hashable) else None
    if column is not None:
        read = _coded(column, f"{parameter}: {noun}s' {quoted(name)}")
        if read.distinct:
            return read
    others = [each for each in known() if each != name]
    near = nearest_names(name, [each for each in others if isinstance(each, str)])
    listed = ", ".join(map(repr, others[:MOST_NAMED])) or "none"
    hint = f"was {near[0]!r} meant?" if near else f"their attributes are {listed}"
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


def as_hashable(value: Any) -> Any:
    """Return lists and arrays as tuples, as which files give them back; other values as they are.

    >>> as_hashable([0, np.array([1.0, 2.0])])
    (0, (1.0, 2.0))
    """
    if isinstance(value, np.ndarray):
        value = value.tolist()
    return tuple(map(as_hashable, value)) if isinstance(value, list) else value


def said(name: Any, value: Any) -> str:
    """Return an attribute and its value for a message.

    >>> said("kind", "motor"), said(["x", "y"], (0, 1))
    ("kind='motor'", "['x', 'y']=(0, 1)")
    """
    return f"{name if isinstance(name, str) else quoted(name)}={quoted(value)}"


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


def _sorted(values: Iterable[Hashable]) -> list[Hashable]:
    listed: list[Any] = list(values)
    try:
        return sorted(listed)
    except TypeError:
        return sorted(listed, key=lambda value: (type(value).__name__, str(value)))
