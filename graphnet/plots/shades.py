"""Colour scales of numbers: symmetric about 0 where some are negative, otherwise from 0 on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..language.arrays import Array
from .figure import DIVERGING, SEQUENTIAL

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colorbar import Colorbar

MOST_TIMES = 2.0
"""A scale reaches the largest absolute value, or if that is more than so many times their 95th percentile, only that;
arrowheads at the ends of its bar say that larger ones exist."""


def scale_of(values: Array, *, signed: bool | None = None) -> dict[str, Any]:
    """Return ``cmap``, ``vmin``, ``vmax`` and ``extend`` for numbers, some of which may not be finite.

    >>> scale_of(np.array([0.0, 1.0, np.nan]))
    {'cmap': 'viridis', 'vmin': 0.0, 'vmax': 1.0, 'extend': 'neither'}
    >>> scale_of(np.array([-1.0, *[0.5] * 99]))
    {'cmap': 'RdBu_r', 'vmin': -1.0, 'vmax': 1.0, 'extend': 'neither'}
    """
    finite = values[np.isfinite(values)].astype(np.float64)
    size = np.abs(finite)
    most = float(size.max(initial=0.0))
    usual = float(np.percentile(size[size > 0], 95)) if (size > 0).any() else 0.0
    limit = usual if most > MOST_TIMES * usual else most
    is_signed = bool((finite < 0).any()) if signed is None else signed
    extend = "neither" if limit == most else "both" if is_signed else "max"
    limit = limit or 1.0
    low = -limit if is_signed else 0.0
    return {"cmap": DIVERGING if is_signed else SEQUENTIAL, "vmin": low, "vmax": limit, "extend": extend}


def colour_bar(ax: Axes, image: Any, label: str, **settings: Any) -> Colorbar:
    """Add the scale of the colours of an image at the right of axes."""
    figure: Any = ax.get_figure()
    bar: Colorbar = figure.colorbar(
        image, ax=ax, label=label, **{"fraction": 0.05, "pad": 0.02, "aspect": 25} | settings
    )
    bar.outline.set_visible(False)
    return bar
