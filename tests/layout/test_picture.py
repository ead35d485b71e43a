"""Pictures: where neurons are placed, by which rule, and what is kept together."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import pdist

import graphnet as gn
from graphnet.language.feedback import KINDS
from graphnet.layout import picture_of
from graphnet.testing import neuron_graphs
from tests.profiles import scaled


def places(graph: nx.DiGraph, **how: object) -> dict:
    picture = picture_of(graph, **how)
    return dict(zip(picture.table.nodes, picture.positions.tolist(), strict=True))


@settings(max_examples=scaled(150), deadline=None)
@given(neuron_graphs())
def test_every_neuron_has_a_place_of_its_own(graph: nx.DiGraph) -> None:
    picture = picture_of(graph)
    assert picture.positions.shape == (len(graph), 2)
    assert np.isfinite(picture.positions).all()
    assert len(graph) < 2 or pdist(picture.positions).min() >= 0.9
    named = gn.feedback(graph).edges
    assert [KINDS[code] for code in picture.kind] == [named[key] for key in picture.table.edge_keys()]


@settings(max_examples=scaled(100), deadline=None)
@given(neuron_graphs(), st.randoms(use_true_random=False))
def test_places_do_not_depend_on_the_order_of_synapses(graph: nx.DiGraph, random: object) -> None:
    table = gn.GraphTable.from_networkx(graph)
    order = list(range(table.n_edges))
    random.shuffle(order)
    shuffled = gn.GraphTable(
        table.nodes,
        table.source[order],
        table.target[order],
        table.node_columns,
        {
            name: gn.Column(c.values[order], None if c.declared is None else c.declared[order], c.names)
            for name, c in table.edge_columns.items()
        },
        None if table.keys is None else [table.keys[i] for i in order],
    )
    assert np.array_equal(picture_of(table).positions, picture_of(shuffled).positions)


@pytest.mark.parametrize("n", [40, 450])
def test_places_by_connections_do_not_depend_on_the_order_of_synapses(n: int) -> None:
    graph = gn.graphs.random_graph(1, n, 1, density=0.1, seed=0) if n < 100 else nx.gnp_random_graph(n, 0.02, 1, True)
    table = gn.GraphTable.from_networkx(graph)
    turned = gn.GraphTable(table.nodes, table.source[::-1], table.target[::-1], table.node_columns)
    positions = picture_of(table).positions
    assert np.array_equal(positions, picture_of(turned).positions)
    assert pdist(positions).min() > 0.5


def test_columns_are_layers_from_inputs_to_outputs() -> None:
    picture = picture_of(gn.graphs.feedforward(2, (3, 2), 1))
    assert picture.placed_by == "layers"
    assert picture.column.tolist() == [0, 0, 1, 1, 1, 2, 2, 3]
    assert picture.cluster_names == ("inputs", "layer 1", "layer 2", "outputs")
    x = [picture.positions[picture.column == c, 0] for c in range(4)]
    assert all(len(set(each)) == 1 for each in x)
    assert [each[0] for each in x] == sorted({each[0] for each in x})


def test_without_layers_columns_are_distances_from_the_inputs() -> None:
    graph = nx.DiGraph([("in", "a"), ("a", "b"), ("b", "a"), ("b", "out"), ("lost", "out")])
    graph.nodes["in"]["role"], graph.nodes["out"]["role"] = "input", "output"
    picture = picture_of(graph)
    assert picture.placed_by == "depth from the inputs"
    found = dict(zip(picture.table.nodes, picture.column.tolist(), strict=True))
    assert found == {"in": 0, "a": 1, "b": 2, "lost": 3, "out": 4}
    # kinds are those of the drawing, where a and b share a layer
    assert {KINDS[code] for code in picture.kind} == {"forward", "lateral"}


def test_synapses_cross_less_than_in_the_order_of_the_drawing() -> None:
    graph = nx.DiGraph([("a", "z"), ("b", "y"), ("c", "x")])
    graph.add_nodes_from("abc", role="input")
    for name in "xyz":
        graph.nodes[name]["layer"] = 1
    where = places(graph)
    assert [where[name][1] for name in "abc"] == [where[name][1] for name in "zyx"]


def test_equal_neurons_keep_the_order_of_the_drawing() -> None:
    where = places(gn.graphs.feedforward(3, 4, 2))
    for name, n in (("input", 3), ("hidden", 4), ("output", 2)):
        y = [where[name, i][1] for i in range(n)]
        assert y == sorted(y, reverse=True)


def test_an_lstm_cell_is_one_box_with_what_it_keeps_in_one_line() -> None:
    picture = picture_of(gn.graphs.lstm(2, 2, 1))
    assert [(box.what, box.name) for box in picture.boxes] == [("unit", "cell 0"), ("unit", "cell 1")]
    where = dict(zip(picture.table.nodes, picture.positions.tolist(), strict=True))
    for i in range(2):
        assert {picture.table.nodes[row] for row in picture.boxes[i].rows} == {
            (kind, i) for kind in ("input_gate", "forget", "candidate", "cell", "output_gate", "squashed", "hidden")
        }
        line = {where[kind, i][1] for kind in ("candidate", "cell", "squashed", "hidden")}
        assert len(line) == 1
        assert where["forget", i][1] > where["input_gate", i][1] > max(line)
        assert where["output_gate", i][1] > max(line)
    low, high = (picture.positions[box.rows, 1] for box in reversed(picture.boxes))
    assert low.max() < high.min() - 1


def test_units_groups_and_ties_are_boxes() -> None:
    graph = gn.graphs.attention(1, 1, n_heads=2, width=2, window=3)
    found = {(box.what, box.name) for box in picture_of(graph).boxes}
    assert found == {("unit", "head 0"), ("unit", "head 1"), ("group", ("score", 0)), ("group", ("score", 1))}
    graph = gn.graphs.elman(1, 3, 1)
    graph.nodes["hidden", 0]["tie"] = graph.nodes["hidden", 1]["tie"] = "t"
    graph.nodes["hidden", 2]["tie"] = "alone"
    (box,) = picture_of(graph).boxes
    assert (box.what, box.name, box.rows.tolist()) == ("tie", "t", [1, 2])


def test_a_reservoir_is_placed_by_its_connections() -> None:
    ring = nx.DiGraph([(i, (i + 1) % 24) for i in range(24)])
    at = picture_of(ring).positions
    radius = np.linalg.norm(at - at.mean(axis=0), axis=1)
    assert radius.min() > 0.7 * radius.max()
    neighbours = np.linalg.norm(at - np.roll(at, -1, axis=0), axis=1)
    assert neighbours.max() < 2 * neighbours.min()


def test_tall_columns_are_wrapped() -> None:
    at = picture_of(gn.graphs.feedforward(100, 4, 1)).positions[:100]
    assert 1 < len(set(at[:, 0])) < 10
    assert np.ptp(at[:, 1]) <= 24


def test_a_picture_of_a_network_has_its_learnt_numbers() -> None:
    graph = gn.graphs.elman(1, 2, 1)
    assert np.isnan(picture_of(graph).strength).all()
    net = gn.compile(graph, seed=0)
    table = net.to_table()
    assert np.array_equal(picture_of(net).strength, table.edge("weight") * table.edge("scale"))


def test_a_picture_says_delays_and_gates() -> None:
    graph = gn.graphs.lstm(1, 1, 1)
    picture = picture_of(graph)
    row = picture.table.edge_keys().index((("cell", 0), ("cell", 0)))
    assert (picture.delay[row], picture.table.nodes[picture.gate[row]]) == (1, ("forget", 0))
    assert repr(picture).startswith("Picture(table=<graphnet.GraphTable: 9 nodes, 13 edges>")


def test_a_drawing_that_is_no_network_yet_is_placed() -> None:
    graph = nx.DiGraph([("a", "b", {"delay": 0}), ("b", "a", {"delay": 0})])
    assert len(places(graph)) == 2
    with pytest.raises(gn.GraphError, match="the graph has no nodes: there is nothing to draw"):
        picture_of(nx.DiGraph())
    graph.nodes["a"]["layer"] = "first"
    with pytest.raises(gn.GraphError, match=r"node 'a': layer='first'"):
        picture_of(graph)
    with pytest.raises(gn.GraphError, match="undirected"):
        picture_of(nx.Graph())


@pytest.mark.costly
def test_thousands_of_neurons_are_placed_in_seconds() -> None:
    from time import perf_counter

    random = np.random.default_rng(0)
    ends = random.integers(0, 5000, (2, 200_000))
    table = gn.GraphTable(list(range(5000)), *ends)
    begun = perf_counter()
    positions = picture_of(table).positions
    assert perf_counter() - begun < 10
    assert len(np.unique(positions, axis=0)) == 5000
