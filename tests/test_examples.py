"""Examples run unchanged, and pages that are made from the code are up to date."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from graphnet_cli.main import main

pytestmark = pytest.mark.costly

ROOT = Path(__file__).parent.parent


def run(*arguments: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_worm_tells_speakers_apart(tmp_path: Path) -> None:
    said = run(str(ROOT / "examples/worm_speakers.py"), "--seeds", "1", "-o", str(tmp_path / "worm"), folder=tmp_path)
    assert "302 neurons" in said
    assert float(re.search(r"test accuracy (\S+) \(mean", said)[1]) >= 0.94
    assert {p.name for p in (tmp_path / "worm").iterdir()} >= {"worm.json", "train.npz", "seed_0.safetensors"}


def test_wirings_read_strokes(tmp_path: Path) -> None:
    """Run one epoch of each wiring; the README has the figures of whole fits."""
    for wiring in ("worm", "random", "acyclic"):
        said = run(
            str(ROOT / "examples/worm_strokes.py"), "--graph", wiring, "--seeds", "1", "--epochs", "1", folder=tmp_path
        )
        found = int(re.search(r"(\d+) synapses", said)[1])
        assert found == 6110 if wiring != "acyclic" else 3000 < found < 6110
        assert 0.05 < float(re.search(r"test accuracy (\S+) \(mean", said)[1]) < 0.6


def test_an_lstm_is_a_drawing(tmp_path: Path) -> None:
    said = run(str(ROOT / "examples/plot_an_lstm_is_a_drawing.py"), "-o", str(tmp_path / "lstm.png"), folder=tmp_path)
    whole, without = (float(re.search(name + r" +(\d\.\d+)$", said, re.M)[1]) for name in ("whole", "forget gates"))
    assert whole < 0.1
    assert without > 0.3
    difference = re.search(r"same numbers: (\S+)", said)
    assert ("torch is not installed" in said) != bool(difference and float(difference[1]) < 1e-12)
    pytest.importorskip("matplotlib")
    assert (tmp_path / "lstm.png").stat().st_size > 10_000


def test_the_worms_tables_are_those_of_its_graph(tmp_path: Path) -> None:
    for name in ("make_worm_tables.py", "celegans.json"):
        shutil.copy(ROOT / "examples/data" / name, tmp_path)
    run("make_worm_tables.py", folder=tmp_path)
    for name in ("worm_edges.csv", "worm_neurons.csv"):
        assert (tmp_path / name).read_bytes() == (ROOT / "examples/data" / name).read_bytes()


@pytest.mark.parametrize("size", ["--quick", pytest.param("--extent=15", marks=pytest.mark.slow)])
def test_a_fly_sees_motion(tmp_path: Path, size: str) -> None:
    """Read the row of the first trained set, in a small eye and in the whole one."""
    picture = tmp_path / "fly.png"
    said = run(str(ROOT / "examples/plot_a_fly_sees_motion.py"), size, "-o", str(picture), folder=tmp_path)
    if size != "--quick":
        assert "46390 nodes, 1518999 edges" in said
    found = [float(each) for each in re.search(r"^0 \|(( \d+ \|){9})", said, re.M)[1].split("|")[:-1]]
    measured = [180, 0, 90, 270] * 2
    distances = [abs((angle - known + 180) % 360 - 180) for angle, known in zip(found[:8], measured, strict=True)]
    assert max(distances) <= 45
    assert found[8] == pytest.approx(max(distances), abs=1)
    assert int(re.search(r"(\d) of 8", said)[1]) >= 7
    pytest.importorskip("matplotlib")
    assert picture.stat().st_size > 10_000


def test_the_pages_are_what_the_code_says() -> None:
    run("docs/build.py", "--check", folder=ROOT)


def test_the_readmes_command_lines_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run them one after the other, in a folder with the data of the examples and the files that the demo writes."""
    shutil.copytree(ROOT / "examples" / "data", tmp_path / "examples" / "data")
    run(str(ROOT / "examples/worm_speakers.py"), "--seeds", "1", "--epochs", "2", folder=tmp_path)
    blocks = re.findall(r"^```\w*\n(.*?)^```", (ROOT / "README.md").read_text(), re.S | re.M)
    lines = [line for block in blocks for line in block.splitlines() if line.startswith("graphnet ")]
    assert len(lines) >= 11
    monkeypatch.chdir(tmp_path)
    for line in lines:
        done = CliRunner().invoke(main, shlex.split(line, comments=True)[1:])
        assert done.exit_code == 0, f"{line}: {done.output}"


def test_the_readme_runs(tmp_path: Path) -> None:
    """Run its blocks of Python one after the other."""
    code = "\n".join(re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.S))
    said = run("-c", code, folder=tmp_path)
    assert "stage 1: scanned" in said
