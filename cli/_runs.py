"""Run folders: what training leaves behind, there whole or not at all."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ._options import LOSS

if TYPE_CHECKING:
    import graphnet as gn

NETWORK = "network.safetensors"
SETTINGS = "settings.json"
METRICS = "metrics.jsonl"


def open_run(path: str) -> gn.Network:
    """The network of a run folder."""
    import graphnet as gn

    if not Path(path).is_dir():
        raise gn.DataError(f"{path}: no run folder, as graphnet train writes it")
    if not Path(path, NETWORK).exists():
        raise gn.DataError(f"{path}: the folder is not a run: it has no {NETWORK}")
    return gn.load(Path(path, NETWORK))


def trained_loss(run: str) -> str:
    """The name of the loss that a run was trained on."""
    import graphnet as gn

    path = Path(run, SETTINGS)
    try:
        settings: Any = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise gn.DataError(f"{path}: cannot be read: {error.strerror}; --loss says what to measure") from error
    except (ValueError, RecursionError) as error:
        raise gn.DataError(f"{path}: not JSON: {error}; --loss says what to measure") from error
    name = settings.get("loss") if isinstance(settings, dict) else None
    if name not in LOSS.names():
        raise gn.DataError(f"{path}: it does not name a loss that there is; --loss says what to measure")
    return str(name)


def check_free(output: str) -> None:
    """Raise a usage error where something is already that a run would replace."""
    path = Path(output)
    if path.is_dir() and not any(path.iterdir()):
        return
    if path.exists() or path.is_symlink():
        what = "the folder exists and is not empty" if path.is_dir() else "there is something else of that name"
        raise click.BadParameter(f"{output}: {what}; name another, or remove it", param_hint="'-o'")


@contextmanager
def new_run(output: str) -> Iterator[Path]:
    """Give a temporary folder beside ``output``, which takes its place when all went well and is removed otherwise."""
    target = Path(os.path.realpath(output))
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{secrets.token_hex(8)}.partial")
    temporary.mkdir()
    try:
        yield temporary
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    try:
        if target.is_dir():  # not every system lets a folder take the place of an empty one
            target.rmdir()
        temporary.rename(target)
    except OSError as error:
        raise OSError(error.errno, f"{error.strerror}; what was to be there is in {temporary}", output) from error
