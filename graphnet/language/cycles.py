"""Cycles without delay, and cycles between directions of time: no schedule can run them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import numpy as np

from .arrays import Array
from .components import strong_components
from .delays import Delays, dependencies
from .table import GraphTable
from .ties import lead_ties

Edge = tuple[int, int]


def find_cycles(table: GraphTable, delays: Delays) -> Iterator[str]:
    """One sentence for each component of neurons that wait for each other within a step, or across directions of time.

    A group is one vertex; a hop through it is written ``-[group G]-``.
    """
    source, target, delay = dependencies(table, delays)
    vertex = lead_ties(table.node("group"))
    now = delay == 0
    for label, members in _components(table.n_nodes, vertex, source[now], target[now]):
        start = int(members[0])
        inside = (label[vertex[source[now]]] == label[start]) & (label[vertex[target[now]]] == label[start])
        edges = list(zip(source[now][inside].tolist(), target[now][inside].tolist(), strict=True))
        cycle = _written(table, vertex, _path(vertex, edges, start, start))
        yield f"zero-delay cycle {cycle}: give one of these edges delay=1"
    reverse = table.node("reverse")
    if not reverse.any():
        return
    for label, members in _components(table.n_nodes, vertex, source, target):
        inside = (label[vertex[source]] == label[members[0]]) & (label[vertex[target]] == label[members[0]])
        crossing = np.flatnonzero(inside & (reverse[source] != reverse[target]))
        if len(crossing):
            first = (int(source[crossing[0]]), int(target[crossing[0]]))
            edges = list(zip(source[inside].tolist(), target[inside].tolist(), strict=True))
            rest = _path(vertex, edges, int(vertex[first[1]]), int(vertex[first[0]]))
            yield (
                f"cycle between forward and reverse neurons {_written(table, vertex, [first, *rest])}: "
                "neither direction of time can run first; remove one of these edges"
            )


def _components(n: int, vertex: Array, source: Array, target: Array) -> Iterator[tuple[Array, Array]]:
    """The label of every vertex, and the vertices of each component that has a cycle."""
    tail, head = vertex[source], vertex[target]
    _, label = strong_components(n, tail, head)
    size = np.bincount(label, minlength=1)
    cyclic = np.unique(tail[(tail == head) | ((label[tail] == label[head]) & (size[label[tail]] > 1))])
    for component in dict.fromkeys(label[cyclic].tolist()):
        yield label, cyclic[label[cyclic] == component]


def _path(vertex: Array, edges: list[Edge], start: int, end: int) -> list[Edge]:
    """The fewest edges, at least one, that lead from vertex ``start`` to vertex ``end``; a group's members are one."""
    leaving: dict[int, list[Edge]] = {}
    for edge in edges:
        leaving.setdefault(int(vertex[edge[0]]), []).append(edge)
    came_by: dict[int, Edge] = {}
    queue = deque([start])
    while queue:
        for edge in leaving.get(queue.popleft(), ()):
            reached = int(vertex[edge[1]])
            if reached not in came_by:
                came_by[reached] = edge
                queue.append(reached)
                if reached == end:
                    path = [edge]
                    while vertex[path[-1][0]] != start:
                        path.append(came_by[int(vertex[path[-1][0]])])
                    return path[::-1]
    return []


def _written(table: GraphTable, vertex: Array, cycle: list[Edge]) -> str:
    groups = table.node_columns.get("group")
    words = [str(table.nodes[cycle[0][0]])]
    for (_, reached), (leaves, _) in zip(cycle, [*cycle[1:], cycle[0]], strict=True):
        words.append(f" -> {table.nodes[reached]}")
        if reached != leaves and groups is not None:
            words.append(f" -[group {(groups.names or ())[groups.values[reached]]}]- {table.nodes[leaves]}")
    return "".join(words)
