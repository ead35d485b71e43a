"""A sketch of a drawing in text: layers in a row from inputs to outputs, and feedback as signs and arcs."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from .layers import WIDTH, signs_of

if TYPE_CHECKING:
    import graphnet as gn

MOST_SIGNS = 5
"""Largest number of neurons of a layer with a sign for each; larger layers have their number and one sign."""
ARROWS = {"unicode": ("─→", "→"), "ascii": ("->", ">")}
"""Arrows between neighbouring layers, longest first."""
ARCS = {"unicode": tuple("↑└─┘"), "ascii": tuple("^`-'")}
"""Signs of arcs: the end with the arrow, the beginning of an arc to the right, the line, that of an arc to the left."""


@dataclass
class Line:
    """A line of text, in which each sign may have the colour of a kind of feedback."""

    signs: list[str] = field(default_factory=list)
    kinds: list[str | None] = field(default_factory=list)

    def put(self, column: int, text: str, kind: str | None = None) -> None:
        """Write a text at a column."""
        missing = column + len(text) - len(self.signs)
        self.signs += [" "] * missing
        self.kinds += [None] * missing
        self.signs[column : column + len(text)] = text
        self.kinds[column : column + len(text)] = [kind] * len(text)

    def __str__(self) -> str:
        return "".join(self.signs).rstrip()


def sketch(graph: Any, *, is_ascii: bool = False, width: int = WIDTH) -> list[Line]:
    r"""Return a sketch of a small drawing.

    The row of layers has a sign for each neuron, or the number of neurons, and arrows between neighbouring layers with
    their longest delay. Above a layer are the signs of direct and lateral feedback. Each line below is an arc from one
    layer to another that is earlier, or later but not the next one; it starts below the layer at its corner.

    Raises
    ------
    ValueError
        If the drawing has more layers than fit.

    Examples
    --------
    >>> import graphnet as gn
    >>> print(*sketch(gn.graphs.direct(1, 3, 1), is_ascii=True), sep="\n")
            @
    o  ->  ***  ->  @
    >>> print(*sketch(gn.graphs.indirect(1, 3, 1), is_ascii=True), sep="\n")
    o  ->  ***  ->  @
            ^-------'
    """
    import numpy as np

    import graphnet as gn

    table = graph if isinstance(graph, gn.GraphTable) else gn.GraphTable.from_networkx(graph)
    found = gn.feedback(table)
    layer = {node: i for i, nodes in enumerate(found.layers.values()) for node in nodes}
    kinds = [found.edges[key] for key in table.edge_keys()]
    # synapses that run forward, which the arrows are, have no delay but one that they declare
    delay = np.where(table.edge_gives("delay"), table.edge("delay"), 0).tolist()
    ends = [(layer[table.nodes[s]], layer[table.nodes[t]]) for s, t in zip(table.source, table.target, strict=True)]
    drawn = Counter(zip(ends, kinds, strict=True))
    longest = {pair: max(d for d, of in zip(delay, ends, strict=True) if of == pair) for pair in set(ends)}
    which = "ascii" if is_ascii else "unicode"
    signs = signs_of(None if not is_ascii else _Ascii())
    titles = _titles(table, found, signs)
    arrows = {pair: f"{longest[pair] or ''}" for pair in longest if pair[1] == pair[0] + 1}
    for arrow, space in ((ARROWS[which][0], 2), (ARROWS[which][0], 1), (ARROWS[which][0], 0), (ARROWS[which][1], 0)):
        middle, length = _place(titles, arrows, arrow, space)
        if length <= width:
            break
    else:
        raise ValueError(f"a drawing of {len(titles)} layers does not fit into {width} columns")
    above, row = Line(), Line()
    for i, title in enumerate(titles):
        start = middle[i] - (len(title) - 1) // 2
        row.put(start, title)
        if (i, i + 1) in arrows:
            end = middle[i + 1] - (len(titles[i + 1]) - 1) // 2
            length = end - start - len(title) - 2 * space
            row.put(start + len(title) + space, _arrow(arrow, arrows[i, i + 1], length), "forward")
        marks = [kind for kind in ("direct", "lateral") if ((i, i), kind) in drawn]
        for place, kind in enumerate(marks):
            above.put(middle[i] + 2 * place - (len(marks) > 1), signs[kind], kind)
    lines = [above, row] if above.signs else [row]
    arcs = [(ends, kind) for ends, kind in drawn if ends[0] != ends[1] and ends[1] != ends[0] + 1]
    return lines + [_arc(middle[s], middle[t], kind, ARCS[which]) for (s, t), kind in sorted(arcs, key=_shortest)]


def print_lines(lines: Sequence[Line], indent: str = "") -> None:
    """Print lines on stdout, on a terminal with colours of the kinds of feedback."""
    if not getattr(sys.stdout, "isatty", bool)():
        for line in lines:
            click.echo(f"{indent}{line}")
        return
    # imported here: it takes longer than all that a pipe needs
    from rich.console import Console
    from rich.text import Text

    import graphnet as gn

    console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    for line in lines:
        text = Text(indent)
        for sign, kind in zip(line.signs, line.kinds, strict=True):
            text.append(sign, style=gn.Feedback.colours[kind] if kind else None)
        console.print(text)


def legend(is_ascii: bool = False) -> list[Line]:
    """Return lines that say what the signs of a sketch are."""
    signs = signs_of(_Ascii() if is_ascii else None)
    head, to_right, line, to_left = ARCS["ascii" if is_ascii else "unicode"]
    lines = [Line(), Line()]
    neurons = "  ".join(f"{signs[role]} {role}" for role in ("input", "hidden", "output"))
    lines[0].put(0, f"{neurons}    feedback:")
    indirect = f"{head}{line}{to_left} indirect"
    for text, kind in (
        (f"{signs['direct']} direct", "direct"),
        (f"{signs['lateral']} lateral", "lateral"),
        (indirect, "indirect"),
    ):
        lines[0].put(len(lines[0].signs) + 2, text, kind)
    lines[1].put(0, f"{to_right}{line}{head} forward past a layer", "forward")
    lines[1].put(len(lines[1].signs) + 2, "a number in an arrow: the longest delay, in steps")
    return lines


class _Ascii:
    """Stream that shows no more than ASCII."""

    encoding = "ascii"


def _shortest(arc: tuple[tuple[int, int], str]) -> tuple[int, int, int]:
    (source, target), _ = arc
    return abs(source - target), source, target


def _titles(table: gn.GraphTable, found: gn.Feedback, signs: Mapping[str, str]) -> list[str]:
    roles = dict.fromkeys(table.nodes, "hidden")
    for role in ("input", "output"):
        roles |= {table.nodes[i]: role for i in table.has_role(role).nonzero()[0].tolist()}
    titles = []
    for nodes in found.layers.values():
        text = "".join(signs[roles[node]] for node in nodes)
        titles.append(text if len(nodes) <= MOST_SIGNS else f"{len(nodes)}{text[0]}")
    return titles


def _place(
    titles: Sequence[str], arrows: Mapping[tuple[int, int], str], arrow: str, space: int
) -> tuple[list[int], int]:
    """Return the middle columns of layers, and the length of the row."""
    middle, column = [], 0
    for i, title in enumerate(titles):
        middle.append(column + (len(title) - 1) // 2)
        column += len(title)
        if i < len(titles) - 1:
            column += len(arrow) + len(arrows.get((i, i + 1), "")) + 2 * space
    return middle, column


def _arrow(arrow: str, delay: str, length: int) -> str:
    """Return an arrow with a delay in it, as long as asked for."""
    body = arrow[0] if len(arrow) > 1 else ""
    return f"{body}{delay}".ljust(length - 1, arrow[0]) + arrow[-1]


def _arc(source: int, target: int, kind: str, signs: Sequence[str]) -> Line:
    head, to_right, line, to_left = signs
    drawn = Line()
    if source < target:
        drawn.put(source, to_right + line * (target - source - 1) + head, kind)
    else:
        drawn.put(target, head + line * (source - target - 1) + to_left, kind)
    return drawn
