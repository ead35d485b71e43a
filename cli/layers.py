"""A small picture of the layers of a network in text: neurons, and the synapses out of each layer by kind."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import graphnet as gn

WIDTH, MOST_DOTS, LONGEST_TITLE = 80, 6, 14
SIGNS = {
    "unicode": {"input": "□", "hidden": "●", "output": "◎"}
    | {"forward": "↓", "direct": "↺", "lateral": "↔", "indirect": "↑", "more": "…", "none": "·"},
    "ascii": {"input": "o", "hidden": "*", "output": "@"}
    | {"forward": "v", "direct": "@", "lateral": "-", "indirect": "^", "more": "..", "none": "."},
}
"""Neurons by role, and arrows by kind of feedback; ASCII where a terminal has no other signs."""


def describe_layers(found: gn.Feedback, table: gn.GraphTable, activations: Sequence[str]) -> list[dict[str, Any]]:
    """Return a row for each layer: its title, numbers of neurons by role and activation, and of synapses out of it.

    ``activations`` is the name of that of each node.
    """
    roles = dict.fromkeys(table.nodes, "hidden")
    for role in ("input", "output"):
        rows = table.has_role(role).nonzero()[0].tolist()
        roles |= {table.nodes[i]: role for i in rows}
    named = dict(zip(table.nodes, activations, strict=True))
    return [
        {
            "layer": title,
            "neurons": len(nodes),
            "roles": dict(Counter(roles[node] for node in nodes)),
            "activations": dict(Counter(named[node] for node in nodes if roles[node] != "input").most_common()),
            **found.counts_of_layers[title],
        }
        for title, nodes in found.layers.items()
    ]


def draw_layers(rows: Sequence[Mapping[str, Any]], most: int, *, signs: Mapping[str, str]) -> list[str]:
    r"""Return lines of at most 80 columns: a header and at most ``most`` layers, of more the first and the last ones.

    >>> row = {"roles": {"hidden": 2}, "activations": {"tanh": 2}, "lateral": 0, "indirect": 0}
    >>> rows = [{"layer": f"layer {i}", "neurons": 2, "forward": 4 * (i < 5), "direct": 2, **row} for i in range(6)]
    >>> print(*draw_layers(rows, 3, signs=SIGNS["ascii"]), sep="\n")
    layer        neurons    forward v  direct @  lateral -  indirect ^
    layer 0      ** 2 tanh          4         2          .           .
    .. 4 layers  ** 8 tanh         16         8          .           .
    layer 5      ** 2 tanh          .         2          .           .
    """
    kinds = ("forward", "direct", "lateral", "indirect")
    shown = _summarised(rows, most, signs["more"])
    heads = [f"{kind} {signs[kind]}" for kind in kinds]
    cells = [[_number(row[kind]) if row[kind] else signs["none"] for kind in kinds] for row in shown]
    widths = [max(map(len, column)) for column in zip(heads, *cells, strict=True)]
    numbers = [
        "  ".join(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True)) for row in (heads, *cells)
    ]
    titles = [_cut(row["layer"], LONGEST_TITLE, signs["more"]) for row in shown]
    title_width = max(map(len, ["layer", *titles]))
    room = WIDTH - title_width - len(numbers[0]) - 4
    largest = max((row["largest"] for row in shown), default=1)
    neurons = [_cut(_neurons(row, largest, signs), room, signs["more"]) for row in shown]
    width = max(map(len, ["neurons", *neurons]))
    columns = zip(["layer", *titles], ["neurons", *neurons], numbers, strict=True)
    return [f"{title:<{title_width}}  {dots:<{width}}  {number}".rstrip() for title, dots, number in columns]


def signs_of(stream: Any = None) -> Mapping[str, str]:
    """Return the signs that a stream, by default stdout, can show."""
    encoding = getattr(stream or sys.stdout, "encoding", None) or "ascii"
    try:
        "".join(SIGNS["unicode"].values()).encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return SIGNS["ascii"]
    return SIGNS["unicode"]


def _summarised(rows: Sequence[Mapping[str, Any]], most: int, more: str) -> list[dict[str, Any]]:
    """Return the rows, of too many the first and the last ones with the sum of the others between them."""
    each = [{**row, "largest": row["neurons"]} for row in rows]
    if len(rows) <= most:
        return each
    first = most // 2
    last = max(most - first - 1, 0)
    between = each[first : len(each) - last]
    summed: dict[str, Any] = {
        name: sum(row[name] for row in between) for name in ("neurons", "forward", "direct", "lateral", "indirect")
    }
    for name in ("roles", "activations"):
        counts: Counter[str] = Counter()
        for row in between:
            counts.update(row[name])
        summed[name] = dict(counts.most_common())
    summed |= {"layer": f"{more} {len(between)} layers", "largest": max(row["neurons"] for row in between)}
    return [*each[:first], summed, *each[len(each) - last :]]


def _neurons(row: Mapping[str, Any], largest: int, signs: Mapping[str, str]) -> str:
    """Return a sign for each neuron, fewer where a layer has many, and their number and activations."""
    dots = row["largest"] if largest <= MOST_DOTS else -(-row["largest"] * MOST_DOTS // largest)
    role = max(row["roles"], key=row["roles"].__getitem__)
    text = f"{signs[role] * dots:<{min(largest, MOST_DOTS)}} {_number(row['neurons'])} {', '.join(row['activations'])}"
    return text.rstrip()


def _number(number: int) -> str:
    return str(number) if number < 10**7 else f"{number / 1e6:.1f} M"


def _cut(text: str, width: int, more: str) -> str:
    return text if len(text) <= width else f"{text[: width - len(more)].rstrip(' ,')}{more}"
