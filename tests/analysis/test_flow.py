"""Gradient flow: beside a drawing that says the same with probes, a product of Jacobians, and a complex step."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings

import graphnet as gn
from graphnet.analysis import gradient_flow
from graphnet.language.activations import ACTIVATIONS
from graphnet.language.ties import hand_down_ties
from graphnet.testing import Case, cases

from ..profiles import scaled

KINDS = ["direct", "lateral", "indirect", "forward"]
SMOOTH = ("identity", "tanh", "sigmoid", "softplus", "sin", "gaussian", "gelu")


def copies(node: Hashable) -> dict[str, tuple[str, Hashable]]:
    """Return the names of the neurons that pass on the value of a node, one for each kind of path and the outputs."""
    return {kind: (kind, node) for kind in [*KINDS, "loss"]}


def drawn_with_probes(net: gn.Network) -> tuple[nx.MultiDiGraph, list[tuple[Hashable, str]]]:
    """Return a drawing in which every neuron has a copy of its value for each kind of path, which a probe adds to.

    Leak and tau are drawn as self-loops.  The gradient of a probe is the part of that of the value which arrives
    through paths of one kind.  The second result is what each probe, in order, adds to.
    """
    graph = hand_down_ties(net.to_table()).to_networkx()
    plan = gn.feedback(graph).edges
    made, probes = nx.MultiDiGraph(), []
    layers = {node: -np.inf if said.get("role") == "input" else said.get("layer") for node, said in graph.nodes.items()}
    for node, said in graph.nodes.items():
        if layers[node] is None:
            layers[node] = np.inf if said.get("role") == "output" else 0

    def kind_of(source: Hashable, target: Hashable) -> str:
        before, after = layers[source], layers[target]
        at_most = "lateral" if before == after else "indirect" if before > after else "forward"
        return "direct" if source == target else at_most

    made.add_nodes_from((node for node, depth in layers.items() if depth == -np.inf), role="input")
    for node, said in graph.nodes.items():
        if said.get("role") == "input":
            continue
        initial, activation = said.get("initial", 0.0), said.get("activation")
        activation = activation or ("identity" if said.get("role") == "output" else "tanh")
        own = {name: said[name] for name in ("group", "onset") if name in said}
        inner, rate = ("inner", node), 1.0
        if said.get("tau") is not None:
            rate = net.dt / said["tau"]
            made.add_node(inner, activation="identity", initial=initial, bias=rate * said.get("bias", 0.0))
            value, kept, initial_value = (
                inner,
                1 - rate,
                float(ACTIVATIONS[activation].function(np.array([initial]))[0]),
            )
        else:
            made.add_node(inner, activation=activation, initial=initial, bias=said.get("bias", 0.0), **own)
            value, kept, initial_value = inner, 1 - said.get("leak", 1.0), initial
            if kept:
                value = ("leaky", node)
                made.add_node(value, activation="identity", initial=initial, onset=said.get("onset", 0))
                made.add_edge(inner, value, weight=1 - kept, delay=0)
        for kind, name in copies(node).items():
            made.add_node(name, activation="identity", initial=initial)
            made.add_edge(value, name, weight=1.0, delay=0)
            made.add_edge(("probe", name), name, weight=1.0, delay=0)
            probes.append((name, kind))
            after = ("after", name)
            made.add_node(after, activation="identity" if said.get("tau") is None else activation)
            made.nodes[after]["initial"] = initial_value
            made.add_edge(name, after, weight=1.0, delay=0)
        if kept:
            made.add_edge(copies(node)["direct"], value, weight=kept, delay=1)
        if said.get("role") == "output":
            made.nodes["after", copies(node)["loss"]]["role"] = "output"
    assert all(kind_of(*edge[:2]) == kind for edge, kind in plan.items())
    for edge, said in graph.edges.items():
        source, target = edge[:2]

        def reads(node: Hashable, target: Hashable = target) -> Hashable:
            return node if layers[node] == -np.inf else ("after", copies(node)[kind_of(node, target)])

        def delay(name: str, node: Hashable, said: Any = said, target: Hashable = target) -> int:
            return int(said.get(name, 0 if layers[node] < layers[target] else 1))

        tau = graph.nodes[target].get("tau")
        more = {}
        if said.get("gate") is not None:
            more = {"gate": reads(said["gate"]), "gate_delay": delay("gate_delay", said["gate"])}
        strength = said["weight"] * said.get("scale", 1.0) * (1.0 if tau is None else net.dt / tau)
        made.add_edge(reads(source), ("inner", target), weight=strength, delay=delay("delay", source), **more)
    inputs = [node for node, depth in layers.items() if depth == -np.inf]
    ordered = nx.MultiDiGraph()  # inputs, then probes, then the rest, outputs in their order
    ordered.add_nodes_from((node, {"role": "input"}) for node in [*inputs, *[("probe", name) for name, _ in probes]])
    outputs = [("after", copies(node)["loss"]) for node, said in graph.nodes.items() if said.get("role") == "output"]
    others = [node for node in made if node not in ordered and node not in outputs]
    ordered.add_nodes_from((node, made.nodes[node]) for node in [*outputs, *others])
    ordered.add_edges_from(made.edges(keys=True, data=True))
    return ordered, [(name[1], kind) for name, kind in probes]


@given(cases(reverse=False, activations=SMOOTH, kinks=False))
@settings(max_examples=scaled(60))
def test_it_is_the_gradient_of_probes_drawn_into_the_network(case: Case) -> None:
    net = gn.compile(case.graph, seed=0, dt=0.5)
    lengths = np.full(len(case.inputs), case.inputs.shape[1]) if case.lengths is None else case.lengths
    longest = lengths == lengths.max()
    targets = case.rng.normal(size=(len(case.inputs), net.n_outputs))
    frame = gradient_flow(net, case.inputs, targets, lengths=case.lengths)

    inputs = case.inputs[longest, : lengths.max()]
    graph, probes = drawn_with_probes(net)
    probed = gn.compile(graph, dt=0.5)
    padded = np.concatenate([inputs, np.zeros((*inputs.shape[:2], len(probes)))], axis=2)
    outputs = probed.run(padded)
    np.testing.assert_allclose(outputs, net.run(inputs), atol=1e-9)
    grad_outputs = np.zeros(outputs.shape)
    grad_outputs[:, -1] = 2 * (outputs[:, -1] - targets[longest]) / outputs[:, -1].size
    parts = probed.vjp(padded, grad_outputs).inputs[:, ::-1, net.n_inputs :]
    neurons = list(dict.fromkeys(node for node, _ in probes))
    size = np.abs(parts).max(initial=0.0)
    for kind in KINDS:
        columns = [i for i, (_, other) in enumerate(probes) if other == kind]
        wanted = np.sqrt(np.square(parts[:, :, columns]).sum(axis=(0, 2)))
        np.testing.assert_allclose(frame[kind], wanted, rtol=1e-9, atol=1e-11 * (1 + size), err_msg=kind)
    total = parts.reshape(*parts.shape[:2], len(neurons), -1).sum(axis=3)
    norms = np.sqrt(np.square(total).sum(axis=(0, 2)))
    np.testing.assert_allclose(frame["norm"], norms, rtol=1e-9, atol=1e-11 * (1 + size))
    assert frame["lag"].tolist() == list(range(lengths.max()))


def elman(n_hidden: int, seed: int) -> gn.Network:
    """An Elman network whose hidden neurons feed each other strongly."""
    graph = gn.graphs.elman(2, n_hidden, 2)
    return gn.compile(graph, seed=seed, initializer={"name": "spectral_radius", "radius": 1.5})


@pytest.mark.parametrize("n_hidden", [1, 4])
def test_it_is_a_product_of_jacobians_and_a_complex_step(n_hidden: int) -> None:
    net, rng = elman(n_hidden, seed=n_hidden), np.random.default_rng(5)
    inputs, targets = rng.normal(size=(1, 6, 2)), rng.normal(size=(1, 2))
    frame = gradient_flow(net, inputs, targets)
    table = net.to_table()
    bias, (now, before) = table.node("bias"), (net.matrices()[delay].toarray() for delay in (0, 1))
    hidden = slice(2, 2 + n_hidden)
    w_in, w_out, w = now[hidden, :2], now[2 + n_hidden :, hidden], before[hidden, hidden]

    def loss(push: Any) -> Any:
        """The loss where numbers (n_steps, n_hidden) are added to the values of the hidden neurons."""
        h = np.zeros(n_hidden)
        for step in range(6):
            h = np.tanh(w_in @ inputs[0, step] + w @ h + bias[hidden]) + push[step]
        return (((w_out @ h + bias[2 + n_hidden :]) - targets[0]) ** 2).mean()

    values = np.stack(list(net.run(inputs, record=table.nodes[hidden]).recorded.values()))[:, 0]
    gradient = w_out.T @ (net.run(inputs)[0, -1] - targets[0])  # of the mean of two squares
    for lag in range(6):
        if lag:
            gradient = w.T @ ((1 - values[:, 6 - lag] ** 2) * gradient)
        stepped = np.zeros(n_hidden)
        for i in range(n_hidden):
            push = np.zeros((6, n_hidden), complex)
            push[5 - lag, i] = 1e-30j
            stepped[i] = loss(push).imag / 1e-30
        np.testing.assert_allclose(stepped, gradient, rtol=1e-12)
        of_outputs = net.run(inputs)[0, -1] - targets[0] if lag == 0 else np.zeros(2)
        assert frame["norm"][lag] == pytest.approx(np.linalg.norm([*gradient, *of_outputs]), rel=1e-12)
    error = net.run(inputs)[0, -1] - targets[0]
    assert frame["forward"].tolist() == pytest.approx([np.linalg.norm(w_out.T @ error), 0, 0, 0, 0, 0])
    assert frame["indirect"].tolist() == [0] * 6
    assert (frame["lateral"][1:] > 0).all() == (n_hidden > 1)


def test_a_target_at_every_step_counts_at_the_last_alone() -> None:
    net, rng = elman(3, seed=0), np.random.default_rng(0)
    inputs, targets = rng.normal(size=(4, 5, 2)), rng.normal(size=(4, 5, 2))
    every, last = gradient_flow(net, inputs, targets), gradient_flow(net, inputs, targets[:, -1])
    np.testing.assert_allclose(every.drop(columns="lag") * 5, last.drop(columns="lag"))


def test_the_last_step_that_counts_is_the_first_lag() -> None:
    def first_steps(outputs: Any, targets: Any, mask: Any) -> Any:
        gradient = np.zeros_like(outputs)
        gradient[:, :3] = outputs[:, :3]
        return 0.5 * float((outputs[:, :3] ** 2).sum()), gradient

    net = elman(3, seed=0)
    inputs = np.random.default_rng(0).normal(size=(2, 6, 2))
    frame = gradient_flow(net, inputs, np.zeros((2, 6, 2)), loss=first_steps)
    short = gradient_flow(net, inputs[:, :3], np.zeros((2, 2)))
    assert frame["lag"].tolist() == [0, 1, 2]
    np.testing.assert_allclose(frame["norm"], short["norm"] * 2)  # mse is the mean of 4 squares, this is half the sum


def test_nothing_that_counts_is_a_gradient_of_zero() -> None:
    net = elman(2, seed=0)
    frame = gradient_flow(net, np.zeros((1, 3, 2)), net.run(np.zeros((1, 3, 2))))
    assert frame["lag"].tolist() == [0, 1, 2]
    assert not frame.drop(columns="lag").to_numpy().any()


def test_samples_add_up_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    from graphnet.analysis import flow

    net, rng = gn.compile(gn.graphs.lstm(1, 2, 1), seed=0), np.random.default_rng(0)
    inputs, targets = rng.normal(size=(5, 4, 1)), rng.normal(size=(5, 1))
    whole = gradient_flow(net, inputs, targets)
    monkeypatch.setattr(flow, "AT_ONCE", net.n_nodes * 4 * 2)
    np.testing.assert_allclose(gradient_flow(net, inputs, targets), whole, rtol=1e-12)


@pytest.mark.parametrize("backend", ["fast", "reference"])
def test_a_network_in_single_precision_and_beyond_its_signs(backend: str) -> None:
    graph = gn.graphs.elman(2, 3, 2)
    nx.set_node_attributes(graph, {node: 1 for node in graph if node[0] == "hidden"}, "sign")
    rng = np.random.default_rng(0)
    inputs, targets = rng.normal(size=(2, 4, 2)), rng.normal(size=(2, 2))
    net = gn.compile(graph, seed=0, dtype="float32", backend=backend)
    net.parameters = -net.parameters
    free = gn.compile(gn.graphs.elman(2, 3, 2), seed=0)
    free.parameters = net.parameters
    np.testing.assert_allclose(
        gradient_flow(net, inputs, targets), gradient_flow(free, inputs, targets), rtol=1e-4, atol=1e-7
    )


def test_what_has_no_lag_is_refused() -> None:
    net = gn.compile(gn.graphs.bidirectional(gn.graphs.elman(1, 2, 1)), seed=0)
    with pytest.raises(gn.DataError, match="gradient_flow: some neurons live in reversed time, and a lag has no"):
        gradient_flow(net, np.zeros((1, 3, 1)), np.zeros((1, net.n_outputs)))
    with pytest.raises(gn.DataError, match="gradient_flow: net is a DiGraph, not a Network"):
        gradient_flow(gn.graphs.elman(1, 2, 1), np.zeros((1, 3, 1)), np.zeros((1, 1)))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="did you mean 'lengths'"):
        gradient_flow(net, np.zeros((1, 3, 1)), np.zeros((1, 1)), length=[3])  # type: ignore[call-arg]
