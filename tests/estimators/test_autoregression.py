"""The autoregression beside a backtest: least squares, one decomposition, and no weight on what never changed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import graphnet as gn
from graphnet.estimators.autoregression import Autoregression
from graphnet.estimators.windows import targets_of, windows_of
from tests.profiles import scaled


@settings(max_examples=scaled(50))
@given(st.integers(0, 2**32 - 1), st.integers(1, 3), st.integers(1, 4), st.floats(0, 0.4))
def test_it_is_least_squares_of_the_known_targets(seed: int, n_channels: int, n_targets: int, missing: float) -> None:
    rng = np.random.default_rng(seed)
    windows, targets = rng.normal(size=(90, 4, n_channels)), rng.normal(size=(90, n_targets))
    targets[rng.random(targets.shape) < missing] = np.nan
    model = Autoregression.fit(windows, targets)
    assert model.lags == 4
    rows = np.hstack([np.ones((90, 1)), windows.reshape(90, -1)])
    for j, wanted in enumerate(targets.T):
        known = ~np.isnan(wanted)
        expected = rows @ np.linalg.lstsq(rows[known], wanted[known], rcond=None)[0]
        np.testing.assert_allclose(model.predict(windows)[:, j], expected, atol=1e-9)


def test_regressors_are_decomposed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many steps of the horizon there are, and whichever of their targets are missing."""
    values = np.random.default_rng(0).normal(size=(200, 2))
    values[[90, 120], [0, 1]] = np.nan
    calls: list[tuple[int, ...]] = []
    decompose = np.linalg.svd

    def counted(matrix: Any, **named: Any) -> Any:
        calls.append(matrix.shape)
        return decompose(matrix, **named)

    monkeypatch.setattr(np.linalg, "svd", counted)
    monkeypatch.setattr(np.linalg, "lstsq", None)
    horizon = list(range(1, 25))
    targets = targets_of(values, 8, horizon)
    Autoregression.fit(windows_of(np.nan_to_num(values), 8)[: len(targets)], targets)
    assert calls == [(len(targets), 16)]


def test_what_never_changed_has_no_weight() -> None:
    """A channel that is 1 for the first time, at some lags, just before the forecast does not move it."""
    rng = np.random.default_rng(0)
    values = np.column_stack([rng.normal(size=100).cumsum(), np.zeros(100)])
    values[95, 1] = 1.0
    windows, targets = windows_of(values, 4), targets_of(values[:, :1], 4, [1])
    model = Autoregression.fit(windows[:93], targets[:93])  # the last window ends at row 95
    weights = model.coefficients.reshape(4, 2)[:, 1]
    np.testing.assert_allclose(weights[:3], 0, atol=1e-9)
    assert abs(weights[3]) > 1e-6
    np.testing.assert_allclose(model.predict(windows[93:96]), model.predict(windows[93:96] * [1, 0]))


@pytest.mark.parametrize("column", ["load", "temp"])
def test_missing_cells_before_a_cut_leave_it_as_good(column: str) -> None:
    rng = np.random.default_rng(0)
    hours = np.arange(999)
    daily = 1000 + 150 * np.sin(hours * np.pi / 12) + 20 * rng.normal(size=999)
    clean = pd.DataFrame({"load": daily, "temp": 10 + 5 * np.sin(hours * np.pi / 12 - 1) + rng.normal(size=999)})
    gappy = clean.copy()
    # the last training window of the second split ends at row 653: most lags have nothing missing in any of them
    gappy.loc[640:642, column] = np.nan
    options = {"n_channels": 1, "kernel_size": 2}
    model = gn.GraphForecaster(
        "convolution", options, window=24, horizon=[12], epochs=1, batch_size=256, random_state=0
    )
    rmse = []
    for y in (clean, gappy):
        table = model.backtest(y, 2)
        errors = table.autoregression_error[(table.column == "load") & (table.split == 1)]
        rmse.append((errors**2).mean() ** 0.5)
    assert rmse[1] == pytest.approx(rmse[0], rel=0.1)
