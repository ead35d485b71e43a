"""Properties of drawings: different drawings of the same network give the same results."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from typing import Any
from unittest import mock

import networkx as nx
import numpy as np

from ...compiler import lower
from ...language.activations import ACTIVATIONS
from ...language.delays import resolve_delays
from ...language.table import GraphTable
from ...language.ties import hand_down_ties
from ...network.network import Network
from ..gradient_comparison import Comparison
from ..property_cases import (
    Case,
    Compile,
    Outcome,
    ParameterKey,
    assert_close,
    assert_same,
    nodes_with_role,
    outcome,
    random_weights,
)
from ..strategies import Graph

Edge = tuple[Hashable, ...]


def tied_gradient_is_the_sum_of_the_untied(case: Case, compile: Compile) -> None:
    """The gradient of a tied parameter is the sum of the gradients that its members would have untied.

    Catches ties whose gradients overwrite each other.
    """
    graph = case.graph.copy()
    _tie_some(graph, case.rng)
    tied = outcome(compile(graph), case.on(graph))
    table = hand_down_ties(GraphTable.from_networkx(graph)).without_columns({"tie"}, {"tie"})
    untied = outcome(compile(table), case.on(graph))
    sums: dict[ParameterKey, float] = {}
    for (kind, _, key), value in untied.parameters.items():
        said = graph.edges[key] if kind == "weight" else graph.nodes[key]
        name = (kind, True, said["tie"]) if "tie" in said else (kind, False, key)
        sums[name] = sums.get(name, 0.0) + value
    summed = Outcome(untied.outputs, sums, untied.inputs)
    assert tied.parameters.keys() <= sums.keys()
    assert_same(tied, summed, 1e-12)


def gate_of_one_is_no_gate(case: Case, compile: Compile) -> None:
    """Synapses gated by a neuron that is always 1 equal synapses without a gate.

    Catches gates read at the wrong step or for the wrong neuron, and wrongly lowered products.
    """
    graph = case.graph.copy()
    graph.add_node("always one", activation="identity", bias=1.0, train_bias=False, initial=1.0)
    rng = case.rng
    for *_, said in graph.edges(data=True):
        if said.get("gate") is None and rng.random() < 0.7:
            said["gate"] = "always one"
            if rng.random() < 0.5:
                said["gate_delay"] = int(rng.integers(1, 4))
    assert_same(outcome(compile(graph), case.on(graph)), outcome(compile(case.graph), case), 1e-12)


def weight_of_zero_is_no_synapse(case: Case, compile: Compile) -> None:
    """A synapse of weight 0 gives the same results as no synapse, but has a gradient.

    Catches zeros that are dropped from a matrix together with their gradients.
    """
    edges = [edge for edge in case.graph.edges if "tie" not in case.graph.edges[edge]]
    if not edges:
        return
    edge = _choose(edges, case.rng)
    zero, without = case.graph.copy(), case.graph.copy()
    zero.edges[edge].update(weight=0.0, trainable=True)
    without.remove_edge(*edge)
    net = compile(zero)
    assert_same(outcome(net, case.on(zero)), outcome(compile(without), case.on(without)), 1e-12)
    comparison = Comparison(net, case.inputs, np.stack(list(random_weights(case).values()), 2), lengths=case.lengths)
    direction = np.array([float(row.key == edge and not row.tied) for row in net.parameter_table()])
    backward, forward = comparison.backward.parameters @ direction, comparison.along(parameters=direction).sum()
    assert_close(backward, forward, 1e-10, f"gradient of {edge!r}")


def parallel_synapses_are_their_sum(case: Case, compile: Compile) -> None:
    """Two parallel synapses of half the weight equal one synapse, and each has its gradient.

    Catches parallel synapses that overwrite each other or share a gradient.
    """
    edges = [edge for edge in case.graph.edges if "tie" not in case.graph.edges[edge]]
    if not edges:
        return
    edge = _choose(edges, case.rng)
    said = case.graph.edges[edge]
    double = nx.MultiDiGraph(case.graph)
    key = (*edge[:2], edge[2] if len(edge) == 3 else 0)
    half = {**said, "weight": said["weight"] / 2}
    double.edges[key].update(half)
    double.add_edge(*edge[:2], "other half", **half)
    ours, theirs = outcome(compile(double), case.on(double)), outcome(compile(case.graph), case)
    assert_same(_with_keys_of(theirs, case.graph, double), ours, 1e-12)
    if said.get("trainable", True):
        halves = [ours.parameters["weight", False, each] for each in (key, (*edge[:2], "other half"))]
        assert_close(np.array(halves[1]), np.array(halves[0]), 1e-12, f"gradients of {edge!r}")


def delay_is_a_chain_of_steps(case: Case, compile: Compile) -> None:
    """A synapse with a delay of k steps equals a chain of k linear neurons with a delay of one step each.

    Catches delays that are off by one, forwards or backwards, and wrong values before the start.
    """
    net = compile(case.graph)
    edge, delay = _delayed(net, case)
    if edge is None:
        return
    source, target, said = edge[0], edge[1], case.graph.edges[edge]
    graph = case.graph.copy()
    graph.remove_edge(*edge)
    of_source, before = case.graph.nodes[source], source
    initial = _value_before_the_start(net, source)
    for link in range(delay):
        node = ("link", link)
        graph.add_node(node, activation="identity", train_bias=False, initial=initial)
        if case.graph.nodes[target].get("reverse", False):
            graph.nodes[node]["reverse"] = True
        # the links keep the value as it is, whatever the sign of their source
        graph.add_edge(before, node, weight=1.0, sign=0, trainable=False, delay=1)
        before = node
    last = {"sign": of_source.get("sign", 0), **said, "delay": 0}
    graph.add_edge(before, target, *edge[2:], **last)
    ours, theirs = outcome(compile(graph), case.on(graph)), outcome(net, case)
    moved = ("weight", False, (before, target, *edge[2:]))
    if moved in ours.parameters:
        ours.parameters["weight", False, edge] = ours.parameters[moved]
    # the initial values of the links replace that of the source, and are not learnt
    tie = of_source.get("tie")
    theirs = _without(theirs, {("initial", tie is not None, source if tie is None else tie)})
    assert_same(ours, theirs, 1e-12)


def impulse_arrives_after_its_delays(case: Case, compile: Compile) -> None:
    """An impulse arrives at the end of a path after the sum of the delays, scaled by the product of the weights.

    Catches delays that are off by one, or that go the wrong way in reversed time.
    """
    rng = case.rng
    n_links = int(rng.integers(1, 5))
    delays, weights = rng.integers(0, 5, n_links), rng.uniform(0.5, 2, n_links).round(2)
    reverse = bool(rng.random() < 0.5)
    graph: Graph = nx.DiGraph()
    graph.add_node(0, role="input")
    for link in range(n_links):
        graph.add_node(link + 1, activation="identity", reverse=reverse, train_bias=False)
        graph.add_edge(link, link + 1, delay=int(delays[link]), weight=float(weights[link]))
    graph.nodes[n_links]["role"] = "output"
    total = int(delays.sum())
    n_steps = total + int(rng.integers(1, 5))
    at = int(rng.integers(total, n_steps)) if reverse else int(rng.integers(0, n_steps - total))
    inputs = np.zeros((1, n_steps, 1))
    inputs[0, at, 0] = 1.0
    arrives = at - total if reverse else at + total
    expected = np.zeros((1, n_steps, 1))
    expected[0, arrives, 0] = np.prod(weights)
    net = compile(graph)
    assert_close(net.run(inputs), expected, 1e-12, "outputs")
    weight_of_arrival = np.zeros((1, n_steps, 1))
    weight_of_arrival[0, arrives, 0] = 1.0
    back = net.vjp(inputs, weight_of_arrival)
    assert_close(back.inputs, inputs * np.prod(weights), 1e-12, "gradient of the inputs")
    assert_close(back.parameters, np.prod(weights) / weights, 1e-12, "gradient of the weights")


def names_change_no_bit(case: Case, compile: Compile) -> None:
    """Renaming the nodes changes no bit.

    Catches orders that depend on names, hashes or sets.
    """
    names = {node: (f"renamed {i}", -i, ("renamed", i))[i % 3] for i, node in enumerate(case.graph)}
    graph = nx.relabel_nodes(case.graph, names)
    for *_, said in graph.edges(data=True):
        if said.get("gate") is not None:
            said["gate"] = names[said["gate"]]
    ours, theirs = compile(graph), compile(case.graph)
    assert np.array_equal(ours.run(case.inputs, lengths=case.lengths), theirs.run(case.inputs, lengths=case.lengths))
    grad_outputs = case.rng.uniform(-1, 1, (*case.inputs.shape[:2], theirs.n_outputs))
    one, other = (net.vjp(case.inputs, grad_outputs, lengths=case.lengths) for net in (ours, theirs))
    assert np.array_equal(one.parameters, other.parameters)
    assert np.array_equal(one.inputs, other.inputs)


def order_changes_nothing(case: Case, compile: Compile) -> None:
    """Reordering nodes and edges gives the same network, to rounding.

    Catches nodes and edges that are identified by their position.
    """
    rng = case.rng
    graph = type(case.graph)()
    nodes, edges = list(case.graph.nodes(data=True)), list(case.graph.edges)
    for i in rng.permutation(len(nodes)):
        graph.add_node(nodes[i][0], **nodes[i][1])
    for i in rng.permutation(len(edges)):
        graph.add_edge(*edges[i], **case.graph.edges[edges[i]])
    columns = {node: i for i, node in enumerate(nodes_with_role(case.graph, "input"))}
    inputs = case.inputs[:, :, [columns[node] for node in nodes_with_role(graph, "input")]]
    shuffled = Case(graph, inputs, case.lengths, case.seed)
    ours = outcome(compile(graph), shuffled, random_weights(case))
    theirs = outcome(compile(case.graph), case)
    assert ours.parameters.keys() == theirs.parameters.keys()
    assert_same(ours, theirs, 1e-12)


def unread_neuron_changes_nothing(case: Case, compile: Compile) -> None:
    """A neuron that no output depends on changes no result, and its gradients are exactly 0.

    Catches sums over too many rows, and rounding noise in structural zeros.
    """
    graph, rng = case.graph.copy(), case.rng
    graph.add_node("unread", activation="tanh", bias=0.25, leak=0.5)
    graph.add_edge("unread", "unread", weight=0.5)
    for node in case.graph:
        if rng.random() < 0.5:
            sign = case.graph.nodes[node].get("sign", 0) or 1
            graph.add_edge(node, "unread", weight=0.5 * sign, delay=int(rng.integers(1, 3)))
    if any(case.graph.nodes[node].get("reverse", False) for node in case.graph):
        graph.nodes["unread"]["reverse"] = bool(rng.random() < 0.5)
    ours, theirs = outcome(compile(graph), case.on(graph)), outcome(compile(case.graph), case)
    assert_same(ours, theirs, 1e-12)
    new = {name: ours.parameters[name] for name in ours.parameters.keys() - theirs.parameters.keys()}
    assert not any(new.values()), new


def separate_networks_stay_separate(case: Case, compile: Compile) -> None:
    """Two unconnected drawings in one network give the same results as each alone, to rounding.

    Catches stages and levels of one component that affect another.
    """
    names = {node: ("other", node) for node in case.graph}
    other = nx.relabel_nodes(case.graph, names)
    for _, said in other.nodes(data=True):
        said.update({name: ("other", said[name]) for name in ("group", "tie") if said.get(name) is not None})
    for *_, said in other.edges(data=True):
        said.update({name: ("other", said[name]) for name in ("gate", "tie") if said.get(name) is not None})
        if said.get("gate") is not None:
            said["gate"] = names[said["gate"][1]]
        # different weights, so that mixing up the two networks would be noticed
        said["weight"] = said["weight"] / 2
    both = nx.compose(case.graph, other)
    n_inputs = case.inputs.shape[2]
    data = replace(case, graph=both, inputs=np.concatenate([case.inputs, case.inputs[:, :, ::-1] / 2], axis=2))
    first, second = (
        replace(case, graph=graph, inputs=data.inputs[:, :, some])
        for graph, some in ((case.graph, slice(n_inputs)), (other, slice(n_inputs, None)))
    )
    weights = random_weights(data)
    together = outcome(compile(both), data, weights)
    for alone in (first, second):
        assert_same(together, outcome(compile(alone.graph), alone, weights), 1e-12)


def scanned_is_parallel(case: Case, compile: Compile) -> None:
    """Self-loops of weight 0 on all neurons, which force a scan step by step, change no result.

    Catches a schedule that changes what is computed, and not only when.
    """
    graph = case.graph.copy()
    for node, said in case.graph.nodes(data=True):
        if said.get("role") != "input" and not graph.has_edge(node, node):
            graph.add_edge(node, node, weight=0.0, trainable=False, delay=1)
    net = compile(graph)
    assert net.program.stages["scanned"].all()
    assert_same(outcome(net, case.on(graph)), outcome(compile(case.graph), case), 1e-12)


def dense_blocks_are_sparse_ones(case: Case, compile: Compile) -> None:
    """Dense blocks, which use BLAS, give the same results as sparse ones, to rounding.

    Catches entries of a dense block, or their gradients, at the wrong position.
    """
    with mock.patch.object(lower, "SMALLEST_DENSE", 1):
        dense = compile(case.graph)
    sparse = compile(case.graph)
    assert not sparse.program.blocks["dense"].any()
    assert_same(outcome(dense, case), outcome(sparse, case), 1e-12)


def _choose(edges: list[Edge], rng: np.random.Generator) -> Edge:
    return edges[int(rng.integers(len(edges)))]


def _tie_some(graph: Graph, rng: np.random.Generator) -> None:
    """Tie up to three synapses that have no sign and no tie."""
    free = [
        said
        for source, _, said in graph.edges(data=True)
        if "tie" not in said and not said.get("sign", 0) and not graph.nodes[source].get("sign", 0)
    ]
    for i in rng.permutation(len(free))[:3]:
        free[i].update(tie="tied here", weight=0.5)
        free[i].pop("trainable", None)


def _delayed(net: Network, case: Case) -> tuple[Edge | None, int]:
    """Return a random synapse with a delay of at least one step and no tie, and its delay; (None, 0) if none exists."""
    table = net.to_table()
    delays = resolve_delays(table).delay
    edges = [
        (table.edge_key(i), int(delays[i]))
        for i in np.flatnonzero(delays > 0).tolist()
        if "tie" not in case.graph.edges[table.edge_key(i)]
    ]
    return edges[int(case.rng.integers(len(edges)))] if edges else (None, 0)


def _value_before_the_start(net: Network, node: Hashable) -> float:
    table = hand_down_ties(net.to_table())
    position = table.index[node]
    initial = table.node("initial")[position]
    if not table.node_gives("tau")[position]:
        return float(initial)
    said: Any = net.to_graph().nodes[node]
    default = "identity" if said.get("role") == "output" else "tanh"
    return float(ACTIVATIONS[said.get("activation", default)].function(np.array([initial]))[0])


def _without(result: Outcome, names: set[ParameterKey]) -> Outcome:
    kept = {name: value for name, value in result.parameters.items() if name not in names}
    return Outcome(result.outputs, kept, result.inputs)


def _with_keys_of(result: Outcome, graph: Graph, multi: Graph) -> Outcome:
    """Return the outcome with edges named as in the multigraph made from the graph."""
    if graph.is_multigraph():
        return result
    renamed = {
        (kind, tied, (*key, 0) if kind == "weight" and not tied else key): value
        for (kind, tied, key), value in result.parameters.items()
    }
    return Outcome(result.outputs, renamed, result.inputs)
