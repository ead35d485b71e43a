"""One update: the gradient of a window of a batch, its divergence, clipping, the optimizer, the bounds."""

from __future__ import annotations

from dataclasses import replace
from math import isfinite
from typing import Any

import numpy as np

from ..errors import DataError
from ..execute.contract import State
from ..language.arrays import Array
from ..losses import Loss, Weighted, resolve_loss
from ..metrics import hits_of
from ..network.network import Network
from .data import MiniBatch
from .origin import find_origin, named_parameter
from .rules.clipping import clip_norm, clip_value
from .rules.optimizers import LBFGS, OPTIMIZERS, resolve_optimizer
from .rules.perturbation import Perturbation, Perturbed
from .settings import FitSettings
from .state import TrainingState, plain_memory
from .stopping import DivergedError
from .trainable import Trainable

BUILT_IN = {type(make()) for make in OPTIMIZERS.values()}
"""Optimizers whose memory a checkpoint holds as it is."""


class Updates:
    """Updates of a fit: a network, the settings, and the state that each update advances."""

    def __init__(self, net: Trainable, settings: FitSettings, state: TrainingState, *, is_kept: bool = False) -> None:
        optimizer = resolve_optimizer(settings.optimizer)
        assert not isinstance(optimizer, LBFGS)
        self._net, self._settings, self._state = net, settings, state
        self._loss, self._optimizer = resolve_loss(settings.loss), optimizer
        self._is_checked = is_kept and type(optimizer) not in BUILT_IN
        self._bounds = net.bounds.astype(net.parameters.dtype, copy=False)
        how = Perturbation(settings.noise, settings.dropout, settings.neuron_dropout)
        self._perturbed = Perturbed(net, how, settings.seed) if how else None  # type: ignore[arg-type]
        self._decayed = _decayed(net) if getattr(optimizer, "weight_decay", 0) else None

    def go_on(self, batch: MiniBatch, learning_rate: float) -> bool:
        """Update once for the next window of a batch; return whether the batch is done."""
        state, settings = self._state, self._settings
        n_steps = batch.inputs.shape[1]
        length = n_steps if settings.truncation is None else settings.truncation
        window = batch.window(state.step, length)
        if window is not None:
            self._update(window, batch.n_samples, state.step + length < n_steps or settings.stateful, learning_rate)
        state.step += length
        if window is not None and state.step < n_steps:
            return False
        state.step = 0
        if not settings.stateful:
            state.carried = {}
        return True

    # overflow is reported as DivergedError, with a place; a warning would repeat it
    @np.errstate(over="ignore", invalid="ignore")
    def _update(self, window: MiniBatch, n_samples: int, carries: bool, learning_rate: float) -> None:
        state, sums = self._state, self._state.sums
        loss = WatchedLoss(self._loss, window)
        net: Any = self._net
        inputs = window.inputs
        if self._perturbed is not None:
            net, inputs = self._perturbed.at(state.update, inputs)
        start = self._carried(net, window.rows)
        count = loss.count((*window.mask.shape, self._net.n_outputs), window.targets, window.mask)
        more: dict[str, Any] = {} if start is None else {"state": start}
        if not count:  # no step that counts: nothing to learn, but time goes on
            if carries:
                final = net.run(inputs, lengths=window.lengths, return_state=True, **more).state
                self._carry(final, window.rows, n_samples)
            return
        if carries:
            more["return_state"] = True
        more |= self._settings.of_gradients
        value, gradient, *final = net.value_and_grad(inputs, window.targets, loss=loss, lengths=window.lengths, **more)
        clipped, norm = clip_norm(clip_value(gradient, self._settings.clip_value), self._settings.clip_norm)
        for name, found in (("loss", value), ("norm of the gradient", norm)):
            if not isfinite(found):
                self._diverge(f"the {name} is {found}", net, inputs, window, loss, start)
        parameters, remembered = self._step(clipped, learning_rate)
        self._net.parameters = parameters
        state.parameters, state.optimizer = parameters, remembered
        state.update += 1
        if carries:
            self._carry(final[0], window.rows, n_samples)
        sums.loss, sums.count = sums.loss + float(count * value), sums.count + float(count)
        sums.hits, sums.hits_of = sums.hits + int(np.count_nonzero(loss.hits)), sums.hits_of + loss.hits.size
        sums.gradient_norm, sums.updates = sums.gradient_norm + norm, sums.updates + 1
        sums.learning_rate = learning_rate

    def _step(self, gradient: Array, learning_rate: float) -> tuple[Array, dict[str, Any]]:
        """Return new parameters and the optimizer's new memory; its memory so far stays as it is."""
        old = self._net.parameters
        remembered = {k: v.copy() if isinstance(v, np.ndarray) else v for k, v in self._state.optimizer.items()}
        more = {} if self._decayed is None else {"decay": self._decayed}
        try:
            # a running mean that overflows would stay infinite and silently hold its parameter still
            with np.errstate(over="raise"):
                updated = self._optimizer.step(old, gradient, remembered, learning_rate, **more)
        except FloatingPointError as error:
            largest = int(np.argmax(np.abs(gradient)))
            self._diverge(f"the optimizer met {error}{self._of(largest, f'{gradient[largest]:.3g}, the largest')}")
        updated = np.asarray(updated)
        if updated.shape != old.shape:
            raise DataError(f"optimizer: step returned shape {updated.shape}; must be that of parameters, {old.shape}")
        if self._is_checked:
            remembered = plain_memory("optimizer", remembered, arrays=True)
        bad = np.flatnonzero(~np.isfinite(updated))
        if len(bad):
            first = int(bad[0])
            self._diverge(f"the update is not finite{self._of(first, f'{gradient[first]:.3g}')}")
        return np.clip(updated, self._bounds[:, 0], self._bounds[:, 1]).astype(old.dtype, copy=False), remembered

    def _of(self, position: int, gradient: str) -> str:
        """Return words for the parameter at a position and its gradient, if the network can name it."""
        net: Any = self._net
        return (
            f"; the gradient of the {named_parameter(net, position)} is {gradient}" if isinstance(net, Network) else ""
        )

    def _carried(self, net: Any, rows: Array) -> State | None:
        """Return the state that some samples of a batch go on from; None where they begin."""
        carried = self._state.carried
        if not carried:
            return None
        start: State = net.state(len(rows))
        return State(start.layout, carried["history"][:, rows], carried["steps"][rows])

    def _carry(self, final: State, rows: Array, n_samples: int) -> None:
        """Keep the state in which some samples of a batch ended."""
        carried = self._state.carried
        if not carried:
            carried["history"] = np.zeros((len(final.history), n_samples), final.history.dtype)
            carried["steps"] = np.zeros(n_samples, np.int64)
        carried["history"][:, rows], carried["steps"][rows] = final.history, final.steps

    def _diverge(
        self,
        what: str,
        net: Any = None,
        inputs: Array | None = None,
        window: MiniBatch | None = None,
        loss: Any = None,
        start: State | None = None,
    ) -> Any:
        """Raise a DivergedError with the problem, its origin, and what to try."""
        state, limit = self._state, self._settings.clip_norm
        shown = "none" if limit is None else f"{limit:g}"
        place = f"epoch {state.epoch}, batch {state.batch + 1}"
        if state.step:
            place += f", step {state.step}"
        origin = None
        if isinstance(net, Network) and window is not None and inputs is not None:
            origin = find_origin(net, replace(window, inputs=inputs), loss, start)
        raise DivergedError(
            f"{place}: {what}{f': {origin}' if origin else ''}; the network keeps the parameters of its last complete "
            f"update ({state.update} before this one). Try a smaller learning_rate (it was "
            f"{self._settings.rate:g}) or a smaller clip_norm (it was {shown})",
            state.epoch,
            state.batch + 1,
            update=state.update,
            origin=origin,
        )


class WatchedLoss:
    """Loss of a batch, weighed by the batch's weights, that notes which answers were right.

    Training sees the outputs only inside the loss; an accuracy from there needs no second forward pass.  ``hits`` is
    that of the last call, as `hits_of` returns it.
    """

    def __init__(self, loss: Loss, batch: MiniBatch) -> None:
        self._loss = loss if batch.weights is None else Weighted(loss, batch.weights)
        self.check, self.count, self.at_last = self._loss.check, self._loss.count, self._loss.at_last
        self.hits = np.zeros(0, bool)

    def __call__(self, outputs: Array, targets: Array, mask: Array, weights: Array | None = None) -> tuple[Any, Array]:
        """Return value and gradient of the loss."""
        self.hits = hits_of(self._loss, outputs, targets, mask, weights)
        return self._loss(outputs, targets, mask, weights)


def _decayed(net: Any) -> Array:
    """Return the parameters that weight decay pulls at: weights, not biases, initial values and time constants."""
    return np.asarray(net.parameter_table().kind == "weight")
