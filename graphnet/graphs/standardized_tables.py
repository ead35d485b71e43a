"""Standardisation inside a drawing that is a table, in columns; `standardized` says what it means."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np

from ..language.arrays import Array
from ..language.schema import EDGE_ATTRIBUTES, NODE_ATTRIBUTES, Attribute
from ..language.table import Column, GraphTable, read_column

Moments: TypeAlias = tuple[Hashable, float, float]
"""A node, and the mean and deviation of its data."""

STANDARDIZED_NODES = ("role", "layer", "activation", "bias", "train_bias", "sign", "reverse")
STANDARDIZED_EDGES = ("weight", "trainable", "delay", "sign", "gate")
"""Attributes of nodes and edges that are read or changed."""


def standardize_table(table: GraphTable, inputs: Sequence[Moments], outputs: Sequence[Moments]) -> GraphTable:
    """Return the table with neurons after inputs, and before outputs, that are in units of standard deviations."""
    n, n_new = table.n_nodes, len(inputs) + len(outputs)
    old = np.array([table.index[node] for node, *_ in (*inputs, *outputs)], np.int64)
    new = n + np.arange(n_new)
    is_output = np.arange(n_new) >= len(inputs)
    mean, deviation = (np.array([each[i] for each in (*inputs, *outputs)], np.float64) for i in (1, 2))
    layer = table.node("layer")[~table.has_role("input")]

    # synapses and gates of an input, and all of an output, are those of its new neuron
    feeds, receives = np.arange(n), np.arange(n)
    feeds[old], receives[old[is_output]] = new, new[is_output]
    renamed = {node: ("standardized", node) for node, *_ in (*inputs, *outputs)}
    moved = replace(table, source=feeds[table.source], target=receives[table.target])
    if (gate := table.edge_columns.get("gate")) is not None and gate.names:
        names = tuple(renamed.get(name, name) for name in gate.names)
        moved = moved.with_columns({}, {"gate": Column(gate.values, gate.declared, names)})

    source, target = np.where(is_output, new, old), np.where(is_output, old, new)
    drawn = moved.extended(list(renamed.values()), {}, source, target, {"weight": 0.0, "trainable": False, "delay": 0})
    edges = np.arange(table.n_edges, drawn.n_edges)
    columns = {"weight": _with_rows(drawn.edge_columns["weight"], edges, np.where(is_output, deviation, 1 / deviation))}
    if is_output.any():
        columns["sign"] = _given(drawn, "sign", edges[is_output], 0)
    drawn = drawn.with_columns({}, columns)

    # what an output said is said by its new neuron
    first, then = old[is_output], new[is_output]
    of_nodes = {name: _handed_over(column, first, then, name) for name, column in drawn.node_columns.items()}
    if "sign" in of_nodes:  # that of an input belongs to the synapses that have moved
        of_nodes["sign"] = _handed_over(of_nodes["sign"], old[~is_output], new[~is_output], "sign")
    drawn = drawn.with_columns(of_nodes, {})
    after = new[~is_output]
    said: list[tuple[str, Array, Any]] = [
        ("layer", after, layer.min(initial=np.inf) - 1 if len(layer) else -1.0),
        ("activation", after, "identity"),
        ("bias", after, -mean[~is_output] / deviation[~is_output]),
        ("train_bias", after, False),
        ("layer", then[~drawn.node_gives("layer")[then]], layer.max(initial=-np.inf) + 1 if len(layer) else 1.0),
        ("activation", then[~drawn.node_gives("activation")[then]], "identity"),
        ("bias", first, mean[is_output]),
        ("train_bias", first, False),
        ("reverse", first, table.node("reverse")[first]),
    ]
    for name, rows, values in said:
        if len(rows):
            drawn = drawn.with_columns({name: _given(drawn, name, rows, values)}, {})
    return drawn


def _handed_over(column: Column, old: Array, new: Array, name: str) -> Column:
    """Return a column in which new rows have the values of old ones, which lose them; of roles neither has any."""
    if name == "role":
        return column  # an output stays one, and its new neuron is hidden
    values, given = column.values.copy(), column.given().copy()
    values[new], given[new] = values[old], given[old]
    given[old] = False
    return Column(values, None if given.all() else given, column.names)


def _with_rows(column: Column, rows: Array, values: Any) -> Column:
    """Return a column with other values in some rows, and these given."""
    changed, given = column.values.copy(), column.given().copy()
    changed[rows], given[rows] = values, True
    return Column(changed, None if given.all() else given, column.names)


def _given(table: GraphTable, name: str, rows: Array, values: Any) -> Column:
    """Return the column of an attribute with values in some rows, which may be the first that it has."""
    is_edge = name == "sign"
    known: dict[str, Attribute] = EDGE_ATTRIBUTES if is_edge else NODE_ATTRIBUTES
    columns, n = (table.edge_columns, table.n_edges) if is_edge else (table.node_columns, table.n_nodes)
    column = columns.get(name)
    if column is None:
        one = read_column([np.ravel(values)[0].item() if isinstance(values, np.ndarray) else values], known[name])
        column = Column(np.zeros(n, one.values.dtype), np.zeros(n, bool), one.names)
    if column.names is not None:
        names = column.names if values in column.names else (*column.names, values)
        column, values = Column(column.values, column.declared, names), names.index(values)
    return _with_rows(column, rows, values)
