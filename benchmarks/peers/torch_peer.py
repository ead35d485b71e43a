"""A network in torch: a loop over steps, and its gradient by autograd."""

from __future__ import annotations

import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

import graphnet as gn
from graphnet.language.arrays import Array
from graphnet.torch.formulas import POINTWISE_FORMULAS, import_torch

from .forward import Forward
from .parts import Parts


class TorchPeer:
    """Outputs, loss and gradient of a network on one batch, computed by torch.

    ``compute(numbers)`` returns outputs, which have the shape of the targets.
    """

    keeps_memory = False

    def __init__(self, numbers: Any, compute: Callable[[Any], Any], targets: Any) -> None:
        self._numbers, self._compute, self._targets = numbers, compute, targets

    def run(self) -> None:
        """Compute the outputs, without recording anything for a gradient."""
        with import_torch().no_grad():
            self._compute(self._numbers)

    def value_and_grad(self) -> tuple[float, Array]:
        """Return the loss, and its gradient for every parameter."""
        self._numbers.grad = None
        loss = ((self._compute(self._numbers) - self._targets) ** 2).mean()
        loss.backward()
        return float(loss.detach()), self._numbers.grad.numpy()

    def estimate(self) -> None:
        """Return None: torch does not report in advance what it will take."""


def make_torch(net: gn.Network, parts: Parts, form: str, inputs: Array, targets: Array) -> TorchPeer:
    """Return a network as matrices of one form."""
    torch = import_torch()
    x, y = (torch.tensor(np.ascontiguousarray(a.transpose(2, 1, 0), net.dtype)) for a in (inputs, targets))
    arrays = [torch.tensor(array) for array in parts.arrays]
    forward = Forward(parts, form, _Operations())
    numbers = torch.tensor(net.parameters, requires_grad=True)
    return TorchPeer(numbers, lambda numbers: forward(numbers, arrays, x), y)


def make_module(net: gn.Network, inputs: Array, targets: Array) -> TorchPeer:
    """Return a network as the module that ``graphnet.graphs.to_torch`` makes."""
    torch = import_torch()
    x, y = (torch.tensor(np.asarray(array, net.dtype)) for array in (inputs, targets))
    module = gn.graphs.to_torch(net)
    return TorchPeer(module.numbers, lambda _: module(x), y)


@contextmanager
def torch_threads(number: int) -> Iterator[None]:
    """Have torch compute with a number of threads, without its warning that sparse matrices are in beta."""
    torch = import_torch()
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Sparse")
            yield
    finally:
        torch.set_num_threads(before)


class _Operations:
    """``forward.Operations`` in torch."""

    def __init__(self) -> None:
        self.numpy = import_torch()

    def activate(self, name: str, z: Any) -> Any:
        return POINTWISE_FORMULAS[name](z)

    def take(self, values: Any, index: Any) -> Any:
        return values.index_select(0, index)

    def sum_into(self, n_rows: int, index: Any, values: Any) -> Any:
        return values.new_zeros(n_rows, *values.shape[1:]).index_add(0, index, values)

    def split(self, values: Any, sizes: list[int]) -> Sequence[Any]:
        return values.split(sizes)

    def dense(self, values: Any, rows: Any, columns: Any, shape: tuple[int, int]) -> Any:
        return values.new_zeros(shape).index_put((rows.long(), columns.long()), values)

    def sparse(self, values: Any, rows: Any, columns: Any, pointers: Any, shape: tuple[int, int]) -> Any:
        return self.numpy.sparse_csr_tensor(pointers, columns, values, size=shape)

    def scan(self, advance: Callable[[Any, Any], Any], z: Any, initial: Any, depth: int) -> Any:
        past = deque([initial] * depth, maxlen=depth)
        found = []
        for now in z.unbind(1):
            y = advance(now, lambda delay: past[-delay])
            past.append(y)
            found.append(y)
        return self.numpy.stack(found, 1)
