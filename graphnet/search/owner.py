"""The process that a trial runs for, and whether it is still there: a killed process says nothing."""

from __future__ import annotations

import os
import socket
import subprocess
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple


class Owner(NamedTuple):
    """Process on a host; its start tells it from a later one of the same number."""

    host: str
    process: int
    start: str

    def is_gone(self) -> bool:
        """Return True if the process has ended.  One of another host is not known to have."""
        if self.host != this_process().host or not self.start:
            return False
        found = start_of(self.process)
        return found != self.start if found else not _is_hidden(self.process)


def this_process() -> Owner:
    """Return this process.

    >>> this_process().is_gone(), this_process()._replace(start="long ago").is_gone()
    (False, True)
    """
    return _owner(os.getpid())


def _is_hidden(process: int) -> bool:
    """Return True if a process of another user is there, of which the system does not let us know when it began."""
    if os.name == "nt":  # pragma: no cover - there this signal would end it
        return True
    try:
        os.kill(process, 0)
    except PermissionError:
        return True
    except OSError:
        pass
    return False


@cache
def _owner(process: int) -> Owner:
    return Owner(socket.gethostname(), process, start_of(process))


def start_of(process: int) -> str:
    """Return when a process of this host was started, as the system says it; "" if it is gone, or cannot be known."""
    if Path("/proc/self/stat").exists():
        with suppress(OSError, IndexError):
            # the name of the program, in brackets, may have spaces and brackets itself
            fields = Path(f"/proc/{process}/stat").read_text(errors="replace").rpartition(")")[2].split()
            if fields[0] in ("Z", "X"):  # it has ended, and nobody has asked how
                return ""
            return f"{_boot()} {fields[19]}"
        return ""
    if os.name == "nt":  # pragma: no cover - trials of a process that was killed stay there as running
        return ""
    asked = subprocess.run(["ps", "-o", "lstart=", "-p", str(process)], capture_output=True, text=True, check=False)
    return asked.stdout.strip()


@cache
def _boot() -> str:
    """Return what tells this start of the system from others: times of processes count from there."""
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()[:8]
    return ""
