"""Checks of activations at the values that they were computed of: wrong derivatives, and kinks."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

import numpy as np

from ..language.activations import ACTIVATIONS
from ..language.arrays import Array
from ..network.network import COMPLEX_STEP
from .complex_step import ComplexStep
from .gradient_report import Kink, WrongDerivative

EXACT = 1e-10
"""Largest error of a derivative in double precision, compared with the complex step."""

NEAR_A_KINK = {"float64": 1e-9, "float32": 1e-5}
"""Distance from a kink, relative to its position if that is beyond 1, within which z counts as at the kink."""

Passes = Iterable[tuple[ComplexStep, list[tuple[str, Array, Array]]]]
"""Forward passes of a network, each with its ``inner_values``."""


def find_wrong_derivatives(passes: Passes) -> list[WrongDerivative]:
    """Return the activations whose derivative is not that of their function, each at its largest error."""
    worst: dict[str, tuple[float, WrongDerivative]] = {}
    for one, values in passes:
        for name, positions, z in values:
            activation = ACTIVATIONS[name]
            smooth = np.isfinite(z) & ~_at_kink(one, name, z)
            if not smooth.any():
                continue
            where = z[smooth]
            by_step = np.imag(activation.function(where + 1j * COMPLEX_STEP)) / COMPLEX_STEP
            derivative = activation.derivative(activation.function(where) if activation.from_output else where)
            error = np.abs(derivative - by_step) / max(1.0, float(np.abs(by_step).max()))
            i = int(np.argmax(np.where(np.isnan(error), np.inf, error)))
            if error[i] <= max(EXACT, worst[name][0] if name in worst else 0):  # False for NaN, which is an error
                continue
            sample, step, column = map(int, np.argwhere(smooth)[i])
            h = 1e-6 * max(1.0, abs(float(where[i])))
            difference = activation.function(where[i : i + 1] + h) - activation.function(where[i : i + 1] - h)
            wrong = WrongDerivative(
                name,
                one.nodes[int(positions[column])],
                sample,
                step,
                float(where[i]),
                float(derivative[i]),
                float(by_step[i]),
                float(difference[0]) / (2 * h),
            )
            worst[name] = float(error[i]), wrong
    return [wrong for _, wrong in worst.values()]


def find_kinks(passes: Passes) -> list[Kink]:
    """Return the neurons whose z was at a kink of their activation."""
    kinks: dict[Hashable, Kink] = {}
    for one, values in passes:
        for name, positions, z in values:
            at_kink = _at_kink(one, name, z)
            for column in map(int, np.flatnonzero(at_kink.any(axis=(0, 1)))):
                here = at_kink[:, :, column]
                sample, step = np.argwhere(here)[0].tolist()
                node = one.nodes[int(positions[column])]
                exact = bool(np.isin(z[:, :, column][here], ACTIVATIONS[name].kinks).all())
                before = kinks.get(node, Kink(node, name, sample, step, float(z[sample, step, column]), 0, True))
                kinks[node] = before._replace(times=before.times + int(here.sum()), exact=before.exact and exact)
    return list(kinks.values())


def _at_kink(one: ComplexStep, name: str, z: Array) -> Array:
    at_kink = np.zeros(z.shape, bool)
    for kink in ACTIVATIONS[name].kinks:
        at_kink |= np.abs(z - kink) <= NEAR_A_KINK[one.dtype.name] * max(1, abs(kink))
    return at_kink
