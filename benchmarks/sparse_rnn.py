"""How long a training step of a sparse recurrent network takes, here and in the libraries that are installed.

    h(t) = tanh(W h(t-1) + W_in x(t) + b),   y(t) = W_out h(t),   loss: the mean of (y - target)^2

A step is the loss and the gradient of every weight and bias, in float32, on all processors.  Everybody gets the same
numbers, and has to report the same loss; who comes next takes turns, so that the machine's moods are everyone's.

    python benchmarks/sparse_rnn.py tiny small mid big

Peers are torch, with a dense matrix under a mask and with a sparse one (CSR), and JAX with a sparse one (BCOO); those
that are not installed are left out.
"""

from __future__ import annotations

import argparse
import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
import scipy.sparse as sp

import graphnet as gn

SIZES = {"tiny": (32, 8, 16, 100), "small": (256, 16, 32, 100), "mid": (2048, 32, 32, 50), "big": (16384, 64, 32, 20)}
"""Neurons, synapses into each on average, samples, steps."""
N_INPUTS = N_OUTPUTS = 4
MOST_MASKED = 4096
"""More neurons than this are not tried as a dense matrix."""

Step = Callable[[], float]


@dataclass(frozen=True)
class Problem:
    """W (n, n) CSR, W_in (n, n_inputs), W_out (n_outputs, n); x and targets (n_samples, n_steps, ...)."""

    recurrent: sp.csr_array
    inward: np.ndarray
    outward: np.ndarray
    x: np.ndarray
    targets: np.ndarray


def make_problem(size: str) -> Problem:
    """Normal weights at random places, scaled so that values neither die nor grow."""
    n, degree, n_samples, n_steps = SIZES[size]
    rng = np.random.default_rng(1)
    target = np.repeat(np.arange(n), degree)
    places = np.unique(np.stack([target, rng.integers(0, n, len(target))], axis=1), axis=0)
    weights = rng.normal(0, 1 / np.sqrt(degree), len(places))
    shape = n_samples, n_steps
    return Problem(
        sp.csr_array((weights.astype(np.float32), (places[:, 0], places[:, 1])), shape=(n, n)),
        rng.normal(0, 0.5, (n, N_INPUTS)).astype(np.float32),
        rng.normal(0, 1 / np.sqrt(n), (N_OUTPUTS, n)).astype(np.float32),
        rng.normal(size=(*shape, N_INPUTS)).astype(np.float32),
        rng.normal(size=(*shape, N_OUTPUTS)).astype(np.float32),
    )


def with_graphnet(problem: Problem) -> Step:
    """The drawing that the matrices are."""
    graph = gn.graphs.from_matrix(problem.recurrent, w_in=problem.inward, w_out=problem.outward, activation="tanh")
    net = gn.compile(graph, dtype="float32")
    return lambda: float(net.value_and_grad(problem.x, problem.targets, loss="mse")[0])


def with_torch(problem: Problem, *, masked: bool) -> Step:
    """A loop over steps, and back through it by autograd."""
    import torch

    warnings.filterwarnings("ignore", module="torch|__main__", message="Sparse")
    torch.set_num_threads(os.cpu_count() or 1)
    matrix = problem.recurrent
    inward, outward = (torch.tensor(each, requires_grad=True) for each in (problem.inward, problem.outward))
    bias = torch.zeros(len(problem.inward), 1, requires_grad=True)
    x, targets = (torch.tensor(each.transpose(1, 2, 0).copy()) for each in (problem.x, problem.targets))
    if masked:
        mask = torch.tensor((matrix.toarray() != 0).astype(np.float32))
        weight = torch.tensor(matrix.toarray(), requires_grad=True)
    else:
        weight = torch.sparse_csr_tensor(
            torch.tensor(matrix.indptr), torch.tensor(matrix.indices), torch.tensor(matrix.data), size=matrix.shape
        ).requires_grad_()
    learnt = inward, outward, bias, weight

    def step() -> float:
        for each in learnt:
            each.grad = None
        recurrent = weight * mask if masked else weight
        h, outputs = torch.zeros(len(problem.inward), x.shape[2]), []
        for now in x:
            h = torch.tanh(recurrent @ h + inward @ now + bias)
            outputs.append(outward @ h)
        loss = ((torch.stack(outputs) - targets) ** 2).mean()
        loss.backward()
        return float(loss.detach())

    return step


def with_jax(problem: Problem) -> Step:
    """A scan over steps with a BCOO matrix, compiled whole."""
    import jax
    import jax.numpy as jnp
    from jax.experimental import sparse

    matrix = problem.recurrent.tocoo()
    places = jnp.array(np.stack([matrix.row, matrix.col], axis=1))
    x, targets = (jnp.array(each.transpose(1, 2, 0)) for each in (problem.x, problem.targets))
    learnt = tuple(map(jnp.array, (matrix.data, problem.inward, problem.outward, np.zeros((len(problem.inward), 1)))))

    def loss(learnt: Any) -> Any:
        data, inward, outward, bias = learnt
        recurrent = sparse.BCOO((data, places), shape=matrix.shape, indices_sorted=True, unique_indices=True)

        def advance(h: Any, now: Any) -> Any:
            h = jnp.tanh(recurrent @ h + inward @ now + bias)
            return h, outward @ h

        _, outputs = jax.lax.scan(advance, jnp.zeros((matrix.shape[0], x.shape[2]), jnp.float32), x)
        return ((outputs - targets) ** 2).mean()

    both = jax.jit(jax.value_and_grad(loss))
    return lambda: float(jax.block_until_ready(both(learnt))[0])


PEERS: dict[str, Callable[[Problem], Step]] = {
    "torch, masked": lambda problem: with_torch(problem, masked=True),
    "torch, CSR": lambda problem: with_torch(problem, masked=False),
    "JAX, BCOO": with_jax,
}


def measure(size: str, rounds: int) -> dict[str, float]:
    """Median seconds of a step, by who takes it."""
    problem = make_problem(size)
    steps = {"graphnet": with_graphnet(problem)}
    for name, make in PEERS.items():
        if "masked" in name and SIZES[size][0] > MOST_MASKED:
            continue
        try:
            steps[name] = make(problem)
        except ImportError as error:
            print(f"{name}: left out, {error}")
    losses = {name: step() for name, step in steps.items()}
    for name, loss in losses.items():
        if not np.isclose(loss, losses["graphnet"], rtol=1e-4):
            raise SystemExit(f"{size}: the loss of {name} is {loss}, that of graphnet {losses['graphnet']}")
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(rounds):
        for name, step in steps.items():
            begun = perf_counter()
            step()
            seconds[name].append(perf_counter() - begun)
    return {name: median(each) for name, each in seconds.items()}


def main() -> None:
    """Measure some sizes, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sizes", nargs="*", choices=[*SIZES], default=["tiny", "small", "mid"])
    parser.add_argument("--rounds", type=int, default=11)
    options = parser.parse_args()
    print("size | graphnet | " + " | ".join(PEERS) + " | fastest peer over graphnet")
    print("---|---|" + "---|" * len(PEERS) + "---")
    for size in options.sizes:
        found = measure(size, options.rounds)
        shown = [f"{1e3 * found[name]:.1f} ms" if name in found else "-" for name in ("graphnet", *PEERS)]
        others = [found[name] for name in PEERS if name in found]
        ratio = f"{min(others) / found['graphnet']:.1f}" if others else "-"
        print(" | ".join([size, *shown, ratio]), flush=True)


if __name__ == "__main__":
    main()
