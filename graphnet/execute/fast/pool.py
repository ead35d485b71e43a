"""Threads for compiled kernels, which release the interpreter lock while they run.

The threads start when they are first needed; a child process starts its own, since a fork does not copy threads.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from threading import Lock
from typing import Any, TypeVar

from ...errors import DataError
from ...language.checks import whole_number
from ..machine import n_processors

T = TypeVar("T")

BOUNDS = ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS")
"""Environment variables that bound the number of threads."""

_lock = Lock()
_pool: ThreadPoolExecutor | None = None
_n_threads: int | None = None


def get_num_threads() -> int:
    """Return the number of threads that compiled kernels use.

    It is that of `set_num_threads`, or else that of the processors which this process may use, by its affinity and its
    control groups, and at most what OMP_NUM_THREADS and NUMBA_NUM_THREADS say.

    Returns
    -------
    int
    """
    return n_threads()


def set_num_threads(n: int | None) -> None:
    """Set the number of threads that compiled kernels use.

    Results have the same bits at any number.

    Parameters
    ----------
    n : int or None
        At least 1.  More than the number of processors which this process may use, or than OMP_NUM_THREADS or
        NUMBA_NUM_THREADS in the environment, is as many as that; so is None.

    Raises
    ------
    DataError
        If it is no whole number from 1.

    Examples
    --------
    >>> import graphnet as gn
    >>> gn.set_num_threads(1)
    >>> gn.get_num_threads()
    1
    >>> gn.set_num_threads(None)
    """
    set_threads(None if n is None else min(whole_number(n, "n", 1), _most()[0]))


def checked_threads(number: Any, name: str) -> int:
    """Return a number of threads that is allowed; raise a DataError that names it where it is none."""
    checked, (most, why) = whole_number(number, name, 1), _most()
    if checked > most:
        raise DataError(f"{name}={checked} is more than {most}, {why}")
    return checked


def n_threads() -> int:
    """Return the number of threads, that of `set_threads` or the largest that is allowed."""
    return _most()[0] if _n_threads is None else _n_threads


def set_threads(number: int | None) -> int | None:
    """Set the number of threads, unchecked, and return the one before; None: the largest that is allowed."""
    global _n_threads
    with _lock:
        before, _n_threads = _n_threads, number
        _forget()
    return before


def _most() -> tuple[int, str]:
    """Return the largest number of threads that is allowed, and what allows no more."""
    bounds = [(n_processors(), "the number of processors that this process may use")]
    for name in BOUNDS:
        # OpenMP takes a list of numbers, for nested regions
        with suppress(ValueError):
            number = int(os.environ.get(name, "").partition(",")[0])
            bounds += [(number, f"which {name} says")] if number > 0 else []
    return min(bounds, key=lambda bound: bound[0])


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
