"""Curves over epochs as SVG, which needs no matplotlib and follows the colours of a page."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from ..language.arrays import Array
from ..plots.figure import COLOURS
from .html import Html, element

WIDTH, HEIGHT = 440, 190
LEFT, RIGHT, TOP, BOTTOM = 62, 84, 16, 36
"""Margins, with room for numbers on the left and names on the right."""
MOST_POINTS = 120
"""Number of points of a curve; of more, the least and the largest of each stretch are kept."""
LOGARITHMIC_FROM = 20
"""Ratio of the largest and the least value from which the axis is logarithmic."""

LARGEST = 1e300
"""Larger values, and those that are not finite, are not drawn."""


def curves(
    epochs: Sequence[int], series: Mapping[str, Sequence[float | None]], of: str, best: int | None = None
) -> Html:
    """Return curves over epochs, with names at their ends and a line at the best epoch.

    Values that are None, not finite or beyond `LARGEST` are gaps; without any value, nothing is returned.
    """
    x = np.asarray(epochs, np.float64)
    y = {name: np.array([math.nan if v is None else v for v in values], np.float64) for name, values in series.items()}
    y = {name: np.where(np.abs(values) < LARGEST, values, math.nan) for name, values in y.items()}
    known = np.concatenate([values[~np.isnan(values)] for values in y.values()] or [np.zeros(0)])
    if not len(known):
        return Html()
    is_logarithmic = bool(known.min() > 0 and known.max() / LOGARITHMIC_FROM >= known.min())
    scale = np.log10 if is_logarithmic else np.asarray
    low, high = (float(scale(value)) for value in (known.min(), known.max()))
    if high - low <= max(1e-9 * max(abs(low), abs(high)), 1 / LARGEST):
        low, high = low - max(0.5, 0.1 * abs(low)), high + max(0.5, 0.1 * abs(high))
    ticks = _powers(low, high) if is_logarithmic else _round_numbers(low, high)
    if not is_logarithmic:
        low, high = min(low, ticks[0]), max(high, ticks[-1])
    first, span = float(x[0]), max(float(x[-1] - x[0]), 1.0)

    def across(at: float | Array) -> Array:
        middle = 0.5 * (len(x) == 1)
        return np.asarray(LEFT + (WIDTH - LEFT - RIGHT) * ((np.asarray(at) - first) / span + middle))

    def down(at: float | Array) -> Array:
        return np.asarray(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (np.asarray(at) - low) / (high - low))

    parts = _axes([(float(down(t)), 10.0**t if is_logarithmic else t) for t in ticks])
    for at, anchor in ((x[0], "start" if len(x) > 1 else "middle"), *[(x[-1], "end")] * (len(x) > 1)):
        parts.append(_text(f"{at:g}", float(across(at)), HEIGHT - BOTTOM + 14, anchor))
    parts.append(_text("epoch", (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, "middle"))
    parts.append(_text(f"{of}{' (logarithmic)' if is_logarithmic else ''}", 4, TOP - 5, "start"))
    if best is not None and x[0] <= best <= x[-1]:
        at = float(across(best))
        line = f"M{at:.1f} {TOP}V{HEIGHT - BOTTOM}"
        parts.append(element("path", d=line, stroke="currentColor", stroke_opacity=0.5, stroke_dasharray="2 3"))
        is_left = at < (LEFT + WIDTH - RIGHT) / 2
        parts.append(_text(f"best: {best}", at, TOP - 5, "start" if is_left and len(x) > 1 else "end"))
    ends = []
    for i, (name, values) in enumerate(y.items()):
        at = _thinned(values)
        places = np.stack([across(x[at]), down(scale(values[at]))], axis=1)
        colour = COLOURS[i % len(COLOURS)]
        dashes = "5 2.5" if i < len(y) - 1 else None  # as in plots: what comes before validation is dashed
        parts += _line(places, colour, dashes)
        last = places[~np.isnan(places[:, 1])]
        if len(last):
            ends.append((float(last[-1, 1]), name, colour))
    parts += _names(ends)
    about = f"{of} by epoch: {', '.join(y)}"
    size = {"width": WIDTH, "height": HEIGHT, "viewBox": f"0 0 {WIDTH} {HEIGHT}"}
    style = "max-width:100%;height:auto;font:11px sans-serif"
    return element("svg", *parts, role="img", aria_label=about, fill="currentColor", style=style, **size)


def _thinned(values: Array) -> Array:
    """Return positions of at most so many points, which keep every peak and trough."""
    n = len(values)
    if n <= MOST_POINTS:
        return np.arange(n)
    kept = {0, n - 1}
    for stretch in np.array_split(np.arange(n), MOST_POINTS // 2):
        some = values[stretch]
        if np.isnan(some).all():
            kept.add(int(stretch[0]))
        else:
            kept |= {int(stretch[np.nanargmin(some)]), int(stretch[np.nanargmax(some)])}
    return np.array(sorted(kept))


def _line(places: Array, colour: str, dashes: str | None) -> list[Html]:
    """Return a line through places, interrupted where one is nan, and a dot at each place on its own."""
    known = np.concatenate([[False], ~np.isnan(places[:, 1]), [False]])
    words, dots = [], []
    for i, (across, down) in enumerate(places.round(1).tolist(), start=1):
        if not known[i]:
            continue
        if not known[i - 1] and not known[i + 1]:
            dots.append(element("circle", cx=across, cy=down, r=3, fill=colour))
        else:
            words.append(f"{'L' if known[i - 1] else 'M'}{across} {down}")
    style = {"stroke": colour, "stroke_width": 1.8, "stroke_dasharray": dashes, "stroke_linejoin": "round"}
    return [element("path", d="".join(words), fill="none", **style), *dots]


def _axes(ticks: Sequence[tuple[float, float]]) -> list[Html]:
    right = WIDTH - RIGHT
    rules = "".join(f"M{LEFT} {at:.1f}H{right}" for at, _ in ticks)
    frame = f"M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{right}"
    return [
        element("path", d=rules, stroke="currentColor", stroke_opacity=0.15),
        element("path", d=frame, stroke="currentColor", stroke_opacity=0.6, fill="none"),
        *[_text(f"{value:.4g}", LEFT - 6, at + 4, "end") for at, value in ticks],
    ]


def _names(ends: Sequence[tuple[float, str, str]]) -> list[Html]:
    """Return the names of curves at their ends, moved apart where they would overlap."""
    made, lowest = [], -math.inf
    for at, name, colour in sorted(ends):
        lowest = max(at + 4, lowest + 13)
        made.append(_text(name, WIDTH - RIGHT + 6, lowest, "start", fill=colour, font_weight="bold"))
    return made


def _text(text: str, across: float, down: float, anchor: str, **style: object) -> Html:
    return element("text", text, x=f"{across:.1f}", y=f"{down:.1f}", text_anchor=anchor, **style)


def _powers(low: float, high: float) -> list[float]:
    """Return powers of ten between two logarithms, thinned to few; the ends where there are fewer than two."""
    inside = list(range(math.ceil(low - 1e-9), math.floor(high + 1e-9) + 1))
    inside = inside[:: max(1, math.ceil(len(inside) / 5))]
    return [float(each) for each in inside] if len(inside) > 1 else [low, high]


def _round_numbers(low: float, high: float) -> list[float]:
    """Return round numbers around a range.

    >>> _round_numbers(0.12, 0.97)
    [0.0, 0.25, 0.5, 0.75, 1.0]
    """
    span = high - low
    power = 10.0 ** math.floor(math.log10(span / 4))
    step = next(each * power for each in (1, 2, 2.5, 5, 10) if span / (each * power) <= 4)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [round(i * step, 12 - math.floor(math.log10(step))) for i in range(first, last + 1)]
