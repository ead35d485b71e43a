"""Tensors as data of a network: the numbers of the same arrays, or an error that says which method helps."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import graphnet as gn
from tests.network.test_kinds_of_data import ENTRIES, LENGTHS_OF, NET

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

NUMBERS: dict[str, Callable[[Any], Any]] = {
    "float64": torch.tensor,
    "list": lambda array: [torch.tensor(row) for row in array],
    "half": lambda array: torch.tensor(array).half(),
    "uint8": lambda array: torch.tensor(array, dtype=torch.uint8),
    "bool": lambda array: torch.tensor(array, dtype=torch.bool),
    "transposed": lambda array: torch.tensor(array.T.copy()).permute(*range(array.ndim)[::-1]),
    "parameter without gradient": lambda array: torch.nn.Parameter(torch.tensor(array), requires_grad=False),
}


def quantized(array: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.quantize_per_tensor(torch.tensor(array).float(), 1.0, 0, torch.quint8)


def in_csr(array: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.tensor(array.reshape(len(array), -1)).to_sparse_csr()


def nested(array: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.nested.nested_tensor([torch.ones(2), torch.ones(3)])


REFUSED: dict[str, tuple[Callable[[Any], Any], str]] = {
    "gradient": (lambda array: torch.tensor(array, dtype=torch.float64, requires_grad=True), "values.detach()"),
    "list of gradients": (
        lambda array: [torch.tensor(row, dtype=torch.float64, requires_grad=True) for row in array],
        "values.detach()",
    ),
    "gradient in bfloat16": (
        lambda array: torch.tensor(array, dtype=torch.bfloat16, requires_grad=True),
        "values.detach().float()",
    ),
    "bfloat16": (lambda array: torch.tensor(array).bfloat16(), "values.float()"),
    "float8": (lambda array: torch.tensor(array).to(torch.float8_e5m2), "values.float()"),
    "meta": (lambda array: torch.tensor(array, device="meta"), "has no numbers"),
    "complex": (lambda array: torch.tensor(array) + 0j, "take .real"),
    "conjugate": (lambda array: (torch.tensor(array) + 0j).conj(), "values.resolve_conj()"),
    "negative": (lambda array: torch._neg_view(torch.tensor(array)), "values.resolve_neg()"),
    "sparse": (lambda array: torch.tensor(array).to_sparse(), "values.to_dense()"),
    "csr": (in_csr, "values.to_dense()"),
    "quantized": (quantized, "values.dequantize()"),
    "nested": (nested, "values.to_padded_tensor(0)"),
}


@pytest.mark.parametrize("entry", ENTRIES)
@pytest.mark.parametrize("kind", NUMBERS)
def test_tensors_give_the_numbers_of_arrays(entry: str, kind: str) -> None:
    call, data = ENTRIES[entry]
    assert np.array_equal(call(NUMBERS[kind](data)), call(data))


@pytest.mark.parametrize("entry", [entry for entry in ENTRIES if entry != "targets of a function"])
@pytest.mark.parametrize("kind", REFUSED)
def test_tensors_that_numpy_cannot_read_are_refused_with_a_method_that_helps(entry: str, kind: str) -> None:
    call, data = ENTRIES[entry]
    make, advice = REFUSED[kind]
    with pytest.raises(gn.DataError, match=re.escape(advice)):
        call(make(data))


@pytest.mark.parametrize("entry", LENGTHS_OF)
def test_tensors_as_lengths(entry: str) -> None:
    call, data = LENGTHS_OF[entry]
    assert np.array_equal(call(torch.tensor(data, dtype=torch.uint8)), call(data))
    for kind in ("bfloat16", "float8", "sparse", "quantized", "meta"):
        with pytest.raises(gn.DataError, match=r"^lengths"):
            call(REFUSED[kind][0](data))


@pytest.mark.parametrize("transform", [torch.vmap, torch.func.grad])
def test_networks_inside_transforms_of_torch_say_that_to_torch_is_what_it_transforms(transform: Any) -> None:
    with pytest.raises(gn.DataError, match=re.escape("gn.graphs.to_torch(net)")):
        transform(lambda x: NET.run(x).sum())(torch.ones(2, 3, 1))
