"""Forecaster of series by a network that is drawn."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from ..errors import DataError, quoted
from ..language.arrays import Array
from ..language.checks import COUNT, FRACTION, Several, Whole, read_setting, shown
from ..losses import Loss
from .backtest import backtest
from .base import GraphEstimator, counted, joined, weighted_moments
from .later import aligned, check_columns, names_of, with_later
from .numbers import loss_in_units
from .observed import Observed
from .parameters import parameter, with_parameters
from .times import Table, read_table
from .windows import Channels, moments_of, targets_of, windows_of

OF_SERIES = {
    "window": parameter(48, "int", "Number of rows that the network sees before it answers."),
    "horizon": parameter(
        1,
        "int, list of int or range",
        "Rows ahead to forecast: [1, 2, 3] or range(1, 4) are the next three, 3 is the third alone.",
    ),
}
"""Parameters of a forecaster."""


@with_parameters(OF_SERIES)
class GraphForecaster(GraphEstimator):
    """Forecaster of one or several series by a network that is drawn.

    The network sees a window of rows and answers with every column at every step of the horizon.  Values may be
    missing: they enter as the mean of their column, beside a channel that is 1 where they are missing, and do not count
    as targets.  Rows that a grid of times lacks are missing too.  Of ``validation=0.2``, the last fifth is held out.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    channels_ : list of str
        Names of the inputs of the network.
    target_mean_, target_deviation_ : (n_columns,)
        The network computes (value - mean) / deviation; with ``standardize=False`` mean is 0 and deviation 1.
    net_ : Network
        The trained network.
    history_ : History
        A row for each epoch.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> import graphnet as gn
    >>> days = pd.date_range("2024-01-01", periods=200, freq="D")
    >>> waves = pd.Series(100 + np.sin(np.arange(200) / 4), days, name="waves")
    >>> model = gn.GraphForecaster("elman", {"n_hidden": 8}, window=10, horizon=[1, 2], epochs=20, learning_rate=0.01,
    ...     random_state=0)
    >>> ahead = model.fit(waves).predict()
    >>> list(ahead.index.strftime("%Y-%m-%d")), bool(np.abs(ahead - 100 - np.sin(np.arange(200, 202) / 4)).max() < 0.2)
    (['2024-07-19', '2024-07-20'], True)
    """

    window: Any
    horizon: Any
    loss: Any
    validation: Any

    channels_: list[str]
    target_mean_: Array
    target_deviation_: Array

    _known: Table
    _exogenous: Table | None
    _channels: Channels
    _horizon: list[int]
    _window: int

    def fit(self, y: Any, X: Any = None) -> Self:
        """Train the network on a series.

        Parameters
        ----------
        y : pandas.Series, pandas.DataFrame or array
            One row a time; the index has dates, periods or whole numbers, sorted, each once.
        X : pandas.Series, pandas.DataFrame or array, optional
            Columns that are known ahead, such as calendars, at the times of y: the network sees their values at each
            step of the horizon.  What is not known ahead belongs into y.

        Returns
        -------
        self

        Raises
        ------
        DataError
            If the series is shorter than a window and its horizon, or data or parameters do not fit.
        """
        with self._unchanged_by_bad_input():
            return self._fit(y, X)

    def _fit(self, y: Any, X: Any) -> Self:
        window, horizon = self._read_shape()
        known = read_table(y, "y")
        exogenous = None if X is None else aligned(read_table(X, "X"), known.index, "of y")
        n_windows = len(known) - window - horizon[-1] + 1
        if n_windows < 1:
            raise DataError(
                f"y has {counted(len(known), 'row')}; a window of {window} and a horizon of {horizon[-1]} need "
                f"{window + horizon[-1]} or more"
            )
        n_held_out = self._n_held_out(n_windows)
        # no target to train on is as late as one that is held out
        n_training = n_windows - n_held_out - (horizon[-1] - horizon[0] if n_held_out else 0)
        if n_training < 1:
            raise DataError(
                f"validation: {self.validation!r} of {counted(n_windows, 'window')} leaves none to train on; give a "
                "smaller one, or a longer series"
            )
        n_rows = n_training + window + horizon[-1] - 1
        self._window, self._horizon, self._known, self._exogenous = window, horizon, known, exogenous
        of_x = None if exogenous is None else exogenous.values
        self._channels = Channels.of(known.values, of_x, horizon, n_rows)
        self.channels_ = self._channels.names(
            names_of(known, "y"), [] if exogenous is None else names_of(exogenous, "X")
        )
        self._scale(known.values, n_rows)
        rows = self._rows(known, exogenous)
        seed = self._draw_seed()
        moments = weighted_moments(rows[: n_training + window - 1], None) if self._is_standardizing() else None
        self.net_ = self._compile(seed, len(self.channels_), known.values.shape[1] * len(horizon), moments)
        inputs, targets = windows_of(rows, window), self._targets(known.values)
        held_out = None
        if n_held_out:
            last = slice(n_windows - n_held_out, n_windows)
            held_out = _with_targets(inputs[last], targets[last], "validation: no window of the last part has targets")
        training = _with_targets(inputs[:n_training], targets[:n_training], "y: no window has a target")
        self._seed = seed
        self._train(seed, (*training, None, None), validation=held_out, loss=self._loss())
        return self

    def predict(self, X: Any = None) -> Any:
        """Return the forecasts at the horizon after the last row: a row for each of its steps, as y has them.

        Parameters
        ----------
        X : pandas.Series, pandas.DataFrame or array, optional
            The columns of the fit's X, from the row after the last one to the end of the horizon.

        Raises
        ------
        DataError
            If X does not reach as far, or is given where the fit had none.
        """
        check_is_fitted(self)
        future = self._future(X, self._horizon[-1])
        steps = np.array(self._horizon) - 1
        return self._known.like(self._ahead(self._known, future), self._known.after(self._horizon[-1])[steps])

    def forecast(self, n: int, X: Any = None) -> Any:
        """Return forecasts of the next n rows by roll-out: what was forecast is taken as known to go on from.

        Parameters
        ----------
        n : int
            Number of rows.
        X : pandas.Series, pandas.DataFrame or array, optional
            The columns of the fit's X at these rows and on to the horizon of the last forecast, which the network sees
            too: as many as n - 1 + max(horizon) rows after y, with NaN for what is not known.

        Raises
        ------
        DataError
            If the horizon has no 1, or X does not reach as far.
        """
        check_is_fitted(self)
        n = read_setting("n", n, COUNT)
        at_once = next((i for i, ahead in enumerate(self._horizon) if ahead != i + 1), len(self._horizon))
        if not at_once:
            raise DataError(f"forecast: horizon={self._horizon} has no 1, and a roll-out goes on row by row; add it")
        n_calls = -(-n // at_once)
        future = self._future(X, (n_calls - 1) * at_once + self._horizon[-1])
        table = self._known
        for _ in range(n_calls):
            table = table.extended(self._ahead(table, future)[:at_once], table.after(at_once))
        found = table.rows(len(self._known), len(self._known) + n)
        return table.like(found.values, found.index)

    def update(self, y: Any, X: Any = None, *, epochs: int = 0) -> Self:
        """Take note of later rows, to forecast what follows them.

        Parameters
        ----------
        y : pandas.Series, pandas.DataFrame or array
            Rows after the last known one, with the columns of the fit.
        X : pandas.Series, pandas.DataFrame or array, optional
            The columns of the fit's X at these rows.
        epochs : int
            Number of epochs to train on, with the windows whose horizon ends in these rows; 0 leaves the network as it
            is.

        Returns
        -------
        self

        Raises
        ------
        DataError
            If the rows are not later than what is known, or have other columns.
        """
        check_is_fitted(self)
        with self._unchanged_by_bad_input():
            return self._update(y, X, read_setting("epochs", epochs, Whole(0)))

    def _update(self, y: Any, X: Any, epochs: int) -> Self:
        before, later = self._known, read_table(y, "y", may_be_empty=True)
        known, exogenous = with_later(before, later, "y"), None
        if (X is None) != (self._exogenous is None):
            raise DataError(_given_or_not(X))
        if self._exogenous is not None:
            grid = known.rows(len(before), len(known))
            future = self._future(X, len(grid))
            assert future is not None
            exogenous = self._exogenous.extended(future[len(before) :], grid.index)
        self._known, self._exogenous = known, exogenous
        if epochs:
            first = max(0, len(before) - self._window - self._horizon[-1] + 1)
            inputs = windows_of(self._rows(known, exogenous), self._window)[first:]
            targets = self._targets(known.values)[first:]
            if len(targets):
                training = _with_targets(inputs[: len(targets)], targets, "y: no new window has a target")
                rows = self.history_.epochs
                self._train(
                    self._seed,
                    (*training, None, None),
                    validation=None,
                    patience=None,
                    epochs=epochs,
                    loss=self._loss(),
                )
                self.history_ = joined(rows, self.history_)
        return self

    def backtest(self, y: Any, splits: Any = 5, X: Any = None) -> pd.DataFrame:
        """Return forecasts of the later parts of a series by networks that were trained on what is before each.

        Parameters
        ----------
        y, X
            As for `fit`; X may go on after the last row of y.
        splits : int or splitter
            Number of parts that are forecast, as ``sklearn.model_selection.TimeSeriesSplit`` cuts them, or an object
            with such a ``split``.

        Returns
        -------
        pandas.DataFrame
            A row for each forecast: ``split``, ``time``, ``horizon``, ``column``, ``observed``, ``forecast``, those of
            the last value (``persistence``) and of a linear autoregression on the same windows (``autoregression``),
            and the error of each of the three: ``error``, ``persistence_error``, ``autoregression_error``.  The
            autoregression has the last known value where one is missing.

        Raises
        ------
        DataError
            If a part is too short, or data or parameters do not fit.

        Examples
        --------
        >>> import numpy as np
        >>> import graphnet as gn
        >>> model = gn.GraphForecaster("elman", {"n_hidden": 4}, window=8, epochs=5, random_state=0)
        >>> table = model.backtest(np.sin(np.arange(90) / 3), splits=2)
        >>> errors = table.set_index(["column", "horizon"]).filter(like="error")
        >>> (errors**2).groupby(["column", "horizon"]).mean().shape  # the mean square of each
        (1, 3)
        """
        return backtest(self, y, splits, X)

    def _read_shape(self) -> tuple[int, list[int]]:
        window = read_setting("window", self.window, COUNT)
        try:
            horizon = list(Several(COUNT).read(self.horizon))
        except ValueError as error:
            raise DataError(
                f"horizon: {shown(error.args[0])}; must be a whole number >= 1, or a list or range of them"
            ) from None
        if not horizon or sorted(set(horizon)) != horizon:
            raise DataError(f"horizon: {quoted(self.horizon)}; must be numbers of rows, each once and in order")
        return window, horizon

    def _n_held_out(self, n_windows: int) -> int:
        if self.validation is None:
            return 0
        try:
            fraction = FRACTION.read(self.validation)
        except ValueError:
            fraction = 0.0
        if not fraction:
            raise DataError(
                f"validation: {quoted(self.validation)}; must be the share of the last windows to hold out, > 0 and < 1"
            )
        return max(1, round(fraction * n_windows))

    def _scale(self, values: Array, n_rows: int) -> None:
        """Learn the scale of the targets from the first rows."""
        n_columns = values.shape[1]
        self.target_mean_, self.target_deviation_ = np.zeros(n_columns), np.ones(n_columns)
        if self._is_standardizing():
            early = np.where(np.isnan(values[:n_rows]).all(axis=0), values, np.nan)
            early[:n_rows] = values[:n_rows]
            self.target_mean_, self.target_deviation_ = moments_of(early)

    def _targets(self, values: Array) -> Array:
        return targets_of((values - self.target_mean_) / self.target_deviation_, self._window, self._horizon)

    def _rows(self, table: Table, exogenous: Table | None) -> Array:
        return self._channels.rows(table.values, None if exogenous is None else exogenous.values)

    def _loss(self) -> Loss:
        return Observed(loss_in_units(self.loss))

    def _in_units(self, outputs: Array) -> Array:
        """Return outputs as numbers in the units of y, (n, len(horizon), n_columns)."""
        shaped = outputs.astype(np.float64).reshape(len(outputs), len(self._horizon), -1)
        return shaped * self.target_deviation_ + self.target_mean_

    def _ahead(self, table: Table, future: Array | None) -> Array:
        """Return the forecasts after the last row, (len(horizon), n_columns)."""
        start = len(table) - self._window
        values = table.values[start:]
        rows = self._channels.rows(values, None if future is None else future[start:])
        return self._in_units(self.net_.run(rows[np.newaxis])[:, -1])[0]

    def _future(self, X: Any, n: int) -> Array | None:
        """Return the exogenous columns, known ones and those of the next n rows."""
        if (X is None) != (self._exogenous is None):
            raise DataError(_given_or_not(X))
        if self._exogenous is None:
            return None
        later = read_table(X, "X", may_be_empty=True)
        check_columns(later, self._exogenous, "X")
        times = self._known.after(n)
        if later.form == "array":
            if len(later) < n:
                raise DataError(f"X has {counted(len(later), 'row')}; {n} are needed after {self._known.index[-1]}")
            values = later.values[:n]
        else:
            values = aligned(later, times, "that follow y").values
        return np.concatenate([self._exogenous.values, values])


def _with_targets(inputs: Array, targets: Array, otherwise: str) -> tuple[Array, Array]:
    """Return the windows that have some target."""
    known = ~np.isnan(targets).all(axis=1)
    if not known.any():
        raise DataError(otherwise)
    return (inputs, targets) if known.all() else (inputs[known], targets[known])


def _given_or_not(X: Any) -> str:
    if X is None:
        return "X: the fit had exogenous columns; give those that follow y"
    return "X: the fit had no exogenous columns; leave X out, or fit with it"
