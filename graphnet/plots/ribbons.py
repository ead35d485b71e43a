"""More synapses still: one ribbon for all of a kind between two clusters, and neurons as a density."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..language.arrays import Array
from ..language.feedback import KINDS
from ..layout import Picture
from .clusters import Blocks, are_columns, blocks_of, clusters_are, draw_names_of_blocks
from .figure import COLOURS_OF_KINDS, NEGATIVE, POSITIVE
from .keys import Key, write_title
from .routes import DIRECT, FORWARD, INDIRECT, LATERAL
from .signs import signs_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_RIBBONS = 150
MOST_NUMBERS = 24
"""Up to so many ribbons have their number of synapses written."""
POINTS = 14


class Ribbons(NamedTuple):
    """Ribbons from clusters ``a`` to ``b``: their kinds, or 0 and 1 for signs, and their numbers of synapses."""

    by_sign: bool
    a: Array
    b: Array
    kind: Array
    number: Array
    n_bundles: int
    ribbons: Array


def draw_ribbons(ax: Axes, picture: Picture, scale: float) -> list[Key]:
    """Draw one ribbon for all synapses of a kind from one cluster to another, as wide as they are many."""
    from matplotlib.collections import LineCollection, PolyCollection

    table = picture.table
    if not table.n_edges:
        write_title(ax, ["no synapses"])
        return []
    planned = planned_ribbons(picture)
    by_sign, kind, count, n_bundles, ribbons = (
        planned.by_sign,
        planned.kind,
        planned.number,
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
        list(ribbons[order]),
        colors=palette[kind[order]],
        linewidths=width[order],
        alpha=alpha,
        zorder=3,
        capstyle="butt",
    )
    ax.add_collection(lines, autolim=False)
    points = len(ribbons[0]) // 2
    tip, before = ribbons[:, points + 1], ribbons[:, points - 1]
    along = (tip - before) / np.maximum(np.linalg.norm(tip - before, axis=1, keepdims=True), 1e-9)
    side = np.stack([-along[:, 1], along[:, 0]], axis=1)
    size = ((width * 0.9 + 3) / scale)[:, None]
    heads = np.stack([tip + along * size, tip + side * size * 0.8, tip - side * size * 0.8], axis=1)
    ax.add_collection(PolyCollection(list(heads), facecolors=palette[kind], linewidths=0, zorder=3.2), autolim=False)
    if len(count) <= MOST_NUMBERS:
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
    write_title(ax, [f"{table.n_edges:,} synapses as {most} {noun}, by {clusters_are(picture)}"])
    return [Key("plain", name, str(palette[code])) for code, name in enumerate(names) if (kind == code).any()]


def planned_ribbons(picture: Picture) -> Ribbons:
    """Return the largest ribbons of a picture."""
    table = picture.table
    n_clusters = len(picture.cluster_names)
    by_sign = _tells_signs(picture)
    sort = np.where(signs_of(picture) < 0, 1, 0) if by_sign else picture.kind
    code = (picture.cluster[table.source] * n_clusters + picture.cluster[table.target]) * len(KINDS) + sort
    pairs, count = np.unique(code, return_counts=True)
    shown = np.sort(np.argsort(-count, kind="stable")[:MOST_RIBBONS])
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
    from matplotlib.ticker import MaxNLocator

    table, at = picture.table, picture.positions
    received = np.bincount(table.target, minlength=table.n_nodes).astype(np.float64)
    low, high = at.min(axis=0) - 0.5, at.max(axis=0) + 0.5
    # squares of a whole number of neurons, about 4 points wide
    side = max(1.0, np.ceil(4 / scale))
    shape = np.ceil((high - low) / side).astype(np.int64)
    bounds = [low[k] + side * np.arange(shape[k] + 1) for k in (0, 1)]
    number = np.histogram2d(at[:, 0], at[:, 1], bins=bounds)[0]
    total = np.histogram2d(at[:, 0], at[:, 1], bins=bounds, weights=received)[0]
    mean = np.ma.masked_where(number == 0, total / np.maximum(number, 1))
    # light greys, on which bundles are seen; a few neurons that receive far more than all others, as outputs do, would
    # leave these white
    most = max(float(np.percentile(mean.compressed(), 99)), 1e-9)
    mesh = ax.pcolormesh(*bounds, mean.T, cmap="Greys", vmin=-0.2 * most, vmax=1.8 * most, zorder=1)
    mesh.set_rasterized(True)
    extend = "max" if mean.max() > most else "neither"
    bar = ax.get_figure().colorbar(  # type: ignore[union-attr]
        mesh,
        ax=ax,
        shrink=0.5,
        pad=0.01,
        aspect=25,
        extend=extend,
        extendfrac=0.02,
        boundaries=np.linspace(0, most, 100),
        ticks=MaxNLocator(5),
    )
    bar.set_label("synapses received by a neuron", fontsize=8)
    bar.ax.tick_params(labelsize=7)
    write_title(ax, [f"{table.n_nodes:,} neurons as a density"])
    keys = draw_ribbons(ax, picture, scale)
    draw_names_of_blocks(ax, picture, scale)
    return keys
