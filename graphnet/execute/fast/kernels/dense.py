"""Dense blocks in compiled kernels: rows that read the same others are summed together.

A vector that is read is used for several sums, which stay in registers, as in a dense matrix product of BLAS, but for
one step and one tile of samples, so that no thread waits for another.

References
----------
Goto, K. & van de Geijn, R. (2008). Anatomy of high-performance matrix multiplication. ACM TOMS 34(3).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tables import BUNDLE
from .cache import helper, part
from .vectors import add, get, load, multiply_add, put, store, zeros

DEPTH = 256
"""Number of columns (samples times steps) of one matrix product, more than a tile has samples: packed, so many stay in
the nearest cache."""


@helper
def value_at(trace: Any, rows: Any, row: int, step: int, lanes: Any) -> Any:
    """Return the values of a row at a step, which may be before the first."""
    if step >= 0:
        return load(trace.values, step * trace.stride + row * len(lanes), lanes)
    return load(trace.history, (rows.end[row] + step) * len(lanes), lanes)


@helper
def sum_bundle(
    bundles: Any, weight: Any, bundle: int, values: Any, base: int, target: Any, into: int, lanes: Any
) -> None:
    """Add to the rows of a bundle, in ``target`` from ``into`` on, weighted rows of ``values`` from ``base`` on."""
    width = len(lanes)
    first, count = bundle * BUNDLE, bundles.count[bundle]
    i0, i1 = into + get(bundles.row, first) * width, into + get(bundles.row, first + 1) * width
    i2, i3 = into + get(bundles.row, first + 2) * width, into + get(bundles.row, first + 3) * width
    i4, i5 = into + get(bundles.row, first + 4) * width, into + get(bundles.row, first + 5) * width
    a0, a1, a2 = load(target, i0, lanes), load(target, i1, lanes), load(target, i2, lanes)
    a3, a4, a5 = load(target, i3, lanes), load(target, i4, lanes), load(target, i5, lanes)
    w, start = bundles.weight[bundle], bundles.start[bundle]
    for e in range(start, start + bundles.size[bundle]):
        x = load(values, base + get(bundles.other, e) * width, lanes)
        a0 = multiply_add(get(weight, w), x, a0)
        a1 = multiply_add(get(weight, w + 1), x, a1)
        a2 = multiply_add(get(weight, w + 2), x, a2)
        a3 = multiply_add(get(weight, w + 3), x, a3)
        a4 = multiply_add(get(weight, w + 4), x, a4)
        a5 = multiply_add(get(weight, w + 5), x, a5)
        w += BUNDLE
    # the last bundle repeats a row, which must be stored once
    store(target, i0, a0)
    if count > 1:
        store(target, i1, a1)
    if count > 2:
        store(target, i2, a2)
    if count > 3:
        store(target, i3, a3)
    if count > 4:
        store(target, i4, a4)
    if count > 5:
        store(target, i5, a5)


@helper
def read_bundle(bundles: Any, weight: Any, bundle: int, trace: Any, rows: Any, step: int, lanes: Any) -> None:
    """Add to z of the rows of a bundle, at a step, the values that they read, times their weights."""
    width = len(lanes)
    back, into = step - bundles.delay[bundle], step * trace.stride
    if back >= 0:
        sum_bundle(bundles, weight, bundle, trace.values, back * trace.stride, trace.values, into, lanes)
        return
    start = bundles.start[bundle]
    for number in range(bundles.count[bundle]):
        at = into + bundles.row[bundle * BUNDLE + number] * width
        acc = load(trace.values, at, lanes)
        w = bundles.weight[bundle] + number
        for e in range(start, start + bundles.size[bundle]):
            at_other = (rows.end[get(bundles.other, e)] + back) * width
            acc = multiply_add(get(weight, w), load(trace.history, at_other, lanes), acc)
            w += BUNDLE
        store(trace.values, at, acc)


@helper
def pull_bundle(bundles: Any, weight: Any, bundle: int, trace: Any, adjoint: Any, step: int, lanes: Any) -> None:
    """Add to the gradient of the rows of a bundle, at a step, that of the z that have read them."""
    ahead = step + bundles.delay[bundle]
    if ahead < trace.n_steps:
        gradient = adjoint.gradient
        sum_bundle(bundles, weight, bundle, gradient, ahead * trace.stride, gradient, step * trace.stride, lanes)


@helper
def pull_bundle_past(
    bundles: Any, weight: Any, bundle: int, trace: Any, adjoint: Any, rows: Any, lanes: Any
) -> None:  # fmt: skip
    """Do the same for the past of the rows before the first step."""
    width = len(lanes)
    start, delay = bundles.start[bundle], bundles.delay[bundle]
    for lag in range(1, delay + 1):
        if delay - lag < trace.n_steps:
            base = (delay - lag) * trace.stride
            for number in range(bundles.count[bundle]):
                at = (rows.end[bundles.row[bundle * BUNDLE + number]] - lag) * width
                acc = load(adjoint.history, at, lanes)
                w = bundles.weight[bundle] + number
                for e in range(start, start + bundles.size[bundle]):
                    at_other = base + get(bundles.other, e) * width
                    acc = multiply_add(get(weight, w), load(adjoint.gradient, at_other, lanes), acc)
                    w += BUNDLE
                store(adjoint.history, at, acc)


@part
def add_block_gradients(
    products: Any, trace: Any, adjoint: Any, rows: Any, work: Any, last_step: int, room: Any, lanes: Any, wide: Any
) -> None:
    """Add to the gradient of the weights of dense blocks that of z times what was read, at some steps.

    A matrix product over ``DEPTH`` samples of some steps, the last steps first: ``BUNDLE`` targets, one after another,
    times a vector (``wide``) of sources, both packed into ``room`` (see `room_for`) so that reads are contiguous.
    """
    width, columns = len(lanes), len(wide)
    for block in range(work.first_block, work.last_block):
        first, last = products.targets[block, 0], products.targets[block, 1]
        first_source, last_source = products.sources[block, 0], products.sources[block, 1]
        n_sources, delay = last_source - first_source, products.delay[block]
        end = last_step
        while end > 0:
            a_part = DEPTH // width
            begin = (end - 1) // a_part * a_part
            depth = (end - begin) * width
            # the start of the room is for the sums of a product
            vectors, bundles = BUNDLE * columns, (BUNDLE + depth) * columns
            for target in range(first, last):
                number = target - first
                at = bundles + number // BUNDLE * BUNDLE * depth + number % BUNDLE
                for step in range(begin, end):
                    grad = step * trace.stride + get(products.row, target) * width
                    for lane in range(width):
                        put(room, at, get(adjoint.gradient, grad + lane))
                        at += BUNDLE
            for source in range(first_source, last_source, columns):
                n_here = min(columns, last_source - source)
                for number in range(n_here):
                    row = get(products.row, source + number)
                    at = vectors + number
                    for step in range(begin - delay, end - delay):
                        from_history = step < 0
                        back = step * trace.stride + row * width
                        if from_history:
                            back = (get(rows.end, row) + step) * width
                        for lane in range(width):
                            x = get(trace.history, back + lane) if from_history else get(trace.values, back + lane)
                            put(room, at, x)
                            at += columns
                for target in range(first, last, BUNDLE):
                    out = products.out[block] + (target - first) * n_sources + source - first_source
                    _multiply(room, vectors, bundles + (target - first) * depth, depth, adjoint.products, out,
                              n_sources, min(BUNDLE, last - target), n_here, wide)  # fmt: skip
            end = begin


@helper
def _multiply(
    room: Any, vectors: int, at: int, depth: int, found: Any, out: int, stride: int, n_targets: int, n_sources: int,
    wide: Any,
) -> None:  # fmt: skip
    """Add the product of packed numbers, from ``at`` and ``vectors`` on, to ``n_targets`` rows of ``n_sources``."""
    a0, a1, a2 = zeros(room, wide), zeros(room, wide), zeros(room, wide)
    a3, a4, a5 = zeros(room, wide), zeros(room, wide), zeros(room, wide)
    for k in range(depth):
        x = load(room, vectors + k * len(wide), wide)
        w = at + k * BUNDLE
        a0 = multiply_add(get(room, w), x, a0)
        a1 = multiply_add(get(room, w + 1), x, a1)
        a2 = multiply_add(get(room, w + 2), x, a2)
        a3 = multiply_add(get(room, w + 3), x, a3)
        a4 = multiply_add(get(room, w + 4), x, a4)
        a5 = multiply_add(get(room, w + 5), x, a5)
    if n_targets == BUNDLE and n_sources == len(wide):
        store(found, out, add(load(found, out, wide), a0))
        store(found, out + stride, add(load(found, out + stride, wide), a1))
        store(found, out + 2 * stride, add(load(found, out + 2 * stride, wide), a2))
        store(found, out + 3 * stride, add(load(found, out + 3 * stride, wide), a3))
        store(found, out + 4 * stride, add(load(found, out + 4 * stride, wide), a4))
        store(found, out + 5 * stride, add(load(found, out + 5 * stride, wide), a5))
        return
    store(room, 0, a0)
    store(room, len(wide), a1)
    store(room, 2 * len(wide), a2)
    store(room, 3 * len(wide), a3)
    store(room, 4 * len(wide), a4)
    store(room, 5 * len(wide), a5)
    for number in range(n_targets):
        for source in range(n_sources):
            i = out + number * stride + source
            put(found, i, get(found, i) + get(room, number * len(wide) + source))


def room_for(products: Any, width: int, columns: int) -> int:
    """Return the number of numbers that `add_block_gradients` needs room for."""
    if not len(products.delay):
        return 0
    most = int((np.diff(products.targets)[:, 0]).max(initial=0))
    depth = DEPTH // width * width
    return (BUNDLE + depth) * columns + -(-most // BUNDLE) * BUNDLE * depth
