"""The memory that a call takes and the memory that is free, in pages as Linux counts them for any library."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from pathlib import Path
from typing import Any

PROCESS = Path("/proc/self")


def resident_growth(call: Callable[[], Any]) -> int | None:
    """Return the bytes by which the resident memory of this process grew, at its peak, during a call.

    Freed pages that the process still holds would hide a part of the growth, so they are returned to the system first.
    None, and no call, on systems other than Linux.
    """
    try:
        ctypes.CDLL(None).malloc_trim(0)
        (PROCESS / "clear_refs").write_text("5")  # resets the peak
        before = _read_kilobytes(PROCESS / "status", "VmRSS")
    except (OSError, AttributeError, TypeError, KeyError):
        return None
    call()
    return max(0, _read_kilobytes(PROCESS / "status", "VmHWM") - before) * 1024


def free_memory() -> int | None:
    """Return the bytes that are free for a program; None on systems other than Linux."""
    try:
        return _read_kilobytes(Path("/proc/meminfo"), "MemAvailable") * 1024
    except (OSError, KeyError):
        return None


def _read_kilobytes(path: Path, name: str) -> int:
    rows = (line.partition(":") for line in path.read_text().splitlines())
    return int({row: value for row, _, value in rows}[name].split()[0])
