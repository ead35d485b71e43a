"""Cut the optic lobe of the fly into parts, and count the bytes that these would exchange at each step.

All synapses between cells have a delay of 1, so that parts on several machines would exchange values once a step: each
cell that feeds a cell of another part is sent to each such part, once for all its synapses there.  METIS cuts with
parts of nearly equal numbers of synapses.  Cuts by columns of the eye, a sector each, are beside it.

    python benchmarks/partition.py
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from time import thread_time

import numpy as np
from scipy.sparse import coo_array

import graphnet as gn

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))

from fly import DT, draw_optic_lobe

BYTES = 4
"""Bytes of a value in float32."""
N_STEPS, ROUNDS = 20, 5
GIGABITS = (10, 100)
LATENCY = 20e-6
"""Seconds of a message between two machines on a network of commodity hardware."""


def traffic(source: np.ndarray, target: np.ndarray, part: np.ndarray, n_parts: int) -> np.ndarray:
    """Return the number of values that each part sends to each other part at a step, (n_parts, n_parts)."""
    pairs = np.unique(source.astype(np.int64) * n_parts + part[target])
    sender, receiver = part[pairs // n_parts], pairs % n_parts
    away = sender != receiver
    values = np.zeros((n_parts, n_parts), np.int64)
    np.add.at(values, (sender[away], receiver[away]), 1)
    return values


def by_metis(source: np.ndarray, target: np.ndarray, n: int, n_parts: int) -> np.ndarray:
    """Return the part of each cell; a cell weighs by its synapses, a pair by the number of synapses between."""
    import pymetis

    both = np.concatenate([source, target]), np.concatenate([target, source])
    pairs = coo_array((np.ones(2 * len(source), np.int64), both), shape=(n, n)).tocsr()
    pairs.setdiag(0)
    pairs.eliminate_zeros()
    weights = 1 + np.bincount(target, minlength=n)
    pairs_of = pymetis.CSRAdjacency(pairs.indptr, pairs.indices)
    _, part = pymetis.part_graph(n_parts, pairs_of, vweights=weights.tolist(), eweights=pairs.data.tolist())
    return np.array(part)


def by_sectors(angle: np.ndarray, weights: np.ndarray, n_parts: int) -> np.ndarray:
    """Return the part of each cell: sectors about the middle of the eye with equal numbers of synapses."""
    order = np.argsort(angle, kind="stable")
    part = np.empty(len(angle), np.int64)
    part[order] = np.minimum(np.cumsum(weights[order]) * n_parts // weights.sum(), n_parts - 1)
    return part


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--extent", type=int, default=15, help="columns from the middle of the eye to its rim")
    parser.add_argument("--parts", type=int, nargs="+", default=[2, 4, 8, 16, 32, 64])
    parser.add_argument("--samples", type=int, default=1, help="samples of a batch, each of which is exchanged")
    options = parser.parse_args()
    table = draw_optic_lobe(options.extent, outputs=[("T4a", 0, 0)])
    is_cell = ~table.has_role("input")
    number = np.cumsum(is_cell) - 1
    inner = is_cell[table.source]
    source, target = number[table.source[inner]], number[table.target[inner]]
    cells = [name for name, there in zip(table.nodes, is_cell, strict=True) if there]
    n, weights = len(cells), 1 + np.bincount(target, minlength=len(cells))
    u, v = (np.array([cell[k] for cell in cells]) for k in (1, 2))
    angle = np.arctan2(-(u + v / 2), 1.5 * v / np.sqrt(3))
    print(f"optic lobe: {n} cells, {len(source)} synapses between them; {options.samples} samples, float32")
    times_at = " | ".join(f"us a step at {rate} Gbit/s" for rate in GIGABITS)
    print(f"parts | cut | synapses cut | values a step | most of a part, KB | its partners | imbalance | {times_at}")
    for n_parts in options.parts:
        for name, part in (
            ("METIS", by_metis(source, target, n, n_parts)),
            ("sectors", by_sectors(angle, weights, n_parts)),
        ):
            values = traffic(source, target, part, n_parts)
            # a part sends and receives at the same time
            most = max(values.sum(0).max(), values.sum(1).max()) * BYTES * options.samples
            partners = max((values > 0).sum(0).max(), (values > 0).sum(1).max())
            load = np.bincount(part, weights, n_parts)
            cut = np.mean(part[source] != part[target])
            times = [1e6 * (LATENCY + most / (rate * 1e9 / 8)) for rate in GIGABITS]
            row = f"{n_parts} | {name} | {cut:.1%} | {values.sum()} | {most / 1e3:.1f} | {partners}"
            row += f" | {load.max() / load.mean():.2f}"
            print(" | ".join([row, *(f"{each:.0f}" for each in times)]), flush=True)
    net = gn.compile(table, dtype="float32", dt=DT, seed=0)
    inputs = np.full((options.samples, N_STEPS, net.n_inputs), 0.5, np.float32)
    gn.set_num_threads(1)
    seconds = []
    for _ in range(ROUNDS):  # the time of a processor: others may use the machine
        begun = thread_time()
        net.run(inputs)
        seconds.append(thread_time() - begun)
    print(f"a step of all cells takes {1e6 * min(seconds) / N_STEPS:.0f} us of one core here")


if __name__ == "__main__":
    main()
