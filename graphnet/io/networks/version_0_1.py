"""Network files of version 0.1 (format 1): their drawings as the same networks of today's language.

Then a sign was that of w, not of scale * w, an edge could not free itself from the sign of its source, a tie did not
share leak, and a custom attribute of nodes could have the name of an attribute of edges, or the other way round.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ...language.arrays import Array
from ...language.schema import NOT_ON_EDGES, NOT_ON_NODES
from ...language.table import Column, GraphTable


def translate_version_0_1(table: GraphTable) -> GraphTable:
    """Return the drawing with signs that mean the same bounds of w.

    Each synapse declares the sign that its w had, times that of its scale, and nodes none.  A w whose scale is 0, and
    which no tie binds, becomes free: it has no effect and no gradient.  Neurons of a tie declare the leak that they
    had, so that those which differ are an error of the drawing, not another network.  Custom attributes with a name of
    the other side, such as ``delay`` of a node, get an underscore: ``delay_``.
    """
    table = replace(
        table,
        node_columns=_renamed(table.node_columns, NOT_ON_NODES),
        edge_columns=_renamed(table.edge_columns, NOT_ON_EDGES),
    )
    nodes: dict[str, Column] = {}
    tie, leak = table.node("tie"), table.node_columns.get("leak")
    if leak is not None and (tie >= 0).any():
        nodes["leak"] = Column(table.node("leak"), leak.given() | (tie >= 0))
    if not ("sign" in table.node_columns or "sign" in table.edge_columns):
        return table.with_columns(nodes, {})
    sign = _signs_of_weights(table) * np.sign(table.edge("scale")).astype(np.int64)
    return table.with_columns(nodes, {"sign": Column(sign)}).without_columns({"sign"}, {})


def _renamed(columns: Mapping[str, Column], names: frozenset[str]) -> dict[str, Column]:
    renamed = {name: column for name, column in columns.items() if name not in names}
    for name in columns.keys() & names:
        free = f"{name}_"
        while free in columns:
            free += "_"
        renamed[free] = columns[name]
    return renamed


def _signs_of_weights(table: GraphTable) -> Array:
    """Sign of each w by the rules of version 0.1, (n_edges,)."""
    own, tie = table.edge("sign"), table.edge("tie")
    sign = np.where(own == 0, table.node("sign")[table.source], own)
    signed = np.flatnonzero((tie >= 0) & (sign != 0))
    shared = np.zeros(tie.max(initial=-1) + 2, np.int64)
    shared[tie[signed]] = sign[signed]
    return np.where(tie >= 0, shared[tie], sign)
