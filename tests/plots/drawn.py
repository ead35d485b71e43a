"""What is drawn on the axes of a figure, as text and numbers."""

from __future__ import annotations

from typing import Any

import matplotlib.text
import numpy as np


def words(ax: Any) -> list[str]:
    """Return every text of the figure that is shown, as it is written."""
    figure = ax.get_figure()
    for each in figure.axes:  # which writes the labels of ticks; a whole layout would take long
        each.get_xticklabels()
        each.get_yticklabels()
    texts = figure.findobj(lambda each: isinstance(each, matplotlib.text.Text) and each.get_visible())
    return [each.get_text().replace("\n", " ").replace("\N{NO-BREAK SPACE}", " ") for each in texts if each.get_text()]


def panels(ax: Any) -> list[Any]:
    """Return the axes of the figure that show a frame."""
    return [each for each in ax.get_figure().axes if each.axison]


def legend(ax: Any) -> list[str]:
    """Return the labels of a legend."""
    return [text.get_text() for text in ax.get_legend().get_texts()]


def line(ax: Any, label: str) -> np.ndarray:
    """Return the points (n, 2) of the line whose entry in the legend begins with some letters."""
    found = [i for i, each in enumerate(legend(ax)) if each.startswith(label)]
    assert len(found) == 1, f"{label!r} in {legend(ax)}"
    shown = ax.get_legend().legend_handles[found[0]]
    same = [each for each in ax.lines if each.get_color() == shown.get_color() and len(each.get_xdata())]
    dashes = [each for each in same if each.get_linestyle() == shown.get_linestyle()]
    assert len(dashes) == 1, f"{len(dashes)} lines look like {label!r}"
    return dashes[0].get_xydata()
