"""``graphnet bench``: times of a network, and of other libraries that compute the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from ..networks import open_network, problems_of
from ..options import types as _options
from ..options.data import first_of
from ..options.group import Choice
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
    help="An .npz file with x and y; its first samples and steps are used.  [default: normal numbers]",
)
@click.option("--peers", is_flag=True, help="Measure torch and JAX as well, where they are installed.")
@click.option(
    "--dtype",
    type=Choice(["float64", "float32"]),
    default="float32",
    show_default=True,
    help="The precision of all numbers.",
)
@click.option(
    "--backend",
    type=Choice(["auto", "fast", "reference"]),
    default="auto",
    show_default=True,
    help="The executor of graphnet.",
)
@click.option("--threads", type=_options.COUNT, help="Threads of each library.  [default: one for each processor]")
@click.option("--rounds", type=_options.COUNT, default=21, show_default=True, help="Most measurements of each.")
@click.option(
    "--budget",
    metavar="SECONDS",
    type=_options.POSITIVE,
    default=20.0,
    show_default=True,
    help="Time of all rounds together; each is measured once at least.",
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
    """Measure the time and the memory of a run and of a training step of GRAPH.

    A run computes the outputs, a training step the loss and the gradient of every parameter, both on one batch.  Times
    are medians over rounds in which all take turns, followed by half the interquartile range; a synapse-step is one
    synapse at one step of one sequence.  Memory is the growth of the process at the peak of a call, on Linux, followed
    by the prediction; JAX keeps memory that it has freed, so only the prediction of its compiler is shown.

    With --peers the same network is computed by torch and JAX: with its synapses as dense matrices, as sparse matrices
    (CSR, BCOO) and as lists of edges, and as the torch module that graphnet.graphs.to_torch makes.  All use the same
    numbers and have to find the same loss; if one does not, the exit code is 1.  A peer that cannot take part is left
    out, and the reason is printed.  Peers need a checkout of graphnet's source, installed with pip install -e.
    """
    import numpy as np

    import graphnet as gn

    try:
        chosen = gn.bench.peer_names() if peers else ()
    except ImportError as error:
        raise click.ClickException(str(error)) from None
    resolved = _options.resolve_seed(seed)
    net = open_network(network, seed=resolved, dtype=dtype, backend=backend)
    if data is None:
        rng = np.random.default_rng(resolved)
        x, y = (rng.normal(size=(samples, steps, n)).astype(dtype) for n in (net.n_inputs, net.n_outputs))
        batch: dict[str, Any] = {"inputs": x, "targets": y, "loss": "mse"}
    else:
        batch = read_batch(data, samples, steps)
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
    """Return the first samples and steps of a file, as ``value_and_grad`` takes them."""
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
    """Print the table, and below it the peers that are missing, with the reasons."""
    header = ["", "", "ms", "+-", "times graphnet", "synapse-steps/s", "memory", "predicted", "loss"]
    rows = [list(row) for row in measured(found)]
    # without peers every ratio is 1
    kept = [i for i in range(len(header)) if i != 4 or len(rows) > 2]
    print_table([header[i] for i in kept], [[row[i] for i in kept] for row in rows])
    missing = [*list_reasons("left out", found.left_out), *list_reasons("failed", found.failed)]
    if missing:
        click.echo()
        for line in missing:
            click.echo(line)


def measured(found: gn.bench.Benchmark) -> Iterator[tuple[str, ...]]:
    """Yield the rows of the table."""
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
    """Return milliseconds with at least three digits.

    >>> show_ms(0.012345), show_ms(12.345), show_ms(12345.6)
    ('0.0123', '12.3', '12346')
    """
    return f"{number:.3g}" if number < 999.5 else f"{number:.0f}"


def list_reasons(what: str, reasons: dict[str, str]) -> Iterator[str]:
    """Yield one line for each reason, with the peers that it holds for."""
    for reason in dict.fromkeys(reasons.values()):
        who = ", ".join(name for name, said in reasons.items() if said == reason)
        yield f"{what}: {who}: {reason}"
