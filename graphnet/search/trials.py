"""Trials of a study: which is next, who runs it, how it ended, and those whose process is gone.

A search is a fixed number of trials, numbered from 0 as ``index``.  In the study an index may have several trials: all
but the last were lost with their process.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from secrets import token_hex
from typing import TYPE_CHECKING, Any

import numpy as np

from .owner import Owner, this_process
from .space import Space
from .storage import Store

if TYPE_CHECKING:
    from optuna import Study
    from optuna.pruners import BasePruner
    from optuna.storages import BaseStorage
    from optuna.trial import FrozenTrial

MOST_LOST = 3
"""Number of workers that a trial may end with, before it counts as what ends them."""

_sessions: set[str] = set()
"""Searches that this process is in, so that trials of one that it has left are known to be lost."""

log = logging.getLogger("graphnet")


@dataclass(frozen=True)
class Outcome:
    """End of a trial.

    ``scores`` has the validation loss of each seed; without all of them ``reason`` says why, or ``pruned`` is True.
    """

    scores: tuple[float, ...] = ()
    metrics: Mapping[str, Any] = field(default_factory=dict)
    reason: str | None = None
    pruned: bool = False


@dataclass(frozen=True)
class Claim:
    """Trial that this process has begun: its index in the search, its number in the study and its point."""

    index: int
    number: int
    _trial_id: int
    point: Mapping[str, Any]


@dataclass(eq=False)
class Trials:
    """Trials of a search in a study.

    Parameters
    ----------
    storage : storage of Optuna
    name : str
        Name of the study.
    store : Store
        Where the storage is.
    space : Space
    points : sequence of points, or None
        The point of each trial, where they do not depend on the results of others.
    n_trials : int
    seed : int
    pruner : pruner of Optuna
    """

    storage: BaseStorage
    name: str
    store: Store
    space: Space
    points: Sequence[Mapping[str, Any]] | None
    n_trials: int
    seed: int
    pruner: BasePruner
    session: str = field(default_factory=lambda: token_hex(4))

    def __enter__(self) -> Trials:
        _sessions.add(self.session)
        return self

    def __exit__(self, *_: object) -> None:
        _sessions.discard(self.session)

    def study(self, sampler: Any = None) -> Study:
        """Return the study; a new object each time, since a study keeps what it has read of trials."""
        import optuna

        return optuna.load_study(
            study_name=self.name,
            storage=self.storage,
            sampler=sampler or optuna.samplers.RandomSampler(seed=self.seed),
            pruner=self.pruner,
        )

    def begin(self) -> Claim | None:
        """Begin the next trial, and return it; None if all have ended or been begun.

        Trials whose process is gone are failed first, and begun again at the same point.
        """
        with self.store.locked():
            study = self.study()
            self._fail_lost(study)
            while (found := self._next(study)) is not None:
                index, point = found
                claim = self._add(study, index, point)
                if self._is_first(study, claim):
                    return claim
                self._fail(study, claim, lost=f"trial {index} is run by another process")
            return None

    def end(self, claim: Claim, outcome: Outcome) -> None:
        """Write down how a trial ended."""
        from optuna.trial import TrialState

        study = self.study()
        if outcome.reason is not None:
            self._fail(study, claim, reason=outcome.reason)
        elif outcome.pruned:
            self._tell(study, claim.number, None, TrialState.PRUNED)
        else:
            self._note(claim, {"scores": list(outcome.scores), **outcome.metrics})
            self._tell(study, claim.number, float(np.mean(outcome.scores)), TrialState.COMPLETE)
        log.info("%s", self._line(claim, outcome))

    def lose(self, claim: Claim, why: str, *, worker: bool = False) -> None:
        """Fail a trial that did not come to an end; it will be begun again.

        If it was its ``worker`` that ended, and other workers did at this trial before, it counts as failed for good.
        """
        study = self.study()
        if worker:
            before = [each for each in self._of_index(study, claim.index) if each.user_attrs.get("worker_ended")]
            self._note(claim, {"worker_ended": True})
            if len(before) + 1 >= MOST_LOST:
                self._fail(study, claim, reason=f"{MOST_LOST} workers ended before it did, the last: {why}")
                log.info(
                    "trial %d of %d: failed: %d workers ended before it did", claim.index, self.n_trials, MOST_LOST
                )
                return
        self._fail(study, claim, lost=why)
        log.info("trial %d of %d: lost: %s", claim.index, self.n_trials, why)

    def running_elsewhere(self) -> list[FrozenTrial]:
        """Return the trials that other processes run."""
        from optuna.trial import TrialState

        return [each for each in self._all(self.study()) if each.state == TrialState.RUNNING]

    def _all(self, study: Study) -> list[FrozenTrial]:
        """Return the trials of the search: not those that other programs have added to the study."""
        return [each for each in study.get_trials(deepcopy=False) if isinstance(each.user_attrs.get("index"), int)]

    def _of_index(self, study: Study, index: int) -> list[FrozenTrial]:
        return [each for each in self._all(study) if each.user_attrs["index"] == index]

    def _fail_lost(self, study: Study) -> None:
        from optuna.trial import TrialState

        mine = this_process()
        for each in self._all(study):
            if each.state != TrialState.RUNNING:
                continue
            said = each.user_attrs
            owner = Owner(said.get("host", ""), said.get("process", 0), said.get("start", ""))
            if owner.is_gone() or (owner == mine and said.get("session") not in _sessions):
                why = f"process {owner.process} on {owner.host} is gone"
                self._fail(study, each, lost=why)
                log.info("trial %d of %d: lost: %s", said["index"], self.n_trials, why)

    def _next(self, study: Study) -> tuple[int, Mapping[str, Any] | None] | None:
        """Return the first index that has not been begun, or was lost, and its point if that is known."""
        taken, lost = set(), {}
        for each in self._all(study):
            if _is_lost(each):
                lost[each.user_attrs["index"]] = each.params
            else:
                taken.add(each.user_attrs["index"])
        for index in range(self.n_trials):
            if index not in taken:
                if self.points is not None:
                    return index, self.points[index]
                point = lost.get(index, {})
                return index, point if set(point) == set(self.space) else None
        return None

    def _add(self, study: Study, index: int, point: Mapping[str, Any] | None) -> Claim:
        """Add a running trial to the study in one step, so that a killed process leaves none without an owner."""
        import optuna

        distributions = {name: each.distribution() for name, each in self.space.items()}
        token = token_hex(8)
        study.add_trial(
            optuna.trial.create_trial(
                state=optuna.trial.TrialState.RUNNING,
                params={} if point is None else dict(point),
                distributions={} if point is None else distributions,
                user_attrs={"index": index, **this_process()._asdict(), "session": self.session, "token": token},
            )
        )
        (added,) = (each for each in self._of_index(study, index) if each.user_attrs.get("token") == token)
        if point is None:
            seed = int(np.random.SeedSequence([self.seed, index]).generate_state(1)[0])
            trial = optuna.trial.Trial(self.study(optuna.samplers.TPESampler(seed=seed)), added._trial_id)
            point = {name: each.suggest(trial, name) for name, each in self.space.items()}
        return Claim(index, added.number, added._trial_id, point)

    def _is_first(self, study: Study, claim: Claim) -> bool:
        """Return True if no other process has begun the same index before, which only a lock excludes."""
        return all(each.number >= claim.number or _is_lost(each) for each in self._of_index(study, claim.index))

    def _fail(self, study: Study, trial: Claim | FrozenTrial, **why: str) -> None:
        from optuna.trial import TrialState

        self._note(trial, why)
        self._tell(study, trial.number, None, TrialState.FAIL)

    def _note(self, trial: Claim | FrozenTrial, notes: Mapping[str, Any]) -> None:
        """Set user attributes of a trial, unless it was ended by another process or by hand."""
        from optuna.exceptions import UpdateFinishedTrialError

        with suppress(UpdateFinishedTrialError):
            for name, value in notes.items():
                self.storage.set_trial_user_attr(trial._trial_id, name, value)

    def _tell(self, study: Study, number: int, value: float | None, state: Any) -> None:
        with suppress(ValueError):  # another process took this one for gone, and has failed the trial
            study.tell(number, value, state=state)

    def _line(self, claim: Claim, outcome: Outcome) -> str:
        said = ", ".join(f"{name}={brief_number(value)}" for name, value in claim.point.items())
        where = f"trial {claim.index} of {self.n_trials} ({said})"
        if outcome.reason is not None:
            return f"{where}: failed: {outcome.reason}"
        return f"{where}: {'pruned' if outcome.pruned else f'{np.mean(outcome.scores):.6g}'}"


def _is_lost(trial: FrozenTrial) -> bool:
    """Return True if a trial did not come to an end; one that was failed by hand, without a reason, is lost too."""
    from optuna.trial import TrialState

    return "lost" in trial.user_attrs or (trial.state == TrialState.FAIL and "reason" not in trial.user_attrs)


def brief_number(value: Any) -> str:
    """Return a value of a point as text, floats with few digits.

    >>> brief_number(0.012345678), brief_number(16), brief_number("adam")
    ('0.01235', '16', 'adam')
    """
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def reasons_of(trials: Sequence[FrozenTrial]) -> list[tuple[str, int]]:
    """Return why trials have failed, and how many for each reason, the most frequent first."""
    return Counter(each.user_attrs["reason"] for each in trials if "reason" in each.user_attrs).most_common()
