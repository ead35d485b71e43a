"""Results of a search: its trials as a table, the importance of options, and the best run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import DataError
from ..language.brief import one_line
from ..network.network import Network
from ..train.history import History
from .quiet import quiet
from .sweep import read_search

if TYPE_CHECKING:
    import optuna


def table(study: optuna.Study) -> pd.DataFrame:
    """Return the trials of a search, the best first; those that were lost with their process are left out.

    Returns
    -------
    pandas.DataFrame
        Columns ``trial`` (its index in the search), ``state`` ("complete", "pruned", "failed" or "running"), ``score``,
        ``deviation`` over seeds (where there are several), ``validation_accuracy`` (where there is one), a column for
        each option, and ``reason`` of those that failed.

    Examples
    --------
    >>> import numpy as np
    >>> import graphnet as gn
    >>> x = np.random.default_rng(0).normal(size=(40, 5, 1))
    >>> study = gn.sweep("elman", {"n_hidden": [2, 4]}, x, x, sampler="grid", epochs=1)
    >>> list(gn.search.table(study).columns)
    ['trial', 'state', 'score', 'n_hidden', 'reason']
    """
    from optuna.trial import TrialState

    words = {TrialState.COMPLETE: "complete", TrialState.PRUNED: "pruned", TrialState.FAIL: "failed"}
    rows = []
    for each in study.get_trials(deepcopy=False):
        said = each.user_attrs
        if not isinstance(said.get("index"), int) or (each.state == TrialState.FAIL and "reason" not in said):
            continue
        if "lost" in said:
            continue
        scores = said.get("scores", [])
        rows.append(
            {
                "trial": said["index"],
                "state": words.get(each.state, "running"),
                "score": each.value if each.state == TrialState.COMPLETE else np.nan,
                "deviation": float(np.std(scores, ddof=1)) if len(scores) > 1 else np.nan,
                "validation_accuracy": said.get("validation_accuracy", np.nan),
                **each.params,
                "reason": said.get("reason"),
            }
        )
    frame = pd.DataFrame(rows)
    if not len(frame):
        return frame
    options = [name for name in _options(study) if name in frame]
    numbers = [name for name in ("deviation", "validation_accuracy") if frame[name].notna().any()]
    ordered = frame.sort_values(["score", "trial"], kind="stable", na_position="last")
    return ordered[["trial", "state", "score", *numbers, *options, "reason"]].reset_index(drop=True)


def importances(study: optuna.Study) -> dict[str, float]:
    """Return the importance of each option, the largest first; they add up to 1.

    Nothing is said of fewer than four complete trials, nor of an option that has one value.

    References
    ----------
    Watanabe, S., Bansal, A. & Hutter, F. (2023). PED-ANOVA: efficiently quantifying hyperparameter importance in
    arbitrary subspaces. IJCAI.
    """
    import optuna

    complete = study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.COMPLETE,))
    if len(complete) < 4:
        return {}
    names = [name for name in _options(study) if len({str(each.params.get(name)) for each in complete}) > 1]
    if len({each.value for each in complete}) < 2 or not names:
        return {}
    with quiet(), np.errstate(all="ignore"):
        found = optuna.importance.get_param_importances(study, params=names)
    return {name: float(value) for name, value in found.items()}


@dataclass(frozen=True, eq=False)
class Best:
    """Best trial, trained again: its options, seed, drawing, network and history."""

    options: dict[str, Any]
    seed: int
    graph: Any
    network: Network
    history: History

    __repr__ = one_line


def fit_best(
    study: optuna.Study,
    make: Any,
    space: Mapping[str, Any],
    inputs: Any,
    targets: Any,
    *,
    seeds: Any = 1,
    validation: Any = 0.2,
    run: Any = None,
    about: Mapping[str, Any] | None = None,
    **fit: Any,
) -> Best:
    """Train the best trial of a search again, to the same bits, from the first of its seeds.

    Parameters
    ----------
    study : optuna.Study
        What `sweep` returned.
    make, space, inputs, targets, seeds, validation, **fit
        As for `sweep`.
    run : path, optional
        Folder to keep the run in.
    about : mapping, optional
        Notes to write beside its settings.

    Returns
    -------
    Best

    Raises
    ------
    DataError
        If no trial has a score, or something is not as it was in the search.

    Examples
    --------
    >>> import numpy as np
    >>> import graphnet as gn
    >>> x = np.random.default_rng(0).normal(size=(40, 5, 1))
    >>> space = {"n_hidden": [2, 4]}
    >>> study = gn.sweep("elman", space, x, x, sampler="grid", epochs=1)
    >>> best = gn.search.fit_best(study, "elman", space, x, x, epochs=1)
    >>> best.history.kept["validation_loss"] == study.best_value
    True
    """
    problem, numbers = read_search(make, space, inputs, targets, seeds, validation, fit)
    try:
        trial = study.best_trial
    except ValueError:
        raise DataError("no trial of the study has a score") from None
    if set(trial.params) != set(problem.space):
        raise DataError(f"space: the study searched {', '.join(trial.params)}, not {', '.join(problem.space)}")
    try:
        options = problem.options_of(trial.params)
    except ValueError as error:  # of a value that a list has not
        raise DataError(f"space: the best trial has {trial.params}, which is not in it") from error
    graph, net, history = problem.fit(options, numbers[0], run=run, about=about)
    return Best(options, numbers[0], graph, net, history)


def _options(study: optuna.Study) -> list[str]:
    """Return the names of the options, in the order of the space."""
    said = study.user_attrs.get("graphnet", {})
    return list(said.get("space", {}))
