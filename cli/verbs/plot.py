"""``graphnet plot``: figures of drawings, networks, runs and what they do with data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..figures import check_figure, figure_options, write_figure
from ..networks import open_network, problems_of, resolve_node
from ..options import executors
from ..options import types as _options
from ..options.group import Choice, CommandGroup
from ..options.inputs import GENERATED, SHAPES, check_shapes, make_input, shapes
from ..render import print_json, print_rows, show_seed
from ..runs import counted, cut, read_for, read_of, refuse_weights, trained_loss
from ..series import named_outputs, points_of

if TYPE_CHECKING:
    import graphnet as gn
    from graphnet import io

SAMPLE = click.option(
    "--sample", type=click.IntRange(min=0), default=0, show_default=True, help="Sequence to draw, counted from 0."
)
SEED = click.option(
    "--seed",
    type=click.IntRange(min=0),
    help="Whole number that open weights and noise are drawn from.  Drawn, and printed, where it is not given.",
)
LOSS = click.option(
    "--loss",
    type=_options.LOSS,
    help="Loss to measure.  [default: that of a run; else cross_entropy where y are classes, and mse]",
)
NODES = click.option(
    "--node",
    "names",
    metavar="NODE",
    multiple=True,
    help="Draw this node; may be given again.  Its name, or a Python literal such as \"('hidden', 0)\".",
)
INPUTS = click.option(
    "--input",
    "given",
    type=Choice(GENERATED),
    help="An input to generate in place of DATA: a pulse, noise or a sine, as for graphnet simulate.",
)
STEPS = click.option("--steps", type=_options.COUNT, help="Number of steps; of DATA the first ones.  [default: all]")


PYTHON_ONLY = ("compare", "importance", "parallel", "tuning")
"""Plots of what no file holds, or, of searches, what graphnet sweep draws itself."""


class Plots(CommandGroup):
    """Group with a command for each plot, whose name may be written with ``-``."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of a plot."""
        return super().get_command(ctx, cmd_name.replace("-", "_"))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the plot; a file in its place is told where it belongs."""
        if args[0] in PYTHON_ONLY:
            raise click.UsageError(f"{args[0]} is for Python only: gn.plots.{args[0]}", ctx)
        if not ctx.resilient_parsing and self.get_command(ctx, args[0]) is None and Path(args[0]).exists():
            raise click.UsageError(f"WHAT to plot comes before the file: graphnet plot draw {args[0]}", ctx)
        return super().resolve_command(ctx, args)


@click.group(cls=Plots, options_metavar="", subcommand_metavar="WHAT GRAPH|RUN [DATA] -o FILE [OPTIONS]")
def plot() -> None:
    """Write a figure, as .png, .svg or .pdf; it takes matplotlib.

    WHAT is the name of a function of graphnet.plots, which says more about each. compare and tuning are for Python
    only; importance and parallel are what graphnet sweep draws.
    """


def command(name: str, *options: Callable[[Any], Any], network: str = "GRAPH|RUN") -> Callable[[Any], Any]:
    """Return the decorator of the command for a plot, whose function returns what draws, and rows to print."""

    def decorate(make: Callable[..., tuple[Callable[..., Any], dict[str, Any]]]) -> click.Command:
        def run(output: str, size: tuple[float, float] | None, dpi: int, as_json: bool, **given: Any) -> None:
            check_figure(output)
            draws, rows = make(**given)
            where = [str(given[part]) for part in ("network", "data") if given.get(part)]
            with problems_of(*where):
                write_figure(output, draws, size=size, dpi=dpi)
            named = {part: given[part] for part in ("network", "data") if given.get(part)}
            result = {"plot": name, **named, **rows, "output": output}
            if as_json:
                print_json(result)
                return
            if "seed" in rows:
                result["seed"] = show_seed(rows["seed"], given["seed"])
            print_rows(result)

        run.__doc__ = make.__doc__
        for option in reversed((*options, figure_options, _options.as_json)):
            run = option(run)
        made = click.command(name)(click.argument("network", metavar=network, type=click.Path())(run))
        plot.add_command(made)
        return made

    return decorate


DATA = click.argument("data", metavar="DATA", type=click.Path())
MAYBE_DATA = click.argument("data", metavar="[DATA]", type=click.Path(), required=False)
POSITIONS = click.option(
    "--positions",
    metavar="ATTRIBUTE",
    help="Place neurons by this attribute of nodes, pairs or names of classes; or by two, such as x,y.  "
    "[default: positions of the drawing, or layers]",
)
LABELS = click.option(
    "--labels/--no-labels", default=None, help="Write names.  [default: where there is room for them]"
)


@command("draw", POSITIONS, LABELS)
def draw(network: str, positions: str | None, labels: bool | None) -> Any:
    """Draw neurons and synapses, told apart by kind of feedback."""
    import graphnet as gn

    graph = gn.read_graph(network)
    parts = tuple(part.strip() for part in (positions or "").split(","))
    place = parts if len(parts) == 2 else positions
    return partial(gn.plots.draw, graph, positions=place, labels=labels), {}


@command("unrolled", click.option("--steps", type=_options.COUNT, default=4, show_default=True, help="Steps to draw."))
def unrolled(network: str, steps: int) -> Any:
    """Draw a network in time: a copy of its neurons at each step, and synapses by their delays."""
    import graphnet as gn

    return partial(gn.plots.unrolled, gn.read_graph(network), steps), {"steps": steps}


@command("matrix", click.option("--by", metavar="ATTRIBUTE", help="Sort neurons by this attribute."), SEED)
def matrix(network: str, by: str | None, seed: int | None) -> Any:
    """Draw the matrices of a network as compiled: stages, levels and blocks, or neurons sorted by an attribute."""
    import graphnet as gn

    net, rows = opened(network, seed)
    return partial(gn.plots.matrix, net, by=by), rows


@command("spectrum", SEED)
def spectrum(network: str, seed: int | None) -> Any:
    """Draw the eigenvalues of the recurrent matrix, with the unit circle."""
    import graphnet as gn

    net, rows = opened(network, seed)
    return partial(gn.plots.spectrum, net), rows


@command(
    "activity",
    NODES,
    SAMPLE,
    click.option("--by", metavar="ATTRIBUTE", help="Sort the rows of a raster by this attribute of nodes."),
    click.option(
        "--kind", type=Choice(["lines", "raster"]), help="Kind of plot.  [default: lines for up to 12 neurons]"
    ),
    MAYBE_DATA,
    INPUTS,
    STEPS,
    shapes,
    _options.input_columns,
    SEED,
)
def activity(
    network: str,
    data: str | None,
    seed: int | None,
    names: tuple[str, ...],
    sample: int,
    by: str | None,
    kind: Any,
    **others: Any,
) -> Any:
    """Draw the values of neurons over one sequence, as lines or as a raster."""
    import graphnet as gn

    net, found, rows = driven(network, data, seed, others)
    nodes = [resolve_node(name, net.to_table().nodes, "--node") for name in names] or None
    draws = partial(gn.plots.activity, net, found.x, nodes, sample=sample, lengths=found.lengths, by=by, kind=kind)
    return draws, rows


@command(
    "gates",
    click.option(
        "--unit", type=click.IntRange(min=0), default=0, show_default=True, help="Unit to draw, counted from 0."
    ),
    SAMPLE,
    MAYBE_DATA,
    INPUTS,
    STEPS,
    shapes,
    _options.input_columns,
    SEED,
)
def gates(network: str, data: str | None, seed: int | None, unit: int, sample: int, **others: Any) -> Any:
    """Draw the gates of one unit over one sequence, such as those of one cell of an LSTM."""
    import graphnet as gn

    net, found, rows = driven(network, data, seed, others)
    return partial(gn.plots.gates, net, found.x, unit=unit, sample=sample, lengths=found.lengths), rows


@command("attention", SAMPLE, MAYBE_DATA, INPUTS, STEPS, shapes, _options.input_columns, SEED)
def attention(network: str, data: str | None, seed: int | None, sample: int, **others: Any) -> Any:
    """Draw the attention weights of each head over one sequence, by step and lag."""
    import graphnet as gn

    net, found, rows = driven(network, data, seed, others)
    return partial(gn.plots.attention, net, found.x, sample=sample, lengths=found.lengths), rows


@command(
    "history",
    click.option(
        "--of",
        default="loss",
        show_default=True,
        metavar="COLUMN",
        help="Column of the history: loss, accuracy, learning_rate, gradient_norm or seconds.",
    ),
    click.argument("others", metavar="[RUN]...", nargs=-1, type=click.Path()),
    network="RUN",
)
def history(network: str, others: tuple[str, ...], of: str) -> Any:
    """Draw the course of one or several runs: training and validation by epoch."""
    import graphnet as gn

    runs = {run: gn.open_run(run) for run in (network, *others)}
    return partial(gn.plots.history, runs if others else runs[network], of=of), {"of": of}


@command("gradient_flow", DATA, LOSS, _options.columns, SEED)
def gradient_flow(network: str, data: str, seed: int | None, loss: str | None, **columns: Any) -> Any:
    """Draw the gradient of the loss that reaches back each lag, by kind of feedback."""
    import graphnet as gn

    net, rows = opened(network, seed)
    found = read_of(network, data, columns)
    measured = measure(network, found, loss)
    with problems_of(network, data):
        refuse_weights(found)
        flow = gn.analysis.gradient_flow(net, found.x, found.y, loss=measured, lengths=found.lengths)
    return partial(gn.plots.gradient_flow, flow), rows


@command("confusion", DATA, _options.columns, SEED)
def confusion(network: str, data: str, seed: int | None, **columns: Any) -> Any:
    """Draw how often each class was taken for each."""
    import graphnet as gn

    net, rows = opened(network, seed)
    found = read_of(network, data, columns)
    with problems_of(network, data):
        return partial(gn.plots.confusion, net, *counted(found), lengths=found.lengths), rows


@command(
    "predictions",
    DATA,
    NODES,
    click.option(
        "--sample",
        type=click.IntRange(min=0),
        help="Sequence or window to draw, counted from 0.  [default: 0; of windows all of them]",
    ),
    click.option("--known", type=_options.COUNT, help="Number of steps that the network was trained on, to shade."),
    _options.columns,
    SEED,
)
def predictions(
    network: str,
    data: str,
    seed: int | None,
    names: tuple[str, ...],
    sample: int | None,
    known: int | None,
    **columns: Any,
) -> Any:
    """Draw the outputs over one sequence with their targets.

    With --node only those outputs.  Targets that --count leaves out are gaps.  Of a table that is cut into windows, the
    forecast of each is a point at the time of its last step, at the first horizon unless --node names another, such as
    load+24.
    """
    import graphnet as gn

    net, rows = opened(network, seed)
    found = read_of(network, data, columns)
    whole = sample is None and known is None
    how: dict[str, Any] = {"sample": sample or 0, "known": known, "lengths": found.lengths}
    how |= points_of(found, net.n_outputs, names) if whole else named_outputs(found, net.n_outputs)
    if names:
        known_names = [*how.get("names", ()), *net.to_table().nodes]
        how["output"] = [resolve_node(name, known_names, "--node") for name in names]
    with problems_of(network, data):
        x, y = counted(found)
    return partial(gn.plots.predictions, net, x, y, **how), rows


@command(
    "lesions",
    DATA,
    click.option(
        "--of",
        metavar="feedback|neurons|COLUMN",
        default="feedback",
        show_default=True,
        help="Remove each kind of feedback, each neuron, or all neurons that share a value of an attribute.",
    ),
    click.option("--most", type=_options.COUNT, default=20, show_default=True, help="Number of lesions with a bar."),
    click.option("--loss", type=_options.LOSS, help="Loss to measure.  [default: that of the run]"),
    executors.executor,
    _options.columns,
    network="RUN",
)
def lesions(
    network: str, data: str, of: str, most: int, loss: str | None, executor: int | str | None, **columns: Any
) -> Any:
    """Draw the loss of a run without some of its neurons, as graphnet lesion measures it."""
    import graphnet as gn

    folder = gn.open_run(network)
    measured = loss or trained_loss(folder)
    found = read_for(folder, data, columns)
    with executors.opened(executor) as workers, problems_of(network, data):
        refuse_weights(found)
        frame = gn.analysis.lesions(
            folder.network(), found.x, found.y, of=of, loss=measured, lengths=found.lengths, executor=workers
        )
    return partial(gn.plots.lesions, frame, most=most), {"of": of}


def opened(network: str, seed: int | None) -> tuple[gn.Network, dict[str, Any]]:
    """Return a network, and the seed that was used, if any, as a row to print."""
    from graphnet import io

    resolved = _options.resolve_seed(seed)
    learnt = io.compile_settings(network) is not None
    return open_network(network, seed=resolved), {} if learnt and seed is None else {"seed": resolved}


def driven(
    network: str, data: str | None, seed: int | None, others: dict[str, Any]
) -> tuple[gn.Network, io.Data, dict[str, Any]]:
    """Return a network, the data or the generated inputs that drive it, and rows to print."""
    given, steps = others.pop("given"), others.pop("steps")
    shape: Mapping[str, Any] = {name: others.pop(name) for name in SHAPES}
    columns = _options.columns_of(others)
    if (data is None) == (given is None):
        both = ", not both" if data else ""
        raise click.UsageError(f"give DATA, or --input {'|'.join(GENERATED)} and --steps{both}")
    check_shapes(str(given or data), steps, shape, columns, file="DATA")
    resolved = _options.resolve_seed(seed)
    net, rows = opened(network, resolved if given == "noise" else seed)
    if data is not None:
        return net, cut(read_of(network, data, columns, targets=False), data, None, steps), rows
    made = make_input(given, 1, steps, net.n_inputs, rows.get("seed", resolved), **shape)
    return net, made, {"input": given, "steps": steps, **rows}


def measure(network: str, data: io.Data, loss: str | None) -> Any:
    """Return the loss to measure: that which is told, that of a run, or that which the targets suggest."""
    import graphnet as gn

    if loss is not None or not Path(network).is_dir():
        return loss or _options.default_loss(data)
    return trained_loss(gn.open_run(network))
