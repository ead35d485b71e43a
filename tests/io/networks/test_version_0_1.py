"""Files of version 0.1 keep their numbers and their meaning: see tests/data/version_0_1/README.md."""

from __future__ import annotations

import shutil
from pathlib import Path

import networkx as nx
import numpy as np
import pytest

import graphnet as gn
from tests.io.files import take_apart

DATA = Path(__file__).parents[2] / "data" / "version_0_1"
EXPECTED = dict(np.load(DATA / "expected.npz"))


@pytest.fixture
def old():
    return gn.load(DATA / "network.safetensors", backend="reference")


@pytest.fixture
def run(tmp_path):
    """A copy of the run folder."""
    return Path(shutil.copytree(DATA / "run", tmp_path / "run"))


def assert_expected(net: gn.Network, tolerance: float = 0.0) -> None:
    """What version 0.1 computed; a weight whose scale is 0 has no effect, and its bound is gone."""
    data = {name: EXPECTED[name] for name in ("x", "y", "lengths")}
    assert np.array_equal(net.parameters, EXPECTED["parameters"])
    without_effect = [row.kind == "weight" and row.key[:2] == ("a", "d") for row in net.parameter_table()]
    assert sum(without_effect) == 1
    bounds = np.where(np.array(without_effect)[:, None], [-np.inf, np.inf], EXPECTED["bounds"])
    assert np.array_equal(net.bounds, bounds)
    outputs = net.run(data["x"], lengths=data["lengths"])
    loss, gradient = net.value_and_grad(data["x"], data["y"], lengths=data["lengths"])
    np.testing.assert_allclose(outputs, EXPECTED["outputs"], rtol=0, atol=1e-13)
    np.testing.assert_allclose(gradient, EXPECTED["gradient"], rtol=0, atol=1e-13)
    assert loss == pytest.approx(float(EXPECTED["loss"]), rel=1e-13)


@pytest.mark.parametrize("backend", ["reference", "fast"])
def test_a_network_loads_with_its_numbers(backend: str) -> None:
    assert_expected(gn.load(DATA / "network.safetensors", backend=backend))


def test_its_drawing_compiles_again(old: gn.Network) -> None:
    again = gn.compile(old.to_graph(), dt=old.dt, backend="reference")
    assert again.parameters.tobytes() == old.parameters.tobytes()
    assert_expected(again)


def test_signs_are_those_of_its_synapses_times_the_signs_of_their_scales(old: gn.Network) -> None:
    graph = old.to_graph()
    assert not any("sign" in said for _, said in graph.nodes(data=True))
    signs = {key: graph.edges[key]["sign"] for key in graph.edges}
    # the bound of w, times the sign of the scale
    assert signs["a", "b", 0] == -1
    assert signs["a", "c", 0] == signs["a", "a", 0] == 1
    assert signs["a", "d", 0] == 0
    assert signs["b", "a", 0] == 1
    assert (signs["c", "a", 0], signs["a", "c", "gap"]) == (1, -1)
    assert signs["c", "b", 0] == 1
    assert signs["e", "h", 0] == -1
    assert signs["h", "o", 0] == signs["c", "o", 0] == signs["r", "o", 0] == 0
    assert graph.graph["name"] == "written by version 0.1"
    assert graph.edges["d", "e", 0]["custom"] == "kept"


def test_it_is_written_anew_in_format_2(old: gn.Network, tmp_path: Path) -> None:
    gn.save(old, tmp_path / "net")
    assert take_apart(DATA / "network.safetensors")[2]["graphnet"] == "1"
    assert take_apart(tmp_path / "net")[2]["graphnet"] == "2"
    again = gn.load(tmp_path / "net", backend="reference")
    assert_expected(again)
    assert list(again.parameter_table()) == list(old.parameter_table())
    assert nx.utils.graphs_equal(again.to_graph(), old.to_graph())
    gn.save(again, tmp_path / "twice")
    assert (tmp_path / "twice").read_bytes() == (tmp_path / "net").read_bytes()


def test_a_run_loads_and_evaluates(run: Path) -> None:
    net = gn.open_run(run).network(backend="reference")
    assert np.array_equal(net.parameters, EXPECTED["after_2"])
    outputs = net.run(EXPECTED["x"], lengths=EXPECTED["lengths"])
    assert np.isfinite(outputs).all()


def test_a_run_resumes_to_the_same_bits(run: Path) -> None:
    net, _ = gn.resume(run, EXPECTED["x"], EXPECTED["y"], lengths=EXPECTED["lengths"], epochs=4, backend="reference")
    assert net.parameters.tobytes() == EXPECTED["after_4"].tobytes()
    assert take_apart(run / "network.safetensors")[2]["graphnet"] == "2"
    assert np.array_equal(gn.open_run(run).network().parameters, EXPECTED["after_4"])
