"""How fast one sequence runs, without a gradient: what a simulation of a nervous system asks for.

A worm, the 302 neurons of *C. elegans* with twelve inputs and nine outputs, is small enough for the cache; a random
graph as large as a fly's brain, 114,089 neurons and 3.86 million synapses, is not, and there the memory says how fast
it can be: a synapse is a weight and the number of its source, 8 bytes, that are read at every step.

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
"""Of a synapse."""


def compile_animal(name: str) -> gn.Network:
    """The network of one of them."""
    if name == "fly":
        return gn.compile(draw_random(*FLY, n_reached=1000), dtype="float32", seed=0)
    drawing = between(read_worm(), [("input", i) for i in range(12)], [("output", i) for i in range(9)])
    return gn.compile(drawing, dtype="float32", seed=0)


def read_bandwidth(n_bytes: int = 1 << 28) -> float:
    """Bytes a second that a sum of products of two long arrays reads, at best."""
    arrays = [np.ones(n_bytes // 8, np.float32) for _ in range(2)]
    found = time_rounds({"dot": lambda: np.dot(*arrays)}, rounds=9, budget=10.0)["dot"]
    return n_bytes / min(found.seconds)


def main() -> None:
    """Measure some animals, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("animals", nargs="*")
    parser.add_argument("--steps", type=int, help="of the one sequence; 10,000 of the worm and 100 of the fly without")
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
