"""Activations for compiled kernels: one row of ``FORMULAS`` for each that is built into the language.

In double precision exp and tanh are those of the Cephes library (Moshier 1989), with a relative error below 3 units in
the last place if the result is a normal number; smaller results are 0.  For single precision see ``arithmetic``.  They
have no branches or calls, so that the compiler turns loops over them into vectors.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from textwrap import indent
from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic, overload, register_jitable

from ....language.activations import ACTIVATIONS
from .arithmetic import exp32, relu, sigmoid32, sigmoid_slope, tanh32, tanh_slope
from .cache import helper, part
from .vectors import get, load, put, store


@intrinsic
def _power_of_2(typing: Any, exponent: Any) -> Any:
    """2 to a whole number within the range of normal numbers: its exponent, as bits."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        whole = ir.IntType(64)
        number = builder.add(builder.fptosi(arguments[0], whole), ir.Constant(whole, 1023))
        return builder.bitcast(builder.shl(number, ir.Constant(whole, 52)), ir.DoubleType())

    return exponent(exponent), generate


@register_jitable
def _exp64(x: Any) -> Any:
    inside = -708.0 if x < -708.0 else x
    inside = 709.0 if x > 709.0 else inside
    n = (inside * 1.4426950408889634073599 + 6755399441055744.0) - 6755399441055744.0
    r = inside - n * 6.93145751953125e-1
    r = r - n * 1.42860682030941723212e-6
    z = r * r
    p = r * ((1.26177193074810590878e-4 * z + 3.02994407707441961300e-2) * z + 9.99999999999999999910e-1)
    q = ((3.00198505138664455042e-6 * z + 2.52448340349684104192e-3) * z + 2.27265548208155028766e-1) * z + 2.0
    found = (1.0 + 2.0 * (p / (q - p))) * _power_of_2(n)
    found = 0.0 if x < -708.0 else found
    return np.inf if x > 709.7 else found


@register_jitable
def _tanh64(x: Any) -> Any:
    a = abs(x)
    z = x * x
    p = (-9.64399179425052238628e-1 * z - 9.92877231001918586564e1) * z - 1.61468768441708447952e3
    q = ((z + 1.12811678491632931402e2) * z + 2.23548839060100448583e3) * z + 4.84406305325125486048e3
    small = x + x * z * (p / q)
    large = 1.0 - 2.0 / (_exp64(2.0 * a) + 1.0)
    large = -large if x < 0.0 else large
    return large if a >= 0.625 else small


def exp(x: Any) -> Any:
    """e^x."""
    raise NotImplementedError


def tanh(x: Any) -> Any:
    """The hyperbolic tangent."""
    raise NotImplementedError


@overload(exp, inline="always")
def _exp(x):
    if x == types.float32:
        return lambda x: exp32(x)
    return lambda x: _exp64(x)


@overload(tanh, inline="always")
def _tanh(x):
    if x == types.float32:
        return lambda x: tanh32(x)
    return lambda x: _tanh64(x)


def sigmoid(x: Any) -> Any:
    """1 / (1 + e^-x)."""
    raise NotImplementedError


@overload(sigmoid, inline="always")
def _sigmoid(x):
    if x == types.float32:
        return lambda x: sigmoid32(x)
    return lambda x: 1.0 / (1.0 + _exp64(-x))


@intrinsic
def like(typing: Any, number: Any, x: Any) -> Any:
    """A number in the type of another one."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return context.cast(builder, arguments[0], number, x)

    return x(number, x), generate


@helper
def normal_cdf(z: Any) -> Any:
    """The cumulative distribution function of the normal distribution."""
    return 0.5 * (1.0 + math.erf(z * math.sqrt(0.5)))


@helper
def normal_pdf(z: Any) -> Any:
    """The density of the normal distribution."""
    return exp(-0.5 * z * z) * math.sqrt(0.5 / math.pi)


LANES = (0, 0, 0, 0, 0, 0, 0, 0)
"""Stands for the number of neighbours that a formula computes at once; see `vectors.lanes_of`."""


@helper
def combine(function: Any, gradient: Any, at: int, values: Any, back: int, count: int) -> None:
    """Turn a stretch of a gradient, or of anything, into a function of it and of a stretch of values."""
    i = 0
    while i + 8 <= count:
        store(gradient, at + i, function(load(gradient, at + i, LANES), load(values, back + i, LANES)))
        i += 8
    while i < count:
        put(gradient, at + i, function(get(gradient, at + i), get(values, back + i)))
        i += 1


@helper
def apply_relu(values: Any, first: int, last: int) -> None:
    """Turn z into relu(z) in place."""
    combine(relu, values, first, values, first, last - first)


def apply_tanh(values: Any, first: int, last: int) -> None:
    """Turn z into tanh(z) in place."""
    raise NotImplementedError


def apply_sigmoid(values: Any, first: int, last: int) -> None:
    """Turn z into its sigmoid in place."""
    raise NotImplementedError


@overload(apply_tanh)
def _apply_tanh(values: Any, first: int, last: int) -> Any:
    return _by_lanes(tanh32) if values.dtype == types.float32 else _one_by_one(tanh)


@overload(apply_sigmoid)
def _apply_sigmoid(values: Any, first: int, last: int) -> Any:
    return _by_lanes(sigmoid32) if values.dtype == types.float32 else _one_by_one(sigmoid)


def _by_lanes(function: Any) -> Any:
    def each(values: Any, first: int, last: int) -> None:
        i = first
        while i + 8 <= last:
            store(values, i, function(load(values, i, LANES)))
            i += 8
        while i < last:
            put(values, i, function(get(values, i)))
            i += 1

    return each


def _one_by_one(function: Any) -> Any:
    def each(values: Any, first: int, last: int) -> None:
        for i in range(first, last):
            put(values, i, function(get(values, i)))

    return each


class Formula(NamedTuple):
    """f as an expression of z, and f' as one of y = f(z), or of z if the language's table says so.

    They are text, from which one function with a branch for each is made: compiled code cannot call what it looks up in
    a table, and many small functions take half as long again to compile.

    Optional, where it is faster: ``apply``, a function that computes f in place, and ``pull``, one that multiplies a
    gradient by f' of y, both vectors or both numbers.
    """

    function: str
    slope: str
    apply: Any = None
    pull: Any = None


FORMULAS = {
    "identity": Formula("z", "one"),
    "tanh": Formula("tanh(z)", "one - y * y", apply_tanh, tanh_slope),
    "sigmoid": Formula("sigmoid(z)", "y * (one - y)", apply_sigmoid, sigmoid_slope),
    "relu": Formula("z if z > zero else zero", "one if y > zero else zero", apply_relu, relu),
    "leaky_relu": Formula("z if z > zero else like(0.01, z) * z", "one if y > zero else like(0.01, y)"),
    "elu": Formula("z if z > zero else math.expm1(z)", "one if y > zero else y + one"),
    "softplus": Formula("math.log1p(exp(-abs(z))) + (z if z > zero else zero)", "-math.expm1(-y)"),
    "gelu": Formula("z * normal_cdf(z)", "normal_cdf(z) + z * normal_pdf(z)"),
    "sin": Formula("math.sin(z)", "math.cos(z)"),
    "gaussian": Formula("exp(-z * z)", "-2 * z * exp(-z * z)"),
    "hard_tanh": Formula("one if z >= one else (-one if z <= -one else z)", "one if -one < y < one else zero"),
}
"""The activations of single neurons."""
CODES = tuple(FORMULAS)
"""The names of the activations of single neurons: kernels know each by its position here."""
GROUP_CODES = ("softmax", "standardize")
"""The same for the activations of groups, whose formulas are in ``groups``."""


def _compile(arguments: str, begin: str, branch: Callable[[str], str], end: str = "") -> Any:
    """Compile a function that has a branch for each code, of which ``branch`` makes the text by the name."""
    branches = [f"if code == {code}:\n{indent(branch(name), '  ')}" for code, name in enumerate(CODES)]
    faster = {f"{way}_{name}": getattr(FORMULAS[name], way) for name in CODES for way in ("apply", "pull")}
    names = globals() | faster
    exec(f"def made({arguments}):\n" + indent("\n".join([begin, *branches, end]), "  "), names)
    return part(names["made"])


def _apply(name: str) -> str:
    formula = FORMULAS[name]
    if formula.apply:
        return f"apply_{name}(values, first, last)"
    return f"for i in range(first, last):\n  z = get(values, i)\n  put(values, i, {formula.function})"


def _pull(name: str) -> str:
    formula = FORMULAS[name]
    if formula.pull:
        return f"combine(pull_{name}, gradient, at, values, back, count)"
    if not ACTIVATIONS[name].from_output:
        return "pass"
    return (
        "for i in range(count):\n"
        "  y = get(values, back + i)\n"
        f"  put(gradient, at + i, get(gradient, at + i) * ({formula.slope}))"
    )


def _output(name: str) -> str:
    return f"found = {FORMULAS[name].function if ACTIVATIONS[name].from_output else 'z'}"


def _slope(name: str) -> str:
    return f"found = {FORMULAS[name].slope}"


_of_array = "zero, one = values.dtype.type(0), values.dtype.type(1)"
_of_number = "zero, one, found = like(0, z), like(1, z), z"
apply = _compile("code, values, first, last", _of_array, _apply)
"""Turn z into f(z) in place, at ``first`` to ``last`` of a flat array."""
pull = _compile("code, gradient, at, values, back, count", _of_array, _pull)
"""Multiply a stretch of a gradient by f', from a stretch of y."""
output = _compile("code, z", _of_number, _output, "return found")
"""Return f(z) if f' is a function of it, otherwise z."""
slope = _compile("code, z, y", _of_number, _slope, "return found")
"""Return f'(z)."""


@part
def apply_slope(code: int, gradient: Any, at: int, values: Any, back: int, count: int, of_z: bool) -> None:
    """Multiply a stretch of a gradient by f', from a stretch of z if ``of_z``, otherwise of y."""
    if of_z:
        for i in range(count):
            z = get(values, back + i)
            put(gradient, at + i, get(gradient, at + i) * slope(code, z, output(code, z)))
    else:
        pull(code, gradient, at, values, back, count)
