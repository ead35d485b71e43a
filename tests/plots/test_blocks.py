"""Matrices: strengths, delays and gates of any network, and what is drawn of very large ones."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from matplotlib import pyplot

import graphnet as gn
from graphnet.plots import matrix
from graphnet.testing import Case, cases

from ..profiles import scaled
from .networks import alone, oddly_named, texts_of
from .reference import check_image


def whole(net: gn.Network) -> np.ndarray:
    """Return the summed strengths of all synapses, gated ones as well, [target, source] in node order."""
    found = net.matrices()
    total = np.zeros((net.n_nodes, net.n_nodes))
    for each in found.values():
        total += each.toarray()
    index = {node: i for i, node in enumerate(net.to_graph())}
    for synapse in found.gated:
        total[index[synapse.key[1]], index[synapse.key[0]]] += synapse.value
    return total


def test_an_lstm() -> None:
    net = gn.compile(gn.graphs.lstm(1, 2, 1), seed=0)
    ax = matrix(net)
    order = net.program.order
    np.testing.assert_allclose(ax.images[0].get_array().filled(0), whole(net)[np.ix_(order, order)])
    shown = texts_of(ax).splitlines()
    assert {"1: step by step, 4 levels", "2: all steps at once", "inputs", "gated synapse"} <= set(shown)
    assert shown.count("1") == 2 * 8 + 2  # synapses of delay 1: hidden to gates and candidates, and cells
    pyplot.close("all")


def test_a_gated_unit() -> None:
    check_image(matrix(gn.compile(gn.graphs.minimal_gated(1, 2, 1), seed=0)), "matrix_gated")


def test_parallel_synapses() -> None:
    net = gn.compile(gn.graphs.attention(2, 1, n_heads=1, width=2, window=3), seed=0)
    ax = matrix(net)
    assert texts_of(ax).splitlines().count("0–2") == 2
    check_image(ax, "matrix_attention")


def test_sorted_by_an_attribute() -> None:
    graph = gn.graphs.lateral(2, 4, 2)
    nx.set_node_attributes(graph, {("hidden", i): "$a" if i % 2 else "b" * 200 for i in range(3)}, "$type")
    net = gn.compile(graph, seed=0)
    ax = matrix(net, by="$type")
    shown = texts_of(ax).splitlines()
    assert {"inputs", "$a", "no $type", "outputs", "source, by $type"} <= set(shown)
    names = [text.get_text() for text in ax.get_yticklabels()]
    assert names == ["input 0", "input 1", "hidden 0", "hidden 2", "hidden 1", "output 0", "output 1", "hidden 3"]
    check_image(ax, "matrix_sorted")


def large(n: int, n_kinds: int) -> gn.Network:
    """Return a ring of neurons of some kinds, each of which feeds the next three."""
    rows = np.arange(n)
    w = np.zeros((n, n))
    for step in (1, 2, 3):
        w[(rows + step) % n, rows] = np.where(rows % 2, 0.3, -0.2)
    kinds = np.array([f"kind {k}" for k in range(n_kinds)], object)[rows * n_kinds // n]
    return gn.compile(gn.graphs.from_matrix(w, w_in=np.eye(n, 2), w_out=np.eye(1, n), kind=kinds), seed=0)


def test_hundreds_of_neurons() -> None:
    net = large(120, 4)
    ax = matrix(net, by="kind")
    assert ax.images[0].get_array().shape == (123, 123)
    assert {"kind 2", "delays, in steps", "inputs"} <= set(texts_of(ax).splitlines())
    check_image(ax, "matrix_of_hundreds")
    compiled = matrix(net)
    assert "sparse block" in texts_of(compiled)
    check_image(compiled, "matrix_of_hundreds_compiled")


def test_of_many_neurons_numbers_of_synapses_are_drawn() -> None:
    net = large(997, 4)
    ax = matrix(net)
    assert ax.get_title() == "1,000 neurons, 2,994 synapses: numbers between groups of 5 neurons"
    counts = ax.images[0].get_array().filled(0)
    assert counts.shape == (200, 200)
    assert counts.sum() == net.n_edges
    check_image(ax, "matrix_of_thousands")


def test_of_many_neurons_means_of_classes_are_drawn() -> None:
    net = large(997, 3)
    ax = matrix(net, by="kind")
    assert ax.get_title() == "1,000 neurons in 5 classes: means over the neurons of the target's class"
    strengths, kinds = whole(net), net.to_table().node_columns["kind"].objects()
    names = [text.get_text() for text in ax.get_yticklabels()]
    drawn = ax.images[0].get_array()
    of_kind = np.array([kinds[i] if i > 1 else "inputs" for i in range(999)])
    part = strengths[:999, :999][np.ix_(of_kind == "kind 1", of_kind == "kind 0")]
    expected = part.sum() / (of_kind == "kind 1").sum()
    assert drawn[names.index("kind 1"), names.index("kind 0")] == pytest.approx(expected)
    pyplot.close("all")
    many = matrix(large(997, 300), by="kind")
    assert "numbers between groups of 5 neurons" in many.get_title()
    pyplot.close("all")


def test_many_delays_share_a_colour() -> None:
    n = 50
    graph = nx.DiGraph([(i, (i + 1) % n, {"delay": i % 8 + 1}) for i in range(n)])
    graph.add_node(0, role="output")
    ax = matrix(gn.compile(graph, seed=0))
    assert {"1", "4", "5 or more"} <= set(texts_of(ax).splitlines())
    pyplot.close("all")


def test_any_names() -> None:
    check_image(matrix(oddly_named()), "matrix_names")


def test_without_synapses() -> None:
    ax = matrix(alone())
    assert ax.get_title() == "no synapses"
    assert not ax.child_axes
    pyplot.close("all")


def test_axes_that_are_given() -> None:
    axes: Any = pyplot.subplots(1, 2, figsize=(12, 5), layout="constrained")[1]
    net = gn.compile(gn.graphs.indirect(2, 4, 1), seed=0)
    assert matrix(net, ax=axes[0]) is axes[0]
    assert axes[0].get_figure().get_size_inches().tolist() == [12, 5]
    axes[0].get_figure().canvas.draw()
    pyplot.close("all")


@pytest.mark.costly
@given(cases())
@settings(max_examples=scaled(30))
def test_any_network(case: Case) -> None:
    net = gn.compile(case.graph, seed=0)
    ax = matrix(net)
    order = net.program.order
    if ax.images:
        np.testing.assert_allclose(ax.images[0].get_array().filled(0), whole(net)[np.ix_(order, order)])
    pyplot.close("all")


def test_what_is_refused() -> None:
    with pytest.raises(gn.DataError, match=r"matrix: net is a DiGraph, not a Network: gn\.compile"):
        matrix(gn.graphs.lstm(1, 1, 1))
    with pytest.raises(gn.GraphError, match="by: no node has the attribute 'layr'; was 'layer' meant"):
        matrix(gn.compile(gn.graphs.lstm(1, 1, 1), seed=0), by="layr")
    assert not pyplot.get_fignums()
