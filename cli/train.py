"""``graphnet train``: a drawing and data become a run."""

from __future__ import annotations

import json
import platform
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import click

from . import _options
from ._networks import compile_drawing, problems_of
from ._render import json_ready, note, print_json, print_rows, show_seed
from ._runs import METRICS, NETWORK, SETTINGS, check_free, new_run

if TYPE_CHECKING:
    from graphnet import io


@click.command()
@click.argument("graph", type=click.Path())
@click.argument("data", type=click.Path())
@click.option(
    "-o", "--output", metavar="RUN", type=click.Path(), required=True, help="The folder to write; new, or empty."
)
@click.option("--epochs", type=_options.COUNT, default=10, show_default=True, help="How often each sample is seen.")
@click.option("--batch-size", type=_options.COUNT, default=32, show_default=True, help="Samples for each update.")
@click.option("--learning-rate", type=_options.Positive(), help="Length of a step.  [default: the optimizer's own]")
@click.option(
    "--schedule",
    type=_options.SCHEDULE,
    default="constant",
    show_default=True,
    help="How the learning rate changes over training.",
)
@click.option("--optimizer", type=_options.OPTIMIZER, default="adam", show_default=True, help="The rule of a step.")
@click.option(
    "--loss", type=_options.LOSS, help="What is made small.  [default: cross_entropy where y are classes, else mse]"
)
@click.option(
    "--validation",
    type=_options.FractionOrFile(),
    help="Fraction of the samples to hold out, or an .npz file of others, to watch the loss on.",
)
@click.option(
    "--patience",
    type=_options.COUNT,
    help="Stop after so many epochs without a lower validation loss, and keep the best epoch's parameters.",
)
@click.option("--clip-norm", type=_options.Positive(), help="The longest that a gradient may be.")
@_options.seed
@click.option(
    "--dtype",
    type=click.Choice(["float64", "float32"]),
    default="float64",
    show_default=True,
    help="What is computed in.",
)
@_options.as_json
def train(graph: str, data: str, output: str, as_json: bool, **options: Any) -> None:
    """Train GRAPH on DATA, and write a run folder.

    \b
    The folder has network.safetensors (the trained network),
    settings.json (every setting, the seed and the versions) and
    metrics.jsonl (one row an epoch).  It appears once it is complete.
    Interrupted, it has the network as of its last update.
    """  # noqa: D301 - click wants the character itself
    import graphnet as gn
    from graphnet import io

    check_free(output)
    seed = _options.resolve_seed(options["seed"])
    found = io.read_data(data)
    net = compile_drawing(graph, seed=seed, dtype=options["dtype"])
    settings = _resolve_settings({**options, "seed": seed}, found)
    validation = options["validation"]
    if isinstance(validation, str):
        held_out = io.read_data(validation)
        validation = (held_out.x, held_out.y, held_out.lengths)
    interrupted, history = False, None
    rows: list[dict[str, Any]] = []
    with new_run(output) as folder:
        # what cannot be saved is better known before training than after
        gn.save(net, folder / NETWORK)
        started = perf_counter()
        with (folder / METRICS).open("w", encoding="utf-8") as metrics:

            def write_row(row: dict[str, Any]) -> None:
                rows.append(row)
                metrics.write(_line(row))
                metrics.flush()

            try:
                with problems_of(graph, data):
                    history = gn.fit(
                        net,
                        found.x,
                        found.y,
                        lengths=found.lengths,
                        validation=validation,
                        callback=write_row,
                        **{name: settings[name] for name in FIT},
                    )
            except KeyboardInterrupt:
                interrupted = True
                # the signal may have come between a row and its line, or within the line
                metrics.seek(0)
                metrics.truncate()
                metrics.writelines(map(_line, rows))
            except gn.DivergedError as error:
                message = f"{graph} on {data}: {error}; nothing was written to {output}"
                raise gn.DivergedError(message, error.epoch, error.batch) from error
        gn.save(net, folder / NETWORK)
        ended = {
            "seconds": perf_counter() - started,
            "epochs_run": len(rows),
            "best_epoch": history.best_epoch if history is not None else None,
            "stopped_early": history.stopped_early if history is not None else False,
            "interrupted": interrupted,
        }
        written = {"graph": graph, "data": data, **settings, "seed_drawn": options["seed"] is None}
        _write_settings(folder / SETTINGS, {**written, **ended, "versions": _versions()})
    last = rows[-1] if rows else {}
    if as_json:
        print_json({"run": output, **written, **ended, "last": last})
    else:
        print_rows(
            {"run": output, "seed": show_seed(seed, options["seed"]), "trained on": settings["loss"]}
            | {"epochs": f"{len(rows)} of {settings['epochs']}{', stopped early' if ended['stopped_early'] else ''}"}
            | {"best epoch": ended["best_epoch"]}
            | {name.replace("_", " "): value for name, value in last.items() if name not in ("epoch", "seconds")}
            | {"seconds": ended["seconds"]}
        )
    if interrupted:
        note(f"{output}: holds the network as of its last update")
        raise KeyboardInterrupt


FIT = ("epochs", "batch_size", "learning_rate", "schedule", "optimizer", "loss", "patience", "clip_norm", "seed")
"""What ``fit`` takes of the settings as they are."""


def _resolve_settings(options: dict[str, Any], data: io.Data) -> dict[str, Any]:
    """The settings with what was left open filled in."""
    import graphnet as gn

    settings = {name: options[name] for name in (*FIT, "validation", "dtype")}
    if settings["learning_rate"] is None:
        settings["learning_rate"] = gn.optimizers.resolve_optimizer(settings["optimizer"]).learning_rate
    settings["loss"] = settings["loss"] or _options.default_loss(data)
    return settings


def _write_settings(path: Path, settings: dict[str, Any]) -> None:
    path.write_text(json.dumps(json_ready(settings), indent=2, allow_nan=False) + "\n", encoding="utf-8")


def _versions() -> dict[str, str]:
    import graphnet as gn

    others = {name: version(name) for name in ("networkx", "numpy", "scipy")}
    return {"graphnet": gn.__version__, "python": platform.python_version(), **others}


def _line(row: dict[str, Any]) -> str:
    """One row of metrics.jsonl."""
    return json.dumps(json_ready(row), allow_nan=False) + "\n"
