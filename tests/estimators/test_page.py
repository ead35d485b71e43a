"""The code of docs/howto/estimators.md runs, and prints what the page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_the_page_runs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    page = (ROOT / "docs/howto/estimators.md").read_text()
    blocks = re.findall(r"^```python\n(.*?)^```", page, re.S | re.M)
    assert len(blocks) == 4
    names: dict[str, object] = {"__name__": "page"}
    for block in blocks:
        exec(compile(block, "docs/howto/estimators.md", "exec"), names)
    said = capsys.readouterr().out
    found = re.match(r"\{'graphclassifier__options__n_hidden': 32\} (0\.\d+)\n2009 ", said)
    assert found
    assert float(found[1]) == pytest.approx(0.973, abs=0.02)
    rows = [list(map(float, row)) for row in re.findall(r"^(?:SUNACTIVITY)? +[123] +(\S+) +(\S+) +(\S+)$", said, re.M)]
    assert len(rows) == 3
    quoted = [re.findall(rf"^{ahead} \| (\S+) \S+ \S+ \| (\S+) \| (\S+)$", page, re.M)[0] for ahead in (1, 2, 3)]
    for row, words in zip(rows, quoted, strict=True):
        assert row == pytest.approx(list(map(float, words)), rel=0.05)
    best = re.search(r"^ epochs .*rmse\n +60 +8 (\S+)$", said, re.M)
    assert best
    assert float(best[1]) == pytest.approx(24.0, rel=0.05)
