"""draw: a drawing or a network as neurons and synapses, told apart by what they do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np

from ..errors import DataError, quoted
from ..language.arrays import Array
from ..language.keywords import suggests_keywords
from ..language.table import GraphTable
from ..layout import Picture, picture_of
from ..layout.given import Positions
from ..network.network import Network
from .boxing import draw_boxes
from .bundles import curves_of, draw_bundles
from .figure import new_axes
from .keys import Key, draw_legend, keys_of_roles
from .marks import draw_names, draw_neurons
from .ribbons import draw_density, draw_ribbons, planned_ribbons
from .routes import RADIUS, routes_of
from .synapses import draw_synapses

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_SYNAPSES = 2000
"""Up to so many synapses each is drawn; more are bundled."""
MOST_NEURONS = 2000
"""Up to so many neurons each is drawn; more are a density."""
MOST_CURVES = 20_000
"""Up to so many synapses each is a curve of its own."""
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
    as_ribbons = dense or table.n_edges > MOST_CURVES
    if routes is not None:
        lines = routes.points
    else:
        lines = planned_ribbons(picture).ribbons if as_ribbons else curves_of(picture)
    low, high = _extent(picture, lines)
    own = ax is None
    ax, scale = axes_for(ax, low, high)
    keys: list[Key] = []
    if dense:
        keys += draw_density(ax, picture, scale)
    elif as_ribbons:
        keys += draw_ribbons(ax, picture, scale)
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
    return with_legend(ax, keys, scale, own)


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
        low, high = low - margin, high + np.maximum(margin, (0, 0.08 * (high - low)[1]))
    return low, high


def axes_for(ax: Axes | None, low: Array, high: Array) -> tuple[Axes, float]:
    """Return the axes from one corner to another, and how many points a unit of the positions will take on them."""
    extent = high - low
    if ax is None:
        scale = float(min(POINTS_OF_UNIT, WIDEST * 72 / extent[0], HIGHEST * 72 / extent[1]))
        ax = new_axes(None, size=_size(extent, scale))
    else:
        ax = new_axes(ax)
        box, dpi = ax.get_window_extent(), ax.get_figure(root=True).dpi  # type: ignore[union-attr]  # on a figure
        scale = float(min(box.width / extent[0], 0.85 * box.height / extent[1]) * 72 / dpi)
    ax.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), aspect="equal")
    ax.set_axis_off()
    return ax, scale


def with_legend(ax: Axes, keys: list[Key], scale: float, own: bool) -> Axes:
    """Draw the legend, for which a figure of our own becomes higher, and return the axes."""
    inches = draw_legend(ax, keys)
    if own:
        extent = np.array([np.ptp(ax.get_xlim()), np.ptp(ax.get_ylim())])
        width, height = _size(extent, scale)
        ax.get_figure(root=True).set_size_inches(width, height + inches)  # type: ignore[union-attr]
    return ax


def _size(extent: Array, scale: float) -> tuple[float, float]:
    width, height = extent * scale / 72
    return max(float(width), 3.4) + 0.1, float(height) + 0.1


def _keys_of_boxes(left_out: list[Any]) -> list[Key]:
    words = []
    for what, noun in (("unit", "gated units"), ("group", "groups"), ("tie", "ties of neurons")):
        n = sum(box.what == what for box in left_out)
        if n:
            words.append(f"{n} {noun if n > 1 else noun.replace('s', '', 1) if what != 'unit' else 'gated unit'}")
    return [Key("text", f"{', '.join(words)} not boxed: others lie between")] if words else []
