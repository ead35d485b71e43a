"""Activations, and products with sparse matrices, in torch operations that autograd differentiates."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from functools import cache
from importlib import import_module
from typing import Any

from ..language.activations import VARIANCE_FLOOR

DOT_BYTES = 1 << 24
"""Bytes of each factor that ``Dot`` gathers at a time."""


@cache
def import_torch() -> Any:
    """Return the torch package, or raise an ImportError that says how to install it."""
    try:
        return import_module("torch")
    except ImportError:
        raise ImportError("to_torch needs torch: pip install torch", name="torch") from None


def _softplus(z: Any) -> Any:
    # above 40 softplus(z) is z in double precision; the default threshold of 20 loses half the digits
    return import_torch().nn.functional.softplus(z, threshold=40)


def _function(name: str, *arguments: Any) -> Callable[[Any], Any]:
    return lambda z: getattr(import_torch().nn.functional, name)(z, *arguments)


POINTWISE_FORMULAS: dict[str, Callable[[Any], Any]] = {
    "identity": lambda z: z,
    "tanh": lambda z: z.tanh(),
    "sigmoid": lambda z: z.sigmoid(),
    "relu": lambda z: z.relu(),
    "leaky_relu": _function("leaky_relu", 0.01),
    "elu": _function("elu"),
    "softplus": _softplus,
    "gelu": _function("gelu"),
    "sin": lambda z: z.sin(),
    "gaussian": lambda z: (-z * z).exp(),
    "hard_tanh": _function("hardtanh"),
}


def _softmax(z: Any, active: Any) -> Any:
    if active is None:
        return z.softmax(1)
    torch = import_torch()
    # shifting all members alike changes nothing, so neither does the gradient of the shift
    largest = z.detach().masked_fill(~active, -torch.inf).amax(1, keepdim=True)
    e = torch.where(active, torch.where(active, z - largest, 0).exp(), 0)
    total = e.sum(1, keepdim=True)
    return e / torch.where(total == 0, 1, total)


def _standardize(z: Any, active: Any) -> Any:
    torch = import_torch()
    if active is None:
        deviation = z - z.mean(1, keepdim=True)
        variance = (deviation * deviation).mean(1, keepdim=True)
    else:
        share = 1 / active.sum(1, keepdim=True).clamp(min=1).to(z.dtype)
        mean = torch.where(active, z, 0).sum(1, keepdim=True) * share
        deviation = torch.where(active, z - mean, 0)
        variance = (deviation * deviation).sum(1, keepdim=True) * share
    return deviation / (variance + VARIANCE_FLOOR).sqrt()


GROUP_FORMULAS: dict[str, Callable[[Any, Any], Any]] = {"softmax": _softmax, "standardize": _standardize}
"""Functions of z (n_groups, n_members, k) and of ``active``, of the same shape, or None: all are; others get 0."""


def product(values: Any, places: Any, n_rows: int, x: Any) -> Any:
    """Return a sparse matrix (n_rows, n_columns) times ``x`` (n_columns, k), differentiable any number of times.

    ``values`` (n_entries,) are its entries at ``places`` (2, n_entries), rows and columns.  Only the two factors are
    kept for the backward pass; autograd through a gather would keep n_entries * k numbers, and the gradient that torch
    computes for a sparse matrix takes n_rows * n_columns numbers.
    """
    return _functions()[0].apply(values, x, places, n_rows)


def dense_product(matrix: Any, x: Any) -> Any:
    """Return a dense matrix times ``x``, of which the backward pass keeps its dtype inside an autocast region too."""
    return _functions()[2].apply(matrix, x)


def is_autocast(device: str) -> bool:
    """Return True inside an autocast region of a type of device."""
    torch = import_torch()
    return torch.amp.is_autocast_available(device) and torch.is_autocast_enabled(device)


def without_autocast(device: str) -> Any:
    """Return a context in which operations on a type of device keep the dtype of their arguments."""
    return import_torch().autocast(device, enabled=False) if is_autocast(device) else nullcontext()


@cache
def _functions() -> tuple[Any, Any, Any]:
    torch = import_torch()

    def one_by_one(function: Any, batch_size: int, in_dims: Any, arguments: Any) -> Any:
        """Return the results for each of a batch of arguments, and their axis, as ``vmap`` takes them."""
        parts = [
            [one if axis is None else one.select(axis, i) for one, axis in zip(arguments, in_dims, strict=True)]
            for i in range(batch_size)
        ]
        return torch.stack([function.apply(*part) for part in parts]), 0

    class Product(torch.autograd.Function):  # type: ignore[name-defined,misc]
        @staticmethod
        def forward(values: Any, x: Any, places: Any, n_rows: int) -> Any:
            matrix = torch.sparse_coo_tensor(places, values.detach(), (n_rows, len(x)), check_invariants=False)
            return torch.sparse.mm(matrix, x.detach().contiguous())

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            *tensors, ctx.n_rows = inputs
            ctx.save_for_backward(*tensors)
            ctx.save_for_forward(*tensors)

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            values, x, places = ctx.saved_tensors
            with without_autocast(grad.device.type):
                grad_values = Dot.apply(grad, x, places) if ctx.needs_input_grad[0] else None
                grad_x = Product.apply(values, grad, places.flip(0), len(x)) if ctx.needs_input_grad[1] else None
            return grad_values, grad_x, None, None

        @staticmethod
        def jvp(ctx: Any, change_values: Any, change_x: Any, *_: Any) -> Any:
            values, x, places = ctx.saved_tensors
            return Product.apply(change_values, x, places, ctx.n_rows) + Product.apply(
                values, change_x, places, ctx.n_rows
            )

        @staticmethod
        def vmap(info: Any, in_dims: Any, *arguments: Any) -> Any:
            return one_by_one(Product, info.batch_size, in_dims, arguments)

    class Dot(torch.autograd.Function):  # type: ignore[name-defined,misc]
        """Dot products, for each place, of a row of ``left`` and one of ``right``, (n_entries,)."""

        @staticmethod
        def forward(left: Any, right: Any, places: Any) -> Any:
            size = max(1, DOT_BYTES // (left.shape[1] * left.element_size()))
            parts = [
                (left.index_select(0, row) * right.index_select(0, column)).sum(1)
                for row, column in (some.unbind() for some in places.split(size, 1))
            ]
            return torch.cat(parts)

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            ctx.save_for_backward(*inputs)
            ctx.save_for_forward(*inputs)

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            left, right, places = ctx.saved_tensors
            with without_autocast(grad.device.type):
                grad_left = Product.apply(grad, right, places, len(left)) if ctx.needs_input_grad[0] else None
                grad_right = Product.apply(grad, left, places.flip(0), len(right)) if ctx.needs_input_grad[1] else None
            return grad_left, grad_right, None

        @staticmethod
        def jvp(ctx: Any, change_left: Any, change_right: Any, _: Any) -> Any:
            left, right, places = ctx.saved_tensors
            return Dot.apply(change_left, right, places) + Dot.apply(left, change_right, places)

        @staticmethod
        def vmap(info: Any, in_dims: Any, *arguments: Any) -> Any:
            return one_by_one(Dot, info.batch_size, in_dims, arguments)

    class DenseProduct(torch.autograd.Function):  # type: ignore[name-defined,misc]
        generate_vmap_rule = True

        @staticmethod
        def forward(left: Any, right: Any) -> Any:
            return left @ right

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            ctx.save_for_backward(*inputs)
            ctx.save_for_forward(*inputs)

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            left, right = ctx.saved_tensors
            with without_autocast(grad.device.type):
                grad_left = DenseProduct.apply(grad, right.T) if ctx.needs_input_grad[0] else None
                grad_right = DenseProduct.apply(left.T, grad) if ctx.needs_input_grad[1] else None
            return grad_left, grad_right

        @staticmethod
        def jvp(ctx: Any, change_left: Any, change_right: Any) -> Any:
            left, right = ctx.saved_tensors
            return DenseProduct.apply(change_left, right) + DenseProduct.apply(left, change_right)

    return Product, Dot, DenseProduct
