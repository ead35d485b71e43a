"""Candidates: which option goes where, and what is said of those that go nowhere."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest

import graphnet as gn
from graphnet.graphs.kinds import kinds
from graphnet.search.candidates import Problem, read_problem
from graphnet.search.sizes import sizes_of
from graphnet.search.space import read_space

from .problems import X, Y, draw

GRAPH = gn.graphs.elman(1, 3, 1)


def problem(make: Any = "elman", space: Any = None, **fixed: Any) -> Problem:
    space = {"n_hidden": [2, 3]} if space is None else space
    return read_problem(make, read_space(space), X, Y, 0.25, fixed)


def test_options_go_to_the_drawing_the_network_and_the_fit() -> None:
    space = {"n_hidden": [3], "learning_rate": [0.5], "dtype": ["float32"], "optimizer.beta2": [0.9]}
    found = problem(space=space, epochs=7, activation="relu", initializer="he")
    options = found.options_of({"n_hidden": 3, "learning_rate": 0.5, "dtype": "float32", "optimizer.beta2": 0.9})
    graph = found.graph(options, seed=1)
    settings = found.settings(options, seed=1)
    net = found.network(graph, options, seed=1)
    assert [said for _, said in graph.nodes(data="activation")].count("relu") == 3
    assert (net.dtype, net.seed) == (np.float32, 1)
    assert (settings.learning_rate, settings.epochs, settings.optimizer.beta2, settings.seed) == (0.5, 7, 0.9, 1)
    same = gn.compile(gn.graphs.elman(1, 3, 1, activation="relu"), dtype="float32", seed=1, initializer="he")
    assert (net.parameters == same.parameters).all()


def test_parts_of_an_object() -> None:
    found = problem(
        space={"optimizer.momentum": [0.5], "n_hidden": [2]}, optimizer=gn.optimizers.SGD(momentum=0.9, nesterov=True)
    )
    settings = found.settings({"optimizer.momentum": 0.5}, 0)
    assert settings.optimizer == gn.optimizers.SGD(momentum=0.5, nesterov=True)


def test_kinds_and_their_seeds() -> None:
    found = problem("elman", {"kind": ["elman", "gru"], "n_hidden": [2]})
    assert found.graph({"kind": "gru", "n_hidden": 2}, 0).number_of_nodes() > 4
    assert found.graph({"kind": "elman", "n_hidden": 2}, 0).number_of_nodes() == 4
    random = problem("random_graph", {"n_neurons": [9]})
    graphs = [random.graph({"n_neurons": 9}, seed) for seed in (0, 0, 1)]
    assert list(graphs[0].edges) == list(graphs[1].edges) != list(graphs[2].edges)


def test_a_drawing_is_rewired_and_standardized() -> None:
    worm = gn.graphs.random_graph(1, 30, 1, seed=0)
    found = problem(worm, {"rewired.keep": [None, "degree"], "standardize": [False, True]})
    plain = found.graph({"rewired.keep": None, "standardize": False}, 0)
    assert plain is worm
    rewired = found.graph({"rewired.keep": "degree", "standardize": False}, 5)
    assert set(rewired.edges) == set(gn.graphs.rewired(worm, keep="degree", seed=5).edges) != set(worm.edges)
    units = found.graph({"rewired.keep": None, "standardize": True}, 0)
    assert set(units) == set(gn.graphs.standardized(worm, X, Y))


def test_sizes_come_from_the_data() -> None:
    assert sizes_of(X, Y, None, "mse") == (1, 1)
    assert sizes_of(X, Y[:, -1], None, {"name": "quantile", "quantiles": [0.1, 0.5, 0.9]}) == (1, 3)
    assert sizes_of(X, np.arange(24) % 5, None, "cross_entropy") == (1, 5)
    tokens = np.array([[0, 3, 9], [1, 2, 0]])
    assert sizes_of(tokens, [0, 1], np.array([2, 3]), "cross_entropy") == (4, 2)
    validation = (X, np.full(24, 6))
    held_out = read_problem(
        "elman", read_space({"n_hidden": [2]}), X, np.arange(24) % 5, validation, {"loss": "cross_entropy"}
    )
    assert held_out.sizes == (1, 7)
    assert {"gru", "lstm", "echo_state", "transformer"} <= set(kinds())
    assert not {"rewired", "from_torch", "stack"} & set(kinds())


def keywords(**options: Any) -> nx.DiGraph:
    return gn.graphs.elman(1, options["size"], 1)


def test_a_function_of_any_options() -> None:
    assert problem(keywords, {"size": [2]}).graph({"size": 2}, 0).number_of_nodes() == 4


@pytest.mark.parametrize(
    ("make", "space", "fixed", "message"),
    [
        ("elmann", None, {}, "make: 'elmann'; did you mean 'elman'\\?; there are attention, complete"),
        (
            5,
            None,
            {},
            "make: a int; must be a function of options that returns a graph, a drawing, or a kind of drawing",
        ),
        (nx.Graph(), None, {}, "make: a Graph; must be a function"),
        ("gru", {"n_hiden": [2]}, {}, "space: n_hiden: neither an option of gru nor a setting of a fit; did you mean"),
        (
            "gru",
            {"n_hidden": [2], "zzz": [1]},
            {},
            "space: zzz: neither .*; gru takes n_hidden, n_layers, seed, and a fit",
        ),
        ("gru", {"n_hidden": [2], "lr": [1]}, {}, "space: lr: neither .*; did you mean 'learning_rate'"),
        ("gru", None, {"n_layrs": 2}, "^n_layrs: neither an option of gru nor .*; did you mean 'n_layers'"),
        ("gru", {"learning_rate": [0.1]}, {}, "gru needs n_hidden: give it as n_hidden=..., or put it into the space"),
        ("gru", {"n_hidden": [2], "n_inputs": [1]}, {}, "space: n_inputs: it comes from the data; leave it out"),
        ("gru", {"kind": ["gru", "lstmm"], "n_hidden": [2]}, {}, "space: kind: 'lstmm' is no kind of drawing; did you"),
        (
            "gru",
            {"kind": ["gru", "delay_line"], "n_hidden": [2]},
            {},
            "space: n_hidden: neither an option of delay_line",
        ),
        (draw, {"n_hidden": [1], "n_layers": [1]}, {}, "space: n_layers: neither an option of draw nor"),
        (draw, {"epochs": [1]}, {}, "draw needs n_hidden: give it"),
        (
            GRAPH,
            {"n_hidden": [1]},
            {},
            "space: n_hidden: no setting of a fit, and a drawing has no options; there are opt",
        ),
        (
            GRAPH,
            {"learning_rat": [1]},
            {},
            "space: learning_rat: no setting .* no options; did you mean 'learning_rate'",
        ),
        (
            "gru",
            {"loss": ["mse", "mae"], "n_hidden": [2]},
            {},
            "space: loss: scores of different losses do not compare",
        ),
        (
            "gru",
            {"loss.label_smoothing": [0.1], "n_hidden": [2]},
            {},
            "space: loss.label_smoothing: scores of different",
        ),
        ("gru", {"validation": [0.1], "n_hidden": [2]}, {}, "space: validation: validation= of the sweep says it"),
        ("elman", {"seed": [1], "n_hidden": [2]}, {}, "space: seed: seeds= says the seeds of the fits"),
        ("gru", None, {"run": "here"}, r"^run: a sweep keeps no run of each trial; gn.search.fit_best\(run=...\)"),
        ("gru", None, {"callback": print}, "^callback: a sweep has its own, which prunes"),
        ("gru", None, {"progress": True}, "^progress: a sweep logs a line a trial to the logger 'graphnet'"),
        ("gru", None, {"n_hidden": 4}, "space: n_hidden is given as n_hidden=4 too; leave one of the two out"),
        (GRAPH, {"rewired.seed": [1, 2]}, {}, "rewired.seed: what is kept is not said; give rewired.keep"),
        (
            "elman",
            {"learning_rate": (-1.0, 1.0), "n_hidden": [2]},
            {},
            "space: learning_rate: -1.0; must be a positive",
        ),
        ("elman", {"epochs": [0], "n_hidden": [2]}, {}, "space: epochs: 0; must be a whole number >= 1"),
        ("elman", {"optimizer": ["adma"], "n_hidden": [2]}, {}, "space: optimizer: 'adma'; did you mean 'adam'"),
        ("elman", {"optimizer.bta2": [0.1], "n_hidden": [2]}, {}, "space: optimizer: adam has no setting 'bta2'"),
        ("elman", {"epochs.x": [1], "n_hidden": [2]}, {}, "space: epochs: it has no parts"),
        ("elman", None, {"epochs": -1}, "^epochs: -1; must be"),
        ("elman", None, {"loss": lambda o, t, m: 0}, "loss: a function does not say how many outputs there are"),
        (
            "elman",
            None,
            {"loss": "cross_entropy"},
            "targets: float64 of shape .*; must be classes, whole numbers from 0",
        ),
    ],
)
def test_what_is_refused(make: Any, space: Any, fixed: Any, message: str) -> None:
    with pytest.raises(gn.DataError, match=message):
        problem(make, space, **fixed)


@pytest.mark.parametrize(
    ("inputs", "targets", "message"),
    [
        (X[..., 0], Y, r"inputs: shape \(24, 4\); must be \(n_samples, n_steps, n_inputs\), or whole numbers"),
        (X, Y[:, 0, 0], r"targets: shape \(24,\); must be numbers shaped"),
    ],
)
def test_data_that_do_not_fit(inputs: Any, targets: Any, message: str) -> None:
    with pytest.raises(gn.DataError, match=message):
        sizes_of(inputs, targets, None, "mse")
