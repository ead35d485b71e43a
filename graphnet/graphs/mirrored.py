"""The mirror image of a table in reversed time, in columns; `bidirectional` says what it means."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import replace
from typing import Any

import numpy as np

from ..language.arrays import Array
from ..language.delays import resolve_gates
from ..language.schema import EDGE_ATTRIBUTES
from ..language.table import Column, GraphTable
from ..language.validation import check_attributes


def mirror_table(table: GraphTable) -> GraphTable:
    """Return the table with a mirror image of all but inputs, and outputs that feed no neuron and gate no synapse."""
    check_attributes(table, nodes=("role", "group", "tie", "reverse"), edges=tuple(EDGE_ATTRIBUTES))
    n = table.n_nodes
    gate = resolve_gates(table)
    feeds = np.bincount(table.source, minlength=n) > 0
    feeds[gate[gate >= 0]] = True
    shared = table.has_role("input") | (table.has_role("output") & ~feeds)
    others = np.flatnonzero(~shared)
    mirror = np.arange(n)
    mirror[others] = n + np.arange(len(others))
    edges = np.flatnonzero(~(shared[table.source] & shared[table.target] & ((gate < 0) | shared[gate])))

    def name_of_mirror(name: Hashable) -> Hashable:
        position = table.index.get(name)
        return name if position is None or shared[position] else ("reverse", name)

    renames: dict[str, Callable[[Hashable], Hashable]] = {"gate": name_of_mirror}
    renames.update(dict.fromkeys(("tie", "group"), lambda name: ("reverse", name)))
    of_nodes = {name: _repeated(column, others, renames.get(name)) for name, column in table.node_columns.items()}
    given = np.concatenate([table.node_gives("reverse"), np.ones(len(others), bool)])
    values = np.concatenate([table.node("reverse"), ~table.node("reverse")[others]])
    of_nodes["reverse"] = Column(values, None if given.all() else given)
    return replace(
        table,
        nodes=[*table.nodes, *(("reverse", table.nodes[i]) for i in others.tolist())],
        source=np.concatenate([table.source, mirror[table.source[edges]]]),
        target=np.concatenate([table.target, mirror[table.target[edges]]]),
        node_columns=of_nodes,
        edge_columns={name: _repeated(c, edges, renames.get(name)) for name, c in table.edge_columns.items()},
        keys=_keys(table, edges, shared),
    )


def _repeated(column: Column, rows: Array, rename: Callable[[Hashable], Hashable] | None) -> Column:
    """Return a column with some rows once more; the names in these are others if ``rename`` is given."""
    again, names = column.values[rows], column.names
    if rename is not None and names:
        code = {name: i for i, name in enumerate(names)}
        again = np.array([code.setdefault(rename(name), len(code)) for name in names])[again]
        names = tuple(code)
    given = None if column.declared is None else np.concatenate([column.declared, column.declared[rows]])
    return Column(np.concatenate([column.values, again]), given, names)


def _keys(table: GraphTable, edges: Array, shared: Array) -> list[Any] | None:
    """Return the keys of all edges: mirrored ones have the key of the edge, or from an input the first that is free."""
    between = shared[table.source[edges]] & shared[table.target[edges]]
    if table.keys is None and not between.any():
        return None
    old = [0] * table.n_edges if table.keys is None else list(table.keys)
    new = [old[i] for i in edges.tolist()]
    from_shared = np.flatnonzero(shared[table.source[edges]])
    ends = (table.source[edges[from_shared]], table.target[edges[from_shared]], between[from_shared])
    pairs = list(zip(*(each.tolist() for each in ends), strict=True))
    taken: dict[Any, set[Any]] = {pair: set() for pair in pairs}
    if between.any():
        for source, target, key in zip(table.source.tolist(), table.target.tolist(), old, strict=True):
            if (source, target, True) in taken:
                taken[source, target, True].add(key)
    for place, pair in zip(from_shared.tolist(), pairs, strict=True):
        key = len(taken[pair])
        while key in taken[pair]:
            key += 1
        taken[pair].add(key)
        new[place] = key
    return [*old, *new]
