"""Time a training step at growing numbers of synapses; the time per synapse and step should stay the same.

Sparse recurrent networks with 32 synapses from others into each neuron, 32 samples of 20 steps, float32.

    python benchmarks/scaling.py --largest 4000000 -o scaling.png
"""

from __future__ import annotations

import argparse

import graphnet as gn
from graphnet.bench import time_network

from random_network import N_INPUTS, N_OUTPUTS, draw_batch, draw_random

SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000, 4_000_000)
DEGREE = 32
N_SAMPLES, N_STEPS = 32, 20


def measure(n_synapses: int, rounds: int, budget: float) -> tuple[int, float, float]:
    """Return synapses, milliseconds of a training step and nanoseconds per synapse-step."""
    n_neurons = n_synapses // (DEGREE + N_INPUTS + N_OUTPUTS)
    net = gn.compile(draw_random(n_neurons, n_neurons * DEGREE), dtype="float32", seed=0)
    found = time_network(net, *draw_batch(N_SAMPLES, N_STEPS), rounds=rounds, budget=budget)
    row = found.of("graphnet", "training step")
    return net.n_edges, 1e3 * row.timed.median, 1e9 / row.rate


def plot(rows: list[tuple[int, float, float]], path: str) -> None:
    """Write a figure of nanoseconds over synapses."""
    try:
        from matplotlib import pyplot as plt
    except ImportError:
        raise SystemExit("a figure needs matplotlib: pip install 'graphnet-engine[plot]'") from None
    figure, axes = plt.subplots(figsize=(5, 3.5))
    axes.loglog([row[0] for row in rows], [row[2] for row in rows], "o-")
    axes.set(xlabel="synapses", ylabel="ns per synapse, step and sample", title="A training step")
    figure.tight_layout()
    figure.savefig(path, dpi=150)
    plt.close(figure)


def main() -> None:
    """Measure all sizes, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--largest", type=int, default=SIZES[-1], help="leave out networks with more synapses")
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--budget", type=float, default=30.0, help="seconds that all rounds of a size take together")
    parser.add_argument("-o", "--output", metavar="FILE.png", help="draw the table, with matplotlib")
    options = parser.parse_args()
    print("synapses | training step | ns per synapse-step\n---|---|---")
    rows = []
    for n_synapses in (size for size in SIZES if size <= options.largest):
        rows.append(measure(n_synapses, options.rounds, options.budget))
        print("{:,} | {:.1f} ms | {:.3f}".format(*rows[-1]), flush=True)
    if options.output:
        plot(rows, options.output)


if __name__ == "__main__":
    main()
