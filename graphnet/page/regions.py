"""Headings of a picture: names of its columns, of its classes, or of parts that an attribute tells apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..language.arrays import Array
from ..layout.picture import Picture
from .attributes import MISSING, Shown
from .names import text_of

MOST = 200
"""Largest number of headings."""


def headings(picture: Picture, shown: Sequence[Shown]) -> list[tuple[str, float, float]]:
    """Return headings with the middle of the upper edge of what each is about.

    Neurons with the same value of a custom attribute have a heading if such neurons are all apart from others in the
    picture, as cell types in maps of their own are; otherwise columns, or classes, have one.
    """
    for each in shown:
        if each.source == "custom" and each.categories is not None and 2 <= len(each.categories) <= MOST:
            code = np.where(each.values == MISSING, -1, each.values.astype(np.int64))
            low, high = _boxes(picture.positions, code, len(each.categories))
            if (code >= 0).sum() >= 2 * len(each.categories) and _are_apart(low, high):
                return _written(each.categories, low, high)
    if picture.placed_by.startswith("attribute") or picture.placed_by.startswith("given"):
        return []
    n_clusters = len(picture.cluster_names)
    if n_clusters > MOST:
        return []
    return _written(picture.cluster_names, *_boxes(picture.positions, picture.cluster, n_clusters))


def _boxes(positions: Array, code: Array, n_codes: int) -> tuple[Array, Array]:
    """Return the lower left and the upper right corner of the nodes of each code, (n_codes, 2); nan without nodes."""
    low, high = np.full((n_codes, 2), np.inf), np.full((n_codes, 2), -np.inf)
    rows = code >= 0
    np.minimum.at(low, code[rows], positions[rows])
    np.maximum.at(high, code[rows], positions[rows])
    low[low > high] = high[low > high] = np.nan
    return low, high


def _are_apart(low: Array, high: Array) -> bool:
    """True if no two boxes have a point in common."""
    apart = np.any((low[:, np.newaxis] > high) | (high[:, np.newaxis] < low), axis=2)
    return bool(apart[~np.eye(len(low), dtype=bool)].all())


def _written(names: Sequence[str], low: Array, high: Array) -> list[tuple[str, float, float]]:
    found = []
    for name, left, right in zip(names, low.tolist(), high.tolist(), strict=True):
        if left[0] == left[0]:
            found.append((text_of(name), round((left[0] + right[0]) / 2, 4), round(right[1], 4)))
    return found
