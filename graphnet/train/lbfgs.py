"""L-BFGS by SciPy: full batches, curvature from the last gradients, a line search, and the bounds of the network.

SciPy keeps what it remembers to itself, so a fit that goes on from a file begins anew and is told again what it was
told before: every value and gradient is kept, none is computed twice, and the same numbers lead to the same bits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..table import Array
from .optimizers import LBFGS


def minimize(
    settings: LBFGS,
    start: Array,
    bounds: Array,
    evaluate: Callable[[Array], tuple[float, Array]],
    told: dict[str, Any],
    after_iteration: Callable[[Array], bool],
    iterations: int,
) -> bool:
    """Search from ``start``; return whether it ended by itself, before ``iterations``.

    ``told`` is what was told before and is added to: ``values`` (n,) and ``gradients`` (n * n_parameters,), and
    ``start``.  ``evaluate`` gives the loss and its gradient at some parameters.  ``after_iteration`` is called with the
    parameters after each iteration that was not gone through before, and returns whether to stop.

    References
    ----------
    Byrd, Lu, Nocedal and Zhu, A limited memory algorithm for bound constrained optimization, SIAM Journal on Scientific
    Computing 16, 1995.
    """
    from scipy.optimize import minimize as search

    asked, iteration = 0, 0

    def value_and_grad(x: Array) -> tuple[float, Array]:
        nonlocal asked
        position, asked = asked, asked + 1
        n = len(x)
        if position < len(told["values"]):
            return float(told["values"][position]), told["gradients"][position * n : (position + 1) * n]
        value, gradient = evaluate(x)
        gradient = np.asarray(gradient, np.float64)
        told["values"] = np.append(told["values"], value)
        told["gradients"] = np.append(told["gradients"], gradient)
        return value, gradient

    def callback(intermediate_result: Any) -> None:
        nonlocal iteration
        iteration += 1
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


def begin(parameters: Array) -> dict[str, Any]:
    """What is told before the first iteration: nothing."""
    empty = np.zeros(0)
    return {"start": parameters.astype(np.float64), "values": empty, "gradients": empty.copy(), "iterations": 0}
