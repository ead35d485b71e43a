"""``graphnet convert``: convert a drawing, or that of a network or a run, to another file format."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import click

from ..networks import count, open_network
from ..options import types as _options
from ..options.group import Choice
from ..render import print_json, say_note


@click.command()
@click.argument("source", metavar="IN", type=click.Path())
@click.argument("target", metavar="OUT", type=click.Path())
@click.option("--strict", is_flag=True, help="Fail, and write nothing, if OUT cannot store all of the drawing.")
@click.option(
    "--dtype", type=Choice(["float64", "float32"]), help="Of a network in OUT.  [default: that of the network IN]"
)
@click.option("--dt", type=_options.POSITIVE, help="Of a network in OUT.  [default: that of the network IN]")
@_options.as_json
def convert(source: str, target: str, strict: bool, as_json: bool, **settings: Any) -> None:
    """Convert the drawing IN to OUT; the suffixes give the formats.

    An OUT named .dot, .gv (DOT, for Graphviz) or .mmd (Mermaid, for Markdown) is a picture, which is not read again.

    Where IN is a network file or a run folder, OUT has its learnt numbers; an OUT named .safetensors is a network file
    then, with its dtype and dt.

    Contents of IN that do not belong to the drawing, and contents that the format of OUT cannot store, are reported on
    stderr.  The drawing need not be a valid network yet.
    """
    import graphnet as gn
    from graphnet import io

    known = io.compile_settings(source)
    is_network = known is not None and Path(target).suffix.lower() == ".safetensors"
    told = [f"--{name}" for name, value in settings.items() if value is not None]
    if told and not is_network:
        raise click.UsageError(
            f"{' and '.join(told)}: a drawing has none; OUT is a network, which has, where IN is a network or a run "
            "and OUT is named .safetensors"
        )
    is_picture = Path(target).suffix.lower() in io.PICTURES
    if strict and is_picture:
        raise click.UsageError(f"--strict: {target} is a picture, which stores no drawing")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        net = open_network(source, seed=0, **settings) if is_network else None
        graph = gn.read_graph(source) if net is None else net.to_table()
        try:
            if strict:
                warnings.simplefilter("error", io.LossWarning)
            if net is None:
                gn.write_graph(graph, target)
            else:
                gn.save(net, target)
        except io.LossWarning as error:
            raise gn.DataError(f"{error}; nothing was written because of --strict") from error
    said = [warning.message for warning in caught if isinstance(warning.message, gn.GraphWarning)]
    losses = [warning for warning in said if isinstance(warning, io.LossWarning)]
    for warning in said:
        say_note(str(warning))
    if known is not None and not (is_network or is_picture) and known["dt"] != 1 and "tau" in graph.node_columns:
        say_note(f"{target}: a drawing has no dt, and that of {source} is {known['dt']:g}: tell graphnet train --dt")
    nodes, synapses = count(graph)
    if as_json:
        dropped = [{"file": loss.file, "what": loss.dropped} for loss in losses]
        print_json({"from": source, "to": target, "nodes": nodes, "synapses": synapses, "dropped": dropped})
    else:
        click.echo(f"{source} -> {target}: {nodes} nodes and {synapses} synapses")
