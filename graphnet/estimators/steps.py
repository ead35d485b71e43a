"""Targets of every step."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import DataError
from ..language.arrays import Array
from .sequences import Panel


def steps_of_targets(y: Any, panel: Panel) -> Array | None:
    """Return targets of every step, padded, (n_samples, n_steps) or with columns; None where y is one a sequence.

    They are an array whose second axis is that of the steps of a panel, or a list with an array of as many items as
    each sequence has steps.
    """
    if panel.form == "rows":
        return None
    steps = panel.steps.tolist()
    if not is_list(y):
        shape = np.shape(y)
        return np.asarray(y) if shape[1:2] == (panel.inputs.shape[1],) != (1,) and panel.lengths is None else None
    if not all(np.ndim(each) for each in y):
        return None
    parts = [np.asarray(each) for each in y]
    found = [len(each) for each in parts]
    if len(set(found)) == 1 and found != steps:
        return None  # some targets of each sequence
    for i, (part, n_steps) in enumerate(zip(parts, steps, strict=True)):
        if len(part) != n_steps:
            raise DataError(f"y: sequence {i} has {len(part)} targets for {n_steps} steps of X")
        if part.shape[1:] != parts[0].shape[1:]:
            raise DataError(f"y: sequence {i} has the shape {part.shape}, sequence 0 has {parts[0].shape}")
    joined = np.concatenate(parts)
    padded = np.full((len(parts), max(steps), *joined.shape[1:]), joined[0], joined.dtype)
    padded[panel.mask] = joined
    return padded


def is_list(y: Any) -> bool:
    """Return whether y is a list, a tuple, or an array of arrays."""
    return isinstance(y, list | tuple) or (isinstance(y, np.ndarray) and y.dtype == object and y.ndim == 1)


def join_steps(found: Any, right: Any, sample_weight: Any) -> tuple[Array, Array, Array | None]:
    """Return predictions and targets of all steps one after another, and the weight of each.

    >>> join_steps([[1, 2], [3]], [[1, 1], [3]], [2.0, 5.0])
    (array([1, 2, 3]), array([1, 1, 3]), array([2., 2., 5.]))
    """
    steps = [len(each) for each in found]
    weights = None if sample_weight is None else np.repeat(np.asarray(sample_weight, np.float64), steps)
    return np.concatenate([*map(np.asarray, found)]), np.concatenate([*map(np.asarray, right)]), weights
