"""Activations for compiled kernels, as arithmetic without branches or calls, so that loops over them become vectors.

In double precision exp and tanh are those of the Cephes library (Moshier 1989), with a relative error below 3 units in
the last place where the result is a normal number; what is smaller is 0.  In single precision see ``arithmetic``.  The
others follow from these, or are the processor's.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic, overload, register_jitable

from .arithmetic import exp32, relu, sigmoid32, sigmoid_slope, tanh32, tanh_slope
from .cache import helper, part
from .vectors import get, load, put, store

CODES = (
    "identity", "tanh", "sigmoid", "relu", "leaky_relu", "elu", "softplus", "gelu", "sin", "gaussian", "hard_tanh",
)  # fmt: skip
"""The activations of single neurons; what kernels call them is the position here."""
GROUP_CODES = ("softmax", "standardize")
"""The activations of groups."""


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


LANES = (0, 0, 0, 0, 0, 0, 0, 0)
"""What tells how many neighbours a formula is worked out for at once."""


def apply_tanh(values: Any, first: int, last: int) -> None:
    """Turn z into tanh(z) where it stands."""
    raise NotImplementedError


def apply_sigmoid(values: Any, first: int, last: int) -> None:
    """Turn z into its sigmoid where it stands."""
    raise NotImplementedError


@overload(apply_tanh)
def _apply_tanh(values: Any, first: int, last: int) -> Any:
    return _by_vectors(tanh32) if values.dtype == types.float32 else _one_by_one(tanh)


@overload(apply_sigmoid)
def _apply_sigmoid(values: Any, first: int, last: int) -> Any:
    return _by_vectors(sigmoid32) if values.dtype == types.float32 else _one_by_one(sigmoid)


def _by_vectors(function: Any) -> Any:
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


@helper
def normal_cdf(z: Any) -> Any:
    """The share of the normal distribution below z."""
    return 0.5 * (1.0 + math.erf(z * math.sqrt(0.5)))


@part
def apply(code: int, values: Any, first: int, last: int) -> None:
    """Turn z into f(z) where it stands, at ``first`` to ``last`` of a flat array."""
    zero = values.dtype.type(0)
    one = values.dtype.type(1)
    if code == 1:
        apply_tanh(values, first, last)
    elif code == 2:
        apply_sigmoid(values, first, last)
    elif code == 3:
        combine(relu, values, first, values, first, last - first)
    elif code == 4:
        small = values.dtype.type(0.01)
        for i in range(first, last):
            put(values, i, get(values, i) if get(values, i) > zero else small * get(values, i))
    elif code == 5:
        for i in range(first, last):
            z = get(values, i)
            put(values, i, z if z > zero else math.expm1(z))
    elif code == 6:
        for i in range(first, last):
            z = get(values, i)
            put(values, i, math.log1p(exp(-abs(z))) + (z if z > zero else zero))
    elif code == 7:
        for i in range(first, last):
            put(values, i, get(values, i) * normal_cdf(get(values, i)))
    elif code == 8:
        for i in range(first, last):
            put(values, i, math.sin(get(values, i)))
    elif code == 9:
        for i in range(first, last):
            put(values, i, exp(-get(values, i) * get(values, i)))
    elif code == 10:
        for i in range(first, last):
            z = get(values, i)
            put(values, i, one if z >= one else (-one if z <= -one else z))


@part
def point(code: int, z: Any) -> Any:
    """f(z) of one number, where f' is told by it; of others z."""
    zero, one = z * 0, z * 0 + 1
    found = z
    if code == 1:
        found = tanh(z)
    elif code == 2:
        found = sigmoid(z)
    elif code == 3:
        found = z if z > zero else zero
    elif code == 4:
        found = z if z > zero else zero + 0.01 * z
    elif code == 5:
        found = z if z > zero else math.expm1(z)
    elif code == 6:
        found = math.log1p(exp(-abs(z))) + (z if z > zero else zero)
    elif code == 10:
        found = one if z >= one else (-one if z <= -one else z)
    return found


@part
def slope(code: int, z: Any, y: Any) -> Any:
    """f'(z), of z where it is not told by y = f(z)."""
    zero, one = y * 0, y * 0 + 1
    found = one
    if code == 1:
        found = one - y * y
    elif code == 2:
        found = y * (one - y)
    elif code == 3:
        found = one if y > zero else zero
    elif code == 4:
        found = one if y > zero else zero + 0.01
    elif code == 5:
        found = one if y > zero else y + one
    elif code == 6:
        found = -math.expm1(-y)
    elif code == 7:
        found = normal_cdf(z) + z * (exp(-0.5 * z * z) * math.sqrt(0.5 / math.pi))
    elif code == 8:
        found = math.cos(z)
    elif code == 9:
        found = -2 * z * exp(-z * z)
    elif code == 10:
        found = one if -one < y < one else zero
    return found


@helper
def combine(function: Any, gradient: Any, at: int, values: Any, back: int, count: int) -> None:
    """Turn a stretch of a gradient, or of anything, into what a function makes of it and of a stretch of values."""
    i = 0
    while i + 8 <= count:
        store(gradient, at + i, function(load(gradient, at + i, LANES), load(values, back + i, LANES)))
        i += 8
    while i < count:
        put(gradient, at + i, function(get(gradient, at + i), get(values, back + i)))
        i += 1


@part
def apply_slope(code: int, gradient: Any, at: int, values: Any, back: int, count: int, of_z: bool) -> None:
    """Multiply a stretch of a gradient with f', told by y, or ``of_z`` by z, in a stretch of values."""
    if of_z:
        for i in range(count):
            z = get(values, back + i)
            put(gradient, at + i, get(gradient, at + i) * slope(code, z, point(code, z)))
    elif code == 1:
        combine(tanh_slope, gradient, at, values, back, count)
    elif code == 2:
        combine(sigmoid_slope, gradient, at, values, back, count)
    elif code == 3:
        combine(relu, gradient, at, values, back, count)
    elif code:
        for i in range(count):
            y = get(values, back + i)
            put(gradient, at + i, get(gradient, at + i) * slope(code, y, y))
