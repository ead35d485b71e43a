"""Flow of gradients: how much of the gradient of a loss reaches back how far, and through which synapses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..analysis import gradient_flow as measure_flow
from ..errors import DataError
from ..language.arrays import Array
from ..language.keywords import suggests_keywords
from ..network.network import Network
from ..train.flow import EXPLODED, VANISHED, Flow
from .figure import COLOURS_OF_KINDS, LINES_OF_KINDS, new_axes
from .panels import check_columns, draw_line, heading, legend_of, open_frame, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

KINDS = ("direct", "lateral", "indirect", "forward")
STEADY = 0.01
"""A factor a step that is nearer to 1 counts as 1."""
TURN = 2.0
"""A gradient is said to turn where it is so many times beyond both its ends."""


@suggests_keywords
def gradient_flow(
    net: Any, inputs: Any = None, targets: Any = None, *, loss: Any = "mse", lengths: Any = None, ax: Axes | None = None
) -> Axes:
    """Plot the norm of the gradient of a loss that reaches back each lag, of all and by kind of feedback.

    The title says the factor of one step, on average from lag 1 to the last that the gradient reaches, and whether the
    gradient vanishes (to less than 1e-6 over these steps) or explodes (to more than 1e4), as in the warnings of a fit.

    Parameters
    ----------
    net : Network, or pandas.DataFrame
        A network, or what ``gn.analysis.gradient_flow`` returned, without inputs and targets.
    inputs, targets, loss, lengths
        As for ``gn.analysis.gradient_flow``.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; by default those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    DataError
        If the data do not fit, there are reverse neurons, or the frame misses a column.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> import numpy as np, graphnet as gn
    >>> net = gn.compile(gn.graphs.elman(1, 4, 1), seed=0)
    >>> gn.plots.gradient_flow(net, np.zeros((1, 9, 1)), [[1.0]])  # doctest: +SKIP
    """
    if isinstance(net, Network):
        if inputs is None or targets is None:
            raise DataError("gradient_flow: of a network, inputs and targets are needed")
        frame = measure_flow(net, inputs, targets, loss=loss, lengths=lengths)
    elif inputs is not None or targets is not None:
        raise DataError(f"gradient_flow: net is a {type(net).__name__}, not a Network")
    else:
        frame = net
        made_by = "a network, with inputs and targets, or a frame of gn.analysis.gradient_flow"
        check_columns(frame, ("lag", "norm", *KINDS), "gradient_flow", made_by)
    ax = new_axes(ax)
    open_frame(ax)
    ax.set(xlabel="lag (steps before the last that counts)", ylabel="gradient of the loss at that lag (norm)")
    lag = np.asarray(frame["lag"], np.float64)
    norms = {name: _positive(frame[name]) for name in ("norm", *KINDS)}
    if np.isnan(norms["norm"]).all():
        heading(ax, "gradient back through time")
        say(ax, "the gradient is 0 or not finite at every lag")
        return ax
    ax.set_yscale("log")
    # under the others, and wide enough to be seen where one kind is all
    whole = {"color": "black", "linewidth": 3.4, "solid_capstyle": "round"}
    entries = [(draw_line(ax, lag, norms["norm"], **whole), "all synapses")]
    for kind in KINDS:
        if not np.isnan(norms[kind]).all():
            line = draw_line(
                ax, lag, norms[kind], color=COLOURS_OF_KINDS[kind], linestyle=LINES_OF_KINDS[kind], linewidth=1.6
            )
            entries.append((line, kind))
    _name_ticks(ax, norms["norm"])
    legend_of(ax, entries)
    heading(ax, *_words(lag, np.asarray(frame["norm"], np.float64)))
    return ax


def _positive(column: Any) -> Array:
    """Return norms, nan where they are 0 or not finite."""
    values = np.asarray(column, np.float64)
    return np.where(np.isfinite(values) & (values > 0), values, np.nan)


def _name_ticks(ax: Axes, norms: Array) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    def written(value: float, _: Any) -> str:
        return f"{value:.2g}"

    ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    if np.nanmax(norms) < 10 * np.nanmin(norms):  # powers of ten would be few
        ax.yaxis.set_major_formatter(FuncFormatter(written))
        ax.yaxis.set_minor_formatter(FuncFormatter(written))


def _words(lag: Array, norms: Array) -> tuple[str, str]:
    """Return what becomes of the gradient, and how far it reaches."""
    finite = np.isfinite(norms)
    reached = int(lag[np.flatnonzero(norms)[-1]])
    steps = f" more than {reached} step{'s' * (reached != 1)}" if reached else ""
    far = f"no path reaches back{steps}" if not norms[-1] or not reached else ""
    if not finite.all():
        far = f"not a finite number from lag {int(lag[~finite][0])} on"
        lag, norms = lag[finite], norms[finite]
    flow = Flow(norms[:0:-1])  # without lag 0, at which the outputs count too
    if not flow.span:
        return "gradient back through time", far
    if flow.ratio < VANISHED:
        verb = "vanishes"
    elif flow.ratio > EXPLODED:
        verb = "explodes"
    elif abs(flow.factor - 1) < STEADY:
        verb = "keeps its size"
    else:
        verb = "shrinks" if flow.factor < 1 else "grows"
    notes = [part for part in (far, _turn(lag, norms)) if part]
    title = f"gradient {verb}: × {flow.factor:.3g} a step, × {flow.ratio:.2g} over {flow.span} steps"
    return title, "; ".join(notes)


def _turn(lag: Array, norms: Array) -> str:
    """Return words for a gradient that is much smaller or larger in between, of which the ends say nothing."""
    there = norms[1:] > 0
    lag, norms = lag[1:][there], norms[1:][there]
    ends = norms[0], norms[-1]
    for extreme, words in ((np.argmin, "least"), (np.argmax, "largest")):
        place = int(extreme(norms))
        times = norms[place] / (min(ends) if words == "least" else max(ends))
        if max(times, 1 / times) > TURN:
            return f"{words} at lag {int(lag[place])}, × {norms[place] / ends[0]:.2g} of lag {int(lag[0])}"
    return ""
