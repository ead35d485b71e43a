"""Schedules: how the learning rate changes over training, as a factor between 0 and 1 for each step."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi
from typing import TypeAlias

from ..errors import DataError

Schedule: TypeAlias = Callable[[int, int], float]


def constant(step: int, total_steps: int) -> float:
    """Return 1 at every step."""
    return 1.0


def cosine(step: int, total_steps: int) -> float:
    """Return (1 + cos(pi step / total_steps)) / 2: from 1 at step 0, slowly, then fast, then slowly to 0 at the end.

    References
    ----------
    Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts, ICLR 2017, equation 5 (no restarts).

    Examples
    --------
    >>> cosine(0, 10), cosine(5, 10), cosine(10, 10)
    (1.0, 0.5, 0.0)
    """
    return 0.5 * (1.0 + cos(pi * step / total_steps))


SCHEDULES: dict[str, Schedule] = {"constant": constant, "cosine": cosine}
"""Every schedule that has a name."""


def resolve_schedule(schedule: str | Schedule) -> Schedule:
    """Return the schedule that ``schedule`` names or is; DataError where there is none of that name."""
    if isinstance(schedule, str) and schedule in SCHEDULES:
        return SCHEDULES[schedule]
    if isinstance(schedule, str) or not callable(schedule):
        raise DataError(
            f"schedule: {schedule!r}; must be one of {', '.join(map(repr, SCHEDULES))}, or a function of "
            f"(step, total_steps) that returns a factor"
        )
    return schedule
