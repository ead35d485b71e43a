"""Attention: weights of the steps that each step attends to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..analysis.attention import Head, attention_heads
from ..analysis.recording import Recording, check_network, record_sample
from ..errors import DataError
from ..language.arrays import Array
from ..language.keywords import suggests_keywords
from ..network.network import Network
from .figure import MUTED, SEQUENTIAL, label_of, new_axes
from .labels import PLAIN
from .shades import colour_bar
from .traces import mark_time

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_HEADS = 16
MOST_COLUMNS = 4
GAMMA = 0.5
"""Colours are those of weight ** GAMMA, so that weights near 1 / window, those of equal attention, are seen."""
UNSEEN = "0.85"
"""Colour of lags that reach before the start of the sequence."""


@suggests_keywords
def attention(net: Network, inputs: Any, *, sample: int = 0, lengths: Any = None, ax: Axes | None = None) -> Axes:
    """Plot the attention weights of each head over one sequence, by step and lag.

    Heads are softmax groups each neuron of which gates synapses of one delay, its lag, as those of
    ``gn.graphs.attention`` and ``transformer`` do.

    Parameters
    ----------
    net : Network
    inputs : (n_samples, n_steps, n_inputs)
    sample : int
        Sequence that is drawn, from 0 on.
    lengths : (n_samples,), optional
        Number of steps of each sequence; the end of one that ends early is marked.
    ax : matplotlib.axes.Axes, optional
        Axes to draw in; by default those of a new figure.  They are divided into a panel for each head, at most 16.

    Returns
    -------
    matplotlib.axes.Axes
        Its ``child_axes`` are the panels.  Lag 0 is the step itself.  Grey are lags that reach before the start.

    Raises
    ------
    DataError
        If the network has no softmax group over lags, inputs or lengths do not fit, or the sample does not exist.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> import graphnet as gn
    >>> net = gn.compile(gn.graphs.attention(2, 1, n_heads=2, width=8, window=8), seed=0)
    >>> gn.plots.attention(net, np.ones((1, 20, 2)))  # doctest: +SKIP
    """
    table = check_network(net, "attention").to_table()
    heads = attention_heads(table)
    if not heads:
        raise DataError(
            "attention: the network has no softmax group over lags, whose neurons gate synapses of one delay each; "
            "gn.graphs.attention and transformer have some"
        )
    shown = heads[:MOST_HEADS]
    nodes = np.concatenate([head.nodes for head in shown])
    recording = record_sample(net, inputs, nodes, sample=sample, lengths=lengths)
    weights = np.split(recording.values, np.cumsum([len(head.nodes) for head in shown])[:-1])

    n_columns = min(len(shown), MOST_COLUMNS) if len(shown) != MOST_COLUMNS else 2
    n_rows = -(-len(shown) // n_columns)
    ax = new_axes(ax, size=(1.6 + 2.6 * n_columns if n_columns > 1 else 6.4, 0.9 + 1.9 * n_rows if n_rows > 1 else 3.2))
    panels = _divide(ax, len(shown), n_rows, n_columns)
    for number, (head, panel, some) in enumerate(zip(shown, panels, weights, strict=True)):
        is_lowest = number + n_columns >= len(shown)
        image = _draw_head(panel, head, some, recording, net.dt)
        mark_time(panel, recording, net.dt, in_cells=True, label=is_lowest, note=False)
        if number % n_columns == 0:
            panel.set_ylabel("lag (steps)")
        panel.tick_params(labelbottom=is_lowest, labelsize=8)
    bar = colour_bar(ax, image, "weight", fraction=0.04, ticks=[0, 0.05, 0.2, 0.4, 0.6, 0.8, 1])
    said = ["grey wedge: before the start", *["light grey: past the end of the sequence"] * recording.ends_early]
    n_lags = {len(head.lags) for head in shown}
    if len(n_lags) == 1:
        equal = 1 / n_lags.pop()
        bar.ax.axhline(equal, color="white", linewidth=1.2)
        said.append("white mark: equal weights")
    if len(shown) < len(heads):
        said.append(f"the first {len(shown)} of {len(heads)} heads")
    ax.set_title("; ".join(said), fontsize=8, color=MUTED, pad=18)
    return ax


def _divide(ax: Axes, n: int, n_rows: int, n_columns: int) -> list[Axes]:
    """Return axes inside axes, in rows."""
    ax.set_axis_off()
    wide, high = 0.06 if n_columns > 1 else 0, 0.12 if n_rows > 1 else 0
    width, height = (1 - wide * (n_columns - 1)) / n_columns, (1 - high * (n_rows - 1)) / n_rows
    places = [divmod(number, n_columns) for number in range(n)]
    return [
        ax.inset_axes((column * (width + wide), 1 - height - row * (height + high), width, height))
        for row, column in places
    ]


def _draw_head(panel: Axes, head: Head, values: Array, recording: Recording, dt: float) -> Any:
    from matplotlib.colors import PowerNorm

    n_steps, n_lags = recording.n_steps, len(head.lags)
    # along the time of the head, which may run backwards
    step = np.arange(n_steps)[:: -1 if head.reverse else 1]
    is_seen = step >= head.onset[:, np.newaxis]
    panel.set_facecolor(UNSEEN)
    image = panel.imshow(
        np.ma.masked_invalid(np.where(is_seen, values, np.nan)),
        cmap=SEQUENTIAL,
        norm=PowerNorm(GAMMA, 0, 1),
        aspect="auto",
        interpolation="nearest",
        origin="lower",
        extent=(-0.5 * dt, (n_steps - 0.5) * dt, -0.5, n_lags - 0.5),
    )
    every = -(-n_lags // 8)
    panel.set_yticks(np.arange(n_lags)[::every], head.lags[::every].tolist())
    panel.set_title(label_of(head.group), fontsize=9, **PLAIN)  # type: ignore[arg-type]
    return image
