"""Time what ``gn.analysis`` computes of the worm: lesions of all its neurons, a comparison, and others.

The 302 neurons of *C. elegans* listen to 370 utterances of speech.  A lesion runs all of them without one neuron.  The
comparison trains the worm and a random graph of its size from two seeds, an epoch each.

    python benchmarks/analysis.py
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from choices import check_choices

import graphnet as gn
from graphnet.bench import time_rounds

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))

from worm import DATA, between, read_worm


def read_speech(part: str, n_samples: int | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Read inputs, classes and lengths."""
    speech = np.load(DATA / "japanese_vowels.npz")
    return tuple(speech[f"{name}_{part}"][:n_samples] for name in ("x", "y", "lengths"))


def train(data: tuple[np.ndarray, np.ndarray, np.ndarray], graph: Any, seed: int) -> float:
    """Return the accuracy after an epoch."""
    net, (inputs, classes, lengths) = gn.compile(graph, dtype="float32", seed=seed), data
    given = {"loss": "cross_entropy", "lengths": lengths}
    gn.fit(net, inputs, classes, epochs=1, seed=seed, **given)
    return gn.evaluate(net, inputs, classes, **given)["accuracy"]


def rows(n_samples: int | None) -> dict[str, Callable[[], Any]]:
    """Return what is timed, by name."""
    worm = between(read_worm(), [("input", i) for i in range(12)], [("output", i) for i in range(9)])
    net = gn.compile(worm, dtype="float32", seed=0)
    inputs, classes, lengths = read_speech("test", n_samples)
    given = {"loss": "cross_entropy", "lengths": lengths}
    neurons = {node: [node] for node, kind in worm.nodes(data="kind") if kind}
    control = gn.graphs.random_graph(12, len(neurons), 9, density=4797 / len(neurons) ** 2, seed=0)
    graphs, training = {"worm": worm, "random": control}, partial(train, read_speech("train", n_samples))
    differences = np.random.default_rng(0).normal(0.5, 1.0, 20)
    from graphnet.analysis.paired import bootstrap_interval, sign_flip_p

    def lesions(executor: int | None) -> Any:
        return gn.analysis.lesions(net, inputs, classes, of=neurons, executor=executor, **given)

    def compare(executor: int | None) -> Any:
        return gn.analysis.compare(graphs, training, seeds=2, executor=executor)

    return {
        f"lesions of {len(neurons)} neurons": partial(lesions, None),
        "lesions, two processes": partial(lesions, 2),
        "compare, 4 epochs": partial(compare, None),
        "compare, two processes": partial(compare, 2),
        "gradient_flow": lambda: gn.analysis.gradient_flow(net, inputs, classes, **given),
        "spectrum": lambda: gn.analysis.spectrum(net),
        "memory_horizon": lambda: gn.analysis.memory_horizon(net),
        "sign-flip test, 20 seeds": lambda: sign_flip_p(differences),
        "bootstrap, 20 seeds": lambda: bootstrap_interval(differences, 10_000),
    }


def watched(call: Callable[[], Any], used: list[float]) -> Any:
    """Call, and add the seconds that processors worked for this process and those that it started."""
    before = sum(os.times()[:4])
    result = call()
    used.append(sum(os.times()[:4]) - before)
    return result


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="words of the rows to measure  [default: all]")
    parser.add_argument("--samples", type=int, help="number of utterances  [default: all]")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    calls = rows(options.samples)
    words = {word.strip(",") for name in calls for word in name.split()}
    check_choices(parser, options.names, words)
    print("what | seconds | seconds of all processors | memory\n---|---|---|---", flush=True)
    for name, call in calls.items():
        if options.names and not set(options.names) & {word.strip(",") for word in name.split()}:
            continue
        used: list[float] = []
        found = time_rounds({name: partial(watched, call, used)}, rounds=options.rounds, budget=600.0)[name]
        if found.error is not None:
            raise found.error
        memory = "-" if found.memory is None else f"{found.memory / 1e6:.0f} MB"
        print(f"{name} | {found.median:.3g} | {np.median(used):.3g} | {memory}", flush=True)


if __name__ == "__main__":
    main()
