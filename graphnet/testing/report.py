"""What a gradient check found, in the user's own names."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..io.json_values import UnwritableError, encode_name

CLOSE = 1e-5
"""How well a central difference knows a derivative."""

_PLURALS = {"bias": "biases", "initial": "initial values"}
_NAMES = frozenset({"key", "node"})


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

    @property
    def name(self) -> str:
        """What the number belongs to, as people read it.

        >>> GradientEntry("weight", ("a", "b", 1), False, 0.5, 0.5, 0.0).name
        "'a' -> 'b', key 1"
        >>> GradientEntry("state", ("a", 0, 2), False, 0.5, 0.5, 0.0).name
        "'a', sample 0, 2 steps before the start"
        """
        if self.tied:
            return f"tie {self.key!r}"
        if self.kind == "weight":
            source, target, *parallel = self.key
            return f"{source!r} -> {target!r}{''.join(f', key {key!r}' for key in parallel)}"
        if self.kind in ("input", "output", "state"):
            node, sample, when = self.key
            at = f"{_counted(when, 'step')} before the start" if self.kind == "state" else f"step {when}"
            return f"{node!r}, sample {sample}, {at}"
        if self.kind == "direction":
            return f"everything at once, number {self.key}"
        return repr(self.key)

    @property
    def severity(self) -> float:
        """What to sort by: the error, infinite where it is no number."""
        return math.inf if math.isnan(self.error) else self.error

    def __str__(self) -> str:
        numbers = f"backward {self.backward:.12g}, complex step {self.complex_step:.12g}"
        if math.isinf(self.error) and self.complex_step == 0:
            return f"{self.kind} {self.name}: {numbers}; no output depends on it, so it has to be 0"
        return f"{self.kind} {self.name}: {numbers}, relative error {self.error:.1e}"


class WrongDerivative(NamedTuple):
    """Where the derivative of an activation is not that of its function: at a neuron's z, once for each activation.

    ``difference`` is the central difference of the function, to some 6 digits.
    """

    activation: str
    node: Hashable
    sample: int
    step: int
    z: float
    derivative: float
    complex_step: float
    difference: float

    @property
    def drops_imaginary(self) -> bool:
        """Whether a complex step does not go through the function, so that nothing is said about the derivative."""
        return not abs(self.complex_step - self.difference) <= CLOSE * max(1.0, abs(self.difference))

    def __str__(self) -> str:
        what, advice = "its derivative is not that of its function", ""
        if self.drops_imaginary:
            what = "its function drops the imaginary part, which a gradient check needs"
            advice = "; use no abs, compare z.real, and keep z where it is chosen from"
        return (
            f"activation {self.activation!r}: {what}, at z = {self.z:.6g} of {self.node!r} (sample {self.sample}, "
            f"step {self.step}): derivative {self.derivative:.12g}, complex step {self.complex_step:.12g}, "
            f"difference {self.difference:.6g}{advice}"
        )


class Kink(NamedTuple):
    """A neuron that stood where its activation has no derivative, the first time; ``times`` is how often, all starts
    together.

    What is compared there is the language's convention (relu 0, leaky_relu 0.01, hard_tanh 0 at the kink).  ``exact``
    is whether it stood there to the last digit each time: where not, sums in real and in complex numbers, which round
    differently, may take it to different sides.
    """

    node: Hashable
    activation: str
    sample: int
    step: int
    z: float
    times: int
    exact: bool

    def __str__(self) -> str:
        meaning = "a convention is compared there, not a derivative"
        if not self.exact:
            meaning += "; rounding takes it to one side or the other, and what disagrees may be that: move its bias"
        return (
            f"{self.node!r} stood at the kink of {self.activation} (z = {self.z:.6g}) {_counted(self.times, 'time')}, "
            f"first in sample {self.sample} at step {self.step}: {meaning}"
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
        """The report in words, with so many of the entries that disagree, worst first, and of neurons at kinks."""
        wrong = self.wrong
        if wrong:
            verdict = f"gradients DISAGREE in {len(wrong)} of {_counted(len(self.entries), 'number')}"
        else:
            verdict = f"gradients agree{', but not everything an activation says' * bool(self.derivatives)}"
        compared = ", ".join(
            f"{some} of {_counted(there, kind)}" if some < there else _counted(there, kind)
            for kind, (some, there) in self.totals.items()
            if there
        )
        lines = [
            f"{verdict}, largest relative error {self.largest_error:.1e} (tolerance {self.tolerance:.0e})",
            f"compared: {compared or 'nothing'}",
        ]
        for found in (self.derivatives, self.kinks, wrong):
            lines += map(str, found[:worst])
            if len(found) > worst:
                lines.append(f"and {len(found) - worst} more")
        return "\n  ".join(lines)

    def as_json(self, worst: int = 10) -> dict[str, Any]:
        """The report of dicts, lists, str and numbers: in names tuples are lists, as in files of drawings.

        ``wrong`` has every entry that disagrees, ``worst`` the worst of all.
        """
        return {
            "ok": self.ok,
            "tolerance": self.tolerance,
            "largest_error": self.largest_error,
            "totals": {kind: {"compared": some, "there": there} for kind, (some, there) in self.totals.items()},
            "wrong": [_as_json(entry) for entry in self.wrong],
            "worst": [_as_json(entry) for entry in self.entries[:worst]],
            "derivatives": [_as_json(derivative) for derivative in self.derivatives],
            "kinks": [_as_json(kink) for kink in self.kinks],
        }


def _as_json(row: GradientEntry | WrongDerivative | Kink) -> dict[str, Any]:
    return {column: _name_as_json(value) if column in _NAMES else value for column, value in row._asdict().items()}


def _name_as_json(name: Any) -> Any:
    """The name as a file has it; what no file can hold as it is printed."""
    if isinstance(name, tuple):
        return [_name_as_json(part) for part in name]
    try:
        return encode_name(name)
    except UnwritableError:
        return repr(name)


def _counted(number: int, what: str) -> str:
    return f"{number} {what if number == 1 else _PLURALS.get(what, f'{what}s')}"
