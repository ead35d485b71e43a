"""The commands and the Python of docs/howto/series.md run one after the other."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs/howto/series.md"


@pytest.mark.costly
def test_the_page_of_series_runs(call, capsys):
    """With one epoch; the page says what more of them give."""
    blocks = re.findall(r"^```(\w*)\n(.*?)^```", PAGE.read_text(), re.S | re.M)
    names: dict[str, object] = {}
    n_commands = 0
    for language, block in blocks:
        if language == "python":
            exec(block, names)
        for line in block.splitlines() if not language else ():
            if not line.startswith("graphnet "):
                continue
            assert "--epochs 60" in line or " train " not in line
            done = call(*shlex.split(line.replace("--epochs 60", "--epochs 1"))[1:])
            assert done.code == 0, f"{line}: {done.err}"
            n_commands += 1
            if " evaluate " in line:
                assert "load+24" in done.out
                assert "; persistence 33.64; AR(29) 14.78; mean 129.2" in done.out  # as the page says
    assert n_commands == 4
    assert "autoregression" in capsys.readouterr().out
