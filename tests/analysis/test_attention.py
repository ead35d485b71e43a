"""Attention heads: softmax groups over lags, and no others."""

from __future__ import annotations

import networkx as nx
import numpy as np

import graphnet as gn
from graphnet.analysis.attention import Head, attention_heads
from graphnet.analysis.recording import record_sample


def heads_of(graph: nx.DiGraph) -> list[Head]:
    return attention_heads(gn.GraphTable.from_networkx(graph))


def test_heads_of_a_transformer() -> None:
    graph = gn.graphs.transformer(2, 1, width=4, n_heads=2, window=5, n_layers=2)
    heads = heads_of(graph)
    assert [head.group for head in heads] == [("score", layer, head) for layer in (1, 2) for head in (0, 1)]
    nodes = list(graph)
    for head in heads:
        assert head.lags.tolist() == head.onset.tolist() == list(range(5))
        assert [nodes[i] for i in head.nodes] == [(*head.group, lag) for lag in range(5)]
        assert not head.reverse


def test_weights_of_a_head_sum_to_1() -> None:
    net = gn.compile(gn.graphs.attention(2, 1, n_heads=2, width=4, window=5), seed=0)
    inputs = np.random.default_rng(0).normal(size=(1, 9, 2))
    for head in attention_heads(net.to_table()):
        weights = record_sample(net, inputs, head.nodes).values
        seen = np.arange(9) >= head.onset[:, None]
        np.testing.assert_allclose(np.where(seen, weights, 0).sum(axis=0), 1)


def test_lags_are_sorted_and_count_the_delay_of_the_gate() -> None:
    graph = nx.MultiDiGraph([("x", "a"), ("x", "b"), ("x", "y")])
    graph.add_node("x", role="input")
    graph.add_nodes_from("ab", activation="softmax", group="both", layer=0)
    graph.add_node("y", role="output")
    graph.add_edge("x", "y", delay=5, gate="a", gate_delay=1)
    graph.add_edge("x", "y", delay=2, gate="b", gate_delay=0)
    (head,) = heads_of(graph)
    assert (head.group, head.lags.tolist(), head.nodes.tolist()) == ("both", [2, 4], [2, 1])


def test_other_groups_are_no_heads() -> None:
    assert heads_of(gn.graphs.lstm(1, 2, 1)) == []
    graph = nx.DiGraph([("x", "a"), ("x", "b"), ("x", "y"), ("x", "z")])
    graph.add_node("x", role="input")
    graph.add_nodes_from("ab", activation="softmax", group="both", layer=0)
    graph.add_nodes_from("yz", role="output")
    assert heads_of(graph) == []  # they gate nothing
    graph.edges["x", "y"]["gate"] = "a"
    assert heads_of(graph) == []  # one of them gates nothing
    graph.edges["x", "z"]["gate"] = "b"
    assert heads_of(graph) == []  # two gate the same lag: experts, not steps
    graph.edges["x", "z"]["delay"] = 3
    assert [head.lags.tolist() for head in heads_of(graph)] == [[0, 3]]
    nx.set_node_attributes(graph, {"a": "standardize", "b": "standardize"}, "activation")
    assert heads_of(graph) == []
