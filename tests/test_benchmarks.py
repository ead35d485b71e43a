"""The scripts in ``benchmarks`` run, each on its smallest problem; their measurements are not checked."""

from __future__ import annotations

import re
import runpy
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import graphnet as gn

pytestmark = pytest.mark.costly

FOLDER = Path(__file__).parent.parent / "benchmarks"
LEARNT = [
    "strokes-gru",
    "vowels-worm",
    "adding-lstm-remembering",
    "copying-line",
    "sunspots",
    "mackey-glass",
    "lorenz-horizon",
    "characters",
]
"""A row of each task of ``learning.py``."""
Runner = Callable[..., list[list[str]]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Runner:
    """Return a function that runs a script and returns the cells of its table, header first."""

    def run(name: str, *arguments: str) -> list[list[str]]:
        monkeypatch.setattr(sys, "path", [str(FOLDER), *sys.path])
        monkeypatch.setattr(sys, "argv", [name, *arguments])
        runpy.run_path(str(FOLDER / name), run_name="__main__")
        lines = capsys.readouterr().out.splitlines()
        return [line.split(" | ") for line in lines if " | " in line]

    return run


def test_sparse_rnn(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    for library in ("torch", "jax"):
        monkeypatch.setitem(sys.modules, library, None)
    header, row = run("sparse_rnn.py", "tiny", "--rounds", "1")
    assert header == ["size", "graphnet", "torch dense", "torch CSR", "JAX BCOO", "fastest peer over graphnet"]
    assert row[0] == "tiny"
    assert re.fullmatch(r"\d+\.\d ms", row[1])
    assert row[2:] == ["-"] * 4


@pytest.mark.torch
def test_cells(run: Runner) -> None:
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    try:
        header, *rows = run("cells.py", "16", "--rounds", "1", "--threads", "1")
    finally:
        torch.set_num_threads(before)
    assert len(header) == 5
    assert [row[:2] for row in rows] == [[cell, "16, 16, 100, 4"] for cell in ("RNN", "GRU", "LSTM")]


def test_analysis(run: Runner) -> None:
    _, *rows = run("analysis.py", "spectrum", "sign-flip", "--rounds", "1", "--samples", "2")
    assert [row[0] for row in rows] == ["spectrum", "sign-flip test, 20 seeds"]
    assert all(float(row[1]) > 0 for row in rows)


@pytest.mark.filterwarnings("ignore::graphnet.GradientWarning")
def test_learning(run: Runner) -> None:
    try:
        header, *rows = run("learning.py", "--quick", "--seeds", "1", *LEARNT)
    finally:
        gn.set_num_threads(None)
    assert header[:4] == ["row", "mean", "deviation of seeds", "each seed"]
    assert [row[0] for row in rows] == LEARNT
    assert all(float(row[1]) >= 0 for row in rows)


def test_scaling(run: Runner, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib").use("Agg")
    picture = tmp_path / "scaling.png"
    _, row = run("scaling.py", "--largest", "10000", "--rounds", "1", "-o", str(picture))
    assert 9_000 < int(row[0].replace(",", "")) <= 10_000
    assert picture.stat().st_size > 5_000


def test_streaming(run: Runner) -> None:
    _, row = run("streaming.py", "worm", "--steps", "20", "--rounds", "1")
    assert row[:2] == ["worm", "302, 6,900"]
    assert row[3].endswith(" GB/s")


def test_rewiring(run: Runner) -> None:
    header, *rows = run("rewiring.py", "--synapses", "3000")
    assert header == ["keep", "within", "seconds", "of a processor", "memory", "moved"]
    assert [row[:2] for row in rows] == [[keep, w] for keep in ("degree", "count", "scale") for w in ("-", "type")]


@pytest.mark.browser
def test_page_fps(run: Runner) -> None:
    pytest.importorskip("playwright")
    if not any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))):
        pytest.skip("no Chromium on this machine")
    _, *rows = run("page_fps.py", "worm", "--seconds", "0.3")
    assert [row[3] for row in rows] == ["playing", "playing, one selected", "panning", "zooming"]
    assert all(int(row[4]) > 0 for row in rows)


def test_columns(run: Runner) -> None:
    _, *rows = run("columns.py", "1000")
    assert [row[:2] for row in rows] == [["write", "1000"], ["read", "1000"]]


def test_pages(run: Runner) -> None:
    _, row = run("pages.py", "50:500")
    assert row[0] == "58"
    assert 500 < int(row[1]) <= 900
    assert row[4].endswith(" MB")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="it reads the time of processors from /proc")
@pytest.mark.filterwarnings("ignore::graphnet.GradientWarning")
def test_parallel(run: Runner) -> None:
    # Linux adds the time of a running thread up every few milliseconds, and an update takes less than one
    header, row = run("parallel.py", "--batches", "8", "--extents", "--rounds", "1", "--updates", "60")
    assert header[1:4] == ["1 thread", "2 threads", "2 processes"]
    assert row[0] == "worm, batches of 8"
    assert all(float(each) > 0 for each in row[1:8])


def test_partition(run: Runner) -> None:
    pytest.importorskip("pymetis")
    header, *rows = run("partition.py", "--extent", "2", "--parts", "2")
    assert [row[:2] for row in rows] == [["2", "METIS"], ["2", "sectors"]]
    assert all(0 < float(row[2].rstrip("%")) < 50 for row in rows)
    assert len(header) == len(rows[0])
