"""The history of a fit: one row for each epoch."""

from __future__ import annotations

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

    Examples
    --------
    >>> history = History([{"epoch": 1, "loss": 0.5, "seconds": 0.125}], best_epoch=1)
    >>> history
    History(1 epoch, best 1: loss 0.5)
    >>> print(history)
    epoch  loss  seconds
        1   0.5    0.125
    best epoch 1
    """

    epochs: list[dict[str, Any]] = field(default_factory=list)
    best_epoch: int | None = None
    stopped_early: bool = False
    timed_out: bool = False

    def table(self) -> str:
        """Return the rows as aligned text under their names."""
        names = list(dict.fromkeys(name for row in self.epochs for name in row))
        cells = [names] + [[_text(row.get(name)) for name in names] for row in self.epochs]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        return "\n".join(
            "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in cells
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the history as plain lists, dicts and numbers, as JSON takes them."""
        return {
            "epochs": [dict(row) for row in self.epochs],
            "best_epoch": self.best_epoch,
            "stopped_early": self.stopped_early,
            "timed_out": self.timed_out,
        }

    def __str__(self) -> str:
        best = "no best epoch" if self.best_epoch is None else f"best epoch {self.best_epoch}"
        return f"{self.table()}\n{', '.join([best, *self._endings()])}"

    def __repr__(self) -> str:
        parts = [f"{len(self.epochs)} epoch{'' if len(self.epochs) == 1 else 's'}"]
        if self.best_epoch is not None:
            row = self.epochs[self.best_epoch - 1]
            name = "validation_loss" if "validation_loss" in row else "loss"
            parts.append(f"best {self.best_epoch}: {name} {_text(row[name])}")
        return f"History({', '.join([*parts, *self._endings()])})"

    def _endings(self) -> list[str]:
        return ["stopped early"] * self.stopped_early + ["out of time"] * self.timed_out


def _text(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.5g}" if isinstance(value, float) else str(value)
