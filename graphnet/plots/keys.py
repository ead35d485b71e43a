"""Legends of pictures: what occurs in them, and nothing else."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, Any, NamedTuple

from ..layout import Picture
from .figure import COLOURS_OF_KINDS, LINES_OF_KINDS, NEGATIVE, POSITIVE
from .marks import FACES, INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Key(NamedTuple):
    """An entry: what its mark is, its words, and the kind or role that it is of."""

    mark: str
    words: str
    kind: str = ""


INCHES_OF_ENTRY = 1.35
INCHES_OF_ROW = 0.19


def columns_for(width: float) -> int:
    """Return the number of columns of a legend so many inches wide."""
    return max(2, int(width / INCHES_OF_ENTRY))


def keys_of_roles(picture: Picture) -> list[Key]:
    table = picture.table
    is_input, is_output = table.has_role("input"), table.has_role("output")
    masks: list[tuple[Any, str]] = [(is_input, "input"), (~(is_input | is_output), "hidden"), (is_output, "output")]
    found = [Key("role", role, kind=role) for mask, role in masks if mask.any()]
    if table.node("reverse").any():
        found.append(Key("role", "reversed time", kind="reverse"))
    return found


def draw_legend(ax: Axes, keys: list[Key]) -> float:
    """Draw the legend below the axes, and write what has no mark into the title; return the inches that both take."""
    notes = [key.words for key in keys if key.mark == "text"]
    keys = [key for key in keys if key.mark != "text"]
    if notes:
        write_title(ax, notes)
    title = ax.get_title()
    inches = 0.19 * (title.count("\n") + 1) + 0.1 if title else 0.0
    if not keys:
        return inches
    handles = [_handle(key) for key in keys]
    width = ax.get_window_extent().width / ax.get_figure(root=True).dpi  # type: ignore[union-attr]
    longest = max(len(key.words) for key in keys)
    n_columns = max(1, min(len(keys), columns_for(width), int(width / (0.45 + 0.052 * longest))))
    ax.legend(
        handles,
        [key.words for key in keys],
        loc="upper center",
        bbox_to_anchor=(0.5, 0.0),
        ncols=n_columns,
        frameon=False,
        fontsize=7.5 if width > 3.2 else 6.0,
        handlelength=2.2,
        columnspacing=1.2,
        labelspacing=0.35,
        borderaxespad=0.3,
    )
    return inches + INCHES_OF_ROW * -(-len(keys) // n_columns) + 0.15


def write_title(ax: Axes, sentences: list[str]) -> None:
    """Add sentences to the title, in as many lines as it takes."""
    title = ax.get_title()
    words = "; ".join([title.replace("\n", " "), *sentences] if title else sentences)
    width = ax.get_window_extent().width / ax.get_figure(root=True).dpi  # type: ignore[union-attr]
    ax.set_title("\n".join(wrap(words, max(24, int(width / 0.075)))), fontsize=9, parse_math=False)


def _handle(key: Key) -> Any:
    from matplotlib.lines import Line2D

    def mark(shape: Any, size: float = 6.5, **how: Any) -> Any:
        return Line2D([], [], linestyle="none", marker=shape, markersize=size, **how)

    if key.mark == "line":
        return Line2D([], [], color=COLOURS_OF_KINDS[key.kind], linestyle=LINES_OF_KINDS[key.kind], linewidth=1.4)
    if key.mark == "plain":
        return Line2D([], [], color=key.kind, linewidth=2.5)
    if key.mark == "role":
        if key.kind == "reverse":
            return mark("o", markerfacecolor="white", markeredgecolor=INK, fillstyle="left")
        if key.kind == "faint":
            return mark("o", markerfacecolor="white", markeredgecolor=INK, alpha=0.35)
        shape = {"input": "s", "hidden": "o", "output": "$◎$"}[key.kind]
        return mark(shape, 8.5 if key.kind == "output" else 6.5, markerfacecolor=FACES[key.kind], markeredgecolor=INK)
    if key.mark == "gate":
        return Line2D([], [], color="black", linestyle=(0, (1, 1.6)), linewidth=1.1, marker="D", markersize=3)
    if key.mark == "excites":
        return mark(">", markerfacecolor=POSITIVE, markeredgecolor=POSITIVE)
    if key.mark == "inhibits":
        return mark("|", 8, markeredgecolor=NEGATIVE, markeredgewidth=2)
    if key.mark == "delay":
        return mark("$z^{-k}$", 14, color=INK, markeredgewidth=0)
    if key.mark == "tie":
        return mark("o", 4, markerfacecolor="white", markeredgecolor=INK)
    return Line2D([], [], color=INK, linewidth=2.6)  # width
