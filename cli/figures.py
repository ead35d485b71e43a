"""Figures: the files that they are written to, their size, and the writing itself."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .options.types import Decorator
from .render import say_note

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SUFFIXES = (".png", ".svg", ".pdf")
DPI = 150
LARGEST = 40
"""Largest width and height, in inches."""
MOST_PIXELS = 100_000_000
_NO_DATES: dict[str, dict[str, Any]] = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
"""Metadata of each kind of file: the same figure is the same bytes on every day."""


class Size(click.ParamType):  # type: ignore[type-arg] # generic only in newer click
    """Width and height in inches.

    >>> Size().convert("6.4x4", None, None)
    (6.4, 4.0)
    """

    name = "WxH"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, float]:
        """Return width and height."""
        try:
            width, height = map(float, str(value).lower().split("x"))
        except ValueError:
            width = height = math.nan
        if not all(0.5 <= length <= LARGEST for length in (width, height)):
            self.fail(f"{value!r} is not WIDTHxHEIGHT in inches, each from 0.5 to {LARGEST}, such as 6.4x4", param, ctx)
        return width, height


_FIGURE_OPTIONS: tuple[Decorator, ...] = (
    click.option(
        "-o", "--output", metavar="FILE", type=click.Path(), required=True, help="The .png, .svg or .pdf to write."
    ),
    click.option("--size", type=Size(), help="Width and height in inches, such as 6.4x4.  [default: that of the plot]"),
    click.option(
        "--dpi", type=click.IntRange(20, 600), default=DPI, show_default=True, help="Pixels per inch of a .png."
    ),
)


def figure_options(command: Any) -> Any:
    """Add the options of a command that writes a figure."""
    for option in reversed(_FIGURE_OPTIONS):
        command = option(command)
    return command


def plot_option(what: str) -> Decorator:
    """Return the option of a command that also writes a figure of something."""
    return click.option(
        "--plot", metavar="FILE", type=click.Path(), help=f"Also write a figure of {what}, as .png, .svg or .pdf."
    )


def check_figure(path: str, option: str = "-o") -> None:
    """Raise an error before anything is computed if a figure cannot be written to a file, or matplotlib is missing."""
    import graphnet as gn

    if Path(path).suffix.lower() not in SUFFIXES:
        allowed = f"{', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}"
        raise click.BadParameter(f"{path}: figures are written to {allowed}", param_hint=f"'{option}'")
    folder = Path(path).resolve().parent
    if not folder.is_dir():
        raise gn.DataError(f"{path}: there is no folder {folder}")
    if not _has("matplotlib"):
        raise ImportError("plots need matplotlib: pip install 'graphnet-engine[plot]'", name="matplotlib")


def _has(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ValueError:  # it was made unavailable
        return False


def write_figure(
    path: str, plot: Callable[..., Axes], *, size: tuple[float, float] | None = None, dpi: int = DPI
) -> None:
    """Write what a function of ``graphnet.plots`` draws on ``ax=``, whole or not at all; no screen is needed."""
    import matplotlib as mpl
    from matplotlib import pyplot
    from matplotlib.figure import Figure

    from graphnet import io

    mpl.use("Agg")
    suffix, written = Path(path).suffix.lower(), BytesIO()
    with mpl.rc_context({"svg.hashsalt": "graphnet"}), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        axes = plot(ax=None if size is None else Figure(figsize=size, layout="constrained").subplots())
        figure = axes.figure.figure  # of a panel, that of its figure
        try:
            width, height = (round(length * dpi) for length in figure.get_size_inches())
            if suffix == ".png" and width * height > MOST_PIXELS:
                most = f"{width} x {height} pixels are more than {MOST_PIXELS:,}"
                raise click.UsageError(f"{most}; give a smaller --dpi or --size, or write .svg")
            figure.savefig(written, format=suffix[1:], dpi=dpi, metadata=_NO_DATES.get(suffix))
        finally:
            pyplot.close(figure)
    for said in dict.fromkeys(str(each.message) for each in caught if issubclass(each.category, UserWarning)):
        if "sizes collapsed to zero" in said:
            say_note(f"{path}: labels take all of the room; a larger --size leaves some for the plot")
        elif not said.startswith("Glyph "):  # of a name in a script that the font lacks, which is drawn as boxes
            say_note(said)
    with io.written_whole(path) as temporary:
        temporary.write_bytes(written.getvalue())
