"""Time a training step of a sparse recurrent network, by graphnet and by the libraries that are installed.

A step is the loss, mse, and the gradient of every weight and bias, in float32, on all processors.  All get the same
numbers and have to find the same loss; they take turns, so that a disturbance of the machine affects all alike.

    python benchmarks/sparse_rnn.py tiny small mid big

Peers are torch, with a dense matrix that has zeros in it and with a sparse one (CSR), and JAX with a sparse one (BCOO);
those that are not installed are left out.  ``graphnet bench GRAPH --peers`` does the same for any drawing.
"""

from __future__ import annotations

import argparse

from choices import check_choices

import graphnet as gn
from graphnet.bench import Benchmark, time_network

from random_network import draw_batch, draw_random

SIZES = {"tiny": (32, 8, 16, 100), "small": (256, 16, 32, 100), "mid": (2048, 32, 32, 50), "big": (16384, 64, 32, 20)}
"""Neurons, synapses into each on average, samples, steps."""
PEERS = ("torch dense", "torch CSR", "JAX BCOO")
STEP = "training step"


def measure(size: str, rounds: int, budget: float) -> Benchmark:
    """Return the benchmark of a size; exit where losses differ."""
    n_neurons, degree, n_samples, n_steps = SIZES[size]
    net = gn.compile(draw_random(n_neurons, n_neurons * degree), dtype="float32", seed=0)
    found = time_network(net, *draw_batch(n_samples, n_steps), peers=PEERS, rounds=rounds, budget=budget)
    for row in found.wrong:
        raise SystemExit(f"{size}: the loss of {row.who} is {row.loss}, that of graphnet {found.rows[1].loss}")
    return found


def main() -> None:
    """Measure several sizes, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sizes", nargs="*")
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--budget", type=float, default=120.0, help="seconds that all rounds of a size take together")
    options = parser.parse_args()
    check_choices(parser, options.sizes, SIZES)
    print("size | graphnet | " + " | ".join(PEERS) + " | fastest peer over graphnet")
    print("---|---|" + "---|" * len(PEERS) + "---")
    for size in options.sizes or ["tiny", "small", "mid"]:
        found = measure(size, options.rounds, options.budget)
        seconds = {row.who: row.timed.median for row in found.rows if row.what == STEP}
        shown = [f"{1e3 * seconds[name]:.1f} ms" if name in seconds else "-" for name in ("graphnet", *PEERS)]
        own = seconds.pop("graphnet")
        print(" | ".join([size, *shown, f"{min(seconds.values()) / own:.1f}" if seconds else "-"]), flush=True)
        for name, reason in {**found.left_out, **found.failed}.items():
            print(f"# {name}: {reason}")


if __name__ == "__main__":
    main()
