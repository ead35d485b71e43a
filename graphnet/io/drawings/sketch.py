"""A drawing as languages of diagrams say it: boxes in columns and in frames, and the lines between them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NoReturn

import numpy as np

from ...errors import DataError, GraphError
from ...language.arrays import Array
from ...language.delays import order_layers, resolve_delays
from ...language.feedback import KINDS, kinds_of, title_of_layer
from ...language.labels import label_of
from ...language.problems.neurons import check_gates
from ...language.table import GraphTable
from ...language.validation import check_attributes

MOST_LETTERS = 60
"""Longest name to write in full."""
OF_NODES, OF_EDGES = ("role", "layer", "group"), ("delay", "gate", "gate_delay")
"""Attributes that a diagram shows; only these have to be valid."""


@dataclass(frozen=True)
class Line:
    """A synapse: positions of its ends and of its gate (None without one), its kind of feedback and its delays."""

    source: int
    target: int
    kind: str
    delay: int
    gate: int | None
    gate_delay: int


@dataclass(frozen=True)
class Sketch:
    """Drawing as a diagram shows it.

    Attributes
    ----------
    labels : list of str
        Names of the nodes.
    roles : list of str
        ``"input"``, ``"hidden"`` or ``"output"`` of each node.
    columns : {str: list of int}
        Nodes by title of their column, from the inputs on.  Hidden neurons are in none if no layer is given.
    groups : {str: list of int}
        Members by title of their group.
    lines : list of Line
    """

    labels: list[str]
    roles: list[str]
    columns: dict[str, list[int]]
    groups: dict[str, list[int]]
    lines: list[Line]

    def by_kind(self) -> Iterator[tuple[str, list[Line]]]:
        """Yield the kinds of feedback that occur, and the synapses of each."""
        for kind in KINDS:
            found = [line for line in self.lines if line.kind == kind]
            if found:
                yield kind, found


def sketch(table: GraphTable) -> Sketch:
    """Return what a diagram shows of a drawing, which need not be a network yet.

    Raises
    ------
    GraphError
        If a role, a layer, a group, a delay or a gate is not valid.
    """
    problems: list[str] = []
    check_attributes(table, nodes=OF_NODES, edges=OF_EDGES)
    check_gates(table, problems)
    if problems:
        raise GraphError(problems)
    layer, delays = order_layers(table), resolve_delays(table)
    is_input, is_output = table.has_role("input"), table.has_role("output")
    kinds = kinds_of(layer, table.source, table.target).tolist()
    groups: dict[str, list[int]] = {}
    given, group = table.node_gives("group"), table.node("group")
    for code in dict.fromkeys(group[given].tolist()):
        members = np.flatnonzero(given & (group == code)).tolist()
        groups[_unique(f"group {_label(table.node_columns['group'].value(members[0]))}", groups)] = members
    return Sketch(
        [_label(node) for node in table.nodes],
        np.select([is_input, is_output], ["input", "output"], "hidden").tolist(),
        _columns(table, layer),
        groups,
        [
            Line(source, target, KINDS[kind], delay, None if gate < 0 else gate, gate_delay)
            for source, target, kind, delay, gate, gate_delay in zip(
                table.source.tolist(),
                table.target.tolist(),
                kinds,
                delays.delay.tolist(),
                delays.gate.tolist(),
                delays.gate_delay.tolist(),
                strict=True,
            )
        ],
    )


def _columns(table: GraphTable, layer: Array) -> dict[str, list[int]]:
    by_layer = {value: np.flatnonzero(layer == value).tolist() for value in np.unique(layer).tolist()}
    if not (table.node_gives("layer") & np.isfinite(layer)).any():
        by_layer = {value: rows for value, rows in by_layer.items() if np.isinf(value)}
    return {title_of_layer(value): rows for value, rows in by_layer.items()}


def _label(name: object) -> str:
    return label_of(name, MOST_LETTERS)


def _unique(title: str, taken: dict[str, list[int]]) -> str:
    """Return a title that no other group has: different names may have one label."""
    return title if title not in taken else _unique(f"{title}'", taken)


def refuse_reading(name: str) -> Callable[[str | os.PathLike[str]], NoReturn]:
    """Return a reader that refuses: a format is only written."""

    def read(path: str | os.PathLike[str]) -> NoReturn:
        raise DataError(
            f"{os.fspath(path)}: {name} is only written, as a picture of a drawing; keep the drawing in another format"
        )

    return read
