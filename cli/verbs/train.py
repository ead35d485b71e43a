"""``graphnet train``: a drawing and data become a run."""

from __future__ import annotations

from functools import partial
from typing import Any

import click

from ..figures import check_figure, plot_option, write_figure
from ..networks import compile_drawing, problems_of
from ..options import compiled
from ..options import types as _options
from ..options.config import as_toml
from ..options.executors import executor as executor_option
from ..options.executors import opened
from ..options.settings import DRAWING, FILES, NETWORK, SettingsCommand, fit_settings, gather, with_network
from ..render import watch_epochs
from ..runs import check_free, report, resumable, say_next
from ..series import compared, known_baselines, notes_of, say_remark, split, suggest_standardize


@click.command(cls=SettingsCommand)
@click.argument("graph", type=click.Path(), required=False)
@click.argument("data", type=click.Path(), required=False)
@click.option("-o", "--output", metavar="RUN", type=click.Path(), help="The folder to write; new, or empty.")
@compiled.initializer
@compiled.standardize
@click.option(
    "--only-nodes",
    metavar="kind=motor",
    multiple=True,
    help="Learn biases and the like of these neurons only, and freeze all else but --only-edges; may be given again.",
)
@click.option(
    "--only-edges",
    metavar="lateral|NAME=VALUE",
    multiple=True,
    help="Learn weights of these synapses only, a kind of feedback or those with an attribute, and freeze all else but "
    "--only-nodes; may be given again.",
)
@_options.columns
@compiled.dtype
@compiled.dt
@click.option(
    "--config", type=click.Path(), help="A TOML file of settings, or settings.json of a run; options count more."
)
@click.option(
    "--set",
    "sets",
    metavar="NAME=VALUE",
    multiple=True,
    help="One setting, or a part of one (optimizer.beta2=0.99); counts most; may be given again.",
)
@plot_option("the loss by epoch")
@click.option("--print-config", is_flag=True, help="Print the settings as TOML, and train nothing.")
@executor_option
@_options.as_json
def train(
    config: str | None,
    sets: tuple[str, ...],
    plot: str | None,
    print_config: bool,
    executor: int | str | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Train GRAPH on DATA, and write a run folder.

    Of a network or a run the training begins with the learnt numbers.

    \b
    The folder has network.safetensors (the trained network),
    settings.json (every setting, the seed and the versions),
    metrics.jsonl (one row an epoch) and checkpoints.  Interrupted, it
    has all that `graphnet resume` needs to go on.
    """  # noqa: D301 - click wants the character itself
    import graphnet as gn
    from graphnet import io

    settings = with_network(gather(config, sets, options, train.params))
    if print_config:
        click.echo(as_toml(settings))
        return
    missing = [name for name in FILES if settings[name] is None]
    if missing:
        names = {"graph": "'GRAPH'", "data": "'DATA'", "output": "'-o' / '--output'"}
        raise click.UsageError(f"Missing {', '.join(names[name] for name in missing)}.")
    graph, data, output = (settings[name] for name in FILES)
    check_free(output)
    if plot is not None:
        check_figure(plot, "--plot")
    seed = _options.resolve_seed(settings["seed"])
    columns = _options.columns_of(settings)
    found = io.read_data(data, **columns)
    chosen = {name: settings[name] for name in fit_settings()} | {"seed": seed}
    chosen["loss"] = chosen["loss"] or _options.default_loss(found)
    say_remark(data, found)
    validation = chosen["validation"]
    parts = split(found, validation, columns, data)
    found, chosen["validation"] = parts.training, parts.validation
    units = {"data": found, "loss": chosen["loss"], "standardize": settings["standardize"]}
    only = {name: settings[name] for name in ("only_nodes", "only_edges")}
    net = compile_drawing(graph, seed=seed, **only, **units, **{name: settings[name] for name in NETWORK})
    about = {"graph": graph, "data": data, **columns, "initializer": settings["initializer"]}
    about |= {name: settings[name] for name in DRAWING if settings[name] is not None}
    about["seed_drawn"] = settings["seed"] is None
    if parts.held_out is not None:
        about["validation_data"] = validation
    suggest_standardize(data, found, net, chosen["loss"])
    about |= notes_of(found, net.n_outputs, chosen["loss"])
    with opened(executor) as workers, problems_of(graph, data), resumable(output):
        history = gn.fit(
            net,
            found.x,
            found.y,
            lengths=found.lengths,
            weights=found.weights,
            run=output,
            about=about,
            executor=workers,
            **watch_epochs(chosen["epochs"]),
            **chosen,
        )
    others, of = parts.compared
    report(output, history, as_json=as_json, rows=compared(net, others, known_baselines(about)), of=of)
    if plot is not None:
        write_figure(plot, partial(gn.plots.history, history))
    say_next(output, data, history, [plot] if plot else [])
