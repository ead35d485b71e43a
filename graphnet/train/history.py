"""The history of a fit: one row for each epoch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(repr=False)
class History:
    """Course of a fit.

    Attributes
    ----------
    epochs : list of dict
        A row for each epoch: ``epoch`` (from 1), ``loss`` (mean over everything that was counted, as seen during the
        epoch), ``accuracy`` (of a loss with right and wrong answers), ``validation_loss`` and ``validation_accuracy``
        (with validation, after the epoch), ``gradient_norm`` (mean over batches, before clipping), ``learning_rate``
        (of the last update) and ``seconds``.
    best_epoch : int or None
        The epoch of lowest validation loss, of lowest loss without validation; None if no loss was a number.
    stopped_early : bool
        True if patience ended the fit before its last epoch.
    timed_out : bool
        True if the time limit did.
    stopped_by_callback : bool
        True if a callback that returned True did.
    kept_epoch : int or None
        The epoch after which the network, in memory and in the run folder, has its parameters: the best
        with patience or ``restore_best``, else the last; None before the end of the first.

    Examples
    --------
    >>> rows = [{"epoch": 1, "loss": 0.5, "seconds": 0.125}, {"epoch": 2, "loss": 0.75, "seconds": 0.125}]
    >>> history = History(rows, best_epoch=1, kept_epoch=2)
    >>> history
    History(2 epochs, last 2: loss 0.75, best was 1: loss 0.5)
    >>> print(history)
    epoch  loss  seconds
        1   0.5    0.125
        2  0.75    0.125
    last epoch 2 of 2 (best was 1)
    """

    epochs: list[dict[str, Any]] = field(default_factory=list)
    best_epoch: int | None = None
    stopped_early: bool = False
    timed_out: bool = False
    stopped_by_callback: bool = False
    kept_epoch: int | None = None

    @property
    def kept(self) -> dict[str, Any]:
        """Row of the epoch whose parameters the network has; of the last, if that is not known."""
        if not self.epochs:
            return {}
        return self.epochs[-1 if self.kept_epoch is None else self.kept_epoch - 1]

    def table(self) -> str:
        """Return the rows as aligned text under their names."""
        names = list(dict.fromkeys(name for row in self.epochs for name in row))
        cells = [names] + [[_text(row.get(name)) for name in names] for row in self.epochs]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        return "\n".join(
            "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in cells
        )

    @staticmethod
    def losses_of(row: Mapping[str, Any]) -> str:
        """Return the losses and accuracies of a row in words.

        >>> History.losses_of({"epoch": 1, "loss": 0.51234, "validation_loss": 0.75, "seconds": 0.125})
        'loss 0.5123  validation loss 0.75'
        """
        names = [name for name in ("loss", "accuracy", "validation_loss", "validation_accuracy") if name in row]
        return "  ".join(f"{name.replace('_', ' ')} {row[name]:.4g}" for name in names)

    def to_dict(self) -> dict[str, Any]:
        """Return the history as plain lists, dicts and numbers, as JSON takes them."""
        return {
            "epochs": [dict(row) for row in self.epochs],
            "best_epoch": self.best_epoch,
            "stopped_early": self.stopped_early,
            "timed_out": self.timed_out,
            "stopped_by_callback": self.stopped_by_callback,
            "kept_epoch": self.kept_epoch,
        }

    def describe_kept(self) -> str:
        """Return words for the epoch whose parameters the network has.

        >>> History([{"epoch": 1}, {"epoch": 2}, {"epoch": 3}], best_epoch=2, kept_epoch=2).describe_kept()
        'best epoch 2 of 3'
        """
        kept, n = self.kept.get("epoch"), len(self.epochs)
        if kept is None:
            return "no complete epoch"
        if kept == self.best_epoch:
            return f"best epoch {kept} of {n}"
        return f"last epoch {kept} of {n} ({'no best' if self.best_epoch is None else f'best was {self.best_epoch}'})"

    def endings(self) -> list[str]:
        """Return what ended the fit before its last epoch, in words."""
        return (
            ["stopped early"] * self.stopped_early
            + ["out of time"] * self.timed_out
            + ["stopped by the callback"] * self.stopped_by_callback
        )

    def __str__(self) -> str:
        return f"{self.table()}\n{', '.join([self.describe_kept(), *self.endings()])}"

    def __repr__(self) -> str:
        parts = [f"{len(self.epochs)} epoch{'' if len(self.epochs) == 1 else 's'}"]
        kept = self.kept.get("epoch")
        if kept is not None and kept != self.best_epoch:
            parts.append(f"last {kept}: {self._loss_of(kept)}")
        if self.best_epoch is not None:
            parts.append(
                f"best {'' if kept == self.best_epoch else 'was '}{self.best_epoch}: {self._loss_of(self.best_epoch)}"
            )
        return f"History({', '.join([*parts, *self.endings()])})"

    def _loss_of(self, epoch: int) -> str:
        row = self.epochs[epoch - 1]
        name = "validation_loss" if "validation_loss" in row else "loss"
        return f"{name} {_text(row.get(name))}"


def _text(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.5g}" if isinstance(value, float) else str(value)
