"""Modules of networks under autocast and under the transforms of torch.func: the same numbers, or an error."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

import graphnet as gn
from graphnet.testing import cases
from graphnet.torch.to_torch import to_torch
from tests.profiles import scaled

torch = pytest.importorskip("torch")
pytestmark = [
    pytest.mark.torch,
    # by torch itself, where it differentiates forward
    pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning"),
]

DRAWINGS = {
    "elman": lambda: gn.graphs.elman(3, 8, 2),
    "lstm": lambda: gn.graphs.lstm(3, 4, 2),
    "small world": lambda: gn.graphs.small_world(3, 20, 2, seed=0),
    "continuous time": lambda: gn.graphs.continuous_time(3, 5, 2),
    "bidirectional": lambda: gn.graphs.bidirectional(gn.graphs.gru(3, 4, 2)),
}
each_drawing = pytest.mark.parametrize("kind", DRAWINGS)
in_float16_and_bfloat16 = pytest.mark.parametrize("lower", [torch.bfloat16, torch.float16])


def module_of(kind: str, dtype: str = "float64") -> tuple[Any, Any]:
    torch.manual_seed(0)
    module = to_torch(gn.compile(DRAWINGS[kind](), dtype=dtype, seed=0))
    return module, torch.randn(3, 5, 3, dtype=module.numbers.dtype)


def loss_of(module: Any, x: Any) -> Any:
    return lambda numbers: torch.func.functional_call(module, {"numbers": numbers}, (x,)).square().sum()


def gradient(module: Any, x: Any) -> Any:
    return torch.autograd.grad(module(x).square().sum(), module.numbers)[0]


def close(found: Any, expected: Any) -> None:
    np.testing.assert_allclose(found.detach(), expected.detach(), rtol=1e-9, atol=1e-9)


@each_drawing
@in_float16_and_bfloat16
def test_autocast_changes_no_bit(kind: str, lower: Any) -> None:
    module, x = module_of(kind, "float32")
    x.requires_grad_()
    outputs = module(x)
    expected = torch.autograd.grad(outputs.square().sum(), [module.numbers, x])
    with torch.autocast("cpu", dtype=lower):
        found = module(x)
        inside = torch.autograd.grad(found.square().sum(), [module.numbers, x], retain_graph=True)
    after = torch.autograd.grad(found.square().sum(), [module.numbers, x])
    assert found.dtype == torch.float32
    assert torch.equal(found, outputs)
    for ours, theirs in ((inside, expected), (after, expected)):
        assert all(map(torch.equal, ours, theirs))


@settings(max_examples=scaled(30))
@given(cases())
def test_autocast_changes_no_bit_of_any_drawing(case: Any) -> None:
    module = to_torch(gn.compile(case.graph, dtype="float32", seed=0))
    x = torch.tensor(case.inputs, dtype=torch.float32)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = module(x, lengths=case.lengths)
    assert torch.equal(found, module(x, lengths=case.lengths))


@in_float16_and_bfloat16
def test_a_layer_before_it_may_make_lower_precision_under_autocast(lower: Any) -> None:
    module, x = module_of("elman", "float32")
    layer = torch.nn.Linear(3, 3)
    with torch.autocast("cpu", dtype=lower):
        made = layer(x)
        found = torch.nn.Sequential(layer, module)(x)
    assert made.dtype == lower
    assert torch.equal(found, module(made.float()))


@each_drawing
def test_gradients_of_functional_calls(kind: str) -> None:
    module, x = module_of(kind)
    numbers = module.numbers.detach()
    expected = gradient(module, x)
    close(torch.func.grad(loss_of(module, x))(numbers), expected)
    close(torch.func.jacrev(loss_of(module, x))(numbers), expected)
    change = torch.randn_like(numbers)
    value, slope = torch.func.jvp(loss_of(module, x), (numbers,), (change,))
    close(value, module(x).square().sum())
    close(slope, expected @ change)


@each_drawing
def test_vmap_over_samples_and_over_networks(kind: str) -> None:
    module, x = module_of(kind)
    expected = module(x)
    close(torch.vmap(lambda one: module(one[None])[0])(x), expected)
    close(torch.vmap(lambda one: module(one[:, None].transpose(0, 1))[0], in_dims=1)(x.transpose(0, 1)), expected)
    numbers = torch.stack([module.numbers.detach() * factor for factor in (1.0, 0.5)])
    found = torch.vmap(lambda one: torch.func.functional_call(module, {"numbers": one}, (x,)))(numbers)
    for one, outputs in zip(numbers, found, strict=True):
        close(outputs, torch.func.functional_call(module, {"numbers": one}, (x,)))
    by_sample = torch.vmap(lambda one: torch.func.grad(loss_of(module, one[None]))(module.numbers.detach()))(x)
    close(by_sample.sum(0), gradient(module, x))


@each_drawing
def test_hessians_are_those_of_the_network(kind: str) -> None:
    module, x = module_of(kind)
    numbers = module.numbers.detach()
    found = torch.func.hessian(loss_of(module, x))(numbers)
    vector = np.random.default_rng(0).standard_normal(len(numbers))
    net, targets = module.network, np.zeros((3, 5, 2))
    expected = net.hvp(x, targets, vector) * targets.size
    np.testing.assert_allclose(found @ torch.tensor(vector), expected, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x: x.bfloat16(), "inputs are torch.bfloat16 on cpu, the module is torch.float64 on cpu: use .to()"),
        (lambda x: x.float(), "inputs are torch.float32 on cpu, the module is torch.float64 on cpu: use .to()"),
        (lambda x: x.to("meta"), "inputs are on the meta device and have no numbers"),
        (lambda x: x + 0j, "inputs are complex, not real numbers; take .real"),
        (lambda x: x.to_sparse(), "inputs are torch.sparse_coo, not dense: use .to_dense()"),
        (lambda x: x.numpy(), "inputs are a ndarray, not a torch.Tensor"),
        (lambda x: np.ma.masked_array(x.numpy()), "inputs are a MaskedArray, not a torch.Tensor"),
    ],
)
def test_inputs_that_do_not_fit_say_what_to_do(change: Any, message: str) -> None:
    module, x = module_of("elman")
    with pytest.raises(gn.DataError, match=re.escape(message)):
        module(change(x))


def test_lengths_of_any_kind() -> None:
    module, x = module_of("elman")
    expected = module(x, lengths=[5, 2, 3])
    for lengths in (torch.tensor([5, 2, 3], dtype=torch.uint8), np.array([5, 2, 3]), np.ma.masked_array([5, 2, 3])):
        assert torch.equal(module(x, lengths=lengths), expected)
    for lengths in (
        torch.tensor([5, 2, 3], device="meta"),
        torch.tensor([5.0, 2.0, 3.0]).bfloat16(),
        np.ma.masked_array([5, 2, 3], [0, 1, 0]),
    ):
        with pytest.raises(gn.DataError, match=r"^lengths"):
            module(x, lengths=lengths)


def test_numbers_come_back_from_any_precision_and_from_meta_with_an_error() -> None:
    module, _ = module_of("elman")
    module.bfloat16().to_network()
    assert np.array_equal(module.network.parameters, module.numbers.detach().double().numpy())
    with pytest.raises(gn.DataError, match="meta device has no numbers"):
        module.to("meta").to_network()
