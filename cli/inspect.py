"""``graphnet inspect``: what a drawing is, and what it will take."""

from __future__ import annotations

import click

from . import _options
from ._networks import compile_drawing
from ._render import print_json, print_rows, show_bytes


@click.command()
@click.argument("graph", type=click.Path())
@click.option(
    "--samples", type=_options.COUNT, default=32, show_default=True, help="Sequences to estimate the memory of."
)
@click.option("--steps", type=_options.COUNT, default=100, show_default=True, help="Steps of each sequence.")
@click.option(
    "--layers",
    type=click.Choice(["drawn", "depth"]),
    default="drawn",
    show_default=True,
    help="Name feedback by the layers as drawn, or by the distance from the inputs.",
)
@_options.as_json
def inspect(graph: str, samples: int, steps: int, layers: str, as_json: bool) -> None:
    """Show the neurons, the feedback, the schedule and the memory of GRAPH."""
    import graphnet as gn

    net = compile_drawing(graph, seed=0)
    found = gn.feedback(net.to_table(), layers="depth" if layers == "depth" else None)
    estimate = net.estimate(samples, steps)
    feedback = found.counts()
    counts = {
        "nodes": net.n_nodes,
        "inputs": net.n_inputs,
        "outputs": net.n_outputs,
        "synapses": net.n_edges,
        "parameters": len(net.parameters),
    }
    components = {
        "components": len(found.components),
        "largest": max(map(len, found.components), default=0),
        "complete_components": len(found.complete_components),
    }
    compiled = {"stages": len(net.program.stages), "levels": len(net.program.levels)}
    if as_json:
        memory = {"samples": samples, "steps": steps, "run": estimate.run, "value_and_grad": estimate.value_and_grad}
        print_json(
            {"file": graph, **counts, "feedback": {**feedback, "complete": len(found.complete), **components}}
            | {**compiled, "memory": memory, "schedule": net.summary().splitlines()}
        )
        return
    print_rows(
        {"graph": graph, **counts}
        | {f"{kind} synapses": number for kind, number in feedback.items()}
        | {
            "neurons with complete feedback": len(found.complete),
            "components that feed back": components["components"],
            "neurons in the largest": components["largest"],
            "components with complete feedback": components["complete_components"],
        }
        | compiled
        | {
            f"memory to run {samples} x {steps} steps": show_bytes(estimate.run),
            "memory to train on them": show_bytes(estimate.value_and_grad),
        }
    )
    click.echo(f"\n{net.summary()}")
