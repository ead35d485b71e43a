"""Shared by tests of several passes: a shuffled drawing, and the comparison of two networks."""

from __future__ import annotations

import random

import networkx as nx
import numpy as np

import graphnet as gn
from graphnet.testing.property_cases import assert_close
from graphnet.testing.strategies import Sequences


def shuffled(graph: nx.DiGraph, shuffle: random.Random) -> nx.DiGraph:
    """The same nodes and edges in another order."""
    nodes, edges = list(graph.nodes(data=True)), list(graph.edges)
    shuffle.shuffle(nodes)
    shuffle.shuffle(edges)
    other = type(graph)()
    other.add_nodes_from(nodes)
    for edge in edges:
        other.add_edge(*edge, **graph.edges[edge])
    return other


def assert_the_same_network(one: gn.Network, other: gn.Network, graph: nx.DiGraph, batch: Sequences, what: str) -> None:
    """Outputs, every value and all gradients agree to 1e-12."""
    grad_outputs = np.random.default_rng(0).uniform(-1, 1, (*batch.inputs.shape[:2], one.n_outputs))
    found = []
    for net in (one, other):
        run = net.run(batch.inputs, lengths=batch.lengths, record=list(graph))
        back = net.vjp(batch.inputs, grad_outputs, lengths=batch.lengths)
        found.append([run.outputs, *run.recorded.values(), back.parameters, back.inputs])
    for ours, theirs in zip(*found, strict=True):
        assert_close(ours, theirs, 1e-12, what)
