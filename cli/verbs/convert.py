"""``graphnet convert``: a drawing from one format of files to another."""

from __future__ import annotations

import warnings

import click

from ..options import types as _options
from ..render import is_quiet, print_json


@click.command()
@click.argument("source", metavar="IN", type=click.Path())
@click.argument("target", metavar="OUT", type=click.Path())
@click.option("--strict", is_flag=True, help="Fail, and write nothing, where OUT would not hold all of the drawing.")
@_options.as_json
def convert(source: str, target: str, strict: bool, as_json: bool) -> None:
    """Read the drawing IN and write it to OUT; the suffixes say the formats.

    What IN has that is no drawing, and what the format of OUT does not hold, is said on stderr.  The drawing need not
    be a network yet.
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
            raise gn.DataError(f"{error}; nothing was written, as --strict asks") from error
    losses = [warning.message for warning in caught if isinstance(warning.message, io.LossWarning)]
    for loss in [] if is_quiet(click.get_current_context()) else losses:
        click.echo(f"graphnet: note: {loss}", err=True)
    nodes, synapses = graph.number_of_nodes(), graph.number_of_edges()
    if as_json:
        dropped = [{"file": loss.file, "what": loss.dropped} for loss in losses]
        print_json({"from": source, "to": target, "nodes": nodes, "synapses": synapses, "dropped": dropped})
    else:
        click.echo(f"{source} -> {target}: {nodes} nodes and {synapses} synapses")
