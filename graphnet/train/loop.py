"""The loop: shuffle, cut into batches, step, look, stop."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import ceil, isfinite
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from ..losses import Loss, LossFunction, resolve_loss
from .clipping import clip_norm as clip
from .data import Batch, check_sequences, split_validation
from .history import History
from .metrics import HitCounter, evaluate_sequences
from .optimizers import Optimizer, State, resolve_optimizer
from .progress import Advance, progress_bar
from .schedules import Schedule, resolve_schedule
from .settings import choice, positive, reject, whole
from .stopping import BestSoFar, DivergedError
from .trainable import Trainable


def fit(
    net: Trainable,
    inputs: Any,
    targets: Any,
    *,
    loss: str | Loss | LossFunction = "mse",
    optimizer: str | Optimizer = "adam",
    learning_rate: float | None = None,
    schedule: str | Schedule = "constant",
    epochs: int = 10,
    batch_size: int = 32,
    lengths: Any = None,
    validation: float | tuple[Any, ...] | None = None,
    patience: int | None = None,
    clip_norm: float | None = None,
    seed: int | None = None,
    progress: bool | None = None,
    callback: Callable[[dict[str, Any]], object] | None = None,
) -> History:
    """Train ``net`` in place by gradient descent on mini-batches, drawn anew every epoch.

    Each update takes the exact gradient of the loss of one batch, clips it, lets the optimizer step and clips what it
    returns to ``net.bounds``.  A batch is cut to the longest of its sequences.  The same seed gives the same bits.

    Parameters
    ----------
    net : Network
        Its ``parameters`` are replaced, whole, at each update and not touched before the first.
    inputs : array (n_samples, n_steps, n_inputs)
    targets : array
        What ``loss`` takes.  An array whose second axis is n_steps is one of steps, and is cut with the inputs.
    loss : str, loss object or function
        ``"mse"``, ``"cross_entropy"``, ``"binary_cross_entropy"``, or a function of (outputs, targets, mask) that
        returns value and gradient.
    optimizer : str or optimizer
        ``"adam"``, ``"sgd"``, or an object such as ``gn.optimizers.Adam(learning_rate=0.01, beta2=0.99)``.
    learning_rate : float, optional
        Replaces the optimizer's own.
    schedule : str or function
        What the learning rate is multiplied with at each update: ``"constant"``, ``"cosine"`` (from 1 to 0 over all
        epochs), or a function of (step, total_steps), with steps from 0.
    epochs : int
        How often each sample is seen.
    batch_size : int
        Samples for each update; the last batch of an epoch has what is left.
    lengths : array (n_samples,), optional
        The number of valid steps of each sequence; what stands past them does not matter.
    validation : float or tuple, optional
        The fraction of the samples to hold out, drawn from the seed, or data: (inputs, targets) or (inputs, targets,
        lengths).
    patience : int, optional
        Stop after this many epochs in a row without a lower validation loss (training loss, without validation).  With
        patience, stopped or not, the parameters of the best epoch are put back at the end; without, the last stay.
    clip_norm : float, optional
        The longest that a gradient may be; see `graphnet.train.clip_norm`.
    seed : int, optional
        Of the split and of the order of samples; None is fresh entropy.
    progress : bool, optional
        Whether to draw a bar on stderr; None: where stderr is a terminal.
    callback : function, optional
        Called after each epoch with its row of the history.

    Returns
    -------
    History
        A row for each epoch.

    Raises
    ------
    DataError
        Where data or settings do not fit; nothing was trained.
    DivergedError
        Where the loss, the gradient or an update is not finite; the last complete update stays.  An interrupt from the
        keyboard, too, leaves the last complete update.

    References
    ----------
    Werbos, Backpropagation through time: what it does and how to do it, Proceedings of the IEEE 78, 1990.

    Examples
    --------
    >>> import graphnet as gn
    >>> net = gn.compile(gn.graphs.elman(1, 8, 1), seed=0)
    >>> inputs = np.random.default_rng(0).normal(size=(64, 10, 1))
    >>> history = gn.fit(net, inputs, np.cumsum(inputs, axis=1), learning_rate=0.01, epochs=5, validation=0.25, seed=0)
    >>> history.epochs[-1]["validation_loss"] < history.epochs[0]["validation_loss"]
    True
    """
    resolved = resolve_loss(loss)
    stepper, factor = resolve_optimizer(optimizer), resolve_schedule(schedule)
    rate = stepper.learning_rate if learning_rate is None else learning_rate
    reject(
        positive("learning_rate", rate)
        + whole("epochs", epochs, at_least=1)
        + whole("batch_size", batch_size, at_least=1)
        + ([] if patience is None else whole("patience", patience, at_least=1))
        + ([] if clip_norm is None else positive("clip_norm", clip_norm))
        + ([] if seed is None else whole("seed", seed, at_least=0))
        + choice("progress", progress, (None, True, False))
        + ([] if callback is None or callable(callback) else [f"callback: {callback!r}; must be a function of one row"])
    )
    if len(net.parameters) == 0:
        raise DataError("the network has no parameters to train; let a weight be trainable or a bias be learnt")
    rng = np.random.default_rng(seed)
    data = check_sequences(net, resolved, inputs, targets, lengths)
    training, held_out = split_validation(net, resolved, data, validation, rng)

    n_batches = ceil(len(training.rows) / batch_size)
    state = stepper.start(net.parameters)
    updates = _Updates(net, resolved, stepper, state, factor, float(rate), clip_norm, epochs * n_batches)
    best, history = BestSoFar(patience), History()
    with progress_bar(progress, epochs=epochs, n_batches=n_batches) as advance:
        for epoch in range(1, epochs + 1):
            started = perf_counter()
            shuffled = training.take(rng.permutation(len(training.rows)))
            row: dict[str, Any] = {"epoch": epoch} | updates.run_epoch(epoch, shuffled.batches(batch_size), advance)
            if held_out is not None:
                with np.errstate(over="ignore", invalid="ignore"):
                    found = evaluate_sequences(net, held_out, resolved, batch_size)
                row |= {f"validation_{name}": value for name, value in found.items()}
            row["seconds"] = perf_counter() - started
            history.epochs.append(row)
            is_over = best.is_over(epoch, row.get("validation_loss", row["loss"]), net.parameters)
            history.best_epoch = best.epoch
            advance(row)
            if callback is not None:
                callback(row)
            if is_over:
                history.stopped_early = epoch < epochs
                break
    if best.parameters is not None:
        net.parameters = best.parameters
    return history


@dataclass
class _Updates:
    """The updates of one fit: what they need, and how many there were."""

    net: Trainable
    loss: Loss
    optimizer: Optimizer
    state: State
    schedule: Schedule
    learning_rate: float
    clip_norm: float | None
    total_steps: int
    step: int = 0

    # What overflows is reported as DivergedError, with a place; a warning would only say it twice.
    @np.errstate(over="ignore", invalid="ignore")
    def run_epoch(self, epoch: int, batches: Iterable[Batch], advance: Advance) -> dict[str, float]:
        """Update once for each batch; return the epoch's loss, accuracy, gradient norm and last learning rate."""
        total, weight, norms = 0.0, 0, []
        hits, rate = HitCounter(self.loss), self.learning_rate
        for number, batch in enumerate(batches, start=1):
            value, gradient = self.net.value_and_grad(batch.inputs, batch.targets, loss=hits, lengths=batch.lengths)
            gradient, norm = clip(gradient, self.clip_norm)
            for name, found in (("loss", value), ("norm of the gradient", norm)):
                if not isfinite(found):
                    raise self._diverged(f"the {name} is {found}", epoch, number)
            rate = self.learning_rate * self.schedule(self.step, self.total_steps)
            self.net.parameters = self._updated(gradient, rate, epoch, number)
            self.step += 1
            outputs_shape = (*batch.mask.shape, self.net.n_outputs)
            count = self.loss.count(outputs_shape, batch.targets, batch.mask)
            total, weight = total + count * value, weight + count
            norms.append(norm)
            advance(None)
        return (
            {"loss": total / weight} | hits.result() | {"gradient_norm": float(np.mean(norms)), "learning_rate": rate}
        )

    def _updated(self, gradient: NDArray[Any], rate: float, epoch: int, batch: int) -> NDArray[Any]:
        parameters = self.net.parameters
        try:
            # A running mean that overflows would stay infinite and silently hold its parameter still.
            with np.errstate(over="raise"):
                updated = self.optimizer.step(parameters, gradient, self.state, rate)
        except FloatingPointError as error:
            raise self._diverged(f"the optimizer met {error}", epoch, batch) from error
        if not np.isfinite(updated).all():
            raise self._diverged("the update is not finite", epoch, batch)
        bounds = self.net.bounds.astype(parameters.dtype, copy=False)
        return np.clip(updated, bounds[:, 0], bounds[:, 1])

    def _diverged(self, what: str, epoch: int, batch: int) -> DivergedError:
        limit = "none" if self.clip_norm is None else f"{self.clip_norm:g}"
        return DivergedError(
            f"epoch {epoch}, batch {batch}: {what}; the network keeps the parameters of its last complete update. "
            f"Try a smaller learning_rate (it was {self.learning_rate:g}) or a smaller clip_norm (it was {limit})",
            epoch,
            batch,
        )
