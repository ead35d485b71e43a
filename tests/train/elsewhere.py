"""An executor whose workers are in this process, and have nothing but what was sent to them."""

from __future__ import annotations

import pickle
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

import pytest

from graphnet.execute import crew


class Elsewhere(Executor):
    """Workers that get tasks in turn, as pickled bytes, and remember what they were sent."""

    def __init__(self, n_workers: int, monkeypatch: pytest.MonkeyPatch, *, says: bool = True) -> None:
        self.kept: list[OrderedDict[bytes, Any]] = [OrderedDict() for _ in range(n_workers)]
        self.monkeypatch = monkeypatch
        self.sent: list[int] = []
        if says:
            self._max_workers = n_workers

    def submit(self, function: Callable[..., Any], /, *given: Any, **named: Any) -> Future[Any]:
        """Run a task at once; what is raised is the future's."""
        sent = pickle.dumps((function, given, named))
        self.sent.append(len(sent))
        future: Future[Any] = Future()
        function, given, named = pickle.loads(sent)
        with self.monkeypatch.context() as patch:
            patch.setattr(crew, "_kept", self.kept[len(self.sent) % len(self.kept)])
            try:
                future.set_result(pickle.loads(pickle.dumps(function(*given, **named))))
            except Exception as error:
                future.set_exception(error)
        return future

    def restart(self, worker: int) -> None:
        """Forget what a worker was sent."""
        self.kept[worker].clear()
