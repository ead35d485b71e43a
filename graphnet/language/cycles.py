"""Cycles without delay, and cycles between directions of time: no schedule can run them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order

from ..errors import MOST_NAMED, first_of, quoted
from .arrays import Array
from .components import strong_components
from .delays import Delays, dependencies
from .table import GraphTable
from .ties import lead_ties


def find_cycles(table: GraphTable, delays: Delays) -> list[str]:
    """Return a sentence for each component of neurons that wait for each other within a step, or across time.

    A group is one vertex; a hop through it is written ``-[group G]-``.  Of many components the first are named and the
    others counted.
    """
    reverse = table.node("reverse")
    source, target, delay = dependencies(table, delays, now=not reverse.any())
    vertex = lead_ties(table.node("group"))

    def name_zero_delay(edges: Array) -> str:
        tail, head = vertex[source[edges]], vertex[target[edges]]
        cycle = edges[_path(tail, head, int(tail.min()), int(tail.min()))]
        return f"zero-delay cycle {_written(table, source[cycle], target[cycle])}: give one of these edges delay=1"

    now = np.flatnonzero(delay == 0)
    cyclic = [now[edges] for edges in _components(table.n_nodes, vertex[source[now]], vertex[target[now]])]
    found = first_of(cyclic, name_zero_delay, "components with a zero-delay cycle")
    if not reverse.any():
        return found
    crosses = reverse[source] != reverse[target]

    def name_crossing(edges: Array) -> str:
        first = edges[crosses[edges]][0]
        rest = edges[
            _path(vertex[source[edges]], vertex[target[edges]], int(vertex[target[first]]), int(vertex[source[first]]))
        ]
        cycle = np.append(first, rest)
        return (
            f"cycle between forward and reverse neurons {_written(table, source[cycle], target[cycle])}: "
            "neither direction of time can run first; remove one of these edges"
        )

    crossing = [edges for edges in _components(table.n_nodes, vertex[source], vertex[target]) if crosses[edges].any()]
    return [*found, *first_of(crossing, name_crossing, "components with a cycle between forward and reverse neurons")]


def _components(n: int, tail: Array, head: Array) -> list[Array]:
    """Return the edges inside each strongly connected component that has any, by the first vertex of each."""
    _, label = strong_components(n, tail, head)
    inside = np.flatnonzero(label[tail] == label[head])
    if not len(inside):
        return []
    inside = inside[np.argsort(label[tail[inside]], kind="stable")]
    starts = np.flatnonzero(np.diff(label[tail[inside]], prepend=-1))
    edges = np.split(inside, starts[1:])
    # every vertex of such a component has an edge that leaves it for another one, or for itself
    return [edges[i] for i in np.argsort(np.minimum.reduceat(tail[inside], starts), kind="stable").tolist()]


def _path(tail: Array, head: Array, start: int, end: int) -> Array:
    """Return the positions of the fewest edges, at least one, that lead from vertex ``start`` to vertex ``end``."""
    vertices, local = np.unique(np.concatenate([tail, head]), return_inverse=True)
    n = len(vertices)
    tail, head = local[: len(tail)].astype(np.int64), local[len(tail) :].astype(np.int64)
    start, end = np.searchsorted(vertices, [start, end]).tolist()
    graph = csr_array((np.ones(len(tail), bool), (tail, head)), shape=(n, n))
    order, came_from = breadth_first_order(graph, start, return_predecessors=True)
    place = np.full(n, n)
    place[order] = np.arange(len(order))
    into_end = tail[head == end]
    path = [end, int(into_end[np.argmin(place[into_end])])]
    while path[-1] != start:
        path.append(int(came_from[path[-1]]))
    # of parallel edges, and of those of one group, the first
    keys = tail * n + head
    by_key = np.argsort(keys, kind="stable")
    hops = np.array([a * n + b for a, b in pairwise(path[::-1])])
    return by_key[np.searchsorted(keys[by_key], hops)]


def _written(table: GraphTable, source: Array, target: Array) -> str:
    """Return a cycle of edges in names of nodes, and in words of groups where a hop leads through one."""
    groups = table.node_columns.get("group")
    shown = len(source) if len(source) <= MOST_NAMED else MOST_NAMED - 1
    words = [quoted(table.nodes[source[0]], str)]
    for reached, leaves in zip(target[:shown].tolist(), np.roll(source, -1)[:shown].tolist(), strict=True):
        words.append(f" -> {quoted(table.nodes[reached], str)}")
        if reached != leaves and groups is not None:
            group = (groups.names or ())[groups.values[reached]]
            words.append(f" -[group {quoted(group, str)}]- {quoted(table.nodes[leaves], str)}")
    if shown < len(source):
        words.append(f" -> ({len(source) - shown - 1} more) -> {quoted(table.nodes[target[-1]], str)}")
    return "".join(words)
