"""Synapses one by one: lines by kind, heads by sign, gates, delays and ties."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..language.arrays import Array
from ..language.feedback import KINDS
from ..layout import Picture
from .figure import COLOURS, COLOURS_OF_KINDS, LINES_OF_KINDS, NEGATIVE, POSITIVE
from .keys import Key
from .marks import INK
from .routes import MOST_LOOPS, Routes, arrowheads, bars, gate_routes
from .signs import signs_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_DELAYS = 120
"""Up to so many delays above 1 are written."""
GATE = "#000000"


def draw_synapses(ax: Axes, picture: Picture, routes: Routes, scale: float, faint: Array | None = None) -> list[Key]:
    """Draw synapses one by one, and return what the legend says of them."""
    from matplotlib.collections import LineCollection, PolyCollection

    table = picture.table
    width, keys = _widths(picture, scale)
    sign = signs_of(picture)
    n = table.n_edges
    alpha = np.full(n, np.clip(0.95 * np.sqrt(250 / max(n, 1)), 0.35, 0.95))
    if faint is not None:
        alpha = np.where(faint, 0.3, alpha)
    points = routes.points.copy()
    points[sign < 0, -1] = routes.tip[sign < 0]  # a bar is at the end of its line, a triangle goes on from it
    for code, kind in enumerate(KINDS):
        rows = np.flatnonzero(picture.kind == code)
        if not len(rows):
            continue
        ax.add_collection(
            LineCollection(
                list(points[rows]),
                colors=COLOURS_OF_KINDS[kind],
                linewidths=width[rows],
                linestyles=LINES_OF_KINDS[kind],
                alpha=alpha[rows],
                zorder=2 if kind != "forward" else 1.5,
            ),
            autolim=False,
        )
    size = np.clip(width / max(0.02 * scale, 0.3), 0.7, 1.4)
    kinds = np.array([COLOURS_OF_KINDS[kind] for kind in KINDS])
    colours = np.where(sign > 0, POSITIVE, np.where(sign < 0, NEGATIVE, kinds[picture.kind]))
    for rows, shapes in ((np.flatnonzero(sign >= 0), arrowheads), (np.flatnonzero(sign < 0), bars)):
        if len(rows):
            some = Routes(routes.points[rows], routes.tip[rows], routes.along[rows], routes.middle[rows])
            heads = PolyCollection(list(shapes(some, size[rows])), facecolors=colours[rows], linewidths=0, zorder=3)
            heads.set_alpha(list(alpha[rows]))
            ax.add_collection(heads, autolim=False)
    found = [Key("line", kind, kind=kind) for code, kind in enumerate(KINDS) if (picture.kind == code).any()]
    found += _draw_gates(ax, picture, routes, scale)
    found += _draw_delays(ax, picture, routes, scale)
    found += _draw_ties(ax, picture, routes, scale)
    if (sign > 0).any():
        found.append(Key("excites", "strength > 0"))
    if (sign < 0).any():
        found.append(Key("inhibits", "strength < 0"))
    found += keys
    loops = np.flatnonzero(table.source == table.target)
    nodes, counts = np.unique(table.source[loops], return_counts=True)
    for node, count in zip(nodes, counts, strict=True):
        if count > MOST_LOOPS:
            x, y = routes.middle[loops[table.source[loops] == node]].mean(axis=0)
            _write(ax, x, y, f"×{count}", scale, COLOURS_OF_KINDS["direct"])
    return found


def _widths(picture: Picture, scale: float) -> tuple[Array, list[Key]]:
    """Return the width of each line in points: by strength where all are known, otherwise the same for all."""
    base = float(np.clip(0.02 * scale, 0.3, 1.2))
    strength = np.abs(picture.strength)
    known = np.isfinite(strength)
    if not len(strength) or not known.all() or np.ptp(strength[known]) <= 1e-6 * strength[known].max():
        return np.full(len(strength), base), []
    largest = strength[known].max()
    width = np.where(known, base * (0.4 + 2.6 * np.where(known, strength, 0) / largest), base)
    return width, [Key("width", f"|strength| ≤ {largest:.3g}")]


def _draw_gates(ax: Axes, picture: Picture, routes: Routes, scale: float) -> list[Key]:
    from matplotlib.collections import LineCollection

    rows, gates = gate_routes(picture, routes)
    if not len(rows):
        return []
    alpha = 0.9 if len(rows) <= 40 else 0.45
    width = float(np.clip(0.019 * scale, 0.3, 1.1))
    ax.add_collection(
        LineCollection(
            list(gates.points), colors=GATE, linewidths=width, linestyles=(0, (1, 1.6)), alpha=alpha, zorder=2.5
        ),
        autolim=False,
    )
    ax.scatter(
        routes.middle[rows, 0],
        routes.middle[rows, 1],
        s=(0.11 * scale) ** 2,
        marker="D",
        color=GATE,
        linewidths=0,
        zorder=3.5,
        alpha=alpha,
    )
    return [Key("gate", "gate")]


def _draw_delays(ax: Axes, picture: Picture, routes: Routes, scale: float) -> list[Key]:
    rows = np.flatnonzero(picture.delay > 1)
    if not len(rows):
        return []
    most = int(picture.delay.max())
    if len(rows) > MOST_DELAYS or scale < 28:
        delays = f"{len(rows):,} delays of 2 to {most} steps" if len(rows) > 1 else f"a delay of {most} steps"
        return [Key("text", f"{delays}, not written")]
    # along a fan of parallel synapses one label after the other, beside gates
    gated = picture.gate[rows] >= 0
    turn = (np.arange(len(rows)) % 3 - 1) * (len(rows) > 2)
    part = np.where(gated, 0.74 + 0.1 * turn, 0.5 + 0.16 * turn)
    for row, (x, y) in zip(rows, Routes(*(each[rows] for each in vars(routes).values())).at(part), strict=True):
        _write(ax, float(x), float(y), f"z⁻{_superscript(int(picture.delay[row]))}", scale, INK)
    return [Key("delay", "delay of k > 1 steps")]


def _draw_ties(ax: Axes, picture: Picture, routes: Routes, scale: float) -> list[Key]:
    column = picture.table.edge_columns.get("tie")
    if column is None or column.names is None:
        return []
    tie = picture.table.edge("tie")
    count = np.bincount(tie[tie >= 0], minlength=len(column.names))
    shared = np.flatnonzero(count > 1)
    if not len(shared):
        return []
    rows = np.flatnonzero((tie >= 0) & (count[tie] > 1))
    colours = np.array(COLOURS)[np.searchsorted(shared, tie[rows]) % len(COLOURS)]
    places = routes.points[rows, 5]
    ax.scatter(
        places[:, 0],
        places[:, 1],
        s=(0.1 * scale) ** 2,
        marker="o",
        color="white",
        edgecolors=colours.tolist(),
        linewidths=0.9,
        zorder=3.4,
    )
    ties = "1 tie" if len(shared) == 1 else f"{len(shared)} ties, by colour"
    return [Key("tie", f"one weight: {ties}")]


def _write(ax: Axes, x: float, y: float, words: str, scale: float, colour: str) -> None:
    text = ax.text(
        x,
        y,
        words,
        fontsize=float(np.clip(0.15 * scale, 4.0, 8.0)),
        ha="center",
        va="center",
        color=colour,
        zorder=5,
        bbox={"boxstyle": "round,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.85},
    )
    text.set_in_layout(False)


def _superscript(number: int) -> str:
    return str(number).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
