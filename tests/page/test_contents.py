"""What a page holds is the drawing, as `gn.feedback` and the network read it, and the activity that `run` computes."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import graphnet as gn
from graphnet.page import attributes, contents, samples
from graphnet.page.html import read_assets
from graphnet.testing.strategies import neuron_graphs
from tests.profiles import scaled

from .reader import read_page

KINDS = ["forward", "direct", "lateral", "indirect"]


def read(graph, **more):
    return read_page(gn.view(graph, **more).html)


@settings(max_examples=scaled(200), deadline=None)
@given(neuron_graphs(unfiled_names=True), st.integers(0, 3))
def test_a_page_of_any_drawing(graph, seed):
    """Compare with `gn.feedback`, `gn.compile` and `net.run`: names, kinds, delays, strengths, gates and values."""
    net = gn.compile(graph, seed=seed)
    inputs = np.random.default_rng(seed).normal(size=(3, 5, net.n_inputs))
    lengths = np.array([5, 1, 3])
    for drawn in (graph, net):
        found = read(drawn, **({} if drawn is graph else {"inputs": inputs, "lengths": lengths}))
        nodes = list(graph)
        assert len(found.header["names"]) == len(set(found.header["names"])) == len(nodes)
        assert [("", "input", "output")[role] for role in found["role"]] == [
            graph.nodes[node].get("role") or "" for node in nodes
        ]
        kinds = gn.feedback(graph).edges
        ends = [(nodes[u], nodes[v]) for u, v in zip(found["source"], found["target"], strict=True)]
        assert ends == [key[:2] for key in kinds]
        assert [KINDS[code] for code in found["kind"]] == list(kinds.values())
        gates = [data.get("gate") for _, _, data in graph.edges(data=True)]
        assert [None if i < 0 else nodes[i] for i in found["gate"]] == gates
        if drawn is net:
            check_network(found, net, inputs, lengths)


def check_network(found, net, inputs, lengths):
    table = net.to_table()
    strength = table.edge("weight") * table.edge("scale")
    np.testing.assert_allclose(found["strength"], strength, rtol=1e-6)
    plain = found["gate"] < 0
    for delay, matrix in net.matrices().items():
        some = plain & (found["delay"] == delay)
        again = np.zeros(matrix.shape)
        np.add.at(again, (found["target"][some], found["source"][some]), strength[some])
        np.testing.assert_allclose(again, matrix.toarray(), atol=1e-12)
    with np.errstate(over="ignore", invalid="ignore"):
        run = net.run(inputs, lengths=lengths, record=table.nodes)
    wanted = np.stack([run.recorded[node] for node in table.nodes], axis=2)
    wanted[np.arange(5) >= lengths[:, None]] = np.nan
    wanted[~np.isfinite(wanted.astype(np.float32))] = np.nan
    values = found.values()
    np.testing.assert_array_equal(np.isnan(values), np.isnan(wanted))
    spread = found["high"].astype(float) - found["low"]
    error = np.abs(values - wanted)
    size = np.nanmax(np.abs(wanted), axis=(0, 1))
    assert np.nanmax(error - spread / 508 - 1e-6 * size, initial=-1) <= 0
    assert found["length"].tolist() == lengths.tolist()
    outputs = [i for i, role in enumerate(found["role"]) if role == 2]
    assert found.header["outputs"] == outputs


def test_the_reference_and_the_fast_executor_give_one_page():
    graph = gn.graphs.lstm(2, 3, 1)
    inputs = np.random.default_rng(0).normal(size=(2, 4, 2))
    pages = [read(gn.compile(graph, seed=0, backend=each), inputs=inputs) for each in ("reference", "fast")]
    np.testing.assert_allclose(pages[0].values(), pages[1].values(), atol=1e-2)


def test_attributes_of_the_language():
    graph = gn.graphs.elman(1, 2, 1)
    graph.nodes["hidden", 0].update(tau=3.0, group=None, tie="t", sign=-1)
    graph.nodes["hidden", 1].update(leak=0.5, activation="relu", reverse=False, initial=0.25)
    found = read(graph)
    assert found.attribute("activation") == [None, "tanh", "relu", "identity"]
    assert found.attribute("tau") == [None, 3, None, None]
    assert found.attribute("leak") == [None, 1, 0.5, 1]
    assert found.attribute("initial") == [None, 0, 0.25, 0]
    assert found.attribute("tie") == [None, "t", None, None]
    assert found.attribute("sign") == [None, -1, 0, 0]
    assert found.attribute("reverse") == [None, "False", "False", "False"]
    assert "group" not in found.names_of()
    assert "role" not in found.names_of()
    assert found.header["dt"] is None
    assert {each["source"] for each in found.header["node_attributes"]} == {"language"}


def test_what_is_learnt_is_a_parameter():
    net = gn.compile(gn.graphs.elman(1, 2, 1), seed=0, dt=0.5)
    net.parameters = np.arange(len(net.parameters), dtype=float)
    found = read(net)
    (bias,) = [each for each in found.header["node_attributes"] if each["name"] == "bias"]
    assert bias["source"] == "parameter"
    wanted = [row.value for row in net.parameter_table() if row.kind == "bias"]
    assert found.attribute("bias") == [None, *wanted]
    assert found.header["dt"] is None
    graph = gn.graphs.elman(1, 2, 1)
    graph.nodes["hidden", 0]["tau"] = 3.0
    assert read(gn.compile(graph, seed=0, dt=0.5)).header["dt"] == 0.5


def test_custom_attributes_of_every_type():
    graph = nx.DiGraph([(i, i + 1) for i in range(5)])
    graph.nodes[5]["role"] = "output"
    columns = {
        "number": [1, 2.5, Fraction(1, 2), np.float32(4), np.int8(-3), None],
        "mixed": [1, "one", True, None, [1], {"a": 1}],
        "words": ["b", "a", float("nan"), None, "b", "</script>"],
        "flag": [True, False, None, True, True, True],
        "sizes": ["10", "9", "1e3", "big", "9", "10"],
        "huge": [10**400, 1.0, 1e300, -1.0, 0.0, 0.0],
        "ids": [10**17, 10**17 + 1, 10**17 + 2, 10**17 + 3, 10**17 + 4, None],
        "nothing": [None] * 6,
        ("a", 1): list(range(6)),
    }
    for name, values in columns.items():
        nx.set_node_attributes(graph, dict(enumerate(values)), name)
    found = read(graph)
    assert found.attribute("number") == [1, 2.5, 0.5, 4, -3, None]
    assert found.attribute("mixed") == ["1", "one", "True", None, "[1]", "{'a': 1}"]
    assert found.attribute("words") == ["b", "a", None, None, "b", "</script>"]
    assert found.attribute("flag") == ["True", "False", None, "True", "True", "True"]
    (sizes,) = [each for each in found.header["node_attributes"] if each["name"] == "sizes"]
    assert sizes["categories"] == ["9", "10", "1e3", "big"]
    assert found.attribute("huge") == [None, 1, None, -1, 0, 0]
    assert found.attribute("ids") == [*(f"{10**17 + i}" for i in range(5)), None]
    assert "nothing" not in found.names_of()
    assert found.attribute("a 1") == [0, 1, 2, 3, 4, 5]
    assert {each["source"] for each in found.header["node_attributes"]} == {"language", "custom"}


class Unprintable:
    """Object without a repr."""

    def __repr__(self):
        raise RuntimeError("nothing to see")


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (Unprintable(), "a Unprintable that cannot be printed"),
        (np.array(3.0), "3.0"),
        (np.zeros((2, 2)), "[[0. 0.] [0. 0.]]"),
        ((), "()"),
        ({}, "{}"),
        (1 + 2j, "(1+2j)"),
        (np.datetime64("2020-01-01"), "2020-01-01"),
        (b"x", "b'x'"),
        ("\ud800", "\ud800"),
        (Decimal("sNaN"), None),
        (pd.NA, None),
        (float("inf"), None),
    ],
)
def test_an_odd_value_beside_a_number(value, wanted):
    graph = gn.graphs.elman(1, 1, 1)
    nx.set_node_attributes(graph, {("input", 0): value, ("hidden", 0): 1}, "odd")
    is_number = wanted is None
    assert read(graph).attribute("odd") == [wanted, 1 if is_number else "1", None]


def test_places_are_no_attribute():
    graph = gn.graphs.elman(1, 1, 1)
    nx.set_node_attributes(graph, {node: np.array([1.0, i, 2]) for i, node in enumerate(graph)}, "soma")
    assert "soma" not in read(graph).names_of()
    graph.nodes["input", 0]["soma"] = "unknown"
    assert read(graph).attribute("soma") == ["unknown", "[1. 1. 2.]", "[1. 2. 2.]"]


def test_frames_give_the_same_attributes():
    edges = pd.DataFrame({"source": ["a", "b"], "target": ["b", "c"], "kind": ["x", None], "size": [1.5, 2.0]})
    nodes = pd.DataFrame({"node": ["a", "b", "c"], "type": ["s", None, "m"], "age": [1, 2, 3]})
    table = gn.graphs.with_readout(gn.graphs.from_tables(edges, nodes), 1)
    found = read(table)
    assert found.attribute("type") == ["s", None, "m", None]
    assert found.attribute("age") == [1, 2, 3, None]
    assert found.attribute("kind", "edge")[:2] == ["x", None]
    assert found.attribute("size", "edge")[:2] == [1.5, 2]


def test_attributes_of_synapses(monkeypatch):
    graph = gn.graphs.elman(1, 2, 1)
    first, second = list(graph.edges)[:2]
    graph.edges[first].update(scale=3.0, tie=("pair", 1), colour="red", trainable=False)
    graph.edges[second].update(size=2)
    found = read(graph)
    assert found.attribute("scale", "edge")[:3] == [3, 1, 1]
    assert found.attribute("tie", "edge")[:2] == ["pair 1", None]
    assert found.attribute("colour", "edge")[:2] == ["red", None]
    assert found.attribute("size", "edge")[:2] == [None, 2]
    assert found.attribute("trainable", "edge")[:2] == ["False", "True"]
    assert not {"weight", "delay", "gate"} & set(found.names_of("edge"))
    monkeypatch.setattr(attributes, "MOST_EDGES", graph.number_of_edges() - 1)
    few = read(graph)
    assert few.names_of("edge") == []
    (note,) = few.header["notes"]
    assert note.startswith("attributes of synapses are left out where there are more than 7: ")
    assert "colour" in note


def test_too_many_categories(monkeypatch):
    monkeypatch.setattr(attributes, "MOST_CATEGORIES", 2)
    graph = gn.graphs.elman(1, 3, 1)
    nx.set_node_attributes(graph, {node: f"<{i}>" for i, node in enumerate(graph)}, "label")
    nx.set_node_attributes(graph, {("hidden", i): i for i in range(3)}, "tie")
    found = read(graph)
    assert "label" not in found.names_of()
    assert found.header["notes"] == ["attribute label of neurons is left out: 5 different values, and 2 at most"]
    assert found.attribute("tie") == [None, "0", "1", "2", None]


def test_open_weights_have_no_strength():
    graph = gn.graphs.elman(1, 1, 1)
    graph.edges[("input", 0), ("hidden", 0)].update(weight=2.0, scale=-1.5)
    strength = read(graph)["strength"]
    assert strength[0] == -3
    assert np.isnan(strength[1:]).all()


def test_members_of_a_tie_share_what_one_of_them_declares():
    graph = gn.graphs.elman(1, 2, 1)
    first, second = list(graph.edges)[:2]
    graph.edges[first].update(tie="t", weight=2.0)
    graph.edges[second].update(tie="t", scale=-3.0)
    nx.set_node_attributes(graph, {("hidden", i): "h" for i in range(2)}, "tie")
    graph.nodes["hidden", 1]["tau"] = 4.0
    found = read(graph)
    assert found["strength"][:2].tolist() == [2, -6]
    assert np.isnan(found["strength"][2])
    assert found.attribute("tau") == [None, 4, 4, None]


def test_strengths_that_float32_does_not_hold():
    graph = gn.graphs.elman(1, 1, 1)
    graph.edges[("input", 0), ("hidden", 0)].update(weight=1e200, scale=-1e100)
    assert read(graph)["strength"][0] == -np.finfo(np.float32).max


def test_the_strongest_synapses_are_kept(monkeypatch):
    monkeypatch.setattr(contents, "MOST_EDGES", 3)
    table = gn.graphs.from_matrix([[0.1, -5.0, 0.2], [3.0, 0.3, 0.0], [0.0, 0.4, -4.0]])
    page = gn.view(table)
    found = read_page(page.html)
    assert sorted(found["strength"].tolist()) == [-5, -4, 3]
    assert found.header["n_edges"] == 3
    assert page.subtitle == "3 neurons, 7 synapses"
    assert page.notes == ["the strongest 3 of 7 synapses"]


def test_long_delays():
    graph = gn.graphs.elman(1, 1, 1)
    graph.edges[("hidden", 0), ("hidden", 0)]["delay"] = 70_000
    found = read(graph)
    assert found["delay"].max() == 70_000
    assert found["delay"].dtype == np.uint32


NET = gn.compile(gn.graphs.elman(2, 3, 2), seed=0)
INPUTS = np.random.default_rng(1).normal(size=(6, 5, 2))
LENGTHS = np.array([5, 2, 3, 4, 5, 1])


def test_all_samples_of_a_small_data_set():
    found = read(NET, inputs=INPUTS, lengths=LENGTHS)
    assert found.header["samples"] == [f"sample {i}" for i in range(6)]
    assert found.header["notes"] == []
    np.testing.assert_allclose(found.values()[4, :, :2], INPUTS[4], atol=0.02)


@pytest.mark.parametrize(
    ("chosen", "rows", "labels"),
    [
        (2, [0, 1], ["sample 0", "sample 1"]),
        ([4, 1], [4, 1], ["sample 4", "sample 1"]),
        (np.array([5]), [5], ["sample 5"]),
        ({"left": 3, ("a", 1): 0}, [3, 0], ["left", "a 1"]),
        ([1, 1], [1, 1], ["sample 1", "sample 1 (2)"]),
    ],
)
def test_samples_that_are_chosen(chosen, rows, labels):
    found = read(NET, inputs=INPUTS, lengths=LENGTHS, targets=np.arange(6) % 2, samples=chosen)
    whole = read(NET, inputs=INPUTS, lengths=LENGTHS)
    assert found.header["samples"] == labels
    assert found["length"].tolist() == LENGTHS[rows].tolist()
    assert found["targets"].tolist() == [row % 2 for row in rows]
    assert found.header["n_steps"] == LENGTHS[rows].max()
    np.testing.assert_allclose(found.values(), whole.values()[rows, : LENGTHS[rows].max()], atol=0.03)


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        (7, "samples=7: the inputs have 6"),
        (0, "samples=0 is not a whole number >= 1"),
        (1.5, "samples=1.5 is not a whole number >= 1"),
        ([6], "samples: 6 is no sample of the inputs, which are 0 to 5"),
        ([-1], "samples=-1 is not a whole number >= 0"),
        ([], r"samples: none; give their number, their positions, or \{label: position\}"),
        ("all", "samples='all' is not a whole number >= 1"),
        ({"a": "b"}, "samples='b' is not a whole number >= 0"),
    ],
)
def test_samples_that_are_refused(chosen, message):
    with pytest.raises(gn.DataError, match=message):
        gn.view(NET, inputs=INPUTS, samples=chosen)


def test_many_samples_are_cut(monkeypatch):
    monkeypatch.setattr(samples, "BYTES_CHOSEN", 3 * 5 * 7)
    found = read(NET, inputs=INPUTS)
    assert found.header["n_samples"] == 3
    assert found.header["notes"] == ["activity of the first 3 of 6 samples"]
    monkeypatch.setattr(samples, "BYTES_CHOSEN", 1)
    assert read(NET, inputs=INPUTS).header["n_samples"] == 1
    assert read(NET, inputs=INPUTS, samples=5).header["n_samples"] == 5


def test_long_sequences_are_cut(monkeypatch):
    monkeypatch.setattr(samples, "MOST_BYTES", 3 * 7)
    found = read(NET, inputs=INPUTS, lengths=LENGTHS, targets=INPUTS, samples=[3, 4])
    assert found.header["notes"] == [
        "1 of the 2 samples that were asked for: activity takes 0 MB at most",
        "activity of the first 3 of 4 steps",
    ]
    assert found["activity"].shape == (1, 3, 7)
    assert found["length"].tolist() == [3]
    np.testing.assert_allclose(found["targets"][0], INPUTS[3, :3], rtol=1e-6)
    late = read(NET, inputs=INPUTS, lengths=LENGTHS, targets=INPUTS[:, 0], samples=[3])
    assert np.isnan(late["targets"]).all()  # the last step, which has the target, is not shown


def test_targets_of_numbers():
    found = read(NET, inputs=INPUTS, lengths=LENGTHS, targets=INPUTS)
    assert found.header["targets"] == {"kind": "values", "array": "targets"}
    wanted = np.where((np.arange(5) < LENGTHS[:, None])[:, :, None], INPUTS, np.nan)
    np.testing.assert_allclose(found["targets"], wanted, rtol=1e-6)
    last = read(NET, inputs=INPUTS, lengths=LENGTHS, targets=INPUTS[:, 0])
    assert last.header["targets"]["kind"] == "values"
    wanted = np.full((6, 5, 2), np.nan)
    wanted[np.arange(6), LENGTHS - 1] = INPUTS[:, 0]
    np.testing.assert_allclose(last["targets"], wanted, rtol=1e-6)


def test_targets_that_are_classes():
    classes = np.arange(30).reshape(6, 5) % 2
    found = read(NET, inputs=INPUTS, lengths=LENGTHS, targets=classes)
    assert found.header["targets"]["kind"] == "class_per_step"
    np.testing.assert_array_equal(found["targets"], np.where(np.arange(5) < LENGTHS[:, None], classes, -1))
    found = read(NET, inputs=INPUTS, targets=[0, 1, -1, 0.0, np.nan, 1])
    assert found.header["targets"]["kind"] == "class"
    assert found["targets"].tolist() == [0, 1, -1, 0, -1, 1]
    nothing = classes.astype(float)
    nothing[2, 1] = np.nan
    assert read(NET, inputs=INPUTS, targets=nothing)["targets"][2].tolist() == [0, -1, 0, 1, 0]


def test_shapes_of_targets_that_fit_twice():
    inputs = INPUTS[:, :2]
    assert read(NET, inputs=inputs, targets=np.zeros((6, 2), int)).header["targets"]["kind"] == "class_per_step"
    assert read(NET, inputs=inputs, targets=np.zeros((6, 2))).header["targets"]["kind"] == "values"


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (np.zeros((6, 4)), r"targets: shape \(6, 4\); must be numbers \(6, 5, 2\) or \(6, 2\), or classes \(6, 5\) or"),
        (np.full(6, 2), "targets at sample 0: 2 is not a class, 0 to 1, nor -1 for none"),
        (np.array([[0] * 5] * 5 + [[0.5] * 5]), "targets at sample 5, step 0: 0.5 is not a class, 0 to 1, nor -1"),
        (np.full(6, -2), "targets at sample 0: -2 is not a class"),
        (["a"] * 6, "targets are <U1, not real numbers"),
        (np.ma.masked_equal(np.arange(6), 1), "targets: 1 of 6 entries is masked"),
        ([[1], [1, 2]], "targets are ragged"),
    ],
)
def test_targets_that_are_refused(targets, message):
    with pytest.raises(gn.DataError, match=message):
        gn.view(NET, inputs=INPUTS, targets=targets)


def test_a_state_to_start_from():
    state = NET.state(6, {("hidden", 0): np.arange(6) / 10})
    found = read(NET, inputs=INPUTS, state=state, samples=[5, 2])
    run = NET.run(INPUTS, state=state, record=[("hidden", 1)])
    np.testing.assert_allclose(found.values()[:, :, 3], run.recorded["hidden", 1][[5, 2]], atol=0.02)
    with pytest.raises(gn.DataError, match="samples"):
        gn.view(NET, inputs=INPUTS, state=NET.state(2))


def test_samples_are_run_a_few_at_a_time(monkeypatch):
    from graphnet.page import activity

    whole = gn.view(NET, inputs=INPUTS, lengths=LENGTHS, state=NET.state(6)).html
    monkeypatch.setattr(activity, "AT_ONCE", 2 * 5 * 7)
    assert gn.view(NET, inputs=INPUTS, lengths=LENGTHS, state=NET.state(6)).html == whole


def test_the_version_of_the_format():
    found = read(NET)
    assert (found.header["format"], found.header["version"]) == (1, gn.__version__)
    assert found.header["kinds"] == KINDS
    assert (found.header["n_samples"], found.header["n_steps"], found.header["targets"]) == (0, 0, None)
    assert "activity" not in found.arrays
    assert read_assets()["html"].lower().startswith("<!doctype html>")
