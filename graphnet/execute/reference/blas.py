"""BLAS on one thread while anything is computed, whichever threads compute it, and as it was afterwards."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any

from threadpoolctl import ThreadpoolController


class OneThread:
    """A context that many threads may be in at once: the first to enter sets the limit, the last to leave takes it
    back.

    The number of threads of BLAS belongs to the whole process, and OpenBLAS lets only the thread that set it set it
    again. So a thread of our own does both.
    """

    def __init__(self) -> None:
        self._forget()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._forget)

    def _forget(self) -> None:
        """Start anew: after a fork the child has no such thread."""
        self._lock, self._inside = Lock(), 0
        self._keeper: ThreadPoolExecutor | None = None
        self._controller: ThreadpoolController | None = None
        self._limit: Any = None

    def __enter__(self) -> None:
        with self._lock:
            if not self._inside:
                self._keeper = self._keeper or ThreadPoolExecutor(1, "graphnet-blas")
                self._keeper.submit(self._set).result()
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside and self._keeper is not None:
                self._keeper.submit(self._limit.__exit__, None, None, None).result()

    def _set(self) -> None:
        if self._controller is None:
            self._controller = ThreadpoolController()
        self._limit = self._controller.limit(limits=1, user_api="blas")
        self._limit.__enter__()


ONE_THREAD = OneThread()
