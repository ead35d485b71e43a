"""Groups, leak, time constants and onset, each drawn far more often than in drawings of the whole language."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import graphnet as gn
from graphnet.execute.reference import run as reference
from graphnet.testing import Case, cases
from tests.profiles import scaled
from tests.properties.interpreted import INTERPRETED

PLAIN = {
    "max_nodes": 5,
    "max_edges": 8,
    "layers": False,
    "scale": False,
    "ties": False,
    "node_ties": False,
    "untrainable": False,
    "user_attributes": False,
    "signs": False,
    "names": False,
    "parallel": False,
    "gates": False,
    "tau": False,
    "groups": False,
    "leak": False,
    "onset": False,
    "reverse": False,
}
FOCUS = {
    "groups": {"groups": True},
    "groups that begin late": {"groups": True, "onset": True},
    "groups that leak": {"groups": True, "leak": True, "train_initial": True},
    "leaks in reversed time": {"leak": True, "reverse": True, "untrainable": True, "node_ties": True},
    "leak and onset": {"leak": True, "onset": True, "train_initial": True},
    "time constants": {"tau": True, "train_initial": True},
    "gates": {"gates": True},
    "reversed time": {"reverse": True, "onset": True, "groups": True},
    "parallel gates": {"gates": True, "parallel": True},
}
FEW = settings(max_examples=scaled(40))


@pytest.mark.parametrize("focus", FOCUS)
@FEW
@given(data=st.data())
def test_each_feature_is_what_the_language_says(focus: str, data: st.DataObject) -> None:
    """Values, final states and every gradient are the interpreter's."""
    case = data.draw(cases(**{**PLAIN, **FOCUS[focus]}))
    for each in INTERPRETED:
        each(case, gn.compile)


def group_drawing(activation: str, n_groups: int, size: int, **said: object) -> nx.DiGraph:
    """Groups beside each other, each member fed by both inputs and by a member of another group a step ago."""
    graph = nx.DiGraph()
    graph.add_nodes_from(["x", "y"], role="input")
    members = [(group, member) for group in range(n_groups) for member in range(size)]
    for i, member in enumerate(members):
        graph.add_node(member, activation=activation, group=member[0], role="output", bias=0.7 * (i % size), **said)
        graph.add_edge("x", member, weight=0.3 + 0.1 * i)
        graph.add_edge("y", member, weight=0.5 - 0.2 * i)
        graph.add_edge(members[(i * 7 + 3) % len(members)], member, weight=0.2 * (-1) ** i, delay=1)
    return graph


@pytest.mark.parametrize("activation", ["softmax", "standardize"])
@pytest.mark.parametrize("said", [{}, {"onset": 2}, {"leak": 0.5}, {"reverse": True, "onset": 1}], ids=str)
def test_several_groups_of_one_size_run_as_one_segment(activation: str, said: dict) -> None:
    graph = group_drawing(activation, 3, 4, **said)
    net = gn.compile(graph)
    assert list(net.program.segments["group"]) == [4]
    assert np.diff(net.program.segments["row"]).tolist() == [[12]]
    case = Case(graph, np.random.default_rng(0).uniform(-1, 1, (3, 5, 2)), np.array([5, 2, 4]), 1)
    for each in INTERPRETED:
        each(case, gn.compile)


@pytest.mark.parametrize("activation", ["softmax", "standardize"])
def test_members_join_their_group_one_after_another(activation: str) -> None:
    graph = group_drawing(activation, 2, 3)
    for i, member in enumerate(node for node in graph if isinstance(node, tuple)):
        graph.nodes[member].update(onset=i, initial=0.25 * i, train_initial=True)
    case = Case(graph, np.random.default_rng(0).uniform(-1, 1, (2, 7, 2)), np.array([4, 7]), 2)
    for each in INTERPRETED:
        each(case, gn.compile)


def test_what_the_backward_pass_keeps_is_what_it_needs() -> None:
    """z only where y does not say it: tanh keeps none, gelu does, and so do leak, tau and onset."""
    for said, kept in (
        ({}, 0),
        ({"activation": "relu"}, 0),
        ({"activation": "gelu"}, 3),
        ({"leak": 0.5}, 3),
        ({"train_leak": True}, 3),
        ({"tau": 2.0}, 3),
        ({"onset": 1}, 3),
        ({"activation": "softmax", "group": "G"}, 0),
        ({"activation": "standardize", "group": "G"}, 3),
    ):
        graph = nx.DiGraph()
        graph.add_nodes_from("abc", **said)
        graph.nodes["c"]["role"] = "output"
        graph.nodes["c"].setdefault("activation", "tanh")
        assert reference.kept_rows(gn.compile(graph).program) == kept, said


def test_the_first_of_all_numbers_may_be_an_initial_value() -> None:
    """Nothing else is learnt, so its slot is 0."""
    graph = nx.DiGraph()
    graph.add_node("y", role="output", initial=0.75, train_initial=True, train_bias=False, onset=2)
    graph.add_edge("y", "y", weight=0.5, trainable=False)
    net = gn.compile(graph)
    assert [row.kind for row in net.parameter_table()] == ["initial"]
    assert net.run(np.zeros((1, 2, 0))).ravel().tolist() == [0.75, 0.75]
    assert net.state(1)["y"].tolist() == [[0.75]]
    for seed in range(4):  # from its start, and from a state
        for each in INTERPRETED:
            each(Case(graph, np.zeros((1, 4, 0)), None, seed), gn.compile)


def test_a_short_sequence_leaves_older_states_where_they_were() -> None:
    """The final history of time constants read four steps back, after sequences of one to five steps."""
    graph = nx.DiGraph()
    graph.add_node("x", role="input")
    graph.add_node("s", tau=3.0, train_tau=True, initial=0.5, train_initial=True)
    graph.add_node("y", role="output", tau=2.0)
    graph.add_edge("x", "s", weight=1.0)
    graph.add_edge("s", "y", weight=0.5, delay=4)
    graph.add_edge("y", "s", weight=-0.5, delay=2)
    inputs = np.random.default_rng(0).uniform(-1, 1, (5, 5, 1))
    for seed in range(6):
        for each in INTERPRETED:
            each(Case(graph, inputs, np.array([1, 4, 2, 5, 3]), seed), gn.compile)


def test_a_run_without_gradients_keeps_only_states() -> None:
    graph = nx.DiGraph()
    graph.add_nodes_from("ab", activation="gelu", role="output")
    graph.add_node("s", tau=2.0)
    bound = reference.bind(gn.compile(graph).program, gn.compile(graph).parameters)
    assert [segment.keeps(False) for segment in bound.segments] == [s.tau is not None for s in bound.segments]
    assert all(segment.keeps(True) for segment in bound.segments)
    plain = gn.compile(gn.graphs.elman(1, 2, 1), seed=0)
    assert not any(s.keeps(True) for s in reference.bind(plain.program, plain.parameters).segments)


def test_the_first_of_all_numbers_may_be_a_bias() -> None:
    graph = nx.DiGraph()
    graph.add_node("y", role="output", bias=0.75)
    assert gn.compile(graph).run(np.zeros((1, 2, 0))).ravel().tolist() == [0.75, 0.75]


def test_a_segment_has_only_what_its_neurons_have() -> None:
    """A feature that is None costs nothing."""
    for said, has in (({}, None), ({"tau": 2.0}, "tau"), ({"leak": 0.5}, "leak"), ({"onset": 1}, "onset")):
        graph = nx.DiGraph()
        graph.add_node("y", role="output", **said)
        net = gn.compile(graph)
        (segment,) = reference.bind(net.program, net.parameters).segments
        assert {name for name in ("tau", "leak", "onset") if getattr(segment, name) is not None} == {has} - {None}
        assert (segment.active(np.zeros(1, int), 0, 2) is None) == (has != "onset")


@pytest.mark.parametrize("said", [{"onset": 2}, {"onset": 1, "leak": 0.5}, {"tau": 2.0, "train_tau": True}], ids=str)
def test_hessian_products_go_through_initial_values(said: dict) -> None:
    graph = nx.DiGraph()
    graph.add_node("x", role="input")
    graph.add_node("y", role="output", activation="tanh", initial=0.5, train_initial=True, **said)
    graph.add_edge("x", "y", weight=0.8)
    graph.add_edge("y", "y", weight=-0.6)
    net = gn.compile(graph)
    inputs, targets = np.array([[[0.3], [-0.7], [0.9], [0.2]]]), np.zeros((1, 4, 1))
    parameters, direction = net.parameters, np.random.default_rng(0).uniform(-1, 1, len(net.parameters))
    around = []
    for side in (1e-5, -1e-5):
        net.parameters = parameters + side * direction
        around.append(net.value_and_grad(inputs, targets)[1])
    net.parameters = parameters
    expected = (around[0] - around[1]) / 2e-5
    np.testing.assert_allclose(net.hvp(inputs, targets, direction), expected, rtol=1e-6, atol=1e-8)


def test_an_initial_value_that_is_read_may_be_the_first_of_all_numbers() -> None:
    graph = nx.DiGraph()
    graph.add_node("y", role="output", initial=0.75, train_initial=True, train_bias=False)
    graph.add_edge("y", "y", weight=0.5, trainable=False)
    net = gn.compile(graph)
    assert net.run(np.zeros((1, 2, 0))).ravel().tolist() == [0.375, 0.1875]
    assert net.vjp(np.zeros((1, 2, 0)), np.ones((1, 2, 1))).parameters.tolist() == [0.5 + 0.25]


def test_the_gradient_of_a_leak_ignores_values_before_the_onset(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it a neuron has its initial value, whatever f(z) may be there: here infinity, at the first step."""
    monkeypatch.setitem(gn.activations.ACTIVATIONS, "reciprocal", None)  # so that it is taken out again
    gn.activations.register("reciprocal", lambda z: 1 / z, lambda z: -1 / z**2)
    graph = nx.DiGraph([("in", "a", {"weight": 1.0}), ("a", "out", {"weight": 1.0})])
    graph.nodes["in"]["role"], graph.nodes["out"]["role"] = "input", "output"
    graph.nodes["a"].update(activation="reciprocal", leak=0.5, train_leak=True, onset=1, initial=3.0)
    net = gn.compile(graph)
    with np.errstate(divide="ignore", invalid="ignore"):
        back = net.vjp(np.array([[[0.0], [2.0]]]), np.ones((1, 2, 1)))
    kinds = net.parameter_table().kind
    np.testing.assert_allclose(back.parameters[list(kinds).index("leak")], 0.5 - 3.0)
