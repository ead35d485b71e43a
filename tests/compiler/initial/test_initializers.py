"""Initializers: the size of what they draw, the matrices that they make of it, and what they leave as it is."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Hashable
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import graphnet as gn
from graphnet.compiler.initial.initializers import (
    INITIALIZERS,
    FanIn,
    Glorot,
    He,
    Orthogonal,
    SpectralRadius,
    resolve_initializer,
)
from graphnet.compiler.initial.open_weights import OpenWeights
from graphnet.language.delays import resolve_delays
from graphnet.language.registry import settings_of
from graphnet.testing.strategies import neuron_graphs
from tests.compiler.drawings import shuffled
from tests.interpreter import bounds, fan
from tests.profiles import scaled

Weights = dict[Hashable, float]
open_graphs = neuron_graphs(declared=False)
many_open_graphs = neuron_graphs(declared=False, max_edges=30, gates=False)
FEW = settings(max_examples=scaled(40))


def weights(graph: nx.DiGraph, initializer: Any = "fan_in", seed: int = 0) -> Weights:
    """{edge: weight}, of tied and fixed ones too."""
    back = gn.compile(graph, seed=seed, initializer=initializer).to_graph()
    return {edge: back.edges[edge]["weight"] for edge in back.edges}


def is_open(graph: nx.DiGraph) -> dict[Hashable, bool]:
    """{edge: whether its weight is left open}, by itself and by the other members of its tie."""
    declared = {said["tie"] for *_, said in graph.edges(data=True) if "weight" in said and "tie" in said}
    return {
        edge: "weight" not in graph.edges[edge] and graph.edges[edge].get("tie", graph) not in declared
        for edge in graph.edges
    }


def counts(graph: nx.DiGraph, end: int) -> dict[Hashable, float]:
    """{edge: effective number of synapses at its source (end 0) or target (1)}, of a tie the largest."""
    return {edge: fan(graph, edge, end) ** 2 for edge in graph.edges}


def layered(n_layers: int, width: int, activation: str) -> nx.DiGraph:
    """Full connections from layer to layer, the last one the output."""
    graph = nx.DiGraph()
    for layer in range(n_layers + 1):
        role = {0: "input", n_layers: "output"}.get(layer)
        said = {"role": role} if layer == 0 else {"role": role, "layer": layer, "activation": activation}
        graph.add_nodes_from(((layer, i) for i in range(width)), **said)
        if layer:
            graph.add_edges_from(((layer - 1, j), (layer, i)) for j in range(width) for i in range(width))
    return graph


EVERY = [*INITIALIZERS, FanIn(gain=0.5), SpectralRadius(radius=30.0)]


def compiled(graph: nx.DiGraph, initializer: Any) -> gn.Network:
    """The network, of drawings that have the spectral radius asked for."""
    net, refused = None, ""
    try:
        net = gn.compile(graph, seed=2, initializer=initializer)
    except gn.DataError as error:
        refused = str(error)
    assert not refused or refused.startswith("initializer: spectral_radius: ")
    assume(net is not None)
    assert net is not None
    return net


@FEW
@given(open_graphs)
def test_without_a_word_weights_are_drawn_by_their_fan_in(graph: nx.DiGraph) -> None:
    back = gn.compile(graph, seed=0).to_graph()
    assert {edge: back.edges[edge]["weight"] for edge in back.edges} == weights(graph, "fan_in")


@FEW
@given(
    open_graphs, st.sampled_from([(FanIn, 1.0, 0.0), (He, 0.5, 0.0), (Glorot, 0.5, 0.5)]), st.sampled_from([1.0, 0.3])
)
def test_deviations_follow_from_counts_of_synapses(graph: nx.DiGraph, kind: Any, gain: float) -> None:
    """gain / sqrt(part_in n_in + part_out n_out): parallel, gated, tied and declared synapses count."""
    make, part_in, part_out = kind
    drawn, found, left_open = weights(graph), weights(graph, make(gain=gain)), is_open(graph)
    n_in, n_out = counts(graph, 1), counts(graph, 0)
    for edge, weight in found.items():
        scaled = gain / np.sqrt(part_in * n_in[edge] + part_out * n_out[edge]) * np.sqrt(n_in[edge])
        assert weight == pytest.approx(drawn[edge] * (scaled if left_open[edge] else 1.0), rel=1e-13, abs=0), edge


@pytest.mark.parametrize(
    ("name", "deviation"), [("fan_in", np.sqrt(1 / 90)), ("he", np.sqrt(2 / 90)), ("glorot", np.sqrt(2 / 120))]
)
def test_what_is_drawn_is_normal_with_its_deviation(name: str, deviation: float) -> None:
    graph = nx.DiGraph((("x", j), ("y", i)) for j in range(90) for i in range(30))
    nx.set_node_attributes(graph, {node: {"role": "input" if node[0] == "x" else "output"} for node in graph})
    drawn = np.array(list(weights(graph, name).values())) / deviation
    n = len(drawn)
    assert abs(drawn.mean()) < 4 / np.sqrt(n)
    assert abs((drawn**2).mean() - 1) < 4 * np.sqrt(2 / n)
    assert abs((drawn**4).mean() - 3) < 4 * np.sqrt(96 / n)


@pytest.mark.parametrize(
    ("initializer", "activation"),
    [(FanIn(), "identity"), (He(), "relu"), (Glorot(), "identity"), (Orthogonal(), "identity")],
)
def test_signals_pass_many_layers_without_growing_or_dying(initializer: Any, activation: str) -> None:
    n_layers, width = 8, 48
    net = gn.compile(layered(n_layers, width, activation), seed=1, initializer=initializer)
    inputs = np.random.default_rng(0).normal(size=(50, 1, width))
    record = [(n_layers - 1, i) for i in range(width)]
    last = np.stack(list(net.run(inputs, record=record).recorded.values()))
    ratio = np.sqrt((last**2).sum() / (inputs**2).sum())
    kept = 1 / np.sqrt(2) if activation == "relu" else 1.0
    assert ratio == pytest.approx(kept, rel=1e-12 if isinstance(initializer, Orthogonal) else 0.35)


# Orthogonal


def delays_of(graph: nx.DiGraph) -> dict[Hashable, int]:
    table = gn.GraphTable.from_networkx(graph)
    return dict(zip(graph.edges, resolve_delays(table).delay.tolist(), strict=True))


def full_matrices(graph: nx.DiGraph) -> list[list[list[Hashable]]]:
    """The edges that `Orthogonal` turns, as rows of targets and columns of sources, found edge by edge."""
    left_open, delay = is_open(graph), delays_of(graph)
    members = Counter(graph.edges[edge].get("tie", edge) for edge in graph.edges)
    signed = {graph.edges[edge].get("tie", edge) for edge, of in bounds(graph).items() if np.isfinite(of).any()}
    rows: dict[tuple, dict[Hashable, list]] = defaultdict(lambda: defaultdict(list))
    for edge in graph.edges:
        name = graph.edges[edge].get("tie", edge)
        if left_open[edge] and members[name] == 1 and name not in signed and graph.edges[edge].get("gate") is None:
            rows[edge[1], delay[edge]][edge[0]].append(edge)
    matrices: dict[tuple, list] = defaultdict(list)
    for (_, steps), row in rows.items():
        if all(len(edges) == 1 for edges in row.values()):
            sources = sorted(row, key=repr)
            matrices[steps, tuple(map(repr, sources))].append([row[source][0] for source in sources])
    return list(matrices.values())


@FEW
@given(many_open_graphs | open_graphs, st.sampled_from([1.0, 1.5]))
def test_full_matrices_become_orthonormal_and_the_nearest_to_their_draws(graph: nx.DiGraph, gain: float) -> None:
    """U of the polar decomposition G = U P: U is orthonormal and U^T G symmetric without negative eigenvalues."""
    found, drawn, n_in = weights(graph, Orthogonal(gain=gain)), weights(graph), counts(graph, 1)
    rest = set(graph.edges)
    for edges in full_matrices(graph):
        turned = np.array([[found[edge] for edge in row] for row in edges]) / gain
        normal = np.array([[drawn[edge] * np.sqrt(n_in[edge]) for edge in row] for row in edges])
        if turned.shape[0] < turned.shape[1]:
            turned, normal = turned.T, normal.T
        np.testing.assert_allclose(turned.T @ turned, np.eye(turned.shape[1]), rtol=0, atol=1e-12)
        stretch = turned.T @ normal
        np.testing.assert_allclose(stretch, stretch.T, rtol=0, atol=1e-11)
        assert np.linalg.eigvalsh(stretch).min() > -1e-11
        np.testing.assert_allclose(turned @ stretch, normal, rtol=0, atol=1e-10)
        rest -= {edge for row in edges for edge in row}
    left_open = is_open(graph)
    for edge in rest:
        assert found[edge] == (gain * drawn[edge] if left_open[edge] else drawn[edge]), edge


@pytest.mark.parametrize(
    ("draw", "n_hidden", "size"),
    [
        (gn.graphs.elman, 12, (12, 12)),
        (gn.graphs.lstm, 9, (36, 9)),
        (gn.graphs.gru, 7, (21, 7)),
        (gn.graphs.complete, 6, (6, 7)),
        (gn.graphs.feedforward, 5, (5, 2)),
    ],
)
def test_full_matrices_keep_lengths(draw: Any, n_hidden: int, size: tuple[int, int]) -> None:
    """The gates of an LSTM are one tall matrix; what feeds the hidden neurons of a complete network a wide one."""
    graph = draw(2, n_hidden, 1)
    found = weights(graph, "orthogonal")
    sizes = []
    for edges in full_matrices(graph):
        matrix = np.array([[found[edge] for edge in row] for row in edges])
        np.testing.assert_allclose(np.linalg.svd(matrix, compute_uv=False), 1.0, rtol=1e-12)
        sizes.append(matrix.shape)
    assert size in sizes


def test_orthogonal_matrices_are_spread_evenly() -> None:
    """No direction is special: the mean of many is 0, of their entries' squares 1/n, of their determinants 0."""
    n, n_seeds = 3, 400
    graph = nx.DiGraph([(j, i, {"delay": 1}) for j in range(n) for i in range(n)])
    graph.nodes[0]["role"] = "output"
    drawn = [weights(graph, "orthogonal", seed) for seed in range(n_seeds)]
    matrices = np.array([[[found[j, i] for j in range(n)] for i in range(n)] for found in drawn])
    assert np.abs(matrices.mean(axis=0)).max() < 4 / np.sqrt(n * n_seeds)
    assert np.abs((matrices**2).mean(axis=0) - 1 / n).max() < 4 * np.sqrt(4 / 45 / n_seeds)
    assert abs(np.linalg.det(matrices).mean()) < 4 / np.sqrt(n_seeds)


def test_a_synapse_elsewhere_changes_no_bit_of_an_orthogonal_matrix() -> None:
    graph = gn.graphs.elman(2, 5, 1)
    before = weights(graph, "orthogonal")
    graph.add_edge(("input", 0), ("output", 0))
    graph.add_edge(("hidden", 3), ("hidden", 3), delay=1)
    graph.add_edge(("hidden", 1), ("output", 1))
    graph.nodes["output", 1]["role"] = "output"
    after = weights(graph, "orthogonal")
    inside = [edge for edge in before if edge[1][0] == "hidden"]
    assert {edge: before[edge] for edge in inside} == {edge: after[edge] for edge in inside}
    graph.add_edge(("input", 1), ("hidden", 0), delay=1)
    assert all(weights(graph, "orthogonal")[edge] != before[edge] for edge in inside if edge[0][0] == "hidden")


# SpectralRadius


def recurrent_of(graph: nx.DiGraph, found: Weights) -> set[Hashable]:
    """The synapses inside strongly connected components, of those without a gate and with an effect."""
    effect = nx.DiGraph()
    plain = [edge for edge in graph.edges if graph.edges[edge].get("gate") is None]
    plain = [edge for edge in plain if found[edge] * graph.edges[edge].get("scale", 1.0) != 0]
    effect.add_edges_from(edge[:2] for edge in plain)
    inside = {node: i for i, members in enumerate(nx.strongly_connected_components(effect)) for node in members}
    return {edge for edge in plain if inside[edge[0]] == inside[edge[1]]}


def radius_of(graph: nx.DiGraph, found: Weights, edges: Any) -> float:
    """Of the matrix of some synapses, all delays summed."""
    place = {node: i for i, node in enumerate(graph)}
    matrix = np.zeros((len(place), len(place)))
    for edge in edges:
        matrix[place[edge[1]], place[edge[0]]] += found[edge] * graph.edges[edge].get("scale", 1.0)
    return float(np.abs(np.linalg.eigvals(matrix)).max(initial=0.0))


@FEW
@given(neuron_graphs(declared=False, max_edges=25) | many_open_graphs, st.sampled_from([0.9, 5.0, 40.0]))
def test_recurrent_weights_get_the_spectral_radius_by_one_factor(graph: nx.DiGraph, radius: float) -> None:
    drawn, left_open = weights(graph, seed=2), is_open(graph)
    recurrent = recurrent_of(graph, drawn)
    names = {graph.edges[edge].get("tie", edge) for edge in recurrent if left_open[edge]}
    scaled = {edge for edge in graph.edges if left_open[edge] and graph.edges[edge].get("tie", edge) in names}
    declared = radius_of(graph, drawn, [edge for edge in recurrent if not left_open[edge]])
    if names and declared >= radius:
        with pytest.raises(gn.DataError, match="are declared have a spectral radius of"):
            weights(graph, SpectralRadius(radius=radius))
        return
    net = compiled(graph, SpectralRadius(radius=radius))
    back = net.to_graph()
    found = {edge: back.edges[edge]["weight"] for edge in back.edges}
    assert all(found[edge] == drawn[edge] for edge in graph.edges if edge not in scaled)
    if names:
        factors = np.array([found[edge] / drawn[edge] for edge in scaled])
        assert factors.min() > 0
        np.testing.assert_allclose(factors, factors[0], rtol=1e-12)
        assert radius_of(graph, found, recurrent) == pytest.approx(radius, rel=1e-5)


def test_by_default_the_radius_is_1() -> None:
    graph = gn.graphs.random_graph(1, 40, 1, density=0.2, seed=0)
    found = weights(graph, "spectral_radius")
    assert radius_of(graph, found, recurrent_of(graph, found)) == pytest.approx(1.0, rel=1e-12)


def test_a_synapse_outside_feedback_changes_no_bit_inside_it() -> None:
    graph = gn.graphs.elman(2, 5, 1)
    before = weights(graph, "spectral_radius")
    graph.add_edge(("input", 0), ("output", 0))
    after = weights(graph, "spectral_radius")
    assert {edge: after[edge] for edge in before if edge[1][0] == "hidden"} == {
        edge: weight for edge, weight in before.items() if edge[1][0] == "hidden"
    }


@pytest.mark.parametrize("draw", [gn.graphs.feedforward, gn.graphs.lstm, gn.graphs.echo_state])
def test_without_open_feedback_nothing_is_scaled(draw: Any) -> None:
    """An LSTM keeps its values through gates, whose strength no matrix tells; a reservoir has its radius already."""
    graph = draw(2, 20, 1)
    assert weights(graph, SpectralRadius(radius=3.0)) == weights(graph)


@pytest.mark.parametrize("gate", ["first", "second"])
def test_a_gated_synapse_closes_no_cycle_whichever_neuron_its_gate_is(gate: str) -> None:
    graph = nx.DiGraph()
    graph.add_nodes_from(["first", "second"], role="input")
    graph.add_node("b", role="output")
    graph.add_edges_from([(gate, "a"), ("a", "b"), ("b", "a", {"gate": gate, "delay": 1})])
    assert weights(graph, SpectralRadius(radius=7.0)) == weights(graph)


def test_a_radius_that_declared_weights_exceed_is_refused() -> None:
    graph = nx.DiGraph([("a", "a", {"weight": -1.25}), ("a", "b"), ("b", "a")])
    graph.nodes["b"]["role"] = "output"
    for radius in (1.0, 1.25):
        with pytest.raises(gn.DataError) as caught:
            gn.compile(graph, seed=0, initializer=SpectralRadius(radius=radius))
        assert f"spectral radius of 1.25 by themselves, not less than {radius:g}" in str(caught.value)
    assert radius_of(graph, found := weights(graph, SpectralRadius(radius=1.5)), graph.edges) == pytest.approx(1.5)
    assert found["a", "a"] == -1.25


def test_cycles_that_cancel_are_refused() -> None:
    """w [[1, 1], [-1, -1]] has no eigenvalue but 0, whatever w is."""
    graph = nx.DiGraph()
    for (j, i), scale in {("a", "a"): 1, ("b", "a"): 1, ("a", "b"): -1, ("b", "b"): -1}.items():
        graph.add_edge(j, i, tie="t", scale=float(scale))
    graph.nodes["b"]["role"] = "output"
    with pytest.raises(gn.DataError, match="no factor of the open recurrent weights leads to 2: their cycles cancel"):
        gn.compile(graph, seed=0, initializer=SpectralRadius(radius=2.0))
    graph.add_edge("c", "c", weight=0.5)
    graph.add_edges_from([("a", "c"), ("c", "a")], weight=1e-30)
    with pytest.raises(gn.DataError, match="no factor of the open recurrent weights leads to 2: their cycles cancel"):
        gn.compile(graph, seed=0, initializer=SpectralRadius(radius=2.0))


@pytest.mark.parametrize("size", [1e-9, 1.0, 1e9])
def test_the_factor_is_as_large_as_it_takes(size: float) -> None:
    """With synapse counts of any unit in ``scale``."""
    graph = nx.DiGraph([("a", "b"), ("b", "a"), ("b", "b", {"weight": 0.5 / size})])
    nx.set_edge_attributes(graph, size, "scale")
    graph.nodes["b"]["role"] = "output"
    for radius in (0.6, 1.0, 30.0):
        found = weights(graph, SpectralRadius(radius=radius))
        assert radius_of(graph, found, graph.edges) == pytest.approx(radius, rel=1e-8)
        del graph.edges["b", "b"]["weight"]
        found = weights(graph, SpectralRadius(radius=radius))
        assert radius_of(graph, found, graph.edges) == pytest.approx(radius, rel=1e-12)
        graph.edges["b", "b"]["weight"] = 0.5 / size


# all of them


@FEW
@given(st.sampled_from(EVERY), many_open_graphs | open_graphs, st.randoms(use_true_random=False))
def test_the_order_of_a_drawing_changes_no_bit(initializer: Any, graph: nx.DiGraph, shuffle: random.Random) -> None:
    rows = {tuple(row[:3]): row.value for row in compiled(graph, initializer).parameter_table()}
    other = {tuple(row[:3]): row.value for row in compiled(shuffled(graph, shuffle), initializer).parameter_table()}
    assert rows == other


@FEW
@given(st.sampled_from(EVERY), many_open_graphs | open_graphs)
def test_signs_and_ties_hold_and_what_is_declared_stays(initializer: Any, graph: nx.DiGraph) -> None:
    net = compiled(graph, initializer)
    assert (net.bounds[:, 0] <= net.parameters).all()
    assert (net.parameters <= net.bounds[:, 1]).all()
    back, left_open = net.to_graph(), is_open(graph)
    of_tie: dict[Hashable, set[float]] = defaultdict(set)
    for edge in graph.edges:
        said = graph.edges[edge]
        if "weight" in said:
            assert back.edges[edge]["weight"] == said["weight"]
        elif left_open[edge]:
            assert back.edges[edge]["weight"] != 0
        of_tie[said.get("tie", edge)].add(back.edges[edge]["weight"])
    assert all(len(values) == 1 for values in of_tie.values())


@pytest.mark.parametrize("initializer", EVERY)
def test_float32_networks_have_the_same_weights_rounded(initializer: Any) -> None:
    graph = gn.graphs.complete(2, 6, 2)
    exact, short = (gn.compile(graph, seed=3, initializer=initializer, dtype=dtype) for dtype in ("float64", "float32"))
    assert short.parameters.dtype == np.float32
    assert np.array_equal(short.parameters, exact.parameters.astype(np.float32))
    other = gn.compile(graph, seed=4, initializer=initializer)
    assert not np.isin(other.parameters[other.parameters != 0], exact.parameters).any()


@pytest.mark.parametrize("initializer", EVERY)
def test_a_drawing_without_synapses_or_without_open_weights(initializer: Any) -> None:
    graph = nx.DiGraph()
    graph.add_node("y", role="output")
    assert gn.compile(graph, initializer=initializer).parameters.tolist() == [0.0]
    graph.add_edge("y", "y", weight=3.0)
    assert weights(graph, initializer) == {("y", "y"): 3.0}


@pytest.mark.parametrize("initializer", ["orthogonal", "spectral_radius"])
def test_all_weights_may_be_signed_or_tied(initializer: str) -> None:
    graph = gn.graphs.complete(1, 4, 1)
    nx.set_edge_attributes(graph, -1, "sign")
    found = weights(graph, initializer)
    assert max(found.values()) < 0
    graph = gn.graphs.complete(1, 4, 1)
    nx.set_edge_attributes(graph, "t", "tie")
    assert len(set(weights(graph, initializer).values())) == 1


class Own:
    """An initializer of the user's own, which gives what it is told to."""

    def __init__(self, give: Any) -> None:
        self.give = give

    def weigh(self, weights: OpenWeights) -> Any:
        return self.give(weights)

    def __repr__(self) -> str:
        return "Own()"


def test_an_initializer_of_the_users_own() -> None:
    graph = nx.DiGraph([("a", "b", {"sign": -1}), ("c", "b", {"weight": 0.5}), ("b", "c")])
    graph.nodes["b"]["role"] = "output"
    own = Own(lambda weights: np.sign(weights.normal) * weights.fan_in() / 8)
    assert resolve_initializer(own) is own
    found = weights(graph, own)
    assert (found["a", "b"], found["c", "b"], abs(found["b", "c"])) == (-0.25, 0.5, 0.125)


@pytest.mark.parametrize(
    ("give", "says"),
    [
        (lambda weights: np.ones(3), "gave weights of shape (3,), not (2,)"),
        (lambda weights: [-1.0, np.nan], "gave edge ('b', 'c') the weight nan; it must be a finite number"),
        (
            lambda weights: [np.inf, 1.0],
            "gave edge ('a', 'b') the weight inf; it must be a finite number, of the sign of ",
        ),
        (lambda weights: [1.0, 1.0], "gave edge ('a', 'b') the weight 1; it must be a finite number, of the sign of -"),
    ],
)
def test_what_an_initializer_of_the_users_own_gives_is_checked(give: Any, says: str) -> None:
    graph = nx.DiGraph([("a", "b", {"sign": -1}), ("b", "c", {"trainable": False})])
    graph.nodes["c"]["role"] = "output"
    with pytest.raises(gn.DataError) as caught:
        gn.compile(graph, initializer=Own(give))
    said = str(caught.value)
    assert said.startswith(f"initializer: Own() {says}")
    assert ("of the sign of -" in said) == ("('a', 'b')" in said)
    assert said.endswith(("not (2,)", "it must be a finite number")) or "of the sign of -" in said
    assert weights(graph, Own(lambda weights: [0.0, 0.0])) == {("a", "b"): 0.0, ("b", "c"): 0.0}


def test_initializers_by_name_and_settings_and_back() -> None:
    assert list(INITIALIZERS) == ["fan_in", "glorot", "he", "orthogonal", "spectral_radius"]
    assert [type(resolve_initializer(name)) for name in INITIALIZERS] == [FanIn, Glorot, He, Orthogonal, SpectralRadius]
    for made in (FanIn(0.5), Glorot(2.0), He(3), Orthogonal(0.1), SpectralRadius(0.95)):
        assert resolve_initializer(made) is made
        assert resolve_initializer(settings_of(made)) == made


@pytest.mark.parametrize("initializer", ["glorott", None, 3, Glorot, {"name": "xavier"}, {"gain": 2.0}])
def test_resolve_initializer_names_what_there_is(initializer: Any) -> None:
    with pytest.raises(gn.DataError) as caught:
        gn.compile(gn.graphs.elman(1, 2, 1), initializer=initializer)
    name = initializer.get("name") if isinstance(initializer, dict) else initializer
    for words in ["initializer: ", repr(name), *map(repr, INITIALIZERS)]:
        assert words in str(caught.value)


@pytest.mark.parametrize("name", INITIALIZERS)
@pytest.mark.parametrize("value", [0, -1.0, np.inf, np.nan, "big", True, None])
def test_settings_are_positive_numbers(name: str, value: Any) -> None:
    setting = "radius" if name == "spectral_radius" else "gain"
    with pytest.raises(gn.DataError) as caught:
        resolve_initializer({"name": name, setting: value})
    assert str(caught.value) == f"{setting}: {value!r}; must be a positive finite number"
    with pytest.raises(gn.DataError, match=f"{name} has no setting '{setting}s'; did you mean '{setting}'"):
        resolve_initializer({"name": name, f"{setting}s": 1.0})


def test_a_matrix_that_the_first_node_gates_is_not_orthogonal() -> None:
    """Gates are positions of nodes, of which 0 is one like any other."""
    graph = nx.DiGraph()
    graph.add_node("gate", role="input")
    graph.add_edges_from((i, j) for i in range(4) for j in range(4))
    graph.nodes[0]["role"] = "output"
    nx.set_node_attributes(graph, dict.fromkeys(range(4), 0), "layer")
    plain = gn.compile(graph, seed=0, initializer="orthogonal").parameters[:16].reshape(4, 4)
    np.testing.assert_allclose(plain @ plain.T, np.eye(4), atol=1e-12)
    nx.set_edge_attributes(graph, "gate", "gate")
    gated = gn.compile(graph, seed=0, initializer="orthogonal").parameters[:16].reshape(4, 4)
    assert abs(gated @ gated.T - np.eye(4)).max() > 0.1
