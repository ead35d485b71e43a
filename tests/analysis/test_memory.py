"""Memory horizon: of networks whose memory is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import graphnet as gn
from graphnet.analysis import memory_horizon


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_delay_line_knows_its_length_and_no_more(dtype: str) -> None:
    net = gn.compile(gn.graphs.delay_line(1, 7, 1), seed=0, dtype=dtype)
    frame = memory_horizon(net)
    assert list(frame) == ["lag", "r2"]
    assert frame["lag"].tolist() == list(range(501))
    np.testing.assert_allclose(frame["r2"][:8], 1, atol=1e-4 if dtype == "float32" else 1e-8)
    assert frame["r2"][8:].mean() == pytest.approx(1 / 1500, rel=0.3)  # that of chance
    assert frame["r2"][8:].max() < 0.02


def test_several_inputs_have_the_mean_of_their_memories() -> None:
    """One input is known for 3 steps, the other for 3 as well, but half of the taps of one are lost."""
    graph = gn.graphs.delay_line(2, 3, 1)
    graph.remove_nodes_from([("tap", 1, 2), ("tap", 1, 3)])
    frame = memory_horizon(gn.compile(graph, seed=0), n_steps=3000)
    assert frame["r2"][1] == pytest.approx(1, abs=1e-6)
    np.testing.assert_allclose(frame["r2"][2:4], 0.5, atol=0.01)
    assert frame["r2"][4] < 0.01


def test_memory_of_a_leak_by_hand() -> None:
    """y(t) = (1 - a) y(t-1) + a u(t): the squared correlation with u(t - k) is a (2 - a) (1 - a)^(2 k)."""
    graph = gn.graphs.echo_state(1, 1, 1, density=1.0, leak=0.3, seed=0)
    graph.nodes["hidden", 0]["activation"] = "identity"
    graph.edges[("hidden", 0), ("hidden", 0)]["weight"] = 0.0
    frame = memory_horizon(gn.compile(graph, seed=0), n_steps=5_000)
    np.testing.assert_allclose(frame["r2"][:6], 0.3 * 1.7 * 0.7 ** (2 * np.arange(6)), atol=0.06)


def test_capacity_is_at_most_the_number_of_neurons() -> None:
    n = 20
    net = gn.compile(gn.graphs.echo_state(1, n, 1, spectral_radius=0.95, input_scale=0.01, seed=1), seed=0)
    frame = memory_horizon(net, n_steps=5_000)
    capacity = (frame["r2"] - 1 / 1500).sum()
    assert 0.5 * n < capacity <= n + 1  # the output is a neuron too
    assert frame["r2"][0] > 0.99


def test_the_seed_makes_the_inputs_and_data_of_the_fit_are_not_those_measured() -> None:
    net = gn.compile(gn.graphs.elman(1, 30, 1), seed=0)
    first = memory_horizon(net, n_steps=100)
    assert first.equals(memory_horizon(net, n_steps=100, seed=0))
    assert not first.equals(memory_horizon(net, n_steps=100, seed=1))
    assert first["r2"][9:].max() < 0.6  # as many neurons as half of the steps would fit anything that is not held out


def test_more_neurons_than_steps_have_the_same_readout_by_the_smaller_matrix(monkeypatch: pytest.MonkeyPatch) -> None:
    from graphnet.analysis.memory import _Readout

    rng = np.random.default_rng(0)
    values, others, wanted = rng.normal(size=(12, 11)), rng.normal(size=(5, 11)), rng.normal(size=(12, 2))
    x, y = values - values.mean(axis=0), wanted - wanted.mean(axis=0)
    for n in (11, 12):  # one neuron more, which is silent
        wide = np.pad(values[:11], ((0, 0), (0, n - 11))), np.pad(others, ((0, 0), (0, n - 11)))
        found = _Readout(*wide).of(wanted[:11])
        x = values[:11] - values[:11].mean(axis=0)
        y = wanted[:11] - wanted[:11].mean(axis=0)
        penalty = 1e-10 * np.square(x).sum() / n
        weights = np.linalg.solve(x.T @ x + penalty * np.eye(11), x.T @ y)
        np.testing.assert_allclose(found, (others - values[:11].mean(axis=0)) @ weights, rtol=1e-3)


def test_readouts_are_made_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    net = gn.compile(gn.graphs.elman(2, 3, 1), seed=0)
    whole = memory_horizon(net, n_steps=200)
    monkeypatch.setattr("graphnet.analysis.memory.AT_ONCE", 6)
    np.testing.assert_allclose(memory_horizon(net, n_steps=200), whole, rtol=1e-9)


def test_neurons_that_do_not_move_know_nothing() -> None:
    graph = gn.graphs.elman(1, 2, 1)
    for i in range(2):
        graph.edges[("input", 0), ("hidden", i)]["weight"] = 0.0
    frame = memory_horizon(gn.compile(graph, seed=0), n_steps=100)
    assert frame["r2"].tolist() == [0.0] * 11


def test_what_is_not_valid() -> None:
    net = gn.compile(gn.graphs.elman(1, 2, 1), seed=0)

    def refused(says: str, net: Any = net, **given: Any) -> None:
        with pytest.raises(gn.DataError, match=says):
            memory_horizon(net, **given)

    refused("n_steps=29 is not a whole number >= 30", n_steps=29)
    refused("seed=-1 is not a whole number >= 0", seed=-1)
    refused("memory_horizon: net is a DiGraph, not a Network", gn.graphs.elman(1, 2, 1))
    refused(
        "memory_horizon: <graphnet.Network: 0 inputs, .* has no inputs",
        gn.compile(gn.graphs.continuous_time(0, 2, 1), seed=0),
    )
    two_ways = gn.compile(gn.graphs.bidirectional(gn.graphs.elman(1, 2, 1)), seed=0)
    refused("memory_horizon: some neurons live in reversed time, and know inputs that are still to come", two_ways)
    graph = gn.graphs.direct(1, 1, 1)
    graph.nodes["hidden", 0]["activation"] = "identity"
    graph.edges[("hidden", 0), ("hidden", 0)]["weight"] = 1e10
    refused(r"memory_horizon: the value of \('hidden', 0\) is not finite from step 3\d on", gn.compile(graph, seed=0))
