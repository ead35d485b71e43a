"""``graphnet rewire``."""

from __future__ import annotations

import networkx as nx
import pytest

import graphnet as gn
from graphnet.graphs.rewire import KEEPS
from graphnet.io import FORMATS


@pytest.fixture
def typed(here):
    """``typed.json``: 30 neurons of two types, 25 of which have a side too, with an input and an output."""
    graph = nx.gnp_random_graph(30, 0.2, seed=0, directed=True)
    nx.set_node_attributes(graph, {node: "ab"[node % 2] for node in graph}, "type")
    nx.set_node_attributes(graph, dict.fromkeys(range(25), "left"), "side")
    gn.write_graph(gn.graphs.with_readout(gn.graphs.with_inputs(graph, 1), 1), here / "typed.json")
    return "typed.json"


def test_a_rewired_drawing_is_written(call, here, typed):
    result = call("rewire", typed, "null.json", "--within", "type", "--seed", 3)
    null = gn.read_graph(here / "null.json")
    record = null.graph["rewired"]
    assert (result.code, result.err) == (0, "")
    n = null.number_of_edges()
    assert result.out == f"typed.json -> null.json: {record['moved']} of {n} synapses moved, {record['kept']} kept\n"
    assert record == {**record, "keep": "degree", "within": "type", "seed": 3}
    expected = gn.graphs.rewired(gn.read_graph(here / typed), within="type", seed=3)
    assert nx.utils.graphs_equal(null, expected)
    gn.compile(null)


@pytest.mark.parametrize("keep", KEEPS)
def test_every_null_model_is_an_option(call, here, typed, keep):
    assert call("rewire", typed, "null.json", "--keep", keep).code == 0
    assert gn.read_graph(here / "null.json").graph["rewired"]["keep"] == keep


def test_for_machines(call, typed):
    result = call("rewire", typed, "null.json", "--keep", "count", "--within", "type", "--within", "side", "--json")
    found = result.json()
    assert found == {**found, "from": "typed.json", "to": "null.json", "keep": "count", "within": ["type", "side"]}
    assert found["seed"] == 0
    assert found["moved"] > found["kept"] > 60


@pytest.mark.parametrize("suffix", [suffix for suffix, found in FORMATS.items() if not found.drops])
def test_the_record_is_in_every_file_that_holds_attributes_of_graphs(call, here, typed, suffix):
    if suffix in (".csv", ".tsv"):
        return
    assert call("rewire", typed, f"null{suffix}").code == 0
    null = gn.read_graph(here / f"null{suffix}")
    record = null.attributes if isinstance(null, gn.GraphTable) else null.graph
    assert record["rewired"]["keep"] == "degree"


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        (
            ("--keep", "degre"),
            2,
            "Invalid value for '--keep': 'degre' is not one of 'degree', 'count', 'scale'; did you mean 'degree'?",
        ),
        (("--within", "tpye"), 3, "typed.json: within: no node has the attribute 'tpye'; was 'type' meant?"),
        (("--seed", "-1"), 2, "Invalid value for '--seed': -1 is not in the range x>=0."),
    ],
)
def test_what_cannot_be_asked_for(call, here, typed, options, code, says):
    result = call("rewire", typed, "null.json", *options)
    assert (result.code, result.out) == (code, "")
    assert result.err.splitlines()[0] == f"graphnet: error: {says}"
    assert not (here / "null.json").exists()
