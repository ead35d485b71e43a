"""Networks without feedback, and the helpers that the other drawings share."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from itertools import pairwise
from typing import Any

import networkx as nx

from ..errors import GraphError
from ..language.keywords import suggests_keywords

NodeName = tuple[Hashable, ...]
NodeNames = list[Hashable]


@suggests_keywords
def feedforward(
    n_inputs: int, n_hidden: int | Sequence[int], n_outputs: int, *, activation: str = "tanh"
) -> nx.DiGraph:
    """Draw a feedforward network of fully connected layers.

    Synapses run inputs -> hidden (-> hidden ...) -> outputs, all forward and without delay.  The network has no
    feedback and no memory: its outputs at a step depend on the inputs of that step only.

    Parameters
    ----------
    n_inputs : int
        Number of input nodes.
    n_hidden : int or sequence of int
        Number of neurons of the hidden layer, named ``("hidden", i)``, or of several hidden layers, named ``("hidden",
        layer, i)`` with layers counted from 1.
    n_outputs : int
        Number of output nodes.
    activation : str
        Activation of the hidden neurons; outputs are linear.

    Returns
    -------
    networkx.DiGraph
        Its weights are open: ``graphnet.compile`` draws them.

    Raises
    ------
    GraphError
        If a size is not a whole number >= 1 (>= 0 for inputs).

    Examples
    --------
    >>> feedforward(2, [4, 3], 1).number_of_edges()
    23
    """
    return draw_layers(n_inputs, n_hidden, n_outputs, activation)[0]


def draw_layers(
    n_inputs: int, n_hidden: int | Sequence[int], n_outputs: int, activation: str
) -> tuple[nx.DiGraph, list[NodeNames]]:
    """Return a feedforward drawing and its layers of nodes, from inputs to outputs."""
    several, sizes = read_sizes("n_hidden", n_hidden)
    check_size("n_inputs", n_inputs, 0)
    check_size("n_outputs", n_outputs, 1)
    graph = nx.DiGraph()
    layers = [add_inputs(graph, n_inputs)]
    for number, size in enumerate(sizes, 1):
        layer: NodeNames = [("hidden", number, i) if several else ("hidden", i) for i in range(size)]
        graph.add_nodes_from(layer, layer=number, activation=activation)
        layers.append(layer)
    for sources, targets in pairwise(layers):
        connect_all(graph, sources, targets)
    layers.append(add_readout(graph, layers[-1], n_outputs))
    return graph, layers


def check_size(name: str, size: Any, least: int) -> None:
    """Raise a GraphError that names the size if it is not a whole number >= ``least``."""
    if isinstance(size, bool) or not hasattr(size, "__index__") or size < least:
        raise GraphError(f"{name}={size!r} is not a whole number >= {least}")


def read_sizes(name: str, sizes: int | Sequence[int], least: int = 1) -> tuple[bool, list[int]]:
    """Return True if a sequence was given, and the list of sizes; raise a GraphError if one is not a whole number."""
    several = not isinstance(sizes, str) and hasattr(sizes, "__iter__")
    listed: list[int] = list(sizes) if several else [sizes]  # type: ignore[arg-type, list-item]
    for size in listed:
        check_size(name, size, least)
    if not listed:
        raise GraphError(f"{name} is empty: give at least one")
    return several, listed


def add_inputs(graph: nx.DiGraph, n_inputs: int) -> NodeNames:
    """Add the input nodes ``("input", i)`` and return them."""
    inputs: NodeNames = [("input", i) for i in range(n_inputs)]
    graph.add_nodes_from(inputs, role="input")
    return inputs


def add_readout(graph: nx.DiGraph, sources: Iterable[Hashable], n_outputs: int) -> NodeNames:
    """Add the output nodes ``("output", i)``, fed by all sources, and return them."""
    outputs: NodeNames = [("output", i) for i in range(n_outputs)]
    graph.add_nodes_from(outputs, role="output")
    connect_all(graph, sources, outputs)
    return outputs


def connect_all(graph: nx.DiGraph, sources: Iterable[Hashable], targets: Sequence[Hashable]) -> None:
    """Add a synapse from each source to each target."""
    graph.add_edges_from((source, target) for source in sources for target in targets)
