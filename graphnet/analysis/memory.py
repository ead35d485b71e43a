"""Memory of a network: how long ago an input may be for a linear readout of its neurons to know it still."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.linalg import cho_factor, cho_solve

from ..errors import DataError
from ..language.arrays import Array
from ..language.checks import whole_number
from ..language.keywords import suggests_keywords
from ..network.network import Network

FEWEST_STEPS = 30
RIDGE = 1e-10
"""Ridge penalty, relative to the mean square of the values of the neurons, which only keeps the solution finite."""
AT_ONCE = 1000
"""Number of readouts that are fitted at a time, for their memory."""


@suggests_keywords
def memory_horizon(net: Network, *, n_steps: int = 5000, seed: int = 0) -> pd.DataFrame:
    """Measure how well a linear readout of all neurons knows the input of so many steps ago.

    Inputs are independent random numbers, uniform between -0.5 and 0.5, all inputs at once.  A readout of the values of
    all neurons at step t, with a constant, is fitted to each input at step t - lag by ridge regression in closed form,
    on one part of the steps, and measured on another part, which the fit has not seen.

    Parameters
    ----------
    net : Network
        Without reverse neurons, which see the future.
    n_steps : int
        At least 30.  Of the steps the first tenth is left out, the next six tenths are fitted, and the last three
        tenths measured.  Lags are 0 to a tenth of ``n_steps``.
    seed : int
        Seed of the inputs.

    Returns
    -------
    pandas.DataFrame
        Columns ``lag`` and ``r2``, the squared correlation of readout and input on the steps that were not fitted; of
        several inputs the mean over them.  An input that is forgotten has an ``r2`` near ``1 / (0.3 n_steps)`` and not
        0.  Summed over lags, times the number of inputs, it is the memory capacity, which is at most the number of
        neurons for such inputs.

    Raises
    ------
    DataError
        If the network has no inputs or no neurons, or reverse neurons, or values that are not finite.

    Notes
    -----
    Memory of a nonlinear network depends on the size of its inputs, here that of the reference.  If neurons are about
    as many as the steps that are fitted, readouts do not generalise, and ``r2`` is less than with more steps.

    References
    ----------
    Jaeger, H. (2001). Short term memory in echo state networks. GMD Report 152.

    Examples
    --------
    >>> import graphnet as gn
    >>> net = gn.compile(gn.graphs.delay_line(1, 3, 1), seed=0)
    >>> memory_horizon(net, n_steps=1000)["r2"].round(1).tolist()[:6]
    [1.0, 1.0, 1.0, 1.0, 0.0, 0.0]
    """
    if not isinstance(net, Network):
        raise DataError(f"memory_horizon: net is a {type(net).__name__}, not a Network")
    n_steps = whole_number(n_steps, "n_steps", FEWEST_STEPS)
    rng = np.random.default_rng(whole_number(seed, "seed", 0))
    if not net.n_inputs or net.n_nodes == net.n_inputs:
        raise DataError(f"memory_horizon: {net!r} has no {'neurons' if net.n_inputs else 'inputs'}")
    if net.program.stages["reverse"].any():
        raise DataError("memory_horizon: some neurons live in reversed time, and know inputs that are still to come")
    n_lags = n_steps // 10
    inputs = rng.uniform(-0.5, 0.5, (n_steps, net.n_inputs))
    table = net.to_table()
    neurons = [table.nodes[i] for i in np.flatnonzero(~table.has_role("input")).tolist()]
    recorded = net.run(inputs[np.newaxis], record=neurons).recorded
    values = np.stack([recorded[neuron][0] for neuron in neurons], axis=1).astype(np.float64)
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        step, column = bad[0].tolist()
        raise DataError(f"memory_horizon: the value of {neurons[column]!r} is not finite from step {step} on")
    fitted, measured = slice(n_lags, 7 * n_steps // 10), slice(7 * n_steps // 10, n_steps)
    readout = _Readout(values[fitted], values[measured])
    r2 = np.zeros(n_lags + 1)
    n_at_once = max(1, AT_ONCE // net.n_inputs)
    for first in range(0, n_lags + 1, n_at_once):
        lags = np.arange(first, min(first + n_at_once, n_lags + 1))
        wanted = np.stack([np.roll(inputs, lag, axis=0) for lag in lags.tolist()], axis=1).reshape(n_steps, -1)
        found = _squared_correlation(readout.of(wanted[fitted]), wanted[measured])
        r2[lags] = found.reshape(len(lags), net.n_inputs).mean(axis=1)
    return pd.DataFrame({"lag": np.arange(n_lags + 1), "r2": r2})


class _Readout:
    """Ridge regressions on some values (n_steps, n_neurons), and what they predict from others."""

    def __init__(self, values: Array, others: Array) -> None:
        mean = values.mean(axis=0)
        self._x, self._others = values - mean, others - mean
        n_steps, n_neurons = self._x.shape
        penalty = RIDGE * float(np.square(self._x).mean()) * n_steps
        self._is_wide = n_neurons > n_steps  # the same by the smaller matrix
        product = self._x @ self._x.T if self._is_wide else self._x.T @ self._x
        self._factor = cho_factor(product + penalty * np.eye(len(product))) if penalty else None

    def of(self, wanted: Array) -> Array:
        """Return what readouts that are fitted to these columns predict from the others, up to a constant."""
        if self._factor is None:
            return np.zeros((len(self._others), wanted.shape[1]))
        y = wanted - wanted.mean(axis=0)
        if self._is_wide:
            return np.asarray(self._others @ (self._x.T @ cho_solve(self._factor, y)))
        return np.asarray(self._others @ cho_solve(self._factor, self._x.T @ y))


def _squared_correlation(a: Array, b: Array) -> Array:
    """Return the squared correlation of the columns, (n_columns,); 0 where one is constant."""
    a, b = a - a.mean(axis=0), b - b.mean(axis=0)
    below = np.square(a).sum(axis=0) * np.square(b).sum(axis=0)
    above = np.square((a * b).sum(axis=0))
    return np.divide(above, below, out=np.zeros(len(below)), where=below > 0)
