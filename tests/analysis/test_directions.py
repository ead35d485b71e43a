"""Preferred directions: known ones, and what turning and scaling responses does to them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphnet.analysis.directions import preferred_direction

from ..profiles import scaled


@given(st.lists(st.floats(0.1, 10), min_size=3, max_size=12), st.integers(0, 11), st.floats(0.1, 10))
@settings(max_examples=scaled(100))
def test_turned_responses_prefer_turned_directions(responses: list[float], turns: int, factor: float) -> None:
    angles = np.arange(len(responses)) * 360 / len(responses)
    values = np.array(responses)
    first = preferred_direction(angles, values)
    turned = preferred_direction(angles, factor * np.roll(values, turns))
    assert turned.selectivity == pytest.approx(first.selectivity, abs=1e-12)
    assert 0 <= first.selectivity <= 1
    if first.selectivity > 1e-6:
        difference = turned.angle - first.angle - turns * 360 / len(responses)
        assert abs((difference + 180) % 360 - 180) < 1e-6


def test_without_a_preference() -> None:
    angles = np.arange(0, 360, 90)
    alone = preferred_direction(angles, np.array([0, 0, 0, 2.0]))
    assert alone == pytest.approx((270, 1))
    assert np.isnan(preferred_direction(angles, np.ones(4)).angle)
    assert preferred_direction(angles, np.ones(4)).selectivity == 0
    assert np.isnan(preferred_direction(angles, np.array([1, np.nan, 0, 0]))).all()
    signed = preferred_direction(angles, np.array([1.0, 0, -1, 0]))
    assert signed.angle == pytest.approx(0, abs=1e-9)
    assert np.isnan(signed.selectivity)
