"""X as scikit-learn's users have it: rows, a panel, or a list of sequences of unequal length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils.validation import validate_data

from ..errors import DataError, first_of
from ..language.arrays import Array
from ..language.checks import as_array, valid_steps


@dataclass(frozen=True, eq=False)
class Panel:
    """Sequences as a network takes them.

    Attributes
    ----------
    inputs : (n_samples, n_steps, n_channels)
    lengths : (n_samples,) or None
        None where all are of ``n_steps``.
    form : "rows", "panel" or "list"
        What they were given as: (n_samples, n_channels), (n_samples, n_steps, n_channels), or a list.
    """

    inputs: Array
    lengths: Array | None
    form: str

    @property
    def steps(self) -> Array:
        """Number of steps of each sequence."""
        n_samples, n_steps, _ = self.inputs.shape
        return np.full(n_samples, n_steps) if self.lengths is None else self.lengths

    @property
    def mask(self) -> Array:
        """True at the steps of each sequence, (n_samples, n_steps)."""
        return valid_steps(self.steps, self.inputs.shape[1])

    def take(self, rows: Array) -> Panel:
        """Return some of the sequences."""
        return Panel(self.inputs[rows], None if self.lengths is None else self.lengths[rows], self.form)

    def split(self, values: Array) -> Any:
        """Return values of every step, (n_samples, n_steps, ...), in the form that X was given in."""
        if self.form != "list":
            return values
        return [each[:n] for each, n in zip(values, self.steps.tolist(), strict=True)]


def read_panel(estimator: Any, X: Any, *, channels_first: bool, reset: bool) -> Panel:
    """Return X as a `Panel`, and note or compare the number and the names of its channels.

    Parameters
    ----------
    estimator : estimator
        ``n_features_in_`` and ``feature_names_in_`` are its attributes.
    X : array or list
        (n_samples, n_channels), one step each; (n_samples, n_steps, n_channels); or a list of (n_steps, n_channels).
    channels_first : bool
        Sequences are (n_channels, n_steps).
    reset : bool
        True at a fit, which notes the channels; False later, where others are an error.

    Raises
    ------
    DataError
        If a sequence is none, has other channels, or holds a number that is not finite.
    """
    if not _is_list(X):
        if getattr(X, "ndim", 2) != 3:
            rows = validate_data(estimator, X, reset=reset, dtype=np.float64, ensure_min_samples=1)
            return Panel(rows[:, np.newaxis, :], None, "rows")
        panel = as_array(X, "X", np.dtype(np.float64))
        panel = panel.transpose(0, 2, 1) if channels_first else panel
        if not all(panel.shape):
            raise DataError(f"X: shape {np.shape(X)}; at least one sample, one step and one channel are needed")
        _check_finite(list(panel))
        _note_channels(estimator, panel.shape[2], None, reset=reset)
        return Panel(panel, None, "panel")
    sequences = [_sequence(i, each, channels_first) for i, each in enumerate(X)]
    n_channels = sequences[0].shape[1]
    others = [i for i, each in enumerate(sequences) if each.shape[1] != n_channels]
    if others:
        sentence = "X: sequence {} has {} channels, sequence 0 has {}"
        raise DataError(
            "; ".join(first_of(others, lambda i: sentence.format(i, sequences[i].shape[1], n_channels), "such"))
        )
    _check_finite(sequences)
    _note_channels(estimator, n_channels, _names(X), reset=reset)
    steps = np.array([len(each) for each in sequences])
    inputs = np.zeros((len(sequences), steps.max(), n_channels))
    for row, each in zip(inputs, sequences, strict=True):
        row[: len(each)] = each
    return Panel(inputs, None if (steps == steps[0]).all() else steps, "list")


def _is_list(X: Any) -> bool:
    """Return whether X is a list of sequences, and not of rows of numbers."""
    is_many = isinstance(X, list | tuple) or (isinstance(X, np.ndarray) and X.dtype == object and X.ndim == 1)
    if not is_many or not len(X):
        return False
    try:
        axes = [np.ndim(each) for each in X]
    except ValueError:  # rows of a sequence that are of unequal length, which `_sequence` names
        return True
    if max(axes) >= 2:
        return True
    if axes != [1] * len(axes):
        return False
    lengths = {len(each) for each in X}
    if len(lengths) > 1:
        raise DataError(
            f"X: sequences of {min(lengths)} to {max(lengths)} numbers without channels; each must be (n_steps, "
            "n_channels): give series of one channel as [x[:, np.newaxis] for x in X]"
        )
    return False


def _sequence(number: int, values: Any, channels_first: bool) -> Array:
    try:
        array = as_array(values, "X", np.dtype(np.float64))
    except DataError as error:
        raise DataError(f"X: sequence {number}: {str(error).removeprefix('X ')}") from None
    if array.ndim != 2:
        raise DataError(f"X: sequence {number} has shape {array.shape}; must be (n_steps, n_channels)")
    array = array.T if channels_first else array
    if not all(array.shape):
        raise DataError(f"X: sequence {number} has {len(array)} steps of {array.shape[1]} channels; needs one of each")
    return array


def _check_finite(sequences: Sequence[Array]) -> None:
    """Raise a DataError that names the places where a number is not finite."""
    bad = [i for i, each in enumerate(sequences) if not np.isfinite(each).all()]
    if not bad:
        return

    def sentence(i: int) -> str:
        step, channel = np.argwhere(~np.isfinite(sequences[i]))[0].tolist()
        value = "NaN" if np.isnan(sequences[i][step, channel]) else "infinity"
        return f"X: sequence {i}, step {step}, channel {channel} is {value}; fill it, or leave the sequence out"

    raise DataError("; ".join(first_of(bad, sentence, "sequences with such")))


def _names(X: Sequence[Any]) -> list[str] | None:
    """Return the names of the columns of frames, or None; raise a DataError where they are not the same in all."""
    if not any(hasattr(each, "columns") for each in X):
        return None
    names = [list(each.columns) if hasattr(each, "columns") else None for each in X]
    others = [i for i, each in enumerate(names) if each != names[0]]
    if others:
        raise DataError(f"X: sequence {others[0]} has the columns {names[others[0]]}, sequence 0 has {names[0]}")
    return names[0] if all(isinstance(name, str) for name in names[0] or ()) else None


def _note_channels(estimator: Any, n_channels: int, names: list[str] | None, *, reset: bool) -> None:
    if reset:
        estimator.n_features_in_ = n_channels
        if names is not None:
            estimator.feature_names_in_ = np.array(names, object)
        elif hasattr(estimator, "feature_names_in_"):
            del estimator.feature_names_in_
        return
    if n_channels != estimator.n_features_in_:
        raise DataError(
            f"X has {n_channels} channel{'s' * (n_channels != 1)}, but {type(estimator).__name__} was fitted with "
            f"{estimator.n_features_in_}"
        )
    known = getattr(estimator, "feature_names_in_", None)
    if names is not None and known is not None and names != known.tolist():
        raise DataError(f"X has the columns {names}; {type(estimator).__name__} was fitted with {known.tolist()}")
