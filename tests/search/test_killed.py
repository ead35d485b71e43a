"""``graphnet sweep`` that is killed again and again, and gone on with, comes to what the undisturbed one comes to."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest

from ..cli.runs import SCRIPT, network_of
from .problems import X, Y, results

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL"),
]
KILLS = 20
SPACES = {
    "grid": ["--set-space", "learning_rate=" + ",".join(f"{k / 1000:g}" for k in range(1, 101)), "--sampler", "grid"],
    "random": ["--set-space", "learning_rate=1e-3:1e-1:log", "--sampler", "random", "--trials", 100],
}


def command(folder: Path, data: Path, sampler: str, workers: int) -> list[str]:
    """Return the command of a sweep of 200 or 100 trials, each of which takes some 30 ms."""
    given: list[Any] = ["sweep", "elman", data, "-o", folder, *SPACES[sampler], "--set-space", "n_hidden=1,2"]
    given += ["--epochs", 20, "--batch-size", 4, "--validation", 0.25]
    return [str(SCRIPT), "--quiet", *map(str, given), *(["--executor", f"processes:{workers}"] if workers > 1 else [])]


def killed(arguments: list[str], journal: Path, rng: np.random.Generator) -> bool:
    """Kill a command after the journal has grown by some lines; return False if it came to its end before."""
    size = journal.stat().st_size if journal.exists() else 0
    wanted, wait = size + int(rng.integers(0, 4000)), float(rng.uniform(0, 0.03))
    with subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        end = time.monotonic() + 120
        while process.poll() is None and (not journal.exists() or journal.stat().st_size <= wanted):
            assert time.monotonic() < end, "it never came"
            time.sleep(0.001)
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        _, err = process.communicate()
    assert process.returncode in (0, -signal.SIGKILL), err
    return process.returncode != 0


def study_in(folder: Path) -> Any:
    backend = optuna.storages.journal.JournalFileBackend(str(folder / "study.journal"))
    return optuna.load_study(study_name="sweep", storage=optuna.storages.JournalStorage(backend))


@pytest.mark.parametrize(("sampler", "workers"), [("grid", 1), ("grid", 2), ("random", 1), ("random", 2)])
def test_killed_and_gone_on_with(tmp_path: Path, sampler: str, workers: int) -> None:
    data, whole, folder = tmp_path / "data.npz", tmp_path / "whole", tmp_path / "killed"
    np.savez(data, x=X, y=Y)
    subprocess.run(command(whole, data, sampler, 1), check=True, stdout=subprocess.DEVNULL)
    rng = np.random.default_rng(workers)
    arguments = command(folder, data, sampler, workers)
    kills = 0
    while kills < KILLS:
        assert killed(arguments, folder / "study.journal", rng), f"it came to its end after {kills} kills"
        kills += 1
    subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL)
    expected, found = study_in(whole), study_in(folder)
    assert results(found) == results(expected)
    assert found.best_params == expected.best_params
    assert network_of(folder / "best") == network_of(whole / "best")
    lost = [each for each in found.trials if "lost" in each.user_attrs]
    assert len(found.trials) == len(expected.trials) + len(lost)
    assert len(lost) <= KILLS * workers
    assert not [each for each in found.trials if each.state.name == "RUNNING"]
    assert sorted(path.name for path in folder.iterdir()) == sorted(path.name for path in whole.iterdir())
