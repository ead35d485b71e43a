"""``graphnet simulate``: run a network on sequences from a file, or on generated ones."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Hashable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from ..networks import open_network, problems_of
from ..options import types as _options
from ..options.data import first_of
from ..options.numbers import Number
from ..outputs import check_suffix, output_nodes, write_arrays, write_rows
from ..render import note, print_json, print_rows, show_seed
from ..runs import read_for

if TYPE_CHECKING:
    import graphnet as gn
    from graphnet import io

GENERATED = ("pulse", "noise", "sine")
"""Inputs that can be generated."""

PERIOD = 20
"""Default period of a sine, in steps."""

SHAPES = {"amplitude": GENERATED, "period": ("sine",), "at": ("pulse",), "channel": GENERATED}
"""Options of generated inputs, and the inputs that each applies to."""


class Input(click.ParamType):  # type: ignore[type-arg] # generic only in newer click
    """A file, or the name of a generated input, with completion of both."""

    name = "input"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Return the names that start with ``incomplete``, and files."""
        names = [CompletionItem(name) for name in GENERATED if name.startswith(incomplete)]
        return [*names, CompletionItem(incomplete, type="file")]


@click.command()
@click.argument("network", metavar="GRAPH|RUN", type=click.Path())
@click.option(
    "--input",
    "given",
    metavar="FILE|pulse|noise|sine",
    type=Input(),
    required=True,
    help="A file with x, or a generated input: pulse is 1 at one step and 0 at all others, noise is normal with "
    "deviation 1, sine is a wave of amplitude 1.",
)
@click.option(
    "--steps", type=_options.COUNT, help="Number of steps; of a FILE the first ones.  [default: of a FILE all]"
)
@click.option("--samples", type=_options.COUNT, help="Number of sequences.  [default: 1; of a FILE all]")
@click.option("--amplitude", type=Number(), help="Factor of a generated input.  [default: 1]")
@click.option("--period", type=_options.POSITIVE, help=f"Period of a sine, in steps.  [default: {PERIOD}]")
@click.option("--at", metavar="STEP", type=click.IntRange(min=0), help="Step of the pulse.  [default: 0, the first]")
@click.option(
    "--channel",
    metavar="N",
    type=click.IntRange(min=0),
    help="Index of the only input that is not 0, counted from 0.  [default: all inputs]",
)
@click.option(
    "--record",
    metavar="NODE",
    multiple=True,
    help="Write the values of this node as well: its name, or a Python literal such as \"('hidden', 0)\".",
)
@click.option(
    "--settle",
    is_flag=True,
    help="Start from the steady state under the inputs of the first step, as net.settle gives it.  [default: start "
    "from the initial values]",
)
@_options.input_columns
@_options.seed
@click.option("-o", "--output", type=click.Path(), required=True, help="The .npz or .csv file to write.")
@_options.as_json
def simulate(
    network: str,
    given: str,
    steps: int | None,
    samples: int | None,
    record: tuple[str, ...],
    settle: bool,
    seed: int | None,
    output: str,
    as_json: bool,
    **others: Any,
) -> None:
    """Run a network, and write its outputs and recorded values.

    Columns, arrays and rows of FILE are chosen as for predict: of a RUN as in its training, unless options say
    otherwise.

    An .npz file has x (n_samples, n_steps, n_inputs), outputs (n_samples, n_steps, n_outputs) and the names of their
    nodes, output_nodes; with --record also recorded (n_samples, n_steps, n_recorded) and recorded_nodes; and lengths if
    FILE has them.

    A .csv file has a row for each step of each sequence, with the columns sequence and step, counted from 0, and a
    column for each output and each recorded node.
    """
    import numpy as np

    shape = {name: others.pop(name) for name in SHAPES}
    columns = _options.columns_of(others)
    check_usage(given, steps, output, shape, columns)
    resolved = _options.resolve_seed(seed)
    net = open_network(network, seed=resolved)
    table = net.to_table()
    nodes = list(dict.fromkeys(resolve_node(name, table.nodes) for name in record))
    if given in GENERATED:
        data = make_input(given, samples or 1, steps or 1, net.n_inputs, resolved, **shape)
    else:
        data = read_input(network, given, samples, steps, columns)
    with problems_of(network, given), np.errstate(over="ignore", invalid="ignore"):
        state = net.settle(data.x[:, 0]) if settle else None
        run = net.run(data.x, lengths=data.lengths, record=nodes, state=state)
    write(output, data, run, output_nodes(net))
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


def check_usage(
    given: str, steps: int | None, output: str, shape: Mapping[str, Any], columns: Mapping[str, Any]
) -> None:
    """Raise a usage error for options that do not go together."""
    if given in GENERATED and columns:
        raise click.UsageError(f"--{next(iter(columns))} is for --input FILE, not for {given}")
    if given in GENERATED and steps is None:
        raise click.UsageError(f"--input {given} needs --steps")
    for name, kinds in SHAPES.items():
        if shape[name] is not None and given not in kinds:
            raise click.UsageError(f"--{name} is for --input {' or '.join(kinds)}, not for {given}")
    if steps is not None and shape["at"] is not None and shape["at"] >= steps:
        raise click.UsageError(f"--at {shape['at']} is past the last of {steps} steps, {steps - 1}")
    check_suffix(output)


def write(path: str, data: io.Data, run: gn.Run, outputs: Sequence[Hashable]) -> None:
    """Write inputs, outputs and recorded values as arrays, or as a table with a row for each step."""
    import numpy as np

    if Path(path).suffix.lower() == ".csv":
        values = {node: run.outputs[:, :, i] for i, node in enumerate(outputs)}
        write_rows(path, values | run.recorded, data.lengths)
        return
    arrays: dict[str, Any] = {"x": data.x, "outputs": run.outputs, "output_nodes": np.array(list(map(str, outputs)))}
    if run.recorded:
        arrays["recorded"] = np.stack(list(run.recorded.values()), axis=2)
        arrays["recorded_nodes"] = np.array(list(map(str, run.recorded)))
    write_arrays(path, arrays, data.lengths)


def resolve_node(name: str, nodes: Sequence[Hashable]) -> Hashable:
    """Return the node that is the name, its Python literal, or printed so; otherwise raise a usage error with hints."""
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
        f"; similar nodes are {', '.join(near)}"
        if near
        else f"; its nodes are {', '.join([*printed][:5])}" + ", ..." * (len(printed) > 5)
    )
    raise click.BadParameter(f"{name!r} is not a node of the graph{hint}", param_hint="'--record'")


def make_input(
    kind: str,
    n_samples: int,
    n_steps: int,
    n_inputs: int,
    seed: int,
    *,
    amplitude: float | None,
    period: float | None,
    at: int | None,
    channel: int | None,
) -> io.Data:
    """Generate sequences of one kind, (n_samples, n_steps, n_inputs); with ``channel`` all other inputs are 0."""
    import numpy as np

    from graphnet import io

    if channel is not None and channel >= n_inputs:
        inputs = f"its inputs are 0 to {n_inputs - 1}" if n_inputs else "it has none"
        raise click.BadParameter(f"{channel} is not an input of the network; {inputs}", param_hint="'--channel'")
    shape, steps = (n_samples, n_steps, n_inputs), np.arange(n_steps)
    if kind == "noise":
        values = np.random.default_rng(seed).normal(size=shape)
    elif kind == "pulse":
        values = (steps == (at or 0))[:, np.newaxis]
    else:
        values = np.sin(2 * np.pi * steps / (period or PERIOD))[:, np.newaxis]
    is_driven = np.isin(np.arange(n_inputs), np.arange(n_inputs) if channel is None else channel)
    factor = 1.0 if amplitude is None else amplitude
    return io.Data(np.broadcast_to(np.where(is_driven, factor * values, 0.0), shape))


def read_input(
    network: str, path: str, n_samples: int | None, n_steps: int | None, columns: Mapping[str, Any]
) -> io.Data:
    """Read the first samples and steps of a file, all if None; of a run by the columns of its training."""
    import graphnet as gn
    from graphnet import io

    if Path(network).is_dir():
        data = read_for(gn.open_run(network), path, columns, targets=False)
    else:
        data = io.read_data(path, targets=False, **columns)
    for what, wanted, there in (("samples", n_samples, len(data.x)), ("steps", n_steps, data.x.shape[1])):
        if wanted is not None and wanted > there:
            raise gn.DataError(f"{path}: it has {there} {what}, fewer than --{what} {wanted}")
    return first_of(data, n_samples, n_steps)
