"""Base of all estimators: reads their parameters, draws and compiles a network, and trains it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state

from ..errors import DataError, quoted
from ..graphs import standardized
from ..language.arrays import Array
from ..language.checks import Flag, read_setting
from ..language.keywords import SuggestsKeywords
from ..network.network import Network, compile
from ..train import History, fit
from ..train.changes import adapt_state
from ..train.data import check_sequences
from ..train.loop import Training, start_state
from ..train.progress import Watchers
from ..train.settings import FitSettings
from ..train.state import TrainingState
from .drawings import count_role, draw, read_options
from .parameters import SETTINGS

_OPTION = "options__"
_SEEDS = 2**31


class GraphEstimator(SuggestsKeywords, BaseEstimator):
    """Base of the estimators.

    Attributes
    ----------
    net_ : Network
        The network, as trained so far.
    history_ : History
        A row for each epoch.
    """

    graph: Any
    options: Any
    dt: Any
    dtype: Any
    backend: Any
    initializer: Any
    standardize: Any
    random_state: Any
    progress: Any
    callback: Any

    net_: Network
    history_: History
    _state: tuple[TrainingState, dict[str, Any]] | None

    def __repr__(self, N_CHAR_MAX: int = 700) -> str:  # noqa: N803 # it is scikit-learn's
        return " ".join(super().__repr__(N_CHAR_MAX).split())

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name; ``deep`` adds each option of the drawing as ``options__NAME``."""
        found: dict[str, Any] = super().get_params(deep=deep)
        if deep and isinstance(self.options, dict):
            found |= {f"{_OPTION}{name}": value for name, value in self.options.items()}
        return found

    def set_params(self, **params: Any) -> Self:
        """Set parameters by name; ``options__NAME`` sets one option of the drawing and keeps the others."""
        options = {name: params.pop(name) for name in list(params) if name.startswith(_OPTION)}
        super().set_params(**params)
        if options:
            before = read_options(self.options)
            self.options = before | {name.removeprefix(_OPTION): value for name, value in options.items()}
        return self

    def _fit_settings(self, seed: int, **changes: Any) -> dict[str, Any]:
        """Return the settings of a fit as given, with changes."""
        given = {each.name: getattr(self, each.name) for each in SETTINGS}
        return {**given, "seed": seed, **changes}

    def _draw_seed(self) -> int:
        """Return the seed of this fit: ``random_state`` itself where it is a whole number."""
        state = self.random_state
        if isinstance(state, int | np.integer) and not isinstance(state, bool) and state >= 0:
            return int(state)
        try:
            return int(check_random_state(state).randint(_SEEDS))
        except ValueError:
            raise DataError(
                f"random_state: {quoted(state)}; must be a whole number >= 0, a RandomState or None"
            ) from None

    def _compile(self, seed: int, n_inputs: int, n_outputs: int, moments: tuple[Array, Array] | None) -> Network:
        """Return a new network; ``moments`` are mean and deviation of each channel, if it standardises them."""
        drawing = draw(self.graph, self.options, n_inputs, n_outputs, seed)
        found = {role: count_role(drawing, role) for role in ("input", "output")}
        if found["input"] != n_inputs:
            raise DataError(
                f"graph: it has {counted(found['input'], 'input')}, and X has {counted(n_inputs, 'channel')}"
            )
        if found["output"] != n_outputs:
            raise DataError(self._other_outputs(found["output"], n_outputs))
        if moments is not None:
            mean, deviation = moments
            # two steps that have the mean and the deviation of the data
            drawing = standardized(drawing, np.stack([mean - deviation, mean + deviation])[np.newaxis])
        return compile(
            drawing, dtype=self.dtype, dt=self.dt, seed=seed, backend=self.backend, initializer=self.initializer
        )

    def _other_outputs(self, n_found: int, n_wanted: int) -> str:
        """Return the message about a drawing with another number of outputs than the targets ask for."""
        return f"graph: it has {counted(n_found, 'output')}, and y asks for {n_wanted}"

    def _is_standardizing(self) -> bool:
        return bool(read_setting("standardize", self.standardize, Flag()))

    def _train(self, seed: int, data: tuple[Any, Any, Any, Any], **changes: Any) -> None:
        """Fit the network to (inputs, targets, lengths, weights)."""
        inputs, targets, lengths, weights = data
        self.history_ = fit(
            self.net_, inputs, targets, lengths=lengths, weights=weights, **self._fit_settings(seed, **changes)
        )
        self._state = None

    def _train_epoch(self, seed: int, data: tuple[Any, Any, Any, Any], **changes: Any) -> None:
        """Train for one more epoch, on the same or on other data; the optimizer keeps its memory."""
        given = self._fit_settings(seed, **{"validation": None, "patience": None, "restore_best": None, **changes})
        watchers = {each.name: given.pop(each.name) for each in fields(Watchers)}
        state, before = self._state or (None, {})
        settings = FitSettings(**{**given, "epochs": 1 if state is None else len(state.rows) + 1})
        checked = check_sequences(self.net_, settings.loss, *data)  # type: ignore[arg-type] # settings resolve it
        described = settings.describe()
        if state is None:
            state = start_state(self.net_, settings, is_kept=False)
        else:
            adapt_state(state, settings, before, described, other_data=True)
            state.done = False
        earlier = self.history_.epochs[: len(self.history_.epochs) - len(state.rows)] if self._is_fitted() else []
        training = Training(self.net_, settings, checked, None, state, callback=watchers["callback"])
        self.history_ = joined(earlier, training.run(watchers["progress"]))
        self._state = state, described

    def _is_fitted(self) -> bool:
        return hasattr(self, "history_")

    @contextmanager
    def _unchanged_by_bad_input(self) -> Iterator[None]:
        """Restore the attributes where data or parameters do not fit."""
        before = dict(self.__dict__)
        try:
            yield
        except (ValueError, TypeError):
            self.__dict__.clear()
            self.__dict__.update(before)
            raise

    def __sklearn_is_fitted__(self) -> bool:
        """Return whether there is a trained network."""
        return self._is_fitted()


def joined(earlier: list[dict[str, Any]], later: History) -> History:
    """Return a history with the rows of epochs before it; its best epoch is that of the later ones.

    >>> joined([{"epoch": 1, "loss": 0.5}], History([{"epoch": 1, "loss": 0.25}], best_epoch=1, kept_epoch=1))
    History(2 epochs, best 2: loss 0.25)
    """
    n = len(earlier)
    return replace(
        later,
        epochs=earlier + [{**row, "epoch": n + row["epoch"]} for row in later.epochs],
        best_epoch=None if later.best_epoch is None else n + later.best_epoch,
        kept_epoch=None if later.kept_epoch is None else n + later.kept_epoch,
    )


def weighted_moments(rows: Array, weights: Array | None) -> tuple[Array, Array]:
    """Return mean and deviation of each column of (n, n_columns); a constant column has deviation 0.

    >>> weighted_moments(np.array([[1.0], [1.0], [4.0]]), None)[0] == weighted_moments(
    ...     np.array([[1.0], [4.0]]), np.array([2.0, 1.0]))[0]
    array([ True])
    """
    first = rows[0]
    shifted = rows - first  # so that the deviation of a constant column is exactly 0
    with np.errstate(over="ignore", invalid="ignore"):
        mean = np.average(shifted, axis=0, weights=weights)
        deviation = np.sqrt(np.average(np.square(shifted - mean), axis=0, weights=weights))
        mean = first + mean
    if not np.isfinite([mean, deviation]).all():
        raise DataError("standardize: numbers too large for their mean and deviation to be finite; divide them")
    return mean, deviation


def counted(n: int, noun: str) -> str:
    """Return a number and its noun.

    >>> counted(1, "channel"), counted(2, "channel")
    ('1 channel', '2 channels')
    """
    return f"{n} {noun}{'s' * (n != 1)}"
