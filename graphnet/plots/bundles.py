"""Pictures of many synapses: each led along its bundle, or bundles alone, and neurons as a density."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..language.arrays import Array
from ..language.feedback import KINDS
from ..layout import Picture
from .figure import COLOURS_OF_KINDS, NEGATIVE, POSITIVE, label_of
from .keys import Key
from .routes import DIRECT, FORWARD, INDIRECT, LATERAL
from .signs import signs_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_CURVES = 20_000
"""Up to so many synapses each is a curve of its own."""
MOST_BUNDLES = 150
MOST_COUNTS = 24
"""Up to so many bundles have their number of synapses written."""
POINTS = 14
TIGHT = 0.85
"""How near the curves of a bundle are to its middle, from 0 (straight) to 1."""


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


def draw_bundles(ax: Axes, picture: Picture, scale: float) -> list[Key]:
    """Draw synapses along the bundles of their clusters, and return what the legend says of them."""
    from matplotlib.collections import LineCollection

    table = picture.table
    n = table.n_edges
    if n > MOST_CURVES:
        return draw_ribbons(ax, picture, scale)
    curves = curves_of(picture)
    alpha = float(np.clip(9 / np.sqrt(n), 0.04, 0.5))
    for code in (0, 3, 2, 1):
        rows = np.flatnonzero(picture.kind == code)
        if len(rows):
            lines = LineCollection(
                curves[rows],
                colors=COLOURS_OF_KINDS[KINDS[code]],
                linewidths=float(np.clip(0.014 * scale, 0.3, 0.8)),
                alpha=min(1.0, alpha * (1 if code != 1 else 3)),
                zorder=1.5,
            )
            ax.add_collection(lines, autolim=False)
    if picture.placed_by.startswith("classes"):
        draw_names_of_blocks(ax, picture, scale, 0.2)
    ax.set_title(f"{n:,} synapses, bundled by {_by(picture)}", fontsize=9)
    return [
        Key("plain", kind, COLOURS_OF_KINDS[kind]) for code, kind in enumerate(KINDS) if (picture.kind == code).any()
    ]


def curves_of(picture: Picture) -> Array:
    """Return a curve for each synapse, (n_edges, POINTS, 2), led by the blocks of its ends."""
    table, at = picture.table, picture.positions
    start, end = at[table.source], at[table.target]
    if are_columns(picture) and len(picture.cluster_names) > 1 and not _is_pool(picture):
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


def _is_pool(picture: Picture) -> bool:
    """True if most synapses stay in one block: they are seen by where they go in it."""
    inside = picture.cluster[picture.table.source] == picture.cluster[picture.table.target]
    return bool(inside.mean() > 0.9)


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
    cluster = picture.cluster if not _is_pool(picture) else _squares(picture.positions)
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


def draw_ribbons(ax: Axes, picture: Picture, scale: float) -> list[Key]:
    """Draw one ribbon for all synapses of a kind from one cluster to another, as wide as they are many."""
    from matplotlib.collections import LineCollection, PolyCollection

    table = picture.table
    if not table.n_edges:
        ax.set_title("no synapses", fontsize=9)
        return []
    planned = _planned(picture)
    by_sign, kind, count, n_bundles, ribbons = (
        planned.by_sign,
        planned.kind,
        planned.count,
        planned.n_bundles,
        planned.ribbons,
    )
    names = ("strength > 0", "strength < 0") if by_sign else KINDS
    palette = np.array([POSITIVE, NEGATIVE] if by_sign else [COLOURS_OF_KINDS[name] for name in KINDS])
    width = np.clip(14 * np.sqrt(count / count.max()) * min(1.0, 5 / np.sqrt(len(count))), 0.4, None)
    alpha = 0.75 if len(count) <= 60 else 0.55
    # the widest below
    order = np.argsort(-width, kind="stable")
    lines = LineCollection(
        ribbons[order], colors=palette[kind[order]], linewidths=width[order], alpha=alpha, zorder=3, capstyle="butt"
    )
    ax.add_collection(lines, autolim=False)
    points = len(ribbons[0]) // 2
    tip, before = ribbons[:, points + 1], ribbons[:, points - 1]
    along = (tip - before) / np.maximum(np.linalg.norm(tip - before, axis=1, keepdims=True), 1e-9)
    side = np.stack([-along[:, 1], along[:, 0]], axis=1)
    size = ((width * 0.9 + 3) / scale)[:, None]
    heads = np.stack([tip + along * size, tip + side * size * 0.8, tip - side * size * 0.8], axis=1)
    ax.add_collection(PolyCollection(heads, facecolors=palette[kind], linewidths=0, zorder=3.2), autolim=False)
    if len(count) <= MOST_COUNTS:
        long = scale * np.ptp(ribbons, axis=1).max(axis=1) > 24
        for number, (x, y) in zip(count[long].tolist(), tip[long].tolist(), strict=True):
            text = ax.text(
                x,
                y,
                f"{number:,}",
                fontsize=7,
                ha="center",
                va="center",
                zorder=6,
                bbox={"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none", "alpha": 0.8},
            )
            text.set_in_layout(False)
    most = f"the {len(count):,} largest of {n_bundles:,}" if len(count) < n_bundles else f"{n_bundles:,}"
    noun = "bundles" if n_bundles > 1 else "bundle"
    ax.set_title(f"{table.n_edges:,} synapses as {most} {noun}, by {_by(picture)}", fontsize=9)
    return [Key("plain", name, str(palette[code])) for code, name in enumerate(names) if (kind == code).any()]


def bundle_lines(picture: Picture, dense: bool) -> Array:
    """Return the lines that will be drawn, (n, points, 2)."""
    if not picture.table.n_edges:
        return np.zeros((0, 1, 2))
    return _planned(picture).ribbons if dense or picture.table.n_edges > MOST_CURVES else curves_of(picture)


class Ribbons(NamedTuple):
    """Ribbons from clusters ``a`` to ``b``: their kinds, or 0 and 1 for signs, and their numbers of synapses."""

    by_sign: bool
    a: Array
    b: Array
    kind: Array
    count: Array
    n_bundles: int
    ribbons: Array


def _planned(picture: Picture) -> Ribbons:
    """Return the largest ribbons of a picture."""
    table = picture.table
    n_clusters = len(picture.cluster_names)
    by_sign = _tells_signs(picture)
    sort = np.where(signs_of(picture) < 0, 1, 0) if by_sign else picture.kind
    code = (picture.cluster[table.source] * n_clusters + picture.cluster[table.target]) * len(KINDS) + sort
    pairs, count = np.unique(code, return_counts=True)
    shown = np.sort(np.argsort(-count, kind="stable")[:MOST_BUNDLES])
    ends, kind = np.divmod(pairs[shown], len(KINDS))
    a, b = np.divmod(ends, n_clusters)
    # loops of both signs at one block are one within the other
    shape = np.where(a == b, np.where(kind == 0, LATERAL, DIRECT), FORWARD) if by_sign else kind
    return Ribbons(by_sign, a, b, kind, count[shown], len(pairs), _ribbons(picture, blocks_of(picture), a, b, shape))


def _tells_signs(picture: Picture) -> bool:
    """True if signs say more than kinds: most synapses have a sign, and nearly all are of one kind."""
    most = np.bincount(picture.kind).max() if len(picture.kind) else 0
    sign = signs_of(picture)
    return bool(most > 0.9 * len(sign) and (sign != 0).mean() > 0.5 and (sign < 0).any())


def _ribbons(picture: Picture, blocks: Blocks, a: Array, b: Array, kind: Array) -> Array:
    """Return the middle line of each ribbon, (n, 2 * POINTS + 1, 2)."""
    low, high, centre = blocks.low, blocks.high, blocks.centre
    t = np.linspace(0, 1, 2 * POINTS + 1)[None, :, None]
    if are_columns(picture):
        height = float(high[:, 1].max() - low[:, 1].min())
        steps = np.abs(b - a)
        start = np.stack([high[a, 0], centre[a, 1]], axis=1)
        end = np.stack([low[b, 0], centre[b, 1]], axis=1)
        lift = np.where(steps > 1, height * (0.07 + 0.09 * steps), 0.0)
        over = (kind == FORWARD) & (steps > 1)
        start[over] = np.stack([centre[a, 0], high[a, 1]], axis=1)[over]
        end[over] = np.stack([centre[b, 0], high[b, 1]], axis=1)[over]
        first, second = start + (end - start) / 3, end - (end - start) / 3
        first[over] = (start + np.stack([0 * lift, lift], axis=1))[over]
        second[over] = (end + np.stack([0 * lift, lift], axis=1))[over]
        back = (kind == INDIRECT) & (a != b)
        start[back] = np.stack([centre[a, 0], low[a, 1]], axis=1)[back]
        end[back] = np.stack([centre[b, 0], low[b, 1]], axis=1)[back]
        drop = np.stack([0.0 * steps, height * (0.08 + 0.1 * steps)], axis=1)
        first[back], second[back] = (start - drop)[back], (end - drop)[back]
        reach = np.full(len(a), 0.16 * height)
    else:
        way = centre[b] - centre[a]
        length = np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-9)
        left = np.stack([-way[:, 1], way[:, 0]], axis=1) * 0.12
        rim = 0.35 * np.minimum((high - low).min(axis=1), (high - low).max(axis=1) / 2 + 1)
        start, end = centre[a] + way / length * rim[a, None], centre[b] - way / length * rim[b, None]
        first, second = start + (end - start) / 3 + left, end - (end - start) / 3 + left
        reach = 0.7 * (high - low)[a, 1]
    inside = a == b
    half = 0.25 * np.maximum((high - low)[a, 0], np.minimum(2.0, reach))
    lateral = np.where(kind == LATERAL, 1.0, 0.6)
    top = np.stack([centre[a, 0], high[a, 1]], axis=1)
    up, across = np.stack([0 * half, reach * lateral], axis=1), np.stack([half * lateral, 0 * half], axis=1)
    start[inside], end[inside] = (top - across)[inside], (top + across)[inside]
    first[inside], second[inside] = (top - 1.6 * across + up)[inside], (top + 1.6 * across + up)[inside]
    parts = [each[:, None] for each in (start, first, second, end)]
    return np.asarray(
        (1 - t) ** 3 * parts[0] + 3 * (1 - t) ** 2 * t * parts[1] + 3 * (1 - t) * t**2 * parts[2] + t**3 * parts[3]
    )


def draw_density(ax: Axes, picture: Picture, scale: float) -> list[Key]:
    """Draw neurons as a density, coloured by the synapses that they receive, and synapses as ribbons."""
    table, at = picture.table, picture.positions
    received = np.bincount(table.target, minlength=table.n_nodes).astype(np.float64)
    low, high = at.min(axis=0) - 0.5, at.max(axis=0) + 0.5
    # squares of a whole number of neurons, about 4 points wide
    side = max(1.0, np.ceil(4 / scale))
    shape = np.ceil((high - low) / side).astype(np.int64)
    bounds = [low[k] + side * np.arange(shape[k] + 1) for k in (0, 1)]
    number = np.histogram2d(*at.T, bins=bounds)[0]
    total = np.histogram2d(*at.T, bins=bounds, weights=received)[0]
    mean = np.ma.masked_where(number == 0, total / np.maximum(number, 1))
    # light greys, on which bundles are seen
    mesh = ax.pcolormesh(*bounds, mean.T, cmap="Greys", vmin=-0.2 * mean.max(), vmax=1.8 * mean.max(), zorder=1)
    mesh.set_rasterized(True)
    bar = ax.get_figure().colorbar(mesh, ax=ax, shrink=0.5, pad=0.01, aspect=25)  # type: ignore[union-attr]
    bar.ax.set_ylim(0, max(float(mean.max()), 1e-9))
    bar.set_label("synapses received by a neuron", fontsize=8)
    bar.ax.tick_params(labelsize=7)
    keys = draw_ribbons(ax, picture, scale)
    draw_names_of_blocks(ax, picture, scale)
    ax.set_title(f"{table.n_nodes:,} neurons as a density; {ax.get_title()}", fontsize=9)
    return keys


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


def _by(picture: Picture) -> str:
    if _is_pool(picture) and picture.table.n_edges <= MOST_CURVES:
        return "place"
    if picture.placed_by.startswith("classes of "):
        return picture.placed_by.removeprefix("classes of ").strip("'")
    return "layer" if picture.placed_by == "layers" else "column"
