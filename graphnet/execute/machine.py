"""The machine, as the system reports it: memory, processors, terminals.

A system may refuse to say any of it, or say what makes no sense; nothing of it is an error here.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import Any

GROUPS = Path("/sys/fs/cgroup")
"""Control groups of Linux, which limit memory and processors."""
OWN_GROUPS = Path("/proc/self/cgroup")
"""The control groups that this process is in."""


def machine_memory() -> int:
    """Return the bytes of memory that this process may use, or the largest whole number if the system does not say."""
    try:
        # -1 is unknown
        whole = max(0, os.sysconf("SC_PAGE_SIZE")) * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        whole = 0
    limits = _numbers("memory", "memory.max", "memory.limit_in_bytes")
    return min((number for number in (whole, *chain(*limits)) if number > 0), default=sys.maxsize)


def free_memory() -> int | None:
    """Return the bytes of memory that are still free, or None if the system does not say."""
    try:
        return read_bytes(Path("/proc/meminfo"), "MemAvailable")
    except (OSError, KeyError):
        return None


def read_bytes(path: Path, name: str) -> int:
    """Return a row, in bytes, of a file of Linux that has rows such as ``MemAvailable:  1024 kB``.

    Raises
    ------
    OSError
        If the file cannot be read.
    KeyError
        If it has no such row.
    """
    rows = (line.partition(":") for line in path.read_text(errors="replace").splitlines())
    value = {row: value for row, _, value in rows}[name]
    try:
        return int(value.split()[0]) * 1024
    except (IndexError, ValueError):
        raise KeyError(name) from None


def n_processors() -> int:
    """Return the number of processors that this process may use: those of its affinity and its control groups."""
    try:
        there = len(os.sched_getaffinity(0))
    except (AttributeError, OSError):  # not every system has it
        there = os.cpu_count() or 1
    return max(1, min(there, _processors_of_groups()))


@cache
def _processors_of_groups() -> int:
    """Return the number of processors that control groups grant, rounded up."""
    shares = [
        -(-limit[0] // limit[1])
        for limit in _numbers("cpu", "cpu.max", "cpu.cfs_quota_us", "cpu.cfs_period_us")
        if len(limit) == 2 and min(limit) > 0
    ]
    return min(shares, default=sys.maxsize)


def _numbers(controller: str, name: str, *names_of_version_1: str) -> Iterator[list[int]]:
    """Yield the numbers of a limit, for each group of a controller that sets it."""
    for version, folder in _groups(controller):
        files = [name] if version == 2 else names_of_version_1
        try:
            yield [int(word) for file in files for word in (folder / file).read_text().split()]
        except (OSError, ValueError):  # no such group, or no limit in it
            continue


def _groups(controller: str) -> Iterator[tuple[int, Path]]:
    """Yield the folders of the groups of this process, and of all groups around them, each with its version."""
    try:
        lines = OWN_GROUPS.read_text().splitlines()
    except (OSError, ValueError):
        lines = ["0::/", f"1:{controller}:/"]
    for line in lines:
        _, controllers, path = [*line.split(":", 2), "", ""][:3]
        if controllers and controller not in controllers.split(","):
            continue
        base = GROUPS / controller if controllers else GROUPS
        inside = PurePosixPath("/", path)
        # in a container the path may be that of the host: the folder is missing, and the outermost one is its own
        for group in (inside, *inside.parents):
            yield (1 if controllers else 2), base / group.relative_to("/")


def is_terminal(stream: Any) -> bool:
    """Return True if a stream is a terminal, and False as well if it is None, closed, or cannot tell."""
    try:
        return bool(stream.isatty())
    except (AttributeError, OSError, ValueError):
        return False
