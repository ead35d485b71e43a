"""Drawings as pictures in Mermaid, which GitHub, GitLab and notebooks show in Markdown.  They are only written.

Inputs are boxes, hidden neurons have round ends and outputs double sides.  Kinds of feedback have the colours that they
have in ``graphnet.plots``; a gate is a dotted line to a point on the synapse.

References
----------
Mermaid flowcharts, https://mermaid.js.org/syntax/flowchart.html
"""

from __future__ import annotations

import os
import re
import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator

from ...errors import GraphWarning
from ...language.labels import COLOURS_OF_KINDS
from ...language.table import GraphTable
from ..atomic import written_whole
from .sketch import Line, Sketch, sketch

MOST_LINES = 500
"""Largest number of lines that Mermaid draws by default, its ``maxEdges``."""
_SHAPES = {"input": ("[", "]"), "hidden": ("([", "])"), "output": ("[[", "]]")}
_LINES = {
    "forward": "",
    "direct": "",
    "lateral": ",stroke-dasharray:6 2",
    # drawn from its target, so that layers keep their order: the head at the end is hidden, that at the start is left
    "indirect": ",stroke-dasharray:6 2 1 2,marker-end:none",
}
_GATE = "stroke:#000000,stroke-dasharray:1 3"


def write_mermaid(table: GraphTable, path: str | os.PathLike[str]) -> None:
    """Write a drawing in Mermaid.

    Raises
    ------
    GraphError
        If a role, a layer, a group, a delay or a gate is not valid.

    Warns
    -----
    GraphWarning
        If it has more lines than Mermaid draws by default.
    """
    found = sketch(table)
    n_lines = len(found.lines) + 2 * sum(line.gate is not None for line in found.lines)
    if n_lines > MOST_LINES:
        warnings.warn(
            GraphWarning(
                f"{os.fspath(path)}: {n_lines} lines, and Mermaid draws no more than {MOST_LINES} unless its maxEdges "
                "says so; write .dot, or draw the matrix with graphnet.plots.matrix"
            ),
            stacklevel=3,  # the caller of `write_graph`
        )
    with written_whole(path) as temporary:
        temporary.write_text("".join(f"{line}\n" for line in _lines(found)), encoding="utf-8", newline="\n")


def _lines(found: Sketch) -> Iterator[str]:
    words = [f"{kind} {COLOURS_OF_KINDS[kind]}" for kind, _ in found.by_kind()]
    yield f"%% synapses: {', '.join(words)}; gates dotted; numbers are delays"
    yield "flowchart LR"
    group_of = {i: title for title, members in found.groups.items() for i in members}
    numbers = {title: number for number, title in enumerate(found.groups)}
    placed = {i for members in found.columns.values() for i in members}
    columns = {**found.columns, "": [i for i in range(len(found.labels)) if i not in placed]}
    frames: dict[str, list[str]] = {"layer": [], "group": []}
    for column, (title, members) in enumerate(columns.items()):
        if title:
            frames["layer"].append(f"c{column}")
            yield f"  subgraph c{column}[{quoted(title)}]"
        framed: dict[str, list[int]] = defaultdict(list)
        for i in members:
            framed[group_of.get(i, "")].append(i)
        for group, inside in framed.items():
            if group:
                frames["group"].append(f"c{column}g{numbers[group]}")
                yield f"  subgraph {frames['group'][-1]}[{quoted(group)}]"
            yield from (_node(i, found) for i in inside)
            if group:
                yield "  end"
        if title:
            yield "  end"
    styles: dict[str, list[int]] = defaultdict(list)
    number = gated = 0
    for kind, lines in found.by_kind():
        style = f"stroke:{COLOURS_OF_KINDS[kind]}{_LINES[kind]}"
        for line in lines:
            point = "" if line.gate is None else f'g{gated}((" ")):::gate'
            yield f"  {_synapse(line, point)}"
            if line.gate is None:
                styles[style].append(number)
                number += 1
                continue
            yield f"  n{line.gate} -.-{_delay(line.gate_delay)} g{gated}"
            styles[style] += [number, number + 1]
            styles[_GATE].append(number + 2)
            number, gated = number + 3, gated + 1
    yield from (f"  linkStyle {_joined(rows)} {style}" for style, rows in styles.items())
    for name, fill in (("layer", "#f7f7f7"), ("group", "#ececec")):
        if frames[name]:
            yield f"  class {','.join(frames[name])} {name}"
            yield f"  classDef {name} fill:{fill},stroke:#cccccc,color:#555555"
    yield "  classDef default fill:#ffffff,stroke:#000000,color:#000000"
    if gated:
        yield "  classDef gate fill:#000000,stroke:#000000,font-size:1px"


def _synapse(line: Line, point: str) -> str:
    """Return the statement of a synapse, which a gated one has a point on."""
    if line.kind == "indirect":
        return f"n{line.target} <-->{_delay(line.delay)} {f'{point} --- ' if point else ''}n{line.source}"
    return f"n{line.source} {f'--- {point} ' if point else ''}-->{_delay(line.delay)} n{line.target}"


def _node(i: int, found: Sketch) -> str:
    opening, closing = _SHAPES[found.roles[i]]
    return f"  n{i}{opening}{quoted(found.labels[i])}{closing}"


def _delay(delay: int) -> str:
    return f'|"{delay}"|' if delay > 1 else ""


def _joined(rows: Iterable[int]) -> str:
    return ",".join(map(str, rows))


def quoted(text: str) -> str:
    """Return text as a label that Mermaid shows letter by letter.

    Every sign of ASCII is written as its number: quotation marks end a label there, backquotes and leading dashes are
    Markdown, angle brackets HTML, and semicolons and hashes may end a statement.

    >>> quoted('a "b" <c>')
    '"a #34;b#34; #60;c#62;"'
    """
    escaped = re.sub(r"[!-/:-@\\[-`{-~]", lambda found: f"#{ord(found[0])};", text)
    return f'"{escaped}"' if text.strip() else '" "'
