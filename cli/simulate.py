"""``graphnet simulate``: run a network on sequences from a file or made here."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Hashable, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import click

from . import _options
from ._data import first_of
from ._networks import open_network, problems_of
from ._render import note, print_json, print_rows, show_seed

if TYPE_CHECKING:
    from graphnet import io

MADE = ("pulse", "noise", "sine")
PERIOD = 20
"""Steps of one period of a sine."""


@click.command()
@click.argument("network", metavar="GRAPH|RUN", type=click.Path())
@click.option(
    "--input",
    "given",
    metavar="FILE|pulse|noise|sine",
    required=True,
    help="An .npz file with x; or made: pulse is 1 at the first step and 0 after, noise is normal with deviation 1, "
    f"sine has a period of {PERIOD} steps.",
)
@click.option("--steps", type=_options.COUNT, help="Steps of each sequence; of a FILE the first so many.")
@click.option("--samples", type=_options.COUNT, help="Sequences to make.  [default: 1; of a FILE all]")
@click.option(
    "--record",
    metavar="NODE",
    multiple=True,
    help="Write the values of this node as well: its name, or a Python literal such as \"('hidden', 0)\".",
)
@_options.seed
@click.option("-o", "--output", type=click.Path(), required=True, help="The .npz file to write.")
@_options.as_json
def simulate(
    network: str,
    given: str,
    steps: int | None,
    samples: int | None,
    record: tuple[str, ...],
    seed: int | None,
    output: str,
    as_json: bool,
) -> None:
    """Run a network, and write x, outputs and what was recorded.

    The file has x (n_samples, n_steps, n_inputs), outputs (n_samples, n_steps, n_outputs) and their nodes' names,
    output_nodes; with --record also recorded (n_samples, n_steps, n_recorded) and recorded_nodes; and lengths where
    FILE has them.
    """
    import numpy as np

    from graphnet import io

    if given in MADE and steps is None:
        raise click.UsageError(f"--input {given} needs --steps")
    resolved = _options.resolve_seed(seed)
    net = open_network(network, seed=resolved)
    table = net.to_table()
    nodes = [resolve_node(name, table.nodes) for name in record]
    if given in MADE:
        data = make_input(given, samples or 1, steps or 1, net.n_inputs, resolved)
    else:
        data = read_input(given, samples, steps)
    with problems_of(network, given), np.errstate(over="ignore", invalid="ignore"):
        run = net.run(data.x, lengths=data.lengths, record=nodes)
    arrays: dict[str, Any] = {
        "x": data.x,
        "outputs": run.outputs,
        "output_nodes": np.array([str(table.nodes[i]) for i in np.flatnonzero(table.has_role("output")).tolist()]),
    }
    if nodes:
        arrays["recorded"] = np.stack([run.recorded[node] for node in nodes], axis=2)
        arrays["recorded_nodes"] = np.array([str(node) for node in nodes])
    if data.lengths is not None:
        arrays["lengths"] = data.lengths
    io.write_arrays(output, arrays)
    n_samples, n_steps, n_outputs = run.outputs.shape
    result = {"network": network, "input": given, "output": output, "samples": n_samples, "steps": n_steps}
    result |= {"outputs": n_outputs, "recorded": [str(node) for node in nodes]}
    wrong = int(run.outputs.size - np.isfinite(run.outputs).sum())
    if as_json:
        print_json(result | {"seed": resolved, "seed_drawn": seed is None, "not_finite": wrong})
        return
    print_rows(result | {"recorded": ", ".join(map(str, nodes)) or None, "seed": show_seed(resolved, seed)})
    if wrong:
        note(f"{wrong} values of the outputs are not finite: the network diverges on this input")


def resolve_node(name: str, nodes: Sequence[Hashable]) -> Hashable:
    """The node of that name, of that literal, or that is printed so; a usage error that lists near names if none is."""
    index = dict.fromkeys(nodes)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            literal = ast.literal_eval(name.strip())
        hash(literal)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        literal = name
    for candidate in (name, literal):
        if candidate in index:
            return candidate
    printed = {str(node): node for node in nodes}
    if name in printed:
        return printed[name]
    near = get_close_matches(name, list(printed), n=3, cutoff=0.5)
    hint = (
        f"; near it are {', '.join(near)}"
        if near
        else f"; there are {', '.join([*printed][:5])}" + ", ..." * (len(printed) > 5)
    )
    raise click.BadParameter(f"{name!r} is not a node of the graph{hint}", param_hint="'--record'")


def make_input(kind: str, n_samples: int, n_steps: int, n_inputs: int, seed: int) -> io.Data:
    """Sequences of one kind, (n_samples, n_steps, n_inputs)."""
    import numpy as np

    from graphnet import io

    shape = (n_samples, n_steps, n_inputs)
    if kind == "noise":
        return io.Data(np.random.default_rng(seed).normal(size=shape))
    values = np.zeros(n_steps)
    if kind == "pulse":
        values[0] = 1.0
    else:
        values = np.sin(2 * np.pi * np.arange(n_steps) / PERIOD)
    return io.Data(np.broadcast_to(values[:, np.newaxis], shape))


def read_input(path: str, n_samples: int | None, n_steps: int | None) -> io.Data:
    """The first samples and steps of a file."""
    import graphnet as gn
    from graphnet import io

    data = io.read_data(path, targets=False)
    for what, wanted, there in (("samples", n_samples, len(data.x)), ("steps", n_steps, data.x.shape[1])):
        if wanted is not None and wanted > there:
            raise gn.DataError(f"{path}: it has {there} {what}, and --{what} asks for {wanted}")
    return first_of(data, n_samples, n_steps)
