"""Shared by the tests of files: drawings, and their comparison."""

from __future__ import annotations

import json
import math
from pathlib import Path

import networkx as nx
import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file


def spelt(graph):
    """All that a drawing says, as text: 1, 1.0 and True differ, so do 0.0 and -0.0, and nan is nan."""
    edges = graph.edges(keys=True, data=True) if graph.is_multigraph() else graph.edges(data=True)
    return repr((type(graph).__name__, graph.graph, list(graph.nodes(data=True)), list(edges)))


def gated_drawing():
    """Parallel synapses between nodes that are tuples, gates that name them, ties, and keys of all kinds."""
    graph = nx.MultiDiGraph(title="a drawing", version=2)
    graph.add_node(("x", 0), role="input", soma=[1.5, -2.0])
    graph.add_node(("h", (0, 1)), layer=1, bias=0.25, initial=0.5, cell="Kenyon")
    graph.add_node(("h", (0, 2)), layer=1, activation="sigmoid", train_bias=False, bias=-0.5)
    graph.add_node(("y", 0), role="output")
    graph.add_edge(("x", 0), ("h", (0, 1)), weight=0.5, tie=("in", 1))
    graph.add_edge(("x", 0), ("h", (0, 2)), tie=("in", 1))
    graph.add_edge(("h", (0, 1)), ("h", (0, 1)), key="self", weight=0.9, delay=2, scale=-1)
    graph.add_edge(("h", (0, 1)), ("y", 0), key=7, gate=("h", (0, 2)), weight=1.0, count=3)
    graph.add_edge(("h", (0, 1)), ("y", 0), key=("late", 3), gate=("h", (0, 2)), gate_delay=1, delay=3)
    graph.add_edge(("h", (0, 2)), ("y", 0), key=2.5, trainable=False)
    return graph


def some_inputs(n_inputs, n_samples=2, n_steps=7):
    """Inputs (n_samples, n_steps, n_inputs), always the same."""
    return np.random.default_rng(5).normal(size=(n_samples, n_steps, n_inputs))


def leftovers(folder):
    """The names in a folder."""
    return sorted(path.name for path in Path(folder).iterdir())


def take_apart(path):
    """The tensors, the JSON and the metadata of a saved network."""
    with safe_open(path, framework="np") as opened:
        tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118 - it is not a dict
        return tensors, json.loads(tensors.pop("json").tobytes()), opened.metadata()


def put_together(path, tensors, document, metadata):
    """Write what `take_apart` gave, changed, with the library's own writer."""
    text = document if isinstance(document, bytes) else json.dumps(document).encode()
    save_file({**tensors, "json": np.frombuffer(text, np.uint8)}, path, metadata)


def drawing_of_all_values(kind):
    """Names and values that formats spell out, some of them under names that formats keep for themselves."""
    graph = kind(name="a drawing", id=[1, (2, None)], node_default="mine")
    graph.add_node("a,b", viz=True, label="Soma", id="x1", bias=1, notes='two\nlines & "quotes"')
    graph.add_node(("é", 7, 0.5, None, True), bias=0.25, role="output", large=2**70, nothing=None)
    graph.add_node("7", bias=-1e-300, activation="tanh", start={"deep": [1, {"x": (2.5, math.nan)}]}, empty=[])
    graph.add_node("", group=("G", 1), initial=0.5, position=[1.5, -2], trainable="0")
    graph.add_edge("a,b", "7", weight=3, delay=2, type="chemical", label="first", id=7, gate=("é", 7, 0.5, None, True))
    graph.add_edge("7", "a,b", weight=0.1, trainable=False, value=2**31, source_of="x", tie="t")
    graph.add_edge("7", "7", weight="heavy", trainable=True, tie=("t", 1), start="", end=" x", x1=-(2**63))
    graph.add_edge("7", "", weight=math.inf, tie=7, pid="\ud800\x00", spells=())
    graph.nodes["a,b"].update(self=1, node_for_adding=2)
    for *_, said in graph.edges(data=True):
        said["u_for_edge"] = 1.5
    if graph.is_multigraph():
        graph.add_edge("a,b", "7", key=("late", 3), weight=1e22)
        graph.add_edge("a,b", "7", key="7", weight=False)
        graph.add_edge("a,b", "7", key="", scale=-1)
    return graph
