"""Marks of neurons and their names: squares are inputs, circles hidden neurons, double circles outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..language.arrays import Array
from ..language.table import GraphTable
from ..layout import Picture
from .figure import label_of
from .routes import RADIUS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK = "#333333"
FACES = {"input": "#DCE6F0", "hidden": "#FFFFFF", "output": "#FFFFFF"}
SMALLEST_TEXT = 4.0
"""Names in smaller letters than this, in points, are left out."""
EASY_TEXT, LARGEST_TEXT = 6.0, 9.0
SYMBOLS = {
    "sigmoid": "σ",
    "identity": "id",
    "leaky_relu": "lrelu",
    "hard_tanh": "htanh",
    "gaussian": "gauss",
    "standardize": "norm",
}
"""Short words for activations whose names are long."""
Z = 4.0
WIDTH_OF_LETTER = 0.58
"""Mean width of a letter, in sizes of the text."""


def draw_neurons(ax: Axes, picture: Picture, rows: Array, scale: float, alpha: float = 1.0) -> None:
    """Draw the marks of some neurons; ``scale`` is the number of points of a unit."""
    from matplotlib.collections import PolyCollection

    table = picture.table
    at = picture.positions
    width = float(np.clip(0.02 * scale, 0.25, 1.3))
    is_input, is_output = table.has_role("input")[rows], table.has_role("output")[rows]
    reverse = np.broadcast_to(table.node("reverse"), table.n_nodes)[rows]
    around = np.linspace(0, 2 * np.pi, 32, endpoint=False)
    circle = RADIUS * np.stack([np.cos(around), np.sin(around)], axis=1)
    square = 0.9 * RADIUS * np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])
    shapes = ((is_input, square, "input"), (~is_input & ~is_output, circle, "hidden"), (is_output, circle, "output"))
    for chosen, shape, role in shapes:
        for backwards in (False, True):
            some = rows[chosen & (reverse == backwards)]
            if not len(some):
                continue
            marks: dict[str, Any] = {"edgecolors": INK, "linewidths": width, "zorder": Z, "alpha": alpha}
            if backwards:
                marks["linestyles"] = [(0, (2, 1))]
            ax.add_collection(
                PolyCollection(list(at[some, None] + shape), facecolors=FACES[role], **marks), autolim=False
            )
            if role == "output":
                inner = PolyCollection(list(at[some, None] + 0.84 * shape), facecolors="none", **marks)
                ax.add_collection(inner, autolim=False)


def draw_names(ax: Axes, picture: Picture, scale: float, always: bool, alpha: Array | None = None) -> bool:
    """Write names and activations into the neurons, or below where they do not fit; True if there was room."""
    table = picture.table
    lines = [_lines(name) for name in table.nodes]
    activations = _activations(table)
    defaults = np.where(table.has_role("input"), "", np.where(table.has_role("output"), "id", "tanh"))
    inside = 1.75 * RADIUS * scale
    # one size for all names that fit, so that none looks more important; longer ones go below
    longest = np.array([max(map(len, each)) for each in lines])
    count = np.array([len(each) for each in lines])
    # a circle is narrower at the first and the last of three lines
    wide = np.where(count >= 3, 0.85, 1.0) * inside
    fits = np.minimum(wide / (WIDTH_OF_LETTER * longest), inside / (1.15 * (count + 0.3)))
    # below a neuron there is a little more than the distance of neighbours for a name
    room = 1.15 * scale
    whole = np.array([sum(map(len, each)) + len(each) - 1 for each in lines])
    under = np.minimum(room / (WIDTH_OF_LETTER * np.minimum(whole, 24)), 0.28 * scale)
    easy = fits[fits >= EASY_TEXT] if (fits >= EASY_TEXT).mean() > 0.3 else fits
    size = float(np.clip(np.quantile(easy, 0.1), SMALLEST_TEXT, LARGEST_TEXT))
    if np.median(np.maximum(fits, under)) < SMALLEST_TEXT and not always:
        return False
    below = (fits < 0.85 * size) & (under > fits)
    for row, (x, y) in enumerate(picture.positions.tolist()):
        opaque = 1.0 if alpha is None else float(alpha[row])
        words = [*lines[row], *[activations[row]] * bool(activations[row])]
        if not below[row]:
            fitting = min(size, inside / (1.15 * (len(words) + 0.2)), inside / (WIDTH_OF_LETTER * max(map(len, words))))
            if fitting < SMALLEST_TEXT:
                words, fitting = lines[row], min(size, float(fits[row]))
            _write(ax, x, y, "\n".join(words), fitting, "center", opaque)
            continue
        # the default, too, where the mark would be empty beside others that say theirs
        symbol = activations[row] or (defaults[row] if any(activations) else "")
        if symbol:
            _write(
                ax, x, y, symbol, min(size, 0.75 * inside / (WIDTH_OF_LETTER * max(4, len(symbol)))), "center", opaque
            )
        name = " ".join(lines[row])
        letters = max(4, int(room / (WIDTH_OF_LETTER * SMALLEST_TEXT)))
        name = label_of(name, 24 if always else min(24, letters))
        small = min(size, room / (WIDTH_OF_LETTER * len(name)), 0.3 * scale)
        if small >= SMALLEST_TEXT - 0.5 or always:
            _write(ax, x, y - RADIUS - 0.03, name, max(small, 2.0), "top", opaque)
    return True


def _write(ax: Axes, x: float, y: float, words: str, size: float, vertical: str, opaque: float) -> None:
    from matplotlib.patheffects import withStroke

    text = ax.text(
        x,
        y,
        words,
        fontsize=size,
        ha="center",
        va=vertical,
        color="black",
        alpha=opaque,
        zorder=Z + 1,
        parse_math=False,
        linespacing=1.0,
        clip_on=True,
    )
    text.set_in_layout(False)
    if vertical == "top":
        text.set_path_effects([withStroke(linewidth=1.5, foreground="white")])


def _lines(name: Any) -> list[str]:
    """Return a name in up to three lines: words, then numbers."""
    whole = label_of(name, 24)
    words = whole.replace("_", " ").split()
    if len(whole) <= 4 or not words:
        return [whole or " "]
    lines: list[str] = []
    for word in words:
        # numbers of one name share a line
        if lines and _is_number(word) and _is_number(lines[-1]):
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    # and so do a short word and a number after it
    if len(lines) > 1 and " " not in lines[-1] and len(lines[-2]) + len(lines[-1]) < 6:
        lines[-2:] = [f"{lines[-2]} {lines[-1]}"]
    return lines if len(lines) <= 3 else [*lines[:2], " ".join(lines[2:])]


def _is_number(text: str) -> bool:
    return all(c.isdigit() or c in " .-" for c in text)


def _activations(table: GraphTable) -> list[str]:
    """Return the symbol of the activation of each node where it is not the default, otherwise nothing."""
    column = table.node_columns.get("activation")
    if column is None or not column.names:
        return [""] * table.n_nodes
    is_output = table.has_role("output")
    found = []
    for there, code, output in zip(column.given(), column.values, is_output, strict=True):
        name = str(column.names[code]) if there else ""
        found.append("" if name == ("identity" if output else "tanh") else SYMBOLS.get(name, name.replace("_", " ")))
    return found
