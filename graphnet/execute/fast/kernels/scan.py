"""Compiled kernels: whole scans over time, forward and backward, of one tile of samples; see ``tables``.

Tiles are independent, so threads run them side by side, and the order of every sum does not depend on the threads.  If
there are too few tiles, threads share the rows of a step, each of which is summed by one thread.
"""

from __future__ import annotations

from typing import Any

from ..tables import NONE
from .cache import compiled, helper, part
from .dense import add_block_gradients, pull_bundle, pull_bundle_past, read_bundle, value_at
from .formulas import apply, apply_slope
from .groups import apply_group, is_active, pull_back_group
from .vectors import add, add_products, add_totals, get, load, multiply, multiply_add, put, spread, store, total, zeros


@compiled
def forward(
    links: Any, early: Any, late: Any, weights: Any, rows: Any, numbers: Any, trace: Any, final: Any, first_stage: int,
    last_stage: int, lanes: Any,
) -> None:  # fmt: skip
    """Compute some stages, one after another, at all steps, and the history after them."""
    for stage in range(first_stage, last_stage):
        first_segment, last_segment = rows.stage_segment[stage], rows.stage_segment[stage + 1]
        for segment in range(first_segment, last_segment):
            if rows.begun[segment]:
                for step in range(trace.n_steps):
                    for row in range(rows.segment_row[segment], rows.segment_row[segment + 1]):
                        store(trace.values, step * trace.stride + row * len(lanes), spread(numbers.bias, row, lanes))
        # earlier stages are done: with all steps at once the weights of a bundle stay in the nearest cache
        for bundle in range(early.first[stage], early.first[stage + 1]):
            for step in range(trace.n_steps):
                read_bundle(early, weights.early, bundle, trace, rows, step, lanes)
        for step in range(trace.n_steps):
            for segment in range(first_segment, last_segment):
                for bundle in range(late.first[segment], late.first[segment + 1]):
                    read_bundle(late, weights.late, bundle, trace, rows, step, lanes)
                _advance(links, weights.links, rows, numbers, trace, segment, step, rows.segment_row[segment],
                         rows.segment_row[segment + 1], lanes)  # fmt: skip
    _look_back(rows, trace, final, len(lanes))


@helper
def _look_back(rows: Any, trace: Any, final: Any, width: int) -> None:
    """Set the history at the end of each lane, (n_history, width); of continuous-time neurons that of s."""
    for place in range(len(rows.past_row)):
        row, lag = rows.past_row[place], rows.past_lag[place]
        for lane in range(width):
            step = trace.lengths[lane] - lag
            before = (rows.end[row] + step) * width + lane
            if rows.past_has_tau[place]:
                found = trace.states[before] if step < 0 else (
                    trace.kept[step * trace.kept_stride + rows.kept[row] * width + lane])  # fmt: skip
            else:
                found = trace.history[before] if step < 0 else (
                    trace.values[step * trace.stride + row * width + lane])  # fmt: skip
            final[place * width + lane] = found


@compiled
def forward_rows(
    links: Any, weights: Any, rows: Any, numbers: Any, trace: Any, segment: int, step: int, first: int, last: int,
    lanes: Any,
) -> None:  # fmt: skip
    """Compute some rows of a segment without bundles at one step."""
    _advance(links, weights.links, rows, numbers, trace, segment, step, first, last, lanes)


@helper
def _advance(
    links: Any, weight: Any, rows: Any, numbers: Any, trace: Any, segment: int, step: int, first: int, last: int,
    lanes: Any,
) -> None:  # fmt: skip
    """Compute values of some rows of a segment at a step."""
    begun = rows.begun[segment]
    for row in range(first, last):
        at = step * trace.stride + row * len(lanes)
        if not begun:
            z = spread(numbers.bias, row, lanes)
            store(trace.values, at, _gather(z, links, weight, rows, trace, row, step, lanes))
        elif links.first[row] < links.first[row + 1]:
            z = load(trace.values, at, lanes)
            store(trace.values, at, _gather(z, links, weight, rows, trace, row, step, lanes))
    _activate(rows, numbers, trace, segment, step, first, last, len(lanes))


@helper
def _gather(acc: Any, links: Any, weight: Any, rows: Any, trace: Any, row: int, step: int, lanes: Any) -> Any:
    """Add to a vector the values that a row reads at a step, times their weights."""
    for run in range(links.first[row], links.first[row + 1]):
        first, last = links.start[run], links.start[run + 1]
        back = step - links.delay[run]
        if links.factor_delay[run] != NONE:
            other_back = step - links.factor_delay[run]
            for e in range(first, last):
                x = value_at(trace, rows, get(links.other, e), back, lanes)
                y = value_at(trace, rows, get(links.factor, e), other_back, lanes)
                acc = multiply_add(get(weight, e), multiply(x, y), acc)
        elif back >= 0:
            acc = _sum(acc, links, weight, rows, trace.values, back * trace.stride, False, first, last, lanes)
        else:
            acc = _sum(acc, links, weight, rows, trace.history, back * len(lanes), True, first, last, lanes)
    return acc


@helper
def _sum(
    acc: Any, links: Any, weight: Any, rows: Any, values: Any, base: int, past: bool, first: int, last: int, lanes: Any
) -> Any:
    """Add to a vector weighted rows of values, or of the ``past`` of rows.

    Four sums run in parallel, since each addition waits for the one before.  The order is the same for values and past,
    so that no number depends on where a sequence is cut.
    """
    second, third, fourth = zeros(values, lanes), zeros(values, lanes), zeros(values, lanes)
    e = first
    while e + 4 <= last:
        acc = multiply_add(get(weight, e), _read(links, rows, values, base, past, e, lanes), acc)
        second = multiply_add(get(weight, e + 1), _read(links, rows, values, base, past, e + 1, lanes), second)
        third = multiply_add(get(weight, e + 2), _read(links, rows, values, base, past, e + 2, lanes), third)
        fourth = multiply_add(get(weight, e + 3), _read(links, rows, values, base, past, e + 3, lanes), fourth)
        e += 4
    while e < last:
        acc = multiply_add(get(weight, e), _read(links, rows, values, base, past, e, lanes), acc)
        e += 1
    return add(add(acc, second), add(third, fourth))


@helper
def _read(links: Any, rows: Any, values: Any, base: int, past: bool, e: int, lanes: Any) -> Any:
    row = get(links.other, e)
    return load(values, base + (get(rows.end, row) if past else row) * len(lanes), lanes)


@part
def _activate(
    rows: Any, numbers: Any, trace: Any, segment: int, step: int, first: int, last: int, width: int
) -> None:  # fmt: skip
    """Turn z of some rows of a segment into y in place."""
    values, n_live = trace.values, trace.live[step]
    code, group = rows.code[segment], rows.group[segment]
    at, count = step * trace.stride + first * width, (last - first) * width
    place = rows.kept[first]
    if place >= 0:
        to = step * trace.kept_stride + place * width
        if rows.has_tau[segment]:
            for row in range(first, last):
                rate = numbers.rate[row]
                for lane in range(width):
                    i = (row - first) * width + lane
                    before = _inner_before(rows, trace, row, to + i, step, lane, width)
                    values[at + i] = before + rate * (values[at + i] - before)
        for i in range(count):
            put(trace.kept, to + i, get(values, at + i))
    if group:
        for member in range(first, last, group):
            for lane in range(n_live):
                apply_group(code, rows, trace, values, member, group, step, at + (member - first) * width, lane, width)
    else:
        apply(code, values, at, at + count)
    if rows.leaky[segment]:
        for row in range(first, last):
            leak = numbers.leak[row]
            for lane in range(width):
                i = at + (row - first) * width + lane
                before = _value_before(rows, trace, row, i, step, lane, width)
                values[i] = (1 - leak) * before + leak * values[i]
    if rows.has_onset[segment]:
        for row in range(first, last):
            for lane in range(n_live):
                if not is_active(rows, trace, row, step, lane):
                    values[at + (row - first) * width + lane] = numbers.initial[row]
    _clear_ended(values, at, count, n_live, width)


@helper
def _inner_before(rows: Any, trace: Any, row: int, at: int, step: int, lane: int, width: int) -> Any:
    """Return s of a continuous-time neuron one step before the step whose s is at a position of ``kept``."""
    if step:
        return trace.kept[at - trace.kept_stride]
    return trace.states[(rows.end[row] - 1) * width + lane]


@helper
def _value_before(rows: Any, trace: Any, row: int, at: int, step: int, lane: int, width: int) -> Any:
    """Return the value of a neuron one step before the step whose value is at a position of ``values``."""
    if step:
        return trace.values[at - trace.stride]
    return trace.history[(rows.end[row] - 1) * width + lane]


@helper
def _clear_ended(values: Any, at: int, count: int, n_live: int, width: int) -> None:
    """Put 0 into the lanes whose sequences have ended."""
    if n_live < width:
        for row in range(0, count, width):
            for lane in range(n_live, width):
                values[at + row + lane] = 0


@compiled
def backward(
    ahead: Any, bundles: Any, push: Any, products: Any, weights: Any, rows: Any, numbers: Any, trace: Any, adjoint: Any,
    work: Any, room: Any, lanes: Any, wide: Any,
) -> None:  # fmt: skip
    """Turn the gradient of y into that of z in place, in some stages, the last first; see `forward` and `Work`.

    A row pulls, by ``ahead``, the gradients of rows that have read it, and adds to the gradients of their weights; rows
    in the other direction of time get their part pushed.
    """
    last_step = min(work.last_step, trace.n_steps)
    for stage in range(work.last_stage - 1, work.first_stage - 1, -1):
        for step in range(last_step - 1, -1, -1):
            for segment in range(rows.stage_segment[stage + 1] - 1, rows.stage_segment[stage] - 1, -1):
                first, last = rows.segment_row[segment], rows.segment_row[segment + 1]
                _begin(rows, trace, adjoint, step, first, last, lanes)
                for bundle in range(bundles.first[segment], bundles.first[segment + 1]):
                    pull_bundle(bundles, weights.bundles_ahead, bundle, trace, adjoint, step, lanes)
                _retreat(ahead, weights.ahead, rows, numbers, trace, adjoint, segment, step, first, last, lanes)
                if len(push.other):
                    for row in range(first, last):
                        _push(push, weights.push, rows, trace, adjoint, row, step, lanes)
    add_block_gradients(products, trace, adjoint, rows, work, last_step, room, lanes, wide)
    if work.begins:
        _pull_history(ahead, bundles, weights, rows, trace, adjoint, work.first_segment, work.last_segment, lanes)
    if work.enters:
        _pull_inputs(ahead, bundles, weights, rows, trace, adjoint, work, last_step, lanes)
        if work.begins:
            n_segments = len(rows.code)
            _pull_history(ahead, bundles, weights, rows, trace, adjoint, n_segments, n_segments + 1, lanes)


@compiled
def backward_rows(
    ahead: Any, weights: Any, rows: Any, numbers: Any, trace: Any, adjoint: Any, segment: int, step: int, first: int,
    last: int, lanes: Any,
) -> None:  # fmt: skip
    """Do the same for some rows of a segment at one step, without bundles and without pushing."""
    _begin(rows, trace, adjoint, step, first, last, lanes)
    _retreat(ahead, weights.ahead, rows, numbers, trace, adjoint, segment, step, first, last, lanes)


@helper
def _begin(rows: Any, trace: Any, adjoint: Any, step: int, first: int, last: int, lanes: Any) -> None:
    """Set the gradient of y to that of the loss."""
    if not adjoint.seeded:
        for row in range(first, last):
            output = rows.output[row]
            grad = zeros(adjoint.gradient, lanes)
            if output >= 0:
                grad = load(adjoint.outputs, step * adjoint.output_stride + output * len(lanes), lanes)
            store(adjoint.gradient, step * trace.stride + row * len(lanes), grad)


@helper
def _retreat(
    ahead: Any, weight: Any, rows: Any, numbers: Any, trace: Any, adjoint: Any, segment: int, step: int, first: int,
    last: int, lanes: Any,
) -> None:  # fmt: skip
    """Compute the gradient of z of some rows of a segment at a step."""
    width, gradient = len(lanes), adjoint.gradient
    base = step * trace.stride
    for row in range(first, last):
        if ahead.first[row] < ahead.first[row + 1]:
            at = base + row * width
            y, grad = load(trace.values, at, lanes), load(gradient, at, lanes)
            store(gradient, at, _pull(grad, y, ahead, weight, rows, trace, adjoint, row, step, lanes))
    _clear_ended(gradient, base + first * width, (last - first) * width, trace.live[step], width)
    _differentiate(rows, numbers, trace, adjoint, segment, step, first, last, width)
    row = first
    while row + 4 <= last:
        at = base + row * width
        add_totals(adjoint.bias, row, load(gradient, at, lanes), load(gradient, at + width, lanes),
                   load(gradient, at + 2 * width, lanes), load(gradient, at + 3 * width, lanes))  # fmt: skip
        row += 4
    while row < last:
        put(adjoint.bias, row, get(adjoint.bias, row) + total(load(gradient, base + row * width, lanes)))
        row += 1


@helper
def _pull(
    acc: Any, y: Any, ahead: Any, weight: Any, rows: Any, trace: Any, adjoint: Any, row: int, step: int, lanes: Any
) -> Any:
    """Add to a vector the gradient that a row's value ``y`` at a step gets from the z that have read it.

    The gradient of each weight is an inner product of the same vectors, which are read once.
    """
    width, gradient = len(lanes), adjoint.gradient
    for run in range(ahead.first[row], ahead.first[row + 1]):
        at = step + ahead.delay[run]
        if at < 0 or at >= trace.n_steps:
            continue
        base = at * trace.stride
        first, last = ahead.start[run], ahead.start[run + 1]
        if ahead.factor_delay[run] != NONE:
            back = at - ahead.factor_delay[run]
            for e in range(first, last):
                grad = load(gradient, base + get(ahead.other, e) * width, lanes)
                grad = multiply(grad, value_at(trace, rows, get(ahead.factor, e), back, lanes))
                acc = multiply_add(get(weight, e), grad, acc)
                if ahead.counts[run]:
                    put(adjoint.links, e, get(adjoint.links, e) + total(multiply(grad, y)))
        else:
            second, e = zeros(gradient, lanes), first
            while e + 4 <= last:
                a = load(gradient, base + get(ahead.other, e) * width, lanes)
                b = load(gradient, base + get(ahead.other, e + 1) * width, lanes)
                c = load(gradient, base + get(ahead.other, e + 2) * width, lanes)
                d = load(gradient, base + get(ahead.other, e + 3) * width, lanes)
                acc = multiply_add(get(weight, e), a, acc)
                second = multiply_add(get(weight, e + 1), b, second)
                acc = multiply_add(get(weight, e + 2), c, acc)
                second = multiply_add(get(weight, e + 3), d, second)
                add_products(adjoint.links, e, y, a, b, c, d)
                e += 4
            while e < last:
                a = load(gradient, base + get(ahead.other, e) * width, lanes)
                acc = multiply_add(get(weight, e), a, acc)
                put(adjoint.links, e, get(adjoint.links, e) + total(multiply(a, y)))
                e += 1
            acc = add(acc, second)
    return acc


@part
def _pull_to(
    gradient: Any, values: Any, at: int, ahead: Any, weight: Any, rows: Any, trace: Any, adjoint: Any, row: int,
    step: int, lanes: Any,
) -> None:  # fmt: skip
    """`_pull` of vectors in arrays, where it is called seldom."""
    grad, y = load(gradient, at, lanes), load(values, at, lanes)
    store(gradient, at, _pull(grad, y, ahead, weight, rows, trace, adjoint, row, step, lanes))


@part
def _push(push: Any, weight: Any, rows: Any, trace: Any, adjoint: Any, row: int, step: int, lanes: Any) -> None:
    """Add to the gradients of the values that a row has read, from that of its z."""
    width, gradient, history = len(lanes), adjoint.gradient, adjoint.history
    for run in range(push.first[row], push.first[row + 1]):
        grad = load(gradient, step * trace.stride + row * width, lanes)
        back = step - push.delay[run]
        for e in range(push.start[run], push.start[run + 1]):
            other, part = get(push.other, e), grad
            if push.factor_delay[run] != NONE:
                at = step - push.factor_delay[run]
                part = multiply(grad, value_at(trace, rows, get(push.factor, e), at, lanes))
            if push.counts[run]:
                y = value_at(trace, rows, other, back, lanes)
                put(adjoint.push, e, get(adjoint.push, e) + total(multiply(part, y)))
            if back >= 0:
                at = back * trace.stride + other * width
                store(gradient, at, multiply_add(get(weight, e), part, load(gradient, at, lanes)))
            else:
                at = (rows.end[other] + back) * width
                store(history, at, multiply_add(get(weight, e), part, load(history, at, lanes)))


@part
def _pull_leak(rows: Any, trace: Any, adjoint: Any, segment: int, step: int, first: int, last: int, width: int) -> None:
    """Add the gradient of the leaks of some rows of a segment at a step: that of y times f(z(t)) - y(t-1)."""
    code, group, functions = rows.code[segment], rows.group[segment], adjoint.functions
    back, at, count = step * trace.kept_stride + rows.kept[first] * width, first * width, (last - first) * width
    for i in range(count):
        put(functions, at + i, get(trace.kept, back + i))
    if group:
        for member in range(first, last, group):
            for lane in range(trace.live[step]):
                apply_group(code, rows, trace, functions, member, group, step, member * width, lane, width)
    else:
        apply(code, functions, at, at + count)
    for row in range(first, last):
        for lane in range(trace.live[step]):
            if is_active(rows, trace, row, step, lane):
                i = step * trace.stride + row * width + lane
                grad = adjoint.gradient[i] + adjoint.carried[row * width + lane]
                before = _value_before(rows, trace, row, i, step, lane, width)
                adjoint.leak[row] += grad * (functions[row * width + lane] - before)


@part
def _differentiate(
    rows: Any, numbers: Any, trace: Any, adjoint: Any, segment: int, step: int, first: int, last: int, width: int
) -> None:
    """Turn the gradient of y of some rows of a segment into that of z in place."""
    gradient, carried, n_live = adjoint.gradient, adjoint.carried, trace.live[step]
    code, group, leaky = rows.code[segment], rows.group[segment], rows.leaky[segment]
    at, count = step * trace.stride + first * width, (last - first) * width
    if rows.learns_leak[segment]:
        _pull_leak(rows, trace, adjoint, segment, step, first, last, width)
    if leaky or rows.has_onset[segment]:
        for row in range(first, last):
            leak = numbers.leak[row]
            for lane in range(n_live):
                i = at + (row - first) * width + lane
                if leaky:
                    gradient[i] += carried[row * width + lane]
                if not is_active(rows, trace, row, step, lane):
                    adjoint.initial[row] += gradient[i]
                    gradient[i] = 0
                if leaky:
                    carried[row * width + lane] = (1 - leak) * gradient[i]
                    gradient[i] *= leak
    place = rows.kept[first]
    back = step * trace.kept_stride + place * width
    if group:
        for member in range(first, last, group):
            for lane in range(n_live):
                pull_back_group(code, rows, trace, gradient, member, group, step, at + (member - first) * width, lane,
                                width)  # fmt: skip
    elif place >= 0:
        apply_slope(code, gradient, at, trace.kept, back, count, True)
    else:
        apply_slope(code, gradient, at, trace.values, at, count, False)
    if rows.has_tau[segment]:
        for row in range(first, last):
            rate = numbers.rate[row]
            for lane in range(n_live):
                i = (row - first) * width + lane
                lag = trace.lengths[lane] - step
                grad = gradient[at + i] + carried[row * width + lane]
                if lag <= rows.depth[row]:
                    grad += adjoint.final[(rows.end[row] - lag) * width + lane]
                before = _inner_before(rows, trace, row, back + i, step, lane, width)
                adjoint.rate[row] += grad * (trace.kept[back + i] - before) / rate
                carried[row * width + lane] = (1 - rate) * grad
                gradient[at + i] = rate * grad
    _clear_ended(gradient, at, count, n_live, width)


@part
def _pull_inputs(
    ahead: Any, bundles: Any, weights: Any, rows: Any, trace: Any, adjoint: Any, work: Any, last_step: int, lanes: Any
) -> None:
    """Compute gradients of the weights of synapses of inputs and, if wanted or free of cost, of the inputs."""
    width, gradient = len(lanes), adjoint.gradient
    n_segments, n_inputs = len(rows.code), rows.segment_row[0]
    for step in range(last_step - 1, -1, -1):
        _begin(rows, trace, adjoint, step, 0, n_inputs, lanes)
        if work.wanted:
            for bundle in range(bundles.first[n_segments], bundles.first[n_segments + 1]):
                pull_bundle(bundles, weights.bundles_ahead, bundle, trace, adjoint, step, lanes)
        for row in range(n_inputs):
            at = step * trace.stride + row * width
            _pull_to(gradient, trace.values, at, ahead, weights.ahead, rows, trace, adjoint, row, step, lanes)
        _clear_ended(gradient, step * trace.stride, n_inputs * width, trace.live[step], width)


@part
def _pull_history(
    ahead: Any, bundles: Any, weights: Any, rows: Any, trace: Any, adjoint: Any, first: int, last: int, lanes: Any
) -> None:
    """Compute the gradient of the history of the rows of some segments; inputs are one past the last."""
    width, n_segments = len(lanes), len(rows.code)
    for segment in range(first, last):
        first_row = rows.segment_row[segment] if segment < n_segments else 0
        last_row = rows.segment_row[segment + 1] if segment < n_segments else rows.segment_row[0]
        for row in range(first_row, last_row):
            for lag in range(1, rows.depth[row] + 1):
                at = (rows.end[row] - lag) * width
                _pull_to(adjoint.history, trace.history, at, ahead, weights.ahead, rows, trace, adjoint, row, -lag,
                         lanes)  # fmt: skip
        for bundle in range(bundles.first[segment], bundles.first[segment + 1]):
            pull_bundle_past(bundles, weights.bundles_ahead, bundle, trace, adjoint, rows, lanes)
        if segment < n_segments and (rows.leaky[segment] or rows.has_tau[segment]):
            into = adjoint.states if rows.has_tau[segment] else adjoint.history
            for row in range(first_row, last_row):
                for lane in range(width):
                    into[(rows.end[row] - 1) * width + lane] += adjoint.carried[row * width + lane]


@compiled
def pull_back_look(rows: Any, trace: Any, adjoint: Any, width: int) -> None:
    """Add the adjoint of `_look_back` to the gradients of values and history, and of s before the first step."""
    for place in range(len(rows.past_row)):
        row, lag = rows.past_row[place], rows.past_lag[place]
        for lane in range(width):
            step = trace.lengths[lane] - lag
            before = (rows.end[row] + step) * width + lane
            grad = adjoint.final[place * width + lane]
            if rows.past_has_tau[place]:
                if step < 0:
                    adjoint.states[before] += grad
            elif step < 0:
                adjoint.history[before] += grad
            else:
                adjoint.gradient[step * trace.stride + row * width + lane] += grad


@compiled
def apply_everywhere(code: int, values: Any) -> None:
    """Turn z into f(z) in place."""
    apply(code, values, 0, len(values))


@compiled
def apply_slope_everywhere(code: int, gradient: Any, values: Any, of_z: bool) -> None:
    """Multiply a gradient by f', from ``values`` of z if ``of_z``, otherwise of y."""
    apply_slope(code, gradient, 0, values, 0, len(values), of_z)
