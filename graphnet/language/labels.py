"""Labels of neurons, and colours and lines of the kinds of feedback, which every picture shares."""

from __future__ import annotations

from typing import Any

COLOURS_OF_KINDS = {"forward": "#7F7F7F", "direct": "#D55E00", "lateral": "#009E73", "indirect": "#0072B2"}
"""Colour of each kind of feedback, of the palette of Okabe and Ito (2008) for colour-blind readers."""
DASHES_OF_KINDS: dict[str, tuple[float, ...]] = {
    "forward": (),
    "direct": (),
    "lateral": (5, 1.5),
    "indirect": (5, 1.2, 1, 1.2),
}
"""Lengths of dashes and gaps, in widths of the line.  Colour or line alone tell kinds apart: a direct one is a loop."""


def label_of(name: Any, most: int = 24) -> str:
    """Return the name of a neuron as a label of at most so many characters, its middle left out.

    Tuples such as ("hidden", 3) are words and numbers without brackets and quotation marks; characters that have no
    shape, such as line breaks, are replaced.

    >>> label_of(("hidden", 3)), label_of("a" * 200, 8)
    ('hidden 3', 'aaaa…aaa')
    """
    text = " ".join(_words(name))
    text = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    if len(text) > most:
        text = f"{text[: most // 2]}…{text[len(text) - (most - most // 2 - 1) :]}"
    return text


def _words(name: Any) -> list[str]:
    return [word for part in name for word in _words(part)] if isinstance(name, tuple) else [str(name)]
