"""Tuning curves in polar axes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib import pyplot

import graphnet as gn
from graphnet.plots import tuning

from .networks import texts_of
from .reference import check_image

ANGLES = np.arange(0, 360, 30)
RADIANS = np.deg2rad(ANGLES)


def test_curves_are_closed_and_sorted() -> None:
    shuffled = np.random.default_rng(0).permutation(12)
    values = np.maximum(0, -np.cos(RADIANS)) + 0.1
    turned = np.where(ANGLES > 180, ANGLES - 360, ANGLES)
    ax = tuning(turned[shuffled], {"T4a": values[shuffled], "T4c": np.maximum(0, np.sin(RADIANS))[shuffled]})
    np.testing.assert_allclose(ax.lines[0].get_xdata(), np.append(RADIANS, 2 * np.pi))
    np.testing.assert_allclose(ax.lines[0].get_ydata(), np.append(values, values[0]))
    assert "T4a: prefers 180°, selectivity 0.61" in texts_of(ax)
    assert "T4c: prefers 90°" in texts_of(ax)
    check_image(ax, "tuning")


def test_repeats_are_thin_around_their_mean() -> None:
    rng = np.random.default_rng(0)
    several = {
        "ON": np.exp(np.cos(RADIANS - 3)) * rng.uniform(0.5, 1.5, (4, 12)),
        "OFF": np.exp(0.3 * np.cos(RADIANS)) * rng.uniform(0.5, 1.5, (4, 12)),
    }
    axes = pyplot.subplots(figsize=(3.8, 4.6), subplot_kw={"projection": "polar"}, layout="constrained")[1]
    ax = tuning(ANGLES, several, ax=axes)
    np.testing.assert_allclose(ax.lines[4].get_ydata()[:12], several["ON"].mean(axis=0))
    check_image(ax, "tuning_repeats")


def test_signed_values_odd_names_and_gaps() -> None:
    values = {"signed " + "x" * 200: np.cos(RADIANS), "_$x$ 😀": np.where(ANGLES == 90, np.nan, np.sin(RADIANS) / 2)}
    ax = tuning(ANGLES, values)
    shown = texts_of(ax)
    assert "prefers" not in shown
    assert "_$x$ 😀" in shown
    assert ax.get_ylim()[0] < -1
    check_image(ax, "tuning_signed")


@pytest.mark.parametrize("values", [[1.0], [[1.0], [2.0]], [0.0], [np.nan]])
def test_one_angle(values: Any) -> None:
    ax = tuning([0], {"a": values})
    ax.get_figure().canvas.draw()
    assert "prefers" not in texts_of(ax)
    pyplot.close("all")


def test_unevenly_spaced_angles_prefer_nothing() -> None:
    ax = tuning([0, 10, 20, 180], {"a": [1.0, 1, 1, 5]})
    assert "prefers" not in texts_of(ax)
    pyplot.close("all")


def test_axes_that_are_given() -> None:
    axes = pyplot.subplots(1, 2, subplot_kw={"projection": "polar"})[1]
    assert tuning(ANGLES, {"a": np.ones(12)}, ax=axes[1]) is axes[1]
    with pytest.raises(gn.DataError, match="ax: must be polar axes"):
        tuning(ANGLES, {"a": np.ones(12)}, ax=pyplot.subplots()[1])
    pyplot.close("all")


@pytest.mark.parametrize(
    ("angles", "responses", "match"),
    [
        ([[0, 90]], {"a": [1, 2]}, r"angles have shape \(1, 2\), not \(n_angles,\)"),
        ([], {"a": []}, r"angles have shape \(0,\), not \(n_angles,\)"),
        ([0, np.inf], {"a": [1, 2]}, r"angles\[1\] is inf: angles are finite numbers, in degrees"),
        ([0, 90, 360], {"a": [1, 2, 1]}, r"angles 0 and 360 are the same direction: give each once; curves are closed"),
        ([0, 90], {}, r"responses is empty; give \{name: \(n_angles,\) values\}"),
        ([0, 90], [1, 2], r"responses is a list; give \{name"),
        (
            [0, 90],
            {"a": [1, 2, 3]},
            r"responses of 'a' have shape \(3,\), not \(2,\) or \(n_repeats, 2\): one for each",
        ),
        ([0, 90], {"a": np.ones((0, 2))}, r"responses of 'a' have shape \(0, 2\), not"),
        ([0, 90], {"a": ["x", "y"]}, r"responses of 'a' are <U1, not real numbers"),
    ],
)
def test_what_is_refused(angles: Any, responses: Any, match: str) -> None:
    with pytest.raises(gn.DataError, match=match):
        tuning(angles, responses)
    assert not pyplot.get_fignums()
