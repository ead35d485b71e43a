"""Softmax and standardize in compiled kernels, of one group and one lane at a time, forward and backward.

``at`` is the position of the first member at a step, in values or gradients; the next is one vector further.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ....language.activations import VARIANCE_FLOOR
from .cache import helper, part
from .formulas import GROUP_CODES, exp

FLOOR = float(VARIANCE_FLOOR)
SOFTMAX = GROUP_CODES.index("softmax")
"""Code of softmax; the other one is standardize."""


@helper
def is_active(rows: Any, trace: Any, row: int, step: int, lane: int) -> bool:
    """Return True if a row is past its onset."""
    return trace.behind[lane] + step >= rows.onset[row]


@part
def apply_group(
    code: int, rows: Any, trace: Any, values: Any, first: int, group: int, step: int, at: int, lane: int, width: int
) -> None:
    """Turn z of members past their onset into y in place, and that of others into 0."""
    zero = values.dtype.type(0)
    if code == SOFTMAX:
        largest = _largest(rows, trace, values, first, group, step, at, lane, width)
        sum_ = zero
        for m in range(group):
            i = at + m * width + lane
            values[i] = exp(values[i] - largest) if is_active(rows, trace, first + m, step, lane) else zero
            sum_ += values[i]
        if sum_ == zero:
            sum_ = zero + 1
        for m in range(group):
            values[at + m * width + lane] /= sum_
        return
    mean, scale, _ = _spread(rows, trace, values, first, group, step, at, lane, width)
    for m in range(group):
        i = at + m * width + lane
        values[i] = (values[i] - mean) * scale if is_active(rows, trace, first + m, step, lane) else zero


@helper
def _largest(
    rows: Any, trace: Any, z: Any, first: int, group: int, step: int, at: int, lane: int, width: int
) -> Any:  # fmt: skip
    """Return the largest z of the active members, 0 if none is active; NaN counts as the largest."""
    found = -z.dtype.type(np.inf)
    for m in range(group):
        each = z[at + m * width + lane]
        if is_active(rows, trace, first + m, step, lane) and (each > found or each != each):
            found = each
    return z.dtype.type(0) if found == -np.inf else found


@helper
def _spread(
    rows: Any, trace: Any, z: Any, first: int, group: int, step: int, at: int, lane: int, width: int
) -> Any:  # fmt: skip
    """Return mean and 1 / standard deviation of the active members, and 1 / their number."""
    zero = z.dtype.type(0)
    count, mean, variance = 0, zero, zero
    for m in range(group):
        if is_active(rows, trace, first + m, step, lane):
            count += 1
            mean += z[at + m * width + lane]
    share = z.dtype.type(zero + 1 / max(count, 1))
    mean = mean * share
    for m in range(group):
        if is_active(rows, trace, first + m, step, lane):
            deviation = z[at + m * width + lane] - mean
            variance += deviation * deviation
    return mean, z.dtype.type(1 / np.sqrt(variance * share + z.dtype.type(FLOOR))), share


@part
def pull_back_group(
    code: int, rows: Any, trace: Any, gradient: Any, first: int, group: int, step: int, at: int, lane: int, width: int
) -> None:
    """Turn the gradient of y into that of z."""
    zero = gradient.dtype.type(0)
    place = rows.kept[first]
    if code == SOFTMAX and place < 0:
        along = zero
        for m in range(group):
            i = at + m * width + lane
            along += gradient[i] * trace.values[i]
        for m in range(group):
            i = at + m * width + lane
            gradient[i] = trace.values[i] * (gradient[i] - along)
        return
    z, back = trace.kept, step * trace.kept_stride + place * width
    if code == SOFTMAX:
        largest = _largest(rows, trace, z, first, group, step, back, lane, width)
        sum_, along = zero, zero
        for m in range(group):
            if is_active(rows, trace, first + m, step, lane):
                e = exp(z[back + m * width + lane] - largest)
                sum_ += e
                along += gradient[at + m * width + lane] * e
        if sum_ == zero:
            sum_ = zero + 1
        for m in range(group):
            i = at + m * width + lane
            active = is_active(rows, trace, first + m, step, lane)
            y = exp(z[back + m * width + lane] - largest) / sum_ if active else zero
            gradient[i] = y * (gradient[i] - along / sum_)
        return
    mean, scale, share = _spread(rows, trace, z, first, group, step, back, lane, width)
    middle, along = zero, zero
    for m in range(group):
        grad = gradient[at + m * width + lane]
        middle += grad
        if is_active(rows, trace, first + m, step, lane):
            along += grad * ((z[back + m * width + lane] - mean) * scale)
    middle, along = middle * share, along * share
    for m in range(group):
        i = at + m * width + lane
        if is_active(rows, trace, first + m, step, lane):
            y = (z[back + m * width + lane] - mean) * scale
            gradient[i] = scale * (gradient[i] - middle - y * along)
        else:
            gradient[i] = zero
