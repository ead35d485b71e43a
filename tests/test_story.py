"""Examples of the gallery follow one convention, and `make story` runs them with several seeds."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
GALLERY = sorted((ROOT / "examples/gallery").glob("*.py"))
HOLDS = '''"""
A seed is at least 0
====================

Look at nothing.
"""
from pathlib import Path

seed = 0  # replaced by the runner

# %%
# The claim
measured = {"seed": seed, "line": len(Path(__file__).read_text().splitlines())}
assert measured["seed"] >= 0, measured
'''
FAILS = HOLDS.replace("A seed is at least 0\n====", "A seed is below two\n===").replace('["seed"] >= 0', '["seed"] < 2')


def story(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "examples/story.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.costly
def test_claims_are_run_with_each_seed(tmp_path: Path) -> None:
    """Run an example that holds with every seed, and one that fails with one of three."""
    holds, fails, page = tmp_path / "plot_11_holds.py", tmp_path / "plot_12_fails.py", tmp_path / "story.md"
    holds.write_text(HOLDS)
    fails.write_text(FAILS)
    empty = "Before.\n<!-- table: make story -->\n<!-- end of the table -->\nWritten by hand.\n"
    page.write_text(empty)
    done = story(holds, "--seeds", "3")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "plot_11_holds, seed 2: held" in done.stdout
    assert "seed: 1 (0 to 2)<br>line: 14 (14 to 14) | 3 of 3 | " in done.stdout
    assert page.read_text() == empty

    gone = "{doc}`Gone </gallery/plot_10_gone>` |  | 3 of 3 | 1.0\n"
    stays = "{doc}`Stays </gallery/plot_61_echo_state>` |  | 3 of 3 | 1.0\n"
    page.write_text(empty.replace("<!-- end", gone + stays + "<!-- end"))
    done = story(holds, fails, "--seeds", "3", "--output", page)
    assert done.returncode == 1
    assert "AssertionError: {'seed': 2," in done.stdout
    assert "fail: plot_12_fails" in done.stdout
    lines = page.read_text().splitlines()
    assert lines[0] == "Before."
    assert lines[-1] == "Written by hand."
    assert not any("Gone" in line for line in lines)
    assert lines[-3] == stays.strip()
    assert lines[-5].startswith("{doc}`A seed is at least 0 </gallery/plot_11_holds>` | seed: 1 (0 to 2)<br>")
    assert lines[-4].startswith("{doc}`A seed is below two </gallery/plot_12_fails>` | seed: 1 (0 to 2)<br>")
    assert " | 3 of 3 | " in lines[-5]
    assert " | **2 of 3**, not with seed 2 | " in lines[-4]


@pytest.mark.costly
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("seed = 0 ", "seed = int(0) ", "one top-level line `seed = 0`, not 0"),
        ("measured = {", "found = measured = {}\nmeasured = 1, {", "a dict `measured`"),
        ("# The claim", "import os; os._exit(3)", "ended with status 3"),
    ],
)
def test_an_example_that_breaks_the_convention_fails(tmp_path: Path, old: str, new: str, said: str) -> None:
    example = tmp_path / "plot_11_breaks.py"
    example.write_text(HOLDS.replace(old, new).replace("assert", "#"))
    done = story(example, "--seeds", "1")
    assert done.returncode == 1
    assert said in done.stdout


@pytest.mark.parametrize("path", GALLERY, ids=lambda path: path.stem)
def test_examples_follow_the_convention(path: Path) -> None:
    """Titles are claims, the runner finds the seed and the figures, and the last line asserts the claim."""
    assert re.fullmatch(r"plot_[1-6]\d_[a-z0-9_]+\.py", path.name)
    tree = ast.parse(path.read_text())
    title, underline, blank, look = (ast.get_docstring(tree) or "").split("\n")[:4]
    assert underline == "=" * len(title)
    assert not blank
    assert look
    lines = [ast.unparse(each) for each in tree.body]
    assert lines.count("seed = 0") == 1
    assert any(line.startswith("measured = {") for line in lines)
    assert isinstance(tree.body[-1], ast.Assert)
    assert "measured" in lines[-1]


def test_examples_have_different_numbers() -> None:
    """Numbers give the order of the pages."""
    numbers = [re.match(r"plot_(\d\d)", path.name)[1] for path in GALLERY]
    assert len(numbers) == len(set(numbers))
