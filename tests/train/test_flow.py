"""Flow of gradients through time, and the warning about vanishing or exploding ones."""

from __future__ import annotations

import warnings
from typing import Any

import networkx as nx
import numpy as np
import pytest

import graphnet as gn
from graphnet.train.flow import gradient_flow


def loop(weight: float, delay: int = 1) -> nx.DiGraph:
    """A linear neuron that feeds itself, between an input and an output."""
    graph = gn.graphs.direct(1, 1, 1)
    graph.nodes["hidden", 0]["activation"] = "identity"
    graph.edges[("hidden", 0), ("hidden", 0)].update(weight=weight, delay=delay)
    return graph


@pytest.mark.parametrize("weight", [0.25, 1.0, 2.0])
def test_the_gradient_at_each_step_by_hand(weight: float) -> None:
    graph = loop(weight)
    graph.edges[("input", 0), ("hidden", 0)]["weight"] = graph.edges[("hidden", 0), ("output", 0)]["weight"] = 1.0
    flow = gradient_flow(gn.compile(graph), np.zeros((3, 6, 1)))
    np.testing.assert_allclose(flow.norms, np.sqrt(3) * weight ** np.arange(5.0, -1, -1))
    assert (flow.span, flow.ratio, flow.factor) == (5, pytest.approx(weight**5), pytest.approx(weight))


def test_steps_that_no_path_reaches_are_no_loss() -> None:
    """A loop of delay 2 reaches every other step."""
    flow = gradient_flow(gn.compile(loop(0.5, delay=2), seed=0), np.zeros((1, 6, 1)))
    assert (flow.norms > 0).tolist() == [False, True, False, True, False, True]
    assert (flow.span, flow.ratio) == (4, pytest.approx(0.25))


def test_only_the_longest_sequences_are_looked_at() -> None:
    flow = gradient_flow(gn.compile(loop(0.5), seed=0), np.zeros((3, 9, 1)), np.array([4, 2, 4]))
    assert len(flow.norms) == 4
    assert flow.ratio == pytest.approx(0.125)


def fit(graph: nx.DiGraph, n_steps: int = 30, **options: Any) -> gn.History:
    inputs = np.random.default_rng(0).normal(size=(4, n_steps, 1))
    net = gn.compile(graph, seed=0)
    return gn.fit(net, inputs, np.zeros_like(inputs), epochs=3, learning_rate=1e-30, optimizer="sgd", seed=0, **options)


@pytest.mark.parametrize(
    ("weight", "says"),
    [
        (0.1, "gradients vanish through time: over 29 steps they are multiplied with 1e-29, 0.1 a step; gates"),
        (2.0, r"gradients explode through time: over 29 steps they are multiplied with 5.4e\+08, 2 a step; clip_norm"),
    ],
)
def test_it_warns_once_with_the_number_and_what_helps(weight: float, says: str) -> None:
    with pytest.warns(gn.GradientWarning, match=says) as caught:
        fit(loop(weight))
    assert len(caught) == 1
    assert caught[0].filename == __file__


@pytest.mark.parametrize(
    ("graph", "options"),
    [
        (loop(0.9), {}),
        (loop(1.1), {}),
        (loop(2.0), {"clip_norm": 1.0}),
        (loop(0.1), {"n_steps": 4}),
        (gn.graphs.feedforward(1, 3, 1), {}),
        (gn.graphs.bidirectional(loop(0.1)), {}),
        (gn.graphs.lstm(1, 4, 1), {}),
    ],
    ids=["holds", "grows a little", "clipped", "short", "no feedback", "two directions", "gates"],
)
def test_it_does_not_warn_without_reason(graph: nx.DiGraph, options: dict[str, Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit(graph, **options)


def test_looking_changes_no_number() -> None:
    """The same bits with and without a warning that was shown."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rows = [fit(loop(0.1)).epochs for _ in range(2)]
    assert [row["loss"] for row in rows[0]] == [row["loss"] for row in rows[1]]
