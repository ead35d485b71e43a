"""The settings of a run: which there are, what each takes, and which counts where several say something."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click

from . import types as _options
from .config import merge, read_config, read_sets
from .numbers import Number

FIT: dict[str, Any] = {
    "epochs": 10,
    "batch_size": 32,
    "learning_rate": None,
    "schedule": "constant",
    "optimizer": "adam",
    "loss": None,
    "validation": None,
    "patience": None,
    "clip_norm": None,
    "clip_value": None,
    "truncation": None,
    "stateful": False,
    "bucket": False,
    "noise": 0.0,
    "dropout": 0.0,
    "neuron_dropout": 0.0,
    "checkpoint_memory": None,
    "checkpoint_every": None,
    "time_limit": None,
}
"""What ``fit`` takes, and what it is where nobody says; without a loss, the targets decide."""
NETWORK: dict[str, Any] = {"dtype": "float64", "dt": 1.0, "initializer": "fan_in"}
"""What ``compile`` takes."""
DRAWING: dict[str, Any] = {"standardize": False}
"""What is done to the drawing first."""
FILES = ("graph", "data", "output")
DEFAULTS: dict[str, Any] = {
    **dict.fromkeys(FILES),
    **FIT,
    **NETWORK,
    **DRAWING,
    **dict.fromkeys(_options.COLUMNS),
    "seed": None,
}
PARTS = ("optimizer", "schedule", "loss", "initializer")
"""Settings that may be a table of their own, with a name in it."""


def gather(
    config: str | None, sets: Sequence[str], options: Mapping[str, Any], params: Iterable[click.Parameter]
) -> dict[str, Any]:
    """Every setting: what is said last counts, of defaults, the file, options and ``--set``.

    ``params`` are the parameters of the command, which say what each setting takes.
    """
    import graphnet as gn

    settings, params = dict(DEFAULTS), list(params)
    if config is not None:
        for name, value in read_config(config, list(DEFAULTS)).items():
            # a table may leave out the name of what is there by default
            named = isinstance(value, Mapping) and "name" not in value and isinstance(DEFAULTS[name], str)
            settings[name] = {"name": DEFAULTS[name], **value} if named else value
        problems = find_problems(settings, params)
        if problems:
            raise gn.DataError("\n".join(f"{config}: {problem}" for problem in problems))
    given = {name: value for name, value in options.items() if value is not None and value != ()}
    said = read_sets(sets, list(DEFAULTS), PARTS)
    settings = merge(merge(settings, given), said)
    check_said(settings, said, params)
    return settings


def check_said(settings: Mapping[str, Any], said: Iterable[str], params: Iterable[click.Parameter]) -> None:
    """Raise a usage error where a setting that ``--set`` has changed is not what it takes."""
    names = {name.partition(".")[0] for name in said}
    problems = find_problems({name: settings[name] for name in names}, params)
    if problems:
        raise click.BadParameter("; ".join(problems), param_hint="'--set'")


def find_problems(settings: Mapping[str, Any], params: Iterable[click.Parameter]) -> list[str]:
    """What keeps settings from being what the options of their names take; None is not given."""
    problems = []
    for param in params:
        value = settings.get(param.name or "", None)
        if param.name in PARTS and value is not None:
            problems += _problems_of_part(param.name, value)
        elif param.name in settings and not (value is None and DEFAULTS[param.name] is None):
            problems += [f"{param.name}: {problem}" for problem in _problems_of_value(param, value)]
    return problems


def _problems_of_part(name: str, value: Any) -> list[str]:
    import graphnet as gn

    resolvers = {
        "optimizer": gn.optimizers.resolve_optimizer,
        "schedule": gn.schedules.resolve_schedule,
        "loss": gn.losses.resolve_loss,
        "initializer": gn.initializers.resolve_initializer,
    }
    try:
        resolvers[name](value)
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
    """What a parameter takes, and as which types a file says it."""
    if getattr(param, "is_flag", False):
        return "true or false", (bool,)
    if param.multiple:
        return "text, or a list of texts", (str,)
    if isinstance(param.type, click.IntRange):
        return "a whole number", (int,)
    if isinstance(param.type, Number):
        return "a number", (int, float)
    if isinstance(param.type, _options.FractionOrFile):
        return "a fraction or a file", (int, float, str)
    return "text", (str,)
