"""Pass 4: one flat vector of all numbers, and the slot of each weight and each number of a neuron in it.

Learnt numbers (the parameters) come first, fixed ones after them.  A parameter is identified by its kind and key, never
by its position.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace

import numpy as np

from ..errors import GraphError
from ..language.arrays import Array
from ..language.brief import one_line
from ..language.delays import Delays
from ..language.table import GraphTable
from ..language.ties import hand_down_ties, lead_ties, resolve_signs
from .initial.draws import draw_normal, hash_names
from .initial.initializers import Initializer, weigh_open
from .initial.open_weights import OpenWeights
from .neurons import NUMBERS

KINDS = ("weight", *NUMBERS)


@dataclass(frozen=True, eq=False, slots=True)
class Parameters:
    """Every number of the network, and the slots of those that use it.

    ``numbers`` holds the parameters and then the fixed numbers, ``n_parameters`` says how many are learnt.  ``kind``
    (codes into ``KINDS``) and ``owner`` (n_parameters,) say what a parameter is: the edge or node it belongs to, the
    first one where it is tied.  ``tied`` is the code of its tie, -1 without, ``bounds`` (n_parameters, 2) its
    limits.  ``weight`` (n_edges,), and ``neurons`` {name: (n_nodes,)} for each of `NUMBERS`, are slots into
    ``numbers``, -1 without such a number.
    """

    numbers: Array
    n_parameters: int
    kind: Array
    owner: Array
    tied: Array
    bounds: Array
    weight: Array
    neurons: dict[str, Array]

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
    lower, upper = np.where(sign > 0, 0.0, -np.inf), np.where(sign < 0, 0.0, np.inf)
    # the first member of a tie has its number, whose columns are: owner, value, learnt, tie, bounds
    kinds = [
        _rows(edges, np.ones(len(edges), bool), weights, table.edge("trainable"), table.edge("tie"), lower, upper),
    ]
    leaders = [edges]
    for name, number in NUMBERS.items():
        leaders.append(nodes)
        lower, upper = np.full(table.n_nodes, number.least(dt)), np.full(table.n_nodes, number.most(dt))
        learnt, tied = table.node(number.trained_by), table.node("tie")
        kinds.append(_rows(leaders[-1], number.has(table), table.node(name), learnt, tied, lower, upper))
    kind = np.repeat(np.arange(len(kinds)), [len(owner) for owner, *_ in kinds])
    owner, values, learnt, tied, lower, upper = map(np.concatenate, zip(*kinds, strict=True))
    position = np.where(learnt, np.cumsum(learnt) - 1, learnt.sum() + np.cumsum(~learnt) - 1)
    slots = []
    for code, leader in enumerate(leaders):
        slot = np.full(len(leader), -1)
        slot[owner[kind == code]] = position[kind == code]
        slots.append(slot[leader])
    return Parameters(
        np.concatenate([values[learnt], values[~learnt]]),
        int(learnt.sum()),
        kind[learnt],
        owner[learnt],
        tied[learnt],
        np.stack([lower[learnt], upper[learnt]], axis=1),
        slots[0],
        dict(zip(NUMBERS, slots[1:], strict=True)),
    )


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
    is_first = (leader == np.arange(len(leader))) & has
    if is_first.all():
        return np.arange(len(leader)), *columns
    return np.flatnonzero(is_first), *(column[is_first] for column in columns)


def _weights(
    table: GraphTable, delays: Delays, leader: Array, sign: Array, seed: Hashable, initializer: Initializer
) -> Array:
    """The weight of every synapse, drawn if it is open, (n_edges,); only valid for the first synapse of a tie."""
    is_open = ~table.edge_gives("weight")
    weight = np.where(is_open, 0.0, table.edge("weight"))
    rows = np.flatnonzero(is_open & (leader == np.arange(table.n_edges)))
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
    drawn, alone, tied = np.zeros(len(rows)), rows[~is_tied], rows[is_tied]

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
    drawn[~is_tied] = draw_normal(seed, nodes[table.source[alone]], nodes[table.target[alone]], keys)

    if column is not None and column.names and len(tied):
        names = [column.names[code] for code in column.values[tied].tolist()]
        hashes = hash_names(names, lambda i: f"tie {names[i]!r}", problems)
        drawn[is_tied] = draw_normal(seed, np.broadcast_to(hash_names(["tie"]), len(tied)), hashes)
    if problems:
        raise GraphError(problems)
    return drawn
