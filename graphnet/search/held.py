"""A lock of the system, which ends with its process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def held(path: str | os.PathLike[str]) -> Iterator[None]:
    """Hold a lock, which is a file that stays there; wait while another process holds it.

    Parameters
    ----------
    path : path
        File to lock; it is made if it does not exist.
    """
    try:
        import fcntl
    except ImportError:  # pragma: no cover - on Windows two searches of one study may begin the same trial
        yield
        return
    with Path(path).open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
