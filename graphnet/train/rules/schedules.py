"""Schedules: the course of the learning rate over training, as a factor of it.

Most are called with the step, counted from 0, and the total number of steps.  `ReduceOnPlateau` depends on the loss.

To add one, write a class like those below and give it a line in `SCHEDULES`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import cos, pi
from typing import Any, ClassVar, Protocol, TypeAlias, runtime_checkable

from ...errors import DataError
from ...language.checks import FRACTION, POSITIVE, Several, Whole
from ...language.registry import Checked, Named, make_named, setting

__all__ = [
    "SCHEDULES",
    "Constant",
    "Cosine",
    "Exponential",
    "ReduceOnPlateau",
    "StatefulSchedule",
    "StepDecay",
    "WarmUp",
]

Schedule: TypeAlias = Callable[[int, int], float]


@runtime_checkable
class StatefulSchedule(Protocol):
    """Schedule that depends on the loss; its memory is plain data, a dict of numbers."""

    def start(self) -> dict[str, Any]:
        """Return the state before the first epoch."""
        ...

    def observe(self, loss: float, state: dict[str, Any]) -> None:
        """Take note of an epoch's loss, and update ``state`` in place."""
        ...

    def current(self, state: dict[str, Any]) -> float:
        """Return the factor of the learning rate."""
        ...


@dataclass(frozen=True)
class Constant(Checked):
    """Factor of 1 at every step."""

    name: ClassVar[str] = "constant"

    def __call__(self, step: int, total_steps: int) -> float:
        """Return the factor at a step."""
        return 1.0


@dataclass(frozen=True)
class Cosine(Checked):
    """Factor that falls from 1 to ``final``: final + (1 - final) (1 + cos(pi step / total_steps)) / 2.

    References
    ----------
    Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts, ICLR 2017, equation 5 (no restarts).

    Examples
    --------
    >>> cosine = Cosine()
    >>> cosine(0, 10), cosine(5, 10), cosine(10, 10)
    (1.0, 0.5, 0.0)
    """

    final: float = setting(0.0, FRACTION)
    name: ClassVar[str] = "cosine"

    def __call__(self, step: int, total_steps: int) -> float:
        """Return the factor at a step."""
        return self.final + (1.0 - self.final) * 0.5 * (1.0 + cos(pi * step / total_steps))


@dataclass(frozen=True)
class StepDecay(Checked):
    """Factor that is multiplied with ``factor`` at the places ``at``, which are fractions of all steps.

    Examples
    --------
    >>> decay = StepDecay(factor=0.1, at=(0.5,))
    >>> [decay(step, 4) for step in range(4)]
    [1.0, 1.0, 0.1, 0.1]
    """

    factor: float = setting(0.1, POSITIVE)
    at: tuple[float, ...] = setting((0.5, 0.75), Several(FRACTION))
    name: ClassVar[str] = "step"

    def __call__(self, step: int, total_steps: int) -> float:
        """Return the factor at a step."""
        # divided, not multiplied: step 7 of 100 is at 0.07, and 0.07 * 100 is more than 7
        return float(self.factor ** sum(step / total_steps >= place for place in self.at))


@dataclass(frozen=True)
class Exponential(Checked):
    """Factor from 1 to ``final`` by the same ratio each step: final^(step / total_steps).

    Examples
    --------
    >>> Exponential(final=0.01)(5, 10)
    0.1
    """

    final: float = setting(0.01, POSITIVE)
    name: ClassVar[str] = "exponential"

    def __call__(self, step: int, total_steps: int) -> float:
        """Return the factor at a step."""
        return float(self.final ** (step / total_steps))


@dataclass(frozen=True)
class WarmUp(Checked):
    """Factor from almost 0 to 1 in equal steps over the first ``fraction`` of training, and ``then`` another schedule.

    With n steps of warm-up, the k-th of them, from 0, has the factor (k + 1) / (n + 1); what comes then is scheduled as
    if training began there.

    References
    ----------
    Goyal et al., Accurate, large minibatch SGD: training ImageNet in 1 hour, arXiv 1706.02677, 2017, section 2.2.

    Examples
    --------
    >>> warm = WarmUp(fraction=0.3, then="constant")
    >>> [warm(step, 10) for step in range(5)]
    [0.25, 0.5, 0.75, 1.0, 1.0]
    """

    fraction: float = setting(0.05, FRACTION)
    then: str | Mapping[str, Any] | Schedule = setting(
        "cosine", Named("schedules", lambda given: resolve_schedule(given))
    )
    name: ClassVar[str] = "warmup"

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.then, StatefulSchedule):
            raise DataError(f"then: {self.then!r} does not follow on a warm-up; it looks at the loss, not at the step")

    def __call__(self, step: int, total_steps: int) -> float:
        """Return the factor at a step."""
        n_warm = round(self.fraction * total_steps)
        if step < n_warm:
            return (step + 1) / (n_warm + 1)
        after = resolve_schedule(self.then)
        assert not isinstance(after, StatefulSchedule)
        return after(step - n_warm, max(1, total_steps - n_warm))


@dataclass(frozen=True)
class ReduceOnPlateau(Checked):
    """Factor that is multiplied with ``factor`` after more than ``patience`` epochs in a row without a better loss.

    A loss is better if it is less than ``1 - threshold`` times the best so far; ``least`` is the lowest that the factor
    of the learning rate gets.

    Examples
    --------
    >>> plateau = ReduceOnPlateau(factor=0.5, patience=1)
    >>> state, seen = plateau.start(), []
    >>> for loss in (1.0, 0.5, 0.5, 0.6):
    ...     plateau.observe(loss, state)
    ...     seen.append(plateau.current(state))
    >>> seen
    [1.0, 1.0, 1.0, 0.5]
    """

    factor: float = setting(0.5, FRACTION)
    patience: int = setting(5, Whole(0))
    threshold: float = setting(1e-4, FRACTION)
    least: float = setting(0.0, FRACTION)
    name: ClassVar[str] = "plateau"

    def start(self) -> dict[str, Any]:
        """Return the state before the first epoch; the best loss is None before the first."""
        return {"factor": 1.0, "best": None, "waited": 0}

    def observe(self, loss: float, state: dict[str, Any]) -> None:
        """Take note of an epoch's loss, and update ``state`` in place."""
        best = state["best"]
        if best is None or loss < best - abs(best) * self.threshold:
            if loss == loss:  # nan is no loss to compare with
                state["best"], state["waited"] = loss, 0
            return
        state["waited"] += 1
        if state["waited"] > self.patience:
            state["factor"], state["waited"] = max(self.least, state["factor"] * self.factor), 0

    def current(self, state: dict[str, Any]) -> float:
        """Return the factor of the learning rate."""
        return float(state["factor"])


SCHEDULES: dict[str, Callable[[], Schedule | StatefulSchedule]] = {
    each.name: each for each in (Constant, Cosine, StepDecay, Exponential, WarmUp, ReduceOnPlateau)
}
"""The schedules by name."""


def resolve_schedule(schedule: str | Mapping[str, Any] | Schedule | StatefulSchedule) -> Schedule | StatefulSchedule:
    """Return the schedule that ``schedule`` names, with default or given settings, or is.

    Raises
    ------
    DataError
        If no schedule or setting has that name.

    Examples
    --------
    >>> resolve_schedule({"name": "step", "at": [0.8]})
    StepDecay(factor=0.1, at=(0.8,))
    """
    if isinstance(schedule, str | Mapping):
        made: Schedule | StatefulSchedule = make_named("schedule", schedule, SCHEDULES)
        return made
    if isinstance(schedule, type) or not (callable(schedule) or isinstance(schedule, StatefulSchedule)):
        raise DataError(
            f"schedule: {schedule!r}; must be one of {', '.join(map(repr, SCHEDULES))}, or a function of "
            f"(step, total_steps) that returns a factor"
        )
    return schedule
