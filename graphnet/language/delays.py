"""Pass 1: layers to whole steps.

Inputs come before every layer, an output without a layer after every layer, and hidden neurons without one share
layer 0. A synapse that runs forward in this order takes 0 steps, any other takes 1; a gate counts as a synapse from
the gate to the target.  Nothing else is inferred, so adding one edge never changes another.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .arrays import Array
from .brief import one_line
from .order import dtype_of, is_one_number, narrow
from .table import GraphTable


@dataclass(frozen=True, eq=False, slots=True)
class Delays:
    """Delay of every synapse, the node that gates it (-1: none) and the gate's delay, each (n_edges,) int64.

    Columns that are the same for all synapses may be views of one number.
    """

    delay: Array
    gate: Array
    gate_delay: Array

    __repr__ = one_line


def order_layers(table: GraphTable) -> Array:
    """Position of each node in the order of layers, (n_nodes,) float64: inputs -inf, outputs without a layer inf."""
    layer = table.node("layer").astype(np.float64)
    layer[~table.node_gives("layer") & table.has_role("output")] = np.inf
    layer[table.has_role("input")] = -np.inf
    return layer


def resolve_gates(table: GraphTable) -> Array:
    """The position of the node that gates each synapse, (n_edges,) int64; -1 without a gate or for an unknown node."""
    column = table.edge_columns.get("gate")
    if column is None or not column.names:
        return np.broadcast_to(np.int64(-1), table.n_edges)
    positions = np.array([table.index.get(name, -1) for name in column.names] + [-1])
    return np.asarray(positions[table.edge("gate")])


def resolve_delays(table: GraphTable) -> Delays:
    """The whole steps that every synapse and every gate takes."""
    layer = order_layers(table)
    gate = resolve_gates(table)
    return Delays(
        _resolved(table, "delay", layer, table.source),
        gate,
        # without a gate the gate's delay has no meaning; 0 keeps such rows out of every history
        np.where(gate < 0, 0, _resolved(table, "gate_delay", layer, gate)) if has_gates(gate) else nothing(table),
    )


def has_gates(gate: Array) -> bool:
    """Return True if some synapse has a gate, of the gates of a `Delays`."""
    # without a column of gates all are one number, which is not looked at 25 million times
    return bool(len(gate)) and bool(gate[0] >= 0 if is_one_number(gate) else (gate >= 0).any())


def nothing(table: GraphTable) -> Array:
    """Return 0 for each edge, a view of one number, (n_edges,) int64."""
    return np.broadcast_to(np.int64(0), table.n_edges)


def _resolved(table: GraphTable, name: str, layer: Array, begins: Array) -> Array:
    """Return the steps that are declared, or those by default: from layers of ``begins`` to those of targets."""
    column = table.edge_columns.get(name)
    if column is None:
        return np.where(layer[begins] < layer[table.target], 0, 1)
    if column.declared is None:
        return column.values
    found, left = column.values.copy(), np.flatnonzero(~column.declared)
    found[left] = np.where(layer[begins[left]] < layer[table.target[left]], 0, 1)
    return found


def dependencies(table: GraphTable, delays: Delays, *, now: bool = False) -> tuple[Array, Array, Array]:
    """Source, target and delay of every synapse and every gate between neurons; with ``now``, of those without delay.

    They are int32 where they fit.
    """
    source, target, delay = table.source, table.target, delays.delay
    if has_gates(delays.gate):
        gated = np.flatnonzero(delays.gate >= 0)
        source = np.concatenate([source, delays.gate[gated]])
        target = np.concatenate([target, table.target[gated]])
        delay = np.concatenate([delay, delays.gate_delay[gated]])
    node, delay = dtype_of(table.n_nodes), narrow(delay)
    if now:
        some = np.flatnonzero(delay == 0)
        source, target, delay = source[some], target[some], delay[some]
    source, target = source.astype(node), target.astype(node)
    is_input = table.has_role("input")
    between = ~(is_input[source] | is_input[target])
    return source[between], target[between], delay[between]
