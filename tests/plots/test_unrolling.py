"""unrolled: copies of the neurons in time, and what joins them."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import graphnet as gn
from graphnet.language.delays import resolve_delays
from graphnet.layout import picture_of
from graphnet.plots.unrolling import MOST_OUTSIDE, _in_time
from graphnet.testing import neuron_graphs
from tests.profiles import scaled

from .reference import check_image, image_of

pytest.importorskip("matplotlib")
from matplotlib import pyplot as plt


@pytest.fixture(autouse=True)
def closed() -> Any:
    yield
    plt.close("all")


DRAWINGS = {
    "elman": lambda: gn.graphs.elman(1, 2, 1),
    "bidirectional": lambda: gn.graphs.bidirectional(gn.graphs.elman(1, 1, 1)),
    "convolution": lambda: gn.graphs.convolution(1, 1, 1),
    "lstm": lambda: gn.graphs.lstm(1, 1, 1),
}


@pytest.mark.parametrize("name", DRAWINGS)
def test_images_that_were_looked_at(name: str) -> None:
    ax = plt.subplots(figsize=(6, 3.4), layout="constrained")[1]
    check_image(gn.plots.unrolled(DRAWINGS[name](), 3, ax=ax), f"unrolled_{name}")


@settings(max_examples=scaled(100), deadline=None)
@given(neuron_graphs(), st.integers(1, 4))
def test_a_synapse_goes_as_many_steps_as_its_delay(graph: nx.DiGraph, n_steps: int) -> None:
    picture = picture_of(graph)
    delays = resolve_delays(picture.table)
    copies, step, faint = _in_time(picture, delays.gate_delay, n_steps, n_steps)
    nodes = copies.table.nodes
    reverse = dict(graph.nodes(data="reverse"))
    expected = set()
    keys = picture.table.edge_keys()
    for t in range(n_steps):
        for (source, target, *_), delay in zip(keys, delays.delay.tolist(), strict=True):
            before = t + delay if reverse[target] else t - delay
            if -MOST_OUTSIDE <= before < n_steps + MOST_OUTSIDE:
                expected.add((source, before, target, t))
    ends = zip(copies.table.source.tolist(), copies.table.target.tolist(), strict=True)
    found = {(nodes[s], int(step[s]), nodes[t], int(step[t])) for s, t in ends}
    assert found == expected
    outside = (step < 0) | (step >= n_steps)
    assert (faint == outside[copies.table.source]).all()
    # every neuron at every step, one column a step, in the order of time
    assert sum(~outside) == n_steps * len(graph)
    for t in range(int(step.min()), int(step.max())):
        if (step == t).any() and (step == t + 1).any():
            assert copies.positions[step == t, 0].max() < copies.positions[step == t + 1, 0].min()


@settings(max_examples=scaled(30), deadline=None)
@given(neuron_graphs(), st.integers(1, 3))
def test_every_drawing_is_drawn(graph: nx.DiGraph, n_steps: int) -> None:
    ax = gn.plots.unrolled(graph, n_steps)
    image_of(ax.figure)
    times = {text.get_text() for text in ax.texts}
    assert {f"t = {t}" for t in range(n_steps)} <= times
    plt.close("all")


def test_gates_come_from_their_own_step() -> None:
    graph = nx.DiGraph()
    graph.add_node("in", role="input")
    graph.add_node("out", role="output")
    graph.add_edge("in", "out", delay=0, gate="in", gate_delay=2)
    picture = picture_of(graph)
    copies, step, _ = _in_time(picture, resolve_delays(picture.table).gate_delay, 3, 3)
    target = copies.table.target
    assert (step[copies.gate] == step[target] - 2).all()


def test_too_many_steps_are_counted() -> None:
    ax = gn.plots.unrolled(gn.graphs.elman(1, 2, 1), 1000)
    assert ax.get_title().startswith("the first 15 of 1,000 steps")
    assert not [text for text in ax.texts if text.get_text() == "t = 15"]


def test_layers_are_one_mark_where_there_are_too_many_neurons() -> None:
    ax = gn.plots.unrolled(gn.graphs.elman(3, 100, 2), 3)
    image_of(ax.figure)
    assert ax.get_title().replace("\n", " ") == "105 neurons and 10,500 synapses: one mark for each layer"
    words = {text.get_text() for text in ax.texts}
    assert {"inputs\n×3", "layer\n1 ×100", "outputs\n×2"} <= words
    found = [text.get_text() for text in ax.get_legend().get_texts()]
    assert {"forward", "direct", "lateral"} < set(found)


def test_values_far_outside_are_left_out_and_that_is_said() -> None:
    graph = nx.DiGraph()
    graph.add_node("in", role="input")
    graph.add_node("out", role="output")
    graph.add_edge("in", "out", delay=30)
    ax = gn.plots.unrolled(graph, 2)
    image_of(ax.figure)
    assert ax.get_title().replace("\n", " ") == "outside the sequence only values of 3 steps"


@pytest.mark.parametrize("n_steps", [0, -1, 1.5, True, "3", None])
def test_the_number_of_steps_is_checked(n_steps: Any) -> None:
    with pytest.raises(gn.DataError, match=r"n_steps=.*: must be a whole number >= 1"):
        gn.plots.unrolled(gn.graphs.elman(1, 2, 1), n_steps)
    assert gn.plots.unrolled(gn.graphs.elman(1, 2, 1), np.int64(1)) is not None


def test_axes_are_used_and_returned() -> None:
    _, axes = plt.subplots(1, 2)
    assert gn.plots.unrolled(gn.graphs.direct(1, 2, 1), 2, ax=axes[0]) is axes[0]
    assert not axes[1].collections
