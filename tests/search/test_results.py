"""Results: the table, importances, and the best trial trained again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest

import graphnet as gn

from .problems import FIT, GRID, X, Y, search


@pytest.fixture(scope="module")
def study() -> Any:
    return search(space=GRID, sampler="grid", seeds=2)


def test_the_table_is_sorted(study: Any) -> None:
    frame = gn.search.table(study)
    assert list(frame) == ["trial", "state", "score", "deviation", "learning_rate", "n_hidden", "reason"]
    assert frame["score"].is_monotonic_increasing
    best = study.best_trial
    assert frame.loc[0, ["trial", "score"]].tolist() == [best.number, best.value]
    assert frame.loc[0, "deviation"] == np.std(best.user_attrs["scores"], ddof=1)


def test_a_study_without_trials_has_an_empty_table() -> None:
    assert not len(gn.search.table(optuna.create_study()))


def test_importances(study: Any) -> None:
    found = gn.search.importances(study)
    assert sum(found.values()) == pytest.approx(1)
    assert list(found) == ["learning_rate", "n_hidden"]
    assert found["learning_rate"] > found["n_hidden"]
    assert gn.search.importances(search(trials=3)) == {}
    assert gn.search.importances(search(space={"n_hidden": [2]}, trials=5)) == {}


def test_the_best_trial_again(study: Any, tmp_path: Path) -> None:
    best = gn.search.fit_best(study, "elman", GRID, X, Y, seeds=2, run=tmp_path / "run", about={"by": "us"}, **FIT)
    assert best.options == study.best_params
    assert best.history.kept["validation_loss"] == study.best_trial.user_attrs["scores"][0]
    run = gn.open_run(tmp_path / "run")
    assert (run.network().parameters == best.network.parameters).all()
    assert run.settings["about"] == {"by": "us"}
    assert "array" not in repr(best)


def test_what_is_refused(study: Any) -> None:
    with pytest.raises(gn.DataError, match="space: the study searched learning_rate, n_hidden, not n_hidden"):
        gn.search.fit_best(study, "elman", {"n_hidden": [1, 2]}, X, Y, **FIT)
    with pytest.raises(gn.DataError, match=r"space: the best trial has .*, which is not in it"):
        gn.search.fit_best(study, "elman", {**GRID, "n_hidden": [7]}, X, Y, **FIT)
    with pytest.raises(gn.DataError, match="no trial of the study has a score"):
        gn.search.fit_best(optuna.create_study(), "elman", GRID, X, Y, **FIT)
