"""Drawing of torch's convolution, layer normalisation, attention and transformer layer, for ``from_torch``.

Each is a part of ``convolution`` or ``attention`` with the numbers of the module: every entry of a weight is the weight
of one synapse, every entry of a bias that of one neuron.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from importlib import import_module
from typing import Any

import networkx as nx
import numpy as np

from ..errors import GraphError
from ..graphs.attention import Heads, Norm, draw_block, draw_heads, draw_norm
from ..graphs.convolution import draw_channels
from ..graphs.feedforward import NodeNames, check_size, connect_all
from ..language.activations import VARIANCE_FLOOR
from ..language.arrays import Array
from .recurrent import Builder, add_biases, numbers_of


def build_convolution(
    module: Any, graph: nx.MultiDiGraph, sources: Sequence[Hashable], *, layer: int, name: str, window: int | None
) -> NodeNames:
    """``nn.Conv1d`` over time, causal: of ``F.pad(x, ((kernel_size - 1) * dilation, 0))``, with padding=0.

    Channel c at step t reads x_i(t - k * dilation), by torch's weight [c, i, kernel_size - 1 - k].

    Raises
    ------
    GraphError
        For padding, with which the module sees future steps, and for a stride or groups.
    """
    _check_settings(module, name, groups=1)
    _check_settings(module, name, "every step has an output", stride=(1,))
    if module.padding not in ((0,), "valid"):
        raise GraphError(
            f"{name}: padding={module.padding!r} is not drawn: the drawing sees zeros before the start and no step to "
            "come, as a module without padding does of F.pad(x, ((kernel_size - 1) * dilation, 0)); set padding=0"
        )
    kernel_size, dilation = module.kernel_size[0], module.dilation[0]
    channels = draw_channels(
        graph,
        sources,
        module.out_channels,
        kernel_size,
        dilation,
        activation="identity",
        name=(name,),
        layer=layer,
    )
    weight = numbers_of(module.weight)
    for lag in range(kernel_size):
        _write_weights(graph, sources, channels, weight[:, :, kernel_size - 1 - lag], lag)
    add_biases(graph, channels, module.bias)
    return channels


def build_layer_norm(
    module: Any, graph: nx.MultiDiGraph, sources: Sequence[Hashable], *, layer: int, name: str, window: int | None
) -> NodeNames:
    """``nn.LayerNorm`` of one dimension: a ``standardize`` group, and neurons with gain and bias if it has them.

    Raises
    ------
    GraphError
        For several dimensions, or another eps than that of ``standardize``.
    """
    if len(module.normalized_shape) != 1:
        raise GraphError(
            f"{name}: normalized_shape={tuple(module.normalized_shape)} is not drawn: only the features of a step are "
            "normalised together"
        )
    _check_eps(module, name)
    norm = draw_norm(graph, sources, name=(name,), layer=layer)
    if not module.elementwise_affine:
        graph.remove_nodes_from(norm.normalized)
        return norm.standardized
    _write_norm(graph, norm, module)
    return norm.normalized


def build_attention(
    module: Any, graph: nx.MultiDiGraph, sources: Sequence[Hashable], *, layer: int, name: str, window: int | None
) -> NodeNames:
    """``nn.MultiheadAttention`` of a sequence to itself, causal, with a window.

    It is ``module(x, x, x, attn_mask=mask)[0]`` with a mask that lets step t see steps t - window + 1 to t.

    Raises
    ------
    GraphError
        Without a window, for ``kdim``, ``vdim``, ``add_bias_kv`` or ``add_zero_attn``, or for dropout while training.
    """
    steps = _check_attention(module, name, window)
    heads = draw_heads(graph, sources, module.num_heads, module.embed_dim, steps, name=(name,), layer=layer)
    attended: NodeNames = [("attended", name, i) for i in range(module.embed_dim)]
    graph.add_nodes_from(attended, layer=layer + 3, activation="identity")
    connect_all(graph, heads.mixed, attended)
    _write_attention(graph, sources, heads, attended, module)
    return attended


def build_transformer_layer(
    module: Any, graph: nx.MultiDiGraph, sources: Sequence[Hashable], *, layer: int, name: str, window: int | None
) -> NodeNames:
    """``nn.TransformerEncoderLayer``, causal, with a window, and norm_first or not: a block of ``transformer``.

    It is ``module(x, src_mask=mask)`` with the mask of ``build_attention``.

    Raises
    ------
    GraphError
        As for its parts, for an activation other than relu and the exact gelu, or for dropout while training.
    """
    steps = _check_attention(module.self_attn, f"{name}.self_attn", window)
    for which in ("dropout", "dropout1", "dropout2"):
        part = getattr(module, which)
        _check_dropout(part, f"{name}.{which}", getattr(part, "p", 0))
    for which in ("norm1", "norm2"):
        _check_eps(getattr(module, which), f"{name}.{which}")
        _check_settings(getattr(module, which), f"{name}.{which}", elementwise_affine=True)
    block = draw_block(
        graph,
        sources,
        module.self_attn.num_heads,
        steps,
        module.linear1.out_features,
        _activation(module.activation, name),
        norm_first=module.norm_first,
        name=(name,),
        layer=layer,
    )
    attention_reads, feedforward_reads = sources, block.attention_norm.normalized
    if module.norm_first:
        attention_reads, feedforward_reads = block.attention_norm.normalized, block.feedforward_norm.normalized
    _write_attention(graph, attention_reads, block.heads, block.attended, module.self_attn)
    _write_linear(graph, feedforward_reads, block.feedforward, module.linear1)
    _write_linear(graph, block.feedforward, block.sum, module.linear2)
    _write_norm(graph, block.attention_norm, module.norm1)
    _write_norm(graph, block.feedforward_norm, module.norm2)
    return block.features


BUILDERS: dict[str, Builder] = {
    "Conv1d": build_convolution,
    "LayerNorm": build_layer_norm,
    "MultiheadAttention": build_attention,
    "TransformerEncoderLayer": build_transformer_layer,
}
"""Builders by the name of a class in torch.nn."""


def _check_settings(module: Any, name: str, why: str = "", **drawn: Any) -> None:
    for setting, value in drawn.items():
        found = getattr(module, setting)
        if found != value:
            raise GraphError(f"{name}: {setting}={found!r} is not drawn, only {value!r}" + (f": {why}" if why else ""))


def _check_eps(module: Any, name: str) -> None:
    _check_settings(module, name, "it is what 'standardize' adds to the variance", eps=VARIANCE_FLOOR)


def _check_dropout(module: Any, name: str, p: float) -> None:
    if p and module.training:
        raise GraphError(f"{name}: dropout p={p} is random and not drawn: call .eval() first, or set p=0")


def _check_attention(module: Any, name: str, window: int | None) -> int:
    """Return the window, or raise a GraphError if the module cannot be drawn."""
    if window is None:
        raise GraphError(f"{name}: attention needs a window: give window=, how many steps it sees, the present counted")
    check_size("window", window, 1)
    if module.kdim != module.embed_dim or module.vdim != module.embed_dim:
        raise GraphError(
            f"{name}: kdim={module.kdim} and vdim={module.vdim} are not drawn: keys and values are of the sequence "
            f"itself, so both are embed_dim={module.embed_dim}"
        )
    if module.bias_k is not None or module.bias_v is not None:
        raise GraphError(f"{name}: add_bias_kv=True is not drawn: attention is to the steps in the window alone")
    _check_settings(module, name, "attention is to the steps in the window alone", add_zero_attn=False)
    _check_dropout(module, name, module.dropout)
    return window


def _activation(function: Any, name: str) -> str:
    torch = import_module("torch")
    nn = torch.nn
    known = {"relu": (torch.relu, nn.functional.relu, nn.ReLU), "gelu": (nn.functional.gelu, nn.GELU)}
    found = next((name for name, those in known.items() if function in those or type(function) in those), None)
    if found is None or getattr(function, "approximate", "none") != "none":
        raise GraphError(f"{name}: activation {function!r} is not drawn: it is 'relu' or 'gelu', the exact one")
    return found


def _write_attention(
    graph: nx.MultiDiGraph, sources: Sequence[Hashable], heads: Heads, attended: NodeNames, module: Any
) -> None:
    weights = np.split(numbers_of(module.in_proj_weight), 3)
    biases = [None] * 3 if module.in_proj_bias is None else module.in_proj_bias.chunk(3)
    for nodes, weight, bias in zip((heads.query, heads.key, heads.value), weights, biases, strict=True):
        _write_weights(graph, sources, nodes, weight)
        add_biases(graph, nodes, bias)
    _write_linear(graph, heads.mixed, attended, module.out_proj)


def _write_norm(graph: nx.MultiDiGraph, norm: Norm, module: Any) -> None:
    for source, target, gain in zip(*norm, numbers_of(module.weight).tolist(), strict=True):
        graph[source][target][0]["weight"] = gain
    add_biases(graph, norm.normalized, module.bias)


def _write_linear(graph: nx.MultiDiGraph, sources: Sequence[Hashable], targets: NodeNames, module: Any) -> None:
    _write_weights(graph, sources, targets, numbers_of(module.weight))
    add_biases(graph, targets, module.bias)


def _write_weights(
    graph: nx.MultiDiGraph, sources: Sequence[Hashable], targets: NodeNames, weight: Array, key: int = 0
) -> None:
    for target, row in zip(targets, weight.tolist(), strict=True):
        for source, number in zip(sources, row, strict=True):
            graph[source][target][key]["weight"] = number
