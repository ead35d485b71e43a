"""Marks on the matrix of a network: stages, levels and blocks of its program, or classes of its neurons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..compiler.program import Program
from .labels import label_bands, label_cells
from .sorting import Classes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_NAMES = 40
"""Neurons that are named one by one, with the delay of each synapse written in its cell."""
MOST_CLASSES = 80
"""Classes, or stages, that are named."""
SMALLEST_OUTLINE = 0.01
"""Smaller blocks are not outlined, as a part of the neurons, where these are not named."""
MOST_OUTLINES = 200


def mark_program(ax: Axes, program: Program, scale: float, *, outlines: bool) -> float:
    """Mark stages, levels and blocks of a program, in rows of so many neurons; return the width of their names."""
    starts = np.array([0, *program.stages["row"][:, 0].tolist(), program.n_nodes]) / scale
    names = ["inputs"]
    for number, stage in enumerate(program.stages, 1):
        n_levels = int(stage["level"][1] - stage["level"][0])
        levels = f", {n_levels} levels" if n_levels > 1 else ""
        names.append(f"{number}: " + (f"step by step{levels}" if stage["scanned"] else "all steps at once"))
    if not program.n_inputs:
        starts, names = starts[1:], names[1:]
    for start in starts[1:-1].tolist():
        _draw_cross(ax, start - 0.5, 0.8)
    for stage in program.stages:
        first, last = (end / scale - 0.5 for end in stage["row"])
        for level in program.levels[slice(*stage["level"])][1:]:
            place = level["row"][0] / scale - 0.5
            ax.plot([first, last], [place, place], color="0.6", linewidth=0.5, zorder=2)
            ax.plot([place, place], [first, last], color="0.6", linewidth=0.5, zorder=2)
    if outlines:
        _outline_blocks(ax, program)
    return label_bands(ax, starts, names) if len(names) <= MOST_CLASSES else 0.0


def _draw_cross(ax: Axes, place: float, width: float) -> None:
    ax.axhline(place, color="0.5", linewidth=width, zorder=2)
    ax.axvline(place, color="0.5", linewidth=width, zorder=2)


def _outline_blocks(ax: Axes, program: Program) -> None:
    from matplotlib.patches import Rectangle

    outlines = []
    for block in program.blocks:
        rows, columns = (
            np.unique(pool[slice(*block[end])])
            for pool, end in ((program.targets, "target"), (program.sources, "source"))
        )
        runs = [np.split(each, np.flatnonzero(np.diff(each) > 1) + 1) if len(each) else [] for each in (rows, columns)]
        outlines += [(row, column, bool(block["dense"])) for row in runs[0] for column in runs[1]]
    least = max(2, SMALLEST_OUTLINE * program.n_nodes) if program.n_nodes > MOST_NAMES else 0
    outlines = [each for each in outlines if min(len(each[0]), len(each[1])) >= least]
    for row, column, is_dense in outlines if len(outlines) <= MOST_OUTLINES else []:
        ax.add_patch(
            Rectangle(
                (column[0] - 0.5, row[0] - 0.5),
                len(column),
                len(row),
                facecolor="none",
                edgecolor="black",
                linewidth=1.1 if program.n_nodes <= MOST_NAMES else 0.7,
                linestyle=outline_of(is_dense),
                zorder=2.5,
            )
        )


def outline_of(is_dense: bool) -> Any:
    return "solid" if is_dense else (0, (2, 1.5))


def mark_classes(ax: Axes, classes: Classes, are_named: bool, n: int) -> float:
    if n > len(classes.names):
        for start in classes.starts[1:-1].tolist():
            _draw_cross(ax, start - 0.5, 0.7)
    if are_named:
        return label_bands(ax, classes.starts, classes.names)
    if len(classes.names) <= MOST_CLASSES:
        label_cells(ax, "y", classes.middles, classes.names, n)
        label_cells(ax, "x", classes.middles, classes.names, n)
    return 0.0
