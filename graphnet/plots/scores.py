"""Compare: scores of graphs over seeds, and their paired differences."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..analysis import Comparison
from ..analysis.paired import LEVEL, N_RESAMPLES, bootstrap_interval
from ..errors import DataError
from ..language.arrays import Array
from ..language.keywords import suggests_keywords
from .figure import MUTED, label_of, new_axes
from .panels import (
    SMALL_PRINT,
    check_columns,
    colours_of,
    divided,
    heading,
    inches_of,
    name_ticks,
    open_frame,
    small_print,
    wrapped,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

MOST_PAIRS = 20
"""Number of pairs that are drawn."""
MOST_CAUTIONS = 5
"""Number of lines of small print, before they are wrapped."""
SIZE, LINE = 7.5, 0.14
"""Points of small print, and inches of a line of it."""
MANY_SEEDS = 12
"""The lines of more seeds are fainter."""
MOST_UPRIGHT = 10
"""Names of graphs that are longer are slanted."""


@suggests_keywords
def compare(comparison: Comparison, *, ax: Axes | None = None) -> Axes:
    """Plot the scores of graphs, seed by seed, and the differences of pairs with their intervals.

    Each dot is a seed, and a thin line joins the graphs of one seed; a bar is the mean of a graph, with the 95 %
    bootstrap interval of it.  Beside it, pairs have the mean of their differences, its 95 % bootstrap interval, and p
    of the sign-flip test, corrected for the number of pairs (Holm): filled where it is below 0.05.  Of more than 20
    pairs those of least p are drawn.  What the seeds cannot say is below in small print.

    Parameters
    ----------
    comparison : Comparison
        As ``gn.analysis.compare`` returns it.
    ax : matplotlib.axes.Axes, optional
        Axes in whose place both panels are drawn; by default those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    DataError
        If it is no comparison, or its frames miss a column.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> import graphnet as gn
    >>> graphs = {"elman": gn.graphs.elman(1, 3, 1), "direct": gn.graphs.direct(1, 3, 1)}
    >>> compared = gn.analysis.compare(graphs, lambda graph, seed: len(graph) + 0.1 * seed, seeds=6)
    >>> gn.plots.compare(compared)  # doctest: +SKIP
    """
    if not isinstance(comparison, Comparison):
        raise DataError(
            f"compare: comparison is a {type(comparison).__name__}; must be what gn.analysis.compare returns"
        )
    check_columns(comparison.table, ("graph", "seed", "score"), "comparison.table", "as gn.analysis.compare makes it")
    columns = ("a", "b", "difference", "low", "high", "p_holm")
    check_columns(comparison.pairs, columns, "comparison.pairs", "as gn.analysis.compare makes it")
    names, pairs = comparison.graphs, _pairs(comparison.pairs)
    ax = new_axes(ax, size=(9.5 if len(pairs) else 5.5, 4.2 + 0.14 * max(0, len(pairs) - 8)))
    left = ax
    if len(pairs):
        width, height = inches_of(ax)
        lines = wrapped(_cautions(comparison), 1.1 * width, SIZE)
        left, right, below, beside = divided(ax, [1, LINE * len(lines) / height + 1e-3], [1, 0.6])
        _draw_pairs(right, pairs, len(comparison.pairs))
        small_print(below, lines, SIZE)
        beside.set_axis_off()
    scores = [
        comparison.table["score"].to_numpy()[[name == graph for graph in comparison.table["graph"]]] for name in names
    ]
    _draw_scores(left, names, [np.asarray(each, np.float64) for each in scores])
    n = comparison.n_seeds
    joined, interval = ", joined" * (len(names) > 1), ", 95 % interval" * (n > 1)
    heading(left, "scores, higher is better", f"{n} seed{'s' * (n != 1)}{joined}; bars: mean{interval}")
    return ax


def _pairs(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs to draw, in their order; of too many those of least p, then of largest difference."""
    if len(frame) <= MOST_PAIRS:
        return frame
    order = np.lexsort([-np.abs(frame["difference"].to_numpy()), frame["p_holm"].to_numpy()])
    return frame.iloc[np.sort(order[:MOST_PAIRS])]


def _cautions(comparison: Comparison) -> list[str]:
    """Return the cautions; of too many the first, and how many more there are."""
    said = list(comparison.cautions())
    more = len(said) - MOST_CAUTIONS
    return said if more <= 0 else [*said[:MOST_CAUTIONS], f"and {more:,} more, which print(comparison) says"]


def _slanted(names: list[Any]) -> bool:
    return len(names) > 6 or max(len(label_of(name)) for name in names) > MOST_UPRIGHT


def _draw_scores(ax: Axes, names: list[Any], scores: list[Array]) -> None:
    open_frame(ax)
    places = np.arange(len(names))
    ax.plot(
        places,
        np.stack(scores),
        color=MUTED,
        linewidth=0.7,
        alpha=0.5 if len(scores[0]) <= MANY_SEEDS else 0.25,
        zorder=1,
    )
    for place, each, colour in zip(places.tolist(), scores, colours_of(names), strict=True):
        ax.scatter(np.full(len(each), place), each, s=22, color=colour, alpha=0.75, linewidths=0, zorder=2)
        mean, (low, high) = float(each.mean()), bootstrap_interval(each, N_RESAMPLES)
        beside = place + 0.2
        if not math.isnan(low):
            ax.plot([beside, beside], [low, high], color=colour, linewidth=1.5, zorder=3)
        ax.plot([beside - 0.1, beside + 0.1], [mean, mean], color=colour, linewidth=3, zorder=3)
    slanted = {"rotation": 30, "ha": "right", "rotation_mode": "anchor"} if _slanted(names) else {}
    name_ticks(ax.xaxis, places, names, 18, fontsize=9, **slanted)
    ax.set(xlim=(-0.5, len(names) - 0.3) if len(names) > 1 else (-1, 1.2), ylabel="score")


def _draw_pairs(ax: Axes, pairs: pd.DataFrame, n_pairs: int) -> None:
    open_frame(ax)
    ax.spines["left"].set_visible(False)
    ax.axvline(0, color="black", linewidth=0.8)
    places = np.arange(len(pairs))
    numbers = pairs[["difference", "low", "high", "p_holm"]].to_numpy(np.float64).tolist()
    for place, (difference, low, high, p) in zip(places.tolist(), numbers, strict=True):
        told = p < LEVEL
        if not math.isnan(low):
            ax.plot([low, high], [place, place], color="black", linewidth=1.3)
        fill = "black" if told else "white"
        ax.plot(difference, place, marker="o", markersize=6, color="black", markerfacecolor=fill, zorder=3)
        ax.annotate(
            f"{p:.2g}",
            (1, place),
            (6, 0),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            va="center",
            fontsize=8,
            color="black" if told else SMALL_PRINT,
            annotation_clip=False,
        )
    ax.annotate(
        "p (Holm)", (1, 1), (6, 4), xycoords="axes fraction", textcoords="offset points", fontsize=8, color=SMALL_PRINT
    )
    labels = [f"{label_of(a, 14)} − {label_of(b, 14)}" for a, b in zip(pairs["a"], pairs["b"], strict=True)]
    name_ticks(ax.yaxis, places, labels, 40, fontsize=9)
    ax.tick_params(axis="y", length=0)
    ax.set(ylim=(len(pairs) - 0.4, -0.6), xlabel="difference of scores")
    reach = 1.08 * float(np.nanmax(np.abs(pairs[["difference", "low", "high"]].to_numpy(np.float64)), initial=0)) or 1
    ax.set_xlim(-reach, reach)
    shown = f"{len(pairs)} of {n_pairs} pairs: those of least p; " if len(pairs) < n_pairs else ""
    heading(ax, "paired differences", f"{shown}95 % intervals; filled: p < {LEVEL}")
