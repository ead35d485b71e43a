"""Columns of a drawing as tensors, and what no tensor holds as JSON.

A column is a tensor where its values are numbers or booleans, codes into names where they are texts and the like, and
otherwise a list of values in the JSON.  Beside it is ``<column>.declared``, a bit for each row, where not every row was
given.
Whole numbers and floats are stored in the smallest dtype that gives them back, bit for bit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import partial
from itertools import chain
from typing import Any

import numpy as np

from ...language.arrays import Array
from ...language.schema import EDGE_ATTRIBUTES, NODE_ATTRIBUTES, Attribute
from ...language.table import NOT_GIVEN, Column, GraphTable, read_column
from ..json_values import LARGEST_BITS, decode_name, decode_values, encode_all, encode_name, encode_value
from .tensors import DTYPE_OF_TAG, TAG_OF_DTYPE, Tensors, packed

_DTYPES = {"number": "float64", "whole": "int64", "boolean": "bool", "name": "int64", "choice": "int64"}
MOST_LEVELS = 50
"""Of tuples in tuples; others are encoded one by one."""
_TENSORS = {float: "float64", int: "int64", bool: "bool"}
"""Dtypes of custom values that are all of one type."""


def part_of(document: dict[str, Any], name: str, kind: type) -> Any:
    """Return a part of the JSON; raise a ValueError where it is missing or of another type."""
    if type(document.get(name)) is not kind:
        raise ValueError(f"in tensor 'json', {name!r} is missing or not a {kind.__name__}")
    return document[name]


def check_unique(names: Sequence[Hashable], what: str) -> None:
    """Raise a ValueError if a name occurs twice."""
    if len(set(names)) < len(names):
        name = next(name for name, count in Counter(names).items() if count > 1)
        raise ValueError(f"{what} {name!r} occurs twice")


# --- names -----------------------------------------------------------------------------------------------------------


def encode_names(names: Sequence[Hashable], where: Callable[[int], str], problems: list[str]) -> list[Any]:
    """Encode names that differ from each other; ``where(position)`` is the place of one in messages."""
    if _are_plain(names):
        return list(names)
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


def _are_plain(names: Sequence[Any]) -> bool:
    """Return True if names are str, int, None and tuples of them: equal ones are the same, in JSON as they are."""
    level = names
    for _ in range(MOST_LEVELS):
        types = set(map(type, level))
        if not types <= {str, int, tuple, type(None)}:
            return False
        if int in types and max(each.bit_length() for each in level if type(each) is int) > LARGEST_BITS:
            return False
        if tuple not in types:
            return True
        level = list(chain.from_iterable(each for each in level if type(each) is tuple))
    return False


def coded(values: Sequence[Any]) -> tuple[Array, list[Any]] | None:
    """Return the code of each value and the values that differ; None where equal ones may be of different types."""
    if not _are_plain(values):
        return None
    codes = {value: code for code, value in enumerate(dict.fromkeys(values))}
    return np.fromiter(map(codes.__getitem__, values), np.int64, len(values)), list(codes)


# --- keys of edges ---------------------------------------------------------------------------------------------------


def encode_keys(table: GraphTable, problems: list[str], tensors: dict[str, Array]) -> dict[str, Any]:
    """Return what the JSON says of the keys of edges; whole numbers and codes are added to ``tensors``."""
    keys = table.keys
    if keys is None:
        return {"keys": None}
    if set(map(type, keys)) <= {int}:
        try:
            tensors["key"] = packed(np.array(keys, np.int64))
        except OverflowError:
            pass
        else:
            return {"keys": None}

    found = coded(keys)
    names = keys if found is None else found[1]

    def where(position: int) -> str:
        row = position if found is None else int(np.argmax(found[0] == position))
        return f"key of edge {table.edge_key(row)!r}"

    encoded = encode_all(encode_name, names, where, problems)
    if found is None:
        return {"keys": encoded}
    tensors["key"] = packed(found[0])
    return {"keys": None, "key_names": encoded}


def read_keys(document: dict[str, Any], n_edges: int, tensors: Tensors) -> list[Hashable] | None:
    """Return the keys of edges, None for a DiGraph; raise a ValueError if they do not fit."""
    if not part_of(document, "multigraph", bool):
        return None
    if "key" in tensors:
        typed = tensors.read_packed("key", n_edges, "int64")
        if "key_names" not in document:
            return typed.tolist()
        names = [decode_name(name) for name in part_of(document, "key_names", list)]
        _check_codes(typed, names)
        return [names[code] for code in typed.tolist()]
    keys = [decode_name(key) for key in part_of(document, "keys", list)]
    if len(keys) != n_edges:
        raise ValueError(f"there are {len(keys)} edge keys for {n_edges} edges")
    return keys


def _check_codes(codes: Array, names: Sequence[Hashable]) -> None:
    wrong = np.flatnonzero((codes < 0) | (codes >= len(names)))
    if len(wrong):
        raise ValueError(f"code {codes[wrong[0]]} in row {wrong[0]}, and there are {len(names)} names")


def repeated_edge(table: GraphTable) -> int | None:
    """Return the position of an edge that occurs twice, as networkx would see it, or None."""
    if not table.has_parallel_edges:
        return None
    pair = table.source * table.n_nodes + table.target
    key = np.zeros(table.n_edges, np.int64)
    if table.keys is not None:
        codes = {name: code for code, name in enumerate(dict.fromkeys(table.keys))}
        key = np.fromiter(map(codes.__getitem__, table.keys), np.int64, table.n_edges)
    order = np.lexsort((np.arange(table.n_edges), key, pair))
    same = (pair[order[1:]] == pair[order[:-1]]) & (key[order[1:]] == key[order[:-1]])
    return int(order[1:][same].min()) if same.any() else None


# --- columns ---------------------------------------------------------------------------------------------------------


def encode_columns(
    owner: str, table: GraphTable, problems: list[str], tensors: dict[str, Array]
) -> list[dict[str, Any]]:
    """Return what the JSON says of each column of ``owner``, node or edge; tensors are added to ``tensors``."""
    columns, known = _columns_of(owner, table)
    encoded = []
    for position, (name, column) in enumerate(columns.items()):
        rows = _rows_of(column)
        if not len(rows):
            continue
        says: dict[str, Any] = {"name": None}
        encoded.append(says)
        for encoded_name in encode_all(encode_name, [name], partial(_place, owner, table, name, rows), problems):
            says["name"] = encoded_name
        key = f"{owner}.{name}" if name in known else f"{owner}.{position}"
        if len(rows) < len(column.values):
            says["declared"] = f"{key}.declared"
            tensors[says["declared"]] = np.packbits(column.given())
        attribute = known.get(name) if isinstance(name, str) else None
        _encode_column(says, key, column, attribute, partial(_place, owner, table, name), problems, tensors)
    return encoded


def _encode_column(
    says: dict[str, Any],
    key: str,
    column: Column,
    attribute: Attribute | None,
    place: Callable[[Sequence[int], int], str],
    problems: list[str],
    tensors: dict[str, Array],
) -> None:
    rows, typed, names = _rows_of(column), column.values, column.names
    are_all = len(rows) == len(typed)
    if typed.dtype.name not in TAG_OF_DTYPE:
        given = typed.tolist() if are_all else typed[rows].tolist()
        found = None if attribute is not None else _as_tensor(given)
        if found is None:
            is_name = attribute is not None and attribute.kind == "name"
            encode = encode_name if is_name else encode_value
            says["values"] = encode_all(encode, given, partial(place, rows), problems)
            return
        numbers, names = found
        typed = numbers
        if not are_all:
            typed = np.zeros(len(column.values), numbers.dtype)
            typed[rows] = numbers
    says["tensor"] = key
    # rows that were not given may hold anything
    whole = typed if are_all else np.where(column.given(), typed, typed.dtype.type(0))
    tensors[key] = packed(np.ascontiguousarray(whole))
    if attribute is None and names is None and tensors[key].dtype != typed.dtype:
        says["dtype"] = typed.dtype.name
    if names is not None:

        def where(code: int) -> str:
            return place([int(np.argmax(column.given() & (typed == code)))], 0)

        says["names"] = encode_names(names, where, problems)


def _as_tensor(values: list[Any]) -> tuple[Array, tuple[Any, ...] | None] | None:
    """Return custom values as numbers, booleans or codes of names, and the names; None where no tensor holds them."""
    types = set(map(type, values))
    if len(types) == 1 and (dtype := _TENSORS.get(next(iter(types)))) is not None:
        try:
            return np.array(values, dtype), None
        except OverflowError:  # of a whole number
            pass
    found = coded(values)
    return None if found is None else (found[0], tuple(found[1]))


def _rows_of(column: Column) -> Any:
    """Return the rows that were given, as an array unless it is all of them."""
    return range(len(column.values)) if column.declared is None else np.flatnonzero(column.declared)


def _place(owner: str, table: GraphTable, name: Hashable, rows: Sequence[int], position: int) -> str:
    """Return the place of a value of a column, in the user's names."""
    row = int(rows[position])
    key: Any = table.nodes[row] if owner == "node" else table.edge_key(row)
    return f"{owner} {key!r}, attribute {name!r}"


def _columns_of(owner: str, table: GraphTable) -> tuple[dict[str, Column], dict[str, Attribute]]:
    return (table.node_columns, NODE_ATTRIBUTES) if owner == "node" else (table.edge_columns, EDGE_ATTRIBUTES)


def read_columns(
    document: dict[str, Any], part: str, n_rows: int, known: dict[str, Attribute], tensors: Tensors
) -> dict[str, Column]:
    """Return the columns that a part of the JSON describes; raise a ValueError if they do not fit."""
    columns: dict[Any, Column] = {}
    for says in part_of(document, part, list):
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
        declared = tensors.read_mask(part_of(says, "declared", str), n_rows)
    if "tensor" not in says:
        given: Iterable[int] = range(n_rows) if declared is None else np.flatnonzero(declared).tolist()
        return _read_values(says, n_rows, given, attribute)
    name = part_of(says, "tensor", str)
    if attribute is not None:
        typed = tensors.read_packed(name, n_rows, _DTYPES[attribute.kind])
    elif "names" in says or "dtype" in says:
        dtype = "int64" if "names" in says else part_of(says, "dtype", str)
        if dtype not in DTYPE_OF_TAG.values():
            raise ValueError(f"no tensor is {dtype[:60]!r}")
        typed = tensors.read_packed(name, n_rows, dtype)
    else:
        typed = tensors.read(name, n_rows)
    if "names" not in says:
        if attribute is not None and attribute.kind in ("name", "choice"):
            raise ValueError("its codes have no names")
        return Column(typed, declared)
    if attribute is not None and attribute.kind not in ("name", "choice"):
        raise ValueError("it takes no names")
    names = tuple([decode_name(name) for name in part_of(says, "names", list)])
    check_unique(names, "name")
    _check_codes(typed, names)
    return Column(typed, declared, names)


def _read_values(says: dict[str, Any], n_rows: int, given: Iterable[int], attribute: Attribute | None) -> Column:
    values = part_of(says, "values", list)
    rows = list(given)
    if len(values) != len(rows):
        raise ValueError(f"{len(values)} values for {len(rows)} rows")
    is_name = attribute is not None and attribute.kind == "name"
    decoded = [decode_name(value) for value in values] if is_name else decode_values(values)
    raw: list[Any] = [NOT_GIVEN] * n_rows
    for row, value in zip(rows, decoded, strict=True):
        raw[row] = value
    return read_column(raw, attribute)


def encode_attributes(table: GraphTable, problems: list[str]) -> list[Any]:
    """Return the attributes of the graph itself for the JSON."""
    names = list(table.attributes)

    def where(position: int) -> str:
        return f"attribute {names[position]!r} of the graph"

    encoded = encode_all(encode_name, names, where, problems)
    values = encode_all(encode_value, table.attributes.values(), where, problems)
    return list(zip(encoded, values, strict=False))
