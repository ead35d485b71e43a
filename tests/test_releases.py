"""What is said of releases is what the code has: versions, and formats of files."""

from __future__ import annotations

import re
from pathlib import Path

import graphnet as gn
from graphnet.io.networks import graph_file
from graphnet.page import contents
from graphnet.search import identity
from graphnet.train.runs import checkpoint, folder

ROOT = Path(__file__).parents[1]


def test_the_versions_are_one() -> None:
    citation = (ROOT / "CITATION.cff").read_text()  # cffconvert reads all of it in `make release-test`
    assert re.search(r"^version: (\S+)$", citation, re.M)[1] == gn.__version__
    (author,) = re.findall(r"^  - name: (.+)$", citation, re.M)
    assert author in (ROOT / "LICENSE").read_text()
    assert f"\n## {gn.__version__}" in (ROOT / "CHANGELOG.md").read_text()


def test_the_formats_of_files_are_those_of_the_code() -> None:
    page = (ROOT / "docs/development/releases.md").read_text()
    found = [int(number) for number in re.findall(r"^[^|\n]+ \| (\d+) \|", page, re.M)]
    assert found == [each.FORMAT for each in (graph_file, folder, checkpoint, identity, contents)]
