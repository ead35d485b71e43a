"""Stopping: when training has diverged, and when it has stopped to improve."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray


class DivergedError(RuntimeError):
    """Training met a number that is not finite; the network keeps the parameters of its last complete update.

    Attributes
    ----------
    epoch, batch : int
        Where, both counted from 1.
    """

    def __init__(self, message: str, epoch: int, batch: int) -> None:
        super().__init__(message)
        self.epoch = epoch
        self.batch = batch

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self), self.epoch, self.batch)


class BestSoFar:
    """Remembers the best epoch, its parameters where ``patience`` is given, and says when patience is over.

    An epoch is better only if its loss is strictly lower; a loss that is nan is never better.

    Attributes
    ----------
    epoch : int or None
        The best epoch so far.
    parameters : array or None
        A copy of what the network had then; None without ``patience``.

    Examples
    --------
    >>> import numpy as np
    >>> best = BestSoFar(patience=2)
    >>> [best.is_over(epoch, loss, np.zeros(1)) for epoch, loss in enumerate([3.0, 2.0, 2.0, 2.5], start=1)]
    [False, False, False, True]
    >>> best.epoch
    2
    """

    def __init__(self, patience: int | None) -> None:
        self.patience = patience
        self.epoch: int | None = None
        self.parameters: NDArray[Any] | None = None
        self._loss = float("inf")
        self._waited = 0

    def is_over(self, epoch: int, loss: float, parameters: NDArray[Any]) -> bool:
        """Take note of an epoch; return whether ``patience`` epochs in a row have brought no improvement."""
        if loss < self._loss:
            self.epoch, self._loss, self._waited = epoch, loss, 0
            if self.patience is not None:
                self.parameters = parameters.copy()
        else:
            self._waited += 1
        return self.patience is not None and self._waited >= self.patience
