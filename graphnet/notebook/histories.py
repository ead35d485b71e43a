"""The history of a fit in a notebook: its curve, and a few rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from numbers import Real
from typing import Any

from ..train.history import History
from .curves import curves
from .html import Html, card, element, never_fails, note, number, table

MOST_ROWS = 8
"""Number of rows that are shown; of more, the first, those around the best, and the last."""


@never_fails
def history_html(history: History) -> Html:
    """Return the curve of the losses with the best epoch, and a few rows."""
    if not history.epochs:
        return card("graphnet.History", note("no complete epoch"))
    losses = {name: [row.get(key) for row in history.epochs] for name, key in _LOSSES.items()}
    losses = {name: values for name, values in losses.items() if any(value is not None for value in values)}
    epochs = [row.get("epoch", i + 1) for i, row in enumerate(history.epochs)]
    words = ", ".join([history.describe_kept(), *history.endings()])
    seconds = sum(row.get("seconds") or 0.0 for row in history.epochs)
    return card(
        "graphnet.History",
        note(f"{words}; {seconds:.3g} s" if seconds else words),
        curves(epochs, losses, "loss", history.best_epoch),
        *_gaps(losses),
        _rows(history),
    )


_LOSSES = {"training": "loss", "validation": "validation_loss"}


def _gaps(losses: Mapping[str, Sequence[float | None]]) -> list[Html]:
    """Return what the curve does not show: losses that are not finite."""
    counts = {name: sum(v is not None and not isfinite(v) for v in values) for name, values in losses.items()}
    said = [f"{n} epoch{'s' * (n != 1)} with a {name} loss that is not finite" for name, n in counts.items() if n]
    return [note(", ".join(said))] * bool(said)


def _rows(history: History) -> Html:
    names = list(dict.fromkeys(name for row in history.epochs for name in row))
    lines, before = [], -1
    for i in _few(len(history.epochs), history.best_epoch):
        if i != before + 1:
            lines.append(["…"] * len(names))
        row = history.epochs[i]
        is_best = row.get("epoch") == history.best_epoch
        lines.append([_cell(row.get(name), is_best) for name in names])
        before = i
    return table(lines, [name.replace("_", " ") for name in names], left=0)


def _cell(value: Any, is_best: bool) -> str:
    text = number(value) if value is None or isinstance(value, Real) else str(value)
    return element("strong", text) if is_best else text


def _few(n: int, best: int | None) -> list[int]:
    """Return positions of rows: all of few, otherwise the first two, those around the best, and the last three.

    >>> _few(100, 50)
    [0, 1, 48, 49, 50, 97, 98, 99]
    """
    if n <= MOST_ROWS:
        return list(range(n))
    around = range(best - 2, best + 1) if best is not None else range(0)
    return sorted({0, 1, n - 3, n - 2, n - 1} | {i for i in around if 0 <= i < n})
