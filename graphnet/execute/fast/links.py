"""Entries of a program sorted into links: for each row, the rows that it reads, forward or backward in time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...compiler.program import Program
from ...language.arrays import Array
from .tables import NONE, Links


@dataclass(frozen=True, eq=False)
class Reads:
    """Rows ``owner`` that read ``other``, ``delay`` steps back, times ``factor``, ``factor_delay`` steps back.

    ``entry`` is the entry of the program that each is, and ``counts`` whether the gradient of its weight is computed
    here.
    """

    owner: Array
    delay: Array
    factor_delay: Array
    other: Array
    factor: Array
    entry: Array
    counts: Array

    def take(self, which: Array) -> Reads:
        """Return some of them."""
        return Reads(*(getattr(self, name)[which] for name in self.__dataclass_fields__))

    def turned(self) -> Reads:
        """Return them with ``owner`` and ``other`` exchanged."""
        return Reads(self.other, self.delay, self.factor_delay, self.owner, self.factor, self.entry, self.counts)


@dataclass(frozen=True, eq=False)
class Entries:
    """All entries of a program, as arrays (n_entries,); without a gate ``gate`` is -1 and ``gate_delay`` NONE."""

    target: Array
    source: Array
    delay: Array
    gate: Array
    gate_delay: Array

    @classmethod
    def of(cls, program: Program) -> Entries:
        """Return the entries of all blocks of a program."""
        n_entries = len(program.slots)
        target, source, gate = (np.full(n_entries, -1) for _ in range(3))
        delay, gate_delay = np.zeros(n_entries, np.int64), np.full(n_entries, NONE)
        for block in program.blocks:
            here = slice(*block["entry"])
            targets, sources = program.targets[slice(*block["target"])], program.sources[slice(*block["source"])]
            if block["dense"]:
                row = np.repeat(np.arange(len(targets)), len(sources))
                column = np.tile(np.arange(len(sources)), len(targets))
            else:
                row = np.repeat(np.arange(len(targets)), np.diff(program.pointers[slice(*block["pointer"])]))
                column = program.indices[here]
            target[here], source[here], delay[here] = targets[row], sources[column], block["delay"]
            if block["gate_delay"] >= 0:
                gate[here] = program.gates[slice(*block["source"])][column]
                gate_delay[here] = block["gate_delay"]
        return cls(target, source, delay, gate, gate_delay)

    def forward(self, which: Array) -> Reads:
        """Return the targets that read sources, of some entries."""
        entry = np.flatnonzero(which)
        return Reads(self.target, self.delay, self.gate_delay, self.source, self.gate, np.arange(len(self.target)),
                     np.ones(len(self.target), bool)).take(entry)  # fmt: skip

    def backward(self, which: Array) -> Reads:
        """Return the sources and the gates that read targets, of some entries: a gated synapse is read twice."""
        plain, gated = np.flatnonzero(which), np.flatnonzero(which & (self.gate >= 0))
        return Reads(
            np.concatenate([self.source[plain], self.gate[gated]]),
            np.concatenate([self.delay[plain], self.gate_delay[gated]]),
            np.concatenate([self.gate_delay[plain], self.delay[gated]]),
            np.concatenate([self.target[plain], self.target[gated]]),
            np.concatenate([self.gate[plain], self.source[gated]]),
            np.concatenate([plain, gated]),
            np.repeat([True, False], [len(plain), len(gated)]),
        )


def make_links(n_rows: int, reads: Reads) -> tuple[Links, Array]:
    """Return links sorted by owner and run, and the entry of the program of each of their members."""
    order = np.lexsort([reads.counts, reads.factor_delay, reads.delay, reads.owner])
    reads = reads.take(order)
    changes = np.ones(len(order), bool)
    columns = reads.owner, reads.delay, reads.factor_delay, reads.counts
    changes[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in columns])
    begin = np.flatnonzero(changes)
    return Links(
        np.searchsorted(reads.owner[begin], np.arange(n_rows + 1)),
        np.append(begin, len(order)),
        reads.delay[begin],
        reads.factor_delay[begin],
        reads.counts[begin],
        reads.other.astype(np.int32),
        reads.factor.astype(np.int32),
    ), reads.entry


def counted_members(links: Links) -> Array:
    """Return for each member whether the gradient of its weight is computed there."""
    return np.repeat(links.counts, np.diff(links.start))
