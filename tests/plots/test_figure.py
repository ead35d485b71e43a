"""Axes and text that all plots share."""

from __future__ import annotations

import pytest

import graphnet as gn
from graphnet.plots.figure import label_of

pytest.importorskip("matplotlib")


@pytest.mark.parametrize(
    ("name", "label"),
    [
        (("hidden", 3), "hidden 3"),
        (("reverse", ("hidden", 3)), "reverse hidden 3"),
        (7, "7"),
        ("a\nb", "a\N{REPLACEMENT CHARACTER}b"),
        ("\N{BRAIN}", "\N{REPLACEMENT CHARACTER}"),
        ("x" * 200, "xxxxxxxxxxxx…xxxxxxxxxxx"),
    ],
)
def test_labels(name: object, label: str) -> None:
    assert label_of(name) == label
    assert len(label) <= 24


def test_a_plot_that_is_none_gets_the_nearest() -> None:
    with pytest.raises(
        AttributeError, match=r"^module 'graphnet.plots' has no attribute 'drw'; did you mean 'draw'\?$"
    ):
        _ = gn.plots.drw  # type: ignore[attr-defined]


def test_a_file_is_told_how_it_is_read() -> None:
    with pytest.raises(gn.GraphError, match=r"MultiDiGraph, not a str; gn\.read_graph\(path\) reads a file$"):
        gn.plots.draw("own.json")
