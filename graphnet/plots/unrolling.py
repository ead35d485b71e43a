"""unrolled: a network in time, with a copy of its neurons for each step."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np

from ..errors import DataError, quoted
from ..language.arrays import Array
from ..language.delays import resolve_delays
from ..language.keywords import suggests_keywords
from ..language.table import Column, GraphTable
from ..layout import Picture, picture_of
from ..network.network import Network
from .drawing import axes_for, with_legend
from .keys import Key, keys_of_roles
from .marks import draw_names, draw_neurons
from .routes import RADIUS, routes_of
from .synapses import draw_synapses

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_COPIES = 240
MOST_SYNAPSES = 2000
"""Up to so many copies of neurons and of synapses are drawn; of more, a layer is one mark."""
BETWEEN_STEPS = 1.9
WIDEST = 46.0
"""Steps that are wider than this altogether, in distances of neighbours, would be too small to read."""
MOST_OUTSIDE = 3
"""Number of steps before the start, or after the end, whose values are drawn."""
FAINT = 0.35


@suggests_keywords
def unrolled(graph: nx.DiGraph | GraphTable | Network, n_steps: int, *, ax: Axes | None = None) -> Axes:
    """Draw a network in time: one column a step, with inputs at the bottom and outputs at the top.

    Each column has a copy of every neuron. A synapse of delay d goes from step t - d to step t, and from t + d to t
    where its target lives in reversed time. Values before the start, and after the end for reversed time, are faint.

    If that takes more than some hundred copies, each layer is one mark with its number of neurons; and if that is too
    much as well, only the first steps are drawn. The title then says so.

    Parameters
    ----------
    graph : networkx.DiGraph, networkx.MultiDiGraph, GraphTable or Network
    n_steps : int
        Number of steps.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; by default those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    GraphError
        If an attribute that is shown has a value that it does not take.
    DataError
        If ``n_steps`` is not a whole number >= 1.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> import graphnet as gn
    >>> ax = gn.plots.unrolled(gn.graphs.elman(1, 2, 1), 4)  # doctest: +SKIP

    References
    ----------
    Werbos, P. J. (1990). Backpropagation through time: what it does and how to do it. Proceedings of the IEEE 78(10).
    """
    if isinstance(n_steps, bool) or not hasattr(n_steps, "__index__") or n_steps < 1:
        raise DataError(f"n_steps={quoted(n_steps)}: must be a whole number >= 1")
    picture = picture_of(graph)
    delays = resolve_delays(picture.table)
    notes = []
    gate_delay = delays.gate_delay
    few = min(n_steps, 3)
    too_wide = few * _width_of_step(picture) > WIDEST
    if too_wide or picture.table.n_nodes * few > MOST_COPIES or picture.table.n_edges * few > MOST_SYNAPSES:
        notes.append(
            f"{picture.table.n_nodes:,} neurons and {picture.table.n_edges:,} synapses: one mark for each layer"
        )
        picture, gate_delay = _merged(picture)
    table = picture.table
    room = (MOST_COPIES / table.n_nodes, MOST_SYNAPSES / max(table.n_edges, 1), WIDEST / _width_of_step(picture))
    shown = int(min(n_steps, max(2, min(room))))
    if shown < n_steps:
        notes.insert(0, f"the first {shown} of {n_steps:,} steps")
    if picture.delay.max(initial=0) > MOST_OUTSIDE:
        notes.append(f"outside the sequence only values of {MOST_OUTSIDE} steps")
    copies, step, faint = _in_time(picture, gate_delay, shown, n_steps)
    routes = routes_of(copies, straight=True)
    at = copies.positions
    low, high = at.min(axis=0) - RADIUS - 0.35, at.max(axis=0) + RADIUS + 0.2
    if len(routes.points):
        low, high = np.minimum(low, routes.points.min(axis=(0, 1))), np.maximum(high, routes.points.max(axis=(0, 1)))
    low = low - (0, 0.45)  # for the numbers of the steps
    own = ax is None
    ax, scale = axes_for(ax, low, high)
    outside = (step < 0) | (step >= n_steps)
    keys = draw_synapses(ax, copies, routes, scale, faint)
    draw_neurons(ax, copies, np.flatnonzero(~outside), scale)
    draw_neurons(ax, copies, np.flatnonzero(outside), scale, FAINT)
    draw_names(ax, copies, scale, False, np.where(outside, FAINT + 0.15, 1.0))
    _number_steps(ax, at, step, low, scale, n_steps)
    before = [Key("role", "outside the sequence", kind="faint")] if outside.any() else []
    keys = [*keys_of_roles(copies), *before, *keys, *[Key("text", note) for note in notes]]
    return with_legend(ax, keys, scale, own)


def _width_of_step(picture: Picture) -> float:
    return float(np.ptp(picture.positions[:, 1])) + BETWEEN_STEPS


def _in_time(picture: Picture, gate_delay: Array, shown: int, n_steps: int) -> tuple[Picture, Array, Array]:
    """Return the picture of the copies, the step of each, and which synapses come from outside the sequence."""
    table = picture.table
    n, e = table.n_nodes, table.n_edges
    reverse = np.broadcast_to(table.node("reverse"), n)[table.target]
    sense = np.where(reverse, 1, -1)
    steps = np.arange(shown)
    at_target = np.repeat(steps, e)
    at_source = (steps[:, None] + sense * picture.delay).reshape(-1)
    at_gate = (steps[:, None] + sense * gate_delay).reshape(-1)
    source, target = np.tile(table.source, shown), np.tile(table.target, shown)
    gate = np.tile(picture.gate, shown)
    # of the steps that are not shown, only those that are outside the sequence
    kept = _is_shown(at_source, shown, n_steps)
    gated = kept & (gate >= 0) & _is_shown(at_gate, shown, n_steps)
    first = min(int(at_source[kept].min(initial=0)), int(at_gate[gated].min(initial=0)), 0)
    last = max(int(at_source[kept].max(initial=0)), int(at_gate[gated].max(initial=0)), shown - 1)
    n_all = last - first + 1

    def code(node: Array, step: Array) -> Array:
        return np.asarray((step - first) * n + node)

    used = np.zeros(n_all * n, bool)
    used[code(np.tile(np.arange(n), shown), np.repeat(steps, n))] = True
    used[code(source, at_source)[kept]] = True
    used[code(gate, at_gate)[gated]] = True
    rows = np.flatnonzero(used)
    place = np.full(n_all * n, -1)
    place[rows] = np.arange(len(rows))
    step, node = rows // n + first, rows % n
    upright = np.stack([-picture.positions[:, 1], picture.positions[:, 0]], axis=1)
    # a column is as wide as its neurons, of which there are few outside the sequence
    column = np.unique(step, return_inverse=True)[1]
    at = upright[node]
    left, right = np.full(column.max() + 1, np.inf), np.full(column.max() + 1, -np.inf)
    np.minimum.at(left, column, at[:, 0])
    np.maximum.at(right, column, at[:, 0])
    start = np.concatenate([[0.0], np.cumsum((right - left + BETWEEN_STEPS)[:-1])]) - left
    at = at + np.stack([start[column], 0.0 * column], axis=1)
    names: list[Hashable] = [table.nodes[i] for i in node.tolist()]
    edge = np.flatnonzero(kept) % e if e else np.zeros(0, np.int64)
    sources, targets = place[code(source, at_source)[kept]], place[code(target, at_target)[kept]]
    gates = np.where(gated, code(np.maximum(gate, 0), np.where(gated, at_gate, 0)), -1)[kept]
    copies = replace(
        picture,
        table=GraphTable(
            names,
            sources,
            targets,
            {name: _taken(c, node) for name, c in table.node_columns.items() if name in SHOWN_OF_NODES},
            {name: _taken(c, edge) for name, c in table.edge_columns.items() if name in SHOWN_OF_EDGES},
        ),
        positions=at,
        column=column,
        kind=picture.kind[edge],
        delay=np.zeros(len(edge), np.int64),  # seen in where they come from
        strength=picture.strength[edge],
        gate=np.where(gates >= 0, place[np.maximum(gates, 0)], -1),
        cluster=column,
        boxes=(),
    )
    faint = (at_source < 0) | (at_source >= n_steps)
    return copies, step, faint[kept]


def _is_shown(step: Array, shown: int, n_steps: int) -> Array:
    """True for steps that are drawn, or outside the sequence but near it."""
    return np.asarray(
        ((step < shown) & (step >= -MOST_OUTSIDE)) | ((step >= n_steps) & (step < n_steps + MOST_OUTSIDE))
    )


SHOWN_OF_NODES = ("role", "activation", "reverse", "sign")
SHOWN_OF_EDGES = ("sign",)


def _taken(column: Column, rows: Array) -> Column:
    declared = None if column.declared is None else column.declared[rows]
    return Column(column.values[rows], declared, column.names)


def _merged(picture: Picture) -> tuple[Picture, Array]:
    """Return the picture of the layers of another, each as one neuron, and the delays of gates."""
    table = picture.table
    reverse = np.broadcast_to(table.node("reverse"), table.n_nodes)
    _, first, layer = np.unique(picture.column * 2 + reverse, return_index=True, return_inverse=True)
    n_layers = len(first)
    size = np.bincount(layer)
    columns = picture.column[first]
    ends = np.stack([layer[table.source], layer[table.target], picture.delay, picture.kind])
    pairs = np.unique(ends, axis=1) if table.n_edges else ends
    role = np.full(n_layers, -1)
    for code, name in enumerate(("input", "output")):
        role[np.bincount(layer, table.has_role(name), minlength=n_layers) == size] = code
    words = [picture.cluster_names[c] if picture.cluster is picture.column else "layer" for c in columns.tolist()]
    names: list[Hashable] = [f"{word} ×{k:,}" for word, k in zip(words, size.tolist(), strict=True)]
    merged = GraphTable(
        names,
        pairs[0],
        pairs[1],
        {"role": Column(role, role >= 0, ("input", "output")), "reverse": Column(reverse[first].copy())},
    )
    # forward and reversed time of one layer are side by side
    side = np.zeros(n_layers)
    both = np.bincount(columns)[columns] > 1
    side[both] = np.where(reverse[first][both], -0.6, 0.6)
    return replace(
        picture,
        table=merged,
        positions=np.stack([1.6 * columns, side], axis=1),
        column=columns,
        kind=pairs[3],
        delay=pairs[2],
        strength=np.full(pairs.shape[1], np.nan),
        gate=np.full(pairs.shape[1], -1),
        cluster=columns,
        boxes=(),
    ), np.zeros(pairs.shape[1], np.int64)


def _number_steps(ax: Axes, at: Array, step: Array, low: Array, scale: float, n_steps: int) -> None:
    """Write the number of each step below its column, over a light band."""
    from matplotlib.collections import PolyCollection

    bands: list[Any] = []
    top = ax.get_ylim()[1]
    for number in np.unique(step).tolist():
        x = at[step == number, 0]
        inside = 0 <= number < n_steps
        left, right = x.min() - RADIUS - 0.2, x.max() + RADIUS + 0.2
        if inside:
            bands.append([(left, low[1] + 0.4), (right, low[1] + 0.4), (right, top), (left, top)])
        ax.text(
            (left + right) / 2,
            low[1] + 0.3,
            f"t = {number}".replace("-", "\N{MINUS SIGN}"),
            fontsize=float(np.clip(0.17 * scale, 4.5, 9)),
            ha="center",
            va="top",
            color="#333333" if inside else "#999999",
        ).set_in_layout(False)
    ax.add_collection(PolyCollection(bands, facecolors="#F4F4F4", linewidths=0, zorder=0.1), autolim=False)
