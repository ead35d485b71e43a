"""Signals: the first one asks training to stop after the current update, a second one stops it at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any


class StopRequest:
    """Request to stop training; true once it was received."""

    def __init__(self) -> None:
        self.received = False

    def __bool__(self) -> bool:
        return self.received


@contextmanager
def stop_on_signals(wanted: bool = True) -> Iterator[StopRequest]:
    """Give a request that becomes true at the first SIGINT or SIGTERM; later ones have the effect they had before.

    SIGTERM then raises KeyboardInterrupt, unless it has a handler already.  Only the main thread receives
    signals: in another one, and where it is not ``wanted``, nothing changes.  Nor does it for a signal that is ignored,
    or whose handler was not set by Python.
    """
    request = StopRequest()
    if not wanted or threading.current_thread() is not threading.main_thread():
        yield request
        return
    before: dict[int, Any] = {}

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    def ask(number: int, frame: FrameType | None) -> None:
        request.received = True
        for each, handler in before.items():
            signal.signal(each, handler if callable(handler) else interrupt)

    for number in (signal.SIGINT, signal.SIGTERM):
        handler = signal.getsignal(number)
        # what ignores a signal, as a shell has its background jobs do, goes on ignoring it; a handler that is not of
        # Python, which is None here, could not be restored
        if handler is not None and handler is not signal.SIG_IGN:
            with suppress(OSError, ValueError):  # the main interpreter alone may set handlers
                signal.signal(number, ask)
                before[number] = handler
    try:
        yield request
    finally:
        for each, handler in before.items():
            with suppress(OSError, ValueError):
                signal.signal(each, handler)
