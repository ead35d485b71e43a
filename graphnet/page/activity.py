"""Activity of all nodes as bytes, each node in its own range."""

from __future__ import annotations

import numpy as np

from ..execute.contract import State
from ..language.arrays import Array
from ..network.network import Network
from .samples import Samples

LEVELS = 254
"""Largest code of a value; the range of a node is cut into so many parts."""
NOTHING = 255
"""Code where there is no value: past the end of a sequence, and where it is not finite."""
AT_ONCE = 8_000_000
"""Number of values that are computed at once."""


def record_activity(net: Network, samples: Samples, state: State | None) -> Array:
    """Return the values of all nodes, inputs too, (n_samples, n_steps, n_nodes) float32; nan past the end."""
    nodes = list(net.to_table().nodes)
    n_samples, n_steps, _ = samples.inputs.shape
    values = np.full((n_samples, n_steps, len(nodes)), np.nan, np.float32)
    size = max(1, AT_ONCE // max(1, n_steps * len(nodes)))
    for start in range(0, n_samples, size):
        part = slice(start, start + size)
        lengths = samples.lengths[part]
        begun = None if state is None else state.take(samples.rows[part])
        with np.errstate(over="ignore", invalid="ignore"):
            run = net.run(samples.inputs[part], lengths=lengths, state=begun, record=nodes)
            for i, node in enumerate(nodes):
                values[part, :, i] = run.recorded[node]
    values[np.arange(n_steps) >= samples.lengths[:, np.newaxis]] = np.nan
    return values


def quantised(values: Array) -> tuple[Array, Array, Array]:
    """Return codes of values, uint8, and the values of the codes 0 and 254 of each node, (n_nodes,) float32.

    A code q is the value low + q * ((high - low) / 254), off by a 506th of the node's range at most; 255 is no value.
    Where values are on both sides of 0, 0 is exact, unless they are close to the largest that a float32 can be.

    >>> code, low, high = quantised(np.array([[[0.0], [1.0], [2.0], [np.nan]]], np.float32))
    >>> code.ravel().tolist(), low.tolist(), high.tolist()
    ([0, 127, 254, 255], [0.0], [2.0])
    """
    n_nodes = values.shape[2]
    codes = np.empty(values.shape, np.uint8)
    low, high = np.full(n_nodes, np.inf, np.float32), np.full(n_nodes, -np.inf, np.float32)
    for each in values:  # one sample at a time, so that little more memory is taken
        finite = np.isfinite(each)
        np.minimum(low, np.where(finite, each, np.inf).min(axis=0), out=low)
        np.maximum(high, np.where(finite, each, -np.inf).max(axis=0), out=high)
    nowhere = low > high
    low[nowhere] = high[nowhere] = 0
    step = (high.astype(np.float64) - low) / (LEVELS - 1)
    is_small = np.maximum(-low, high) < np.finfo(np.float32).max / 2  # so that a wider range is no overflow
    has_zero = (low < 0) & (high > 0) & (step > np.finfo(np.float32).tiny) & is_small
    # steps of 15 bits, whose multiples a float32 holds
    mantissa, exponent = np.frexp(step[has_zero])
    step = np.ldexp(np.ceil(np.ldexp(mantissa, 15)), exponent - 15)
    below = np.ceil(-low[has_zero] / step)
    low[has_zero], high[has_zero] = -below * step, (LEVELS - below) * step
    width = high.astype(np.float64) - low
    scale = LEVELS / np.where(width > 0, width, 1)
    for each, code in zip(values, codes, strict=True):
        finite = np.isfinite(each)
        level = np.rint((np.where(finite, each, low) - low.astype(np.float64)) * scale)
        code[:] = np.where(finite, np.clip(level, 0, LEVELS), NOTHING)
    return codes, low, high
