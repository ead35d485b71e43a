"""L-BFGS by SciPy: full batches, curvature from the last gradients, a line search, and the bounds of the network.

SciPy's memory cannot be stored, so a fit that goes on from a file begins anew and replays the values and gradients of
before: all are kept, none is computed twice, and the same numbers lead to the same bits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...language.arrays import Array
from .optimizers import LBFGS


def minimize(
    settings: LBFGS,
    bounds: Array,
    evaluate: Callable[[Array], tuple[float, Array]],
    told: dict[str, Any],
    after_iteration: Callable[[Array], bool],
    iterations: int,
) -> bool:
    """Search for the least loss; return whether it ended by itself, before ``iterations``.

    A trial of the line search that overflows is no update: the search comes back from it.

    ``told`` holds the values and gradients so far, and is added to: ``values`` (n,), ``gradients`` (n * n_parameters,)
    and ``start``.  ``evaluate`` gives the loss and its gradient at some parameters.  ``after_iteration`` is called with
    the parameters after each iteration that is not replayed, and returns whether to stop.

    Raises
    ------
    FloatingPointError
        If the loss or its gradient is not finite at the start.

    References
    ----------
    Byrd, Lu, Nocedal and Zhu, A limited memory algorithm for bound constrained optimization, SIAM Journal on Scientific
    Computing 16, 1995.
    """
    from scipy.optimize import minimize as search

    asked, iteration, reached = 0, 0, told["start"]

    def value_and_grad(x: Array) -> tuple[float, Array]:
        nonlocal asked
        position, asked = asked, asked + 1
        n = len(x)
        if position < len(told["values"]):
            return float(told["values"][position]), told["gradients"][position * n : (position + 1) * n]
        value, gradient = evaluate(x)
        gradient = np.asarray(gradient, np.float64)
        if not (np.isfinite(value) and np.isfinite(gradient).all()):
            if not position:
                raise FloatingPointError(f"a loss of {value} at the start")
            value, gradient = _wall(x, reached, max(map(abs, told["values"]), default=0.0))
        told["values"] = np.append(told["values"], value)
        told["gradients"] = np.append(told["gradients"], gradient)
        return value, gradient

    def callback(intermediate_result: Any) -> None:
        nonlocal iteration, reached
        iteration, reached = iteration + 1, intermediate_result.x.copy()
        if iteration > told["iterations"]:
            told["iterations"] = iteration
            if after_iteration(intermediate_result.x.copy()):
                raise StopIteration

    found = search(  # type: ignore[call-overload] # its stubs want literal types
        value_and_grad,
        told["start"],
        jac=True,
        method="L-BFGS-B",
        bounds=bounds if np.isfinite(bounds).any() else None,
        callback=callback,
        options={
            "maxcor": settings.memory,
            "gtol": settings.gradient_tolerance,
            "ftol": settings.value_tolerance,
            "maxls": settings.max_line_search,
            "maxiter": iterations,
            "maxfun": np.iinfo(np.int64).max,
        },
    )
    return int(found.status) not in (1, 99)


def _wall(x: Array, reached: Array, highest: float) -> tuple[float, Array]:
    """Return a substitute for a loss that is not finite: a steep bowl about the point that the search has reached.

    The line search then comes back from where it went too far, as from any other hill.
    """
    height, away = 1e10 * (1.0 + highest), x - reached
    return height, 2.0 * height * away / max(float(away @ away), 1e-300)


def begin(parameters: Array) -> dict[str, Any]:
    """Return the memory before the first iteration: no values and no gradients."""
    empty = np.zeros(0)
    return {"start": parameters.astype(np.float64), "values": empty, "gradients": empty.copy(), "iterations": 0}
