"""``graphnet simulate``: run a network on sequences from a file, or on generated ones."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..figures import check_figure, plot_option, write_figure
from ..networks import open_network, problems_of, resolve_node
from ..options import types as _options
from ..options.inputs import GENERATED, SHAPES, Input, check_shapes, make_input, shapes
from ..outputs import check_suffix, output_nodes, write_arrays, write_rows
from ..render import note, print_json, print_rows, show_seed
from ..runs import cut, read_of

if TYPE_CHECKING:
    import graphnet as gn
    from graphnet import io


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
@shapes
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
@plot_option("the values of recorded nodes, or else of outputs, in the first sequence")
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
    plot: str | None,
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

    import graphnet as gn

    shape = {name: others.pop(name) for name in SHAPES}
    columns = _options.columns_of(others)
    check_shapes(given, steps, shape, columns)
    check_suffix(output)
    if plot is not None:
        check_figure(plot, "--plot")
        if settle:
            raise click.UsageError("--plot shows a network from its initial values on, so it does not go with --settle")
    resolved = _options.resolve_seed(seed)
    net = open_network(network, seed=resolved)
    table = net.to_table()
    nodes = list(dict.fromkeys(resolve_node(name, table.nodes) for name in record))
    if given in GENERATED:
        data = make_input(given, samples or 1, steps or 1, net.n_inputs, resolved, **shape)
    else:
        data = cut(read_of(network, given, columns, targets=False), given, samples, steps)
    with problems_of(network, given), np.errstate(over="ignore", invalid="ignore"):
        state = net.settle(data.x[:, 0]) if settle else None
        run = net.run(data.x, lengths=data.lengths, record=nodes, state=state)
    outputs = output_nodes(net)
    write(output, data, run, outputs)
    if plot is not None:
        write_figure(plot, partial(gn.plots.activity, net, data.x, nodes or outputs, lengths=data.lengths))
    n_samples, n_steps, n_outputs = run.outputs.shape
    result = {"network": network, "input": given, "output": output, "samples": n_samples, "steps": n_steps}
    result |= {"outputs": n_outputs, "recorded": [str(node) for node in nodes]} | ({"plot": plot} if plot else {})
    wrong = int(run.outputs.size - np.isfinite(run.outputs).sum())
    if as_json:
        print_json(result | {"seed": resolved, "seed_drawn": seed is None, "not_finite": wrong})
        return
    print_rows(result | {"recorded": ", ".join(map(str, nodes)) or None, "seed": show_seed(resolved, seed)})
    if wrong:
        note(f"{wrong} values of the outputs are not finite: the network diverges on this input")


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
