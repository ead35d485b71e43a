"""Convolution, normalisation, attention and transformer layers: torch's numbers, outputs and gradients."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import graphnet as gn
from graphnet.torch.from_torch import from_torch

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch
nn = torch.nn

N_CONFIGURATIONS = 24
TOLERANCE = 1e-10


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Torch's threads wait for each other longer than these small layers take."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def randomised(module: Any, rng: np.random.Generator) -> Any:
    """The module in float64 with other numbers everywhere: torch starts biases at 0 and gains at 1."""
    module = module.double()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.from_numpy(rng.normal(0, parameter.shape[-1] ** -0.5, parameter.shape)))
    return module


def banded(n_steps: int, window: int) -> Any:
    """True where a step may not look: to come, or longer ago than the window."""
    lag = torch.arange(n_steps)[:, None] - torch.arange(n_steps)[None]
    return (lag < 0) | (lag >= window)


def apply(module: Any, x: Any, window: int | None) -> Any:
    """The module on one sequence, (1, n_steps, n_features), as the drawing means it."""
    if isinstance(module, list):
        for one in module:
            x = apply(one, x, window)
        return x
    if isinstance(module, nn.Conv1d):
        left = (module.kernel_size[0] - 1) * module.dilation[0]
        return module(nn.functional.pad(x.transpose(1, 2), (left, 0))).transpose(1, 2)
    if isinstance(module, nn.MultiheadAttention):
        q = x if module.batch_first else x.transpose(0, 1)
        y, _ = module(q, q, q, attn_mask=banded(x.shape[1], window))
        return y if module.batch_first else y.transpose(0, 1)
    if isinstance(module, nn.TransformerEncoderLayer):
        q = x if module.self_attn.batch_first else x.transpose(0, 1)
        y = module(q, src_mask=banded(x.shape[1], window))
        return y if module.self_attn.batch_first else y.transpose(0, 1)
    return module(x)


def parameters_of(module: Any) -> list[Any]:
    return [each for one in (module if isinstance(module, list) else [module]) for each in one.parameters()]


def check_against_torch(module: Any, rng: np.random.Generator, window: int | None = None) -> None:
    """Outputs, parameter gradients entry by entry and input gradients, for ragged lengths, to rounding."""
    net = gn.compile(from_torch(module, window=window))
    assert not net.program.stages["scanned"].any()
    n_steps = int(rng.integers(1, 9))
    lengths = rng.integers(1, n_steps + 1, 3)
    lengths[0] = n_steps
    x = rng.standard_normal((3, n_steps, net.n_inputs))
    direction = rng.standard_normal((3, n_steps, net.n_outputs))
    for sample, length in enumerate(lengths):
        x[sample, length:] = np.nan

    outputs, inputs = np.zeros_like(direction), np.zeros_like(x)
    parameters = parameters_of(module)
    gradients = [np.zeros(parameter.shape) for parameter in parameters]
    for sample, length in enumerate(lengths):
        given = torch.tensor(x[sample : sample + 1, :length], requires_grad=True)
        y = apply(module, given, window)
        outputs[sample, :length] = y[0].detach().numpy()
        found = torch.autograd.grad((y[0] * torch.from_numpy(direction[sample, :length])).sum(), [given, *parameters])
        inputs[sample, :length] = found[0][0].numpy()
        for total, one in zip(gradients, found[1:], strict=True):
            total += one.numpy()

    assert_close(net.run(x, lengths=lengths), outputs)
    back = net.vjp(x, direction, lengths=lengths)
    assert_close(back.inputs, inputs)
    if not parameters:
        assert len(net.parameters) == 0
        return
    # all numbers differ, so that a parameter is known by its value
    values = np.concatenate([parameter.detach().numpy().ravel() for parameter in parameters])
    gradient = np.concatenate([one.ravel() for one in gradients])
    assert len(np.unique(values)) == len(values)
    ours, theirs = np.argsort(net.parameters), np.argsort(values)
    np.testing.assert_array_equal(net.parameters[ours], values[theirs])
    kind = net.parameter_table().kind[ours]
    for one in np.unique(kind):
        assert_close(back.parameters[ours][kind == one], gradient[theirs][kind == one])


def assert_close(found: np.ndarray, expected: np.ndarray) -> None:
    np.testing.assert_allclose(found, expected, rtol=0, atol=TOLERANCE * np.abs(expected).max(initial=0))


def some_convolution(rng: np.random.Generator) -> Any:
    return nn.Conv1d(
        int(rng.integers(1, 5)),
        int(rng.integers(1, 5)),
        int(rng.integers(1, 5)),
        dilation=int(rng.integers(1, 4)),
        bias=bool(rng.integers(2)),
        padding=("valid", 0)[rng.integers(2)],
    )


def some_norm(rng: np.random.Generator) -> Any:
    return nn.LayerNorm(
        int(rng.integers(2, 9)), elementwise_affine=bool(rng.random() < 0.7), bias=bool(rng.integers(2))
    )


def some_attention(rng: np.random.Generator) -> Any:
    n_heads = int(rng.integers(1, 4))
    return nn.MultiheadAttention(
        n_heads * int(rng.integers(1, 4)), n_heads, bias=bool(rng.integers(2)), batch_first=bool(rng.integers(2))
    )


def some_transformer_layer(rng: np.random.Generator) -> Any:
    n_heads = int(rng.integers(1, 4))
    functions = ["relu", "gelu", nn.ReLU(), nn.GELU(), nn.functional.gelu, torch.relu]
    dropout = float(rng.choice([0.0, 0.5]))
    module = nn.TransformerEncoderLayer(
        n_heads * int(rng.integers(1, 4)),
        n_heads,
        int(rng.integers(1, 9)),
        dropout=dropout,
        activation=functions[rng.integers(len(functions))],
        norm_first=bool(rng.integers(2)),
        bias=bool(rng.integers(2)),
        batch_first=bool(rng.integers(2)),
    )
    return module.eval() if dropout else module


@pytest.mark.parametrize("seed", range(N_CONFIGURATIONS))
@pytest.mark.parametrize(
    "some", [some_convolution, some_norm, some_attention, some_transformer_layer], ids=lambda some: some.__name__[5:]
)
def test_equals_torch(some: Callable[[np.random.Generator], Any], seed: int) -> None:
    rng = np.random.default_rng(seed)
    module = randomised(some(rng), rng)
    # up to 8 steps, so that the window is sometimes shorter than the sequence and sometimes longer
    window = int(rng.integers(1, 13))
    check_against_torch(module, rng, window)


@pytest.mark.parametrize("norm_first", [False, True])
@pytest.mark.parametrize("activation", ["relu", "gelu"])
@pytest.mark.parametrize("window", [1, 3, 20])
def test_every_kind_of_transformer_layer(norm_first: bool, activation: str, window: int) -> None:
    rng = np.random.default_rng(window)
    module = nn.TransformerEncoderLayer(6, 2, 5, dropout=0.0, activation=activation, norm_first=norm_first)
    check_against_torch(randomised(module, rng), rng, window)


@pytest.mark.parametrize("seed", range(6))
def test_one_after_the_other(seed: int) -> None:
    rng = np.random.default_rng(seed)
    modules = [
        nn.Conv1d(2, 6, 3, dilation=2),
        nn.ReLU(),
        nn.LayerNorm(6, elementwise_affine=bool(seed % 2)),
        nn.MultiheadAttention(6, 3),
        nn.TransformerEncoderLayer(6, 2, 4, dropout=0.0, norm_first=seed % 3 == 0),
        nn.TransformerEncoderLayer(6, 1, 4, dropout=0.0, activation="gelu", norm_first=seed % 3 == 1),
        nn.LayerNorm(6),
        nn.Linear(6, 2),
    ]
    check_against_torch([randomised(module, rng) for module in modules], rng, int(rng.integers(1, 6)))


def test_float32_modules_keep_their_numbers() -> None:
    module = nn.TransformerEncoderLayer(4, 2, 3, dropout=0.0)
    net = gn.compile(from_torch(module, window=3))
    values = torch.cat([parameter.detach().ravel() for parameter in module.parameters()]).double().numpy()
    np.testing.assert_array_equal(np.sort(net.parameters), np.sort(values))


def test_the_drawing_does_not_touch_the_module() -> None:
    module = nn.TransformerEncoderLayer(4, 2, 3)
    before = {name: value.clone() for name, value in module.state_dict().items()}
    from_torch(module.eval(), window=2)
    for name, value in module.state_dict().items():
        assert torch.equal(value, before[name])
        assert value.dtype == torch.float32


REFUSED = [
    (lambda: nn.Conv1d(2, 2, 3, padding=1), "conv1d_0: padding=(1,) is not drawn"),
    (lambda: nn.Conv1d(2, 2, 3, padding="same"), "conv1d_0: padding='same' is not drawn"),
    (lambda: nn.Conv1d(2, 2, 3, stride=2), "conv1d_0: stride=(2,) is not drawn, only (1,): every step has an output"),
    (lambda: nn.Conv1d(2, 2, 3, groups=2), "conv1d_0: groups=2 is not drawn, only 1"),
    (lambda: nn.LayerNorm(4, eps=1e-6), "layernorm_0: eps=1e-06 is not drawn, only 1e-05"),
    (lambda: nn.LayerNorm((2, 2)), "layernorm_0: normalized_shape=(2, 2) is not drawn"),
    (lambda: nn.MultiheadAttention(4, 2, kdim=3), "multiheadattention_0: kdim=3 and vdim=4 are not drawn"),
    (lambda: nn.MultiheadAttention(4, 2, vdim=3), "multiheadattention_0: kdim=4 and vdim=3 are not drawn"),
    (lambda: nn.MultiheadAttention(4, 2, add_bias_kv=True), "multiheadattention_0: add_bias_kv=True is not drawn"),
    (lambda: nn.MultiheadAttention(4, 2, add_zero_attn=True), "multiheadattention_0: add_zero_attn=True is not drawn"),
    (lambda: nn.MultiheadAttention(4, 2, dropout=0.1), "multiheadattention_0: dropout p=0.1 is random"),
    (
        lambda: nn.TransformerEncoderLayer(4, 2, 3),
        "transformerencoderlayer_0.self_attn: dropout p=0.1 is random and not drawn: call .eval() first, or set p=0",
    ),
    (
        lambda: nn.TransformerEncoderLayer(4, 2, 3, dropout=0.0, layer_norm_eps=1e-3),
        "transformerencoderlayer_0.norm1: eps=0.001 is not drawn",
    ),
    (
        lambda: nn.TransformerEncoderLayer(4, 2, 3, dropout=0.0, activation=torch.tanh),
        "transformerencoderlayer_0: activation <built-in method tanh",
    ),
    (
        lambda: nn.TransformerEncoderLayer(4, 2, 3, dropout=0.0, activation=nn.GELU(approximate="tanh")),
        "transformerencoderlayer_0: activation GELU(approximate='tanh') is not drawn: it is 'relu' or 'gelu'",
    ),
]


@pytest.mark.parametrize(("make", "message"), REFUSED, ids=[message.split(" is ")[0] for _, message in REFUSED])
def test_what_is_not_drawn(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(gn.GraphError) as caught:
        from_torch(make(), window=2)
    assert str(caught.value).startswith(message)


def test_each_dropout_is_looked_at() -> None:
    for which in ("dropout", "dropout1", "dropout2"):
        module = nn.TransformerEncoderLayer(4, 2, 3, dropout=0.0)
        getattr(module, which).p = 0.25
        with pytest.raises(gn.GraphError, match=rf"^transformerencoderlayer_0\.{which}: dropout p=0\.25 is random"):
            from_torch(module, window=2)
        from_torch(module.eval(), window=2)


@pytest.mark.parametrize("make", [lambda: nn.MultiheadAttention(4, 2), lambda: nn.TransformerEncoderLayer(4, 2, 3)])
def test_attention_needs_a_window(make: Callable[[], Any]) -> None:
    with pytest.raises(gn.GraphError, match="attention needs a window: give window="):
        from_torch(make())
    with pytest.raises(gn.GraphError, match=r"^window=0 is not a whole number >= 1$"):
        from_torch(make(), window=0)
