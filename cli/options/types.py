"""Options that several verbs have, and the kinds of values that options take."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .group import Choice
from .numbers import Number

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from graphnet import io

Decorator = Callable[[Any], Any]


class NameOf(click.ParamType):  # type: ignore[type-arg] # generic only in newer click
    """One of the names of things in a module of graphnet, which is imported only when it is needed."""

    name = "name"

    def __init__(self, module: str) -> None:
        self._module = module

    def names(self) -> list[str]:
        """Return the names."""
        import graphnet as gn

        return list(getattr(getattr(gn, self._module), self._module.upper()))

    def get_metavar(self, param: click.Parameter, *args: Any, **kwargs: Any) -> str:
        """Return the names for help."""
        return f"[{'|'.join(self.names())}]"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Return the names that begin like this."""
        from click.shell_completion import CompletionItem

        return [CompletionItem(name) for name in self.names() if name.startswith(incomplete)]

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name."""
        if value not in self.names():
            import graphnet as gn

            near = gn.nearest_names(value, self.names())
            hint = f"; did you mean {near[0]!r}?" if near else ""
            self.fail(f"{value!r} is not one of {', '.join(map(repr, self.names()))}{hint}", param, ctx)
        return str(value)


class FractionOrFile(click.ParamType):  # type: ignore[type-arg] # generic only in newer click
    """Number > 0 and < 1, or the path of a file: text that is no number is a path."""

    name = "fraction|data"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float | str:
        """Return the fraction or the path."""
        try:
            number = float(value)
        except ValueError:
            return str(value)
        if not 0 < number < 1:
            self.fail(f"{value!r} is not a fraction > 0 and < 1, nor a file of data", param, ctx)
        return number

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Return files."""
        from click.shell_completion import CompletionItem

        return [CompletionItem(incomplete, type="file")]


class AutoOrBytes(click.ParamType):  # type: ignore[type-arg] # generic only in newer click
    """The word auto, or a whole number >= 1."""

    name = "auto|bytes"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | str:
        """Return the word or the number."""
        if value == "auto":
            return "auto"
        try:
            number = int(value)
        except ValueError:
            number = 0
        if number < 1:
            self.fail(f"{value!r} is neither auto nor a whole number of bytes >= 1", param, ctx)
        return number

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Return the word."""
        from click.shell_completion import CompletionItem

        return [CompletionItem("auto")] if "auto".startswith(incomplete) else []


LOSS = NameOf("losses")
INITIALIZER = NameOf("initializers")
COUNT = click.IntRange(min=1)
POSITIVE = Number("(0, inf)")

as_json: Decorator = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON, for machines.")
seed: Decorator = click.option(
    "--seed",
    type=click.IntRange(min=0),
    help="Whole number that all chance comes from.  Drawn, and printed, where it is not given.",
)

COLUMNS = ("x", "y", "lengths", "sequence", "ahead", "where", "count", "window", "stride", "time", "missing")
"""Settings of the columns of a table, and of the arrays of an .npz file, by the names of their options."""
_INPUT_OPTIONS: tuple[Decorator, ...] = (
    click.option(
        "--x",
        metavar="COLUMN|ARRAY",
        multiple=True,
        help="Of a table: a column of inputs; may be given again.  Of .npz: the array of inputs.",
    ),
    click.option("--lengths", metavar="ARRAY", help="Of .npz: the array of lengths.  [default: lengths, if there]"),
    click.option("--sequence", metavar="COLUMN", help="Of a table: the column that tells sequences apart."),
    click.option(
        "--where",
        metavar="'COLUMN<=VALUE'",
        multiple=True,
        help="Of a table: take only the rows for which this holds, of a number or an ISO date ('date>=2001-05-01'); "
        "may be given again.",
    ),
    click.option(
        "--window",
        metavar="STEPS",
        type=click.IntRange(min=1),
        help="Cut each series into windows of so many steps, a sample each, with the targets of their last step.",
    ),
    click.option(
        "--stride",
        metavar="STEPS",
        type=click.IntRange(min=1),
        help="Steps from one window to the next, counted from the end.  [default: 1]",
    ),
    click.option(
        "--time",
        metavar="COLUMN",
        help="Of a table: the column of times, numbers or ISO dates.  [default: one called datetime, timestamp, date, "
        "time or year; none is no column]",
    ),
    click.option(
        "--missing",
        type=Choice(["mask", "forward", "drop"]),
        help="Of a table: allow missing cells.  mask: inputs are the last value, and as many inputs more say where one "
        "is missing; forward: the same without these; drop: leave the row out.  Missing targets do not count.",
    ),
)
_TARGET_OPTIONS: tuple[Decorator, ...] = (
    click.option(
        "--y",
        metavar="COLUMN|ARRAY",
        multiple=True,
        help="Of a table: a column of targets; may be given again.  Of .npz: the array of targets.",
    ),
    click.option(
        "--ahead",
        metavar="STEPS",
        type=click.IntRange(min=0),
        multiple=True,
        help="The targets are the values so many steps later; given again, those of each horizon are outputs.",
    ),
    click.option(
        "--count",
        metavar="'COLUMN>=VALUE'",
        multiple=True,
        help="Of a table: count only the targets in rows for which this holds; may be given again.",
    ),
)


def input_columns(command: Any) -> Any:
    """Add the options for the columns and rows of a table that are inputs."""
    for option in reversed(_INPUT_OPTIONS):
        command = option(command)
    return command


def columns(command: Any) -> Any:
    """Add the options for the columns of a table that are inputs and targets."""
    for option in reversed(_TARGET_OPTIONS):
        command = option(command)
    return input_columns(command)


def columns_of(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of columns that are given; a single horizon is a number."""
    found = {name: settings[name] for name in COLUMNS if settings.get(name) not in (None, (), [])}
    ahead = found.get("ahead")
    if isinstance(ahead, list | tuple):
        found["ahead"] = ahead[0] if len(ahead) == 1 else list(ahead)
    return found


def columns_for(path: str, settings: Mapping[str, Any], of: str | None) -> dict[str, Any]:
    """Return the settings of columns that hold for another file than ``of``: no choice of rows.

    Names of columns hold for tables, and names of arrays for .npz.
    """
    kinds = [{".npz": "arrays", ".npy": "array"}.get(Path(each or path).suffix.lower(), "table") for each in (path, of)]
    shared = ["ahead", "window", "stride"]
    if kinds[0] == kinds[1]:
        of_kind = {"arrays": ["x", "y", "lengths"], "table": ["x", "y", "sequence", "time", "missing"]}
        shared += of_kind.get(kinds[0], [])
    return {name: value for name, value in columns_of(settings).items() if name in shared}


def resolve_seed(given: int | None) -> int:
    """Return the seed, drawn from fresh entropy if None; short enough to be typed."""
    from secrets import randbits

    return randbits(32) if given is None else given


def default_loss(data: io.Data) -> str:
    """Return ``cross_entropy`` where the targets are whole numbers, one a sample or one a step; ``mse`` otherwise."""
    is_classes = data.y is not None and data.y.dtype.kind in "iu" and data.y.ndim < 3
    return "cross_entropy" if is_classes else "mse"
