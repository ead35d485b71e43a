"""HTML that is safe by default: elements escape all text that is not HTML already.

Text and lines have the colour of the page around them (``currentColor``), so that they are read on a dark page too, and
elements carry their style with them, since pages of other people strip style sheets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from html import escape
from numbers import Integral
from typing import Any, TypeVar

from ..errors import quoted
from ..language.labels import label_of

T = TypeVar("T")

MUTED = "opacity:0.65"


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def element(name: str, *inside: str, **attributes: Any) -> Html:
    """Return an element; ``stroke_width`` is the attribute "stroke-width", and None leaves an attribute out.

    >>> element("td", "a < b", Html("<br>"), title='"')
    '<td title="&quot;">a &lt; b<br></td>'
    """
    given = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items() if value is not None}
    said = "".join(f' {key}="{escape(str(value))}"' for key, value in given.items())
    return Html(f"<{name}{said}>{''.join(map(escaped, inside))}</{name}>")


def escaped(text: str) -> Html:
    """Return text as HTML, and HTML as it is; half of a surrogate pair, which no file can have, becomes "?"."""
    return text if isinstance(text, Html) else Html(escape(text).encode(errors="replace").decode())


def name_of(name: Any, most: int = 32) -> Html:
    """Return the name of a neuron, a synapse or a graph, with its own direction of writing, its middle left out.

    >>> name_of("<script>"), name_of(("hidden", 3))
    ('<bdi>&lt;script&gt;</bdi>', '<bdi>hidden 3</bdi>')
    """
    return element("bdi", label_of(name, most))


def number(value: Any) -> str:
    """Return a number as text: whole ones in groups of three digits, others with five digits that count.

    >>> number(1234567), number(0.123456), number(True), number(None)
    ('1,234,567', '0.12346', 'True', '')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value)
    return f"{value:,}" if isinstance(value, Integral) else f"{value:.5g}"


def table(rows: Iterable[Sequence[str]], header: Sequence[str] = (), *, left: int = 1) -> Html:
    """Return a table, of whose columns so many are aligned to the left, and the others, of numbers, to the right."""

    def line(kind: str, cells: Sequence[str]) -> Html:
        made = [element(kind, each, style=_LEFT if i < left else None) for i, each in enumerate(cells)]
        return element("tr", *made, style=_RIGHT)

    head = [element("thead", line("th", header))] if header else []
    body = element("tbody", *[line("td", cells) for cells in rows])
    return element("div", element("table", *head, body, cellpadding=4, style=_TABLE), style="overflow-x:auto")


# a page without a doctype gives tables a colour and a size of their own
_TABLE = "border-collapse:collapse;margin:0.3em 0;color:inherit;font-size:inherit"
_RIGHT = "text-align:right;vertical-align:top;white-space:nowrap"
_LEFT = "text-align:left;white-space:normal"


def card(title: str, *parts: str) -> Html:
    """Return what a notebook shows of an object: a title, and parts below it."""
    return element("div", element("div", element("strong", title)), *parts, style="max-width:60em")


def note(text: str) -> Html:
    """Return a line of muted text."""
    return element("div", text, style=f"{MUTED};font-size:0.9em")


def beside(*parts: str) -> Html:
    """Return parts beside each other, or below each other where there is little room."""
    style = "display:flex;flex-wrap:wrap;gap:1.5em;align-items:flex-start"
    return element("div", *[element("div", each) for each in parts if each], style=style)


def never_fails(function: Callable[[T], Html]) -> Callable[[T], str]:
    """Return the function, which gives the repr, and says why, where it would fail: a notebook shows no HTML then."""

    @wraps(function)
    def wrapper(thing: T) -> str:
        try:
            return str(function(thing))
        except Exception as error:
            why = f"no more is shown of it: {type(error).__name__}: {quoted(error, str)}"
            return str(element("div", element("pre", quoted(thing)), note(why)))

    return wrapper
