"""Stages: what must be scanned, what runs over all steps at once, and that merging never changes a value."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

import graphnet as gn
from graphnet.compiler import condense
from graphnet.testing.property_cases import Case
from graphnet.testing.strategies import neuron_graphs, sequences
from tests.compiler.drawings import assert_the_same_network
from tests.properties.interpreted import INTERPRETED


def stage_of(net: gn.Network) -> dict[object, int]:
    """The stage of each neuron; inputs have none."""
    nodes = list(net.to_graph())
    return {
        nodes[net.program.order[row]]: number
        for number, stage in enumerate(net.program.stages)
        for row in range(*stage["row"])
    }


def n_scans(net: gn.Network) -> int:
    return int(net.program.stages["scanned"].sum())


def scanned_levels(net: gn.Network) -> int:
    """Number of levels in each step."""
    stages = net.program.stages
    return int(np.diff(stages["level"])[stages["scanned"]].sum())


def waits_of(graph: nx.DiGraph) -> nx.DiGraph:
    """Dependencies of every neuron at any delay: sources, gates, its own past; a group is one vertex."""
    vertex = vertices(graph)
    waits = nx.DiGraph()
    waits.add_nodes_from(vertex.values())
    for source, target, gate in graph.edges(data="gate"):
        waits.add_edges_from((vertex[node], vertex[target]) for node in (source, gate) if node in vertex)
    tied = [said for _, said in graph.nodes(data=True) if "tie" in said]
    has_tau = {said["tie"] for said in tied if "tau" in said}
    leaks = {said["tie"] for said in tied if said.get("leak", 1) != 1 or said.get("train_leak")}
    for node, said in graph.nodes(data=True):
        goes_on = said.get("leak", 1) != 1 or said.get("train_leak") or "tau" in said
        if goes_on or said.get("tie") in has_tau | leaks:
            waits.add_edge(vertex[node], vertex[node])
    return waits


def vertices(graph: nx.DiGraph) -> dict[object, object]:
    return {
        node: ("group", said["group"]) if said.get("group") is not None else ("node", node)
        for node, said in graph.nodes(data=True)
        if said.get("role") != "input"
    }


@contextmanager
def without_merging() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(condense, "_merge_scans", lambda section, *_: section)
        yield


@st.composite
def recurrent_chains(draw: st.DrawFn) -> nx.DiGraph:
    """Self-loop neurons, and some without, one after the other: what there is to merge."""
    graph = nx.DiGraph()
    graph.add_node("x", role="input")
    n = draw(st.integers(2, 6))
    for i in range(n):
        graph.add_node(i, layer=i, role="output" if i == n - 1 or draw(st.booleans()) else None, bias=0.1 * i)
        graph.add_edge("x", i, weight=0.5)
        if draw(st.integers(0, 3)):
            graph.add_edge(i, i, weight=0.5, delay=draw(st.integers(1, 3)))
        for j in range(i):
            if draw(st.booleans()):
                graph.add_edge(j, i, weight=-0.7, delay=draw(st.integers(0, 2)))
                if draw(st.booleans()):
                    graph.edges[j, i].update(gate=draw(st.integers(0, i - 1)), gate_delay=draw(st.integers(0, 2)))
    return graph


@given(neuron_graphs(max_nodes=8, max_edges=14))
def test_stages_keep_components_whole_and_in_order(graph: nx.DiGraph) -> None:
    """Against networkx: a component with a cycle is in one scanned stage, and nothing reads a later stage."""
    net = gn.compile(graph)
    waits, vertex, of_node = waits_of(graph), vertices(graph), stage_of(net)
    stages = net.program.stages
    assert set(of_node) == set(vertex)
    stage = {vertex[node]: number for node, number in of_node.items()}
    for node, number in of_node.items():
        assert number == stage[vertex[node]], "a group is in one stage"
        assert stages["reverse"][number] == graph.nodes[node].get("reverse", False)
    for component in nx.strongly_connected_components(waits):
        assert len({stage[one] for one in component}) == 1
        if len(component) > 1 or any(waits.has_edge(one, one) for one in component):
            assert stages["scanned"][stage[next(iter(component))]]
    for source, target in waits.edges:
        assert stage[source] <= stage[target]
        if stage[source] == stage[target]:
            assert stages["scanned"][stage[source]]
    if nx.is_directed_acyclic_graph(waits):
        assert n_scans(net) == 0


@given(st.one_of(neuron_graphs(max_nodes=8, max_edges=14), recurrent_chains()))
def test_merging_never_adds_a_level(graph: nx.DiGraph) -> None:
    merged = gn.compile(graph)
    with without_merging():
        alone = gn.compile(graph)
    assert scanned_levels(merged) <= scanned_levels(alone)
    assert n_scans(merged) <= n_scans(alone)


@given(st.data())
def test_the_partition_changes_no_value(data: st.DataObject) -> None:
    graph = data.draw(st.one_of(neuron_graphs(max_nodes=8, max_edges=14), recurrent_chains()))
    batch = data.draw(sequences(graph))
    merged = gn.compile(graph)
    with without_merging():
        alone = gn.compile(graph)
    assert_the_same_network(merged, alone, graph, batch, "merged")


def test_there_is_something_to_merge_in_these_drawings() -> None:
    """Otherwise the tests above would compare a network with itself."""
    merged = []

    @settings(max_examples=100, database=None)
    @given(recurrent_chains())
    def count(graph: nx.DiGraph) -> None:
        with without_merging():
            alone = gn.compile(graph)
        merged.append(n_scans(gn.compile(graph)) < n_scans(alone))

    count()
    assert sum(merged) > 20


@pytest.mark.parametrize("n_hidden", [3, [4, 3], [3, 3, 3]])
def test_without_cycles_all_steps_run_at_once(n_hidden: int | list[int]) -> None:
    net = gn.compile(gn.graphs.feedforward(2, n_hidden, 1))
    assert n_scans(net) == 0
    assert "scanned" not in net.summary()


def test_delays_without_cycles_need_no_scan() -> None:
    graph = nx.DiGraph([("x", "a", {"delay": 3}), ("a", "b", {"delay": 1}), ("b", "y", {"delay": 2, "gate": "a"})])
    graph.nodes["x"]["role"], graph.nodes["y"]["role"] = "input", "output"
    assert n_scans(gn.compile(graph)) == 0


def test_many_self_loop_neurons_are_one_scan_of_one_level() -> None:
    n = 10_000
    graph = gn.graphs.from_matrix(sparse.eye_array(n, format="csr"), w_in=np.ones((n, 1)), w_out=np.ones((1, n)))
    net = gn.compile(graph)
    assert n_scans(net) == 1
    assert scanned_levels(net) == 1


def self_loop_chain(n: int, delay: int) -> nx.DiGraph:
    graph = nx.DiGraph()
    graph.add_node("x", role="input")
    graph.add_edge("x", 0)
    graph.add_edges_from(((i, i) for i in range(n)), weight=0.5, delay=1)
    graph.add_edges_from(((i, i + 1) for i in range(n - 1)), weight=0.5, delay=delay)
    graph.nodes[n - 1]["role"] = "output"
    return graph


def test_a_chain_of_self_loop_neurons_linked_with_a_delay_is_one_scan_of_one_level() -> None:
    begun = perf_counter()
    net = gn.compile(self_loop_chain(3000, delay=1))
    assert n_scans(net) == 1
    assert scanned_levels(net) == 1
    assert perf_counter() - begun < 20, "merging takes time that grows with the square of the chain"


def test_a_chain_of_self_loop_neurons_linked_without_delay_is_not_made_worse() -> None:
    """There is nothing to gain: as many levels as neurons, in one scan or in many."""
    begun = perf_counter()
    net = gn.compile(self_loop_chain(3000, delay=0))
    assert scanned_levels(net) == 3000
    assert perf_counter() - begun < 20


def test_stacked_recurrent_layers_stay_scans_of_their_own_where_merging_gains_nothing() -> None:
    """Apart, the matrix between two layers is one product over all steps."""
    net = gn.compile(gn.graphs.elman(2, [5, 4, 3], 1))
    assert n_scans(net) == 3
    assert scanned_levels(net) == 3


def test_stacked_recurrent_layers_linked_with_a_delay_are_one_scan() -> None:
    graph = gn.graphs.elman(2, [5, 4, 3], 1)
    for source, target, attributes in graph.edges(data=True):
        if source[0] == target[0] == "hidden":
            attributes["delay"] = 1
    net = gn.compile(graph)
    assert n_scans(net) == 1
    assert scanned_levels(net) == 1


def test_what_comes_after_the_recurrence_runs_over_all_steps_at_once() -> None:
    """The readout of an Elman network is no part of its scan."""
    net = gn.compile(gn.graphs.elman(2, 5, 3))
    stage = stage_of(net)
    outputs = {stage["output", i] for i in range(3)}
    assert len(outputs) == 1
    assert not net.program.stages["scanned"][outputs.pop()]
    assert n_scans(net) == 1


def test_a_cycle_through_a_gate_is_scanned() -> None:
    graph = nx.DiGraph([("x", "a", {"gate": "b"}), ("a", "b", {"delay": 1}), ("b", "y")])
    graph.nodes["x"]["role"], graph.nodes["y"]["role"] = "input", "output"
    net = gn.compile(graph)
    assert n_scans(net) == 1
    assert stage_of(net)["a"] == stage_of(net)["b"] != stage_of(net)["y"]


def test_two_scans_linked_with_a_delay_are_one() -> None:
    net = gn.compile(self_loop_chain(2, delay=1))
    assert n_scans(net) == 1
    assert scanned_levels(net) == 1


def test_a_scan_is_merged_with_its_neighbour_whatever_an_earlier_one_feeds_it() -> None:
    """a -> b takes no step, so these two stay; b -> c takes one, so those are one scan, though c reads a at once."""
    graph = nx.DiGraph()
    graph.add_nodes_from("abc", role="output")
    graph.add_edges_from((node, node, {"weight": 0.5, "delay": 1}) for node in "abc")
    graph.add_edge("a", "b", weight=0.5, delay=0)
    graph.add_edge("b", "c", weight=0.5, delay=1)
    graph.add_edge("a", "c", weight=0.5, delay=0)
    net = gn.compile(graph)
    stages = stage_of(net)
    assert stages["b"] == stages["c"] != stages["a"]
    assert scanned_levels(net) == 2


def test_time_may_turn_round_several_times() -> None:
    """Forward, reversed, forward, reversed, forward: each reads the one before over the whole sequence."""
    graph = nx.DiGraph()
    graph.add_node("x", role="input")
    before = "x"
    for i in range(5):
        graph.add_node(i, reverse=i % 2 == 1, role="output", bias=0.1 * i)
        graph.add_edge(before, i, weight=0.9, delay=1)
        graph.add_edge(i, i, weight=-0.5)
        before = i
    net = gn.compile(graph)
    assert net.program.stages["reverse"].tolist() == [False, True, False, True, False]
    case = Case(graph, np.random.default_rng(0).uniform(-1, 1, (2, 6, 1)), np.array([6, 4]), 0)
    for each in INTERPRETED:
        each(case, gn.compile)


def test_what_follows_the_scans_is_one_stage_however_it_got_there() -> None:
    """One output reads the scan alone, one a neuron before it too: nothing waits between them."""
    graph = nx.DiGraph([("x", "h"), ("x", "s"), ("s", "s"), ("s", "y"), ("s", "z"), ("h", "z")])
    graph.nodes["x"]["role"] = "input"
    graph.nodes["y"]["role"] = graph.nodes["z"]["role"] = "output"
    stages = stage_of(gn.compile(graph, seed=0))
    assert stages["h"] < stages["s"] < stages["y"] == stages["z"]


def test_what_no_scan_waits_for_comes_after_all_of_them() -> None:
    """Two scans that stay apart, and a neuron behind each."""
    graph = nx.DiGraph()
    graph.add_nodes_from("ab")
    graph.add_nodes_from("yz", role="output")
    graph.add_edges_from((node, node, {"delay": 1}) for node in "ab")
    graph.add_edges_from([("a", "b", {"delay": 0}), ("a", "y", {}), ("b", "z", {})])
    stages = stage_of(gn.compile(graph, seed=0))
    assert stages["a"] < stages["b"] < stages["y"] == stages["z"]


def test_a_scan_comes_after_the_whole_chain_that_it_reads() -> None:
    """The longest that there can be: without inputs, all neurons but the last."""
    for n in (2, 3, 6):
        graph = nx.path_graph(n, create_using=nx.DiGraph)
        nx.set_edge_attributes(graph, 0, "delay")
        graph.add_edge(n - 1, n - 1, delay=1)
        graph.nodes[n - 1]["role"] = "output"
        net = gn.compile(graph, seed=0)
        assert stage_of(net) == {node: node for node in range(n)}
        assert net.program.stages["scanned"].tolist() == [False] * (n - 1) + [True]


def test_what_lies_between_two_scans_counts_as_a_level_of_both_together() -> None:
    """a, d and b, c are scans of two levels; merged, each step would go through p as well."""
    graph = nx.DiGraph()
    graph.add_edges_from([("a", "d"), ("d", "p"), ("p", "b"), ("b", "c")], delay=0)
    graph.add_edges_from([("d", "a"), ("c", "b")], delay=1)
    graph.nodes["c"]["role"] = "output"
    net = gn.compile(graph, seed=0)
    assert n_scans(net) == 2
    assert scanned_levels(net) == 4
    graph.edges["d", "p"]["delay"] = 1
    merged = gn.compile(graph, seed=0)
    assert n_scans(merged) == 1
    assert scanned_levels(merged) == 3


def test_a_chain_as_long_as_the_network_ends_before_its_scan() -> None:
    graph = nx.DiGraph([("a", "b", {"delay": 0}), ("b", "c", {"delay": 0}), ("c", "c", {})])
    graph.nodes["c"]["role"] = "output"
    assert stage_of(gn.compile(graph, seed=0)) == {"a": 0, "b": 1, "c": 2}


def test_neurons_behind_a_scan_wait_for_each_other() -> None:
    graph = nx.DiGraph([("s", "s"), ("s", "p"), ("p", "q"), ("q", "y")])
    nx.set_node_attributes(graph, {"s": 0, "p": 1, "q": 2, "y": 3}, "layer")
    graph.nodes["y"]["role"] = "output"
    assert stage_of(gn.compile(graph, seed=0)) == {"s": 0, "p": 1, "q": 2, "y": 3}


def test_scans_that_are_merged_keep_their_levels() -> None:
    """c takes no step from the second level of a, which b, merged with a, does not change: there is nothing to gain."""
    graph = nx.DiGraph()
    graph.add_edges_from([("a", "d"), ("d", "c")], delay=0)
    graph.add_edges_from([("d", "a"), ("d", "b"), ("b", "b"), ("b", "c"), ("c", "c")], delay=1)
    graph.nodes["c"]["role"] = "output"
    net = gn.compile(graph, seed=0)
    stages = stage_of(net)
    assert stages["a"] == stages["d"] == stages["b"] != stages["c"]
    assert scanned_levels(net) == 3
