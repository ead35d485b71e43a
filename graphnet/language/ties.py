"""Ties and signs: values that members of a tie share, and signs that synapses take from neurons.

Members of a tie that do not declare a number take the one that others declare; what is handed down counts as declared.
The sign of a synapse is its own, that of its source, or that of another synapse of its tie.
"""

from __future__ import annotations

import numpy as np

from .arrays import Array
from .table import Column, GraphTable

SHARED_BY_NODES = ("bias", "train_bias", "initial", "train_initial", "tau", "train_tau")
SHARED_BY_EDGES = ("weight", "trainable")


def hand_down_ties(table: GraphTable) -> GraphTable:
    """Return the drawing with the values that a tie shares declared on every member."""
    return table.with_columns(
        _handed_down(table.node_columns, SHARED_BY_NODES), _handed_down(table.edge_columns, SHARED_BY_EDGES)
    )


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
    """Sign that the weight of each synapse keeps, (n_edges,); 0 for a free one."""
    sign = table.edge("sign")
    sign = np.where(sign == 0, table.node("sign")[table.source], sign)
    ties = table.edge_columns.get("tie")
    if ties is None or not ties.names:
        return sign
    signed = np.flatnonzero(ties.given() & (sign != 0))
    shared = np.zeros(len(ties.names), np.int64)
    shared[ties.values[signed]] = sign[signed]
    return np.where(ties.given(), shared[ties.values], sign)


def lead_ties(tie: Array) -> Array:
    """Return the first row of each row's tie (codes, -1 for none), or the row itself, (n,)."""
    leader = np.arange(len(tie))
    tied = np.flatnonzero(tie >= 0)
    first = np.full(tie.max(initial=-1) + 1, len(tie))
    np.minimum.at(first, tie[tied], tied)
    leader[tied] = first[tie[tied]]
    return leader
