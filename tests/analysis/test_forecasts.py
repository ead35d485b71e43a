"""Simple forecasts: fitted to the training only, compared on the same steps."""

from __future__ import annotations

import numpy as np
import pytest

import graphnet as gn
from graphnet.analysis import Baselines
from graphnet.io import read_data, write_table


def autoregressive(n, factors, seed=0):
    """A series whose next value is a sum of the last ones and noise."""
    rng = np.random.default_rng(seed)
    values = [0.0] * len(factors)
    for noise in rng.normal(size=n):
        values.append(5.0 + sum(f * v for f, v in zip(factors, values[::-1], strict=False)) + noise)
    return np.array(values[-n:])


@pytest.fixture
def path(tmp_path):
    """``data.csv``: two series ``x`` and ``z`` of 600 steps, and ``step``."""
    x, z = autoregressive(600, [1.2, -0.5]), autoregressive(600, [0.3], seed=1)
    write_table(tmp_path / "data.csv", {"step": np.arange(600), "x": x, "z": z})
    return tmp_path / "data.csv"


@pytest.fixture
def net():
    """One input, two outputs."""
    return gn.compile(gn.graphs.elman(1, 3, 2), seed=0)


def test_the_autoregression_of_a_series_is_found(path):
    found = Baselines.fit(read_data(path, x="x", ahead=[1, 2], where="step<500"))
    first, second = found.coefficients[1][0], found.coefficients[2][0]
    assert len(first) == len(second) <= 5
    assert first[1:3] == pytest.approx([1.2, -0.5], abs=0.15)
    # twice the step: y(t+2) = 1.2 y(t+1) - 0.5 y(t)
    assert second[1:3] == pytest.approx([1.2**2 - 0.5, -0.6], abs=0.25)
    assert found.means[0] == pytest.approx(5 / 0.3, abs=0.5)


@pytest.mark.parametrize("window", [None, 4])
def test_errors_are_over_the_steps_that_count(path, net, window):
    options = {"x": "x", "ahead": [1, 3], "window": window}
    found = Baselines.fit(read_data(path, **options, where="step<500"))
    data = read_data(path, **options, count=["step>=500", "step<550"])
    frame = found.compare(net, data)
    x = read_data(path, x="x", targets=False).x.ravel()
    ends = np.arange(499, 547)
    assert frame["steps"].tolist() == [len(ends)] * 2
    outputs = net.run(x.reshape(1, -1, 1))[0] if window is None else net.run(data.x)[:, -1]
    for k, ahead in enumerate((1, 3)):
        row, wanted = frame.iloc[k], x[ends + ahead]
        ours = outputs[ends, k] if window is None else outputs[:, k]
        model = found.coefficients[ahead][0]
        lags = np.stack([x[ends - i] for i in range(len(model) - 1)], axis=1)
        expected = {
            "rmse": ours,
            "persistence": x[ends],
            "autoregression": model[0] + lags @ model[1:],
            "mean": found.means[0],
        }
        for name, values in expected.items():
            assert row[name] == pytest.approx(np.sqrt(np.mean((values - wanted) ** 2)), rel=1e-9), name
    assert (frame["autoregression"] < frame["persistence"]).all()


def test_later_rows_change_no_coefficient(path, tmp_path):
    whole = np.genfromtxt(path, delimiter=",", names=True)
    early = Baselines.fit(read_data(path, x="x", ahead=1, where="step<500"))
    changed = whole["x"].copy()
    changed[500:] = 1e6
    write_table(tmp_path / "other.csv", {"step": whole["step"], "x": changed})
    other = Baselines.fit(read_data(tmp_path / "other.csv", x="x", ahead=1, where="step<500"))
    counted = Baselines.fit(read_data(tmp_path / "other.csv", x="x", ahead=1, count="step<500"))
    assert early.to_dict() == other.to_dict() == counted.to_dict()


def test_numbers_come_back_from_json(path, net):
    data = read_data(path, x="x", ahead=[1, 2], window=3)
    found = Baselines.fit(data)
    again = Baselines.from_dict(found.to_dict())
    assert again.compare(net, data).equals(found.compare(net, data))


def test_the_value_of_the_step_itself_is_compared_with_the_one_before(path):
    net = gn.compile(gn.graphs.elman(1, 2, 1), seed=0)
    data = read_data(path, x="z", y="x")
    frame = Baselines.fit(data).compare(net, data)
    x = read_data(path, x="x", targets=False).x.ravel()
    before = np.concatenate([[x.mean()], x[:-1]])
    assert frame["persistence"][0] == pytest.approx(np.sqrt(np.mean((x - before) ** 2)))
    assert frame["autoregression"][0] < frame["persistence"][0] < frame["mean"][0] * 2


def test_series_are_apart_and_missing_values_are_those_before(tmp_path):
    (tmp_path / "data.csv").write_text("sequence,x\na,1\na,\na,3\na,5\nb,100\nb,90\nb,80\nb,70\n")
    data = read_data(tmp_path / "data.csv", ahead=1, missing="mask")
    net = gn.compile(gn.graphs.elman(2, 2, 1), seed=0)
    frame = Baselines.fit(data).compare(net, data)
    assert frame["steps"][0] == 5
    assert frame["persistence"][0] == pytest.approx(np.sqrt(np.mean(np.array([2, 2, 10, 10, 10]) ** 2.0)))
    assert frame["order"][0] == 0


def test_what_is_no_series_of_numbers(path, net, tmp_path):
    (tmp_path / "classes.csv").write_text("x,y\n1,0\n2,1\n")
    for data in (read_data(tmp_path / "classes.csv"), gn.io.Data(np.zeros((1, 2, 1)), np.zeros((1, 2, 1)))):
        with pytest.raises(gn.DataError, match="baselines: the data are not of series of numbers"):
            Baselines.fit(data)
    found = Baselines.fit(read_data(path, x="x", ahead=[1, 2]))
    with pytest.raises(gn.DataError, match=r"baselines are of \('x',\) at horizons \[1, 2\], and the data of \('z',\)"):
        found.compare(net, read_data(path, x="x", y="z", ahead=[1, 2]))
    with pytest.raises(gn.DataError, match="the network has 2 outputs, and the data 1"):
        found.compare(net, read_data(path, x="x", ahead=1))
    with pytest.raises(gn.DataError, match="baselines: no step counts"):
        Baselines.fit(read_data(path, x="x", ahead=1, count=["step<1"]))
