"""A network in JAX: a scan over steps, compiled as a whole, with its gradient."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from itertools import accumulate
from typing import Any

import numpy as np

import graphnet as gn
from graphnet.execute.contract import Estimate
from graphnet.language.arrays import Array

from .forward import Forward
from .parts import Parts


class JaxPeer:
    """Outputs, loss and gradient of a network on one batch, computed by JAX."""

    keeps_memory = True

    def __init__(self, net: gn.Network, parts: Parts, form: str, inputs: Array, targets: Array) -> None:
        self._jax = jax = import_module("jax")
        self._double = net.dtype == np.float64
        forward = Forward(parts, form, _Operations())

        def loss(numbers: Any, arrays: Any, x: Any, y: Any) -> Any:
            return ((forward(numbers, arrays, x) - y) ** 2).mean()

        with self._precision():
            x, y = (jax.numpy.asarray(a.transpose(2, 1, 0), net.dtype) for a in (inputs, targets))
            arrays = [jax.numpy.asarray(array) for array in parts.arrays]
            self._to_run = jax.numpy.asarray(net.parameters), arrays, x
            self._to_learn = *self._to_run, y
            # compiled here, so that no timed call includes it
            self._run = jax.jit(forward).lower(*self._to_run).compile()
            self._value_and_grad = jax.jit(jax.value_and_grad(loss)).lower(*self._to_learn).compile()

    def run(self) -> None:
        """Compute the outputs."""
        with self._precision():
            self._jax.block_until_ready(self._run(*self._to_run))

    def value_and_grad(self) -> tuple[float, Array]:
        """Return the loss, and its gradient for every parameter."""
        with self._precision():
            value, gradient = self._jax.block_until_ready(self._value_and_grad(*self._to_learn))
            return float(value), np.asarray(gradient)

    def estimate(self) -> Estimate | None:
        """Return the memory that the compiler reserves for the two, or None where it does not report it."""
        said = [made.memory_analysis() for made in (self._run, self._value_and_grad)]
        if None in said:
            return None
        return Estimate(*(int(one.temp_size_in_bytes + one.output_size_in_bytes) for one in said))

    def _precision(self) -> AbstractContextManager[Any]:
        """Return a context in which JAX keeps double precision, where the network has it."""
        return self._jax.enable_x64(True) if self._double else nullcontext()


class _Operations:
    """``forward.Operations`` in JAX."""

    def __init__(self) -> None:
        self._jax = jax = import_module("jax")
        self._sparse = import_module("jax.experimental.sparse")
        self.numpy = jnp = jax.numpy
        self._formulas: dict[str, Callable[[Any], Any]] = {
            "identity": lambda z: z,
            "tanh": jnp.tanh,
            "sigmoid": jax.nn.sigmoid,
            "relu": jax.nn.relu,
            "leaky_relu": jax.nn.leaky_relu,
            "elu": jax.nn.elu,
            "softplus": jax.nn.softplus,
            "gelu": lambda z: jax.nn.gelu(z, approximate=False),
            "sin": jnp.sin,
            "gaussian": lambda z: jnp.exp(-z * z),
            "hard_tanh": jax.nn.hard_tanh,
        }

    def activate(self, name: str, z: Any) -> Any:
        return self._formulas[name](z)

    def take(self, values: Any, index: Any) -> Any:
        return values[index]

    def sum_into(self, n_rows: int, index: Any, values: Any) -> Any:
        return self._jax.ops.segment_sum(values, index, n_rows, indices_are_sorted=True)

    def split(self, values: Any, sizes: list[int]) -> Sequence[Any]:
        return self.numpy.split(values, list(accumulate(sizes))[:-1]) if sizes else []

    def dense(self, values: Any, rows: Any, columns: Any, shape: tuple[int, int]) -> Any:
        zeros = self.numpy.zeros(shape, values.dtype)
        return zeros.at[rows, columns].set(values, indices_are_sorted=True, unique_indices=True)

    def sparse(self, values: Any, rows: Any, columns: Any, pointers: Any, shape: tuple[int, int]) -> Any:
        places = self.numpy.stack([rows, columns], axis=1)
        return self._sparse.BCOO((values, places), shape=shape, indices_sorted=True, unique_indices=True)

    def scan(self, advance: Callable[[Any, Any], Any], z: Any, initial: Any, depth: int) -> Any:
        jnp, lax = self.numpy, self._jax.lax

        def step(carry: Any, now: Any) -> Any:
            # a ring of the last steps' values; most networks need one step
            ring, t = carry
            y = advance(now, lambda delay: lax.dynamic_index_in_dim(ring, (t - delay) % depth, keepdims=False))
            return (lax.dynamic_update_index_in_dim(ring, y, t % depth, 0), t + 1), y

        start = jnp.broadcast_to(initial, (depth, *initial.shape)), jnp.asarray(0, jnp.int32)
        _, values = lax.scan(step, start, jnp.moveaxis(z, 1, 0))
        return jnp.moveaxis(values, 0, 1)
