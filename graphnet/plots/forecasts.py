"""Predictions: outputs of a network and their targets over the steps of a sequence."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import DataError, quoted
from ..language.arrays import Array
from ..language.checks import INSTEAD_OF_MASKS, as_array, read_lengths, whole_number
from ..language.keywords import suggests_keywords
from ..network.network import Network
from .figure import COLOURS, label_of, new_axes
from .panels import divided, draw_line, heading, legend_of, open_frame, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_PANELS = 6
"""Number of outputs that are drawn if none are named."""
AT_ONCE = 256
"""Number of windows that a network is run on together."""
KNOWN = "#EDEDED"


@suggests_keywords
def predictions(
    net: Network,
    inputs: Any,
    targets: Any,
    *,
    sample: int = 0,
    output: Any = None,
    lengths: Any = None,
    known: int | None = None,
    names: Sequence[str] | None = None,
    steps: Any = None,
    ax: Axes | None = None,
) -> Axes:
    """Plot the outputs of a network over one sequence with their targets, and the error between them.

    Several outputs are drawn one below another.  With ``steps``, samples are windows of a series, each of which is one
    point: the output at its last step.

    Parameters
    ----------
    net : Network
    inputs : array (n_samples, n_steps, n_inputs)
    targets : array (n_samples, n_steps, n_outputs) or (n_samples, n_outputs)
        The right values at every step, or at each sequence's last valid step; those that are nan are not known, and
        are gaps.
    sample : int
        The sequence to draw.
    output : int, name of an output node, or list of these, optional
        Outputs to draw; by default the first six.
    lengths : array (n_samples,), optional
        The number of valid steps of each sequence.
    known : int, optional
        Number of steps that the network was trained on, which are shaded; the error is that of the steps after them.
    names : (n_outputs,) sequence of str, optional
        Names of the outputs, such as those of ``data.series.outputs``; by default their nodes.  ``output`` takes these
        too.
    steps : (n_samples,) array of numbers or datetime64, optional
        The last step, or its time, of each window; ``sample`` and ``known`` are for one sequence then.  Lines break
        where steps go back, or are more than twice as far apart as the median.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on, in whose place several outputs have panels; by default those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    DataError
        If the data do not fit, or there is no such sequence or output.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> import numpy as np, graphnet as gn
    >>> x = np.sin(np.arange(100) / 5)[np.newaxis, :, np.newaxis]
    >>> net = gn.compile(gn.graphs.elman(1, 8, 1), seed=0)
    >>> gn.plots.predictions(net, x[:, :-1], x[:, 1:], known=60)  # doctest: +SKIP
    """
    if not isinstance(net, Network):
        raise DataError(f"predictions: net is a {type(net).__name__}, not a Network")
    table = net.to_table()
    nodes = [table.nodes[i] for i in np.flatnonzero(table.has_role("output")).tolist()]
    shown_as = nodes if names is None else _read_names(names, len(nodes))
    columns = _read_outputs(output, nodes, shown_as)
    array = as_array(inputs, "inputs", net.dtype, INSTEAD_OF_MASKS)
    if array.ndim != 3:
        raise DataError(f"inputs have shape {array.shape}, not (n_samples, n_steps, {net.n_inputs})")
    number = whole_number(sample, "sample", 0)
    places = None if steps is None else _read_steps(steps, len(array), number, known)
    if number >= len(array):
        raise DataError(f"sample: {number}; must be a whole number from 0 to {len(array) - 1}, one of the samples")
    n_steps = int(read_lengths(lengths, *array.shape[:2])[number])
    first = 0 if known is None else whole_number(known, "known", 0)
    if first > n_steps:
        raise DataError(f"known: {first}; must be 0 to {n_steps}, the steps of the sequence")
    every = _read_targets(targets, (*array.shape[:2], net.n_outputs))
    if places is None:
        right = every[number]
        found = net.run(array[number : number + 1, :n_steps])[0].astype(np.float64)
        wanted = np.full((n_steps, net.n_outputs), np.nan)
        wanted[-1 if right.ndim == 1 else slice(None)] = right[:n_steps] if right.ndim == 2 else right
    elif every.ndim == 3:
        raise DataError(f"steps: of windows with one target each, and the targets are {every.shape}, one a step")
    else:
        ends = read_lengths(lengths, *array.shape[:2]) - 1
        places, wanted, found = _broken(places, every, _last_outputs(net, array, ends))
    ax = new_axes(ax, size=(7.2, 2.2 + 1.1 * len(columns)))
    panels = [ax] if len(columns) == 1 else divided(ax, [1] * len(columns))
    for panel, column in zip(panels, columns, strict=True):
        entries = _draw_output(panel, wanted[:, column], found[:, column], first, places)
        some = entries if panel is panels[0] else entries[1:2]
        legend_of(panel, some, loc="lower left", bbox_to_anchor=(0, 1), ncols=3, borderaxespad=0.2, handlelength=1.4)
        panel.set_ylabel(label_of(shown_as[column], 18))
        plain(panel.yaxis.label)
        if panel is not panels[-1]:
            panel.tick_params(labelbottom=False)
    panels[-1].set_xlabel("step" if places is None else "last step of the window")
    shown = f" of sample {number}" if len(array) > 1 else ""
    shown = shown if places is None else f" of {len(array)} window{'s' * (len(array) != 1)}"
    left = len(nodes) - len(columns)
    note = f"{len(columns)} of {len(nodes)} outputs" if left and output is None else ""
    heading(panels[0], f"outputs and targets{shown}", note, room=14)
    return ax


def _read_names(names: Sequence[str], n_outputs: int) -> list[Hashable]:
    found: list[Hashable] = [names] if isinstance(names, str) else list(names)
    if len(found) != n_outputs:
        raise DataError(f"names: {len(found)}; must be {n_outputs}, one for each output")
    return found


def _read_steps(steps: Any, n_samples: int, sample: int, known: int | None) -> Array:
    """Return the last step of each window."""
    found = np.asarray(steps)
    if found.shape != (n_samples,) or found.dtype.kind not in "iufM":
        raise DataError(
            f"steps: {found.dtype} of shape {found.shape}; must be ({n_samples},) numbers or datetime64, one for each "
            "sample"
        )
    if sample or known is not None:
        raise DataError("steps: draws all samples, and sample and known are for one sequence; leave one of them out")
    return found


def _last_outputs(net: Network, array: Array, ends: Array) -> Array:
    """Return the outputs at the last valid steps, (n_samples, n_outputs)."""
    found = []
    for first in range(0, len(array), AT_ONCE):
        part = array[first : first + AT_ONCE]
        found.append(net.run(part)[np.arange(len(part)), ends[first : first + AT_ONCE]])
    return np.concatenate(found).astype(np.float64)


def _broken(steps: Array, *values: Array) -> tuple[Array, ...]:
    """Return steps and values with a row of nan where lines break."""
    by = np.diff(steps).astype(np.float64)
    usual = np.median(by) if len(by) else 0.0
    breaks = np.flatnonzero((by <= 0) | (by > 2 * usual)) + 1
    return (np.insert(steps, breaks, steps[breaks]), *(np.insert(each, breaks, np.nan, axis=0) for each in values))


def _read_outputs(output: Any, nodes: list[Hashable], names: list[Hashable]) -> list[int]:
    """Return the columns of the outputs to draw."""
    if output is None:
        return list(range(min(len(nodes), MOST_PANELS)))
    is_one = isinstance(output, str | tuple | int | np.integer) and not isinstance(output, bool)
    found = []
    for each in [output] if is_one else list(output):
        if isinstance(each, Hashable) and each in nodes:
            found.append(nodes.index(each))
        elif isinstance(each, str) and each in names:
            found.append(names.index(each))
        elif isinstance(each, int | np.integer) and not isinstance(each, bool) and 0 <= each < len(nodes):
            found.append(int(each))
        else:
            first = ", ".join(map(repr, names[:MOST_PANELS])) + ", ..." * (len(nodes) > MOST_PANELS)
            raise DataError(
                f"output: {quoted(each)}; must be an output node ({first}), or its number from 0 to {len(nodes) - 1}"
            )
    if not found:
        raise DataError("output: an empty list; name the outputs to draw")
    return found


def _read_targets(targets: Any, shape: tuple[int, int, int]) -> Array:
    array = as_array(targets, "targets", np.dtype(np.float64), INSTEAD_OF_MASKS)
    allowed = shape, (shape[0], shape[2])
    if array.shape not in allowed:
        hint = "; for classes see gn.plots.confusion" if array.shape in (shape[:2], shape[:1]) else ""
        raise DataError(
            f"targets: shape {array.shape}; must be numbers shaped (n_samples, n_steps, n_outputs) = {allowed[0]} or "
            f"(n_samples, n_outputs) = {allowed[1]}{hint}"
        )
    return np.where(np.isfinite(array), array, np.nan)


def _draw_output(ax: Axes, wanted: Array, found: Array, known: int, places: Array | None) -> list[tuple[Any, str]]:
    """Draw an output and its target over steps; return the entries of a legend, with the error."""
    from matplotlib import dates
    from matplotlib.ticker import MaxNLocator

    open_frame(ax)
    steps = np.arange(len(found)) if places is None else places
    entries: list[tuple[Any, str]] = []
    if known:
        shade = ax.axvspan(-0.5, known - 0.5, color=KNOWN, linewidth=0, zorder=0)
    entries.append((draw_line(ax, steps, wanted, color="black", linewidth=1.6), "target"))
    finite = np.where(np.isfinite(found), found, np.nan)
    with np.errstate(over="ignore"):
        errors = np.square(finite - wanted)
    errors_said = [
        f"{name}{np.sqrt(np.nanmean(part)):.3g}"
        for name, part in (("rmse ", errors[known:]), ("known steps ", errors[:known]))
        if not np.isnan(part).all()
    ]
    words = ": ".join(["output", *[", ".join(errors_said)] * bool(errors_said)])
    entries.append((draw_line(ax, steps, finite, color=COLOURS[1], linewidth=1.3), words))
    if places is None:
        ax.set_xlim(-0.5, max(len(found) - 0.5, 0.5))
    else:
        ax.margins(x=0.01)
    if known:
        entries.append((shade, f"known: {known} step{'s' * (known != 1)}"))
    if steps.dtype.kind == "M":
        locator: Any = dates.AutoDateLocator()  # type: ignore[no-untyped-call]
        ax.xaxis.set_major_locator(locator)
        ax.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    elif steps.dtype.kind != "f":
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    return entries
