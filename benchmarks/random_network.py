"""Random sparse recurrent networks of any size, for the benchmarks.

h(t) = tanh(W h(t-1) + W_in x(t) + b),   y(t) = W_out h(t) + c
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

import graphnet as gn

N_INPUTS = N_OUTPUTS = 4


def draw_random(n_neurons: int, n_synapses: int, *, n_reached: int | None = None, seed: int = 1) -> gn.GraphTable:
    """Draw a network whose neurons have equally many incoming synapses, up to duplicates, which are dropped.

    Inputs feed, and outputs read, the first ``n_reached`` neurons, or all.  Weights are normal, with a scale at which
    values neither vanish nor grow.
    """
    rng = np.random.default_rng(seed)
    target = np.arange(n_synapses) % n_neurons
    place = np.unique(target * n_neurons + rng.integers(0, n_neurons, n_synapses))
    weights = rng.normal(0, np.sqrt(n_neurons / n_synapses), len(place))
    inward, outward = np.zeros((n_neurons, N_INPUTS)), np.zeros((N_OUTPUTS, n_neurons))
    reached = slice(n_reached)
    inward[reached] = rng.normal(0, 0.5, inward[reached].shape)
    outward[:, reached] = rng.normal(0, 1 / np.sqrt(n_reached or n_neurons), outward[:, reached].shape)
    return gn.graphs.from_matrix(
        sp.csr_array((weights, np.divmod(place, n_neurons)), shape=(n_neurons, n_neurons)), w_in=inward, w_out=outward
    )


def draw_batch(n_samples: int, n_steps: int, *, seed: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Return normal inputs and targets for a random network, in single precision."""
    rng = np.random.default_rng(seed)
    inputs, targets = (rng.normal(size=(n_samples, n_steps, n)).astype(np.float32) for n in (N_INPUTS, N_OUTPUTS))
    return inputs, targets
