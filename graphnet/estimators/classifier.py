"""Classifier of sequences with the interface of scikit-learn."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d

from ..errors import DataError, first_of, quoted
from ..language.arrays import Array
from ..losses import BinaryCrossEntropy, CrossEntropy, Loss, resolve_loss
from .base import counted
from .parameters import parameter, with_parameters
from .sequences import Panel
from .steps import join_steps, steps_of_targets
from .supervised import SupervisedEstimator

OF_SEQUENCES = {
    "warm_start": parameter(
        False, "bool", "Let fit go on from the parameters that the last fit has left, with a new optimizer."
    ),
    "channels_first": parameter(
        False, "bool", "Take X as (n_samples, n_channels, n_steps), and sequences of a list as (n_channels, n_steps)."
    ),
}
"""Parameters of estimators of sequences."""


@with_parameters(OF_SEQUENCES, loss="cross_entropy")
class GraphClassifier(ClassifierMixin, SupervisedEstimator):
    """Classifier of sequences by a network that is drawn.

    X is (n_samples, n_steps, n_channels), a list of (n_steps, n_channels) of unequal lengths, or (n_samples,
    n_channels), one step each.  y has a label for each sequence, or one for each step: (n_samples, n_steps), or a list
    of (n_steps,).  Labels are of any kind.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    classes_ : (n_classes,)
        Labels, sorted.
    n_features_in_ : int
        Number of channels.
    feature_names_in_ : (n_channels,)
        Names of the channels, where X has some.
    per_step_ : bool
        True if there is a label for each step, and not one for each sequence.
    net_ : Network
        The trained network; its outputs are logits.
    history_ : History
        A row for each epoch.

    See Also
    --------
    graphnet.fit : Explains the settings, and trains any network.

    Examples
    --------
    >>> import numpy as np
    >>> import graphnet as gn
    >>> rng = np.random.default_rng(0)
    >>> sequences = [rng.normal(size=(n_steps, 1)) for n_steps in rng.integers(3, 9, 40)]
    >>> labels = np.where([each.sum() > 0 for each in sequences], "up", "down")
    >>> model = gn.GraphClassifier("elman", {"n_hidden": 8}, epochs=30, learning_rate=0.03, random_state=0)
    >>> model.fit(sequences, labels).score(sequences, labels) > 0.9
    True
    """

    classes_: Array

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Train for one epoch on these samples; ``validation`` and ``patience`` do not count.

        Parameters
        ----------
        X, y, sample_weight
            As for `fit`.
        classes : array (n_classes,), optional
            All labels; the first call needs them.

        Returns
        -------
        self

        Raises
        ------
        DataError
            If data or parameters do not fit, or there is a label that is none of the classes.
        """
        is_first = not self._is_fitted()
        if is_first:
            if classes is None:
                raise DataError("classes: the first call of partial_fit needs all labels, as classes=np.unique(y)")
            self._known = np.unique(np.asarray(classes))
        elif classes is not None and not np.array_equal(np.unique(np.asarray(classes)), self.classes_):
            raise DataError(
                f"classes: {quoted(np.unique(classes).tolist())}; at the first call they were "
                f"{quoted(self.classes_.tolist())}"
            )
        try:
            return self._partial_fit(X, y, sample_weight, is_first=is_first)
        finally:
            self.__dict__.pop("_known", None)

    def decision_function(self, X: Any) -> Any:
        """Return logits: (n_samples, n_classes), of two classes (n_samples,), that of the second over the first.

        With a label for each step there is an axis of steps after the first, or a list of arrays where X is one.
        """
        logits, panel = self._outputs(X)
        if len(self.classes_) == 2:
            logits = logits[..., 1] - logits[..., 0] if logits.shape[-1] == 2 else logits[..., 0]
        return panel.split(logits) if self.per_step_ else logits

    def predict_proba(self, X: Any) -> Any:
        """Return the probability of each class, shaped as logits of several classes are."""
        logits, panel = self._outputs(X)
        if logits.shape[-1] == 1:  # of the second class over the first
            logits = np.concatenate([np.zeros_like(logits), logits], axis=-1)
        found = np.exp(logits - logits.max(axis=-1, keepdims=True))
        found /= found.sum(axis=-1, keepdims=True)
        return panel.split(found) if self.per_step_ else found

    def predict(self, X: Any) -> Any:
        """Return the label of each sequence, (n_samples,); of each step, (n_samples, n_steps) or a list of them."""
        logits, panel = self._outputs(X)
        codes = logits.argmax(axis=-1) if logits.shape[-1] > 1 else (logits[..., 0] > 0).astype(int)
        labels = self.classes_[codes]
        return panel.split(labels) if self.per_step_ else labels

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the accuracy; of all steps where there is a label for each."""
        check_is_fitted(self)
        found, right, weights = self.predict(X), y, sample_weight
        if self.per_step_:
            found, right, weights = join_steps(found, y, sample_weight)
        return float(accuracy_score(right, found, sample_weight=weights))

    def __sklearn_tags__(self) -> Any:
        """Return the tags of the estimator."""
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags

    def _values(self, y: Any, panel: Panel) -> tuple[Array, bool]:
        found = steps_of_targets(y, panel)
        if found is not None and found.ndim == 2:
            check_classification_targets(found[panel.mask])
            return found, True
        if found is not None:
            raise DataError(f"y: shape {found.shape}; must have a label for each sequence or for each step")
        labels = column_or_1d(y, warn=True)
        check_classification_targets(labels)
        return labels, False

    def _targets(self, values: Array, panel: Panel, weights: Array | None, *, learn: bool) -> Array:
        counted_labels = values[panel.mask] if self.per_step_ else values
        if learn:
            self.classes_ = getattr(self, "_known", np.unique(counted_labels))
            if len(self.classes_) < 2:
                raise DataError(
                    f"y: only one class, {quoted(self.classes_.tolist()[0])}; a classifier needs two classes or more"
                )
        codes = np.searchsorted(self.classes_, counted_labels).clip(max=len(self.classes_) - 1)
        unknown = np.unique(counted_labels[self.classes_[codes] != counted_labels])
        if len(unknown):
            problems = first_of(
                unknown.tolist(), lambda each: f"y: {quoted(each)} is none of the classes", "such labels"
            )
            raise DataError(f"{'; '.join(problems)} {quoted(self.classes_.tolist())}")
        if self.per_step_:
            padded = np.zeros(values.shape, int)
            padded[panel.mask] = codes
            codes = padded
        is_binary = isinstance(self._loss(), BinaryCrossEntropy)
        return codes[..., np.newaxis].astype(np.float64) if is_binary else codes

    def _n_outputs(self) -> int:
        return 1 if isinstance(self._loss(), BinaryCrossEntropy) else len(self.classes_)

    def _loss(self) -> Loss:
        loss = resolve_loss(self.loss)
        if not isinstance(loss, CrossEntropy | BinaryCrossEntropy):
            raise DataError(f"loss: {quoted(self.loss)}; a classifier has 'cross_entropy', or 'binary_cross_entropy'")
        if isinstance(loss, BinaryCrossEntropy) and len(getattr(self, "classes_", ())) > 2:
            raise DataError(f"loss: binary_cross_entropy is for two classes, y has {len(self.classes_)}")
        return loss

    def _other_outputs(self, n_found: int, n_wanted: int) -> str:
        hint = ", or 1 with loss='binary_cross_entropy'" if (n_found, n_wanted) == (1, 2) else ""
        return (
            f"graph: it has {counted(n_found, 'output')}, and {len(self.classes_)} classes of y need "
            f"{counted(n_wanted, 'output')}{hint}"
        )
