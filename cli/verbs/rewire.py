"""``graphnet rewire``: rewire a drawing at random, as a null model."""

from __future__ import annotations

import click

from ..networks import problems_of
from ..options import types as _options
from ..options.group import Choice
from ..render import print_json


@click.command()
@click.argument("graph", type=click.Path())
@click.argument("target", metavar="OUT", type=click.Path())
@click.option(
    "--keep",
    default="degree",
    show_default=True,
    type=Choice(["degree", "count", "scale"]),
    help="Keep in- and out-degrees, out-degrees alone, or the wiring, of which scales and weights are shuffled.",
)
@click.option(
    "--within",
    metavar="ATTRIBUTE",
    multiple=True,
    help="Rewire only among synapses of the same pair of values of an attribute of nodes; may be given several times.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of the draws.")
@_options.as_json
def rewire(graph: str, target: str, keep: str, within: tuple[str, ...], seed: int, as_json: bool) -> None:
    """Rewire GRAPH at random, and write it to OUT.

    Only the target end of a synapse moves; synapses from inputs, into outputs that feed nothing, self-loops, gated
    ones and those with a declared delay 0 stay.  No self-loop and no parallel synapse is added.
    """
    import graphnet as gn

    drawing = gn.read_graph(graph)
    with problems_of(graph):
        attributes = within[0] if len(within) == 1 else list(within) or None
        null = gn.graphs.rewired(drawing, keep=keep, within=attributes, seed=seed)
    record = (null.attributes if isinstance(null, gn.GraphTable) else null.graph)["rewired"]
    gn.write_graph(null, target)
    if as_json:
        print_json({"from": graph, "to": target, **record})
    else:
        synapses = record["moved"] + record["kept"]
        click.echo(f"{graph} -> {target}: {record['moved']} of {synapses} synapses moved, {record['kept']} kept")
