"""Dense blocks in compiled kernels: rows that read the same others are summed side by side.

A vector that is read is used for several sums, which stay in registers: what a dense matrix product of BLAS does, but
for one step and one tile of samples, so that no thread waits for another one.

References
----------
Goto, K. & van de Geijn, R. (2008). Anatomy of high-performance matrix multiplication. ACM TOMS 34(3).
"""

from __future__ import annotations

from typing import Any

from .compiled import compiled, helper
from .layout import BUNDLE
from .vectors import get, load, multiply_add, put, store, total, zeros

STEPS = 32
"""How many steps of a weight's gradient are summed before they are added to it, counted from the first step."""
COLUMNS = 8
"""How many sources of so many steps are worked on at a time: they stay in the nearest cache."""


@helper
def value_at(trace: Any, rows: Any, row: int, step: int, lanes: Any) -> Any:
    """The values of a row at a step, which may lie before the first."""
    if step >= 0:
        return load(trace.values, step * trace.stride + row * len(lanes), lanes)
    return load(trace.history, (rows.end[row] + step) * len(lanes), lanes)


@helper
def sum_bundle(
    bundles: Any, weight: Any, bundle: int, values: Any, base: int, target: Any, into: int, lanes: Any
) -> None:
    """Add to the rows of a bundle, in a target from ``into`` on, what they read in values from ``base`` on."""
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
    """Add to z of the rows of a bundle, at a step, what they read."""
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
    """The same for the rows' past before the first step."""
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


@compiled
def product_gradients(
    products: Any, trace: Any, adjoint: Any, rows: Any, first_block: int, last_block: int, first_step: int,
    last_step: int, lanes: Any,
) -> None:  # fmt: skip
    """Add to the gradient of the weights of dense blocks that of z times what was read, at some steps.

    Three targets and two sources at a time, whose six sums stay in registers over ``STEPS`` steps; the last steps first.
    """
    for block in range(first_block, last_block):
        first_target, last_target = products.targets[block, 0], products.targets[block, 1]
        first_source, last_source = products.sources[block, 0], products.sources[block, 1]
        n_sources, delay, out = last_source - first_source, products.delay[block], products.out[block]
        end = min(last_step, trace.n_steps)
        while end > first_step:
            begin = max(first_step, (end - 1) // STEPS * STEPS)
            for column in range(first_source, last_source, COLUMNS):
                last_column = min(column + COLUMNS, last_source)
                for target in range(first_target, last_target, 3):
                    for source in range(column, last_column, 2):
                        _add_product(products, trace, adjoint, rows, target, last_target, source, last_column, begin,
                                     end, delay, out + (target - first_target) * n_sources + source - first_source,
                                     n_sources, lanes)  # fmt: skip
            end = begin


@helper
def _add_product(
    products: Any, trace: Any, adjoint: Any, rows: Any, target: int, last_target: int, source: int, last_source: int,
    begin: int, end: int, delay: int, out: int, n_sources: int, lanes: Any,
) -> None:  # fmt: skip
    width, stride, gradient, values = len(lanes), trace.stride, adjoint.gradient, trace.values
    # where there are fewer, one is summed twice and added once
    two, three, twin = target + 1 < last_target, target + 2 < last_target, source + 1 < last_source
    row0, row1 = products.row[source], products.row[source + 1 if twin else source]
    g0 = products.row[target] * width
    g1 = products.row[target + 1 if two else target] * width
    g2 = products.row[target + 2 if three else target] * width
    a, b, c = zeros(values, lanes), zeros(values, lanes), zeros(values, lanes)
    d, e, f = zeros(values, lanes), zeros(values, lanes), zeros(values, lanes)
    for step in range(begin, min(end, delay)):
        x, y = value_at(trace, rows, row0, step - delay, lanes), value_at(trace, rows, row1, step - delay, lanes)
        at = step * stride
        u, v, w = load(gradient, at + g0, lanes), load(gradient, at + g1, lanes), load(gradient, at + g2, lanes)
        a, b, c = multiply_add(u, x, a), multiply_add(v, x, b), multiply_add(w, x, c)
        d, e, f = multiply_add(u, y, d), multiply_add(v, y, e), multiply_add(w, y, f)
    first = max(begin, delay)
    at, back = first * stride, (first - delay) * stride
    for _ in range(first, end):
        x, y = load(values, back + row0 * width, lanes), load(values, back + row1 * width, lanes)
        u, v, w = load(gradient, at + g0, lanes), load(gradient, at + g1, lanes), load(gradient, at + g2, lanes)
        a, b, c = multiply_add(u, x, a), multiply_add(v, x, b), multiply_add(w, x, c)
        d, e, f = multiply_add(u, y, d), multiply_add(v, y, e), multiply_add(w, y, f)
        at += stride
        back += stride
    found = adjoint.products
    put(found, out, get(found, out) + total(a))
    if two:
        put(found, out + n_sources, get(found, out + n_sources) + total(b))
    if three:
        put(found, out + 2 * n_sources, get(found, out + 2 * n_sources) + total(c))
    if twin:
        put(found, out + 1, get(found, out + 1) + total(d))
        if two:
            put(found, out + n_sources + 1, get(found, out + n_sources + 1) + total(e))
        if three:
            put(found, out + 2 * n_sources + 1, get(found, out + 2 * n_sources + 1) + total(f))
