"""Colours and lines of the kinds of feedback, the same in every picture."""

from ..language.labels import COLOURS_OF_KINDS as COLOURS_OF_KINDS

DASHES_OF_KINDS: dict[str, tuple[float, ...]] = {
    "forward": (),
    "direct": (),
    "lateral": (5, 1.5),
    "indirect": (5, 1.2, 1, 1.2),
}
"""Lengths of dashes and gaps, in widths of the line.  Colour or line alone tell kinds apart: a direct one is a loop."""
