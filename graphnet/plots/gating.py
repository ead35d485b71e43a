"""Gates: the gates of one unit of an LSTM, a GRU or a drawing like them, over one sequence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..analysis.gates import GatedUnit, gated_units
from ..analysis.recording import Recording, check_network, record_sample
from ..errors import DataError
from ..language.arrays import Array
from ..language.checks import whole_number
from ..language.keywords import suggests_keywords
from ..language.table import GraphTable
from ..network.network import Network
from .figure import COLOURS, label_of, new_axes
from .labels import PLAIN
from .shades import scale_of
from .traces import draw_series, drawable, mark_time

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_GATES = 12
MOST_LINES = 6
"""Inputs, and neurons of a unit, that are drawn as lines; more inputs are a raster, more neurons are left out."""
GAP = 0.035
"""Height between two bands, of that of the axes."""


@suggests_keywords
def gates(
    net: Network, inputs: Any, *, unit: int = 0, sample: int = 0, lengths: Any = None, ax: Axes | None = None
) -> Axes:
    """Plot the gates of one unit over one sequence, below the inputs and above the neurons that they gate.

    Gates are found from the drawing: they multiply synapses (``gate``).  A unit is what gated synapses join, such as
    the cell, the hidden neuron and the three gates of the same number in an LSTM.

    Parameters
    ----------
    net : Network
    inputs : (n_samples, n_steps, n_inputs)
    unit : int
        Unit that is drawn, in the order of their first neurons in the drawing, from 0 on.
    sample : int
        Sequence that is drawn, from 0 on.
    lengths : (n_samples,), optional
        Number of steps of each sequence; the end of one that ends early is marked.
    ax : matplotlib.axes.Axes, optional
        Axes to draw in; by default those of a new figure.  They are divided into bands.

    Returns
    -------
    matplotlib.axes.Axes
        Its ``child_axes`` are the bands: inputs, one band for each gate, filled up to its value, and the neurons whose
        synapses the gates multiply; thick lines are those that feed themselves through a gate, and so remember.

    Raises
    ------
    DataError
        If the network has no gated synapse, inputs or lengths do not fit, or the unit or the sample does not exist.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> import graphnet as gn
    >>> net = gn.compile(gn.graphs.lstm(1, 3, 1), seed=0)
    >>> gn.plots.gates(net, np.ones((1, 20, 1)), unit=2)  # doctest: +SKIP
    """
    table = check_network(net, "gates").to_table()
    units = gated_units(table)
    if not units:
        raise DataError(
            "gates: the network has no gated synapse; gn.graphs.lstm and gru have some, and gate= on an edge makes one"
        )
    unit = whole_number(unit, "unit", 0)
    if unit >= len(units):
        raise DataError(f"unit is {unit}: the network has units 0 to {len(units) - 1}")
    shown = units[unit]
    if len(shown.gates) > MOST_GATES:
        raise DataError(
            f"unit {unit} has {len(shown.gates)} gates, and at most {MOST_GATES} are drawn; gn.plots.activity draws "
            "the values of any neurons, and gn.plots.attention the weights of attention"
        )
    of_gates = np.array(list(shown.gates), np.int64)
    neurons = np.array([*shown.kept, *[i for i in shown.targets if i not in shown.kept]], np.int64)[:MOST_LINES]
    nodes = np.unique(np.concatenate([of_gates, neurons]))
    recording = record_sample(net, inputs, nodes, sample=sample, lengths=lengths)
    value = dict(zip(nodes.tolist(), recording.values.astype(np.float64), strict=True))

    heights = [1.3] * (net.n_inputs > 0) + [0.75] * len(of_gates) + [1.6]
    ax = new_axes(ax, size=(7.2, 1.2 + 0.85 * sum(heights)))
    bands = _divide(ax, heights)
    dt, each = net.dt, iter(bands)
    if net.n_inputs:
        _draw_inputs(next(each), recording, table, dt)
    for gate in of_gates.tolist():
        _draw_gate(next(each), value[gate], recording, dt, _said_of_gate(table, shown, gate))
    below = next(each)
    _draw_neurons(below, table, shown, neurons, value, recording, dt)
    for band in bands:
        mark_time(band, recording, dt, in_cells=net.n_inputs > MOST_LINES, label=band is below)
        band.tick_params(labelbottom=band is below, labelsize=8)
        band.spines[["top", "right"]].set_visible(False)
    return ax


def _divide(ax: Axes, heights: list[float]) -> list[Axes]:
    """Return axes inside axes, below one another."""
    ax.set_axis_off()
    part = (1 - GAP * (len(heights) - 1)) / sum(heights)
    bands, top = [], 1.0
    for height in heights:
        bands.append(ax.inset_axes((0.0, top - height * part, 1.0, height * part)))
        top -= height * part + GAP
    return bands


def _draw_inputs(band: Axes, recording: Recording, table: GraphTable, dt: float) -> None:
    names = [table.nodes[i] for i in np.flatnonzero(table.has_role("input")).tolist()]
    values = drawable(recording.inputs.T)
    if len(names) <= MOST_LINES:
        draw_series(band, recording, values, names, dt)
        band.set_ylabel("inputs" if len(names) > 1 else "input", fontsize=8)
        return
    scale = scale_of(values)
    del scale["extend"]
    n = len(names)
    extent = (-0.5 * dt, (recording.n_steps - 0.5) * dt, n - 0.5, -0.5)
    band.imshow(values, aspect="auto", interpolation="nearest", extent=extent, **scale)
    band.set_yticks([])
    least, most = scale["vmin"], scale["vmax"]
    band.set_ylabel(f"{n} inputs", fontsize=8)
    band.text(1.02, 0.5, f"from {least:.2g}\nto {most:.2g}", fontsize=8, transform=band.transAxes, va="center")


def _draw_gate(band: Axes, values: Array, recording: Recording, dt: float, said: str) -> None:
    values, times = drawable(values), np.arange(recording.n_steps) * dt
    band.fill_between(times, 0, values, color=COLOURS[5], alpha=0.45, linewidth=0)
    band.plot(times, values, color=COLOURS[0], linewidth=1.2, marker="o" if len(times) == 1 else None)
    finite = values[np.isfinite(values)]
    low, high = min(0.0, float(finite.min(initial=0))), max(1.0, float(finite.max(initial=1)))
    band.set_ylim(low - 0.02 * (high - low), high + 0.02 * (high - low))
    band.set_yticks([0, 1])
    band.axhline(1, color="0.8", linewidth=0.6, zorder=0)
    band.text(1.02, 0.5, said, fontsize=8, transform=band.transAxes, va="center", **PLAIN)  # type: ignore[arg-type]


def _said_of_gate(table: GraphTable, unit: GatedUnit, gate: int) -> str:
    """Return the name of a gate, and what it gates on a second line."""
    gated = []
    for edge in unit.gates[gate]:
        source, target = int(table.source[edge]), int(table.target[edge])
        ends = label_of(table.nodes[source], 14), label_of(table.nodes[target], 14)
        gated.append(f"{ends[0]} to itself" if source == target else f"{ends[0]} \N{RIGHTWARDS ARROW} {ends[1]}")
    more = len(gated) - 2
    return "\n".join([label_of(table.nodes[gate]), *gated[:2], *[f"and {more} more"] * (more > 0)])


def _draw_neurons(
    band: Axes,
    table: GraphTable,
    unit: GatedUnit,
    neurons: Array,
    value: dict[int, Array],
    recording: Recording,
    dt: float,
) -> None:
    names = [table.nodes[i] for i in neurons.tolist()]
    draw_series(band, recording, np.array([value[i] for i in neurons.tolist()]), names, dt)
    for line, neuron in zip(band.lines, neurons.tolist(), strict=False):
        line.set_linewidth(2.4 if neuron in unit.kept else 1.2)
    n = len(unit.targets)
    band.set_ylabel("gated neurons" if len(neurons) == n else f"{len(neurons)} of {n}\ngated neurons", fontsize=8)
