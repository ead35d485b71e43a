"""``graphnet inspect``: describe a network, its schedule and the memory that it needs."""

from __future__ import annotations

from collections import Counter
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import click

from ..layers import describe_layers, draw_layers, signs_of
from ..networks import open_network
from ..options import types as _options
from ..options.group import Choice
from ..render import print_json, print_rows, show_bytes

if TYPE_CHECKING:
    import graphnet as gn

WIDTH, HEIGHT = 80, 24
"""Of the screen that the answer fits on, unless --verbose is given."""

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
@click.option("-v", "--verbose", is_flag=True, help="Print every count on a line of its own, and the schedule.")
@click.option("--schedule", is_flag=True, hidden=True, help="Same as --verbose.")
@_options.as_json
def inspect(network: str, samples: int, steps: int, layers: str, verbose: bool, schedule: bool, as_json: bool) -> None:
    """Show the layers, neurons, synapses, feedback and memory of a network, on one screen.

    Each layer has a line, from the inputs on: its neurons, and the synapses that leave it, by where they go: forward to
    a later layer, direct to the neuron itself, lateral within the layer, indirect to an earlier one.
    """
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
    rows = describe_layers(found, net.to_table(), activations_of(net))
    lines = net.summary().splitlines()
    if as_json:
        memory = {"samples": samples, "steps": steps, "run": estimate.run, "value_and_grad": estimate.value_and_grad}
        print_json(
            {"file": network, **counts, "dtype": str(net.dtype), "dt": net.dt}
            | {"neurons": neurons, "synapses_of": synapses, "parameters_of": parameters}
            | {"feedback": {**feedback, "complete": len(found.complete), **components}}
            | {**compiled, "memory": memory, "layers": rows, "schedule": lines}
        )
        return
    if not (verbose or schedule):
        said = {
            "network": network,
            "nodes": f"{net.n_nodes}: {net.n_inputs} inputs, {sum(neurons['hidden'].values())} hidden, "
            f"{net.n_outputs} outputs",
            "of them": show_counts(neurons["of_them"]),
            "synapses": f"{net.n_edges}: {show_counts(feedback)}",
            "delays": show_delays(synapses["delays"]),
            "of these": show_special(synapses),
            "parameters": f"{counts['parameters']}: {show_counts(parameters) or 'none is learnt'}",
            "feedback": show_components(components, len(found.complete)),
            "compiled": f"{show_number(compiled['stages'], 'stage')}, {compiled['scanned_stages']} of them scanned "
            f"step by step, {show_number(compiled['levels'], 'level')}",
            "memory": f"{show_bytes(estimate.run)} to run {samples} x {steps} steps, "
            f"{show_bytes(estimate.value_and_grad)} to train on them",
        }
        above = show_rows(said)
        hint = f"--verbose shows the schedule, of {show_number(len(lines), 'line')}, and every count"
        # besides these, a blank line on each side of the picture and its header
        picture = draw_layers(rows, HEIGHT - len(above) - 4, signs=signs_of())
        for line in (*above, "", *picture, "", hint):
            click.echo(line)
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
    for line in draw_layers(rows, len(rows), signs=signs_of()):
        click.echo(line)
    click.echo()
    for line in lines:
        click.echo(line)


def codes_of_activations(net: gn.Network) -> Any:
    """Return the code of the activation of each row of the program, into its ``activations``; -1 of inputs."""
    import numpy as np

    activation = np.full(net.n_nodes, -1)
    for segment in net.program.segments:
        activation[slice(*segment["row"])] = segment["activation"]
    return activation


def activations_of(net: gn.Network) -> list[str]:
    """Return the name of the activation of each node; that of an input has no meaning."""
    import numpy as np

    by_node = np.empty(net.n_nodes, np.int64)
    by_node[net.program.order] = codes_of_activations(net)
    names = (*net.program.activations, "")  # the last one is that of inputs, code -1
    return [names[code] for code in by_node.tolist()]


def count_neurons(net: gn.Network) -> dict[str, dict[str, int]]:
    """Return the number of hidden and output neurons with each activation, and with special features in ``of_them``."""
    import numpy as np

    program, table = net.program, net.to_table()
    activation = codes_of_activations(net)
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


def show_number(number: int, noun: str) -> str:
    """Return a number with its noun.

    >>> show_number(1, "stage"), show_number(2, "stage")
    ('1 stage', '2 stages')
    """
    return f"{number} {noun}{'s' * (number != 1)}"


def show_special(synapses: dict[str, Any]) -> str | None:
    """Return the numbers of gated, fixed and tied synapses as text; None without any."""
    gated, fixed, tied = (synapses[f"{what}_synapses"] for what in ("gated", "fixed", "tied"))
    parts = [f"{gated} gated by {show_number(synapses['gates'], 'neuron')}"] * bool(gated)
    parts += [f"{fixed} fixed"] * bool(fixed) + [f"{tied} in {show_number(synapses['ties'], 'tie')}"] * bool(tied)
    return ", ".join(parts) or None


def show_components(components: dict[str, int], n_complete: int) -> str:
    """Return what feeds back, as text."""
    if not components["components"]:
        return "none"
    said = f"{show_number(components['components'], 'component')} of neurons that reach each other, the largest of "
    said += f"{components['largest']}"
    return said + (f"; {show_number(n_complete, 'neuron')} with complete feedback" if n_complete else "")


def show_rows(rows: dict[str, str | None]) -> list[str]:
    """Return a line for each row, or several for one that is wider than the screen; rows of None are left out."""
    shown = {name: value for name, value in rows.items() if value is not None}
    width = max(map(len, shown)) + 2
    lines = []
    for name, value in shown.items():
        first, *others = wrap(value, max(WIDTH - width, 20), break_long_words=False, break_on_hyphens=False) or [""]
        lines += [f"{name:<{width}}{first}", *(" " * width + other for other in others)]
    return lines
