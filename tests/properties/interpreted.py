"""Networks compared with the per-neuron interpreter, and gradients with its complex step."""

from __future__ import annotations

from fractions import Fraction

import networkx as nx
import numpy as np

import graphnet as gn
from graphnet.testing.property_cases import Case, Compile, assert_close, lives_backwards, random_state
from tests.interpreter import bounds, fan, interpret, nudge

STEP = 1e-30


def outputs_and_final_state_are_the_interpreters(case: Case, compile: Compile) -> None:
    """Every value at every step, and the state after the sequence, are those of the interpreter, to 1e-12.

    Catches wrong delays, gates, ties, scales, padding, orders of levels, starts and ends of sequences.
    """
    graph, net, carries = case.graph, compile(case.graph), not lives_backwards(case.graph)
    state = _perhaps_a_state(case, net)
    run = net.run(case.inputs, lengths=case.lengths, state=state, record=list(graph), return_state=carries)
    trace = interpret(graph, case.inputs, lengths=case.lengths, history=_history_of(graph, state))
    assert_close(run.outputs, trace.outputs, 1e-12, "outputs")
    for node in graph:
        if graph.nodes[node].get("role") != "input":
            assert_close(run.recorded[node], trace.values[node], 1e-12, f"values of {node!r}")
        if carries:
            past = run.state[node]
            assert_close(past, trace.history(node, past.shape[1]), 1e-12, f"final history of {node!r}")


def every_gradient_is_the_interpreters(case: Case, compile: Compile) -> None:
    """Every gradient, number by number, is the complex step through the interpreter, to 1e-10.

    Catches terms missing from the backward pass, overwritten ties, delays off by one, padding leaking in.
    """
    graph, net, rng = case.graph, compile(case.graph), case.rng
    state = _perhaps_a_state(case, net)
    grad_outputs = rng.uniform(-1, 1, (*case.inputs.shape[:2], net.n_outputs))
    grad_state = None if lives_backwards(graph) else random_state(net, len(case.inputs), rng)

    def derivative(graph: nx.DiGraph, inputs: np.ndarray, history: dict | None) -> float:
        trace = interpret(graph, inputs, lengths=case.lengths, history=history)
        total = (grad_outputs * trace.outputs).sum()
        for node in graph if grad_state is not None else ():
            total += (grad_state[node] * trace.history(node, grad_state[node].shape[1])).sum()
        return float(total.imag) / STEP

    masked = np.where(case.mask[:, :, None], grad_outputs, np.nan)
    ours = net.vjp(case.inputs, masked, lengths=case.lengths, state=state, grad_state=grad_state)
    start = _history_of(graph, state)
    rows = net.parameter_table()
    theirs = [derivative(nudge(graph, row.kind, row.key, STEP * 1j, tied=row.tied), case.inputs, start) for row in rows]
    for kind in set(rows.kind):
        some = rows.kind == kind
        assert_close(ours.parameters[some], np.array(theirs)[some], 1e-10, kind)

    inputs = np.zeros(case.inputs.shape)
    for index in np.ndindex(*inputs.shape):
        nudged = case.inputs.astype(complex)
        nudged[index] += STEP * 1j
        if np.isfinite(case.inputs[index]):
            inputs[index] = derivative(graph, nudged, start)
    assert_close(ours.inputs, inputs, 1e-10, "inputs")

    if state is None:
        assert ours.state is None
        return
    for node in graph:
        expected = np.zeros(state[node].shape)
        for index in np.ndindex(*expected.shape):
            nudged = {**start, node: start[node].astype(complex)}
            nudged[node][index] += STEP * 1j
            expected[index] = derivative(graph, case.inputs, nudged)
        assert_close(ours.state[node], expected, 1e-10, f"state of {node!r}")


def signs_and_sizes_of_weights_are_the_interpreters(case: Case, compile: Compile) -> None:
    """Bounds of weights, and their size where they are open, are those of the interpreter.

    The size is compared with that of a drawing of the same names without scales and signs, where a tie is one synapse.
    Catches signs of w instead of scale * w, signs lost or kept where a scale or a sign is 0, fans that count a tie once
    for each synapse or for each weight.
    """
    graph = case.graph.copy()
    for *_, said in graph.edges(data=True):
        del said["weight"]
    net, limits = compile(graph, seed=case.seed), bounds(graph)
    members = {edge: graph.edges[edge].get("tie") for edge in graph.edges}
    for row, found in zip(net.parameter_table(), net.bounds.tolist(), strict=True):
        if row.kind == "weight":
            edges = [edge for edge in members if members[edge] == row.key] if row.tied else [row.key]
            assert all(limits[edge] == tuple(found) for edge in edges), (row, found)
    back = net.to_graph()
    for edge in graph.edges:
        alone = type(graph)()
        alone.add_node(edge[1], role="output")
        alone.add_edge(*edge, tie=members[edge])
        lowest, highest = limits[edge]
        weight, drawn = back.edges[edge]["weight"], compile(alone, seed=case.seed).to_graph().edges[edge]["weight"]
        drawn = abs(drawn) if lowest == 0 else -abs(drawn) if highest == 0 else drawn
        assert abs(weight * fan(graph, edge, 1) - drawn) <= 1e-13 * abs(drawn), edge


def equal_names_draw_alike(case: Case, compile: Compile) -> None:
    """Nodes that are renamed to equal numbers of other types have the same weights, to the bit.

    Catches draws by the type or the spelling of a name.
    """
    numbers = {node: i for i, node in enumerate(case.graph)}
    types = (float, Fraction, np.int64, lambda i: bool(i) if i < 2 else i)
    equal = {i: types[(i + case.seed) % len(types)](i) for i in numbers.values()}
    plain = nx.relabel_nodes(case.graph, numbers)
    for *_, said in plain.edges(data=True):
        del said["weight"]
        if said.get("gate") is not None:
            said["gate"] = numbers[said["gate"]]
    odd = nx.relabel_nodes(plain, equal)
    assert np.array_equal(compile(odd, seed=case.seed).parameters, compile(plain, seed=case.seed).parameters)


INTERPRETED = (
    outputs_and_final_state_are_the_interpreters,
    every_gradient_is_the_interpreters,
    signs_and_sizes_of_weights_are_the_interpreters,
    equal_names_draw_alike,
)


def _perhaps_a_state(case: Case, net: gn.Network) -> gn.State | None:
    """Return an initial state in half of the cases, and None in the others and for reverse neurons."""
    rng = case.rng
    return None if lives_backwards(case.graph) or rng.random() < 0.5 else random_state(net, len(case.inputs), rng)


def _history_of(graph: nx.DiGraph, state: gn.State | None) -> dict | None:
    return None if state is None else {node: state[node] for node in graph}
