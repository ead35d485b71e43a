"""``graphnet validate``: list all problems of a drawing."""

from __future__ import annotations

import click

from ..networks import count
from ..options import types as _options
from ..render import print_json, say_error


@click.command()
@click.argument("graph", type=click.Path())
@_options.as_json
@click.pass_context
def validate(ctx: click.Context, graph: str, as_json: bool) -> None:
    """Check that GRAPH is a valid network, and list every problem if it is not.

    Problems are printed on stdout, one per line, and the exit code is 3.
    """
    import graphnet as gn
    from graphnet import io

    drawing, settings = gn.read_graph(graph), io.compile_settings(graph) or {}
    problems: list[str] = []
    try:
        gn.validate(drawing, dt=settings.get("dt"))
    except gn.GraphError as error:
        problems = error.problems
    if as_json:
        print_json({"file": graph, "valid": not problems, "problems": problems})
    elif problems:
        for problem in problems:
            click.echo(f"{graph}: {problem}")
    else:
        nodes, synapses = count(drawing)
        click.echo(f"{graph}: valid, {nodes} nodes and {synapses} synapses")
    if problems:
        say_error(f"{graph}: {len(problems)} problem{'s' * (len(problems) != 1)}")
        ctx.exit(3)
