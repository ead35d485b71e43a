"""Lesions: the loss of a network without some of its neurons or synapses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import DataError
from ..language.arrays import Array
from ..language.checks import COUNT, read_setting
from ..language.keywords import suggests_keywords
from ..language.missing import is_missing
from .figure import COLOURS_OF_KINDS, MUTED, NEGATIVE, POSITIVE, new_axes
from .panels import check_columns, divided, heading, inches_of, name_ticks, open_frame, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FEEDBACK = {"direct", "lateral", "indirect", "all"}
"""Lesions of feedback, by what they remove."""


@suggests_keywords
def lesions(frame: Any, *, most: int = 20, ax: Axes | None = None) -> Axes:
    """Plot the loss after each lesion, the largest changes first, with the loss of the whole network as a line.

    Kinds of feedback have their colours; otherwise bars are red where the loss rises and blue where it falls.  Of more
    lesions than ``most``, those of the largest changes are drawn, and the others as a histogram below.

    Parameters
    ----------
    frame : pandas.DataFrame
        As ``gn.analysis.lesions`` returns it: columns removed, loss and change.  A row whose ``removed`` is None is the
        whole network.
    most : int
        Number of lesions that have a bar.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on, in whose place bars and histogram have panels; by default those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    DataError
        If the frame misses a column, or has no lesion.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> import numpy as np, graphnet as gn
    >>> net = gn.compile(gn.graphs.elman(1, 4, 1), seed=0)
    >>> frame = gn.analysis.lesions(net, np.ones((4, 5, 1)), np.zeros((4, 5, 1)), of="neurons")
    >>> gn.plots.lesions(frame)  # doctest: +SKIP
    """
    check_columns(frame, ("removed", "loss", "change"), "lesions: frame", "as gn.analysis.lesions makes it")
    n_bars = int(read_setting("most", most, COUNT))
    removed = frame["removed"].tolist()
    rows = [i for i, name in enumerate(removed) if not is_missing(name)]
    if not rows:
        raise DataError("lesions: the frame has no lesion, a row whose removed is not None")
    loss, change = (np.asarray(frame[name], np.float64) for name in ("loss", "change"))
    rest = np.setdiff1d(np.arange(len(removed)), rows)
    whole = loss[rest[0]] if len(rest) else loss[rows[0]] - change[rows[0]]
    size = np.where(np.isfinite(change), np.abs(change), np.inf)
    order = sorted(rows, key=lambda i: (-size[i], i))
    order, others = order[:n_bars], order[n_bars:]
    # what raises the loss first
    order.sort(key=lambda i: (-change[i] if np.isfinite(change[i]) else -np.inf, i))
    ax = new_axes(ax, size=(6.8, 1.7 + 0.24 * len(order) + 1.3 * bool(others)))
    bars, strip = divided(ax, [0.24 * len(order), 0.9]) if others else (ax, None)
    _draw_bars(bars, [removed[i] for i in order], change[order], float(whole))
    note = f"line: the whole network, {whole:.4g}"
    if strip is not None:
        _draw_others(strip, change[others])
        heading(bars, f"the {len(order)} lesions of {len(rows):,} with the largest change", note)
    else:
        is_feedback = {removed[i] for i in rows} == FEEDBACK
        heading(bars, "loss without each kind of feedback" if is_feedback else _count(len(rows)), note)
    return ax


def _count(n: int) -> str:
    return f"loss after each of {n:,} lesions" if n > 1 else "loss after a lesion"


def _signed(value: float, digits: int) -> str:
    return f"{value:+.{digits}g}".replace("-", "−")


def _draw_bars(ax: Axes, names: list[Any], change: Array, whole: float) -> None:
    open_frame(ax)
    ax.spines["left"].set_visible(False)
    places, finite = np.arange(len(names)), np.isfinite(change)
    is_feedback = set(names) <= FEEDBACK
    colours = [
        COLOURS_OF_KINDS.get(name, "black") if is_feedback else POSITIVE if value > 0 else NEGATIVE
        for name, value in zip(names, change.tolist(), strict=True)
    ]
    if np.isfinite(whole):
        ax.barh(
            places[finite], change[finite], left=whole, height=0.7, color=[colours[i] for i in np.flatnonzero(finite)]
        )
        ax.axvline(whole, color="black", linewidth=1)
    for place, value in zip(places.tolist(), change.tolist(), strict=True):
        end = whole + value if np.isfinite(value) else whole
        words = _signed(value, 3) if np.isfinite(value) else f"the loss is {'nan' if np.isnan(value) else value}"
        if value == 0:
            words = "no change"
        to_left = value < 0 and np.isfinite(value)
        ax.annotate(
            words,
            (end if np.isfinite(end) else 0.0, place),
            (-3 if to_left else 3, 0),
            textcoords="offset points",
            ha="right" if to_left else "left",
            va="center",
            fontsize=8,
        )
    name_ticks(ax.yaxis, places, names, 20, fontsize=9)
    ax.tick_params(axis="y", length=0)
    ax.set(ylim=(len(names) - 0.4, -0.6), xlabel="loss without them", ylabel="removed")
    if np.isfinite(whole):
        ax.set_xlim(*_limits(whole, change[finite], min(0.4, 0.65 / inches_of(ax)[0])))


def _limits(whole: float, change: Array, room: float) -> tuple[float, float]:
    """Return the ends of the axis, with room for the numbers at the ends of bars, a share of the axis."""
    low, high = min(0.0, change.min(initial=0.0)), max(0.0, change.max(initial=0.0))
    span = high - low or abs(whole) / 10 or 1.0
    return whole + low - span * (room if low < 0 else 0.03), whole + high + span * room


def _draw_others(ax: Axes, change: Array) -> None:
    open_frame(ax)
    finite = change[np.isfinite(change)]
    words = f"the other {len(change):,}"
    if len(finite):
        ax.hist(finite, bins=min(40, max(5, len(finite) // 4)), color=MUTED)
        ax.axvline(0, color="black", linewidth=1)
        words += f": change from {_signed(finite.min(), 2)} to {_signed(finite.max(), 2)}"
    else:
        say(ax, "no change is a finite number")
    ax.set(xlabel="change of the loss", ylabel="number")
    heading(ax, words)
