"""Threads for compiled kernels, which release the interpreter lock while they run.

The threads start when they are first needed; a child process starts its own, since a fork does not copy threads.
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
    """Return the number of threads: that of `set_threads`, or of the processors that this process may use."""
    return n_processors() if _n_threads is None else _n_threads


def n_processors() -> int:
    """Return the number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def set_threads(number: int | None) -> None:
    """Set the number of threads; None: as many as processors."""
    global _n_threads
    with _lock:
        _n_threads = number
        _forget()


def run_all(work: Callable[[T], None], parts: Iterable[T]) -> None:
    """Call ``work`` for every part, side by side, and return when all are done.

    The caller is one of the threads; each takes the next part when it has finished one.
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
        # after an error too, no thread may go on writing to memory that is used again
        waiting.clear()
        begun = [each for each in helpers if not each.cancel()]
        wait(begun)
        # a thread drops its last task a moment later, which must not keep memory alive until then
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
