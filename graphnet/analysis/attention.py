"""Attention of a network: softmax groups whose neurons weight the values of earlier steps."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np

from ..language.arrays import Array
from ..language.brief import one_line
from ..language.delays import resolve_delays
from ..language.table import GraphTable


@dataclass(frozen=True, eq=False)
class Head:
    """A softmax group over lags.

    Attributes
    ----------
    group : hashable
        Name of the group.
    lags : (n_lags,) int64
        Ascending.
    nodes : (n_lags,) int64
        Position of the neuron whose value is the weight of each lag.
    onset : (n_lags,) int64
        First step at which it takes part.
    reverse : bool
        True if its lags, onsets included, are counted from the end of the sequence.
    """

    group: Hashable
    lags: Array
    nodes: Array
    onset: Array
    reverse: bool

    __repr__ = one_line


def attention_heads(table: GraphTable) -> list[Head]:
    """Return the softmax groups over lags of a drawing, in the order of their first neurons.

    Each neuron of such a group gates synapses of one lag, ``delay - gate_delay``, and no two neurons have the same.

    Parameters
    ----------
    table : GraphTable

    Returns
    -------
    list of Head

    Examples
    --------
    >>> import graphnet as gn
    >>> drawing = gn.graphs.attention(2, 1, n_heads=2, width=8, window=3)
    >>> attention_heads(gn.GraphTable.from_networkx(drawing))[1]
    Head(group=('score', 1), lags=<int64 (3,)>, nodes=<int64 (3,)>, onset=<int64 (3,)>, reverse=False)
    """
    activation, group = table.node_columns.get("activation"), table.node_columns.get("group")
    if activation is None or group is None or "softmax" not in (activation.names or ()):
        return []
    is_softmax = table.node("activation") == (activation.names or ()).index("softmax")
    code = np.where(is_softmax, table.node("group"), -1)
    delays = resolve_delays(table)
    gated = np.flatnonzero(delays.gate >= 0)
    gate, lag = delays.gate[gated], delays.delay[gated] - delays.gate_delay[gated]
    least, most = np.full(table.n_nodes, np.iinfo(np.int64).max), np.full(table.n_nodes, -1)
    np.minimum.at(least, gate, lag)
    np.maximum.at(most, gate, lag)
    has_lag = (least == most) & (least >= 0)
    onset, reverse = table.node("onset"), table.node("reverse")

    members = np.flatnonzero(code >= 0)
    members = members[np.argsort(code[members], kind="stable")]
    heads = []
    for nodes in np.split(members, np.flatnonzero(np.diff(code[members])) + 1):
        lags = most[nodes]
        if len(nodes) and has_lag[nodes].all() and len(np.unique(lags)) == len(lags):
            order = np.argsort(lags)
            by_lag = nodes[order]
            name = (group.names or ())[code[nodes[0]]]
            heads.append(Head(name, lags[order], by_lag, onset[by_lag], bool(reverse[nodes[0]])))
    return sorted(heads, key=lambda head: int(head.nodes.min()))
