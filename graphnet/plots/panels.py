"""Headings, legends, small print and panels of plots, in which names of users are plain text."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import DataError
from ..language.arrays import Array
from .figure import COLOURS, COLOURS_OF_KINDS, SEQUENTIAL, label_of, with_glyphs

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.text import Text

SMALL_PRINT = "#595959"
"""Colour of small print, of contrast 7 on white."""
MOST_IN_LEGEND = 12
"""Number of entries of a legend; of more it says how many."""
N_DISTINCT = 7
"""Number of series that colours tell apart by sight; more of them are in the order of a colour map."""


def heading(ax: Axes, title: str, *notes: str, room: float = 0) -> None:
    """Write a title, and under it notes in small print, wrapped to the width of the axes, with room below in points."""
    inches, _ = inches_of(ax)
    lines = wrapped([note for note in notes if note], inches, 8)
    written = ax.annotate(
        "\n".join(lines),
        (0, 1),
        (0, 4 + room),
        xycoords="axes fraction",
        textcoords="offset points",
        va="bottom",
        fontsize=8,
        color=SMALL_PRINT,
    )
    written.set_in_layout(False)  # the title above has the room for it
    plain(written)
    pad = 6 + room + 11 * len(lines)
    plain(ax.set_title("\n".join(wrapped([title], inches, 10)), loc="left", fontsize=10, pad=pad))


def small_print(ax: Axes, lines: Sequence[str], size: float) -> None:
    """Write lines instead of a plot, from the top of some axes."""
    ax.set_axis_off()
    written = ax.text(0, 1, "\n".join(lines), transform=ax.transAxes, va="top", fontsize=size, color=SMALL_PRINT)
    written.set_in_layout(False)
    plain(written)


def wrapped(lines: Sequence[str], inches: float, size: float) -> list[str]:
    """Return lines of text cut to a width, for letters of so many points.

    >>> wrapped(["one two three"], 0.5, 8)
    ['one two', 'three']
    """
    width = max(8, int(72 * inches / (0.52 * size)))
    together = [line.replace(" %", "\N{NO-BREAK SPACE}%") for line in lines]
    return [part for line in together for part in textwrap.wrap(line, width)]


def legend_of(
    ax: Axes, entries: Sequence[tuple[Artist, str]], always: Sequence[tuple[Artist, str]] = (), **options: Any
) -> None:
    """Add a legend of some entries and those that are always shown; one of more than six is beside the axes.

    Labels are shown as they are.
    """
    if not entries and not always:
        return
    n = min(len(entries), MOST_IN_LEGEND)
    title = f"{n} of {len(entries)}" if n < len(entries) else ""
    # from the first to the last, as many series have the colours of a map
    shown = [*(entries[i] for i in np.linspace(0, len(entries) - 1, n).round().astype(int).tolist()), *always]
    if len(shown) > 6:
        options = {"loc": "upper left", "bbox_to_anchor": (1.01, 1), "borderaxespad": 0, **options}
    # matplotlib leaves out labels that begin with "_"; these are replaced at once
    stand_ins = [f"entry {i}" for i in range(len(shown))]
    legend = ax.legend([artist for artist, _ in shown], stand_ins, frameon=False, fontsize=8, **options)
    for text, (_, label) in zip(legend.get_texts(), shown, strict=True):
        text.set_text(label)
        plain(text)
    if title:
        legend.set_title(title)
        legend.get_title().set_fontsize(8)


def plain(text: Text) -> None:
    """Show a text as it is: no mathematics between two dollars, and no warning for characters without a shape."""
    text.set_parse_math(False)
    text.set_text(with_glyphs(text.get_text()))


def name_ticks(axis: Any, positions: Any, names: Sequence[Any], most: int = 24, **options: Any) -> None:
    """Label positions of an axis with names of users."""
    axis.set_ticks(positions, [label_of(name, most) for name in names], **options)
    for text in axis.get_ticklabels():
        text.set_parse_math(False)


def colours_of(names: Sequence[Any]) -> list[Any]:
    """Return a colour for each series: of few those of `COLOURS`, of many those of a colour map.

    Series with the name of a kind of feedback have its colour, as they have in drawings.

    >>> colours_of(["direct", "lateral", "mine"])
    ['#D55E00', '#009E73', '#CC79A7']
    """
    if len(names) > N_DISTINCT:
        from matplotlib import colormaps

        return list(colormaps[SEQUENTIAL](np.linspace(0, 0.92, len(names))))
    kinds = {**COLOURS_OF_KINDS, "complete": "#000000"}
    said = [kinds.get(name) if isinstance(name, str) else None for name in names]
    free = [colour for colour in COLOURS if colour not in said]
    if any(said):  # first those that no kind has
        free.sort(key=lambda colour: colour in kinds.values())
    others = iter(free)
    return [next(others) if colour is None else colour for colour in said]


def open_frame(ax: Axes) -> None:
    """Leave out the upper and the right line of the frame."""
    ax.spines[["top", "right"]].set_visible(False)


def divided(ax: Axes, heights: Sequence[float], widths: Sequence[float] = (1,)) -> list[Axes]:
    """Return panels in the place of some axes, row by row, with these shares of height and width.

    The axes themselves show no more than a title, if they get one.
    """
    ax.set_axis_off()
    figure: Any = ax.get_figure()
    shares = {"height_ratios": heights, "width_ratios": widths}
    place = ax.get_subplotspec()
    if place is None:  # axes at a position of the user's choice
        left, bottom, width, height = ax.get_position().bounds
        sides = {"left": left, "bottom": bottom, "right": left + width, "top": bottom + height}
        grid = figure.add_gridspec(len(heights), len(widths), **shares, **sides)
    else:
        grid = place.subgridspec(len(heights), len(widths), **shares)
    return [figure.add_subplot(grid[row, column]) for row in range(len(heights)) for column in range(len(widths))]


def inches_of(ax: Axes) -> tuple[float, float]:
    """Return the width and the height of some axes, about: a layout may still change them."""
    figure: Any = ax.get_figure()
    return float(ax.bbox.width / figure.dpi), float(ax.bbox.height / figure.dpi)


def say(ax: Axes, words: str) -> None:
    """Write what there is instead of a plot in the middle of some axes."""
    behind = {"facecolor": "white", "edgecolor": "none", "pad": 3}
    ax.text(0.5, 0.5, words, transform=ax.transAxes, ha="center", va="center", color=SMALL_PRINT, bbox=behind)


def draw_line(ax: Axes, x: Array, y: Array, **options: Any) -> Any:
    """Draw a line with a gap at each nan, and a dot at each value that has no neighbour."""
    line = ax.plot(x, y, **options)[0]
    there = np.concatenate([[False], np.isfinite(y), [False]])
    alone = np.flatnonzero(there[1:-1] & ~there[:-2] & ~there[2:])
    if len(alone):
        dots = {"marker": "o", "markersize": 4, "markevery": alone.tolist()}
        line.set(**{name: value for name, value in dots.items() if name != "marker" or line.get_marker() == "None"})
    return line


def check_columns(frame: Any, names: Sequence[str], what: str, made_by: str) -> None:
    """Raise a DataError unless a frame of pandas has these columns, with all that are missing."""
    columns = getattr(frame, "columns", None)
    if columns is None:
        raise DataError(f"{what}: a {type(frame).__name__}; must be {made_by}")
    missing = [name for name in names if name not in columns]
    if missing:
        found = ", ".join(map(str, columns)) or "none"
        raise DataError(
            f"{what}: no column {' and no column '.join(map(repr, missing))}; found {found}; must be {made_by}"
        )
