"""Axes, colours and text that all plots share."""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ..errors import DataError
from ..language.labels import COLOURS_OF_KINDS as COLOURS_OF_KINDS
from ..language.labels import DASHES_OF_KINDS
from ..language.labels import label_of as _label_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442")
"""Colours of series, in this order.

Okabe, M. & Ito, K. (2008). Color universal design: how to make figures and presentations that are friendly to
colorblind people."""

LINES_OF_KINDS: dict[str, Any] = {kind: (0, dashes) if dashes else "solid" for kind, dashes in DASHES_OF_KINDS.items()}
"""Line of each kind of feedback, as matplotlib says it; ``COLOURS_OF_KINDS`` are their colours."""

POSITIVE, NEGATIVE = "#B2182B", "#2166AC"
DIVERGING = "RdBu_r"
"""Colours of signed numbers, symmetric about 0; ``SEQUENTIAL`` is that of numbers that are not negative."""
SEQUENTIAL = "viridis"
MUTED = "#7F7F7F"


def new_axes(ax: Axes | None, *, size: tuple[float, float] = (6.4, 4.0), polar: bool = False) -> Axes:
    """Return axes to draw on: those given, or those of a new figure of a size in inches.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    DataError
        If ``ax`` is no axes of matplotlib, or not polar where the plot is.
    """
    try:
        from matplotlib import pyplot
        from matplotlib.axes import Axes
    except ImportError:
        raise ImportError("plots need matplotlib: pip install 'graphnet-engine[plot]'", name="matplotlib") from None
    if ax is None:
        projection: dict[str, Any] = {"projection": "polar"} if polar else {}
        return pyplot.subplots(figsize=size, layout="constrained", subplot_kw=projection)[1]
    if not isinstance(ax, Axes):
        raise DataError(f"ax: a {type(ax).__name__}; must be axes of matplotlib, such as those of plt.subplots()")
    if polar and ax.name != "polar":
        raise DataError("ax: must be polar axes, such as those of plt.subplots(subplot_kw={'projection': 'polar'})")
    return ax


def label_of(name: Any, most: int = 24) -> str:
    """Return the name of a neuron as a label of at most so many characters, its middle left out.

    Tuples such as ("hidden", 3) are words and numbers without brackets and quotation marks; characters that have no
    shape, such as line breaks, and those that the font lacks, such as emoji, are replaced.

    >>> label_of(("hidden", 3)), label_of("a" * 200, 8)
    ('hidden 3', 'aaaa…aaa')
    """
    return with_glyphs(_label_of(name, most))


def with_glyphs(text: str) -> str:
    """Return a text with a replacement for each character that no font of matplotlib's settings has.

    >>> with_glyphs("AVAL, été")
    'AVAL, été'
    """
    if text.isascii():
        return text
    try:
        from matplotlib import rcParams
    except ImportError:
        return text
    known = _characters(tuple(rcParams["font.family"]), tuple(rcParams["font.sans-serif"]))
    return "".join(c if c.isspace() or ord(c) in known else "\N{REPLACEMENT CHARACTER}" for c in text)


@lru_cache(maxsize=8)
def _characters(family: tuple[str, ...], sans_serif: tuple[str, ...]) -> frozenset[int]:
    """Return the code points that some fonts have; ``sans_serif`` is what the family of that name is."""
    from matplotlib.font_manager import FontProperties, findfont, get_font

    found: set[int] = set()
    for name in family:
        with suppress(ValueError):  # of a font that is not installed
            found |= set(get_font(findfont(FontProperties(family=[name]), fallback_to_default=False)).get_charmap())
    return frozenset(found)
