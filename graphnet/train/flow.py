"""Flow of gradients through time: they may vanish or explode on their way from the last step to the first."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from ..language.arrays import Array
from ..network.network import Network
from .data import MiniBatch

VANISHED, EXPLODED = 1e-6, 1e4
"""Ratios of the gradient at the first step to that at the last, beyond which a fit warns."""
MOST_SAMPLES, FEWEST_STEPS = 16, 10
WARN_AT = 5
"""Stack level of the line that called `fit`."""


class GradientWarning(UserWarning):
    """Gradients vanish or explode through time."""


@dataclass(frozen=True)
class Flow:
    """Gradient of the outputs at the last step with respect to the inputs, step by step.

    ``norms`` (n_steps,) is its size at each step, over all samples; exactly 0 where no path, of whatever delays, leads
    from the inputs to the outputs, or where it underflows.
    """

    norms: Array

    @property
    def span(self) -> int:
        """Return the number of steps between the first and the last step that the gradient reaches."""
        reached = np.flatnonzero(self.norms)
        return int(reached[-1] - reached[0]) if len(reached) else 0

    @property
    def ratio(self) -> float:
        """Return the gradient at the first step that it reaches over that at the last; 1 for one step or none."""
        reached = np.flatnonzero(self.norms)
        if not self.span:
            return 1.0
        with np.errstate(over="ignore"):
            return float(self.norms[reached[0]] / self.norms[reached[-1]])

    @property
    def factor(self) -> float:
        """Return the factor of the gradient for one step, on average."""
        return float(self.ratio ** (1 / max(1, self.span)))


def gradient_flow(net: Network, inputs: Array, lengths: Array | None = None) -> Flow:
    """Measure how gradients flow back through time.

    Parameters
    ----------
    net : Network
        Without reverse neurons: those have two directions of time.
    inputs : array (n_samples, n_steps, n_inputs)
    lengths : array (n_samples,), optional
        Only the longest sequences are used.

    References
    ----------
    Bengio, Simard and Frasconi, Learning long-term dependencies with gradient descent is difficult, IEEE Transactions
    on Neural Networks 5, 1994.

    Examples
    --------
    >>> import graphnet as gn
    >>> graph = gn.graphs.direct(1, 1, 1)
    >>> graph.edges[("hidden", 0), ("hidden", 0)]["weight"] = 0.5
    >>> graph.nodes["hidden", 0]["activation"] = "identity"
    >>> round(gradient_flow(gn.compile(graph, seed=0), np.zeros((1, 4, 1))).ratio, 6)
    0.125
    """
    if lengths is not None:
        longest = np.flatnonzero(lengths == lengths.max())
        inputs = inputs[longest, : int(lengths.max())]
    grad_outputs = np.zeros((*inputs.shape[:2], net.n_outputs), net.dtype)
    # a direction for each sample, so that outputs do not cancel
    signs = np.random.default_rng(0).integers(0, 2, (len(inputs), net.n_outputs))
    grad_outputs[:, -1] = 2.0 * signs - 1.0
    with np.errstate(over="ignore", invalid="ignore"):
        found = net.vjp(inputs, grad_outputs).inputs.astype(np.float64)
        return Flow(np.sqrt(np.square(found).sum(axis=(0, 2))))


def warn_of_flow(net: Network, batch: MiniBatch, *, clipped: bool) -> bool:
    """Warn where gradients vanish or, not ``clipped``, explode through time; return whether it did."""
    program = net.program
    is_recurrent = bool(program.stages["scanned"].any())
    if not is_recurrent or program.stages["reverse"].any() or not net.n_inputs:
        return False
    longest = np.flatnonzero(batch.lengths == batch.lengths.max())[:MOST_SAMPLES]
    if batch.lengths.max() < FEWEST_STEPS:
        return False
    flow = gradient_flow(net, batch.inputs[longest, : int(batch.lengths.max())])
    if not np.isfinite(flow.norms).all():  # training will say where
        return False
    if flow.ratio < VANISHED:
        what, helps = (
            "vanish",
            "gates (gn.graphs.lstm, gn.graphs.gru), a synapse with a long delay, leak < 1, or the initializer "
            "'orthogonal' keep them alive",
        )
    elif flow.ratio > EXPLODED and not clipped:
        what, helps = "explode", "clip_norm=1.0, or the initializer 'spectral_radius', holds them"
    else:
        return False
    warnings.warn(
        f"gradients {what} through time: over {flow.span} steps they are multiplied with {flow.ratio:.2g}, "
        f"{flow.factor:.3g} a step; {helps}",
        GradientWarning,
        stacklevel=WARN_AT,
    )
    return True
