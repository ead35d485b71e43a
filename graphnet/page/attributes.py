"""Attributes of neurons and synapses as numbers and categories, which the page colours by and lists."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from numbers import Integral, Real
from typing import Any

import numpy as np

from ..language.arrays import Array
from ..language.brief import one_line
from ..language.missing import is_missing
from ..language.schema import EDGE_ATTRIBUTES, NODE_ATTRIBUTES, Attribute
from ..language.table import Column, GraphTable
from .names import text_of

MOST_CATEGORIES = 1_000
"""Largest number of values of a custom attribute that is no number: with more it is no help to see, and takes room."""
MOST_NAMES = 65_534
"""Largest number of names of groups and ties."""
MISSING = 65_535
"""Code of a row without a category."""
LARGEST_EXACT = 2**24
"""Largest number up to which float32 tells all whole numbers apart."""
MOST_EDGES = 50_000
"""Largest number of synapses whose attributes are shown."""
_NOT_SHOWN = {"role", "weight", "delay", "gate"}
"""Attributes of the language that the page shows by other means."""


@dataclass(frozen=True, eq=False)
class Shown:
    """An attribute as the page shows it: ``values`` are float32, or uint16 codes into ``categories``."""

    name: str
    values: Array
    source: str
    categories: tuple[str, ...] | None = None

    __repr__ = one_line


def attributes_of_nodes(table: GraphTable, learnt: Collection[str], notes: list[str]) -> list[Shown]:
    """Return the attributes that neurons have, and their activation; ``notes`` gets what is left out.

    ``learnt`` are the names of numbers that are learnt.
    """
    is_neuron = ~table.has_role("input")
    found = [_activation(table, is_neuron)]
    for name, column in table.node_columns.items():
        if name in _NOT_SHOWN or name == "activation" or not column.given().any():
            continue
        attribute = NODE_ATTRIBUTES.get(name) if isinstance(name, str) else None
        source = "custom" if attribute is None else "parameter" if name in learnt else "language"
        there = column.given()
        if attribute is not None and attribute.default is not None:  # who is not given one has the default
            column, there = Column(table.node(name), names=column.names), is_neuron | there
        found += _shown(name, column, there, attribute, source, notes, "neurons")
    return found


def attributes_of_edges(table: GraphTable, kept: Array | None, notes: list[str]) -> list[Shown]:
    """Return the attributes of synapses, of the ``kept`` ones only; ``notes`` gets what is left out."""
    names = [
        name
        for name, column in table.edge_columns.items()
        if name not in _NOT_SHOWN and name != "gate_delay" and column.given().any()
    ]
    n_edges = table.n_edges if kept is None else len(kept)
    if names and n_edges > MOST_EDGES:
        which = ", ".join(map(text_of, names))
        notes.append(f"attributes of synapses are left out where there are more than {MOST_EDGES:,}: {which}")
        return []
    found: list[Shown] = []
    for name in names:
        column = table.edge_columns[name]
        attribute = EDGE_ATTRIBUTES.get(name) if isinstance(name, str) else None
        there = column.given()
        if attribute is not None and attribute.default is not None:
            column, there = Column(table.edge(name), names=column.names), np.ones(table.n_edges, bool)
        if kept is not None:
            column, there = Column(column.values[kept], names=column.names), there[kept]
        source = "custom" if attribute is None else "language"
        found += _shown(name, column, there, attribute, source, notes, "synapses")
    return found


def _activation(table: GraphTable, is_neuron: Array) -> Shown:
    """Return the activation of each neuron, given or not."""
    column = table.node_columns.get("activation")
    names = ["tanh", "identity", *(() if column is None else map(str, column.names or ()))]
    categories = list(dict.fromkeys(names))
    codes = np.array([categories.index(name) for name in names])
    code = codes[np.where(table.node_gives("activation"), table.node("activation") + 2, table.has_role("output"))]
    used, values = np.unique(code[is_neuron], return_inverse=True)
    found = np.full(table.n_nodes, MISSING, np.uint16)
    found[is_neuron] = values
    return Shown("activation", found, "language", tuple(categories[i] for i in used.tolist()))


def _shown(
    name: Any,
    column: Column,
    there: Array,
    attribute: Attribute | None,
    source: str,
    notes: list[str],
    side: str,
) -> list[Shown]:
    """Return the attribute as numbers or else as categories; nothing if there is none to show, or too many."""
    text = text_of(name)
    if column.names is None and column.values.dtype.kind in "iuf" and not _are_ids(column.values[there]):
        values = np.where(there, _as_numbers(column.values), np.float32(np.nan))
        return [] if np.isnan(values).all() else [Shown(text, values, source)]
    rows = np.flatnonzero(there)
    if column.names is not None and column.names:
        # names were told apart when the table was read, so that only they are made texts
        texts: Sequence[str] = [text_of(each) for each in column.names]
        return _categories(text, column.values[rows], texts, rows, len(there), attribute, source, notes, side)
    objects = column.objects()
    given = [(row, objects[row]) for row in rows.tolist() if not is_missing(objects[row])]
    if all(_is_place(value) for _, value in given):
        return []  # there is none, or the page shows it as the place of the neuron
    rows, values_given = np.array([row for row, _ in given]), [value for _, value in given]
    are_numbers = all(isinstance(value, Real | Decimal) and not isinstance(value, bool) for value in values_given)
    if are_numbers and not _are_ids(values_given):
        values = np.full(len(there), np.nan, np.float32)
        values[rows] = _as_numbers(_floats(values_given))
        return [Shown(text, values, source)]
    codes: dict[str, int] = {}
    code = np.array([codes.setdefault(text_of(value), len(codes)) for value in values_given])
    return _categories(text, code, list(codes), rows, len(there), attribute, source, notes, side)


def _categories(
    name: str,
    code: Array,
    texts: Sequence[str],
    rows: Array,
    n_rows: int,
    attribute: Attribute | None,
    source: str,
    notes: list[str],
    side: str,
) -> list[Shown]:
    """Return the categories that occur, in alphabetic order, numbers by size."""
    order = sorted(dict.fromkeys(texts), key=_by_size)
    place = {text: position for position, text in enumerate(order)}
    used, found = np.unique(np.array([place[text] for text in texts])[code], return_inverse=True)
    most = MOST_NAMES if attribute is not None else MOST_CATEGORIES
    if len(used) > most:
        notes.append(f"attribute {name} of {side} is left out: {len(used):,} different values, and {most:,} at most")
        return []
    values = np.full(n_rows, MISSING, np.uint16)
    values[rows] = found
    return [Shown(name, values, source, tuple(order[i] for i in used.tolist()))]


def _is_place(value: Any) -> bool:
    """True for two or three numbers, such as a position."""
    return (
        (isinstance(value, tuple | list) or (isinstance(value, np.ndarray) and value.ndim == 1))
        and len(value) in (2, 3)
        and all(isinstance(each, Real) and not isinstance(each, bool) for each in value)
    )


def _by_size(text: str) -> tuple[bool, float, str]:
    try:
        return False, float(text), text
    except ValueError:
        return True, 0.0, text


def _floats(values: Sequence[Any]) -> Array:
    """Return numbers as float64, inf for those that are too large."""

    def read(value: Any) -> float:
        try:
            return float(value)
        except (OverflowError, ValueError):
            return np.inf

    return np.fromiter(map(read, values), np.float64, len(values))


def _as_numbers(values: Array) -> Array:
    """Return numbers as float32, nan for those that are not finite there."""
    with np.errstate(over="ignore"):
        rounded = values.astype(np.float32)
    return np.where(np.isfinite(rounded), rounded, np.float32(np.nan))


def _are_ids(values: Array | Sequence[Any]) -> bool:
    """True for whole numbers of which float32 would make one of several, such as ids of cells."""
    if isinstance(values, np.ndarray):
        if values.dtype.kind == "f":
            return False
        large = values[(values > LARGEST_EXACT) | (values < -LARGEST_EXACT)]
        return len(np.unique(large)) > len(np.unique(large.astype(np.float32)))
    ids = {value for value in values if abs(value) > LARGEST_EXACT}
    if not all(isinstance(value, Integral) for value in ids):
        return False
    return len(ids) > len(np.unique(_as_numbers(_floats(list(ids)))))


def numbers_of(name: str, values: Array, source: str) -> Shown:
    """Return an attribute of numbers; those that are not finite are missing.

    >>> numbers_of("effect", np.array([0.5, np.inf]), "lesion").values
    array([0.5, nan], dtype=float32)
    """
    return Shown(name, _as_numbers(values), source)


def described(shown: Sequence[Shown], prefix: str, arrays: dict[str, Array]) -> list[dict[str, Any]]:
    """Return what the header says of attributes; their values are added to ``arrays``."""
    rows = []
    for number, each in enumerate(shown):
        array = f"{prefix}{number}"
        arrays[array] = each.values
        kind: dict[str, Any] = {"type": "number"}
        if each.categories is not None:
            kind = {"type": "category", "categories": list(each.categories)}
        rows.append({"name": each.name, **kind, "array": array, "source": each.source})
    return rows
