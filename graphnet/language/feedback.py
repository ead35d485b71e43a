"""The four kinds of feedback, named edge by edge from the order of layers.

An edge that starts and ends at one neuron is *direct* feedback; one that stays in its layer is *lateral*; one that
goes to an earlier layer is *indirect*; every other is *forward*.  A neuron has *complete* feedback when it feeds
every neuron that is not an input, itself included.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import networkx as nx
import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from ..errors import GraphError
from .arrays import Array
from .components import strong_components
from .delays import order_layers
from .hooks import hook
from .labels import COLOURS_OF_KINDS
from .table import GraphTable
from .validation import find_problems

KINDS = ("forward", "direct", "lateral", "indirect")


@dataclass(frozen=True)
class Feedback:
    """The feedback of a drawing.

    ``edges`` {edge as networkx writes it: its kind}; ``complete`` [neurons with complete feedback]; ``components``
    [neurons that can all reach each other, largest first], of which ``complete_components`` are those whose neurons
    all feed every neuron of the component, themselves included.  ``layers`` {"inputs", "layer 1", ..., "outputs": its
    neurons} are the layers that kinds are told by, from the inputs on, and ``counts_of_layers`` {layer: {kind: number
    of edges out of it}}.  ``colours`` {kind: its colour in pictures}, as "#RRGGBB".
    """

    colours: ClassVar[Mapping[str, str]] = COLOURS_OF_KINDS

    edges: dict[tuple[Hashable, ...], str]
    complete: list[Hashable]
    components: list[list[Hashable]]
    complete_components: list[list[Hashable]]
    layers: dict[str, list[Hashable]] = field(default_factory=dict, repr=False)
    counts_of_layers: dict[str, dict[str, int]] = field(default_factory=dict, repr=False)

    def __repr__(self) -> str:
        counts = ", ".join(f"{number} {kind}" for kind, number in self.counts().items())
        return f"<graphnet.Feedback: {counts}, {len(self.complete)} with complete feedback>"

    def _repr_html_(self) -> str:
        return hook("feedback_html")(self)

    def counts(self) -> dict[str, int]:
        """Return the number of edges of each kind."""
        found = Counter(self.edges.values())
        return {kind: found[kind] for kind in KINDS}


def feedback(graph: nx.DiGraph | GraphTable, *, layers: str | None = None) -> Feedback:
    """Name the kind of every edge; gates do not count.

    Parameters
    ----------
    graph : networkx.DiGraph, networkx.MultiDiGraph or GraphTable
        It need not be a whole network yet: only ``role`` and ``layer`` are read.
    layers : "depth", optional
        Count layers by the distance from the inputs, in synapses, instead of reading ``layer``; what no input reaches
        comes last.  It names feedback only: delays go by the layers that are drawn.

    Raises
    ------
    GraphError
        If a role or a layer is invalid, or the graph has no inputs.

    Examples
    --------
    >>> import graphnet as gn
    >>> gn.feedback(gn.graphs.lateral(1, 3, 1)).counts()
    {'forward': 6, 'direct': 0, 'lateral': 6, 'indirect': 0}
    >>> gn.feedback(gn.graphs.elman(1, 3, 1)).complete_components
    [[('hidden', 0), ('hidden', 1), ('hidden', 2)]]
    >>> gn.feedback(gn.graphs.jordan(1, 3, 1)).counts_of_layers["outputs"]
    {'forward': 0, 'direct': 0, 'lateral': 0, 'indirect': 1}
    """
    table = graph if isinstance(graph, GraphTable) else GraphTable.from_networkx(graph)
    problems = _problems_of_layers(table)
    if layers not in (None, "depth"):
        problems.append(f"layers={layers!r} is not 'depth' or None")
    if problems:
        raise GraphError(problems)
    source, target = table.source, table.target
    layer = order_layers(table) if layers is None else depths(table)
    kind = kinds_of(layer, source, target)
    neurons = ~table.has_role("input")
    fed = np.unique(np.stack([source, target])[:, neurons[target]], axis=1)
    complete = np.flatnonzero(neurons & (np.bincount(fed[0], minlength=table.n_nodes) == neurons.sum()))
    names = [KINDS[code] for code in kind.tolist()]
    components, all_feed_all = _components(table, fed)
    return Feedback(
        dict(zip(table.edge_keys(), names, strict=True)),
        [table.nodes[i] for i in complete.tolist()],
        components,
        [component for component, everyone in zip(components, all_feed_all, strict=True) if everyone],
        *_layers(table, layer, kind, "layer" if layers is None else layers),
    )


def _layers(
    table: GraphTable, layer: Array, kind: Array, noun: str
) -> tuple[dict[str, list[Hashable]], dict[str, dict[str, int]]]:
    """The neurons of each layer, and the number of edges of each kind out of it."""
    values, rank = np.unique(layer, return_inverse=True)
    counts = np.bincount(rank[table.source] * len(KINDS) + kind, minlength=len(values) * len(KINDS))
    titles = [title_of_layer(value, noun) for value in values.tolist()]
    ends = np.cumsum(np.bincount(rank, minlength=len(values))).tolist()
    by_layer = [table.nodes[i] for i in np.argsort(rank, kind="stable").tolist()]
    return (
        {title: by_layer[begin:end] for title, begin, end in zip(titles, [0, *ends], ends, strict=False)},
        {
            title: dict(zip(KINDS, row, strict=True))
            for title, row in zip(titles, counts.reshape(-1, len(KINDS)).tolist(), strict=True)
        },
    )


def title_of_layer(value: float, noun: str = "layer") -> str:
    """Return the title of a layer by its position in the order of layers, or by its depth.

    >>> title_of_layer(-np.inf), title_of_layer(1.25), title_of_layer(np.inf), title_of_layer(2.0, "depth")
    ('inputs', 'layer 1.25', 'outputs', 'depth 2')
    """
    if noun == "depth":
        return "inputs" if value == 0 else "not reached" if value == np.inf else f"depth {value:g}"
    return {-np.inf: "inputs", np.inf: "outputs"}.get(value, f"layer {value!r}".removesuffix(".0"))


def kinds_of_edges(table: GraphTable) -> Array:
    """Return the kind of each edge as a code into `KINDS`, (n_edges,); raise a GraphError for an invalid layer."""
    problems = _problems_of_layers(table)
    if problems:
        raise GraphError(problems)
    return kinds_of(order_layers(table), table.source, table.target)


def _problems_of_layers(table: GraphTable) -> list[str]:
    ordering = {name: column for name, column in table.node_columns.items() if name in ("role", "layer")}
    nothing = np.zeros(0, np.int64)
    problems = find_problems(GraphTable(table.nodes, nothing, nothing, ordering))
    return [problem for problem in problems if not problem.startswith("no output")]


def kinds_of(layer: Array, source: Array, target: Array) -> Array:
    """Return the kind of each edge by the layers of its ends, as a code into `KINDS`, (n_edges,) int64."""
    before, after = layer[source], layer[target]
    return np.select([source == target, before == after, before > after], [1, 2, 3], default=0)


def _components(table: GraphTable, pairs: Array) -> tuple[list[list[Hashable]], list[bool]]:
    """The components that have a cycle, largest first, and whether all their neurons feed all of them."""
    n_components, label = strong_components(table.n_nodes, *pairs)
    inside = label[pairs[0]] == label[pairs[1]]
    size = np.bincount(label, minlength=n_components)
    synapses = np.bincount(label[pairs[0][inside]], minlength=n_components)
    cyclic = np.flatnonzero(synapses > 0)
    cyclic = cyclic[np.argsort(-size[cyclic], kind="stable")]
    by_label = np.argsort(label, kind="stable")
    ends = np.cumsum(size)
    members = [by_label[ends[c] - size[c] : ends[c]].tolist() for c in cyclic]
    return [[table.nodes[i] for i in rows] for rows in members], (synapses[cyclic] == size[cyclic] ** 2).tolist()


def depths(table: GraphTable) -> Array:
    """The fewest synapses from any input to each node, (n_nodes,) float64; inf where no input reaches."""
    inputs = np.flatnonzero(table.has_role("input"))
    if not len(inputs):
        raise GraphError("layers='depth' counts from the inputs, and no node has role='input'")
    n = table.n_nodes
    # one more vertex feeds every input, so that a single search starts from all of them
    source = np.append(table.source, np.full(len(inputs), n))
    target = np.append(table.target, inputs)
    graph = csr_array((np.ones(len(source)), (source, target)), shape=(n + 1, n + 1))
    distance = dijkstra(graph, indices=n, unweighted=True)  # type: ignore[call-overload]
    return np.asarray(distance, np.float64)[:n] - 1
