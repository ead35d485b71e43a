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
MOST_IN_COLUMN = 3
"""Largest number of values that name one column."""


def headings(picture: Picture, shown: Sequence[Shown]) -> list[tuple[str, float, float]]:
    """Return headings with the middle of the upper edge of what each is about.

    Columns and classes have headings; columns are called by the values of a custom attribute, such as "sensory", if
    each value is in one column only.  Where positions are given, neurons with the same value of a custom attribute have
    one if such neurons are all apart from others, as cell types in maps of their own are.
    """
    several = [each for each in shown if each.source == "custom" and 2 <= len(each.categories or ()) <= MOST]
    if picture.placed_by.startswith(("attribute", "given")):
        for each in several:
            code, values = _codes(each), each.categories or ()
            low, high = _boxes(picture.positions, code, len(values))
            if (code >= 0).sum() >= 2 * len(values) and _are_apart(low, high):
                return _written(values, low, high)
        return []
    if len(picture.cluster_names) > MOST:
        return []
    names = list(picture.cluster_names)
    if not picture.placed_by.startswith("classes"):
        names = next(filter(None, (_called_by(picture, each) for each in several)), names)
    return _written(names, *_boxes(picture.positions, picture.cluster, len(names)))


def _codes(shown: Shown) -> Array:
    """Return the codes of categories, (n_nodes,) int64; -1 for none."""
    return np.where(shown.values == MISSING, -1, shown.values.astype(np.int64))


def _called_by(picture: Picture, shown: Shown) -> list[str] | None:
    """Return names of the columns by the values of an attribute, the most frequent first; None if they do not fit."""
    code, categories, names = _codes(shown), shown.categories or (), list(picture.cluster_names)
    pairs, counts = np.unique(np.stack([code, picture.cluster])[:, code >= 0], axis=1, return_counts=True)
    if len(pairs[0]) > len(categories):
        return None  # one value is in several columns
    for column in np.unique(pairs[1]).tolist():
        here = np.flatnonzero(pairs[1] == column)
        if counts[here].sum() < (picture.cluster == column).sum() or len(here) > MOST_IN_COLUMN:
            return None
        names[column] = ", ".join(categories[pairs[0][i]] for i in here[np.argsort(-counts[here], kind="stable")])
    return names


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
