"""Backtest: forecasts of the later parts of a series, beside those of simple methods."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone

from ..errors import DataError
from ..language.arrays import Array
from ..language.checks import COUNT, read_setting
from .autoregression import Autoregression, last_known, persistence
from .later import aligned
from .times import Table, kind_of, read_table
from .windows import Channels, targets_of, windows_of


def backtest(model: Any, y: Any, splits: Any, X: Any) -> pd.DataFrame:
    """Return the frame of `GraphForecaster.backtest`."""
    whole = read_table(y, "y")
    exogenous = None if X is None else _with_ahead(read_table(X, "X"), whole, max(model._read_shape()[1]))
    frames = []
    for number, (start, cut, end) in enumerate(_cuts(splits, len(whole))):
        fitted = clone(model)
        part = whole.rows(start, end)
        of_x = None if exogenous is None else exogenous.rows(start, len(exogenous))
        try:
            fitted.fit(_given(part.rows(0, cut - start)), None if of_x is None else _given(of_x.rows(0, cut - start)))
        except DataError as error:
            raise DataError(f"split {number}: {error}") from None
        frames.append(_compared(number, fitted, part, of_x, cut - start))
    return pd.concat(frames, ignore_index=True)


def _with_ahead(exogenous: Table, whole: Table, n: int) -> Table:
    """Return the exogenous columns at the times of y and at the next n; those after y may be missing."""
    among = aligned(exogenous, whole.index, "of y")
    later = whole.after(n)
    values = np.full((n, among.values.shape[1]), np.nan)
    if kind_of(exogenous.index) == kind_of(later):
        places = exogenous.index.get_indexer(later)
        values[places >= 0] = exogenous.values[places[places >= 0]]
    return among.extended(values, later)


def _cuts(splits: Any, n_rows: int) -> Iterator[tuple[int, int, int]]:
    """Yield first row, first row to forecast and end of each split."""
    if not hasattr(splits, "split"):
        n = read_setting("splits", splits, COUNT)
        size = n_rows // (n + 1)
        if not size:
            raise DataError(f"splits: {n} of {n_rows} rows leave none to each; give fewer")
        for i in range(n):
            cut = n_rows - (n - i) * size
            yield 0, cut, cut + size
        return
    for training, test in splits.split(np.zeros(n_rows)):
        if not len(training) or not len(test) or training[-1] >= test[0]:
            raise DataError(f"splits: {splits} does not train on what is before; TimeSeriesSplit does")
        yield int(training[0]), int(test[0]), int(test[-1]) + 1


def _given(table: Table) -> Any:
    """Return a table as it was given."""
    return table.like(table.values, table.index)


def _compared(number: int, fitted: Any, part: Table, exogenous: Table | None, cut: int) -> pd.DataFrame:
    """Return the forecasts of the rows from ``cut`` on, each from the rows before it."""
    window, horizon = fitted._window, fitted._horizon
    rows = fitted._rows(part, exogenous)
    windows = windows_of(rows, window)
    n_training = cut - window - horizon[-1] + 1
    lagged = windows_of(_regressors(fitted._channels, part, exogenous), window)
    linear = Autoregression.fit(lagged[:n_training], targets_of(part.values[:cut], window, horizon))
    # windows that end at a row from which some step of the horizon is to be forecast
    ends = np.arange(max(window - 1, cut - horizon[-1]), len(part) - horizon[0])
    chosen = windows[ends - window + 1]
    found = {
        "forecast": fitted._in_units(_last_outputs(fitted.net_, chosen)),
        "persistence": _shaped(persistence(part.values, len(horizon))[ends], horizon),
        "autoregression": _shaped(linear.predict(lagged[ends - window + 1]), horizon),
    }
    frames = []
    for i, ahead in enumerate(horizon):
        times = ends + ahead
        kept = (times >= cut) & (times < len(part))
        for j, name in enumerate(part.names or ["y"]):
            columns: dict[str, Any] = {
                "split": number,
                "time": part.index[times[kept]],
                "horizon": ahead,
                "column": "y" if name is None else name,
                "observed": part.values[times[kept], j],
            }
            columns |= {method: values[kept, i, j] for method, values in found.items()}
            frames.append(pd.DataFrame(columns))
    table = pd.concat(frames, ignore_index=True).dropna(subset="observed", ignore_index=True)
    for method in found:
        called = "error" if method == "forecast" else f"{method}_error"
        table[called] = table[method] - table["observed"]
    return table


def _regressors(channels: Channels, part: Table, exogenous: Table | None) -> Array:
    """Return the channels of the autoregression: the network's, without those that say what is missing.

    Such a channel is 1 so seldom that a least-squares fit gives it any weight.  A missing value is the last known one,
    which is closer to it than the mean of the column.
    """
    plain = replace(
        channels,
        gappy=np.zeros_like(channels.gappy),
        exogenous_gappy=np.zeros_like(channels.exogenous_gappy),
    )
    ahead = None if exogenous is None else last_known(exogenous.values, channels.exogenous_fill)
    return plain.rows(last_known(part.values, channels.fill), ahead)


def _last_outputs(net: Any, windows: Array, at_once: int = 256) -> Array:
    parts = [net.run(windows[start : start + at_once])[:, -1] for start in range(0, len(windows), at_once)]
    return np.concatenate(parts)


def _shaped(values: Array, horizon: list[int]) -> Array:
    return values.reshape(len(values), len(horizon), -1)
