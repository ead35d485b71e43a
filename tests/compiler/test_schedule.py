"""The order of rows: inputs, then stages, levels and activations, each a contiguous slice."""

from __future__ import annotations

import networkx as nx
import numpy as np
from hypothesis import given

import graphnet as gn
from graphnet.language.delays import dependencies, resolve_delays
from graphnet.testing.strategies import neuron_graphs

NOTHING = object()


def pairs_partition(pairs: np.ndarray, first: int, last: int) -> bool:
    """True if half-open ranges follow one another from first to last, none of them empty."""
    ends = [first, *pairs[:, 1].tolist()]
    return ends[:-1] == pairs[:, 0].tolist() and ends[-1] == last and bool((np.diff(ends) > 0).all())


@given(neuron_graphs(max_nodes=9, max_edges=16))
def test_rows_levels_and_segments(graph: nx.DiGraph) -> None:
    program = gn.compile(graph).program
    nodes = list(graph)
    assert sorted(program.order.tolist()) == list(range(len(nodes)))
    assert (program.order[program.row] == np.arange(len(nodes))).all()
    inputs = [i for i, node in enumerate(nodes) if graph.nodes[node].get("role") == "input"]
    assert program.order[: program.n_inputs].tolist() == inputs, "inputs come first, columns in node order"
    outputs = [i for i, node in enumerate(nodes) if graph.nodes[node].get("role") == "output"]
    assert program.order[program.outputs].tolist() == outputs, "columns of outputs are in node order"

    n_rows = (program.n_inputs, len(nodes))
    assert pairs_partition(program.stages["row"], *n_rows)
    assert pairs_partition(program.levels["row"], *n_rows)
    assert pairs_partition(program.segments["row"], *n_rows)
    assert pairs_partition(program.stages["level"], 0, len(program.levels))
    assert pairs_partition(program.levels["segment"], 0, len(program.segments))
    for stage in program.stages:
        levels = program.levels[slice(*stage["level"])]
        assert pairs_partition(levels["row"], *stage["row"])
        assert stage["scanned"] or len(levels) == 1
    for level in program.levels:
        assert pairs_partition(program.segments[slice(*level["segment"])]["row"], *level["row"])
    tied_taus = {said["tie"] for _, said in graph.nodes(data=True) if "tie" in said and "tau" in said}
    for segment in program.segments:
        for row in range(*segment["row"]):
            said = graph.nodes[nodes[program.order[row]]]
            default = "identity" if said.get("role") == "output" else "tanh"
            assert program.activations[segment["activation"]] == said.get("activation", default)
            assert segment["tau"] == ("tau" in said or said.get("tie") in tied_taus)
            assert segment["onset"] or not said.get("onset", 0)
            assert segment["leak"] or (said.get("leak", 1) == 1 and not said.get("train_leak", False))
            members = sum(other.get("group", NOTHING) == said.get("group") for _, other in graph.nodes(data=True))
            assert segment["group"] == members


@given(neuron_graphs(max_nodes=9, max_edges=16))
def test_levels_go_along_what_takes_no_step_and_are_as_few_as_can_be(graph: nx.DiGraph) -> None:
    program = gn.compile(graph).program
    table = gn.GraphTable.from_networkx(graph)
    source, target, delay = dependencies(table, resolve_delays(table))
    level = np.zeros(table.n_nodes, int)
    for number, record in enumerate(program.levels):
        level[program.order[slice(*record["row"])]] = number
    group = [said.get("group") for _, said in graph.nodes(data=True)]
    vertex = [i if name is None else ("group", name) for i, name in enumerate(group)]
    for stage in program.stages:
        members = set(program.order[slice(*stage["row"])].tolist())
        assert len({(vertex[i], level[i]) for i in members}) == len({vertex[i] for i in members}), (
            "a group on one level"
        )
        now = nx.DiGraph()
        now.add_nodes_from(vertex[i] for i in members)
        for s, t, d in zip(source.tolist(), target.tolist(), delay.tolist(), strict=True):
            if d == 0 and s in members and t in members:
                assert level[s] < level[t]
                now.add_edge(vertex[s], vertex[t])
        assert stage["level"][1] - stage["level"][0] == len(nx.dag_longest_path(now))


def test_a_level_has_one_segment_for_each_activation() -> None:
    graph = nx.DiGraph()
    graph.add_node("x", role="input")
    for i, activation in enumerate(["tanh", "relu", "tanh", "relu", "tanh", "sigmoid"]):
        graph.add_node(i, activation=activation, role="output")
        graph.add_edge("x", i)
    program = gn.compile(graph).program
    assert len(program.levels) == 1
    assert len(program.segments) == 3


def test_an_lstm_like_cell_is_one_scan_of_few_levels() -> None:
    """Gates, then the cell, then the hidden value: three levels however many units there are."""
    graph = nx.DiGraph()
    graph.add_node("x", role="input")
    for unit in range(4):
        names = {name: (name, unit) for name in ("in", "forget", "candidate", "cell", "hidden")}
        for name in ("in", "forget", "candidate"):
            graph.add_node(names[name], layer=1)
            graph.add_edge("x", names[name])
        graph.add_node(names["cell"], layer=2, activation="identity")
        graph.add_node(names["hidden"], layer=3, role="output")
        graph.add_edge(names["candidate"], names["cell"], gate=names["in"])
        graph.add_edge(names["cell"], names["cell"], gate=names["forget"])
        graph.add_edge(names["cell"], names["hidden"])
    for one in range(4):
        for name in ("in", "forget", "candidate"):
            graph.add_edges_from((("hidden", other), (name, one)) for other in range(4))
    program = gn.compile(graph).program
    assert program.stages["scanned"].tolist() == [True]
    assert np.diff(program.levels["row"]).ravel().tolist() == [12, 4, 4]


def test_neurons_that_are_alike_are_one_segment_whatever_their_order() -> None:
    """Every combination of what makes neurons differ, twice, interleaved: one segment each."""
    graph = nx.DiGraph()
    combinations = [
        {"activation": activation, **leak, **onset}
        for activation in ("tanh", "relu")
        for leak in ({}, {"leak": 0.5})
        for onset in ({}, {"onset": 2})
    ] + [{"activation": activation, "tau": 2.0} for activation in ("tanh", "relu")]
    for i, said in enumerate([*combinations, *combinations]):
        graph.add_node(i, role="output", **said)
        graph.add_edge(i, i, weight=0.5)
    for group in ("G", "H", "I"):
        for member in range(3 if group == "I" else 2):
            graph.add_node((group, member), role="output", activation="softmax", group=group)
            graph.add_edge((group, member), (group, member), weight=0.5)
    program = gn.compile(graph).program
    assert len(program.levels) == 1
    assert len(program.segments) == len(combinations) + 2
    assert sorted(program.segments["group"].tolist()) == [0] * len(combinations) + [2, 3]


def test_what_inputs_feed_runs_over_all_steps_at_once() -> None:
    """Before the scan, where it is one; here they feed every layer."""
    graph = gn.graphs.elman(3, [4, 5], 2)
    graph.add_edges_from((("input", 0), node) for node in list(graph) if node[0] != "input")
    program = gn.compile(graph, seed=0).program
    assert program.stages["scanned"].tolist() == [True, True, False]
    for level in program.levels:
        for block in program.blocks[slice(*level["late"])]:
            assert (program.sources[slice(*block["source"])] >= program.n_inputs).all()
