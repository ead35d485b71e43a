"""Plots of a search."""

from __future__ import annotations

from typing import Any

import pytest

import graphnet as gn

from .reference import check_image

optuna = pytest.importorskip("optuna")


@pytest.fixture
def study() -> Any:
    """A study of twelve trials, two of which were pruned and one of which failed."""
    distributions = {
        "learning_rate": optuna.distributions.FloatDistribution(1e-4, 1e-1, log=True),
        "n_hidden": optuna.distributions.IntDistribution(4, 64),
        "kind": optuna.distributions.CategoricalDistribution(["gru", "lstm", "elman"]),
    }
    made = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    made.set_user_attr("graphnet", {"space": dict.fromkeys(distributions)})
    for k in range(12):
        params = {
            "learning_rate": 10 ** (-4 + 3 * (k * 5 % 12) / 11),
            "n_hidden": 4 + 5 * k,
            "kind": ["gru", "lstm", "elman"][k % 3],
        }
        score = abs(-2 - (-4 + 3 * (k * 5 % 12) / 11)) + 0.1 * (k % 3)
        state = {3: "PRUNED", 7: "PRUNED", 9: "FAIL"}.get(k, "COMPLETE")
        made.add_trial(
            optuna.trial.create_trial(
                state=optuna.trial.TrialState[state],
                params=params,
                distributions=distributions,
                value=None if state == "FAIL" else score,
                user_attrs={"index": k},
            )
        )
    return made


def test_trials_as_lines(study: Any) -> None:
    axes = gn.plots.parallel(study)
    assert [label.get_text() for label in axes.get_xticklabels()] == ["learning_rate", "n_hidden", "kind"]
    lines = [line for line in axes.lines if len(line.get_xdata()) == 3 and line.get_marker() == "o"]
    assert len(lines) == 11
    assert lines[-1].get_linewidth() > lines[0].get_linewidth()
    best = study.best_trial.params
    assert lines[-1].get_ydata()[1] == (best["n_hidden"] - 4) / 60
    check_image(axes, "parallel")


def test_importance(study: Any) -> None:
    axes = gn.plots.importance(study)
    found = gn.search.importances(study)
    assert [bar.get_width() for bar in reversed(axes.patches)] == list(found.values())
    assert [label.get_text() for label in reversed(axes.get_yticklabels())] == list(found)
    axes = gn.plots.importance({"learning_rate": 0.75, "n_hidden": 0.25}, ax=axes)
    check_image(gn.plots.importance({"learning_rate": 0.75, "n_hidden": 0.25}), "importance")


def test_too_little_to_draw() -> None:
    with pytest.raises(gn.DataError, match="importances: fewer than four complete trials, or options of one value"):
        gn.plots.importance(optuna.create_study())
    with pytest.raises(gn.DataError, match="study: no trial is complete"):
        gn.plots.parallel(optuna.create_study())
