"""``graphnet resume``: go on with a run that was interrupted, or for longer."""

from __future__ import annotations

from typing import Any

import click

from ..networks import problems_of
from ..options import types as _options
from ..options.config import merge, read_sets
from ..options.executors import executor as executor_option
from ..options.executors import opened
from ..options.settings import SettingsCommand, check_said, fit_settings
from ..options.settings import parts as parts_of_settings
from ..render import watch_epochs
from ..runs import report, resumable, say_next
from ..series import compared, known_baselines, split
from .train import train

FIXED = ("validation", "seed")
"""Settings that say which samples are held out, and so cannot change."""


@click.command(cls=SettingsCommand, settings=("epochs", "time_limit"))
@click.argument("run", type=click.Path())
@click.option("--data", type=click.Path(), help="Other data to go on with.  [default: those of the run]")
@click.option(
    "--set",
    "sets",
    metavar="NAME=VALUE",
    multiple=True,
    help="A setting to change, or a part of one (optimizer.learning_rate=1e-4); may be given again.",
)
@executor_option
@_options.as_json
def resume(
    run: str,
    data: str | None,
    sets: tuple[str, ...],
    executor: int | str | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Go on with RUN from its last checkpoint.

    Where no setting is changed, the result is that of the uninterrupted run to the last bit.
    """
    import graphnet as gn
    from graphnet import io

    folder = gn.open_run(run)
    about: dict[str, Any] = folder.settings.get("about", {})
    path = data or about.get("data")
    if path is None:
        raise gn.DataError(f"{run}: it was not begun by graphnet train and does not say what its data were; use --data")
    said = {name: value for name, value in options.items() if value is not None}
    said |= read_sets(sets, [name for name in fit_settings() if name not in FIXED], list(parts_of_settings()))
    merged = merge(folder.settings["settings"], said)
    check_said(merged, said, train.params)
    changes = {name: merged[name] for name in {name.partition(".")[0] for name in said}}
    columns = _options.columns_of(about)
    parts = split(io.read_data(path, **columns), about.get("validation_data"), columns, about.get("data") or path)
    found = parts.training
    with opened(executor) as workers, problems_of(run, path), resumable(run):
        net, history = gn.resume(
            run,
            found.x,
            found.y,
            lengths=found.lengths,
            weights=found.weights,
            validation=parts.validation,
            other_data=data is not None,
            about={"data": path},
            executor=workers,
            **watch_epochs(merged["epochs"]),
            **changes,
        )
    others, of = parts.compared
    report(run, history, as_json=as_json, rows=compared(net, others, known_baselines(about)), of=of)
    say_next(run, path, history)
