"""Time data-parallel training: an update by one thread, by two threads, and by two processes of a thread each.

The worm learns speakers, at several sizes of a batch, and the optic lobe of the fly learns the light at one of its
cells, at several sizes of the eye.  All take turns; the first updates of each fit, in which processes start, do not
count.  An update by processes is one of four shards.

Two figures of each: the time of the fastest update, which on a machine that others use as well says more than the
median; and the time of processors, of this process and of the workers, which others do not change much.  From these
follows a time on two free cores: that of this process and half of that of the workers.  It needs Linux.

    python benchmarks/parallel.py
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
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
FIRST = 3
"""Number of updates that do not count."""

Fit = Callable[..., gn.History]


def worm(batch_size: int) -> Fit:
    """Return a fit of the worm to speech."""
    channels, speakers = [("channel", i) for i in range(12)], [("speaker", i) for i in range(9)]
    graph = between(read_worm(), channels, speakers)
    speech = np.load(DATA / "japanese_vowels.npz")
    rows = np.arange(batch_size) % len(speech["x_train"])
    x, y, lengths = (speech[f"{name}_train"][rows] for name in ("x", "y", "lengths"))

    def fit(**more: Any) -> gn.History:
        net = gn.compile(graph, dtype="float32", seed=0)
        given = {"loss": "cross_entropy", "batch_size": batch_size, "learning_rate": 1e-3, "clip_norm": 1.0}
        return gn.fit(net, x, y, lengths=lengths, seed=0, **given, **more)

    return fit


def fly(extent: int, batch_size: int) -> Fit:
    """Return a fit of an optic lobe, 40 steps (0.2 s) at a time."""
    table = draw_optic_lobe(extent, outputs=[("T4a", 0, 0)])
    rng = np.random.default_rng(0)
    n_inputs = int(table.has_role("input").sum())
    x = (GREY + 0.5 * rng.uniform(-1, 1, (batch_size, 40, n_inputs))).astype(np.float32)
    y = x[:, :, :1]

    def fit(**more: Any) -> gn.History:
        net = gn.compile(table, dtype="float32", dt=DT, seed=0)
        return gn.fit(net, x, y, batch_size=batch_size, learning_rate=1e-5, clip_norm=1.0, seed=0, **more)

    return fit


def processor_seconds(process: int | None) -> float:
    """Return the seconds that the threads of a process have computed so far."""
    tasks = Path(f"/proc/{process}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9


def measure(fit: Fit, n_updates: int, more: dict[str, Any]) -> tuple[list[float], float, float]:
    """Return the seconds of updates, and seconds of processors of an update in this process and in its workers."""
    marks = []

    # before the last update a fit looks at the flow of gradients, once
    def look(row: dict[str, Any]) -> None:
        if row["epoch"] in (FIRST, n_updates - 1):
            workers = sum(processor_seconds(each.pid) for each in multiprocessing.active_children())
            marks.append((processor_seconds(os.getpid()), workers))

    rows = fit(epochs=n_updates, callback=look, **more).epochs[FIRST:]
    own, workers = ((last - first) / (n_updates - 1 - FIRST) for first, last in zip(*marks, strict=True))
    return [row["seconds"] for row in rows], own, workers


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--updates", type=int, default=16, help="updates of each fit")
    parser.add_argument("--batches", type=int, nargs="*", default=[32, 128, 512], help="sizes of a batch of the worm's")
    parser.add_argument("--extents", type=int, nargs="*", default=[2, 5, 10], help="sizes of the fly's eye, in columns")
    options = parser.parse_args()
    fits: dict[str, Fit] = {f"worm, batches of {size}": worm(size) for size in options.batches}
    fits |= {f"fly, {extent} columns to the rim, batches of 32": fly(extent, 32) for extent in options.extents}
    print(f"ms an update; {gn.get_num_threads()} threads at most")
    print(f"fit | {' | '.join(HOW)} | processors: 1 thread | this process | workers | on two free cores | efficiency")
    for name, fit in fits.items():
        seconds: dict[str, list[float]] = {how: [] for how in HOW}
        computed: dict[str, list[tuple[float, float]]] = {how: [] for how in HOW}
        for _ in range(options.rounds):
            for how, (n_threads, more) in HOW.items():
                gn.set_num_threads(n_threads)
                found, *processors = measure(fit, options.updates, more)
                seconds[how] += found
                computed[how].append(tuple(processors))
        gn.set_num_threads(None)
        alone, _ = np.median(computed["1 thread"], axis=0)
        own, workers = np.median(computed["2 processes"], axis=0)
        free = own + workers / 2
        row = [*(min(each) for each in seconds.values()), alone, own, workers, free]
        print(f"{name} | {' | '.join(f'{1e3 * each:.1f}' for each in row)} | {alone / (2 * free):.0%}", flush=True)


if __name__ == "__main__":
    main()
