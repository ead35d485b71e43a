"""Plots of gradient flow: the norms of each kind, the factor in words, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib import pyplot as plt

import graphnet as gn
from graphnet.plots import gradient_flow

from .drawn import legend, line, words
from .reference import check_image

RNG = np.random.default_rng(0)
INPUTS, TARGETS = RNG.normal(size=(4, 16, 1)), RNG.normal(size=(4, 1))


def loop(weight: float, n_steps: int) -> tuple[Any, ...]:
    """Return a network with one linear neuron that feeds itself, and data for it."""
    graph = gn.graphs.direct(1, 1, 1)
    graph.edges[("hidden", 0), ("hidden", 0)]["weight"] = weight
    graph.nodes["hidden", 0]["activation"] = "identity"
    return gn.compile(graph, seed=0), np.zeros((1, n_steps, 1)), [[1.0]]


def test_norms_are_those_of_the_analysis() -> None:
    net = gn.compile(gn.graphs.elman(1, 6, 1), seed=1)
    frame = gn.analysis.gradient_flow(net, INPUTS, TARGETS)
    ax = gradient_flow(net, INPUTS, TARGETS)
    assert legend(ax) == ["all synapses", "direct", "lateral", "forward"]
    for label, column in (("all", "norm"), ("direct", "direct"), ("lateral", "lateral"), ("forward", "forward")):
        lag, norm = line(ax, label).T
        assert lag.tolist() == frame["lag"].tolist()
        np.testing.assert_array_equal(norm, frame[column].where(frame[column] > 0))
    assert ax.get_yscale() == "log"
    assert ax.get_xlabel() == "lag (steps before the last that counts)"
    check_image(ax, "gradient_flow")
    assert line(gradient_flow(frame), "all").tolist() == np.stack([frame["lag"], frame["norm"]], 1).tolist()
    plt.close("all")


@pytest.mark.parametrize(
    ("weight", "n_steps", "said"),
    [
        (0.5, 12, "gradient shrinks: × 0.5 a step, × 0.00098 over 10 steps"),
        (0.1, 12, "gradient vanishes: × 0.1 a step, × 1e-10 over 10 steps"),
        (1.0, 12, "gradient keeps its size: × 1 a step, × 1 over 10 steps"),
        (1.5, 12, "gradient grows: × 1.5 a step, × 58 over 10 steps"),
        (9.0, 12, "gradient explodes: × 9 a step, × 3.5e+09 over 10 steps"),
    ],
)
def test_the_factor_is_said(weight: float, n_steps: int, said: str) -> None:
    assert said in words(gradient_flow(*loop(weight, n_steps)))
    plt.close("all")


def test_what_the_ends_do_not_say() -> None:
    frame = gn.analysis.gradient_flow(*loop(0.5, 8))
    frame["norm"] = [2.0, 1.0, 0.1, 0.1, 0.01, 0.1, 1.0, 0.0]
    ax = gradient_flow(frame)
    assert "no path reaches back more than 6 steps; least at lag 4, × 0.01 of lag 1" in words(ax)
    plt.close("all")
    frame["norm"] = [2.0, 1.0, 2.0, 4.0, np.inf, np.inf, np.nan, np.nan]
    assert {"gradient grows: × 2 a step, × 4 over 2 steps", "not a finite number from lag 4 on"} <= set(
        words(gradient_flow(frame))
    )
    feedforward = gn.compile(gn.graphs.feedforward(1, 2, 1), seed=0)
    ax = gradient_flow(feedforward, np.ones((1, 4, 1)), [[1.0]])
    assert {"gradient back through time", "no path reaches back"} <= set(words(ax))
    plt.close("all")


def test_a_gradient_of_nothing_is_said() -> None:
    net = gn.compile(gn.graphs.direct(1, 2, 1), seed=0)
    ax = gradient_flow(net, np.zeros((1, 4, 1)), np.zeros((1, 1)))
    assert "the gradient is 0 or not finite at every lag" in words(ax)
    plt.close("all")


def test_what_is_refused() -> None:
    net = gn.compile(gn.graphs.direct(1, 2, 1), seed=0)
    with pytest.raises(gn.DataError, match=r"^gradient_flow: of a network, inputs and targets are needed$"):
        gradient_flow(net, INPUTS)
    with pytest.raises(gn.DataError, match=r"^gradient_flow: net is a DiGraph, not a Network$"):
        gradient_flow(gn.graphs.direct(1, 2, 1), INPUTS, TARGETS)
    frame = gn.analysis.gradient_flow(net, INPUTS, TARGETS).drop(columns=["norm", "lateral"])
    with pytest.raises(
        gn.DataError,
        match=r"^gradient_flow: no column 'norm' and no column 'lateral'; found lag, direct, .*; must be a net",
    ):
        gradient_flow(frame)
    with pytest.raises(
        gn.DataError, match=r"^gradient_flow: a list; must be a network, with inputs and targets, or a fr"
    ):
        gradient_flow([1.0])
    assert not plt.get_fignums()
