"""Networks as matrices give the outputs of the networks, in each form of the matrices."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import graphnet as gn
from benchmarks.peers.forward import FORMS, Forward
from benchmarks.peers.parts import divide, why_not
from graphnet.testing import neuron_graphs, sequences
from tests.profiles import scaled

from .peers import DRAWINGS, InNumPy, everything, problem, sparse_matrix

PLAIN = {"gates": False, "tau": False, "groups": False, "onset": False, "reverse": False}


def outputs(net: gn.Network, form: str, inputs: np.ndarray) -> np.ndarray:
    """Return the outputs by one form, in the shape of ``net.run``."""
    parts = divide(net)
    found = Forward(parts, form, InNumPy())(net.parameters, parts.arrays, inputs.transpose(2, 1, 0))
    return found.transpose(2, 1, 0)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", DRAWINGS)
def test_a_drawing(name: str, form: str) -> None:
    net, x, _ = problem(name)
    assert why_not(net) is None
    np.testing.assert_allclose(outputs(net, form, x), net.run(x), atol=1e-12)


@settings(max_examples=scaled(100))
@given(st.data())
def test_any_plain_drawing(data: st.DataObject) -> None:
    """Catches a synapse in the wrong matrix or level, a past read from the wrong end, a tie that is forgotten."""
    graph = data.draw(neuron_graphs(**PLAIN))
    net = gn.compile(graph)
    batch = data.draw(sequences(graph, ragged=False))
    assume("leak" not in net.parameter_table().kind)
    assert why_not(net) is None
    expected = net.run(batch.inputs)
    for form in FORMS:
        np.testing.assert_allclose(outputs(net, form, np.asarray(batch.inputs)), expected, rtol=1e-9, atol=1e-9)


@settings(max_examples=scaled(60))
@given(neuron_graphs())
def test_what_cannot_be_expressed_is_named(graph: object) -> None:
    net = gn.compile(graph)
    table = net.to_table()
    special = table.node("reverse") | table.node_gives("tau") | (table.node("onset") > 0) | table.node_gives("group")
    learns = "leak" in net.parameter_table().kind
    assert (why_not(net) is not None) == bool(learns or special.any() or table.edge_gives("gate").any())


def test_parts_are_as_few_as_can_be() -> None:
    parts = divide(gn.compile(sparse_matrix(), seed=0))
    assert [part.shape for part in parts.every_part] == [(20, 3), (20, 20), (2, 20)]
    assert [part.is_full for part in parts.every_part] == [True, False, True]
    assert parts.places is None
    assert parts.scales is None
    assert divide(gn.compile(everything(), seed=0)).places is not None  # parallel synapses share a place


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"tau": 2.0}, "node ('hidden', 1) has a time constant"),
        ({"onset": 2}, "node ('hidden', 1) has an onset"),
        ({"leak": 0.5, "train_leak": True}, "node ('hidden', 1) learns its leaking rate"),
        ({"train_leak": True, "tie": "t"}, "tie 't' learns its leaking rate"),
        ({"reverse": True}, "node ('hidden', 1) lives in reversed time"),
        ({"group": "g", "activation": "softmax"}, "node ('hidden', 1) acts over a group"),
    ],
)
def test_a_neuron_that_matrices_cannot_express(change: dict, says: str) -> None:
    drawing = gn.graphs.feedforward(1, 3, 1)
    drawing.nodes["hidden", 1].update(change)
    assert why_not(gn.compile(drawing, seed=0)) == says


def test_a_gate_is_named() -> None:
    drawing = gn.graphs.elman(1, 2, 1)
    drawing.edges[("input", 0), ("hidden", 1)]["gate"] = ("hidden", 0)
    assert why_not(gn.compile(drawing, seed=0)) == "edge (('input', 0), ('hidden', 1)) is gated"


@pytest.mark.usefixtures("own_activations")
def test_a_registered_activation_is_named() -> None:
    gn.activations.register("square", lambda z: z * z, lambda z: 2 * z)
    drawing = gn.graphs.elman(1, 2, 1)
    drawing.nodes["hidden", 1]["activation"] = "square"
    net = gn.compile(drawing, seed=0)
    assert why_not(net) == "node ('hidden', 1) has the activation 'square', which is not the language's own"
