"""Attention and transformer, compared with plain loops."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from time import perf_counter
from typing import Any

import networkx as nx
import numpy as np
import pytest
from scipy.special import erf

import graphnet as gn
from graphnet.graphs.attention import attention, sinusoidal_positions, transformer

DRAWINGS: list[nx.MultiDiGraph] = [
    attention(2, 1, width=4, window=3),
    attention(0, 2, n_heads=2, width=2, window=1),
    transformer(2, 1, width=4, n_heads=2, window=3),
    transformer(1, 2, width=4, n_heads=1, window=2, n_layers=2, norm="post", activation="gelu", positions="inputs"),
]
Nodes = Sequence[tuple[Hashable, ...]]


class Loops:
    """Layers of one sample, (n_steps, n) each, computed from the parameters of a network."""

    def __init__(self, net: gn.Network) -> None:
        self.known = {(row.kind, row.key): row.value for row in net.parameter_table()}

    def linear(self, x: np.ndarray, sources: Nodes, targets: Nodes) -> np.ndarray:
        weight = np.array([[self.known["weight", (s, t, 0)] for s in sources] for t in targets])
        bias = np.array([self.known.get(("bias", t), 0.0) for t in targets])
        return x @ weight.reshape(len(targets), len(sources)).T + bias

    def norm(self, x: np.ndarray, name: tuple[Hashable, ...]) -> np.ndarray:
        gain = [
            self.known["weight", (("standardized", *name, i), ("normalized", *name, i), 0)] for i in range(x.shape[1])
        ]
        bias = [self.known["bias", ("normalized", *name, i)] for i in range(x.shape[1])]
        centred = x - x.mean(axis=1, keepdims=True)
        return centred / np.sqrt((centred**2).mean(axis=1, keepdims=True) + 1e-5) * gain + bias

    def heads(
        self, x: np.ndarray, sources: Nodes, n_heads: int, width: int, window: int, name: tuple[Hashable, ...]
    ) -> np.ndarray:
        size = width // n_heads
        mixed = np.zeros((len(x), width))
        for head in range(n_heads):
            q, k, v = (
                self.linear(x, sources, [(kind, *name, head, i) for i in range(size)])
                for kind in ("query", "key", "value")
            )
            for t in range(len(x)):
                seen = range(max(0, t - window + 1), t + 1)
                scores = np.array([q[t] @ k[s] for s in seen]) / np.sqrt(size)
                shares = np.exp(scores - scores.max())
                shares /= shares.sum()
                for share, s in zip(shares, seen, strict=True):
                    mixed[t, head * size : (head + 1) * size] += share * v[s]
        return mixed


def named(kind: str, n: int, *name: Hashable) -> Nodes:
    return [(kind, *name, i) for i in range(n)]


def named_heads(kind: str, n_heads: int, width: int, *name: Hashable) -> Nodes:
    return [(kind, *name, head, i) for head in range(n_heads) for i in range(width // n_heads)]


def with_numbers(graph: nx.MultiDiGraph) -> gn.Network:
    net = gn.compile(graph, seed=0)
    net.parameters = np.random.default_rng(1).standard_normal(len(net.parameters))
    return net


@pytest.mark.parametrize(("n_heads", "width", "window"), [(1, 3, 4), (2, 4, 1), (2, 6, 3), (4, 4, 20)])
def test_attention(n_heads: int, width: int, window: int) -> None:
    net = with_numbers(attention(2, 3, n_heads=n_heads, width=width, window=window))
    x = np.random.default_rng(2).standard_normal((3, 8, 2))
    lengths = [8, 5, 1]
    loops, found = Loops(net), net.run(x, lengths=lengths)
    for sample, length in enumerate(lengths):
        mixed = loops.heads(x[sample, :length], named("input", 2), n_heads, width, window, ())
        expected = loops.linear(mixed, named_heads("mixed", n_heads, width), named("output", 3))
        np.testing.assert_allclose(found[sample, :length], expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("norm", ["pre", "post"])
@pytest.mark.parametrize(
    ("width", "n_heads", "window", "n_layers", "between", "activation", "positions"),
    [
        (4, 2, 3, 1, None, "relu", "none"),
        (6, 3, 2, 2, 5, "gelu", "inputs"),
        (2, 1, 20, 3, 1, "relu", "inputs"),
    ],
)
def test_transformer(
    norm: str,
    width: int,
    n_heads: int,
    window: int,
    n_layers: int,
    between: int | None,
    activation: str,
    positions: str,
) -> None:
    net = with_numbers(
        transformer(
            2,
            3,
            width=width,
            n_heads=n_heads,
            window=window,
            n_layers=n_layers,
            feedforward=between,
            activation=activation,
            norm=norm,
            positions=positions,
        )
    )
    x = np.random.default_rng(2).standard_normal((2, 7, 2))
    given = x
    if positions == "inputs":
        given = np.concatenate([x, np.broadcast_to(sinusoidal_positions(7, width), (2, 7, width))], axis=2)
    lengths = [7, 4]
    loops, found = Loops(net), net.run(given, lengths=lengths)
    features = named("embedding", width)
    for sample, length in enumerate(lengths):
        h = loops.linear(x[sample, :length], named("input", 2), features)
        if positions == "inputs":
            h = h + sinusoidal_positions(7, width)[:length]
        nodes = features
        for block in range(1, n_layers + 1):
            h, nodes = _block(loops, h, nodes, norm, n_heads, window, between or 4 * width, activation, block)
        if norm == "pre":
            h, nodes = loops.norm(h, ("final",)), named("normalized", width, "final")
        expected = loops.linear(h, nodes, named("output", 3))
        np.testing.assert_allclose(found[sample, :length], expected, rtol=1e-9, atol=1e-10 * np.abs(expected).max())


def _block(
    loops: Loops,
    x: np.ndarray,
    sources: Nodes,
    norm: str,
    n_heads: int,
    window: int,
    between: int,
    activation: str,
    block: int,
) -> tuple[np.ndarray, Nodes]:
    width = x.shape[1]
    first, second = ((block, which) for which in ("attention", "feedforward"))

    def attend(values: np.ndarray, read: Nodes) -> np.ndarray:
        mixed = loops.heads(values, read, n_heads, width, window, (block,))
        return loops.linear(mixed, named_heads("mixed", n_heads, width, block), named("attended", width, block))

    def feed(values: np.ndarray, read: Nodes) -> np.ndarray:
        z = loops.linear(values, read, named("feedforward", between, block))
        y = np.maximum(z, 0) if activation == "relu" else z * (1 + erf(z / np.sqrt(2))) / 2
        return loops.linear(y, named("feedforward", between, block), named("sum", width, block))

    if norm == "pre":
        h = x + attend(loops.norm(x, first), named("normalized", width, *first))
        return h + feed(loops.norm(h, second), named("normalized", width, *second)), named("sum", width, block)
    h = loops.norm(x + attend(x, sources), first)
    y = loops.norm(h + feed(h, named("normalized", width, *first)), second)
    return y, named("normalized", width, *second)


@pytest.mark.parametrize("graph", DRAWINGS, ids=str)
def test_no_feedback_all_steps_at_once(graph: nx.MultiDiGraph) -> None:
    counts = gn.feedback(graph).counts()
    assert counts == {"forward": graph.number_of_edges(), "direct": 0, "lateral": 0, "indirect": 0}
    net = gn.compile(graph, seed=0)
    assert not net.program.stages["scanned"].any()
    _, gradient = net.value_and_grad(np.ones((1, 4, net.n_inputs)), np.ones((1, 4, net.n_outputs)))
    assert np.isfinite(gradient).all()
    assert gradient.any()


@pytest.mark.parametrize("graph", DRAWINGS, ids=str)
def test_only_lags_are_drawn_with_a_delay(graph: nx.MultiDiGraph) -> None:
    for source, target, said in graph.edges(data=True):
        assert ("delay" in said) == (target[0] in ("score", "mixed")), (source, target)
        assert ("gate" in said) == ("delay" in said)


def test_it_streams_with_the_same_numbers() -> None:
    net = gn.compile(transformer(2, 1, width=4, n_heads=2, window=3, n_layers=2), seed=0)
    x = np.random.default_rng(0).standard_normal((2, 9, 2))
    simulator = net.simulator(2)
    steps = np.stack([simulator.step(x[:, t]) for t in range(9)], axis=1)
    np.testing.assert_allclose(steps, net.run(x), rtol=1e-11, atol=1e-13)


def test_scores_are_shares_of_the_lags_inside_the_sequence() -> None:
    net = with_numbers(attention(2, 1, width=2, window=4))
    x = np.random.default_rng(0).standard_normal((1, 6, 2))
    recorded = net.run(x, record=[("score", 0, lag) for lag in range(4)]).recorded
    scores = np.stack([recorded["score", 0, lag][0] for lag in range(4)], axis=1)
    np.testing.assert_allclose(scores.sum(axis=1), 1, rtol=1e-14)
    assert (scores > 0).tolist() == [[lag <= t for lag in range(4)] for t in range(6)]


def test_what_is_learnt() -> None:
    net = gn.compile(transformer(3, 2, width=8, n_heads=2, window=5, n_layers=2, feedforward=16))
    linear = {"embedding": 3 * 8 + 8, "readout": 8 * 2 + 2}
    block = 4 * 8 * 8 + 3 * 8 + (8 * 16 + 16) + (16 * 8 + 8) + 2 * 16  # three biases of four: keys have none
    assert len(net.parameters) == sum(linear.values()) + 2 * block + 16
    assert not {row.key[0] for row in net.parameter_table() if row.kind == "bias"} & {"key", "score", "mixed"}


def test_a_wide_window_compiles_in_no_time() -> None:
    begin = perf_counter()
    net = gn.compile(transformer(3, 2, width=64, n_heads=4, window=32), seed=0)
    assert perf_counter() - begin < 20
    assert not net.program.stages["scanned"].any()


def test_positions() -> None:
    waves = sinusoidal_positions(50, 7)
    assert waves.shape == (50, 7)
    for t in (0, 1, 49):
        for i in range(4):
            angle = t / 10000 ** (2 * i / 7)
            assert waves[t, 2 * i] == pytest.approx(np.sin(angle), abs=1e-14)
            if 2 * i + 1 < 7:
                assert waves[t, 2 * i + 1] == pytest.approx(np.cos(angle), abs=1e-14)
    graph = transformer(1, 1, width=4, n_heads=1, window=2, positions="inputs")
    assert [node for node, role in graph.nodes(data="role") if role == "input"] == [
        ("input", 0),
        *(("position", i) for i in range(4)),
    ]
    with pytest.raises(gn.GraphError, match=r"^n_steps=0 is not a whole number >= 1$"):
        sinusoidal_positions(0, 4)


@pytest.mark.parametrize(
    ("draw", "said", "message"),
    [
        (attention, {"n_inputs": -1}, "n_inputs=-1 is not a whole number >= 0"),
        (attention, {"n_outputs": 0}, "n_outputs=0 is not a whole number >= 1"),
        (attention, {"window": 0}, "window=0 is not a whole number >= 1"),
        (attention, {"n_heads": True}, "n_heads=True is not a whole number >= 1"),
        (attention, {"width": 9, "n_heads": 2}, "width=9 is not a multiple of n_heads=2"),
        (transformer, {"n_inputs": "1"}, "n_inputs='1' is not a whole number >= 0"),
        (transformer, {"n_outputs": None}, "n_outputs=None is not a whole number >= 1"),
        (transformer, {"n_layers": 0}, "n_layers=0 is not a whole number >= 1"),
        (transformer, {"feedforward": 0}, "feedforward=0 is not a whole number >= 1"),
        (transformer, {"window": 1.5}, "window=1.5 is not a whole number >= 1"),
        (transformer, {"width": 30}, "width=30 is not a multiple of n_heads=4"),
        (transformer, {"norm": "both"}, "norm='both' is not one of 'pre', 'post'"),
        (transformer, {"positions": None}, "positions=None is not one of 'none', 'inputs'"),
    ],
)
def test_what_is_wrong(draw: Any, said: Any, message: str) -> None:
    with pytest.raises(gn.GraphError) as caught:
        draw(**{"n_inputs": 1, "n_outputs": 1, **said})
    assert str(caught.value) == message
