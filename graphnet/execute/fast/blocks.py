"""Dense blocks of a program, collected for kernels."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...language.arrays import Array
from .tables import BUNDLE, Bundles, Products


@dataclass(eq=False)
class Bundler:
    """Collects dense blocks of owners, which are segments or stages, as bundles of rows that are summed together."""

    n_owners: int
    blocks: list[tuple[int, Array, Array, int, Array]] = field(default_factory=list)

    def add(self, owner: int, rows: Array, others: Array, delay: int, entry: Array) -> None:
        """Add a block; ``entry`` (n_rows, n_others) are the entries of the program that connect them."""
        self.blocks.append((owner, rows, others, delay, entry))

    def make(self) -> tuple[Bundles, Array]:
        """Return the bundles, and the entry of each of their weights, -1 in rows that fill up a bundle."""
        owner, row, count, delay, start, size, weight, other = ([] for _ in range(8))
        order: list[Array] = []
        n_other = n_weights = 0
        for whose, rows, others, back, entry in sorted(self.blocks, key=lambda block: block[0]):
            for first in range(0, len(rows), BUNDLE):
                some = rows[first : first + BUNDLE]
                fill = BUNDLE - len(some)
                owner.append(whose)
                row.append(np.append(some, np.repeat(some[-1:], fill)))
                count.append(len(some))
                delay.append(back)
                start.append(n_other)
                size.append(len(others))
                weight.append(n_weights)
                block = np.full((len(others), BUNDLE), -1)
                block[:, : len(some)] = entry[first : first + BUNDLE].T
                order.append(block.ravel())
                n_weights += block.size
            other.append(others)
            n_other += len(others)
        return Bundles(
            np.searchsorted(_whole(owner), np.arange(self.n_owners + 1)),
            _joined(row).astype(np.int32),
            _whole(count),
            _whole(delay),
            _whole(start),
            _whole(size),
            _whole(weight),
            _joined(other).astype(np.int32),
        ), _joined(order)


@dataclass(eq=False)
class Producer:
    """Collects dense blocks for the matrix products that give the gradients of their weights."""

    blocks: list[tuple[Array, Array, int, Array]] = field(default_factory=list)

    def add(self, targets: Array, sources: Array, delay: int, entry: Array) -> None:
        """Add a block; ``entry`` is (n_targets, n_sources)."""
        self.blocks.append((targets, sources, delay, entry))

    def make(self) -> tuple[Products, Array]:
        """Return the products, and the entry that each number of their gradients belongs to."""
        targets, sources, delays, outs, rows, entries = ([] for _ in range(6))
        n_rows = n_found = 0
        for target, source, delay, entry in sorted(self.blocks, key=lambda block: int(block[0][0])):
            targets.append([n_rows, n_rows + len(target)])
            n_rows += len(target)
            sources.append([n_rows, n_rows + len(source)])
            n_rows += len(source)
            delays.append(delay)
            outs.append(n_found)
            n_found += entry.size
            rows += [target, source]
            entries.append(entry.ravel())
        ranges = _whole(targets).reshape(-1, 2), _whole(sources).reshape(-1, 2)
        return Products(*ranges, _whole(delays), _whole(outs), _joined(rows).astype(np.int32)), _joined(entries)


def _whole(numbers: Any) -> Array:
    return np.array(numbers, np.int64)


def _joined(parts: list[Array]) -> Array:
    return np.concatenate(parts).astype(np.int64) if parts else np.zeros(0, np.int64)
