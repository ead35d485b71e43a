"""sktime's own checks of the forecaster pass: ``make test-sktime``."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("sktime")

from sktime.utils.estimator_checks import check_estimator

import graphnet as gn
from graphnet.estimators.for_sktime import SktimeGraphForecaster

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

WAVES = pd.Series(100 + 5 * np.sin(np.arange(60) / 4), pd.period_range("2020-01", periods=60, freq="M"), name="waves")
QUICK: dict[str, Any] = {"options": {"n_hidden": 4}, "window": 8, "epochs": 3, "random_state": 0}


def test_it_is_a_forecaster_of_sktime() -> None:
    found = check_estimator(SktimeGraphForecaster, verbose=False)
    assert {name: result for name, result in found.items() if result != "PASSED"} == {}
    assert len(found) > 600


def test_it_is_the_forecaster() -> None:
    model = SktimeGraphForecaster("elman", **QUICK).fit(WAVES[:50], fh=[1, 3])
    own = gn.GraphForecaster("elman", **QUICK, horizon=[1, 3]).fit(WAVES[:50])
    pd.testing.assert_series_equal(model.predict(), own.predict(), check_names=False, check_freq=False)
    model.update(WAVES[50:], update_params=False)
    pd.testing.assert_series_equal(
        model.predict(), own.update(WAVES[50:]).predict(), check_names=False, check_freq=False
    )
