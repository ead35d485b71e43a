"""Pass 4: one flat vector of all numbers, and the slot of each weight and each number of a neuron in it.

Learnt numbers (the parameters) come first, fixed ones after them.  A parameter is identified by its kind and key, never
by its position.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..errors import GraphError
from ..language.arrays import Array
from ..language.brief import one_line
from ..language.delays import Delays
from ..language.order import dtype_of, is_one_number, narrow
from ..language.table import GraphTable
from ..language.ties import hand_down_ties, lead_ties, resolve_signs
from .initial.draws import draw_normal, hash_names
from .initial.initializers import Initializer, weigh_open
from .initial.open_weights import OpenWeights
from .neurons import NUMBERS

KINDS = ("weight", *NUMBERS)
PART = 1 << 15
"""Draws that are made at once: what is in between stays in the caches."""


@dataclass(frozen=True, eq=False, slots=True)
class Parameters:
    """Every number of the network, and the slots of those that use it.

    ``numbers`` holds the parameters and then the fixed numbers, ``n_parameters`` says how many are learnt.  ``kind``
    (codes into ``KINDS``) and ``owner`` (n_parameters,) say what a parameter is: the edge or node it belongs to, the
    first one where it is tied.  ``tied`` is the code of its tie, -1 without, and ``limit`` the row of its limits in
    ``limits`` (n_limits, 2), which are few.  ``weight`` (n_edges,), and ``neurons`` {name: (n_nodes,)} for each of
    `NUMBERS`, are slots into ``numbers``, -1 without such a number.
    """

    numbers: Array
    n_parameters: int
    kind: Array
    owner: Array
    tied: Array
    limits: Array
    limit: Array
    weight: Array
    neurons: dict[str, Array]

    @property
    def bounds(self) -> Array:
        """Smallest and largest value of each parameter, (n_parameters, 2)."""
        return np.asarray(self.limits[self.limit])

    __repr__ = one_line


def resolve_parameters(
    table: GraphTable, delays: Delays, seed: Hashable, dt: float, initializer: Initializer
) -> Parameters:
    """Gather the numbers of a drawing: weights in edge order, then those of neurons in node order.

    What ties hand down is declared on every member.
    """
    edges, nodes = lead_ties(table.edge("tie")), lead_ties(table.node("tie"))
    sign = resolve_signs(table)
    weights = _weights(table, delays, edges, sign, seed, initializer)
    every = np.broadcast_to(True, len(edges))
    limit = np.broadcast_to(np.int8(1), len(edges)) if is_one_number(sign) else (np.sign(sign) + 1).astype(np.int8)
    # the first member of a tie has its number, whose columns are: owner, value, learnt, tie, limit
    kinds = [_rows(edges, every, weights, table.edge("trainable"), table.edge("tie"), limit)]
    del weights, sign, limit
    limits = [(-np.inf, 0.0), (-np.inf, np.inf), (0.0, np.inf)]  # of weights, by their sign
    for name, number in NUMBERS.items():
        limit = np.broadcast_to(np.int8(len(limits)), table.n_nodes)
        limits.append((number.least(dt), number.most(dt)))
        learnt, tied = table.node(number.trained_by), table.node("tie")
        kinds.append(_rows(nodes, number.has(table), table.node(name), learnt, tied, limit))
    n_learnt = [int(np.count_nonzero(learnt)) for _, _, learnt, _, _ in kinds]
    n_parameters = begin = sum(n_learnt)
    slots, first = [], 0
    for code, (owner, _, learnt, _, _) in enumerate(kinds):
        position = _positions(learnt, first, begin, dtype_of(n_parameters + sum(len(one) for one, *_ in kinds)))
        slots.append(_spread(owner, position, nodes if code else edges))
        first, begin = first + n_learnt[code], begin + len(learnt) - n_learnt[code]
    position_of = dtype_of(max(table.n_edges, table.n_nodes))
    return Parameters(
        np.concatenate([_chosen(values, learnt) for _, values, learnt, _, _ in kinds]
                       + [_chosen(values, ~learnt) for _, values, learnt, _, _ in kinds]),
        n_parameters,
        np.repeat(np.arange(len(kinds), dtype=np.int8), n_learnt),
        np.concatenate([_chosen(owner, learnt) for owner, _, learnt, _, _ in kinds], dtype=position_of),
        _ties([_chosen(tied, learnt) for _, _, learnt, tied, _ in kinds], position_of),
        np.array(limits),
        np.concatenate([_chosen(limit, learnt) for _, _, learnt, _, limit in kinds]),
        slots[0],
        dict(zip(NUMBERS, slots[1:], strict=True)),
    )  # fmt: skip


def within_bounds(table: GraphTable, dt: float) -> GraphTable:
    """Return the drawing with learnt numbers that are beyond a bound at the bound; itself if none is.

    It may be invalid in any other way.
    """
    shared = hand_down_ties(table)
    nodes, edges = {}, {}
    weight = table.edge_columns.get("weight")
    if weight is not None:
        beyond = weight.given() & shared.edge("trainable") & (np.sign(weight.values) * resolve_signs(shared) < 0)
        if beyond.any():
            edges["weight"] = replace(weight, values=np.where(beyond, 0.0, weight.values))
    for name, number in NUMBERS.items():
        column = table.node_columns.get(name)
        if column is not None:
            within = np.clip(column.values, number.least(dt), number.most(dt))
            beyond = column.given() & shared.node(number.trained_by) & (within != column.values)
            if beyond.any():
                nodes[name] = replace(column, values=np.where(beyond, within, column.values))
    return table.with_columns(nodes, edges) if nodes or edges else table


def _rows(leader: Array, has: Array, *columns: Array) -> tuple[Array, ...]:
    """Return the rows that have a number and are the first of their tie, and the columns at them."""
    rows = np.arange(len(leader), dtype=leader.dtype)
    is_first = (leader == rows) & has
    if is_first.all():
        return rows, *columns
    return narrow(np.flatnonzero(is_first)), *(column[is_first] for column in columns)


def _ties(parts: list[Array], dtype: Any) -> Array:
    """Return the ties of all kinds one after another; a view of one number if nothing is tied."""
    if all((part < 0).all() for part in parts):
        return np.broadcast_to(np.array(-1, dtype), sum(map(len, parts)))
    return np.concatenate(parts, dtype=dtype, casting="same_kind")


def _chosen(values: Array, which: Array) -> Array:
    """Return some of the values, without a copy if it is all."""
    return values if which.all() else values[which]


def _positions(learnt: Array, first: int, first_fixed: int, dtype: Any) -> Array:
    """Return the slots of numbers: those that are learnt begin at ``first``, the others at ``first_fixed``."""
    if learnt.all():
        return np.arange(first, first + len(learnt), dtype=dtype)
    position = first - 1 + np.cumsum(learnt, dtype=dtype)
    fixed = ~learnt
    position[fixed] = np.arange(first_fixed, first_fixed + np.count_nonzero(fixed), dtype=dtype)
    return position


def _spread(owner: Array, position: Array, leader: Array) -> Array:
    """Return the slot of every row, that of the first of its tie, -1 without one."""
    if len(owner) == len(leader):  # each is the first of its own
        return position
    slot = np.full(len(leader), -1, position.dtype)
    slot[owner] = position
    return slot[leader]


def _weights(
    table: GraphTable, delays: Delays, leader: Array, sign: Array, seed: Hashable, initializer: Initializer
) -> Array:
    """The weight of every synapse, drawn if it is open, (n_edges,); only valid for the first synapse of a tie."""
    is_open = ~table.edge_gives("weight")
    if not is_open.any():
        return table.edge("weight")
    weight = np.where(is_open, 0.0, table.edge("weight"))
    rows = np.flatnonzero(is_open & (leader == np.arange(table.n_edges, dtype=leader.dtype)))
    if len(rows):
        drawn, wanted = _draw(table, rows, seed), sign[rows]
        normal = np.where(wanted == 0, drawn, np.abs(drawn) * wanted)
        weight[rows] = weigh_open(initializer, OpenWeights(table, delays, leader, rows, normal, wanted != 0))
    return weight


def _draw(table: GraphTable, rows: Array, seed: Hashable) -> Array:
    """The draw of each open weight, keyed by the seed and the names of its synapse, or of its tie, (n_open,).

    Raises
    ------
    GraphError
        With every name that has no value to draw by.
    """
    problems: list[str] = []
    column = table.edge_columns.get("tie")
    is_tied = np.zeros(len(rows), bool) if column is None or not column.names else column.given()[rows]
    some = is_tied.any()
    drawn, alone, tied = np.zeros(len(rows)), rows[~is_tied] if some else rows, rows[is_tied]

    ends = np.zeros(table.n_nodes, bool)
    ends[table.source[alone]] = ends[table.target[alone]] = True
    used = np.flatnonzero(ends).tolist()
    nodes = np.zeros(table.n_nodes, np.uint64)
    nodes[used] = hash_names([table.nodes[i] for i in used], lambda i: f"node {table.nodes[used[i]]!r}", problems)
    keys = np.broadcast_to(hash_names([0]), len(alone))
    if table.keys is not None:
        keys = hash_names(
            [table.keys[i] for i in alone.tolist()],
            lambda i: f"key of edge {table.edge_key(int(alone[i]))!r}",
            problems,
        )
    found = np.empty(len(alone)) if some else drawn
    for first in range(0, len(alone), PART):
        part = slice(first, first + PART)
        source, target = table.source[alone[part]], table.target[alone[part]]
        found[part] = draw_normal(seed, nodes[source], nodes[target], keys[part])
    if some:
        drawn[~is_tied] = found

    if column is not None and column.names and len(tied):
        names = [column.names[code] for code in column.values[tied].tolist()]
        hashes = hash_names(names, lambda i: f"tie {names[i]!r}", problems)
        drawn[is_tied] = draw_normal(seed, np.broadcast_to(hash_names(["tie"]), len(tied)), hashes)
    if problems:
        raise GraphError(problems)
    return drawn
