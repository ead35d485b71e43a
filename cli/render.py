"""Printing of results on stdout, and of messages on stderr."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from shutil import get_terminal_size
from typing import Any

import click


def print_json(result: Mapping[str, Any]) -> None:
    """Print a result as JSON."""
    from graphnet import io

    click.echo(json.dumps(io.json_ready(result), indent=2, allow_nan=False))


def print_rows(rows: Mapping[str, Any]) -> None:
    """Print a name and a value per line, with the values aligned; values of None are left out."""
    shown = {name: value for name, value in rows.items() if value is not None}
    width = max(map(len, shown), default=0)
    for name, value in shown.items():
        click.echo(f"{name:<{width}}  {value:.6g}" if isinstance(value, float) else f"{name:<{width}}  {value}")


def show_seed(seed: int, given: int | None) -> str:
    """Return the seed as text, with the option that repeats it if it was not given."""
    return str(seed) if given is not None else f"{seed} (drawn; --seed {seed} repeats it)"


def show_bytes(number: int) -> str:
    """Return a readable number of bytes.

    >>> show_bytes(512), show_bytes(123_456_789)
    ('512 bytes', '123 MB')
    """
    size, unit = float(number), ""
    for unit in ("bytes", "kB", "MB", "GB", "TB"):  # noqa: B007 - the last one stays
        if size < 999.5:
            break
        size /= 1000
    return f"{size:.3g} {unit}"


def show_rate(number: float) -> str:
    """Return a large number in readable form.

    >>> show_rate(950.0), show_rate(2_345_678.0)
    ('950', '2.35 M')
    """
    unit = ""
    for unit in ("", " k", " M", " G", " T"):  # noqa: B007 - the last one stays
        if number < 999.5:
            break
        number /= 1000
    return f"{number:.3g}{unit}"


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows below a header, with every column as wide as its longest entry."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    for row in (header, *rows):
        click.echo("  ".join(f"{part:<{width}}" for part, width in zip(row, widths, strict=True)).rstrip())


def tell(message: str, end: bool = True) -> None:
    """Print a message on stderr if that can be done: what it is about matters more than that it is seen."""
    with suppress(Exception):
        click.echo(message, nl=end, err=True)


def say_error(message: str) -> None:
    """Print an error on stderr."""
    tell(f"graphnet: error: {message}")


def say_note(message: str) -> None:
    """Print a note on stderr, unless --quiet was given."""
    if not is_quiet(click.get_current_context(silent=True)):
        tell(f"graphnet: note: {message}")


def note(message: str) -> None:
    """Print a message on stderr if it is a terminal, unless --quiet was given."""
    if is_watched():
        tell(message)


@contextmanager
def status_line() -> Iterator[Callable[[str], None] | None]:
    """Yield a function that shows a status line on stderr, which is cleared at the end; None if it is not wanted."""
    if not is_watched():
        yield None
        return

    def say(text: str) -> None:
        width = get_terminal_size().columns - 1
        tell(f"\r{text[:width]:<{width}}", end=False)

    try:
        yield say
    finally:
        say("")
        tell("\r", end=False)


def is_watched() -> bool:
    """Return True if messages and progress are wanted: stderr is a terminal, and --quiet was not given."""
    try:
        watched = sys.stderr.isatty()
    except (AttributeError, OSError, ValueError):  # it is None, closed, or cannot tell
        return False
    return watched and not is_quiet(click.get_current_context(silent=True))


def is_quiet(ctx: click.Context | None) -> bool:
    """Return True if the command was called with --quiet."""
    return ctx is not None and bool(ctx.find_root().params.get("quiet"))


class Notes(logging.Handler):
    """Handler that prints what is logged as notes."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print a record."""
        say_note(record.getMessage())


_NOTES = Notes()


def print_log() -> None:
    """Print as notes what graphnet logs: that kernels have to be compiled first, and the trials of a sweep."""
    log = logging.getLogger("graphnet")
    log.addHandler(_NOTES)
    log.setLevel(logging.INFO)


def watch_epochs(epochs: int) -> dict[str, Any]:
    """Return how a fit is watched: a bar on a terminal, elsewhere a line an epoch on stderr, nothing with --quiet."""
    import graphnet as gn

    print_log()
    if is_quiet(click.get_current_context(silent=True)):
        return {"progress": False}
    if is_watched():
        return {"progress": True}

    def say(row: Mapping[str, Any]) -> None:
        tell(f"epoch {row['epoch']}/{epochs}  {gn.History.losses_of(row)}  {row['seconds']:.3g} s")

    return {"progress": False, "callback": say}


def print_first(lines: Sequence[str], most: int | None, option: str) -> None:
    """Print the first ``most`` lines, or all if None, and name the option that shows the rest."""
    for line in lines[:most]:
        click.echo(line)
    if most is not None and len(lines) > most:
        click.echo(f"... and {len(lines) - most} more; {option} shows them")
