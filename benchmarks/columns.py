"""Time and memory of writing and reading the columns of a drawing of millions of synapses."""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import graphnet as gn


def draw(n_neurons: int, n_synapses: int) -> gn.GraphTable:
    """Return a connectome by chance, with all that one may say of a synapse."""
    rng = np.random.default_rng(0)
    pairs = np.unique(rng.integers(0, n_neurons**2, int(1.01 * n_synapses)))[:n_synapses]
    n, types = len(pairs), [f"T{i}" for i in range(8000)]
    ties = tuple((types[i // 40], types[i % 40]) for i in range(300_000))
    nodes = {
        "type": gn.Column(rng.choice(types, n_neurons).astype(object)),
        "sign": gn.Column(rng.integers(-1, 2, n_neurons)),
    }
    edges = {
        "scale": gn.Column(rng.integers(1, 100, n).astype(np.float64)),
        "tie": gn.Column(rng.integers(0, len(ties), n), None, ties),
        "sign": gn.Column(rng.integers(-1, 2, n)),
        "place": gn.Column(np.array(["ME_L", "LO_R", "AVLP", "SMP"], object)[rng.integers(0, 4, n)]),
        "confidence": gn.Column(rng.random(n), rng.random(n) > 0.1),
    }
    names = (720575940600000000 + np.arange(n_neurons)).tolist()
    return gn.GraphTable(names, pairs // n_neurons, pairs % n_neurons, nodes, edges)


def main() -> None:
    """Print a line each for writing and reading."""
    table = draw(166_700, int(float(sys.argv[1])) if len(sys.argv) > 1 else 25_000_000)
    print("what | synapses | on the clock | of a processor | file | peak of memory")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "drawing.safetensors")
        for what, work in (("write", lambda: gn.write_graph(table, path)), ("read", lambda: gn.read_graph(path))):
            started, busy = time.perf_counter(), time.process_time()
            work()
            wall, busy = time.perf_counter() - started, time.process_time() - busy
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
            size = path.stat().st_size / 1e9
            print(f"{what} | {table.n_edges} | {wall:.1f} s | {busy:.1f} s | {size:.2f} GB | {peak:.1f} GB")


if __name__ == "__main__":
    main()
