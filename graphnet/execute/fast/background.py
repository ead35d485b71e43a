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

from .kernels import cache
from .pool import n_processors

IS_THAT_PROCESS = "GRAPHNET_COMPILES_BESIDE"
"""Environment variable of that process, which must not start another one."""

_begun: dict[tuple[str, int], subprocess.Popen[bytes] | None] = {}


def begin(dtype: np.dtype[Any], width: int) -> None:
    """Start to compile the backward kernel for a dtype and a width of tiles, unless it is on disk."""
    key = dtype.name, width
    if key not in _begun:
        _begun[key] = None if mark(*key).exists() else _start(*key)


def finish(dtype: np.dtype[Any], width: int) -> None:
    """Wait until the compilation is done, or has failed."""
    key = dtype.name, width
    process = _begun.get(key)
    if process is not None:
        process.wait()
        _begun[key] = None


def _start(dtype: str, width: int) -> subprocess.Popen[bytes] | None:
    folder = mark(dtype, width).parent
    if IS_THAT_PROCESS in os.environ or n_processors() < 2:
        return None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # in a program that embeds Python, the executable is not an interpreter
        if not os.access(folder, os.W_OK) or "python" not in Path(sys.executable).name.lower():
            return None
        package = str(Path(__file__).parents[3])
        paths = os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH")]))
        return subprocess.Popen(
            [sys.executable, "-m", "graphnet.execute.fast.precompile", dtype, str(width)],
            env={**os.environ, "PYTHONPATH": paths, IS_THAT_PROCESS: "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    except OSError:
        return None


def mark(dtype: str, width: int) -> Path:
    """Return the path of the file that exists if the backward kernel is on disk."""
    return cache.folder() / cache.stamp() / f"backward-{dtype}-{width}"
