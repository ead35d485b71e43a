"""Gated drawings, compared with their equations in NumPy."""

from __future__ import annotations

import time
from collections.abc import Callable

import networkx as nx
import numpy as np
import pytest

import graphnet as gn
from graphnet.graphs.gated import gru, lstm, minimal_gated

DRAWINGS: list[Callable[..., nx.DiGraph]] = [lstm, gru, minimal_gated]
each_drawing = pytest.mark.parametrize("draw", DRAWINGS, ids=lambda draw: draw.__name__)
N_INPUTS, N_HIDDEN, N_OUTPUTS = 3, 4, 2


def sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


class Weights:
    """Parameters of a network by kinds of neuron: W("input", "forget"), b("forget"), diagonal(...)."""

    def __init__(self, net: gn.Network) -> None:
        self.numbers = {(row.kind, row.key): row.value for row in net.parameter_table()}
        self.n_read = 0
        self.net = net

    def _ends(self, kind: str) -> list[tuple]:
        return [node for node in self.net.to_graph() if node[0] == kind]

    def _weight(self, source: tuple, target: tuple) -> float:
        self.n_read += 1
        found = [k for k in ((source, target), (source, target, 0)) if ("weight", k) in self.numbers]
        return self.numbers["weight", found[0]]

    def W(self, source: str, target: str) -> np.ndarray:
        return np.array([[self._weight(s, t) for s in self._ends(source)] for t in self._ends(target)])

    def diagonal(self, source: str, target: str) -> np.ndarray:
        pairs = zip(self._ends(source), self._ends(target), strict=True)
        return np.array([self._weight(s, t) for s, t in pairs])

    def b(self, kind: str) -> np.ndarray:
        nodes = self._ends(kind)
        self.n_read += len(nodes)
        return np.array([self.numbers["bias", node] for node in nodes])

    def fed(self, kind: str, past: str = "hidden") -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return self.W("input", kind), self.W(past, kind), self.b(kind)


def compiled(graph: nx.DiGraph, seed: int) -> tuple[gn.Network, np.ndarray]:
    """Return the network with random parameters, and inputs for it."""
    rng = np.random.default_rng(seed)
    net = gn.compile(graph, seed=seed)
    net.parameters = rng.normal(size=len(net.parameters)) / 2
    return net, rng.standard_normal((3, 6, N_INPUTS))


@pytest.mark.parametrize("coupled", [False, True])
@pytest.mark.parametrize("peepholes", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_lstm_is_its_equation(peepholes: bool, coupled: bool, seed: int) -> None:
    net, inputs = compiled(lstm(N_INPUTS, N_HIDDEN, N_OUTPUTS, peepholes=peepholes, coupled=coupled), seed)
    weights = Weights(net)
    learnt = ["forget", "candidate", "output_gate"] + ["input_gate"] * (not coupled)
    fed = {kind: weights.fed(kind) for kind in learnt}
    gates = ["forget", "output_gate"] + ["input_gate"] * (not coupled)
    peep = {gate: weights.diagonal("cell", gate) if peepholes else 0.0 for gate in gates}
    readout, offset = weights.W("hidden", "output"), weights.b("output")
    assert weights.n_read == len(net.parameters)
    for x, outputs in zip(inputs, net.run(inputs), strict=True):
        h = c = np.zeros(N_HIDDEN)
        for t in range(len(x)):
            z = {kind: w_in @ x[t] + w @ h + b for kind, (w_in, w, b) in fed.items()}
            f = sigmoid(z["forget"] + peep["forget"] * c)
            i = 1 - f if coupled else sigmoid(z["input_gate"] + peep["input_gate"] * c)
            c = f * c + i * np.tanh(z["candidate"])
            h = sigmoid(z["output_gate"] + peep["output_gate"] * c) * np.tanh(c)
            np.testing.assert_allclose(outputs[t], readout @ h + offset, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("seed", range(3))
def test_gru_is_its_equation(seed: int) -> None:
    net, inputs = compiled(gru(N_INPUTS, N_HIDDEN, N_OUTPUTS), seed)
    weights = Weights(net)
    fed = {kind: weights.fed(kind) for kind in ("reset", "update")}
    w_new, b_new = weights.W("input", "new"), weights.b("new")
    w_recall, b_recall = weights.W("hidden", "recall"), weights.b("recall")
    readout, offset = weights.W("hidden", "output"), weights.b("output")
    assert weights.n_read == len(net.parameters)
    for x, outputs in zip(inputs, net.run(inputs), strict=True):
        h = np.zeros(N_HIDDEN)
        for t in range(len(x)):
            r, z = (sigmoid(w_in @ x[t] + w @ h + b) for w_in, w, b in fed.values())
            new = np.tanh(w_new @ x[t] + b_new + r * (w_recall @ h + b_recall))
            h = (1 - z) * new + z * h
            np.testing.assert_allclose(outputs[t], readout @ h + offset, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("seed", range(3))
def test_minimal_gated_is_its_equation(seed: int) -> None:
    net, inputs = compiled(minimal_gated(N_INPUTS, N_HIDDEN, N_OUTPUTS), seed)
    weights = Weights(net)
    w_forget, u_forget, b_forget = weights.fed("forget")
    w_new, u_new, b_new = weights.fed("new", "recall")
    readout, offset = weights.W("hidden", "output"), weights.b("output")
    assert weights.n_read == len(net.parameters)
    for x, outputs in zip(inputs, net.run(inputs), strict=True):
        h = np.zeros(N_HIDDEN)
        for t in range(len(x)):
            f = sigmoid(w_forget @ x[t] + u_forget @ h + b_forget)
            h = (1 - f) * h + f * np.tanh(w_new @ x[t] + u_new @ (f * h) + b_new)
            np.testing.assert_allclose(outputs[t], readout @ h + offset, rtol=1e-12, atol=1e-13)


def test_nodes_of_one_layer_and_of_several() -> None:
    kinds = ["input_gate", "forget", "candidate", "cell", "output_gate", "squashed", "hidden"]
    inputs, outputs = [("input", i) for i in range(2)], [("output", 0)]
    one, two = lstm(2, 3, 1), lstm(2, 3, 1, n_layers=2)
    assert list(one) == [*inputs, *((kind, i) for kind in kinds for i in range(3)), *outputs]
    assert list(two) == [
        *inputs,
        *((kind, layer, i) for layer in (1, 2) for kind in kinds for i in range(3)),
        *outputs,
    ]
    assert {kind for kind, *_ in gru(2, 3, 1)} == {"input", "reset", "update", "recall", "new", "hidden", "output"}
    assert {kind for kind, *_ in minimal_gated(2, 3, 1)} == {"input", "forget", "recall", "new", "hidden", "output"}


@each_drawing
def test_a_layer_is_fed_by_the_hidden_neurons_of_the_one_before_it(draw: Callable[..., nx.DiGraph]) -> None:
    graph = draw(2, 3, 1, n_layers=3)
    for layer in (1, 2):
        fed = [(u, v) for u, v in graph.edges() if u[:2] == ("hidden", layer) and v[1] != layer]
        assert {v[1] for _, v in fed} == {layer + 1}
        assert {u for u, _ in fed} == {("hidden", layer, i) for i in range(3)}
    assert {u for u, v in graph.edges() if v == ("output", 0)} == {("hidden", 3, i) for i in range(3)}


@each_drawing
@pytest.mark.parametrize("n_layers", [1, 3])
def test_delays_are_the_default_ones(draw: Callable[..., nx.DiGraph], n_layers: int) -> None:
    """No delay is declared; only synapses from hidden neurons or cells back into their layer take a step."""
    graph = draw(2, 3, 2, n_layers=n_layers)
    assert not any("delay" in said or "gate_delay" in said for *_, said in graph.edges(data=True))
    net = gn.compile(graph, seed=0)
    nodes = list(graph)
    late = {(nodes[s], nodes[t]) for t, s in zip(*net.matrices()[1].nonzero(), strict=True)}
    late |= {tuple(synapse.key[:2]) for synapse in net.matrices().gated if synapse.delay}
    assert {synapse.gate_delay for synapse in net.matrices().gated} == {0}
    for u, v in graph.edges():
        assert ((u, v) in late) == (u[0] in ("hidden", "cell") and v[0] != "squashed" and u[1:-1] == v[1:-1]
                                    and v[0] != "output"), (u, v)  # fmt: skip


@each_drawing
def test_feedback_is_direct_and_indirect(draw: Callable[..., nx.DiGraph]) -> None:
    kinds = gn.feedback(draw(2, 3, 1, n_layers=2)).edges
    assert set(kinds.values()) == {"forward", "direct", "indirect"}
    assert {u[0] for (u, v, *_), kind in kinds.items() if kind == "direct"} == {"cell" if draw is lstm else "hidden"}
    assert {u[0] for (u, v, *_), kind in kinds.items() if kind == "indirect"} == {"hidden"}


@each_drawing
def test_a_seed_draws_the_matrices_of_the_past_orthogonal(draw: Callable[..., nx.DiGraph]) -> None:
    graph = draw(2, 5, 1, n_layers=2, seed=7)
    gates = {
        lstm: ["input_gate", "forget", "candidate", "output_gate"],
        gru: ["reset", "update", "recall"],
        minimal_gated: ["forget", "new"],
    }[draw]
    matrices = []
    for layer in (1, 2):
        for gate in gates:
            past = "recall" if (draw, gate) == (minimal_gated, "new") else "hidden"
            ends = [((past, layer, j), (gate, layer, i)) for i in range(5) for j in range(5)]
            said = [graph.get_edge_data(*end) for end in ends]
            matrix = np.reshape([(d[0] if draw is gru else d)["weight"] for d in said], (5, 5))
            np.testing.assert_allclose(matrix @ matrix.T, np.eye(5), atol=1e-13)
            matrices.append(matrix)
    assert len({matrix.tobytes() for matrix in matrices}) == len(matrices)
    drawn = sum("weight" in said and said.get("trainable", True) for *_, said in graph.edges(data=True))
    assert drawn == 25 * len(matrices)
    again, other = draw(2, 5, 1, n_layers=2, seed=7), draw(2, 5, 1, n_layers=2, seed=8)
    assert nx.utils.graphs_equal(again, graph)
    assert not nx.utils.graphs_equal(other, graph)


@each_drawing
def test_without_a_seed_every_weight_that_is_learnt_is_open(draw: Callable[..., nx.DiGraph]) -> None:
    for *_, said in draw(2, 3, 1).edges(data=True):
        assert ("weight" in said) == (said.get("trainable") is False)


def test_forget_biases_are_one() -> None:
    net = gn.compile(lstm(2, 3, 1, n_layers=2, seed=0), seed=0)
    biases = {row.key: row.value for row in net.parameter_table() if row.kind == "bias"}
    assert {node: bias for node, bias in biases.items() if bias} == {
        ("forget", layer, i): 1.0 for layer in (1, 2) for i in range(3)
    }
    assert {node[0] for node in biases} == {"input_gate", "forget", "candidate", "output_gate", "output"}


@pytest.mark.parametrize(("draw", "n_gates"), [(lstm, 4), (gru, 3)])
def test_gates_share_one_dense_block(draw: Callable[..., nx.DiGraph], n_gates: int) -> None:
    """All gates read the same values of the last step, in one product with a dense matrix."""
    summary = gn.compile(draw(3, 8, 1), seed=0).summary()
    assert f"dense, {n_gates * 64} synapses of delay 1: ('hidden', 0)" in summary


@pytest.mark.costly
def test_a_large_network_is_drawn_and_compiled_quickly() -> None:
    begin = time.process_time()  # other processes of the run do not count
    net = gn.compile(lstm(64, 256, 10, seed=0), seed=0)
    assert time.process_time() - begin < 5
    assert net.n_edges == 4 * 256 * (64 + 256) + 4 * 256 + 256 * 10


@each_drawing
@pytest.mark.parametrize(
    ("sizes", "options", "message"),
    [
        ((-1, 2, 1), {}, "n_inputs=-1 is not a whole number >= 0"),
        ((1, 0, 1), {}, "n_hidden=0 is not a whole number >= 1"),
        ((1, [2, 3], 1), {}, "n_hidden=[2, 3] is not a whole number >= 1"),
        ((1, 2.0, 1), {}, "n_hidden=2.0 is not a whole number >= 1"),
        ((1, 2, True), {}, "n_outputs=True is not a whole number >= 1"),
        ((1, 2, 0), {}, "n_outputs=0 is not a whole number >= 1"),
        ((1, 2, 1), {"n_layers": 0}, "n_layers=0 is not a whole number >= 1"),
        ((1, 2, 1), {"seed": 0.5}, "seed=0.5 is not a whole number >= 0"),
        ((1, 2, 1), {"seed": -1}, "seed=-1 is not a whole number >= 0"),
    ],
)
def test_bad_sizes(draw: Callable[..., nx.DiGraph], sizes: tuple, options: dict, message: str) -> None:
    with pytest.raises(gn.GraphError) as caught:
        draw(*sizes, **options)
    assert str(caught.value) == message


@each_drawing
def test_without_inputs(draw: Callable[..., nx.DiGraph]) -> None:
    """Without inputs a network generates its own patterns."""
    net = gn.compile(draw(0, 3, 1), seed=0)
    assert net.run(np.zeros((2, 4, 0))).shape == (2, 4, 1)
