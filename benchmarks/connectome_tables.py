"""Time and memory of `from_tables` on files as large as a fly's whole brain, made with the columns of published ones.

MaleCNS: body_pre, body_post and weight, 25.6 million rows of 166,700 neurons.  FlyWire: pre_root_id (64 bits),
post_root_id, neuropil, syn_count and nt_type; rows of one pair in several neuropils add up.  Rows are in random order.
Each file is read in a process of its own, as a script reads it.

    python benchmarks/connectome_tables.py malecns flywire
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet
from choices import check_choices

import graphnet as gn

NEURONS, ROWS = 166_700, 25_600_000
SHARES = {"flywire": 0.2, "malecns": 0.0}
"""Share of rows that repeat the pair of another."""
SIGNS = {"gaba": -1, "glut": -1, "ach": 1}
CALLS = {
    "malecns": {"count": "weight"},
    "flywire": {"count": "syn_count", "sign": "nt_type", "signs": SIGNS, "min_count": 2},
    "flywire, by neuropil": {"count": "syn_count", "sign": "nt_type", "signs": SIGNS, "key": "neuropil"},
}


def make_table(kind: str, n_rows: int, n_neurons: int) -> pa.Table:
    """Return a table with the columns of a published connectome and random rows."""
    rng = np.random.default_rng(0)
    if kind == "malecns":
        ids = np.sort(rng.choice(10**9, n_neurons, replace=False))
    else:
        ids = 720_575_940_600_000_000 + np.sort(rng.choice(10**9, n_neurons, replace=False))
    pairs = np.unique(rng.integers(0, n_neurons**2, int(1.01 * n_rows * (1 - SHARES[kind]))))
    pairs = pairs[: int(n_rows * (1 - SHARES[kind]))]
    pairs = rng.permutation(np.concatenate([pairs, rng.choice(pairs, n_rows - len(pairs))]))
    counts = rng.geometric(0.2, n_rows)
    ends = ids[pairs // n_neurons], ids[pairs % n_neurons]
    if kind == "malecns":
        return pa.table({"body_pre": ends[0], "body_post": ends[1], "weight": counts})
    neuropils, transmitters = [f"NEUROPIL_{i}" for i in range(78)], ["ACH", "GABA", "GLUT", "DA", "SER", "OCT"]
    return pa.table(
        {
            "pre_root_id": ends[0],
            "post_root_id": ends[1],
            "neuropil": pa.array(neuropils).take(pa.array(rng.integers(0, len(neuropils), n_rows))),
            "syn_count": counts,
            "nt_type": pa.array(transmitters).take(pa.array(rng.integers(0, len(transmitters), n_rows))),
        }
    )


def write(table: pa.Table, path: Path) -> None:
    """Write a table in the format of its suffix."""
    if path.suffix == ".parquet":
        pa.parquet.write_table(table, path)
    elif path.suffix == ".feather":
        pa.feather.write_feather(table, path)
    else:
        pa.csv.write_csv(table, path)


def measure(path: str, name: str) -> None:
    """Read a file in this process, and print the row of the table."""
    start, busy = time.perf_counter(), time.process_time()
    table = gn.graphs.from_tables(path, **CALLS[name])
    seconds, busy = time.perf_counter() - start, time.process_time() - busy
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    found = f"{table.n_nodes:,} neurons, {table.n_edges:,} synapses"
    print(f"{name} | {Path(path).suffix} | {found} | {seconds:.1f} s | {busy:.1f} s | {peak / 1e9:.2f} GB", flush=True)


def main() -> None:
    """Make files, measure each in a process of its own, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help=f"of {', '.join(CALLS)}")
    parser.add_argument("--suffixes", nargs="+", default=[".parquet", ".feather", ".csv"])
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--neurons", type=int, default=NEURONS)
    parser.add_argument("--folder", type=Path, help="that keeps the files  [default: one that is removed]")
    parser.add_argument("--measure", nargs=2, metavar=("FILE", "NAME"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(*options.measure)
        return
    check_choices(parser, options.names, CALLS)
    print("table | file | drawing | time | of processors | peak of memory\n---|---|---|---|---|---", flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        for name in options.names or CALLS:
            kind = name.split(",")[0]
            for suffix in options.suffixes:
                path = folder / f"{kind}_{options.rows}{suffix}"
                if not path.exists():
                    write(make_table(kind, options.rows, options.neurons), path)
                command = [sys.executable, "-W", "ignore", __file__, "--measure", str(path), name]
                subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
