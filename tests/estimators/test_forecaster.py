"""The forecaster: frames with times, missing values, columns known ahead, roll-out, updates and backtests."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import KFold, TimeSeriesSplit

import graphnet as gn
from graphnet.estimators.observed import Observed
from graphnet.losses import resolve_loss

DAYS = pd.date_range("2024-01-01", periods=120, freq="D", unit="ns")
WAVES = pd.Series(100 + 5 * np.sin(np.arange(120) / 4), DAYS, name="waves")
FRAME = pd.DataFrame({"a": WAVES, "b": 10 * np.cos(np.arange(120) / 4)}, DAYS)


def quick(**named: Any) -> gn.GraphForecaster:
    given = {"options": {"n_hidden": 6}, "window": 8, "epochs": 2, "learning_rate": 0.02, "random_state": 0, **named}
    return gn.GraphForecaster("elman", **given)


def test_it_learns_a_wave() -> None:
    """In the units and at the times of the series, by steps of the horizon and by roll-out."""
    model = quick(horizon=[1, 2, 3], epochs=60, validation=0.2, patience=60).fit(WAVES)
    times = pd.date_range("2024-04-30", periods=10, freq="D")
    expected = 100 + 5 * np.sin(np.arange(120, 130) / 4)
    ahead, rolled = model.predict(), model.forecast(10)
    assert (ahead.name, rolled.name) == ("waves", "waves")
    assert (ahead.index == times[:3]).all()
    assert (rolled.index == times).all()
    assert (ahead == rolled[:3]).all()
    assert np.abs(rolled - expected).max() < 1.5
    assert model.channels_ == ["waves"]
    assert model.net_.n_outputs == 3


def test_the_network_sees_windows() -> None:
    """What is predicted is the network's answer to the last window, in the units of each column."""
    model = quick(horizon=[1, 3]).fit(FRAME)
    found = model.net_.run(FRAME.to_numpy()[np.newaxis, -8:])[0, -1].reshape(2, 2)
    np.testing.assert_allclose(model.predict(), found * FRAME.std(ddof=0).to_numpy() + FRAME.mean().to_numpy())
    assert list(model.predict().columns) == ["a", "b"]
    assert list(model.predict().index) == [DAYS[-1] + pd.Timedelta(days=1), DAYS[-1] + pd.Timedelta(days=3)]


def test_it_is_a_fit_of_a_network() -> None:
    model = quick(standardize=False, horizon=[1, 2]).fit(FRAME)
    values = FRAME.to_numpy()
    inputs = np.stack([values[i : i + 8] for i in range(111)])
    net = gn.compile(gn.graphs.elman(2, 6, 4), seed=0)
    targets = np.hstack([values[8:119], values[9:120]])
    gn.fit(net, inputs, targets, epochs=2, learning_rate=0.02, seed=0)
    np.testing.assert_allclose(model.net_.parameters, net.parameters, rtol=1e-9)


@pytest.mark.parametrize("horizon", [range(1, 4), (1, 2, 3), np.arange(1, 4)])
def test_horizons(horizon: Any) -> None:
    model = quick(horizon=horizon).fit(WAVES)
    assert (clone(model).fit(WAVES).predict() == quick(horizon=[1, 2, 3]).fit(WAVES).predict()).all()


def test_validation_is_the_last_part() -> None:
    """Later values do not reach training, and no target to train on is as late as one to validate on."""
    changed = WAVES.copy()
    changed.iloc[-23:] = 0.0  # the targets of the last windows of 111: 0.2 of them, and what their horizon adds
    model, other = (quick(horizon=[1, 2], validation=0.2).fit(each) for each in (WAVES, changed))
    assert (model.net_.parameters == other.net_.parameters).all()
    assert model.history_.epochs[-1]["validation_loss"] != other.history_.epochs[-1]["validation_loss"]
    changed.iloc[-24] = 0.0
    assert (quick(horizon=[1, 2], validation=0.2).fit(changed).net_.parameters != model.net_.parameters).any()


def test_missing_values() -> None:
    """They are the mean of their column and a channel that says so, and rows that the times lack are missing too."""
    gappy = FRAME.copy()
    gappy.iloc[[3, 50, -1], 0] = np.nan
    model = quick(horizon=[1, 2], epochs=30).fit(gappy.drop(DAYS[60]))
    assert model.channels_ == ["a", "b", "a is missing", "b is missing"]
    gappy.iloc[60] = np.nan
    same = quick(horizon=[1, 2], epochs=30).fit(gappy)
    assert (same.net_.parameters == model.net_.parameters).all()
    assert np.isfinite(model.forecast(20)).all(axis=None)
    # a value that is missing for the first time is filled, too
    whole = quick().fit(WAVES).update(pd.Series([np.nan], DAYS[-1:] + pd.Timedelta(days=1), name="waves"))
    assert whole.channels_ == ["waves"]
    assert np.isfinite(whole.predict()).all()


def test_missing_targets_do_not_count() -> None:
    """The loss of the targets that are known is that of each output alone, and its gradient is exact."""
    rng = np.random.default_rng(0)
    outputs, targets = rng.normal(size=(5, 3, 2)), rng.normal(size=(5, 2))
    targets[[0, 1, 3], [0, 0, 1]] = np.nan
    mask = np.arange(3) < np.array([3, 1, 2, 3, 3])[:, None]
    loss, last = Observed(resolve_loss("mse")), mask.sum(axis=1) - 1
    value, gradient = loss(outputs, targets, mask)
    differences = outputs[np.arange(5), last] - targets
    assert value == pytest.approx(np.nanmean(differences**2))
    expected = np.zeros(outputs.shape)
    expected[np.arange(5), last] = 2 * np.nan_to_num(differences) / 7
    np.testing.assert_allclose(gradient, expected)
    assert loss.count(outputs.shape, targets, mask) == 7
    full = rng.normal(size=(5, 2))
    for found, plain in zip(loss(outputs, full, mask), resolve_loss("mse")(outputs, full, mask), strict=True):
        np.testing.assert_allclose(found, plain)
    assert repr(loss) == "Observed(MeanSquaredError())"
    with pytest.raises(gn.DataError, match=r"targets: shape \(5, 1\); must be \(5, 2\)"):
        loss.check(outputs.shape, targets[:, :1], mask)


def test_columns_that_are_known_ahead() -> None:
    """A target that is tomorrow's exogenous value is learnt from it, and predict needs it."""
    rng = np.random.default_rng(0)
    times = pd.date_range("2024-01-01", periods=130, freq="D")
    known = pd.DataFrame({"signal": rng.normal(size=130)}, times)
    y = known["signal"][:120].rename("y") * 3
    model = quick(horizon=[1, 2], epochs=60).fit(y, known[:120])
    assert model.channels_ == ["y", "signal 1 ahead", "signal 2 ahead"]
    ahead = model.predict(known)
    assert np.abs(ahead - 3 * known["signal"][120:122]).max() < 1
    assert (model.predict(known[120:]) == ahead).all()
    assert (model.predict(known[120:122].to_numpy()) == ahead).all()
    assert (model.forecast(5, known)[:2] == ahead).all()
    assert np.abs(model.forecast(5, known) - 3 * known["signal"][120:125]).max() < 1.5
    model.update(3 * known["signal"].rename("y")[120:122], known)
    assert np.abs(model.predict(known) - 3 * known["signal"][122:124]).max() < 1


def test_a_roll_out_needs_the_horizon_of_its_last_call() -> None:
    """Of columns known ahead, which may be missing: horizons 1 and 2 are taken at once, and 5 is seen from there."""
    future = np.arange(130.0)[:, np.newaxis] % 7
    model = quick(horizon=[1, 2, 5]).fit(WAVES, future[:120])
    assert len(model.forecast(3, future[120:127])) == 3
    with pytest.raises(gn.DataError, match="X has 6 rows; 7 are needed after 2024-04-29"):
        model.forecast(3, future[120:126])
    unknown = np.where(np.arange(7)[:, np.newaxis] < 3, future[120:127], np.nan)
    assert np.isfinite(model.forecast(3, unknown)).all()


def test_updates_are_what_was_known_from_the_start() -> None:
    early = quick(horizon=[1, 2]).fit(FRAME[:100])
    step_by_step = pickle.loads(pickle.dumps(early)).update(FRAME[100:101]).update(FRAME[101:110])
    at_once = early.update(FRAME[100:110])
    assert (at_once.predict() == step_by_step.predict()).all(axis=None)
    assert at_once.predict().index[0] == DAYS[110]
    rows = FRAME.to_numpy()[np.newaxis, 102:110]
    found = at_once.net_.run(rows)[0, -1].reshape(2, 2) * early.target_deviation_ + early.target_mean_
    np.testing.assert_allclose(at_once.predict(), found)
    before = at_once.net_.parameters.copy()
    at_once.update(FRAME[112:115], epochs=3)  # with two days missing between
    assert (at_once.net_.parameters != before).any()
    assert [row["epoch"] for row in at_once.history_.epochs] == [1, 2, 3, 4, 5]
    assert at_once.predict().index[0] == DAYS[115]


@pytest.mark.parametrize(
    ("index", "following"),
    [
        (pd.period_range("2020-01", periods=40, freq="M"), pd.Period("2023-05", "M")),
        (pd.date_range("2020-01-31", periods=40, freq="ME"), pd.Timestamp("2023-05-31")),
        (
            pd.date_range("2020-01-01", periods=40, freq="B", tz="Europe/Rome"),
            pd.Timestamp("2020-02-26", tz="Europe/Rome"),
        ),
        (pd.date_range("2020-01-01", periods=40, freq="15min"), pd.Timestamp("2020-01-01 10:00")),
        (pd.RangeIndex(1900, 1980, 2), 1980),
        (pd.Index(np.arange(5, 45)), 45),
    ],
)
def test_times_of_every_kind(index: pd.Index[Any], following: Any) -> None:
    series = pd.Series(np.arange(40.0), index)
    model = quick().fit(series)
    assert model.predict().index[0] == following
    assert model.forecast(2).index[0] == following
    gaps = quick().fit(series.drop(index[[7, 8, 20]]))
    assert gaps.predict().index[0] == following
    assert gaps.channels_ == ["y", "y is missing"]
    assert model.update(pd.Series([1.0], [following])).predict().index[0] > following


def test_arrays() -> None:
    model = quick(horizon=[1, 2]).fit(WAVES.to_numpy())
    np.testing.assert_allclose(model.predict(), quick(horizon=[1, 2]).fit(WAVES).predict())
    assert model.predict().shape == (2,)
    assert quick(horizon=[1, 2]).fit(FRAME.to_numpy()).forecast(3).shape == (3, 2)
    assert model.update(np.ones(3)).forecast(4).shape == (4,)
    with_x = quick(horizon=[1, 2]).fit(WAVES.to_numpy(), FRAME.to_numpy())
    assert with_x.update(np.ones(3), np.ones((3, 2))).predict(np.ones((2, 2))).shape == (2,)
    by_twos = pd.RangeIndex(0, 240, 2)
    with_x.fit(WAVES.set_axis(by_twos), pd.Series(np.arange(300.0)))
    assert with_x.update(pd.Series([1.0], [240], name="waves"), np.ones(1)).predict(np.ones(2)).index[0] == 242


@pytest.mark.costly
def test_a_backtest() -> None:
    """Forecasts of each part are those of a model that knew what is before, updated row by row."""
    table = quick(horizon=[1, 3]).backtest(FRAME, 2)
    assert list(table.columns) == [
        *("split", "time", "horizon", "column", "observed", "forecast", "persistence", "autoregression"),
        *("error", "persistence_error", "autoregression_error"),
    ]
    assert table.groupby(["split", "horizon", "column"]).size().tolist() == [40] * 8
    assert not table.isna().any(axis=None)
    for split, cut in enumerate((40, 80)):
        model = quick(horizon=[1, 3]).fit(FRAME[:cut])
        part = table[table.split == split].set_index(["time", "column", "horizon"])
        for row in (cut, cut + 5):
            if row > cut:
                model.update(FRAME[cut:row])
            for time, ahead in zip(model.predict().index, (1, 3), strict=True):
                found = part.loc[(time, "a", ahead)]
                assert found.forecast == pytest.approx(model.predict().loc[time, "a"])
                assert found.observed == FRAME.loc[time, "a"]
                assert found.persistence == FRAME["a"].iloc[row - 1]
                assert found.error == pytest.approx(found.forecast - found.observed)
    assert (table.autoregression_error**2).mean() < 0.01 * (table.persistence_error**2).mean()
    own = quick(horizon=[1, 3]).backtest(FRAME, TimeSeriesSplit(2))
    pd.testing.assert_frame_equal(own, table)


def test_a_backtest_with_gaps_and_columns_known_ahead() -> None:
    gappy = WAVES.copy()
    gappy.iloc[[50, 90]] = np.nan
    calendar = pd.Series(np.arange(120) % 7, DAYS, name="day")
    table = quick(validation=0.2).backtest(gappy, 2, calendar)
    assert len(table) == 2 * 40 - 2
    assert set(table.column) == {"waves"}
    assert not table.isna().any(axis=None)
    with pytest.raises(gn.DataError, match="X lacks 110 of the 120 rows of y, the first at 2024-01-11"):
        quick().backtest(gappy, 2, calendar[:10])


@pytest.mark.parametrize("form", ["dates", "array"])
def test_a_backtest_takes_the_future_of_columns_known_ahead(form: str) -> None:
    """As fit and predict do; a forecast of a part sees them as far ahead as predict does, also at the end of y."""
    rng = np.random.default_rng(0)
    future = pd.Series(rng.normal(size=125), pd.date_range("2024-01-01", periods=125, freq="D"), name="signal")
    y = WAVES + 3 * future[:120]
    given = (y, future) if form == "dates" else (y.to_numpy(), future.to_numpy())
    table = quick(horizon=[1, 3]).backtest(given[0], 2, given[1])
    model = quick(horizon=[1, 3]).fit(y[:80], future[:80]).update(y[80:119], future[80:119])
    last = table[(table.split == 1) & (table.horizon == 1)].iloc[-1]
    assert last.forecast == pytest.approx(model.predict(future[119:]).iloc[0])
    first = table[(table.split == 0) & (table.horizon == 1)].iloc[-1]
    model = quick(horizon=[1, 3]).fit(y[:40], future[:40]).update(y[40:79], future[40:79])
    assert first.forecast == pytest.approx(model.predict(future[79:]).iloc[0])
    assert len(quick(horizon=[1, 3]).backtest(given[0], 2, given[1][:120])) == len(table)


def test_it_is_cloned_and_pickled() -> None:
    model = quick(horizon=[1, 2]).fit(WAVES)
    again = pickle.loads(pickle.dumps(model))
    assert (again.predict() == model.predict()).all()
    assert (clone(model).fit(WAVES).predict() == model.predict()).all()
    assert clone(model).get_params()["horizon"] == [1, 2]


def changed(**columns: Any) -> pd.DataFrame:
    return FRAME.assign(**columns)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (WAVES[:8], r"y has 8 rows; a window of 8 and a horizon of 1 need 9 or more"),
        (
            WAVES.iloc[[*range(20), 5, 6]],
            "y: 2024-01-06 occurs more than once; y: 2024-01-07 occurs more than once; keep one",
        ),
        (WAVES[::-1], r"y: times are not sorted, row 1 \(2024-04-28\) follows 2024-04-29; .sort_index\(\) sorts them"),
        (WAVES.set_axis([pd.NaT, *DAYS[1:]]), "y: row 0 has no time; 1 such"),
        (WAVES.set_axis(DAYS.astype(str)), r"y: its index is str; must be dates, periods or whole numbers, as after"),
        (FRAME.set_index("a", append=True), "y: its index is several levels; must be"),
        (
            WAVES.set_axis([*DAYS[:50], *(DAYS[50:] + pd.Timedelta("1h"))]),
            r"on no grid: most are 1 days 00:00:00 apart, row 50 \(2024-02-20 01:00:00\) is 1 days 01:00:00 after",
        ),
        (
            pd.Series([1.0, 2.0, 3.0], [0, 1, 10**12]),
            "y: 3 rows, and 1000000000001 times from first to last by steps of 1",
        ),
        (
            WAVES.set_axis([*DAYS[:-1], pd.Timestamp("2200-01-01")]),
            "y: 120 rows, and 64284 times .* by steps of 1 days",
        ),
        (
            pd.Series([1.0, 2.0], pd.PeriodIndex(["2000-01-01", "2020-01-01"], freq="D")),
            "y: 2 rows, and 7306 times from first to last by steps of D",
        ),
        (changed(a=np.nan), "y: column 'a' has no numbers, leave it out"),
        (changed(a=np.nan, b=np.nan), "y: no numbers in it, all are missing"),
        (changed(a=np.inf), r"y: column 'a' is infinite at row 0 \(2024-01-01\); 120 such"),
        (changed(a="x"), "y: column 'a' is str, not numbers; it has text such as 'x': leave it out, or make numbers"),
        (pd.Series([*range(119), "x"], DAYS), "y: the series is object, not numbers; it has text such as 'x': leave"),
        (
            pd.Series([*map(str, range(119)), "n/a"], DAYS),
            r"pd.to_numeric\(..., errors='coerce'\) reads numbers from text, and NaN from such as 'n/a'",
        ),
        (
            changed(a=DAYS.strftime("%Y-%m-%d %H:%M")),
            r"y: column 'a' is str, not numbers; it has dates such as '2024-01-01 00:00', which belong in the index: "
            r"data\['a'\] = pd.to_datetime\(data\['a'\]\), then data.set_index\('a'\)",
        ),
        (changed(a=DAYS.strftime("%d.%m.%Y")), r"'01.01.2024', .* pd.to_datetime\(data\['a'\], dayfirst=True\), then"),
        (changed(a=DAYS.strftime("%d/%m/%Y")), r"'01/01/2024', .* pd.to_datetime\(data\['a'\], dayfirst=True\), then"),
        (changed(a=DAYS.strftime("%m/%d/%Y")), r"'01/01/2024', .* pd.to_datetime\(data\['a'\]\), then"),
        (
            pd.Series(DAYS.strftime("%Y-%m-%d"), DAYS),
            r"y: the series is str, not numbers; it has dates such as '2024-01-01', which belong in the index of ",
        ),
        (WAVES.astype(str), "y: column 'waves' is str, not numbers; pd.to_numeric reads numbers from text"),
        (
            changed(a=DAYS),
            r"y: column 'a' is datetime64\[ns\], not numbers; times belong in the index, as after .set_index",
        ),
        (
            changed(a=1j, b=DAYS - DAYS[0]),
            "y: column 'a' is complex128, not numbers; leave it out, or make numbers of it; y: column 'b' is timedelta",
        ),
        (pd.concat([FRAME, FRAME], axis=1), "y: several columns are named 'a'; rename or drop all but one"),
        (FRAME[:0], "y: 0 rows of 2 columns; needs one of each"),
        (FRAME[[]], "y: 120 rows of 0 columns; needs one of each"),
        (np.ones((3, 3, 3)), r"y: shape \(3, 3, 3\); must be \(n_rows,\) or \(n_rows, n_columns\)"),
        (["a", "b"], "y are <U1, not real numbers"),
        (np.ma.masked_equal(np.arange(20.0), 3), "y: 1 of 20 entries is masked, and masks are not read: give NaN"),
    ],
)
def test_series_that_do_not_fit(y: Any, message: str) -> None:
    with pytest.raises(gn.DataError, match=message):
        quick().fit(y)


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ({"horizon": 0}, "horizon: 0; must be a whole number >= 1, or a list or range of them"),
        ({"horizon": [1, "2"]}, "horizon: '2'; must be a whole number >= 1, or a list or range"),
        ({"horizon": "1,2"}, "horizon: '1,2'; must be a whole number >= 1, or a list or range"),
        ({"horizon": range(3)}, "horizon: 0; must be a whole number >= 1, or a list or range"),
        ({"horizon": range(3, 3)}, r"horizon: range\(3, 3\); must be numbers of rows, each once and in order"),
        ({"horizon": []}, r"horizon: \[\]; must be numbers of rows, each once and in order"),
        ({"horizon": [2, 1]}, r"horizon: \[2, 1\]; must be numbers of rows, each once and in order"),
        ({"horizon": 200}, "y has 120 rows; a window of 8 and a horizon of 200 need 208 or more"),
        ({"window": 0}, "window: 0; must be a whole number >= 1"),
        (
            {"validation": (1, 2)},
            r"validation: \(1, 2\); must be the share of the last windows to hold out, > 0 and < 1",
        ),
        ({"validation": 0.0}, "validation: 0.0; must be the share of the last windows"),
        (
            {"validation": 0.9, "horizon": [1, 20]},
            "validation: 0.9 of 93 windows leaves none to train on; give a smaller",
        ),
        (
            {"loss": "cosine"},
            "loss: 'cosine'; a forecaster has a loss of differences: 'mse', 'mae', 'huber', 'quantile'",
        ),
        ({"loss": "cross_entropy"}, "loss: cross_entropy is for classes"),
        ({"graph": gn.graphs.elman(1, 2, 1), "options": None}, "graph: it has 1 input, and X has 2 channels"),
        ({"epochs": 0}, "epochs: 0"),
    ],
)
def test_parameters_that_do_not_fit(named: dict[str, Any], message: str) -> None:
    with pytest.raises(gn.DataError, match=message):
        quick().set_params(**named).fit(FRAME)


def test_bad_input_changes_nothing() -> None:
    calendar = pd.DataFrame({"day": np.arange(125) % 7}, pd.date_range("2024-01-01", periods=125, freq="D"))
    model, with_x = quick(horizon=[2, 3]).fit(WAVES), quick(horizon=[1, 2]).fit(WAVES, calendar[:120])
    before = model.predict()
    later = WAVES.set_axis(DAYS + pd.Timedelta(days=120))
    for call, message in [
        (lambda: model.predict(calendar), "X: the fit had no exogenous columns; leave X out, or fit with it"),
        (lambda: with_x.predict(), "X: the fit had exogenous columns; give those that follow y"),
        (lambda: with_x.predict(calendar[:121]), "X lacks 1 of the 2 rows that follow y, the first at 2024-05-01"),
        (lambda: with_x.predict(np.ones((2, 2))), "X has 2 columns, at the fit it had 1"),
        (lambda: with_x.predict(np.ones(1)), "X has 1 row; 2 are needed after 2024-04-29"),
        (
            lambda: with_x.predict(calendar.rename(columns={"day": "d"})),
            r"X has the columns \['d'\]; at the fit they were \['day'\]",
        ),
        (lambda: with_x.forecast(5, calendar[:125]), "X lacks 1 of the 6 rows that follow y"),
        (lambda: quick().fit(WAVES, calendar[1:]), "X lacks 1 of the 120 rows of y, the first at 2024-01-01"),
        (lambda: model.forecast(3), r"forecast: horizon=\[2, 3\] has no 1, and a roll-out goes on row by row; add it"),
        (lambda: model.forecast(0), "n: 0; must be a whole number >= 1"),
        (lambda: model.update(WAVES), "y: starts at 2024-01-01 00:00:00, and is known up to 2024-04-29"),
        (
            lambda: model.update(later.rename("other")),
            r"y has the columns \['other'\]; at the fit they were \['waves'\]",
        ),
        (lambda: model.update(later, epochs=-1), "epochs: -1; must be a whole number >= 0"),
        (
            lambda: model.update(later.set_axis(np.arange(120))),
            "y: its index has whole numbers, at the fit it had dates",
        ),
        (
            lambda: model.update(later.set_axis(later.index + pd.Timedelta("1h"))),
            "is not on the grid of the fit's times",
        ),
        (
            lambda: model.update(later.set_axis(later.index.tz_localize("UTC"))),
            "y: its index has dates in UTC, at the fit it had dates",
        ),
        (lambda: model.update(later[:1].set_axis([pd.Timestamp("2200-01-01")])), "2200-01-01 00:00:00 is too far from"),
        (lambda: with_x.update(later), "X: the fit had exogenous columns"),
        (lambda: model.fit(WAVES[:4]), "y has 4 rows"),
        (lambda: model.backtest(WAVES, 0), "splits: 0; must be a whole number >= 1"),
        (lambda: model.backtest(WAVES, 200), "splits: 200 of 120 rows leave none to each; give fewer"),
        (lambda: model.backtest(WAVES, KFold(2)), "splits: KFold.* does not train on what is before"),
        (lambda: quick(window=50).backtest(WAVES, 5), "split 0: y has 20 rows; a window of 50 and a horizon of 1 need"),
    ]:
        with pytest.raises(gn.DataError, match=message):
            call()
    assert (model.predict() == before).all()
    assert with_x.predict(calendar).index[0] == pd.Timestamp("2024-04-30")
