"""Gated units of a network: the neurons whose synapses gates multiply, found from the drawing alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..language.arrays import Array
from ..language.components import strong_components
from ..language.delays import resolve_gates
from ..language.table import GraphTable


@dataclass(frozen=True)
class GatedUnit:
    """Neurons that gates join, such as a cell of an LSTM with its gates.

    Attributes
    ----------
    gates : dict of int to list of int
        Position of each gate, in node order, to the positions of the synapses that it multiplies.
    targets : list of int
        Positions of the neurons that these synapses feed, in node order.
    kept : list of int
        Those of ``targets`` that feed themselves through a gate, and so keep what the gate lets them.
    """

    gates: dict[int, list[int]]
    targets: list[int]
    kept: list[int]


def gated_units(table: GraphTable) -> list[GatedUnit]:
    """Return the gated units of a drawing, in the order of their first neurons.

    A unit is what is joined by gated synapses (source, target and gate) and by plain ones that carry a value on as it
    is: those between sources and targets of gated synapses that are fixed, or that are all that their target reads.

    Parameters
    ----------
    table : GraphTable

    Returns
    -------
    list of GatedUnit

    Examples
    --------
    >>> import graphnet as gn
    >>> table = gn.GraphTable.from_networkx(gn.graphs.lstm(1, 2, 1))
    >>> [[table.nodes[gate] for gate in unit.gates] for unit in gated_units(table)][1]
    [('input_gate', 1), ('forget', 1), ('output_gate', 1)]
    >>> [table.nodes[neuron] for neuron in gated_units(table)[1].targets]
    [('cell', 1), ('hidden', 1)]
    """
    gate = resolve_gates(table)
    edges = np.flatnonzero(gate >= 0)
    if not len(edges):
        return []
    source, target = table.source, table.target
    is_part = np.zeros(table.n_nodes, bool)
    is_part[source[edges]] = is_part[target[edges]] = True
    n_read = np.bincount(target, minlength=table.n_nodes)
    carries = (gate < 0) & is_part[source] & is_part[target] & (~table.edge("trainable") | (n_read[target] == 1))
    joined = np.flatnonzero(carries)
    ends = [(source[edges], target[edges]), (gate[edges], target[edges]), (source[joined], target[joined])]
    start, stop = (np.concatenate(each) for each in zip(*ends, strict=True))
    # both ways, so that strong components are those of a graph without directions
    _, label = strong_components(table.n_nodes, np.append(start, stop), np.append(stop, start))
    is_part[gate[edges]] = True
    parts = np.flatnonzero(is_part)
    first = dict.fromkeys(label[parts].tolist())
    by_label: dict[int, list[int]] = {each: [] for each in first}
    for edge, each in zip(edges.tolist(), label[target[edges]].tolist(), strict=True):
        by_label[each].append(edge)
    return [_unit(np.array(some), source, target, gate) for some in by_label.values()]


def _unit(edges: Array, source: Array, target: Array, gate: Array) -> GatedUnit:
    gates: dict[int, list[int]] = {each: [] for each in np.unique(gate[edges]).tolist()}
    for edge, each in zip(edges.tolist(), gate[edges].tolist(), strict=True):
        gates[each].append(edge)
    kept = np.unique(target[edges[source[edges] == target[edges]]])
    return GatedUnit(gates, np.unique(target[edges]).tolist(), kept.tolist())
