"""Many synapses: each a faint curve that is led along the bundle of its clusters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..language.arrays import Array
from ..language.feedback import KINDS
from ..layout import Picture
from .clusters import are_columns, blocks_of, clusters_are, draw_names_of_blocks, is_pool
from .figure import COLOURS_OF_KINDS
from .keys import Key, write_title
from .routes import INDIRECT

if TYPE_CHECKING:
    from matplotlib.axes import Axes

POINTS = 14
TIGHT = 0.85
"""Pull of the curves of a bundle to its middle, from 0 (straight) to 1."""


def draw_bundles(ax: Axes, picture: Picture, scale: float) -> list[Key]:
    """Draw synapses along the bundles of their clusters, and return what the legend says of them."""
    from matplotlib.collections import LineCollection

    table = picture.table
    n = table.n_edges
    curves = curves_of(picture)
    alpha = float(np.clip(9 / np.sqrt(n), 0.04, 0.5))
    for code in (0, 3, 2, 1):
        rows = np.flatnonzero(picture.kind == code)
        if len(rows):
            lines = LineCollection(
                list(curves[rows]),
                colors=COLOURS_OF_KINDS[KINDS[code]],
                linewidths=float(np.clip(0.014 * scale, 0.3, 0.8)),
                alpha=min(1.0, alpha * (1 if code != 1 else 3)),
                zorder=1.5,
            )
            ax.add_collection(lines, autolim=False)
    if picture.placed_by.startswith("classes"):
        draw_names_of_blocks(ax, picture, scale, 0.2)
    write_title(ax, [f"{n:,} synapses, bundled by {clusters_are(picture, is_pool(picture))}"])
    return [
        Key("plain", kind, COLOURS_OF_KINDS[kind]) for code, kind in enumerate(KINDS) if (picture.kind == code).any()
    ]


def curves_of(picture: Picture) -> Array:
    """Return a curve for each synapse, (n_edges, POINTS, 2), led by the blocks of its ends."""
    table, at = picture.table, picture.positions
    start, end = at[table.source], at[table.target]
    if are_columns(picture) and len(picture.cluster_names) > 1 and not is_pool(picture):
        first, second = _by_columns(picture, start, end)
    else:
        first, second = _by_centres(picture, start, end)
    loops = table.source == table.target
    first[loops], second[loops] = start[loops] + (-0.9, 1.0), start[loops] + (0.9, 1.0)
    t = np.linspace(0, 1, POINTS)[None, :, None]
    parts = [each[:, None] for each in (start, first, second, end)]
    return np.asarray(
        (1 - t) ** 3 * parts[0] + 3 * (1 - t) ** 2 * t * parts[1] + 3 * (1 - t) * t**2 * parts[2] + t**3 * parts[3]
    )


def _by_columns(picture: Picture, start: Array, end: Array) -> tuple[Array, Array]:
    """Control points between columns: forward in the upper half of the gap, indirect in the lower one."""
    blocks = blocks_of(picture)
    a, b = picture.column[picture.table.source], picture.column[picture.table.target]
    kind = picture.kind
    height = blocks.high[:, 1].max() - blocks.low[:, 1].min()
    # forward through the upper part of the gap between two columns, back through the lower one; above or below others
    way = np.where(kind == INDIRECT, -1.0, 1.0)
    smaller = np.minimum(blocks.high[a, 1] - blocks.low[a, 1], blocks.high[b, 1] - blocks.low[b, 1])
    skips = np.abs(b - a) > 1
    middle = (blocks.centre[a, 1] + blocks.centre[b, 1]) / 2
    level = middle + way * np.where(skips, height * (0.5 + 0.1 * np.abs(b - a)), 0.22 * smaller)
    leaving = np.where(b >= a, blocks.high[a, 0] + 1.0, blocks.low[a, 0] - 1.0)
    arriving = np.where(b >= a, blocks.low[b, 0] - 1.0, blocks.high[b, 0] + 1.0)
    first = np.stack([leaving, start[:, 1] + TIGHT * (level - start[:, 1])], axis=1)
    second = np.stack([arriving, end[:, 1] + TIGHT * (level - end[:, 1])], axis=1)
    # inside a block by its middle; a column of one neuron's width has arcs beside it
    inside = a == b
    narrow = (blocks.high - blocks.low)[a, 0] < 1.5
    beside = np.minimum(0.35 * np.abs(end - start)[:, 1], 2.0)
    centre = blocks.centre[a]
    for point, own in ((first, start), (second, end)):
        by_middle = own + 0.7 * (centre - own)
        arc = own + np.stack([beside, 0 * beside], axis=1)
        point[inside] = np.where(narrow[:, None], arc, by_middle)[inside]
    return first, second


def _by_centres(picture: Picture, start: Array, end: Array) -> tuple[Array, Array]:
    """Control points at the middles of clusters, or of squares of neurons where there is one cluster."""
    cluster = picture.cluster if not is_pool(picture) else _squares(picture.positions)
    n = int(cluster.max(initial=0)) + 1
    size = np.maximum(np.bincount(cluster, minlength=n), 1)
    centre = np.stack([np.bincount(cluster, picture.positions[:, k], minlength=n) / size for k in (0, 1)], axis=1)
    a, b = centre[cluster[picture.table.source]], centre[cluster[picture.table.target]]
    way = b - a
    # to the left of the way, so that there and back are two bundles
    left = np.stack([-way[:, 1], way[:, 0]], axis=1) * 0.1
    first = start + TIGHT * (a + 0.25 * way - start) + left
    second = end + TIGHT * (b - 0.25 * way - end) + left
    return first, second


def _squares(at: Array, most: int = 7) -> Array:
    """Return the code of the square that each neuron is in, of so many along the longer side."""
    low = at.min(axis=0)
    side = max(float(np.ptp(at, axis=0).max()) / most, 1e-9)
    cell = np.minimum(((at - low) / side).astype(np.int64), most - 1)
    return np.unique(cell[:, 0] * most + cell[:, 1], return_inverse=True)[1]
