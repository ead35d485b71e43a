"""The number of threads of graphnet and of its peers during a benchmark."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from ..execute.fast.pool import checked_threads, n_threads, set_threads


@contextmanager
def some_threads(number: int | None) -> Iterator[int]:
    """Limit the number of threads, and on Linux of processors, inside a ``with`` block; None: no limit.

    The limit of processors is for JAX, which has no other setting; it holds if JAX has not computed anything before.

    >>> with some_threads(1) as number:
    ...     number
    1
    """
    if number is None:
        yield n_threads()
        return
    number, processors = checked_threads(number, "threads"), None
    if hasattr(os, "sched_setaffinity"):
        processors = os.sched_getaffinity(0)
        os.sched_setaffinity(0, sorted(processors)[:number])
    before = set_threads(number)
    try:
        yield number
    finally:
        set_threads(before)
        if processors is not None:
            os.sched_setaffinity(0, processors)
