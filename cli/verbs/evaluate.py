"""``graphnet evaluate``: how well a run does on data."""

from __future__ import annotations

from typing import Any

import click

from ..networks import problems_of
from ..options import types as _options
from ..render import print_json, print_rows
from ..runs import loss_name, read_for, trained_loss


@click.command()
@click.argument("run", type=click.Path())
@click.argument("data", type=click.Path())
@click.option("--loss", type=_options.LOSS, help="What is measured.  [default: what the run was trained on]")
@_options.columns
@_options.as_json
def evaluate(run: str, data: str, loss: str | None, as_json: bool, **columns: Any) -> None:
    """Measure the loss of RUN on DATA, and what else tells how good it is.

    Columns of a table are taken as the run was trained on them, where no option says otherwise; its choice of rows is
    not.
    """
    import graphnet as gn

    folder = gn.open_run(run)
    measured = loss or trained_loss(folder)
    net = folder.network()
    found = read_for(folder, data, columns)
    with problems_of(run, data):
        metrics = gn.evaluate(net, found.x, found.y, loss=measured, lengths=found.lengths, weights=found.weights)
    result = {"run": run, "data": data, "samples": len(found.x), "measured": loss_name(measured), **metrics}
    if as_json:
        print_json(result)
    else:
        print_rows(result)
