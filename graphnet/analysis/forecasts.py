"""Forecasts beside simple ones: the last value, a linear autoregression and the mean, on the same steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import log10
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import DataError
from ..io.data.cells import last_given
from ..io.data.samples import Data, Series
from ..language.arrays import Array
from ..language.brief import one_line

if TYPE_CHECKING:
    import pandas

    from ..network.network import Network

MOST_STEPS = 100_000
"""Number of steps, the last ones, that an autoregression is fitted to at most."""
LARGEST = 1e150
"""Largest number whose square is finite, about."""
AT_ONCE = 256
"""Number of samples that a network is run on together."""


@dataclass(frozen=True, eq=False)
class Baselines:
    """Simple forecasts of each target at each horizon: the mean and a linear autoregression of its own past.

    Attributes
    ----------
    targets : tuple of str
    means : (n_targets,)
        Mean of each target.
    coefficients : dict of int to list of (1 + order,) arrays
        For each horizon, the autoregression of each target: a constant, and factors of the last values, the newest
        first.  The order is chosen by the information criterion AICc at the shortest horizon, up to 10 log10(n); it is
        0 where there are too few steps.
    """

    targets: tuple[str, ...]
    means: Array
    coefficients: dict[int, list[Array]]

    __repr__ = one_line

    @classmethod
    def fit(cls, data: Data) -> Baselines:
        """Return the baselines fitted to the steps of ``data`` that count, by least squares.

        Raises
        ------
        DataError
            If the data are not of series of numbers, or these are too large.

        Examples
        --------
        >>> import tempfile, graphnet as gn
        >>> rng = np.random.default_rng(0)
        >>> values = [0.0]
        >>> for noise in rng.normal(size=500):
        ...     values.append(0.8 * values[-1] + noise)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     gn.io.write_table(f"{folder}/series.csv", {"x": np.array(values)})
        ...     data = gn.io.read_data(f"{folder}/series.csv", ahead=[1, 2])
        >>> found = Baselines.fit(data)
        >>> bool(abs(found.coefficients[1][0][1] - 0.8) < 0.1)
        True
        """
        series = _series(data)
        steps = _steps(data)
        if (np.abs(series.values) > LARGEST).any():  # type: ignore[arg-type]
            raise DataError(f"baselines: a target is beyond {LARGEST:g}, and its square overflows")
        known = _outcomes(series, steps)
        means = np.array([known[:, i :: len(series.targets)].mean() for i in range(len(series.targets))])
        held = _held(series, means)
        coefficients: dict[int, list[Array]] = {ahead: [] for ahead in series.ahead}
        for i in range(len(series.targets)):
            order: int | None = None
            for ahead in sorted(series.ahead):
                found = _autoregression(series, held[:, i], steps, i, ahead, order, means[i])
                order = len(found) - 1
                coefficients[ahead].append(found)
        return cls(series.targets, means, coefficients)

    def compare(self, net: Network, data: Data) -> pandas.DataFrame:
        """Return the errors of a network and of the baselines over the steps of ``data`` that count.

        Returns
        -------
        DataFrame
            A row for each output: target, ahead, steps (their number), and the root mean squared errors of the network
            (rmse), of the last value that was known (persistence), of the autoregression and its order, and of the
            mean.  Values before the start of a series, for which an autoregression may ask, are the mean.  Where a
            target is the value of the step itself (ahead 0), the last value is the one before.

        Raises
        ------
        DataError
            If the data have other targets or horizons, or the network has another number of outputs.
        """
        import pandas

        series = _series(data)
        if series.targets != self.targets or set(series.ahead) - set(self.coefficients):
            raise DataError(
                f"baselines are of {self.targets} at horizons {[*self.coefficients]}, and the data of {series.targets} "
                f"at {list(series.ahead)}"
            )
        if net.n_outputs != len(series.outputs):
            raise DataError(f"the network has {net.n_outputs} outputs, and the data {len(series.outputs)}")
        steps = _steps(data)
        right = _outcomes(series, steps)
        outputs = _outputs(net, data)
        held = _held(series, self.means)
        rows = []
        for k, ahead in enumerate(series.ahead):
            for i, target in enumerate(series.targets):
                column = k * len(series.targets) + i
                wanted = right[:, column]
                model = self.coefficients[ahead][i]
                lags = _lags(series, held[:, i], steps, ahead, max(1, len(model) - 1), self.means[i])
                linear = model[0] + lags[:, : len(model) - 1] @ model[1:]
                errors = {
                    "rmse": outputs[:, column],
                    "persistence": lags[:, 0],
                    "autoregression": linear,
                    "mean": np.full(len(wanted), self.means[i]),
                }
                with np.errstate(over="ignore", invalid="ignore"):
                    found = {name: float(np.sqrt(np.mean((values - wanted) ** 2))) for name, values in errors.items()}
                rows.append({"target": target, "ahead": ahead, "steps": len(steps), "order": len(model) - 1, **found})
        columns = ["target", "ahead", "steps", "rmse", "persistence", "autoregression", "order", "mean"]
        return pandas.DataFrame(rows, columns=columns)

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers as JSON has them.

        >>> Baselines(("wind",), np.array([2.0]), {1: [np.array([0.5, 0.75])]}).to_dict()
        {'targets': ['wind'], 'means': [2.0], 'coefficients': {'1': [[0.5, 0.75]]}}
        """
        return {
            "targets": list(self.targets),
            "means": self.means.tolist(),
            "coefficients": {str(ahead): [each.tolist() for each in of] for ahead, of in self.coefficients.items()},
        }

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> Baselines:
        """Return the baselines of which `to_dict` has the numbers."""
        return cls(
            tuple(found["targets"]),
            np.array(found["means"], np.float64),
            {int(ahead): [np.array(each, np.float64) for each in of] for ahead, of in found["coefficients"].items()},
        )


def _series(data: Data) -> Series:
    if data.series is None or data.series.values is None or data.y is None or data.y.ndim == 1:
        raise DataError("baselines: the data are not of series of numbers, read from a table with their targets")
    return data.series


def _counted(data: Data) -> Array:
    """Return which steps of samples count, (n_samples, n_steps): of windows the last ones."""
    n_samples, n_steps = data.x.shape[:2]
    counted = np.ones((n_samples, n_steps), bool)
    if data.series is not None and data.series.ends is not None:
        counted[:, :-1] = False
    if data.lengths is not None:
        counted &= np.arange(n_steps) < data.lengths[:, np.newaxis]
    if data.weights is not None:
        counted &= (data.weights if data.weights.ndim == 2 else data.weights[:, np.newaxis]) > 0
    return counted


def _steps(data: Data) -> Array:
    """Return the steps that count, in order, counted over all series."""
    assert data.series is not None
    counted = _counted(data)
    found = data.series.steps(counted.shape[1])[counted]
    if not len(found):
        raise DataError("baselines: no step counts")
    return found


def _outcomes(series: Series, steps: Array) -> Array:
    """Return what the outputs should have been, (n_steps, n_outputs)."""
    assert series.values is not None
    return np.concatenate([series.values[steps + ahead] for ahead in series.ahead], axis=1)


def _outputs(net: Network, data: Data) -> Array:
    """Return the outputs at the steps that count, (n_steps, n_outputs)."""
    counted, found = _counted(data), []
    for first in range(0, len(data.x), AT_ONCE):
        part = slice(first, first + AT_ONCE)
        lengths = None if data.lengths is None else data.lengths[part]
        found.append(net.run(data.x[part], lengths=lengths)[counted[part]])
    return np.concatenate(found).astype(np.float64)


def _held(series: Series, means: Array) -> Array:
    """Return the last value that was known at each step, the mean before there is one."""
    assert series.values is not None
    last = last_given(~np.isnan(series.values), series.starts.tolist())
    held = np.take_along_axis(series.values, last.clip(min=0), axis=0)
    return np.asarray(np.where(last < 0, means, held))


def _lags(series: Series, held: Array, steps: Array, ahead: int, order: int, mean: float) -> Array:
    """Return the last values known at each step, the newest first, (n_steps, order); the mean before the start."""
    newest = steps if ahead else steps - 1
    of = newest[:, np.newaxis] - np.arange(order)
    begins = series.starts[np.searchsorted(series.starts, steps, side="right") - 1]
    return np.asarray(np.where(of < begins[:, np.newaxis], mean, held[of.clip(min=0)]))


def _autoregression(
    series: Series, held: Array, steps: Array, target: int, ahead: int, order: int | None, mean: float
) -> Array:
    """Return the constant and the factors of the last values for one horizon; ``order`` None is chosen.

    References
    ----------
    Hurvich, C. M. & Tsai, C.-L. (1989). Regression and time series model selection in small samples. Biometrika 76: the
    criterion AICc, with the variance as one of the free numbers.  The largest order is that of R's ``ar``.
    """
    assert series.values is not None
    begins = series.starts[np.searchsorted(series.starts, steps, side="right") - 1]
    newest = steps if ahead else steps - 1
    most = min(int(10 * log10(len(steps))), (len(steps) - 2) // 4) if order is None else order
    usable = steps[newest - most + 1 >= begins][-MOST_STEPS:]
    if most < 1 or len(usable) <= 2 * most + 2:
        return np.array([mean])
    rows = np.concatenate([np.ones((len(usable), 1)), _lags(series, held, usable, ahead, most, mean) - mean], axis=1)
    wanted = series.values[usable + ahead, target] - mean
    if order is None:
        # with orthogonal columns each order is the one before and a square more
        along = np.linalg.qr(rows).Q.T @ wanted
        left = (wanted @ wanted - np.cumsum(along**2)).clip(min=1e-12 * (wanted @ wanted) + 1e-300)
        n, n_free = len(wanted), np.arange(2, most + 3)
        criterion = n * np.log(left) + 2 * n_free * n / (n - n_free - 1)
        order = 1 + int(np.argmin(criterion[1:]))
        rows = rows[:, : order + 1]
    found = np.linalg.lstsq(rows, wanted, rcond=None)[0]
    # of values and no longer of differences to the mean
    found[0] += mean - mean * found[1:].sum()
    return np.asarray(found)
