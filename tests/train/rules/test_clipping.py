"""Clipping: what it does to the length of a gradient, and to each of its entries."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphnet.train import clip_norm, clip_value

numbers = st.floats(-100, 100)


@given(st.lists(numbers, min_size=1, max_size=5), st.floats(0.01, 1000))
def test_clipping_keeps_direction_and_bounds_length(entries: list[float], threshold: float) -> None:
    gradient = np.array(entries)
    clipped, norm = clip_norm(gradient, threshold)
    assert norm == pytest.approx(math.hypot(*entries))
    assert np.linalg.norm(clipped) == pytest.approx(min(norm, threshold))
    np.testing.assert_allclose(clipped * norm, gradient * np.linalg.norm(clipped), rtol=1e-9, atol=1e-12)
    if norm <= threshold:
        assert clipped is gradient


def test_norm_of_what_cannot_be_squared() -> None:
    clipped, norm = clip_norm(np.array([3e30, 4e30], dtype=np.float32), 1.0)
    assert norm == pytest.approx(5e30)
    assert clipped.dtype == np.float32
    np.testing.assert_allclose(clipped, [0.6, 0.8], rtol=1e-6)
    assert clip_norm(np.array([3e200, 4e200]), None)[1] == pytest.approx(5e200)
    assert clip_norm(np.array([3e-200, 4e-200]), None)[1] == pytest.approx(5e-200)


@pytest.mark.parametrize(("entry", "norm"), [(np.nan, "nan"), (np.inf, "inf"), (-np.inf, "inf"), (0.0, "0.0")])
def test_norm_of_what_has_no_direction(entry: float, norm: str) -> None:
    gradient = np.array([0.0, entry])
    clipped, found = clip_norm(gradient, 1.0)
    assert clipped is gradient
    assert str(found) == norm


@given(st.lists(numbers, min_size=1, max_size=5), st.floats(0.01, 1000))
def test_clipping_by_value_moves_only_what_is_beyond(entries: list[float], threshold: float) -> None:
    gradient = np.array(entries)
    clipped = clip_value(gradient, threshold)
    inside = np.abs(gradient) <= threshold
    np.testing.assert_array_equal(clipped[inside], gradient[inside])
    np.testing.assert_array_equal(clipped[~inside], threshold * np.sign(gradient[~inside]))
    assert gradient.tolist() == entries


def test_without_a_threshold_a_gradient_comes_back_as_it_is() -> None:
    gradient = np.array([1e30, -np.inf, np.nan])
    assert clip_value(gradient, None) is gradient
    assert clip_norm(gradient, None)[0] is gradient


def test_clipping_by_value_hides_no_nan_and_keeps_float32() -> None:
    """The step reports nan; an entry that overflowed still has a sign."""
    clipped = clip_value(np.array([np.nan, np.inf, -np.inf, 0.5], np.float32), 2.0)
    assert clipped.dtype == np.float32
    np.testing.assert_array_equal(clipped, np.array([np.nan, 2.0, -2.0, 0.5], np.float32))


@pytest.mark.parametrize("entries", [[], [0.0, 0.0]])
def test_a_gradient_without_length_has_norm_0(entries: list[float]) -> None:
    clipped, norm = clip_norm(np.array(entries), 1.0)
    assert (clipped.tolist(), norm) == (entries, 0.0)
