"""``graphnet evaluate``: the loss and the metrics of a run on data."""

from __future__ import annotations

from functools import partial
from typing import Any

import click

from ..figures import check_figure, plot_option, write_figure
from ..networks import problems_of
from ..options import types as _options
from ..render import print_json, print_rows
from ..runs import counted, loss_name, read_for, trained_loss
from ..series import compared, known_baselines, points_of, say_if_trained_on, say_if_worse, show_compared


@click.command()
@click.argument("run", type=click.Path())
@click.argument("data", type=click.Path())
@click.option("--loss", type=_options.LOSS, help="Loss to measure.  [default: that of the run]")
@_options.columns
@plot_option(
    "how often each class was taken for each, of the forecasts of windows, or of the first sequence, with their targets"
)
@_options.as_json
def evaluate(run: str, data: str, loss: str | None, plot: str | None, as_json: bool, **columns: Any) -> None:
    """Measure the loss of RUN on DATA, and the metrics that go with it.

    Columns of a table are those of the training, unless options say otherwise; its choice of rows is not kept.  Where
    they are series of numbers, each output is compared on the same rows with the last value that was known
    (persistence), a linear autoregression, AR, and the mean, all fitted to the rows of the training.
    """
    import graphnet as gn

    if plot is not None:
        check_figure(plot, "--plot")
    folder = gn.open_run(run)
    measured = loss or trained_loss(folder)
    state = folder.state()
    net = folder.network(state=state)
    found = read_for(folder, data, columns)
    with problems_of(run, data):
        metrics = gn.evaluate(net, found.x, found.y, loss=measured, lengths=found.lengths, weights=found.weights)
        if plot is not None:
            draws: Any = gn.plots.confusion
            if loss_name(measured) != "cross_entropy":
                draws = partial(gn.plots.predictions, **points_of(found, net.n_outputs))
            write_figure(plot, partial(draws, net, *counted(found), lengths=found.lengths))
    result = {"run": run, "data": data, "samples": len(found.x), "measured": loss_name(measured), **metrics}
    result |= {"plot": plot} if plot else {}
    kept = gn.History(state.rows, state.best_epoch, kept_epoch=state.kept_epoch)
    about = folder.settings.get("about", {})
    rows = compared(net, found, known_baselines(about))
    if as_json:
        print_json(result | {"epoch": kept.kept_epoch} | ({"compared": rows} if rows else {}))
    else:
        print_rows({"run": run, "saved": kept.describe_kept()} | result | show_compared(rows, ""))
        say_if_worse(rows)
    say_if_trained_on(data, about, columns)
