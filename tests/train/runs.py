"""A fit that is kept in a folder: a small one, always the same, and what is compared of two of them."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np

import graphnet as gn
from graphnet.train.runs.checkpoint import read_checkpoint
from graphnet.train.state import EpochSums, TrainingState

OPTIMIZERS = ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw")


def draw() -> Any:
    """A recurrent drawing with signs, a delay, a gate and a tie."""
    graph = gn.graphs.elman(2, 5, 2)
    graph.nodes["hidden", 0]["sign"] = -1
    graph.add_edge(("input", 0), ("output", 0), delay=3)
    graph.edges[("input", 1), ("hidden", 1)]["gate"] = ("hidden", 2)
    graph.edges[("input", 0), ("hidden", 3)]["tie"] = graph.edges[("input", 1), ("hidden", 4)]["tie"] = "one"
    return graph


def data(n_samples: int = 20, n_steps: int = 8) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Inputs, targets and lengths."""
    rng = np.random.default_rng(5)
    inputs = rng.normal(size=(n_samples, n_steps, 2))
    targets = np.cumsum(inputs, axis=1) / 4
    return inputs, targets, np.append(n_steps, rng.integers(2, n_steps + 1, n_samples - 1))


def train(run: Path | None, **settings: Any) -> gn.Network:
    """Train a new network; 100 updates where nothing else is said."""
    inputs, targets, lengths = data()
    net = gn.compile(draw(), seed=3)
    options = {"epochs": 20, "batch_size": 4, "seed": 7, "learning_rate": 0.01, "validation": 0.1, **settings}
    gn.fit(net, inputs, targets, lengths=lengths, run=run, **options)
    return net


def go_on(run: Path, **changes: Any) -> gn.Network:
    """Resume a run."""
    inputs, targets, lengths = data()
    return gn.resume(run, inputs, targets, lengths=lengths, **changes)[0]


def states(run: Path) -> list[TrainingState]:
    """Every checkpoint of a run, the first one first."""
    return [read_checkpoint(path) for path in sorted((run / "checkpoints").glob("*.safetensors"))]


def assert_same_state(ours: TrainingState, theirs: TrainingState) -> None:
    """Everything but the time it took is the same, to the last bit."""
    for each in fields(TrainingState):
        a, b = without_seconds(getattr(ours, each.name)), without_seconds(getattr(theirs, each.name))
        assert same(a, b), each.name


def without_seconds(value: Any) -> Any:
    """Rows and sums without the time that they took."""
    if isinstance(value, EpochSums):
        return replace(value, seconds=0.0)
    if isinstance(value, list):
        return [{name: part for name, part in row.items() if name != "seconds"} for row in value]
    return value


def same(ours: Any, theirs: Any) -> bool:
    """The same bits."""
    if isinstance(ours, dict):
        return ours.keys() == theirs.keys() and all(same(ours[name], theirs[name]) for name in ours)
    if isinstance(ours, np.ndarray):
        return ours.dtype == theirs.dtype and ours.shape == theirs.shape and ours.tobytes() == theirs.tobytes()
    return repr(ours) == repr(theirs)
