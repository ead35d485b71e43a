"""Spectrum: eigenvalues of recurrent synapses in the complex plane."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..analysis import Spectrum
from ..analysis import spectrum as measure_spectrum
from ..errors import DataError
from ..language.keywords import suggests_keywords
from ..network.network import Network
from .figure import COLOURS, MUTED, new_axes
from .panels import heading, legend_of, open_frame, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MANY = 300
"""With more eigenvalues than so many, dots are small."""
ROUNDING = 1e-9
"""An eigenvalue that is beyond the unit circle by less counts as one on it."""


@suggests_keywords
def spectrum(net: Network | Spectrum, *, ax: Axes | None = None) -> Axes:
    """Plot the eigenvalues of the recurrent synapses of a network, with the unit circle.

    In a linear network with these synapses, eigenvalues inside the unit circle are activity that fades away, and those
    outside activity that grows.

    Parameters
    ----------
    net : Network or Spectrum
        A network, or what ``gn.analysis.spectrum`` returned, where the eigenvalues are defined.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; by default those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    DataError
        If ``net`` is neither, or the eigenvalues of a large network do not settle.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> import graphnet as gn
    >>> gn.plots.spectrum(gn.compile(gn.graphs.echo_state(1, 50, 1, seed=0)))  # doctest: +SKIP
    """
    if not isinstance(net, Network | Spectrum):
        raise DataError(
            f"spectrum: net is a {type(net).__name__}; must be a Network, or what gn.analysis.spectrum returns"
        )
    found = net if isinstance(net, Spectrum) else measure_spectrum(net)
    ax = new_axes(ax, size=(4.8, 4.8))
    open_frame(ax)
    ax.set(xlabel="real part", ylabel="imaginary part")
    ax.set_aspect("equal")
    angle = np.linspace(0, 2 * np.pi, 361)
    ax.axhline(0, color=MUTED, linewidth=0.5, alpha=0.5)
    ax.axvline(0, color=MUTED, linewidth=0.5, alpha=0.5)
    circle = ax.plot(np.cos(angle), np.sin(angle), color="black", linewidth=1)[0]
    values = found.eigenvalues
    outside = np.abs(values) > 1 + ROUNDING
    size, entries = 9 if len(values) > MANY else 26, list[tuple[Any, str]]([(circle, "unit circle")])
    kinds = ((~outside, COLOURS[0], "inside", "o", size), (outside, COLOURS[1], "outside", "D", 2 * size))
    for some, colour, words, marker, area in kinds:
        if some.any():
            style: dict[str, Any] = {
                "s": area,
                "color": colour,
                "marker": marker,
                "alpha": 0.75,
                "linewidths": 0,
                "zorder": 3,
            }
            dots = ax.scatter(values.real[some], values.imag[some], **style)
            entries.append((dots, f"{words}: {np.count_nonzero(some):,}"))
    reach = 1.15 * max(1.0, found.radius)
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach))
    if len(values):
        legend_of(ax, entries, loc="upper right", borderaxespad=0)
        heading(ax, f"spectral radius {found.radius:.4g}", *_notes(found))
    else:
        heading(ax, "no eigenvalues", *_notes(found))
        say(ax, "no recurrent synapses" + " without a gate" * (found.n_gated > 0))
    return ax


def _notes(found: Spectrum) -> list[str]:
    n, notes = len(found.eigenvalues), []
    if n < found.n_values:
        notes.append(f"{n:,} of {found.n_values:,} eigenvalues: of large components those of largest absolute value")
    elif n:
        notes.append(f"{n:,} eigenvalue{'s' * (n != 1)}")
    if found.n_gated:
        notes.append(f"{found.n_gated:,} gated synapse{'s' * (found.n_gated != 1)} left out")
    return ["; ".join(notes)]
