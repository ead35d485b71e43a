"""scikit-learn's own checks of estimators pass, none expected to fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sklearn.utils.estimator_checks import check_estimator, parametrize_with_checks

import graphnet as gn

# of a check that gives float32 more than it can hold
pytestmark = [pytest.mark.costly, pytest.mark.filterwarnings("ignore:invalid value encountered in cast:RuntimeWarning")]

SMALL: dict[str, Any] = {"options": {"n_hidden": 8}, "epochs": 20, "learning_rate": 0.01}


@parametrize_with_checks([gn.GraphClassifier(**SMALL), gn.GraphRegressor(**{**SMALL, "epochs": 30})])
def test_it_is_an_estimator(estimator: Any, check: Callable[[Any], None]) -> None:
    check(estimator)


@pytest.mark.slow
@pytest.mark.parametrize(
    "made", [gn.GraphClassifier(), gn.GraphRegressor(), gn.GraphClassifier("elman", batch_size=64)]
)
def test_the_defaults_pass_too(made: Any) -> None:
    rows = check_estimator(made, on_skip=None)
    assert {row["status"] for row in rows if row["check_name"] != "check_array_api_input"} == {"passed"}
    assert len(rows) >= 60
