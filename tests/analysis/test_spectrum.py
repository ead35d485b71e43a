"""Spectra: beside determinants, dense matrices of all past values, and how a linear network grows."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import graphnet as gn
from graphnet.analysis import Spectrum, spectrum

from ..profiles import scaled

MODULE = import_module("graphnet.analysis.spectrum")  # the package has the function of this name


def drawn(edges: dict[tuple[Any, Any], dict[str, Any]], **of_nodes: Any) -> gn.Network:
    """A network of neurons 0, 1, ... with an input that feeds none of the cycles."""
    graph = nx.DiGraph([(*edge, said) for edge, said in edges.items()])
    graph.add_nodes_from(list(graph), **of_nodes)
    graph.add_node("in", role="input")
    graph.add_edge("in", 0, weight=1.0)
    graph.add_node("out", role="output")
    graph.add_edge(0, "out", weight=3.0)
    return gn.compile(graph, seed=0)


def test_eigenvalues_of_an_elman_network_are_those_of_its_matrix() -> None:
    net = gn.compile(gn.graphs.elman(2, 40, 1), seed=0)
    matrix = net.matrices()[1].toarray()[2:42, 2:42]
    found = spectrum(net)
    assert (len(found.eigenvalues), found.n_values, found.n_gated) == (40, 40, 0)
    np.testing.assert_allclose(np.sort_complex(found.eigenvalues), np.sort_complex(np.linalg.eigvals(matrix)))
    assert (np.diff(np.abs(found.eigenvalues)) <= 1e-12).all()
    assert found.radius == np.abs(found.eigenvalues[0])


def test_the_radius_is_that_which_an_initializer_and_a_drawing_ask_for() -> None:
    asked = {"name": "spectral_radius", "radius": 0.7}
    assert spectrum(gn.compile(gn.graphs.elman(1, 9, 1), seed=0, initializer=asked)).radius == pytest.approx(0.7)
    echo = gn.graphs.echo_state(1, 30, 1, spectral_radius=0.8, leak=0.3, seed=0)
    assert spectrum(gn.compile(echo)).radius == pytest.approx(0.8)  # leaks are no part of the matrix


def test_a_loop_of_a_long_delay_has_the_roots_of_its_weight() -> None:
    found = spectrum(drawn({(0, 0): {"weight": 0.5, "scale": 2.0 * 0.125, "delay": 3}}))
    np.testing.assert_allclose(found.eigenvalues**3, 0.125)
    assert repr(found) == "<graphnet.Spectrum: radius 0.5, 3 of 3 eigenvalues>"
    # largest real part first, then largest imaginary part
    assert [round(np.angle(each) / np.pi * 3) for each in found.eigenvalues] == [0, 2, -2]


def test_synapses_without_delay_are_part_of_a_cycle() -> None:
    """0 -> 1 takes no time, 1 -> 0 two steps: their product is gained in two steps."""
    found = spectrum(drawn({(0, 1): {"weight": 4.0, "delay": 0}, (1, 0): {"weight": 0.5, "delay": 2}}))
    np.testing.assert_allclose(found.eigenvalues, [np.sqrt(2), -np.sqrt(2)], atol=1e-12)
    assert found.n_values == 2


def test_a_network_without_recurrence_has_none() -> None:
    found = spectrum(gn.compile(gn.graphs.feedforward(1, 3, 1), seed=0))
    assert (found.radius, len(found.eigenvalues)) == (0.0, 0)
    assert repr(found) == "<graphnet.Spectrum: radius 0, 0 of 0 eigenvalues>"


def test_gated_synapses_are_left_out_and_counted() -> None:
    net = gn.compile(gn.graphs.lstm(1, 2, 1), seed=0)
    found = spectrum(net)
    assert found.n_gated == len(net.matrices().gated) > 0
    assert f"{found.n_gated} gated synapses left out" in repr(found)


def test_neurons_that_feed_only_themselves_and_parallel_synapses() -> None:
    graph = nx.MultiDiGraph(gn.graphs.direct(1, 3, 1))
    for i, weight in enumerate([0.5, -0.9, 0.0]):
        graph.edges[("hidden", i), ("hidden", i), 0]["weight"] = weight
    graph.add_edge(("hidden", 0), ("hidden", 0), weight=0.25)
    found = spectrum(gn.compile(graph, seed=0)).eigenvalues
    assert found.tolist() == [-0.9, 0.75, 0.0]
    graph.add_edge(("hidden", 1), ("hidden", 1), weight=0.19, delay=2)  # mu^2 = -0.9 mu + 0.19
    np.testing.assert_allclose(spectrum(gn.compile(graph, seed=0)).eigenvalues, [-1.075, 0.75, 0.17, 0.0], atol=0.01)


@st.composite
def recurrent(draw: st.DrawFn) -> gn.Network:
    """Up to four linear neurons; synapses without delay go from lower to higher numbers."""
    n = draw(st.integers(1, 4))
    pairs = draw(
        st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), min_size=1, max_size=10, unique=True)
    )
    edges = {}
    for source, target in pairs:
        delay = draw(st.integers(0 if source < target else 1, 3))
        edges[source, target] = {"weight": draw(st.sampled_from([-1.5, -0.5, 0.25, 1.0])), "delay": delay}
    return drawn({(0, 0): {"weight": 0.125, "delay": 1}, **edges}, activation="identity", bias=0.0)


@given(recurrent())
@settings(max_examples=scaled(100))
def test_eigenvalues_are_where_the_determinant_is_zero(net: gn.Network) -> None:
    matrices = {delay: matrix.toarray() for delay, matrix in net.matrices().items()}
    for each in spectrum(net).eigenvalues:
        if abs(each) > 0.05:
            value = np.eye(net.n_nodes) - sum(matrix * each ** -float(delay) for delay, matrix in matrices.items())
            size = np.linalg.norm(value, 2)
            assert np.linalg.svd(value, compute_uv=False)[-1] <= 1e-4 * size  # double eigenvalues lose half the digits


@given(recurrent())
@settings(max_examples=scaled(100))
def test_they_are_those_of_the_map_that_the_network_is(net: gn.Network) -> None:
    """The matrix of one step of a linear network, column by column; what is beyond cycles adds zeros."""
    start = net.state(1)
    n = len(start.history)
    inputs, columns = np.zeros((1, 1, 1)), []
    for i in range(n):
        state = net.state(1)
        state.history[:] = 0
        state.history[i] = 1
        columns.append(net.run(inputs, state=state, return_state=True).state.history[:, 0])
    whole = np.linalg.eigvals(np.stack(columns, axis=1)) if n else np.zeros(0)
    found = spectrum(net).eigenvalues
    assert len(found) <= n
    padded = np.concatenate([found, np.zeros(n - len(found))])
    for power in (1, 2, 3, 4):  # sums of powers tell sets of eigenvalues apart without pairing them
        np.testing.assert_allclose((padded**power).sum(), (whole**power).sum(), atol=1e-8)
    assert np.abs(whole).max(initial=0) == pytest.approx(np.abs(found).max(initial=0), abs=1e-3)


@pytest.mark.parametrize("instant", [False, True])
def test_of_a_large_component_only_the_largest(instant: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    n = 150
    graph = nx.gnp_random_graph(n, 0.1, seed=0, directed=True)
    graph.add_edges_from((i, (i + 1) % n) for i in range(n))
    delays = {(i, j): int(i >= j or not instant) + (i % 7 == 0) for i, j in graph.edges}
    edges = {edge: {"weight": rng.normal(0, 0.3), "delay": delays[edge]} for edge in graph.edges}
    net = drawn(edges)
    whole = spectrum(net)
    monkeypatch.setattr(MODULE, "LARGEST_DENSE", 100)
    largest = spectrum(net)
    assert len(largest.eigenvalues) == 10
    assert largest.n_values == whole.n_values == len(whole.eigenvalues)
    assert largest.radius == pytest.approx(whole.radius, rel=1e-7)
    np.testing.assert_allclose(np.abs(largest.eigenvalues), np.abs(whole.eigenvalues[:10]), rtol=1e-6)
    assert np.array_equal(spectrum(net).eigenvalues, largest.eigenvalues)
    assert f"10 of {whole.n_values} eigenvalues" in repr(largest)


def test_eigenvalues_that_do_not_settle(monkeypatch: pytest.MonkeyPatch) -> None:
    """A ring: all its eigenvalues have the same absolute value."""
    monkeypatch.setattr(MODULE, "LARGEST_DENSE", 100)
    monkeypatch.setattr(MODULE, "MOST_RESTARTS", 2)
    ring = {(i, (i + 1) % 400): {"weight": 1.0} for i in range(400)}
    with pytest.raises(gn.DataError, match="spectrum: of 10 eigenvalues of a component with 400 past values only"):
        spectrum(drawn(ring))


def test_what_is_no_network() -> None:
    with pytest.raises(gn.DataError, match="spectrum: net is a DiGraph, not a Network"):
        spectrum(gn.graphs.elman(1, 2, 1))  # type: ignore[arg-type]
    assert isinstance(spectrum(gn.compile(gn.graphs.elman(1, 2, 1), seed=0)), Spectrum)
