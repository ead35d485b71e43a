"""Run folders: the files of a fit, so that nothing of it is lost however it ends.

    settings.json            every setting as it was resolved, the seed, the data's fingerprint, the versions
    network.safetensors      the network: as it began, and when the fit has ended as it is
    metrics.jsonl            a row for each epoch
    checkpoints/*.safetensors    the last states of the fit, by the number of updates
    lock                     held by the process that trains

Each file is replaced whole.  A state with a number that is not finite is never written.
"""

from __future__ import annotations

import errno
import json
import os
import platform
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import IO, Any

from ..._version import __version__
from ...errors import DataError
from ...io.atomic import written_whole
from ...io.json_values import json_ready
from ...io.networks.graph_file import read_drawing, read_graph_file
from ...io.networks.weights import load, save
from ...language.table import GraphTable
from ...network.network import Network
from ..history import History
from ..state import TrainingState
from .checkpoint import read_checkpoint, write_checkpoint

NETWORK = "network.safetensors"
SETTINGS = "settings.json"
METRICS = "metrics.jsonl"
CHECKPOINTS = "checkpoints"
LOCK = "lock"
FORMAT = 1
KEPT = 2
"""Number of checkpoints that are kept."""


class RunFolder:
    """Existing run folder.

    Attributes
    ----------
    path : Path
    settings : dict
        Contents of ``settings.json``.

    Raises
    ------
    DataError
        If it is no run folder, or of a newer version.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        if not self.path.is_dir():
            what = "a file, not a run folder" if self.path.exists() else "no such run folder"
            raise DataError(f"{self.path}: {what}; graphnet.fit(run=...) and `graphnet train` write one")
        for name in (SETTINGS, NETWORK):
            if not (self.path / name).is_file():
                raise DataError(f"{self.path}: the folder is not a run: it has no {name}")
        self.settings = _read_settings(self.path / SETTINGS)

    @staticmethod
    def check_free(path: str | os.PathLike[str]) -> None:
        """Raise a DataError if a new run would replace something; an empty folder may exist."""
        target = Path(path)
        if target.is_dir() and not any(target.iterdir()):
            return
        if target.exists() or target.is_symlink():
            what = "the folder exists and is not empty" if target.is_dir() else "there is something else of that name"
            raise DataError(f"{target}: {what}; name another, or remove it")

    def network(self, *, backend: str = "auto", state: TrainingState | None = None) -> Network:
        """Return the network: as the fit left it or, before its end, with the best parameters so far.

        ``state`` is that of the newest checkpoint, if it has been read already.
        """
        net = load(self.path / NETWORK, backend=backend)
        state = self.state() if state is None else state
        if not state.done:
            _assign(net, state, self.path)
        return net

    def drawing(self) -> GraphTable:
        """Return the drawing with the numbers of `network` on it."""
        state = self.state()
        return read_drawing(self.path / NETWORK) if state.done else self.network(state=state).to_table()

    def compile_settings(self) -> dict[str, Any]:
        """Return the dtype, dt and seed of the network."""
        return read_graph_file(self.path / NETWORK).settings or {}

    def state(self) -> TrainingState:
        """Return the newest checkpoint that can be read.

        Raises
        ------
        DataError
            If none can be read.
        """
        problems: dict[Path, str] = {}
        while files := [file for file in self._checkpoints() if file not in problems]:
            for file in files:  # a fit that goes on may remove all of them before they are read: look again
                try:
                    return read_checkpoint(file)
                except DataError as error:
                    problems[file] = str(error)
        raise DataError("; ".join(problems.values()) or f"{self.path / CHECKPOINTS}: there is no checkpoint")

    def rows(self) -> list[dict[str, Any]]:
        """Return the rows of ``metrics.jsonl``; a line that was cut short is left out."""
        found = []
        try:
            text = (self.path / METRICS).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return []
        for line in text.splitlines():
            with suppress(ValueError):
                found.append(json.loads(line))
        return found

    @property
    def history(self) -> History:
        """Course of the fit up to the newest checkpoint that can be read.

        Raises
        ------
        DataError
            If no checkpoint can be read.
        """
        state = self.state()
        return History(state.rows, state.best_epoch, state.stopped_early, kept_epoch=state.kept_epoch)

    def write_state(self, state: TrainingState) -> None:
        """Write a checkpoint, unless it holds a number that is not finite, and remove those that are too old."""
        if not state.is_finite():
            return
        folder = self.path / CHECKPOINTS
        write_checkpoint(folder / f"{state.update:012d}.safetensors", state)
        for old in self._checkpoints()[KEPT:]:
            with suppress(OSError):
                old.unlink(missing_ok=True)

    def write_row(self, row: Mapping[str, Any]) -> None:
        """Add a row to ``metrics.jsonl``."""
        path = self.path / METRICS
        try:
            with path.open("a", encoding="utf-8") as file:
                file.write(_line(row))
        except OSError as error:  # a failure to write does not name the file
            raise OSError(error.errno, error.strerror or str(error), os.fspath(path)) from error

    def write_rows(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Replace ``metrics.jsonl`` by these rows."""
        with written_whole(self.path / METRICS) as temporary:
            temporary.write_text("".join(map(_line, rows)), encoding="utf-8")

    def write_network(self, net: Network) -> None:
        """Replace the network."""
        save(net, self.path / NETWORK)

    def write_settings(self, settings: Mapping[str, Any]) -> None:
        """Replace the settings."""
        with written_whole(self.path / SETTINGS) as temporary:
            temporary.write_text(_text(settings), encoding="utf-8")
        self.settings = dict(settings)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Let this process, and no other, change the folder; remove files that a killed one left half written.

        Raises
        ------
        DataError
            If another process does.
        """
        with (self.path / LOCK).open("a") as file:
            if not _lock(file):
                raise DataError(f"{self.path}: another process is training this run; wait for it, or end it")
            for folder in (self.path, self.path / CHECKPOINTS):
                for left in folder.glob(".*.partial"):
                    with suppress(OSError):
                        left.unlink(missing_ok=True)
            yield

    def _checkpoints(self) -> list[Path]:
        """Return the files of all checkpoints, the newest first."""
        return sorted((self.path / CHECKPOINTS).glob("[0-9]*.safetensors"), reverse=True)


def create_run(
    path: str | os.PathLike[str], net: Network, settings: Mapping[str, Any], state: TrainingState
) -> RunFolder:
    """Make a run folder with a network, settings and a first checkpoint: it appears when it is complete.

    Raises
    ------
    DataError
        If something of that name exists.
    GraphError
        With every name and attribute of the network that a file cannot hold.
    OSError
        If the system does not let us write; nothing is left then.
    """
    RunFolder.check_free(path)
    target = Path(os.path.realpath(path))
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{secrets.token_hex(8)}.partial")
    try:
        (temporary / CHECKPOINTS).mkdir(parents=True)
        (temporary / LOCK).touch()
        (temporary / SETTINGS).write_text(_text(settings), encoding="utf-8")
        save(net, temporary / NETWORK)
        folder = RunFolder(temporary)
        folder.write_rows(state.rows)
        folder.write_state(state)
        if target.is_dir():  # not every system lets a folder take the place of an empty one
            target.rmdir()
        temporary.rename(target)
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), os.fspath(path)) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return RunFolder(path)


def open_run(path: str | os.PathLike[str]) -> RunFolder:
    """Return the run folder that `fit` or the command line wrote.

    Examples
    --------
    >>> import tempfile, graphnet as gn
    >>> net = gn.compile(gn.graphs.elman(1, 4, 1), seed=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = gn.fit(net, [[[0.5]]] * 4, [[[0.1]]] * 4, epochs=2, seed=0, run=f"{folder}/run")
    ...     found = gn.open_run(f"{folder}/run")
    ...     len(found.rows()), bool((found.network().parameters == net.parameters).all())
    (2, True)
    """
    return RunFolder(path)


def versions() -> dict[str, str]:
    """Return the versions that a result depends on."""
    found = {"graphnet": __version__, "python": platform.python_version()}
    for name in ("networkx", "numpy", "scipy"):
        with suppress(PackageNotFoundError):  # a frozen program may have no metadata
            found[name] = version(name)
    return found


def _assign(net: Network, state: TrainingState, path: Path) -> None:
    try:
        net.parameters = state.kept_parameters
    except DataError as error:
        raise DataError(f"{path}: the checkpoint is of another network: {error}") from error


def _read_settings(path: Path) -> dict[str, Any]:
    try:
        settings: Any = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: not JSON: {error}") from error
    found = settings.get("format") if isinstance(settings, dict) else None
    if not isinstance(found, int) or not isinstance(settings.get("settings"), dict):
        raise DataError(f"{path}: it does not hold the settings of a run")
    if found > FORMAT:
        raise DataError(
            f"{path}: written by a newer graphnet: format {found}, and this one reads format {FORMAT}; update graphnet"
        )
    return settings


def _text(settings: Mapping[str, Any]) -> str:
    return json.dumps(json_ready(settings), indent=2, allow_nan=False) + "\n"


def _line(row: Mapping[str, Any]) -> str:
    return json.dumps(json_ready(row), allow_nan=False) + "\n"


IN_USE = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK)
"""Errors of a lock that another process has."""


def _lock(file: IO[str]) -> bool:
    """Lock a file until it is closed; False where another process has.

    A file system without locks, such as some that are mounted over a network, locks nothing.
    """
    try:
        try:
            import fcntl
        except ImportError:  # pragma: no cover - there is none on Windows
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in IN_USE
    return True
