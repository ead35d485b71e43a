"""``graphnet new``: a command for each drawing of ``graphnet.graphs``, with its parameters as options."""

from __future__ import annotations

import re
import warnings
from functools import partial
from pathlib import Path
from textwrap import wrap
from typing import Any

import click

from ..layers import SIGNS, WIDTH, signs_of
from ..options import types as _options
from ..options.drawings import REQUIRED, Drawing, Parameter, read_drawings
from ..options.group import Choice, CommandGroup
from ..options.numbers import INTERVAL, Number, Several
from ..render import print_json, print_rows, show_seed
from ..sketches import legend, print_lines, sketch

KINDS = (
    "feedforward",
    "direct",
    "lateral",
    "indirect",
    "complete",
    "elman",
    "jordan",
    "lstm",
    "gru",
    "minimal_gated",
    "convolution",
    "spatial_convolution",
    "attention",
    "transformer",
    "echo_state",
    "random_graph",
    "small_world",
    "scale_free",
    "delay_line",
    "continuous_time",
)
"""Drawings that take numbers only, in groups of related ones."""

OTHERS = {
    "bidirectional": "takes a drawing, as --bidirectional",
    "from_matrix": "takes matrices",
    "from_tables": "takes tables, as graphnet connectome",
    "from_torch": "takes a module",
    "rewired": "takes a drawing, as graphnet rewire",
    "sinusoidal_positions": "makes inputs, not a drawing",
    "stack": "takes drawings",
    "standardized": "takes a drawing and data",
    "to_torch": "takes a network",
    "train_only": "takes a drawing",
    "with_inputs": "takes a drawing",
    "with_readout": "takes a drawing",
    "without": "takes a drawing",
}
"""Other functions of ``graphnet.graphs``, each with the reason why it is not a command here."""

SMALLEST = {
    "n_inputs": 1,
    "n_hidden": 3,
    "n_outputs": 1,
    "n_neurons": 5,
    "n_taps": 3,
    "n_channels": 2,
    "shape": (3, 3),
    "n_heads": 1,
    "width": 2,
    "window": 2,
    "density": 0.5,
    "seed": 0,
}
"""Parameters of the drawings that ``--list`` shows."""
SMALLEST_OF = {"lstm": {"n_hidden": 1}, "gru": {"n_hidden": 1}, "minimal_gated": {"n_hidden": 1}}
"""Of a gated unit one shows all."""

OPEN_WITHOUT_SEED = frozenset({"lstm", "gru", "minimal_gated"})
"""Drawings that are not random without a seed; for all others a seed is drawn if none is given."""


class New(CommandGroup):
    """Group with a command for each drawing, which is made on request."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return all kinds of drawings."""
        return list(KINDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of a kind, written with ``_`` or ``-``."""
        name = cmd_name.replace("-", "_")
        return make_command(read_drawings()[name]) if name in KINDS else None


@click.group(cls=New, invoke_without_command=True, options_metavar="", subcommand_metavar="KIND OUT [OPTIONS]")
@click.option("--list", "listed", is_flag=True, help="Show a line and a small picture of each KIND, and exit.")
@_options.as_json
@click.pass_context
def new(ctx: click.Context, listed: bool, as_json: bool) -> None:
    """Draw a network of a common KIND, to train as it is or to edit.

    `graphnet new --list` has a line and a small picture of each KIND, and `graphnet new KIND --help` lists the options
    of one.  The suffix of OUT gives the format.
    """
    if listed:
        list_kinds(as_json)
        ctx.exit()
    if as_json:
        raise click.UsageError("--json comes after a KIND, or with --list", ctx)


def list_kinds(as_json: bool) -> None:
    """Print the first sentence and a sketch of each kind of drawing at its smallest sensible size."""
    import graphnet as gn

    is_ascii = signs_of() is not SIGNS["unicode"]
    rows: list[dict[str, Any]] = []
    for name in KINDS:
        drawing = read_drawings()[name]
        size = smallest(drawing)
        graph = getattr(gn.graphs, name)(**size)
        text = drawing.as_help(drawing.text.split("\n\n")[0]).removeprefix("Draw ")
        rows.append(
            {
                "kind": name,
                "text": text[0].upper() + text[1:],
                "size": size,
                "picture": sketch(graph, is_ascii=is_ascii),
            }
        )
    if as_json:
        told = [row | {"picture": list(map(str, row["picture"]))} for row in rows]
        print_json({"kinds": told, "legend": list(map(str, legend(is_ascii)))})
        return
    for row in rows:
        click.echo(row["kind"])
        for line in wrap(row["text"], WIDTH - 2):
            click.echo(f"  {line}")
        print_lines(row["picture"], "    ")
        click.echo()
    print_lines(legend(is_ascii))
    click.echo("graphnet new KIND --help lists the options of a kind.")


def smallest(drawing: Drawing) -> dict[str, Any]:
    """Return the parameters of the smallest drawing of a kind that shows what the kind is."""
    size = SMALLEST | SMALLEST_OF.get(drawing.name, {})
    return {parameter.name: size[parameter.name] for parameter in drawing.parameters if parameter.name in size}


def make_command(drawing: Drawing) -> click.Command:
    """Return the command that calls a drawing function with its options and writes the drawing."""
    command = click.Command(
        drawing.name,
        callback=partial(draw, drawing),
        help=drawing.as_help(drawing.text),
        params=[click.Argument(["out"], type=click.Path())],
    )
    for parameter in drawing.parameters:
        if parameter.name == "seed" and drawing.name not in OPEN_WITHOUT_SEED:
            command = _options.seed(command)
        else:
            command.params.append(make_option(drawing, parameter))
    for add in (
        click.option("--bidirectional", is_flag=True, help="Add a mirror image of the network in reversed time."),
        click.option("--force", is_flag=True, help="Replace OUT if it exists."),
        _options.as_json,
    ):
        command = add(command)
    return command


def make_option(drawing: Drawing, parameter: Parameter) -> click.Option:
    """Return the option for a parameter of a drawing, with its name, type, default and help."""
    flags, default = parameter.option, parameter.default
    given: dict[str, Any] = {"required": True}
    if default is not REQUIRED:
        shown = ",".join(map(str, default)) if isinstance(default, tuple) else default
        given = {"default": shown, "show_default": default is not None}
    if parameter.annotation == "bool":
        flags = f"{flags}/--no-{flags.removeprefix('--')}"
    else:
        given["type"] = type_of(parameter)
    meaning = parameter.meaning
    if interval := _interval(parameter):
        meaning += f"  A number in {interval}."
    text = drawing.as_help(meaning)
    if parameter.option != f"--{parameter.name.replace('_', '-')}":
        text += f"  In Python it is {parameter.name}."
    return click.Option([flags, parameter.name], help=text, **given)


def type_of(parameter: Parameter) -> click.ParamType[Any]:
    """Return the type of an option, from the annotation of the parameter and its line in the docstring."""
    if parameter.annotation == "str":
        choices = re.findall(r'"(\w+)"', parameter.takes)
        return Choice(choices) if choices else _options.NameOf("activations")
    if parameter.name == "seed":
        return click.IntRange(min=0)
    types: dict[str, click.ParamType[Any]] = {
        "int": click.INT,
        "int | None": click.INT,
        "float": Number(_interval(parameter)),
        "int | Sequence[int]": Several(click.INT),
        "tuple[float, float]": Several(Number(), 2),
    }
    return types[parameter.annotation]


def draw(
    drawing: Drawing,
    *,
    out: str,
    bidirectional: bool,
    force: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Call a drawing function with its options, write the drawing, and describe it on stdout."""
    import graphnet as gn
    from graphnet import io

    if Path(out).is_file() and not force:
        raise click.BadParameter(
            f"{out}: the file exists; name another, or replace it with --force", param_hint="'OUT'"
        )
    seed = options.get("seed")
    if "seed" in options and drawing.name not in OPEN_WITHOUT_SEED:
        options["seed"] = _options.resolve_seed(seed)
    try:
        graph = getattr(gn.graphs, drawing.name)(**options)
        if bidirectional:
            graph = gn.graphs.bidirectional(graph)
    except gn.GraphError as error:
        raise click.UsageError("; ".join(map(drawing.as_usage, error.problems))) from error
    gn.validate(graph)
    with warnings.catch_warnings():
        warnings.simplefilter("error", io.LossWarning)
        try:
            gn.write_graph(graph, out)
        except io.LossWarning as loss:
            raise gn.DataError(f"{loss}; nothing was written: use another format, which stores all of it") from loss
    roles = [role for _, role in graph.nodes(data="role")]
    counts = {"nodes": len(graph), "inputs": roles.count("input"), "outputs": roles.count("output")}
    result = {"file": out, "drawing": drawing.name, **counts, "synapses": graph.number_of_edges()}
    feedback = gn.feedback(graph).counts()
    if as_json:
        taken = {**options, "bidirectional": bidirectional}
        if "seed" in options:
            taken["seed_drawn"] = seed is None and options["seed"] is not None
        print_json({**result, "feedback": feedback, "options": taken})
        return
    kinds = [f"{number} {kind}" for kind, number in feedback.items() if number and kind != "forward"]
    result["feedback"] = ", ".join(kinds) or "none"
    print_rows(result | {"seed": show_seed(options["seed"], seed) if options.get("seed") is not None else None})


def _interval(parameter: Parameter) -> str | None:
    """Return the interval of a number as its docstring gives it; None if it gives none."""
    found = INTERVAL.search(parameter.takes) if parameter.annotation == "float" else None
    return None if found is None else found[0]
