"""Boxes around neurons of a picture: convex, with round corners and a name; gated units as rectangles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import ConvexHull, QhullError

from ..errors import quoted
from ..language.arrays import Array
from ..layout import Box, Picture
from .figure import label_of
from .routes import RADIUS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STYLES = {"unit": ("#F3EEDD", "#A08C4A", 0.5), "group": ("#EEE7F4", "#7B5EA7", 0.18), "tie": ("none", "#8C564B", 0.12)}
"""Face, edge and margin of the boxes of each sort."""
MOST_BOXES = 60


def draw_boxes(ax: Axes, picture: Picture, scale: float, names: bool) -> list[Box]:
    """Draw the boxes that hold no other neuron, and return the others."""
    from matplotlib.collections import PolyCollection

    left_out = []
    for what in ("unit", "group", "tie"):
        face, edge, margin = STYLES[what]
        outlines, boxes = [], [box for box in picture.boxes if box.what == what]
        if len(boxes) > MOST_BOXES:
            left_out += boxes
            continue
        for box in boxes:
            outline = outline_of(picture.positions[box.rows], RADIUS + margin, what == "unit")
            others = np.setdiff1d(np.arange(len(picture.positions)), box.rows)
            if _holds(outline, picture.positions[others]).any():
                left_out.append(box)
                continue
            outlines.append(outline)
            if names:
                _title(ax, outline, _words(box), scale, edge)
        ax.add_collection(
            PolyCollection(
                outlines,
                facecolors=face,
                edgecolors=edge,
                linewidths=float(np.clip(0.016 * scale, 0.3, 1.0)),
                linestyles=[(0, (1.5, 1.5))] if what == "tie" else "solid",
                zorder=0.5,
            ),
            autolim=False,
        )
    return left_out


def outline_of(at: Array, margin: float, rectangular: bool) -> Array:
    """Return the outline of all points within a margin of the convex hull of some, or of their rectangle, (n, 2)."""
    if rectangular:
        low, high = at.min(axis=0), at.max(axis=0)
        low, high, margin = low - 0.7 * margin, high + 0.7 * margin, 0.3 * margin
        at = np.array([(x, y) for x in (low[0], high[0]) for y in (low[1], high[1])])
    around = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    circle = margin * np.stack([np.cos(around), np.sin(around)], axis=1)
    points = (at[:, None] + circle).reshape(-1, 2)
    try:
        return np.asarray(points[ConvexHull(points).vertices])
    except QhullError:
        return np.asarray(at[0] + circle)


def _holds(outline: Array, at: Array) -> Array:
    """True where a neuron at a point touches the inside of a convex outline, whose points go counterclockwise."""
    following = np.roll(outline, -1, axis=0)
    side = following - outline
    inward = np.stack([-side[:, 1], side[:, 0]], axis=1) / np.maximum(np.linalg.norm(side, axis=1), 1e-9)[:, None]
    depth = ((at[:, None] - outline) * inward).sum(axis=-1).min(axis=1, initial=np.inf)
    return np.asarray(depth > -0.6 * RADIUS)


def _title(ax: Axes, outline: Array, words: str, scale: float, colour: str) -> None:
    low, high = outline.min(axis=0), outline.max(axis=0)
    size = float(np.clip(0.17 * scale, 4.0, 9.0))
    most = int(max(12, (high[0] - low[0]) * scale / (0.55 * size)))
    text = ax.text(
        (low[0] + high[0]) / 2,
        high[1] + 0.03,
        label_of(words, min(most, 40)),
        fontsize=size,
        ha="center",
        va="bottom",
        color=colour,
        zorder=6,
        parse_math=False,
    )
    text.set_in_layout(False)


def _words(box: Box) -> str:
    if box.what == "unit":
        return str(box.name)
    return label_of(box.name) if isinstance(box.name, str | tuple) else quoted(box.name)
