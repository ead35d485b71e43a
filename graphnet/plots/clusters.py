"""Blocks of a picture: the rectangles of its clusters, which are columns or classes of neurons."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..language.arrays import Array
from ..layout import Picture
from .figure import label_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Blocks(NamedTuple):
    """Rectangles of clusters: ``low`` and ``high`` corners, and ``size``, the number of neurons."""

    low: Array
    high: Array
    size: Array

    @property
    def centre(self) -> Array:
        """The middle of each block, (n, 2)."""
        return np.asarray((self.low + self.high) / 2)


def blocks_of(picture: Picture) -> Blocks:
    """Return the rectangles of the clusters of a picture."""
    n = len(picture.cluster_names)
    low, high = np.full((n, 2), np.inf), np.full((n, 2), -np.inf)
    np.minimum.at(low, picture.cluster, picture.positions)
    np.maximum.at(high, picture.cluster, picture.positions)
    return Blocks(low - 0.5, high + 0.5, np.bincount(picture.cluster, minlength=n))


def are_columns(picture: Picture) -> bool:
    """True if clusters are columns side by side."""
    return picture.placed_by in ("layers", "depth from the inputs")


def is_pool(picture: Picture) -> bool:
    """True if most synapses stay in one block: they are seen by where they go in it."""
    inside = picture.cluster[picture.table.source] == picture.cluster[picture.table.target]
    return bool(inside.mean() > 0.9)


def clusters_are(picture: Picture, by_place: bool = False) -> str:
    """Return what neurons are bundled by."""
    if by_place:
        return "place"
    if picture.placed_by.startswith("classes of "):
        return picture.placed_by.removeprefix("classes of ").strip("'")
    return "layer" if picture.placed_by == "layers" else "column"


def draw_names_of_blocks(ax: Axes, picture: Picture, scale: float, above: float = 0.0) -> None:
    """Write the names of clusters and their numbers of neurons over the blocks."""
    from matplotlib.patheffects import withStroke

    blocks = blocks_of(picture)
    order = np.argsort(-blocks.size, kind="stable")[:80]
    for k in order.tolist():
        wide = float(blocks.high[k, 0] - blocks.low[k, 0] + 1) * scale
        name = f"{label_of(picture.cluster_names[k], 16)}\n{blocks.size[k]:,}"
        size = float(np.clip(wide / (0.6 * max(map(len, name.split("\n")))), 4.5, 8.0)) if len(order) > 12 else 8.0
        text = ax.text(
            blocks.centre[k, 0],
            blocks.high[k, 1] + above,
            name,
            fontsize=size,
            ha="center",
            va="bottom",
            zorder=5,
            parse_math=False,
            linespacing=0.95,
        )
        text.set_path_effects([withStroke(linewidth=2, foreground="white")])
        text.set_in_layout(False)
