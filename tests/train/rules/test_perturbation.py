"""Noise and dropout: what they draw, what stays, and that gradients are of the network that was drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import graphnet as gn
from graphnet.testing import cases
from graphnet.train.rules.perturbation import Perturbation, Perturbed, with_noise

from ..runs import data, draw, same


@given(cases())
def test_a_network_with_noise_inputs_has_the_same_parameters_and_without_noise_the_same_outputs(case: Any) -> None:
    net = gn.compile(case.graph, seed=1)
    noisy = with_noise(net, 0.3)
    assert same(noisy.parameters, net.parameters)
    ours, theirs = ([(row.kind, row.tied, row.key) for row in each.parameter_table()] for each in (net, noisy))
    assert ours == theirs
    zeros = np.zeros((*case.inputs.shape[:2], noisy.n_inputs - net.n_inputs))
    quiet = noisy.run(np.concatenate([case.inputs, zeros], axis=2), lengths=case.lengths)
    np.testing.assert_allclose(quiet, net.run(case.inputs, lengths=case.lengths), rtol=1e-9, atol=1e-12)


def test_noise_is_added_to_z_of_every_neuron_each_step_and_sample_anew() -> None:
    """Two linear neurons, one of which leaks: their values are sums of the noise."""
    graph = gn.graphs.direct(1, 2, 1)
    for node in (("hidden", 0), ("hidden", 1)):
        graph.nodes[node]["activation"] = "identity"
        graph.edges[node, node]["weight"] = 0.5
    net = gn.compile(graph, seed=0)
    worker, inputs = Perturbed(net, Perturbation(noise=0.25), seed=3).at(9, np.zeros((4, 6, 1)))
    assert inputs.shape == (4, 6, 1 + 3)
    values = worker.run(inputs, record=list(net.to_graph())).recorded
    noises = inputs[:, :, 1:]
    assert abs(np.corrcoef(noises.reshape(-1, 3).T) - np.eye(3)).max() < 0.6
    for column, node in enumerate([("hidden", 0), ("hidden", 1)]):
        expected = np.zeros(4)
        for step in range(6):
            expected = 0.5 * expected + 0.25 * noises[:, step, column]
            np.testing.assert_allclose(values[node][:, step], expected, rtol=1e-12)


def test_draws_depend_on_the_seed_and_the_update_alone() -> None:
    net, x = gn.compile(draw(), seed=0), np.zeros((3, 4, 2))
    how = Perturbation(0.1, 0.5, 0.5)

    def drawn(seed: int, update: int) -> bytes:
        worker, inputs = Perturbed(net, how, seed).at(update, x)
        return inputs.tobytes() + worker.to_table().edge("scale").tobytes()

    assert drawn(1, 2) == drawn(1, 2)
    assert len({drawn(1, 2), drawn(1, 3), drawn(2, 2)}) == 3


@given(st.integers(0, 10**6))
def test_a_neuron_that_is_left_out_reaches_nothing_and_inputs_and_outputs_stay(update: int) -> None:
    graph = draw()
    net = gn.compile(graph, seed=0)
    worker, _ = Perturbed(net, Perturbation(neuron_dropout=0.4), seed=0).at(update, np.zeros((1, 1, 2)))
    left = worker.to_graph()
    factors = {node: set() for node in graph}  # type: ignore[var-annotated]
    for source, target, now in left.edges(data="scale"):
        gate = graph.edges[source, target].get("gate")
        factor = now / graph.edges[source, target].get("scale", 1.0)
        if gate is None:
            factors[source].add(round(factor, 12))
        else:
            assert factor == pytest.approx(next(iter(factors[gate])) if factors[gate] else factor)
    for node, found in factors.items():
        if node[0] == "hidden":
            assert found in ({0.0}, {round(1 / 0.6, 12)})
        else:
            assert found <= {1.0}


def test_synapses_are_left_out_as_often_as_asked_and_the_mean_stays() -> None:
    net = gn.compile(gn.graphs.elman(3, 30, 3), seed=0)
    perturbed = Perturbed(net, Perturbation(dropout=0.25), seed=0)
    scales = np.array([perturbed.at(update, np.zeros((1, 1, 3)))[0].to_table().edge("scale") for update in range(200)])
    assert set(np.unique(scales).tolist()) == {0.0, 1 / 0.75}
    assert np.mean(scales == 0) == pytest.approx(0.25, abs=0.005)
    assert abs(scales.mean(axis=0) - 1).max() < 0.25


def test_what_is_left_out_learns_nothing_and_what_stays_its_exact_gradient() -> None:
    inputs, targets, lengths = data()
    net = gn.compile(draw(), seed=0)
    worker, x = Perturbed(net, Perturbation(0.1, 0.3, 0.3), seed=0).at(0, inputs)
    gn.testing.assert_gradients(worker)
    _, gradient = worker.value_and_grad(x, targets, lengths=lengths)
    scale = worker.to_table().edge("scale")
    rows = list(net.parameter_table())
    gone = [i for i, row in enumerate(rows) if row.kind == "weight" and not row.tied
            and worker.to_graph().edges[row.key]["scale"] == 0]  # fmt: skip
    assert 0 < len(gone) < len(scale)
    assert (gradient[gone] == 0).all()


def test_noise_and_dropout_take_a_network() -> None:
    from ..linear import Linear

    for options in ({"noise": 0.1}, {"dropout": 0.1}, {"neuron_dropout": 0.1}):
        with pytest.raises(gn.DataError, match="noise and dropout: they take a Network"):
            gn.fit(Linear(), np.zeros((2, 2, 2)), np.zeros((2, 2, 1)), **options)


@pytest.mark.parametrize(
    ("options", "says"),
    [({"noise": -1}, "noise: -1"), ({"dropout": 1}, "dropout: 1; must be a number >= 0 and < 1"),
     ({"neuron_dropout": "all"}, "neuron_dropout: 'all'"), ({"noise": True}, "noise: True")],
)  # fmt: skip
def test_settings_that_do_not_fit(options: dict[str, Any], says: str) -> None:
    inputs, targets, _ = data()
    with pytest.raises(gn.DataError, match=says):
        gn.fit(gn.compile(draw()), inputs, targets, **options)


def test_scaled_refuses_what_is_no_factor_a_synapse() -> None:
    net = gn.compile(draw(), seed=0)
    for factors in (np.ones(3), np.full(net.n_edges, np.nan), "a"):
        with pytest.raises(gn.DataError, match="factors are"):
            net.scaled(factors)


@given(cases(), st.floats(-2, 2))
def test_a_scaled_network_is_the_drawing_with_other_scales(case: Any, factor: float) -> None:
    net = gn.compile(case.graph, seed=1)
    factors = np.where(np.arange(net.n_edges) % 2, factor, 1.0)
    scaled = net.scaled(factors)
    again = gn.compile(scaled.to_graph(), seed=1)
    assert same(scaled.parameters, net.parameters)
    ours, theirs = (each.run(case.inputs, lengths=case.lengths) for each in (scaled, again))
    assert same(ours, theirs)
    assert same(
        net.run(case.inputs, lengths=case.lengths),
        gn.compile(case.graph, seed=1).run(case.inputs, lengths=case.lengths),
    )
