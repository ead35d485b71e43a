"""What a gradient check found, in the user's own names."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, NamedTuple


class GradientEntry(NamedTuple):
    """One number, computed twice.

    ``kind`` is "weight", "bias", "initial" or "tau", with ``key`` the edge, the node or (``tied``) the name of the tie;
    "input" or "output", with the key (node, sample, step); "state", with the key (node, sample, steps before the
    start); or "direction", with a number.  ``error`` is relative to the largest of the same kind, and infinite where no
    output depends on the number, so that its gradient is 0, and ``backward`` is not.
    """

    kind: str
    key: Any
    tied: bool
    backward: float
    complex_step: float
    error: float

    def __str__(self) -> str:
        name = f"tie {self.key!r}" if self.tied else repr(self.key)
        return f"{self.kind:<9} {name}: {self.backward:.12g}, complex step {self.complex_step:.12g} ({self.error:.1e})"


class WrongDerivative(NamedTuple):
    """Where the derivative of an activation is not that of its function: at a neuron's z, once for each activation.

    ``difference`` is the central difference of the function, to some 6 digits.  Where that agrees with ``derivative``,
    it is the function that a complex step does not go through.
    """

    activation: str
    node: Hashable
    sample: int
    step: int
    z: float
    derivative: float
    complex_step: float
    difference: float

    def __str__(self) -> str:
        where = f"at z = {self.z:.6g} of {self.node!r} (sample {self.sample}, step {self.step})"
        if abs(self.derivative - self.difference) <= 1e-5 * max(1.0, abs(self.difference)):
            return (
                f"activation {self.activation!r}: its function drops the imaginary part {where}, where its derivative "
                f"is {self.derivative:.12g} and the complex step says {self.complex_step:.12g}; use no abs, compare "
                "z.real, and keep z where it is chosen from"
            )
        return (
            f"activation {self.activation!r}: its derivative {where} is {self.derivative:.12g}, but that of its "
            f"function is {self.complex_step:.12g} by complex step and {self.difference:.6g} by difference"
        )


class Kink(NamedTuple):
    """A neuron that stood where its activation has no derivative, the first time; ``times`` is how often.

    What is compared there is the language's convention (relu 0, leaky_relu 0.01, hard_tanh 0 at the kink).
    """

    node: Hashable
    activation: str
    sample: int
    step: int
    z: float
    times: int

    def __str__(self) -> str:
        return (
            f"{self.node!r} stood at the kink of {self.activation} (z = {self.z:.6g}) {self.times} time"
            f"{'s' * (self.times != 1)}, first in sample {self.sample} at step {self.step}: a convention is compared "
            "there, not a derivative"
        )


@dataclass(frozen=True)
class GradientReport:
    """What ``check_gradients`` found.

    Attributes
    ----------
    entries : list of GradientEntry
        Worst first.
    derivatives : list of WrongDerivative
    kinks : list of Kink
        Not a fault, but worth knowing.
    totals : {kind: (how many were compared, how many there are)}
    tolerance : float
    """

    entries: list[GradientEntry]
    derivatives: list[WrongDerivative]
    kinks: list[Kink]
    totals: dict[str, tuple[int, int]]
    tolerance: float

    @property
    def ok(self) -> bool:
        """Whether everything agrees."""
        return not self.derivatives and not self.wrong

    @property
    def wrong(self) -> list[GradientEntry]:
        """The entries that disagree, worst first."""
        return [entry for entry in self.entries if not entry.error <= self.tolerance]

    @property
    def largest_error(self) -> float:
        """The error of the worst entry, 0 without entries."""
        return self.entries[0].error if self.entries else 0.0

    def __str__(self) -> str:
        return self.describe()

    def describe(self, worst: int = 10) -> str:
        """The report in words, with the worst entries."""
        counts = ", ".join(
            f"{compared} {kind} entries" if compared == total else f"{compared} of {total} {kind} entries"
            for kind, (compared, total) in self.totals.items()
            if total
        )
        state = "agree" if self.ok else f"{len(self.wrong)} DISAGREE"
        lines = [f"gradients {state} within {self.tolerance:.0e}, largest error {self.largest_error:.1e}: {counts}"]
        lines += [f"  {derivative}" for derivative in self.derivatives]
        lines += [f"  {kink}" for kink in self.kinks]
        lines += [f"  {entry}" for entry in (self.entries if self.ok else self.wrong)[:worst]]
        return "\n".join(lines)
