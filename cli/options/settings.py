"""The settings of a run: those of `graphnet.FitSettings` and a few more, as options, in files and after ``--set``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import Field, fields
from typing import Any

import click

from . import types as _options
from .config import merge, read_config, read_sets
from .numbers import Number

NETWORK: dict[str, Any] = {"dtype": "float64", "dt": 1.0, "initializer": "fan_in"}
"""Settings of ``compile``, and what they are where neither the user nor a trained network says it."""
OF_NETWORKS = ("dtype", "dt")
"""Those of them that a network file and a run have."""
DRAWING: dict[str, Any] = {"standardize": False, "only_nodes": None, "only_edges": None}
"""Settings of the change to the drawing before it is compiled."""
FILES = ("graph", "data", "output")


def fit_settings() -> dict[str, Any]:
    """Return the settings of a fit and their defaults; without a loss, the targets decide."""
    import graphnet as gn

    return {each.name: None if each.name == "loss" else each.default for each in fields(gn.FitSettings)}


def defaults() -> dict[str, Any]:
    """Return every setting of a run and its default."""
    network = {**NETWORK, **dict.fromkeys(OF_NETWORKS)}
    return {**dict.fromkeys(FILES), **fit_settings(), **network, **DRAWING, **dict.fromkeys(_options.COLUMNS)}


def parts() -> dict[str, Callable[[Any], Any]]:
    """Return the settings that may be a table with a name in it, and the function that makes an object of each."""
    import graphnet as gn

    kinds = {each.name: each.metadata["kind"] for each in fields(gn.FitSettings)}
    named = {name: kind.read for name, kind in kinds.items() if type(kind).__name__ == "Named"}
    return {**named, "initializer": gn.initializers.resolve_initializer}


class SettingsCommand(click.Command):
    """Command with an option for each setting of a fit, or for those whose names are given, ``without`` some.

    The options are made when they are first asked for: importing the settings takes longer than all that the help of
    other commands needs.
    """

    def __init__(
        self, *args: Any, settings: Sequence[str] | None = None, without: Sequence[str] = (), **more: Any
    ) -> None:
        self._params: list[click.Parameter] = []
        self._names, self._without, self._is_complete = settings, without, False
        super().__init__(*args, **more)

    @property
    def params(self) -> list[click.Parameter]:
        """Return arguments and options."""
        if not self._is_complete:
            import graphnet as gn

            self._is_complete = True
            found = [each for each in fields(gn.FitSettings) if self._names is None or each.name in self._names]
            found = [each for each in found if each.name not in self._without]
            made = [option_of(each, show_default=self._names is None) for each in found]
            arguments = [each for each in self._params if isinstance(each, click.Argument)]
            self._params = [*arguments, *made, *(each for each in self._params if each not in arguments)]
        return self._params

    @params.setter
    def params(self, params: list[click.Parameter]) -> None:
        self._params = params


def option_of(setting: Field[Any], *, show_default: bool = True) -> click.Option:
    """Return the option of a setting of a fit: its name, type, default and help."""
    flag, said, default = setting.name.replace("_", "-"), setting.metadata["meaning"], setting.default
    if setting.name == "loss":
        default = "cross_entropy where y are classes, else mse"
    if type(setting.metadata["kind"]).__name__ == "Flag":
        return click.Option([f"--{flag}/--{setting.metadata.get('negation', 'no')}-{flag}"], default=None, help=said)
    if show_default and default is not None:
        said += f"  [default: {default:g}]" if isinstance(default, float) else f"  [default: {default}]"
    kind = setting.metadata["kind"]
    return click.Option([f"--{flag}"], type=TYPES[type(kind).__name__](kind), help=said)


TYPES: dict[str, Callable[[Any], click.ParamType[Any]]] = {
    "Named": lambda kind: _options.NameOf(kind.module),
    "Number": lambda kind: Number(kind.interval),
    "Whole": lambda kind: click.IntRange(min=kind.least) if kind.word is None else _options.AutoOrBytes(),
    "FractionOrData": lambda kind: _options.FractionOrFile(),
}
"""Type of the option of a setting, by the class of the setting's kind."""


def gather(
    config: str | None,
    sets: Sequence[str],
    options: Mapping[str, Any],
    params: Iterable[click.Parameter],
    tables: Sequence[str] = (),
) -> dict[str, Any]:
    """Return every setting: the last one given counts, of defaults, the file, options and ``--set``.

    ``params`` are the parameters of the command, which say what each setting takes; ``tables`` are other tables that
    its file may have.
    """
    import graphnet as gn

    known = {**defaults(), **dict.fromkeys(tables)}
    settings, params = dict(known), list(params)
    if config is not None:
        for name, value in read_config(config, list(known)).items():
            # a table may leave out the name of what is there by default
            named = isinstance(value, Mapping) and "name" not in value and isinstance(known[name], str)
            settings[name] = {"name": known[name], **value} if named else value
        problems = find_problems(settings, params)
        if problems:
            raise gn.DataError("\n".join(f"{config}: {problem}" for problem in problems))
    given = {name: value for name, value in options.items() if value is not None and value != ()}
    said = read_sets(sets, [name for name in known if name not in tables], list(parts()))
    settings = merge(merge(settings, given), said)
    settings.update({name: value for name, value in _options.columns_of(settings).items() if name == "ahead"})
    check_said(settings, said, params)
    return settings


def with_network(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings with the dtype and the dt of the graph, where they are not told and it is a network or a run."""
    from graphnet import io

    known = None
    if any(settings[name] is None for name in OF_NETWORKS) and settings["graph"] is not None:
        known = io.compile_settings(settings["graph"])
    found = {name: (known or NETWORK)[name] for name in OF_NETWORKS if settings[name] is None}
    return {**settings, **found}


def check_said(settings: Mapping[str, Any], said: Iterable[str], params: Iterable[click.Parameter]) -> None:
    """Raise a usage error where a setting that ``--set`` has changed is not what it takes."""
    names = {name.partition(".")[0] for name in said}
    problems = find_problems({name: settings[name] for name in names}, params)
    if problems:
        raise click.BadParameter("; ".join(problems), param_hint="'--set'")


def find_problems(settings: Mapping[str, Any], params: Iterable[click.Parameter]) -> list[str]:
    """Return the settings that their options do not take; None is a setting that is not given."""
    problems, known, resolvers = [], defaults(), parts()
    for param in params:
        value = settings.get(param.name or "", None)
        if param.name in resolvers and value is not None:
            problems += _problems_of_part(param.name, value, resolvers[param.name])
        elif param.name in settings and not (value is None and known[param.name] is None):
            problems += [f"{param.name}: {problem}" for problem in _problems_of_value(param, value)]
    return problems


def _problems_of_part(name: str, value: Any, resolve: Callable[[Any], Any]) -> list[str]:
    import graphnet as gn

    try:
        resolve(value)
    except gn.DataError as error:
        # one sentence, or a list of them; of a part of it without the whole
        found = re.findall(r"^  - (.*)", str(error), re.MULTILINE) or [str(error)]
        return [problem if problem.startswith(name) else f"{name}.{problem}" for problem in found]
    return []


def _problems_of_value(param: click.Parameter, value: Any) -> list[str]:
    takes, kinds = _kinds(param)
    values = value if param.multiple and isinstance(value, list | tuple) else [value]
    if not all(isinstance(each, kinds) and (bool in kinds or not isinstance(each, bool)) for each in values):
        return [f"{value!r}; must be {takes}"]
    try:
        for each in values:
            param.type.convert(each, None, None)
    except click.BadParameter as error:
        return [error.message]
    return []


def _kinds(param: click.Parameter) -> tuple[str, tuple[type, ...]]:
    """Return what a parameter takes, and its types in a file."""
    if getattr(param, "is_flag", False):
        return "true or false", (bool,)
    if param.multiple and isinstance(param.type, click.IntRange):
        return "a whole number, or a list of them", (int,)
    if param.multiple:
        return "text, or a list of texts", (str,)
    if isinstance(param.type, click.IntRange):
        return "a whole number", (int,)
    if isinstance(param.type, Number):
        return "a number", (int, float)
    if isinstance(param.type, _options.FractionOrFile):
        return "a fraction or a file", (int, float, str)
    if isinstance(param.type, _options.AutoOrBytes):
        return "auto or a whole number", (int, str)
    return "text", (str,)
