"""Changes on the way: the state of a fit that goes on with other settings or data than it had so far."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import Any

from .rules import lbfgs
from .rules.optimizers import LBFGS, resolve_optimizer
from .rules.schedules import ReduceOnPlateau, StatefulSchedule
from .settings import FitSettings
from .state import EpochSums, TrainingState

OF_ORDER = ("batch_size", "bucket", "stateful", "seed")
"""Settings that say which samples a batch has."""


def adapt_state(
    state: TrainingState,
    settings: FitSettings,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    other_data: bool,
) -> None:
    """Adapt the state to new settings or ``other_data``; ``before`` and ``after`` are the settings as files hold them.

    - The best loss so far is that of the loss and the data that it was measured with: others begin a new comparison.
      So does keeping the best where it is new, since no parameters were kept, unless the last epoch is the best.
    - L-BFGS replays the values of before: with another loss, other data or other settings its search begins anew.
    - An optimizer or schedule that remembers more than before begins with what it starts with.
    - An epoch that was interrupted begins again where its batches have other samples.
    """
    names = {name for name, value in after.items() if before.get(name) != value}
    measures_other = other_data or "loss" in names
    if measures_other:
        _forget_best(state)
    if not settings.keeps_best:
        state.best_parameters = None
    elif state.best_epoch is not None and state.best_parameters is None:
        if state.best_epoch == len(state.rows) and state.batch == state.step == 0:
            state.best_parameters = state.parameters.copy()
        else:
            _forget_best(state)
    optimizer = resolve_optimizer(settings.optimizer)
    if isinstance(optimizer, LBFGS):
        if measures_other or "optimizer" in names:
            state.optimizer = lbfgs.begin(state.parameters)
    elif "optimizer" in names:
        state.optimizer = {**optimizer.start(state.parameters), **state.optimizer}
    _adapt_schedule(state, settings.schedule, before, after, measures_other=measures_other)
    if other_data or names.intersection(OF_ORDER):
        state.batch, state.step, state.carried, state.sums = 0, 0, {}, EpochSums()


def _forget_best(state: TrainingState) -> None:
    state.best_epoch, state.best_loss, state.waited, state.best_parameters = None, inf, 0, None


def _adapt_schedule(
    state: TrainingState, schedule: Any, before: Mapping[str, Any], after: Mapping[str, Any], *, measures_other: bool
) -> None:
    if before["schedule"]["name"] != after["schedule"]["name"]:
        state.schedule = schedule.start() if isinstance(schedule, StatefulSchedule) else {}
    elif measures_other and isinstance(schedule, ReduceOnPlateau):
        state.schedule |= {"best": None, "waited": 0}
