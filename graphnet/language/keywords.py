"""Keywords: one that a function does not have is refused, with the name that was probably meant."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import wraps
from inspect import CO_VARKEYWORDS, unwrap
from typing import Any, ParamSpec, Self, TypeVar

from .nearest import did_you_mean

Given = ParamSpec("Given")
Result = TypeVar("Result")


def check_keywords(caller: str, given: Iterable[str], known: Collection[str]) -> None:
    """Raise a TypeError for the first keyword that ``caller`` does not have.

    >>> check_keywords("fit", ["batchsize"], ["batch_size", "epochs"])
    Traceback (most recent call last):
    ...
    TypeError: fit() got an unexpected keyword argument 'batchsize'; did you mean 'batch_size'?
    """
    for name in given:
        if name not in known:
            hint = did_you_mean(name, known) or f"; it takes {', '.join(known) or 'none'}"
            raise TypeError(f"{caller}() got an unexpected keyword argument {name!r}{hint}")


def suggests_keywords(function: Callable[Given, Result]) -> Callable[Given, Result]:
    """Decorate a function so that it refuses a keyword that it does not have with the one that was probably meant."""
    known = _keywords_of(function) or ()

    @wraps(function)
    def call(*args: Given.args, **named: Given.kwargs) -> Result:
        check_keywords(function.__name__, named, known)
        return function(*args, **named)

    call.__kwdefaults__ = function.__kwdefaults__  # type: ignore[attr-defined] # it is a plain function
    return call


class SuggestsKeywords:
    """Base of classes that refuse a keyword that their ``__init__`` does not have with the one that was meant."""

    def __new__(cls, *args: Any, **named: Any) -> Self:
        known = _keywords_of(cls.__init__)
        if known is not None:
            check_keywords(cls.__name__, named, known)
        return super().__new__(cls)


def _keywords_of(function: Any) -> tuple[str, ...] | None:
    """Return the parameters of a function, without ``self``; None if it takes any keyword."""
    code = getattr(unwrap(function), "__code__", None)
    if code is None:
        return ()
    if code.co_flags & CO_VARKEYWORDS:
        return None
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return tuple(name for name in names if name != "self")
