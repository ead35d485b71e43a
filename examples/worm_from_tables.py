"""From the two tables of a connectome to an experiment: what does the wiring of a worm do for a choice?

The tables are those of a laboratory: a row for each pair of neurons with its numbers of chemical synapses and gap
junctions and its transmitter, and a row for each neuron with its kind, class and side.  The drawing has the numbers as
``scale``, and the sign of the transmitter as that of every synapse (Dale's law).  Noise reaches the sensory neurons of
the left and of the right side for six steps; six steps later two outputs, which read the motor neurons, say on which
side the sum was larger.

    python examples/worm_from_tables.py --seeds 10 --processes 2
"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

import numpy as np

import graphnet as gn

DATA = Path(__file__).parent / "data"
SIGNS = {"acetylcholine": 1, "glutamate": 1, "gaba": -1, "acetylcholine+glutamate": 1}
UNKNOWN = dict.fromkeys(("betaine", "acetylcholine+betaine", "glutamate+betaine", "acetylcholine+gaba"), 0)
N_STEPS, N_HEARD, EPOCHS = 12, 6, 20


def read_worm(per: str | None = None) -> gn.GraphTable:
    """Draw the worm from its tables; ``per`` is a column of the neurons, each pair of whose values has one weight."""
    worm = gn.graphs.from_tables(
        DATA / "worm_edges.csv",
        DATA / "worm_neurons.csv",
        count="synapses",
        gap="gap_junctions",
        sign="transmitter",
        signs=SIGNS | UNKNOWN,
        per=per,
    )
    worm = gn.graphs.with_inputs(worm, ["left", "right"], {"kind": "sensory"}, by="side")
    return gn.graphs.with_readout(worm, ["more on the left", "more on the right"], {"kind": "motor"})


def make_choices(n_samples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return noise on both sides, (n_samples, 12, 2), and the side with the larger sum, 0 or 1."""
    inputs = np.random.default_rng(seed).normal(size=(n_samples, N_STEPS, 2))
    inputs[:, N_HEARD:] = 0
    return inputs, np.diff(inputs.sum(axis=1), axis=1)[:, 0].astype(float) > 0


def train(graph: gn.GraphTable, seed: int) -> gn.Network:
    """Train a drawing on 450 choices."""
    net = gn.compile(graph, dtype="float32", seed=seed)
    inputs, sides = make_choices(450, seed)
    gn.fit(
        net,
        inputs,
        sides.astype(int),
        loss="cross_entropy",
        learning_rate=3e-3,
        epochs=EPOCHS,
        clip_norm=1.0,
        seed=seed,
        progress=False,
    )
    return net


def score(graph: gn.GraphTable, seed: int) -> float:
    """Train a drawing, and return its accuracy on 1,000 choices that it has not seen."""
    inputs, sides = make_choices(1000, 10_000 + seed)
    return gn.metrics.accuracy(train(graph, seed).run(inputs), sides.astype(int))


def rewire(seed: int, worm: gn.GraphTable, keep: str) -> gn.GraphTable:
    """Draw a null model of the worm, another one for each seed."""
    return gn.graphs.rewired(worm, keep=keep, seed=seed)


def main() -> None:
    """Train with and without ties, take parts out of one network, and compare the worm with null models."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10, help="number of networks of each wiring")
    parser.add_argument("--processes", type=int, help="number of processes; by default this one")
    options = parser.parse_args()

    worm = read_worm()
    for name, graph in {"a weight for each synapse": worm, "one for each pair of classes": read_worm("class")}.items():
        found = [score(graph, seed) for seed in range(min(options.seeds, 5))]
        print(f"{name}: {gn.compile(graph).parameters.size} parameters, accuracy {np.mean(found):.3f}", flush=True)

    net = train(worm, seed=0)
    inputs, sides = make_choices(1000, seed=10_000)
    for of in ("feedback", "kind", "class"):
        lesions = gn.analysis.lesions(net, inputs, sides.astype(int), of=of, loss="cross_entropy")
        worst = lesions.sort_values("change", ascending=False).head(8)
        print(f"\nloss without parts of the network, by {of}, the worst first:\n{worst.to_string(index=False)}")

    wirings = {"worm": worm} | {keep: partial(rewire, worm=worm, keep=keep) for keep in ("degree", "count", "scale")}
    print()
    print(gn.analysis.compare(wirings, score, seeds=options.seeds, against="worm", executor=options.processes))


if __name__ == "__main__":
    main()
