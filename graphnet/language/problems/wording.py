"""Nodes, edges and values as messages name them, and lists of the rows with a problem."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...errors import first_of, quoted
from ..arrays import Array
from ..schema import Attribute
from ..table import Column, GraphTable


@dataclass(frozen=True, slots=True)
class Side:
    """Nodes or edges: their attributes, names that belong to the other side, and words for messages."""

    noun: str
    table: GraphTable
    columns: dict[str, Column]
    known: dict[str, Attribute]
    misplaced: frozenset[str]
    other_noun: str

    def name(self, row: int) -> str:
        """Return a node or an edge as messages name it."""
        return node_at(self.table, row) if self.noun == "node" else edge_at(self.table, row)


def node_at(table: GraphTable, position: int) -> str:
    """Return a node as messages name it."""
    return f"node {quoted(table.nodes[position])}"


def edge_at(table: GraphTable, position: int) -> str:
    """Return an edge as messages name it."""
    return f"edge {quoted(table.edge_key(int(position)))}"


def value_at(columns: dict[str, Column], name: str, position: int) -> str:
    """Return the value of an attribute as messages quote it."""
    return quoted(columns[name].value(position))


def listed(rejected: Array, sentence: Callable[[int], str], others: str) -> list[str]:
    """Return a sentence for each of the first rejected rows, and one that counts the ``others``."""
    return first_of(np.flatnonzero(rejected).tolist(), sentence, others)
