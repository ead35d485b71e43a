"""Compiled kernels: whole scans over time, forward and backward, for some of the samples.

All arrays are flat.  Values and their gradients are (step, row, sample), with ``padded`` samples a row; a kernel works
on the tile of ``len(lanes)`` samples from ``tile`` on, of which at step t the first ``live[t]`` of all still run.
Nobody else touches these samples, so tiles run side by side, and each sum is added up in one order whoever computes it.

The synapses of a row come in *runs*: those with the same delay, and the same delay of their gates, one after another.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from .compiled import compiled
from .formulas import apply, apply_slope, exp
from .vectors import add, get, load, multiply, multiply_add, spread, store, total, zeros

# without arrays of their own they need no counting of references, which costs more than a row
jit = njit(nogil=True, error_model="numpy", boundscheck=False, forceinline=True, _nrt=False)


class Links(NamedTuple):
    """What each row reads: ``first`` (n_rows + 1,) of the runs of a row, ``start`` (n_runs + 1,) of their members.

    A member reads the row ``other``, ``delay`` steps back (or, in the backward pass, ahead), times ``weight``; in a run
    whose ``factor_delay`` is not ``NONE`` also times the row ``factor``, so many steps back from the target's step.
    """

    first: Any
    start: Any
    delay: Any
    factor_delay: Any
    other: Any
    factor: Any


class Rows(NamedTuple):
    """What neurons are, by row, or for ``stage``, ``level`` and ``segment`` (a segment is of one kind) by number.

    ``stage_segment`` (n_stages + 1,) is where the segments of each stage begin, ``segment_row`` (n_segments + 1,) the
    rows of each; ``code``, ``group`` (0: none), ``leaky``, ``has_tau``, ``has_onset`` (n_segments,) its kind;
    ``kept`` (n_rows,) the place of what is kept beside a value, or -1; ``end`` (n_rows,) where the past of a row ends
    in a history, and ``depth`` how long it is; ``onset`` (n_rows,).
    """

    stage_segment: Any
    segment_row: Any
    code: Any
    group: Any
    leaky: Any
    has_tau: Any
    has_onset: Any
    kept: Any
    end: Any
    depth: Any
    onset: Any


class Numbers(NamedTuple):
    """The numbers of rows, (n_rows,): ``rate`` is dt/tau."""

    bias: Any
    rate: Any
    leak: Any
    initial: Any


class Sizes(NamedTuple):
    """How long a step of flat arrays is: rows and samples of values, and rows of what is kept beside them."""

    rows: int
    kept: int
    padded: int


NONE = -(2**62)
"""The delay of a factor that there is not."""


@jit
def _value(values: Any, history: Any, rows: Any, sizes: Any, row: int, step: int, tile: int, lanes: Any) -> Any:
    """The values of a row at a step, which may lie before the first."""
    if step >= 0:
        return load(values, (step * sizes.rows + row) * sizes.padded + tile, lanes)
    return load(history, (rows.end[row] + step) * sizes.padded + tile, lanes)


@jit
def _gather(
    acc: Any, links: Any, weight: Any, values: Any, history: Any, rows: Any, sizes: Any, row: int, step: int, tile: int,
    lanes: Any,
) -> Any:  # fmt: skip
    """Add to a vector what a row reads at a step."""
    for run in range(links.first[row], links.first[row + 1]):
        first, last = links.start[run], links.start[run + 1]
        back = step - links.delay[run]
        if links.factor_delay[run] != NONE:
            other_back = step - links.factor_delay[run]
            for e in range(first, last):
                x = _value(values, history, rows, sizes, get(links.other, e), back, tile, lanes)
                y = _value(values, history, rows, sizes, get(links.factor, e), other_back, tile, lanes)
                acc = multiply_add(get(weight, e), multiply(x, y), acc)
        elif back >= 0:
            base = back * sizes.rows * sizes.padded + tile
            second, e = zeros(values, lanes), first
            while e + 2 <= last:
                acc = multiply_add(get(weight, e), load(values, base + get(links.other, e) * sizes.padded, lanes), acc)
                second = multiply_add(
                    get(weight, e + 1), load(values, base + get(links.other, e + 1) * sizes.padded, lanes), second
                )
                e += 2
            if e < last:
                acc = multiply_add(get(weight, e), load(values, base + get(links.other, e) * sizes.padded, lanes), acc)
            acc = add(acc, second)
        else:
            second, e = zeros(values, lanes), first
            while e + 2 <= last:
                at = (rows.end[get(links.other, e)] + back) * sizes.padded + tile
                acc = multiply_add(get(weight, e), load(history, at, lanes), acc)
                at = (rows.end[get(links.other, e + 1)] + back) * sizes.padded + tile
                second = multiply_add(get(weight, e + 1), load(history, at, lanes), second)
                e += 2
            if e < last:
                at = (rows.end[get(links.other, e)] + back) * sizes.padded + tile
                acc = multiply_add(get(weight, e), load(history, at, lanes), acc)
            acc = add(acc, second)
    return acc


@compiled
def forward(
    links: Any, weight: Any, rows: Any, numbers: Any, sizes: Any, values: Any, kept: Any, history: Any, states: Any,
    live: Any, behind: Any, first_stage: int, last_stage: int, tile: int, lanes: Any,
) -> None:  # fmt: skip
    """Compute some stages, one after another, at all steps.

    ``history`` holds outputs before the first step, ``states`` the same but s of continuous-time neurons; ``behind``
    (n_samples,) how many steps each sample has behind it.
    """
    n_steps = len(live)
    for stage in range(first_stage, last_stage):
        for step in range(n_steps):
            last = min(live[step], tile + len(lanes))
            if last <= tile:
                break
            for segment in range(rows.stage_segment[stage], rows.stage_segment[stage + 1]):
                for row in range(rows.segment_row[segment], rows.segment_row[segment + 1]):
                    z = spread(numbers.bias, row, lanes)
                    z = _gather(z, links, weight, values, history, rows, sizes, row, step, tile, lanes)
                    store(values, (step * sizes.rows + row) * sizes.padded + tile, z)
                _activate(rows, numbers, sizes, values, kept, history, states, behind, segment, step, tile, last)
                for row in range(rows.segment_row[segment], rows.segment_row[segment + 1]):
                    at = (step * sizes.rows + row) * sizes.padded
                    for s in range(last, tile + len(lanes)):
                        values[at + s] = 0


@jit
def _activate(
    rows: Any, numbers: Any, sizes: Any, values: Any, kept: Any, history: Any, states: Any, behind: Any, segment: int,
    step: int, tile: int, last: int,
) -> None:  # fmt: skip
    """Turn z of a segment into y where it stands."""
    first_row, last_row = rows.segment_row[segment], rows.segment_row[segment + 1]
    code, group = rows.code[segment], rows.group[segment]
    for row in range(first_row, last_row):
        at = (step * sizes.rows + row) * sizes.padded
        if rows.has_tau[segment]:
            rate = numbers.rate[row]
            for s in range(tile, last):
                if step:
                    before = kept[((step - 1) * sizes.kept + rows.kept[row]) * sizes.padded + s]
                else:
                    before = states[(rows.end[row] - 1) * sizes.padded + s]
                values[at + s] = before + rate * (values[at + s] - before)
        if rows.kept[row] >= 0 and sizes.kept:
            to = (step * sizes.kept + rows.kept[row]) * sizes.padded
            for s in range(tile, last):
                kept[to + s] = values[at + s]
        if not group:
            apply(code, values, at + tile, at + last)
    if group:
        for first in range(first_row, last_row, group):
            for s in range(tile, last):
                _apply_group(code, rows, sizes, values, behind, first, group, step, s)
    if rows.leaky[segment] or rows.has_onset[segment]:
        for row in range(first_row, last_row):
            at = (step * sizes.rows + row) * sizes.padded
            if rows.leaky[segment]:
                leak = numbers.leak[row]
                for s in range(tile, last):
                    if step:
                        before = values[at - sizes.rows * sizes.padded + s]
                    else:
                        before = history[(rows.end[row] - 1) * sizes.padded + s]
                    values[at + s] = (1 - leak) * before + leak * values[at + s]
            if rows.has_onset[segment]:
                for s in range(tile, last):
                    if behind[s] + step < rows.onset[row]:
                        values[at + s] = numbers.initial[row]


@jit
def _is_active(rows: Any, behind: Any, row: int, step: int, s: int) -> bool:
    return behind[s] + step >= rows.onset[row]


@jit
def _apply_group(
    code: int, rows: Any, sizes: Any, values: Any, behind: Any, first: int, group: int, step: int, s: int
) -> None:
    """Turn z of one group and sample into y, of those past their onset; of the others into 0."""
    zero = values.dtype.type(0)
    at = (step * sizes.rows + first) * sizes.padded + s
    if code == 0:
        largest = -values.dtype.type(np.inf)
        for m in range(group):
            if _is_active(rows, behind, first + m, step, s):
                z = values[at + m * sizes.padded]
                if z > largest or z != z:
                    largest = z
        if largest == -np.inf:
            largest = zero
        sum_ = zero
        for m in range(group):
            i = at + m * sizes.padded
            values[i] = exp(values[i] - largest) if _is_active(rows, behind, first + m, step, s) else zero
            sum_ += values[i]
        if sum_ == zero:
            sum_ = zero + 1
        for m in range(group):
            values[at + m * sizes.padded] /= sum_
        return
    mean, scale, _ = _spread(rows, sizes, values, at, behind, first, group, step, s)
    for m in range(group):
        i = at + m * sizes.padded
        values[i] = (values[i] - mean) * scale if _is_active(rows, behind, first + m, step, s) else zero


@jit
def _spread(rows: Any, sizes: Any, values: Any, at: int, behind: Any, first: int, group: int, step: int, s: int) -> Any:
    """Mean and 1 / standard deviation of the active members of a group, and 1 / how many these are."""
    zero = values.dtype.type(0)
    count, mean, variance = 0, zero, zero
    for m in range(group):
        if _is_active(rows, behind, first + m, step, s):
            count += 1
            mean += values[at + m * sizes.padded]
    share = zero + 1 / max(count, 1)
    share = values.dtype.type(share)
    mean = mean * share
    for m in range(group):
        if _is_active(rows, behind, first + m, step, s):
            deviation = values[at + m * sizes.padded] - mean
            variance += deviation * deviation
    floor = values.dtype.type(1e-5)
    scale = values.dtype.type(1) / np.sqrt(variance * share + floor)
    return mean, scale, share


@compiled
def backward(
    ahead: Any, ahead_weight: Any, push: Any, push_weight: Any, rows: Any, numbers: Any, sizes: Any, values: Any,
    kept: Any, history: Any, states: Any, gradient: Any, grad_history: Any, grad_states: Any, grad_final: Any,
    carried: Any, grad_initial: Any, grad_rate: Any, lengths: Any, live: Any, behind: Any,
    first_stage: int, last_stage: int, tile: int, lanes: Any,
) -> None:  # fmt: skip
    """Turn the gradient of y into that of z where it stands, in some stages, the last first; see `forward`.

    ``gradient`` begins as what losses and the final history give.  A row pulls, by ``ahead``, from what has read it in
    later steps; what it reads in stages that live in the other direction of time gets its part pushed.
    ``carried`` (n_rows, padded) begins as 0.  ``grad_initial`` and ``grad_rate`` (n_rows,) are added to.
    """
    for stage in range(last_stage - 1, first_stage - 1, -1):
        for step in range(len(live) - 1, -1, -1):
            last = min(live[step], tile + len(lanes))
            if last <= tile:
                continue
            for segment in range(rows.stage_segment[stage + 1] - 1, rows.stage_segment[stage] - 1, -1):
                for row in range(rows.segment_row[segment], rows.segment_row[segment + 1]):
                    at = (step * sizes.rows + row) * sizes.padded + tile
                    grad = load(gradient, at, lanes)
                    grad = _pull(grad, ahead, ahead_weight, values, history, rows, sizes, gradient, len(live), row,
                                 step, tile, lanes)  # fmt: skip
                    store(gradient, at, grad)
                    if last < tile + len(lanes):
                        for s in range(last, tile + len(lanes)):
                            gradient[at - tile + s] = 0
                _differentiate(rows, numbers, sizes, values, kept, states, gradient, grad_history,
                               grad_states, grad_final, carried, grad_initial, grad_rate, lengths, behind, segment,
                               step, tile, last)  # fmt: skip
                for row in range(rows.segment_row[segment], rows.segment_row[segment + 1]):
                    _push(push, push_weight, values, history, rows, sizes, gradient, grad_history, row, step, tile,
                          lanes)  # fmt: skip
        if rows.stage_segment[stage] < rows.stage_segment[stage + 1]:
            pull_history(ahead, ahead_weight, values, history, rows, sizes, gradient, grad_history, len(live),
                         rows.segment_row[rows.stage_segment[stage]],
                         rows.segment_row[rows.stage_segment[stage + 1]], tile, lanes)  # fmt: skip


@jit
def _pull(
    acc: Any, ahead: Any, weight: Any, values: Any, history: Any, rows: Any, sizes: Any, gradient: Any, n_steps: int,
    row: int, step: int, tile: int, lanes: Any,
) -> Any:  # fmt: skip
    """Add to a vector the gradient that a row's value at a step gets from the z that have read it."""
    for run in range(ahead.first[row], ahead.first[row + 1]):
        at = step + ahead.delay[run]
        if at < 0 or at >= n_steps:
            continue
        base = at * sizes.rows * sizes.padded + tile
        first, last = ahead.start[run], ahead.start[run + 1]
        if ahead.factor_delay[run] != NONE:
            back = at - ahead.factor_delay[run]
            for e in range(first, last):
                grad = load(gradient, base + get(ahead.other, e) * sizes.padded, lanes)
                factor = _value(values, history, rows, sizes, get(ahead.factor, e), back, tile, lanes)
                acc = multiply_add(get(weight, e), multiply(grad, factor), acc)
        else:
            second, e = zeros(gradient, lanes), first
            while e + 2 <= last:
                acc = multiply_add(
                    get(weight, e), load(gradient, base + get(ahead.other, e) * sizes.padded, lanes), acc
                )
                second = multiply_add(
                    get(weight, e + 1), load(gradient, base + get(ahead.other, e + 1) * sizes.padded, lanes), second
                )
                e += 2
            if e < last:
                acc = multiply_add(
                    get(weight, e), load(gradient, base + get(ahead.other, e) * sizes.padded, lanes), acc
                )
            acc = add(acc, second)
    return acc


@compiled
def pull_history(
    ahead: Any, weight: Any, values: Any, history: Any, rows: Any, sizes: Any, gradient: Any, grad_history: Any,
    n_steps: int, first_row: int, last_row: int, tile: int, lanes: Any,
) -> None:  # fmt: skip
    """Add to the gradient of the history of some rows."""
    for row in range(first_row, last_row):
        for lag in range(1, rows.depth[row] + 1):
            at = (rows.end[row] - lag) * sizes.padded + tile
            grad = load(grad_history, at, lanes)
            grad = _pull(grad, ahead, weight, values, history, rows, sizes, gradient, n_steps, row, -lag, tile, lanes)
            store(grad_history, at, grad)


@compiled
def pull_inputs(
    ahead: Any, weight: Any, values: Any, history: Any, rows: Any, sizes: Any, gradient: Any, live: Any, n_inputs: int,
    tile: int, lanes: Any,
) -> None:  # fmt: skip
    """Add to the gradient of the inputs, at all steps."""
    for step in range(len(live)):
        last = min(live[step], tile + len(lanes))
        if last <= tile:
            break
        for row in range(n_inputs):
            at = (step * sizes.rows + row) * sizes.padded + tile
            grad = load(gradient, at, lanes)
            grad = _pull(grad, ahead, weight, values, history, rows, sizes, gradient, len(live), row, step, tile, lanes)
            store(gradient, at, grad)
            for s in range(last, tile + len(lanes)):
                gradient[at - tile + s] = 0


@jit
def _push(
    push: Any, weight: Any, values: Any, history: Any, rows: Any, sizes: Any, gradient: Any, grad_history: Any,
    row: int, step: int, tile: int, lanes: Any,
) -> None:  # fmt: skip
    """Add to the gradient of what a row has read, from that of its z."""
    for run in range(push.first[row], push.first[row + 1]):
        grad = load(gradient, (step * sizes.rows + row) * sizes.padded + tile, lanes)
        back = step - push.delay[run]
        for e in range(push.start[run], push.start[run + 1]):
            part = grad
            if push.factor_delay[run] != NONE:
                at = step - push.factor_delay[run]
                part = multiply(grad, _value(values, history, rows, sizes, get(push.factor, e), at, tile, lanes))
            if back >= 0:
                at = (back * sizes.rows + get(push.other, e)) * sizes.padded + tile
                store(gradient, at, multiply_add(get(weight, e), part, load(gradient, at, lanes)))
            else:
                at = (rows.end[get(push.other, e)] + back) * sizes.padded + tile
                store(grad_history, at, multiply_add(get(weight, e), part, load(grad_history, at, lanes)))


@jit
def _differentiate(
    rows: Any, numbers: Any, sizes: Any, values: Any, kept: Any, states: Any, gradient: Any,
    grad_history: Any, grad_states: Any, grad_final: Any,
    carried: Any, grad_initial: Any, grad_rate: Any,
    lengths: Any, behind: Any, segment: int, step: int, tile: int, last: int,
) -> None:  # fmt: skip
    """Turn the gradient of y of a segment into that of z where it stands."""
    first_row, last_row = rows.segment_row[segment], rows.segment_row[segment + 1]
    code, group = rows.code[segment], rows.group[segment]
    padded = sizes.padded
    for row in range(first_row, last_row):
        at = (step * sizes.rows + row) * padded
        if rows.leaky[segment]:
            for s in range(tile, last):
                gradient[at + s] += carried[row * padded + s]
        if rows.has_onset[segment]:
            for s in range(tile, last):
                if not _is_active(rows, behind, row, step, s):
                    grad_initial[row] += gradient[at + s]
                    gradient[at + s] = 0
        if rows.leaky[segment]:
            leak = numbers.leak[row]
            for s in range(tile, last):
                through = (1 - leak) * gradient[at + s]
                if step:
                    carried[row * padded + s] = through
                else:
                    grad_history[(rows.end[row] - 1) * padded + s] += through
                gradient[at + s] *= leak
        if not group:
            place = rows.kept[row]
            if place >= 0:
                back = (step * sizes.kept + place) * padded + tile
                apply_slope(code, gradient, at + tile, kept, back, last - tile, True)
            else:
                apply_slope(code, gradient, at + tile, values, at + tile, last - tile, False)
    if group:
        for first in range(first_row, last_row, group):
            for s in range(tile, last):
                _pull_back_group(code, rows, sizes, values, kept, gradient, behind, first, group, step, s)
    if rows.has_tau[segment]:
        for row in range(first_row, last_row):
            rate = numbers.rate[row]
            for s in range(tile, last):
                i = (step * sizes.rows + row) * padded + s
                lag = lengths[s] - step
                grad = gradient[i] + carried[row * padded + s]
                if lag <= rows.depth[row]:
                    grad += grad_final[(rows.end[row] - lag) * padded + s]
                now = kept[(step * sizes.kept + rows.kept[row]) * padded + s]
                if step:
                    before = kept[((step - 1) * sizes.kept + rows.kept[row]) * padded + s]
                else:
                    before = states[(rows.end[row] - 1) * padded + s]
                grad_rate[row] += grad * (now - before) / rate
                carried[row * padded + s] = (1 - rate) * grad
                if step == 0:
                    grad_states[(rows.end[row] - 1) * padded + s] += (1 - rate) * grad
                gradient[i] = rate * grad


@jit
def _pull_back_group(
    code: int, rows: Any, sizes: Any, values: Any, kept: Any, gradient: Any, behind: Any, first: int, group: int,
    step: int, s: int,
) -> None:  # fmt: skip
    """Turn the gradient of y of one group and sample into that of z."""
    zero = values.dtype.type(0)
    padded = sizes.padded
    at = (step * sizes.rows + first) * padded + s
    place = rows.kept[first]
    if code == 0 and place < 0:
        along = zero
        for m in range(group):
            along += gradient[at + m * padded] * values[at + m * padded]
        for m in range(group):
            gradient[at + m * padded] = values[at + m * padded] * (gradient[at + m * padded] - along)
        return
    back = (step * sizes.kept + place) * padded + s
    if code == 0:
        largest = -values.dtype.type(np.inf)
        for m in range(group):
            z = kept[back + m * padded]
            if _is_active(rows, behind, first + m, step, s) and (z > largest or z != z):
                largest = z
        if largest == -np.inf:
            largest = zero
        sum_, along = zero, zero
        for m in range(group):
            if _is_active(rows, behind, first + m, step, s):
                e = exp(kept[back + m * padded] - largest)
                sum_ += e
                along += gradient[at + m * padded] * e
        if sum_ == zero:
            sum_ = zero + 1
        for m in range(group):
            i = at + m * padded
            active = _is_active(rows, behind, first + m, step, s)
            y = exp(kept[back + m * padded] - largest) / sum_ if active else zero
            gradient[i] = y * (gradient[i] - along / sum_)
        return
    mean, scale, share = _spread(rows, sizes, kept, back, behind, first, group, step, s)
    middle, along = zero, zero
    for m in range(group):
        middle += gradient[at + m * padded]
        if _is_active(rows, behind, first + m, step, s):
            along += gradient[at + m * padded] * ((kept[back + m * padded] - mean) * scale)
    middle, along = middle * share, along * share
    for m in range(group):
        i = at + m * padded
        if _is_active(rows, behind, first + m, step, s):
            y = (kept[back + m * padded] - mean) * scale
            gradient[i] = scale * (gradient[i] - middle - y * along)
        else:
            gradient[i] = zero


@compiled
def weight_gradient(
    links: Any, rows: Any, sizes: Any, values: Any, history: Any, gradient: Any, live: Any, first_row: int,
    last_row: int, tile: int, grad_weight: Any, grad_bias: Any, lanes: Any,
) -> None:  # fmt: skip
    """Add to the gradient of each synapse, and bias, of some rows: that of z times what was read."""
    n_steps = 0
    while n_steps < len(live) and live[n_steps] > tile:
        n_steps += 1
    stride = sizes.rows * sizes.padded
    for row in range(first_row, last_row):
        bias = zeros(values, lanes)
        for step in range(n_steps):
            bias = add(bias, load(gradient, step * stride + row * sizes.padded + tile, lanes))
        grad_bias[row] += total(bias)
    for begin in range(0, n_steps, 4):
        end = min(begin + 4, n_steps)
        for row in range(first_row, last_row):
            for run in range(links.first[row], links.first[row + 1]):
                delay, factor_delay = links.delay[run], links.factor_delay[run]
                first, last = links.start[run], links.start[run + 1]
                at = begin * stride + row * sizes.padded + tile
                if factor_delay == NONE and begin >= delay and end == begin + 4:
                    g0, g1 = load(gradient, at, lanes), load(gradient, at + stride, lanes)
                    g2, g3 = load(gradient, at + 2 * stride, lanes), load(gradient, at + 3 * stride, lanes)
                    base = (begin - delay) * stride + tile
                    for e in range(first, last):
                        i = base + get(links.other, e) * sizes.padded
                        found = multiply(g0, load(values, i, lanes))
                        found = multiply_add(g1, load(values, i + stride, lanes), found)
                        found = multiply_add(g2, load(values, i + 2 * stride, lanes), found)
                        found = multiply_add(g3, load(values, i + 3 * stride, lanes), found)
                        grad_weight[e] += total(found)
                else:
                    for e in range(first, last):
                        found = zeros(values, lanes)
                        for step in range(begin, end):
                            x = _value(values, history, rows, sizes, get(links.other, e), step - delay, tile, lanes)
                            if factor_delay != NONE:
                                at = step - factor_delay
                                y = _value(values, history, rows, sizes, get(links.factor, e), at, tile, lanes)
                                x = multiply(x, y)
                            grad = load(gradient, step * stride + row * sizes.padded + tile, lanes)
                            found = multiply_add(grad, x, found)
                        grad_weight[e] += total(found)
