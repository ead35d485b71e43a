"""Fit and predict of the classifier and the regressor: sequences in, one answer a sequence or a step out."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from ..errors import DataError
from ..language.arrays import Array
from ..language.checks import Flag, as_array, read_setting
from ..losses import Loss, resolve_loss
from .base import GraphEstimator, weighted_moments
from .sequences import Panel, read_panel

AT_ONCE = 256
"""Number of sequences that are predicted together."""


class SupervisedEstimator(GraphEstimator):
    """Base of the classifier and the regressor.

    Attributes
    ----------
    n_features_in_ : int
        Number of channels.
    feature_names_in_ : (n_channels,)
        Names of the channels, where X has some.
    per_step_ : bool
        True if there is an answer at each step, and not one for each sequence.
    """

    channels_first: Any
    loss: Any
    validation: Any
    warm_start: Any

    n_features_in_: int
    per_step_: bool

    def _n_outputs(self) -> int:
        raise NotImplementedError

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train the network, from the start or, with ``warm_start``, from where the last fit has left it.

        Parameters
        ----------
        X : array (n_samples, n_steps, n_channels) or (n_samples, n_channels), or list of (n_steps, n_channels)
        y : array
            One target a sequence, or one a step.
        sample_weight : array (n_samples,), optional
            Weight of each sequence in the loss; those of weight 0 are left out.

        Returns
        -------
        self

        Raises
        ------
        DataError
            If data or parameters do not fit.
        """
        with self._unchanged_by_bad_input():
            return self._fit(X, y, sample_weight)

    def _fit(self, X: Any, y: Any, sample_weight: Any) -> Self:
        is_warm = bool(read_setting("warm_start", self.warm_start, Flag())) and self._is_fitted()
        seed = self._draw_seed()
        panel, targets, weights = self._read(X, y, sample_weight, learn=not is_warm)
        validation = self.validation
        if isinstance(validation, tuple | list):
            validation = self._held_out(validation)
        if not is_warm:
            self._begin(seed, panel, weights)
        self._train(seed, (panel.inputs, targets, panel.lengths, weights), validation=validation, loss=self._loss())
        return self

    def _partial_fit(self, X: Any, y: Any, sample_weight: Any, *, is_first: bool) -> Self:
        with self._unchanged_by_bad_input():
            seed = self._draw_seed() if is_first else self._seed
            panel, targets, weights = self._read(X, y, sample_weight, learn=is_first)
            if is_first:
                self._begin(seed, panel, weights)
            self._train_epoch(seed, (panel.inputs, targets, panel.lengths, weights), loss=self._loss())
        return self

    def _begin(self, seed: int, panel: Panel, weights: Array | None) -> None:
        """Compile a new network."""
        moments = None
        if self._is_standardizing():
            mask = panel.mask
            of_steps = None if weights is None else np.broadcast_to(weights[:, np.newaxis], mask.shape)[mask]
            moments = weighted_moments(panel.inputs[mask], of_steps)
        net = self._compile(seed, self.n_features_in_, self._n_outputs(), moments)
        for name in ("history_", "_state"):
            self.__dict__.pop(name, None)
        self.net_, self._seed, self._state = net, seed, None

    def _loss(self) -> Loss:
        return resolve_loss(self.loss)

    def _panel(self, X: Any, *, reset: bool) -> Panel:
        channels_first = bool(read_setting("channels_first", self.channels_first, Flag()))
        return read_panel(self, X, channels_first=channels_first, reset=reset)

    def _read(self, X: Any, y: Any, sample_weight: Any, *, learn: bool) -> tuple[Panel, Array, Array | None]:
        """Return inputs, targets and weights of the samples that count."""
        panel = self._panel(X, reset=learn)
        if y is None:
            raise DataError(f"This {type(self).__name__} estimator requires y to be passed, but the target y is None.")
        check_consistent_length(panel.inputs, y)
        values, per_step = self._values(y, panel)
        weights = read_weights(sample_weight, len(panel.inputs))
        if weights is not None:
            rows = np.flatnonzero(weights > 0)
            if not len(rows):
                raise DataError("sample_weight: every weight is zero; let some be positive")
            panel, values, weights = panel.take(rows), values[rows], weights[rows]
        if learn:
            self.per_step_ = per_step
        elif per_step != self.per_step_:
            raise DataError(
                f"y has one target a {_noun(per_step)}; it was one a {_noun(self.per_step_)} at the first fit"
            )
        return panel, self._targets(values, panel, weights, learn=learn), weights

    def _values(self, y: Any, panel: Panel) -> tuple[Array, bool]:
        """Return y as an array, padded where it is one a step, and whether it is."""
        raise NotImplementedError

    def _targets(self, values: Array, panel: Panel, weights: Array | None, *, learn: bool) -> Array:
        """Return targets as the loss takes them; ``learn`` what they are, otherwise compare."""
        raise NotImplementedError

    def _held_out(self, validation: Any) -> tuple[Any, ...]:
        """Return (X, y) or (X, y, sample_weight) to validate on as `fit` of a network takes it."""
        if len(validation) not in (2, 3):
            raise DataError(f"validation: a tuple of {len(validation)}; must be (X, y) or (X, y, sample_weight)")
        panel, targets, weights = self._read(*validation, *[None] * (3 - len(validation)), learn=False)
        return panel.inputs, targets, panel.lengths, weights

    def _outputs(self, X: Any) -> tuple[Array, Panel]:
        """Return the outputs of the network: (n_samples, n_outputs), or with an axis of steps where one a step."""
        check_is_fitted(self)
        panel = self._panel(X, reset=False)
        steps, found = panel.steps, []
        for start in range(0, len(steps), AT_ONCE):
            some = slice(start, start + AT_ONCE)
            n_steps = int(steps[some].max())
            outputs = self.net_.run(panel.inputs[some, :n_steps], lengths=steps[some])
            if self.per_step_:
                missing = panel.inputs.shape[1] - n_steps
                found.append(np.pad(outputs, ((0, 0), (0, missing), (0, 0))))
            else:
                found.append(outputs[np.arange(len(outputs)), steps[some] - 1])
        return np.concatenate(found).astype(np.float64), panel


def read_weights(weights: Any, n_samples: int) -> Array | None:
    """Return weights of samples as floats, or None where there are none.

    Raises
    ------
    DataError
        If they are not one finite number >= 0 for each sample.
    """
    if weights is None:
        return None
    array = as_array(weights, "sample_weight", np.dtype(np.float64))
    array = np.full(n_samples, array) if array.ndim == 0 else array
    if array.shape != (n_samples,):
        raise DataError(f"sample_weight: shape {array.shape}; must be ({n_samples},), one for each sample")
    wrong = np.flatnonzero(~(np.isfinite(array) & (array >= 0)))
    if len(wrong):
        raise DataError(
            f"sample_weight: {array[wrong[0]]:g} of sample {wrong[0]}; must be finite numbers >= 0; {len(wrong)} such"
        )
    return array


def _noun(per_step: bool) -> str:
    return "step" if per_step else "sequence"
