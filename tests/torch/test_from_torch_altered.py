"""Modules that compute something else than their class and parameters say: drawn equal, or refused with a way out."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import graphnet as gn
from graphnet.torch.from_torch import from_torch

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch
nn = torch.nn
utils = torch.nn.utils

MODULES: dict[str, tuple[Callable[[], Any], str, str]] = {
    "Linear": (lambda: nn.Linear(4, 4), "", "weight"),
    "Conv1d": (lambda: nn.Conv1d(4, 4, 2), "", "weight"),
    "RNN": (lambda: nn.RNN(4, 4), "", "weight_hh_l0"),
    "LSTM": (lambda: nn.LSTM(4, 4), "", "weight_hh_l0"),
    "GRU": (lambda: nn.GRU(4, 4), "", "weight_ih_l0"),
    "LayerNorm": (lambda: nn.LayerNorm(4), "", "weight"),
    "MultiheadAttention": (lambda: nn.MultiheadAttention(4, 2), "", "in_proj_weight"),
    "TransformerEncoderLayer": (lambda: nn.TransformerEncoderLayer(4, 2, 3).eval(), "linear1", "weight"),
    "norm of a layer": (lambda: nn.TransformerEncoderLayer(4, 2, 3).eval(), "norm2", "weight"),
    "attention of a layer": (lambda: nn.TransformerEncoderLayer(4, 2, 3).eval(), "self_attn", "in_proj_weight"),
    "projection of a layer": (lambda: nn.TransformerEncoderLayer(4, 2, 3).eval(), "self_attn.out_proj", "weight"),
}
"""Module, the part of it that is altered, and a parameter of that part."""


class Twice(nn.Module):
    def forward(self, weight: Any) -> Any:
        return 2 * weight


def old_norm(part: Any, name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        utils.weight_norm(part, name)


def other_forward(part: Any, name: str) -> None:
    part.forward = lambda *inputs, **more: inputs[0]


ALTERATIONS: dict[str, tuple[Callable[[Any, str], Any], str]] = {
    "hook": (lambda part, name: part.register_forward_hook(lambda module, x, y: y), "forward hook.*handle.remove()"),
    "pre-hook": (lambda part, name: part.register_forward_pre_hook(lambda module, x: x), "pre-hook.*handle.remove()"),
    "old weight norm": (old_norm, "WeightNorm computes.*torch.nn.utils.remove_weight_norm(module)"),
    "weight norm": (
        lambda part, name: utils.parametrizations.weight_norm(part, name),
        "parametrized.*torch.nn.utils.parametrize.remove_parametrizations(module, ",
    ),
    "parametrized": (
        lambda part, name: utils.parametrize.register_parametrization(part, name, Twice()),
        "parametrized.*torch.nn.utils.parametrize.remove_parametrizations(module, ",
    ),
    "pruned": (
        lambda part, name: utils.prune.l1_unstructured(part, name, amount=0.5),
        "pruned.*torch.nn.utils.prune.remove(module, ",
    ),
    "other forward": (other_forward, "forward was replaced.*del module.forward"),
}
WITH_MATRICES = {
    "old spectral norm": (
        lambda part, name: utils.spectral_norm(part, name),
        "SpectralNorm computes.*torch.nn.utils.remove_spectral_norm(module)",
    ),
    "spectral norm": (
        lambda part, name: utils.parametrizations.spectral_norm(part, name),
        "parametrized.*torch.nn.utils.parametrize.remove_parametrizations(module, ",
    ),
    "orthogonal": (
        lambda part, name: utils.parametrizations.orthogonal(part, name),
        "parametrized.*torch.nn.utils.parametrize.remove_parametrizations(module, ",
    ),
}


def refused(module: Any, message: str) -> None:
    pattern = ".*".join(map(re.escape, message.split(".*")))
    with pytest.raises(gn.DataError, match=pattern):
        from_torch(module, window=2)


@pytest.mark.parametrize("kind", MODULES)
@pytest.mark.parametrize("how", ALTERATIONS)
def test_altered_modules_are_refused_with_a_way_out(kind: str, how: str) -> None:
    make, part, name = MODULES[kind]
    alter, message = ALTERATIONS[how]
    module = make()
    from_torch(module, window=2)
    alter(module.get_submodule(part), name)
    refused(module, message)
    refused([nn.Sequential(nn.Linear(4, 4), nn.Sequential(module))], message)


@pytest.mark.parametrize("kind", [kind for kind in MODULES if kind not in ("LayerNorm", "norm of a layer")])
@pytest.mark.parametrize("how", WITH_MATRICES)
def test_modules_with_a_normalised_matrix_are_refused_with_a_way_out(kind: str, how: str) -> None:
    make, part, name = MODULES[kind]
    alter, message = WITH_MATRICES[how]
    module = make()
    alter(module.get_submodule(part), name)
    refused(module, message)


@pytest.mark.parametrize(
    ("alter", "way_out"),
    [
        (old_norm, lambda module: utils.remove_weight_norm(module)),
        (utils.spectral_norm, lambda module: utils.remove_spectral_norm(module)),
        (
            utils.parametrizations.spectral_norm,
            lambda module: utils.parametrize.remove_parametrizations(module, "weight"),
        ),
        (
            lambda module, name: utils.prune.l1_unstructured(module, name, amount=0.5),
            lambda module: utils.prune.remove(module, "weight"),
        ),
    ],
)
def test_the_way_out_leads_to_the_same_network(alter: Any, way_out: Any) -> None:
    torch.manual_seed(0)
    module, x = nn.Linear(3, 3, dtype=torch.float64), torch.randn(2, 4, 3, dtype=torch.float64)
    alter(module, "weight")
    module(x)
    expected = module.eval()(x)
    way_out(module)
    found = gn.compile(from_torch(module)).run(x)
    np.testing.assert_allclose(found, expected.detach(), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("how", ["hook", "pre-hook", "other forward"])
def test_a_chain_that_is_altered_is_refused(how: str) -> None:
    alter, message = ALTERATIONS[how]
    module = nn.Sequential(nn.Linear(2, 2))
    alter(module, "")
    refused(module, message)
    refused([nn.Linear(2, 2), nn.Sequential(module)], message)


def test_hooks_of_all_modules_are_refused() -> None:
    handle = nn.modules.module.register_module_forward_hook(lambda module, x, y: None)
    try:
        refused(nn.Linear(2, 2), "all modules have a forward hook.*remove it")
    finally:
        handle.remove()
    from_torch(nn.Linear(2, 2))


def test_what_does_not_alter_the_function_is_drawn() -> None:
    module = nn.Linear(2, 2)
    module.register_full_backward_hook(lambda module, x, y: None)
    from_torch(module)


def test_all_that_is_altered_is_listed() -> None:
    modules = [nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 2)]
    for module in modules:
        module.register_forward_hook(lambda module, x, y: None)
    with pytest.raises(gn.DataError) as caught:
        from_torch(modules)
    assert [line.split(":")[0] for line in str(caught.value).splitlines()[1:]] == [
        "  - linear_0",
        "  - tanh_1",
        "  - linear_2",
    ]


@pytest.mark.parametrize("part", ["self_attn", "linear1", "linear2", "norm1", "norm2", "self_attn.out_proj"])
@pytest.mark.parametrize("other", [lambda: nn.Sequential(), lambda: nn.BatchNorm1d(4), lambda: nn.Bilinear(4, 3, 4)])
def test_a_layer_with_another_part_is_refused(part: str, other: Any) -> None:
    module = nn.TransformerEncoderLayer(4, 2, 3).eval()
    module.set_submodule(part, other())
    refused(module, f"transformerencoderlayer_0.{part} is a {type(other()).__name__}, and a ")


def test_a_part_of_the_users_class_is_refused() -> None:
    class Linear(nn.Linear):
        def forward(self, x: Any) -> Any:
            return super().forward(x) * 2

    module = nn.TransformerEncoderLayer(4, 2, 3).eval()
    module.linear1 = Linear(4, 3)
    refused(module, "transformerencoderlayer_0.linear1 is a Linear")
    Linear.__module__ = "torch.nn.mine"
    with pytest.raises(gn.GraphError, match=r"module 0 is a Linear of torch\.nn\.mine, not of torch.nn, which"):
        from_torch(Linear(2, 2))


def test_an_activation_of_the_users_own_is_refused_whatever_its_name() -> None:
    def relu(x: Any) -> Any:
        return x * x

    class GELU(nn.Module):
        def forward(self, x: Any) -> Any:
            return x

    for activation in (relu, GELU()):
        with pytest.raises(gn.GraphError, match=r"activation .* is not drawn: it is 'relu' or 'gelu'"):
            from_torch(nn.TransformerEncoderLayer(4, 2, 3, activation=activation).eval(), window=2)
    for known in (torch.relu, nn.functional.relu, nn.functional.gelu, nn.ReLU(), nn.GELU(), "gelu"):
        from_torch(nn.TransformerEncoderLayer(4, 2, 3, activation=known).eval(), window=2)


def test_norms_of_a_layer_have_numbers() -> None:
    module = nn.TransformerEncoderLayer(4, 2, 3).eval()
    module.norm1 = nn.LayerNorm(4, elementwise_affine=False)
    with pytest.raises(gn.GraphError, match=r"norm1: elementwise_affine=False is not drawn, only True"):
        from_torch(module, window=2)


def test_dropout_of_a_part_that_trains_is_refused() -> None:
    for part in ("dropout", "dropout1", "self_attn"):
        module = nn.TransformerEncoderLayer(4, 2, 3).eval()
        module.get_submodule(part).train()
        with pytest.raises(gn.GraphError, match=rf"{part}: dropout p=0\.1 is random"):
            from_torch(module, window=2)


# --- numbers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", MODULES)
def test_parameters_without_numbers_are_refused(kind: str) -> None:
    make, part, name = MODULES[kind]
    refused(make().to("meta"), "is on the meta device and has no numbers.*load them")
    module = make()
    of = module.get_submodule(part)
    for value, message in (
        (getattr(of, name).detach() + 1j, "is complex"),
        (getattr(of, name).detach().to_sparse(), "to_dense()"),
    ):
        setattr(of, name, nn.Parameter(value))
        refused(module, message)


def test_quantized_modules_are_refused() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = torch.ao.quantization.quantize_dynamic(nn.Sequential(nn.Linear(4, 4), nn.LSTM(4, 4)))
    with pytest.raises(
        gn.GraphError, match=r"module 0 is a Linear of torch\.ao.*, not of torch.nn, which is not drawn"
    ):
        from_torch(module)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("kind", MODULES)
def test_parameters_of_any_precision_are_drawn_exactly(kind: str, dtype: Any) -> None:
    torch.manual_seed(0)
    module = MODULES[kind][0]().to(dtype)
    exact = gn.compile(from_torch(module.double(), window=2))
    found = gn.compile(from_torch(module.to(dtype), window=2))
    inputs = np.random.default_rng(0).standard_normal((2, 5, 4))
    assert np.array_equal(found.run(inputs), exact.run(inputs))


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
@pytest.mark.parametrize("more", [{"batch_first": True}, {"bidirectional": True}, {"num_layers": 2, "dropout": 0.5}])
def test_settings_of_recurrent_modules(kind: str, more: dict[str, Any]) -> None:
    torch.manual_seed(0)
    module = getattr(nn, kind)(3, 4, dtype=torch.float64, **more).eval()
    x = torch.randn(2, 5, 3, dtype=torch.float64)
    axes = (0, 1) if module.batch_first else (1, 0)
    expected = module(x.permute(*axes, 2))[0].permute(*axes, 2)
    np.testing.assert_allclose(gn.compile(from_torch(module)).run(x), expected.detach(), atol=1e-12)


# --- what is learnt --------------------------------------------------------------------------------------------------

SHARED = {
    "a parameter": lambda module, value: setattr(module, "weight", value),
    "a view": lambda module, value: setattr(module, "weight", nn.Parameter(value.detach())),
    "a transpose": lambda module, value: setattr(module, "weight", nn.Parameter(value.detach().T)),
}


@pytest.mark.parametrize("how", SHARED)
def test_shared_numbers_are_refused(how: str) -> None:
    first, second = nn.Linear(3, 3), nn.Linear(3, 3)
    SHARED[how](second, first.weight)
    with pytest.raises(gn.GraphError, match="linear_1 shares its weight with linear_0: drawn twice"):
        from_torch([first, second])


def test_numbers_that_a_module_shares_with_itself_are_refused() -> None:
    module = nn.RNN(3, 3, num_layers=2)
    module.weight_ih_l1 = module.weight_ih_l0
    with pytest.raises(gn.GraphError, match=r"rnn_0 shares its weight_ih_l1 with its weight_ih_l0.*give one its own"):
        from_torch(module)
