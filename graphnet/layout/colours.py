"""Colours and lines of the kinds of feedback, the same in every picture."""

COLOURS_OF_KINDS = {"forward": "#7F7F7F", "direct": "#D55E00", "lateral": "#009E73", "indirect": "#0072B2"}
DASHES_OF_KINDS: dict[str, tuple[float, ...]] = {
    "forward": (),
    "direct": (),
    "lateral": (5, 1.5),
    "indirect": (5, 1.2, 1, 1.2),
}
"""Lengths of dashes and gaps, in widths of the line.  Colour or line alone tell kinds apart: a direct one is a loop."""
