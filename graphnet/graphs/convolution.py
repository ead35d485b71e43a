"""Convolutions: over time, where each lag is a synapse with a delay, and over space, where places share weights."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from itertools import product

import networkx as nx

from ..errors import GraphError
from .feedforward import check_size, connect_all
from .gated import Nodes

Name = tuple[Hashable, ...]
Place = tuple[int, ...]


def convolution(
    n_inputs: int,
    n_channels: int | Sequence[int],
    n_outputs: int,
    *,
    kernel_size: int = 3,
    dilation: int | Sequence[int] = 1,
    activation: str = "relu",
) -> nx.MultiDiGraph:
    """Draw layers of channels that each read a stretch of the past of the layer before.

    Channel c is a neuron with ``kernel_size`` parallel synapses from each source i, one a lag, with edge keys k = 0, 1,
    ..., kernel_size - 1 and delays k * dilation:

        y_c(t) = f(b_c + sum over i, k of w_cik x_i(t - k * dilation))

    It is causal, and sees zeros before the start.  All synapses are forward, so it has no feedback: all steps run at
    once.  Outputs read the last channels.

    Parameters
    ----------
    n_inputs, n_outputs : int
    n_channels : int or sequence of int
        One layer, named ``("channel", c)``, or several, named ``("channel", layer, c)`` from layer 1 on.
    kernel_size : int
        How many lags, the present step counted.
    dilation : int or sequence of int
        Steps from one lag to the next; one for all layers, or one for each.
    activation : str
        Of the channels; outputs are linear.

    Returns
    -------
    networkx.MultiDiGraph
        Its weights are open.

    Raises
    ------
    GraphError
        If a size is not a whole number >= 1 (>= 0 for inputs), or dilations are not as many as layers.

    References
    ----------
    Waibel, A., Hanazawa, T., Hinton, G., Shikano, K. & Lang, K. J. (1989). Phoneme recognition using time-delay neural
    networks. IEEE Transactions on Acoustics, Speech, and Signal Processing 37(3).
    Bai, S., Kolter, J. Z. & Koltun, V. (2018). An empirical evaluation of generic convolutional and recurrent networks
    for sequence modeling. arXiv:1803.01271.

    Examples
    --------
    >>> graph = convolution(2, [4, 3], 1, dilation=[1, 2])
    >>> graph[("channel", 1, 0)][("channel", 2, 0)]
    AtlasView({0: {'delay': 0}, 1: {'delay': 2}, 2: {'delay': 4}})
    """
    several, sizes = _sizes("n_channels", n_channels)
    check_size("n_inputs", n_inputs, 0)
    check_size("n_outputs", n_outputs, 1)
    check_size("kernel_size", kernel_size, 1)
    each, dilations = _sizes("dilation", dilation)
    if not each:
        dilations *= len(sizes)
    if len(dilations) != len(sizes):
        raise GraphError(f"dilation has {len(dilations)} values for {len(sizes)} layers: give one, or one for each")
    graph = nx.MultiDiGraph()
    nodes: Nodes = [("input", i) for i in range(n_inputs)]
    graph.add_nodes_from(nodes, role="input")
    for number, (size, steps) in enumerate(zip(sizes, dilations, strict=True), 1):
        name: Name = (number,) if several else ()
        nodes = draw_channels(graph, nodes, size, kernel_size, steps, activation=activation, name=name, layer=number)
    _draw_readout(graph, nodes, n_outputs)
    return graph


def draw_channels(
    graph: nx.MultiDiGraph,
    sources: Sequence[Hashable],
    n_channels: int,
    kernel_size: int,
    dilation: int,
    *,
    activation: str,
    name: Name,
    layer: float,
) -> Nodes:
    """Add channels ``("channel", *name, c)`` that read ``kernel_size`` lags, the edges' keys, of every source."""
    channels: Nodes = [("channel", *name, c) for c in range(n_channels)]
    graph.add_nodes_from(channels, layer=layer, activation=activation)
    graph.add_edges_from(
        (source, channel, lag, {"delay": lag * dilation})
        for source in sources
        for channel in channels
        for lag in range(kernel_size)
    )
    return channels


def spatial_convolution(
    shape: int | Sequence[int],
    n_channels: int | Sequence[int],
    n_outputs: int,
    *,
    input_channels: int = 1,
    kernel_size: int | Sequence[int] = 3,
    stride: int | Sequence[int] = 1,
    padding: int | Sequence[int] = 0,
    activation: str = "relu",
) -> nx.DiGraph:
    """Draw layers of neurons on a field, each of which reads a patch of the layer before, with the same weights.

    For channel c at place p, over the channels i of the layer before and the offsets o of the kernel:

        y_c(p) = f(b_c + sum over i, o of w_cio x_i(stride * p + o - padding))

    The synapses of one kernel entry are tied by ``("kernel", layer, c, i, *offset)``, the biases of one channel by
    ``("channel", layer, c)``.  All of it happens at one step: there is no feedback and no memory.  Outputs read the
    last layer, all of its channels at all of its places.

    Parameters
    ----------
    shape : int or sequence of int
        The size of the field in each of its dimensions, (height, width) of an image.  Inputs are named ``("input", i,
        *place)``; their columns are the field of shape (input_channels, *shape) flattened.
    n_channels : int or sequence of int
        One layer, named ``("channel", c, *place)``, or several, named ``("channel", layer, c, *place)`` from layer 1
        on.
    n_outputs, input_channels : int
    kernel_size, stride, padding : int or sequence of int
        One for all dimensions, or one for each; the same in every layer.  Padding counts zeros on both sides of each
        dimension; synapses from them are not drawn.
    activation : str
        Of the channels; outputs are linear.

    Returns
    -------
    networkx.DiGraph
        Its weights are open.

    Raises
    ------
    GraphError
        If a size is not a whole number >= 1 (>= 0 for padding), if there are not as many sizes as dimensions, or if the
        kernel is larger than what it reads.

    References
    ----------
    LeCun, Y., Bottou, L., Bengio, Y. & Haffner, P. (1998). Gradient-based learning applied to document recognition.
    Proc. IEEE 86(11).

    Examples
    --------
    >>> import graphnet as gn
    >>> graph = spatial_convolution((5, 5), 2, 1)
    >>> sorted(graph.predecessors(("channel", 0, 2, 2)))[-1]
    ('input', 0, 4, 4)
    >>> len(gn.compile(graph).parameters) == 2 * 3 * 3 + 2 + 2 * 3 * 3 + 1
    True
    """
    _, size = _sizes("shape", shape)
    several, layers = _sizes("n_channels", n_channels)
    check_size("n_outputs", n_outputs, 1)
    check_size("input_channels", input_channels, 1)
    kernel = _for_each_dimension("kernel_size", kernel_size, size, 1)
    steps = _for_each_dimension("stride", stride, size, 1)
    zeros = _for_each_dimension("padding", padding, size, 0)
    graph = nx.DiGraph()
    before: list[Name] = [("input", i) for i in range(input_channels)]
    of_place: Place = tuple(size)
    graph.add_nodes_from(((*channel, *place) for channel in before for place in _places(of_place)), role="input")
    for number, n in enumerate(layers, 1):
        spare = [have + 2 * pad - reach for have, pad, reach in zip(of_place, zeros, kernel, strict=True)]
        if min(spare) < 0:
            raise GraphError(
                f"kernel_size={kernel} is larger than the field that layer {number} reads, {of_place}: "
                "give more padding, fewer layers or a smaller kernel"
            )
        places = tuple(rest // step + 1 for rest, step in zip(spare, steps, strict=True))
        channels: list[Name] = [("channel", number, c) if several else ("channel", c) for c in range(n)]
        for c, channel in enumerate(channels):
            tie = ("channel", number, c)
            graph.add_nodes_from(
                ((*channel, *place) for place in _places(places)), layer=number, activation=activation, tie=tie
            )
        for place in _places(places):
            patch = [
                (offset, tuple(p * s + o - z for p, s, o, z in zip(place, steps, offset, zeros, strict=True)))
                for offset in _places(kernel)
            ]
            graph.add_edges_from(
                ((*source, *there), (*channel, *place), {"tie": ("kernel", number, c, i, *offset)})
                for i, source in enumerate(before)
                for offset, there in patch
                if all(0 <= at < end for at, end in zip(there, of_place, strict=True))
                for c, channel in enumerate(channels)
            )
        before, of_place = channels, places
    _draw_readout(graph, [(*channel, *place) for channel in before for place in _places(of_place)], n_outputs)
    return graph


def _draw_readout(graph: nx.DiGraph, sources: Nodes, n_outputs: int) -> None:
    outputs = [("output", i) for i in range(n_outputs)]
    graph.add_nodes_from(outputs, role="output")
    connect_all(graph, sources, outputs)


def _places(shape: Place) -> Iterator[Place]:
    return product(*map(range, shape))


def _sizes(name: str, sizes: int | Sequence[int], least: int = 1) -> tuple[bool, list[int]]:
    """Whether a sequence was given, and its sizes (or the only one), each a whole number."""
    several = not isinstance(sizes, str) and hasattr(sizes, "__iter__")
    listed: list[int] = list(sizes) if several else [sizes]  # type: ignore[arg-type, list-item]
    for size in listed:
        check_size(name, size, least)
    if not listed:
        raise GraphError(f"{name} is empty: give at least one")
    return several, listed


def _for_each_dimension(name: str, sizes: int | Sequence[int], shape: Sequence[int], least: int) -> Place:
    several, listed = _sizes(name, sizes, least)
    if several and len(listed) != len(shape):
        raise GraphError(f"{name} has {len(listed)} values for {len(shape)} dimensions: give one, or one for each")
    return tuple(listed) if several else tuple(listed) * len(shape)
