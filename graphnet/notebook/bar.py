"""The live bar of a fit in a notebook, of which a line for each epoch remains.

The bar is plain text that is shown once and then replaced in its place, so that every front end shows it alike, no
widget is needed, and a saved or exported notebook has its last state: the lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from math import isnan, nan
from time import perf_counter
from typing import Any

from ..train.history import History

SECONDS_BETWEEN = 0.2
"""Time between two changes of the bar, each of which is a message to the front end."""
MOST_LINES = 40
"""Number of epochs up to which each has its line; of more, some have."""
FEWER_LINES = 20
WIDTH = 30


class NotebookBar:
    """Bar below a cell; ``advance`` goes on by a batch, or shows the row of an epoch."""

    def __init__(self, epochs: int, n_batches: int) -> None:
        self.epochs, self.n_batches = epochs, n_batches
        self.rows: list[dict[str, Any]] = []
        self._n_done, self._n_before = 0, 0
        self._begun = self._shown = perf_counter()
        self._handle = import_module("IPython.display").display(Lines(self._text()), display_id=True)

    def advance(self, row: dict[str, Any] | None) -> None:
        """Go on by a batch, or show the row of an epoch."""
        if row is None:
            self._n_done += 1
        else:
            if not self.rows:
                # a run that is resumed has had epochs before
                self._n_before = int(row["epoch"]) - 1
            self.rows.append(dict(row))
        if perf_counter() - self._shown >= SECONDS_BETWEEN:
            self._update(self._text())

    def close(self) -> None:
        """Leave the lines of the epochs."""
        self._update("\n".join(lines_of(self.rows, self.epochs)) or "no complete epoch")

    def _update(self, text: str) -> None:
        self._shown = perf_counter()
        with suppress(Exception):
            self._handle.update(Lines(text))

    def _text(self) -> str:
        n_done = self._n_done + self._n_before * self.n_batches
        share = min(1.0, n_done / max(1, self.epochs * self.n_batches))
        full = round(WIDTH * share)
        time = ""
        if self._n_done:
            left = (self.epochs * self.n_batches - n_done) * (perf_counter() - self._begun) / self._n_done
            time = f"  {max(0.0, left):.0f} s left"
        bar = f"epoch {self._n_before + len(self.rows)}/{self.epochs}  {'━' * full}{'─' * (WIDTH - full)}{time}"
        return "\n".join([*lines_of(self.rows, self.epochs), bar])


class Lines:
    """Text that a notebook shows as it is."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def lines_of(rows: Sequence[dict[str, Any]], epochs: int) -> list[str]:
    """Return aligned lines for the rows of a fit: of each epoch, or of some, the best and the last.

    >>> lines_of([{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.25}, {"epoch": 3, "loss": 0.375}], 3)
    ['epoch 1/3  loss 0.5', 'epoch 2/3  loss 0.25   best', 'epoch 3/3  loss 0.375']
    """
    n, best = len(rows), _best_of(rows)
    kept = list(range(n))
    if n > MOST_LINES:
        every = _round_up(n / FEWER_LINES)
        kept = sorted({0, n - 1, best} | set(range(every - 1, n, every)))
    cells = [History.losses_of(rows[i]).split("  ") for i in kept]
    widths = [max(len(line[k]) for line in cells if len(line) > k) for k in range(max(map(len, cells), default=0))]
    digits = len(str(epochs))
    lines = []
    for i, line in zip(kept, cells, strict=True):
        words = [cell.ljust(width) for cell, width in zip(line, widths, strict=False)]
        head = f"epoch {rows[i]['epoch']:>{digits}}/{epochs}"
        lines.append("  ".join([head, *words, *["best"] * (i == best and n > 1)]).rstrip())
    return lines


def _best_of(rows: Sequence[dict[str, Any]]) -> int:
    """Return the position of the lowest validation loss, of the lowest loss without validation."""
    losses = [float(row.get("validation_loss", row.get("loss", nan))) for row in rows]
    return min((i for i, loss in enumerate(losses) if not isnan(loss)), key=losses.__getitem__, default=-1)


def _round_up(number: float) -> int:
    """Return the next of 1, 2, 5, 10, 20, 50, ... .

    >>> _round_up(3.1), _round_up(5), _round_up(70)
    (5, 5, 100)
    """
    power = 1
    while True:
        for each in (1, 2, 5):
            if each * power >= number:
                return each * power
        power *= 10
