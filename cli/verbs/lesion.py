"""``graphnet lesion``: the loss of a run without some of its neurons, or without a kind of feedback."""

from __future__ import annotations

from typing import Any

import click

from ..networks import problems_of
from ..options import types as _options
from ..options.executors import executor as executor_option
from ..options.executors import opened
from ..render import print_json, print_table
from ..runs import loss_name, read_for, trained_loss


@click.command()
@click.argument("run", type=click.Path())
@click.argument("data", type=click.Path())
@click.option(
    "--of",
    metavar="feedback|neurons|COLUMN",
    default="feedback",
    show_default=True,
    help="Remove each kind of feedback, each neuron, or all neurons that share a value of an attribute.",
)
@click.option("--loss", type=_options.LOSS, help="Loss to measure.  [default: that of the run]")
@_options.columns
@executor_option
@_options.as_json
def lesion(
    run: str, data: str, of: str, loss: str | None, executor: int | str | None, as_json: bool, **columns: Any
) -> None:
    """Measure the loss of RUN on DATA without some of its neurons, each lesion by itself.

    A lesion removes all synapses that the neurons feed or gate; nothing is trained again.  The first row is the whole
    network.  Columns of a table are those of the training, unless options say otherwise; its choice of rows is not
    kept.
    """
    import graphnet as gn

    folder = gn.open_run(run)
    measured = loss or trained_loss(folder)
    net = folder.network()
    found = read_for(folder, data, columns)
    with opened(executor) as workers, problems_of(run, data):
        if found.weights is not None:
            raise gn.DataError("weights of samples or steps do not count in a lesion; leave them out of the data")
        frame = gn.analysis.lesions(
            net, found.x, found.y, of=of, loss=measured, lengths=found.lengths, executor=workers
        )
    if as_json:
        rows = frame.to_dict("records")
        print_json({"run": run, "data": data, "of": of, "measured": loss_name(measured), "lesions": rows})
        return
    names = [f"whole ({loss_name(measured)})", *map(str, frame["removed"].tolist()[1:])]
    changes = [f"{change:+.6g}" for change in frame["change"].tolist()]
    losses = [f"{value:.6g}" for value in frame["loss"].tolist()]
    print_table(("removed", "loss", "change"), list(zip(names, losses, ["", *changes[1:]], strict=True)))
