"""A sequence in one piece is the same sequence in any pieces."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import graphnet as gn
from graphnet import engine
from graphnet.execute import reference
from graphnet.testing.strategies import neuron_graphs, sequences
from tests.properties.test_against_interpreter import close, lives_backwards, problems


def same_state(one: gn.State, other: gn.State) -> bool:
    return np.array_equal(one.history, other.history) and np.array_equal(one.steps, other.steps)


@settings(max_examples=300)
@given(problems())
def test_cutting_at_every_step_changes_no_bit(problem: tuple) -> None:
    """Catches delays that reach across a cut wrongly, and a start that is taken anew."""
    graph, net, data, state, _ = problem
    if lives_backwards(graph):
        return
    whole = net.run(data.inputs, lengths=data.lengths, state=state, return_state=True)
    n_samples, n_steps, _ = data.inputs.shape
    lengths = np.full(n_samples, n_steps) if data.lengths is None else data.lengths
    for cut in range(1, int(lengths.min())):
        first = net.run(data.inputs[:, :cut], state=state, return_state=True)
        second = net.run(data.inputs[:, cut:], lengths=lengths - cut, state=first.state, return_state=True)
        assert np.array_equal(np.concatenate([first.outputs, second.outputs], axis=1), whole.outputs)
        assert same_state(second.state, whole.state)


@settings(max_examples=300)
@given(problems())
def test_streaming_changes_no_bit(problem: tuple) -> None:
    """Catches a simulator that is not the network."""
    graph, net, data, state, _ = problem
    if lives_backwards(graph):
        with pytest.raises(gn.DataError, match="cannot see the future"):
            net.simulator()
        return
    n_samples, n_steps, _ = data.inputs.shape
    steps = n_steps if data.lengths is None else int(np.min(data.lengths))
    simulator = net.simulator(n_samples, state=state)
    outputs = net.run(data.inputs[:, :steps], state=state)
    for step in range(steps):
        assert np.array_equal(simulator.step(data.inputs[:, step]), outputs[:, step])


@settings(max_examples=300)
@given(problems(), st.integers(1, 3), st.integers(1, 3))
def test_chunks_of_any_length_change_no_bit(problem: tuple, span: int, spans: int) -> None:
    """Catches chunks that lose a sample's end or a long delay, and sums that depend on where a sequence is cut."""
    graph, net, data, state, _ = problem
    carries = not lives_backwards(graph)
    whole = net.run(data.inputs, lengths=data.lengths, state=state, record=list(graph), return_state=carries)
    step = net.n_nodes * len(data.inputs) * 8
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reference, "SPAN_BYTES", span * step)
        patch.setattr(engine, "CHUNK_BYTES", span * spans * step)
        pieces = net.run(data.inputs, lengths=data.lengths, state=state, record=list(graph), return_state=carries)
    assert np.array_equal(pieces.outputs, whole.outputs)
    assert all(np.array_equal(pieces.recorded[node], whole.recorded[node]) for node in graph)
    assert not carries or same_state(pieces.state, whole.state)


@settings(max_examples=300)
@given(problems(), st.integers(1, 4))
def test_gradients_do_not_depend_on_the_span(problem: tuple, span: int) -> None:
    """Catches a weight gradient that forgets a span, or counts one twice."""
    _, net, data, state, rng = problem
    grad_outputs = rng.uniform(-1, 1, (*data.inputs.shape[:2], net.n_outputs))
    whole = net.vjp(data.inputs, grad_outputs, lengths=data.lengths, state=state)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reference, "SPAN_BYTES", span * net.n_nodes * len(data.inputs) * 8)
        pieces = net.vjp(data.inputs, grad_outputs, lengths=data.lengths, state=state)
    close(pieces.parameters, whole.parameters, 1e-12, "parameters")
    close(pieces.inputs, whole.inputs, 1e-12, "inputs")


@settings(max_examples=300)
@given(problems())
def test_gradients_chain_through_a_carried_state(problem: tuple) -> None:
    """Catches state gradients that are dropped or belong to another step."""
    graph, net, data, _, rng = problem
    n_samples, n_steps, _ = data.inputs.shape
    if n_steps < 2 or lives_backwards(graph):
        return
    inputs = np.nan_to_num(data.inputs)
    start = net.state(n_samples)
    start.history[:] = rng.uniform(-1, 1, start.history.shape)
    grad_outputs = rng.uniform(-1, 1, (n_samples, n_steps, net.n_outputs))
    whole = net.vjp(inputs, grad_outputs, state=start)
    cut = n_steps // 2
    middle = net.run(inputs[:, :cut], state=start, return_state=True).state
    second = net.vjp(inputs[:, cut:], grad_outputs[:, cut:], state=middle)
    first = net.vjp(inputs[:, :cut], grad_outputs[:, :cut], state=start, grad_state=second.state)
    close(first.parameters + second.parameters, whole.parameters, 1e-12, "parameters")
    close(np.concatenate([first.inputs, second.inputs], axis=1), whole.inputs, 1e-12, "inputs")
    close(first.state.history, whole.state.history, 1e-12, "state")


@settings(max_examples=300)
@given(st.data())
def test_a_sample_alone_is_the_sample_in_its_batch(data: st.DataObject) -> None:
    """Catches padding that leaks, and samples that come back in another order."""
    graph = data.draw(neuron_graphs())
    batch = data.draw(sequences(graph))
    net = gn.compile(graph)
    lengths = batch.lengths if batch.lengths is not None else [batch.inputs.shape[1]] * len(batch.inputs)
    carries = not lives_backwards(graph)
    together = net.run(batch.inputs, lengths=lengths, return_state=carries)
    if not carries:
        for sample, length in enumerate(lengths):
            alone = net.run(batch.inputs[[sample], :length])
            close(together[sample, :length], alone[0], 1e-12, "outputs")
            assert not together[sample, length:].any()
        return
    for sample, length in enumerate(lengths):
        alone = net.run(batch.inputs[[sample], :length], return_state=True)
        assert np.array_equal(together.outputs[sample, :length], alone.outputs[0])
        assert not together.outputs[sample, length:].any()
        assert same_state(together.state.take(np.array([sample])), alone.state)
