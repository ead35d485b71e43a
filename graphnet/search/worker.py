"""The work of one trial: its fits, one for each seed, pruned by epoch."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import DataError, GraphError, GraphWarning, quoted
from ..language.brief import one_line
from ..train.flow import GradientWarning
from ..train.stopping import DivergedError
from .candidates import Problem
from .quiet import quiet
from .storage import Store
from .trials import Outcome

if TYPE_CHECKING:
    from optuna import Trial
    from optuna.pruners import BasePruner


@dataclass(frozen=True, eq=False)
class Work:
    """Data and settings that all trials of a search share: they are sent to workers once, or with each trial.

    ``pruner`` is None where nothing is pruned; ``most_epochs`` is the largest number of epochs of any trial.
    """

    problem: Problem
    seeds: tuple[int, ...]
    study: str
    store: Store
    pruner: BasePruner | None
    most_epochs: int

    __repr__ = one_line

    def __call__(self, task: tuple[Mapping[str, Any], int]) -> Outcome:
        """Return how the trial at a point, which has this id in the study's storage, ends."""
        point, trial_id = task
        try:
            with quiet(), warnings.catch_warnings():
                for category in (GradientWarning, GraphWarning):  # there would be many, of trials that nobody keeps
                    warnings.simplefilter("ignore", category)
                return self._run(self.problem.options_of(point), trial_id)
        except (DivergedError, DataError, GraphError) as error:
            return Outcome(reason=quoted(error, lambda each: " ".join(str(each).split())))
        except MemoryError as error:
            return Outcome(reason=f"not enough memory{f': {error}' if str(error) else ''}")

    def _run(self, options: Mapping[str, Any], trial_id: int) -> Outcome:
        reported = None if self.pruner is None else self._trial(trial_id)
        scores, kept, epochs = [], [], []
        for place, seed in enumerate(self.seeds):
            last = self.problem.settings(options, seed).epochs if place == len(self.seeds) - 1 else None
            watch = Watch(reported, place * self.most_epochs, last)
            _, _, history = self.problem.fit(options, seed, callback=watch)
            if watch.is_pruned:
                return Outcome(pruned=True)
            row = history.kept
            score = row["validation_loss"]
            if not isfinite(score):
                return Outcome(reason=f"the validation loss is {score} (seed {seed})")
            scores.append(float(score))
            kept.append(row)
            epochs.append(len(history.epochs))
        metrics: dict[str, Any] = {"epochs": epochs}
        if all("validation_accuracy" in row for row in kept):
            metrics["validation_accuracy"] = float(np.mean([row["validation_accuracy"] for row in kept]))
        return Outcome(tuple(scores), metrics)

    def _trial(self, trial_id: int) -> Trial:
        """Return the trial of the study, opened here: this may be another process than the one that began it."""
        import optuna

        sampler = optuna.samplers.RandomSampler()
        study = optuna.load_study(study_name=self.study, storage=self.store.open(), sampler=sampler, pruner=self.pruner)
        return optuna.trial.Trial(study, trial_id)


class Watch:
    """Callback of a fit that reports each epoch to a trial, and stops the fit if the trial is to be pruned.

    ``first`` is the number of epochs before this fit, ``last`` the epoch after which a trial is over.
    """

    def __init__(self, trial: Trial | None, first: int, last: int | None) -> None:
        self.trial, self.first, self.last, self.is_pruned = trial, first, last, False

    def __call__(self, row: Mapping[str, Any]) -> bool:
        """Return True if the fit is to stop."""
        if self.trial is not None:
            self.trial.report(row["validation_loss"], self.first + row["epoch"])
            # after the last epoch there is nothing left to save
            self.is_pruned = row["epoch"] != self.last and self.trial.should_prune()
        return self.is_pruned
