"""The report of a benchmark of a network and its peers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .rounds import Timed

FORWARD, STEP = "forward", "training step"
OURSELVES = "graphnet"


@dataclass(frozen=True, eq=False)
class Measurement:
    """One row of a benchmark: a computation by graphnet or by a peer.

    Attributes
    ----------
    who : "graphnet" or the name of a peer
    what : "forward" or "training step"
    timed : Timed
    synapse_steps : int
        Synapses times steps of all samples.
    predicted : int or None
        Bytes that ``net.estimate`` or a peer's compiler predicts; None where neither does.
    loss : float or None
        The loss of a training step.
    agrees : bool
        True if the loss is that of graphnet up to rounding.
    """

    who: str
    what: str
    timed: Timed
    synapse_steps: int
    predicted: int | None
    loss: float | None
    agrees: bool

    @property
    def rate(self) -> float:
        """The number of synapse-steps per second."""
        return self.synapse_steps / self.timed.median

    def as_json(self) -> dict[str, Any]:
        """Return the row as a dict of str and numbers."""
        return {
            "who": self.who,
            "what": self.what,
            "ms": 1e3 * self.timed.median,
            "spread": self.timed.spread,
            "rounds": len(self.timed.seconds),
            "synapse_steps_per_second": self.rate,
            "memory": self.timed.memory,
            "memory_predicted": self.predicted,
            "loss": self.loss,
            "agrees": self.agrees,
        }


@dataclass(frozen=True, eq=False)
class Benchmark:
    """The measurements of ``time_network``.

    Attributes
    ----------
    rows : list of Measurement
        graphnet first.
    left_out : {peer: reason}
    failed : {peer: error}
    threads : int
        Number of threads of graphnet and of each peer.
    """

    rows: list[Measurement]
    left_out: dict[str, str]
    failed: dict[str, str]
    threads: int

    def of(self, who: str, what: str) -> Measurement:
        """Return the row of graphnet or of a peer; raise a KeyError where it is missing."""
        for row in self.rows:
            if (row.who, row.what) == (who, what):
                return row
        raise KeyError((who, what))

    @property
    def wrong(self) -> list[Measurement]:
        """The rows whose loss differs from that of graphnet."""
        return [row for row in self.rows if not row.agrees]

    def as_json(self) -> dict[str, Any]:
        """Return the benchmark as dicts, lists, str and numbers."""
        rows = [row.as_json() for row in self.rows]
        return {"threads": self.threads, "measured": rows, "left_out": self.left_out, "failed": self.failed}
