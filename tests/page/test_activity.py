"""Codes of activity: what is read back is near what was there, and 0 is 0."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from graphnet.page.activity import NOTHING, quantised


@given(arrays(np.float32, (2, 4, 3), elements=st.floats(width=32)))
def test_values_come_back(values: np.ndarray) -> None:
    with np.errstate(all="ignore"):
        codes, low, high = quantised(values)
    finite = np.isfinite(values)
    assert np.array_equal(codes == NOTHING, ~finite)
    step = (high.astype(float) - low) / 254
    found = low + codes * step
    room = 0.51 * step + 1e-6 * np.maximum(np.abs(low), np.abs(high)) + 1e-37
    assert np.all(np.abs(found - values.astype(float))[finite] <= np.broadcast_to(room, values.shape)[finite])


@given(arrays(np.float32, (1, 5, 2), elements=st.floats(-(2.0**99), 2.0**99, width=32)))
def test_zero_is_exact_between_values_of_both_signs(values: np.ndarray) -> None:
    values[0, 0] = 0
    codes, low, high = quantised(values)
    both = (values.min((0, 1)) < -1e-30) & (values.max((0, 1)) > 1e-30)
    found = low + codes[0, 0] * ((high.astype(float) - low) / 254)
    assert np.all(found[both] == 0)
