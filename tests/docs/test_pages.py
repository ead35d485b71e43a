"""Code of README and docs runs, and prints what the pages say."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from . import pages
from .pages import PAGES, ROOT, differs

SHORTER = {
    "docs/howto/connectomes.md": {"--epochs 20": "--epochs 1"},
    "docs/howto/search.md": {"--trials 20": "--trials 2", "--epochs 10": "--epochs 1"},
    "docs/howto/series.md": {"--epochs 60": "--epochs 1", "--epochs 200": "--epochs 1"},
    "docs/howto/speed.md": {"--budget 2": "--budget 0.1 --rounds 1"},
    "docs/start/without_python.md": {"--epochs 20": "--epochs 1"},
}
"""{page: replacements with which it is run by ``make test``}; ``make test-full`` runs it as it is."""

SLOW = {"docs/howto/estimators.md", "docs/howto/pictures.md"}
"""Pages that take more than a second or two even so, and are left to ``make test-full``."""

TORCH = {"docs/howto/pytorch.md"}
"""Pages that need torch: part of ``make test-torch``."""

SKIPPED = {"README.md": 2, "docs/howto/scaling.md": 4, "docs/start/install.md": 1}
"""{page: number of blocks that are not run}; each says why."""


def cases() -> list[object]:
    """Return a parameter for each page, and a second one for those that have a shorter form."""
    found = []
    for page in PAGES:
        if not any(language in pages.RUN for _, language, _ in pages.languages(ROOT / page)):
            continue
        marks = [pytest.mark.costly, *([pytest.mark.torch] if page in TORCH else [])]
        shorter, slow = SHORTER.get(page, {}), [pytest.mark.slow]
        if shorter:
            found.append(pytest.param(page, shorter, marks=marks, id=f"{page}-shorter"))
        found.append(pytest.param(page, {}, marks=marks + (slow if shorter or page in SLOW else []), id=page))
    return found


@pytest.mark.filterwarnings("ignore::graphnet.GraphWarning")
@pytest.mark.usefixtures("own_activations")
@pytest.mark.parametrize(("page", "shorter"), cases())
def test_the_code_of_a_page_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: str, shorter: dict[str, str]
) -> None:
    """One block after the other, in a folder with the data of the examples."""
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples/data").symlink_to(ROOT / "examples/data")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")
    reasons = pages.run(page, shorter)
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
    assert len(reasons) == SKIPPED.get(page, 0), reasons
    assert all(len(reason) > 10 for reason in reasons)


@pytest.mark.parametrize("page", PAGES)
def test_every_block_says_what_it_is(page: str) -> None:
    """A block that is only shown holds no command of graphnet."""
    for line, language, contents in pages.languages(ROOT / page):
        assert language in (*pages.RUN, *pages.SHOWN), f"{page}, line {line}: a block of {language or 'no language'}"
        if language in pages.SHOWN:
            assert not re.search(r"^\$? ?graphnet ", contents, re.M), f"{page}, line {line}: commands are `sh`"


@pytest.mark.parametrize(
    ("said", "printed"),
    [
        ("loss 0.123", "loss 0.12345\n"),
        ("a\n...\nb  2.0e-3 s", "a\n7\n8\nb 0.002 s"),
        ("1,234.5 in 3 steps, kept", "1234.5 in 3 steps, kept"),
    ],
)
def test_outputs_that_agree(said: str, printed: str) -> None:
    assert differs(said, printed) is None


@pytest.mark.parametrize(
    ("said", "printed"),
    [("loss 0.123", "loss 0.133"), ("3 steps", "4 steps"), ("a ... b", "a b c"), ("a", ""), ("1e-3", "1e-2")],
)
def test_outputs_that_differ(said: str, printed: str) -> None:
    assert differs(said, printed) is not None
