"""Threads for compiled kernels, which let go of the interpreter while they run.

Made when they are first needed; a process that forks makes its own, since threads do not come with a fork.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from threading import Lock
from typing import TypeVar

T = TypeVar("T")

_lock = Lock()
_pool: ThreadPoolExecutor | None = None
_n_threads: int | None = None


def n_threads() -> int:
    """How many threads work: what `set_threads` said, or as many as there are processors for this process."""
    return n_processors() if _n_threads is None else _n_threads


def n_processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def set_threads(number: int | None) -> None:
    """Have so many threads work from now on; None: as many as there are processors."""
    global _n_threads
    with _lock:
        _n_threads = number
        _forget()


def run_all(work: Callable[[T], None], parts: Iterable[T]) -> None:
    """Call ``work`` for every part, side by side, and return when all are done.

    Each thread, of which the caller is one, takes the next part when it has done one: nobody waits while there are any.
    """
    waiting, works = deque(parts), [work]
    n_helpers = min(n_threads(), len(waiting)) - 1

    def take() -> None:
        (work,) = works
        while True:
            try:
                part = waiting.popleft()
            except IndexError:
                return
            work(part)

    if n_helpers < 1:
        take()
        return
    helpers = [_threads().submit(take) for _ in range(n_helpers)]
    try:
        take()
    finally:
        # after an error too nobody may go on writing to memory that is used again; who has not begun need not begin
        waiting.clear()
        begun = [each for each in helpers if not each.cancel()]
        wait(begun)
        # a thread forgets what it has done a moment later, and must not keep memory that is wanted now
        works.clear()
    for each in begun:
        each.result()


def _threads() -> ThreadPoolExecutor:
    global _pool
    with _lock:
        if _pool is None:
            _pool = ThreadPoolExecutor(max(1, n_threads() - 1), thread_name_prefix="graphnet")
        return _pool


def _forget() -> None:
    global _pool
    _pool = None


def _after_fork() -> None:
    global _lock
    _lock = Lock()
    _forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
