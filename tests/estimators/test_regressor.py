"""The regressor, on sequences of equal and unequal length, with one target and several."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import GridSearchCV, cross_val_score

import graphnet as gn
from graphnet.estimators.base import weighted_moments

from ..profiles import scaled
from .data import ragged

SEQUENCES, SUMS = ragged()


def quick(**named: Any) -> gn.GraphRegressor:
    given = {"options": {"n_hidden": 6}, "epochs": 3, "learning_rate": 0.03, "random_state": 0, **named}
    return gn.GraphRegressor("elman", **given)


def test_the_unit_of_a_target_does_not_matter() -> None:
    """Raw numbers of any scale are learnt as standardised ones are."""
    unit = quick(epochs=60).fit(SEQUENCES, SUMS)
    large = quick(epochs=60).fit([1e3 * each + 1e4 for each in SEQUENCES], 1e6 * SUMS - 1e8)
    assert unit.score(SEQUENCES, SUMS) > 0.9
    found = large.predict([1e3 * each + 1e4 for each in SEQUENCES])
    np.testing.assert_allclose((found + 1e8) / 1e6, unit.predict(SEQUENCES), rtol=1e-5, atol=1e-5)
    assert large.history_.epochs[-1]["loss"] == pytest.approx(unit.history_.epochs[-1]["loss"], rel=1e-5)


def test_it_is_a_fit_of_a_network() -> None:
    x = np.random.default_rng(0).normal(size=(20, 5, 2))
    y = x.sum(axis=1)
    model = quick(standardize=False, loss="huber").fit(x, y)
    net = gn.compile(gn.graphs.elman(2, 6, 2), seed=0)
    gn.fit(net, x, y, loss="huber", learning_rate=0.03, epochs=3, seed=0)
    assert (model.net_.parameters == net.parameters).all()
    assert (model.predict(x) == net.run(x)[:, -1]).all()


def test_several_targets() -> None:
    targets = np.column_stack([SUMS, 1000 * SUMS + 7])
    model = quick(epochs=60).fit(SEQUENCES, targets)
    assert model.predict(SEQUENCES).shape == (24, 2)
    assert model.score(SEQUENCES, targets) > 0.9
    one = quick(epochs=60).fit(SEQUENCES, targets.tolist())
    assert (one.predict(SEQUENCES) == model.predict(SEQUENCES)).all()
    np.testing.assert_allclose(model.target_mean_, targets.mean(axis=0))


def test_targets_of_each_step() -> None:
    sums = [np.cumsum(each, axis=0) for each in SEQUENCES]
    model = quick(epochs=150, learning_rate=0.02).fit(SEQUENCES, sums)
    assert model.per_step_
    assert [each.shape for each in model.predict(SEQUENCES)] == [each.shape for each in SEQUENCES]
    assert model.score(SEQUENCES, sums) > 0.9
    weighted = model.score(SEQUENCES, sums, np.arange(24.0))
    assert weighted not in (model.score(SEQUENCES, sums), 0)
    flat = quick().fit(SEQUENCES, [each[:, 0] for each in sums])
    assert [each.shape for each in flat.predict(SEQUENCES)] == [(len(each),) for each in SEQUENCES]
    panel = np.random.default_rng(0).normal(size=(6, 4, 2))
    assert quick().fit(panel, np.cumsum(panel, axis=1)).predict(panel).shape == (6, 4, 2)
    # as many targets as steps are targets of a sequence
    assert not quick().fit(panel, panel[:, :, 0]).per_step_


@given(st.lists(st.integers(0, 3), min_size=15, max_size=15).filter(any))
@settings(max_examples=scaled(30))
def test_a_weight_is_a_number_of_copies(weights: list[int]) -> None:
    """Catches moments or losses that weigh samples otherwise, and samples of weight 0 that still count."""
    x = [SEQUENCES[i] for i in np.repeat(np.arange(15), weights)]
    copied = quick(batch_size=64).fit(x, np.repeat(SUMS[:15], weights))
    weighted = quick(batch_size=64).fit(SEQUENCES[:15], SUMS[:15], weights)
    np.testing.assert_allclose(weighted.predict(SEQUENCES), copied.predict(SEQUENCES), rtol=1e-6, atol=1e-9)


def test_epochs_one_by_one_are_a_fit() -> None:
    whole = quick(batch_size=7).fit(SEQUENCES, SUMS)
    parts = quick(batch_size=7)
    for _ in range(3):
        parts.partial_fit(SEQUENCES, SUMS)
    np.testing.assert_allclose(parts.predict(SEQUENCES), whole.predict(SEQUENCES), rtol=1e-10)
    again = pickle.loads(pickle.dumps(whole))
    assert (again.predict(SEQUENCES) == whole.predict(SEQUENCES)).all()


def test_a_search_on_ragged_sequences() -> None:
    search = GridSearchCV(quick(), {"epochs": [1, 30], "options": [{"n_hidden": 4}]}, cv=2).fit(SEQUENCES, SUMS)
    assert search.best_params_["epochs"] == 30
    objects = np.empty(24, object)
    objects[:] = SEQUENCES
    assert (cross_val_score(quick(), objects, SUMS, cv=2) == cross_val_score(quick(), SEQUENCES, SUMS, cv=2)).all()


def test_the_same_seed_is_the_same_bits() -> None:
    one, other = quick(random_state=5), quick(random_state=5)
    assert (one.fit(SEQUENCES, SUMS).predict(SEQUENCES) == other.fit(SEQUENCES, SUMS).predict(SEQUENCES)).all()
    drawn = [quick(random_state=np.random.RandomState(1)).fit(SEQUENCES, SUMS).predict(SEQUENCES) for _ in range(2)]
    assert (drawn[0] == drawn[1]).all()
    fresh = [quick(random_state=None).fit(SEQUENCES, SUMS).predict(SEQUENCES) for _ in range(2)]
    assert not (fresh[0] == fresh[1]).all()


@pytest.mark.costly
@pytest.mark.parametrize("kind", ["echo_state", "small_world", "convolution", "delay_line", "transformer", "lstm"])
def test_kinds_of_drawings(kind: str) -> None:
    """Each kind draws with its defaults, and with the seed of the estimator where it draws at random."""
    one, other = (
        gn.GraphRegressor(kind, epochs=1, random_state=1).fit(SEQUENCES, SUMS).predict(SEQUENCES) for _ in range(2)
    )
    assert (one == other).all()


def test_constant_channels_and_targets() -> None:
    constant = [np.column_stack([each, np.full(len(each), 0.1)]) for each in SEQUENCES]
    model = quick().fit(constant, np.full(24, 0.1))
    assert np.isfinite(model.predict(constant)).all()
    assert model.target_deviation_.tolist() == [1.0]
    assert weighted_moments(np.full((3, 1), 0.1), np.array([0.1, 0.2, 0.3]))[1] == 0


PANEL = np.ones((4, 3, 2))


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (PANEL, np.ones((4, 3, 2, 2)), r"y: shape \(4, 3, 2, 2\); must be \(n_samples,\), \(n_samples, n_targets\) or"),
        (PANEL, np.ones((4, 2, 2)), r"y: shape \(4, 2, 2\).* for 3 steps, \(n_samples, n_steps, n_targets\)"),
        (PANEL, [1.0, 2.0, np.nan, 3.0], "Input y contains NaN"),
        (PANEL, ["a", "b", "c", "d"], "could not convert string to float"),
        (SEQUENCES[:2], [[1.0], [1.0, 2.0, 3.0]], r"y: sequence 0 has 1 targets for \d steps of X"),
        (
            SEQUENCES[:2],
            [np.ones((len(SEQUENCES[0]), 2)), np.ones(len(SEQUENCES[1]))],
            r"y: sequence 1 has the shape \(\d,\), sequence 0 has \(\d, 2\)",
        ),
        (PANEL * 1e300, [1.0, 2.0, 3.0, 4.0], None),
        (PANEL * np.arange(4)[:, None, None] * 1e300, np.ones(4), "standardize: numbers too large for their mean"),
    ],
)
def test_data_that_do_not_fit(x: Any, y: Any, message: str | None) -> None:
    if message is None:
        assert np.isfinite(quick().fit(x, y).predict(x)).all()
        return
    with pytest.raises(ValueError, match=message):
        quick().fit(x, y)


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ({"loss": "cross_entropy"}, "loss: cross_entropy is for classes; GraphClassifier has it"),
        ({"loss": "quantile"}, r"loss: quantile has 3 outputs for each target; give one, as \{'name': 'quantile'"),
        ({"graph": gn.graphs.elman(2, 3, 2), "options": None}, "graph: it has 2 outputs, and y asks for 1"),
        ({"random_state": -1}, "random_state: -1; must be a whole number >= 0, a RandomState or None"),
    ],
)
def test_parameters_that_do_not_fit(named: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        quick().set_params(**named).fit(SEQUENCES, SUMS)


def test_other_targets_than_at_the_fit() -> None:
    model = quick().fit(SEQUENCES, SUMS)
    with pytest.raises(gn.DataError, match="y has 2 targets; it had 1 at the first fit"):
        model.partial_fit(SEQUENCES, np.column_stack([SUMS, SUMS]))


def test_a_quantile() -> None:
    rng = np.random.default_rng(0)
    x, y = np.zeros((400, 1)), rng.exponential(size=400)
    model = quick(loss={"name": "quantile", "quantiles": [0.9]}, epochs=60).fit(x, y)
    assert 0.85 < (y < model.predict(x)).mean() < 0.95
