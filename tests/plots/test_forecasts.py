"""Plots of predictions: outputs, targets and the error between them, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib import pyplot as plt

import graphnet as gn
from graphnet.plots import predictions

from .drawn import legend, line, panels, words
from .reference import check_image

RNG = np.random.default_rng(0)
WAVE = np.sin(np.arange(61) / 4)[np.newaxis, :, np.newaxis]
NET = gn.compile(gn.graphs.elman(1, 6, 1), seed=0)
THREE = gn.compile(gn.graphs.elman(1, 6, 3), seed=0)


def test_a_series_with_what_was_known() -> None:
    x, y = WAVE[:, :-1], WAVE[:, 1:]
    outputs = NET.run(x)
    ax = predictions(NET, x, y, known=40)
    after, before = gn.metrics.rmse(outputs[:, 40:], y[:, 40:]), gn.metrics.rmse(outputs[:, :40], y[:, :40])
    assert legend(ax) == ["target", f"output: rmse {after:.3g}, known steps {before:.3g}", "known: 40 steps"]
    np.testing.assert_array_equal(line(ax, "target")[:, 1], y.ravel())
    np.testing.assert_array_equal(line(ax, "output").T, [np.arange(60), outputs.ravel()])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("step", "output 0")
    assert ax.patches[0].get_bbox().extents[[0, 2]].tolist() == [-0.5, 39.5]
    check_image(ax, "predictions")


def test_several_outputs_of_one_sample() -> None:
    x = RNG.normal(size=(4, 9, 1))
    y = RNG.normal(size=(4, 9, 3))
    y[2, 3:5, 1] = np.nan
    lengths = np.array([9, 9, 7, 9])
    ax = predictions(THREE, x, y, sample=2, lengths=lengths)
    shown = panels(ax)
    assert [each.get_ylabel() for each in shown] == [f"output {i}" for i in range(3)]
    assert "outputs and targets of sample 2" in words(ax)
    outputs = THREE.run(x, lengths=lengths)[2, :7]
    for i, each in enumerate(shown):
        target, output = each.lines
        np.testing.assert_array_equal(target.get_ydata(), y[2, :7, i])
        np.testing.assert_array_equal(output.get_ydata(), outputs[:, i])
        error = np.sqrt(np.nanmean((outputs[:, i] - y[2, :7, i]) ** 2))
        assert f"output: rmse {error:.3g}" in legend(each)
    assert legend(shown[0])[0] == "target"
    check_image(ax, "predictions_several")


def test_outputs_by_number_and_name() -> None:
    x, y = RNG.normal(size=(1, 4, 1)), RNG.normal(size=(1, 4, 3))
    for output, expected in (
        (1, ["output 1"]),
        (("output", 2), ["output 2"]),
        ([2, ("output", 0)], ["output 2", "output 0"]),
    ):
        assert [each.get_ylabel() for each in panels(predictions(THREE, x, y, output=output))] == expected
    many = gn.compile(gn.graphs.elman(1, 2, 8), seed=0)
    ax = predictions(many, x, RNG.normal(size=(1, 4, 8)))
    assert len(panels(ax)) == 6
    assert "6 of 8 outputs" in words(ax)
    plt.close("all")


def test_targets_of_the_last_step_and_of_none() -> None:
    x = RNG.normal(size=(2, 6, 1))
    ax = predictions(NET, x, [[0.5], [0.25]], sample=1, lengths=[6, 4])
    drawn = line(ax, "target")[:, 1]
    assert np.isnan(drawn[:3]).all()
    assert drawn[3] == 0.25
    assert ax.lines[0].get_markevery() == [3]
    ax = predictions(NET, x, np.full((2, 6, 1), np.nan))
    assert legend(ax) == ["target", "output"]
    large = gn.compile(gn.graphs.direct(1, 1, 1), seed=0)
    large.parameters = np.where(large.parameters == 0, 0.0, 1e300)
    assert "rmse inf" in legend(predictions(large, x, np.zeros((2, 6, 1))))[1]
    plt.close("all")


def test_windows_are_points_at_their_ends() -> None:
    x = RNG.normal(size=(8, 5, 1))
    y = RNG.normal(size=(8, 3))
    y[2, 1] = np.nan
    names = ["wind+1", "rain+1", "wind+24"]
    steps = np.array([4, 5, 6, 7, 9, 12, 13, 14])
    ax = predictions(THREE, x, y, steps=steps, names=names, output=["rain+1", 2])
    shown = panels(ax)
    assert [each.get_ylabel() for each in shown] == ["rain+1", "wind+24"]
    assert shown[-1].get_xlabel() == "last step of the window"
    assert "outputs and targets of 8 windows" in words(ax)
    outputs = THREE.run(x)[:, -1]
    drawn = line(shown[0], "output")
    assert drawn[:, 0].tolist() == [4, 5, 6, 7, 9, 12, 12, 13, 14]
    np.testing.assert_array_equal(drawn[:, 1], np.insert(outputs[:, 1], 5, np.nan))
    np.testing.assert_array_equal(line(shown[0], "target")[:, 1], np.insert(y[:, 1], 5, np.nan))
    error = np.sqrt(np.nanmean((outputs[:, 1] - y[:, 1]) ** 2))
    assert f"output: rmse {error:.3g}" in legend(shown[0])
    dates = np.datetime64("2001-05-01") + np.arange(8)
    ax = predictions(THREE, x, y, steps=dates, names=names, output=0, lengths=[5, 3] * 4)
    np.testing.assert_array_equal(ax.lines[1].get_ydata(), THREE.run(x)[np.arange(8), [4, 2] * 4, 0])
    assert ax.xaxis.get_major_formatter().format_ticks(ax.get_xticks())
    one = predictions(THREE, x[:1], y[:1], steps=[4])
    assert "outputs and targets of 1 window" in words(one)
    plt.close("all")


def test_windows_that_do_not_fit_are_refused() -> None:
    x, y = RNG.normal(size=(8, 5, 1)), RNG.normal(size=(8, 3))
    with pytest.raises(
        gn.DataError, match=r"^steps: int64 of shape \(7,\); must be \(8,\) numbers or datetime64, one for"
    ):
        predictions(THREE, x, y, steps=range(7))
    with pytest.raises(
        gn.DataError, match=r"^steps: draws all samples, and sample and known are for one sequence; leave"
    ):
        predictions(THREE, x, y, steps=range(8), sample=1)
    with pytest.raises(gn.DataError, match=r"^steps: of windows with one target each, and the targets are \(8, 5, 3\)"):
        predictions(THREE, x, np.zeros((8, 5, 3)), steps=range(8))
    with pytest.raises(gn.DataError, match=r"^names: 2; must be 3, one for each output$"):
        predictions(THREE, x, y, steps=range(8), names=["a", "b"])
    with pytest.raises(gn.DataError, match=r"^output: 'c'; must be an output node \('a', 'b', 'd'\), or its number"):
        predictions(THREE, x, y, steps=range(8), names=["a", "b", "d"], output="c")


def test_what_is_refused() -> None:
    x, y = WAVE[:, :-1], WAVE[:, 1:]
    with pytest.raises(gn.DataError, match=r"^predictions: net is a DiGraph, not a Network$"):
        predictions(gn.graphs.elman(1, 2, 1), x, y)
    with pytest.raises(gn.DataError, match=r"^inputs have shape \(60,\), not \(n_samples, n_steps, 1\)$"):
        predictions(NET, x.ravel(), y)
    with pytest.raises(gn.DataError, match=r"^sample: 1; must be a whole number from 0 to 0, one of the samples$"):
        predictions(NET, x, y, sample=1)
    with pytest.raises(gn.DataError, match=r"^known: 61; must be 0 to 60, the steps of the sequence$"):
        predictions(NET, x, y, known=61)
    with pytest.raises(
        gn.DataError, match=r"^output: 3; must be an output node \(\('output', 0\), .*its number from 0 to 2$"
    ):
        predictions(THREE, x, np.zeros((1, 60, 3)), output=3)
    with pytest.raises(gn.DataError, match=r"^output: an empty list; name the outputs to draw$"):
        predictions(NET, x, y, output=[])
    with pytest.raises(
        gn.DataError, match=r"^targets: shape \(1, 60\); must be numbers shaped .*; for classes see gn.plots"
    ):
        predictions(NET, x, y[..., 0])
    with pytest.raises(gn.DataError, match=r"^inputs at sample 0, step 2, column 0: nan is not a finite number"):
        predictions(NET, np.where(np.arange(60)[:, None] == 2, np.nan, x), y)
    assert not plt.get_fignums()
