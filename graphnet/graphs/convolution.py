"""Convolutions over time, where each lag is a synapse with a delay, and over space, where positions share weights."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from itertools import product

import networkx as nx

from ..errors import GraphError
from ..language.keywords import suggests_keywords
from .feedforward import NodeName, NodeNames, add_inputs, add_readout, check_size, read_sizes

Place = tuple[int, ...]


@suggests_keywords
def convolution(
    n_inputs: int,
    n_channels: int | Sequence[int],
    n_outputs: int,
    *,
    kernel_size: int = 3,
    dilation: int | Sequence[int] = 1,
    activation: str = "relu",
) -> nx.MultiDiGraph:
    """Draw layers of causal, dilated convolution over time.

    Channel c is a neuron with ``kernel_size`` parallel synapses from each source i, one for each lag, with edge keys
    k = 0, 1, ..., kernel_size - 1 and delays k * dilation:

        y_c(t) = f(b_c + sum over i, k of w_cik x_i(t - k * dilation))

    Values before the start are 0.  All synapses are forward, so that the network has no feedback and all steps run at
    once.  Outputs read the last channels.

    Parameters
    ----------
    n_inputs : int
        Number of input nodes.
    n_channels : int or sequence of int
        Number of channels of one layer, named ``("channel", c)``, or of several, named ``("channel", layer, c)`` with
        layers counted from 1.
    n_outputs : int
        Number of output nodes.
    kernel_size : int
        Number of lags, including the present step.
    dilation : int or sequence of int
        Steps from one lag to the next; one for all layers, or one for each.
    activation : str
        Activation of the channels; outputs are linear.

    Returns
    -------
    networkx.MultiDiGraph
        Its weights are open.

    Raises
    ------
    GraphError
        If a size is not a whole number >= 1 (>= 0 for inputs), or the number of dilations is not the number of layers.

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
    several, sizes = read_sizes("n_channels", n_channels)
    check_size("n_inputs", n_inputs, 0)
    check_size("n_outputs", n_outputs, 1)
    check_size("kernel_size", kernel_size, 1)
    each, dilations = read_sizes("dilation", dilation)
    if not each:
        dilations *= len(sizes)
    if len(dilations) != len(sizes):
        raise GraphError(f"dilation has {len(dilations)} values for {len(sizes)} layers: give one, or one for each")
    graph = nx.MultiDiGraph()
    nodes = add_inputs(graph, n_inputs)
    for number, (size, steps) in enumerate(zip(sizes, dilations, strict=True), 1):
        name: NodeName = (number,) if several else ()
        nodes = draw_channels(graph, nodes, size, kernel_size, steps, activation=activation, name=name, layer=number)
    add_readout(graph, nodes, n_outputs)
    return graph


def draw_channels(
    graph: nx.MultiDiGraph,
    sources: Sequence[Hashable],
    n_channels: int,
    kernel_size: int,
    dilation: int,
    *,
    activation: str,
    name: NodeName,
    layer: float,
) -> NodeNames:
    """Add channels ``("channel", *name, c)`` that read ``kernel_size`` lags of every source, with the lag as key."""
    channels: NodeNames = [("channel", *name, c) for c in range(n_channels)]
    graph.add_nodes_from(channels, layer=layer, activation=activation)
    graph.add_edges_from(
        (source, channel, lag, {"delay": lag * dilation})
        for source in sources
        for channel in channels
        for lag in range(kernel_size)
    )
    return channels


@suggests_keywords
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
    """Draw layers of spatial convolution: each neuron reads a patch of the layer before, with shared weights.

    For channel c at position p, over the channels i of the layer before and the offsets o of the kernel:

        y_c(p) = f(b_c + sum over i, o of w_cio x_i(stride * p + o - padding))

    The synapses of one kernel entry are tied by ``("kernel", layer, c, i, *offset)``, the biases of one channel by
    ``("channel", layer, c)``.  No synapse has a delay: the network has no feedback and no memory.  Outputs read all
    channels of the last layer at all positions.

    Parameters
    ----------
    shape : int or sequence of int
        Size of the field in each dimension, (height, width) of an image.  Inputs are named ``("input", i, *position)``;
        their columns are the flattened field of shape ``(input_channels, *shape)``.
    n_channels : int or sequence of int
        Number of channels of one layer, named ``("channel", c, *position)``, or of several, named ``("channel", layer,
        c, *position)`` with layers counted from 1.
    n_outputs : int
        Number of output nodes.
    input_channels : int
        Number of channels of the field.
    kernel_size, stride, padding : int or sequence of int
        One for all dimensions, or one for each; the same in every layer.  Padding is the number of zeros on both sides
        of each dimension; synapses from them are not drawn.
    activation : str
        Activation of the channels; outputs are linear.

    Returns
    -------
    networkx.DiGraph
        Its weights are open.

    Raises
    ------
    GraphError
        If a size is not a whole number >= 1 (>= 0 for padding), the number of sizes is not the number of dimensions, or
        the kernel is larger than the padded field that it reads.

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
    _, size = read_sizes("shape", shape)
    several, layers = read_sizes("n_channels", n_channels)
    check_size("n_outputs", n_outputs, 1)
    check_size("input_channels", input_channels, 1)
    kernel = _for_each_dimension("kernel_size", kernel_size, size, 1)
    steps = _for_each_dimension("stride", stride, size, 1)
    zeros = _for_each_dimension("padding", padding, size, 0)
    graph = nx.DiGraph()
    before: list[NodeName] = [("input", i) for i in range(input_channels)]
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
        channels: list[NodeName] = [("channel", number, c) if several else ("channel", c) for c in range(n)]
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
    add_readout(graph, [(*channel, *place) for channel in before for place in _places(of_place)], n_outputs)
    return graph


def _places(shape: Place) -> Iterator[Place]:
    return product(*map(range, shape))


def _for_each_dimension(name: str, sizes: int | Sequence[int], shape: Sequence[int], least: int) -> Place:
    several, listed = read_sizes(name, sizes, least)
    if several and len(listed) != len(shape):
        raise GraphError(f"{name} has {len(listed)} values for {len(shape)} dimensions: give one, or one for each")
    return tuple(listed) if several else tuple(listed) * len(shape)
