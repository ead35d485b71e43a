"""Things that have a name and settings, such as optimizers: from what a user or a file says, and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from difflib import get_close_matches
from typing import Any

from ..errors import DataError


def make_named(what: str, given: str | Mapping[str, Any], table: Mapping[str, Callable[[], Any]]) -> Any:
    """What ``table`` makes by a name, or by a mapping with a ``"name"`` and settings of it.

    Parameters
    ----------
    what : str
        What it is, as messages say it.
    given : str or mapping
    table : dict of functions without arguments
        Each makes a dataclass with its default settings.

    Raises
    ------
    DataError
        Where there is no such name or setting; it says which is near.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True)
    ... class Step:
    ...     size: float = 1.0
    >>> make_named("rule", {"name": "step", "size": 2.0}, {"step": Step})
    Step(size=2.0)
    """
    settings = {"name": given} if isinstance(given, str) else dict(given)
    name = settings.pop("name", None)
    if not isinstance(name, str) or name not in table:
        near = get_close_matches(name, table, n=1) if isinstance(name, str) else []
        hint = f"did you mean {near[0]!r}? There are" if near else "must be one of"
        raise DataError(f"{what}: {name!r}; {hint} {', '.join(map(repr, table))}")
    made = table[name]()
    known = [field.name for field in fields(made)] if is_dataclass(made) else []
    problems = []
    for setting in settings:
        if setting not in known:
            close = get_close_matches(str(setting), known, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"it has {', '.join(known) or 'none'}"
            problems.append(f"{what}: {name} has no setting {setting!r}; {hint}")
    if problems:
        raise DataError("; ".join(problems))
    return replace(made, **settings) if settings else made


def settings_of(made: Any) -> dict[str, Any]:
    """The mapping that `make_named` makes it from, and so of what is within it; of a thing of the user's own its name.

    >>> from graphnet.train.rules.optimizers import SGD
    >>> settings_of(SGD(momentum=0.5))
    {'name': 'sgd', 'learning_rate': 0.01, 'momentum': 0.5, 'nesterov': False, 'weight_decay': 0.0}
    """
    name = getattr(made, "name", None)
    if not isinstance(name, str):
        kind = made if hasattr(made, "__qualname__") else type(made)
        return {"name": f"{kind.__module__}.{kind.__qualname__}"}
    found = {field.name: getattr(made, field.name) for field in fields(made)} if is_dataclass(made) else {}
    return {"name": name, **{key: settings_of(each) if callable(each) else each for key, each in found.items()}}
