"""draw: a drawing or a network as neurons and synapses, told apart by what they do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np

from ..errors import DataError, quoted
from ..language.arrays import Array
from ..language.feedback import KINDS
from ..language.keywords import suggests_keywords
from ..language.table import GraphTable
from ..layout import Picture, picture_of
from ..layout.given import Positions
from ..network.network import Network
from .boxing import draw_boxes
from .bundles import bundle_lines, draw_bundles, draw_density
from .figure import COLOURS_OF_KINDS, LINES_OF_KINDS, NEGATIVE, POSITIVE, new_axes
from .keys import Key, draw_legend, keys_of_roles, space_of_legend
from .marks import INK, draw_names, draw_neurons
from .routes import MOST_LOOPS, RADIUS, Routes, arrowheads, bars, gate_routes, routes_of
from .signs import signs_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_SYNAPSES = 2000
"""Up to so many synapses each is drawn; more are bundled."""
MOST_NEURONS = 2000
"""Up to so many neurons each is drawn; more are a density."""
MOST_DELAYS = 120
"""Up to so many delays above 1 are written."""
GATE = "#000000"
POINTS_OF_UNIT, WIDEST, HIGHEST = 58.0, 13.0, 9.0
"""Points that a unit of the positions takes in a figure of our own, and its largest size in inches."""


@suggests_keywords
def draw(
    graph: nx.DiGraph | GraphTable | Network,
    *,
    positions: Positions | None = None,
    labels: bool | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw a network: neurons in columns by layers, and synapses by their kind of feedback.

    Forward, direct, lateral and indirect synapses differ in colour and line. Gates are dotted lines that end on the
    synapse that they multiply; delays above 1 are written; gated units, groups and ties of neurons are boxed. Where
    strengths are known, the width of a line is the strength; where signs are, a red triangle excites and a blue bar
    inhibits. The legend lists what occurs.

    More than 2,000 synapses are drawn as bundles, and more than 2,000 neurons as a density; the title then says so.

    Parameters
    ----------
    graph : networkx.DiGraph, networkx.MultiDiGraph, GraphTable or Network
        It need not be a whole network yet; of a network its learnt numbers are drawn.
    positions : {node: (x, y)}, str or two str, optional
        Positions; or the attribute of nodes that has pairs (x, y), or names a class, such as a cell type, whose
        neurons come together; or two attributes, such as ("x", "y").  By default those that the drawing has as
        ``pos``, or as ``x`` and ``y``; otherwise neurons are placed by layers, or by their distance from the inputs
        where no layers are declared.
    labels : bool, optional
        Whether to write names; by default where there is room for them.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; by default those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    GraphError
        If an attribute that is shown has a value that it does not take, or a position is missing or not finite.
    DataError
        If ``labels`` is not True, False or None.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> import graphnet as gn
    >>> ax = gn.plots.draw(gn.graphs.lstm(1, 1, 1))  # doctest: +SKIP
    >>> ax.figure.savefig("lstm.png")  # doctest: +SKIP
    """
    if labels not in (None, True, False):
        raise DataError(f"labels={quoted(labels)}: must be True, False or None")
    picture = picture_of(graph, positions)
    table = picture.table
    dense = table.n_nodes > MOST_NEURONS
    bundled = dense or table.n_edges > MOST_SYNAPSES
    routes = None if bundled else routes_of(picture)
    low, high = _extent(picture, routes.points if routes is not None else bundle_lines(picture, dense))
    ax, scale = axes_for(ax, high - low)
    ax.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), aspect="equal")
    ax.set_axis_off()
    keys: list[Key] = []
    if dense:
        keys += draw_density(ax, picture, scale)
    elif bundled:
        keys += draw_bundles(ax, picture, scale)
    else:
        assert routes is not None
        keys += draw_synapses(ax, picture, routes, scale)
    if not dense:
        left_out = draw_boxes(ax, picture, scale, labels is not False)
        draw_neurons(ax, picture, np.arange(table.n_nodes), scale)
        if labels is not False:
            draw_names(ax, picture, scale, labels is True)
        keys = [*keys_of_roles(picture), *keys, *_keys_of_boxes(left_out)]
    draw_legend(ax, keys)
    return ax


def draw_synapses(ax: Axes, picture: Picture, routes: Routes, scale: float, faint: Array | None = None) -> list[Key]:
    """Draw synapses one by one, and return what the legend says of them."""
    from matplotlib.collections import LineCollection, PolyCollection

    table = picture.table
    width, keys = _widths(picture, scale)
    sign = signs_of(picture)
    n = table.n_edges
    # many parallel self-loops lie on each other: as many as are seen are drawn
    alpha = np.full(n, 0.95 if n < 400 else 0.75)
    if faint is not None:
        alpha = np.where(faint, 0.3, alpha)
    points = routes.points.copy()
    points[sign < 0, -1] = routes.tip[sign < 0]  # a bar is at the end of its line, a triangle goes on from it
    for code, kind in enumerate(KINDS):
        rows = np.flatnonzero(picture.kind == code)
        if not len(rows):
            continue
        ax.add_collection(
            LineCollection(
                points[rows],
                colors=COLOURS_OF_KINDS[kind],
                linewidths=width[rows],
                linestyles=LINES_OF_KINDS[kind],
                alpha=alpha[rows],
                zorder=2 if kind != "forward" else 1.5,
            ),
            autolim=False,
        )
    size = np.clip(width / max(0.02 * scale, 0.3), 0.7, 1.4)
    kinds = np.array([COLOURS_OF_KINDS[kind] for kind in KINDS])
    colours = np.where(sign > 0, POSITIVE, np.where(sign < 0, NEGATIVE, kinds[picture.kind]))
    for rows, shapes in ((np.flatnonzero(sign >= 0), arrowheads), (np.flatnonzero(sign < 0), bars)):
        if len(rows):
            some = Routes(routes.points[rows], routes.tip[rows], routes.along[rows], routes.middle[rows])
            heads = PolyCollection(shapes(some, size[rows]), facecolors=colours[rows], linewidths=0, zorder=3)
            heads.set_alpha(list(alpha[rows]))
            ax.add_collection(heads, autolim=False)
    found = [Key("line", kind, kind=kind) for code, kind in enumerate(KINDS) if (picture.kind == code).any()]
    found += _draw_gates(ax, picture, routes, scale)
    found += _draw_delays(ax, picture, routes, scale)
    found += _draw_ties(ax, picture, routes, scale)
    if (sign > 0).any():
        found.append(Key("excites", "strength > 0"))
    if (sign < 0).any():
        found.append(Key("inhibits", "strength < 0"))
    found += keys
    loops = np.flatnonzero(table.source == table.target)
    nodes, counts = np.unique(table.source[loops], return_counts=True)
    for node, count in zip(nodes, counts, strict=True):
        if count > MOST_LOOPS:
            x, y = routes.middle[loops[table.source[loops] == node]].mean(axis=0)
            _write(ax, x, y, f"×{count}", scale, COLOURS_OF_KINDS["direct"])
    return found


def _widths(picture: Picture, scale: float) -> tuple[Array, list[Key]]:
    """Return the width of each line in points: by strength where all are known, otherwise the same for all."""
    base = float(np.clip(0.02 * scale, 0.3, 1.2))
    strength = np.abs(picture.strength)
    known = np.isfinite(strength)
    if not known.all() or np.ptp(strength[known]) <= 1e-6 * strength[known].max():
        return np.full(len(strength), base), []
    largest = strength[known].max()
    width = np.where(known, base * (0.4 + 2.6 * np.where(known, strength, 0) / largest), base)
    return width, [Key("width", f"|strength| ≤ {largest:.3g}")]


def _draw_gates(ax: Axes, picture: Picture, routes: Routes, scale: float) -> list[Key]:
    from matplotlib.collections import LineCollection

    rows, gates = gate_routes(picture, routes)
    if not len(rows):
        return []
    alpha = 0.9 if len(rows) <= 40 else 0.45
    width = float(np.clip(0.019 * scale, 0.3, 1.1))
    ax.add_collection(
        LineCollection(gates.points, colors=GATE, linewidths=width, linestyles=(0, (1, 1.6)), alpha=alpha, zorder=2.5),
        autolim=False,
    )
    ax.scatter(
        *routes.middle[rows].T, s=(0.11 * scale) ** 2, marker="D", color=GATE, linewidths=0, zorder=3.5, alpha=alpha
    )
    return [Key("gate", "gate")]


def _draw_delays(ax: Axes, picture: Picture, routes: Routes, scale: float) -> list[Key]:
    rows = np.flatnonzero(picture.delay > 1)
    if not len(rows):
        return []
    most = int(picture.delay.max())
    if len(rows) > MOST_DELAYS or scale < 28:
        return [Key("text", f"{len(rows):,} delays of 2 to {most} steps, not written")]
    # along a fan of parallel synapses one label after the other, beside gates
    part = np.where(picture.gate[rows] >= 0, 0.68, 0.5) + 0.16 * ((np.arange(len(rows)) % 3) - 1) * (len(rows) > 2)
    for row, (x, y) in zip(rows, Routes(*(each[rows] for each in vars(routes).values())).at(part), strict=True):
        _write(ax, float(x), float(y), f"z⁻{_superscript(int(picture.delay[row]))}", scale, INK)
    return [Key("delay", "delay of k > 1 steps")]


def _draw_ties(ax: Axes, picture: Picture, routes: Routes, scale: float) -> list[Key]:
    from .figure import COLOURS

    column = picture.table.edge_columns.get("tie")
    if column is None or column.names is None:
        return []
    tie = picture.table.edge("tie")
    count = np.bincount(tie[tie >= 0], minlength=len(column.names))
    shared = np.flatnonzero(count > 1)
    if not len(shared):
        return []
    rows = np.flatnonzero((tie >= 0) & (count[tie] > 1))
    colours = np.array(COLOURS)[np.searchsorted(shared, tie[rows]) % len(COLOURS)]
    places = routes.points[rows, 5]
    ax.scatter(*places.T, s=(0.1 * scale) ** 2, marker="o", c="white", edgecolors=colours, linewidths=0.9, zorder=3.4)
    ties = "1 tie" if len(shared) == 1 else f"{len(shared)} ties, by colour"
    return [Key("tie", f"one weight: {ties}")]


def _write(ax: Axes, x: float, y: float, words: str, scale: float, colour: str) -> None:
    text = ax.text(
        x,
        y,
        words,
        fontsize=float(np.clip(0.15 * scale, 4.0, 8.0)),
        ha="center",
        va="center",
        color=colour,
        zorder=5,
        bbox={"boxstyle": "round,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.85},
    )
    text.set_in_layout(False)


def _superscript(number: int) -> str:
    return str(number).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))


def _extent(picture: Picture, lines: Array) -> tuple[Array, Array]:
    """Return the lower left and the upper right corner of what is drawn."""
    at = picture.positions
    margin = RADIUS + 0.25
    low, high = at.min(axis=0) - margin, at.max(axis=0) + margin
    for box in picture.boxes:
        if box.what == "unit":
            low = np.minimum(low, at[box.rows].min(axis=0) - 0.95)
            high = np.maximum(high, at[box.rows].max(axis=0) + 1.1)
    if len(lines):
        low = np.minimum(low, lines.min(axis=(0, 1)) - 0.1)
        high = np.maximum(high, lines.max(axis=(0, 1)) + 0.1)
    if len(at) > MOST_NEURONS or picture.placed_by.startswith("classes"):  # names of blocks
        margin = np.array([0.02, 0.04]) * (high - low)
        low, high = low - margin, high + margin
    return low, high


def axes_for(ax: Axes | None, extent: Array) -> tuple[Axes, float]:
    """Return the axes, and how many points a unit of the positions will take on them."""
    if ax is None:
        scale = float(min(POINTS_OF_UNIT, WIDEST * 72 / extent[0], HIGHEST * 72 / extent[1]))
        width, height = extent * scale / 72
        width = max(width, 3.4)
        return new_axes(None, size=(width + 0.1, height + space_of_legend(width))), scale
    ax = new_axes(ax)
    box = ax.get_window_extent()
    dpi = ax.get_figure(root=True).dpi  # type: ignore[union-attr]  # axes that are drawn on are on a figure
    return ax, float(min(box.width / extent[0], 0.85 * box.height / extent[1]) * 72 / dpi)


def _keys_of_boxes(left_out: list[Any]) -> list[Key]:
    words = []
    for what, noun in (("unit", "gated units"), ("group", "groups"), ("tie", "ties of neurons")):
        n = sum(box.what == what for box in left_out)
        if n:
            words.append(f"{n} {noun if n > 1 else noun.replace('s', '', 1) if what != 'unit' else 'gated unit'}")
    return [Key("text", f"{', '.join(words)} not boxed: others lie between")] if words else []
