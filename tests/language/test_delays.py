"""Layers to steps: the default delays of synapses and gates."""

from __future__ import annotations

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import graphnet as gn
from graphnet.language.delays import dependencies, resolve_delays, resolve_gates
from graphnet.testing.strategies import neuron_graphs
from tests.compiler.drawings import shuffled


def delays_of(graph: nx.DiGraph) -> dict[tuple, tuple[int, int | None]]:
    """{edge: (delay, gate delay or None)}."""
    table = gn.GraphTable.from_networkx(graph)
    found = resolve_delays(table)
    return {
        key: (int(delay), int(gate_delay) if gate >= 0 else None)
        for key, delay, gate, gate_delay in zip(
            table.edge_keys(), found.delay, found.gate, found.gate_delay, strict=True
        )
    }


def two(source: dict, target: dict, **edge: object) -> nx.DiGraph:
    graph = nx.DiGraph()
    graph.add_node("s", **source)
    graph.add_node("t", **target)
    graph.add_edge("s", "t", **edge)
    return graph


INPUT, OUTPUT, HIDDEN = {"role": "input"}, {"role": "output"}, {}


@pytest.mark.parametrize(
    ("source", "target", "delay"),
    [
        (INPUT, HIDDEN, 0),
        (INPUT, OUTPUT, 0),
        (INPUT, {"layer": -1000}, 0),
        ({"role": "input", "layer": 5}, {"layer": 2}, 0),
        (HIDDEN, HIDDEN, 1),
        (HIDDEN, OUTPUT, 0),
        ({"layer": 1000}, OUTPUT, 0),
        (OUTPUT, HIDDEN, 1),
        (OUTPUT, {"layer": 1000}, 1),
        (OUTPUT, OUTPUT, 1),
        ({"layer": 1}, {"layer": 2}, 0),
        ({"layer": 0.5}, {"layer": 0.75}, 0),
        ({"layer": -1}, HIDDEN, 0),
        (HIDDEN, {"layer": -1}, 1),
        (HIDDEN, {"layer": 0}, 1),
        ({"layer": 2}, {"layer": 2.0}, 1),
        ({"layer": 2}, {"layer": 1}, 1),
        ({"role": "output", "layer": 1}, OUTPUT, 0),
        ({"role": "output", "layer": 1}, {"layer": 2}, 0),
        ({"role": "output", "layer": 2}, {"layer": 1}, 1),
        ({"layer": 3}, {"role": "output", "layer": 2}, 1),
    ],
)
def test_a_synapse_takes_no_step_forward_and_one_otherwise(source: dict, target: dict, delay: int) -> None:
    assert delays_of(two(source, target)) == {("s", "t"): (delay, None)}


def test_a_self_loop_takes_one_step() -> None:
    assert delays_of(nx.DiGraph([("a", "a")])) == {("a", "a"): (1, None)}


@pytest.mark.parametrize("delay", [0, 1, 2, 7, 3.0])
@pytest.mark.parametrize(("source", "target"), [(INPUT, HIDDEN), (OUTPUT, HIDDEN), (HIDDEN, HIDDEN)])
def test_a_declared_delay_is_taken_as_it_is(source: dict, target: dict, delay: float) -> None:
    assert delays_of(two(source, target, delay=delay)) == {("s", "t"): (delay, None)}


@pytest.mark.parametrize(
    ("gate", "gate_delay"),
    [(INPUT, 0), (HIDDEN, 0), ({"layer": 1}, 1), ({"layer": 2}, 1), (OUTPUT, 1), ({"layer": 0.5}, 0)],
)
def test_a_gate_counts_as_a_synapse_from_the_gate_to_the_target(gate: dict, gate_delay: int) -> None:
    """The source is in a layer of its own, so that its delay cannot be mistaken for the gate's."""
    graph = two({"layer": 3}, {"layer": 1}, gate="g")
    graph.add_node("g", **gate)
    assert delays_of(graph) == {("s", "t"): (1, gate_delay)}
    graph.edges["s", "t"]["gate_delay"] = 4
    assert delays_of(graph) == {("s", "t"): (1, 4)}


def test_a_synapse_that_its_own_source_or_target_gates() -> None:
    graph = nx.DiGraph([("a", "b", {"gate": "a"}), ("b", "a", {"gate": "a"})])
    graph.nodes["b"]["layer"] = 1
    assert delays_of(graph) == {("a", "b"): (0, 0), ("b", "a"): (1, 1)}


def test_parallel_synapses_have_delays_of_their_own() -> None:
    graph = nx.MultiDiGraph([("a", "b", "slow", {"delay": 3}), ("a", "b", "default")])
    graph.nodes["a"]["role"] = "input"
    assert delays_of(graph) == {("a", "b", "slow"): (3, None), ("a", "b", "default"): (0, None)}


@given(neuron_graphs(), st.data())
def test_adding_an_edge_changes_no_other_delay(graph: nx.DiGraph, data: st.DataObject) -> None:
    if not graph.number_of_edges():
        return
    whole = delays_of(graph)
    edge = data.draw(st.sampled_from(list(graph.edges)))
    graph.remove_edge(*edge)
    del whole[edge]
    assert delays_of(graph) == whole


@given(neuron_graphs(), st.randoms(use_true_random=False))
def test_the_order_of_nodes_and_edges_changes_no_delay(graph: nx.DiGraph, random) -> None:
    assert delays_of(shuffled(graph, random)) == delays_of(graph)


def test_neurons_wait_for_sources_and_gates_but_not_for_inputs() -> None:
    graph = nx.DiGraph([("x", "a", {"gate": "x"}), ("a", "b", {"gate": "c", "gate_delay": 2}), ("x", "b")])
    graph.add_edge("x", "c", gate="b", delay=4)
    graph.nodes["x"]["role"] = "input"
    table = gn.GraphTable.from_networkx(graph)
    source, target, delay = dependencies(table, resolve_delays(table))
    found = {(table.nodes[s], table.nodes[t], int(d)) for s, t, d in zip(source, target, delay, strict=True)}
    assert found == {("a", "b", 1), ("c", "b", 2), ("b", "c", 1)}


def test_a_gate_that_is_no_node_is_none_and_says_so() -> None:
    """Validation reads it so, whatever the other gates are."""
    graph = nx.DiGraph([("a", "b", {"gate": "nobody"}), ("b", "c", {"gate": "a"}), ("c", "d", {})])
    assert resolve_gates(gn.GraphTable.from_networkx(graph)).tolist() == [-1, 0, -1]


@pytest.mark.parametrize("name", ["delay", "gate_delay"])
def test_a_delay_that_no_machine_holds_is_refused_by_its_edge(name: str) -> None:
    graph = nx.DiGraph([("a", "b", {"gate": "a"}), ("b", "b", {"gate": "a", name: 1 << 29}), ("b", "a", {})])
    graph.nodes["b"]["role"] = "output"
    with pytest.raises(gn.GraphError, match=r"edge \('b', 'b'\): a delay of 536870912 steps"):
        gn.compile(graph, seed=0)


def test_a_neuron_may_wait_for_any_gate() -> None:
    """Also for the first of all nodes."""
    graph = nx.DiGraph([("a", "b", {}), ("b", "c", {"gate": "a", "gate_delay": 2, "delay": 1})])
    table = gn.GraphTable.from_networkx(graph)
    source, target, delay = dependencies(table, resolve_delays(table))
    assert sorted(zip(source.tolist(), target.tolist(), delay.tolist(), strict=True)) == [
        (0, 1, 1),
        (0, 2, 2),
        (1, 2, 1),
    ]


def test_the_first_node_of_all_may_be_a_gate() -> None:
    graph = nx.DiGraph()
    graph.add_nodes_from("gab")
    graph.add_edge("a", "b", gate="g")
    table = gn.GraphTable.from_networkx(graph)
    source, target, _ = dependencies(table, resolve_delays(table))
    assert sorted(zip(source.tolist(), target.tolist(), strict=True)) == [(0, 2), (1, 2)]


def test_without_a_gate_its_delay_is_none() -> None:
    table = gn.GraphTable.from_networkx(nx.DiGraph([("a", "b", {"gate_delay": 7}), ("b", "a", {"gate": "a"})]))
    assert resolve_delays(table).gate_delay.tolist() == [0, 1]
