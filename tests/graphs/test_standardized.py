"""A standardized drawing on raw data gives the results of the drawing on standardised data."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given

import graphnet as gn
from graphnet.graphs import standardized
from graphnet.testing import cases


@given(cases(tau=False))
def test_it_computes_what_the_drawing_does_on_standardised_data(case: Any) -> None:
    net = gn.compile(case.graph, seed=1)
    rng = np.random.default_rng(case.seed)
    raw = case.inputs * 7 + 100
    targets = rng.normal(size=(*raw.shape[:2], net.n_outputs)) * 30 - 5
    around = gn.compile(standardized(net.to_graph(), raw, targets, lengths=case.lengths), seed=1)
    lengths = np.full(len(raw), raw.shape[1]) if case.lengths is None else case.lengths
    mask = np.arange(raw.shape[1]) < lengths[:, np.newaxis]
    moments = [(a[mask].mean(axis=0), a[mask].std(axis=0)) for a in (raw, targets)]
    (mean, deviation), (mean_y, deviation_y) = [(m, np.where(d > 0, d, 1)) for m, d in moments]
    inside = net.run((raw - mean) / deviation, lengths=case.lengths)
    expected = np.where(mask[:, :, np.newaxis], inside * deviation_y + mean_y, 0)
    np.testing.assert_allclose(around.run(raw, lengths=case.lengths), expected, rtol=1e-7, atol=1e-6)
    assert len(around.parameters) == len(net.parameters)


def test_names_and_order_of_inputs_and_outputs_stay() -> None:
    graph = gn.graphs.jordan(2, 3, 2)
    around = standardized(graph, np.ones((2, 3, 2)), np.ones((2, 3, 2)))
    for role in ("input", "output"):
        ours, theirs = ([n for n, said in g.nodes(data="role") if said == role] for g in (around, graph))
        assert ours == theirs
    assert around.nodes["standardized", ("output", 1)]["activation"] == "identity"
    assert "standardized" not in str(list(graph))


def test_outputs_stay_as_they_are_for_classes_and_without_targets() -> None:
    graph = gn.graphs.elman(1, 2, 3)
    for targets in (None, np.array([0, 1])):
        assert ("standardized", ("output", 0)) not in standardized(graph, np.ones((2, 3, 1)), targets)


def test_only_what_counts_is_taken_the_mean_of() -> None:
    inputs = np.array([[[1.0], [3.0], [np.nan]]])
    targets = np.array([[[10.0], [1000.0], [np.nan]]])
    around = standardized(
        gn.graphs.elman(1, 1, 1), inputs, targets, lengths=np.array([2]), weights=np.array([[1.0, 0.0, 1.0]])
    )
    assert around.nodes["output", 0]["bias"] == 10.0
    assert around.nodes["standardized", ("input", 0)]["bias"] == -2.0


@pytest.mark.parametrize(
    ("inputs", "targets", "says"),
    [
        (np.ones((2, 3, 4)), None, "the drawing has 1 inputs"),
        (np.ones((2, 3)), None, "the drawing has 1 inputs"),
        (np.ones((2, 3, 1)), np.ones((2, 3, 4)), "the drawing has 2 outputs"),
        ([[["a"]]], None, "inputs are"),
    ],
)
def test_data_that_do_not_fit(inputs: Any, targets: Any, says: str) -> None:
    with pytest.raises(gn.DataError, match=says):
        standardized(gn.graphs.elman(1, 2, 2), inputs, targets)


def test_a_name_that_is_taken() -> None:
    graph = nx.relabel_nodes(gn.graphs.elman(1, 1, 1), {("hidden", 0): ("standardized", ("input", 0))})
    with pytest.raises(gn.GraphError, match="is a node of the graph already"):
        standardized(graph, np.ones((1, 1, 1)))
