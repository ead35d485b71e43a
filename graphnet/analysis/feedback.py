"""The four kinds of feedback, named edge by edge from the order of layers.

An edge that starts and ends at one neuron is *direct* feedback; one that stays in its layer is *lateral*; one that
goes to an earlier layer is *indirect*; every other is *forward*.  A neuron has *complete* feedback when it feeds
every neuron that is not an input, itself included.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass

import networkx as nx
import numpy as np

from ..compiler import order_layers
from ..errors import GraphError
from ..table import GraphTable
from ..validation import find_problems

KINDS = ("forward", "direct", "lateral", "indirect")


@dataclass(frozen=True)
class Feedback:
    """``edges`` {edge as networkx writes it: its kind}, ``complete`` [neurons with complete feedback]."""

    edges: dict[tuple[Hashable, ...], str]
    complete: list[Hashable]

    def counts(self) -> dict[str, int]:
        """How many edges are of each kind."""
        found = Counter(self.edges.values())
        return {kind: found[kind] for kind in KINDS}


def feedback(graph: nx.DiGraph | GraphTable) -> Feedback:
    """Name the kind of every edge; gates do not count.

    Parameters
    ----------
    graph : networkx.DiGraph, networkx.MultiDiGraph or GraphTable
        It need not be a whole network yet: only ``role`` and ``layer`` are read.

    Raises
    ------
    GraphError
        If a role or a layer is not one.

    Examples
    --------
    >>> import graphnet as gn
    >>> gn.feedback(gn.graphs.lateral(1, 3, 1)).counts()
    {'forward': 6, 'direct': 0, 'lateral': 6, 'indirect': 0}
    """
    table = graph if isinstance(graph, GraphTable) else GraphTable.from_networkx(graph)
    ordering = {name: column for name, column in table.node_columns.items() if name in ("role", "layer")}
    nothing = np.zeros(0, np.int64)
    problems = find_problems(GraphTable(table.nodes, nothing, nothing, ordering))
    problems = [problem for problem in problems if not problem.startswith("no output")]
    if problems:
        raise GraphError(problems)
    layer = order_layers(table)
    source, target = table.source, table.target
    kind = np.select(
        [source == target, layer[source] == layer[target], layer[source] > layer[target]], [1, 2, 3], default=0
    )
    neurons = ~table.has_role("input")
    fed = np.unique(np.stack([source, target])[:, neurons[target]], axis=1)
    complete = np.flatnonzero(neurons & (np.bincount(fed[0], minlength=table.n_nodes) == neurons.sum()))
    names = [KINDS[code] for code in kind.tolist()]
    return Feedback(dict(zip(table.edge_keys(), names, strict=True)), [table.nodes[i] for i in complete.tolist()])
