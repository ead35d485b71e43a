"""``graphnet check-gradients``: compare the gradients of a network with complex steps, number by number."""

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
"""Number of steps of random sequences."""


class Check(NamedTuple):
    """A gradient check with the network's own or other parameters, on a batch of at most this size."""

    name: str
    seed: int
    samples: int
    steps: int
    report: gn.testing.GradientReport


@click.command("check-gradients")
@click.argument("network", metavar="GRAPH|RUN", type=click.Path())
@click.option("--samples", type=_options.COUNT, default=3, show_default=True, help="Largest number of sequences.")
@click.option(
    "--steps", type=_options.COUNT, help=f"Largest number of steps.  [default: {STEPS}; with --data all in the file]"
)
@click.option(
    "--random",
    "draws",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Number of additional checks with random parameters, on batches of random size.",
)
@_options.seed
@click.option("--data", type=click.Path(), help="An .npz file with x and y, to check the gradients of the loss on.")
@click.option(
    "--loss",
    type=_options.LOSS,
    help="Loss, with --data.  [default: that of the run; otherwise cross_entropy if y are classes, else mse]",
)
@click.option(
    "--tolerance",
    type=_options.POSITIVE,
    help="Largest error, relative to the largest gradient of its kind.  [default: 1e-10; for float32 1e-3]",
)
@click.option(
    "--entries",
    type=_options.COUNT,
    default=1000,
    show_default=True,
    help="Largest number of gradients of a kind to compare; each takes a run of the network.",
)
@click.option("--worst", type=_options.COUNT, default=10, show_default=True, help="Number of rows of the table.")
@_options.as_json
def check_gradients(
    network: str, seed: int | None, data: str | None, loss: str | None, worst: int, as_json: bool, **options: Any
) -> None:
    """Compare the gradients of a network with complex steps.

    The gradients of back-propagation are compared with derivatives that are computed forwards and are exact to
    rounding, for each weight, bias, initial value, time constant, input and state.  Activations with a wrong derivative
    are named. The exit code is 1 if a gradient disagrees.
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
        checks = list(run_checks(net, found, loss, resolved, **options))
    n_wrong = sum(len(check.report.wrong) for check in checks)
    n_compared = sum(len(check.report.entries) for check in checks)
    asked = {"network": network, "data": data, "loss": loss}
    if as_json:
        counted = {"ok": all(check.report.ok for check in checks), "wrong": n_wrong, "compared": n_compared}
        rows = [{**check._asdict(), "report": check.report.as_json(worst)} for check in checks]
        print_json({**asked, "seed": resolved, "seed_drawn": seed is None, **counted, "draws": rows})
    else:
        print_rows({**asked, "seed": show_seed(resolved, seed), **{check.name: summarise(check) for check in checks}})
        print_worst(checks, worst)
    blamed = sorted({wrong.activation for check in checks for wrong in check.report.derivatives})
    if n_wrong or blamed:
        see = f"; see activation {', '.join(map(repr, blamed))}" if blamed else ""
        raise click.ClickException(f"{network}: {n_wrong} of {n_compared} gradients disagree{see}")


def run_checks(
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
) -> Iterator[Check]:
    """Check the network's own parameters on the whole batch, then ``draws`` others on smaller ones, from ``seed``."""
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
        yield Check(name, here, n_samples, n_steps, report)


def summarise(check: Check) -> str:
    """Return one line about a check."""
    report = check.report
    compared, there = (sum(counts) for counts in zip(*report.totals.values(), strict=True))
    return (
        f"{'agrees' if report.ok else 'DISAGREES'}, largest error {report.largest_error:.1e}, "
        f"{compared}{f' of {there}' if compared < there else ''} gradients, "
        f"batch of {check.samples} x {check.steps} steps"
    )


def print_worst(checks: list[Check], worst: int) -> None:
    """Print the entries with the largest errors, then wrong derivatives and kinks of activations."""
    entries = [(entry, check.name) for check in checks for entry in check.report.entries]
    entries.sort(key=lambda entry: entry[0].severity, reverse=True)
    click.echo()
    print_table(
        ("draw", "kind", "name", "backward", "complex step", "error"),
        [
            (name, entry.kind, entry.name, f"{entry.backward:.12g}", f"{entry.complex_step:.12g}", f"{entry.error:.1e}")
            for entry, name in entries[:worst]
        ],
    )
    reports = [(check.name, check.report) for check in checks]
    for lines in (
        [f"{name}: {wrong}" for name, report in reports for wrong in report.derivatives],
        [f"{name}: {kink}" for name, report in reports for kink in report.kinks],
    ):
        if lines:
            click.echo()
        print_first(lines, worst, f"--worst {len(lines)}")
