"""Memory of the machine and of this process, as the system reports it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
"""Files with the limit of the control group that a process is in."""


def machine_memory() -> int:
    """Return the bytes of memory that this process may use, or the largest whole number if the system does not say."""
    found = sys.maxsize
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        found = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for limit in LIMITS:
        try:
            found = min(found, int(Path(limit).read_text()))
        except (OSError, ValueError):  # no such group, or no limit in it
            continue
    return found


def free_memory() -> int | None:
    """Return the bytes of memory that are still free, or None if the system does not say."""
    try:
        return read_bytes(Path("/proc/meminfo"), "MemAvailable")
    except (OSError, KeyError):
        return None


def read_bytes(path: Path, name: str) -> int:
    """Return a row, in bytes, of a file of Linux that has rows such as ``MemAvailable:  1024 kB``."""
    rows = (line.partition(":") for line in path.read_text().splitlines())
    return int({row: value for row, _, value in rows}[name].split()[0]) * 1024
