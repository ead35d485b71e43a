"""Plots of a search: the importance of its options, and its trials as lines over them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import DataError
from ..language.hooks import hook
from .figure import COLOURS, MUTED, SEQUENTIAL, label_of, new_axes

MOST_VALUES = 12
"""Number of values of an option that have a label."""
PAPER = {"boxstyle": "square,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.7}
"""Box behind labels, so that they are read over lines."""

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def importance(importances: Any, *, ax: Axes | None = None) -> Axes:
    """Draw the importance of each option of a search as a bar.

    Parameters
    ----------
    importances : optuna.Study or dict
        What `sweep` returned; or an importance for each name.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; by default those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    DataError
        If there are too few complete trials to say something.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> import graphnet as gn
    >>> axes = gn.plots.importance({"learning_rate": 0.75, "n_hidden": 0.25})  # doctest: +SKIP
    """
    found = importances if isinstance(importances, dict) else hook("importances")(importances)
    if not found:
        raise DataError("importances: fewer than four complete trials, or options of one value, say nothing of them")
    axes = new_axes(ax)
    names = list(reversed(found))
    bars = axes.barh([label_of(name) for name in names], [found[name] for name in names], color=COLOURS[0])
    axes.bar_label(bars, fmt="%.2f", padding=3)
    axes.set_xlim(0, max(1e-9, *found.values()) * 1.12)
    axes.set_xlabel("importance")
    axes.spines[["top", "right"]].set_visible(False)
    return axes


def parallel(study: Any, *, ax: Axes | None = None) -> Axes:
    """Draw each trial of a search as a line over its options, coloured by its score; pruned ones are grey.

    Parameters
    ----------
    study : optuna.Study
        What `sweep` returned.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; by default those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    DataError
        If no trial is complete.
    ImportError
        If matplotlib is not installed.

    References
    ----------
    Inselberg, A. (1985). The plane with parallel coordinates. The Visual Computer 1.

    Examples
    --------
    >>> import graphnet as gn
    >>> axes = gn.plots.parallel(study)  # doctest: +SKIP
    """
    trials = [each for each in study.get_trials(deepcopy=False) if each.state.name in ("COMPLETE", "PRUNED")]
    complete = [each for each in trials if each.state.name == "COMPLETE"]
    if not complete:
        raise DataError("study: no trial is complete")
    axes = new_axes(ax, size=(8.0, 4.5))
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    names = list(complete[0].distributions)
    scales = [_Scale(complete[0].distributions[name]) for name in names]
    scores = np.array([each.value for each in complete])
    # the worst scores, which may be far off, share a colour, so that the good ones can be told apart
    colours = ScalarMappable(Normalize(scores.min(), np.quantile(scores, 0.9)), colormaps[f"{SEQUENTIAL}_r"])
    ordered = sorted(trials, key=lambda trial: (trial.state.name == "COMPLETE", -(trial.value or 0.0)))
    for rank, each in enumerate(ordered):
        beside = rank / max(1, len(ordered) - 1) - 0.5  # trials of one choice lie side by side, the best highest
        heights = [scale.height(each.params[name], beside) for name, scale in zip(names, scales, strict=True)]
        is_complete = each.state.name == "COMPLETE"
        colour = colours.to_rgba(each.value) if is_complete else MUTED
        width = 2.5 if is_complete and each.value == scores.min() else 1.0
        axes.plot(heights, color=colour, linewidth=width, alpha=1.0 if is_complete else 0.4, marker="o", markersize=3)
    for place, scale in enumerate(scales):
        axes.axvline(place, color="black", linewidth=0.8)
        for height, text in scale.ticks():
            axes.annotate(
                text, (place, height), (4, 0), textcoords="offset points", va="center", fontsize=8, bbox=PAPER
            )
    axes.set_xticks(range(len(names)), [label_of(name) for name in names])
    axes.set_xlim(-0.1, len(names) - 1 + 0.35)
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    axes.figure.colorbar(colours, ax=axes, label="score (validation loss)", extend="max")
    return axes


class _Scale:
    """Heights from 0 to 1 of the values of an option."""

    def __init__(self, distribution: Any) -> None:
        self.choices = getattr(distribution, "choices", None)
        if self.choices is None:
            self.low, self.high, self.log = distribution.low, distribution.high, distribution.log

    def height(self, value: Any, beside: float = 0.0) -> float:
        """Return the height of a value; ``beside``, -0.5 to 0.5, is the place within that of a choice."""
        if self.choices is not None:
            return (self.choices.index(value) + 0.5 + 0.5 * beside) / len(self.choices)
        low, high, number = (np.log(each) if self.log else each for each in (self.low, self.high, value))
        return float((number - low) / (high - low))

    def ticks(self) -> list[tuple[float, str]]:
        """Return the heights and texts of labels."""
        if self.choices is not None:
            return [(self.height(each), label_of(each)) for each in self.choices[:MOST_VALUES]]
        middle = np.sqrt(self.low * self.high) if self.log else (self.low + self.high) / 2
        return [(self.height(each), f"{each:.3g}") for each in (self.low, middle, self.high)]
