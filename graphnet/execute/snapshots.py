"""Snapshots and replay: back-propagation through long sequences in little memory, for some computation more.

A sequence is cut into chunks.  On the way forward only states are kept, at some of the cuts; on the way back each
chunk is run again, from the snapshot before it, with a tape of it alone.  Where the snapshots are few, states between
them are made again too, and where they stand is binomial: with s snapshots, and no chunk run more than r times again,
that reaches C(s + r, s) chunks.

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
"""Without a limit, how much of the memory of the whole sequence chunks may take that are longer than need be."""


class Action(NamedTuple):
    """A step of the way back: ``advance`` from chunk ``first`` to the beginning of ``last`` and keep its state there,
    or run chunk ``first`` with a tape and go ``back`` through it.
    """

    what: Literal["advance", "back"]
    first: int
    last: int


def first_cuts(n_chunks: int, n_snapshots: int) -> list[int]:
    """The chunks whose beginning is kept on the way forward, beside the first.

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
    """The way back, when the states of `first_cuts` are there.

    >>> [(each.what, each.first) for each in actions(3, 1)]
    [('back', 2), ('advance', 0), ('back', 1), ('back', 0)]
    """
    yield from _actions(0, n_chunks, n_snapshots, True)


def _actions(first: int, last: int, n_snapshots: int, there: bool) -> Iterator[Action]:
    """The way back through some chunks, of which the state before the first is there."""
    if last - first == 1:
        yield Action("back", first, last)
        return
    if not n_snapshots:
        # nothing can be kept: each chunk is reached anew
        for chunk in range(last - 1, first, -1):
            yield Action("advance", first, chunk)
            yield Action("back", chunk, chunk + 1)
        yield Action("back", first, first + 1)
        return
    middle = first + _left_part(last - first, n_snapshots)
    if not there:
        yield Action("advance", first, middle)
    yield from _actions(middle, last, n_snapshots - 1, there)
    yield from _actions(first, middle, n_snapshots, False)


def _left_part(n_chunks: int, n_snapshots: int) -> int:
    """How many chunks come before the next snapshot."""
    repeats = fewest_repeats(n_chunks, n_snapshots)
    return n_chunks - min(n_chunks - 1, comb(n_snapshots + repeats - 1, n_snapshots - 1))


def fewest_repeats(n_chunks: int, n_snapshots: int) -> int:
    """How often a chunk is run again at most, beside the state that is always there at the beginning.

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
    """Bytes: of a step of a tape and its gradient, of a state, and of all that is there anyway."""

    a_step: int
    a_state: int
    fixed: int


@dataclass(frozen=True)
class Cut:
    """How a sequence is cut: ``a_part`` steps in a chunk, and states kept beside the first."""

    a_part: int
    n_chunks: int
    n_snapshots: int

    def bytes(self, sizes: Sizes, n_over: int) -> int:
        """What it takes; ``n_over`` steps are those that delays reach of the chunk after one."""
        # what delays reach is there twice, and one state more is under way
        steps, states = self.a_part + 2 * n_over, self.n_snapshots + 2
        return sizes.fixed + steps * sizes.a_step + states * sizes.a_state


def choose_cut(memory: int | None, n_steps: int, unit: int, n_over: int, sizes: Sizes) -> Cut | None:
    """The cut that runs least again within so much memory; None: without limit, one that runs each chunk again once.
    Of these the one of least memory, or with chunks up to three times as long where that is little too (``SHARE``),
    since each chunk costs to begin and to end.

    Chunks are multiples of ``unit`` steps.  Where nothing fits the answer is None.

    >>> sizes = Sizes(a_step=100, a_state=50, fixed=0)
    >>> choose_cut(None, 1000, 1, 1, sizes)
    Cut(a_part=66, n_chunks=16, n_snapshots=15)
    >>> choose_cut(1000, 1000, 1, 1, sizes)
    Cut(a_part=3, n_chunks=334, n_snapshots=8)
    """
    if memory is None:
        least = max(1, isqrt(max(1, n_steps * sizes.a_state // max(1, sizes.a_step))))
        for longer in (3, 2, 1):
            a_part = min(-(-n_steps // unit) * unit, -(-longer * least // unit) * unit)
            n_chunks = -(-n_steps // a_part)
            cut = Cut(a_part, n_chunks, n_chunks - 1)
            if cut.bytes(sizes, n_over) <= SHARE * (sizes.fixed + n_steps * sizes.a_step):
                break
        return cut
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
