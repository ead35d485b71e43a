"""A picture as a small inline SVG, made without matplotlib: for a line of a notebook, not for a paper."""

from __future__ import annotations

from html import escape

import numpy as np

from ..language.arrays import Array
from ..language.feedback import KINDS
from ..language.labels import COLOURS_OF_KINDS, DASHES_OF_KINDS
from .picture import Picture

MOST_NEURONS = 80
MOST_SYNAPSES = 200
"""Above either, clusters are drawn as bars with their numbers of neurons."""
MOST_BARS = 14
INK = "#888"


def sketch_svg(picture: Picture, *, width: int = 220, height: int = 110) -> str:
    """Return a thumbnail of a picture as an SVG element of at most 20 kB.

    Small drawings have a mark for each neuron (squares are inputs, rings outputs) and a line for each synapse, in the
    colours of the kinds of feedback. Of large ones, columns are bars with their numbers of neurons, and arcs of the
    kinds of feedback join them.

    Parameters
    ----------
    picture : Picture
    width, height : int
        Size in pixels.

    Examples
    --------
    >>> import graphnet as gn
    >>> from graphnet.layout import picture_of
    >>> sketch_svg(picture_of(gn.graphs.elman(1, 3, 1)))[:4]
    '<svg'
    """
    table = picture.table
    if table.n_nodes <= MOST_NEURONS and table.n_edges <= MOST_SYNAPSES:
        parts = _neurons(picture, width, height)
    else:
        parts = _bars(picture, width, height)
    words = f"{table.n_nodes:,} neurons and {table.n_edges:,} synapses"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="img" aria-label="{escape(words)}"><title>{escape(words)}</title>{"".join(parts)}</svg>'
    )


def _neurons(picture: Picture, width: int, height: int) -> list[str]:
    table, at = picture.table, picture.positions
    low, high = at.min(axis=0), at.max(axis=0)
    extent = np.maximum(high - low, 1e-9)
    # loops and arcs reach beyond the outermost neurons
    margin = 16.0
    scale = min(30.0, (width - 2 * margin) / extent[0], (height - 2 * margin) / extent[1])
    middle = np.array([width, height]) / 2
    xy = (at - (low + high) / 2) * [scale, -scale] + middle
    r = float(np.clip(0.2 * scale, 1.2, 5))
    parts = []
    paths: dict[str, list[str]] = {kind: [] for kind in KINDS}
    for s, t, code in zip(table.source.tolist(), table.target.tolist(), picture.kind.tolist(), strict=True):
        skips = abs(picture.column[s] - picture.column[t]) > 1
        paths[KINDS[code]].append(_path(xy[s], xy[t], KINDS[code], r, 0.15 if skips else 0.0))
    for kind, drawn in paths.items():
        if drawn:
            parts.append(_stroke("".join(drawn), kind, 0.9))
    is_input, is_output = table.has_role("input"), table.has_role("output")
    for i, (x, y) in enumerate(xy.tolist()):
        if is_input[i]:
            parts.append(
                f'<rect x="{x - r:.1f}" y="{y - r:.1f}" width="{2 * r:.1f}" height="{2 * r:.1f}" fill="{INK}"/>'
            )
        else:
            fill = "none" if is_output[i] else INK
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}" fill="{fill}" stroke="{INK}"/>')
    return parts


def _path(a: Array, b: Array, kind: str, r: float, bend: float) -> str:
    (ax, ay), (bx, by) = a.tolist(), b.tolist()
    if kind == "direct":
        return (
            f"M{ax - r / 2:.1f} {ay - r:.1f}C{ax - 2.5 * r:.1f} {ay - 4 * r:.1f} "
            f"{ax + 2.5 * r:.1f} {ay - 4 * r:.1f} {ax + r / 2:.1f} {ay - r:.1f}"
        )
    if kind == "forward" and not bend:
        return f"M{ax:.1f} {ay:.1f}L{bx:.1f} {by:.1f}"
    # to the left of where it goes, so that a synapse each way is two arcs
    bend = bend if kind == "forward" else 0.3
    mx, my = (ax + bx) / 2 + (by - ay) * bend, (ay + by) / 2 - (bx - ax) * bend
    return f"M{ax:.1f} {ay:.1f}Q{mx:.1f} {my:.1f} {bx:.1f} {by:.1f}"


def _stroke(path: str, kind: str, width: float) -> str:
    said = " ".join(f"{length:g}" for length in DASHES_OF_KINDS[kind])
    dashes = f' stroke-dasharray="{said}"' if said else ""
    colour = COLOURS_OF_KINDS[kind]
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width:.1f}" opacity="0.8"{dashes}/>'


def _bars(picture: Picture, width: int, height: int) -> list[str]:
    """Return bars for the columns, as high as the root of their numbers of neurons, and arcs between them."""
    table = picture.table
    column = picture.column
    n_columns = int(column.max(initial=-1)) + 1
    # of many columns, neighbours share a bar
    bar = column * min(n_columns, MOST_BARS) // max(n_columns, 1)
    n_bars = int(bar.max()) + 1
    count = np.bincount(bar, minlength=n_bars)
    x = (np.arange(n_bars) + 0.5) * width / n_bars
    base, middle = 12.0, height / 2
    tall = np.maximum(3.0, (height * 0.42) * np.sqrt(count / count.max()))
    thick = min(14.0, 0.4 * width / n_bars)
    pairs, n_synapses = np.unique(
        np.stack([bar[table.source], bar[table.target], picture.kind]), axis=1, return_counts=True
    )
    parts = []
    strongest = n_synapses.max(initial=1)
    # the strongest arcs, or dozens of columns would be too many
    for k in np.argsort(-n_synapses, kind="stable")[:60].tolist():
        s, t, code = pairs[:, k].tolist()
        kind = KINDS[code]
        stroke = 0.7 + 2.3 * float(np.sqrt(n_synapses[k] / strongest))
        top = middle - tall / 2
        if s == t:
            lift = 10 if kind == "direct" else 16
            half = thick * (0.5 if kind == "direct" else 0.8)
            path = (
                f"M{x[s] - half / 2:.1f} {top[s]:.1f}C{x[s] - half * 1.6:.1f} {top[s] - lift:.1f} "
                f"{x[s] + half * 1.6:.1f} {top[s] - lift:.1f} {x[s] + half / 2:.1f} {top[s]:.1f}"
            )
        elif kind == "forward" and t == s + 1:
            path = f"M{x[s]:.1f} {middle:.1f}L{x[t]:.1f} {middle:.1f}"
        else:
            sign = -1 if kind == "forward" else 1
            edge = middle + sign * tall / 2
            reach = float(edge[[s, t]].max() if sign > 0 else edge[[s, t]].min()) + sign * (
                5 + 18 * abs(s - t) / n_bars
            )
            reach = float(np.clip(reach, -6, height + 6))
            path = f"M{x[s]:.1f} {edge[s]:.1f}C{x[s]:.1f} {reach:.1f} {x[t]:.1f} {reach:.1f} {x[t]:.1f} {edge[t]:.1f}"
        parts.append(_stroke(path, kind, stroke))
    for k in range(n_bars):
        parts.append(
            f'<rect x="{x[k] - thick / 2:.1f}" y="{middle - tall[k] / 2:.1f}" width="{thick:.1f}" '
            f'height="{tall[k]:.1f}" rx="2" fill="{INK}"/>'
        )
        parts.append(
            f'<text x="{x[k]:.1f}" y="{height - base / 3:.1f}" font-size="8" text-anchor="middle" '
            f'font-family="sans-serif" fill="{INK}">{_short(int(count[k]))}</text>'
        )
    return parts


def _short(number: int) -> str:
    """Return a number in at most four characters.

    >>> _short(302), _short(45669), _short(1513231)
    ('302', '46k', '1.5M')
    """
    for limit, divisor, unit, digits in ((1000, 1.0, "", 0), (9950, 1e3, "k", 1), (999_500, 1e3, "k", 0)):
        if number < limit:
            return f"{number / divisor:.{digits}f}{unit}"
    return f"{number / 1e6:.{int(number < 9.95e6)}f}M"
