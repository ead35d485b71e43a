"""Text and panels that plots of results share: names of users are shown as they are, whatever they are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

import graphnet as gn
from graphnet import History
from graphnet.plots import compare, confusion, history, lesions
from graphnet.plots.figure import with_glyphs
from graphnet.plots.panels import wrapped

from .drawn import legend, words

NAMES = ["a" * 200, "$x_1$", "_hidden", "<script>", "שלום", "😀", "神经", "\U000f0000", "a\nb", ("cell", 1), "", "50 %"]


@pytest.mark.costly
def test_names_that_are_hard_to_draw() -> None:
    """Warnings are errors, such as that of a character which no font has."""
    fits = {name: History([{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.25}]) for name in NAMES}
    ax = history(fits)
    shown = legend(ax)
    assert shown[1:4] == ["$x_1$", "_hidden", "<script>"]
    assert shown[7] == "�"
    assert shown[9] == "cell 1"
    assert len(shown[0]) == 24
    ax.get_figure().draw_without_rendering()
    n = len(NAMES)
    for ax in (
        confusion(np.eye(n, dtype=int), names=NAMES),
        lesions(pd.DataFrame({"removed": [None, *NAMES], "loss": 1.0, "change": 0.0})),
        compare(gn.analysis.compare({name: gn.graphs.direct(1, 1, 1) for name in NAMES[:5]}, lambda g, s: s, seeds=2)),
    ):
        assert "$x_1$" in " ".join(words(ax))
        ax.get_figure().draw_without_rendering()
    plt.close("all")


def test_characters_without_a_shape_are_replaced() -> None:
    assert with_glyphs("AVAL née \U000f0000") == "AVAL née �"


@pytest.mark.parametrize("text", ["one two three four five", "95 % of them", "x" * 300])
def test_lines_are_cut_and_nothing_is_lost(text: str) -> None:
    lines = wrapped([text], 0.6, 8)
    assert max(map(len, lines)) <= int(72 * 0.6 / (0.52 * 8))
    assert "".join(lines).replace(" ", "").replace("\N{NO-BREAK SPACE}", "") == text.replace(" ", "")
