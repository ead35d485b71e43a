"""Numbers and features of neurons: the tables that the passes and the executors loop over.

A number is a value in the flat vector that neurons read, as ``bias``.  A feature is what makes neurons of one kind, so
that an executor has code for it, as ``leak``.  What is added to a table reaches the parameters, the program and the
segments by its name.  The equation that uses it is written in each executor; compiled kernels also need an array for
its values or gradients in ``execute/fast``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..language.arrays import Array
from ..language.schema import LEAST_LEAK
from ..language.table import GraphTable

Mask = Callable[[GraphTable], Array]


@dataclass(frozen=True, slots=True)
class NeuronNumber:
    """A number that a neuron may have; node attribute, kind of parameter and column of the program share its name.

    ``has`` gives the nodes that have it, (n_nodes,) bool.  ``trained_by`` is the node attribute that makes it a
    parameter.  ``otherwise`` is the value of nodes without one, and ``least`` and ``most``
    the bounds of a learnt one; all take ``dt``.  Neurons of one tie share it.
    """

    has: Mask
    trained_by: str
    otherwise: Callable[[float], float]
    least: Callable[[float], float] = lambda dt: -np.inf
    most: Callable[[float], float] = lambda dt: np.inf


def is_neuron(table: GraphTable) -> Array:
    """Nodes that are not inputs, (n_nodes,) bool."""
    return ~table.has_role("input")


def has_tau(table: GraphTable) -> Array:
    """Continuous-time neurons, (n_nodes,) bool."""
    return table.node_gives("tau")


def has_leak(table: GraphTable) -> Array:
    """Neurons that keep part of their last value, or may learn to, (n_nodes,) bool."""
    return np.asarray((table.node("leak") != 1) | table.node("train_leak"))


def has_onset(table: GraphTable) -> Array:
    """Neurons that start later than their sequence, (n_nodes,) bool."""
    return np.asarray(table.node("onset") != 0)


NUMBERS: dict[str, NeuronNumber] = {
    "bias": NeuronNumber(is_neuron, "train_bias", lambda dt: 0.0),
    "initial": NeuronNumber(is_neuron, "train_initial", lambda dt: 0.0),
    "tau": NeuronNumber(has_tau, "train_tau", lambda dt: dt, lambda dt: dt),
    "leak": NeuronNumber(has_leak, "train_leak", lambda dt: 1.0, lambda dt: LEAST_LEAK, lambda dt: 1.0),
}
"""By name, in the order of the kinds of parameters."""

FEATURES: dict[str, Mask] = {"tau": has_tau, "leak": has_leak, "onset": has_onset}
"""The nodes that have each feature, by its name; all members of a group have it if one does."""


def has_own_past(table: GraphTable) -> Array:
    """Neurons that read their own value, or state, of one step ago without a synapse, (n_nodes,) bool."""
    return has_tau(table) | has_leak(table)
