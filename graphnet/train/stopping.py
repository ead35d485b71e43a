"""Ends of training: divergence, and patience that has run out."""

from __future__ import annotations

from typing import Any

from .state import TrainingState


class DivergedError(RuntimeError):
    """Training met a number that is not finite; the network keeps the parameters of its last complete update.

    Attributes
    ----------
    epoch, batch : int
        Place of the failure, both counted from 1.
    update : int
        Number of complete updates.
    origin : str or None
        The step and the neuron, synapse or number at which it arose, where it could be found.
    """

    def __init__(self, message: str, epoch: int, batch: int, *, update: int = 0, origin: str | None = None) -> None:
        super().__init__(message)
        self.epoch, self.batch, self.update, self.origin = epoch, batch, update, origin

    def with_message(self, message: str) -> DivergedError:
        """Return the same error with another message."""
        return _diverged(message, self.epoch, self.batch, self.update, self.origin)

    def __reduce__(self) -> tuple[Any, ...]:
        return _diverged, (str(self), self.epoch, self.batch, self.update, self.origin)


def _diverged(message: str, epoch: int, batch: int, update: int, origin: str | None) -> DivergedError:
    return DivergedError(message, epoch, batch, update=update, origin=origin)


def note_epoch(state: TrainingState, loss: float, patience: int | None, *, keeps_best: bool) -> bool:
    """Take note of an epoch's loss; return whether ``patience`` epochs in a row have brought no improvement.

    An epoch is better only if its loss is strictly lower; a loss that is nan is never better.  With
    ``keeps_best``, the state keeps the parameters of the best epoch.

    Examples
    --------
    >>> import numpy as np
    >>> state = TrainingState(np.zeros(1))
    >>> over = []
    >>> for state.epoch, loss in enumerate([3.0, 2.0, 2.0, 2.5], start=1):
    ...     over.append(note_epoch(state, loss, patience=2, keeps_best=True))
    >>> over, state.best_epoch
    ([False, False, False, True], 2)
    """
    if loss < state.best_loss:
        state.best_epoch, state.best_loss, state.waited = state.epoch, loss, 0
        if keeps_best:
            state.best_parameters = state.parameters.copy()
    else:
        state.waited += 1
    return patience is not None and state.waited >= patience
