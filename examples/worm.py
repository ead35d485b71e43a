"""Nervous system of *C. elegans* as a drawing, for the examples that train it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from pathlib import Path

import networkx as nx

import graphnet as gn

DATA = Path(__file__).parent / "data"
LAYERS = {"sensory": 1, "inter": 2, "other": 2, "motor": 3}


def read_worm() -> nx.DiGraph:
    """Read the 302 neurons and their connections, each with a delay of one step."""
    worm = gn.read_graph(DATA / "celegans.json")
    kinds = dict(worm.nodes(data="kind"))
    nx.set_node_attributes(worm, {neuron: LAYERS[kind] for neuron, kind in kinds.items()}, "layer")
    nx.set_edge_attributes(worm, 1, "delay")
    return worm


def between(worm: nx.DiGraph, inputs: Sequence[Hashable], outputs: Sequence[Hashable]) -> nx.DiGraph:
    """Add inputs that feed every sensory neuron, and outputs that read every motor neuron."""
    kinds = dict(worm.nodes(data="kind"))
    worm.add_nodes_from(inputs, role="input")
    worm.add_nodes_from(outputs, role="output")
    worm.add_edges_from((node, neuron) for neuron, kind in kinds.items() if kind == "sensory" for node in inputs)
    worm.add_edges_from((neuron, node) for neuron, kind in kinds.items() if kind == "motor" for node in outputs)
    return worm
