"""Pass 4: from ties, fixed weights and open weights to one flat vector, and the slot of each number in it.

What is learnt comes first (the parameters), what is fixed after it.  A parameter is known by its kind and key, never
by its position.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np

from ..table import Array, GraphTable
from .draws import draw_normal, hash_names

KINDS = ("weight", "bias", "initial", "tau")


@dataclass(frozen=True, eq=False, slots=True)
class Parameters:
    """Every number of the network and who reads it.

    ``numbers`` holds the parameters and then the fixed numbers, ``n_parameters`` says how many are learnt.  ``kind``
    (codes into ``KINDS``) and ``owner`` (n_parameters,) say what a parameter is: the edge or node it belongs to, the
    first one where it is tied.  ``tied`` is the code of its tie, -1 without.  ``weight`` (n_edges,), ``bias`` and
    ``initial`` (n_nodes,) are slots into ``numbers``.
    """

    numbers: Array
    n_parameters: int
    kind: Array
    owner: Array
    tied: Array
    weight: Array
    bias: Array
    initial: Array


def resolve_parameters(table: GraphTable, seed: Hashable) -> Parameters:
    """Gather the numbers of a drawing: weights in edge order, then biases and initial values in node order."""
    tie = table.edge("tie")
    leader = _leaders(tie)
    neuron = ~table.has_role("input")
    parts = [
        # the numbers, whether each is learnt, whose it is, its tie
        _weights(table, leader, seed),
        (table.node("bias"), table.node("train_bias") & neuron),
        (table.node("initial"), table.node("train_initial") & neuron),
    ]
    own = [leader == np.arange(table.n_edges), neuron, neuron]
    kept = np.concatenate([np.flatnonzero(o) for o in own])
    kind = np.repeat([0, 1, 2], [int(o.sum()) for o in own])
    numbers = np.concatenate([values[o] for (values, _), o in zip(parts, own, strict=True)])
    learnt = np.concatenate([trained[o] for (_, trained), o in zip(parts, own, strict=True)]).astype(bool)
    position = np.where(learnt, np.cumsum(learnt) - 1, learnt.sum() + np.cumsum(~learnt) - 1)
    slots = []
    for code, o in enumerate(own):
        slot = np.full(len(o), -1)
        slot[o] = position[kind == code]
        slots.append(slot)
    ties = np.where(kind == 0, tie[np.where(kind == 0, kept, 0)], -1) if table.n_edges else np.full(len(kind), -1)
    return Parameters(
        np.concatenate([numbers[learnt], numbers[~learnt]]),
        int(learnt.sum()),
        kind[learnt],
        kept[learnt],
        ties[learnt],
        slots[0][leader],
        slots[1],
        slots[2],
    )


def _leaders(tie: Array) -> Array:
    """The first edge of each edge's tie, itself without one, (n_edges,)."""
    leader = np.arange(len(tie))
    tied = np.flatnonzero(tie >= 0)
    first = np.full(tie.max(initial=-1) + 1, len(tie))
    np.minimum.at(first, tie[tied], tied)
    leader[tied] = first[tie[tied]]
    return leader


def _weights(table: GraphTable, leader: Array, seed: Hashable) -> tuple[Array, Array]:
    """Weight and whether it is learnt, (n_edges,) each; right at the leaders, which speak for their tie."""
    column = table.edge_columns.get("weight")
    weight = np.zeros(table.n_edges)
    is_open = np.ones(table.n_edges, bool)
    if column is not None:
        given = np.flatnonzero(column.given())
        weight[leader[given]] = column.values[given]
        is_open[leader[given]] = False
    trained = np.ones(table.n_edges, bool)
    trained[leader[~table.edge("trainable")]] = False

    fan_in = np.zeros(table.n_edges, np.int64)
    np.maximum.at(fan_in, leader, np.bincount(table.target, minlength=table.n_nodes)[table.target])
    rows = np.flatnonzero(is_open & (leader == np.arange(table.n_edges)))
    if len(rows):
        weight[rows] = _draw(table, rows, seed) / np.sqrt(fan_in[rows])
    return weight, trained


def _draw(table: GraphTable, rows: Array, seed: Hashable) -> Array:
    nodes = hash_names(table.nodes)
    edge_keys: Array = np.broadcast_to(hash_names([0]), len(rows))
    if table.keys is not None:
        edge_keys = hash_names([table.keys[i] for i in rows.tolist()])
    drawn = draw_normal(seed, nodes[table.source[rows]], nodes[table.target[rows]], edge_keys)
    column = table.edge_columns.get("tie")
    if column is not None and column.names:
        tied = np.flatnonzero(column.given()[rows])
        names = hash_names(column.names)[column.values[rows[tied]]]
        drawn[tied] = draw_normal(seed, hash_names(["tie"] * len(tied)), names)
    return drawn
