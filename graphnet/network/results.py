"""Results of the methods of a network that are more than one array."""

from __future__ import annotations

from collections.abc import Hashable
from typing import NamedTuple

from scipy.sparse import csr_array

from ..execute.contract import State
from ..language.arrays import Array
from ..language.brief import one_line


class Run(NamedTuple):
    """Result of ``run`` with ``record`` or ``return_state``.

    ``outputs`` (n_samples, n_steps, n_outputs), ``recorded`` {node: (n_samples, n_steps)}, ``state`` after the last
    step.
    """

    outputs: Array
    recorded: dict[Hashable, Array]
    state: State | None

    def __repr__(self) -> str:
        return one_line(self)


class Cotangents(NamedTuple):
    """Gradients of a scalar: of ``parameters``, of ``inputs`` (n_samples, n_steps, n_inputs), of the ``state``."""

    parameters: Array
    inputs: Array
    state: State | None

    def __repr__(self) -> str:
        return one_line(self)


class GatedSynapse(NamedTuple):
    """A synapse that is multiplied by the value of a node, its gate; ``value`` is scale * w."""

    key: tuple[Hashable, ...]
    delay: int
    gate: Hashable
    gate_delay: int
    value: float


class Matrices(dict[int, csr_array]):
    """{delay: W[target, source]} in node order; ``gated`` lists the gated synapses, which no constant matrix holds."""

    gated: list[GatedSynapse]

    def __repr__(self) -> str:
        most = 6
        delays = ", ".join(map(str, list(self)[:most])) + ", ..." * (len(self) > most)
        return f"<graphnet.Matrices: delays {delays or 'none'}, {len(getattr(self, 'gated', ()))} gated synapses>"
