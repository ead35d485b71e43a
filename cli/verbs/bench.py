"""``graphnet bench``: how long a network takes, and others that compute the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from ..networks import open_network, problems_of
from ..options import types as _options
from ..options.data import first_of
from ..render import print_json, print_rows, print_table, show_bytes, show_rate, show_seed, status_line

if TYPE_CHECKING:
    import graphnet as gn


@click.command()
@click.argument("network", metavar="GRAPH|RUN", type=click.Path())
@click.option("--samples", type=_options.COUNT, default=32, show_default=True, help="Sequences of a batch.")
@click.option("--steps", type=_options.COUNT, default=100, show_default=True, help="Steps of each sequence.")
@click.option(
    "--data",
    type=click.Path(),
    help="An .npz file with x and y, whose first samples and steps are taken.  [default: normal numbers]",
)
@click.option("--peers", is_flag=True, help="Measure what torch and JAX take as well, those that are installed.")
@click.option(
    "--dtype",
    type=click.Choice(["float64", "float32"]),
    default="float32",
    show_default=True,
    help="What is computed in.",
)
@click.option(
    "--backend",
    type=click.Choice(["auto", "fast", "reference"]),
    default="auto",
    show_default=True,
    help="The executor of graphnet.",
)
@click.option("--threads", type=_options.COUNT, help="Threads that each has.  [default: one a processor]")
@click.option("--rounds", type=_options.COUNT, default=21, show_default=True, help="Most measurements of each.")
@click.option(
    "--budget",
    metavar="SECONDS",
    type=_options.POSITIVE,
    default=20.0,
    show_default=True,
    help="What all rounds take together; each is measured once at least.",
)
@_options.seed
@_options.as_json
def bench(
    network: str,
    samples: int,
    steps: int,
    data: str | None,
    peers: bool,
    dtype: str,
    backend: str,
    seed: int | None,
    as_json: bool,
    **limits: Any,
) -> None:
    """Measure how long a run and a training step of GRAPH take, and how much memory.

    A run is the outputs, a training step the loss and the gradient of every parameter, both on one batch.  Times are
    medians of rounds in which everybody takes turns, with half the distance of the quartiles behind; a synapse-step is
    one synapse at one step of one sequence.  Memory is what the process grows by at the peak of a call, on Linux, and
    beside it what was predicted; JAX keeps what it has freed, so that there is only the prediction of its compiler.

    With --peers the same network is computed by torch and JAX: with its synapses as dense matrices, as sparse ones
    (CSR, BCOO) and as lists of edges, and as the torch module that graphnet.graphs.to_torch makes.  All have the same
    numbers, and have to come to the same loss: the exit code is 1 where one does not.  Who cannot take part is left
    out, and the reason is printed.
    """
    import numpy as np

    import graphnet as gn

    resolved = _options.resolve_seed(seed)
    net = open_network(network, seed=resolved, dtype=dtype, backend=backend)
    if data is None:
        rng = np.random.default_rng(resolved)
        x, y = (rng.normal(size=(samples, steps, n)).astype(dtype) for n in (net.n_inputs, net.n_outputs))
        batch: dict[str, Any] = {"inputs": x, "targets": y, "loss": "mse"}
    else:
        batch = read_batch(data, samples, steps)
    chosen = gn.bench.PEERS if peers else ()
    with problems_of(network, *([data] if data else [])), status_line() as progress:
        found = gn.bench.time_network(net, **batch, peers=chosen, progress=progress, **limits)
    n_samples, n_steps, _ = batch["inputs"].shape
    loss = gn.losses.resolve_loss(batch["loss"])
    name = getattr(loss, "name", type(loss).__name__)
    counts = {"nodes": net.n_nodes, "synapses": net.n_edges, "parameters": len(net.parameters)}
    asked = {"dtype": str(net.dtype), "backend": str(net.backend), "threads": found.threads}
    if as_json:
        asked |= {"samples": n_samples, "steps": n_steps, "loss": name, "seed": resolved, "seed_drawn": seed is None}
        print_json({"network": network, "data": data, **counts, **asked, **found.as_json()})
    else:
        told = {"data": data, "batch": f"{n_samples} x {n_steps} steps", "loss": name, **asked}
        print_rows({"network": network, **counts, **told, "seed": show_seed(resolved, seed)})
        click.echo()
        print_measured(found)
    if found.wrong:
        own = found.rows[0].who
        wrong = ", ".join(f"that of {row.who} is {row.loss:.9g}" for row in found.wrong)
        right = next(row.loss for row in found.rows if row.who == own and row.loss is not None)
        raise click.ClickException(f"{network}: the losses differ: that of {own} is {right:.9g}, {wrong}")


def read_batch(path: str, samples: int, steps: int) -> dict[str, Any]:
    """The first samples and steps of a file, as ``value_and_grad`` takes them."""
    import numpy as np

    import graphnet as gn
    from graphnet import io

    found = io.read_data(path)
    loss = gn.losses.resolve_loss(_options.default_loss(found))
    at_last = found.y is not None and loss.at_last(found.y, np.ones(found.x.shape[:2], bool))
    some = first_of(found, samples, steps, at_last=at_last)
    weighed = loss if some.weights is None else gn.losses.Weighted(loss, some.weights)
    return {"inputs": some.x, "targets": some.y, "lengths": some.lengths, "loss": weighed}


def print_measured(found: gn.bench.Benchmark) -> None:
    """Print the table, and below it who is not in it and why."""
    header = ["", "", "ms", "+-", "times graphnet", "synapse-steps/s", "memory", "predicted", "loss"]
    rows = [list(row) for row in measured(found)]
    # with nobody beside us there is nothing to divide by
    kept = [i for i in range(len(header)) if i != 4 or len(rows) > 2]
    print_table([header[i] for i in kept], [[row[i] for i in kept] for row in rows])
    missing = [*list_reasons("left out", found.left_out), *list_reasons("failed", found.failed)]
    if missing:
        click.echo()
        for line in missing:
            click.echo(line)


def measured(found: gn.bench.Benchmark) -> Iterator[tuple[str, ...]]:
    """The rows of the table."""
    own = {row.what: row.timed.median for row in found.rows if row.who == found.rows[0].who}
    for row in found.rows:
        timed = row.timed
        yield (
            row.who,
            row.what,
            show_ms(1e3 * timed.median),
            f"{100 * timed.spread:.0f} %",
            f"{timed.median / own[row.what]:.2f}",
            show_rate(row.rate),
            "-" if timed.memory is None else show_bytes(timed.memory),
            "" if row.predicted is None else show_bytes(row.predicted),
            "" if row.loss is None else f"{row.loss:.6g}{'' if row.agrees else ' DIFFERS'}",
        )


def show_ms(number: float) -> str:
    """Milliseconds with three digits at least.

    >>> show_ms(0.012345), show_ms(12.345), show_ms(12345.6)
    ('0.0123', '12.3', '12346')
    """
    return f"{number:.3g}" if number < 999.5 else f"{number:.0f}"


def list_reasons(what: str, reasons: dict[str, str]) -> Iterator[str]:
    """One line for each reason, with all that it holds for."""
    for reason in dict.fromkeys(reasons.values()):
        who = ", ".join(name for name, said in reasons.items() if said == reason)
        yield f"{what}: {who}: {reason}"
