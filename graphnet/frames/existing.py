"""Files that can be read, and errors for those that cannot."""

from __future__ import annotations

import os
from pathlib import Path
from stat import S_ISDIR, S_ISREG

from ..errors import DataError


def existing_file(path: str | os.PathLike[str]) -> Path:
    """Return the path of a file that can be read.

    Raises
    ------
    DataError
        If it is missing, a folder, not a regular file or empty.
    """
    try:
        found = os.stat(path)
    except FileNotFoundError:
        raise DataError(f"{os.fspath(path)}: no such file") from None
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from error
    if S_ISDIR(found.st_mode):
        raise DataError(f"{os.fspath(path)}: a folder, not a file")
    if not S_ISREG(found.st_mode):
        raise DataError(f"{os.fspath(path)}: not a regular file")
    if not found.st_size:
        raise DataError(f"{os.fspath(path)}: the file is empty")
    return Path(path)


def unreadable(path: str | os.PathLike[str], error: Exception) -> DataError:
    """Return the DataError for a file that the system does not let us read."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return DataError(f"{os.fspath(path)}: cannot be read: {reason}")
