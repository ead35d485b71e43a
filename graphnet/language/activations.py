"""The activations f in y = f(z), each with its derivative, in real and in complex numbers.

A row of ``ACTIVATIONS``, or of ``GROUP_ACTIVATIONS``, makes an activation known to the language, to validation and
documentation, to the test strategies and to the reference executor.  Its formula for compiled kernels is a row in
``execute.fast.kernels.formulas``, and its formula in torch a row in ``torch.formulas``.

In complex numbers comparisons use the real part, so that a step of 1e-30 along the imaginary axis gives the derivative
of the branch that is taken (Squire & Trapp 1998).
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import erf

from ..errors import DataError
from .arrays import Array

__all__ = ["ACTIVATIONS", "GROUP_ACTIVATIONS", "Activation", "GroupActivation", "register"]

Function = Callable[[Array], Array]


@dataclass(frozen=True, slots=True)
class Activation:
    """A function of single neurons with its derivative, which takes y = f(z) if ``from_output``, otherwise z.

    ``kinks`` are the z at which the derivative jumps.
    """

    function: Function
    derivative: Function
    from_output: bool
    kinks: tuple[float, ...] = ()


def _sigmoid(z: Array) -> Array:
    positive = z.real >= 0
    e = np.exp(np.where(positive, -z, z))
    return np.where(positive, 1, e) / (1 + e)


def _softplus(z: Array) -> Array:
    positive = z.real > 0
    return np.log1p(np.exp(np.where(positive, -z, z))) + np.where(positive, z, 0)


def _elu(z: Array) -> Array:
    positive = z.real > 0
    return np.where(positive, z, np.expm1(np.where(positive, 0, z)))


def _gaussian(z: Array) -> Array:
    return np.exp(-z * z)


def _normal_cdf(z: Array) -> Array:
    return 0.5 * (1 + erf(z * np.sqrt(0.5).astype(z.real.dtype)))


def _normal_pdf(z: Array) -> Array:
    return np.exp(-0.5 * z * z) * np.sqrt(0.5 / np.pi).astype(z.real.dtype)


def _hard_tanh(z: Array) -> Array:
    return np.where(z.real >= 1, 1, np.where(z.real <= -1, -1, z))


ACTIVATIONS: dict[str, Activation] = {
    "identity": Activation(lambda z: z, np.ones_like, True),
    "tanh": Activation(np.tanh, lambda y: 1 - y * y, True),
    "sigmoid": Activation(_sigmoid, lambda y: y * (1 - y), True),
    "relu": Activation(lambda z: np.where(z.real > 0, z, 0), lambda y: (y.real > 0).astype(y.dtype), True, (0.0,)),
    "leaky_relu": Activation(
        lambda z: np.where(z.real > 0, z, 0.01 * z),
        lambda y: np.where(y.real > 0, 1, 0.01).astype(y.dtype),
        True,
        (0.0,),
    ),
    "elu": Activation(_elu, lambda y: np.where(y.real > 0, 1, y + 1), True),
    # the derivative is sigmoid(z) = 1 - exp(-y), which loses nothing where y is small
    "softplus": Activation(_softplus, lambda y: -np.expm1(-y), True),
    "gelu": Activation(lambda z: z * _normal_cdf(z), lambda z: _normal_cdf(z) + z * _normal_pdf(z), False),
    "sin": Activation(np.sin, np.cos, False),
    "gaussian": Activation(_gaussian, lambda z: -2 * z * _gaussian(z), False),
    "hard_tanh": Activation(_hard_tanh, lambda y: ((y.real > -1) & (y.real < 1)).astype(y.dtype), True, (-1.0, 1.0)),
}


@dataclass(frozen=True, slots=True)
class GroupActivation:
    """A function of whole groups, of z (n_steps, n_groups, n_members, n_samples).

    ``active``, of the same shape, says which members take part; None means all.  ``adjoint`` takes z, y and the
    gradient of y, and returns that of z; if ``from_output``, z may be None.
    """

    function: Callable[[Array, Array | None], Array]
    adjoint: Callable[[Any, Array, Array, Array | None], Array]
    from_output: bool


def _softmax(z: Array, active: Array | None) -> Array:
    real = z.real if active is None else np.where(active, z.real, -np.inf)
    largest = real.max(axis=2, keepdims=True)
    e = np.exp(z - np.where(np.isfinite(largest), largest, 0))
    if active is not None:
        e = np.where(active, e, 0)
    total = e.sum(axis=2, keepdims=True)
    return e / np.where(total == 0, 1, total)


def _softmax_adjoint(z: Any, y: Array, grad: Array, active: Array | None) -> Array:
    return y * (grad - (grad * y).sum(axis=2, keepdims=True))


VARIANCE_FLOOR = 1e-5
"""Added to the variance by ``standardize``."""


def _spread(z: Array, active: Array | None) -> tuple[Array, Array, Array]:
    """Deviations from the mean (0 where not active), 1 / standard deviation, and 1 / number of active members."""
    share = np.float64(1 / z.shape[2]) if active is None else 1 / np.maximum(active.sum(axis=2, keepdims=True), 1)
    share = share.astype(z.real.dtype)
    known = z if active is None else np.where(active, z, 0)
    deviation = z - known.sum(axis=2, keepdims=True) * share
    if active is not None:
        deviation = np.where(active, deviation, 0)
    variance = (deviation * deviation).sum(axis=2, keepdims=True) * share
    return deviation, 1 / np.sqrt(variance + VARIANCE_FLOOR), share


def _standardize(z: Array, active: Array | None) -> Array:
    deviation, scale, _ = _spread(z, active)
    return deviation * scale


def _standardize_adjoint(z: Any, y: Array, grad: Array, active: Array | None) -> Array:
    _, scale, share = _spread(z, active)
    mean = grad.sum(axis=2, keepdims=True) * share
    along = (grad * y).sum(axis=2, keepdims=True) * share
    back = scale * (grad - mean - y * along)
    return back if active is None else np.where(active, back, 0)


GROUP_ACTIVATIONS: dict[str, GroupActivation] = {
    "softmax": GroupActivation(_softmax, _softmax_adjoint, True),
    "standardize": GroupActivation(_standardize, _standardize_adjoint, False),
}


POINTWISE = tuple(ACTIVATIONS)
"""Activations of single neurons that are built in."""
OVER_GROUPS = tuple(GROUP_ACTIVATIONS)
"""Activations of groups that are built in."""
ACTIVATION_NAMES = ChainMap[str, Any](GROUP_ACTIVATIONS, ACTIVATIONS).keys()
"""All activations; a view, so that it includes those registered later."""


def register(name: str, function: Function, derivative: Function, *, kinks: Iterable[float] = ()) -> None:
    """Add a custom activation, for any node's ``activation``.

    A network that uses it runs on the reference backend.  ``graphnet.testing.check_gradients`` tests its derivative.

    Parameters
    ----------
    name : str
        A new name, or that of an activation registered before, which is replaced.
    function, derivative : callable
        f(z) and f'(z), for arrays of any shape, of dtype float32, float64 or (in Hessian products and gradient checks)
        complex128; both return a new array of the same shape and kind of numbers.  Both are tried here, and what they
        return is checked at every call.
    kinks : numbers, optional
        The z at which the derivative jumps.

    Raises
    ------
    DataError
        If the name is built into the language, or is not a string, or if a result has another shape, is not of real
        numbers, or is None.

    Examples
    --------
    >>> import numpy as np
    >>> register("square", lambda z: z * z, lambda z: 2 * z)
    >>> ACTIVATIONS["square"].derivative(np.array([3.0]))
    array([6.])
    """
    if not isinstance(name, str) or not name:
        raise DataError(f"an activation's name is a string, not {name!r}")
    if name in POINTWISE + OVER_GROUPS:
        raise DataError(f"activation {name!r} is the language's own: choose another name")
    made = Activation(
        _Registered(name, "function", function), _Registered(name, "derivative", derivative), False, tuple(kinks)
    )
    for dtype in (np.float64, np.float32):
        sample = np.linspace(-1, 1, 6, dtype=dtype).reshape(2, 3)
        for each in (made.function, made.derivative):
            try:
                with np.errstate(all="ignore"):
                    each(sample)
            except DataError:
                raise
            except Exception:  # numbers that a network computes may suit it better; there it is raised as it comes
                pass
    ACTIVATIONS[name] = made


@dataclass(frozen=True, slots=True)
class _Registered:
    """Function, or derivative, of a registered activation, whose results are checked."""

    name: str
    what: str
    function: Function

    def __call__(self, z: Array) -> Array:
        result = self.function(z)
        found = np.asarray(result)
        # for complex numbers a real result is right where it is constant; a gradient check finds where it is not
        kinds = "cf" if z.dtype.kind == "c" else "f"
        if found.shape != z.shape or found.dtype.kind not in kinds:
            came = "None" if result is None else f"{found.dtype} of shape {found.shape}"
            raise DataError(
                f"activation {self.name!r}: its {self.what} returns {came} for {z.dtype} of shape {z.shape}; it must "
                "return as many numbers, of the same kind"
            )
        return found.astype(z.dtype, copy=False)
