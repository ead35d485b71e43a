"""The flat vector: what is learnt, whose each number is, and that it does not depend on the order of a drawing."""

from __future__ import annotations

import random
from collections.abc import Hashable
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import graphnet as gn
from graphnet.testing.strategies import neuron_graphs


def rows_of(net: gn.Network) -> dict[tuple[str, bool, Hashable], float]:
    rows = {(row.kind, row.tied, row.key): row.value for row in net.parameter_table()}
    assert len(rows) == len(net.parameters)
    return rows


def handed_down(said_of_all: list[dict[str, Any]], name: str, default: Any) -> list[Any]:
    """An attribute of all nodes or edges, where members of a tie take what one of them declares."""
    declared = {said["tie"]: said[name] for said in said_of_all if "tie" in said and name in said}
    return [said.get(name, declared.get(said.get("tie"), default)) for said in said_of_all]


def expected_rows(graph: nx.DiGraph) -> dict[tuple[str, bool, Hashable], float]:
    """Numbers that the drawing declares learnt, and their values."""
    found: dict[tuple[str, bool, Hashable], float] = {}

    def add(kind: str, keys: list[Hashable], said_of_all: list[dict[str, Any]], flag: str, default: bool) -> None:
        learnt = handed_down(said_of_all, flag, default)
        values = handed_down(said_of_all, kind, {"tau": None, "leak": 1.0}.get(kind, 0.0))
        for key, said, is_learnt, value in zip(keys, said_of_all, learnt, values, strict=True):
            if is_learnt and value is not None:
                found[(kind, True, said["tie"]) if "tie" in said else (kind, False, key)] = value

    add("weight", list(graph.edges), [graph.edges[edge] for edge in graph.edges], "trainable", True)
    neurons = [(node, said) for node, said in graph.nodes(data=True) if said.get("role") != "input"]
    keys, said_of_all = [node for node, _ in neurons], [said for _, said in neurons]
    for kind, default in (("bias", True), ("initial", False), ("tau", False), ("leak", False)):
        add(kind, keys, said_of_all, f"train_{kind}", default)
    return found


@given(neuron_graphs())
def test_what_is_learnt_is_what_the_drawing_says(graph: nx.DiGraph) -> None:
    """Numbers with their names and values."""
    assert rows_of(gn.compile(graph)) == expected_rows(graph)


@given(neuron_graphs(), st.randoms(use_true_random=False))
def test_parameters_do_not_depend_on_the_order_of_a_drawing(graph: nx.DiGraph, shuffle: random.Random) -> None:
    """Rows, outputs and gradients, by name; inputs and outputs stay in node order, which is shuffled around them."""
    edges = list(graph.edges(data=True, **({"keys": True} if graph.is_multigraph() else {})))
    shuffle.shuffle(edges)
    by_role: dict[Any, list] = {}
    for node, said in graph.nodes(data=True):
        by_role.setdefault(said.get("role"), []).append((node, said))
    roles = list(by_role)
    shuffle.shuffle(roles)
    other = type(graph)()
    for role in roles:
        other.add_nodes_from(by_role[role])
    other.add_edges_from(edges)
    one, two = gn.compile(graph), gn.compile(other)
    assert rows_of(one) == rows_of(two)
    inputs = np.random.default_rng(0).standard_normal((2, 4, one.n_inputs))
    targets = np.zeros((2, 4, one.n_outputs))
    (value, gradient), (again, other_gradient) = (net.value_and_grad(inputs, targets) for net in (one, two))
    assert value == pytest.approx(again, rel=1e-12, abs=1e-300)
    named = dict(zip(rows_of(two), other_gradient.tolist(), strict=True))
    largest = np.abs(gradient).max(initial=0)
    for name, entry in zip(rows_of(one), gradient.tolist(), strict=True):
        assert abs(entry - named[name]) <= 1e-12 * largest, name


def test_members_of_a_tie_share_one_number() -> None:
    graph = nx.DiGraph([("x", "y", {"tie": "t", "weight": 2.0, "scale": 3.0}), ("x", "z", {"tie": "t", "scale": -1})])
    graph.nodes["x"]["role"] = "input"
    nx.set_node_attributes(graph, {n: {"role": "output", "train_bias": False} for n in "yz"})
    net = gn.compile(graph)
    assert list(net.parameter_table()) == [("weight", "t", True, 2.0)]
    assert net.run([[[1.0]]]).ravel().tolist() == [6.0, -2.0]
    net.parameters = [0.5]
    assert net.run([[[1.0]]]).ravel().tolist() == [1.5, -0.5]
    # d/dw of (3 w x)^2 + (-w x)^2, halved by the mean over two outputs
    assert net.value_and_grad([[[1.0]]], np.zeros((1, 1, 2)))[1].tolist() == [pytest.approx(10 * 0.5)]
    back = net.to_graph()
    assert back.edges["x", "y"]["weight"] == back.edges["x", "z"]["weight"] == 0.5


@pytest.mark.parametrize("declares", [0, 1])
def test_a_tie_hands_down_that_it_is_not_learnt(declares: int) -> None:
    edges = [("x", "y"), ("x", "z")]
    graph = nx.DiGraph(edges)
    graph.add_edges_from(edges, tie="t", weight=1.0)
    graph.edges[edges[declares]]["trainable"] = False
    graph.nodes["x"]["role"] = "input"
    nx.set_node_attributes(graph, {n: {"role": "output", "train_bias": False} for n in "yz"})
    net = gn.compile(graph)
    assert len(net.parameters) == 0
    assert net.run([[[3.0]]]).ravel().tolist() == [3.0, 3.0]


def test_a_tie_of_one_is_a_tie() -> None:
    graph = nx.DiGraph([("x", "y", {"tie": "only", "weight": 1.5})])
    graph.nodes["y"]["role"] = "output"
    assert gn.compile(graph).parameter_table()[0] == ("weight", "only", True, 1.5)


def test_a_tie_may_be_called_as_an_edge_is() -> None:
    """Catches a table that tells them apart by key alone."""
    graph = nx.DiGraph([("a", "b", {"weight": 1.0}), ("b", "a", {"tie": ("a", "b"), "weight": 2.0})])
    graph.nodes["b"]["role"] = "output"
    rows = rows_of(gn.compile(graph))
    assert rows["weight", False, ("a", "b")] == 1.0
    assert rows["weight", True, ("a", "b")] == 2.0


@pytest.mark.parametrize("weight", [None, 0.7])
def test_a_fixed_weight_is_no_parameter(weight: float | None) -> None:
    """Declared or drawn: it stays as it is, whatever is assigned."""
    graph = nx.DiGraph([("x", "y", {"trainable": False})])
    if weight is not None:
        graph.edges["x", "y"]["weight"] = weight
    graph.nodes["x"]["role"], graph.nodes["y"]["role"] = "input", "output"
    net = gn.compile(graph, seed=5)
    assert [row.kind for row in net.parameter_table()] == ["bias"]
    drawn = net.run([[[1.0]]]).item()
    assert drawn != 0
    if weight is not None:
        assert drawn == weight
    net.parameters = [10.0]
    assert net.run([[[1.0]]]).item() == pytest.approx(10 + drawn, rel=1e-14)
    assert net.to_graph().edges["x", "y"]["weight"] == drawn
    assert net.value_and_grad([[[1.0]]], [[[0.0]]])[1].shape == (1,)


def test_a_fixed_bias_is_no_parameter() -> None:
    graph = nx.DiGraph([("x", "y", {"weight": 1.0})])
    graph.nodes["x"]["role"] = "input"
    graph.nodes["y"].update(role="output", bias=0.25, train_bias=False)
    net = gn.compile(graph)
    assert list(net.parameter_table()) == [("weight", ("x", "y"), False, 1.0)]
    assert net.run([[[1.0]]]).item() == 1.25


def test_inputs_have_no_bias() -> None:
    net = gn.compile(gn.graphs.feedforward(3, 2, 1))
    assert {row.key for row in net.parameter_table() if row.kind == "bias"} == {
        ("hidden", 0),
        ("hidden", 1),
        ("output", 0),
    }


def test_the_columns_of_the_table_are_its_rows() -> None:
    graph = gn.graphs.elman(2, 3, 1)
    graph.edges[("hidden", 0), ("hidden", 1)]["tie"] = graph.edges[("hidden", 1), ("hidden", 0)]["tie"] = "t"
    net = gn.compile(graph, seed=0)
    table = net.parameter_table()
    rows = list(table)
    assert len(table) == len(rows) == len(net.parameters)
    assert table.kind.tolist() == [row.kind for row in rows]
    assert table.tied.tolist() == [row.tied for row in rows]
    assert list(table.key) == [row.key for row in rows]
    assert table.value.tolist() == [row.value for row in rows] == net.parameters.tolist()
    assert sum(row.tied for row in rows) == 1
    assert all(type(row.tied) is bool and type(row.value) is float and type(row.kind) is str for row in rows)


def test_the_table_is_a_sequence() -> None:
    table = gn.compile(gn.graphs.elman(1, 2, 1), seed=0).parameter_table()
    rows = list(table)
    assert table[-1] == rows[-1]
    assert table[2:5] == rows[2:5]
    assert table[::-2] == rows[::-2]
    with pytest.raises(IndexError):
        table[len(rows)]


def test_the_table_has_the_values_of_its_moment() -> None:
    net = gn.compile(gn.graphs.elman(1, 2, 1), seed=0)
    before = net.parameter_table()
    values = before.value.tolist()
    net.parameters = np.zeros(len(values))
    assert before.value.tolist() == values
    assert net.parameter_table()[0].value == 0


def test_a_drawing_without_anything_to_learn() -> None:
    graph = nx.DiGraph()
    graph.add_node("x", role="input")
    graph.add_node("y", role="output", train_bias=False)
    graph.add_edge("x", "y", weight=2.0, trainable=False)
    net = gn.compile(graph)
    assert net.parameters.shape == (0,)
    assert net.bounds.shape == (0, 2)
    assert list(net.parameter_table()) == []
    net.parameters = []
    value, gradient = net.value_and_grad([[[1.0]]], [[[0.0]]])
    assert (value, gradient.shape) == (4.0, (0,))


def test_nothing_is_bound_without_signs_and_taus() -> None:
    net = gn.compile(gn.graphs.elman(1, 2, 1))
    assert net.bounds.shape == (len(net.parameters), 2)
    assert (net.bounds[:, 0] == -np.inf).all()
    assert (net.bounds[:, 1] == np.inf).all()


def test_bounds_come_from_signs_dt_and_the_range_of_leaks() -> None:
    graph = nx.DiGraph([("x", "a"), ("a", "y"), ("y", "a", {"sign": -1}), ("x", "y", {"tie": "t"})])
    graph.add_edge("y", "y", tie="t", sign=1)
    graph.nodes["x"].update(role="input")
    graph.nodes["a"].update(sign=1, tau=2.0, train_tau=True, train_initial=True)
    graph.nodes["y"].update(role="output", train_leak=True)
    net = gn.compile(graph, dt=0.5)
    free = (-np.inf, np.inf)
    found = {
        (row.kind, row.key): tuple(bounds)
        for row, bounds in zip(net.parameter_table(), net.bounds.tolist(), strict=True)
    }
    assert found == {
        ("weight", ("x", "a")): free,
        ("weight", ("a", "y")): (0.0, np.inf),
        ("weight", ("y", "a")): (-np.inf, 0.0),
        ("weight", "t"): (0.0, np.inf),
        ("bias", "a"): free,
        ("bias", "y"): free,
        ("initial", "a"): free,
        ("tau", "a"): (0.5, np.inf),
        ("leak", "y"): (1e-3, 1.0),
    }
    bounds = net.bounds
    bounds[:] = 0
    assert net.bounds.any()


@given(neuron_graphs(declared=False), st.integers(0, 3))
def test_what_is_drawn_is_within_the_bounds(graph: nx.DiGraph, seed: int) -> None:
    net = gn.compile(graph, seed=seed)
    assert (net.bounds[:, 0] <= net.parameters).all()
    assert (net.parameters <= net.bounds[:, 1]).all()


def test_tied_neurons_share_bias_initial_and_tau() -> None:
    graph = nx.DiGraph(
        [("x", "a", {"weight": 1.0, "trainable": False}), ("x", "b", {"weight": 1.0, "trainable": False})]
    )
    graph.nodes["x"]["role"] = "input"
    graph.nodes["a"].update(role="output", tie="t", bias=0.5, train_initial=True, tau=4.0)
    graph.nodes["b"].update(role="output", tie="t", initial=0.25, train_tau=True)
    net = gn.compile(graph)
    assert list(net.parameter_table()) == [
        ("bias", "t", True, 0.5),
        ("initial", "t", True, 0.25),
        ("tau", "t", True, 4.0),
    ]
    outputs = net.run(np.ones((1, 5, 1)))
    np.testing.assert_array_equal(outputs[..., 0], outputs[..., 1])
    # s(1) = s + dt/tau (x + b - s)
    assert outputs[0, 0, 0] == pytest.approx(0.25 + (1.5 - 0.25) / 4, rel=1e-14)
    net.parameters = [0.0, 1.0, 2.0]
    back = net.to_graph()
    for node in "ab":
        assert {name: back.nodes[node][name] for name in ("bias", "initial", "tau")} == {
            "bias": 0.0,
            "initial": 1.0,
            "tau": 2.0,
        }


def test_inputs_and_neurons_without_tau_have_no_slot() -> None:
    graph = nx.DiGraph([("x", "a"), ("a", "y")])
    graph.nodes["x"]["role"], graph.nodes["y"]["role"] = "input", "output"
    graph.nodes["a"].update(tau=2.0, train_tau=True, train_initial=True)
    program = gn.compile(graph, seed=0).program
    x, a, y = program.row
    neurons = program.neurons
    assert {slots[x] for slots in neurons.values()} == {neurons["tau"][y]} == {-1}
    slots = [*program.slots, *neurons["bias"][[a, y]], *neurons["initial"][[a, y]], neurons["tau"][a]]
    assert sorted(slots) == list(range(7))


def test_an_initializer_sees_which_weights_have_a_sign() -> None:
    class Seen:
        def weigh(self, weights: Any) -> np.ndarray:
            self.signed, self.positive = weights.signed.tolist(), (weights.normal > 0).tolist()
            return weights.normal

    graph = nx.DiGraph([("x", "a"), ("a", "b"), ("b", "y")])
    graph.nodes["x"].update(role="input", sign=1)
    graph.nodes["a"]["sign"] = -1
    graph.nodes["y"]["role"] = "output"
    seen = Seen()
    gn.compile(graph, seed=0, initializer=seen)
    assert seen.signed == [True, True, False]
    assert seen.positive[:2] == [True, False]


@pytest.mark.parametrize("backend", ["reference", "fast"])
def test_tied_neurons_share_their_leak(backend: str) -> None:
    graph = nx.DiGraph([("x", "a", {"weight": 1.0}), ("x", "b", {"weight": 1.0}), ("x", "c", {"weight": 1.0})])
    graph.nodes["x"]["role"] = "input"
    for node in "abc":
        graph.nodes[node].update(role="output", tie="t")
    graph.nodes["b"]["leak"] = 0.25
    net = gn.compile(graph, backend=backend)
    assert net.run([[[1.0], [1.0]]]).tolist() == [[[0.25] * 3, [0.4375] * 3]]
    back = net.to_graph()
    assert dict(back.nodes(data="leak")) == {"x": None, "a": None, "b": 0.25, "c": None}
    again = gn.compile(back, backend=backend, like=net)
    assert again.run([[[1.0], [1.0]]]).tolist() == [[[0.25] * 3, [0.4375] * 3]]
    graph.nodes["c"]["leak"] = 1.0
    with pytest.raises(gn.GraphError, match=r"tie 't': its members disagree on leak.*0.25 on node 'b' and 1.0 on node"):
        gn.compile(graph)


def learnt_leaks(**said: Any) -> nx.DiGraph:
    """x -> a, b, both outputs of one tie whose leak is learnt; c has one that is not."""
    graph = nx.DiGraph([("x", node, {"weight": 1.0, "trainable": False}) for node in "abc"])
    graph.nodes["x"]["role"] = "input"
    nx.set_node_attributes(graph, {node: {"role": "output", "train_bias": False} for node in "abc"})
    graph.nodes["a"].update(tie="t", **said)
    graph.nodes["b"].update(tie="t", train_leak=True)
    graph.nodes["c"].update(leak=0.75)
    return graph


@pytest.mark.parametrize("backend", ["reference", "fast"])
def test_a_learnt_leak_is_a_parameter_that_ties_share(backend: str) -> None:
    graph = learnt_leaks(leak=0.25)
    net = gn.compile(graph, backend=backend)
    assert list(net.parameter_table()) == [("leak", "t", True, 0.25)]
    inputs = [[[1.0], [3.0]]]
    assert net.run(inputs).tolist() == [[[0.25, 0.25, 0.75], [0.9375, 0.9375, 2.4375]]]
    # y(1) = (1 - a) y(0) + a x(1) and y(0) = a x(0): dy(1)/da = x(1) - y(0) + (1 - a) x(0), for each of the two
    grad_outputs = [[[0.0, 0.0, 1.0], [1.0, 1.0, 1.0]]]
    assert net.vjp(inputs, grad_outputs).parameters.tolist() == [2 * (3.0 - 0.25 + 0.75)]
    net.parameters = [0.5]
    back = net.to_graph()
    assert dict(back.nodes(data="leak")) == {"x": None, "a": 0.5, "b": 0.5, "c": 0.75}
    assert dict(back.nodes(data="train_leak")) == {"x": None, "a": None, "b": True, "c": None}
    for again in (gn.compile(back, backend=backend), gn.compile(graph, backend=backend, like=net)):
        assert again.run(inputs).tolist() == [[[0.5, 0.5, 0.75], [1.75, 1.75, 2.4375]]]


@pytest.mark.parametrize("backend", ["reference", "fast"])
def test_a_learnt_leak_of_1_has_a_gradient_and_a_past(backend: str) -> None:
    net = gn.compile(learnt_leaks(), backend=backend)
    assert list(net.parameter_table()) == [("leak", "t", True, 1.0)]
    assert [net.state(1)[node].shape for node in "xabc"] == [(1, 0), (1, 1), (1, 1), (1, 1)]
    inputs, grad_outputs = [[[1.0], [3.0]]], [[[0.0, 0.0, 0.0], [1.0, 0.0, 0.0]]]
    assert net.vjp(inputs, grad_outputs).parameters.tolist() == [3.0 - 1.0]
    state = net.state(1, {"a": 5.0})
    assert net.vjp([[[3.0]]], [[[1.0, 0.0, 0.0]]], state=state).parameters.tolist() == [3.0 - 5.0]


def test_leaks_beyond_their_bounds_are_refused_or_clipped(tmp_path: Any) -> None:
    """A drawing of them does not compile, a file is the network as it was, and ``like`` clips."""
    net = gn.compile(learnt_leaks(leak=0.25))
    for value, bound, problem in ((5e-4, 1e-3, "is learnt, and less than 0.001"), (1.5, 1.0, r"in \(0, 1\]")):
        net.parameters = [value]
        with pytest.raises(gn.GraphError, match=problem):
            gn.compile(net.to_graph())
        gn.save(net, tmp_path / "net.safetensors")
        assert gn.load(tmp_path / "net.safetensors").parameters.tolist() == [value]
        assert gn.compile(learnt_leaks(), like=net).parameters.tolist() == [bound]


@pytest.mark.parametrize("leak", [1e-3, 1.0])
def test_a_float32_leak_at_its_bound_comes_back_as_the_bound(leak: float) -> None:
    net = gn.compile(learnt_leaks(leak=leak), dtype="float32")
    assert net.to_graph().nodes["b"]["leak"] == leak
    assert gn.compile(net.to_graph(), dtype="float32").parameters.tolist() == net.parameters.tolist()


def test_members_of_a_group_keep_nothing_of_the_past_where_only_another_member_leaks() -> None:
    graph = nx.DiGraph([("in", "a", {"weight": 1.0}), ("in", "b", {"weight": -1.0})])
    graph.add_node("in", role="input")
    graph.add_nodes_from("ab", role="output", group="g", activation="softmax")
    graph.nodes["a"]["leak"] = 0.25
    inputs = np.array([[[0.5], [-1.0], [2.0]]])
    share = 1 / (1 + np.exp(-2 * inputs[0, :, 0]))
    outputs = gn.compile(graph, backend="reference").run(inputs)[0]
    np.testing.assert_allclose(outputs[:, 1], 1 - share, rtol=1e-14)
    np.testing.assert_allclose(outputs[1, 0], 0.75 * outputs[0, 0] + 0.25 * share[1], rtol=1e-14)
