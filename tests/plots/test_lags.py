"""Attention weights by step and lag."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib import pyplot

import graphnet as gn
from graphnet.plots import attention

from .networks import texts_of, waves
from .reference import check_image


def test_heads_of_attention() -> None:
    net, inputs = gn.compile(gn.graphs.attention(2, 1, n_heads=2, width=8, window=6), seed=0), 2 * waves(2, 25, 2)
    ax = attention(net, inputs, sample=1, lengths=[25, 18])
    scores = [[("score", head, lag) for lag in range(6)] for head in range(2)]
    recorded = net.run(inputs, lengths=[25, 18], record=[*scores[0], *scores[1]]).recorded
    for panel, names in zip(ax.child_axes, scores, strict=True):
        drawn = panel.images[0].get_array()
        before = np.arange(18) < np.arange(6)[:, None]
        np.testing.assert_array_equal(drawn.mask, before)
        np.testing.assert_allclose(drawn.filled(0), np.where(before, 0, [recorded[name][1, :18] for name in names]))
        np.testing.assert_allclose(drawn.sum(axis=0), 1)
    assert "light grey: past the end of the sequence" in texts_of(ax)
    check_image(ax, "attention")


def test_a_transformer() -> None:
    net = gn.compile(gn.graphs.transformer(2, 1, width=8, n_heads=4, window=8, n_layers=2), seed=0)
    ax = attention(net, 2 * waves(1, 40, 2))
    assert [panel.get_title() for panel in ax.child_axes[:5]] == [f"score {b} {h}" for b, h in
        [(1, 0), (1, 1), (1, 2), (1, 3), (2, 0)]]  # fmt: skip
    check_image(ax, "attention_transformer")


def test_many_heads() -> None:
    net = gn.compile(gn.graphs.attention(1, 1, n_heads=20, width=20, window=3), seed=0)
    ax = attention(net, waves(1, 5, 1))
    assert len(ax.child_axes) == 16
    assert "the first 16 of 20 heads" in texts_of(ax)
    pyplot.close("all")


def test_a_reversed_head_starts_at_the_end() -> None:
    graph = gn.graphs.attention(1, 1, width=2, window=4)
    for node, said in graph.nodes(data=True):
        if said.get("role") is None:
            graph.nodes[node]["reverse"] = True
    ax = attention(gn.compile(graph, seed=0), waves(1, 7, 1))
    drawn = ax.child_axes[0].images[0].get_array()
    assert drawn.mask[3].tolist() == [False] * 4 + [True] * 3
    np.testing.assert_allclose(drawn.sum(axis=0), 1)
    pyplot.close("all")


def test_what_is_refused() -> None:
    with pytest.raises(gn.DataError, match="attention: the network has no softmax group over lags, whose neurons gate"):
        attention(gn.compile(gn.graphs.lstm(1, 2, 1), seed=0), waves(1, 5, 1))
    net = gn.compile(gn.graphs.attention(1, 1, width=2, window=3), seed=0)
    with pytest.raises(gn.DataError, match="sample is 7: the data have samples 0 to 0"):
        attention(net, waves(1, 5, 1), sample=7)
    with pytest.raises(gn.DataError, match="attention: net is a MultiDiGraph, not a Network"):
        attention(gn.graphs.attention(1, 1), waves(1, 5, 1))
    assert not pyplot.get_fignums()
