"""Time one sequence without a gradient, as a simulation of a nervous system runs it.

A worm, the 302 neurons of *C. elegans* with twelve inputs and nine outputs, fits into the cache.  A random graph of the
size of a fly's brain, 114,089 neurons and 3.86 million synapses, does not, and its speed is limited by the memory: each
step reads 8 bytes for each synapse, its weight and the number of its source.

    python benchmarks/streaming.py worm fly
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from choices import check_choices

import graphnet as gn
from graphnet.bench import time_rounds

from random_network import draw_random

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))

from worm import between, read_worm

STEPS = {"worm": 10_000, "fly": 100}
FLY = 114_089, 3_860_000
BYTES = 8
"""Bytes of a synapse."""


def compile_animal(name: str) -> gn.Network:
    """Return the network of an animal."""
    if name == "fly":
        return gn.compile(draw_random(*FLY, n_reached=1000), dtype="float32", seed=0)
    drawing = between(read_worm(), [("input", i) for i in range(12)], [("output", i) for i in range(9)])
    return gn.compile(drawing, dtype="float32", seed=0)


def read_bandwidth(n_bytes: int = 1 << 28) -> float:
    """Return the most bytes a second that a sum of products of two long arrays reads."""
    arrays = [np.ones(n_bytes // 8, np.float32) for _ in range(2)]
    found = time_rounds({"dot": lambda: np.dot(*arrays)}, rounds=9, budget=10.0)["dot"]
    return n_bytes / min(found.seconds)


def main() -> None:
    """Measure animals, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("animals", nargs="*")
    parser.add_argument("--steps", type=int, help="of the sequence  [default: 10000 of the worm, 100 of the fly]")
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    check_choices(parser, options.animals, STEPS)
    print("animal | neurons, synapses | steps per second | synapses read\n---|---|---|---")
    for animal in options.animals or STEPS:
        net, n_steps = compile_animal(animal), options.steps or STEPS[animal]
        inputs = np.random.default_rng(1).normal(size=(1, n_steps, net.n_inputs)).astype(np.float32)
        found = time_rounds({animal: lambda net=net, inputs=inputs: net.run(inputs)}, rounds=options.rounds)[animal]
        if found.error is not None:
            raise found.error
        rate = n_steps / found.median
        size = f"{net.n_nodes - net.n_inputs - net.n_outputs:,}, {net.n_edges:,}"
        print(f"{animal} | {size} | {rate:,.0f} | {rate * net.n_edges * BYTES / 1e9:.2f} GB/s", flush=True)
    print(f"\nThe memory gives {read_bandwidth() / 1e9:.1f} GB/s to a sum of products of two long arrays.")


if __name__ == "__main__":
    main()
