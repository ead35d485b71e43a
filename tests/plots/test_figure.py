"""Axes and text that all plots share."""

from __future__ import annotations

import pytest

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
