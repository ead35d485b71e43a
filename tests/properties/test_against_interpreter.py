"""Outputs and gradients of compiled networks against the per-neuron interpreter and its complex step."""

from __future__ import annotations

import networkx as nx
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import graphnet as gn
from graphnet.testing.strategies import neuron_graphs, sequences
from tests.interpreter import interpret, nudge

STEP = 1e-30


@st.composite
def problems(draw: st.DrawFn) -> tuple:
    """A drawing, sequences for it, and perhaps a state to start from."""
    graph = draw(neuron_graphs())
    data = draw(sequences(graph))
    net = gn.compile(graph)
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    state = None
    if draw(st.booleans()) and not lives_backwards(graph):
        state = net.state(len(data.inputs))
        state.history[:] = rng.uniform(-1, 1, state.history.shape).round(2)
    return graph, net, data, state, rng


def lives_backwards(graph: nx.DiGraph) -> bool:
    return any(reverse for _, reverse in graph.nodes(data="reverse"))


def history_of(graph: nx.DiGraph, state: gn.State | None) -> dict | None:
    return None if state is None else {node: state[node] for node in graph}


def close(ours: np.ndarray, theirs: np.ndarray, tolerance: float, what: str, least: float = 1e-4) -> None:
    """Agreement relative to the largest entry, or to ``least`` where all are smaller.

    What comes in is of the order of 1, so that entries far below it are what its rounding leaves where sums cancel,
    as they do over the members of a group.
    """
    assert ours.shape == theirs.shape, what
    largest = np.abs(theirs).max(initial=0)
    error = np.abs(ours - theirs).max(initial=0)
    assert error <= tolerance * max(largest, least), f"{what}: {error} beside {largest}\n{ours}\n{theirs}"


@settings(max_examples=500)
@given(problems())
def test_outputs_and_final_state_agree(problem: tuple) -> None:
    """Catches wrong delays, gates, ties, scales, padding, orders of levels, starts and ends of sequences."""
    graph, net, data, state, _ = problem
    carries = not lives_backwards(graph)
    run = net.run(data.inputs, lengths=data.lengths, state=state, record=list(graph), return_state=carries)
    trace = interpret(graph, data.inputs, lengths=data.lengths, history=history_of(graph, state))
    close(run.outputs, trace.outputs, 1e-12, "outputs")
    for node in graph:
        if graph.nodes[node].get("role") != "input":
            close(run.recorded[node], trace.values[node], 1e-12, f"values of {node!r}")
        if not carries:
            continue
        past = run.state[node]
        close(past, trace.history(node, past.shape[1]), 1e-12, f"final history of {node!r}")


@settings(max_examples=500)
@given(problems())
def test_every_gradient_agrees_with_the_complex_step(problem: tuple) -> None:
    """Catches terms missing from the backward pass, overwritten ties, delays off by one, padding leaking in."""
    graph, net, data, state, rng = problem
    shape = (*data.inputs.shape[:2], net.n_outputs)
    grad_outputs = rng.uniform(-1, 1, shape)
    grad_state = None
    if not lives_backwards(graph):
        grad_state = net.state(shape[0])
        grad_state.history[:] = rng.uniform(-1, 1, grad_state.history.shape)

    def derivative(graph: nx.DiGraph, inputs: np.ndarray, history: dict | None) -> float:
        trace = interpret(graph, inputs, lengths=data.lengths, history=history)
        total = (grad_outputs * trace.outputs).sum()
        for node in graph if grad_state is not None else ():
            total += (grad_state[node] * trace.history(node, grad_state[node].shape[1])).sum()
        return float(total.imag) / STEP

    masked = grad_outputs.copy()
    for sample, length in enumerate(data.lengths if data.lengths is not None else []):
        masked[sample, length:] = np.nan
    ours = net.vjp(data.inputs, masked, lengths=data.lengths, state=state, grad_state=grad_state)
    start = history_of(graph, state)
    rows = net.parameter_table()
    theirs = [derivative(nudge(graph, row.kind, row.key, STEP * 1j, tied=row.tied), data.inputs, start) for row in rows]
    for kind in set(rows.kind):
        some = rows.kind == kind
        close(ours.parameters[some], np.array(theirs)[some], 1e-10, kind)

    inputs = np.zeros(data.inputs.shape)
    for index in np.ndindex(*inputs.shape):
        nudged = data.inputs.astype(complex)
        nudged[index] += STEP * 1j
        if np.isfinite(data.inputs[index]):
            inputs[index] = derivative(graph, nudged, start)
    close(ours.inputs, inputs, 1e-10, "inputs")

    if state is None:
        assert ours.state is None
        return
    for node in graph:
        expected = np.zeros(state[node].shape)
        for index in np.ndindex(*expected.shape):
            nudged = {**start, node: start[node].astype(complex)}
            nudged[node][index] += STEP * 1j
            expected[index] = derivative(graph, data.inputs, nudged)
        close(ours.state[node], expected, 1e-10, f"state of {node!r}")


@settings(max_examples=300)
@given(problems())
def test_what_no_output_depends_on_has_no_gradient_at_all(problem: tuple) -> None:
    """Catches noise in structural zeros, which would wander off under an optimizer that normalises (Adam)."""
    graph, net, data, state, rng = problem
    waits = nx.DiGraph(list(graph.edges()))
    waits.add_nodes_from(graph)
    waits.add_edges_from((gate, v) for _, v, gate in graph.edges(data="gate") if gate is not None)
    groups = dict(graph.nodes(data="group"))
    waits.add_edges_from((u, v) for u in graph for v in graph if groups[u] is not None and groups[u] == groups[v])
    outputs = [node for node, role in graph.nodes(data="role") if role == "output"]
    useful = set(outputs).union(*(nx.ancestors(waits, node) for node in outputs))
    gradient = net.vjp(
        data.inputs,
        rng.uniform(-1, 1, (*data.inputs.shape[:2], net.n_outputs)),
        lengths=data.lengths,
        state=state,
    )
    for row, entry in zip(net.parameter_table(), gradient.parameters, strict=True):
        if not row.tied and (row.key[1] if row.kind == "weight" else row.key) not in useful:
            assert entry == 0, row
    for sample, length in enumerate(data.lengths if data.lengths is not None else []):
        assert not gradient.inputs[sample, length:].any()


@settings(max_examples=300)
@given(problems(), st.integers(0, 2**16))
def test_hessian_is_symmetric(problem: tuple, seed: int) -> None:
    """Catches a backward pass that is not analytic: a conjugate, an absolute value, a branch that drops the step."""
    _, net, data, _, rng = problem
    if not len(net.parameters):
        return
    targets = rng.uniform(-1, 1, (*data.inputs.shape[:2], net.n_outputs))
    u, v = np.random.default_rng(seed).standard_normal((2, len(net.parameters)))
    hu, hv = (net.hvp(data.inputs, targets, w, lengths=data.lengths) for w in (u, v))
    assert abs(u @ hv - v @ hu) <= 1e-9 * max(np.abs(hu).max() * np.abs(v).max(), 1e-12)


@settings(max_examples=300)
@given(problems())
def test_hessian_vector_product_is_the_difference_of_gradients(problem: tuple) -> None:
    """Catches a Hessian that is symmetric and wrong; only where no kink lies between the two points."""
    graph, net, data, _, rng = problem
    if {"relu", "leaky_relu", "hard_tanh", "elu"} & {name for _, name in graph.nodes(data="activation")} or not len(
        net.parameters
    ):
        return
    targets = rng.uniform(-1, 1, (*data.inputs.shape[:2], net.n_outputs))
    v = rng.standard_normal(len(net.parameters))
    start, h = net.parameters, 1e-5
    gradients = []
    for sign in (1, -1):
        net.parameters = start + sign * h * v
        gradients.append(net.value_and_grad(data.inputs, targets, lengths=data.lengths)[1])
    net.parameters = start
    exact = net.hvp(data.inputs, targets, v, lengths=data.lengths)
    difference = (gradients[0] - gradients[1]) / (2 * h)
    size = max(np.abs(gradients[0]).max(), np.abs(exact).max())
    assert np.abs(exact - difference).max() <= 1e-5 * max(size, 1e-3)


@settings(max_examples=300)
@given(problems())
def test_float32_agrees_within_its_rounding(problem: tuple) -> None:
    """Catches an array that is made in another precision than the network's, and sums that lose it."""
    graph, net, data, _, rng = problem
    single = gn.compile(graph, dtype="float32")
    grad_outputs = rng.uniform(-1, 1, (*data.inputs.shape[:2], net.n_outputs))
    ours = single.vjp(data.inputs, grad_outputs, lengths=data.lengths)
    exact = net.vjp(data.inputs, grad_outputs, lengths=data.lengths)
    outputs = single.run(data.inputs, lengths=data.lengths)
    assert outputs.dtype == ours.parameters.dtype == ours.inputs.dtype == np.float32
    close(outputs, net.run(data.inputs, lengths=data.lengths), 1e-3, "outputs", 0.1)
    # a saturated softmax cancels all but the rounding of float32
    close(ours.parameters, exact.parameters, 1e-3, "parameters", 0.1)
