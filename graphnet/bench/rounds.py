"""The clock: rounds in which everybody takes turns, so that the machine's moods are everyone's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from statistics import median, quantiles
from time import perf_counter
from typing import Any

from .memory import resident_growth


@dataclass(eq=False)
class Timed:
    """What was measured of one call.

    Attributes
    ----------
    seconds : list of float
        One a round; where the warm-up alone took all the time that there was, that of the warm-up.
    result : object
        What the warm-up returned.
    memory : int or None
        Bytes by which the process grew at the peak of a call of its own; None where nobody counts, or there was no
        time.
    error : Exception or None
        What it raised; it then took no part in further rounds.
    """

    seconds: list[float] = field(default_factory=list)
    result: Any = None
    memory: int | None = None
    error: Exception | None = None

    @property
    def median(self) -> float:
        """Seconds of a call."""
        return median(self.seconds)

    @property
    def spread(self) -> float:
        """Half the distance of the quartiles, as a part of the median; 0 of a single call.

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
    """Time some calls in turns: a warm-up of each, a call of each to measure its memory, then round after round.

    Parameters
    ----------
    calls : {name: function without arguments}
        They have to finish what they do before they return.
    rounds : int
        At most.
    budget : float
        Seconds that all rounds together take, shared out evenly: who has used up its share sits out, so that a slow
        one leaves the others their rounds.  Each has one round at least, unless its warm-up took the whole budget.
    progress : function of a str, optional
        Is told what comes next.

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
