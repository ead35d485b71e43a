"""What the methods of a network give back when it is more than one array."""

from __future__ import annotations

from collections.abc import Hashable
from typing import NamedTuple

from scipy.sparse import csr_array

from ..execute.contract import State
from ..language.table import Array


class Run(NamedTuple):
    """What ``run`` gives back when more than outputs is asked for.

    ``outputs`` (n_samples, n_steps, n_outputs), ``recorded`` {node: (n_samples, n_steps)}, ``state`` after the last
    step.
    """

    outputs: Array
    recorded: dict[Hashable, Array]
    state: State | None


class Cotangents(NamedTuple):
    """Gradients of a scalar: of ``parameters``, of ``inputs`` (n_samples, n_steps, n_inputs), of the ``state``."""

    parameters: Array
    inputs: Array
    state: State | None


class GatedSynapse(NamedTuple):
    """A synapse that a node's value multiplies; ``value`` is scale * w."""

    key: tuple[Hashable, ...]
    delay: int
    gate: Hashable
    gate_delay: int
    value: float


class Matrices(dict[int, csr_array]):
    """{delay: W[target, source]} in node order; ``gated`` lists the synapses that no constant matrix holds."""

    gated: list[GatedSynapse]
