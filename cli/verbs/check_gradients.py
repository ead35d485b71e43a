"""``graphnet check-gradients``: whether the gradients of a drawing are right, number by number."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from ..networks import open_network, problems_of
from ..options import types as _options
from ..options.data import first_of
from ..render import print_first, print_json, print_rows, print_table, show_seed
from ..runs import trained_loss

if TYPE_CHECKING:
    import graphnet as gn
    from graphnet import io

OWN = "own weights"
STEPS = 8
"""Of sequences that are made here."""


class Draw(NamedTuple):
    """One check: of the network's own weights or of others, on so many sequences of so many steps at most."""

    name: str
    seed: int
    samples: int
    steps: int
    report: gn.testing.GradientReport


@click.command("check-gradients")
@click.argument("network", metavar="GRAPH|RUN", type=click.Path())
@click.option("--samples", type=_options.COUNT, default=3, show_default=True, help="Most sequences of a batch.")
@click.option(
    "--steps", type=_options.COUNT, help=f"Most steps of a sequence.  [default: {STEPS}; of a file as many as it has]"
)
@click.option(
    "--random",
    "draws",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Check so many other weights as well, on batches and sequences of other lengths.",
)
@_options.seed
@click.option("--data", type=click.Path(), help="An .npz file with x and y: check the gradients of the loss on it.")
@click.option(
    "--loss",
    type=_options.LOSS,
    help="With --data.  [default: what the run was trained on; cross_entropy where y are classes, else mse]",
)
@click.option(
    "--tolerance",
    type=_options.POSITIVE,
    help="The largest error, relative to the largest gradient of its kind.  [default: 1e-10; of float32 1e-3]",
)
@click.option(
    "--entries",
    type=_options.COUNT,
    default=1000,
    show_default=True,
    help="Most gradients of a kind to compare; each takes a run of the network.",
)
@click.option("--worst", type=_options.COUNT, default=10, show_default=True, help="Rows of the table.")
@_options.as_json
def check_gradients(
    network: str, seed: int | None, data: str | None, loss: str | None, worst: int, as_json: bool, **options: Any
) -> None:
    """Compare every gradient of GRAPH with a complex step.

    Back-propagation is held to a derivative that is computed forwards and is exact to rounding: of each weight, bias,
    initial value, time constant, input and state.  An activation whose derivative is wrong is pointed at.  The exit
    code is 1 where something disagrees.
    """
    import graphnet as gn
    from graphnet import io

    if loss is not None and data is None:
        raise click.UsageError("--loss needs --data")
    resolved = _options.resolve_seed(seed)
    net = open_network(network, seed=resolved)
    found = None if data is None else io.read_data(data)
    if found is not None and loss is None:
        loss = trained_loss(gn.open_run(network)) if Path(network).is_dir() else _options.default_loss(found)
    with problems_of(network, *([data] if data else [])):
        checked = list(check_draws(net, found, loss, resolved, **options))
    n_wrong = sum(len(draw.report.wrong) for draw in checked)
    n_compared = sum(len(draw.report.entries) for draw in checked)
    asked = {"network": network, "data": data, "loss": loss}
    if as_json:
        counted = {"ok": all(draw.report.ok for draw in checked), "wrong": n_wrong, "compared": n_compared}
        rows = [{**draw._asdict(), "report": draw.report.as_json(worst)} for draw in checked]
        print_json({**asked, "seed": resolved, "seed_drawn": seed is None, **counted, "draws": rows})
    else:
        print_rows({**asked, "seed": show_seed(resolved, seed), **{draw.name: summarise(draw) for draw in checked}})
        print_worst(checked, worst)
    blamed = sorted({wrong.activation for draw in checked for wrong in draw.report.derivatives})
    if n_wrong or blamed:
        see = f"; look at activation {', '.join(map(repr, blamed))}" if blamed else ""
        raise click.ClickException(f"{network}: {n_wrong} of {n_compared} gradients disagree{see}")


def check_draws(
    net: gn.Network,
    data: io.Data | None,
    loss: str | None,
    seed: int,
    *,
    draws: int,
    samples: int,
    steps: int | None,
    tolerance: float | None,
    entries: int,
) -> Iterator[Draw]:
    """The network's own weights checked on a whole batch, then others, each on a smaller one; all from ``seed``."""
    import numpy as np

    import graphnet as gn

    rng, own = np.random.default_rng(seed), net.parameters
    asked, at_last = gn.losses.resolve_loss(loss or "mse"), False
    if data is not None:
        if data.y is not None:
            at_last = asked.at_last(data.y, np.ones(data.x.shape[:2], bool))
        data = first_of(data, samples, steps, at_last=at_last)
        samples, steps = data.x.shape[:2]
    steps = steps or STEPS
    for number in range(draws + 1):
        name, here, n_samples, n_steps = OWN, seed + number, samples, steps
        if number:
            name, net.parameters = f"draw {number}", own
            net.parameters = gn.testing.redraw_parameters(net, here)
            n_samples, n_steps = (int(rng.integers(1, most, endpoint=True)) for most in (samples, steps))
        on: dict[str, Any] = {"n_samples": n_samples, "n_steps": n_steps}
        if data is not None:
            some = first_of(data, n_samples, n_steps, at_last=at_last)
            weighed = asked if some.weights is None else gn.losses.Weighted(asked, some.weights)
            on = {"inputs": some.x, "targets": some.y, "lengths": some.lengths, "loss": weighed}
        report = gn.testing.check_gradients(net, seed=here, tolerance=tolerance, max_entries=entries, **on)
        yield Draw(name, here, n_samples, n_steps, report)


def summarise(draw: Draw) -> str:
    """One line about a draw."""
    report = draw.report
    compared, there = (sum(counts) for counts in zip(*report.totals.values(), strict=True))
    return (
        f"{'agrees' if report.ok else 'DISAGREES'}, largest error {report.largest_error:.1e}, "
        f"{compared}{f' of {there}' if compared < there else ''} gradients, "
        f"batch of {draw.samples} x {draw.steps} steps"
    )


def print_worst(draws: list[Draw], worst: int) -> None:
    """Print the entries with the largest errors, then what activations have to do with it."""
    entries = [(entry, draw.name) for draw in draws for entry in draw.report.entries]
    entries.sort(key=lambda entry: entry[0].severity, reverse=True)
    click.echo()
    print_table(
        ("draw", "kind", "name", "backward", "complex step", "error"),
        [
            (name, entry.kind, entry.name, f"{entry.backward:.12g}", f"{entry.complex_step:.12g}", f"{entry.error:.1e}")
            for entry, name in entries[:worst]
        ],
    )
    reports = [(draw.name, draw.report) for draw in draws]
    for lines in (
        [f"{name}: {wrong}" for name, report in reports for wrong in report.derivatives],
        [f"{name}: {kink}" for name, report in reports for kink in report.kinks],
    ):
        if lines:
            click.echo()
        print_first(lines, worst, f"--worst {len(lines)}")
