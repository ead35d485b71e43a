"""Custom Python files that ``--import`` runs before a command, and the line in them that raised an error."""

from __future__ import annotations

import runpy
import sys
import traceback
from collections.abc import Iterable
from contextlib import redirect_stdout
from pathlib import Path


def run_file(path: str) -> None:
    """Run a file as ``python`` would, with its folder on the import path, and print its output on stderr.

    Raises
    ------
    DataError
        If the file does not exist, or fails; the message names file and line.
    """
    import graphnet as gn

    if not Path(path).is_file():
        raise gn.DataError(f"{path}: {'a folder, not a file' if Path(path).is_dir() else 'no such file'}")
    folder = str(Path(path).resolve().parent)
    sys.path.insert(0, folder)
    try:
        with redirect_stdout(sys.stderr):
            runpy.run_path(path)
    except MemoryError:
        raise
    except (Exception, SystemExit) as error:
        raise gn.DataError(find_line(error, [path]) or f"{path}: {_words(error)}") from error
    finally:
        if folder in sys.path:
            sys.path.remove(folder)


def find_line(error: BaseException, files: Iterable[str]) -> str | None:
    """Return the error with the last of its lines in these files; None if it has none."""
    files = set(files)
    frames = traceback.extract_tb(error.__traceback__)
    places = [(frame.filename, frame.lineno) for frame in frames if frame.filename in files]
    if isinstance(error, SyntaxError) and error.filename in files:
        places = [(error.filename, error.lineno)]
    return f"{places[-1][0]}, line {places[-1][1]}: {_words(error)}" if places else None


def _words(error: BaseException) -> str:
    import graphnet as gn

    if isinstance(error, gn.DataError | gn.GraphError):
        return str(error)
    said = " ".join((error.msg if isinstance(error, SyntaxError) else str(error)).split())
    return f"{type(error).__name__}: {said}" if said else type(error).__name__
