"""Ties and signs: values that members of a tie share, and signs that synapses take from neurons.

Members of a tie that do not declare a number take the one that others declare; what is handed down counts as declared.
A sign is that of the strength scale * w.  A synapse with a negative scale therefore asks for the opposite sign of w,
and one whose sign or scale is 0 asks for none.  The members of a tie share w, and so the sign that any of them asks
for.
"""

from __future__ import annotations

import numpy as np

from .arrays import Array
from .order import dtype_of
from .table import Column, GraphTable

SHARED_BY_NODES = ("bias", "train_bias", "initial", "train_initial", "tau", "train_tau", "leak", "train_leak")
SHARED_BY_EDGES = ("weight", "trainable")


def hand_down_ties(table: GraphTable) -> GraphTable:
    """Return the drawing with the values that a tie shares declared on every member."""
    nodes, edges = (
        _handed_down(columns, shared)
        for columns, shared in ((table.node_columns, SHARED_BY_NODES), (table.edge_columns, SHARED_BY_EDGES))
    )
    return table.with_columns(nodes, edges) if nodes or edges else table


def _handed_down(columns: dict[str, Column], shared: tuple[str, ...]) -> dict[str, Column]:
    ties = columns.get("tie")
    if ties is None or not ties.names:
        return {}
    found = {}
    for name in shared:
        column = columns.get(name)
        if column is None or column.declared is None:
            continue
        given = np.flatnonzero(ties.given() & column.given())
        value = np.zeros(len(ties.names), column.values.dtype)
        value[ties.values[given]] = column.values[given]
        has = np.zeros(len(ties.names), bool)
        has[ties.values[given]] = True
        takes = ties.given() & ~column.given() & has[ties.values]
        found[name] = Column(np.where(takes, value[ties.values], column.values), column.given() | takes)
    return found


def resolve_signs(table: GraphTable) -> Array:
    """Sign that w of each synapse keeps, (n_edges,); 0 for a free one."""
    if not has_signs(table):
        return np.broadcast_to(np.int64(0), table.n_edges)
    asked, tie = asked_signs(table), table.edge("tie")
    asking = np.flatnonzero((tie >= 0) & (asked != 0))
    if not len(asking):
        return asked
    shared = np.zeros(tie.max() + 1, np.int64)
    shared[tie[asking]] = asked[asking]
    return np.where(tie < 0, asked, shared[tie])


def has_signs(table: GraphTable) -> bool:
    """Return True if neurons or synapses declare signs."""
    return "sign" in table.node_columns or "sign" in table.edge_columns


def asked_signs(table: GraphTable) -> Array:
    """Sign that each synapse by itself asks for of its w, (n_edges,): its sign times that of its scale."""
    return np.asarray(strength_signs(table) * np.sign(table.edge("scale")).astype(np.int64))


def strength_signs(table: GraphTable) -> Array:
    """Sign of each synapse's strength scale * w, (n_edges,): what it declares, or that of its source."""
    return np.where(table.edge_gives("sign"), table.edge("sign"), table.node("sign")[table.source])


def lead_ties(tie: Array) -> Array:
    """Return the first row of each row's tie (codes, -1 for none), or the row itself, (n,)."""
    leader = np.arange(len(tie), dtype=dtype_of(len(tie)))
    tied = np.flatnonzero(tie >= 0)
    if not len(tied):
        return leader
    first = np.full(tie.max(initial=-1) + 1, len(tie))
    np.minimum.at(first, tie[tied], tied)
    leader[tied] = first[tie[tied]]
    return leader
