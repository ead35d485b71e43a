"""Vectors in registers, for compiled kernels: load, store, multiply-add and sum of ``width`` neighbours at once.

A kernel is compiled anew for each width, which is given by the type of an argument: `load` and `spread` take
``lanes_of(16)`` and return a vector of so many numbers.  LLVM makes instructions of it as wide as the processor has.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, register_model

WIDTHS = {4: (1, 8, 16), 8: (1, 4, 8)}
"""The widths that kernels are compiled for, by the bytes of a number: one, half a line of cache, and a whole one."""


def lanes_of(width: int) -> tuple[int, ...]:
    """Return an argument whose type is the width of the vectors of a kernel."""
    return (0,) * width


class Vector(types.Type):
    """``width`` numbers of one type."""

    def __init__(self, element: Any, width: int) -> None:
        self.element, self.width = element, width
        super().__init__(name=f"Vector({element}, {width})")


@register_model(Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, vector: Vector) -> None:
        element = manager.lookup(vector.element).get_value_type()
        super().__init__(manager, vector, ir.VectorType(element, vector.width))


def _address(context: Any, builder: Any, array_type: Any, array: Any, offset: Any) -> Any:
    made = context.make_array(array_type)(context, builder, array)
    return cgutils.gep_inbounds(builder, made.data, offset)


@intrinsic
def get(typing: Any, array: Any, position: Any) -> Any:
    """Return the number at a position of a flat array, which must not be negative."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load(_address(context, builder, signature.args[0], arguments[0], arguments[1]))

    return array.dtype(array, types.intp), generate


@intrinsic
def put(typing: Any, array: Any, position: Any, number: Any) -> Any:
    """Put a number at a position of a flat array, which must not be negative."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        builder.store(arguments[2], _address(context, builder, signature.args[0], arguments[0], arguments[1]))
        return context.get_dummy_value()

    return types.void(array, types.intp, array.dtype), generate


@intrinsic
def load(typing: Any, array: Any, offset: Any, lanes: Any) -> Any:
    """Return the vector of numbers of a flat array from an offset on."""
    vector = Vector(array.dtype, len(lanes))

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = _address(context, builder, signature.args[0], arguments[0], arguments[1])
        kind = context.get_value_type(vector)
        loaded = builder.load(builder.bitcast(pointer, kind.as_pointer()))
        loaded.align = _size(array.dtype)
        return loaded

    return vector(array, types.intp, lanes), generate


@intrinsic
def store(typing: Any, array: Any, offset: Any, vector: Any) -> Any:
    """Put a vector into a flat array, from an offset on."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = _address(context, builder, signature.args[0], arguments[0], arguments[1])
        kind = context.get_value_type(vector)
        stored = builder.store(arguments[2], builder.bitcast(pointer, kind.as_pointer()))
        stored.align = _size(array.dtype)
        return context.get_dummy_value()

    return types.void(array, types.intp, vector), generate


@intrinsic
def zeros(typing: Any, array: Any, lanes: Any) -> Any:
    """Return a vector of zeros of the dtype of an array."""
    vector = Vector(array.dtype, len(lanes))

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return ir.Constant(context.get_value_type(vector), [0.0] * vector.width)

    return vector(array, lanes), generate


@intrinsic
def spread(typing: Any, array: Any, position: Any, lanes: Any) -> Any:
    """Return a vector that repeats the number at a position of an array."""
    vector = Vector(array.dtype, len(lanes))

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = _address(context, builder, signature.args[0], arguments[0], arguments[1])
        return _splat(context, builder, vector, builder.load(pointer))

    return vector(array, types.intp, lanes), generate


@intrinsic
def multiply_add(typing: Any, x: Any, y: Any, z: Any) -> Any:
    """Return x y + z of vectors, rounded once; x may be a number."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        a, b, c = arguments
        if not isinstance(x, Vector):
            a = _splat(context, builder, y, a)
        kind = context.get_value_type(y)
        name = f"llvm.fma.v{y.width}f{y.element.bitwidth}"
        return builder.call(
            cgutils.get_or_insert_function(builder.module, ir.FunctionType(kind, [kind] * 3), name), [a, b, c]
        )

    return y(x, y, z), generate


@intrinsic
def multiply(typing: Any, x: Any, y: Any) -> Any:
    """Return x y of vectors."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fmul(*arguments)

    return x(x, y), generate


@intrinsic
def add(typing: Any, x: Any, y: Any) -> Any:
    """Return x + y of vectors."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fadd(*arguments)

    return x(x, y), generate


@intrinsic
def total(typing: Any, vector: Any) -> Any:
    """Return the sum of a vector, adding halves until one number is left."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        found, width = arguments[0], vector.width
        while width > 1:
            width //= 2
            halves = [_shuffle(builder, found, found, list(range(first, first + width))) for first in (0, width)]
            found = builder.fadd(*halves)
        return builder.extract_element(found, ir.Constant(ir.IntType(32), 0))

    return vector.element(vector), generate


@intrinsic
def add_totals(typing: Any, array: Any, position: Any, a: Any, b: Any, c: Any, d: Any) -> Any:
    """Add the sums of four vectors to four neighbours of a flat array, from a position on."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        _add_four(context, builder, signature, arguments[0], arguments[1], list(arguments[2:]), a.width)
        return context.get_dummy_value()

    return types.void(array, types.intp, a, b, c, d), generate


@intrinsic
def add_products(typing: Any, array: Any, position: Any, y: Any, a: Any, b: Any, c: Any, d: Any) -> Any:
    """Add the inner products of a vector with four others to four neighbours of a flat array, from a position on."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        products = [builder.fmul(arguments[2], each) for each in arguments[3:]]
        _add_four(context, builder, signature, arguments[0], arguments[1], products, y.width)
        return context.get_dummy_value()

    return types.void(array, types.intp, y, a, b, c, d), generate


def _add_four(context: Any, builder: Any, signature: Any, array: Any, position: Any, four: Any, width: int) -> None:
    array_type = signature.args[0]
    element = context.get_value_type(array_type.dtype)
    kind = ir.VectorType(element, 4)
    if width == 1:
        sums = ir.Constant(kind, ir.Undefined)
        for number, each in enumerate(four):
            one = builder.extract_element(each, ir.Constant(ir.IntType(32), 0))
            sums = builder.insert_element(sums, one, ir.Constant(ir.IntType(32), number))
    else:
        # neighbours are added within blocks of four, where shuffles are cheap, until a block holds one part of each sum
        while len(four) > 1:
            four = [_add_neighbours(builder, *four[k : k + 2], width) for k in range(0, len(four), 2)]
        (sums,) = four
        while width > 4:
            width //= 2
            halves = [_shuffle(builder, sums, sums, list(range(first, first + width))) for first in (0, width)]
            sums = builder.fadd(*halves)
    pointer = builder.bitcast(_address(context, builder, array_type, array, position), kind.as_pointer())
    there = builder.load(pointer)
    there.align = _size(array_type.dtype)
    builder.store(builder.fadd(there, sums), pointer).align = _size(array_type.dtype)


def _add_neighbours(builder: Any, a: Any, b: Any, width: int) -> Any:
    """In each block of four: a0 + a1, a2 + a3, b0 + b1, b2 + b3."""
    masks = ([k + place for k in range(0, width, 4) for place in (odd, odd + 2, odd + width, odd + 2 + width)]
             for odd in (0, 1))  # fmt: skip
    return builder.fadd(*(_shuffle(builder, a, b, mask) for mask in masks))


def _shuffle(builder: Any, a: Any, b: Any, mask: list[int]) -> Any:
    return builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(ir.IntType(32), len(mask)), mask))


def _splat(context: Any, builder: Any, vector: Vector, number: Any) -> Any:
    kind = context.get_value_type(vector)
    one = builder.insert_element(ir.Constant(kind, ir.Undefined), number, ir.Constant(ir.IntType(32), 0))
    mask = ir.Constant(ir.VectorType(ir.IntType(32), vector.width), [0] * vector.width)
    return builder.shuffle_vector(one, one, mask)


def _size(dtype: Any) -> int:
    return int(dtype.bitwidth) // 8
