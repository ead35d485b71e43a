"""``graphnet tour``: the kinds of feedback, drawn and trained to recall, and which of them remember."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap
from time import perf_counter
from typing import TYPE_CHECKING, Any

import click

from ..layers import SIGNS, WIDTH, signs_of
from ..options import types as _options
from ..render import is_quiet, print_json, print_log, status_line
from ..sketches import Line, legend, print_lines, sketch

if TYPE_CHECKING:
    import graphnet as gn

N_HIDDEN, N_DRAWN, N_STEPS = 8, 3, 24
RECALLED = 0.9
"""Least share of signs that a network which remembers them says right; guessing has 0.5."""
LAG_OF_PAGES = 2
BARS = "▁▂▃▄▅▆▇█"
WHY = {
    "feedforward": "Signals pass forward only: the output depends on the input of the same step, and on no earlier "
    "one. No training can change that.",
    "direct": "Each hidden neuron feeds itself: it adds its input to what is left of its last value. Its whole past "
    "is one number, in which recent signs weigh most and older ones are hard to tell apart.",
    "lateral": "Hidden neurons feed each other: a sign can pass from one to the next, a neuron a step, as along a "
    "chain. The more neurons, the longer the chain.",
    "indirect": "Only the output feeds back, and it is one number, which already has an answer to give. Signs that "
    "are still to be answered have no room in it.",
    "complete": "All of these at once: every neuron feeds every neuron that is not an input, itself included.",
}
"""Kinds of drawings in the order of the tour, each with what its wiring can and cannot do."""
TASK = (
    "Recall: the input is a random sign, +1 or -1, at each step, and the network has to say the sign of k steps "
    f"earlier. Guessing is right half of the time. Each network has {N_HIDDEN} hidden neurons (drawn below with "
    f"{N_DRAWN}) and one output, and is trained anew for each k; signs of the test are others than those of the "
    "training."
)
NEXT = (
    ("graphnet new --list", "every kind of drawing, with a picture"),
    ("graphnet new complete net.json --inputs 1 --hidden 8 --outputs 1", "draw one"),
    ("graphnet inspect net.json", "its layers, synapses and schedule"),
    ("graphnet view net.json -o net.html", "its picture as a page for any browser"),
    ("graphnet plot draw net.json -o net.png", "its picture, with matplotlib"),
)
"""Commands to go on with, in an order in which each finds its files."""


@dataclass(frozen=True)
class Plan:
    """Sizes of the experiment."""

    lags: tuple[int, ...]
    n_seeds: int
    n_samples: int
    epochs: int


WHOLE = Plan(lags=(0, 1, 2, 3, 4, 6, 8), n_seeds=3, n_samples=256, epochs=60)
QUICK = Plan(lags=(0, 1, 2, 4), n_seeds=1, n_samples=128, epochs=40)


@click.command()
@click.option("--quick", is_flag=True, help="Train on fewer signs, lags and seeds, in a few seconds.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="The first seed.")
@click.option(
    "-o", "--output", type=click.Path(file_okay=False), help="Write drawings, pages and data into this folder."
)
@_options.as_json
def tour(quick: bool, seed: int, output: str | None, as_json: bool) -> None:
    """Draw the four kinds of feedback, train each to recall, and show which remember.

    Five small networks, one without feedback and one of each kind, are trained to say the input of some steps ago.
    It takes about half a minute, and the first time of all some 15 seconds more, to compile kernels.  In a terminal the
    tour waits for Enter after each network.
    """
    print_log()
    plan = QUICK if quick else WHOLE
    is_ascii = signs_of() is not SIGNS["unicode"]
    waits = not (quick or as_json) and _is_terminal()
    say: Callable[..., None] = (lambda *lines: None) if as_json else _say
    began = perf_counter()
    say("Which kinds of feedback remember?", "", *wrap(TASK, WIDTH), "")
    if not as_json:
        print_lines(legend(is_ascii))
    found: list[dict[str, Any]] = []
    for i, (kind, why) in enumerate(WHY.items(), start=1):
        picture = _sketch(kind, is_ascii)
        if not as_json:
            say("", f"{i} of {len(WHY)}: {kind}" + " (no feedback)" * (kind == "feedforward"), "")
            print_lines(picture, "    ")
            say("", *wrap(why, WIDTH))
        row = measure(kind, plan, seed, Path(output) if output else None)
        found.append(row | {"why": why, "picture": list(map(str, picture))})
        say(*wrap(f"{row['synapses']} synapses, {row['parameters']} parameters: {_in_words(row)}.", WIDTH))
        if waits:
            _wait()
    wide = measure_wide(plan, seed)
    if as_json:
        told: dict[str, Any] = {"task": TASK, "seeds": [seed + i for i in range(plan.n_seeds)], "lags": plan.lags}
        told |= {"networks": found, "with_an_output_for_each_lag": wide, "seconds": perf_counter() - began}
        print_json(told)
        return
    mean = f", mean of {plan.n_seeds} seeds" if plan.n_seeds > 1 else ""
    say("", f"Who remembers? Signs recalled, in percent{mean}; 50 is guessing", "")
    print_lines(_table(found, plan.lags, is_ascii), "    ")
    say(
        "",
        *wrap(
            f"A test of the reason: indirect feedback from {len(plan.lags)} outputs, one for each k, {_test(wide)}",
            WIDTH,
        ),
    )
    say("", "next:", *(f"  {command}\n      {meaning}" for command, meaning in NEXT))
    if output:
        pages = ", ".join(f"{kind}.html" for kind in WHY)
        say(
            "", *wrap(f"pictures: {pages} in {output}, pages for any browser, with the activity of each network", WIDTH)
        )
        say(f"  graphnet train {Path(output, 'lateral.json')} {Path(output, 'recall.npz')} -o {Path(output, 'run')}")
    else:
        say("", "pictures: graphnet tour -o FOLDER writes a page of each network with its activity")
    say(f"The tour took {perf_counter() - began:.0f} s.")


def measure(kind: str, plan: Plan, seed: int, folder: Path | None = None) -> dict[str, Any]:
    """Train a kind of drawing on each lag and return the share of signs that it recalls, and the counts of its parts.

    With ``folder`` a network, its drawing and the data are written there.
    """
    import graphnet as gn

    graph = getattr(gn.graphs, kind)(1, N_HIDDEN, 1)
    shares: dict[int, list[float]] = {lag: [] for lag in plan.lags}
    with status_line() as status:
        for lag in plan.lags:
            for each in range(seed, seed + plan.n_seeds):
                if status:
                    status(f"training {kind}: k = {lag}, seed {each}")
                net, recalled = train(graph, (lag,), plan, each)
                shares[lag] += recalled
                if folder and lag == LAG_OF_PAGES and each == seed:
                    write(folder, kind, net, graph, plan, seed)
    parts = {"synapses": net.n_edges, "parameters": len(net.parameters), "feedback": gn.feedback(graph).counts()}
    return {"kind": kind, **parts, **_summary(shares)}


def measure_wide(plan: Plan, seed: int) -> dict[str, Any]:
    """Train indirect feedback from an output for each lag, and return the shares of signs that these recall."""
    import graphnet as gn

    graph = gn.graphs.indirect(1, N_HIDDEN, len(plan.lags))
    shares: dict[int, list[float]] = {lag: [] for lag in plan.lags}
    for each in range(seed, seed + plan.n_seeds):
        for lag, recalled in zip(plan.lags, train(graph, plan.lags, plan, each)[1], strict=True):
            shares[lag].append(recalled)
    return _summary(shares)


def train(graph: Any, lags: Sequence[int], plan: Plan, seed: int) -> tuple[gn.Network, list[float]]:
    """Train a drawing with an output for each lag; return the network and, on other signs, the shares it recalls."""
    import graphnet as gn

    inputs, targets = recall(plan.n_samples, lags, seed, "train")
    net = gn.compile(graph, seed=seed)
    with warnings.catch_warnings():
        # networks that cannot remember have gradients that vanish; the tour says so by its results
        warnings.simplefilter("ignore", gn.GradientWarning)
        gn.fit(
            net,
            inputs,
            targets,
            epochs=plan.epochs,
            batch_size=32,
            learning_rate=0.02,
            schedule="cosine",
            clip_norm=1.0,
            seed=seed,
            progress=False,
        )
    inputs, targets = recall(plan.n_samples, lags, seed, "test")
    right = net.run(inputs) * targets > 0
    # steps before the first sign that is asked for have nothing to recall
    return net, [float(right[:, lag:, k].mean()) for k, lag in enumerate(lags)]


def recall(n_samples: int, lags: Sequence[int], seed: int, part: str) -> tuple[Any, Any]:
    """Return random signs (n_samples, n_steps, 1), and those of each lag before (n_samples, n_steps, n_lags), first 0.

    >>> inputs, targets = recall(1, (0, 2), seed=0, part="train")
    >>> bool((targets[0, :, 0] == inputs[0, :, 0]).all()), bool((targets[0, 2:, 1] == inputs[0, :-2, 0]).all())
    (True, True)
    """
    import numpy as np

    rng = np.random.default_rng([seed, part == "test"])
    signs = rng.choice([-1.0, 1.0], (n_samples, N_STEPS, 1))
    targets = [np.concatenate([np.zeros((n_samples, lag, 1)), signs[:, : N_STEPS - lag]], axis=1) for lag in lags]
    return signs, np.concatenate(targets, axis=2)


def write(folder: Path, kind: str, net: gn.Network, graph: Any, plan: Plan, seed: int) -> None:
    """Write a drawing, the page of its trained network, and the data."""
    import graphnet as gn
    from graphnet import io

    folder.mkdir(parents=True, exist_ok=True)
    inputs, targets = recall(plan.n_samples, (LAG_OF_PAGES,), seed, "test")
    gn.write_graph(graph, folder / f"{kind}.json")
    title = f"{kind}: the output is the sign of {LAG_OF_PAGES} steps ago"
    gn.view(net, folder / f"{kind}.html", inputs=inputs[:4], targets=targets[:4], title=title)
    x, y = recall(plan.n_samples, (LAG_OF_PAGES,), seed, "train")
    io.write_arrays(str(folder / "recall.npz"), {"x": x, "y": y})


def _sketch(kind: str, is_ascii: bool) -> list[Line]:
    import graphnet as gn

    return sketch(getattr(gn.graphs, kind)(1, N_DRAWN, 1), is_ascii=is_ascii)


def _summary(shares: Mapping[int, Sequence[float]]) -> dict[str, Any]:
    """Return mean and worst shares by lag, and the largest lag up to which all of them are recalled by each seed."""
    reached = None
    for lag, of_seeds in shares.items():
        if min(of_seeds) < RECALLED:
            break
        reached = lag
    mean = {lag: sum(each) / len(each) for lag, each in shares.items()}
    return {"recalled": mean, "worst": {lag: min(each) for lag, each in shares.items()}, "remembers": reached}


def _in_words(row: Mapping[str, Any]) -> str:
    reached, lags = row["remembers"], list(row["recalled"])
    if reached is None:
        return "it does not even say the sign of this step"
    if reached == 0:
        return "it knows the sign of this step, and of no step before it"
    return f"it recalls up to {_steps(reached)} ago" + ", the most asked for" * (reached == lags[-1])


def _steps(number: int) -> str:
    return f"{number} step{'s' * (number != 1)}"


def _test(wide: Mapping[str, Any]) -> str:
    if not wide["remembers"]:
        return "does not recall either: with this seed the reason given above is not confirmed."
    return (
        f"recalls up to {_steps(wide['remembers'])} ago. The outputs then hold the signs that are still to be "
        "answered: what counts is how much can travel around the loop, not only that there is one."
    )


def _table(found: Sequence[Mapping[str, Any]], lags: Sequence[int], is_ascii: bool) -> list[Line]:
    """Return a row for each kind, with the share of each lag as a number and a bar."""
    width = max(map(len, WHY))
    lines = [Line()]
    lines[0].put(0, " " * width + "".join(f"  {f'k={lag}':>5}" for lag in lags) + "  up to k")
    for row in found:
        line = Line()
        colour = row["kind"] if row["feedback"].get(row["kind"]) else None
        line.put(0, row["kind"], colour)
        for i, lag in enumerate(lags):
            share = row["recalled"][lag]
            bar = BARS[min(int((max(share, 0.5) - 0.5) * 2 * len(BARS)), len(BARS) - 1)]
            line.put(width + 7 * i, f"  {100 * share:>3.0f} ")
            line.put(width + 7 * i + 6, " " if is_ascii else bar, colour)
        line.put(width + 7 * len(lags), f"  {'none' if row['remembers'] is None else row['remembers']:>7}")
        lines.append(line)
    return lines


def _say(*lines: str) -> None:
    for line in lines:
        click.echo(line)


def _is_terminal() -> bool:
    streams = (sys.stdin, sys.stdout)
    return all(getattr(each, "isatty", bool)() for each in streams) and not is_quiet(click.get_current_context())


def _wait() -> None:
    """Wait for Enter, or for the end of stdin."""
    try:
        input("    Enter: go on ")
    except EOFError:
        click.echo()
