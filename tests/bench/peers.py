"""Drawings that peers can compute, peers that are made up, and ``Operations`` in NumPy."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import nullcontext
from types import SimpleNamespace

import networkx as nx
import numpy as np
import pytest
import scipy.sparse as sp

import graphnet as gn
from benchmarks import peers
from graphnet.execute.contract import Estimate
from graphnet.language.activations import ACTIVATIONS


def sparse_matrix(n: int = 20) -> gn.GraphTable:
    """A table instead of a networkx graph: some synapses between neurons, all from inputs and to outputs."""
    rng = np.random.default_rng(0)
    matrix = sp.random_array((n, n), density=0.2, rng=rng)
    return gn.graphs.from_matrix(matrix, w_in=rng.normal(size=(n, 3)), w_out=rng.normal(size=(2, n)))


def delays() -> nx.DiGraph:
    """Delays of up to seven steps, also from inputs; initial values, some of them learnt."""
    drawing = gn.graphs.elman(2, 6, 2)
    drawing.add_edge(("hidden", 0), ("hidden", 1), delay=4)
    drawing.add_edge(("input", 0), ("output", 1), delay=7)
    for i, activation in enumerate(["gelu", "relu", "elu", "sin", "softplus", "gaussian"]):
        drawing.nodes["hidden", i].update(initial=0.1 * i, train_initial=i % 2 == 0, activation=activation)
    return drawing


def everything() -> nx.MultiDiGraph:
    """Parallel synapses, ties over several delays, fixed weights, scales, leaks, levels, separate outputs."""
    drawing = nx.MultiDiGraph()
    drawing.add_node("x", role="input")
    drawing.add_nodes_from(["first", "last"], role="output")
    drawing.add_nodes_from("abc", initial=0.5)
    drawing.nodes["b"].update(leak=0.3, activation="sigmoid")
    drawing.add_edges_from(("x", "a") for _ in range(3))
    drawing.add_edges_from([("x", "c"), ("x", "first"), ("c", "last"), ("b", "last")])
    drawing.add_edges_from([("a", "b", {"delay": 0}), ("b", "c", {"delay": 0}), ("c", "a"), ("c", "c")])
    drawing.add_edge("a", "b", tie="shared", scale=2.0, delay=0)
    drawing.add_edge("c", "b", tie="shared", delay=3)
    drawing.add_edge("a", "b", trainable=False, weight=0.3, delay=0)
    drawing.add_edge("x", "b", tie="shared", delay=0)
    return drawing


DRAWINGS = {
    "feedforward": lambda: gn.graphs.feedforward(3, [5, 4], 2),
    "elman": lambda: gn.graphs.elman(3, 5, 2),
    "complete": lambda: gn.graphs.complete(3, 6, 2),
    "jordan": lambda: gn.graphs.jordan(2, 5, 2),
    "convolution": lambda: gn.graphs.convolution(2, 3, 2, kernel_size=3),
    "echo state": lambda: gn.graphs.echo_state(2, 20, 2, density=0.3, leak=0.4, seed=0),
    "sparse matrix": sparse_matrix,
    "delays": delays,
    "everything": everything,
}


def problem(name: str, dtype: str = "float64") -> tuple[gn.Network, np.ndarray, np.ndarray]:
    """Return a network, and inputs and targets for it."""
    net = gn.compile(DRAWINGS[name](), dtype=dtype, seed=1)
    rng = np.random.default_rng(2)
    return net, rng.normal(size=(3, 9, net.n_inputs)), rng.normal(size=(3, 9, net.n_outputs))


class InNumPy:
    """``Operations`` in NumPy and SciPy."""

    numpy = SimpleNamespace(concatenate=np.concatenate, broadcast_to=np.broadcast_to, zeros=np.zeros)

    def activate(self, name, z):
        return ACTIVATIONS[name].function(z)

    def take(self, values, index):
        return values[index]

    def sum_into(self, n_rows, index, values):
        assert (np.diff(index) >= 0).all()
        total = np.zeros((n_rows, *values.shape[1:]), values.dtype)
        np.add.at(total, index, values)
        return total

    def split(self, values, sizes):
        return np.split(values, np.cumsum(sizes)[:-1]) if sizes else []

    def dense(self, values, rows, columns, shape):
        return self.sparse(values, rows, columns, None, shape).toarray()

    def sparse(self, values, rows, columns, pointers, shape):
        matrix = sp.coo_array((values, (rows, columns)), shape=shape).tocsr()
        assert matrix.nnz == len(values), "a place occurs twice"
        assert pointers is None or np.array_equal(matrix.indptr, pointers)
        return matrix

    def scan(self, advance, z, initial, depth):
        past = deque([initial] * depth, maxlen=depth)
        found = []
        for now in z.transpose(1, 0, 2):
            found.append(advance(now, lambda delay: past[-delay]))
            past.append(found[-1])
        return np.stack(found, 1)


class MadeUp:
    """A peer with a given loss, or one that fails."""

    keeps_memory = True

    def __init__(self, loss=0.0, error=None):
        self.loss, self.error = loss, error

    def run(self):
        """Do nothing."""

    def estimate(self):
        """Return the bytes of a run and of a step."""
        return Estimate(123, 456)

    def value_and_grad(self):
        """Return the loss, or fail."""
        if self.error is not None:
            raise self.error
        return self.loss, None


def made_up(monkeypatch: pytest.MonkeyPatch, make: Callable[[str], MadeUp]) -> None:
    """Have ``make(name)`` make the peers, without any library."""
    monkeypatch.setattr(peers.Peers, "make", lambda self, name: make(name))
    monkeypatch.setattr(peers, "peers_threads", lambda names, number: nullcontext())
