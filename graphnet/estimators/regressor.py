"""Regressor of sequences with the interface of scikit-learn."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils.validation import check_array, column_or_1d

from ..errors import DataError
from ..language.arrays import Array
from ..losses import Loss
from .base import weighted_moments
from .classifier import OF_SEQUENCES
from .numbers import loss_of_numbers
from .parameters import with_parameters
from .sequences import Panel
from .steps import is_list, join_steps, steps_of_targets
from .supervised import SupervisedEstimator


@with_parameters(OF_SEQUENCES)
class GraphRegressor(RegressorMixin, SupervisedEstimator):
    """Regressor of sequences by a network that is drawn.

    X is (n_samples, n_steps, n_channels), a list of (n_steps, n_channels) of unequal lengths, or (n_samples,
    n_channels), one step each.  y has a number for each sequence, (n_samples,), or several, (n_samples, n_targets); or
    these for each step: (n_samples, n_steps, n_targets), or a list of (n_steps,) or (n_steps, n_targets).

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    n_features_in_ : int
        Number of channels.
    feature_names_in_ : (n_channels,)
        Names of the channels, where X has some.
    per_step_ : bool
        True if there is a target for each step, and not one for each sequence.
    target_mean_, target_deviation_ : (n_targets,)
        The network computes (target - mean) / deviation; with ``standardize=False``, or a loss of other targets than
        numbers, mean is 0 and deviation 1.
    net_ : Network
        The trained network.
    history_ : History
        A row for each epoch; losses are those of what the network computes.

    See Also
    --------
    graphnet.fit : Explains the settings, and trains any network.

    Examples
    --------
    >>> import numpy as np
    >>> import graphnet as gn
    >>> rng = np.random.default_rng(0)
    >>> sequences = [rng.normal(size=(n_steps, 1)) for n_steps in rng.integers(3, 9, 40)]
    >>> sums = np.array([1000 * each.sum() for each in sequences])
    >>> model = gn.GraphRegressor("elman", {"n_hidden": 8}, epochs=30, learning_rate=0.03, random_state=0)
    >>> model.fit(sequences, sums).score(sequences, sums) > 0.9
    True
    """

    target_mean_: Array
    target_deviation_: Array

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train for one epoch on these samples; ``validation`` and ``patience`` do not count.

        Parameters
        ----------
        X, y, sample_weight
            As for `fit`.

        Returns
        -------
        self

        Raises
        ------
        DataError
            If data or parameters do not fit.
        """
        return self._partial_fit(X, y, sample_weight, is_first=not self._is_fitted())

    def predict(self, X: Any) -> Any:
        """Return numbers shaped as the targets of the fit; those of every step as a list where X is one."""
        outputs, panel = self._outputs(X)
        found = outputs * self.target_deviation_ + self.target_mean_
        if self._is_flat:
            found = found[..., 0]
        return panel.split(found) if self.per_step_ else found

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the coefficient of determination R2, the mean over targets; of all steps where each has targets."""
        found, right, weights = self.predict(X), y, sample_weight
        if self.per_step_:
            found, right, weights = join_steps(found, y, sample_weight)
        return float(r2_score(right, found, sample_weight=weights))

    def __sklearn_tags__(self) -> Any:
        """Return the tags of the estimator."""
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.target_tags.multi_output = True
        return tags

    def _values(self, y: Any, panel: Panel) -> tuple[Array, bool]:
        found = steps_of_targets(y, panel)
        if found is not None and found.ndim == 2 and not is_list(y):
            found = None  # (n_samples, n_targets), as many as there are steps
        y = y if found is None else found
        array = check_array(y, ensure_2d=False, allow_nd=True, dtype=np.float64, input_name="y", estimator=self)
        if array.ndim - (found is not None) > 2:
            raise DataError(
                f"y: shape {array.shape}; must be (n_samples,), (n_samples, n_targets) or, for {panel.inputs.shape[1]} "
                "steps, (n_samples, n_steps, n_targets)"
            )
        if found is not None:
            return array, True
        if array.ndim == 2 and array.shape[1] == 1:
            array = column_or_1d(array, warn=True)
        return array, False

    def _targets(self, values: Array, panel: Panel, weights: Array | None, *, learn: bool) -> Array:
        is_flat = values.ndim == 1 + self.per_step_
        targets = values[..., np.newaxis] if is_flat else values
        if learn:
            self._is_flat = is_flat
            n_targets = targets.shape[-1]
            self.target_mean_, self.target_deviation_ = np.zeros(n_targets), np.ones(n_targets)
            if self._is_standardizing() and getattr(self._loss(), "has_unit", False):
                mask = panel.mask
                of_rows = weights
                if self.per_step_ and weights is not None:
                    of_rows = np.broadcast_to(weights[:, np.newaxis], mask.shape)[mask]
                mean, deviation = weighted_moments(targets[mask] if self.per_step_ else targets, of_rows)
                self.target_mean_, self.target_deviation_ = mean, np.where(deviation > 0, deviation, 1.0)
        elif targets.shape[-1] != len(self.target_mean_):
            raise DataError(f"y has {targets.shape[-1]} targets; it had {len(self.target_mean_)} at the first fit")
        return (targets - self.target_mean_) / self.target_deviation_

    def _n_outputs(self) -> int:
        return len(self.target_mean_)

    def _loss(self) -> Loss:
        return loss_of_numbers(self.loss)
