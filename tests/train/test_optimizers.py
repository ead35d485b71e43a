"""Optimizers against the papers' algorithms, one number at a time; schedules; clipping."""

from __future__ import annotations

import json
import math
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphnet.errors import DataError
from graphnet.train import clip_norm, optimizers, resolve_optimizer, resolve_schedule
from graphnet.train.optimizers import SGD, Adam

numbers = st.floats(-100, 100)


@given(st.lists(numbers, min_size=1, max_size=8), st.floats(1e-4, 1), st.floats(0, 0.99), st.floats(0, 0.999))
def test_adam_is_algorithm_1(gradients: list[float], alpha: float, beta1: float, beta2: float) -> None:
    epsilon, theta, m, v = 1e-6, 0.5, 0.0, 0.0
    adam = Adam(learning_rate=alpha, beta1=beta1, beta2=beta2, epsilon=epsilon)
    parameters = np.array([0.5, -2.0])
    state = adam.start(parameters)
    for t, g in enumerate(gradients, start=1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        theta -= alpha * (m / (1 - beta1**t)) / (math.sqrt(v / (1 - beta2**t)) + epsilon)
        parameters = adam.step(parameters, np.array([g, 0.0]), state)
        assert parameters[0] == pytest.approx(theta, rel=1e-9, abs=1e-9)
        assert parameters[1] == -2.0
    assert state["step"] == len(gradients)


def test_adam_defaults_are_the_papers() -> None:
    assert Adam() == Adam(learning_rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8)


def test_sgd_goes_down_the_gradient() -> None:
    sgd, parameters = SGD(learning_rate=0.25), np.array([1.0, -1.0])
    assert sgd.step(parameters, np.array([4.0, 8.0]), sgd.start(parameters)).tolist() == [0.0, -3.0]
    assert sgd.step(parameters, np.array([4.0, 8.0]), sgd.start(parameters), 1.0).tolist() == [-3.0, -9.0]


@pytest.mark.parametrize("optimizer", [SGD(), Adam()])
@pytest.mark.parametrize("gradient_dtype", [np.float32, np.float64])
def test_float32_stays_float32_and_nothing_is_written_to(optimizer: Any, gradient_dtype: Any) -> None:
    parameters, gradient = np.ones(3, dtype=np.float32), np.ones(3, dtype=gradient_dtype)
    parameters.flags.writeable = gradient.flags.writeable = False
    state = optimizer.start(parameters)
    for _ in range(2):
        updated = optimizer.step(parameters, gradient, state, np.float64(0.5))
        assert updated.dtype == np.float32
        assert np.all(updated < 1)
    assert all(value.dtype == np.float32 for value in state.values() if isinstance(value, np.ndarray))


def test_state_is_plain_data_that_can_be_put_away_and_taken_up() -> None:
    rng = np.random.default_rng(0)
    adam, parameters = Adam(learning_rate=0.1), rng.normal(size=4)
    gradients = rng.normal(size=(6, 4))
    state, other = adam.start(parameters), parameters
    for gradient in gradients:
        parameters = adam.step(parameters, gradient, state)
    again = adam.start(other)
    for gradient in gradients[:3]:
        other = adam.step(other, gradient, again)
    kept = json.dumps({name: np.asarray(value).tolist() for name, value in again.items()})
    again = {name: np.array(value) if isinstance(value, list) else value for name, value in json.loads(kept).items()}
    for gradient in gradients[3:]:
        other = pickle.loads(pickle.dumps(adam)).step(other, gradient, again)
    assert other.tobytes() == parameters.tobytes()


def test_resolve_optimizer() -> None:
    assert resolve_optimizer("sgd") == SGD()
    assert resolve_optimizer("adam") == Adam()
    mine = Adam(learning_rate=0.5)
    assert resolve_optimizer(mine) is mine
    assert list(optimizers.OPTIMIZERS) == ["sgd", "adam"]


@pytest.mark.parametrize("optimizer", ["adamw", None, 3, Adam])
def test_resolve_optimizer_names_what_there_is(optimizer: Any) -> None:
    with pytest.raises(DataError) as caught:
        resolve_optimizer(optimizer)
    for words in ["optimizer", repr(optimizer), "'sgd'", "'adam'"]:
        assert words in str(caught.value)


@pytest.mark.parametrize("kind", [SGD, Adam])
@pytest.mark.parametrize("rate", [0, -0.1, np.inf, np.nan, "fast", True, None])
def test_learning_rate_is_a_positive_number(kind: Any, rate: Any) -> None:
    with pytest.raises(DataError) as caught:
        kind(learning_rate=rate)
    assert f"learning_rate: {rate!r}; must be a positive finite number" in str(caught.value)


def test_all_settings_that_do_not_fit_are_told_at_once() -> None:
    with pytest.raises(DataError) as caught:
        Adam(learning_rate=-1, beta1=1.0, beta2=-0.5, epsilon=0)
    for words in ["4 settings", "learning_rate: -1", "beta1: 1.0", "beta2: -0.5", "epsilon: 0"]:
        assert words in str(caught.value)


def test_schedules() -> None:
    constant, cosine = resolve_schedule("constant"), resolve_schedule("cosine")
    assert [constant(step, 10) for step in range(10)] == [1.0] * 10
    assert (cosine(0, 10), cosine(5, 10), cosine(10, 10)) == pytest.approx((1.0, 0.5, 0.0), abs=1e-15)
    assert cosine(1, 4) == pytest.approx((1 + math.sqrt(0.5)) / 2)
    assert all(cosine(step, 10) > cosine(step + 1, 10) for step in range(10))

    def mine(step: int, total_steps: int) -> float:
        return 0.5

    assert resolve_schedule(mine) is mine


@pytest.mark.parametrize("schedule", ["cosinus", None, 1.0])
def test_resolve_schedule_names_what_there_is(schedule: Any) -> None:
    with pytest.raises(DataError) as caught:
        resolve_schedule(schedule)
    for words in ["schedule", repr(schedule), "'constant'", "'cosine'"]:
        assert words in str(caught.value)


@given(st.lists(numbers, min_size=1, max_size=5), st.floats(0.01, 1000))
def test_clipping_keeps_direction_and_bounds_length(entries: list[float], threshold: float) -> None:
    gradient = np.array(entries)
    clipped, norm = clip_norm(gradient, threshold)
    assert norm == pytest.approx(math.hypot(*entries))
    assert np.linalg.norm(clipped) == pytest.approx(min(norm, threshold))
    np.testing.assert_allclose(clipped * norm, gradient * np.linalg.norm(clipped), rtol=1e-9, atol=1e-12)
    if norm <= threshold:
        assert clipped is gradient


def test_norm_of_what_cannot_be_squared() -> None:
    clipped, norm = clip_norm(np.array([3e30, 4e30], dtype=np.float32), 1.0)
    assert norm == pytest.approx(5e30)
    assert clipped.dtype == np.float32
    np.testing.assert_allclose(clipped, [0.6, 0.8], rtol=1e-6)
    assert clip_norm(np.array([3e200, 4e200]), None)[1] == pytest.approx(5e200)
    assert clip_norm(np.array([3e-200, 4e-200]), None)[1] == pytest.approx(5e-200)


@pytest.mark.parametrize(("entry", "norm"), [(np.nan, "nan"), (np.inf, "inf"), (-np.inf, "inf"), (0.0, "0.0")])
def test_norm_of_what_has_no_direction(entry: float, norm: str) -> None:
    gradient = np.array([0.0, entry])
    clipped, found = clip_norm(gradient, 1.0)
    assert clipped is gradient
    assert str(found) == norm
