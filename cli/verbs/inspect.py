"""``graphnet inspect``: describe a network, its schedule and the memory that it needs."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from ..networks import open_network
from ..options import types as _options
from ..options.group import Choice
from ..render import print_first, print_json, print_rows, show_bytes

if TYPE_CHECKING:
    import graphnet as gn

MOST_LINES = 40
"""Largest number of lines of the schedule to print without --schedule."""

MOST_DELAYS = 6
"""Largest number of different delays to list one by one."""


@click.command()
@click.argument("network", metavar="GRAPH|RUN", type=click.Path())
@click.option(
    "--samples", type=_options.COUNT, default=32, show_default=True, help="Sequences to estimate the memory of."
)
@click.option("--steps", type=_options.COUNT, default=100, show_default=True, help="Steps of each sequence.")
@click.option(
    "--layers",
    type=Choice(["drawn", "depth"]),
    default="drawn",
    show_default=True,
    help="Name feedback by the layers as drawn, or by the distance from the inputs.",
)
@click.option("--schedule", is_flag=True, help=f"Print the whole schedule instead of its first {MOST_LINES} lines.")
@_options.as_json
def inspect(network: str, samples: int, steps: int, layers: str, schedule: bool, as_json: bool) -> None:
    """Show the neurons, synapses, feedback, memory and schedule of a network."""
    import graphnet as gn

    net = open_network(network, seed=0)
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
    stages = net.program.stages
    compiled = {
        "stages": len(stages),
        "scanned_stages": int(stages["scanned"].sum()),
        "levels": len(net.program.levels),
    }
    neurons, synapses, parameters = count_neurons(net), count_synapses(net), count_parameters(net)
    lines = net.summary().splitlines()
    if as_json:
        memory = {"samples": samples, "steps": steps, "run": estimate.run, "value_and_grad": estimate.value_and_grad}
        print_json(
            {"file": network, **counts, "dtype": str(net.dtype), "dt": net.dt}
            | {"neurons": neurons, "synapses_of": synapses, "parameters_of": parameters}
            | {"feedback": {**feedback, "complete": len(found.complete), **components}}
            | {**compiled, "memory": memory, "schedule": lines}
        )
        return
    print_rows(
        {"network": network, **counts}
        | {f"{name} neurons": show_counts(neurons[name]) for name in ("hidden", "output")}
        | {"of them": show_counts(neurons["of_them"])}
        | {"delays": show_delays(synapses["delays"])}
        | {name.replace("_", " "): number or None for name, number in synapses.items() if name != "delays"}
        | {"learnt": show_counts(parameters)}
        | {f"{kind} synapses": number for kind, number in feedback.items()}
        | {
            "neurons with complete feedback": len(found.complete),
            "components that feed back": components["components"],
            "neurons in the largest": components["largest"],
            "components with complete feedback": components["complete_components"],
            "stages": f"{compiled['stages']}, {compiled['scanned_stages']} of them scanned step by step",
            "levels": compiled["levels"],
            f"memory to run {samples} x {steps} steps": show_bytes(estimate.run),
            "memory to train on them": show_bytes(estimate.value_and_grad),
        }
    )
    click.echo()
    print_first(lines, None if schedule else MOST_LINES, "--schedule")


def count_neurons(net: gn.Network) -> dict[str, dict[str, int]]:
    """Return the number of hidden and output neurons with each activation, and with special features in ``of_them``."""
    import numpy as np

    program, table = net.program, net.to_table()
    activation = np.full(net.n_nodes, -1)
    for segment in program.segments:
        activation[slice(*segment["row"])] = segment["activation"]
    is_output = np.zeros(net.n_nodes, bool)
    is_output[program.outputs] = True

    def by_name(some: Any) -> dict[str, int]:
        counted = np.bincount(activation[some], minlength=len(program.activations)).tolist()
        named = Counter(dict(zip(program.activations, counted, strict=True)))
        return {name: number for name, number in named.most_common() if number}

    special = {
        "leaky": (table.node("leak") != 1) | table.node("train_leak"),
        "with a time constant": table.node_gives("tau"),
        "in reversed time": table.node("reverse"),
        "with an onset": table.node("onset") > 0,
        "in a group": table.node_gives("group"),
        "tied": table.node_gives("tie"),
        "with a sign": table.node("sign") != 0,
    }
    return {
        "hidden": by_name(~is_output & (activation >= 0)),
        "output": by_name(is_output),
        "of_them": {name: int(some.sum()) for name, some in special.items() if some.any()},
    }


def count_synapses(net: gn.Network) -> dict[str, Any]:
    """Return the number of synapses with each delay, of gated, fixed and tied synapses, and of gates and ties."""
    import numpy as np

    program, table = net.program, net.to_table()
    delays: Counter[int] = Counter()
    for block in program.blocks:
        delays[int(block["delay"])] += int(block["entry"][1] - block["entry"][0])
    gate, tie = (table.edge(name)[table.edge_gives(name)] for name in ("gate", "tie"))
    return {
        "delays": {str(delay): delays[delay] for delay in sorted(delays)},
        "gated_synapses": len(gate),
        "gates": len(np.unique(gate)),
        "fixed_synapses": int((program.slots >= program.n_parameters).sum()),
        "tied_synapses": len(tie),
        "ties": len(np.unique(tie)),
    }


def count_parameters(net: gn.Network) -> dict[str, int]:
    """Return the number of parameters of each kind."""
    return dict(Counter(net.parameter_table().kind.tolist()))


def show_counts(counts: dict[str, int]) -> str | None:
    """Return counts as text, each followed by its name; None without counts."""
    return ", ".join(f"{number} {name}" for name, number in counts.items()) or None


def show_delays(delays: dict[str, int]) -> str | None:
    """Return the delays with their numbers of synapses, or their range if they are many; None without synapses."""
    if len(delays) > MOST_DELAYS:
        least, *_, largest = delays
        return f"{least} to {largest} steps, {len(delays)} different"
    return ", ".join(f"{delay} ({number} synapses)" for delay, number in delays.items()) or None
