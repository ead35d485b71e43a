"""Flow of a loss's gradient through time: it may vanish or explode on its way from the last step to the first."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..language.arrays import Array
from ..language.delays import resolve_delays
from ..losses import Loss, LossFunction, resolve_loss
from ..network.network import Network
from .data import MiniBatch, check_sequences
from .settings import FitSettings

VANISHED, EXPLODED = 1e-6, 1e4
"""Ratios of the gradient at the first step to that at the last, beyond which a fit warns."""
LEARNT = 0.9
"""A network has learnt something where its loss is less than so much of that of outputs which are alike."""
MOST_SAMPLES, FEWEST_STEPS = 16, 10
LOOK_AFTER = 20
"""Number of batches after which a fit looks at the flow, once; after all but one, if there are fewer."""
WARN_AT = 6
"""Stack level of the line that called `fit`."""


class GradientWarning(UserWarning):
    """Gradients vanish or explode through time."""


@dataclass(frozen=True)
class Flow:
    """Gradient of a loss with respect to the inputs, step by step.

    ``norms`` (n_steps,) is its size at each step, over all samples; exactly 0 where no path, of whatever delays, leads
    from the inputs to an output that counts, or where it underflows.
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


def flow_to_inputs(
    net: Network,
    inputs: Any,
    targets: Any,
    *,
    loss: str | Loss | LossFunction | Mapping[str, Any] = "mse",
    lengths: Any = None,
) -> Flow:
    """Measure the gradient of a loss with respect to the inputs of each step, over the longest sequences.

    It takes one backward pass; ``gn.analysis.gradient_flow`` looks inside, at neurons and kinds of feedback.

    Parameters
    ----------
    net : Network
        Without reverse neurons: those have two directions of time.
    inputs, targets, loss, lengths
        As for `fit`.

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
    >>> round(flow_to_inputs(gn.compile(graph, seed=0), np.zeros((1, 4, 1)), [[1.0]]).ratio, 6)
    0.125
    """
    resolved = resolve_loss(loss)
    data = check_sequences(net, resolved, inputs, targets, lengths)
    return _Look(net, longest_of(data.batch(0, len(data.rows))), resolved).flow()


def warn_of_flow(net: Network, batch: MiniBatch, loss: Loss, settings: FitSettings) -> bool:
    """Warn where the gradient of the loss vanishes or, unless it is clipped, explodes; return whether it did.

    A network that has learnt something from these samples is left alone.
    """
    stages = net.program.stages
    n_steps = int(batch.lengths.max())
    windows = min(n_steps, settings.truncation or n_steps)
    if not stages["scanned"].any() or stages["reverse"].any() or not net.n_inputs or windows < FEWEST_STEPS:
        return False
    seen = longest_of(batch, MOST_SAMPLES).window(n_steps - windows, windows)
    assert seen is not None  # the longest sequences get there
    look = _Look(net, seen, loss)
    flow, where = look.flow(), f" of a window of {windows} (truncation)" if windows < n_steps else ""
    if not np.isfinite(flow.norms).all():  # training will say where
        return False
    if flow.ratio < VANISHED:
        what, helps = "vanish", _Drawing(net).against_vanishing()
    elif flow.ratio > EXPLODED and settings.clip_norm is None and settings.clip_value is None:
        what, helps = "explode", _Drawing(net).against_exploding()
    else:
        return False
    if look.has_learnt():
        return False
    warnings.warn(
        f"gradients {what} through time: over {flow.span} steps{where} they are multiplied with {flow.ratio:.2g}, "
        f"{flow.factor:.3g} a step; {', '.join(helps)} may help",
        GradientWarning,
        stacklevel=WARN_AT,
    )
    return True


class _Look:
    """Outputs, loss and gradient of a network on some samples of the same length."""

    def __init__(self, net: Network, batch: MiniBatch, loss: Loss) -> None:
        self._net, self._batch, self._loss = net, batch, loss
        with np.errstate(over="ignore", invalid="ignore"):
            self._outputs = net.run(batch.inputs)

    def flow(self) -> Flow:
        """Return the gradient of the loss with respect to the inputs."""
        with np.errstate(over="ignore", invalid="ignore"):
            _, grad_outputs = self._measure(self._outputs)
            found = self._net.vjp(self._batch.inputs, grad_outputs).inputs.astype(np.float64)
            return Flow(np.sqrt(np.square(found).sum(axis=(0, 2))))

    def has_learnt(self) -> bool:
        """Return whether the loss is less than if every sample had the mean of the outputs, which knows no input."""
        alike = np.broadcast_to(self._outputs.mean(axis=0), self._outputs.shape).copy()
        return bool(self._measure(self._outputs)[0] < LEARNT * self._measure(alike)[0])

    def _measure(self, outputs: Array) -> tuple[Any, Array]:
        batch = self._batch
        # a loss may write into what it is given
        return self._loss(outputs.copy(), batch.targets, batch.mask, batch.weights)


def longest_of(batch: MiniBatch, most: int | None = None) -> MiniBatch:
    """Return the longest sequences of a batch, or the first of them."""
    rows = np.flatnonzero(batch.lengths == batch.lengths.max())[:most]
    weights = None if batch.weights is None else batch.weights[rows]
    return replace(
        batch,
        inputs=batch.inputs[rows],
        targets=batch.targets[rows],
        lengths=batch.lengths[rows],
        mask=batch.mask[rows],
        weights=weights,
        rows=np.arange(len(rows)),
    )


class _Drawing:
    """Parts of a drawing that keep gradients alive, or let them grow."""

    def __init__(self, net: Network) -> None:
        table = net.to_table()
        delays = resolve_delays(table)
        loops, gated = table.source == table.target, delays.gate >= 0
        holding = np.flatnonzero(loops & gated)
        self.holding = table.nodes[delays.gate[holding[0]]] if len(holding) else None
        self.longest_delay = int(delays.delay.max(initial=0))
        self.has_leak, self.has_tau = bool(table.node_gives("leak").any()), bool(table.node_gives("tau").any())
        recurrent, plain = delays.delay > 0, loops & ~gated
        strengths = np.abs(table.edge("weight") * table.edge("scale"))[plain]
        is_of_loops = np.count_nonzero(plain) * 2 > np.count_nonzero(recurrent)
        self.largest_loop = float(strengths.max()) if is_of_loops else None

    def against_vanishing(self) -> list[str]:
        """Return what keeps gradients alive in such a drawing."""
        helps = []
        if self.holding is None:
            helps.append("gates (gn.graphs.lstm, gn.graphs.gru)")
        else:
            helps.append(f"larger biases of the gates of self-loops, such as {self.holding!r}, to hold values longer")
        if self.largest_loop is not None:
            helps.append(f"self-loops of weight near 1 (the largest is {self.largest_loop:.3g})")
        if self.has_tau:
            helps.append("a larger tau")
        elif self.has_leak:
            helps.append("a smaller leak")
        elif self.holding is None:
            helps.append("leak < 1")
        longest = self.longest_delay
        helps.append("a synapse with a long delay" if longest < 2 else f"delays of more than {longest} steps")
        if self.holding is None and self.largest_loop is None:
            helps.append("the initializer 'orthogonal'")
        return helps

    def against_exploding(self) -> list[str]:
        """Return what holds gradients down in such a drawing."""
        if self.largest_loop is None:
            return ["clip_norm=1.0", "the initializer 'spectral_radius'"]
        return ["clip_norm=1.0", f"self-loops of weight below 1 (the largest is {self.largest_loop:.3g})"]
