"""Neurons sorted by the values of an attribute."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np

from ..graphs.values import node_values
from ..language.arrays import Array
from ..language.brief import one_line
from ..language.table import GraphTable


@dataclass(frozen=True, eq=False)
class Classes:
    """Nodes class after class.

    Attributes
    ----------
    nodes : (n_nodes,) int64
        Their positions in the table, sorted.
    starts : (n_classes + 1,) int64
        Where each class starts in ``nodes``, and the end.
    names : list
        The value of each class; that of nodes without the attribute is a text that says so, and comes last.
    """

    nodes: Array
    starts: Array
    names: list[Hashable]

    __repr__ = one_line

    @property
    def middles(self) -> Array:
        """Middle of each class, in rows that are 1 high and centred at whole numbers."""
        return (self.starts[:-1] + self.starts[1:] - 1) / 2


def classes_of(table: GraphTable, by: str, nodes: Array) -> Classes:
    """Return some nodes sorted by an attribute, classes in the order in which the nodes have them.

    Inputs and outputs without the attribute are classes of their own, of these names: a connectome has them around it.

    Raises
    ------
    GraphError
        If no node has the attribute, with the nearest that there is.

    Examples
    --------
    >>> import networkx as nx
    >>> drawing = nx.DiGraph([("a", "b"), ("b", "c"), ("c", "d")])
    >>> drawing.nodes["a"]["type"] = drawing.nodes["c"]["type"] = "T4"
    >>> found = classes_of(GraphTable.from_networkx(drawing), "type", np.arange(4))
    >>> found.nodes.tolist(), found.starts.tolist(), found.names
    ([0, 2, 1, 3], [0, 2, 4], ['T4', 'no type'])
    """
    values = node_values(table, by, "by")
    n = len(values.distinct)
    names: list[Hashable] = [*values.distinct, "inputs", "outputs", f"no {by}"]
    missing = np.where(table.has_role("input"), n, np.where(table.has_role("output"), n + 1, n + 2))
    codes = np.where(values.codes < 0, missing, values.codes)[nodes]
    used, first, n_of = np.unique(codes, return_index=True, return_counts=True)
    # classes in the order of their first nodes; inputs before and outputs after all others, then those without a class
    rank = np.select([used == n, used == n + 1, used == n + 2], [-1, len(codes), len(codes) + 1], first)
    order = np.argsort(rank)
    place = np.empty(len(names), np.int64)
    place[used[order]] = np.arange(len(used))
    return Classes(
        nodes[np.argsort(place[codes], kind="stable")],
        np.append(0, np.cumsum(n_of[order])),
        [names[code] for code in used[order].tolist()],
    )
