"""Files of version 0.1 keep their numbers and their meaning: see tests/data/version_0_1/README.md."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings

import graphnet as gn
from graphnet.testing.strategies import neuron_graphs
from tests.io.files import put_together, take_apart
from tests.profiles import scaled

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
    """Assert the results of version 0.1; a weight whose scale is 0 has no effect, and its bound is gone."""
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


def test_custom_attributes_with_a_name_of_the_other_side_get_an_underscore(tmp_path: Path) -> None:
    tensors, document, metadata = take_apart(DATA / "network.safetensors")
    (custom,) = [column for column in document["edge_columns"] if column["name"] == "custom"]
    custom["name"] = "bias"
    document["node_columns"] += [
        {"name": name, "values": ["soma"] * int(metadata["nodes"])} for name in ("delay", "scale", "delay_")
    ]
    put_together(tmp_path / "net", tensors, document, metadata)
    net = gn.load(tmp_path / "net", backend="reference")
    assert_expected(net)
    graph = net.to_graph()
    assert graph.edges["d", "e", 0]["bias_"] == "kept"
    assert all({"delay__", "delay_", "scale_"} <= said.keys() for _, said in graph.nodes(data=True))


# --- drawings of that version ----------------------------------------------------------------------------------------


def loaded_as_format_1(graph: nx.DiGraph, path: Path) -> gn.Network:
    """Write a drawing without signs, then put the signs into the file, as of format 1, and read it."""
    plain = graph.copy()
    for _, said in (*plain.nodes(data=True), *((edge, plain.edges[edge]) for edge in plain.edges)):
        said.pop("sign", None)
    gn.save(gn.compile(plain, seed=0), path)
    tensors, document, metadata = take_apart(path)
    document["node_columns"].append({"name": "sign", "tensor": "node.sign"})
    document["edge_columns"].append({"name": "sign", "tensor": "edge.sign"})
    tensors["node.sign"] = np.array([said.get("sign", 0) for _, said in graph.nodes(data=True)])
    tensors["edge.sign"] = np.array([said.get("sign", 0) for *_, said in graph.edges(data=True)], np.int64)
    put_together(path, tensors, document, {**metadata, "graphnet": "1"})
    return gn.load(path, backend="reference")


@settings(max_examples=scaled(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(neuron_graphs(declared=False))
def test_bounds_of_any_drawing_are_those_that_each_w_had(tmp_path: Path, graph: nx.DiGraph) -> None:
    """Its own sign, else that of its source, else that of its tie; parameters beyond them load."""
    asked: dict[Any, set[int]] = {}
    for edge in graph.edges:
        said = graph.edges[edge]
        sign = said.get("sign", 0) or graph.nodes[edge[0]].get("sign", 0)
        asked.setdefault(("tie", said["tie"]) if "tie" in said else edge, set()).add(sign)
    assume(all(not {1, -1} <= signs for signs in asked.values()))
    # version 0.1 had no drawings whose fixed weights were against their signs
    nx.set_edge_attributes(graph, True, "trainable")
    net = loaded_as_format_1(graph, tmp_path / "net")
    has_effect: dict[Any, bool] = {}
    for edge in graph.edges:
        said = graph.edges[edge]
        name = ("tie", said["tie"]) if "tie" in said else edge
        has_effect[name] = has_effect.get(name, False) or said.get("scale", 1.0) != 0
    for row, found in zip(net.parameter_table(), net.bounds.tolist(), strict=True):
        if row.kind == "weight":
            name = ("tie", row.key) if row.tied else row.key
            sign = sum(asked[name]) if has_effect[name] else 0
            assert found == [0.0 if sign > 0 else -np.inf, 0.0 if sign < 0 else np.inf], name
    plain = gn.compile(net.to_table().without_columns({"sign"}, {"sign"}))
    assert np.array_equal(net.parameters, plain.parameters)


def tied_with_leaks(*leaks: float | None) -> nx.DiGraph:
    graph = nx.DiGraph()
    graph.add_node("x", role="input")
    for i, leak in enumerate(leaks):
        graph.add_node(i, role="output", **({} if leak is None else {"leak": leak}))
        graph.add_edge("x", i, weight=1.0)
    return graph


def loaded_with_ties(graph: nx.DiGraph, path: Path) -> gn.Network:
    """Write a drawing without ties, then tie all neurons in the file, as of format 1, and read it."""
    gn.save(gn.compile(graph), path)
    tensors, document, metadata = take_apart(path)
    document["node_columns"].append(
        {"name": "tie", "tensor": "node.tie", "declared": "node.tie.declared", "names": ["t"]}
    )
    tensors["node.tie"] = np.zeros(len(graph), np.int64)
    tensors["node.tie.declared"] = np.array([node != "x" for node in graph])
    put_together(path, tensors, document, {**metadata, "graphnet": "1"})
    return gn.load(path, backend="reference")


def test_neurons_of_one_tie_keep_the_leak_that_they_had(tmp_path: Path) -> None:
    graph = tied_with_leaks(0.5, 0.5)
    net = loaded_with_ties(graph, tmp_path / "net")
    inputs = np.random.default_rng(0).normal(size=(2, 5, 1))
    assert np.array_equal(net.run(inputs), gn.compile(graph, backend="reference").run(inputs))
    assert len(net.parameters) == 3
    loaded_with_ties(tied_with_leaks(1.0, None), tmp_path / "net")


@pytest.mark.parametrize("leaks", [(0.5, 0.25), (0.5, None)])
def test_different_leaks_of_one_tie_are_an_error_and_not_another_network(
    tmp_path: Path, leaks: tuple[float | None, ...]
) -> None:
    path = tmp_path / "net.safetensors"
    with pytest.raises(gn.DataError, match="tie 't': its members disagree on leak") as caught:
        loaded_with_ties(tied_with_leaks(*leaks), path)
    assert "the file is of version 0.1, in which nan could be a name" in str(caught.value)
    assert f"{leaks[1] or 1.0}" in str(caught.value)
    assert "on node 1" in str(caught.value)
    assert "0.5 on node 0" in str(caught.value)
    # as the hint says
    graph = gn.read_graph(path).to_networkx()
    graph.nodes[1]["tie"] = "another"
    assert gn.compile(graph).n_outputs == 2


def test_a_node_that_is_nan_is_an_error_that_says_how_to_rename_it(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    gn.save(gn.compile(tied_with_leaks(None)), path)
    tensors, document, metadata = take_apart(path)
    document["nodes"][1] = {"float": "nan"}
    put_together(path, tensors, document, {**metadata, "graphnet": "1"})
    with pytest.raises(gn.DataError, match=r"nan.* version 0\.1, .*networkx\.relabel_nodes renames nodes"):
        gn.load(path)
    graph = nx.relabel_nodes(gn.read_graph(path).to_networkx(), lambda node: "lost" if node != node else node)
    assert list(gn.compile(graph).to_graph()) == ["x", "lost"]
