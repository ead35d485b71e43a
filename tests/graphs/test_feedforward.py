"""Layers without feedback."""

from __future__ import annotations

from collections.abc import Callable

import networkx as nx
import numpy as np
import pytest

import graphnet as gn

DRAWINGS: list[Callable[..., nx.DiGraph]] = [
    gn.graphs.feedforward,
    gn.graphs.direct,
    gn.graphs.lateral,
    gn.graphs.indirect,
    gn.graphs.complete,
    gn.graphs.elman,
    gn.graphs.jordan,
]
each_drawing = pytest.mark.parametrize("draw", DRAWINGS, ids=lambda draw: draw.__name__)


def test_one_layer() -> None:
    graph = gn.graphs.feedforward(2, 3, 1)
    assert list(graph) == [
        ("input", 0),
        ("input", 1),
        ("hidden", 0),
        ("hidden", 1),
        ("hidden", 2),
        ("output", 0),
    ]
    assert set(graph.edges) == {
        *((("input", i), ("hidden", j)) for i in range(2) for j in range(3)),
        *((("hidden", j), ("output", 0)) for j in range(3)),
    }


def test_several_layers() -> None:
    graph = gn.graphs.feedforward(1, [2, 1], 2)
    assert list(graph) == [
        ("input", 0),
        ("hidden", 1, 0),
        ("hidden", 1, 1),
        ("hidden", 2, 0),
        ("output", 0),
        ("output", 1),
    ]
    assert set(graph.edges) == {
        (("input", 0), ("hidden", 1, 0)),
        (("input", 0), ("hidden", 1, 1)),
        (("hidden", 1, 0), ("hidden", 2, 0)),
        (("hidden", 1, 1), ("hidden", 2, 0)),
        (("hidden", 2, 0), ("output", 0)),
        (("hidden", 2, 0), ("output", 1)),
    }


def test_a_step_depends_on_that_step_alone() -> None:
    net = gn.compile(gn.graphs.feedforward(2, [4, 3], 2), seed=0)
    inputs = np.random.default_rng(0).standard_normal((1, 6, 2))
    steps = np.concatenate([net.run(inputs[:, [t]]) for t in range(6)], axis=1)
    np.testing.assert_allclose(net.run(inputs), steps, rtol=1e-14)
    assert set(net.matrices()) == {0}


@each_drawing
def test_a_drawing_compiles_and_learns(draw: Callable[..., nx.DiGraph]) -> None:
    for n_inputs, n_hidden, n_outputs in [(2, 3, 2), (0, 1, 1), (1, [3, 2], 2), (1, (2,), 1), (3, [1, 1, 1], 1)]:
        graph = draw(n_inputs, n_hidden, n_outputs)
        assert isinstance(graph, nx.DiGraph)
        assert all("weight" not in said for *_, said in graph.edges(data=True)) or draw is gn.graphs.jordan
        net = gn.compile(graph, seed=0)
        assert (net.n_inputs, net.n_outputs) == (n_inputs, n_outputs)
        _, gradient = net.value_and_grad(np.ones((1, 4, n_inputs)), np.ones((1, 4, n_outputs)))
        assert np.isfinite(gradient).all()
        assert gradient.any()


@each_drawing
def test_the_activation_is_that_of_the_hidden_neurons(draw: Callable[..., nx.DiGraph]) -> None:
    graph = draw(1, [2, 3], 2, activation="relu")
    for node, said in graph.nodes(data=True):
        if node[0] == "hidden":
            assert said["activation"] == "relu"
        elif node[0] == "output":
            assert said.get("activation", "identity") == "identity"
    default = draw(1, 2, 1)
    assert default.nodes["hidden", 0].get("activation", "tanh") == "tanh"


@each_drawing
@pytest.mark.parametrize(
    ("sizes", "name", "value"),
    [
        ((-1, 3, 1), "n_inputs", "-1"),
        ((1.5, 3, 1), "n_inputs", "1.5"),
        ((True, 3, 1), "n_inputs", "True"),
        (("2", 3, 1), "n_inputs", "'2'"),
        ((None, 3, 1), "n_inputs", "None"),
        ((1, 0, 1), "n_hidden", "0"),
        ((1, 2.0, 1), "n_hidden", "2.0"),
        ((1, [2, 0], 1), "n_hidden", "0"),
        ((1, [2, -3], 1), "n_hidden", "-3"),
        ((1, [2, True], 1), "n_hidden", "True"),
        ((1, 3, 0), "n_outputs", "0"),
        ((1, 3, float("nan")), "n_outputs", "nan"),
    ],
)
def test_bad_sizes(draw: Callable[..., nx.DiGraph], sizes: tuple, name: str, value: str) -> None:
    with pytest.raises(gn.GraphError) as caught:
        draw(*sizes)
    assert f"{name}={value}" in str(caught.value)
    assert "whole number >= " in str(caught.value)


@each_drawing
def test_sizes_may_be_numpys(draw: Callable[..., nx.DiGraph]) -> None:
    same = draw(np.int64(1), np.array([2, 3]), np.int32(1))
    assert set(same.edges) == set(draw(1, [2, 3], 1).edges)
    assert gn.compile(same, seed=0).run(np.ones((1, 2, 1))).shape == (1, 2, 1)


@each_drawing
def test_every_call_draws_anew(draw: Callable[..., nx.DiGraph]) -> None:
    one = draw(1, 2, 1)
    one.nodes["hidden", 0]["bias"] = 5.0
    assert "bias" not in draw(1, 2, 1).nodes["hidden", 0]


def test_no_layers_are_too_few() -> None:
    with pytest.raises(gn.GraphError, match="n_hidden is empty: give at least one"):
        gn.graphs.indirect(1, [], 1)
