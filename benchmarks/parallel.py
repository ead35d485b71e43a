"""Time data-parallel training: an update by one thread, by two threads, and by two processes of a thread each.

The worm learns speakers, at several sizes of a batch, and the optic lobe of the fly learns the light at one of its
cells, at several sizes of the eye.  All take turns; of each fit the first epoch, in which processes start, does not
count.  An update by processes is one of four shards, whose sums have other last bits than those of whole batches.

    python benchmarks/parallel.py
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import graphnet as gn

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))

from fly import DT, GREY, draw_optic_lobe
from worm import DATA, between, read_worm

HOW: dict[str, tuple[int, dict[str, Any]]] = {
    "1 thread": (1, {}),
    "2 threads": (2, {}),
    "2 processes": (2, {"executor": 2}),
}
"""Number of threads of this process, and arguments of ``fit``."""


def worm(batch_size: int) -> Callable[..., gn.History]:
    """Return a fit of the worm to speech."""
    channels, speakers = [("channel", i) for i in range(12)], [("speaker", i) for i in range(9)]
    graph = between(read_worm(), channels, speakers)
    speech = np.load(DATA / "japanese_vowels.npz")
    x, y, lengths = (np.concatenate([speech[f"{name}_train"]] * 2) for name in ("x", "y", "lengths"))

    def fit(**more: Any) -> gn.History:
        net = gn.compile(graph, dtype="float32", seed=0)
        given = {"loss": "cross_entropy", "batch_size": batch_size, "learning_rate": 1e-3, "clip_norm": 1.0}
        return gn.fit(net, x, y, lengths=lengths, seed=0, **given, **more)

    return fit


def fly(extent: int, batch_size: int) -> Callable[..., gn.History]:
    """Return a fit of an optic lobe, 40 steps (0.2 s) at a time."""
    table = draw_optic_lobe(extent, outputs=[("T4a", 0, 0)])
    rng = np.random.default_rng(0)
    n_inputs = int(table.has_role("input").sum())
    x = (GREY + 0.5 * rng.uniform(-1, 1, (2 * batch_size, 40, n_inputs))).astype(np.float32)
    y = x[:, :, :1]

    def fit(**more: Any) -> gn.History:
        net = gn.compile(table, dtype="float32", dt=DT, seed=0)
        return gn.fit(net, x, y, batch_size=batch_size, learning_rate=1e-5, clip_norm=1.0, seed=0, **more)

    return fit


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=3, help="epochs of each fit; all but the first are timed")
    parser.add_argument("--batches", type=int, nargs="*", default=[32, 128, 512], help="sizes of a batch of the worm's")
    parser.add_argument("--extents", type=int, nargs="*", default=[2, 5, 10], help="sizes of the fly's eye, in columns")
    options = parser.parse_args()
    fits: dict[str, tuple[int, Callable[..., gn.History]]] = {}
    for size in options.batches:
        fits[f"worm, batches of {size}"] = -(-540 // size), worm(size)
    for extent in options.extents:
        fits[f"fly, {extent} columns to the rim, batches of 32"] = 2, fly(extent, 32)
    threads = gn.get_num_threads()
    print(f"{threads} threads at most")
    print("fit | " + " | ".join(f"{how}, ms" for how in HOW) + " | over 2 threads | efficiency")
    for name, (n_updates, fit) in fits.items():
        seconds: dict[str, list[float]] = {how: [] for how in HOW}
        for _ in range(options.rounds):
            for how, (n_threads, more) in HOW.items():
                gn.set_num_threads(n_threads)
                rows = fit(epochs=options.epochs, **more).epochs[1:]
                seconds[how] += [row["seconds"] / n_updates for row in rows]
        gn.set_num_threads(None)
        one, two, processes = (float(np.median(each)) for each in seconds.values())
        times = " | ".join(f"{1e3 * each:.1f}" for each in (one, two, processes))
        print(f"{name} | {times} | {two / processes:.2f} | {one / (2 * processes):.0%}", flush=True)


if __name__ == "__main__":
    main()
