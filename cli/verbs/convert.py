"""``graphnet convert``: convert a drawing from one file format to another."""

from __future__ import annotations

import warnings

import click

from ..networks import count
from ..options import types as _options
from ..render import is_quiet, print_json


@click.command()
@click.argument("source", metavar="IN", type=click.Path())
@click.argument("target", metavar="OUT", type=click.Path())
@click.option("--strict", is_flag=True, help="Fail, and write nothing, if OUT cannot store all of the drawing.")
@_options.as_json
def convert(source: str, target: str, strict: bool, as_json: bool) -> None:
    """Convert the drawing in the file IN to OUT; the suffixes give the formats.

    Contents of IN that do not belong to the drawing, and contents that the format of OUT cannot store, are reported on
    stderr.  The drawing need not be a valid network yet.
    """
    import graphnet as gn
    from graphnet import io

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        graph = gn.read_graph(source)
        try:
            if strict:
                warnings.simplefilter("error", io.LossWarning)
            gn.write_graph(graph, target)
        except io.LossWarning as error:
            raise gn.DataError(f"{error}; nothing was written because of --strict") from error
    losses = [warning.message for warning in caught if isinstance(warning.message, io.LossWarning)]
    for loss in [] if is_quiet(click.get_current_context()) else losses:
        click.echo(f"graphnet: note: {loss}", err=True)
    nodes, synapses = count(graph)
    if as_json:
        dropped = [{"file": loss.file, "what": loss.dropped} for loss in losses]
        print_json({"from": source, "to": target, "nodes": nodes, "synapses": synapses, "dropped": dropped})
    else:
        click.echo(f"{source} -> {target}: {nodes} nodes and {synapses} synapses")
