"""Timing in rounds: every call takes its turn in each, so that a disturbance of the machine affects all alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from statistics import median, quantiles
from time import perf_counter
from typing import Any

from .memory import resident_growth


@dataclass(eq=False)
class Timed:
    """The measurements of one call.

    Attributes
    ----------
    seconds : list of float
        One a round; if the warm-up took the whole budget, that of the warm-up.
    result : object
        The result of the warm-up.
    memory : int or None
        Bytes by which the process grew at the peak of a separate call; None where the system does not count them, or
        no time was left.
    error : Exception or None
        The error that it raised; it then takes no part in further rounds.
    """

    seconds: list[float] = field(default_factory=list)
    result: Any = None
    memory: int | None = None
    error: Exception | None = None

    @property
    def median(self) -> float:
        """The median of the seconds of a call."""
        return median(self.seconds)

    @property
    def spread(self) -> float:
        """Half the interquartile range, relative to the median; 0 for a single call.

        >>> Timed([1.0, 2.0, 2.0, 2.0, 3.0]).spread
        0.0
        """
        if len(self.seconds) < 2:
            return 0.0
        low, _, high = quantiles(self.seconds, n=4, method="inclusive")
        return (high - low) / 2 / self.median


def time_rounds(
    calls: Mapping[str, Callable[[], Any]],
    *,
    rounds: int = 21,
    budget: float = 20.0,
    progress: Callable[[str], None] | None = None,
) -> dict[str, Timed]:
    """Time some calls in turns: a warm-up of each, a call of each to measure its memory, then the rounds.

    Parameters
    ----------
    calls : {name: function without arguments}
        They must not return before their work is done.
    rounds : int
        Largest number of rounds.
    budget : float
        Seconds that all rounds together take.  Each call has an equal share, and one that has used its share takes no
        part in further rounds, so that slow calls leave time to the others.  Each has one round at least, unless its
        warm-up took the whole budget.
    progress : function of a str, optional
        Called with the name of each next step.

    Returns
    -------
    {name: Timed}

    Examples
    --------
    >>> found = time_rounds({"sum": lambda: sum(range(1000)), "wrong": lambda: 1 / 0}, rounds=3)
    >>> len(found["sum"].seconds), found["sum"].result, found["wrong"].error
    (3, 499500, ZeroDivisionError('division by zero'))
    """
    say = progress or (lambda _: None)
    found = {name: Timed() for name in calls}
    waiting = []
    for name, call in calls.items():
        say(f"{name}: warm-up")
        spent = _time(call, found[name])
        if found[name].error is None and spent < budget:
            found[name].seconds.clear()
            _measure_memory(call, found[name])
            waiting.append(name)
    waiting = [name for name in waiting if found[name].error is None]
    share = budget / max(1, len(waiting))
    for number in range(rounds):
        waiting = [name for name in waiting if found[name].error is None and sum(found[name].seconds) < share]
        if waiting:
            say(f"round {number + 1} of {rounds}")
        first = number % max(1, len(waiting))
        for name in waiting[first:] + waiting[:first]:
            _time(calls[name], found[name])
    return found


def _time(call: Callable[[], Any], timed: Timed) -> float:
    begun = perf_counter()
    try:
        result = call()
    except Exception as error:
        timed.error = error
        return 0.0
    spent = perf_counter() - begun
    timed.seconds.append(spent)
    if timed.result is None:
        timed.result = result
    return spent


def _measure_memory(call: Callable[[], Any], timed: Timed) -> None:
    try:
        timed.memory = resident_growth(call)
    except Exception as error:
        timed.error = error
