"""Open weights as initializers see them: draws, and the synapses around them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from ...language.arrays import Array
from ...language.components import strong_components
from ...language.delays import Delays
from ...language.table import GraphTable
from .draws import hash_names

LARGEST = 1e300
"""Largest effective number of synapses, so that sums and quotients of them are finite."""


@dataclass(frozen=True, eq=False, slots=True)
class OpenWeights:
    """The weights that a drawing leaves open, each once, and the drawing around them.

    ``normal`` (n_open,) are their draws, each with the sign that its weight must have, and ``signed`` (n_open,) says
    which must have one.  ``leader`` (n_edges,) is the synapse that speaks for each synapse's tie, itself without one;
    ``rows`` (n_open,) are the synapses that speak for the open weights.
    """

    table: GraphTable
    delays: Delays
    leader: Array
    rows: Array
    normal: Array
    signed: Array

    def fan_in(self) -> Array:
        """Effective number of synapses into the target of each weight, (n_open,); of a tie the largest.

        It is the sum, over the weights that enter the target, of (the sum of abs(scale) of the synapses into it that
        carry the weight) squared, and 1 where that is 0.  Without ties and scales it is the number of synapses.
        """
        return self._largest(self.table.target)

    def fan_out(self) -> Array:
        """Effective number of synapses out of the source of each weight, (n_open,), counted as for ``fan_in``."""
        return self._largest(self.table.source)

    def slot(self) -> Array:
        """Index of each synapse's open weight, (n_edges,); -1 if its weight is declared."""
        slot = np.full(self.table.n_edges, -1)
        slot[self.rows] = np.arange(len(self.rows))
        return slot[self.leader]

    def full_matrices(self) -> Iterator[Array]:
        """Matrices without a gap that open weights make, as which of them are its entries, (n_targets, n_sources).

        Targets with the same set of sources at one delay make one; a weight in it is free, and of one synapse without
        a gate.  A target with two synapses from one source at one delay is in none for that delay.
        """
        table, delay, slot = self.table, self.delays.delay, self.slot()
        alone = np.bincount(slot[slot >= 0], minlength=len(self.rows)) == 1
        edges = np.flatnonzero((slot >= 0) & (self.delays.gate < 0) & (alone & ~self.signed)[slot])
        source, target = self.place()[np.stack([table.source[edges], table.target[edges]])]
        order = np.lexsort([source, target, delay[edges]])
        edges, source, target = edges[order], source[order], target[order]
        first = np.flatnonzero((np.diff(target) != 0) | (np.diff(delay[edges]) != 0)) + 1
        matrices: dict[tuple[int, bytes], list[Array]] = {}
        for row, sources in zip(np.split(edges, first), np.split(source, first), strict=True):
            if len(row) and np.diff(sources).all():
                matrices.setdefault((int(delay[row[0]]), sources.tobytes()), []).append(row)
        for rows in matrices.values():
            yield slot[np.stack(rows)]

    def recurrent(self, weight: Array) -> Array:
        """The synapses inside strongly connected components, of those without a gate and whose ``weight`` is not 0.

        They come in an order that does not depend on that of the drawing.
        """
        table = self.table
        edges = np.flatnonzero((self.delays.gate < 0) & (weight != 0))
        source, target = table.source[edges], table.target[edges]
        _, label = strong_components(table.n_nodes, source, target)
        inside = label[source] == label[target]
        edges, ends = edges[inside], self.place()[np.stack([source[inside], target[inside]])]
        return edges[np.lexsort([weight[edges], *ends])]

    def place(self) -> Array:
        """Position of each node in the order of a hash of its name, (n_nodes,).

        What is computed in this order has the same bits in whatever order the drawing is.
        """
        place = np.empty(self.table.n_nodes, np.int64)
        # names without a value, of which no open weight is drawn, come first and in the order of the drawing
        place[np.argsort(hash_names(self.table.nodes), kind="stable")] = np.arange(self.table.n_nodes)
        return place

    def _largest(self, node: Array) -> Array:
        """The effective number of synapses at a node, the largest of each tie, (n_open,)."""
        n_nodes, strength, tied = self.table.n_nodes, np.abs(self.table.edge("scale")), self.table.edge_gives("tie")
        with np.errstate(over="ignore"):
            found = np.bincount(node[~tied], strength[~tied] ** 2, n_nodes)
            if tied.any():
                # synapses of one weight at one node add up before they are squared
                shape = (n_nodes, self.table.n_edges)
                carried = csr_array((strength[tied], (node[tied], self.leader[tied])), shape=shape)
                found = found + carried.power(2).sum(axis=1)
        found = np.where(found == 0, 1.0, np.minimum(found, LARGEST))
        largest = np.zeros(len(self.leader))
        np.maximum.at(largest, self.leader, found[node])
        return largest[self.rows]
