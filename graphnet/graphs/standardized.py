"""Standardisation inside a drawing: raw inputs and outputs outside, standardised numbers within."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import networkx as nx
import numpy as np

from ..errors import DataError, GraphError
from ..language.arrays import Array
from ..language.checks import INSTEAD_OF_MASKS, as_array, read_array, read_lengths, valid_steps
from ..language.keywords import suggests_keywords
from ..language.table import GraphTable, check_directed
from ..language.validation import check_attributes
from ..losses import check_weights
from .standardized_tables import STANDARDIZED_EDGES, STANDARDIZED_NODES, Moments, standardize_table


@suggests_keywords
def standardized(graph: Any, inputs: Any, targets: Any = None, *, lengths: Any = None, weights: Any = None) -> Any:
    """Add neurons to a drawing that standardise its inputs and rescale its outputs to the units of the data.

        ("standardized", input)(t) = (input(t) - mean) / deviation          output(t) = mean + deviation * out(t)

    Inputs and outputs keep their names and order, and are in the units of the data; each output of the given drawing
    becomes the hidden neuron ``("standardized", output)``.  Means and deviations are not learnt.  A constant column has
    deviation 1: it is only shifted.

    Parameters
    ----------
    graph : networkx.DiGraph, networkx.MultiDiGraph or GraphTable
        The drawing that computes with standardised numbers.
    inputs : array (n_samples, n_steps, n_inputs)
        Inputs to take mean and deviation of, for each column.
    targets : array (n_samples, n_steps, n_outputs) or (n_samples, n_outputs), optional
        Targets to take mean and deviation of.  Outputs are not rescaled without targets, or if targets are classes.
    lengths : array (n_samples,), optional
        Number of steps of each sequence; later ones are left out.
    weights : array (n_samples,) or (n_samples, n_steps), optional
        Weights of the loss; targets of weight 0 are left out.

    Returns
    -------
    networkx.DiGraph, networkx.MultiDiGraph or GraphTable
        As ``graph`` is.

    Raises
    ------
    DataError
        If the number of columns is not the number of inputs or outputs, or mean and deviation are not finite.
    GraphError
        If a new name is already taken.

    References
    ----------
    LeCun, Y., Bottou, L., Orr, G. B. & Mueller, K.-R. (1998). Efficient backprop. In Neural networks: tricks of the
    trade.  Section 4.3.

    Examples
    --------
    >>> import graphnet as gn
    >>> years = np.array([[[100.0], [120.0], [140.0]]])
    >>> net = gn.compile(standardized(gn.graphs.elman(1, 2, 1), years), seed=0)
    >>> values = net.run(years, record=[("standardized", ("input", 0))]).recorded["standardized", ("input", 0)]
    >>> values.round(3).tolist()
    [[-1.225, 0.0, 1.225]]
    """
    nodes = _nodes_with_roles(graph)
    array = as_array(inputs, "inputs", np.dtype(np.float64), INSTEAD_OF_MASKS)
    if array.ndim != 3 or array.shape[2] != len(nodes["input"]):
        raise DataError(f"inputs: shape {array.shape}; the drawing has {len(nodes['input'])} inputs")
    steps = read_lengths(lengths, *array.shape[:2])
    mask = valid_steps(steps, array.shape[1])
    known: Any = graph.index if isinstance(graph, GraphTable) else graph
    for node in (*nodes["input"], *nodes["output"]):
        if ("standardized", node) in known:
            raise GraphError(f"standardized: {('standardized', node)!r} is a node of the graph already")
    of_inputs = list(zip(nodes["input"], *_moments("inputs", array[mask]), strict=True))
    of_outputs: list[Moments] = []
    if targets is not None and read_array(targets, "targets", INSTEAD_OF_MASKS).dtype.kind not in "biu":
        wanted = as_array(targets, "targets", np.dtype(np.float64))
        if wanted.shape[-1] != len(nodes["output"]) or wanted.ndim not in (2, 3):
            raise DataError(f"targets: shape {wanted.shape}; the drawing has {len(nodes['output'])} outputs")
        counted = mask if wanted.ndim == 3 else np.ones(len(wanted), bool)
        if weights is not None:
            weighed = check_weights(weights, mask) > 0
            counted = counted & (weighed if wanted.ndim == 3 else weighed[np.arange(len(mask)), steps - 1])
        of_outputs = list(zip(nodes["output"], *_moments("targets", wanted[counted]), strict=True))
    if isinstance(graph, GraphTable):
        return standardize_table(graph, of_inputs, of_outputs)
    drawn = graph.copy()
    layers = [said.get("layer") or 0 for _, said in graph.nodes(data=True) if said.get("role") != "input"]
    for node, mean, deviation in of_inputs:
        _insert_after(drawn, node, mean, deviation, min(layers, default=0) - 1)
    for node, mean, deviation in of_outputs:
        drawn = _insert_before(drawn, node, mean, deviation, max(layers, default=0) + 1)
    return drawn


def _nodes_with_roles(graph: Any) -> dict[str, list[Hashable]]:
    """Return the inputs and the outputs of a drawing."""
    if isinstance(graph, GraphTable):
        check_attributes(graph, nodes=STANDARDIZED_NODES, edges=STANDARDIZED_EDGES)
        found = {role: np.flatnonzero(graph.has_role(role)).tolist() for role in ("input", "output")}
        return {role: [graph.nodes[i] for i in rows] for role, rows in found.items()}
    check_directed(graph)
    return {role: [n for n, said in graph.nodes(data="role") if said == role] for role in ("input", "output")}


def _moments(what: str, values: Array) -> tuple[list[float], list[float]]:
    """Return mean and deviation of each column of (n, n_columns); the deviation of a constant column is 1."""
    if not len(values):
        raise DataError("standardized: no numbers to take the mean of")
    with np.errstate(over="ignore", invalid="ignore"):
        # less the first of them, so that the deviation of a constant column is exactly 0
        shifted = values - values[0]
        mean, deviation = values[0] + shifted.mean(axis=0), shifted.std(axis=0)
    if not np.isfinite([mean, deviation]).all():
        raise DataError(f"standardized: {what} are not finite, or too large for their deviation to be finite")
    return mean.tolist(), np.where(deviation > 0, deviation, 1.0).tolist()


def _insert_after(graph: nx.DiGraph, node: Hashable, mean: float, deviation: float, layer: float) -> None:
    """Move the outgoing synapses and gates of an input to a neuron with its standardised value."""
    scaled = ("standardized", node)
    graph.add_node(scaled, layer=layer, activation="identity", bias=-mean / deviation, train_bias=False)
    if "sign" in graph.nodes[node]:  # it belongs to the outgoing synapses, which have moved
        graph.nodes[scaled]["sign"] = graph.nodes[node].pop("sign")
    for _, target, *key, said in list(_edges(graph, node)):
        graph.remove_edge(node, target, *key)
        graph.add_edges_from([(scaled, target, *key, said)])
    _regate(graph, node, scaled)
    graph.add_edge(node, scaled, weight=1.0 / deviation, trainable=False, delay=0)


def _insert_before(graph: nx.DiGraph, node: Hashable, mean: float, deviation: float, layer: float) -> nx.DiGraph:
    """Return the drawing with an output turned into a hidden neuron, and a new output with its raw value."""
    scaled = ("standardized", node)
    said = dict(graph.nodes[node])
    order = list(graph)
    renamed = nx.relabel_nodes(graph, {node: scaled})
    _regate(renamed, node, scaled)
    own = renamed.nodes[scaled]
    del own["role"]
    own.setdefault("activation", "identity")
    own.setdefault("layer", layer)
    renamed.add_node(node, role="output", bias=mean, train_bias=False, reverse=said.get("reverse", False))
    # a sign of the neuron is one of its own synapses, not of the new one
    renamed.add_edge(scaled, node, weight=deviation, sign=0, trainable=False, delay=0)
    drawn: nx.DiGraph = type(graph)(**graph.graph)
    drawn.add_nodes_from((each, renamed.nodes[each]) for each in (*order, scaled))
    drawn.add_edges_from(renamed.edges(keys=True, data=True) if graph.is_multigraph() else renamed.edges(data=True))
    return drawn


def _regate(graph: nx.DiGraph, old: Hashable, new: Hashable) -> None:
    for *_, said in graph.edges(data=True):
        if said.get("gate") == old:
            said["gate"] = new


def _edges(graph: nx.DiGraph, node: Hashable) -> Any:
    return graph.out_edges(node, keys=True, data=True) if graph.is_multigraph() else graph.out_edges(node, data=True)
