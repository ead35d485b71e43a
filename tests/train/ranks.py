"""Programs under mpiexec."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOUND = shutil.which("mpiexec", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))


def mpiexec(n_ranks: int, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a Python program on so many ranks, of which the first is no worker."""
    root = {
        f"{name}_ALLOW_RUN_AS_ROOT{end}": "1" for name in ("OMPI", "PRTE") for end in ("", "_CONFIRM")
    }  # CI runs in containers
    return subprocess.run(
        [FOUND or "", "--oversubscribe", "-n", str(n_ranks), sys.executable, "-m", "mpi4py.futures", *command],
        env={**os.environ, **root, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
