"""Memory that a call takes, as Linux counts pages."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..execute.machine import read_bytes

PROCESS = Path("/proc/self")


def resident_growth(call: Callable[[], Any]) -> int | None:
    """Return the bytes by which the resident memory of this process grew, at its peak, during a call.

    Freed pages that the process still holds would hide a part of the growth, so they are returned to the system first.
    None, and no call, on systems other than Linux; None as well if the system does not say.
    """
    try:
        ctypes.CDLL(None).malloc_trim(0)
        (PROCESS / "clear_refs").write_text("5")  # the peak is from now on
        before = read_bytes(PROCESS / "status", "VmRSS")
    except (OSError, AttributeError, TypeError, KeyError):
        return None
    call()
    try:
        return max(0, read_bytes(PROCESS / "status", "VmHWM") - before)
    except (OSError, KeyError):
        return None
