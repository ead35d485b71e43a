"""Train all synapses of a whole fly: 166,700 neurons and 25.6 million connections, each with a weight of its own.

MaleCNS v1.0, the connectome of a male fly, is at https://male-cns.janelia.org/download (Berg et al. 2026, doi
10.1016/j.cell.2026.08.015, CC BY 4.0): its neuron-to-neuron weights (body_pre, body_post, weight) and annotations of
bodies (bodyId, superclass).  FlyWire, of a female's brain, is at https://codex.flywire.ai/api/download (Dorkenwald et
al. 2024, doi 10.1038/s41586-024-07558-y): connections (pre_root_id, post_root_id, syn_count) and classification
(root_id, super_class).

    python examples/whole_fly.py --edges connectome-weights.feather --nodes body-annotations.feather
    python examples/whole_fly.py --edges connections.csv.gz --nodes classification.csv.gz --of-flywire
    python examples/whole_fly.py

Without files the graph is synthetic: as large as MaleCNS, but random.

The task is to tell which of two noisy signals into the sensory neurons is the larger one, from the motor neurons after
ten steps.  Numbers of synapses are the scale of each connection; signs are free.
"""

from __future__ import annotations

import argparse
import resource
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd

import graphnet as gn

N_NEURONS, N_CONNECTIONS = 166_700, 25_600_000
MALE_CNS = "weight", "bodyId", "superclass"
"""Columns of numbers of synapses, of names and of kinds of neurons."""
N_STEPS = 10
READERS = {".feather": pd.read_feather, ".parquet": pd.read_parquet, ".csv": pd.read_csv, ".gz": pd.read_csv}


def make_tables(n_neurons: int, n_connections: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return random tables with the columns of MaleCNS; one neuron in fifty is sensory, and one in fifty motor."""
    rng = np.random.default_rng(0)
    # pairs in order and without repetition: gaps between them are drawn
    pairs = np.cumsum(rng.integers(1, 2 * n_neurons**2 // n_connections - 1, n_connections))
    body = 10_000 + np.arange(n_neurons)
    edges = pd.DataFrame({"body_pre": body[pairs // n_neurons % n_neurons], "body_post": body[pairs % n_neurons]})
    edges["weight"] = rng.geometric(0.2, n_connections)
    kinds = np.array(["sensory", "motor", *["intrinsic"] * 48], object)
    return edges, pd.DataFrame({"bodyId": body, "superclass": kinds[np.arange(n_neurons) % 50]})


def draw(edges: Any, nodes: pd.DataFrame, count: str, kind: str) -> gn.GraphTable:
    """Draw a connectome with two inputs into its sensory neurons, and two outputs of its motor neurons."""
    table = gn.graphs.from_tables(edges, nodes, count=count, unlisted="drop")
    table = gn.graphs.with_inputs(table, 2, lambda neuron, said: "sensory" in str(said.get(kind)))
    return gn.graphs.with_readout(table, 2, lambda neuron, said: "motor" in str(said.get(kind)))


def make_signals(number: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return two noisy signals (number, n_steps, 2), and which of them is larger (number,)."""
    rng = np.random.default_rng(seed)
    larger = rng.integers(0, 2, number)
    return rng.normal(size=(number, N_STEPS, 2)) + (np.arange(2) == larger[:, None])[:, None], larger


def main() -> None:
    """Draw, compile and train, and print how long each takes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--edges", type=Path, help="table of connections")
    parser.add_argument("--nodes", type=Path, help="table of neurons; connections of others are dropped")
    parser.add_argument("--of-flywire", action="store_true", help="columns are named as in FlyWire")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--samples", type=int, default=64)
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--learning-rate", type=float, default=1e-4)
    parser.add_argument("--quick", action="store_true", help="a synthetic graph of 2,000 neurons")
    options = parser.parse_args()
    if (options.edges is None) != (options.nodes is None):
        parser.error("--edges and --nodes go together")

    count, name, kind = ("syn_count", "root_id", "super_class") if options.of_flywire else MALE_CNS

    begun = perf_counter()

    def report(what: str) -> None:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
        print(f"{perf_counter() - begun:6.1f} s, {peak:4.1f} GB at most: {what}", flush=True)

    if options.edges is None:
        edges, nodes = make_tables(*((2_000, 60_000) if options.quick else (N_NEURONS, N_CONNECTIONS)))
        report(f"a synthetic graph, no animal: {len(nodes):,} neurons, {len(edges):,} connections")
    else:
        edges, nodes = options.edges, READERS[options.nodes.suffix](options.nodes)
        nodes = nodes[[name, kind]]
    begun = perf_counter()
    table = draw(edges, nodes, count, kind)
    del edges, nodes
    report(f"drawn: {table!r}")
    net = gn.compile(table, dtype="float32", seed=0)
    report(f"compiled: {net!r}")
    signals, larger = make_signals(options.samples, seed=0)
    for when in ("first gradient", "second gradient"):
        loss, _ = net.value_and_grad(signals[: options.batch_size], larger[: options.batch_size], loss="cross_entropy")
        report(f"{when}, of {len(net.parameters):,} parameters; loss {loss:.3f}")

    test, answers = make_signals(4 * options.batch_size, seed=1)

    def accuracy() -> float:
        outputs = [net.run(test[i : i + options.batch_size]) for i in range(0, len(test), options.batch_size)]
        return gn.metrics.accuracy(np.concatenate(outputs), answers)

    report(f"test accuracy {accuracy():.2f} before training")
    started = perf_counter()
    gn.fit(
        net,
        signals,
        larger,
        loss="cross_entropy",
        learning_rate=options.learning_rate,
        epochs=options.epochs,
        batch_size=options.batch_size,
        clip_norm=1.0,
        seed=0,
        callback=lambda epoch: report(f"epoch {epoch['epoch']}: loss {epoch['loss']:.3f}"),
        progress=False,
    )
    updates = options.epochs * -(-options.samples // options.batch_size)
    seconds = (perf_counter() - started) / updates
    report(f"{updates} updates, {seconds:.2f} s each: test accuracy {accuracy():.2f}")


if __name__ == "__main__":
    main()
