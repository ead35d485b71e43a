"""Convolutions over time and over space, compared with plain loops."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import networkx as nx
import numpy as np
import pytest

import graphnet as gn
from graphnet.graphs.convolution import convolution, spatial_convolution

DRAWINGS: list[nx.DiGraph] = [
    convolution(2, 3, 2),
    convolution(1, [2, 3], 1, kernel_size=2, dilation=[1, 3]),
    convolution(0, 1, 1, kernel_size=1),
    spatial_convolution(5, 2, 1),
    spatial_convolution((4, 3), [2, 3], 2, kernel_size=(2, 1), stride=(1, 2), padding=(1, 0), input_channels=2),
]


def numbers_of(net: gn.Network) -> Callable[[str, Any], float]:
    known = {(row.kind, row.key): row.value for row in net.parameter_table()}
    return lambda kind, key: known[kind, key]


def with_biases(graph: nx.DiGraph) -> gn.Network:
    """Compile a drawing, with random parameters, biases included."""
    net = gn.compile(graph, seed=0)
    net.parameters = np.random.default_rng(1).standard_normal(len(net.parameters))
    return net


@pytest.mark.parametrize(
    ("n_channels", "kernel_size", "dilation"),
    [(3, 3, 1), (2, 1, 4), ([2, 3], 2, 1), ([3, 1, 2], 3, [1, 2, 4]), ([2], 4, [2])],
)
def test_over_time(n_channels: Any, kernel_size: int, dilation: Any) -> None:
    net = with_biases(convolution(2, n_channels, 2, kernel_size=kernel_size, dilation=dilation))
    number = numbers_of(net)
    x = np.random.default_rng(2).standard_normal((3, 9, 2))
    several = not isinstance(n_channels, int)
    sizes = list(n_channels) if several else [n_channels]
    dilations = dilation if isinstance(dilation, list) else [dilation] * len(sizes)
    values, names = x, [("input", i) for i in range(2)]
    for layer, (size, step) in enumerate(zip(sizes, dilations, strict=True), 1):
        channels = [("channel", layer, c) if several else ("channel", c) for c in range(size)]
        new = np.zeros((3, 9, size))
        for t, (c, channel) in product(range(9), enumerate(channels)):
            z = number("bias", channel)
            for (i, source), k in product(enumerate(names), range(kernel_size)):
                if t >= k * step:
                    z = z + number("weight", (source, channel, k)) * values[:, t - k * step, i]
            new[:, t, c] = np.maximum(z, 0)
        values, names = new, channels
    expected = np.zeros((3, 9, 2))
    for o in range(2):
        expected[:, :, o] = number("bias", ("output", o))
        for i, source in enumerate(names):
            expected[:, :, o] += number("weight", (source, ("output", o), 0)) * values[:, :, i]
    np.testing.assert_allclose(net.run(x), expected, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize(
    ("shape", "n_channels", "input_channels", "kernel_size", "stride", "padding"),
    [
        (7, 2, 1, 3, 1, 0),
        ((7,), [2, 2], 3, 3, 2, 1),
        ((5, 4), 2, 1, 3, 1, 0),
        ((5, 4), [3, 2], 2, (2, 3), (2, 1), (0, 1)),
        ((3, 3), 1, 2, 1, 1, 0),
        ((2, 3), 1, 1, 2, 1, 2),
        ((3, 2, 3), 2, 1, 2, 1, 0),
    ],
)
def test_over_space(
    shape: Any, n_channels: Any, input_channels: int, kernel_size: Any, stride: Any, padding: Any
) -> None:
    net = with_biases(
        spatial_convolution(
            shape,
            n_channels,
            2,
            input_channels=input_channels,
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            activation="tanh",
        )
    )
    number = numbers_of(net)
    field = (shape,) if isinstance(shape, int) else shape
    kernel, step, pad = (
        np.broadcast_to(np.array(each), len(field)).tolist() for each in (kernel_size, stride, padding)
    )
    several = not isinstance(n_channels, int)
    x = np.random.default_rng(3).standard_normal((2, 1, input_channels * int(np.prod(field))))
    values = x.reshape(2, input_channels, *field)
    for layer, size in enumerate(n_channels if several else [n_channels], 1):
        values = np.pad(values, [(0, 0), (0, 0), *((p, p) for p in pad)])
        places = [(have - k) // s + 1 for have, k, s in zip(values.shape[2:], kernel, step, strict=True)]
        new = np.zeros((2, size, *places))
        for c, place in product(range(size), np.ndindex(*places)):
            new[(slice(None), c, *place)] = number("bias", ("channel", layer, c))
            for i, offset in product(range(values.shape[1]), np.ndindex(*kernel)):
                at = tuple(p * s + o for p, s, o in zip(place, step, offset, strict=True))
                weight = number("weight", ("kernel", layer, c, i, *offset))
                new[(slice(None), c, *place)] += weight * values[(slice(None), i, *at)]
        values = np.tanh(new)
    last = len(n_channels) if several else None
    expected = np.zeros((2, 1, 2))
    for o in range(2):
        expected[:, 0, o] = number("bias", ("output", o))
        for c, place in product(range(values.shape[1]), np.ndindex(*values.shape[2:])):
            source = ("channel", last, c, *place) if several else ("channel", c, *place)
            expected[:, 0, o] += number("weight", (source, ("output", o))) * values[(slice(None), c, *place)]
    np.testing.assert_allclose(net.run(x), expected, rtol=1e-11, atol=1e-13)


def test_weights_are_shared_over_space() -> None:
    net = gn.compile(spatial_convolution((6, 6), [4, 3], 2, input_channels=2, kernel_size=3))
    kinds = net.parameter_table().kind.tolist()
    assert kinds.count("weight") == 4 * 2 * 9 + 3 * 4 * 9 + 2 * 3 * 2 * 2
    assert kinds.count("bias") == 4 + 3 + 2


@pytest.mark.parametrize("graph", DRAWINGS, ids=str)
def test_no_feedback_all_steps_at_once(graph: nx.DiGraph) -> None:
    counts = gn.feedback(graph).counts()
    assert counts == {"forward": graph.number_of_edges(), "direct": 0, "lateral": 0, "indirect": 0}
    net = gn.compile(graph, seed=0)
    assert not net.program.stages["scanned"].any()
    _, gradient = net.value_and_grad(np.ones((1, 4, net.n_inputs)), np.ones((1, 4, net.n_outputs)))
    assert np.isfinite(gradient).all()
    assert gradient.any()


def test_it_is_causal_and_reaches_as_far_as_its_lags() -> None:
    net = gn.compile(convolution(1, [3, 3], 1, kernel_size=3, dilation=[1, 4], activation="tanh"), seed=0)
    x = np.zeros((1, 20, 1))
    x[0, 5] = 1
    moved = net.run(x) != net.run(np.zeros((1, 20, 1)))
    assert np.flatnonzero(moved[0, :, 0]).tolist() == [5, 6, 7, 9, 10, 11, 13, 14, 15]


def test_a_padded_batch_means_what_its_sequences_mean() -> None:
    net = gn.compile(convolution(2, [3, 2], 1, dilation=2), seed=0)
    x = np.random.default_rng(0).standard_normal((3, 8, 2))
    together = net.run(x, lengths=[8, 3, 1])
    for sample, length in enumerate([8, 3, 1]):
        np.testing.assert_allclose(
            together[sample, :length], net.run(x[sample : sample + 1, :length])[0], rtol=1e-12, atol=1e-14
        )


def test_sizes_may_be_numpys() -> None:
    graph = convolution(np.int64(1), np.array([2, 3]), np.int64(1), kernel_size=np.int64(2), dilation=np.array([1, 2]))
    assert gn.compile(graph).n_nodes == 7
    assert gn.compile(spatial_convolution(np.array([3, 3]), np.int64(1), 1)).n_nodes == 11


@pytest.mark.parametrize(
    ("arguments", "said", "message"),
    [
        ((-1, 3, 1), {}, "n_inputs=-1 is not a whole number >= 0"),
        ((1, 0, 1), {}, "n_channels=0 is not a whole number >= 1"),
        ((1, [2, 2.5], 1), {}, "n_channels=2.5 is not a whole number >= 1"),
        ((1, "3", 1), {}, "n_channels='3' is not a whole number >= 1"),
        ((1, [], 1), {}, "n_channels is empty: give at least one"),
        ((1, 3, True), {}, "n_outputs=True is not a whole number >= 1"),
        ((1, 3, 1), {"kernel_size": 0}, "kernel_size=0 is not a whole number >= 1"),
        ((1, 3, 1), {"dilation": 0}, "dilation=0 is not a whole number >= 1"),
        ((1, [3, 3], 1), {"dilation": [1, 2, 4]}, "dilation has 3 values for 2 layers: give one, or one for each"),
    ],
)
def test_what_is_wrong_in_time(arguments: Any, said: Any, message: str) -> None:
    with pytest.raises(gn.GraphError) as caught:
        convolution(*arguments, **said)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("arguments", "said", "message"),
    [
        ((0, 3, 1), {}, "shape=0 is not a whole number >= 1"),
        (((4, -1), 3, 1), {}, "shape=-1 is not a whole number >= 1"),
        (((), 3, 1), {}, "shape is empty: give at least one"),
        ((4, 3, 0), {}, "n_outputs=0 is not a whole number >= 1"),
        ((4, 3, 1), {"input_channels": 0}, "input_channels=0 is not a whole number >= 1"),
        ((4, 3, 1), {"stride": 0}, "stride=0 is not a whole number >= 1"),
        ((4, 3, 1), {"padding": -1}, "padding=-1 is not a whole number >= 0"),
        (
            ((4, 4), 3, 1),
            {"kernel_size": (3,)},
            "kernel_size has 1 values for 2 dimensions: give one, or one for each",
        ),
        (
            ((4, 4), [3, 3], 1),
            {},
            "kernel_size=(3, 3) is larger than the field that layer 2 reads, (2, 2): give more padding, fewer layers "
            "or a smaller kernel",
        ),
    ],
)
def test_what_is_wrong_in_space(arguments: Any, said: Any, message: str) -> None:
    with pytest.raises(gn.GraphError) as caught:
        spatial_convolution(*arguments, **said)
    assert str(caught.value) == message
