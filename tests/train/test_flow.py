"""Flow of gradients through time, and the warning about vanishing or exploding ones."""

from __future__ import annotations

import warnings
from typing import Any

import networkx as nx
import numpy as np
import pytest

import graphnet as gn
from graphnet.train.flow import flow_to_inputs


def loop(weight: float, delay: int = 1) -> nx.DiGraph:
    """A linear neuron that feeds itself, between an input and an output."""
    graph = gn.graphs.direct(1, 1, 1)
    graph.nodes["hidden", 0]["activation"] = "identity"
    graph.edges[("hidden", 0), ("hidden", 0)].update(weight=weight, delay=delay)
    return graph


ONES = np.ones((3, 1))
"""Targets of the last step; with inputs of 0, the gradient of mse there is -2/3 for each of 3 samples."""


@pytest.mark.parametrize("weight", [0.25, 1.0, 2.0])
def test_the_gradient_at_each_step_by_hand(weight: float) -> None:
    graph = loop(weight)
    graph.edges[("input", 0), ("hidden", 0)]["weight"] = graph.edges[("hidden", 0), ("output", 0)]["weight"] = 1.0
    flow = flow_to_inputs(gn.compile(graph), np.zeros((3, 6, 1)), ONES)
    np.testing.assert_allclose(flow.norms, 2 / 3 * np.sqrt(3) * weight ** np.arange(5.0, -1, -1))
    assert (flow.span, flow.ratio, flow.factor) == (5, pytest.approx(weight**5), pytest.approx(weight))


def test_it_is_the_gradient_of_the_loss_and_of_the_steps_that_it_counts() -> None:
    """Targets at every step: each input is felt at its own step, however little of it is left later."""
    graph = loop(0.5)
    graph.edges[("input", 0), ("hidden", 0)]["weight"] = graph.edges[("hidden", 0), ("output", 0)]["weight"] = 1.0
    flow = flow_to_inputs(gn.compile(graph), np.zeros((1, 4, 1)), np.ones((1, 4, 1)))
    np.testing.assert_allclose(flow.norms, 0.5 * np.array([1.875, 1.75, 1.5, 1.0]))


def test_steps_that_no_path_reaches_are_no_loss() -> None:
    """A loop of delay 2 reaches every other step."""
    flow = flow_to_inputs(gn.compile(loop(0.5, delay=2), seed=0), np.zeros((1, 6, 1)), ONES[:1])
    assert (flow.norms > 0).tolist() == [False, True, False, True, False, True]
    assert (flow.span, flow.ratio) == (4, pytest.approx(0.25))


def test_only_the_longest_sequences_are_looked_at() -> None:
    flow = flow_to_inputs(gn.compile(loop(0.5), seed=0), np.zeros((3, 9, 1)), ONES, lengths=np.array([4, 2, 4]))
    assert len(flow.norms) == 4
    assert flow.ratio == pytest.approx(0.125)


def fit(graph: nx.DiGraph, n_steps: int = 30, **options: Any) -> gn.History:
    """A fit to targets of the last step that learns nothing, its steps are so short."""
    inputs = np.random.default_rng(0).normal(size=(4, n_steps, 1))
    net = gn.compile(graph, seed=0)
    given = {"epochs": 3, "learning_rate": 1e-30, "optimizer": "sgd", "seed": 0, **options}
    return gn.fit(net, inputs, given.pop("targets", np.zeros((4, 1))), **given)


@pytest.mark.parametrize(
    ("weight", "says"),
    [
        (0.1, "gradients vanish through time: over 29 steps they are multiplied with 1e-29, 0.1 a step; gates"),
        (2.0, r"gradients explode through time: over 29 steps they are multiplied with 5.4e\+08, 2 a step; clip_norm"),
    ],
)
def test_it_warns_once_with_the_number_and_what_helps(weight: float, says: str) -> None:
    with pytest.warns(gn.GradientWarning, match=says) as caught:
        fit(loop(weight), epochs=60)
    assert len(caught) == 1
    assert caught[0].filename == __file__


def leaky() -> nx.DiGraph:
    graph = loop(0.1)
    graph.nodes["hidden", 0]["leak"] = 0.99
    return graph


def continuous() -> nx.DiGraph:
    graph = loop(0.1)
    graph.nodes["hidden", 0]["tau"] = 1.0
    return graph


def short_memory() -> nx.DiGraph:
    """An LSTM whose forget gate is all but closed."""
    graph = gn.graphs.lstm(1, 1, 1)
    graph.nodes["forget", 0]["bias"] = -3.0
    return graph


def held_down() -> nx.DiGraph:
    """Neurons that feed each other, weakly."""
    graph = gn.graphs.elman(1, 3, 1)
    for source, target in graph.edges:
        if source[0] == target[0] == "hidden":
            graph.edges[source, target]["weight"] = 0.1
    return graph


@pytest.mark.parametrize(
    ("graph", "options", "says", "not_says"),
    [
        (loop(0.1), {}, "self-loops of weight near 1 (the largest is 0.1)", "orthogonal"),
        (loop(0.01, delay=2), {}, "delays of more than 2 steps", "a synapse with a long delay"),
        (leaky(), {}, "a smaller leak", "leak < 1"),
        (continuous(), {}, "a larger tau", "leak"),
        (short_memory(), {}, "larger biases of the gates of self-loops, such as ('forget', 0)", "lstm"),
        (held_down(), {}, "the initializer 'orthogonal'", "self-loops"),
        (loop(0.1), {"truncation": 20}, "over 19 steps of a window of 20 (truncation)", "over 29"),
        (loop(2.0), {}, "self-loops of weight below 1 (the largest is 2)", "spectral_radius"),
    ],
    ids=["loop", "delay", "leak", "tau", "gates", "all to all", "truncation", "explodes"],
)
def test_the_advice_fits_the_drawing(graph: nx.DiGraph, options: dict[str, Any], says: str, not_says: str) -> None:
    with pytest.warns(gn.GradientWarning) as caught:
        fit(graph, **options)
    (message,) = [str(each.message) for each in caught]
    assert says in message
    assert not_says not in message


def classes(n_steps: int, of: int) -> tuple[np.ndarray, np.ndarray]:
    """Sequences, and the sign of one of their steps."""
    inputs = np.random.default_rng(0).normal(size=(128, n_steps, 1))
    return inputs, (inputs[:, of, 0] > 0).astype(int)


@pytest.mark.parametrize(("kind", "n_steps", "of"), [("lstm", 20, 0), ("elman", 100, -1), ("lstm", 100, -1)])
def test_nets_that_learn_are_left_alone(kind: str, n_steps: int, of: int) -> None:
    net = gn.compile(getattr(gn.graphs, kind)(1, 16, 2), seed=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        history = gn.fit(
            net, *classes(n_steps, of), loss="cross_entropy", learning_rate=0.02, epochs=8, batch_size=16, seed=0
        )
    assert history.epochs[-1]["loss"] < 0.8 * history.epochs[0]["loss"]


def test_a_long_net_that_cannot_learn_is_told_so() -> None:
    graph = held_down()
    for neuron in list(graph)[1:4]:
        graph.edges[neuron, ("output", 0)]["weight"] = 1.0
    inputs = np.random.default_rng(0).normal(size=(128, 60, 1))
    with pytest.warns(gn.GradientWarning, match="vanish"):
        gn.fit(gn.compile(graph, seed=0), inputs, np.sign(inputs[:, 0]), epochs=8, batch_size=16, seed=0)


@pytest.mark.parametrize(
    ("graph", "options"),
    [
        (loop(0.9), {}),
        (loop(1.1), {}),
        (loop(2.0), {"clip_norm": 1.0}),
        (loop(2.0), {"clip_value": 1.0}),
        (loop(0.1), {"truncation": 5}),
        (loop(0.1), {"targets": np.zeros((4, 30, 1))}),
        (loop(0.1), {"n_steps": 4}),
        (gn.graphs.feedforward(1, 3, 1), {}),
        (gn.graphs.bidirectional(loop(0.1)), {}),
        (gn.graphs.lstm(1, 4, 1), {}),
    ],
    ids=[
        "holds",
        "grows a little",
        "clipped",
        "clipped entries",
        "short windows",
        "targets at every step",
        "short",
        "no feedback",
        "two directions",
        "gates",
    ],
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
