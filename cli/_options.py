"""Options that several verbs have, and the kinds of values that options take."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from graphnet import io

Decorator = Callable[[Any], Any]


class NameOf(click.ParamType):  # type: ignore[type-arg] # generic only in newer click
    """One of the names of a table in graphnet, which is imported only when it is needed."""

    name = "name"

    def __init__(self, module: str, table: str) -> None:
        self._module, self._table = module, table

    def names(self) -> list[str]:
        """Every name that there is."""
        table: Iterable[str] = getattr(import_module(self._module), self._table)
        return list(table)

    def get_metavar(self, param: click.Parameter, *args: Any, **kwargs: Any) -> str:
        """The names, as help shows them."""
        return f"[{'|'.join(self.names())}]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name, if it is one."""
        if value not in self.names():
            self.fail(f"{value!r} is not one of {', '.join(map(repr, self.names()))}", param, ctx)
        return str(value)


class Positive(click.ParamType):  # type: ignore[type-arg] # generic only in newer click
    """A positive finite number."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number, if it is one."""
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not math.isfinite(number) or number <= 0:
            self.fail(f"{value!r} is not a positive finite number", param, ctx)
        return number


class FractionOrFile(click.ParamType):  # type: ignore[type-arg] # generic only in newer click
    """A number > 0 and < 1, or the path of a file: what is no number at all is a path."""

    name = "fraction|data"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float | str:
        """The fraction or the path."""
        try:
            number = float(value)
        except ValueError:
            return str(value)
        if not 0 < number < 1:
            self.fail(f"{value!r} is not a fraction > 0 and < 1, nor a file of data", param, ctx)
        return number


LOSS = NameOf("graphnet.losses", "LOSSES")
OPTIMIZER = NameOf("graphnet.train", "OPTIMIZERS")
SCHEDULE = NameOf("graphnet.train", "SCHEDULES")
COUNT = click.IntRange(min=1)

as_json: Decorator = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON, for machines.")
seed: Decorator = click.option(
    "--seed",
    type=click.IntRange(min=0),
    help="Whole number that all chance comes from.  Drawn, and printed, where it is not given.",
)


def resolve_seed(given: int | None) -> int:
    """The seed, drawn from fresh entropy where none is given; short enough to be typed."""
    from secrets import randbits

    return randbits(32) if given is None else given


def default_loss(data: io.Data) -> str:
    """Return ``cross_entropy`` where the targets are whole numbers, one a sample or one a step; ``mse`` otherwise."""
    is_classes = data.y is not None and data.y.dtype.kind in "iu" and data.y.ndim < 3
    return "cross_entropy" if is_classes else "mse"
