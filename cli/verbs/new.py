"""``graphnet new``: a command for each drawing of ``graphnet.graphs``, with its parameters as options."""

from __future__ import annotations

import re
import warnings
from functools import partial
from pathlib import Path
from typing import Any

import click

from ..options import types as _options
from ..options.drawings import REQUIRED, Drawing, Parameter, read_drawings
from ..options.group import CommandGroup
from ..options.numbers import INTERVAL, Number, Several
from ..render import print_json, print_rows, show_seed

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


@click.group(cls=New, options_metavar="", subcommand_metavar="KIND OUT [OPTIONS]")
def new() -> None:
    """Draw a network of a common KIND, to train as it is or to edit.

    `graphnet new KIND --help` lists the options of a kind.  The suffix of OUT gives the format.
    """


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
        return click.Choice(choices) if choices else _options.NameOf("activations")
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
