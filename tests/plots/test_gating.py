"""Gates over one sequence, of architectures and of drawings made by hand."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from matplotlib import pyplot

import graphnet as gn
from graphnet.plots import gates
from graphnet.testing import Case, cases

from ..profiles import scaled
from .networks import exploding, texts_of, waves
from .reference import check_image


@pytest.mark.parametrize("kind", ["lstm", "gru", "minimal_gated"])
def test_gates(kind: str) -> None:
    net, inputs = gn.compile(getattr(gn.graphs, kind)(2, 3, 1), seed=1), 2 * waves(2, 30, 2)
    gate, n_gates = {"lstm": ("forget", 3), "gru": ("update", 2), "minimal_gated": ("forget", 1)}[kind]
    ax = gates(net, inputs, unit=1, sample=1)
    bands = ax.child_axes
    assert len(bands) == n_gates + 2
    recorded = net.run(inputs, record=[(gate, 1), ("hidden", 1)]).recorded
    curves = [line.get_ydata() for band in bands for line in band.lines if len(line.get_ydata()) == 30]
    for values in (inputs[1, :, 0], inputs[1, :, 1], recorded[gate, 1][1], recorded["hidden", 1][1]):
        assert any(np.allclose(values, curve) for curve in curves)
    assert "\nhidden 1" in texts_of(ax)
    check_image(ax, f"gates_{kind}")


def test_many_inputs_and_an_early_end() -> None:
    net, inputs = gn.compile(gn.graphs.lstm(12, 3, 1, n_layers=2), seed=0), waves(3, 25, 12)
    ax = gates(net, inputs, unit=4, sample=2, lengths=[25, 20, 15])
    assert "12 inputs" in texts_of(ax)
    assert "cell 2 1 to itself" in texts_of(ax)
    assert {band.get_xlim() for band in ax.child_axes} == {(-0.5, 24.5)}
    check_image(ax, "gates_many_inputs")


def test_a_gate_of_many_synapses_that_is_no_sigmoid() -> None:
    names = [f"neuron {i}" for i in range(9)]
    graph = nx.DiGraph([("in", name, {"gate": "😀" * 50}) for name in names] + [("in", "😀" * 50)])
    graph.nodes["in"]["role"] = "input"
    graph.add_nodes_from(names, role="output", layer=2)
    graph.add_node("😀" * 50, layer=1, activation="identity")
    ax = gates(gn.compile(graph, seed=0), 3 * waves(1, 20, 1))
    shown = texts_of(ax)
    assert "and 7 more" in shown
    assert "6 of 9\ngated neurons" in shown
    low, high = ax.child_axes[1].get_ylim()
    assert low < -0.1
    assert high >= 1
    check_image(ax, "gates_of_many")


def test_values_that_explode() -> None:
    net = exploding()
    graph = net.to_graph()
    graph.edges["in", "a"]["gate"] = "b"
    graph.edges["a", "b"].update(gate="a", gate_delay=1)
    graph.edges["in", "a"]["gate_delay"] = 1
    graph.nodes["b"]["bias"] = 1.0
    ax = gates(gn.compile(graph, seed=0), np.full((1, 30, 1), 1e200))
    ax.get_figure().canvas.draw()
    pyplot.close("all")


@pytest.mark.costly
@given(cases(gates=True))
@settings(max_examples=scaled(30))
def test_any_network(case: Case) -> None:
    net = gn.compile(case.graph, seed=0)
    if any(said.get("gate") is not None for _, _, said in case.graph.edges(data=True)):
        ax = gates(net, case.inputs, lengths=case.lengths)
        assert len(ax.child_axes) >= 2
    else:
        with pytest.raises(gn.DataError, match="gates: the network has no gated synapse"):
            gates(net, case.inputs, lengths=case.lengths)
    pyplot.close("all")


def test_what_is_refused() -> None:
    inputs = waves(1, 9, 1)
    with pytest.raises(
        gn.DataError, match=r"no gated synapse; gn\.graphs\.lstm and gru have some, and gate= on an edge"
    ):
        gates(gn.compile(gn.graphs.elman(1, 2, 1), seed=0), inputs)
    net = gn.compile(gn.graphs.lstm(1, 2, 1), seed=0)
    with pytest.raises(gn.DataError, match="unit is 2: the network has units 0 to 1"):
        gates(net, inputs, unit=2)
    with pytest.raises(gn.DataError, match=r"unit=-1 is not a whole number >= 0"):
        gates(net, inputs, unit=-1)
    with pytest.raises(gn.DataError, match=r"unit 0 has 16 gates, and at most 12 are drawn; gn\.plots\.activity draws"):
        gates(gn.compile(gn.graphs.attention(1, 1, width=8, window=8), seed=0), inputs)
    with pytest.raises(gn.DataError, match="sample is 1: the data have samples 0 to 0"):
        gates(net, inputs, sample=1)
    assert not pyplot.get_fignums()
