"""Targets as a page shows them: numbers, classes at every step, or a class for each sequence."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import DataError
from ..language.arrays import Array
from ..language.checks import INSTEAD_OF_MASKS, as_array, read_array, valid_steps
from .samples import Samples

MOST_CLASSES = 32_767
"""Largest number of classes that a page tells apart."""
NO_CLASS = -1


def shown_targets(targets: Any, samples: Samples, n_outputs: int) -> tuple[str, Array]:
    """Return the kind of targets, "values", "class_per_step" or "class", and those of the samples.

    Parameters
    ----------
    targets
        As losses take them: (n_samples, n_steps, n_outputs), whole numbers (n_samples, n_steps) or (n_samples,), or
        real numbers (n_samples, n_outputs) for each sequence's last step.  Nan and the class -1 are no target.
    samples : Samples
    n_outputs : int

    Raises
    ------
    DataError
        If they have another shape, or are no classes of the network.
    """
    array = read_array(targets, "targets", INSTEAD_OF_MASKS)
    n_samples, n_steps, shown = samples.n_samples, samples.n_steps, samples.inputs.shape[1]
    if array.shape == (n_samples, n_steps, n_outputs):
        values = _numbers(array[samples.rows, :shown])
        values[~valid_steps(samples.lengths, shown)] = np.nan
        return "values", values
    if array.shape == (n_samples,):
        return "class", _classes(array[samples.rows, np.newaxis], samples, n_outputs)[:, 0]
    is_whole = array.dtype.kind in "biu"
    if array.shape == (n_samples, n_steps) and (is_whole or n_steps != n_outputs):
        return "class_per_step", _classes(array[samples.rows, :shown], samples, n_outputs)
    if array.shape == (n_samples, n_outputs):
        values = np.full((len(samples.rows), shown, n_outputs), np.nan, np.float32)
        whole = samples.ends == samples.lengths  # the last step of the others is not shown
        values[whole, samples.lengths[whole] - 1] = _numbers(array[samples.rows[whole]])
        return "values", values
    raise DataError(
        f"targets: shape {array.shape}; must be numbers {(n_samples, n_steps, n_outputs)} or {(n_samples, n_outputs)}, "
        f"or classes {(n_samples, n_steps)} or {(n_samples,)}"
    )


def _numbers(array: Array) -> Array:
    with np.errstate(over="ignore"):
        return np.array(as_array(array, "targets", np.dtype(np.float32)))


def _classes(array: Array, samples: Samples, n_outputs: int) -> Array:
    """Return classes (n_samples, n_columns) as int16; those of steps past a sequence's end are -1."""
    numbers = as_array(array, "targets", np.dtype(np.float64))
    n_columns = array.shape[1]
    counted = valid_steps(samples.lengths, n_columns) if n_columns > 1 else np.ones(array.shape, bool)
    found = np.where(counted, np.where(np.isnan(numbers), NO_CLASS, numbers), NO_CLASS)
    most = min(n_outputs, MOST_CLASSES)
    wrong = np.argwhere((found != np.floor(found)) | (found < NO_CLASS) | (found >= most))
    if len(wrong):
        sample, step = wrong[0].tolist()
        place = f"sample {samples.rows[sample]}" + (f", step {step}" if n_columns > 1 else "")
        raise DataError(
            f"targets at {place}: {found[sample, step]:g} is not a class, 0 to {most - 1}, nor {NO_CLASS} for none"
        )
    return found.astype(np.int16)
