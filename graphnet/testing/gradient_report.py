"""Report of a gradient check, in the names of the user's nodes and edges."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..io.json_values import UnwritableError, encode_name
from ..language.brief import one_line

CLOSE = 1e-5
"""Relative accuracy of a central difference."""

_PLURALS = {"bias": "biases", "initial": "initial values"}
_NAMES = frozenset({"key", "node"})


class GradientEntry(NamedTuple):
    """A gradient computed by back-propagation and by complex step.

    Attributes
    ----------
    kind : str
        "weight", "bias", "initial", "tau", "leak", "input", "output", "state" or "direction".
    key : object
        For a weight the edge; for a bias, initial value, time constant or leak the node; for these, if ``tied``, the
        name of the tie.  For an input or output (node, sample, step), for a state (node, sample, steps before the
        start), for a direction its number.
    tied : bool
    backward, complex_step : float
        The two results.
    error : float
        Their difference relative to the largest entry of the same kind.  Infinite if no output depends on the number,
        so that its gradient is 0, and ``backward`` is not 0.
    """

    kind: str
    key: Any
    tied: bool
    backward: float
    complex_step: float
    error: float

    @property
    def name(self) -> str:
        """Readable name of the edge, node, tie, step or direction that the gradient belongs to.

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
            return f"all numbers together, number {self.key}"
        return repr(self.key)

    @property
    def severity(self) -> float:
        """Error to sort by: infinite if the error is NaN."""
        return math.inf if math.isnan(self.error) else self.error

    def __str__(self) -> str:
        numbers = f"backward {self.backward:.12g}, complex step {self.complex_step:.12g}"
        if math.isinf(self.error) and self.complex_step == 0:
            return f"{self.kind} {self.name}: {numbers}; no output depends on it, so that it has to be 0"
        return f"{self.kind} {self.name}: {numbers}, relative error {self.error:.1e}"


class WrongDerivative(NamedTuple):
    """A wrong derivative of an activation, at the z of a neuron; one for each activation.

    Attributes
    ----------
    activation : str
    node, sample, step, z
        Neuron, sample and step where it was found, and the argument of the activation there.
    derivative, complex_step, difference : float
        The derivative as declared, by complex step through the function, and by central difference (about 6 digits).
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
        """True if the function drops imaginary parts, so that its complex step does not show the derivative."""
        return not abs(self.complex_step - self.difference) <= CLOSE * max(1.0, abs(self.difference))

    def __str__(self) -> str:
        what, advice = "its derivative is not that of its function", ""
        if self.drops_imaginary:
            what = "its function drops the imaginary part, which a gradient check needs"
            advice = "; do not use abs, compare z.real, and choose between values of z itself"
        return (
            f"activation {self.activation!r}: {what}, at z = {self.z:.6g} of {self.node!r} (sample {self.sample}, "
            f"step {self.step}): derivative {self.derivative:.12g}, complex step {self.complex_step:.12g}, "
            f"difference {self.difference:.6g}{advice}"
        )


class Kink(NamedTuple):
    """A neuron whose z was at a kink of its activation, where the derivative does not exist.

    There the convention of the language is compared (relu 0, leaky_relu 0.01, hard_tanh 0 at the kink).

    Attributes
    ----------
    node : hashable
    activation : str
    sample, step, z
        Sample and step of the first time, and the argument of the activation there.
    times : int
        Number of times, over all starts.
    exact : bool
        True if z was exactly at the kink each time.  If not, real and complex sums, which round differently, may fall
        on different sides of it.
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
            meaning += "; rounding may take it to either side and cause disagreement: change its bias"
        return (
            f"{self.node!r} was at the kink of {self.activation} (z = {self.z:.6g}) {_counted(self.times, 'time')}, "
            f"first in sample {self.sample} at step {self.step}: {meaning}"
        )


@dataclass(frozen=True)
class GradientReport:
    """Result of ``check_gradients``.

    Attributes
    ----------
    entries : list of GradientEntry
        Compared gradients, worst first.
    derivatives : list of WrongDerivative
        Activations with a wrong derivative.
    kinks : list of Kink
        Neurons at a kink of their activation, which is not an error.
    totals : {kind: (int, int)}
        Number of entries compared and number of entries in total, for each kind.
    tolerance : float
        Largest error of an entry that counts as right.
    """

    entries: list[GradientEntry]
    derivatives: list[WrongDerivative]
    kinks: list[Kink]
    totals: dict[str, tuple[int, int]]
    tolerance: float

    __repr__ = one_line

    @property
    def ok(self) -> bool:
        """True if all gradients and all derivatives of activations agree."""
        return not self.derivatives and not self.wrong

    @property
    def wrong(self) -> list[GradientEntry]:
        """Entries that disagree, worst first."""
        return [entry for entry in self.entries if not entry.error <= self.tolerance]

    @property
    def largest_error(self) -> float:
        """Error of the worst entry, 0 without entries."""
        return self.entries[0].error if self.entries else 0.0

    def __str__(self) -> str:
        return self.describe()

    def describe(self, worst: int = 10) -> str:
        """Return the report as text, with at most ``worst`` lines each for entries, activations and kinks."""
        wrong = self.wrong
        if wrong:
            verdict = f"gradients DISAGREE in {len(wrong)} of {_counted(len(self.entries), 'number')}"
        else:
            verdict = f"gradients agree{', but the derivative of an activation is wrong' * bool(self.derivatives)}"
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
        """Return the report as dicts, lists, str and numbers; tuples in names become lists, as in files of drawings.

        ``wrong`` has all entries that disagree, ``worst`` the entries with the largest errors, right or wrong.
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
    """Return a name as files store it, or its ``repr`` if they cannot."""
    if isinstance(name, tuple):
        return [_name_as_json(part) for part in name]
    try:
        return encode_name(name)
    except UnwritableError:
        return repr(name)


def _counted(number: int, what: str) -> str:
    return f"{number} {what if number == 1 else _PLURALS.get(what, f'{what}s')}"
