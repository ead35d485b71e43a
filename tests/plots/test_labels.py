"""Labels: names as text that any font draws, and places that do not overlap."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from graphnet.plots.figure import label_of
from graphnet.plots.labels import spread

from ..profiles import scaled


@given(st.lists(st.floats(-2, 3), max_size=20), st.floats(0, 0.3))
@settings(max_examples=scaled(200))
def test_spread_places_keep_their_order_and_their_distance(places: list[float], gap: float) -> None:
    found = spread(places, gap, 0.0, 1.0)
    assert len(found) == len(places)
    assert ((found >= -1e-9) & (found <= 1 + 1e-9)).all()
    order = np.argsort(places, kind="stable")
    room = 1 / max(len(places) - 1, 1)
    assert (np.diff(found[order]) >= min(gap, room) - 1e-9).all()
    apart = np.clip(places, 0, 1)
    if len(places) < 2 or np.diff(apart[order]).min() >= gap + 1e-6:
        np.testing.assert_allclose(found, apart, atol=1e-9)


def test_characters_that_the_font_does_not_have_are_replaced() -> None:
    assert label_of(("hidden", 3)) == "hidden 3"
    assert label_of("漢字 a") == "\N{REPLACEMENT CHARACTER}" * 2 + " a"
    assert label_of("שלום") == "שלום"
    assert len(label_of("x" * 200)) == 24
