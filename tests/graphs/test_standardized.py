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


@given(cases())
def test_a_table_gives_what_its_networkx_graph_gives(case: Any) -> None:
    graph, rng = case.graph, np.random.default_rng(case.seed)
    n_outputs = sum(role == "output" for _, role in graph.nodes(data="role"))
    raw, targets = np.nan_to_num(case.inputs), rng.normal(size=(*case.inputs.shape[:2], n_outputs))
    for wanted in (None, targets):
        expected = gn.GraphTable.from_networkx(standardized(graph, raw, wanted)).to_networkx()
        found = standardized(gn.GraphTable.from_networkx(graph), raw, wanted).to_networkx()
        assert list(found) == list(expected)
        assert nx.utils.graphs_equal(found, expected)


def test_a_table_of_many_synapses_stays_one(monkeypatch: pytest.MonkeyPatch) -> None:
    table = gn.graphs.from_matrix(np.eye(3), w_in=np.ones((3, 2)), w_out=np.ones((1, 3)), kind=["a", "b", "c"])
    monkeypatch.setattr(gn.GraphTable, "to_networkx", lambda self: pytest.fail("a networkx graph is made"))
    net = gn.compile(standardized(table, np.ones((2, 3, 2)), np.ones((2, 3, 1))))
    assert (net.n_nodes, net.n_edges) == (9, 15)


def test_a_value_that_an_attribute_does_not_take() -> None:
    graph = gn.graphs.elman(1, 1, 1)
    graph.nodes["hidden", 0]["layer"] = "first"
    with pytest.raises(gn.GraphError, match=r"node \('hidden', 0\): layer='first' is not a finite number"):
        standardized(gn.GraphTable.from_networkx(graph), np.ones((1, 1, 1)))


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


@pytest.mark.parametrize("dtype", ["u1", "i1", "f2", "?", "f4", "q"])
def test_moments_are_those_of_double_precision(dtype: str) -> None:
    """Sums of uint8 or float16 would overflow, and deviations from a mean be negative."""
    values = np.random.default_rng(0).integers(0, 2 if dtype == "?" else 120, (50, 40, 1)).astype(dtype)
    ours, exact = (standardized(gn.graphs.elman(1, 2, 1), x) for x in (values, values.astype(float)))
    assert ours.nodes["standardized", ("input", 0)] == exact.nodes["standardized", ("input", 0)]


@pytest.mark.parametrize("constant", [0.1, -0.3, 1e8 + 0.1, 1e-300, 0.0])
def test_a_constant_column_has_no_deviation_by_rounding(constant: float) -> None:
    """The mean of 0.1 many times is not 0.1; divided by that deviation, inputs of 0.2 would become 7e15."""
    data = np.full((3, 7, 1), constant)
    around = standardized(gn.graphs.elman(1, 2, 1), data, data)
    assert around.nodes["standardized", ("input", 0)]["bias"] == -constant
    assert around.edges[("input", 0), ("standardized", ("input", 0))]["weight"] == 1.0
    assert around.nodes["output", 0]["bias"] == constant


@pytest.mark.parametrize("bad", [np.nan, np.inf, -1.7e308])
def test_moments_that_are_not_finite_are_refused(bad: float) -> None:
    data = np.array([[[bad], [1.0], [1.7e308 if np.isfinite(bad) else 0.0]]])
    with pytest.raises(gn.DataError, match="standardized: inputs are not finite, or too large"):
        standardized(gn.graphs.elman(1, 2, 1), data)
    with pytest.raises(gn.DataError, match="standardized: targets are not finite, or too large"):
        standardized(gn.graphs.elman(1, 2, 1), np.ones((1, 3, 1)), data)


def test_weights_of_steps_weigh_targets_of_samples_by_their_last_step() -> None:
    inputs, targets = np.ones((2, 3, 1)), np.array([[10.0], [1000.0]])
    weights = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 1.0]])
    around = standardized(gn.graphs.elman(1, 1, 1), inputs, targets, lengths=[2, 2], weights=weights)
    assert around.nodes["output", 0]["bias"] == 10.0
