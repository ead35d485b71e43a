"""Program: a compiled network as a fixed set of plain arrays.

Neurons are renumbered into *rows*: inputs first, then stage after stage, level after level, so that what is computed
together is a contiguous slice.  ``summary``, the executors and the tests all read the same arrays.

A *stage* is computed for all steps before the next one starts.  It is either *parallel* (one level, no cycle: all
steps at once) or *scanned* (step after step, level after level within a step).  A *block* is one matrix times the
values of its sources, ``delay`` steps back:

    z[targets] += M (y(t - delay)[sources] * y(t - gate_delay)[gates])

*Early* blocks of a stage read earlier stages only and run over all steps before its scan; *late* blocks belong to a
level. An *entry* is one number of a block, ``scale * numbers[slot]``, and each knows the edge that it came from;
``numbers`` is the flat vector of parameters followed by the fixed numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..language.arrays import Array
from ..language.brief import one_line
from .neurons import FEATURES, NUMBERS

STAGE = np.dtype([("scanned", "?"), ("reverse", "?"), ("row", "i8", 2), ("level", "i8", 2), ("early", "i8", 2)])
LEVEL = np.dtype([("row", "i8", 2), ("segment", "i8", 2), ("late", "i8", 2)])
SEGMENT = np.dtype([("row", "i8", 2), ("activation", "i8"), *((name, "?") for name in FEATURES), ("group", "i8")])
BLOCK = np.dtype(
    [
        ("dense", "?"),
        ("delay", "i8"),
        ("gate_delay", "i8"),
        ("target", "i8", 2),
        ("source", "i8", 2),
        ("entry", "i8", 2),
        ("pointer", "i8", 2),
    ]
)
"""Pairs are half-open ranges: of rows, or of positions in the table or pool of that name.

``gate_delay`` is -1 without gates."""


@dataclass(frozen=True, eq=False)
class Program:
    """The compiled network; see the module for what the words mean.

    Attributes
    ----------
    order : (n_nodes,)
        The node at each row; ``row`` is its inverse.
    outputs : (n_outputs,)
        The rows of the outputs, in node order.
    stages, levels, segments, blocks
        Tables of the records above; a segment is a run of rows with one activation (an index into ``activations``),
        whose members have the features of `FEATURES` that its record says, and which are groups of so many rows (0: no
        groups).
    targets, sources, gates, pointers, indices
        Pools: rows that blocks write and read (``gates`` beside ``sources``), and the row pointers and column indices
        of the blocks that are not dense, counted from the block's own beginning.
    slots, scales, edges : (n_entries,)
        Position of the number of each entry, its fixed factor, and the edge that it came from.
    neurons : dict of str to (n_nodes,)
        The slot of each of the `NUMBERS` of neurons, by row; -1 without one.
    onset : (n_nodes,)
        By row, steps.
    dt : float
        The step of time, in the unit of tau.
    fixed : (n_fixed,)
        The numbers that are not learnt; slot ``n_parameters + k`` is ``fixed[k]``.
    depth : (n_nodes,)
        Number of past values of each row that are read.
    history_end : (n_nodes,)
        In a state, the value of row r at ``k`` steps before the present (1 <= k <= depth) is at ``history_end[r]
        - k``.
    """

    n_inputs: int
    n_parameters: int
    order: Array
    row: Array
    outputs: Array
    stages: Array
    levels: Array
    segments: Array
    blocks: Array
    activations: tuple[str, ...]
    targets: Array
    sources: Array
    gates: Array
    pointers: Array
    indices: Array
    slots: Array
    scales: Array
    edges: Array
    neurons: dict[str, Array]
    onset: Array
    dt: float
    fixed: Array
    depth: Array
    history_end: Array

    __repr__ = one_line

    @property
    def n_nodes(self) -> int:
        """Number of rows, inputs included."""
        return len(self.order)

    @cached_property
    def n_history(self) -> int:
        """Number of past values that a state holds for each sample."""
        return int(self.depth.sum())

    @property
    def longest_delay(self) -> int:
        """Largest number of past values that are read of one row."""
        return int(self.depth.max(initial=0))

    def neuron_values(self, numbers: Array) -> dict[str, Array]:
        """Each number of neurons by row, {name: (n_nodes,)}, from the flat vector that slots point into."""
        return {
            name: np.where(slots < 0, NUMBERS[name].otherwise(self.dt), numbers[slots]).astype(numbers.dtype)
            for name, slots in self.neurons.items()
        }

    def learns(self, name: str) -> Array:
        """Rows whose number of this name is a parameter, (n_nodes,) bool."""
        return (self.neurons[name] >= 0) & (self.neurons[name] < self.n_parameters)

    def history(self) -> tuple[Array, Array]:
        """Row and lag (steps before the present) at each position of a state, (n_history,) each."""
        by_position = np.argsort(self.history_end, kind="stable")
        rows = np.repeat(by_position, self.depth[by_position])
        return rows, self.history_end[rows] - np.arange(len(rows))
