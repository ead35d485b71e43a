"""Runs that are stopped at any moment, and disks that fail at any write, leave a run that opens and goes on."""

from __future__ import annotations

import builtins
import errno
import io
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

import graphnet as gn

from .killed import stops
from .runs import go_on, same, train

pytestmark = [
    pytest.mark.costly,
    pytest.mark.skipif(sys.platform == "win32", reason="there is no fork, and no SIGKILL"),
    pytest.mark.filterwarnings("ignore::graphnet.GradientWarning"),
]


@pytest.mark.parametrize(("number", "times"), [(signal.SIGKILL, 10), (signal.SIGINT, 5)], ids=["SIGKILL", "SIGINT"])
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_stopped_at_random_moments(number: signal.Signals, times: int) -> None:
    assert not list(stops(number, times, seed=1, finish=2))


class Disk:
    """A disk that fails at the n-th thing that is asked of it: open, write, flush, rename, make a folder."""

    def __init__(self, folder: Path, fails_at: int, number: int) -> None:
        self.folder, self.left, self.number, self.failed = folder, fails_at, number, False
        self.matters = True

    def ask(self, path: Any = None, matters: bool = True) -> None:
        """Count, and fail if it is time to."""
        self.left -= 1
        if self.left == 0:
            self.failed, self.matters = True, matters
            raise OSError(self.number, os.strerror(self.number), None if path is None else str(path))

    def patch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Have every call that changes the disk ask first."""
        disk = self

        def is_here(path: Any) -> bool:
            return isinstance(path, str | os.PathLike) and str(disk.folder) in os.path.abspath(path)

        def opening(original: Any) -> Any:
            def opened(path: Any, mode: str = "r", *args: Any, **options: Any) -> Any:
                writes = is_here(path) and set(mode) & set("wax+")
                if writes:
                    disk.ask(path)
                file = original(path, mode, *args, **options)
                if writes:
                    write = file.write

                    def asked(data: Any) -> Any:
                        disk.ask(path)
                        return write(data)

                    file.write = asked
                return file

            return opened

        mkdir = os.mkdir

        def asking(original: Any) -> Any:
            def asked(first: Any, *args: Any, **options: Any) -> Any:
                is_made = original is not mkdir or not os.path.isdir(first)
                if (is_here(first) or isinstance(first, int)) and is_made:
                    # the order in which names reach the disk is best effort
                    is_folder = isinstance(first, int) and os.path.isdir(first)
                    disk.ask(first if not isinstance(first, int) else None, matters=not is_folder)
                return original(first, *args, **options)

            return asked

        monkeypatch.setattr(builtins, "open", opening(builtins.open))
        monkeypatch.setattr(io, "open", opening(io.open))
        for name in ("fsync", "replace", "rename", "mkdir"):
            monkeypatch.setattr(os, name, asking(getattr(os, name)))


@pytest.mark.parametrize(
    "number",
    [errno.ENOSPC, pytest.param(errno.EIO, marks=pytest.mark.slow)],
    ids=lambda number: errno.errorcode[number],
)
def test_a_disk_that_fails_at_every_write(tmp_path: Path, number: int) -> None:
    """Whatever fails, the run is not there at all or opens, nothing half written is left, and it goes on."""
    settings: dict[str, Any] = {"epochs": 2, "batch_size": 8, "checkpoint_every": 1}
    expected = train(tmp_path / "whole", **settings).parameters
    fails_at = 0
    while True:
        fails_at += 1
        run = tmp_path / f"run{fails_at}"
        disk = Disk(tmp_path, fails_at, number)
        with pytest.MonkeyPatch.context() as monkeypatch:
            disk.patch(monkeypatch)
            caught = None
            try:
                train(run, **settings)
            except OSError as error:
                caught = error
        assert (caught is not None) == (disk.failed and disk.matters)
        assert caught is None or (caught.errno == number and str(tmp_path) in str(caught.filename or tmp_path))
        assert not list(tmp_path.rglob(".*.partial"))
        if not disk.failed:
            break
        if run.exists():
            gn.open_run(run).network()
            assert same(go_on(run).parameters, expected), fails_at
    assert fails_at > 50


def test_a_second_signal_is_not_waited_for(tmp_path: Path) -> None:
    """The first one finishes the update; the next one, sent from within it, leaves at once with what is complete."""
    updates = []

    def send(row: dict[str, Any]) -> None:
        updates.append(row)
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGTERM)
        updates.append("never reached")

    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "run", callback=send)
    assert len(updates) == 1
    assert gn.open_run(tmp_path / "run").state().update == 5
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_one_signal_finishes_the_update_and_saves(tmp_path: Path, number: signal.Signals) -> None:
    whole = train(None)
    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # jobs in the background ignore it
    try:
        with pytest.raises(KeyboardInterrupt):
            train(tmp_path / "run", callback=lambda row: os.kill(os.getpid(), number))
    finally:
        signal.signal(signal.SIGINT, before)
    assert gn.open_run(tmp_path / "run").state().update == 5
    assert same(go_on(tmp_path / "run").parameters, whole.parameters)
