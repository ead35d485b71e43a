"""The reading list of CONTRIBUTING.md is the path from a drawing to a gradient."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import FrameType

import graphnet as gn

ROOT = Path(__file__).parents[1]
LISTED = {
    path: int(lines.replace(",", ""))
    for path, lines in re.findall(
        r"^\**`(graphnet/\S+\.py)`\** \| ([\d,]+) \|", (ROOT / "CONTRIBUTING.md").read_text(), re.M
    )
}
NOT_LISTED = ("validation", "cycles", "checks", "keywords", "missing", "registry", "components", "one_hot", "order")
"""Files of ``graphnet/language`` that the text below the list names, and the folder ``problems``."""


def gradient() -> None:
    net = gn.compile(gn.graphs.lstm(1, 2, 1), seed=0, backend="reference")
    net.value_and_grad([[[1.0], [0.0]]], [[[0.0], [0.5]]])


def called_files() -> set[str]:
    """Return the files of graphnet with a function that is called on the way to a gradient."""
    found = set()

    def note(frame: FrameType, event: str, argument: object) -> None:
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(ROOT / "graphnet"):
            found.add(str(path.relative_to(ROOT)))

    gradient()  # all imports are done before the trace
    graphs = str(Path("graphnet/graphs"))
    sys.setprofile(note)
    try:
        gradient()
    finally:
        sys.setprofile(None)
    return {path for path in found if not path.startswith(graphs)}


def test_the_reading_list_is_the_path_to_a_gradient() -> None:
    others = {
        "graphnet/errors.py",
        "graphnet/losses/named.py",
        *(f"graphnet/language/{name}.py" for name in NOT_LISTED),
    }
    folders = ("graphnet/compiler/initial/", "graphnet/language/problems/")
    assert {path for path in called_files() - others if not path.startswith(folders)} == set(LISTED)
    assert len(LISTED) <= 21


def test_lines_are_about_those_of_the_files() -> None:
    for path, lines in LISTED.items():
        present = len((ROOT / path).read_text().splitlines())
        assert abs(lines - present) <= 0.1 * present, f"{path} has {present} lines, CONTRIBUTING.md says {lines}"
