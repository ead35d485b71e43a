"""Recordings of one sequence are what a run of the whole batch records."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings

import graphnet as gn
from graphnet.analysis.recording import check_network, record_sample
from graphnet.testing import Case, cases

from ..profiles import scaled


@given(cases())
@settings(max_examples=scaled(60))
def test_a_recording_is_what_the_batch_records(case: Case) -> None:
    net = gn.compile(case.graph, seed=0)
    names = list(case.graph)
    batch = net.run(case.inputs, lengths=case.lengths, record=names).recorded
    n_samples, n_steps = case.inputs.shape[:2]
    lengths = [n_steps] * n_samples if case.lengths is None else list(case.lengths)
    for sample in range(n_samples):
        found = record_sample(net, case.inputs, np.arange(len(names)), sample=sample, lengths=case.lengths)
        assert (found.n_steps, found.n_padded) == (lengths[sample], n_steps)
        assert found.ends_early == (lengths[sample] < n_steps)
        np.testing.assert_allclose(
            found.values, [batch[name][sample, : found.n_steps] for name in names], rtol=1e-9, atol=1e-12
        )
        np.testing.assert_array_equal(found.inputs, case.inputs[sample, : found.n_steps])


def test_what_does_not_fit_is_named() -> None:
    net = gn.compile(gn.graphs.direct(2, 1, 1), seed=0)
    nodes = np.arange(1)
    with pytest.raises(gn.DataError, match=r"sample is 3: the data have samples 0 to 2"):
        record_sample(net, np.zeros((3, 4, 2)), nodes, sample=3)
    with pytest.raises(gn.DataError, match=r"sample=-1 is not a whole number >= 0"):
        record_sample(net, np.zeros((3, 4, 2)), nodes, sample=-1)
    with pytest.raises(gn.DataError, match=r"inputs have shape \(3, 4\), not \(n_samples, n_steps, 2\)"):
        record_sample(net, np.zeros((3, 4)), nodes)
    with pytest.raises(gn.DataError, match=r"lengths\[1\] is 5: a length is 1 to 4"):
        record_sample(net, np.zeros((3, 4, 2)), nodes, lengths=[1, 5, 4])
    with pytest.raises(gn.DataError, match=r"sample 2, step 1, column 0: nan is not a finite number"):
        record_sample(net, np.where(np.arange(24).reshape(3, 4, 2) == 18, np.nan, 0), nodes)


def test_a_drawing_is_to_be_compiled() -> None:
    with pytest.raises(
        gn.DataError, match=r"^gates: net is a DiGraph, not a Network: gn\.compile\(graph\) makes one of a drawing$"
    ):
        check_network(nx.DiGraph(), "gates")
    with pytest.raises(gn.DataError, match=r"^matrix: net is a str, not a Network$"):
        check_network("net.safetensors", "matrix")
