"""Drawings as pictures in DOT, the language of Graphviz: ``dot -Tsvg net.dot -o net.svg``.  They are only written.

Inputs are boxes, hidden neurons ellipses and outputs ellipses with two lines.  Kinds of feedback have the colours that
they have in ``graphnet.plots``; a gate is a dotted line to a point on the synapse.

References
----------
The DOT language, https://graphviz.org/doc/info/lang.html
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from ...language.labels import COLOURS_OF_KINDS
from ...language.table import GraphTable
from ..atomic import written_whole
from .sketch import Line, Sketch, sketch

_SHAPES = {"input": "shape=box", "hidden": "shape=ellipse", "output": "shape=ellipse peripheries=2"}
_LINES = {"forward": "solid", "direct": "solid", "lateral": "dashed", "indirect": "bold"}
_FONT = 'fontname="Helvetica,Arial,sans-serif" fontsize=11'


def write_dot(table: GraphTable, path: str | os.PathLike[str]) -> None:
    """Write a drawing in DOT.

    Raises
    ------
    GraphError
        If a role, a layer, a group, a delay or a gate is not valid.
    """
    found = sketch(table)
    with written_whole(path) as temporary:
        temporary.write_text("".join(f"{line}\n" for line in _lines(found)), encoding="utf-8", newline="\n")


def _lines(found: Sketch) -> Iterator[str]:
    yield "digraph {"
    yield f"  graph [rankdir=LR newrank=true ranksep=0.6 nodesep=0.25 {_FONT}{_legend(found)}]"
    yield f"  node [style=filled fillcolor=white color=black margin=0.08 {_FONT}]"
    yield f"  edge [arrowsize=0.7 {_FONT}]"
    for i, (label, role) in enumerate(zip(found.labels, found.roles, strict=True)):
        yield f"  n{i} [label={quoted(label)} {_SHAPES[role]}]"
    for number, (title, members) in enumerate(found.groups.items()):
        yield f"  subgraph cluster_{number} {{ label={quoted(title)} style=rounded color=gray60; {_names(members)} }}"
    for members in found.columns.values():
        yield f"  {{ rank=same; {_names(members)} }}"
    if len(found.columns) > 1:  # also where no synapse goes from one to the next
        yield f"  {' -> '.join(f'n{members[0]}' for members in found.columns.values())} [style=invis weight=0]"
    gated = 0
    for kind, lines in found.by_kind():
        # ranks are those of layers, or else follow from synapses that go forward or stay in the layer
        free = "indirect" if not _has_layers(found) else "lateral"
        ordered = " constraint=false" if kind == free else ""
        yield f'  subgraph {kind} {{ edge [color="{COLOURS_OF_KINDS[kind]}" style={_LINES[kind]}{ordered}]'
        for line in lines:
            if line.gate is None:
                yield f"    n{line.source} -> n{line.target}{_delay(line.delay)}"
                continue
            yield f'    g{gated} [shape=point width=0.06 label="" fillcolor=black]'
            if kind in ("direct", "lateral"):
                yield f"    {{ rank=same; g{gated}; n{line.target}; }}"
            yield f"    n{line.source} -> g{gated} [arrowhead=none]"
            yield f"    g{gated} -> n{line.target}{_delay(line.delay)}"
            gated += 1
        yield "  }"
    yield from _gates([line for _, lines in found.by_kind() for line in lines if line.gate is not None])
    yield "}"


def _gates(gated: list[Line]) -> Iterator[str]:
    if gated:
        yield "  subgraph gates { edge [color=black style=dotted arrowhead=none constraint=false]"
        yield from (f"    n{line.gate} -> g{i}{_delay(line.gate_delay)}" for i, line in enumerate(gated))
        yield "  }"


def _has_layers(found: Sketch) -> bool:
    return any(title.startswith("layer") for title in found.columns)


def _names(members: Iterable[int]) -> str:
    return " ".join(f"n{i};" for i in members)


def _delay(delay: int) -> str:
    return f' [label="{delay}"]' if delay > 1 else ""


def _legend(found: Sketch) -> str:
    """Return the attribute with the kinds of feedback that occur, each in its colour."""
    words = [f'<font color="{COLOURS_OF_KINDS[kind]}">{kind} ({_LINES[kind]})</font>' for kind, _ in found.by_kind()]
    if any(line.gate is not None for line in found.lines):
        words.append("gate (dotted)")
    if any(line.delay > 1 or line.gate_delay > 1 for line in found.lines):
        words.append("numbers are delays")
    return f" label=<{', '.join(words)}> labelloc=b" if words else ""


def quoted(text: str) -> str:
    r"""Return text as a label that Graphviz shows letter by letter.

    Backslashes begin escapes there, and an ampersand begins an entity of HTML.

    >>> print(quoted('a "b" \\N &lt;'))
    "a \"b\" \\N &amp;lt;"
    """
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;") + '"'
