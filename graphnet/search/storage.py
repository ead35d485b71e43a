"""Storages of studies: Optuna's, with locks that a killed process does not leave behind.

Optuna's own locks of a journal are files that their process removes; of a killed one they stay, and others wait 30 s
for them.  Those here are locks of the system, which end with their process.
"""

from __future__ import annotations

import json
import os
import re
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import DataError, quoted
from ..language.checks import shown
from .held import held

if TYPE_CHECKING:
    from optuna.storages import BaseStorage
    from optuna.storages.journal import BaseJournalBackend

SUFFIX = ".journal"
_SQLITE = b"SQLite format 3\0"
_FIRST = b'{"op_code"'


@dataclass(frozen=True)
class Store:
    """Place of studies: the path of a journal, a URL, or a storage of Optuna.

    Without any of them, the storage is this process's memory.
    """

    path: Path | None = None
    url: str | None = None
    given: Any = None

    def __str__(self) -> str:
        if self.path is not None:
            return str(self.path)
        if self.url is not None:
            return re.sub(r"(//[^/@:]*):[^@/]*@", r"\1:***@", self.url)
        return "memory" if self.given is None else f"a {type(self.given).__name__}"

    @property
    def is_shared(self) -> bool:
        """Return True if other processes can open it."""
        from optuna.storages import InMemoryStorage

        return bool(self.path or self.url) or not isinstance(self.given, InMemoryStorage | None)

    def open(self) -> BaseStorage:
        """Return the storage, made if it does not exist.

        Raises
        ------
        DataError
            If it cannot be opened, or is something else.
        """
        from optuna.storages import InMemoryStorage, JournalStorage, get_storage

        if self.path is not None:
            try:
                return JournalStorage(_journal(self.path))
            except OSError:
                raise
            except Exception as error:  # of a line that is none, or that fits nothing before it
                said = quoted(error, str) or type(error).__name__
                raise DataError(f"storage: {self.path}: the journal cannot be read: {said}") from error
        if self.url is None:
            return InMemoryStorage() if self.given is None else self.given
        try:
            return get_storage(self.url)
        except Exception as error:  # that of a driver, of SQLAlchemy or of Optuna
            said = quoted(error, lambda each: str(each).splitlines()[0] if str(each) else type(each).__name__)
            raise DataError(f"storage: {self}: cannot be opened: {said}") from error

    def locked(self) -> AbstractContextManager[Any]:
        """Let this process, and no other of the machine, begin trials; only files can be locked."""
        path = self.path
        if path is None and self.url is not None and self.url.startswith("sqlite:///"):
            path = Path(self.url.removeprefix("sqlite:///").partition("?")[0])
        return nullcontext() if path is None else held(path.with_name(f".{path.name}.lock"))


def read_store(storage: Any, name: str | None) -> Store:
    """Return the place that ``storage=`` and ``name=`` of a sweep say, without touching it.

    Raises
    ------
    DataError
        If it is none, or is not there.
    """
    from optuna.storages import BaseStorage

    if storage is None:
        return Store() if name is None else Store(path=_checked(Path(f"{name}{SUFFIX}")))
    if isinstance(storage, BaseStorage):
        return Store(given=storage)
    try:
        text = os.fsdecode(storage)
    except TypeError:
        text = ""
    if not text:
        raise DataError(
            f"storage: {shown(storage)}; must be the path of a journal, a URL such as sqlite:///studies.db, or a "
            "storage of Optuna"
        )
    return Store(url=text) if "://" in text else Store(path=_checked(Path(text)))


def _checked(path: Path) -> Path:
    """Return the path of a journal that is there, or can be; raise a DataError if not."""
    if not path.exists():
        if not path.parent.is_dir():
            raise DataError(f"storage: {path}: there is no folder {path.parent}")
        return path
    if path.is_dir():
        raise DataError(
            f"storage: {path}: a folder, not a journal; name a file in it, such as {path / 'study.journal'}"
        )
    with path.open("rb") as file:
        first = file.readline(1 << 20)
    if first.startswith(_SQLITE):
        raise DataError(f"storage: {path}: a database; give its URL, sqlite:///{path}")
    if first and not _is_entry(first):
        raise DataError(f"storage: {path}: not a journal of Optuna; name another file")
    return path


def _is_entry(line: bytes) -> bool:
    """Return True if a line is of a journal, or the beginning of one that was not written to its end."""
    if not line.endswith(b"\n"):
        return line.startswith(_FIRST[: len(line)])
    try:
        found = json.loads(line)
    except ValueError:
        return False
    return isinstance(found, dict) and "op_code" in found


def _journal(path: Path) -> BaseJournalBackend:
    from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock

    try:
        import fcntl
    except ImportError:  # pragma: no cover - there is none on Windows
        return JournalFileBackend(str(path), JournalFileOpenLock(str(path)))

    class Lock(JournalFileOpenLock):
        """Lock of the system on the journal itself, which ends with the process."""

        def __init__(self) -> None:
            super().__init__(str(path), grace_period=None)
            self._files: list[int] = []

        def acquire(self) -> bool:
            file = os.open(path, os.O_RDWR | os.O_CREAT)
            fcntl.flock(file, fcntl.LOCK_EX)
            self._files.append(file)
            return True

        def release(self) -> None:
            os.close(self._files.pop())

    lock = Lock()
    lock.acquire()
    try:
        _drop_torn_line(path)
        return JournalFileBackend(str(path), lock)
    finally:
        lock.release()


def _drop_torn_line(path: Path) -> None:
    """Cut off a last line that was not written to its end, behind which nothing could be read any more."""
    with path.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        end, block = size, b""
        while end and b"\n" not in block:
            start = max(0, end - (1 << 16))
            file.seek(start)
            block = file.read(end - start)
            if block.endswith(b"\n") and end == size:
                return
            if b"\n" in block:
                file.truncate(start + block.rindex(b"\n") + 1)
                return
            end = start
        if size:
            file.truncate(0)
