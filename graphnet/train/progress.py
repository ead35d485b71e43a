"""Progress of a fit: a bar on stderr, or in a notebook."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeAlias

from ..execute.machine import is_terminal
from ..language.checks import Anything, Flag
from ..language.hooks import hook
from ..language.registry import Checked, setting
from .history import History
from .loggers import Logger, LoggersKind

Advance: TypeAlias = Callable[[dict[str, Any] | None], None]


@dataclass(frozen=True, kw_only=True)
class Watchers(Checked):
    """Watchers of a fit while it runs."""

    progress: bool | None = setting(
        None,
        Flag(or_none=True),
        "Draw a bar on stderr; by default only where stderr is a terminal, and elsewhere nothing.  In a notebook, by "
        "default too, the bar is below the cell, and leaves a line for each epoch, of more than 40 epochs for some.",
        stored=False,
    )
    callback: Callable[[dict[str, Any]], object] | None = setting(
        None,
        Anything("None or a function of an epoch's row", callable),
        "Called after each epoch with its row of the history.  If it returns True, the fit ends there, as after its "
        "last epoch, and a run can be resumed; if it raises, the run keeps the last complete update.",
        shape="function",
        stored=False,
    )
    log: Logger | list[Logger] | None = setting(
        None,
        LoggersKind(),
        "Where to log to: an object of `gn.loggers`, or another with on_start(settings), on_epoch(row) and "
        "on_end(history), or a list of these.  If one raises, the run keeps the last complete update.",
        shape="logger or list of loggers",
        stored=False,
    )


def loggers_of(watchers: Watchers) -> list[Logger]:
    """Return the loggers, which are a list once they are checked."""
    assert watchers.log is None or isinstance(watchers.log, list)
    return watchers.log or []


@contextmanager
def progress_bar(show: bool | None, *, epochs: int, n_batches: int) -> Iterator[Advance]:
    """Give a function to call after each batch with None, and after each epoch with its row.

    ``show`` None draws only in a notebook and where stderr is a terminal, True always, False never.  A bar that cannot
    be drawn is left out.
    """
    bar: Any = None
    if show is not False and is_notebook():
        with suppress(Exception):
            bar = hook("notebook_bar")(epochs, n_batches)
    elif sys.stderr is not None and (is_terminal(sys.stderr) if show is None else show):
        with suppress(Exception):
            bar = Bar(bool(show), epochs, n_batches)
    if bar is None:
        yield lambda row: None
        return
    try:
        yield bar.advance
    finally:
        with suppress(Exception):
            bar.close()


def is_notebook() -> bool:
    """Return True if this process is the kernel of a notebook; IPython, which knows it, is then imported already."""
    try:
        shell = sys.modules["IPython"].get_ipython()
    except (KeyError, AttributeError):
        return False
    return any(each.__name__ == "ZMQInteractiveShell" for each in type(shell).__mro__)


class Bar:
    """Bar on stderr."""

    def __init__(self, always: bool, epochs: int, n_batches: int) -> None:
        # Imported here: it takes longer than all the rest of training's imports, and most fits in scripts draw nothing.
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        stream: Any = Forgiving(sys.stderr)
        console = Console(file=stream, force_terminal=True if always else None)
        numbers = TextColumn("{task.fields[numbers]}")
        self.progress = Progress(
            TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn(), numbers, console=console
        )
        self.epochs = epochs
        self.task = self.progress.add_task(f"epoch 0/{epochs}", total=epochs * n_batches, numbers="")
        self.progress.start()

    def advance(self, row: dict[str, Any] | None) -> None:
        """Go on by a batch, or show the row of an epoch."""
        with suppress(Exception):
            if row is None:
                self.progress.advance(self.task)
                return
            self.progress.update(
                self.task, description=f"epoch {row['epoch']}/{self.epochs}", numbers=History.losses_of(row)
            )

    def close(self) -> None:
        """Leave the bar as it is."""
        self.progress.stop()


class Forgiving:
    """Stream whose errors of writing do not matter; the bar is also drawn by a thread of its own."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write a text if that can be done."""
        with suppress(Exception):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush the stream if that can be done."""
        with suppress(Exception):
            self._stream.flush()

    def isatty(self) -> bool:
        """Return True if the stream is a terminal."""
        return is_terminal(self._stream)
