"""Ties of neurons of one type, and of synapses of one pair of types."""

from __future__ import annotations

import numpy as np

from ...frames.cells import Cells
from ...language.table import Column, GraphTable


def tied_by_type(table: GraphTable, kinds: Cells) -> GraphTable:
    """Return the drawing with a tie for each type of neurons, and one for each pair of types."""
    import pandas

    n, words = len(kinds.words or ()), kinds.words or ()
    of_nodes = kinds.values.astype(np.int64)
    first, second = of_nodes[table.source], of_nodes[table.target]
    typed = (first >= 0) & (second >= 0)
    codes, pairs = pandas.factorize(np.where(typed, first * n + second, -1))
    names = [(words[pair // n], words[pair % n]) if pair >= 0 else None for pair in pairs.tolist()]
    of_edges = Column(codes.astype(np.int64), None if typed.all() else typed, tuple(names))
    # inputs have nothing that a tie shares
    neurons = (kinds.values >= 0) & ~table.has_role("input")
    of_neurons = Column(np.where(neurons, of_nodes, 0), None if neurons.all() else neurons, tuple(words))
    return table.with_columns({"tie": of_neurons}, {"tie": of_edges})
