"""Lesions: beside drawings without the synapses, on networks of every kind, and on any executor."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

import graphnet as gn
from graphnet.analysis import lesions
from graphnet.testing import Case, cases

from ..profiles import scaled


def without_synapses(net: gn.Network, nodes: set[Any]) -> gn.Network:
    """The network whose drawing has weights of 0 on what the nodes feed or gate; ties and signs are gone from it."""
    graph = net.to_graph()
    for edge, said in graph.edges.items():
        said.pop("tie", None)
        if edge[0] in nodes or (said.get("gate") is not None and said["gate"] in nodes):
            said["scale"] = 0.0
        else:
            said["scale"] = said["weight"] * said.get("scale", 1.0)
        said["weight"] = 1.0
        said["sign"] = 0
    return gn.compile(graph, seed=0)


@given(cases())
@settings(max_examples=scaled(60))
def test_a_lesion_is_a_drawing_without_the_synapses(case: Case) -> None:
    """On any drawing: gates, ties, signs, parallel synapses, groups, reversed time, ragged lengths."""
    net = gn.compile(case.graph, seed=0)
    targets = case.rng.normal(size=(len(case.inputs), net.n_outputs))
    before = net.parameters.copy()
    frame = lesions(net, case.inputs, targets, of="neurons", lengths=case.lengths)
    neurons = [node for node, role in case.graph.nodes(data="role") if role != "input"]
    assert frame["removed"].tolist() == [None, *neurons]
    for node, loss in zip(frame["removed"], frame["loss"], strict=True):
        other = without_synapses(net, set() if node is None and None not in neurons else {node})
        wanted = gn.evaluate(other, case.inputs, targets, lengths=case.lengths)["loss"]
        np.testing.assert_allclose(loss, wanted, rtol=1e-9, atol=1e-12)
    assert (frame["change"] == frame["loss"] - frame["loss"][0]).all()
    assert np.array_equal(net.parameters, before)


def data(n_inputs: int = 1, n_outputs: int = 1) -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(6, 5, n_inputs)), rng.normal(size=(6, 5, n_outputs))


def test_kinds_of_feedback() -> None:
    graph = gn.graphs.complete(1, 3, 1)
    net = gn.compile(graph, seed=0)
    frame = lesions(net, *data())
    assert list(frame) == ["removed", "loss", "change"]
    assert frame["removed"].tolist() == [None, "direct", "lateral", "indirect", "all"]
    kinds = gn.feedback(graph).edges
    for row, gone in enumerate([set(), {"direct"}, {"lateral"}, {"indirect"}, {"direct", "lateral", "indirect"}]):
        factors = [kinds[edge] not in gone for edge in net.to_graph().edges]
        assert frame["loss"][row] == gn.evaluate(net.scaled(factors), *data())["loss"]
    assert (frame["change"][1:] != 0).all()


def test_values_of_an_attribute_in_the_order_of_nodes() -> None:
    graph = gn.graphs.elman(1, 4, 1)
    for i, kind in enumerate(["motor", "inter", None, "motor"]):
        graph.nodes["hidden", i]["type"] = kind
    net = gn.compile(graph, seed=0)
    frame = lesions(net, *data(), of="type")
    named = lesions(net, *data(), of={"motor": [("hidden", 0), ("hidden", 3)], "inter": [("hidden", 1)]})
    pd.testing.assert_frame_equal(frame, named)
    assert frame["removed"].tolist() == [None, "motor", "inter"]
    layers = lesions(net, *data(), of="role")  # an attribute of the language: inputs are cut off as well
    assert layers["removed"].tolist() == [None, "input", "output"]
    assert layers["change"].tolist()[2] == 0  # the output feeds nothing
    assert layers["change"].tolist()[1] != 0


def test_groups_may_overlap_or_be_empty() -> None:
    net = gn.compile(gn.graphs.elman(1, 3, 1), seed=0)
    hidden = [("hidden", i) for i in range(3)]
    frame = lesions(net, *data(), of={"one": hidden[:1], "both": hidden[:2], "none": [], ("twice",): [hidden[0]] * 2})
    assert frame["removed"].tolist() == [None, "one", "both", "none", ("twice",)]
    assert frame["change"][3] == 0
    assert frame["loss"][1] == frame["loss"][4] != frame["loss"][2]


@pytest.mark.parametrize("backend", ["fast", "reference"])
def test_losses_and_lengths_are_those_of_evaluate(backend: str) -> None:
    net = gn.compile(gn.graphs.gru(1, 3, 2), seed=0, dtype="float32", backend=backend)
    inputs, classes, lengths = data()[0], np.array([0, 1, 1, 0, 1, 0]), np.array([1, 5, 3, 2, 5, 4])
    frame = lesions(net, inputs, classes, of="neurons", loss="cross_entropy", lengths=lengths)
    wanted = gn.evaluate(net, inputs, classes, loss="cross_entropy", lengths=lengths)["loss"]
    assert frame["loss"][0] == wanted
    gates = [node for node in net.to_graph() if node[0] == "update"]
    assert (frame.set_index(frame["removed"].map(str))["change"][[str(gate) for gate in gates]] != 0).all()


def test_a_network_that_diverges_without_a_neuron_has_that_loss() -> None:
    graph = nx.DiGraph([("in", "out"), ("out", "out"), ("brake", "out"), ("in", "brake")])
    graph.add_node("in", role="input")
    graph.add_node("out", role="output", activation="identity")
    nx.set_edge_attributes(
        graph, {("in", "out"): 1.0, ("out", "out"): 1e30, ("brake", "out"): 0.0, ("in", "brake"): 0.0}, "weight"
    )
    net = gn.compile(graph)
    frame = lesions(net, np.ones((1, 30, 1)), np.zeros((1, 30, 1)), of={"loop": ["out"]})
    assert frame["loss"].tolist() == [np.inf, 1.0]
    assert frame["change"][1] == -np.inf


@pytest.mark.costly
def test_numbers_do_not_depend_on_the_executor(executors: list[Any]) -> None:
    net = gn.compile(gn.graphs.elman(1, 4, 1), seed=0)
    frames = [lesions(net, *data(), of="neurons", executor=each) for each in executors]
    for frame in frames[1:]:
        pd.testing.assert_frame_equal(frame, frames[0], check_exact=True)


def test_what_is_not_valid() -> None:
    graph = gn.graphs.elman(1, 2, 1)
    nx.set_node_attributes(graph, "inter", "type")
    graph.nodes["hidden", 0]["place"] = [1, 2]
    net = gn.compile(graph, seed=0)

    def refused(says: str, **given: Any) -> None:
        with pytest.raises(gn.DataError, match=says):
            lesions(net, *data(), **given)

    known = r"must be 'feedback', 'neurons', an attribute that nodes have \(role, .*type.*\), or {name: nodes}"
    refused(rf"of: 'typ'; {known}; did you mean 'type'", of="typ")
    refused(rf"of: 'neuron'; {known}; did you mean 'neurons'", of="neuron")
    refused(rf"of: 3; {known}$", of=3)
    refused(r"of: 'place' of node \('hidden', 0\) is \[1, 2\], which is no name", of="place")
    refused("of: an empty mapping; give {name: nodes} for each lesion", of={})
    refused(r"of\['a'\]: 'x' is not a node of the graph", of={"a": ["x"]})
    refused(r"of\['a'\]=\('hidden', 0\) is one name and not a list", of={"a": ("hidden", 0)})
    refused("executor: 0; must be None, a number of processes", executor=0)
    refused("loss: 'nse'; did you mean 'mse'", loss="nse")
    with pytest.raises(gn.DataError, match=r"inputs have shape \(6, 5, 2\)"):
        lesions(net, data(2)[0], data()[1])
    with pytest.raises(gn.DataError, match="lesions: net is a DiGraph, not a Network"):
        lesions(graph, *data())  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="unexpected keyword argument 'by'"):
        lesions(net, *data(), by="type")  # type: ignore[call-arg]
