"""Entries of a program sorted into links: for each row, the rows that it reads, forward or backward in time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ...compiler.program import Program
from ...language.arrays import Array
from ...language.order import count_sort, dtype_of, is_sorted, stable_order
from .tables import NONE, Links

NO_ROWS = np.zeros(0, np.int32)


@dataclass(frozen=True, eq=False)
class Reads:
    """Rows ``owner`` that read ``other``, ``delay`` steps back, times ``factor``, ``factor_delay`` steps back.

    ``entry`` is the entry of the program that each is.  ``kind`` is the row of ``kinds`` (n_kinds, 3) with its delay,
    factor_delay, and whether the gradient of its weight is computed here; kinds are sorted.  ``factor`` is None if no
    read has one.
    """

    owner: Array
    other: Array
    entry: Array
    kind: Array
    kinds: Array
    factor: Array | None

    def take(self, which: Array) -> Reads:
        """Return some of them."""
        factor = None if self.factor is None else self.factor[which]
        return Reads(self.owner[which], self.other[which], self.entry[which], self.kind[which], self.kinds, factor)

    def turned(self) -> Reads:
        """Return them with ``owner`` and ``other`` exchanged."""
        return replace(self, owner=self.other, other=self.owner)

    def by_kind(self) -> Reads:
        """Return them sorted by kind, stably."""
        if len(self.kinds) < 2 or is_sorted(self.kind):
            return self
        return self.take(stable_order((self.kind, len(self.kinds))))

    def divided(self, which: Array) -> tuple[Reads, Reads]:
        """Return those for which it is true, and the others."""
        if which.all():
            return self, self.take(np.zeros(0, np.int64))
        return self.take(np.flatnonzero(which)), self.take(np.flatnonzero(~which))


@dataclass(frozen=True, eq=False)
class Entries:
    """All entries of a program, as arrays (n_entries,) int32; ``gate`` is -1 without one, or None if none has one.

    ``block`` is the block of each, ``delay`` and ``gate_delay`` (n_blocks,) are those of blocks, NONE without gates.
    """

    target: Array
    source: Array
    gate: Array | None
    block: Array
    delay: Array
    gate_delay: Array

    @classmethod
    def of(cls, program: Program) -> Entries:
        """Return the entries of all blocks of a program."""
        n_entries, blocks = len(program.slots), program.blocks
        target, source = np.empty(n_entries, np.int32), np.empty(n_entries, np.int32)
        gated = blocks["gate_delay"] >= 0
        gate = np.full(n_entries, -1, np.int32) if gated.any() else None
        pools = [pool.astype(np.int32) for pool in (program.targets, program.sources, program.gates)]
        for block in blocks:
            here, rows, columns = (slice(*block[name]) for name in ("entry", "target", "source"))
            targets, sources, gates = pools[0][rows], pools[1][columns], pools[2][columns]
            if block["dense"]:
                target[here] = np.repeat(targets, len(sources))
                column = np.tile(np.arange(len(sources)), len(targets))
            else:
                target[here] = np.repeat(targets, np.diff(program.pointers[slice(*block["pointer"])]))
                column = program.indices[here]
            source[here] = sources[column]
            if gate is not None and block["gate_delay"] >= 0:
                gate[here] = gates[column]
        # a record has few bytes, so that its number is small too
        number = np.arange(len(blocks), dtype=np.min_scalar_type(max(1, len(blocks))))
        of_entry = np.repeat(number, np.diff(blocks["entry"])[:, 0])
        return cls(target, source, gate, of_entry, blocks["delay"], np.where(gated, blocks["gate_delay"], NONE))

    def forward(self, which: Array) -> Reads:
        """Return the targets that read sources, of some entries."""
        plain = self._plain
        return plain if which.all() else plain.take(np.flatnonzero(which[plain.entry]))

    def backward(self, which: Array) -> Reads:
        """Return the sources and the gates that read targets, of some entries: a gated synapse is read twice."""
        if self.gate is None:
            return self.forward(which).turned()
        every = np.arange(len(self.target), dtype=dtype_of(len(self.target)))
        n_blocks = len(self.delay)
        kinds, kind = _kinds(
            np.concatenate([self.delay, self.gate_delay]),
            np.concatenate([self.gate_delay, self.delay]),
            np.repeat([True, False], n_blocks),
        )
        plain, gated = np.flatnonzero(which), np.flatnonzero(which & (self.gate >= 0))
        return Reads(
            np.concatenate([self.source[plain], self.gate[gated]]),
            np.concatenate([self.target[plain], self.target[gated]]),
            np.concatenate([every[plain], every[gated]]),
            np.concatenate([kind[:n_blocks][self.block[plain]], kind[n_blocks:][self.block[gated]]]),
            kinds,
            np.concatenate([self.gate[plain], self.source[gated]]),
        )

    @cached_property
    def _plain(self) -> Reads:
        """Targets that read sources, sorted by kind."""
        kinds, kind = _kinds(self.delay, self.gate_delay, np.ones(len(self.delay), bool))
        every = np.arange(len(self.target), dtype=dtype_of(len(self.target)))
        return Reads(self.target, self.source, every, kind[self.block], kinds, self.gate).by_kind()


def _kinds(delay: Array, factor_delay: Array, counts: Array) -> tuple[Array, Array]:
    """Return the distinct kinds of reads, sorted, and the kind of each block in as few bytes as possible."""
    kinds, kind = np.unique(np.stack([delay, factor_delay, counts], axis=1), axis=0, return_inverse=True)
    return kinds, kind.ravel().astype(np.min_scalar_type(max(1, len(kinds))))


def make_links(n_rows: int, reads: Reads) -> tuple[Links, Array]:
    """Return links sorted by owner and run, and the entry of the program of each of their members."""
    reads = reads.by_kind()
    # columns are sorted two at a time, each read in order and written once
    first, other, entry = count_sort(reads.owner, n_rows, reads.other, reads.entry)
    _, kind, factor = count_sort(reads.owner, n_rows, reads.kind, reads.factor)
    changes = np.zeros(len(other), bool)
    changes[first[:-1][first[1:] > first[:-1]]] = True
    changes[1:] |= kind[1:] != kind[:-1]
    begin = np.flatnonzero(changes)
    delay, factor_delay, counts = reads.kinds[kind[begin]].T
    return Links(
        np.searchsorted(begin, first),
        np.append(begin, len(other)),
        np.ascontiguousarray(delay),
        np.ascontiguousarray(factor_delay),
        counts != 0,
        other.astype(np.int32, copy=False),
        NO_ROWS if reads.factor is None else factor.astype(np.int32, copy=False),
    ), entry


def counted_members(links: Links) -> Array:
    """Return for each member whether the gradient of its weight is computed there."""
    return np.repeat(links.counts, np.diff(links.start))
