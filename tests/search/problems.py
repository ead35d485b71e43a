"""Problems that take milliseconds, for searches in this process and in others."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

import graphnet as gn
from graphnet.search.owner import this_process

X = np.random.default_rng(0).normal(size=(24, 4, 1))
Y = np.cumsum(X, axis=1)
FIT = {"epochs": 2, "backend": "reference", "batch_size": 8}
SPACE = {"learning_rate": (1e-3, 1e-1, "log"), "n_hidden": [1, 2, 3]}
GRID = {"learning_rate": [0.001, 0.01, 0.1], "n_hidden": [1, 2]}


def search(make: Any = "elman", space: Any = SPACE, **changes: Any) -> Any:
    """Return the study of a small search."""
    return gn.sweep(make, space, X, Y, **{"sampler": "random", "trials": 6, **FIT, **changes})


def results(study: Any) -> list[tuple[Any, ...]]:
    """Return what is the same for any course of a search: index, state, options, score, in the order of the indices."""
    ended = [each for each in study.trials if "lost" not in each.user_attrs]
    found = [
        (each.user_attrs["index"], each.state.name, tuple(each.params.items()), each.value)
        for each in ended
        if each.state.is_finished()
    ]
    return sorted(found, key=lambda row: row[0])


def states(study: Any) -> list[str]:
    """Return the states of all trials, in their order."""
    return [each.state.name for each in study.trials]


def draw(n_hidden: int) -> Any:
    """Return a drawing; none of 3."""
    if n_hidden == 3:
        raise gn.GraphError("no network has three neurons")
    return gn.graphs.elman(1, n_hidden, 1)


def die_once(n_hidden: int, folder: str) -> Any:
    """End the process the first time that a network of 2 neurons is asked for."""
    mark = os.path.join(folder, "died")
    if n_hidden == 2 and not os.path.exists(mark) and this_process().process != int(os.environ["GRAPHNET_TESTS"]):
        open(mark, "w").close()
        os._exit(1)
    return gn.graphs.elman(1, n_hidden, 1)


def die_always(n_hidden: int) -> Any:
    """End the process whenever a network of 2 neurons is asked for."""
    if n_hidden == 2 and os.getpid() != int(os.environ["GRAPHNET_TESTS"]):
        os._exit(1)
    return gn.graphs.elman(1, n_hidden, 1)


def count_threads(n_hidden: int) -> Any:
    """Fail with the number of threads of this process, if it is a worker."""
    if os.getpid() != int(os.environ["GRAPHNET_TESTS"]):
        raise gn.GraphError(f"threads: {gn.get_num_threads()}")
    return gn.graphs.elman(1, n_hidden, 1)


def broken(n_hidden: int) -> Any:
    """Raise what is no error of options, for 2 neurons."""
    if n_hidden == 2:
        raise KeyError("a bug")
    return gn.graphs.elman(1, n_hidden, 1)
