"""The feedback of a drawing in a notebook: its synapses by kind, complete neurons and components."""

from __future__ import annotations

from collections.abc import Mapping

from ..language.feedback import KINDS, Feedback
from .html import Html, card, element, escaped, name_of, never_fails, number, table

MEANING = {
    "forward": "to a later layer",
    "direct": "from a neuron to itself",
    "lateral": "within a layer",
    "indirect": "to an earlier layer",
}
MOST_NAMES = 5


def describe_kinds(counts: Mapping[str, int]) -> str:
    """Return the kinds of feedback that occur, with the number of synapses of each.

    >>> describe_kinds({"forward": 2, "direct": 1, "lateral": 0, "indirect": 1200})
    'direct 1, indirect 1,200'
    >>> describe_kinds({"forward": 2, "direct": 0})
    'none'
    """
    return ", ".join(f"{kind} {counts[kind]:,}" for kind in KINDS[1:] if counts.get(kind)) or "none"


@never_fails
def feedback_html(found: Feedback) -> Html:
    """Return a table of the synapses by kind, and complete neurons and components in words."""
    counts = found.counts()
    whole = max(1, sum(counts.values()))
    rows = [[kind, MEANING[kind], number(counts[kind]), f"{counts[kind] / whole:.0%}"] for kind in KINDS]
    sizes = [len(component) for component in found.components]
    components = "none: nothing feeds back" if not sizes else f"{len(sizes):,}, of {_first(sizes)}"
    lines = [
        ["neurons with complete feedback", _names(found.complete)],
        ["groups of neurons that all reach each other", components],
        ["of these groups with complete feedback inside", number(len(found.complete_components))],
    ]
    return card("graphnet.Feedback", table(rows, ["kind", "", "synapses", "share"], left=2), table(lines, left=2))


def _first(sizes: list[int]) -> str:
    more = f" and {len(sizes) - MOST_NAMES:,} with no more" if len(sizes) > MOST_NAMES else ""
    return f"{', '.join(f'{size:,}' for size in sizes[:MOST_NAMES])} neuron{'s' * (sizes != [1])}{more}"


def _names(names: list[object]) -> Html:
    if not names:
        return escaped("none")
    first = [part for name in names[:MOST_NAMES] for part in (", ", name_of(name))][1:]
    more = f" and {len(names) - MOST_NAMES:,} more" if len(names) > MOST_NAMES else ""
    return element("span", f"{len(names):,}: ", *first, more)
