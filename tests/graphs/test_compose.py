"""Compositions of drawings."""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import graphnet as gn
from graphnet.testing.strategies import neuron_graphs
from tests.profiles import scaled


def test_a_stack_computes_one_drawing_after_the_other() -> None:
    first, second, third = gn.graphs.elman(2, 4, 3), gn.graphs.jordan(3, [5, 4], 2), gn.graphs.delay_line(2, 3, 1)
    nets = [gn.compile(graph, seed=0) for graph in (first, second, third)]
    inputs = np.random.default_rng(0).standard_normal((2, 7, 2))
    expected = inputs
    for net in nets:
        expected = net.run(expected)
    stacked = gn.graphs.stack(*(net.to_graph() for net in nets))
    np.testing.assert_allclose(gn.compile(stacked).run(inputs), expected, rtol=1e-12, atol=1e-12)
    assert stacked.has_edge((0, "output", 2), (1, "hidden", 1, 0))


@settings(max_examples=scaled(100))
@given(st.data())
def test_a_stack_of_any_drawings_keeps_what_each_computes(data: st.DataObject) -> None:
    """Catches renumbered layers that change a default delay, and ties and groups that are merged."""
    first = data.draw(neuron_graphs(reverse=False, signs=False))
    graph = data.draw(neuron_graphs(reverse=False))
    n_outputs = sum(role == "output" for _, role in first.nodes(data="role"))
    second = gn.graphs.stack(gn.graphs.feedforward(n_outputs, 2, _n_inputs(graph)), graph) if _n_inputs(graph) else None
    if second is None:
        return
    second = gn.compile(second, seed=0).to_graph()
    inputs = np.random.default_rng(0).uniform(-1, 1, (2, 5, _n_inputs(first)))
    expected = gn.compile(second).run(gn.compile(first).run(inputs))
    np.testing.assert_allclose(gn.compile(gn.graphs.stack(first, second)).run(inputs), expected, rtol=1e-9, atol=1e-9)


def _n_inputs(graph: nx.DiGraph) -> int:
    return sum(role == "input" for _, role in graph.nodes(data="role"))


def test_a_stack_says_what_does_not_fit() -> None:
    with pytest.raises(gn.GraphError, match="drawing 0 has 3 outputs, drawing 1 has 2 inputs"):
        gn.graphs.stack(gn.graphs.elman(1, 2, 3), gn.graphs.elman(2, 2, 1))
    with pytest.raises(gn.GraphError, match="at least one"):
        gn.graphs.stack()


def test_a_bidirectional_network_hears_the_sequence_from_both_ends() -> None:
    single = gn.compile(gn.graphs.elman(2, 4, 1), seed=0).to_graph()
    both = gn.compile(gn.graphs.bidirectional(single))
    hidden = gn.graphs.with_readout(single.subgraph(n for n in single if n[0] != "output"), 4)
    hidden.remove_edges_from(list(hidden.in_edges([("output", i) for i in range(4)])))
    hidden.add_edges_from([(("hidden", i), ("output", i)) for i in range(4)], weight=1.0)
    hidden = gn.compile(hidden)
    inputs = np.random.default_rng(0).standard_normal((3, 6, 2))
    lengths = [6, 4, 1]
    readout = np.array([single.edges[("hidden", i), ("output", 0)]["weight"] for i in range(4)])
    outputs = both.run(inputs, lengths=lengths)
    for sample, length in enumerate(lengths):
        heard = inputs[[sample], :length]
        forward, backward = hidden.run(heard)[0], hidden.run(heard[:, ::-1])[0, ::-1]
        np.testing.assert_allclose(outputs[sample, :length, 0], (forward + backward) @ readout, atol=1e-12)


def test_an_output_that_feeds_others_gets_a_mirror_that_is_an_output() -> None:
    both = gn.graphs.bidirectional(gn.graphs.indirect(1, 3, 2))
    assert both.nodes["reverse", ("output", 1)] == {"role": "output", "reverse": True}
    assert gn.compile(both, seed=0).run(np.ones((1, 4, 1))).shape == (1, 4, 4)


def test_mirrors_have_weights_of_their_own() -> None:
    graph = gn.graphs.elman(1, 2, 1)
    nx.set_edge_attributes(graph, "shared", "tie")
    both = gn.graphs.bidirectional(graph)
    assert {tie for *_, tie in both.edges(data="tie")} == {"shared", ("reverse", "shared")}


@settings(max_examples=scaled(100))
@given(neuron_graphs(reverse=False))
def test_any_drawing_has_a_mirror(graph: nx.DiGraph) -> None:
    both = gn.compile(gn.graphs.bidirectional(graph))
    assert both.program.stages["reverse"].any() or both.n_nodes == len(graph)


STEPS = np.random.default_rng(0).standard_normal((2, 3, 1))
ON_A_GRAPH: dict[str, Callable[[Any], Any]] = {
    "with_inputs": lambda graph: gn.graphs.with_inputs(graph, 2),
    "with_readout": lambda graph: gn.graphs.with_readout(graph, 2),
    "stack": lambda graph: gn.graphs.stack(graph, gn.graphs.elman(n_with(graph, "output"), 2, 1)),
    "bidirectional": gn.graphs.bidirectional,
    "rewired": gn.graphs.rewired,
    "train_only": lambda graph: gn.graphs.train_only(graph, nodes=lambda node, said: False),
    "without": lambda graph: gn.graphs.without(graph, edges="forward", nodes={"role": "input"}),
    "standardized": lambda graph: gn.graphs.standardized(graph, np.ones((2, 3, n_with(graph, "input")))),
}
"""Functions of ``gn.graphs`` that take a drawing."""


def n_with(graph: Any, role: str) -> int:
    roles = graph.to_networkx() if isinstance(graph, gn.GraphTable) else graph
    return sum(said == role for _, said in roles.nodes(data="role"))


def test_every_function_that_takes_a_drawing_is_tried_here() -> None:
    functions = {name: getattr(gn.graphs, name) for name in gn.graphs.__all__ if "torch" not in name}
    takes = {name for name, each in functions.items() if {"graph", "graphs"} & set(signature(each).parameters)}
    assert takes == set(ON_A_GRAPH)


@pytest.mark.parametrize("name", ON_A_GRAPH)
@settings(max_examples=scaled(40))
@given(neuron_graphs())
def test_a_table_gives_the_table_of_what_its_networkx_graph_gives(name: str, graph: nx.DiGraph) -> None:
    drawn, table = ON_A_GRAPH[name](graph), ON_A_GRAPH[name](gn.GraphTable.from_networkx(graph))
    assert isinstance(drawn, nx.DiGraph)
    assert isinstance(table, gn.GraphTable)
    found = table.to_networkx()
    assert found.is_multigraph() == drawn.is_multigraph()
    assert list(found) == list(drawn)
    expected = gn.GraphTable.from_networkx(drawn).to_networkx()
    assert dict(found.nodes(data=True)) == dict(expected.nodes(data=True))
    edges = {"keys": True} if drawn.is_multigraph() else {}
    assert sorted(found.edges(data=True, **edges), key=repr) == sorted(expected.edges(data=True, **edges), key=repr)


@pytest.mark.parametrize("name", ON_A_GRAPH)
@pytest.mark.parametrize("thing", [nx.Graph([("a", "b")]), "a.json", None, 3], ids=lambda thing: type(thing).__name__)
def test_what_is_no_drawing_is_an_error_that_says_so(name: str, thing: Any) -> None:
    call = {
        "stack": gn.graphs.stack,
        "rewired": gn.graphs.rewired,
        "train_only": lambda graph: gn.graphs.train_only(graph, nodes=lambda node, said: False),
        "without": lambda graph: gn.graphs.without(graph, edges="forward", nodes={"role": "input"}),
        "standardized": lambda graph: gn.graphs.standardized(graph, STEPS),
    }.get(name, ON_A_GRAPH[name])
    with pytest.raises(gn.GraphError, match=r"DiGraph or MultiDiGraph, not a|undirected"):
        call(thing)


def test_a_table_that_repeats_an_edge_is_no_networkx_graph() -> None:
    table = gn.GraphTable(["a", "b"], np.array([0, 0]), np.array([1, 1]))
    for call in (gn.GraphTable.to_networkx, gn.graphs.bidirectional):
        with pytest.raises(gn.GraphError, match=r"the table repeats 1 of its edges: .* give edges keys"):
            call(table)


@pytest.mark.parametrize("name", sorted(set(gn.graphs.__all__) - {"from_matrix", "from_torch", "to_torch"}))
def test_a_keyword_that_a_drawing_does_not_know_is_an_error_with_the_nearest(name: str) -> None:
    function = getattr(gn.graphs, name)
    parameters = signature(function).parameters
    for keyword in [
        name for name, each in parameters.items() if each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)
    ]:
        for misspelt in {keyword.removeprefix("n_"), keyword.upper(), f"{keyword}s"} - {*parameters}:
            with pytest.raises(
                TypeError,
                match=rf"{name}\(\) got an unexpected keyword argument '{misspelt}'; did you mean '{keyword}'",
            ):
                function(**{misspelt: 1})
    with pytest.raises(TypeError, match=rf"{name}\(\) got an unexpected keyword argument 'qqq'; it takes "):
        function(qqq=1)
