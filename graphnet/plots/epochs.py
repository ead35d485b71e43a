"""History: losses and other numbers of fits, epoch by epoch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import DataError, quoted
from ..language.arrays import Array
from ..language.checks import shown
from ..language.keywords import suggests_keywords
from ..language.nearest import did_you_mean
from ..train.history import History
from ..train.runs.folder import RunFolder
from .figure import label_of, new_axes
from .panels import N_DISTINCT, colours_of, draw_line, heading, legend_of, open_frame, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

VALIDATION = "validation_"
WORDS = {"gradient_norm": "norm of the gradient (mean over batches)", "seconds": "time of an epoch (s)"}
"""Labels of columns whose names do not say their unit or how they are counted."""
MARK: dict[str, Any] = {"marker": "o", "linestyle": "none", "markeredgewidth": 1.5}
SPAN = 100.0
"""Positive values whose largest is more than so many times the smallest have a logarithmic axis."""


@suggests_keywords
def history(
    history: History | RunFolder | Mapping[Any, History | RunFolder], *, of: str = "loss", ax: Axes | None = None
) -> Axes:
    """Plot the course of one or several fits: training and validation loss by epoch, the best epoch marked.

    Several fits have a colour each.  Training is dashed where there is validation.  Epochs whose value is not finite
    are gaps.  The vertical axis is logarithmic where values are positive and span more than two decades.

    Parameters
    ----------
    history : History or RunFolder, or {name: History or RunFolder}
        As ``gn.fit`` and ``gn.open_run`` return them.
    of : str
        Column of the history: "loss", "accuracy", "learning_rate", "gradient_norm", "seconds".  That of the validation
        data is drawn too, if there is one.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; by default those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    DataError
        If there is no history, or no history has such a column.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> import graphnet as gn
    >>> x = [[[1.0], [0.0]]]
    >>> fits = {seed: gn.fit(gn.compile(gn.graphs.elman(1, 2, 1), seed=seed), x, x, epochs=3) for seed in (0, 1)}
    >>> gn.plots.history(fits)  # doctest: +SKIP
    """
    named = _read(history)
    columns = _columns(named, of)
    ax = new_axes(ax)
    open_frame(ax)
    ax.set(xlabel="epoch", ylabel=WORDS.get(of, of.replace("_", " ")))
    has_validation = any(column.startswith(VALIDATION) for column in columns) and len(columns) > 1
    several = list(named) != [None]
    entries, always, values, marks = [], [], [np.zeros(0)], set()
    thin = 1.0 if len(named) > N_DISTINCT else 1.8
    for (name, each), colour in zip(named.items(), colours_of(list(named)), strict=True):
        epochs = np.array([row.get("epoch", i + 1) for i, row in enumerate(each.epochs)])
        chosen = np.full(len(epochs), np.nan)
        for column in columns:
            found = _values(each, column)
            if np.isnan(found).all():
                continue
            is_training = has_validation and not column.startswith(VALIDATION)
            style = {"linestyle": (0, (3, 1.5)), "linewidth": thin * 2 / 3} if is_training else {"linewidth": thin}
            line = draw_line(ax, epochs, found, color=colour, **style)
            values.append(found)
            chosen = found
            if not several:
                words = "training" if is_training else "validation" if has_validation else of.replace("_", " ")
                entries.append((line, words))
        if several:
            entries.append((ax.plot([], [], color=colour, linewidth=thin)[0], label_of(name)))
        marks |= _mark(ax, each, epochs, chosen, colour, 7 if len(named) <= N_DISTINCT else 4)
    if several and has_validation:
        for words, dashes in (("validation", "solid"), ("training", (0, (3, 1.5)))):
            always.append((ax.plot([], [], color="black", linestyle=dashes, linewidth=1.2)[0], words))
    always += _marks(ax, marks, "" if of == "loss" else f" by {_judge(named)}")
    _scale(ax, np.concatenate(values), max((len(each.epochs) for each in named.values()), default=0))
    if len(entries) + len(always) > 1:
        legend_of(ax, entries, always)
    heading(ax, _title(named, several, ax.get_ylabel(), has_validation))
    if len(values) == 1:
        say(ax, "no complete epoch")
    return ax


def _read(given: Any) -> dict[Any, History]:
    """Return {name: history}; of a history without a name the name is None."""
    named = dict(given) if isinstance(given, Mapping) else {None: given}
    if not named:
        raise DataError("history: an empty mapping; give {name: history}")
    found = {}
    for name, each in named.items():
        if isinstance(each, RunFolder):
            each = each.history
        if not isinstance(each, History):
            where = "history" if name is None else f"history[{quoted(name)}]"
            raise DataError(
                f"{where}: {shown(each)}; must be a History, which gn.fit returns, or a run folder, which gn.open_run "
                "opens"
            )
        found[name] = each
    return found


def _columns(named: Mapping[Any, History], of: str) -> list[str]:
    """Return the columns to draw, that of training first."""
    known = {name for each in named.values() for row in each.epochs for name in row} - {"epoch"}
    columns = [name for name in (of, f"{VALIDATION}{of}") if name in known]
    if not columns and (known or of != "loss"):
        names = sorted(known)
        raise DataError(f"of: {quoted(of)}; must be one of {', '.join(names) or 'loss'}{did_you_mean(of, names)}")
    return columns


def _values(history: History, column: str) -> Array:
    """Return a column as numbers, nan where it is missing or not finite."""
    found = np.array([np.nan if row.get(column) is None else row[column] for row in history.epochs], np.float64)
    return np.where(np.isfinite(found), found, np.nan)


def _judge(named: Mapping[Any, History]) -> str:
    """Return the column by which the best epoch is judged, in words."""
    return "validation loss" if any("validation_loss" in each.kept for each in named.values()) else "loss"


def _mark(ax: Axes, history: History, epochs: Array, values: Array, colour: Any, size: float) -> set[str]:
    """Mark the best epoch, filled, and that which was kept, if it is another; return which of them are there."""
    best, kept, found = history.best_epoch, history.kept_epoch, set()
    for name, epoch in (("best", best), ("kept", kept)):
        rows = np.flatnonzero(epochs == epoch) if epoch is not None else np.zeros(0, np.int64)
        if len(rows) and np.isfinite(values[rows[0]]):
            found.add("both" if best == kept else name)
            if name == "kept" and best == kept:
                continue
            fill = colour if name == "best" else "white"
            x, y = epochs[rows[:1]], values[rows[:1]]
            ax.plot(x, y, **MARK, color=colour, markersize=size, markerfacecolor=fill, zorder=3)
    return found


def _marks(ax: Axes, found: set[str], judged: str) -> list[tuple[Any, str]]:
    """Return the entries of a legend for the marks."""
    both = ", kept" if found == {"both"} else ""
    words = {"black": f"best epoch{judged}{both}"} if found & {"best", "both"} else {}
    words |= {"white": "kept epoch, if another"} if "kept" in found else {}
    style = {**MARK, "color": "black", "markersize": 7}
    return [(ax.plot([], [], **style, markerfacecolor=fill)[0], each) for fill, each in words.items()]


def _scale(ax: Axes, values: Array, n_epochs: int) -> None:
    from matplotlib.ticker import MaxNLocator

    finite = values[np.isfinite(values)]
    if len(finite) and finite.min() > 0 and finite.max() > SPAN * finite.min():
        ax.set_yscale("log")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    if n_epochs <= 1:
        ax.set_xlim(0.5, 1.5)


def _title(named: Mapping[Any, History], several: bool, what: str, has_validation: bool) -> str:
    if several:
        words = f"{what} of {len(named)} fit{'s' * (len(named) != 1)}"
        return f"training and validation {words}" if has_validation else words
    (each,) = named.values()
    losses = [(name, each.kept.get(name)) for name in ("validation_loss", "loss")]
    said = [f"{name.replace('_', ' ')} {value:.4g}" for name, value in losses if value is not None]
    return ", ".join([": ".join([each.describe_kept(), *said[:1]]), *each.endings()])
