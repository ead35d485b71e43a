"""``graphnet evaluate``: how well a run does on data."""

from __future__ import annotations

import click

from . import _options
from ._networks import problems_of
from ._render import print_json, print_rows
from ._runs import open_run, trained_loss


@click.command()
@click.argument("run", type=click.Path())
@click.argument("data", type=click.Path())
@click.option("--loss", type=_options.LOSS, help="What is measured.  [default: what the run was trained on]")
@_options.as_json
def evaluate(run: str, data: str, loss: str | None, as_json: bool) -> None:
    """Measure the loss of RUN on DATA, and the accuracy where it is one of classes."""
    import graphnet as gn
    from graphnet import io

    net = open_run(run)
    resolved = loss or trained_loss(run)
    found = io.read_data(data)
    with problems_of(run, data):
        metrics = gn.evaluate(net, found.x, found.y, loss=resolved, lengths=found.lengths)
    if as_json:
        print_json({"run": run, "data": data, "samples": len(found.x), "measured": resolved, **metrics})
    else:
        print_rows({"run": run, "data": data, "samples": len(found.x), "measured": resolved, **metrics})
