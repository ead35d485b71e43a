"""Tables stacked in columns; `stack` says what it means."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from ..errors import GraphError
from ..language.arrays import Array
from ..language.schema import EDGE_ATTRIBUTES
from ..language.table import Column, GraphTable
from ..language.validation import check_attributes

Columns = Mapping[str, Column]


def stack_tables(tables: Sequence[GraphTable]) -> GraphTable:
    """Return one table, in which the outputs of each replace the inputs of the next."""
    nodes: list[Hashable] = []
    sources, targets = [], []
    of_nodes: list[tuple[Columns, int]] = []
    of_edges: list[tuple[Columns, int]] = []
    before = np.zeros(0, np.int64)
    offset = 0.0
    for place, table in enumerate(tables):
        check_attributes(table, nodes=("role", "layer", "activation", "group", "tie"), edges=tuple(EDGE_ATTRIBUTES))
        is_input, is_output = table.has_role("input"), table.has_role("output")
        if place and is_input.sum() != len(before):
            raise GraphError(
                f"stack: drawing {place - 1} has {len(before)} outputs, drawing {place} has {is_input.sum()} inputs"
            )
        own = ~is_input if place else np.ones(table.n_nodes, bool)
        position = len(nodes) + np.cumsum(own) - 1
        if place:
            position[is_input] = before
        nodes += [
            (place, *node) if isinstance(node, tuple) else (place, node)
            for node, is_own in zip(table.nodes, own.tolist(), strict=True)
            if is_own
        ]
        columns, n_layers = _in_the_stack(table, offset, is_last=place == len(tables) - 1)
        columns = _renamed(columns, ("group", "tie"), place)
        of_nodes.append((_rows(columns, own), int(own.sum())))
        of_edges.append((_renamed(table.edge_columns, ("tie",), place), table.n_edges))
        gate = of_edges[-1][0].get("gate")
        if gate is not None and gate.names is not None:
            # names that no synapse has any more may be those of nodes that were removed
            names = tuple(nodes[position[table.index[name]]] if name in table.index else name for name in gate.names)
            of_edges[-1] = ({**of_edges[-1][0], "gate": replace(gate, names=names)}, table.n_edges)
        sources.append(position[table.source])
        targets.append(position[table.target])
        before = position[is_output]
        offset += n_layers
    has_keys = any(table.keys is not None for table in tables)
    keys = [key for table in tables for key in ([0] * table.n_edges if table.keys is None else table.keys)]
    return GraphTable(
        nodes,
        np.concatenate(sources),
        np.concatenate(targets),
        _concatenated(of_nodes),
        _concatenated(of_edges),
        keys if has_keys else None,
    )


def _in_the_stack(table: GraphTable, offset: float, is_last: bool) -> tuple[dict[str, Column], float]:
    """Return columns of nodes with layers from an offset on, and how many layers they take.

    Outputs become hidden neurons in all drawings but the last.
    """
    neurons, is_output = ~table.has_role("input"), table.has_role("output")
    has_layer = neurons & (table.node_gives("layer") | ~is_output)
    layer = np.array(table.node("layer"), np.float64)
    known = layer[has_layer] if has_layer.any() else np.zeros(1)
    lowest, highest = known.min(), known.max()
    given = table.node_gives("layer") | has_layer
    layer[has_layer] += offset - lowest
    columns = dict(table.node_columns)
    if not is_last:
        role = columns["role"] if is_output.any() else None
        if role is not None:
            columns["role"] = Column(role.values, role.given() & ~is_output, role.names)
        layer[is_output & ~given] = highest - lowest + offset + 1
        given = given | is_output
        plain = is_output & ~table.node_gives("activation")
        if plain.any():
            was = columns.get(
                "activation", Column(np.zeros(table.n_nodes, np.int64), np.zeros(table.n_nodes, bool), ())
            )
            names = (*(was.names or ()), *(() if "identity" in (was.names or ()) else ("identity",)))
            codes = np.where(plain, names.index("identity"), was.values)
            columns["activation"] = Column(codes, was.given() | plain, names)
    columns["layer"] = Column(layer, None if given.all() else given)
    return columns, float(highest - lowest + 2)


def _renamed(columns: Columns, which: tuple[str, ...], place: int) -> dict[str, Column]:
    """Return columns in which the names of groups or ties, which belong to one drawing, have its place before them."""
    found = dict(columns)
    for name in which:
        column = found.get(name)
        if column is not None and column.names is not None:
            found[name] = replace(column, names=tuple((place, each) for each in column.names))
    return found


def _rows(columns: Columns, mask: Array) -> dict[str, Column]:
    return {
        name: Column(c.values[mask], None if c.declared is None else c.declared[mask], c.names)
        for name, c in columns.items()
    }


def _concatenated(parts: Sequence[tuple[Columns, int]]) -> dict[str, Column]:
    """Return the columns of several parts one after the other; parts without a column do not declare it."""
    found = {}
    for name in dict.fromkeys(name for columns, _ in parts for name in columns):
        there = [columns[name] for columns, _ in parts if name in columns]
        given = np.concatenate([c[name].given() if name in c else np.zeros(n, bool) for c, n in parts])
        names = None
        if all(column.names is not None for column in there):
            code = {each: i for i, each in enumerate(dict.fromkeys(each for c in there for each in c.names or ()))}
            names = tuple(code)
            read = [np.array([*(code[each] for each in c.names or ()), 0])[c.values] for c in there]
        elif len({(column.names is None, column.values.dtype) for column in there}) == 1:
            read = [column.values for column in there]
        else:  # of different kinds, as custom attributes may be
            read = [np.fromiter(column.objects(), object, len(column.values)) for column in there]
        rest = iter(read)
        values = np.concatenate([next(rest) if name in c else np.zeros(n, read[0].dtype) for c, n in parts])
        found[name] = Column(values, None if given.all() else given, names)
    return found
