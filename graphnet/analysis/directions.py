"""Direction tuning: the direction that responses prefer, and how much they do."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..language.arrays import Array


class Preference(NamedTuple):
    """``angle`` in degrees from 0 to 360, nan if there is none; ``selectivity`` from 0 to 1, nan for signed values."""

    angle: float
    selectivity: float


def preferred_direction(angles: Array, responses: Array) -> Preference:
    """Return the direction of the vector sum of responses, and its length relative to their sum.

        v = sum over a of  r(a) exp(i a),     angle = arg v,     selectivity = |v| / sum over a of r(a)

    The selectivity is 1 minus the circular variance: 0 for equal responses, 1 for a response to one direction only.

    Parameters
    ----------
    angles : (n_angles,)
        Degrees, evenly spaced: others favour the directions that they crowd in.
    responses : (n_angles,)

    Examples
    --------
    >>> angles = np.arange(0, 360, 30)
    >>> found = preferred_direction(angles, 1 + np.cos(np.deg2rad(angles - 90)))
    >>> round(found.angle, 6), round(found.selectivity, 6)
    (90.0, 0.5)
    >>> preferred_direction(angles, np.ones(12)).angle
    nan

    References
    ----------
    Mazurek, M., Kager, M. & Van Hooser, S. D. (2014). Robust quantification of orientation selectivity and direction
    selectivity. Frontiers in Neural Circuits 8.
    """
    vector: Any = np.sum(responses * np.exp(1j * np.deg2rad(angles)))
    size = np.abs(responses).sum()
    if not np.isfinite(size) or np.abs(vector) <= 1e-12 * size:
        return Preference(np.nan, 0.0 if np.isfinite(size) and (responses >= 0).all() else np.nan)
    selectivity = float(np.abs(vector) / size) if (responses >= 0).all() else np.nan
    angle = float(np.rad2deg(np.angle(vector)) % 360 % 360)  # the first gives 360 for a tiny negative angle
    return Preference(angle, selectivity)
