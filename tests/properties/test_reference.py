"""Properties of the reference executor alone: spans, chunks, and complex numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import graphnet as gn
from graphnet.execute import engine
from graphnet.execute.reference import run as reference
from graphnet.testing.property_cases import Case, assert_close, assert_same_state, cases, lives_backwards, random_state


def start_of(case: Case, net: gn.Network) -> gn.State | None:
    return None if lives_backwards(case.graph) else random_state(net, len(case.inputs), case.rng)


@given(cases(), st.integers(1, 3), st.integers(1, 3))
def test_chunks_of_any_length_change_no_bit(case: Case, span: int, spans: int) -> None:
    """Catches chunks that lose a sample's end or a long delay, and sums that depend on where a sequence is cut."""
    net = gn.compile(case.graph)
    carries, everything = not lives_backwards(case.graph), list(case.graph)
    given = {"lengths": case.lengths, "state": start_of(case, net), "record": everything, "return_state": carries}
    whole = net.run(case.inputs, **given)
    step = net.n_nodes * len(case.inputs) * 8
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reference, "SPAN_BYTES", span * step)
        patch.setattr(engine, "CHUNK_BYTES", span * spans * step)
        pieces = net.run(case.inputs, **given)
    assert np.array_equal(pieces.outputs, whole.outputs)
    assert all(np.array_equal(pieces.recorded[node], whole.recorded[node]) for node in everything)
    if carries:
        assert_same_state(pieces.state, whole.state)


@given(cases(), st.integers(1, 4))
def test_gradients_do_not_depend_on_the_span(case: Case, span: int) -> None:
    """Catches a weight gradient that forgets a span, or counts one twice."""
    net = gn.compile(case.graph)
    state, grad_outputs = start_of(case, net), case.rng.uniform(-1, 1, (*case.inputs.shape[:2], net.n_outputs))
    whole = net.vjp(case.inputs, grad_outputs, lengths=case.lengths, state=state)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reference, "SPAN_BYTES", span * net.n_nodes * len(case.inputs) * 8)
        pieces = net.vjp(case.inputs, grad_outputs, lengths=case.lengths, state=state)
    assert_close(pieces.parameters, whole.parameters, 1e-12, "parameters")
    assert_close(pieces.inputs, whole.inputs, 1e-12, "inputs")


@given(cases(reverse=True))
def test_a_network_that_lives_backwards_refuses_to_stream(case: Case) -> None:
    """Catches a state of half a sequence that reverse neurons have not seen the end of."""
    if lives_backwards(case.graph):
        with pytest.raises(gn.DataError, match="cannot see the future"):
            gn.compile(case.graph).simulator()


@given(cases())
def test_hessian_is_symmetric(case: Case) -> None:
    """Catches a backward pass that is not analytic: a conjugate, an absolute value, a branch that drops the step."""
    net, rng = gn.compile(case.graph), case.rng
    if not len(net.parameters):
        return
    targets = rng.uniform(-1, 1, (*case.inputs.shape[:2], net.n_outputs))
    u, v = rng.standard_normal((2, len(net.parameters)))
    hu, hv = (net.hvp(case.inputs, targets, w, lengths=case.lengths) for w in (u, v))
    assert abs(u @ hv - v @ hu) <= 1e-9 * max(np.abs(hu).max() * np.abs(v).max(), 1e-12)


@given(cases(kinks=False))
def test_hessian_vector_product_is_the_difference_of_gradients(case: Case) -> None:
    """Catches a Hessian that is symmetric and wrong."""
    net, rng = gn.compile(case.graph), case.rng
    if not len(net.parameters):
        return
    targets = rng.uniform(-1, 1, (*case.inputs.shape[:2], net.n_outputs))
    v = rng.standard_normal(len(net.parameters))
    start, h = net.parameters, 1e-5
    gradients = []
    for sign in (1, -1):
        net.parameters = start + sign * h * v
        gradients.append(net.value_and_grad(case.inputs, targets, lengths=case.lengths)[1])
    net.parameters = start
    exact = net.hvp(case.inputs, targets, v, lengths=case.lengths)
    difference = (gradients[0] - gradients[1]) / (2 * h)
    size = max(np.abs(gradients[0]).max(), np.abs(exact).max())
    assert np.abs(exact - difference).max() <= 1e-5 * max(size, 1e-3)
