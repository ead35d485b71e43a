"""One update: the gradient of a window of a batch, its divergence, clipping, the optimizer, the bounds."""

from __future__ import annotations

from dataclasses import replace
from math import isfinite
from typing import Any

import numpy as np

from ..errors import DataError
from ..execute.contract import State
from ..language.arrays import Array
from ..losses import resolve_loss
from ..network.network import Network
from .data import MiniBatch
from .origin import find_origin, named_parameter
from .rules.clipping import clip_norm, clip_value
from .rules.optimizers import LBFGS, OPTIMIZERS, resolve_optimizer
from .settings import FitSettings
from .shards import Part, Shards, Window
from .state import TrainingState, plain_memory
from .stopping import DivergedError
from .trainable import Trainable
from .watched import WatchedLoss

BUILT_IN = {type(make()) for make in OPTIMIZERS.values()}
"""Optimizers whose memory a checkpoint holds as it is."""


class Updates:
    """Updates of a fit: a network, the settings, and the state that each update advances."""

    def __init__(
        self,
        net: Trainable,
        settings: FitSettings,
        state: TrainingState,
        shards: Shards,
        *,
        is_kept: bool = False,
    ) -> None:
        optimizer = resolve_optimizer(settings.optimizer)
        assert not isinstance(optimizer, LBFGS)
        self._net, self._settings, self._state, self._shards = net, settings, state, shards
        self._loss, self._optimizer = resolve_loss(settings.loss), optimizer
        self._is_checked = is_kept and type(optimizer) not in BUILT_IN
        bounds = net.bounds.astype(net.parameters.dtype, copy=False)
        # of unbounded parameters, which most are, one row says the same for all
        self._bounds = bounds if np.isfinite(bounds).any() else bounds[:1]
        self._decayed = _decayed(net) if getattr(optimizer, "weight_decay", 0) else None

    def go_on(self, batch: MiniBatch, learning_rate: float) -> bool:
        """Update once for the next window of a batch; return whether the batch is done."""
        state, settings = self._state, self._settings
        n_steps = batch.inputs.shape[1]
        length = n_steps if settings.truncation is None else settings.truncation
        window = batch.window(state.step, length)
        if window is not None:
            carries = state.step + length < n_steps or settings.stateful
            place = Window(state.step, length, state.update, window.mask.shape, carries)
            self._update(window, place, batch.n_samples, learning_rate)
        state.step += length
        if window is not None and state.step < n_steps:
            return False
        state.step = 0
        if not settings.stateful:
            state.carried = {}
        return True

    # overflow is reported as DivergedError, with a place; a warning would repeat it
    @np.errstate(over="ignore", invalid="ignore")
    def _update(self, batch: MiniBatch, place: Window, n_samples: int, learning_rate: float) -> None:
        """Update with a window, ``batch``, of a batch of so many samples."""
        state, sums = self._state, self._state.sums
        start = self._carried(batch.rows)
        part = self._shards.mean(batch, place, n_samples, start)
        if part.gradient is not None:  # something counts
            clipped, norm = clip_norm(clip_value(part.gradient, self._settings.clip_value), self._settings.clip_norm)
            for name, found in (("loss", part.value), ("norm of the gradient", norm)):
                if not isfinite(found):
                    self._diverge(f"the {name} is {found}", batch, place, start)
            parameters, remembered = self._step(clipped, learning_rate)
            self._net.parameters = parameters
            state.parameters, state.optimizer = parameters, remembered
            state.update += 1
            sums.loss, sums.count = sums.loss + float(part.count * part.value), sums.count + part.count
            sums.hits, sums.hits_of = sums.hits + part.n_hits, sums.hits_of + part.n_answers
            sums.gradient_norm, sums.updates = sums.gradient_norm + norm, sums.updates + 1
            sums.learning_rate = learning_rate
        if place.carries:
            self._carry(part, batch.rows, n_samples)

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

    def _carried(self, rows: Array) -> tuple[Array, Array] | None:
        """Return history and steps that some samples of a batch go on from; None where they begin."""
        carried = self._state.carried
        return (carried["history"][:, rows], carried["steps"][rows]) if carried else None

    def _carry(self, part: Part, rows: Array, n_samples: int) -> None:
        """Keep the states in which some samples of a batch ended."""
        carried = self._state.carried
        history = np.concatenate([each for each, _ in part.ends], axis=1)
        if not carried:
            carried["history"] = np.zeros((len(history), n_samples), history.dtype)
            carried["steps"] = np.zeros(n_samples, np.int64)
        carried["history"][:, rows] = history
        carried["steps"][rows] = np.concatenate([each for _, each in part.ends])

    def _diverge(
        self,
        what: str,
        batch: MiniBatch | None = None,
        place: Window | None = None,
        start: tuple[Array, Array] | None = None,
    ) -> Any:
        """Raise a DivergedError with the problem, its origin, and what to try."""
        state, limit = self._state, self._settings.clip_norm
        shown = "none" if limit is None else f"{limit:g}"
        where = f"epoch {state.epoch}, batch {state.batch + 1}"
        if state.step:
            where += f", step {state.step}"
        origin = None
        if isinstance(self._net, Network) and batch is not None and place is not None:
            net, inputs = self._shards.work.perturbed(self._net, batch.inputs, place)
            begun = None if start is None else State(net.state(batch.n_samples).layout, *start)
            origin = find_origin(net, replace(batch, inputs=inputs), WatchedLoss(self._loss, batch), begun)
        raise DivergedError(
            f"{where}: {what}{f': {origin}' if origin else ''}; the network keeps the parameters of its last complete "
            f"update ({state.update} before this one). Try a smaller learning_rate (it was "
            f"{self._settings.rate:g}) or a smaller clip_norm (it was {shown})",
            state.epoch,
            state.batch + 1,
            update=state.update,
            origin=origin,
        )


def _decayed(net: Any) -> Array:
    """Return the parameters that weight decay pulls at: weights, not biases, initial values and time constants."""
    return np.asarray(net.parameter_table().kind == "weight")
