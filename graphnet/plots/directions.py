"""Tuning: responses to directions, in polar axes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ..analysis.directions import preferred_direction
from ..errors import DataError, first_of, quoted
from ..language.arrays import Array
from ..language.checks import as_array
from ..language.keywords import suggests_keywords
from .figure import MUTED, label_of, new_axes
from .labels import inches_from
from .traces import LINES

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@suggests_keywords
def tuning(angles: Any, responses: Mapping[Any, Any], *, ax: Axes | None = None) -> Axes:
    """Plot responses to directions as closed curves in polar axes, with the direction that each prefers.

    The preferred direction is that of the vector sum of the responses, and the length of its line, relative to the
    radius of the axes, the selectivity: the length of the sum over the sum of the lengths, 1 minus the circular
    variance.

    Parameters
    ----------
    angles : (n_angles,)
        Directions in degrees, each once, so that 360 is not given beside 0.
    responses : {name: (n_angles,) or (n_repeats, n_angles)}
        Of repeats, such as cells, animals or networks, thin curves are drawn and their mean.
    ax : matplotlib.projections.polar.PolarAxes, optional
        Axes to draw on; by default those of a new figure.

    Returns
    -------
    matplotlib.projections.polar.PolarAxes
        The radius is the response, from 0 or the least one on; 0 degrees is to the right, 90 up.  Of responses with
        negative values, whose selectivity has no meaning, and of angles that are not evenly spaced no preferred
        direction is drawn.

    Raises
    ------
    DataError
        If the angles are not finite, occur twice, or responses do not have one value for each.
    ImportError
        If matplotlib is not installed.

    References
    ----------
    Mazurek, M., Kager, M. & Van Hooser, S. D. (2014). Robust quantification of orientation selectivity and direction
    selectivity. Frontiers in Neural Circuits 8.

    Examples
    --------
    >>> import graphnet as gn
    >>> angles = np.arange(0, 360, 30)
    >>> gn.plots.tuning(angles, {"T4a": 1 - np.cos(np.deg2rad(angles))})  # doctest: +SKIP
    """
    degrees, curves = _read(angles, responses)
    is_new = ax is None
    polar: Any = new_axes(ax, size=(5.2, 6.0), polar=True)
    from matplotlib.ticker import MaxNLocator

    order = np.argsort(degrees % 360)
    degrees, curves = degrees[order] % 360, {name: values[:, order] for name, values in curves.items()}
    radians = np.deg2rad(np.append(degrees, degrees[0] + 360))
    gaps = np.diff(np.append(degrees, degrees[0] + 360))
    is_even = len(degrees) > 2 and np.allclose(gaps, gaps[0], atol=1e-6 * 360)

    finite = np.concatenate([each[np.isfinite(each)] for each in curves.values()])
    most, least = float(finite.max(initial=0.0)), float(finite.min(initial=0.0))
    room = 0.05 * ((most - least) or 1.0)
    low, high = least - room if least < 0 else 0.0, most + room
    handles, said, has_arrows = [], [], False
    for (name, values), (colour, style) in zip(curves.items(), LINES * (len(curves) // len(LINES) + 1), strict=False):
        closed = np.column_stack([values, values[:, 0]])
        mean = closed.mean(axis=0)
        if len(closed) > 1:
            polar.plot(radians, closed.T, color=colour, linewidth=0.6, alpha=0.35, linestyle=style)
        handles.append(
            polar.plot(radians, mean, color=colour, linewidth=2, linestyle=style, marker="o", markersize=3)[0]
        )
        label = label_of(name)
        found = preferred_direction(degrees, mean[:-1])
        if is_even and np.isfinite(found.angle) and np.isfinite(found.selectivity):
            angle = np.deg2rad(found.angle)
            arrow = {
                "arrowstyle": "-|>,head_width=0.3,head_length=0.6",
                "mutation_scale": float(np.clip(40 * found.selectivity, 3, 10)),
                "color": colour,
                "linewidth": 2.2,
            }
            tip = low + found.selectivity * (high - low)
            polar.annotate("", (angle, tip), (angle, low), arrowprops={**arrow, "shrinkA": 0, "shrinkB": 0}, zorder=4)
            has_arrows = True
            label += f": prefers {round(found.angle) % 360}°, selectivity {found.selectivity:.2f}"
        said.append(label)
    if low < 0:
        polar.plot(np.linspace(0, 2 * np.pi, 181), np.zeros(181), color=MUTED, linewidth=0.8, linestyle=":")
    polar.set_ylim(low, high)
    polar.set_xticks(np.deg2rad(np.arange(0, 360, 45)))
    polar.yaxis.set_major_locator(MaxNLocator(4))
    polar.set_rlabel_position(_emptiest(degrees, np.concatenate(list(curves.values()))))
    polar.grid(color="0.9")
    polar.set_axisbelow(True)
    polar.tick_params(labelsize=8)
    if is_new:
        arrows = "; arrow: preferred direction, its length the selectivity, 1 at the rim" if has_arrows else ""
        polar.set_title(f"radius: response{arrows}", fontsize=8, color=MUTED)
    legend = polar.legend(
        handles,
        ["-"] * len(handles),
        loc="upper center",
        bbox_to_anchor=(0, -0.25),
        bbox_transform=inches_from(polar, 0.5, 0),  # as the labels of angles, at a distance that no size changes
        frameon=False,
        fontsize=8,
    )
    for text, label in zip(legend.get_texts(), said, strict=True):
        text.set_parse_math(False)
        text.set_text(label)
    return polar


def _emptiest(degrees: Array, values: Array) -> float:
    """Return the angle, halfway between two of the labelled ones, at which curves are nearest to the centre."""
    places = np.arange(22.5, 360, 45)
    largest = np.max(np.where(np.isfinite(values), values, -np.inf), axis=0)
    around = np.concatenate([degrees - 360, degrees, degrees + 360])
    return float(places[np.argmin(np.interp(places, around, np.tile(largest, 3)))])


def _read(angles: Any, responses: Any) -> tuple[Array, dict[Any, Array]]:
    """Return checked angles (n_angles,), and responses as {name: (n_repeats, n_angles)}."""
    degrees = as_array(angles, "angles", np.dtype(np.float64))
    if degrees.ndim != 1 or not len(degrees):
        raise DataError(f"angles have shape {degrees.shape}, not (n_angles,)")
    if not np.isfinite(degrees).all():
        where = int(np.flatnonzero(~np.isfinite(degrees))[0])
        raise DataError(f"angles[{where}] is {degrees[where]}: angles are finite numbers, in degrees")
    order = np.argsort(degrees % 360, kind="stable")
    same = np.flatnonzero(np.diff(degrees[order] % 360) < 1e-9)
    if len(same):
        first, second = degrees[order[same[0]]], degrees[order[same[0] + 1]]
        raise DataError(f"angles {first:g} and {second:g} are the same direction: give each once; curves are closed")
    if not isinstance(responses, Mapping) or not responses:
        found = "is empty" if isinstance(responses, Mapping) else f"is a {type(responses).__name__}"
        raise DataError(f"responses {found}; give {{name: (n_angles,) values}}")
    read = {
        name: as_array(each, f"responses of {quoted(name)}", np.dtype(np.float64)) for name, each in responses.items()
    }
    wrong = [
        name
        for name, each in read.items()
        if each.ndim not in (1, 2) or each.shape[-1] != len(degrees) or not each.size
    ]
    if wrong:
        n = len(degrees)
        raise DataError(
            "; ".join(
                first_of(
                    wrong,
                    lambda name: (
                        f"responses of {quoted(name)} have shape {read[name].shape}, not ({n},) or (n_repeats, "
                        f"{n}): one for each angle"
                    ),
                    "responses of other shapes",
                )
            )
        )
    return degrees, {name: np.atleast_2d(each) for name, each in read.items()}
