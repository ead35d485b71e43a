"""Time the null models of a wiring as large as a fly's brain, and the memory that they take.

A random graph with 35 synapses into a neuron, log-normal degrees, and 200 types of neurons.

    python benchmarks/rewiring.py --synapses 4000000
"""

from __future__ import annotations

import argparse
import tracemalloc
from time import perf_counter, process_time

import numpy as np
from scipy import sparse

import graphnet as gn

DEGREE, N_TYPES = 35, 200


def draw_wiring(n_synapses: int) -> gn.GraphTable:
    """Return neurons that have a type, with synapses between different pairs of them."""
    rng = np.random.default_rng(0)
    n = max(n_synapses // DEGREE, 20)
    likely = rng.lognormal(size=n)
    likely /= likely.sum()
    source = rng.choice(n, n_synapses * 9 // 8, p=likely)
    target = rng.choice(n, n_synapses * 9 // 8, p=rng.permutation(likely))
    pairs = rng.permutation(np.unique((source * n + target)[source != target]))[:n_synapses]
    wiring = sparse.coo_array((rng.integers(1, 50, len(pairs)), (pairs % n, pairs // n)), shape=(n, n))
    return gn.graphs.from_matrix(wiring, type=rng.integers(0, N_TYPES, n))


def main() -> None:
    """Measure every null model, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--synapses", type=int, default=4_000_000)
    options = parser.parse_args()
    table = draw_wiring(options.synapses)
    print(f"{table.n_nodes:,} neurons, {table.n_edges:,} synapses\n")
    print("keep | within | seconds | of a processor | memory | moved\n---|---|---|---|---|---")
    for keep in ("degree", "count", "scale"):
        for within in (None, "type"):
            tracemalloc.start()
            start, of_processor = perf_counter(), process_time()
            null = gn.graphs.rewired(table, keep=keep, within=within)
            seconds, of_processor = perf_counter() - start, process_time() - of_processor
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            moved = null.attributes["rewired"]["moved"] / table.n_edges
            print(
                f"{keep} | {within or '-'} | {seconds:.1f} | {of_processor:.1f} | {peak / 1e9:.2f} GB | {moved:.1%}",
                flush=True,
            )


if __name__ == "__main__":
    main()
