"""The space of a sweep: ``--set-space NAME=LOW:HIGH[:log]`` or ``NAME=VALUE,VALUE``, and the table of a file."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

import click

from .config import value_of

TAKES = "LOW:HIGH, LOW:HIGH:log, or values with commas between"


def read_spaces(texts: Iterable[str]) -> dict[str, Any]:
    """Return the space of options such as ``n_hidden=16,32``, as `graphnet.sweep` takes it.

    >>> read_spaces(["learning_rate=1e-4:1e-1:log", "n_hidden=16,32", "kind=gru,elman", "epochs=5:9"])
    {'learning_rate': (0.0001, 0.1, 'log'), 'n_hidden': [16, 32], 'kind': ['gru', 'elman'], 'epochs': (5, 9)}
    """
    found: dict[str, Any] = {}
    for text in texts:
        name, equals, said = (part.strip() for part in text.partition("="))
        if not name or not equals or not said:
            raise click.BadParameter(f"{text!r} is not NAME={TAKES}", param_hint="'--set-space'")
        if name in found:
            raise click.BadParameter(f"{name} is given twice", param_hint="'--set-space'")
        try:
            found[name] = read_dimension(said)
        except ValueError as error:
            raise click.BadParameter(f"{name}: {error}", param_hint="'--set-space'") from None
    return found


def read_dimension(text: str) -> Any:
    """Return a range as a tuple, values as a list; raise a ValueError of text that is neither.

    >>> read_dimension("[16, 8], [32]"), read_dimension("none, relu"), read_dimension("0.5")
    ([[16, 8], [32]], [None, 'relu'], [0.5])
    """
    bounds = [part.strip() for part in text.split(":")]
    if len(bounds) > 1 and not text.startswith(("[", '"', "'", "{")):
        if len(bounds) > 3 or bounds[2:] not in ([], ["log"]):
            raise ValueError(f"{text!r} is not {TAKES}")
        numbers = [value_of(each) for each in bounds[:2]]
        if not all(isinstance(each, int | float) and not isinstance(each, bool) for each in numbers):
            raise ValueError(f"{text!r} is not {TAKES}")
        return (*numbers, *bounds[2:])
    try:
        return list(tomllib.loads(f"values = [{text}]")["values"])
    except (ValueError, RecursionError):
        return [value_of(part.strip()) for part in text.split(",")]


def space_of_file(path: str, table: Any) -> dict[str, Any]:
    """Return the space in the table ``[space]`` of a file: lists, text as options have it, or {low, high, log}.

    Any other value is the only one.
    """
    import graphnet as gn

    if not isinstance(table, Mapping):
        raise gn.DataError(f"{path}: space: {table!r}; must be a table, [space]")
    found: dict[str, Any] = {}
    for name, said in table.items():
        try:
            found[name] = _of_file(said)
        except ValueError as error:
            raise gn.DataError(f"{path}: space: {name}: {error}") from None
    return found


def _of_file(said: Any) -> Any:
    if isinstance(said, list):
        return said
    if isinstance(said, str) and ":" in said:
        return read_dimension(said)
    if isinstance(said, Mapping) and {"low", "high"} <= set(said) <= {"low", "high", "log"}:
        if not isinstance(said.get("log", False), bool):
            raise ValueError(f"log: {said['log']!r}; must be true or false")
        return (said["low"], said["high"], *["log"] * bool(said.get("log")))
    return [said]
