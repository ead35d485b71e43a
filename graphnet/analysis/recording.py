"""Recordings: the values of some neurons over one sequence of a batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import networkx as nx
import numpy as np

from ..errors import DataError
from ..language.arrays import Array
from ..language.brief import one_line
from ..language.checks import read_inputs, whole_number
from ..language.table import GraphTable
from ..network.network import Network


@dataclass(frozen=True, eq=False)
class Recording:
    """Values of neurons over one sequence.

    Attributes
    ----------
    inputs : (n_steps, n_inputs)
    values : (n_recorded, n_steps)
    n_padded : int
        Number of steps that the longest sequence may have; ``n_steps`` is that of this one.
    """

    inputs: Array
    values: Array
    n_padded: int

    __repr__ = one_line

    @property
    def n_steps(self) -> int:
        """Number of steps of the sequence."""
        return len(self.inputs)

    @property
    def ends_early(self) -> bool:
        """True if the sequence is shorter than the arrays of its batch."""
        return self.n_steps < self.n_padded


def check_network(net: Any, caller: str) -> Network:
    """Return a network; raise a DataError for anything else."""
    if not isinstance(net, Network):
        is_drawing = isinstance(net, nx.Graph | GraphTable)
        hint = ": gn.compile(graph) makes one of a drawing" if is_drawing else ""
        raise DataError(f"{caller}: net is a {type(net).__name__}, not a Network{hint}")
    return net


def record_sample(net: Network, inputs: Any, nodes: Array, *, sample: Any = 0, lengths: Any = None) -> Recording:
    """Run one sequence of a batch and return the values of some nodes, inputs included.

    Parameters
    ----------
    net : Network
    inputs : (n_samples, n_steps, n_inputs)
        All of it is checked.
    nodes : (n_recorded,)
        Positions of nodes, without repeats.
    sample : int
        Position of the sequence.
    lengths : (n_samples,), optional
        Number of steps of each sequence.

    Raises
    ------
    DataError
        If the inputs or lengths do not fit, or the sample does not exist.

    Examples
    --------
    >>> import graphnet as gn
    >>> net = gn.compile(gn.graphs.direct(1, 2, 1), seed=0)
    >>> record_sample(net, np.ones((4, 5, 1)), np.array([1, 2]), sample=3, lengths=[5, 5, 5, 2])
    Recording(inputs=<float64 (2, 1)>, values=<float64 (2, 2)>, n_padded=5)
    """
    array, steps, _ = read_inputs(inputs, lengths, net.n_inputs, net.dtype)
    sample = whole_number(sample, "sample", 0)
    if sample >= len(array):
        raise DataError(f"sample is {sample}: the data have samples 0 to {len(array) - 1}")
    sequence = array[sample, : steps[sample]]
    table = net.to_table()
    names = [table.nodes[i] for i in nodes.tolist()]
    # what no longer is a number is shown, and not warned of
    with np.errstate(over="ignore", invalid="ignore"):
        recorded = net.run(sequence[np.newaxis], record=names).recorded
    values = np.empty((len(names), len(sequence)), net.dtype)
    for row, name in enumerate(names):
        values[row] = recorded[name][0]
    return Recording(sequence, values, array.shape[1])
