"""The samples and steps that a page shows: all of a small data set, and a part of a larger one, which notes say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import DataError, quoted
from ..language.arrays import Array
from ..language.brief import one_line
from ..language.checks import read_inputs, whole_number
from ..network.network import Network
from .names import text_of

BYTES_CHOSEN = 500_000
"""Bytes of activity up to which the first samples are shown, if nobody chooses them: the page stays below 1 MB."""
MOST_BYTES = 20_000_000
"""Largest number of bytes of activity, a byte for each node, step and sample."""
MOST_CHOSEN = 100
"""Largest number of samples that are shown if nobody chooses them."""


@dataclass(frozen=True, eq=False)
class Samples:
    """Sequences that a page shows.

    Attributes
    ----------
    inputs : (n_samples, n_steps, n_inputs)
        Cut to the steps that are shown.
    lengths : (n_samples,) int64
        Valid steps of each, of those that are shown.
    ends : (n_samples,) int64
        Valid steps of each before the cut.
    rows : (n_samples,) int64
        Their positions in the data.
    labels : list of str
    n_samples, n_steps : int
        Number of samples and of steps of the data.
    """

    inputs: Array
    lengths: Array
    ends: Array
    rows: Array
    labels: list[str]
    n_samples: int
    n_steps: int

    __repr__ = one_line


def choose_samples(net: Network, inputs: Any, lengths: Any, samples: Any, notes: list[str]) -> Samples:
    """Return the samples to show; ``notes`` gets what is left out.

    Raises
    ------
    DataError
        If the inputs do not fit the network, or ``samples`` are not samples of them.
    """
    array, ends, _ = read_inputs(inputs, lengths, net.n_inputs, net.dtype)
    n_samples = len(array)
    rows, labels = _chosen(samples, n_samples)
    if samples is None:
        n_steps = int(ends[: len(rows)].max())
        most = max(1, min(MOST_CHOSEN, BYTES_CHOSEN // (net.n_nodes * n_steps)))
        rows, labels = rows[:most], labels[:most]
    else:
        most = max(1, MOST_BYTES // (net.n_nodes * int(ends[rows].max())))
        if len(rows) > most:
            notes.append(
                f"{most:,} of the {len(rows):,} samples that were asked for: activity takes {MOST_BYTES // 10**6} MB "
                "at most"
            )
            rows, labels = rows[:most], labels[:most]
    if samples is None and len(rows) < n_samples:
        notes.append(f"activity of the first {len(rows):,} of {n_samples:,} samples")
    ends = ends[rows]
    n_steps = int(ends.max())
    shown = max(1, min(n_steps, MOST_BYTES // net.n_nodes))
    if shown < n_steps:
        notes.append(f"activity of the first {shown:,} of {n_steps:,} steps")
    return Samples(array[rows, :shown], np.minimum(ends, shown), ends, rows, labels, n_samples, array.shape[1])


def _chosen(samples: Any, n_samples: int) -> tuple[Array, list[str]]:
    """Return positions of samples, and their labels."""
    if samples is None:
        rows: Sequence[int] = range(n_samples)
    elif isinstance(samples, Mapping):
        rows = [_position(each, n_samples) for each in samples.values()]
    elif isinstance(samples, Iterable) and not isinstance(samples, str | bytes):
        rows = [_position(each, n_samples) for each in samples]
    else:
        number = whole_number(samples, "samples", 1)
        if number > n_samples:
            raise DataError(f"samples={number}: the inputs have {n_samples}")
        rows = range(number)
    if not len(rows):
        raise DataError("samples: none; give their number, their positions, or {label: position}")
    named = samples if isinstance(samples, Mapping) else None
    labels = [f"sample {row}" for row in rows] if named is None else [text_of(label) for label in named]
    return np.array(rows, np.int64), labels


def _position(sample: Any, n_samples: int) -> int:
    position = whole_number(sample, "samples", 0)
    if position >= n_samples:
        raise DataError(f"samples: {quoted(sample)} is no sample of the inputs, which are 0 to {n_samples - 1}")
    return position
