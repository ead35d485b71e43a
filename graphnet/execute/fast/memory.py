"""Memory of scans in tiles, laid out once for batches of a shape and used again.

New memory from the system is slow: it is cleared page by page, and allocation waits while another thread of the process
gives much memory back.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from math import prod
from typing import Any

import numpy as np

from ...language.arrays import Array
from .kernels.vectors import WIDTHS
from .tables import Adjoint, Trace

Parts = list[tuple[tuple[int, ...], Any]]
"""Shapes and dtypes of arrays."""

SPARE_BYTES = 1 << 29
"""Rooms larger than this are given back to the system."""
MOST_TOO_LARGE = 4
"""A room may take over memory of at most so many times its size."""
MOST_GROUPS = 8
"""Largest number of partial sums of a gradient, and so of threads that work on one by tiles."""
GROUP_BYTES = 1 << 26
"""Most bytes that these sums take together, if there is more than one."""
LINE = 64
"""Bytes of a line of cache; each array begins at one."""


class Room:
    """Memory in one piece, the arrays in it, and the object ``made`` of them for the shapes and dtype in ``key``.

    The first part of a key is the kind of room: rooms of one kind take over the memory of each other.
    """

    __slots__ = ("arrays", "key", "made", "memory")

    def __init__(self, key: tuple[Any, ...], parts: Parts, memory: Array) -> None:
        self.key, self.memory = key, memory
        self.made: Any = None
        self.arrays: list[Array] = []
        start = 0
        for shape, dtype in parts:
            size = _bytes(shape, dtype)
            self.arrays.append(memory[start : start + size].view(dtype).reshape(shape))
            start += _lines(size)


class Spare:
    """Rooms that may be used again: the last one of each kind."""

    def __init__(self) -> None:
        self._rooms: dict[str, Room] = {}

    def lend(self, key: tuple[Any, ...], parts: Callable[[], Parts], make: Callable[[Room], Any]) -> Loan:
        """Lend a room of this key as it was left, or a new one with arbitrary contents."""
        # another thread finds none, and makes its own
        room = self._rooms.pop(key[0], None)
        if room is not None and room.key == key:
            return Loan(self, room)
        wanted = parts()
        size = sum(_lines(_bytes(shape, dtype)) for shape, dtype in wanted)
        # memory that is much too large would be wasted; a tape takes up to three times the memory of a run
        memory = room.memory if room is not None and size <= len(room.memory) <= MOST_TOO_LARGE * size else None
        del room
        found = Room(key, wanted, np.empty(size, np.uint8) if memory is None else memory)
        found.made = make(found)
        return Loan(self, found)

    def give(self, room: Room) -> None:
        """Keep a room that is no longer used, if it is not too large."""
        if len(room.memory) <= SPARE_BYTES:
            self._rooms[room.key[0]] = room

    def clear(self) -> None:
        """Give all rooms back to the system."""
        self._rooms.clear()


class Loan:
    """A room that goes back when the last reference to the loan is gone."""

    __slots__ = ("_room", "_spare")

    def __init__(self, spare: Spare, room: Room) -> None:
        self._room, self._spare = room, spare

    def __del__(self) -> None:
        self._spare.give(self._room)

    @property
    def made(self) -> Any:
        """Object made of the arrays of the room."""
        return self._room.made


class Tiles:
    """Values (n_tiles, n_steps or more, n_rows, width), of which ``[:, rows]`` is (n_steps, n_rows, n_samples) by step.

    ``steps`` (n_tiles,) is the number of steps of each tile; nothing is written past them.
    """

    def __init__(self, whole: Array, n_steps: int, steps: list[int], n_samples: int, loan: Loan) -> None:
        self.whole, self.n_steps, self.steps, self.n_samples, self._loan = whole, n_steps, steps, n_samples, loan

    def __getitem__(self, key: tuple[slice, Any]) -> Array:
        every, rows = key
        n_steps = self.n_steps
        assert every == slice(None)
        if len(self.steps) == 1 and self.steps[0] == n_steps:
            # always a copy: this memory is used again
            return np.array(self.whole[0][:n_steps, rows, : self.n_samples], order="C")
        parts = [tile[:n, rows] for tile, n in zip(self.whole, self.steps, strict=True)]
        found = np.zeros((n_steps, parts[0].shape[1], self.n_samples), self.whole.dtype)
        for part, samples in zip(parts, samples_of_tiles(self.n_samples, self.whole.shape[3]), strict=True):
            there = found[: len(part), :, samples]
            there[...] = part[:, :, : there.shape[2]]
        return found


class Scan:
    """A forward pass over tiles: ``whole`` (n_tiles, n_steps or more, n_rows, width), ``states``, ``history`` and
    ``final`` (n_tiles, n_history, width), and the arguments of kernels for each tile.

    ``history`` is ``states`` itself if no neuron is of continuous time.
    """

    def __init__(self, room: Room, n_steps: int, n_samples: int, n_inputs: int) -> None:
        whole, kept, self.states, self.history, self.final, self._lengths, self._behind, self.live = room.arrays
        self.whole, self._n_steps, self._n_samples = whole, n_steps, n_samples
        if not self.history.size:
            self.history = self.states
        # kernels compute lanes without a sample as well
        n_tiles, _, n_rows, width = whole.shape
        for each in (self.states, self._lengths, self._behind):
            each[...] = 0
        whole[-1, :, :n_inputs, n_samples - (n_tiles - 1) * width :] = 0
        n_kept = kept.shape[2]
        self._all = [
            Trace(
                whole[tile].reshape(-1), kept[tile].reshape(-1), self.history[tile].reshape(-1),
                self.states[tile].reshape(-1), n_rows * width, n_kept * width, n_steps, self.live[tile],
                self._behind[tile], self._lengths[tile],
            )
            for tile in range(n_tiles)
        ]  # fmt: skip
        self.final_of = [each.reshape(-1) for each in self.final]
        self._is_full = False
        self.trace, self.steps = self._all, [n_steps] * n_tiles

    def begin(self, history: Array, behind: Array, lengths: Array) -> None:
        """Set the start of a pass; of continuous-time neurons it is s, in ``history`` as well."""
        fill_tiles(self.states, history)
        fill_tiles(self._behind, behind)
        n_tiles, width = self._lengths.shape
        if lengths[-1] < self._n_steps:
            fill_tiles(self._lengths, lengths)
            self.live[...] = (self._lengths[:, None, :] > np.arange(self._n_steps)[:, None]).sum(axis=2)
            self.steps = self._lengths[:, 0].tolist()
            self.trace = [each._replace(n_steps=n) for each, n in zip(self._all, self.steps, strict=True)]
            self._is_full = False
        elif not self._is_full:
            fill_tiles(self._lengths, lengths)
            self.live[...] = width
            self.live[-1] = self._n_samples - (n_tiles - 1) * width
            self.steps, self.trace = [self._n_steps] * n_tiles, self._all
            self._is_full = True


class Sums:
    """Sums of a backward pass over all steps.

    Of tiles, gradients of their ``past`` and ``past_states`` (n_tiles, n_history, width), and ``carried`` (n_tiles,
    n_rows, width) to the step before; of groups of tiles, gradients of ``synapses`` (n_groups, n_synapses) and of the
    numbers of neurons, ``by_row`` (n_groups, 4, n_rows).  ``functions`` (n_tiles, n_rows or 0, width) is room for f(z).
    """

    def __init__(self, room: Room, groups: list[list[int]], parts: tuple[int, ...]) -> None:
        self._room, self.groups, self._parts = room, groups, parts
        self.past, self.past_states, self.carried, self.functions, self.synapses, self.by_row = room.arrays
        self.group_of = [number for number, tiles in enumerate(groups) for _ in tiles]

    def begin(self) -> None:
        """Set all sums to 0."""
        for each in self._room.arrays:
            each.fill(0)

    def adjoint(self, tile: int, gradient: Array, outputs: Array, final: Array) -> Adjoint:
        """Return the arguments of kernels for a tile and its group."""
        group, (n_outputs, width) = self.group_of[tile], outputs.shape[1:]
        bias, initial, rate, leak = self.by_row[group]
        links, push, products = (self.synapses[group, first:last] for first, last in pairwise(self._parts))
        return Adjoint(
            gradient.reshape(-1), outputs.reshape(-1), n_outputs * width, self.past[tile].reshape(-1),
            self.past_states[tile].reshape(-1), final.reshape(-1), self.carried[tile].reshape(-1),
            self.functions[tile].reshape(-1), links, push, products, bias, initial, rate, leak, False,
        )  # fmt: skip


class Pull:
    """Backward pass through a chunk of steps.

    ``gradient``, shaped like values; those of ``outputs`` (n_tiles, n_steps, n_outputs, width) and of the ``final``
    history (n_tiles, n_history, width), from which it starts; and for each group room for ``packed`` matrices.
    """

    def __init__(self, room: Room) -> None:
        self.gradient, self.outputs, self.final, self.packed = room.arrays
        self.outputs[...] = self.final[...] = 0
        self._sums: Sums | None = None
        self._adjoints: list[Adjoint] = []

    def begin(self, grad_outputs: Array, grad_final: Array | None) -> None:
        """Set the gradients of outputs and of the final history, None if that is 0."""
        fill_tiles(self.outputs, grad_outputs)
        if grad_final is None:
            self.final[...] = 0
        else:
            fill_tiles(self.final, grad_final)

    def adjoints(self, sums: Sums) -> list[Adjoint]:
        """Return the arguments of kernels for each tile."""
        if self._sums is not sums:
            tiles = enumerate(zip(self.gradient, self.outputs, self.final, strict=True))
            self._sums, self._adjoints = sums, [sums.adjoint(tile, *each) for tile, each in tiles]
        return self._adjoints


def n_lanes(n_samples: int, dtype: np.dtype[Any]) -> int:
    """Return the number of samples of a tile."""
    widths = WIDTHS[dtype.itemsize]
    return next((width for width in widths if width >= n_samples), widths[-1])


def fill_tiles(tiles: Array, array: Array) -> None:
    """Put (..., n_samples) into (n_tiles, ..., width); lanes without a sample do not change."""
    width = tiles.shape[-1]
    if array.shape[-1] == width:
        tiles[0] = array
        return
    for tile, samples in zip(tiles, samples_of_tiles(array.shape[-1], width), strict=True):
        part = array[..., samples]
        tile[..., : part.shape[-1]] = part


def from_tiles(tiles: Array, n_samples: int) -> Array:
    """Return (n_tiles, n, width) as (n, n_samples), always a copy."""
    n_tiles, n, width = tiles.shape
    if n_tiles == 1 and n_samples == width:
        return tiles[0].copy()
    found = np.empty((n, n_samples), tiles.dtype)
    for tile, samples in zip(tiles, samples_of_tiles(n_samples, width), strict=True):
        part = found[:, samples]
        part[...] = tile[:, : part.shape[1]]
    return found


def samples_of_tiles(n_samples: int, width: int) -> list[slice]:
    """Return the samples of each tile, of which the last may have fewer."""
    return [slice(first, min(first + width, n_samples)) for first in range(0, n_samples, width)]


def groups_of_tiles(n_synapses: int, itemsize: int, n_tiles: int) -> list[list[int]]:
    """Return groups of tiles; the gradients of a group are added up one after another."""
    fit = max(1, GROUP_BYTES // max(1, n_synapses * itemsize))
    n_groups = max(1, min(n_tiles, MOST_GROUPS, fit))
    cuts = [number * n_tiles // n_groups for number in range(n_groups + 1)]
    return [list(range(first, last)) for first, last in pairwise(cuts)]


def _bytes(shape: tuple[int, ...], dtype: Any) -> int:
    return prod(shape) * np.dtype(dtype).itemsize


def _lines(size: int) -> int:
    return -(-size // LINE) * LINE
