"""Training where the system says no: signals, the bar, the lock and the files of a run."""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
import threading
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import graphnet as gn
from graphnet.train.progress import progress_bar
from graphnet.train.runs import folder as runs
from graphnet.train.signals import stop_on_signals

DATA = (np.linspace(-1, 1, 24).reshape(4, 6, 1),) * 2
"""Inputs and targets."""


def fit(**more: Any) -> gn.History:
    net = gn.compile(gn.graphs.elman(1, 2, 1), seed=0, backend="reference")
    return gn.fit(net, *DATA, epochs=2, seed=0, **more)


def refuse(error: BaseException) -> Callable[..., Any]:
    def fail(*_: Any, **__: Any) -> Any:
        raise error

    return fail


def test_a_handler_that_was_not_set_by_python_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a fit that fails at its end, since such a handler cannot be restored."""
    set_: list[Any] = []
    monkeypatch.setattr(signal, "getsignal", lambda number: None)
    monkeypatch.setattr(signal, "signal", lambda *what: set_.append(what))
    with stop_on_signals() as request:
        assert not request
    assert not set_


@pytest.mark.parametrize("error", [ValueError("signal only works in main thread"), OSError(22, "Invalid argument")])
def test_handlers_that_cannot_be_set(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signal, "signal", refuse(error))
    assert len(fit().epochs) == 2


def test_an_error_of_a_fit_is_not_hidden_by_handlers(monkeypatch: pytest.MonkeyPatch) -> None:
    before, set_ = signal.getsignal(signal.SIGINT), signal.signal

    def fail() -> None:
        with stop_on_signals():
            monkeypatch.setattr(signal, "signal", refuse(ValueError("no longer")))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    monkeypatch.undo()
    for number, handler in ((signal.SIGINT, before), (signal.SIGTERM, signal.SIG_DFL)):
        set_(number, handler)


def test_a_fit_in_another_thread(tmp_path: Path) -> None:
    found: list[gn.History] = []
    thread = threading.Thread(target=lambda: found.append(fit(run=tmp_path / "run", progress=None)))
    thread.start()
    thread.join()
    assert len(found[0].epochs) == 2


class Refusing(io.StringIO):
    """A terminal that is gone."""

    encoding = "ascii"

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        raise self.error

    def flush(self) -> None:
        raise self.error


def closed() -> io.StringIO:
    stream = io.StringIO()
    stream.close()
    return stream


STREAMS: dict[str, Callable[[], Any]] = {
    "none": lambda: None,
    "closed": closed,
    "no stream": object,
    "broken pipe": lambda: Refusing(BrokenPipeError(errno.EPIPE, "Broken pipe")),
    "full": lambda: Refusing(OSError(errno.ENOSPC, "No space left on device")),
    "locale": lambda: Refusing(UnicodeEncodeError("ascii", "━", 0, 1, "ordinal not in range(128)")),
    "anything": lambda: Refusing(RuntimeError("what was never thought of")),
}


@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("show", [None, True, False])
@pytest.mark.parametrize("name", STREAMS)
def test_a_bar_that_cannot_be_drawn_fails_nothing(
    name: str, show: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", STREAMS[name]())
    history = fit(progress=show)
    monkeypatch.undo()
    assert history.epochs[-1]["loss"] == fit(progress=False).epochs[-1]["loss"]


def test_a_bar_that_cannot_start_fails_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading.Thread, "start", refuse(RuntimeError("can't start new thread")))
    with progress_bar(True, epochs=1, n_batches=1) as advance:
        advance(None)
        advance({"epoch": 1, "loss": 0.5})


def test_an_error_under_a_bar_is_raised() -> None:
    with pytest.raises(ZeroDivisionError), progress_bar(True, epochs=1, n_batches=1):
        raise ZeroDivisionError


fcntl = pytest.importorskip("fcntl")


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EINVAL, errno.EIO])
def test_a_file_system_without_locks(number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a run of which it is said that another process trains it."""
    monkeypatch.setattr(fcntl, "flock", refuse(OSError(number, os.strerror(number))))
    assert len(fit(run=tmp_path / "run").epochs) == 2
    assert len(gn.open_run(tmp_path / "run").rows()) == 2


@pytest.mark.parametrize("number", [errno.EWOULDBLOCK, errno.EACCES])
def test_a_lock_that_another_process_has(number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fit(run=tmp_path / "run")
    monkeypatch.setattr(fcntl, "flock", refuse(OSError(number, os.strerror(number))))
    with pytest.raises(gn.DataError, match="another process is training this run"):
        gn.resume(tmp_path / "run", *DATA, epochs=3)


def test_what_is_left_over_and_cannot_be_removed_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = tmp_path / "run"
    monkeypatch.setattr(runs, "KEPT", 1)
    monkeypatch.setattr(Path, "unlink", refuse(PermissionError(errno.EACCES, "Permission denied")))
    assert len(fit(run=run).epochs) == 2
    (run / ".0.partial").write_text("")
    with gn.open_run(run).locked():
        assert (run / ".0.partial").exists()


def test_a_row_that_cannot_be_written_names_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fit(run=tmp_path / "run")
    found = gn.open_run(tmp_path / "run")
    before = found.rows()
    with monkeypatch.context() as patch:
        patch.setattr(runs, "_line", refuse(OSError(errno.ENOSPC, "No space left on device")))
        with pytest.raises(OSError, match="No space left") as caught:
            found.write_row({"epoch": 3})
    assert caught.value.filename == str(tmp_path / "run" / "metrics.jsonl")
    assert found.rows() == before


def test_versions_of_what_has_no_metadata_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a fit that fails in a frozen program."""
    monkeypatch.setattr(runs, "version", refuse(PackageNotFoundError("numpy")))
    fit(run=tmp_path / "run")
    assert set(gn.open_run(tmp_path / "run").settings["versions"]) == {"graphnet", "python"}


@pytest.mark.parametrize("jump", [-1e9, 1e9])
def test_the_clock_of_the_system_may_jump(jump: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches times that are taken from the clock on the wall."""
    import time

    real, calls = time.time, iter(range(10**9))
    monkeypatch.setattr(time, "time", lambda: real() + jump * (next(calls) % 2))
    history = fit(run=tmp_path / "run", time_limit=1000)
    assert not history.timed_out
    assert all(0 <= row["seconds"] < 1000 for row in history.epochs)
