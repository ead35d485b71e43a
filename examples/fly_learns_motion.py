"""Train the optic lobe of the fly from scratch to see motion, and look for direction selectivity in its cells.

The wiring is that of fly.py: which types are joined, by how many synapses, and with which sign.  Unknown, as in
flyvis, are the time constant and the bias of each of the 65 types of cells, and the strength of each of the 604 pairs
of types.  They are drawn, and learnt together with a linear readout in each column, of 34 types averaged over its
neighbourhood, as the large cells of the lobula plate do.  The targets are the direction and the speed of what moves
there: edges, gratings or noise.

    python examples/fly_learns_motion.py --seeds 0 1 2 -o runs/fly_learns_motion

A fit that was stopped goes on when the command is given again.  Direction selectivity is then measured as in
fly_sees_motion.py, in the networks trained here and in those that flyvis trained on films.  Settings were chosen
by the error of the readout, and none by selectivity.  benchmarks/README.md has the figures of six seeds: directions are
found within 9 to 13 degrees for edges, and 33 of the 36 T4 and T5 types that become selective prefer the axis that they
prefer in the animal, though a third of them the reverse direction.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from time import perf_counter

import networkx as nx
import numpy as np
from scipy.stats import spearmanr

import graphnet as gn

from fly import DT, GREY, MEASURED, draw_optic_lobe, hexagon, peak_responses, places, read_flyvis, tuning

TYPES = read_flyvis()["types"].tolist()
READ = [name for name in TYPES if name.startswith("T")]
"""Types that the readout averages: those whose names begin with T, as in flyvis."""
STEP = 1 / 50
"""Seconds of a step in training, as in flyvis; selectivity is measured with steps of `DT`."""
N_STEPS, N_GREY, N_STILL = 40, 5, 5
"""Steps of a stimulus; the first are grey, and in some after them nothing moves yet."""
KINDS = ("edges", "gratings", "noise")
REACH = 2
"""Distance of the farthest columns that the readout of a column averages."""
REST = 0.1
"""Potential of all cells in front of grey, before training."""
TARGETS = ("cosine", "sine", "speed")
READOUT = 20.0
"""Sum of the scales of a type in a readout: differences between averages are small."""
UNIT = 10.0
"""Columns per second of a target of 1."""
SELECTIVE = 0.1
"""Index of a cell from which on its preferred direction counts."""


def draw(extent: int, seed: int) -> nx.DiGraph:
    """Draw the optic lobe with drawn parameters, and readouts ``(target, u, v)`` of the columns in the middle.

    Strengths are normal, without their signs, with deviation 1/sqrt(number of types that feed the target), and time
    constants are 20 to 200 ms.  Biases are such that all cells rest at `REST` in front of grey: just above their
    threshold, since a network of cells far from it is linear, and no linear network sees motion.
    """
    flyvis, rng = read_flyvis(), np.random.default_rng(seed)
    source, target, sign = (flyvis["pair_" + name].astype(int) for name in ("source", "target", "sign"))
    total = np.bincount(flyvis["group_pair"], flyvis["group_n_syn"])
    n_fed = np.bincount(target, minlength=len(TYPES))
    strength = np.abs(rng.normal(size=len(total))) / np.sqrt(n_fed[target])
    tau = np.exp(rng.uniform(np.log(STEP), np.log(0.2), len(TYPES)))
    bias = REST - np.bincount(target, sign * strength * REST, len(TYPES)) - GREY * (np.arange(len(TYPES)) < 8)

    graph = draw_optic_lobe(extent).to_networkx()
    for (name, *_), said in graph.nodes(data=True):
        if "tau" in said:
            i = TYPES.index(name)
            said.update(tau=float(tau[i]), train_tau=True, bias=float(bias[i]), initial=REST)
    pair = {(TYPES[i], TYPES[j]): number for number, (i, j) in enumerate(zip(source, target, strict=True))}
    for *_, said in graph.edges(data=True):
        if said["trainable"]:
            # scales of a pair add up to 1, so that a step of the optimizer means the same for pairs of few and of many
            said["scale"] /= total[pair[said["tie"]]]
            said["weight"] = float(strength[pair[said["tie"]]])
    u, v = hexagon(extent)
    columns = list(zip(u.tolist(), v.tolist(), strict=True))
    for i in middle(extent):
        near = [columns[j] for j in np.flatnonzero(apart(u - u[i], v - v[i]) <= REACH)]
        for target in TARGETS:
            graph.add_node((target, *columns[i]), role="output", tie=target)
            graph.add_edges_from(
                ((name, *column), (target, *columns[i]), {"scale": READOUT / len(near), "tie": ("read", name, target)})
                for name in READ
                for column in near
            )
    return graph


def apart(du: np.ndarray, dv: np.ndarray) -> np.ndarray:
    """Return the number of steps between neighbours that lead from a column to another."""
    return np.maximum(np.maximum(abs(du), abs(dv)), abs(du + dv))


def middle(extent: int) -> np.ndarray:
    """Return the columns all of whose neighbours within `REACH` are in the eye."""
    return np.flatnonzero(apart(*hexagon(extent)) <= extent - REACH)


def make_stimuli(extent: int, number: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return light (number, n_steps, n_columns) and targets (number, n_steps, 3 n_readouts).

    Sample i is of kind ``KINDS[i % 3]``.  All are grey at first, then show something that stands still, and then moves,
    in any direction at 3 to 20 columns per second.  Targets are cosine and sine of the direction, and the speed; they
    are 0 where nothing moves, and where an edge is out of reach.
    """
    rng = np.random.default_rng([seed, extent])
    x, y = places(extent)
    moving = np.arange(N_STEPS)[:, None] - (N_GREY + N_STILL - 1)
    light = np.empty((number, N_STEPS, len(x)), np.float32)
    targets = np.empty((number, N_STEPS, len(middle(extent)), len(TARGETS)), np.float32)
    for i in range(number):
        direction, speed = rng.uniform(0, 2 * np.pi), np.exp(rng.uniform(np.log(3), np.log(20)))
        # coordinates (n_steps, n_columns) that move with the stimulus
        moved = speed * STEP * np.maximum(moving, 0)
        own_x, own_y = x - np.cos(direction) * moved, y - np.sin(direction) * moved
        along = np.cos(direction) * own_x + np.sin(direction) * own_y
        is_seen = np.ones(along.shape, bool)
        if KINDS[i % 3] == "edges":
            edge = along - rng.uniform(-extent - 1, extent / 2)
            change = rng.choice([-1.0, 1.0]) * np.clip(0.5 - edge, 0, 1)
            is_seen = np.abs(edge) <= REACH
        elif KINDS[i % 3] == "gratings":
            change = rng.uniform(0.3, 1) * np.sin(2 * np.pi * (along / rng.uniform(4, 12) + rng.random()))
        else:
            turned = rng.uniform(0, 2 * np.pi, (8, 1, 1))
            across = np.cos(turned) * own_x + np.sin(turned) * own_y
            waves = np.sin(2 * np.pi * (across / rng.uniform(4, 12, (8, 1, 1)) + rng.random((8, 1, 1))))
            change = np.clip(waves.sum(axis=0) / 4, -1, 1)
        light[i] = GREY * (1 + change)
        motion = np.array([np.cos(direction), np.sin(direction), speed / UNIT])
        targets[i] = motion * (is_seen & (moving > 0))[:, middle(extent), None]
    light[:, :N_GREY] = GREY
    return light, targets.reshape(number, N_STEPS, -1)


def train(graph: nx.DiGraph, extent: int, seed: int, options: argparse.Namespace) -> gn.Network:
    """Train with a seed, or go on with a run that was stopped."""
    data = make_stimuli(extent, options.samples, seed)
    held_out = make_stimuli(extent, max(options.samples // 16, 3), seed + 1000)
    folder = options.output / f"seed_{seed}"
    if folder.exists():
        return gn.resume(folder, *data, validation=held_out, progress=False)[0]
    net = gn.compile(graph, dt=STEP, dtype="float32", seed=seed)
    gn.fit(
        net,
        *data,
        optimizer="adam",
        learning_rate=options.learning_rate,
        schedule="cosine",
        epochs=options.epochs,
        batch_size=32,
        clip_norm=1.0,
        validation=held_out,
        seed=seed,
        run=folder,
        progress=False,
    )
    return net


def errors(net: gn.Network, extent: int, number: int = 384) -> str:
    """Return errors on new stimuli, of direction in degrees (90 by chance) and of speed, where something moves."""
    light, targets = make_stimuli(extent, number, 10_000)
    found, true = (each.reshape(number, N_STEPS, -1, 3) for each in (net.run(light), targets))
    moves = true[..., 2] > 0
    angle = np.abs(np.angle((found[..., 0] + 1j * found[..., 1]) * (true[..., 0] - 1j * true[..., 1]), deg=True))
    speed = UNIT * np.abs(found[..., 2] - true[..., 2])
    constant = UNIT * np.abs(np.median(true[..., 2][moves]) - true[..., 2])
    said = [f"{kind} {angle[k::3][moves[k::3]].mean():.0f}" for k, kind in enumerate(KINDS)]
    return (
        f"direction off by {', '.join(said)} degrees (chance 90); "
        f"speed off by {speed[moves].mean():.1f} columns/s (always the median: {constant[moves].mean():.1f})"
    )


def selectivity(net: gn.Network, extent: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the index of each type, for ON or OFF edges, whichever is larger, and the direction preferred then."""
    index, angle = tuning(peak_responses(net, extent, [(name, 0, 0) for name in TYPES]))
    better = index.argmax(axis=1)
    return index[range(len(TYPES)), better], angle[range(len(TYPES)), better]


def main() -> None:
    """Train some seeds, and print errors and the selectivity of all types, beside the sets that flyvis trained."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--extent", type=int, default=3, help="columns from the central one to the outermost ones")
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--samples", type=int, default=4096)
    parser.add_argument("--learning-rate", type=float, default=3e-3)
    parser.add_argument("--published", type=int, default=50, choices=range(1, 51), metavar="N", help="sets of flyvis")
    parser.add_argument("--quick", action="store_true", help="one epoch of a few samples, for a trial")
    parser.add_argument("-o", "--output", type=Path, default=Path("runs/fly_learns_motion"))
    options = parser.parse_args()
    if options.quick:
        options.extent, options.epochs, options.samples, options.published = 2, 1, 96, 1
    extent = options.extent

    rows = {}
    for seed in options.seeds:
        begun, graph = perf_counter(), draw(extent, seed)
        before = gn.compile(graph, dt=STEP, dtype="float32", seed=seed)
        if seed == options.seeds[0]:
            print(before)
        net = train(graph, extent, seed, options)
        print(f"seed {seed}, before: {errors(before, extent)}")
        print(f"seed {seed}, after: {errors(net, extent)}; {perf_counter() - begun:.0f} s", flush=True)
        for name, each in [("drawn", before), ("trained", net)]:
            rows[f"{name} {seed}"] = selectivity(gn.compile(graph, dt=DT, dtype="float32", like=each), extent)
    cells = [(name, 0, 0) for name in TYPES]
    published = []
    for number in range(options.published):
        net = gn.compile(draw_optic_lobe(extent, number, cells), dt=DT, dtype="float32")
        published.append(selectivity(net, extent))
    describe(rows, np.array(published))


def describe(rows: dict[str, tuple[np.ndarray, np.ndarray]], published: np.ndarray) -> None:
    """Print the selectivity of all types in some networks and in published sets (n_sets, 2, n_types), and a summary."""
    low, median, high = np.percentile(published[:, 0], [10, 50, 90], axis=0)
    print(f"\nindex (preferred direction) of types; 10th, 50th and 90th percentile of {len(published)} sets of flyvis")
    print("type | " + " | ".join(rows) + " | flyvis\n" + "---|" * (len(rows) + 1) + "---")
    for i, name in enumerate(TYPES):
        found = [f"{index[i]:.2f} ({angle[i]:.0f})" for index, angle in rows.values()]
        print(f"{name} | " + " | ".join(found) + f" | {low[i]:.2f}, {median[i]:.2f}, {high[i]:.2f}")

    detects = np.isin(TYPES, list(MEASURED))
    known = np.array([MEASURED[name] for name in TYPES if name in MEASURED])
    print(
        "\nnetworks | mean index of T4 and T5 | of all others | rank correlation with flyvis | selective T4 and T5 "
        "| as in the animal | opposite | across\n---|---|---|---|---|---|---|---"
    )
    every = {name: np.array(each)[None] for name, each in rows.items()} | {"flyvis": published}
    for name, each in every.items():
        index, angle = each[:, 0], each[:, 1]
        is_selective = index[:, detects] >= SELECTIVE
        off = np.abs((angle[:, detects] - known + 180) % 360 - 180)[is_selective]
        correlation = "-" if name == "flyvis" else f"{spearmanr(index[0], median).statistic:.2f}"
        print(
            f"{name} | {index[:, detects].mean():.2f} | {index[:, ~detects].mean():.2f} | {correlation} | "
            f"{is_selective.sum()} of {is_selective.size} | {np.sum(off <= 45)} | {np.sum(off >= 135)} | "
            f"{np.sum((off > 45) & (off < 135))}"
        )


if __name__ == "__main__":
    main()
