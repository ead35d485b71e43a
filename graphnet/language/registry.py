"""Settings: fields of frozen dataclasses that say what they take, and things that have a name and settings.

A setting is declared once, with `setting`; from there its check, its text in docstrings and in help, its option of the
command line and its form in files are made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any

from ..errors import DataError
from .checks import Kind, read_setting, reject
from .keywords import SuggestsKeywords
from .nearest import did_you_mean


def setting(default: Any, kind: Kind, meaning: str = "", **more: Any) -> Any:
    """Return a field of a frozen dataclass that is a setting.

    Parameters
    ----------
    default
        None is allowed for a setting whose default it is, and for no other.
    kind : Kind
        Kind of value that the setting takes.
    meaning : str
        A sentence for docstrings and help.
    **more
        Other metadata of the field.
    """
    return field(default=default, metadata={"kind": kind, "meaning": meaning, **more})


class Checked(SuggestsKeywords):
    """Base of frozen dataclasses with settings: each is checked, and replaced by what its kind reads.

    >>> from graphnet.language.checks import COUNT
    >>> @dataclass(frozen=True)
    ... class Loop(Checked):
    ...     epochs: int = setting(10, COUNT)
    >>> Loop(epochs=True)
    Traceback (most recent call last):
    ...
    graphnet.errors.DataError: epochs: True; must be a whole number >= 1
    """

    def __post_init__(self) -> None:
        problems = []
        for each in fields(self):  # type: ignore[arg-type] # subclasses are dataclasses
            kind, value = each.metadata.get("kind"), getattr(self, each.name)
            if kind is None or (value is None and each.default is None):
                continue
            try:
                object.__setattr__(self, each.name, read_setting(each.name, value, kind))
            except DataError as error:
                if isinstance(kind, Named):
                    raise
                problems.append(str(error))
        reject(problems)


def make_named(what: str, given: str | Mapping[str, Any], table: Mapping[str, Callable[[], Any]]) -> Any:
    """Return what ``table`` makes by a name, or by a mapping with a ``"name"`` and settings of it.

    Parameters
    ----------
    what : str
        Word for it in messages.
    given : str or mapping
    table : dict of functions without arguments
        Each makes a dataclass with its default settings.

    Raises
    ------
    DataError
        If no such name or setting exists; the message suggests a near one.

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
        near = did_you_mean(name, table)
        hint = f"{near} There are" if near else "; must be one of"
        raise DataError(f"{what}: {name!r}{hint} {', '.join(map(repr, table))}")
    made = table[name]()
    known = [field.name for field in fields(made)] if is_dataclass(made) else []
    problems = []
    for setting in settings:
        if setting not in known:
            hint = did_you_mean(setting, known) or f"; it has {', '.join(known) or 'none'}"
            problems.append(f"{what}: {name} has no setting {setting!r}{hint}")
    if problems:
        raise DataError("; ".join(problems))
    return replace(made, **settings) if settings else made


def settings_of(made: Any, resolve: Callable[[Any], Any] | None = None) -> dict[str, Any]:
    """Return the mapping that ``resolve`` makes it from; of a custom object the name alone.

    A custom object is one that ``resolve`` does not make by its name: it may have inherited that.  Without a name of
    its own it has that of its class or function.

    >>> from graphnet.train.rules.optimizers import SGD
    >>> settings_of(SGD(momentum=0.5))
    {'name': 'sgd', 'learning_rate': 0.01, 'momentum': 0.5, 'nesterov': False, 'weight_decay': 0.0}
    """
    name = getattr(made, "name", None)
    if not isinstance(name, str):
        return {"name": _full_name(made)}
    if resolve is not None:
        try:
            known = resolve(name)
        except DataError:
            return {"name": str(name)}
        if type(known) is not type(made):
            return {"name": _full_name(made)}
    found: dict[str, Any] = {"name": name}
    for each in fields(made) if is_dataclass(made) else ():
        kind, value = each.metadata.get("kind"), getattr(made, each.name)
        found[each.name] = kind.write(value) if isinstance(kind, Named) else value
    return found


def _full_name(made: Any) -> str:
    """Return the name of a function or of the class of an object, with its module."""
    kind = made if hasattr(made, "__qualname__") else type(made)
    return f"{kind.__module__}.{kind.__qualname__}"


@dataclass(frozen=True)
class Named:
    """Things with a name and settings of their own: ``module`` is that of ``graphnet`` which lists them.

    ``resolve`` makes one from a name, a mapping or itself; ``describe`` returns what a file holds of it, where that is
    not what `settings_of` returns.
    """

    module: str
    resolve: Callable[[Any], Any]
    describe: Callable[[Any], Any] | None = None

    @property
    def takes(self) -> str:
        """Return the values that fit, for messages."""
        return f"a name of gn.{self.module}"

    def read(self, value: Any) -> Any:
        """Return what ``value`` names or is."""
        return self.resolve(value)

    def write(self, value: Any) -> Any:
        """Return what a file holds of ``value``."""
        return settings_of(value, self.resolve) if self.describe is None else self.describe(value)
