"""Progress of a fit: a bar on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

from ..language.checks import Anything, Flag
from ..language.registry import Checked, setting
from .history import History

Advance: TypeAlias = Callable[[dict[str, Any] | None], None]


@dataclass(frozen=True, kw_only=True)
class Watchers(Checked):
    """Watchers of a fit while it runs."""

    progress: bool | None = setting(
        None,
        Flag(or_none=True),
        "Draw a bar on stderr; by default only where stderr is a terminal, and elsewhere nothing.",
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


@contextmanager
def progress_bar(show: bool | None, *, epochs: int, n_batches: int) -> Iterator[Advance]:
    """Give a function to call after each batch with None, and after each epoch with its row.

    ``show`` None draws only where stderr is a terminal, True always, False never.
    """
    if show is False or (show is None and not sys.stderr.isatty()):
        yield lambda row: None
        return
    # Imported here: it takes longer than all the rest of training's imports, and most fits in scripts draw nothing.
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(file=sys.stderr, force_terminal=True if show else None)
    columns = TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn(), TextColumn("{task.fields[numbers]}")
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(f"epoch 0/{epochs}", total=epochs * n_batches, numbers="")

        def advance(row: dict[str, Any] | None) -> None:
            if row is None:
                progress.advance(task)
                return
            progress.update(task, description=f"epoch {row['epoch']}/{epochs}", numbers=History.losses_of(row))

        yield advance
