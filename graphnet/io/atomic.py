"""Whole files: each is read at once, and written completely or not at all."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import DataError
from ..frames.existing import existing_file, unreadable

NO_FLUSH = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP)
"""Errors of file systems that cannot be told to write a file now."""


def read_bytes(path: str | os.PathLike[str], most: int | None = None) -> bytes:
    """Return all that a file holds.

    Raises
    ------
    DataError
        If it cannot be read, is blank, or is larger than ``most`` bytes.
    """
    try:
        file = existing_file(path)
        if most is not None and file.stat().st_size > most:
            raise DataError(
                f"{os.fspath(path)}: {file.stat().st_size} bytes, and at most {most} are read in this format"
            )
        data = file.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from error
    if not data.strip():
        raise DataError(f"{os.fspath(path)}: the file is empty")
    return data


@contextmanager
def written_whole(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give the path of a temporary file in the same folder, and move it to ``path`` at the end.

    If anything fails, ``path`` stays as it was and the temporary file is removed.

    Raises
    ------
    DataError
        If no file can have that name.
    OSError
        If the system does not let us write; it names ``path``.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with written_whole(Path(folder, "note.txt")) as temporary:
    ...         _ = temporary.write_text("all of it")
    ...     Path(folder, "note.txt").read_text()
    'all of it'
    """
    with written_together(path) as (temporary,):
        yield temporary


@contextmanager
def written_together(*paths: str | os.PathLike[str]) -> Iterator[list[Path]]:
    """Write several files as `written_whole` does: none is moved before all of them are complete and on the disk.

    Raises
    ------
    DataError
        If no file can have one of the names.
    OSError
        If the system does not let us write; it names the file.
    """
    targets = [_writable(path) for path in paths]
    temporaries = [target.with_name(f".{secrets.token_hex(8)}.partial") for target in targets]
    named = paths[0]
    try:
        yield temporaries
        for named, target, temporary in zip(paths, targets, temporaries, strict=True):  # noqa: B007 - the one that failed
            _flush(temporary)
            if target.exists():
                with suppress(OSError):  # not every file system has modes
                    shutil.copymode(target, temporary)
        for named, target, temporary in zip(paths, targets, temporaries, strict=True):  # noqa: B007 - the one that failed
            os.replace(temporary, target)
            with suppress(OSError):  # the file is in place, and not every file system writes the names in a folder now
                _flush(target.parent)
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), os.fspath(named)) from error
    finally:
        for temporary in temporaries:
            with suppress(OSError):  # the first error counts
                temporary.unlink(missing_ok=True)


def _writable(path: str | os.PathLike[str]) -> Path:
    """Return the path to write: a link stays, and the file that it points to is replaced."""
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise DataError(f"{os.fspath(path)}: a folder, not a file")
    if target.exists() and not target.is_file():
        raise DataError(f"{os.fspath(path)}: not a regular file, so it is not replaced")
    if not target.parent.is_dir():
        raise DataError(f"{os.fspath(path)}: there is no folder {os.fspath(target.parent)}")
    return target


def _flush(path: Path) -> None:
    """Write a file, or the names in a folder, to the disk now."""
    if path.is_dir() and os.name != "posix":
        return
    descriptor = os.open(path, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in NO_FLUSH:
            raise
    finally:
        os.close(descriptor)
