"""Time the pages of random networks with their activity over 50 steps, and measure the files.

python benchmarks/pages.py 5000:200000 20000:1000000
"""

from __future__ import annotations

import argparse
import tempfile
import tracemalloc
from pathlib import Path
from time import perf_counter

import graphnet as gn

from random_network import draw_batch, draw_random

N_STEPS = 50


def main() -> None:
    """Measure every page, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sizes", nargs="*", metavar="NEURONS:SYNAPSES", default=["5000:200000", "20000:1000000"])
    options = parser.parse_args()
    print("neurons | synapses | seconds | memory | file\n---|---|---|---|---")
    for size in options.sizes:
        net = gn.compile(draw_random(*map(int, size.split(":"))), dtype="float32", seed=0)
        inputs, _ = draw_batch(1, N_STEPS)
        net.run(inputs)  # kernels are compiled once
        tracemalloc.start()
        begun = perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            written = gn.view(net, Path(folder, "page.html"), inputs=inputs).stat().st_size
        seconds, (_, peak) = perf_counter() - begun, tracemalloc.get_traced_memory()
        tracemalloc.stop()
        print(
            f"{net.n_nodes:,} | {net.n_edges:,} | {seconds:.1f} | {peak / 1e6:.0f} MB | {written / 1e6:.1f} MB",
            flush=True,
        )


if __name__ == "__main__":
    main()
