"""Parts of data."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graphnet import io


def first_of(data: io.Data, n_samples: int | None, n_steps: int | None, *, at_last: bool = False) -> io.Data:
    """Return the first samples, and of each the first steps; all where None.

    ``at_last`` says that the targets are one a sample, and have no steps.
    """
    import numpy as np

    from graphnet import io

    x, y, lengths, weights = data.x[:n_samples, :n_steps], data.y, data.lengths, data.weights
    if y is not None:
        y = y[:n_samples] if at_last or y.ndim == 1 else y[:n_samples, :n_steps]
    if weights is not None:
        weights = weights[:n_samples] if weights.ndim == 1 else weights[:n_samples, :n_steps]
    return io.Data(x, y, None if lengths is None else np.minimum(lengths[:n_samples], x.shape[1]), weights)
