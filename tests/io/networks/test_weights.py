"""Saved networks: nothing is lost, and no broken file gives anything but a DataError that names it."""

from __future__ import annotations

import enum
import json
import math
import os
import stat

import networkx as nx
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

import graphnet as gn
from graphnet.language.table import Column
from graphnet.testing.strategies import neuron_graphs, sequences
from tests.profiles import scaled

from ..files import gated_drawing, leftovers, put_together, some_inputs, spelt, take_apart

# each example writes over the file of the one before
one_path = [HealthCheck.function_scoped_fixture]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "net.safetensors"


@pytest.fixture
def saved(path):
    """A file with the gated drawing, and its network."""
    net = gn.compile(gated_drawing(), seed=3)
    gn.save(net, path)
    return path


def assert_same(one, two, inputs, lengths=None):
    assert two.parameters.tobytes() == one.parameters.tobytes()
    assert (two.dtype, two.dt, two.seed) == (one.dtype, one.dt, one.seed)
    assert two.run(inputs, lengths=lengths).tobytes() == one.run(inputs, lengths=lengths).tobytes()
    assert spelt(two.to_graph()) == spelt(one.to_graph())


def line(**attributes):
    """A drawing of one input and one output, with attributes on the edge."""
    graph = nx.DiGraph()
    graph.add_node("x", role="input")
    graph.add_node("y", role="output")
    graph.add_edge("x", "y", **attributes)
    return graph


# --- nothing is lost -------------------------------------------------------------------------------------------------


@settings(max_examples=scaled(60), suppress_health_check=one_path)
@given(st.data(), st.sampled_from(["float64", "float32"]), st.integers(0, 2**64))
def test_any_network_comes_back_to_the_bit(path, data, dtype, seed):
    graph = data.draw(neuron_graphs(declared=False))
    batch = data.draw(sequences(graph))
    net = gn.compile(graph, dtype=dtype, dt=0.1, seed=seed)
    gn.save(net, path)
    assert_same(net, gn.load(path), batch.inputs, batch.lengths)


def test_gates_ties_and_keys_of_a_multigraph_come_back(saved):
    net, again = gn.compile(gated_drawing(), seed=3), gn.load(saved)
    assert_same(net, again, some_inputs(1))
    rows = [(row.kind, row.key, row.tied) for row in again.parameter_table()]
    assert rows == [(row.kind, row.key, row.tied) for row in net.parameter_table()]
    assert ("weight", ("in", 1), True) in rows
    assert spelt(again.to_graph()) != spelt(gated_drawing())  # the drawn weights are on it


def test_trained_parameters_come_back_and_not_those_of_the_drawing(path):
    net = gn.compile(gn.graphs.elman(2, 5, 1), dtype="float32", seed=0)
    net.parameters = net.parameters * np.float32(1 / 3)
    gn.save(net, path)
    assert_same(net, gn.load(path), some_inputs(2))


def test_a_table_of_many_synapses_comes_back(path):
    weights = np.random.default_rng(0).normal(size=(40, 40))
    table = gn.graphs.from_matrix(weights, w_in=np.ones((40, 2)), w_out=np.ones((1, 40)), bias=np.arange(40.0))
    net = gn.compile(table, seed=0)
    gn.save(net, path)
    assert_same(net, gn.load(path), some_inputs(2))


NAMES = st.recursive(
    st.text()
    | st.integers()
    | st.sampled_from([0, 1, True, False, 1.0, -0.0, math.inf, -math.inf, "1", 10**4000, "\ud800", "nan"])
    | st.floats(allow_nan=False),
    lambda names: st.lists(names | st.none(), max_size=3).map(tuple),
    max_leaves=6,
)


@settings(max_examples=scaled(150), suppress_health_check=one_path)
@given(st.lists(NAMES, min_size=1, max_size=6))
def test_names_come_back_as_what_they_were(path, names):
    nodes = list(dict.fromkeys(names))
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(nodes, role="output")
    for node, name in zip(nodes, names, strict=False):
        graph.add_edge(nodes[0], node, key=name, gate=nodes[-1], tie=name, delay=1, gate_delay=1)
    net = gn.compile(graph, seed=0)
    gn.save(net, path)
    assert_same(net, gn.load(path), np.zeros((1, 3, 0)))


def test_names_that_look_alike_stay_apart(path):
    nodes = ["1", 1, (1,), ("1",), ((1,),), 1.5, "1.5", (), "", ("",), (None,), "None", math.inf, "inf", ("nan",)]
    graph = nx.DiGraph()
    graph.add_nodes_from(nodes, role="output")
    gn.save(gn.compile(graph), path)
    found = list(gn.load(path).to_graph())
    assert found == nodes
    assert list(map(type, found)) == list(map(type, nodes))


def test_subclasses_come_back_as_the_plain_name_that_they_equal(path):
    kind = enum.Enum("kind", {"soma": "soma"}, type=str)
    graph = nx.DiGraph()
    nodes = [kind.soma, np.str_("axon"), np.float64(0.5), enum.IntEnum("number", {"two": 2}).two]
    graph.add_nodes_from(nodes, role="output")
    gn.save(gn.compile(graph), path)
    found = list(gn.load(path).to_graph())
    assert found == ["soma", "axon", 0.5, 2]
    assert list(map(type, found)) == [str, str, float, int]


def test_attributes_of_the_user_come_back(path):
    own = {
        "colour": "red",
        "none": None,
        "tuple": (1, (2.0, [3, "x"])),
        "dict": {"tuple": (1,), "float": math.nan, "": {}},
        "tagged": {"tuple": [1]},
        "infinite": [-math.inf, -0.0],
        "flag": True,
        "empty": [(), [], {}],
    }
    graph = line(weight=1.0, **own)
    graph.nodes["x"].update(own)
    graph.graph.update(own, **{"a name": 1})
    graph.graph["number", 7] = "a tuple"
    graph.nodes["y"][3] = "an attribute named 3"
    net = gn.compile(graph)
    gn.save(net, path)
    assert spelt(gn.load(path).to_graph()) == spelt(net.to_graph())
    assert "tagged" in spelt(net.to_graph())


def test_arrays_of_the_user_come_back_and_scalars_of_numpy_as_python_numbers(path):
    graph = line(weight=1.0, mask=np.array([True, False]), share=np.float32(0.1), n=np.int16(-3), yes=np.bool_(True))
    graph.nodes["x"]["position"] = np.array([[1.5, np.nan], [-0.0, np.inf]], np.float32)
    graph.nodes["y"]["ids"] = np.array([], ">i8").reshape(0, 2)
    gn.save(gn.compile(graph), path)
    again = gn.load(path).to_graph()
    position, ids, edge = again.nodes["x"]["position"], again.nodes["y"]["ids"], again.edges["x", "y"]
    assert position.dtype == np.float32
    assert position.tobytes() == graph.nodes["x"]["position"].tobytes()
    assert (ids.shape, ids.dtype) == ((0, 2), np.int64)
    assert edge["mask"].tolist() == [True, False]
    assert (edge["share"], edge["n"], edge["yes"]) == (float(np.float32(0.1)), -3, True)
    assert [type(edge[name]) for name in ("share", "n", "yes")] == [float, int, bool]
    position[0, 0] = 2.0  # it is the user's, and can be written to


def test_typed_columns_of_the_user_come_back(path):
    table = gn.GraphTable.from_networkx(line(weight=1.0))
    nodes = {
        "height": Column(np.array([1.5, 2.5], np.float32), np.array([True, False])),
        "kind": Column(np.array(["soma", "axon"])),
        "region": Column(np.array([1, 99]), np.array([True, False]), (("left", 1), "right")),
    }
    net = gn.compile(table.with_columns(nodes, {"count": Column(np.array([7], np.uint8))}))
    gn.save(net, path)
    assert gn.load(path).to_graph().nodes["y"] == {"role": "output", "kind": "axon", "bias": 0.0}
    assert gn.load(path).to_graph().edges["x", "y"]["count"] == 7
    assert gn.load(path).to_graph().nodes["x"] == {"role": "input", "height": 1.5, "kind": "soma", "region": "right"}


def test_a_network_without_edges_comes_back(path):
    graph = nx.DiGraph()
    graph.add_node("y", role="output", bias=0.5)
    net = gn.compile(graph)
    gn.save(net, path)
    assert_same(net, gn.load(path), np.zeros((1, 2, 0)))


def test_any_reader_of_safetensors_finds_the_columns(saved):
    tensors = load_file(saved)
    net = gn.compile(gated_drawing(), seed=3)
    assert tensors["edge.weight"].tolist() == net.to_table().edge("weight").tolist()
    assert tensors["source"].tolist() == net.to_table().source.tolist()
    assert tensors["source"].dtype == np.int8  # the smallest that holds it
    header = json.loads(saved.read_bytes()[8:][: int.from_bytes(saved.read_bytes()[:8], "little")])
    starts = {name: place["data_offsets"][0] for name, place in header.items() if name != "__metadata__"}
    assert all(starts[name] % tensor.itemsize == 0 for name, tensor in tensors.items())
    assert take_apart(saved)[2] == {"graphnet": "2", "holds": "network", "nodes": "4", "edges": "6"}


def test_the_same_network_gives_the_same_bytes(path, tmp_path):
    for name in ("one", "two"):
        gn.save(gn.compile(gated_drawing(), seed=3), tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    gn.save(gn.compile(gated_drawing(), seed=4), tmp_path / "two")
    assert (tmp_path / "one").read_bytes() != (tmp_path / "two").read_bytes()


def test_paths_may_be_str(tmp_path):
    gn.save(gn.compile(line(), seed=1), f"{tmp_path}/a")
    assert gn.load(f"{tmp_path}/a", backend="reference").seed == 1


# --- parameters that stand against a bound ----------------------------------------------------------------------------


def bounded_drawing():
    """A bound of each kind: signs of a source, an edge and a tie, with scales of both signs, and tau >= dt."""
    graph = nx.MultiDiGraph()
    graph.add_node("x", role="input", sign=-1)
    graph.add_node("a", tau=2.0, train_tau=True)
    graph.add_node("b", tau=3.0, train_tau=True, tie="t")
    graph.add_node("y", role="output", tau=3.0, tie="t")
    graph.add_edge("x", "a")
    graph.add_edge("x", "b", scale=-2.0)
    graph.add_edge("a", "y", sign=1, tie="w")
    graph.add_edge("b", "y", tie="w", scale=-1.0)
    graph.add_edge("x", "y", sign=0)
    graph.add_edge("x", "y", key="fixed", trainable=False)
    return graph


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("of", ["weight", "tau", "both"])
def test_parameters_beyond_their_bounds_come_back_and_do_not_compile(path, dtype, of):
    net = gn.compile(bounded_drawing(), seed=0, dt=0.5, dtype=dtype)
    rows = net.parameter_table()
    beyond = np.where(np.isfinite(net.bounds).any(axis=1), np.nan, net.parameters)
    for i, row in enumerate(rows):
        if np.isnan(beyond[i]):
            flipped = row.kind in (of, "weight" if of == "both" else of, "tau" if of == "both" else of)
            beyond[i] = row.value if not flipped else 0.3 if row.kind == "tau" else -row.value
    net.parameters = beyond
    assert ((net.parameters < net.bounds[:, 0]) | (net.parameters > net.bounds[:, 1])).any()
    gn.save(net, path)
    again = gn.load(path)
    assert_same(net, again, some_inputs(1))
    assert np.array_equal(again.bounds, net.bounds)
    with pytest.raises(gn.GraphError) as caught:
        gn.compile(net.to_graph(), dt=0.5)
    wrong = {
        "weight": ["('x', 'a', 0)", "('x', 'b', 0)", "('a', 'y', 0)", "('b', 'y', 0)"],
        "tau": ["'a'", "'b'", "'y'"],
    }
    for kind, names in wrong.items():
        for name in names:
            place = f"{'edge' if kind == 'weight' else 'node'} {name}: {kind}="
            assert (place in str(caught.value)) == (of in (kind, "both")), place


def test_a_fixed_weight_against_its_sign_is_a_broken_file(path):
    net = gn.compile(bounded_drawing(), seed=0, dt=0.5)
    gn.save(net, path)
    tensors, document, metadata = take_apart(path)
    tensors["edge.weight"] = np.abs(tensors["edge.weight"])
    put_together(path, tensors, document, metadata)
    assert_refused(path, "edge ('x', 'y', 'fixed'): weight=", "is against its sign")


# --- what cannot be written ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("node", "says"),
    [
        (frozenset({1}), "a frozenset"),
        (np.int64(3), "a numpy.int64"),
        (("a", b"b"), "a bytes"),
        (1j, "a complex"),
    ],
)
def test_a_name_that_no_file_holds_is_an_error_that_says_relabel(path, node, says):
    graph = line()
    graph.add_edge("x", node, weight=1.0)
    with pytest.raises(gn.GraphError) as caught:
        gn.save(gn.compile(graph), path)
    (problem,) = caught.value.problems
    assert problem.startswith("node ")
    assert says in problem
    assert "networkx.relabel_nodes" in problem
    assert leftovers(path.parent) == []


def test_every_name_and_value_that_no_file_holds_is_listed(path):
    graph = line(tie=frozenset("t"), source_of_it=b"bytes")
    graph.nodes["x"]["when"] = {1: "a key that is no str"}
    graph.nodes["y"]["what"] = np.array(["a"])
    graph.nodes["y"]["how many"] = 10**5000
    graph.nodes["y"]["precise"] = np.longdouble(0.1)
    graph.nodes["y"][b"name"] = 1
    graph.graph["who"] = object()
    with pytest.raises(gn.GraphError) as caught:
        gn.save(gn.compile(graph), path)
    starts = sorted(problem.split(": a")[0] for problem in caught.value.problems)
    assert starts == [
        "attribute 'who' of the graph",
        "edge ('x', 'y'), attribute 'source_of_it'",
        "edge ('x', 'y'), attribute 'tie'",
        "node 'x', attribute 'when'",
        "node 'y', attribute 'how many'",
        "node 'y', attribute 'precise'",
        "node 'y', attribute 'what'",
        "node 'y', attribute b'name'",
    ]
    assert "its keys have to be str" in str(caught.value)


def test_keys_of_edges_that_no_file_holds(path):
    graph = nx.MultiDiGraph(line())
    graph.add_edge("x", "y", key=b"k")
    with pytest.raises(gn.GraphError, match=r"key of edge \('x', 'y', b'k'\): a bytes cannot be written"):
        gn.save(gn.compile(graph), path)


def test_two_nodes_named_nan(path):
    graph = line()
    graph.add_nodes_from([float("nan"), float("nan")])
    with pytest.raises(gn.GraphError, match="node nan: a missing value is no name of a node"):
        gn.save(gn.compile(graph), path)
    assert not path.exists()


def test_a_long_list_of_problems_is_cut(path):
    graph = line()
    graph.add_nodes_from(map(np.int64, range(150)))
    with pytest.raises(gn.GraphError, match="and 130 more"):
        gn.save(gn.compile(graph), path)


def test_values_nested_without_end(path):
    endless = []
    endless.append(endless)
    with pytest.raises(gn.GraphError, match=r"attribute 'loop': nested too deeply"):
        gn.save(gn.compile(line(loop=endless)), path)


def test_edge_keys_that_networkx_takes_for_one(path):
    table = gn.GraphTable.from_networkx(line(weight=1.0))
    keyed = gn.GraphTable(table.nodes, np.zeros(3, int), np.ones(3, int), table.node_columns, {}, [1, "1", True])
    with pytest.raises(gn.GraphError, match=r"edge \('x', 'y', True\) occurs twice"):
        gn.save(gn.compile(keyed), path)


def test_only_networks_are_saved(path):
    with pytest.raises(gn.DataError, match="takes a Network, not a DiGraph"):
        gn.save(line(), path)


# --- files that are not, or no longer, networks ----------------------------------------------------------------------


def assert_refused(path, *says):
    with pytest.raises(gn.DataError) as caught:
        gn.load(path)
    assert str(caught.value).startswith(f"{path}: ")
    for part in says:
        assert part in str(caught.value)


def test_no_file_a_folder_and_nothing_in_it(path, tmp_path):
    assert_refused(path, "no such file")
    assert_refused(tmp_path, "a folder, not a file")
    path.touch()
    assert_refused(path, "the file is empty")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with a name")
def test_a_pipe(path):
    os.mkfifo(path)
    assert_refused(path, "not a regular file")


@pytest.mark.parametrize("tenths", range(1, 10))
def test_cut_short(saved, tenths):
    whole = saved.read_bytes()
    saved.write_bytes(whole[: len(whole) * tenths // 10])
    assert_refused(saved, "not a complete safetensors file")


def test_one_byte_short_and_one_too_many(saved):
    whole = saved.read_bytes()
    for bytes_ in (whole[:-1], whole + b"\0"):
        saved.write_bytes(bytes_)
        assert_refused(saved, "not a complete safetensors file")


@pytest.mark.parametrize("content", [b"PK\3\4 a zip", b"{}", b"\xff" * 64, b"\0" * 64, b"hello, world, this is text"])
def test_other_files(path, content):
    path.write_bytes(content)
    assert_refused(path, "safetensors file")


def test_safetensors_of_another_program(path):
    save_file({"weight": np.zeros(3)}, path)
    assert_refused(path, "not one that graphnet.save or graphnet.write_graph wrote")


def test_a_newer_version_and_one_that_never_was(saved):
    tensors, document, metadata = take_apart(saved)
    put_together(saved, tensors, document, {**metadata, "graphnet": "3"})
    assert_refused(saved, "written by a newer graphnet", "format 3", "reads formats 1 to 2", "update graphnet")
    for version in ("-1", "0", "01", "2.0", ""):
        put_together(saved, tensors, document, {**metadata, "graphnet": version})
        assert_refused(saved, f"format {version!r} is unknown")


@pytest.mark.parametrize("shape", [[10**15], [2**61], [2**40, 2**40], [0, 2**62]])
def test_a_forged_header_takes_no_memory(saved, shape):
    n_bytes = min(8 * math.prod(shape), 2**63)
    header = {"__metadata__": {"graphnet": "2", "nodes": "1", "edges": "1"}}
    header["json"] = {"dtype": "U8", "shape": shape, "data_offsets": [0, n_bytes]}
    text = json.dumps(header).encode()
    saved.write_bytes(len(text).to_bytes(8, "little") + text)
    assert_refused(saved)


def test_flipped_bytes_give_a_data_error_or_a_network(saved):
    """Every byte that is not a number of the network, and some that are, with one bit or all of them changed."""
    whole = saved.read_bytes()
    outcomes = {"refused": 0, "network": 0}
    for position in range(0, len(whole), 7):
        for change in (1 << position % 8, 0xFF):
            broken = bytearray(whole)
            broken[position] ^= change
            saved.write_bytes(broken)
            net, message = None, ""
            try:
                net = gn.load(saved)
            except gn.DataError as error:
                message = str(error)
            assert np.isfinite(net.parameters).all() if net else message.startswith(f"{saved}: ")
            outcomes["network" if net else "refused"] += 1
    assert min(outcomes.values()) > 20


def setting(part, *path):
    """A change that sets a part of the JSON, deep inside."""

    def change(tensors, document, metadata):
        place = document
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = part

    return change


def tensor(name, value):
    """A change that sets a tensor."""
    return lambda tensors, document, metadata: tensors.update({name: np.array(value)})


def without(name):
    """A change that removes a tensor."""
    return lambda tensors, document, metadata: tensors.pop(name)


def header(**says):
    """A change of the metadata."""
    return lambda tensors, document, metadata: metadata.update(says)


def duplicated_column(tensors, document, metadata):
    document["node_columns"].append(document["node_columns"][0])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (tensor("source", [0, 0, 1, 1, 1, 4]), "tensor 'source' has 4 in row 5, and there are 4 nodes"),
        (tensor("target", [1, 2, 1, 3, 3, -1]), "tensor 'target' has -1 in row 5, and there are 4 nodes"),
        (tensor("target", [1, 2]), "tensor 'target' has shape (2,), not (6,)"),
        (tensor("source", np.zeros((6, 1), int)), "tensor 'source' has shape (6, 1), not (n,)"),
        (tensor("source", np.zeros(6)), "tensor 'source' is float64, not int64"),
        (without("source"), "there is no tensor 'source'"),
        (without("edge.weight"), "there is no tensor 'edge.weight'"),
        (
            tensor("edge.weight", np.ones(5)),
            "attribute 'weight' in 'edge_columns': tensor 'edge.weight' has shape (5,)",
        ),
        (tensor("edge.weight", np.ones(6, bool)), "tensor 'edge.weight' is bool, not float64"),
        (tensor("edge.weight", [1, 2, 3, 4, 5, np.nan]), "weight=nan is not a finite number"),
        (tensor("edge.delay", [0, 0, 0, 0, 0, 0]), "zero-delay cycle"),
        (tensor("edge.gate", [0, 0, 0, 1, 0, 0]), "code 1 in row 3, and there are 1 names"),
        (tensor("edge.gate.declared", np.ones(5, bool)), "tensor 'edge.gate.declared' has shape (5,)"),
        (tensor("edge.gate.declared", np.ones(6)), "tensor 'edge.gate.declared' is F64, not bool"),
        (tensor("edge.gate.declared", np.ones(2, np.uint8)), "tensor 'edge.gate.declared' has shape (2,), not (1,)"),
        (
            tensor("edge.gate.declared", np.array([0b10], np.uint8)),
            "tensor 'edge.gate.declared' has bits of more than 6 rows",
        ),
        (setting("float16", "dtype"), "dtype 'float16' is not one of"),
        (setting(0.0, "dt"), "dt=0.0 is not a positive finite number"),
        (setting(1, "dt"), "'dt' is missing or not a float"),
        (setting(True, "seed"), "'seed' is missing or not a int"),
        (setting(None, "multigraph"), "'multigraph' is missing"),
        (setting(False, "multigraph"), "occurs twice"),
        (setting(["a", "b"], "nodes"), "2 nodes and 6 edges, but its header says 4 and 6"),
        (setting(["a", "b", "a", "c"], "nodes"), "node 'a' occurs twice"),
        (setting([1, "b", True, "c"], "nodes"), "node 1 occurs twice"),
        (setting([["a", {"b": 1}], 1, 2, 3], "nodes"), "an object is not a name"),
        (setting({"float": "one"}, "nodes", 0), "no such float"),
        (setting(None, "nodes", 0), "None cannot be a node"),
        (setting("nodes", "nodes"), "'nodes' is missing or not a list"),
        (setting([0, 0, 7], "keys"), "3 edge keys for 6 edges"),
        (setting([0, 0, "self", 7, 7, 2.5], "keys"), "occurs twice"),
        (setting([["one"]], "attributes"), "is not a name and a value"),
        (setting([["one", {"what": 1}]], "attributes"), "an object of unknown meaning"),
        (setting([["one", {"array": "!", "dtype": "float64", "shape": [1]}]], "attributes"), ""),
        (setting([["one", {"array": "", "dtype": "O", "shape": [0]}]], "attributes"), "no array is O"),
        (setting([["one", {"array": "", "dtype": "bool", "shape": [2**61]}]], "attributes"), "cannot reshape"),
        (setting([["one", {"tuple": 5}]], "attributes"), "an object of unknown meaning"),
        (setting([3], "node_columns"), "one of 'node_columns' is not a column"),
        (setting({}, "edge_columns"), "'edge_columns' is missing or not a list"),
        (duplicated_column, "attribute 'role' occurs twice in 'node_columns'"),
        (setting(["input", "input"], "node_columns", 0, "names"), "name 'input' occurs twice"),
        (setting(["input", "king"], "node_columns", 0, "names"), "role='king' is not one of"),
        (setting({"name": "bias", "values": [1, 2, 3, 4]}, "node_columns", 0), "attribute 'bias'"),
        (setting({"name": "own", "values": [1, 2, 3]}, "node_columns", 0), "3 values for 4 rows"),
        (setting({"name": "own", "tensor": "edge.weight"}, "node_columns", 0), "has shape (6,), not (4,)"),
        (header(nodes="5"), "its header says 5 and 6"),
        (header(edges="1000000000000"), "its header says 4 and 1000000000000"),
    ],
)
def test_a_file_that_does_not_hold_together(saved, change, says):
    tensors, document, metadata = take_apart(saved)
    change(tensors, document, metadata)
    put_together(saved, tensors, document, metadata)
    assert_refused(saved, says)


def test_codes_and_names_have_to_go_together(saved):
    tensors, document, metadata = take_apart(saved)
    role = document["node_columns"][0]
    names = role.pop("names")
    put_together(saved, tensors, document, metadata)
    assert_refused(saved, "attribute 'role' in 'node_columns': its codes have no names")
    role["names"] = names
    for wrong, says in (("weight", "it takes no names"), ("delay", "it takes no names")):
        column = next(column for column in document["edge_columns"] if column["name"] == wrong)
        column["names"] = ["a"]
        put_together(saved, tensors, document, metadata)
        assert_refused(saved, f"attribute {wrong!r} in 'edge_columns': {says}")
        del column["names"]


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"\xff", b"[" * 100_000, b"1" * 5000])
def test_json_that_is_none(saved, text):
    tensors, _, metadata = take_apart(saved)
    put_together(saved, tensors, text, metadata)
    assert_refused(saved, "tensor 'json' is not")


def test_all_problems_of_a_graph_are_listed(saved):
    tensors, document, metadata = take_apart(saved)
    tensors["edge.weight"] = np.full(6, np.inf)
    put_together(saved, tensors, document, metadata)
    assert_refused(saved, "6 problems in the graph")


def test_a_number_that_float32_cannot_hold(saved):
    tensors, document, metadata = take_apart(saved)
    tensors["edge.weight"] = np.full(6, 1e300)
    put_together(saved, tensors, {**document, "dtype": "float32"}, metadata)
    assert_refused(saved, "is inf: parameters are finite numbers")


def test_bytes_that_are_no_booleans_count_as_true(saved):
    net, clean = gn.load(saved), saved.read_bytes()
    tensors, document, metadata = take_apart(saved)
    for name in [each for each in tensors if each.endswith(".declared")]:  # as older files have masks
        n_rows = net.n_nodes if name.startswith("node") else net.n_edges
        tensors[name] = np.unpackbits(tensors[name], count=n_rows).astype(bool)
    put_together(saved, tensors, document, metadata)
    whole = bytearray(saved.read_bytes())
    start = 8 + int.from_bytes(whole[:8], "little")
    for place in json.loads(whole[8:start]).values():
        if place.get("dtype") == "BOOL":
            here = slice(*(start + offset for offset in place["data_offsets"]))
            whole[here] = whole[here].replace(b"\1", b"\7")
    assert whole.count(b"\7") > 5
    saved.write_bytes(whole)
    again = gn.load(saved)
    assert spelt(again.to_graph()) == spelt(net.to_graph())
    gn.save(again, saved)
    assert saved.read_bytes() == clean


def test_an_unknown_backend(saved):
    with pytest.raises(gn.DataError, match="backend 'abacus' is not one of"):
        gn.load(saved, backend="abacus")


@pytest.mark.skipif(os.name != "posix", reason="modes of files")
def test_a_new_file_has_the_mode_of_any_new_file(path):
    before = os.umask(0o027)
    try:
        gn.save(gn.compile(line()), path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
