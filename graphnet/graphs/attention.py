"""Windowed causal attention and the transformer, drawn as neurons and gated synapses.

Each lag of the window is a delay: lag k of a head has a score neuron, whose value weights the values of k steps ago.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import NamedTuple

import networkx as nx
import numpy as np

from ..errors import GraphError
from ..language.arrays import Array
from ..language.keywords import suggests_keywords
from .feedforward import NodeName, NodeNames, add_inputs, add_readout, check_size, connect_all
from .gated import connect_fixed


@suggests_keywords
def attention(n_inputs: int, n_outputs: int, *, n_heads: int = 1, width: int = 32, window: int = 32) -> nx.MultiDiGraph:
    """Draw causal attention: every step attends to itself and to the steps before it within a window.

    For a head of d neurons, with queries q, keys k and values v linear in the inputs:

        score_l(t) = softmax over the lags l = 0 ... window - 1 of  q(t) . k(t - l) / sqrt(d)
        mixed_i(t) = sum over l of  score_l(t) v_i(t - l)

    Lag l of a head is a score neuron.  It has a synapse from each key neuron with delay l, gated by the query neuron of
    the same index, of fixed weight 1 and scale 1/sqrt(d).  The scores of a head are one softmax group, and ``onset=l``
    excludes lags that reach before the start.  Each value neuron has ``window`` parallel synapses to its mixed neuron,
    one for each lag (which is their key and delay), gated by the scores, of fixed weight 1.  Outputs are linear in the
    mixed neurons of all heads.  All synapses are forward, so that the network has no feedback and all steps run at
    once.

    Parameters
    ----------
    n_inputs : int
        Number of input nodes.
    n_outputs : int
        Number of output nodes.
    n_heads : int
        Number of attention heads.
    width : int
        Number of query neurons, key neurons and value neurons of all heads together, a multiple of ``n_heads``.
    window : int
        Number of steps attended to, including the present one.

    Returns
    -------
    networkx.MultiDiGraph
        Its neurons are ``("query", head, i)``, ``("key", head, i)``, ``("value", head, i)``, ``("score", head, lag)``
        and ``("mixed", head, i)``; the weights of the linear ones are open.  Keys have no bias, since it would add the
        same number to all scores of a step.

    Raises
    ------
    GraphError
        If a size is not a whole number >= 1 (>= 0 for inputs), or the width is not a multiple of ``n_heads``.

    References
    ----------
    Vaswani, A. et al. (2017). Attention is all you need. NeurIPS.  Eq. 1, with a window.

    Examples
    --------
    >>> graph = attention(2, 1, n_heads=2, width=8, window=3)
    >>> graph[("key", 1, 0)][("score", 1, 2)][0]["gate"], graph[("value", 1, 0)][("mixed", 1, 0)][2]["gate"]
    (('query', 1, 0), ('score', 1, 2))
    """
    check_size("n_inputs", n_inputs, 0)
    check_size("n_outputs", n_outputs, 1)
    _check_heads(n_heads, width, window)
    graph = nx.MultiDiGraph()
    inputs = add_inputs(graph, n_inputs)
    heads = draw_heads(graph, inputs, n_heads, width, window, name=(), layer=1)
    add_readout(graph, heads.mixed, n_outputs)
    return graph


@suggests_keywords
def transformer(
    n_inputs: int,
    n_outputs: int,
    *,
    width: int = 64,
    n_heads: int = 4,
    window: int = 32,
    n_layers: int = 1,
    feedforward: int | None = None,
    activation: str = "relu",
    norm: str = "pre",
    positions: str = "none",
) -> nx.MultiDiGraph:
    """Draw a causal transformer: an embedding, then residual blocks of attention and feed-forward layers.

    With A windowed attention (as in ``attention``, with an output projection), F two linear layers with the activation
    in between, and N layer normalisation, a block maps its input x to

        norm="pre":    h = x + A(N(x)),     y = h + F(N(h))
        norm="post":   h = N(x + A(x)),     y = N(h + F(h))

    Residual connections are synapses of fixed weight 1.  N is a ``standardize`` group, each neuron of which feeds one
    neuron, with the gain as its weight and a bias.  Outputs are linear in the last block, with norm="pre" after one
    more N.  All synapses are forward, so that the network has no feedback and all steps run at once.

    Parameters
    ----------
    n_inputs : int
        Number of input nodes.
    n_outputs : int
        Number of output nodes.
    width : int
        Number of neurons of the embedding and of every block's output, a multiple of ``n_heads``.
    n_heads : int
        Number of attention heads of each block.
    window : int
        Number of steps each block attends to, including the present one; ``n_layers`` blocks together reach
        n_layers * (window - 1) + 1 steps.
    n_layers : int
        Number of blocks.
    feedforward : int, optional
        Number of neurons between the two linear layers of F; 4 * width if not given.
    activation : str
        Activation of the neurons between the two linear layers of F, usually relu or gelu.
    norm : "pre" or "post"
        Layer normalisation before each layer, or after its residual sum.
    positions : "none" or "inputs"
        "inputs" adds ``width`` inputs, ``("position", i)``, each added to the embedding neuron i by a synapse of fixed
        weight 1; ``sinusoidal_positions`` gives values for them.  To learn positions instead, add an input for each
        step, 1 at that step and 0 at all others: its weights into the embedding are the position.

    Returns
    -------
    networkx.MultiDiGraph
        Its neurons are ``("embedding", i)``; for block b, counted from 1, those of ``attention`` such as ``("query", b,
        head, i)``, ``("attended", b, i)`` (h, or the input of N that gives h), ``("feedforward", b, i)``, ``("sum", b,
        i)`` (y, or the input of N that gives y), and for each N ``("standardized", b, "attention", i)`` and
        ``("normalized", b, "attention", i)`` or the same with "feedforward"; the last N has "final" in place of b and
        "attention".  Weights are open; gains are 1.

    Raises
    ------
    GraphError
        If a size is not a whole number >= 1 (>= 0 for inputs), the width is not a multiple of ``n_heads``, or ``norm``
        or ``positions`` is not one of its values.

    References
    ----------
    Vaswani, A. et al. (2017). Attention is all you need. NeurIPS.
    Ba, J. L., Kiros, J. R. & Hinton, G. E. (2016). Layer normalization. arXiv:1607.06450.
    Xiong, R. et al. (2020). On layer normalization in the transformer architecture. ICML: norm="pre".

    Examples
    --------
    >>> import graphnet as gn
    >>> net = gn.compile(transformer(2, 1, width=8, n_heads=2, window=4), seed=0)
    >>> net.run(np.ones((1, 6, 2))).shape, net.program.stages["scanned"].any()
    ((1, 6, 1), np.False_)
    """
    check_size("n_inputs", n_inputs, 0)
    check_size("n_outputs", n_outputs, 1)
    check_size("n_layers", n_layers, 1)
    _check_heads(n_heads, width, window)
    between = 4 * width if feedforward is None else feedforward
    check_size("feedforward", between, 1)
    for what, value, known in [("norm", norm, ("pre", "post")), ("positions", positions, ("none", "inputs"))]:
        if value not in known:
            raise GraphError(f"{what}={value!r} is not one of {', '.join(map(repr, known))}")
    graph = nx.MultiDiGraph()
    inputs = add_inputs(graph, n_inputs)
    nodes = _draw_linear(graph, inputs, ("embedding",), width, 0)
    if positions == "inputs":
        places: NodeNames = [("position", i) for i in range(width)]
        graph.add_nodes_from(places, role="input")
        connect_fixed(graph, places, nodes)
    layer = 1
    for number in range(1, n_layers + 1):
        nodes = draw_block(
            graph, nodes, n_heads, window, between, activation, norm_first=norm == "pre", name=(number,), layer=layer
        ).features
        layer += LAYERS_OF_BLOCK
    if norm == "pre":
        nodes = draw_norm(graph, nodes, name=("final",), layer=layer).normalized
    add_readout(graph, nodes, n_outputs)
    return graph


@suggests_keywords
def sinusoidal_positions(n_steps: int, width: int) -> Array:
    """Return sinusoidal positions, for the inputs that a transformer has with ``positions="inputs"``.

        p[t, 2 i] = sin(t / 10000^(2 i / width)),     p[t, 2 i + 1] = cos(t / 10000^(2 i / width))

    Parameters
    ----------
    n_steps : int
        Number of steps t.
    width : int
        Width of the transformer.

    Returns
    -------
    array (n_steps, width)

    Raises
    ------
    GraphError
        If a size is not a whole number >= 1.

    References
    ----------
    Vaswani, A. et al. (2017). Attention is all you need. NeurIPS.  Section 3.5.

    Examples
    --------
    >>> inputs = np.zeros((5, 20, 3))
    >>> waves = np.broadcast_to(sinusoidal_positions(20, 8), (5, 20, 8))
    >>> np.concatenate([inputs, waves], axis=2).shape
    (5, 20, 11)
    """
    check_size("n_steps", n_steps, 1)
    check_size("width", width, 1)
    column = np.arange(width)
    angle = np.arange(n_steps)[:, None] / 10000 ** ((column - column % 2) / width)
    return np.where(column % 2 == 0, np.sin(angle), np.cos(angle))


class Heads(NamedTuple):
    """Neurons of an attention layer, head after head."""

    query: NodeNames
    key: NodeNames
    value: NodeNames
    mixed: NodeNames


class Norm(NamedTuple):
    """Neurons of a layer normalisation: a ``standardize`` group, and the neurons with gain and bias that it feeds."""

    standardized: NodeNames
    normalized: NodeNames


class TransformerBlock(NamedTuple):
    """Neurons of a block of a transformer; ``features`` are its output."""

    heads: Heads
    attended: NodeNames
    attention_norm: Norm
    feedforward: NodeNames
    sum: NodeNames
    feedforward_norm: Norm
    features: NodeNames


LAYERS_OF_HEADS = 3
LAYERS_OF_BLOCK = 10
"""Number of layers that ``draw_heads`` and ``draw_block`` use, from ``layer`` on."""


def draw_heads(
    graph: nx.MultiDiGraph,
    sources: Sequence[Hashable],
    n_heads: int,
    width: int,
    window: int,
    *,
    name: NodeName,
    layer: float,
) -> Heads:
    """Add windowed attention over the sources; ``name`` follows the kind in the names of its neurons."""
    size = width // n_heads

    def neurons(kind: str, layer: float, train_bias: bool) -> list[NodeNames]:
        heads: list[NodeNames] = [[(kind, *name, head, i) for i in range(size)] for head in range(n_heads)]
        for each in heads:
            graph.add_nodes_from(each, layer=layer, activation="identity", train_bias=train_bias)
        return heads

    query, key, value = (neurons(kind, layer, kind != "key") for kind in ("query", "key", "value"))
    scores = [[("score", *name, head, lag) for lag in range(window)] for head in range(n_heads)]
    for head, group in enumerate(scores):
        graph.add_nodes_from(
            ((score, {"onset": lag}) for lag, score in enumerate(group)),
            layer=layer + 1,
            activation="softmax",
            group=("score", *name, head),
            train_bias=False,
        )
    mixed = neurons("mixed", layer + 2, False)
    for head, group in enumerate(scores):
        graph.add_edges_from(
            (
                (source, score, {"delay": lag, "gate": gate})
                for lag, score in enumerate(group)
                for source, gate in zip(key[head], query[head], strict=True)
            ),
            weight=1.0,
            scale=size**-0.5,
            trainable=False,
        )
        graph.add_edges_from(
            (
                (source, target, lag, {"delay": lag, "gate": score})
                for source, target in zip(value[head], mixed[head], strict=True)
                for lag, score in enumerate(group)
            ),
            weight=1.0,
            trainable=False,
        )
    heads = Heads(*([node for head in each for node in head] for each in (query, key, value, mixed)))
    for targets in heads[:3]:
        connect_all(graph, sources, targets)
    return heads


def draw_norm(graph: nx.MultiDiGraph, sources: Sequence[Hashable], *, name: NodeName, layer: float) -> Norm:
    """Add a layer normalisation of the sources, which takes two layers."""
    width = range(len(sources))
    norm = Norm([("standardized", *name, i) for i in width], [("normalized", *name, i) for i in width])
    graph.add_nodes_from(
        norm.standardized, layer=layer, activation="standardize", group=("standardized", *name), train_bias=False
    )
    graph.add_nodes_from(norm.normalized, layer=layer + 1, activation="identity")
    connect_fixed(graph, sources, norm.standardized)
    graph.add_edges_from(zip(norm.standardized, norm.normalized, strict=True), weight=1.0)
    return norm


def draw_block(
    graph: nx.MultiDiGraph,
    sources: Sequence[Hashable],
    n_heads: int,
    window: int,
    n_feedforward: int,
    activation: str,
    *,
    norm_first: bool,
    name: NodeName,
    layer: float,
) -> TransformerBlock:
    """Add a block of a transformer, as wide as its sources."""
    width = len(sources)

    def norm(nodes: Sequence[Hashable], which: str, layer: float) -> Norm:
        return draw_norm(graph, nodes, name=(*name, which), layer=layer)

    def linear(nodes: Sequence[Hashable], kind: str, n: int, layer: float, activation: str = "identity") -> NodeNames:
        return _draw_linear(graph, nodes, (kind, *name), n, layer, activation)

    if norm_first:
        norm_1 = norm(sources, "attention", layer)
        heads = draw_heads(graph, norm_1.normalized, n_heads, width, window, name=name, layer=layer + 2)
        attended = linear(heads.mixed, "attended", width, layer + 5)
        connect_fixed(graph, sources, attended)
        norm_2 = norm(attended, "feedforward", layer + 6)
        between = linear(norm_2.normalized, "feedforward", n_feedforward, layer + 8, activation)
        total = linear(between, "sum", width, layer + 9)
        connect_fixed(graph, attended, total)
        return TransformerBlock(heads, attended, norm_1, between, total, norm_2, total)
    heads = draw_heads(graph, sources, n_heads, width, window, name=name, layer=layer)
    attended = linear(heads.mixed, "attended", width, layer + 3)
    connect_fixed(graph, sources, attended)
    norm_1 = norm(attended, "attention", layer + 4)
    between = linear(norm_1.normalized, "feedforward", n_feedforward, layer + 6, activation)
    total = linear(between, "sum", width, layer + 7)
    connect_fixed(graph, norm_1.normalized, total)
    norm_2 = norm(total, "feedforward", layer + 8)
    return TransformerBlock(heads, attended, norm_1, between, total, norm_2, norm_2.normalized)


def _draw_linear(
    graph: nx.MultiDiGraph,
    sources: Sequence[Hashable],
    name: NodeName,
    n: int,
    layer: float,
    activation: str = "identity",
) -> NodeNames:
    nodes: NodeNames = [(*name, i) for i in range(n)]
    graph.add_nodes_from(nodes, layer=layer, activation=activation)
    connect_all(graph, sources, nodes)
    return nodes


def _check_heads(n_heads: int, width: int, window: int) -> None:
    for name, size in [("n_heads", n_heads), ("width", width), ("window", window)]:
        check_size(name, size, 1)
    if width % n_heads:
        raise GraphError(f"width={width} is not a multiple of n_heads={n_heads}")
