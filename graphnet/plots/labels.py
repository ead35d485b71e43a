"""Labels of plots: names of any characters as text, and places where labels do not overlap."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from scipy.optimize import isotonic_regression

from ..language.arrays import Array
from .figure import MUTED, label_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PLAIN = {"parse_math": False}
"""Keywords of text with names in it, in which a dollar sign is one."""


def spread(places: Iterable[float], gap: float, low: float, high: float) -> Array:
    """Return the places nearest to those given, in their order, that are at least ``gap`` apart and within bounds.

    If there is no room for all, the gap is as wide as there is room for.

    >>> spread([0.5, 0.5, 0.9], 0.1, 0, 1).round(3).tolist()
    [0.45, 0.55, 0.9]
    """
    wanted = np.asarray(list(places), np.float64)
    if not len(wanted):
        return wanted
    order = np.argsort(wanted, kind="stable")
    gap = min(gap, (high - low) / max(len(wanted) - 1, 1))
    steps = gap * np.arange(len(wanted))
    free = isotonic_regression(wanted[order] - steps).x
    found = np.empty_like(wanted)
    found[order] = np.clip(free, low, high - steps[-1]) + steps
    return found


def label_series(ax: Axes, x: float, ends: Array, names: list[Any], lines: list[Any]) -> None:
    """Write the names of series to the right of ``x``, which is 1 at the right of the axes, in their colours.

    They are at the height of their last values, or moved apart, with a line from there.
    """
    low, high = ax.get_ylim()
    height = ax.get_window_extent().height / ax.get_figure().dpi * 72  # type: ignore[union-attr] # points
    size = 8.0
    at = (np.nan_to_num(ends, nan=(low + high) / 2) - low) / (high - low)
    room = min(1.25 * size / max(height, 1.0), 1.0)
    if room * (len(names) - 1) > 1:
        size = max(4.0, size / (room * (len(names) - 1)))
    for name, end, place, line in zip(names, at, spread(at, room, 0.0, 1.0), lines, strict=True):
        ax.annotate(
            label_of(name),
            (x, end),
            (x + 0.035, place),
            xycoords="axes fraction",
            textcoords="axes fraction",
            color=line.get_color(),
            fontsize=size,
            va="center",
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-",
                "color": line.get_color(),
                "linewidth": 0.6,
                "linestyle": line.get_linestyle(),
                "shrinkA": 1,
                "shrinkB": 0,
                "relpos": (0.0, 0.5),
            },
            **PLAIN,
        )


def label_cells(ax: Axes, side: Literal["x", "y"], places: Array, names: list[Any], n: int) -> None:
    """Write names beside ``n`` rows or columns that are 1 wide, moved apart where they are closer than text is high.

    Those of columns are above the axes and run upwards.
    """
    width, height = np.divide(ax.get_window_extent().size, ax.get_figure().dpi / 72)  # type: ignore[union-attr]
    points = max(width if side == "x" else height, 1.0)
    size = float(np.clip(0.9 * points / max(len(names), 1) / 1.15, 4.5, 9.0))
    where = spread(places, 1.15 * size / points * n, -0.5, n - 0.5)
    axis = ax.xaxis if side == "x" else ax.yaxis
    if np.allclose(where, places):
        axis.set_ticks(places, [label_of(name) for name in names], fontsize=size, **PLAIN)
        axis.set_tick_params(rotation=90 if side == "x" else 0, length=2)
        return
    axis.set_ticks([])
    axis.labelpad = (
        6 + 0.055 * (height if side == "x" else width) + 0.62 * size * max(len(label_of(name)) for name in names)
    )
    for name, place, at in zip(names, places.tolist(), where.tolist(), strict=True):
        text = label_of(name)
        if side == "x":
            above = {"ha": "center", "va": "bottom", "rotation": 90}
            _annotate(ax, text, (place, 1.0), (at, 1.055), ("data", "axes fraction"), fontsize=size, **above)
        else:
            _annotate(
                ax, text, (0.0, place), (-0.055, at), ("axes fraction", "data"), fontsize=size, ha="right", va="center"
            )


def inches_from(ax: Axes, x: float, y: float) -> Any:
    """Return coordinates in inches, to the right and up, from a point of axes, (0, 0) to (1, 1) in parts of them."""
    from matplotlib.transforms import ScaledTranslation

    corner: Any = ax.transAxes
    figure: Any = ax.get_figure()
    return figure.dpi_scale_trans + ScaledTranslation(x, y, corner)


def label_bands(ax: Axes, starts: Array, names: list[Any]) -> float:
    """Write names to the right of bands of rows, between ``starts``, with a bracket for each; return their width.

    The width is in inches.
    """
    from matplotlib.transforms import blended_transform_factory

    coordinates = blended_transform_factory(inches_from(ax, 1, 1), ax.transData)
    points = ax.get_window_extent().height / ax.get_figure().dpi * 72  # type: ignore[union-attr]
    n, texts = float(starts[-1]), [label_of(name, 28) for name in names]
    size = float(np.clip(points / max(len(names), 1) / 1.15, 4.5, 8.0))
    middles = (starts[:-1] + starts[1:] - 1) / 2
    where = spread(middles, 1.15 * size / max(points, 1.0) * n, -0.5, n - 0.5)
    for start, stop in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True):
        inside = min(0.15, 0.2 * (stop - start))
        ends = [start - 0.5 + inside, stop - 0.5 - inside]
        ax.plot([0.07] * 2, ends, color="0.25", linewidth=1.5, transform=coordinates, clip_on=False)
    for text, place, at in zip(texts, middles.tolist(), where.tolist(), strict=True):
        _annotate(ax, text, (0.07, place), (0.25, at), coordinates, fontsize=size, va="center")
    return 0.35 + 0.6 * size / 72 * max(map(len, texts))


def _annotate(ax: Axes, text: str, end: Any, at: Any, coordinates: Any, **settings: Any) -> None:
    """Write a text somewhere, with a line to the place that it belongs to."""
    along = {"ha": "left"} | settings
    relative = {"left": (0.0, 0.5), "right": (1.0, 0.5), "center": (0.5, 0.0)}[along["ha"]]
    ax.annotate(
        text,
        end,
        at,
        xycoords=coordinates,
        textcoords=coordinates,
        annotation_clip=False,
        arrowprops={
            "arrowstyle": "-",
            "color": MUTED,
            "linewidth": 0.5,
            "shrinkA": 1,
            "shrinkB": 0,
            "relpos": relative,
        },
        **PLAIN,
        **along,
    )
