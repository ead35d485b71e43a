"""Plots of lesions: bars, the whole network, the others, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex

import graphnet as gn
from graphnet.plots import lesions
from graphnet.plots.figure import COLOURS_OF_KINDS, NEGATIVE, POSITIVE

from .drawn import panels, words
from .reference import check_image


def frame_of(changes: dict[Any, float], whole: float = 1.0) -> pd.DataFrame:
    """Return a frame with these changes of the loss."""
    removed = pd.Series([None, *changes], dtype=object)
    change = np.array([0.0, *changes.values()])
    return pd.DataFrame({"removed": removed, "loss": whole + change, "change": change})


def bars(ax: Any) -> list[tuple[str, float, float, str]]:
    """Return name, beginning, width and colour of each bar, from above."""
    names = {place: text.get_text() for place, text in zip(ax.get_yticks(), ax.get_yticklabels(), strict=True)}
    return [
        (
            names[round(bar.get_y() + bar.get_height() / 2)],
            bar.get_x(),
            bar.get_width(),
            to_hex(bar.get_facecolor()).upper(),
        )
        for bar in ax.patches
    ]


def test_lesions_of_feedback_have_its_colours() -> None:
    x = np.random.default_rng(0).normal(size=(8, 10, 1))
    frame = gn.analysis.lesions(gn.compile(gn.graphs.complete(1, 4, 1), seed=1), x, x)
    ax = lesions(frame)
    expected = frame.iloc[1:].sort_values("change", ascending=False, kind="stable")
    colours = {**COLOURS_OF_KINDS, "all": "#000000"}
    assert [(name, colour) for name, _, _, colour in bars(ax)] == [
        (name, colours[name]) for name in expected["removed"]
    ]
    np.testing.assert_allclose(
        [[start, width] for _, start, width, _ in bars(ax)], [[frame["loss"][0], c] for c in expected["change"]]
    )
    assert ax.lines[0].get_xdata()[0] == frame["loss"][0]
    assert {"loss without each kind of feedback", f"line: the whole network, {frame['loss'][0]:.4g}"} <= set(words(ax))
    check_image(ax, "lesions_feedback")


def test_of_many_lesions_the_largest_are_bars() -> None:
    changes = np.random.default_rng(0).normal(size=60) ** 3
    ax = lesions(frame_of({("cell", i): change for i, change in enumerate(changes.tolist())}), most=8)
    above, below = panels(ax)
    largest = sorted(np.argsort(-np.abs(changes))[:8].tolist(), key=lambda i: -changes[i])
    assert [(name, colour) for name, _, _, colour in bars(above)] == [
        (f"cell {i}", POSITIVE if changes[i] > 0 else NEGATIVE) for i in largest
    ]
    assert sum(bar.get_height() for bar in below.patches) == 52
    said = words(ax)
    assert "the 8 lesions of 60 with the largest change" in said
    assert any(each.startswith("the other 52: change from −") for each in said)
    check_image(ax, "lesions_many")


def test_changes_that_are_no_numbers_are_said() -> None:
    ax = lesions(frame_of({"a": 0.5, "b": np.nan, "c": np.inf, "d": 0.0, "e": -0.25}))
    assert [text.get_text() for text in ax.get_yticklabels()] == ["b", "c", "a", "d", "e"]
    assert {"the loss is nan", "the loss is inf", "+0.5", "no change", "−0.25"} <= set(words(ax))
    broken = lesions(frame_of({"a": np.nan, "b": np.nan}, whole=np.nan), most=1)
    assert "no change is a finite number" in words(broken)
    plt.close("all")


def test_a_frame_without_the_whole_network() -> None:
    from_file = frame_of({"a": 0.5}).assign(removed=[np.nan, "a"])
    assert [name for name, _, _, _ in bars(lesions(from_file))] == ["a"]
    ax = lesions(frame_of({"a": 0.5, "b": 0.25}).iloc[1:])
    assert [(name, start, width) for name, start, width, _ in bars(ax)] == [("a", 1.0, 0.5), ("b", 1.0, 0.25)]
    assert "loss after each of 2 lesions" in words(ax)
    assert "loss after a lesion" in words(lesions(frame_of({"a": 0.5})))
    plt.close("all")


def test_what_is_refused() -> None:
    frame = frame_of({"a": 0.5})
    with pytest.raises(
        gn.DataError, match=r"^lesions: frame: no column 'change'; found removed, loss; must be as gn.analysis"
    ):
        lesions(frame.drop(columns="change"))
    with pytest.raises(gn.DataError, match=r"^lesions: frame: a Network; must be as gn.analysis.lesions makes it$"):
        lesions(gn.compile(gn.graphs.direct(1, 2, 1), seed=0))
    with pytest.raises(gn.DataError, match=r"^lesions: the frame has no lesion, a row whose removed is not None$"):
        lesions(frame.iloc[:1])
    with pytest.raises(gn.DataError, match=r"^most: 0; must be a whole number >= 1$"):
        lesions(frame, most=0)
    assert not plt.get_fignums()
