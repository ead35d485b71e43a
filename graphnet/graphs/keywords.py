"""Keywords of drawing functions: one that a function does not know is an error that names a near one."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import ParamSpec, TypeVar

from ..language.registry import nearest

Parameters = ParamSpec("Parameters")
Drawn = TypeVar("Drawn")


def knows_keywords(function: Callable[Parameters, Drawn]) -> Callable[Parameters, Drawn]:
    """Return a drawing function that raises a TypeError with the nearest keyword for one that it does not know.

    >>> @knows_keywords
    ... def line(n_taps: int) -> None: ...
    >>> line(taps=3)
    Traceback (most recent call last):
    ...
    TypeError: line has no keyword 'taps': did you mean 'n_taps'?
    """
    known = list(signature(function).parameters)

    @wraps(function)
    def draw(*arguments: Parameters.args, **keywords: Parameters.kwargs) -> Drawn:
        for keyword in keywords:
            if keyword not in known:
                # sizes are n_taps here, and --taps on the command line
                near = f"n_{keyword}" if f"n_{keyword}" in known else nearest(keyword, known)
                hint = f"it has {', '.join(known)}" if near is None else f"did you mean {near!r}?"
                raise TypeError(f"{function.__name__} has no keyword {keyword!r}: {hint}")
        return function(*arguments, **keywords)

    return draw
