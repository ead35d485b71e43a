"""Reservoirs, random topologies, delay lines and continuous-time networks."""

from __future__ import annotations

import numpy as np
import pytest

import graphnet as gn


@pytest.mark.parametrize("n_neurons", [40, 600])
def test_an_echo_state_network_has_its_spectral_radius_and_learns_its_readout_only(n_neurons: int) -> None:
    density = 0.2 if n_neurons < 100 else 0.01
    graph = gn.graphs.echo_state(2, n_neurons, 3, spectral_radius=0.8, density=density, leak=0.5, seed=1)
    net = gn.compile(graph, seed=0)
    hidden = slice(0, n_neurons)
    recurrent = net.matrices()[1].toarray()[hidden, hidden]
    assert np.abs(np.linalg.eigvals(recurrent)).max() == pytest.approx(0.8, rel=1e-6)
    assert {row.key[1][0] for row in net.parameter_table() if row.kind == "weight"} == {"output"}
    assert len(net.parameters) == 3 * (n_neurons + 1)
    assert graph.nodes["hidden", 0]["leak"] == 0.5
    again = gn.graphs.echo_state(2, n_neurons, 3, spectral_radius=0.8, density=density, leak=0.5, seed=1)
    assert list(graph.edges(data=True)) == list(again.edges(data=True))


def test_an_echo_state_network_forgets_where_it_started() -> None:
    net = gn.compile(gn.graphs.echo_state(1, 50, 1, spectral_radius=0.5, seed=0), seed=0)
    inputs = np.random.default_rng(0).uniform(-1, 1, (2, 60, 1))
    inputs[1] = inputs[0]
    state = net.state(2, {("hidden", i): [1.0, -1.0] for i in range(50)})
    outputs = net.run(inputs, state=state)[..., 0]
    assert abs(outputs[0, 0] - outputs[1, 0]) > 1e-2
    assert abs(outputs[0, -1] - outputs[1, -1]) < 1e-8


def test_topologies_are_what_they_are_called() -> None:
    ring = gn.graphs.small_world(1, 30, 1, n_neighbours=4, rewiring=0.0)
    assert set(ring.successors(("hidden", 0))) == {("hidden", i) for i in (1, 2, 28, 29)} | {("output", 0)}
    rewired = gn.graphs.small_world(1, 30, 1, n_neighbours=4, rewiring=1.0, seed=0)
    assert rewired.number_of_edges() == ring.number_of_edges()
    assert set(rewired.edges()) != set(ring.edges())
    free = gn.graphs.scale_free(1, 300, 1, seed=0)
    degrees = sorted((d for node, d in free.in_degree() if node[0] == "hidden"), reverse=True)
    assert degrees[0] > 10 * np.median(degrees)
    random = gn.graphs.random_graph(1, 100, 1, density=0.1, seed=0)
    between = sum(u[0] == v[0] == "hidden" for u, v in random.edges())
    assert between == pytest.approx(990, rel=0.15)
    assert all(u != v for u, v in random.edges())
    for graph in (ring, free, random):
        assert gn.compile(graph, seed=0).run(np.ones((1, 3, 1))).shape == (1, 3, 1)


def test_a_delay_line_holds_exactly_its_taps() -> None:
    net = gn.compile(gn.graphs.delay_line(2, 3, 1), seed=0)
    impulse = np.zeros((1, 8, 2))
    impulse[0, 1, 0] = 1.0
    recorded = net.run(impulse, record=[("tap", 0, k) for k in (1, 2, 3)]).recorded
    for k in (1, 2, 3):
        assert np.flatnonzero(recorded["tap", 0, k][0]).tolist() == [1 + k]
    assert not gn.feedback(gn.graphs.delay_line(2, 3, 1)).components


def test_time_constants_are_spread_and_learnt_where_asked() -> None:
    graph = gn.graphs.continuous_time(1, 5, 1, tau=(2.0, 32.0), train_tau=True, density=0.5, seed=0)
    taus = [tau for _, tau in graph.nodes(data="tau") if tau is not None]
    np.testing.assert_allclose(taus, [2, 4, 8, 16, 32])
    net = gn.compile(graph, dt=0.5, seed=0)
    rows = net.parameter_table()
    assert (rows.kind == "tau").sum() == 5
    assert (net.bounds[rows.kind == "tau"] == [0.5, np.inf]).all()
    with pytest.raises(gn.GraphError, match=r"tau=2.0 is less than dt=3.0"):
        gn.compile(graph, dt=3.0)


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: gn.graphs.echo_state(1, 10, 1, density=1.5), "density=1.5 is not between 0 and 1"),
        (lambda: gn.graphs.echo_state(1, 3, 1, density=0.01, seed=0), "has no cycle: draw it denser"),
        (lambda: gn.graphs.small_world(1, 4, 1, n_neighbours=4), "n_neighbours=4 is not less than n_neurons=4"),
        (lambda: gn.graphs.random_graph(1, 0, 1), "n_neurons=0 is not a whole number >= 1"),
        (lambda: gn.graphs.continuous_time(1, 4, 1, tau=(3, 1)), "0 < shortest <= longest"),
        (lambda: gn.graphs.delay_line(0, 4, 1), "n_inputs=0 is not a whole number >= 1"),
    ],
)
def test_sizes_out_of_range_are_named(draw, message: str) -> None:
    with pytest.raises(gn.GraphError, match=message):
        draw()
