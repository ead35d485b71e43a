"""Networks without feedback: every synapse goes to a later layer and takes no step."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from itertools import pairwise
from typing import Any

import networkx as nx

from ..errors import GraphError

Layer = list[tuple[Hashable, ...]]


def feedforward(
    n_inputs: int, n_hidden: int | Sequence[int], n_outputs: int, *, activation: str = "tanh"
) -> nx.DiGraph:
    """Draw layers of neurons, each fed by all of the one before it.

    Its synapses are inputs -> hidden (-> hidden ...) -> outputs, all forward, so it has no feedback and no memory: its
    outputs at a step depend on the inputs of that step alone.

    Parameters
    ----------
    n_inputs, n_outputs : int
    n_hidden : int or sequence of int
        One hidden layer, named ``("hidden", i)``, or several, named ``("hidden", layer, i)`` from layer 1 on.
    activation : str
        Of the hidden neurons; outputs are linear.

    Returns
    -------
    networkx.DiGraph
        Its weights are open: ``graphnet.compile`` draws them.

    Raises
    ------
    GraphError
        If a number of nodes is not a whole number >= 0 (>= 1 for outputs and hidden layers).

    Examples
    --------
    >>> feedforward(2, [4, 3], 1).number_of_edges()
    23
    """
    return draw_layers(n_inputs, n_hidden, n_outputs, activation)[0]


def draw_layers(
    n_inputs: int, n_hidden: int | Sequence[int], n_outputs: int, activation: str
) -> tuple[nx.DiGraph, list[Layer]]:
    """A feedforward drawing and its layers of nodes, inputs first, which other drawings add synapses to."""
    several = not isinstance(n_hidden, int) and hasattr(n_hidden, "__iter__")
    sizes: list[int] = list(n_hidden) if several else [n_hidden]  # type: ignore[arg-type, list-item]
    for name, size, least in [
        ("n_inputs", n_inputs, 0),
        ("n_outputs", n_outputs, 1),
        *(("n_hidden", s, 1) for s in sizes),
    ]:
        check_size(name, size, least)
    if not sizes:
        raise GraphError("n_hidden has no layers: give at least one")
    graph = nx.DiGraph()
    layers: list[Layer] = [[("input", i) for i in range(n_inputs)]]
    graph.add_nodes_from(layers[0], role="input")
    for number, size in enumerate(sizes, 1):
        layer: Layer = [("hidden", number, i) if several else ("hidden", i) for i in range(size)]
        graph.add_nodes_from(layer, layer=number, activation=activation)
        layers.append(layer)
    layers.append([("output", i) for i in range(n_outputs)])
    graph.add_nodes_from(layers[-1], role="output")
    for sources, targets in pairwise(layers):
        connect_all(graph, sources, targets)
    return graph, layers


def check_size(name: str, size: Any, least: int) -> None:
    """Raise a GraphError that names the size where it is not a whole number of at least ``least``."""
    if isinstance(size, bool) or not hasattr(size, "__index__") or size < least:
        raise GraphError(f"{name}={size!r} is not a whole number >= {least}")


def connect_all(graph: nx.DiGraph, sources: Iterable[Hashable], targets: Sequence[Hashable]) -> None:
    """Add a synapse from each of the sources to each of the targets."""
    graph.add_edges_from((source, target) for source in sources for target in targets)
