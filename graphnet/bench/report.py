"""What was measured of a network and its peers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .rounds import Timed

FORWARD, STEP = "forward", "training step"
OURSELVES = "graphnet"


@dataclass(frozen=True, eq=False)
class Measurement:
    """One row: who did what, and how long it took.

    Attributes
    ----------
    who : "graphnet" or the name of a peer
    what : "forward" or "training step"
    timed : Timed
    synapse_steps : int
        Synapses times steps of all samples.
    predicted : int or None
        Bytes as ``net.estimate`` has them, or a peer's compiler; None where nobody knows.
    loss : float or None
        Of a training step.
    agrees : bool
        Whether the loss is graphnet's, to rounding.
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
        """Synapse-steps per second."""
        return self.synapse_steps / self.timed.median

    def as_json(self) -> dict[str, Any]:
        """The row of str and numbers."""
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
    """What ``time_network`` measured.

    Attributes
    ----------
    rows : list of Measurement
        graphnet first.
    left_out : {peer: why it took no part}
    failed : {peer: what it raised}
    threads : int
        How many everybody had.
    """

    rows: list[Measurement]
    left_out: dict[str, str]
    failed: dict[str, str]
    threads: int

    def of(self, who: str, what: str) -> Measurement:
        """The row of somebody; a KeyError where there is none."""
        for row in self.rows:
            if (row.who, row.what) == (who, what):
                return row
        raise KeyError((who, what))

    @property
    def wrong(self) -> list[Measurement]:
        """The rows with another loss than graphnet's."""
        return [row for row in self.rows if not row.agrees]

    def as_json(self) -> dict[str, Any]:
        """The benchmark of dicts, lists, str and numbers."""
        rows = [row.as_json() for row in self.rows]
        return {"threads": self.threads, "measured": rows, "left_out": self.left_out, "failed": self.failed}
