"""Examples run unchanged, and pages that are made from the code are up to date."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.costly

ROOT = Path(__file__).parent.parent


def run(*arguments: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_worm_tells_speakers_apart(tmp_path: Path) -> None:
    example, folder = str(ROOT / "examples/worm_speakers.py"), tmp_path / "worm"
    said = run(example, "--seeds", "1", "-o", str(folder), "--plot", folder=tmp_path)
    assert "302 neurons" in said
    assert float(re.search(r"test accuracy (\S+) \(mean", said)[1]) >= 0.94
    assert {p.name for p in folder.iterdir()} >= {"worm.json", "train.npz", "seed_0.safetensors"}
    assert {"history.png", "confusion.png", "neurons.png"} <= {p.name for p in folder.glob("*.png")}
    picture, page = (Path(line.rsplit(": ", 1)[1]) for line in said.splitlines()[-2:])
    assert (picture.name, page.name) == ("worm.png", "worm.html")
    assert min(picture.stat().st_size, page.stat().st_size) > 50_000


@pytest.mark.slow
def test_wirings_read_strokes(tmp_path: Path) -> None:
    """Run one epoch of each wiring; the README has the figures of whole fits."""
    for wiring in ("worm", "random", "acyclic"):
        said = run(
            str(ROOT / "examples/worm_strokes.py"), "--graph", wiring, "--seeds", "1", "--epochs", "1", folder=tmp_path
        )
        found = int(re.search(r"(\d+) synapses", said)[1])
        assert found == 6110 if wiring != "acyclic" else 3000 < found < 6110
        assert 0.05 < float(re.search(r"test accuracy (\S+) \(mean", said)[1]) < 0.6


@pytest.mark.slow
def test_a_worm_from_tables(tmp_path: Path) -> None:
    said = run(str(ROOT / "examples/worm_from_tables.py"), "--seeds", "2", folder=tmp_path)
    accuracies = [float(found) for found in re.findall(r"parameters, accuracy (\S+)", said)]
    assert len(accuracies) == 2
    assert min(accuracies) > 0.85
    assert re.search(r"^ +all +0\.\d+", said, re.M)
    assert len(re.findall(r"- worm: ", said)) == 3
    assert "no p below 0.05" in said


@pytest.mark.slow
def test_pages_are_made(tmp_path: Path) -> None:
    said = run(str(ROOT / "examples/make_pages.py"), "--epochs", "1", "--extent", "2", "-o", "pages", folder=tmp_path)
    sizes = dict(re.findall(r"^pages/(\w+)\.html: ([\d,]+) kB", said, re.M))
    assert 200 < int(sizes["worm"]) < 1000
    assert 200 < int(sizes["optic_lobe"].replace(",", "")) < 3000


def test_the_worms_tables_are_those_of_its_graph(tmp_path: Path) -> None:
    for name in ("make_worm_tables.py", "celegans.json"):
        shutil.copy(ROOT / "examples/data" / name, tmp_path)
    run("make_worm_tables.py", folder=tmp_path)
    for name in ("worm_edges.csv", "worm_neurons.csv"):
        assert (tmp_path / name).read_bytes() == (ROOT / "examples/data" / name).read_bytes()


@pytest.mark.parametrize("size", ["--quick", pytest.param("--extent=15", marks=pytest.mark.slow)])
def test_a_fly_sees_motion(tmp_path: Path, size: str) -> None:
    """Read the row of the first trained set, in a small eye and in the whole one."""
    said = run(str(ROOT / "examples/fly_sees_motion.py"), size, folder=tmp_path)
    if size != "--quick":
        assert "46390 nodes, 1518999 edges" in said
    found = [float(each) for each in re.search(r"^0 \|(( \d+ \|){9})", said, re.M)[1].split("|")[:-1]]
    measured = [180, 0, 90, 270] * 2
    distances = [abs((angle - known + 180) % 360 - 180) for angle, known in zip(found[:8], measured, strict=True)]
    assert max(distances) <= 45
    assert found[8] == pytest.approx(max(distances), abs=1)
    assert int(re.search(r"(\d) of 8", said)[1]) >= 7


@pytest.mark.slow
def test_a_fly_learns_motion(tmp_path: Path) -> None:
    """Train for three batches, and once more, which finds the run finished; benchmarks/README.md has whole fits."""
    arguments = (str(ROOT / "examples/fly_learns_motion.py"), "--quick", "--seeds", "0", "-o", str(tmp_path / "runs"))
    first, again = (run(*arguments, folder=tmp_path) for _ in range(2))
    assert "839 parameters" in first
    assert re.search(r"^T4a \| \d\.\d\d \(\d+\) \| \d\.\d\d \(\d+\) \| 0\.38, 0\.38, 0\.38$", first, re.M)
    without_seconds = [re.sub(r"; \d+ s$", "", said, flags=re.M) for said in (first, again)]
    assert without_seconds[0] == without_seconds[1]
    assert {each.name for each in (tmp_path / "runs/seed_0").iterdir()} >= {"settings.json", "network.safetensors"}


@pytest.mark.slow
def test_a_whole_fly_is_trained(tmp_path: Path) -> None:
    """Train a synthetic graph, and one from files with the columns of FlyWire."""
    said = run(str(ROOT / "examples/whole_fly.py"), "--quick", folder=tmp_path)
    assert "a synthetic graph, no animal: 2,000 neurons, 60,000 connections" in said
    losses = [float(each) for each in re.findall(r"epoch \d: loss (\S+)", said)]
    assert losses[-1] < losses[0]
    pairs = [(each, (7 * each + step) % 60) for each in range(60) for step in range(5)]
    kinds = ["sensory", "motor", "central"]
    (tmp_path / "edges.csv").write_text(
        "pre_root_id,post_root_id,syn_count\n" + "".join(f"{10**17 + u},{10**17 + v},3\n" for u, v in pairs)
    )
    (tmp_path / "nodes.csv").write_text(
        "root_id,super_class\n" + "".join(f"{10**17 + each},{kinds[each % 3]}\n" for each in range(60))
    )
    files = ("--edges", "edges.csv", "--nodes", "nodes.csv", "--of-flywire", "--epochs", "1")
    assert "2 inputs, 2 outputs, 64 nodes, 380 edges" in run(
        str(ROOT / "examples/whole_fly.py"), *files, folder=tmp_path
    )


def test_the_pages_are_what_the_code_says() -> None:
    run("docs/build.py", "--check", folder=ROOT)
