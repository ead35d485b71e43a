"""Pass 2: neurons to stages.

Neurons that wait for each other around a cycle form a strongly connected component and are scanned step by step; all
others run over all steps at once, in topological order.  Components that are scanned are merged where that lowers the
number of levels that every step goes through: 10^4 self-loop neurons are one scan, not 10^4.  The partition never
changes a value beyond rounding.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..language.arrays import Array
from ..language.brief import one_line
from ..language.components import strong_components
from .paths import longest_paths


@dataclass(frozen=True, eq=False, slots=True)
class Stages:
    """The stage of each node, (n_nodes,), -1 for inputs; which are scanned, which in reversed time, (n_stages,)."""

    of_node: Array
    scanned: Array
    reverse: Array

    __repr__ = one_line


def condense_components(
    is_input: Array, vertex: Array, reverse: Array, source: Array, target: Array, delay: Array
) -> Stages:
    """Stages from the dependencies between neurons (synapses, gates, and a neuron's on its own past).

    ``vertex`` (n_nodes,) is the first member of each node's group, which represents it; ``reverse`` (n_nodes,)
    the direction of time.
    """
    n = len(is_input)
    source, target = at_vertices(vertex, source, target)
    phase = _order_phases(n, reverse, source, target)
    if reverse.any():
        section = np.zeros(n, np.int64)
        for one in np.unique(phase).tolist():
            within = (phase[source] == one) & (phase[target] == one)
            tail, head = source[within], target[within]
            merged = _merge_scans(*_order_sections(n, tail, head), tail, head, delay[within])
            section[phase == one] = merged[phase == one]
    else:
        section = _merge_scans(*_order_sections(n, source, target), source, target, delay)
    scanned = section % 2 == 1
    # a parallel section is cut into stages along every dependency; a scanned one is a stage, whatever its levels
    inside = np.flatnonzero(~scanned[target])
    tail, head = source[inside], target[inside]
    inside = inside[(phase[tail] == phase[head]) & (section[tail] == section[head])]
    place = longest_paths(n, source[inside], target[inside], np.where(scanned, 0, 1))
    key = ((phase * (section.max() + 1) + section) * (n + 1) + place)[vertex]
    key[is_input] = -1
    _, first, of_node = np.unique(key, return_index=True, return_inverse=True)
    begin = int(is_input.any())
    return Stages(of_node.ravel() - begin, scanned[vertex[first[begin:]]], phase[vertex[first[begin:]]] % 2 == 1)


def at_vertices(vertex: Array, source: Array, target: Array) -> tuple[Array, Array]:
    """Return the ends of dependencies as vertices: the first member of each node's group, the node itself without."""
    if (vertex == np.arange(len(vertex))).all():
        return source, target
    return vertex[source], vertex[target]


def _order_phases(n: int, reverse: Array, source: Array, target: Array) -> Array:
    """Number of changes of direction before each vertex, (n,): even for forward time, odd for reversed time."""
    if not reverse.any():
        return np.zeros(n, np.int64)
    n_components, label = strong_components(n, source, target)
    backward = np.zeros(n_components, np.int64)
    backward[label] = reverse
    tail, head = label[source], label[target]
    between = tail != head
    tail, head = tail[between], head[between]
    turns = (backward[tail] != backward[head]).astype(np.int64)
    return longest_paths(n_components, tail, head, np.zeros(n_components, np.int64), backward, turns)[label]


def _order_sections(n: int, source: Array, target: Array) -> tuple[Array, int]:
    """The section of each node: 0, then 1 scanned, 2, 3 scanned and so on; and the number of scanned ones.

    A component goes to the earliest section it can, but one without a cycle that no scan waits for goes to the last.
    """
    n_components, label = strong_components(n, source, target)
    cyclic = np.bincount(label, minlength=n_components) > 1
    cyclic[label[source[source == target]]] = True
    tail, head = label[source], label[target]
    tail, head = tail[tail != head], head[tail != head]
    scans_until = longest_paths(n_components, tail, head, cyclic)
    scans_from = longest_paths(n_components, head, tail, cyclic)
    n_scans = int(scans_until.max(initial=0))
    section = np.where(cyclic, 2 * scans_until - 1, 2 * np.where(scans_from == 0, n_scans, scans_until))
    section[(scans_until == 0) & ~cyclic] = 0
    return section[label], n_scans


def _merge_scans(section: Array, n_scans: int, source: Array, target: Array, delay: Array) -> Array:
    """Sections after merging neighbouring scans, with what lies between them, wherever that lowers their levels."""
    if n_scans < 2:
        return section
    n_sections = 2 * n_scans + 1
    within = (delay == 0) & (section[source] > 0)
    source, target = source[within], target[within]
    alone = section[source] == section[target]
    level = longest_paths(len(section), source[alone], target[alone], np.ones(len(section), np.int64))
    levels_alone = np.zeros(n_sections, np.int64)
    np.maximum.at(levels_alone, section, level)

    by_section = np.argsort(section, kind="stable")
    node_ends = np.cumsum(np.bincount(section, minlength=n_sections))
    by_target = np.argsort(section[target], kind="stable")
    edge_ends = np.cumsum(np.bincount(section[target], minlength=n_sections))
    local = np.empty(len(section), np.int64)
    merged = np.arange(n_sections)
    start, levels = 1, levels_alone[1]
    for scan in range(3, 2 * n_scans, 2):
        new = by_section[node_ends[scan - 2] : node_ends[scan]]
        local[new] = np.arange(len(new))
        edges = by_target[edge_ends[scan - 2] : edge_ends[scan]]
        tail, head = source[edges], target[edges]
        inside = section[tail] >= start
        tail, head = tail[inside], head[inside]
        old = section[tail] < scan - 1
        floor = np.zeros(len(new), np.int64)
        np.maximum.at(floor, local[head[old]], level[tail[old]])
        joined = longest_paths(len(new), local[tail[~old]], local[head[~old]], np.ones(len(new), np.int64), floor)
        together = max(levels, joined.max())
        if together < levels + levels_alone[scan]:
            merged[scan - 1 : scan + 1] = start
            level[new] = joined
            levels = together
        else:
            start, levels = scan, levels_alone[scan]
    return np.asarray(merged[section])
