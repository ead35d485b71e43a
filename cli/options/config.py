"""Settings as text: a TOML file, the ``settings.json`` of a run, ``--set``; read, merged and written."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click


def read_config(path: str, known: Sequence[str]) -> dict[str, Any]:
    """Return the settings in a TOML file, or in the ``settings.json`` of a run; a DataError names file and key."""
    import graphnet as gn

    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise gn.DataError(f"{path}: no such file") from None
    except OSError as error:
        raise gn.DataError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise gn.DataError(f"{path}: not TOML: byte {error.start} is not UTF-8 text") from error
    try:
        found = _of_a_run(json.loads(text), known) if Path(path).suffix == ".json" else tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # what both raise is a ValueError
        raise gn.DataError(f"{path}: cannot be read: {error}") from error
    problems = [f"{path}: {unknown_key(name, known)}" for name in found if name not in known]
    if problems:
        raise gn.DataError("\n".join(problems))
    return found


def _of_a_run(written: Any, known: Sequence[str]) -> dict[str, Any]:
    """Return the settings for another run like one."""
    parts = ("settings", "about", "network")
    if not isinstance(written, dict) or not all(isinstance(written.get(part), dict) for part in parts):
        raise ValueError("it is not the settings.json of a run")
    settings, about, network = (written[part] for part in parts)
    # the rest of these two is no setting
    found = {name: value for name, value in {**network, **about}.items() if name in known} | settings
    found["validation"] = about.get("validation_data", settings.get("validation"))
    return {name: value for name, value in found.items() if value is not None}


def read_sets(assignments: Iterable[str], known: Sequence[str], tables: Sequence[str] = ()) -> dict[str, Any]:
    """Return the values of ``--set a.b=v`` by name; only ``tables`` have dots; values are TOML, or else text.

    >>> read_sets(["epochs=5", "optimizer.beta2=0.99", "loss=mse"], ["epochs", "optimizer", "loss"], ["optimizer"])
    {'epochs': 5, 'optimizer.beta2': 0.99, 'loss': 'mse'}
    """
    found = {}
    for assignment in assignments:
        name, equals, value = (part.strip() for part in assignment.partition("="))
        first, dot, rest = name.partition(".")
        if not equals or not first or (dot and not rest):
            raise click.BadParameter(f"{assignment!r} is not NAME=VALUE", param_hint="'--set'")
        if first not in known:
            raise click.BadParameter(unknown_key(first, known), param_hint="'--set'")
        if dot and first not in tables:
            raise click.BadParameter(f"{name}: {first} has no parts", param_hint="'--set'")
        found[name] = value_of(value)
    return found


def merge(settings: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings with some changed; a name with dots changes a part of one, and its own name nothing of a table.

    >>> merge({"epochs": 5, "optimizer": "sgd"}, {"optimizer.learning_rate": 0.01, "epochs": 6})
    {'epochs': 6, 'optimizer': {'name': 'sgd', 'learning_rate': 0.01}}
    >>> merge({"optimizer": {"name": "sgd", "momentum": 0.5}}, {"optimizer": "sgd"})
    {'optimizer': {'name': 'sgd', 'momentum': 0.5}}
    """
    found = dict(settings)
    for name, value in changes.items():
        first, _, rest = name.partition(".")
        before = found.get(first)
        if rest:
            table = before if isinstance(before, Mapping) else {} if before is None else {"name": before}
            found[first] = merge(table, {rest: value})
        elif not isinstance(before, Mapping) or before.get("name") != value:
            found[first] = value
    return found


def value_of(text: str) -> Any:
    """Return the value of TOML that a text is, or else the text; ``none`` is None.

    >>> value_of("1e-3"), value_of("none"), value_of("adam")
    (0.001, None, 'adam')
    """
    if text == "none":
        return None
    try:
        return tomllib.loads(f"value = {text}")["value"] if "\n" not in text else text
    except (ValueError, RecursionError):
        return text


def unknown_key(name: str, known: Sequence[str]) -> str:
    """Return a message about an unknown setting, with a near one.

    >>> unknown_key("epoch", ["epochs", "seed"])
    "there is no setting 'epoch'; did you mean 'epochs'?"
    """
    import graphnet as gn

    near = gn.nearest_names(name, known)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(sorted(known))}"
    return f"there is no setting {name!r}; {hint}"


def as_toml(settings: Mapping[str, Any]) -> str:
    """Return settings as TOML: those that are None are left out, tables come last.

    >>> print(as_toml({"epochs": 5, "optimizer": {"name": "sgd", "learning_rate": 0.1}, "patience": None}))
    epochs = 5
    <BLANKLINE>
    [optimizer]
    name = "sgd"
    learning_rate = 0.1
    """
    given = {name: value for name, value in settings.items() if value is not None}
    lines = [f"{name} = {_inline(value)}" for name, value in given.items() if not isinstance(value, Mapping)]
    for name, table in given.items():
        if isinstance(table, Mapping):
            lines += ["", f"[{name}]"]
            lines += [f"{part} = {_inline(value)}" for part, value in table.items() if value is not None]
    return "\n".join(lines)


def _inline(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name} = {_inline(part)}" for name, part in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return repr(value)
