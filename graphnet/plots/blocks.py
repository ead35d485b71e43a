"""Matrix of a network: strengths of synapses from each neuron to each, in compiled order or sorted by an attribute."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..analysis.recording import check_network
from ..compiler.program import Program
from ..language.arrays import Array
from ..language.delays import resolve_delays
from ..language.keywords import suggests_keywords
from ..language.table import GraphTable
from ..network.network import Network
from .figure import COLOURS, new_axes
from .labels import inches_from, label_cells
from .shades import scale_of
from .sorting import Classes, classes_of
from .stages import MOST_CLASSES, MOST_NAMES, mark_classes, mark_program, outline_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_CELLS = 400
"""Neurons with a row each; of more, counts of synapses or means of classes are drawn."""
ROWS_OF_COUNTS = 200
COUNTS = "Greys"
"""Colours of counts, which are drawn on white where there are none."""
MAP = 80
"""Rows of the small map of delays."""
MOST_DELAYS = 5
"""Delays with a colour each in that map; longer ones share the last."""
OF_DELAYS = ("#BDBDBD", *COLOURS[:4])
SEVERAL, GATED = "#F0E442", "black"


@dataclass(frozen=True, eq=False)
class _Cells:
    """Synapses in a square of ``n`` rows and columns: those of each neuron, or of several."""

    n: int
    row: Array
    column: Array
    delay: Array
    is_gated: Array
    strength: Array

    def sums(self, of: Array | None = None) -> Array:
        """Return sums over the synapses of each cell, (n, n); their numbers if nothing is given."""
        return np.bincount(self.row * self.n + self.column, of, self.n**2).reshape(self.n, self.n)

    def pooled(self, groups: Array) -> _Cells:
        """Return the synapses in the square of groups of rows, of which (n,) is the group of each."""
        n = int(groups.max()) + 1
        return _Cells(n, groups[self.row], groups[self.column], self.delay, self.is_gated, self.strength)


@suggests_keywords
def matrix(net: Network, *, by: str | None = None, ax: Axes | None = None) -> Axes:
    """Plot the matrix of a network: a row for each target, a column for each source, the strength scale * w as colour.

    Without ``by`` neurons are in the order in which they are computed: inputs, then stage after stage, and in a stage
    that is scanned step by step level after level.  Thick lines separate stages, thin ones levels; outlines are the
    blocks of synapses that are computed at once, as in ``net.summary()``.

    Parameters
    ----------
    net : Network
    by : str, optional
        Attribute of nodes by whose values they are sorted, such as "type".
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; by default those of a new figure.  Scale and legend are to the right of them.

    Returns
    -------
    matplotlib.axes.Axes
        Parallel synapses add up.  Of up to 40 neurons, names are written, delays above 0 where there are several, and
        a corner marks cells with a gated synapse; of more, a small map has the delays (``ax.child_axes``).  Of more
        than 400 neurons, colours are numbers of synapses between groups of neurons, or, sorted, the mean over neurons
        of a class of the summed strength from another class; the title says so.

    Raises
    ------
    DataError
        If ``net`` is not a network.
    GraphError
        If no node has the attribute.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> import graphnet as gn
    >>> net = gn.compile(gn.graphs.lstm(2, 3, 1), seed=0)
    >>> gn.plots.matrix(net)  # doctest: +SKIP
    """
    table, program = check_network(net, "matrix").to_table(), net.program
    classes = None if by is None else classes_of(table, by, np.arange(table.n_nodes))
    cells = _cells_of(table, program.order if classes is None else classes.nodes)
    n, said, label = cells.n, "", "strength (scale * weight)"
    height = 6.2 if n <= MOST_CELLS or classes is None else 7.6
    is_new, ax = ax is None, new_axes(ax, size=(height + 4.0, height))
    if n <= MOST_CELLS:
        _draw_frame(ax, n)
        image, extend = _draw_strengths(ax, cells)
        if n <= MOST_NAMES:
            names = [table.nodes[i] for i in (program.order if classes is None else classes.nodes).tolist()]
            label_cells(ax, "y", np.arange(n), names, n)
            label_cells(ax, "x", np.arange(n), names, n)
    elif classes is not None and len(classes.names) <= MOST_CLASSES:
        groups = np.repeat(np.arange(len(classes.names)), np.diff(classes.starts))
        said = f"{n:,} neurons in {len(classes.names)} classes: means over the neurons of the target's class"
        cells = cells.pooled(groups)
        _draw_frame(ax, cells.n)
        image, extend = _draw_means(ax, cells, np.diff(classes.starts))
        label = "summed strength onto a neuron"
        classes = Classes(classes.nodes, np.arange(cells.n + 1), classes.names)
    else:
        size = -(-n // ROWS_OF_COUNTS)
        said = f"{n:,} neurons, {len(cells.row):,} synapses: numbers between groups of {size} neurons"
        cells = cells.pooled(np.arange(n) // size)
        _draw_frame(ax, cells.n)
        image, extend = _draw_counts(ax, cells)
        label = f"synapses in {size} × {size} pairs of neurons"
    scale = n / cells.n if classes is None or cells.n == n else 1.0
    if classes is None:
        side = mark_program(ax, program, scale, outlines=n <= MOST_CELLS)
    else:
        side = mark_classes(ax, classes, n <= MOST_NAMES, cells.n)
    if is_new:
        ax.get_figure().set_size_inches(height + 0.4 + side + 2.3, height)  # type: ignore[union-attr]
    if len(cells.row):
        _draw_scale(ax, side, image, extend, label)
    else:
        said = "no synapses"
    _explain(ax, side, cells, n <= MOST_NAMES, program if classes is None and n <= MOST_CELLS else None)
    order = "in compiled order" if by is None else f"by {by}"
    ax.set_xlabel(f"source, {order}", parse_math=False)
    ax.set_ylabel(f"target, {order}", parse_math=False)
    if said:
        ax.set_title(said, fontsize=9, parse_math=False)
    return ax


def _cells_of(table: GraphTable, order: Array) -> _Cells:
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    delays = resolve_delays(table)
    strength = table.edge("scale") * table.edge("weight")
    return _Cells(len(order), place[table.target], place[table.source], delays.delay, delays.gate >= 0, strength)


def _draw_frame(ax: Axes, n: int) -> None:
    ax.set(xlim=(-0.5, n - 0.5), ylim=(n - 0.5, -0.5), aspect="equal", anchor="W")
    ax.xaxis.tick_top()
    ax.xaxis.set_label_position("top")
    ax.set(xticks=[], yticks=[])
    ax.apply_aspect()  # sizes of text follow from the size of the square


def _draw_values(ax: Axes, values: Any) -> tuple[Any, str]:
    """Draw signed values and return their image, and the ends of the scale beyond which there are some."""
    scale = scale_of(values.compressed(), signed=True)
    extend = scale.pop("extend")
    return ax.imshow(values, interpolation="nearest", aspect="equal", **scale), extend


def _draw_strengths(ax: Axes, cells: _Cells) -> tuple[Any, str]:
    counts = cells.sums()
    values = np.ma.masked_where(counts == 0, cells.sums(cells.strength))
    image, extend = _draw_values(ax, values)
    if cells.n > MOST_NAMES:
        return image, extend
    from matplotlib.collections import PatchCollection
    from matplotlib.patches import Polygon, Rectangle

    rows, columns = np.nonzero(counts)
    frames = [Rectangle((x - 0.5, y - 0.5), 1, 1) for x, y in zip(columns, rows, strict=True)]
    ax.add_collection(PatchCollection(frames, facecolor="none", edgecolor="0.75", linewidth=0.4))
    gated = np.unique(np.stack([cells.column, cells.row])[:, cells.is_gated], axis=1).T
    corners = [Polygon([(x + 0.5, y - 0.5), (x + 0.05, y - 0.5), (x + 0.5, y - 0.05)]) for x, y in gated]
    ax.add_collection(PatchCollection(corners, facecolor=GATED, linewidth=0, zorder=3))
    if len(np.unique(cells.delay)) > 1:
        _write_delays(ax, cells, values, image.norm.vmax)
    return image, extend


def _write_delays(ax: Axes, cells: _Cells, values: Any, limit: float) -> None:
    shown: dict[tuple[int, int], list[int]] = {}
    for y, x, delay in zip(cells.row.tolist(), cells.column.tolist(), cells.delay.tolist(), strict=True):
        shown.setdefault((y, x), []).append(delay)
    width = ax.get_window_extent().width / ax.get_figure().dpi * 72  # type: ignore[union-attr] # points
    size = float(np.clip(0.5 * width / cells.n, 3.5, 9.0))
    for (y, x), several in shown.items():
        least, most = min(several), max(several)
        if most:
            text = f"{most}" if least == most else f"{least},{most}" if most == least + 1 else f"{least}–{most}"
            colour = "white" if abs(values[y, x]) > 0.6 * limit else "black"
            small = size * min(1.0, 2.2 / len(text))
            ax.text(x, y + 0.05, text, ha="center", va="center", fontsize=small, color=colour)


def _draw_means(ax: Axes, cells: _Cells, sizes: Array) -> tuple[Any, str]:
    values = cells.sums(cells.strength) / sizes[:, np.newaxis]
    return _draw_values(ax, np.ma.masked_where(cells.sums() == 0, values))


def _draw_counts(ax: Axes, cells: _Cells) -> tuple[Any, str]:
    from matplotlib.colors import LogNorm

    counts = cells.sums()
    norm = LogNorm(0.5, max(int(counts.max(initial=0)), 2))  # one synapse is not white
    shown = np.ma.masked_equal(counts, 0)
    return ax.imshow(shown, interpolation="nearest", aspect="equal", cmap=COUNTS, norm=norm), "neither"


def _draw_scale(ax: Axes, side: float, image: Any, extend: str, label: str) -> None:
    bar = ax.inset_axes((side + 0.3, -2.1, 0.13, 2.0), transform=inches_from(ax, 1, 1))
    made = image.figure.colorbar(image, cax=bar, extend=extend)
    made.outline.set_visible(False)
    made.ax.tick_params(labelsize=8)
    made.set_label(label, fontsize=8)
    if image.norm.vmin > 0:  # counts
        ticks = np.outer(10.0 ** np.arange(10), [1, 2, 5]).ravel() if image.norm.vmax < 100 else 10.0 ** np.arange(10)
        shown = [each for each in ticks.tolist() if each <= image.norm.vmax]
        made.set_ticks(shown, labels=[f"{each:,.0f}" for each in shown])
        made.ax.minorticks_off()


def _explain(ax: Axes, side: float, cells: _Cells, is_small: bool, program: Program | None) -> None:
    """Add a legend of what occurs, and of many neurons a map of delays."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    delays = np.unique(cells.delay)
    handles: list[Any] = []
    if program is not None and len(program.blocks):
        for is_dense, kind in ((True, "dense"), (False, "sparse")):
            if (program.blocks["dense"] == is_dense).any():
                style = outline_of(is_dense)
                handles.append(Line2D([], [], color="black", linewidth=1.1, linestyle=style, label=f"{kind} block"))
    if is_small:
        if len(delays) > 1:
            handles.append(
                Line2D(
                    [], [], linestyle="", marker="$1$", color="black", markersize=5, label="delay, in steps; none: 0"
                )
            )
        elif len(delays) == 1:
            handles.append(Line2D([], [], linestyle="", label=f"all delays: {delays[0]}"))
        if cells.is_gated.any():
            handles.append(
                Line2D(
                    [],
                    [],
                    linestyle="",
                    marker="$\N{BLACK UPPER RIGHT TRIANGLE}$",
                    color=GATED,
                    markersize=5,
                    label="gated synapse",
                )
            )
        top = -2.45
    else:
        handles += [Patch(facecolor=colour, label=text) for colour, text in _draw_delays(ax, side, cells, delays)]
        top = -4.25 if ax.child_axes[1:] else -2.45
    if handles:
        ax.legend(
            handles=handles,
            loc="upper left",
            bbox_to_anchor=(side + 0.22, top),
            bbox_transform=inches_from(ax, 1, 1),
            frameon=False,
            fontsize=8,
            borderaxespad=0,
            handlelength=1.6,
        )


def _draw_delays(ax: Axes, side: float, cells: _Cells, delays: Array) -> list[tuple[str, str]]:
    """Draw a small map of delays and gates, and return its colours and their meaning."""
    from matplotlib.colors import ListedColormap

    if len(delays) < 2 and not cells.is_gated.any():
        return [("none", f"all delays: {delays[0]}")] if len(delays) else []
    few = cells.pooled(np.arange(cells.n) * MAP // cells.n) if cells.n > MAP else cells
    rank = np.minimum(np.searchsorted(delays, few.delay), MOST_DELAYS - 1)
    at = few.row * few.n + few.column
    least, most = np.full(few.n**2, MOST_DELAYS), np.full(few.n**2, -1)
    np.minimum.at(least, at, rank)
    np.maximum.at(most, at, rank)
    code = np.where(least == most, most, MOST_DELAYS)
    code[at[few.is_gated]] = MOST_DELAYS + 1
    colours = [*OF_DELAYS, SEVERAL, GATED]
    small = ax.inset_axes((side + 0.3, -4.15, 1.5, 1.5), transform=inches_from(ax, 1, 1))
    small.imshow(
        np.ma.masked_where(most < 0, code).reshape(few.n, few.n),
        cmap=ListedColormap(colours),
        vmin=-0.5,
        vmax=len(colours) - 0.5,
        interpolation="nearest",
    )
    small.set(xticks=[], yticks=[])
    small.set_title("delays, in steps", fontsize=8)
    texts = [f"{delay}" for delay in delays[: MOST_DELAYS - 1].tolist()]
    if len(delays) >= MOST_DELAYS:
        last = delays[MOST_DELAYS - 1]
        texts.append(f"{last}" if len(delays) == MOST_DELAYS else f"{last} or more")
    gated = np.unique(cells.delay[cells.is_gated])
    of_gated = f"{gated[0]}" if len(gated) == 1 else f"{gated[0]} to {gated[-1]}" if len(gated) else ""
    texts += [""] * (MOST_DELAYS - len(texts)) + ["several", f"gated: {of_gated}"]
    return [(colours[each], texts[each]) for each in np.unique(code[most >= 0]).tolist()]
