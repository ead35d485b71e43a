"""Numbers moved to other positions, part by part: positions are int32, of which NumPy makes wide copies first."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...language.arrays import Array
from .pool import run_all

PART = 1 << 15
"""Positions of which a wide copy stays in the nearest caches."""
SHARE = 1 << 20
"""Fewer positions than this are not divided among threads."""


def gathered(values: Array, position: Array, out: Array | None = None) -> Array:
    """Return the values at positions; -1 is the last one.

    >>> gathered(np.array([5.0, 6.0, 7.0]), np.array([2, -1, 0])).tolist()
    [7.0, 7.0, 5.0]
    """
    found: Array = np.empty(len(position), values.dtype) if out is None else out

    def gather(part: slice) -> None:
        # in any mode but this one and "clip" it would fill a copy of the part first
        values.take(position[part], out=found[part], mode="wrap")

    _over_parts(gather, len(position))
    return found


def put(values: Array, position: Array, into: Array) -> None:
    """Put values to positions, of which no two are the same, but for those whose number is not used."""

    def scatter(part: slice) -> None:
        into[position[part]] = values[part]

    _over_parts(scatter, len(position))


def _over_parts(work: Any, n: int) -> None:
    def share(bounds: tuple[int, int]) -> None:
        for first in range(*bounds, PART):
            work(slice(first, min(first + PART, bounds[1])))

    run_all(share, [(first, min(first + SHARE, n)) for first in range(0, n, SHARE)])
