"""How much memory a call takes, and how much there is: as Linux counts pages, whoever asked for them."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from pathlib import Path
from typing import Any

PROCESS = Path("/proc/self")


def resident_growth(call: Callable[[], Any]) -> int | None:
    """Bytes by which the resident memory of this process grew, at its peak, during a call.

    Pages that are freed and not given back hide a part of what a call takes, so they are given back before.  None, and
    no call, where the system does not count so (it has to be Linux).
    """
    try:
        ctypes.CDLL(None).malloc_trim(0)
        (PROCESS / "clear_refs").write_text("5")  # the peak is from now on
        before = _read_kilobytes(PROCESS / "status", "VmRSS")
    except (OSError, AttributeError, TypeError, KeyError):
        return None
    call()
    return max(0, _read_kilobytes(PROCESS / "status", "VmHWM") - before) * 1024


def free_memory() -> int | None:
    """Bytes that a program could still take; None where the system does not say."""
    try:
        return _read_kilobytes(Path("/proc/meminfo"), "MemAvailable") * 1024
    except (OSError, KeyError):
        return None


def _read_kilobytes(path: Path, name: str) -> int:
    rows = (line.partition(":") for line in path.read_text().splitlines())
    return int({row: value for row, _, value in rows}[name].split()[0])
