"""How many threads everybody who is measured may have."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from ..execute.fast.pool import n_threads, set_threads


@contextmanager
def some_threads(number: int | None) -> Iterator[int]:
    """Have so many threads work, and processors, where the system lets us choose; None: as they are.

    JAX has no other way to be told, and is told only if it has not computed anything before.

    >>> with some_threads(1) as number:
    ...     number
    1
    """
    if number is None:
        yield n_threads()
        return
    before, processors = n_threads(), None
    if hasattr(os, "sched_setaffinity"):
        processors = os.sched_getaffinity(0)
        os.sched_setaffinity(0, sorted(processors)[:number])
    set_threads(number)
    try:
        yield number
    finally:
        set_threads(before)
        if processors is not None:
            os.sched_setaffinity(0, processors)
