"""Activity: values of neurons over one sequence, as lines or as a raster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ..analysis.recording import Recording, check_network, record_sample
from ..errors import DataError
from ..graphs.choices import Choice, choose_nodes
from ..language.arrays import Array
from ..language.keywords import suggests_keywords
from ..language.nearest import did_you_mean
from ..language.table import GraphTable
from ..network.network import Network
from .figure import COLOURS, new_axes
from .labels import PLAIN, label_cells, label_series
from .shades import colour_bar, scale_of
from .sorting import Classes, classes_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

KINDS = ("lines", "raster")
MOST_LINES = 12
MOST_NAMES = 40
"""Rows of a raster that are named one by one."""
MOST_NAMED = 80
"""Classes that are named."""
MOST_ROWS = 400
"""Rows of a raster; of more neurons the means of classes are drawn, or every second, third, ... one."""
LATEST_END = 0.75
"""Part of the axes up to which the end of a sequence leaves room for names."""
LARGEST = 1e100
"""Larger values are left out like those that are not finite: matplotlib computes with their squares."""
LINES: list[tuple[str, Any]] = [(colour, style) for style in ("solid", (0, (4, 1.5))) for colour in COLOURS[:7]]
"""Colours and styles of lines, all of which differ; yellow is too pale for one."""


@suggests_keywords
def activity(
    net: Network,
    inputs: Any,
    nodes: Choice | None = None,
    *,
    sample: int = 0,
    lengths: Any = None,
    by: str | None = None,
    kind: Literal["lines", "raster"] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Plot the values of neurons over one sequence.

    Parameters
    ----------
    net : Network
    inputs : (n_samples, n_steps, n_inputs)
    nodes : list, {attribute: value or list of values}, or function of (node, attributes), optional
        Nodes that are drawn, by default all that are not inputs.
    sample : int
        Sequence that is drawn, from 0 on.
    lengths : (n_samples,), optional
        Number of steps of each sequence; the end of one that ends early is marked.
    by : str, optional
        Attribute of nodes by whose values a raster is sorted; of more than 400 neurons it has the mean of each value.
    kind : "lines" or "raster", optional
        By default lines for up to 12 neurons, and a raster, with a row for each, for more.  Of more than 400 it has
        every second, third, ... one, which its title says.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; by default those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        Time is in steps from 0 on, or in the unit of ``dt`` where that is not 1.  Values that are not finite are gaps
        in lines, and hatched in a raster.

    Raises
    ------
    GraphError
        If a node, an attribute or a value does not exist.
    DataError
        If inputs, lengths or ``sample`` do not fit, or no node is chosen.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> import graphnet as gn
    >>> net = gn.compile(gn.graphs.elman(1, 3, 1), seed=0)
    >>> gn.plots.activity(net, np.ones((1, 20, 1)), {"role": "output"})  # doctest: +SKIP
    """
    table = check_network(net, "activity").to_table()
    if kind is not None and kind not in KINDS:
        raise DataError(f"kind={kind!r} is not one of 'lines', 'raster'{did_you_mean(kind, KINDS)}")
    chosen = np.flatnonzero(~table.has_role("input")) if nodes is None else choose_nodes(table, nodes, "nodes")
    if not len(chosen):
        raise DataError("nodes: none is chosen, and a plot has at least one")
    if kind is None:
        kind = "lines" if len(chosen) <= MOST_LINES and by is None else "raster"
    if kind == "lines":
        if by is not None:
            raise DataError("by: only a raster is sorted; give kind='raster'")
        if len(chosen) > len(LINES):
            raise DataError(f"kind='lines': {len(chosen)} nodes; lines of more than {len(LINES)} cannot be told apart")
    classes = None if by is None else classes_of(table, by, chosen)
    shown = chosen if classes is None else classes.nodes
    if len(shown) > MOST_ROWS and classes is None:
        shown = shown[:: -(-len(shown) // MOST_ROWS)]
    recording = record_sample(net, inputs, shown, sample=sample, lengths=lengths)
    n_named = len(shown) * (len(shown) <= MOST_NAMES) if classes is None else len(classes.names)
    height = (
        4.0 if kind == "lines" or len(shown) <= MOST_NAMES // 2 else max(5.6, 0.8 + 0.11 * min(n_named, MOST_NAMED))
    )
    ax = new_axes(ax, size=(6.8, height))
    if kind == "lines":
        _draw_lines(ax, recording, [table.nodes[i] for i in shown.tolist()], net.dt)
    else:
        _draw_raster(ax, recording, table, shown, len(chosen), by, classes, net.dt)
    mark_time(ax, recording, net.dt, in_cells=kind == "raster")
    return ax


def mark_time(
    ax: Axes, recording: Recording, dt: float, *, in_cells: bool, label: bool = True, note: bool = True
) -> None:
    """Set limits and label of an axis of time, with steps as cells or points, and mark an early end of a sequence.

    The label has a note on that end, unless there is no room for one.
    """
    from matplotlib.ticker import MaxNLocator

    last = recording.n_padded - 1
    margin = 0.5 if in_cells or not last else 0.0
    ax.set_xlim(-margin * dt, (last + margin) * dt)
    if last:
        ax.xaxis.set_major_locator(MaxNLocator(8, integer=dt == 1))
    else:
        ax.set_xticks([0])
    if recording.ends_early:
        end = (recording.n_steps - 0.5) * dt
        ax.axvspan(end, (last + margin) * dt, facecolor="0.93", edgecolor="none", zorder=0.5)
        ax.axvline(end, color="0.25", linewidth=1, zorder=2.5)
    if label:
        past = " (grey: past the end of the sequence)" if recording.ends_early and note else ""
        ax.set_xlabel(("step" if dt == 1 else "time, in the unit of dt") + past)


def draw_series(ax: Axes, recording: Recording, values: Array, names: list[Any], dt: float) -> None:
    """Draw series (n, n_steps) as lines with their names at the ends; what is not finite is a gap."""
    finite = drawable(values)
    times = np.arange(values.shape[1]) * dt
    marker = "o" if values.shape[1] == 1 else None
    drawn = [
        ax.plot(times, row, color=colour, linestyle=style, linewidth=1.5, marker=marker, markersize=4)[0]
        for row, (colour, style) in zip(finite, LINES * (len(finite) // len(LINES) + 1), strict=False)
    ]
    ax.spines[["top", "right"]].set_visible(False)
    low, high = ax.get_ylim()
    if low < 0 < high:
        ax.axhline(0, color="0.8", linewidth=0.8, zorder=0)
        ax.set_ylim(low, high)
    last = finite.shape[1] - 1 - np.isfinite(finite)[:, ::-1].argmax(axis=1)
    # beside the ends of the lines, if there is room for the names in the axes, and otherwise beside the axes
    end = (recording.n_steps - 0.5) / max(recording.n_padded - 1, 1)
    label_series(ax, end if end < LATEST_END else 1.0, finite[np.arange(len(finite)), last], names, drawn)
    if np.isnan(finite).any():
        ax.set_title(_said_of_nan(finite, "gaps"), fontsize=9)


def drawable(values: Array) -> Array:
    """Return values as float64, nan where they are not finite or too large to draw."""
    exact = values.astype(np.float64)
    return np.where(np.abs(exact) <= LARGEST, exact, np.nan)


def _said_of_nan(values: Array, drawn_as: str) -> str:
    """Return a text that counts values that are not drawn."""
    n = np.count_nonzero(np.isnan(values))
    return f"{n:,} of {values.size:,} values are not finite or above {LARGEST:g}: {drawn_as}"


def _draw_lines(ax: Axes, recording: Recording, names: list[Any], dt: float) -> None:
    ax.set_ylabel("value")
    draw_series(ax, recording, recording.values, names, dt)


def _draw_raster(
    ax: Axes,
    recording: Recording,
    table: GraphTable,
    shown: Array,
    n_chosen: int,
    by: str | None,
    classes: Classes | None,
    dt: float,
) -> None:
    values, said = drawable(recording.values), []
    n_classes = 0 if classes is None else len(classes.names)
    is_binned = classes is not None and len(values) > MOST_ROWS
    if classes is not None and is_binned:
        with np.errstate(invalid="ignore"):
            values = np.add.reduceat(values, classes.starts[:-1], axis=0) / np.diff(classes.starts)[:, None]
        said.append(f"means of {n_classes} classes of {n_chosen:,} neurons")
    elif len(shown) < n_chosen:
        said.append(f"{len(shown)} of {n_chosen:,} neurons: one in {-(-n_chosen // MOST_ROWS)}")
    n_rows, n_steps = values.shape
    scale = scale_of(values)
    extend = scale.pop("extend")
    edges = (-0.5 * dt, (n_steps - 0.5) * dt, n_rows - 0.5, -0.5)
    finite = np.ma.masked_invalid(values)
    if finite.mask.any():
        said.append(_said_of_nan(values, "hatched"))
        from matplotlib.patches import Rectangle

        left, right, bottom, top = edges
        ax.add_patch(
            Rectangle(
                (left, top), right - left, bottom - top, hatch="////", facecolor="white", edgecolor="0.6", zorder=0
            )
        )
    image = ax.imshow(finite, aspect="auto", interpolation="nearest", extent=edges, zorder=1, **scale)
    ax.set_ylim(n_rows - 0.5, -0.5)
    if classes is not None and len(classes.names) > MOST_NAMED:
        ax.set_ylabel(f"{'class' if is_binned else 'neuron'}, by {by}", **PLAIN)  # type: ignore[arg-type]
    elif classes is not None and is_binned:
        label_cells(ax, "y", np.arange(n_rows), classes.names, n_rows)
    elif classes is not None:
        for start in classes.starts[1:-1].tolist():
            ax.axhline(start - 0.5, color="0.25", linewidth=0.8, zorder=2)
        label_cells(ax, "y", classes.middles, classes.names, n_rows)
    elif n_rows <= MOST_NAMES:
        label_cells(ax, "y", np.arange(n_rows), [table.nodes[i] for i in shown.tolist()], n_rows)
    else:
        every = -(-n_chosen // MOST_ROWS)
        ax.set_ylabel("neuron, in the order of the drawing")
        ax.yaxis.set_major_formatter(lambda place, _: f"{round(place) * every:,}" if place >= 0 else "")
    colour_bar(ax, image, "mean value" if is_binned else "value", extend=extend)
    if said:
        ax.set_title("\n".join(said), fontsize=9)
