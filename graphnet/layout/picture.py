"""Picture: a drawing with positions of its neurons, and kinds, delays and strengths of its synapses."""

from __future__ import annotations

from dataclasses import dataclass

import networkx as nx
import numpy as np

from ..errors import GraphError
from ..language.arrays import Array
from ..language.brief import one_line
from ..language.delays import order_layers, resolve_delays
from ..language.feedback import kinds_of
from ..language.keywords import suggests_keywords
from ..language.table import GraphTable
from ..language.validation import check_attributes
from ..network.network import Network
from .classes import by_classes
from .columns import columns_of
from .given import Positions, drawn_positions, read_positions
from .layers import by_columns
from .units import Box, boxes_of, gated_units

READ = {
    "nodes": ("role", "layer", "activation", "group", "tie", "reverse", "sign"),
    "edges": ("weight", "scale", "trainable", "delay", "gate", "gate_delay", "tie", "sign"),
}
"""Attributes that pictures show, and whose values they check; a drawing need not be a whole network yet."""


@dataclass(frozen=True, eq=False)
class Picture:
    """Drawing as pictures show it.

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
    placed_by : str
        The rule that gave the positions, such as "layers", "depth from the inputs" or "classes of 'type'".
    cluster : (n_nodes,) int64
        The class, or else the column, of each neuron.
    cluster_names : tuple of str
        Names of the clusters.
    boxes : tuple of Box
        Gated units, groups, and ties of several neurons: ``what``, ``name`` and ``rows``.
    """

    table: GraphTable
    positions: Array
    column: Array
    kind: Array
    delay: Array
    strength: Array
    gate: Array
    placed_by: str
    cluster: Array
    cluster_names: tuple[str, ...]
    boxes: tuple[Box, ...]

    __repr__ = one_line


@suggests_keywords
def picture_of(drawn: nx.DiGraph | GraphTable | Network, positions: Positions | None = None) -> Picture:
    """Return the picture of a drawing or a network.

    Parameters
    ----------
    drawn : networkx.DiGraph, networkx.MultiDiGraph, GraphTable or Network
        It need not be a whole network yet.
    positions : {node: (x, y)}, str or two str, optional
        Positions; or the attribute of nodes that has pairs (x, y), or names a class, whose neurons come together; or
        two attributes, such as ("x", "y").  By default those that the drawing has as ``pos``, or as ``x`` and ``y``;
        otherwise neurons are placed by layers, or by their distance from the inputs where no layers are declared.

    Returns
    -------
    Picture

    Raises
    ------
    GraphError
        If an attribute that pictures show has a value that it does not take; or a position is missing or not finite.

    Examples
    --------
    >>> import graphnet as gn
    >>> picture = picture_of(gn.graphs.elman(1, 2, 1))
    >>> picture.placed_by, picture.column.tolist(), picture.positions[1].tolist()
    ('layers', [0, 1, 1, 2], [2.0, 0.5])
    """
    if isinstance(drawn, Network):
        table = drawn.to_table()
    else:
        table = drawn if isinstance(drawn, GraphTable) else GraphTable.from_networkx(drawn)
    check_attributes(table, **READ)
    if not table.n_nodes:
        raise GraphError("the graph has no nodes: there is nothing to draw")
    delays = resolve_delays(table)
    unit = gated_units(table, delays.gate)
    placed_by, column = columns_of(table)
    cluster, names = column, _names_of_columns(table, column)
    given = None if positions is None else read_positions(table, positions)
    own = drawn_positions(table) if given is None else None
    if given is not None and given.positions is not None:
        placed_by, places = given.rule, _at_distance_1(given.positions)
    elif given is not None and given.codes is not None:
        places, cluster, names = by_classes(table, column, given.codes, given.names)
        placed_by = given.rule
    elif own is not None:
        placed_by, places = own[0], _with_ends(table, _at_distance_1(own[1]))
    else:
        places = by_columns(table, column, unit, delays.gate)
    return Picture(
        table,
        places,
        column,
        kinds_of(order_layers(table), table.source, table.target),
        delays.delay,
        np.where(table.edge_gives("weight"), table.edge("weight"), np.nan) * table.edge("scale"),
        delays.gate,
        placed_by,
        cluster,
        names,
        boxes_of(table, unit),
    )


def _names_of_columns(table: GraphTable, column: Array) -> tuple[str, ...]:
    """Return "inputs", "outputs", or "layer 2" where all of a column say so, otherwise "hidden"."""
    layer, gives = table.node("layer"), table.node_gives("layer")
    is_input, is_output = table.has_role("input"), table.has_role("output")
    names = []
    for rank in range(int(column.max(initial=-1)) + 1):
        rows = column == rank
        if is_input[rows].all():
            names.append("inputs")
        elif is_output[rows].all():
            names.append("outputs")
        elif gives[rows].all() and (layer[rows] == layer[rows][0]).all():
            names.append(f"layer {layer[rows][0]:g}")
        else:
            names.append("hidden")
    return tuple(names)


def _at_distance_1(positions: Array) -> Array:
    """Return positions scaled so that the median distance of nearest neighbours is 1; nan stay."""
    from scipy.spatial import KDTree

    there = np.unique(positions[np.isfinite(positions[:, 0])], axis=0)
    if len(there) < 2:
        return positions
    nearest = np.asarray(KDTree(there).query(there, k=2)[0])[:, 1]
    return np.asarray(positions / np.median(nearest))


def _with_ends(table: GraphTable, positions: Array) -> Array:
    """Return positions with inputs that have none in a column to the left, and outputs in one to the right."""
    missing = np.isnan(positions[:, 0])
    low, high = np.nanmin(positions, axis=0), np.nanmax(positions, axis=0)
    found = positions.copy()
    for rows, x in (
        (np.flatnonzero(missing & table.has_role("input")), low[0] - 2),
        (np.flatnonzero(missing & ~table.has_role("input")), high[0] + 2),
    ):
        step = max(1.0, (high[1] - low[1]) / max(len(rows), 1))
        found[rows] = np.stack(
            [np.full(len(rows), x), (low[1] + high[1]) / 2 + ((len(rows) - 1) / 2 - np.arange(len(rows))) * step],
            axis=1,
        )
    return found
