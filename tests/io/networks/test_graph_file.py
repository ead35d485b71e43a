"""Drawings, networks and runs as drawings: one file format, with the learnt numbers."""

from __future__ import annotations

import math

import networkx as nx
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import graphnet as gn
from graphnet.io import compile_settings
from graphnet.io.networks.tensors import packed
from graphnet.language.table import Column
from graphnet.testing.strategies import neuron_graphs
from tests.profiles import scaled

from ..files import gated_drawing, leftovers, put_together, spelt, take_apart

one_path = [HealthCheck.function_scoped_fixture]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "drawing.safetensors"


def there_and_back(table, path):
    gn.write_graph(table, path)
    again = gn.read_graph(path)
    assert isinstance(again, gn.GraphTable)
    return again


# --- drawings --------------------------------------------------------------------------------------------------------


@settings(max_examples=scaled(60), suppress_health_check=one_path)
@given(graph=neuron_graphs())
def test_any_drawing_is_the_same_network(path, graph):
    """Also one that is a network only with its open weights drawn: keys, names and their order decide the draws."""
    for drawing in (graph, gn.GraphTable.from_networkx(graph)):
        again = there_and_back(drawing, path)
        assert spelt(again.to_networkx()) == spelt(gn.GraphTable.from_networkx(graph).to_networkx())
        before, after = (gn.compile(each, seed=1) for each in (graph, again))
        assert before.parameters.tobytes() == after.parameters.tobytes()


def test_weights_stay_open_and_the_file_says_that_it_is_a_drawing(path):
    table = there_and_back(gated_drawing(), path)
    assert table.edge_gives("weight").tolist() == [True, False, True, True, False, False]
    assert take_apart(path)[2] == {"graphnet": "2", "holds": "drawing", "nodes": "4", "edges": "6"}
    assert compile_settings(path) is None
    with pytest.raises(gn.DataError, match=r"a drawing, which has no dt, .*: gn\.compile\(gn\.read_graph\(path\)\)"):
        gn.load(path)


def test_a_file_that_holds_something_else(path):
    gn.write_graph(gated_drawing(), path)
    tensors, document, metadata = take_apart(path)
    put_together(path, tensors, document, metadata | {"holds": "recipe"})
    with pytest.raises(gn.DataError, match=r"it holds a 'recipe', and this graphnet reads 'network' and 'drawing'"):
        gn.read_graph(path)
    # a drawing that is called a network has no settings
    put_together(path, tensors, document, metadata | {"holds": "network"})
    with pytest.raises(gn.DataError, match=r"'dtype' is missing or not a str"):
        gn.load(path)


@pytest.mark.parametrize("values", [[1.0, 2.0], [1, 2], [True, False], ["a", "b"], [("a", 1), None], [2**70, 1]])
def test_custom_values_of_one_type_are_a_tensor_and_come_back_as_they_were(path, values):
    graph = nx.DiGraph([("a", "b", {"own": values[0]}), ("b", "a", {"own": values[1]}), ("b", "b", {})])
    again = there_and_back(graph, path)
    assert "edge.0" in take_apart(path)[0]
    assert repr([again.edge_columns["own"].value(row) for row in range(2)]) == repr(values)
    assert spelt(again.to_networkx()) == spelt(graph)


@pytest.mark.parametrize("values", [[1, 1.0], [1, True], [0.0, -0.0], [math.nan, 1], ["a", 1.5], [[1], {"x": (2,)}]])
def test_custom_values_that_look_alike_stay_apart(path, values):
    graph = nx.DiGraph([("a", "b", {"own": values[0]}), ("b", "a", {"own": values[1]})])
    assert spelt(there_and_back(graph, path).to_networkx()) == spelt(graph)


@pytest.mark.parametrize("keys", [[0, 1, 5], ["x", ("gap", 1), 0], [1, True, 1.0], [2**70, 1, 2]])
def test_keys_of_edges_come_back(path, keys):
    graph = nx.MultiDiGraph()
    for target, key in zip("abc", keys, strict=True):
        graph.add_edge("a", target, key=key)
        graph.add_edge("b", target, key=key)
    assert spelt(there_and_back(graph, path).to_networkx()) == spelt(graph)


def test_numbers_take_the_smallest_dtype_that_gives_them_back(path):
    table = gn.GraphTable(
        ["a", "b"],
        np.array([0, 1, 1]),
        np.array([1, 0, 1]),
        edge_columns={
            "weight": Column(np.array([0.5, -0.0, 2.0])),
            "scale": Column(np.array([3.0, 200.0, 1.0])),
            "share": Column(np.array([0.1, 0.2, 7.0]), np.array([True, True, False])),
            "count": Column(np.array([1.0, 2.0, 3.0])),
        },
    )
    again = there_and_back(table, path)
    tensors = take_apart(path)[0]
    assert {name: tensors[name].dtype.name for name in ("source", "edge.weight", "edge.scale", "edge.2", "edge.3")} == {
        "source": "int8",
        "edge.weight": "float32",
        "edge.scale": "int16",
        "edge.2": "float64",
        "edge.3": "int8",
    }
    assert tensors["edge.2"].tolist() == [0.1, 0.2, 0.0]  # what was not given is not written
    for name, column in table.edge_columns.items():
        found = again.edge_columns[name]
        rows = column.given()
        assert (found.values.dtype, found.values[rows].tobytes()) == (np.float64, column.values[rows].tobytes())


def test_masks_are_bits_and_those_of_older_files_are_booleans(path):
    given_rows = np.array([True, False, True, True, False, False, True, False, True])
    weight = Column(np.where(given_rows, 0.5, 0.0), given_rows)
    table = gn.GraphTable(list("abc"), np.repeat([0, 1, 2], 3), np.tile([0, 1, 2], 3), edge_columns={"weight": weight})
    again = there_and_back(table, path)
    assert again.edge_columns["weight"].given().tolist() == given_rows.tolist()
    tensors, document, metadata = take_apart(path)
    assert tensors["edge.weight.declared"].tolist() == [0b10110010, 0b10000000]
    put_together(path, {**tensors, "edge.weight.declared": given_rows}, document, metadata)
    assert gn.read_graph(path).edge_columns["weight"].given().tolist() == given_rows.tolist()


@settings(max_examples=scaled(100))
@given(
    st.lists(st.floats() | st.sampled_from([0.0, -0.0, 1.0, 300.0, 2.0**31, 0.1, 1e39, 1e-50]), max_size=5)
    | st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(-300, 300), max_size=5)
)
def test_a_packed_array_has_every_bit(values):
    array = np.array(values, np.int64 if all(type(value) is int for value in values) else np.float64)
    small = packed(array)
    assert small.itemsize <= array.itemsize
    assert small.astype(array.dtype).tobytes() == array.tobytes()


def test_the_same_drawing_gives_the_same_bytes(path, tmp_path):
    gn.write_graph(gated_drawing(), path)
    gn.write_graph(gn.read_graph(path), tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == path.read_bytes()


def test_tables_that_are_no_graph_are_refused_before_they_are_written(path):
    ends = np.array([0]), np.array([1])
    for nodes, (source, target), keys, says in (
        (["a", "a"], ends, None, "node 'a' occurs twice"),
        (["a", None], ends, None, "None cannot be a node"),
        (["a", "b"], (np.array([0, 2]), np.array([1, 1])), None, r"source\[1\] is 2, and there are 2 nodes"),
        (["a", "b"], (np.array([0, 0]), np.array([1, 1])), None, r"edge \('a', 'b'\) occurs twice: parallel"),
        (["a", "b"], (np.array([0, 0]), np.array([1, 1])), [1, True], r"edge \('a', 'b', True\) occurs twice"),
    ):
        with pytest.raises(gn.GraphError, match=says):
            gn.write_graph(gn.GraphTable(nodes, source, target, keys=keys), path)
    gn.write_graph(gn.GraphTable(["a", "b"], np.array([0, 0]), np.array([1, 1]), keys=[1, 2]), path)
    with pytest.raises(gn.GraphError, match="a network is a networkx DiGraph or MultiDiGraph, not a list"):
        gn.write_graph([], path)
    assert leftovers(path.parent) == [path.name]


def test_what_no_file_holds_is_listed_by_the_names_of_the_user(path):
    table = gn.GraphTable(
        ["a", "b"],
        np.array([0, 1]),
        np.array([1, 0]),
        {"group": Column(np.array([["G"], 1], object))},
        {"tie": Column(np.array([0, 1]), None, ("fine", frozenset("t")))},
        [0, b"k"],
    )
    with pytest.raises(gn.GraphError) as caught:
        gn.write_graph(table, path)
    assert [problem.split(": ")[0] for problem in caught.value.problems] == [
        "node 'a', attribute 'group'",
        "edge ('b', 'a', b'k'), attribute 'tie'",
        "key of edge ('b', 'a', b'k')",
    ]


def test_many_synapses_never_pass_through_networkx(path, monkeypatch):
    rng = np.random.default_rng(0)
    pairs = np.unique(rng.integers(0, 500 * 500, 40_000))
    columns = {"scale": Column(rng.integers(1, 90, len(pairs))), "place": Column(rng.choice(["ME", "LO"], len(pairs)))}
    table = gn.GraphTable([("cell", i) for i in range(500)], pairs // 500, pairs % 500, {}, columns)
    monkeypatch.setattr(nx, "DiGraph", None)
    again = there_and_back(table, path)
    assert (again.source == table.source).all()
    assert again.edge_columns["place"].objects() == table.edge_columns["place"].objects()


# --- networks and runs -----------------------------------------------------------------------------------------------


@pytest.fixture
def moved():
    """A network that is not as it was drawn."""
    net = gn.compile(gated_drawing(), seed=3, dt=0.5, dtype="float32")
    net.parameters = net.parameters * np.float32(1 / 3)
    return net


def test_of_a_network_file_it_is_the_drawing_with_the_learnt_numbers(path, moved):
    gn.save(moved, path)
    assert spelt(gn.read_graph(path).to_networkx()) == spelt(moved.to_graph())
    assert compile_settings(path) == {"dtype": "float32", "dt": 0.5, "seed": 3}


@pytest.fixture
def run(tmp_path):
    """A run whose best epoch is not its last, and the network as it was left."""
    net = gn.compile(gn.graphs.elman(1, 3, 1), seed=0, dt=0.25)
    x = np.random.default_rng(0).normal(size=(12, 4, 1))
    gn.fit(
        net,
        x,
        x,
        epochs=6,
        patience=5,
        validation=(x, -x),
        optimizer={"name": "adam", "learning_rate": 0.1},
        seed=0,
        run=tmp_path / "run",
    )
    return tmp_path / "run", net


def test_of_a_run_it_is_the_drawing_with_the_numbers_that_evaluate_uses(run):
    folder, net = run
    best = gn.open_run(folder).network()
    for form in (folder, str(folder)):
        found = gn.read_graph(form)
        assert isinstance(found, gn.GraphTable)
        assert spelt(found.to_networkx()) == spelt(best.to_graph())
        assert compile_settings(form) == {"dtype": "float64", "dt": 0.25, "seed": 0}
    assert best.parameters.tobytes() == net.parameters.tobytes()
    assert best.parameters.tobytes() != gn.compile(gn.graphs.elman(1, 3, 1), seed=0).parameters.tobytes()


def test_of_a_run_before_its_end_they_are_those_of_the_best_epoch(run, monkeypatch):
    folder, net = run
    # as a fit leaves it that was killed: the network in the folder is the one that it began with
    gn.save(gn.compile(gn.graphs.elman(1, 3, 1), seed=0, dt=0.25), folder / "network.safetensors")
    state = gn.open_run(folder).state()
    state.done = False
    monkeypatch.setattr(gn.RunFolder, "state", lambda self: state)
    assert spelt(gn.read_graph(folder).to_networkx()) == spelt(net.to_graph())


def test_a_folder_that_is_no_run_and_a_name_that_is_nothing_say_so(tmp_path, run):
    folder, _ = run
    (tmp_path / "other").mkdir()
    for read in (gn.read_graph, compile_settings):
        with pytest.raises(gn.DataError, match=r"other: the folder is not a run: it has no settings\.json"):
            read(tmp_path / "other")
        with pytest.raises(gn.DataError, match=r"missing: no such run folder; drawings are files named \.json"):
            read(tmp_path / "missing")
        with pytest.raises(gn.DataError, match=r"missing\.safetensors: no such file"):
            read(tmp_path / "missing.safetensors")
    (folder / "network.safetensors").write_bytes(b"12345678{}")
    with pytest.raises(gn.DataError, match=r"run.network\.safetensors: not a complete safetensors file"):
        gn.read_graph(folder)
