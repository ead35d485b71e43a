"""Confusion: which classes a network takes for which."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import DataError
from ..language.arrays import Array
from ..language.checks import as_array, read_names
from ..language.keywords import suggests_keywords
from ..metrics import confusion_matrix
from ..network.network import Network
from .figure import new_axes
from .panels import heading, name_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_NUMBERS = 20
"""Up to so many classes the counts are written into the table."""
MOST_NAMES = 40
"""Up to so many classes each has its name at both axes; of more every n-th."""
COLOUR_MAP = "Blues"
"""White where there is nothing, so that errors are seen."""
UPRIGHT = 4
"""Longer names below the table are slanted."""


@suggests_keywords
def confusion(
    net: Any,
    inputs: Any = None,
    classes: Any = None,
    *,
    lengths: Any = None,
    names: Any = None,
    ax: Axes | None = None,
) -> Axes:
    """Plot how often each class was taken for each: true classes are rows, predicted ones columns.

    Colour is the share of the row, so that rare classes are seen as well as others; numbers are counts, up to 20
    classes.  The predicted class is the largest output.

    Parameters
    ----------
    net : Network, or array (n_classes, n_classes)
        A network, or counts [true class, predicted class] as ``gn.metrics.confusion_matrix`` returns them, summed over
        networks for example, without inputs and classes.
    inputs : array (n_samples, n_steps, n_inputs)
    classes : array of whole numbers, (n_samples,) or (n_samples, n_steps)
        The true classes, at each sequence's last valid step or at every valid step.
    lengths : array (n_samples,), optional
        The number of valid steps of each sequence.
    names : list, optional
        Name of each class; by default those of the output nodes.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; by default those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    DataError
        If the data do not fit, the counts are no square table of whole numbers, or there is not one name a class.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> import numpy as np, graphnet as gn
    >>> net = gn.compile(gn.graphs.elman(1, 4, 2), seed=0)
    >>> gn.plots.confusion(net, np.zeros((3, 5, 1)), [0, 1, 1], names=["no", "yes"])  # doctest: +SKIP
    """
    if isinstance(net, Network):
        if inputs is None or classes is None:
            raise DataError("confusion: of a network, inputs and classes are needed")
        counts = confusion_matrix(net.run(inputs, lengths=lengths), classes, lengths=lengths)
        table = net.to_table()
        labels = [table.nodes[i] for i in np.flatnonzero(table.has_role("output")).tolist()]
        counted = "sequences" if np.ndim(classes) == 1 else "steps"
    else:
        if inputs is not None or classes is not None:
            raise DataError(f"confusion: net is a {type(net).__name__}, not a Network")
        counts = _read_counts(net)
        labels, counted = list(range(len(counts))), "predictions"
    if names is not None:
        labels = read_names(names, "names")
        if len(labels) != len(counts):
            raise DataError(f"names: {len(labels)} for {len(counts)} classes; there must be one for each")
    side = float(np.clip(0.42 * len(counts), 3.2, 7.5))
    ax = new_axes(ax, size=(side + 2.2, side + 1.2))
    _draw_counts(ax, counts)
    _name_classes(ax, labels)
    total, right = int(counts.sum()), int(np.trace(counts))
    most = int(counts.sum(axis=1).max(initial=0))
    if total:
        note = f"{total:,} {counted}; most frequent class: {most / total:.3g}"
        heading(ax, f"accuracy {right / total:.4g}", note)
    else:
        heading(ax, "nothing was counted")
    return ax


def _read_counts(given: Any) -> Array:
    counts = as_array(given, "confusion: the counts", np.dtype(np.float64))
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or not len(counts):
        raise DataError(
            f"confusion: a network, or counts (n_classes, n_classes), are needed; these have shape {counts.shape}"
        )
    wrong = np.argwhere(~(np.isfinite(counts) & (counts >= 0) & (counts == np.floor(counts))))
    if len(wrong):
        row, column = wrong[0].tolist()
        raise DataError(f"confusion: counts[{row}, {column}] is {counts[row, column]:g}; must be a whole number >= 0")
    return counts.astype(np.int64)


def _draw_counts(ax: Axes, counts: Array) -> None:
    rows = counts.sum(axis=1, keepdims=True)
    shares = counts / np.maximum(rows, 1)
    most = float(shares.max())
    top = most if 0 < most < 0.5 else 1.0
    image = ax.imshow(shares, cmap=COLOUR_MAP, vmin=0, vmax=top, aspect="equal", interpolation="nearest")
    figure: Any = ax.get_figure()
    bar = figure.colorbar(image, cax=ax.inset_axes((1.03, 0, 0.05, 1)))
    bar.set_label("share of the true class")
    bar.outline.set_visible(False)
    if len(counts) > MOST_NUMBERS:
        return
    size = 9 if len(counts) <= 12 else 7
    for row, column in np.argwhere(counts).tolist():
        colour = "white" if shares[row, column] > 0.55 * top else "black"
        ax.text(column, row, f"{counts[row, column]:,}", ha="center", va="center", fontsize=size, color=colour)


def _name_classes(ax: Axes, labels: list[Any]) -> None:
    n = len(labels)
    places = np.arange(0, n, -(-n // MOST_NAMES))
    shown = [labels[i] for i in places.tolist()]
    size = 9 if n <= 12 else 7
    longest = max(len(str(label)) for label in shown)
    slanted = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if longest > UPRIGHT else {}
    if n > 25 and not slanted:
        slanted = {"rotation": 90}
    name_ticks(ax.xaxis, places, shown, 14, fontsize=size, **slanted)
    name_ticks(ax.yaxis, places, shown, 14, fontsize=size)
    ax.set(xlabel="predicted class", ylabel="true class")
    if n <= MOST_NAMES:
        ax.set_xticks(np.arange(n + 1) - 0.5, minor=True)
        ax.set_yticks(np.arange(n + 1) - 0.5, minor=True)
        ax.grid(which="minor", color="#E5E5E5", linewidth=0.6)
    ax.tick_params(which="minor", length=0)
    ax.tick_params(length=0)
    ax.spines[:].set_color("#BFBFBF")
