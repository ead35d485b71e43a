"""Progress: a bar on stderr, where somebody is looking."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

from ..language.checks import choice

Advance: TypeAlias = Callable[[dict[str, Any] | None], None]


def check_watchers(progress: Any, callback: Any) -> list[str]:
    """Return what keeps these from saying whether to draw a bar, and from being called after each epoch."""
    problems = choice("progress", progress, (None, True, False))
    if callback is not None and not callable(callback):
        problems.append(f"callback: {callback!r}; must be None or a function of an epoch's row")
    return problems


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
            names = [name for name in ("loss", "accuracy", "validation_loss", "validation_accuracy") if name in row]
            progress.update(
                task,
                description=f"epoch {row['epoch']}/{epochs}",
                numbers="  ".join(f"{name.replace('_', ' ')} {row[name]:.4g}" for name in names),
            )

        yield advance
