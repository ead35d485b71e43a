"""exp, tanh and sigmoid in single precision, and slopes in any, in the processor's own operations.

Each is an intrinsic of numbers and of vectors alike, with the same bits for both, and without branches or calls.

exp is that of the Cephes library (Moshier 1989): below 3 units in the last place where the result is a normal number;
smaller results are 0.  tanh(x) is x P(x^2) / Q(x^2), of least largest relative error (2.2e-8) on -9 to 9 for these
degrees; rounding makes that 2.7 units in the last place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from .vectors import Vector

EXP = (1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1)
"""Of (e^r - 1 - r) / r^2, the highest power first."""
TANH_ABOVE = (1.3419817257442901e-08, 2.0661269445554353e-05, 0.003498996840789914, 0.13383981585502625, 1.0)
TANH_BELOW = (7.804730444149754e-07, 0.00032910393201746047, 0.025890210643410683, 0.4671730399131775, 1.0)
"""P and Q, the highest power first."""
TANH_END = 9.0
"""From here on tanh is 1."""


class _Emitter:
    """Operations on numbers or vectors of one kind, and constants of this kind."""

    def __init__(self, builder: Any, kind: Any, lanes: int) -> None:
        self.builder, self.kind, self.lanes = builder, kind, lanes

    def number(self, value: float) -> Any:
        """A constant."""
        return ir.Constant(self.kind, value if not self.lanes else [value] * self.lanes)

    def multiply_add(self, x: Any, y: Any, z: Any) -> Any:
        """x y + z, rounded once."""
        element = self.kind.element if self.lanes else self.kind
        bits = 32 if isinstance(element, ir.FloatType) else 64
        name = f"llvm.fma.v{self.lanes}f{bits}" if self.lanes else f"llvm.fma.f{bits}"
        kind = ir.FunctionType(self.kind, [self.kind] * 3)
        return self.builder.call(cgutils.get_or_insert_function(self.builder.module, kind, name), [x, y, z])

    def polynomial(self, coefficients: Sequence[float], x: Any) -> Any:
        """The highest power first."""
        found = self.number(coefficients[0])
        for coefficient in coefficients[1:]:
            found = self.multiply_add(found, x, self.number(coefficient))
        return found

    def where(self, comparison: str, x: Any, y: Any, yes: Any, no: Any) -> Any:
        """``yes`` where x compares so with y, otherwise, also for NaN, ``no``."""
        return self.builder.select(self.builder.fcmp_ordered(comparison, x, y), yes, no)

    def clamp(self, x: Any, low: float, high: float) -> Any:
        """x, at least ``low`` and at most ``high``; NaN stays NaN."""
        least, most = self.number(low), self.number(high)
        x = self.where("<", x, least, least, x)
        return self.where(">", x, most, most, x)

    def exp(self, x: Any) -> Any:
        """e^x."""
        builder, number = self.builder, self.number
        whole = ir.IntType(32) if not self.lanes else ir.VectorType(ir.IntType(32), self.lanes)

        def integer(value: int) -> Any:
            return ir.Constant(whole, value if not self.lanes else [value] * self.lanes)

        inside = self.clamp(x, -87.0, 88.0)
        # adding and taking away 1.5 2^23 rounds to a whole number
        n = self.multiply_add(inside, number(1.44269504088896341), number(12582912.0))
        n = builder.fsub(n, number(12582912.0))
        r = self.multiply_add(n, number(-0.693359375), inside)
        r = self.multiply_add(n, number(2.12194440e-4), r)
        p = self.multiply_add(self.polynomial(EXP, r), builder.fmul(r, r), r)
        power = builder.shl(builder.add(builder.fptosi(n, whole), integer(127)), integer(23))
        found = builder.fmul(builder.fadd(p, number(1.0)), builder.bitcast(power, self.kind))
        found = self.where("<", x, number(-87.0), number(0.0), found)
        return self.where(">", x, number(88.0), number(float("inf")), found)

    def tanh(self, x: Any) -> Any:
        """The hyperbolic tangent."""
        inside = self.clamp(x, -TANH_END, TANH_END)
        z = self.builder.fmul(inside, inside)
        above = self.builder.fmul(inside, self.polynomial(TANH_ABOVE, z))
        return self.clamp(self.builder.fdiv(above, self.polynomial(TANH_BELOW, z)), -1.0, 1.0)

    def sigmoid(self, x: Any) -> Any:
        """1 / (1 + e^-x)."""
        one = self.number(1.0)
        return self.builder.fdiv(one, self.builder.fadd(one, self.exp(self.builder.fsub(self.number(-0.0), x))))

    def tanh_slope(self, grad: Any, y: Any) -> Any:
        """A gradient times tanh', of y = tanh(x)."""
        minus = self.builder.fsub(self.number(-0.0), y)
        return self.builder.fmul(grad, self.multiply_add(minus, y, self.number(1.0)))

    def sigmoid_slope(self, grad: Any, y: Any) -> Any:
        """A gradient times the derivative of the sigmoid, of y = sigmoid(x)."""
        return self.builder.fmul(grad, self.builder.fmul(y, self.builder.fsub(self.number(1.0), y)))

    def relu(self, x: Any, z: Any) -> Any:
        """x where z is above 0, else 0."""
        zero = self.number(0.0)
        return self.where(">", z, zero, x, zero)


def _made_by(make: Callable[..., Any], n_arguments: int, *elements: Any) -> Any:
    """An intrinsic of so many numbers or vectors of one type."""

    def of_type(x: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            lanes = x.width if isinstance(x, Vector) else 0
            return make(_Emitter(builder, context.get_value_type(x), lanes), *arguments)

        element = x.element if isinstance(x, Vector) else x
        return (x(*[x] * n_arguments), generate) if element in elements else None

    def one(typing: Any, x: Any) -> Any:
        return of_type(x)

    def two(typing: Any, x: Any, y: Any) -> Any:
        return of_type(x)

    return intrinsic(one if n_arguments == 1 else two)


exp32 = _made_by(_Emitter.exp, 1, types.float32)
tanh32 = _made_by(_Emitter.tanh, 1, types.float32)
sigmoid32 = _made_by(_Emitter.sigmoid, 1, types.float32)
tanh_slope = _made_by(_Emitter.tanh_slope, 2, types.float32, types.float64)
sigmoid_slope = _made_by(_Emitter.sigmoid_slope, 2, types.float32, types.float64)
relu = _made_by(_Emitter.relu, 2, types.float32, types.float64)
