"""Signatures and docstrings made from a dataclass, so that a function's parameters are listed in one place."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import Field, fields
from textwrap import indent, wrap
from typing import Any, ParamSpec, TypeVar

Given = ParamSpec("Given")
Result = TypeVar("Result")

_WIDTH = 112


def called_like(made: Callable[Given, Any]) -> Callable[[Callable[..., Result]], Callable[Given, Result]]:
    """Give a function the parameters of a dataclass, for type checkers as for `help`.

    The line ``{parameters}`` of its docstring becomes the list of these parameters.

    >>> from dataclasses import dataclass, field
    >>> @dataclass
    ... class Step:
    ...     size: float | None = field(default=None, metadata={"meaning": "Length of the step."})
    >>> @called_like(Step)
    ... def walk(*args: Any, **named: Any) -> Step:
    ...     '''Walk.
    ...
    ...     {parameters}
    ...     '''
    ...     return Step(*args, **named)
    >>> str(inspect.signature(walk)), inspect.getdoc(walk).splitlines()[2:]
    ("(size: 'float | None' = None) -> 'Step'", ['size : float, optional', '    Length of the step.'])
    """

    def give(function: Callable[..., Result]) -> Callable[Given, Result]:
        signature = inspect.signature(made)
        returned = inspect.signature(function).return_annotation
        function.__signature__ = signature.replace(return_annotation=returned)  # type: ignore[attr-defined]
        by_name = {each.name: each for each in fields(made)}  # type: ignore[arg-type] # it is a dataclass
        entries = "\n".join(entry_of(by_name[name]) for name in signature.parameters)
        function.__doc__ = inspect.cleandoc(function.__doc__ or "").replace("{parameters}", entries)
        return function

    return give


def entry_of(each: Field[Any]) -> str:
    """Return the lines of a docstring about one parameter."""
    takes = each.metadata.get("shape") or str(each.type).replace(" | None", "").replace(" | ", " or ")
    optional = ", optional" if each.default is None else ""
    return (
        f"{each.name} : {takes}{optional}\n" + indent("\n".join(wrap(each.metadata["meaning"], _WIDTH)), "    ") + "\n"
    )
