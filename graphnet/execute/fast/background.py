"""Compilation of the backward kernel by a second process, while this one compiles the forward kernel.

This halves the wait before the first training step.  The kernel that the second process compiles is found on disk.
Without a second processor, or without a folder that can be written, this process compiles both.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from ..machine import n_processors
from .kernels import cache

IS_THAT_PROCESS = "GRAPHNET_COMPILES_BESIDE"
"""Environment variable of that process, which must not start another one."""

PATIENCE = 600
"""Seconds to wait for that process, which takes some 15 on a machine that is not busy."""

_begun: dict[tuple[str, int], subprocess.Popen[bytes] | None] = {}


def begin(dtype: np.dtype[Any], width: int) -> None:
    """Start to compile the backward kernel for a dtype and a width of tiles, unless it is on disk."""
    key = dtype.name, width
    if key not in _begun:
        _begun[key] = _start(*key)


def finish(dtype: np.dtype[Any], width: int) -> None:
    """Wait until the compilation is done, or has failed."""
    process = _begun.get((dtype.name, width))
    if process is None:
        return
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
    _begun[dtype.name, width] = None


def _start(dtype: str, width: int) -> subprocess.Popen[bytes] | None:
    done = mark(dtype, width)
    if done is None or os.path.exists(done) or IS_THAT_PROCESS in os.environ or n_processors() < 2:
        return None
    # in a program that embeds Python, the executable is not an interpreter
    if "python" not in Path(sys.executable or "").name.lower():
        return None
    package = str(Path(__file__).parents[3])
    paths = os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH")]))
    # relative paths were seen from the folder that was current when they were first used
    same = {"GRAPHNET_CACHE_DIR": str(done.parents[2]), "PYTHONPATH": paths, IS_THAT_PROCESS: "1"}
    try:
        done.parent.mkdir(parents=True, exist_ok=True)
        if not os.access(done.parent, os.W_OK):
            return None
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "graphnet.execute.fast.precompile", dtype, str(width)],
            env={**os.environ, **same},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    except (OSError, ValueError):
        return None


def mark(dtype: str, width: int) -> Path | None:
    """Return the path of the file that exists if the backward kernel is on disk, or None if nothing is kept there."""
    folder = cache.folder()
    return None if folder is None else folder / f"backward-{dtype}-{width}.done"
