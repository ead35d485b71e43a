"""Routes of synapses in a picture: curves from neuron to neuron, around others, with loops, fans and arrowheads.

All numbers are in the units of the positions, so that a route is the same in a figure of any size.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import KDTree

from ..language.arrays import Array
from ..layout import Picture

RADIUS = 0.3
"""Radius of a neuron; neighbours are at a distance of 1."""
HEAD = 0.17
"""Length of an arrowhead."""
CLEARANCE = 0.09
"""Least distance of a route from the rim of a neuron that it passes."""
POINTS = 24
MOST_LOOPS = 4
"""Parallel self-loops that are drawn one by one; the last takes the place of all others."""
FORWARD, DIRECT, LATERAL, INDIRECT = range(4)


@dataclass(frozen=True, eq=False)
class Routes:
    """Curves of synapses: ``points`` (n, POINTS, 2) up to the head, ``tip`` (n, 2), and the direction there, ``along``.

    ``middle`` (n, 2) is the point half way, where gates end.
    """

    points: Array
    tip: Array
    along: Array
    middle: Array

    def at(self, part: Array) -> Array:
        """Return the points at a part of each route, (n, 2)."""
        rows = np.clip(np.round(part * (POINTS - 1)).astype(np.int64), 0, POINTS - 1)
        return self.points[np.arange(len(self.points)), rows]


def routes_of(picture: Picture, straight: bool = False) -> Routes:
    """Return the routes of all synapses; ``straight`` ones bend only around neurons."""
    table, at = picture.table, picture.positions
    source, target = table.source, table.target
    n = len(source)
    loops = source == target
    curved = np.flatnonzero(~loops)
    points, tip, along = np.zeros((n, POINTS, 2)), np.zeros((n, 2)), np.zeros((n, 2))
    middle = np.zeros((n, 2))
    bend = _fan(picture, curved) if straight else _bends(picture, curved)
    bend = around_neurons(at, at[source[curved]], at[target[curved]], bend, source[curved], target[curved])
    bend = _apart(bend, source[curved], target[curved])
    one = curves(at[source[curved]], at[target[curved]], bend, RADIUS, RADIUS)
    for whole, part in ((points, one.points), (tip, one.tip), (along, one.along), (middle, one.middle)):
        whole[curved] = part
    rows = np.flatnonzero(loops)
    if len(rows):
        angle = _free_angles(at, source, target, one, curved, picture.gate)
        number = _number_of_parallel(source[rows], target[rows])[0]
        one = _loops(at[source[rows]], angle[source[rows]], np.minimum(number, MOST_LOOPS - 1))
        for whole, part in ((points, one.points), (tip, one.tip), (along, one.along), (middle, one.middle)):
            whole[rows] = part
    return Routes(points, tip, along, middle)


def gate_routes(picture: Picture, routes: Routes) -> tuple[Array, Routes]:
    """Return which synapses have gates, and routes from their gates to the middle of the synapses."""
    rows = np.flatnonzero(picture.gate >= 0)
    at, gate = picture.positions, picture.gate[rows]
    start, end = at[gate], routes.middle[rows]
    bend = around_neurons(at, start, end, np.zeros(len(rows)), gate, np.full(len(rows), -1))
    return rows, curves(start, end, bend, RADIUS, 0.02, 0.0)


def curves(start: Array, end: Array, bend: Array, from_rim: float, to_rim: float, head: float = HEAD) -> Routes:
    """Return parabolas between points whose middle is moved to the left of their way by ``bend``."""
    control = _control(start, end, bend)
    way = np.maximum(np.linalg.norm(end - start, axis=1), 1e-9)
    first = np.clip(from_rim / way, 0, 0.45)
    tip_at = 1 - np.clip(to_rim / way, 0, 0.45)
    base_at = 1 - np.clip((to_rim + head) / way, 0, 0.48)
    for _ in range(4):  # fixed point: as far from the ends as the rims are
        first = np.clip(first * _ratio(from_rim, start, _on(start, control, end, first)), 0, 0.45)
        tip_at = 1 - np.clip((1 - tip_at) * _ratio(to_rim, end, _on(start, control, end, tip_at)), 0, 0.45)
        base_at = 1 - np.clip((1 - base_at) * _ratio(to_rim + head, end, _on(start, control, end, base_at)), 0, 0.48)
    part = np.linspace(0, 1, POINTS)
    t = first[:, None] + (base_at - first)[:, None] * part
    points = _on(start[:, None], control[:, None], end[:, None], t)
    tip = _on(start, control, end, tip_at)
    along = tip - points[:, -1] if head else end - points[:, -2]
    along = along / np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    return Routes(points, tip, along, _on(start, control, end, (first + base_at) / 2))


def around_neurons(at: Array, start: Array, end: Array, bend: Array, source: Array, target: Array) -> Array:
    """Return bends with which routes pass no third neuron, or as few as they can, near the bends that were asked."""
    if len(at) < 3 or not len(start):
        return bend
    tree = KDTree(at)
    best = bend.copy()
    cost = _closeness(tree, start, end, bend, source, target)
    way = np.linalg.norm(end - start, axis=1)
    steep = np.where(np.abs(end - start)[:, 0] < 0.5, 0.6 * way, 0)  # within a column
    # towards the side that they bend to anyway, first; straight ones upwards if they go right
    side = np.where(bend != 0, np.sign(bend), 1.0)
    for more in (0.25, -0.25, 0.45, -0.45, 0.7, -0.7, 1.0, -1.0, 1.4, -1.4, 1.9, -1.9, 2.6, -2.6):
        rows = np.flatnonzero(cost > 0.02)
        # steep routes between columns may pass near neurons rather than swing out of their way
        rows = rows[np.abs(more) <= np.minimum(0.6 * way[rows], 0.1 + 0.4 * np.abs(end - start)[rows, 0] + steep[rows])]
        if not len(rows):
            break
        tried = bend[rows] + more * side[rows]
        found = _closeness(tree, start[rows], end[rows], tried, source[rows], target[rows])
        better = found < cost[rows] - 0.02
        best[rows[better]], cost[rows[better]] = tried[better], found[better]
    return best


def _closeness(tree: KDTree, start: Array, end: Array, bend: Array, source: Array, target: Array) -> Array:
    """Return how far each route is inside the clearance of a neuron at neither of its ends; 0 where it is outside."""
    t = np.linspace(0, 1, 19)[1:-1]
    points = _on(start[:, None], _control(start, end, bend)[:, None], end[:, None], t[None, :])
    distance, near = tree.query(points, k=min(3, tree.n))
    distance, near = np.asarray(distance), np.asarray(near)
    own = (near == source[:, None, None]) | (near == target[:, None, None])
    distance = np.where(own, np.inf, distance)
    return np.maximum(RADIUS + CLEARANCE - distance.min(axis=(1, 2)), 0)


def _bends(picture: Picture, rows: Array) -> Array:
    """Return the bend of each synapse: none forward, to the left of its way in feedback; parallel ones fan apart."""
    table, at = picture.table, picture.positions
    source, target, kind = table.source[rows], table.target[rows], picture.kind[rows]
    way = np.linalg.norm(at[target] - at[source], axis=1)
    n = table.n_nodes
    forth, back = source * n + target, target * n + source
    both = np.isin(forth, back)
    bend = np.where(
        kind == LATERAL,
        np.minimum(0.06 + 0.19 * way, 0.95),
        np.where(kind == INDIRECT, np.minimum(0.125 * way, 1.3), 0.0),
    )
    # back and up over what is between, back and down under it
    bend = np.where((kind == INDIRECT) & ~both & (at[target] - at[source] > 0.3)[:, 1], -bend, bend)
    bend = np.where((kind == FORWARD) & both, np.minimum(0.09 * way, 0.4), bend)
    # lateral synapses one way only in a plane need no arcs; those of a column do, around what is between
    flat = (kind == LATERAL) & ~both & (np.abs(at[target] - at[source])[:, 0] > 0.5)
    bend = np.where(flat, np.minimum(0.05 * way, 0.3), bend)
    return np.asarray(bend + _fan(picture, rows))


def _fan(picture: Picture, rows: Array) -> Array:
    """Return the bends that tell parallel synapses apart."""
    table, at = picture.table, picture.positions
    source, target = table.source[rows], table.target[rows]
    way = np.linalg.norm(at[target] - at[source], axis=1)
    number, size = _number_of_parallel(source, target)
    step = np.minimum(0.24, 1.5 / np.maximum(size, 1)) * np.minimum(1, way / 2)
    return np.asarray((number - (size - 1) / 2) * step)


def _apart(bend: Array, source: Array, target: Array) -> Array:
    """Return bends in which parallel synapses that went the same way around a neuron are told apart again."""
    order = np.lexsort([bend, target, source])
    same = np.zeros(len(bend), bool)
    same[1:] = (np.diff(source[order]) == 0) & (np.diff(target[order]) == 0)
    pair = np.cumsum(~same)
    meets = np.zeros(len(bend) + 1, bool)
    meets[pair[1:][same[1:] & (np.diff(bend[order]) < 0.04)]] = True
    start = np.flatnonzero(~same)
    number = np.arange(len(bend)) - start[pair - 1]
    found = bend.copy()
    found[order] += np.where(meets[pair], 0.06 * number, 0)
    return found


def _number_of_parallel(source: Array, target: Array) -> tuple[Array, Array]:
    """Return the number of each synapse among those from and to the same neurons, and how many these are."""
    if not len(source):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    _, pair, size = np.unique(np.stack([source, target]), axis=1, return_inverse=True, return_counts=True)
    pair = pair.reshape(-1)
    order = np.argsort(pair, kind="stable")
    start = np.concatenate([[0], np.cumsum(size)[:-1]])
    number = np.empty(len(source), np.int64)
    number[order] = np.arange(len(source)) - start[pair[order]]
    return number, size[pair]


def _free_angles(at: Array, source: Array, target: Array, one: Routes, curved: Array, gate: Array) -> Array:
    """Return the direction of each neuron in which a loop meets the fewest routes, upwards if that is free."""
    choices = np.deg2rad([90, 50, 130, 270, 310, 230, 0, 180])
    ways = np.stack([np.cos(choices), np.sin(choices)], axis=1)
    taken = np.full((len(at), len(choices)), -1.0)
    for node, point in ((source[curved], one.points[:, 2]), (target[curved], one.tip)):
        away = point - at[node]
        away = away / np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-9)
        np.maximum.at(taken, node, away @ ways.T)
    # a loop is about 50 degrees wide; what is free is as good as any, and then the order of the choices counts
    crowded = np.maximum(taken, 0.75) + np.linspace(0, 0.04, len(choices))
    # a loop that is gated is rather on the side of its gate
    gated = np.flatnonzero((source == target) & (gate >= 0))
    away = at[gate[gated]] - at[source[gated]]
    away = away / np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-9)
    np.add.at(crowded, source[gated], -0.25 * (away @ ways.T))
    return choices[np.argmin(crowded, axis=1)]


def _loops(at: Array, angle: Array, number: Array) -> Routes:
    """Return loops at neurons in a direction; of parallel ones each is larger than the one before it."""
    half, reach = 0.42, RADIUS + 0.44 + 0.22 * number

    def towards(turn: Array | float, distance: Array | float) -> Array:
        way = angle + turn
        return at + np.stack([np.cos(way), np.sin(way)], axis=1) * np.reshape(distance, (-1, 1))

    start, end = towards(-half, RADIUS), towards(half, RADIUS)
    first, second = towards(-0.62, reach), towards(0.62, reach)
    t = np.linspace(0, 1, POINTS)[None, :, None]
    stop = 0.86
    u = t * stop
    p = [each[:, None] for each in (start, first, second, end)]
    points = (1 - u) ** 3 * p[0] + 3 * (1 - u) ** 2 * u * p[1] + 3 * (1 - u) * u**2 * p[2] + u**3 * p[3]
    along = end - points[:, -1]
    along = along / np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    middle = (start + 3 * first + 3 * second + end) / 8
    return Routes(points, end, along, middle)


def arrowheads(routes: Routes, size: Array) -> Array:
    """Return triangles at the ends of routes, (n, 3, 2)."""
    side = np.stack([-routes.along[:, 1], routes.along[:, 0]], axis=1)
    size = size[:, None]
    base = routes.tip - routes.along * HEAD * size
    return np.stack([routes.tip, base + side * 0.42 * HEAD * size, base - side * 0.42 * HEAD * size], axis=1)


def bars(routes: Routes, size: Array) -> Array:
    """Return bars across the ends of routes, (n, 4, 2), as inhibitory synapses are drawn."""
    side = np.stack([-routes.along[:, 1], routes.along[:, 0]], axis=1) * 0.62 * HEAD * size[:, None]
    deep = routes.along * 0.3 * HEAD
    tip = routes.tip - routes.along * 0.02
    return np.stack([tip + side, tip - side, tip - side - deep, tip + side - deep], axis=1)


def _control(start: Array, end: Array, bend: Array) -> Array:
    way = end - start
    length = np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-9)
    left = np.stack([-way[:, 1], way[:, 0]], axis=1) / length
    return (start + end) / 2 + left * 2 * bend[:, None]


def _on(start: Array, control: Array, end: Array, t: Array) -> Array:
    t = np.asarray(t)[..., None]
    return np.asarray((1 - t) ** 2 * start + 2 * t * (1 - t) * control + t**2 * end)


def _ratio(wanted: float, point: Array, found: Array) -> Array:
    return wanted / np.maximum(np.linalg.norm(found - point, axis=1), 1e-9)
