"""Snapshots and replay: back-propagation through long sequences in little memory, for some more computation.

A sequence is cut into chunks.  The forward pass keeps only states, at some of the cuts; the backward pass runs each
chunk again, from the snapshot before it, with a tape of this chunk.  If there are few snapshots, states between them
are computed again as well, at binomial positions: s snapshots, with no chunk run again more than r times, suffice for
C(s + r, s) chunks.

References
----------
Griewank, A. & Walther, A. (2000). Algorithm 799: revolve. ACM TOMS 26(1).
Gruslys, A. et al. (2016). Memory-efficient backpropagation through time. NeurIPS 29.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import comb, isqrt
from typing import Literal, NamedTuple

SHARE = 0.08
"""Without a limit, the part of the memory of the whole sequence up to which chunks may be longer than necessary."""


class Action(NamedTuple):
    """Action of the backward pass: ``advance`` from chunk ``first`` to the start of ``last`` and keep the state, or run
    chunk ``first`` with a tape and go ``back`` through it.
    """

    what: Literal["advance", "back"]
    first: int
    last: int


def first_cuts(n_chunks: int, n_snapshots: int) -> list[int]:
    """Return the chunks whose start is kept in the forward pass, in addition to the first.

    >>> first_cuts(6, 2)
    [3, 5]
    """
    found, first = [], 0
    while n_chunks - first > 1 and n_snapshots:
        first += _left_part(n_chunks - first, n_snapshots)
        found.append(first)
        n_snapshots -= 1
    return found


def actions(n_chunks: int, n_snapshots: int) -> Iterator[Action]:
    """Yield the actions of the backward pass, after a forward pass that kept the states of `first_cuts`.

    >>> [(each.what, each.first) for each in actions(3, 1)]
    [('back', 2), ('advance', 0), ('back', 1), ('back', 0)]
    """
    # parts of the sequence that are left, the next one last; in each the state before its first chunk is kept, and
    # ``there`` says if the next snapshot is
    parts = [(0, n_chunks, n_snapshots, True)]
    while parts:
        first, last, n_snapshots, there = parts.pop()
        if last - first == 1:
            yield Action("back", first, last)
        elif not n_snapshots:
            # no state can be kept: each chunk is reached from the first
            for chunk in range(last - 1, first, -1):
                yield Action("advance", first, chunk)
                yield Action("back", chunk, chunk + 1)
            yield Action("back", first, first + 1)
        else:
            middle = first + _left_part(last - first, n_snapshots)
            if not there:
                yield Action("advance", first, middle)
            parts += [(first, middle, n_snapshots, False), (middle, last, n_snapshots - 1, there)]


def _left_part(n_chunks: int, n_snapshots: int) -> int:
    """Return the number of chunks before the next snapshot."""
    repeats = fewest_repeats(n_chunks, n_snapshots)
    return n_chunks - min(n_chunks - 1, comb(n_snapshots + repeats - 1, n_snapshots - 1))


def fewest_repeats(n_chunks: int, n_snapshots: int) -> int:
    """Return how often a chunk is run again at most, with so many snapshots in addition to the first state.

    >>> fewest_repeats(11, 10), fewest_repeats(66, 10), fewest_repeats(5, 0)
    (1, 2, 4)
    """
    if not n_snapshots:
        return n_chunks - 1
    repeats = 0
    while comb(n_snapshots + repeats, n_snapshots) < n_chunks:
        repeats += 1
    return repeats


@dataclass(frozen=True)
class Sizes:
    """Bytes of a step of a tape and its gradient, of a state, and of everything that does not depend on the cut."""

    a_step: int
    a_state: int
    fixed: int


@dataclass(frozen=True)
class Cut:
    """Cut of a sequence: ``a_part`` steps in a chunk, and the states kept in addition to the first."""

    a_part: int
    n_chunks: int
    n_snapshots: int

    def bytes(self, sizes: Sizes, n_over: int) -> int:
        """Return the bytes that it takes; delays reach ``n_over`` steps of the next chunk."""
        # steps that delays reach are held twice, and one more state is in use
        steps, states = self.a_part + 2 * n_over, self.n_snapshots + 2
        return sizes.fixed + steps * sizes.a_step + states * sizes.a_state


def choose_cut(memory: int | None, n_steps: int, unit: int, n_over: int, sizes: Sizes) -> Cut | None:
    """Return the cut within so much memory that runs chunks again least often, or None if nothing fits.

    Chunks are multiples of ``unit`` steps.  Without a limit (``memory`` None) each chunk is run again once, and the cut
    is the one of least memory, or one with chunks up to three times as long if that takes little too (``SHARE``), since
    each chunk has a cost of its own; it is the whole sequence if no cut takes less.

    >>> sizes = Sizes(a_step=100, a_state=50, fixed=0)
    >>> choose_cut(None, 1000, 1, 1, sizes)
    Cut(a_part=66, n_chunks=16, n_snapshots=15)
    >>> choose_cut(1000, 1000, 1, 1, sizes)
    Cut(a_part=3, n_chunks=334, n_snapshots=8)
    """
    if memory is None:
        whole = sizes.fixed + n_steps * sizes.a_step
        least = max(1, isqrt(max(1, n_steps * sizes.a_state // max(1, sizes.a_step))))
        for longer in (3, 2, 1):
            a_part = min(-(-n_steps // unit) * unit, -(-longer * least // unit) * unit)
            n_chunks = -(-n_steps // a_part)
            cut = Cut(a_part, n_chunks, n_chunks - 1)
            if cut.bytes(sizes, n_over) <= SHARE * whole:
                break
        # delays that reach far make chunks larger than the sequence
        return cut if cut.bytes(sizes, n_over) < whole else Cut(-(-n_steps // unit) * unit, 1, 0)
    best, fewest = None, 0
    a_part = unit
    while True:
        n_chunks = -(-n_steps // a_part)
        bare = Cut(a_part, n_chunks, 0).bytes(sizes, n_over)
        if bare > memory:
            break
        n_snapshots = min(n_chunks - 1, (memory - bare) // max(1, sizes.a_state))
        repeats = fewest_repeats(n_chunks, n_snapshots)
        if best is None or repeats <= fewest:
            best, fewest = Cut(a_part, n_chunks, n_snapshots), repeats
        if n_chunks == 1:
            break
        a_part += unit
    return best
