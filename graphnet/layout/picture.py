"""Picture: a drawing with positions of its neurons, and kinds, delays and strengths of its synapses."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import networkx as nx
import numpy as np

from ..language.arrays import Array
from ..language.delays import order_layers, resolve_delays
from ..language.feedback import kinds_of
from ..language.table import GraphTable
from ..network.network import Network


@dataclass(frozen=True, eq=False)
class Picture:
    """What pictures show of a drawing.

    Attributes
    ----------
    table : GraphTable
        The drawing; of a network with its learnt numbers.
    positions : (n_nodes, 2) float64
        To the right and up, in units of the distance of neighbours.
    column : (n_nodes,) int64
        Rank of the column of each neuron, from the inputs on.
    kind : (n_edges,) int64
        Code of the kind of feedback, into `graphnet.language.feedback.KINDS`.
    delay : (n_edges,) int64
    strength : (n_edges,) float64
        scale * w; nan where the weight is open.
    gate : (n_edges,) int64
        Position of the gate; -1 without one.
    """

    table: GraphTable
    positions: Array
    column: Array
    kind: Array
    delay: Array
    strength: Array
    gate: Array


def picture_of(
    drawn: nx.DiGraph | GraphTable | Network, positions: str | Mapping[Hashable, Any] | None = None
) -> Picture:
    """Return the picture of a drawing or a network.

    Parameters
    ----------
    drawn : networkx.DiGraph, networkx.MultiDiGraph, GraphTable or Network
    positions : str or {node: (x, y)}, optional
        Positions, or the attribute of nodes that has them or names their class; by default by layers.

    Raises
    ------
    GraphError
        If the drawing is not valid, or a position is missing or not finite.
    """
    if isinstance(drawn, Network):
        table = drawn.to_table()
    else:
        table = drawn if isinstance(drawn, GraphTable) else GraphTable.from_networkx(drawn)
    layer = order_layers(table)
    _, column = np.unique(layer, return_inverse=True)
    place = np.zeros(table.n_nodes)
    for rank in range(int(column.max(initial=-1)) + 1):
        rows = np.flatnonzero(column == rank)
        place[rows] = (len(rows) - 1) / 2 - np.arange(len(rows))
    delays = resolve_delays(table)
    return Picture(
        table,
        np.stack([column.astype(np.float64), place], axis=1),
        column,
        kinds_of(layer, table.source, table.target),
        delays.delay,
        np.where(table.edge_gives("weight"), table.edge("weight"), np.nan) * table.edge("scale"),
        delays.gate,
    )
