"""Compare wirings on a memory task: a worm's nervous system, a random one and one without feedback.

In MNIST-1D a noisy stroke of 40 numbers, one per step, is one of ten digits.  The numbers feed the sensory neurons of
*C. elegans*, ten outputs read its motor neurons, and the class is the largest output at the last step.  The network has
to remember the stroke, for which it needs feedback.  The wirings are:

    worm       the worm's 4,797 connections
    random     as many connections between the same neurons, placed at random
    acyclic    the worm's connections from an earlier to a later neuron in the order sensory, inter, motor

    python examples/worm_strokes.py --graph worm --seeds 3

With ``--held-out`` networks are tested on a fifth of the training set, and the test set is not used: the scale of the
input weights and the batch size were chosen in this way.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from time import perf_counter

import networkx as nx
import numpy as np

import graphnet as gn

from worm import DATA, LAYERS, between, read_worm

N_CLASSES = 10


def draw(wiring: str, seed: int, strength: float) -> nx.DiGraph:
    """Draw one of the wirings with the stroke as input and the classes as outputs.

    ``strength`` is the standard deviation of the input weights.
    """
    worm = read_worm()
    if wiring == "acyclic":
        order = {
            neuron: place for place, neuron in enumerate(sorted(worm, key=lambda n: LAYERS[worm.nodes[n]["kind"]]))
        }
        worm.remove_edges_from([(u, v) for u, v in worm.edges if order[u] >= order[v]])
    elif wiring == "random":
        number, neurons = worm.number_of_edges(), list(worm)
        worm.remove_edges_from(list(worm.edges))
        places = np.random.default_rng(seed).choice(len(neurons) ** 2, number, replace=False)
        pairs = [divmod(int(place), len(neurons)) for place in places]
        worm.add_edges_from(((neurons[u], neurons[v]) for u, v in pairs), delay=1)
    drawn = between(worm, ["stroke"], list(range(N_CLASSES)))
    # larger than the default weights, since the input is one of some twenty synapses of a sensory neuron
    weights = np.random.default_rng(seed).normal(0, strength, drawn.out_degree("stroke"))
    for (_, neuron), weight in zip(list(drawn.out_edges("stroke")), weights, strict=True):
        drawn.edges["stroke", neuron]["weight"] = float(weight)
    return drawn


def read_strokes() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Read the strokes (n_samples, 40, 1) and classes of the training and of the test set."""
    strokes = np.load(DATA / "mnist1d.npz")
    return strokes["x_train"][..., None], strokes["y_train"], strokes["x_test"][..., None], strokes["y_test"]


def hold_out(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the samples without a fixed fifth of them, and this fifth in place of a test set."""
    order = np.random.default_rng(0).permutation(len(x))
    kept, held = order[len(x) // 5 :], order[: len(x) // 5]
    return x[kept], y[kept], x[held], y[held]


def train(
    graph: nx.DiGraph, x: np.ndarray, y: np.ndarray, seed: int, epochs: int, batch_size: int
) -> tuple[gn.Network, gn.History]:
    """Train one network."""
    net = gn.compile(graph, dtype="float32", seed=seed)
    history = gn.fit(
        net,
        x,
        y,
        loss="cross_entropy",
        learning_rate=3e-3,
        schedule="cosine",
        epochs=epochs,
        batch_size=batch_size,
        clip_norm=1.0,
        seed=seed,
    )
    return net, history


def main() -> None:
    """Train a wiring with several seeds, and test each network."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--graph", choices=["worm", "random", "acyclic"], default="worm")
    parser.add_argument("--seeds", type=int, default=3, help="number of networks to train, with seeds from 0 on")
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--strength", type=float, default=2.0, help="standard deviation of the input weights")
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--held-out", action="store_true", help="test on a fifth of the training set")
    parser.add_argument("-o", "--output", type=Path, help="folder to save drawing, data and networks in")
    options = parser.parse_args()

    x_train, y_train, x_test, y_test = read_strokes()
    tested = "test"
    if options.held_out:
        tested, (x_train, y_train, x_test, y_test) = "held-out", hold_out(x_train, y_train)
    if options.output is not None:
        options.output.mkdir(parents=True, exist_ok=True)
        np.savez(options.output / "train.npz", x=x_train, y=y_train)
        np.savez(options.output / "test.npz", x=x_test, y=y_test)
    accuracies = []
    for seed in range(options.seeds):
        begun = perf_counter()
        graph = draw(options.graph, seed, options.strength)
        net, history = train(graph, x_train, y_train, seed, options.epochs, options.batch_size)
        accuracies.append(gn.metrics.accuracy(net.run(x_test), y_test))
        print(
            f"{options.graph}, seed {seed}: {net.n_edges} synapses, training accuracy "
            f"{history.epochs[-1]['accuracy']:.3f}, {tested} accuracy {accuracies[-1]:.3f}, "
            f"{perf_counter() - begun:.0f} s",
            flush=True,
        )
        if options.output is not None:
            gn.write_graph(graph, options.output / f"{options.graph}_{seed}.json")
            gn.save(net, options.output / f"{options.graph}_{seed}.safetensors")
    print(f"{options.graph}: {tested} accuracy {np.mean(accuracies):.3f} (mean of {options.seeds} seeds)")


if __name__ == "__main__":
    main()
