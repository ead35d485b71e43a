"""Optimizers: each against torch step for step and at the bottom of a quadratic; what they remember; their settings."""

from __future__ import annotations

import json
import math
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphnet.errors import DataError
from graphnet.language.registry import settings_of
from graphnet.train import fit
from graphnet.train.rules import lbfgs, optimizers
from graphnet.train.rules.optimizers import LBFGS, OPTIMIZERS, SGD, Adagrad, Adam, AdamW, RMSProp, resolve_optimizer
from graphnet.train.rules.schedules import Constant, Cosine, Exponential

from ..linear import Linear

Array = np.ndarray
STEPPERS: dict[str, Any] = {name: make for name, make in OPTIMIZERS.items() if name != "lbfgs"}
"""Every optimizer that steps, one that is added included."""
numbers = st.floats(-100, 100)


def bowl(n: int = 20, condition: float = 1e3) -> tuple[Array, Array]:
    """A matrix of curvatures from 1 up to ``condition``, turned so that no axis is special; and a point."""
    rng = np.random.default_rng(0)
    turned, _ = np.linalg.qr(rng.normal(size=(n, n)))
    return turned * np.geomspace(1, condition, n) @ turned.T, rng.normal(size=n)


DESCENTS: dict[str, tuple[Any, Any, int]] = {
    "sgd": (SGD(learning_rate=2 / 1001), Constant(), 8000),
    "momentum": (SGD(learning_rate=3e-3, momentum=0.9), Constant(), 1000),
    "nesterov": (SGD(learning_rate=1e-3, momentum=0.94, nesterov=True), Constant(), 1000),
    "adagrad": (Adagrad(learning_rate=0.5), Constant(), 9000),
    # with a constant rate its last steps are as long as its first
    "rmsprop": (RMSProp(learning_rate=0.01), Exponential(final=1e-8), 10000),
    "adam": (Adam(learning_rate=0.05), Cosine(), 5000),
    "adamw": (AdamW(learning_rate=0.05, weight_decay=0.0), Cosine(), 5000),
}


@pytest.mark.parametrize("name", STEPPERS)
def test_every_optimizer_reaches_the_bottom_of_a_narrow_bowl(name: str) -> None:
    optimizer, schedule, n_steps = DESCENTS[name]
    assert type(optimizer) is type(STEPPERS[name]())
    curvature, bottom = bowl()
    parameters = np.zeros(len(bottom))
    state = optimizer.start(parameters)
    for step in range(n_steps):
        rate = optimizer.learning_rate * schedule(step, n_steps)
        parameters = optimizer.step(parameters, curvature @ (parameters - bottom), state, rate)
    assert np.linalg.norm(parameters - bottom) < 1e-6


def test_lbfgs_reaches_it_with_the_settings_that_it_is_given() -> None:
    curvature, bottom = bowl()
    free = np.tile([-np.inf, np.inf], (len(bottom), 1))

    def search(settings: LBFGS) -> tuple[float, int]:
        """Return the distance from the minimum at the end, and the number of iterations."""
        reached = [np.zeros(len(bottom))]
        lbfgs.minimize(
            settings,
            free,
            lambda x: (0.5 * (x - bottom) @ curvature @ (x - bottom), curvature @ (x - bottom)),
            lbfgs.begin(reached[0]),
            lambda x: reached.append(x.copy()) or False,  # type: ignore[func-returns-value]
            500,
        )
        return float(np.linalg.norm(reached[-1] - bottom)), len(reached) - 1

    distance, iterations = search(LBFGS())
    assert distance < 1e-6
    assert search(LBFGS(memory=1))[1] > iterations
    assert search(LBFGS(gradient_tolerance=1.0))[1] < iterations
    assert search(LBFGS(value_tolerance=1e-2))[1] < iterations


def test_lbfgs_fits_a_line_through_badly_scaled_inputs() -> None:
    """20 parameters, of curvatures from 1 to 1000; it ends by itself, where least squares end."""
    rng = np.random.default_rng(0)
    turned, _ = np.linalg.qr(rng.normal(size=(19, 19)))
    inputs = rng.normal(size=(30, 4, 19)) * np.geomspace(1, np.sqrt(1000), 19) @ turned.T
    targets = rng.normal(size=(30, 4, 1))
    net = Linear(19)
    history = fit(net, inputs, targets, optimizer="lbfgs", epochs=500)
    into = np.concatenate([inputs, np.ones((30, 4, 1))], axis=2).reshape(-1, 20)
    bottom, residual, *_ = np.linalg.lstsq(into, targets.reshape(-1))
    assert np.linalg.norm(net.parameters - bottom) < 1e-6
    assert history.epochs[-1]["loss"] == pytest.approx(residual.item() / 120, rel=1e-12)
    assert len(history.epochs) < 200
    losses = [row["loss"] for row in history.epochs]
    assert losses == sorted(losses, reverse=True)


TORCH: dict[str, tuple[Any, str, dict[str, Any]]] = {
    "sgd": (SGD(0.02), "SGD", {"lr": 0.02}),
    "sgd_decay": (SGD(0.02, weight_decay=0.3), "SGD", {"lr": 0.02, "weight_decay": 0.3}),
    "momentum": (
        SGD(0.02, momentum=0.8, weight_decay=0.1),
        "SGD",
        {"lr": 0.02, "momentum": 0.8, "weight_decay": 0.1},
    ),
    "nesterov": (
        SGD(0.02, momentum=0.8, nesterov=True, weight_decay=0.1),
        "SGD",
        {"lr": 0.02, "momentum": 0.8, "nesterov": True, "weight_decay": 0.1},
    ),
    "adagrad": (
        Adagrad(0.1, epsilon=1e-3, weight_decay=0.1),
        "Adagrad",
        {"lr": 0.1, "eps": 1e-3, "weight_decay": 0.1},
    ),
    "rmsprop": (
        RMSProp(0.02, alpha=0.9, epsilon=1e-3, weight_decay=0.1),
        "RMSprop",
        {"lr": 0.02, "alpha": 0.9, "eps": 1e-3, "weight_decay": 0.1},
    ),
    "adam": (
        Adam(0.05, beta1=0.8, beta2=0.95, epsilon=1e-3, weight_decay=0.1),
        "Adam",
        {"lr": 0.05, "betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 0.1},
    ),
    "adamw": (
        AdamW(0.05, beta1=0.8, beta2=0.95, epsilon=1e-3, weight_decay=0.5),
        "AdamW",
        {"lr": 0.05, "betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 0.5},
    ),
}
TORCH_DEFAULTS = {"adagrad": "Adagrad", "rmsprop": "RMSprop", "adam": "Adam", "adamw": "AdamW"}
TORCH |= {f"{name}_as_it_comes": (OPTIMIZERS[name](), kind, {}) for name, kind in TORCH_DEFAULTS.items()}


@pytest.mark.torch
@pytest.mark.parametrize("case", TORCH)
def test_steps_are_those_of_torch(case: str) -> None:
    """50 steps on a surface with many bottoms, at a rate that changes; half of the parameters do not decay."""
    torch = pytest.importorskip("torch")
    optimizer, kind, settings = TORCH[case]
    curvature, start = bowl(12, 30.0)
    decay = np.arange(len(start)) % 2 == 0
    decaying = torch.tensor(start[decay], requires_grad=True)
    other = torch.tensor(start[~decay], requires_grad=True)
    groups: list[dict[str, Any]] = [{"params": [decaying]}, {"params": [other], "weight_decay": 0.0}]
    theirs = getattr(torch.optim, kind)(groups, **settings)
    base = theirs.param_groups[0]["lr"]
    parameters, state = start, optimizer.start(start)
    for step in range(50):
        found = np.empty_like(start)
        found[decay], found[~decay] = decaying.detach().numpy(), other.detach().numpy()
        np.testing.assert_allclose(parameters, found, rtol=0, atol=1e-10)
        rate = optimizer.learning_rate * (1 - 0.015 * step)
        gradient = curvature @ np.sin(parameters) + 0.1 * parameters
        for group in theirs.param_groups:
            group["lr"] = base * (1 - 0.015 * step)
        at = curvature @ np.sin(found) + 0.1 * found
        decaying.grad, other.grad = torch.tensor(at[decay]), torch.tensor(at[~decay])
        theirs.step()
        parameters = optimizer.step(parameters, gradient, state, rate, decay=decay)
    assert np.abs(parameters - start).max() > 0.01


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


@pytest.mark.parametrize("kind", [Adam, AdamW])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_adam_in_parts_has_the_bits_of_adam_on_all_parameters(
    kind: Any, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    found = []
    start, gradients = rng.normal(size=50).astype(dtype), rng.normal(size=(3, 50)).astype(dtype)
    for part in (7, 1000):
        monkeypatch.setattr(optimizers, "PART", part)
        adam, parameters = kind(), start
        state = adam.start(parameters)
        for gradient in gradients:
            parameters = adam.step(parameters, gradient, state)
        found.append((parameters.tobytes(), state["mean"].tobytes(), state["square"].tobytes(), state["step"]))
    assert found[0] == found[1]


def test_adam_defaults_are_the_papers() -> None:
    assert Adam() == Adam(learning_rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8)


def test_sgd_goes_down_the_gradient() -> None:
    sgd, parameters = SGD(learning_rate=0.25), np.array([1.0, -1.0])
    assert sgd.step(parameters, np.array([4.0, 8.0]), sgd.start(parameters)).tolist() == [0.0, -3.0]
    assert sgd.step(parameters, np.array([4.0, 8.0]), sgd.start(parameters), 1.0).tolist() == [-3.0, -9.0]


def test_momentum_sums_gradients_and_nesterov_looks_ahead() -> None:
    gradient = np.array([1.0])
    for nesterov, expected in ((False, [-1.0, -2.5, -4.25]), (True, [-1.5, -3.25, -5.125])):
        sgd, parameters = SGD(learning_rate=1.0, momentum=0.5, nesterov=nesterov), np.zeros(1)
        state = sgd.start(parameters)
        seen = []
        for _ in range(3):
            parameters = sgd.step(parameters, gradient, state)
            seen.append(parameters.item())
        assert seen == expected


def test_without_momentum_nothing_is_remembered() -> None:
    assert SGD().start(np.zeros(3)) == {}


@pytest.mark.parametrize("name", STEPPERS)
@pytest.mark.parametrize("gradient_dtype", [np.float32, np.float64])
def test_float32_stays_float32_and_nothing_is_written_to(name: str, gradient_dtype: Any) -> None:
    optimizer = decaying(name, 0.1)
    parameters, gradient = np.ones(3, dtype=np.float32), np.ones(3, dtype=gradient_dtype)
    decay = np.array([True, True, False])
    parameters.flags.writeable = gradient.flags.writeable = decay.flags.writeable = False
    state = optimizer.start(parameters)
    for _ in range(2):
        updated = optimizer.step(parameters, gradient, state, np.float64(0.5), decay=decay)
        assert updated.dtype == np.float32
        assert np.all(updated < 1)
        assert not any(np.shares_memory(updated, value) for value in state.values() if isinstance(value, np.ndarray))
    remembered = [value for value in state.values() if isinstance(value, np.ndarray)]
    assert all(value.dtype == np.float32 and value.shape == (3,) for value in remembered)


@pytest.mark.parametrize("name", STEPPERS)
def test_a_state_put_away_and_taken_up_goes_on_to_the_same_bits(name: str) -> None:
    """As plain data, arrays and whole numbers, after every step; through JSON, which keeps all bits of a float."""
    rng = np.random.default_rng(0)
    optimizer, start, gradients = decaying(name, 0.1), rng.normal(size=4), rng.normal(size=(6, 4))
    expected, state = start, optimizer.start(start)
    for gradient in gradients:
        expected = optimizer.step(expected, gradient, state)
    assert all(type(value) in (np.ndarray, int) for value in state.values())

    parameters, state = start, optimizer.start(start)
    for gradient in gradients:
        kept = json.dumps({key: np.asarray(value).tolist() for key, value in state.items()})
        state = {key: np.array(value) if isinstance(value, list) else value for key, value in json.loads(kept).items()}
        parameters = pickle.loads(pickle.dumps(optimizer)).step(parameters, gradient, state)
    assert parameters.tobytes() == expected.tobytes()


def decaying(name: str, weight_decay: float) -> Any:
    return resolve_optimizer({"name": name, "weight_decay": weight_decay})


@pytest.mark.parametrize("name", STEPPERS)
def test_weight_decay_leaves_alone_what_is_not_to_decay(name: str) -> None:
    """To the same bits as an optimizer without decay; the others move towards 0 of it."""
    rng = np.random.default_rng(1)
    plain, pulled = decaying(name, 0.0), decaying(name, 0.5)
    decay = np.array([True, False, True, False, False])
    start, gradients = rng.uniform(1, 2, 5), rng.uniform(-0.1, 0.1, (10, 5))
    ours, theirs = start, start
    state, other = pulled.start(start), plain.start(start)
    for gradient in gradients:
        ours, theirs = pulled.step(ours, gradient, state, decay=decay), plain.step(theirs, gradient, other)
    assert ours[~decay].tobytes() == theirs[~decay].tobytes()
    assert (ours[decay] < theirs[decay]).all()
    everywhere, state = start, pulled.start(start)
    for gradient in gradients:
        everywhere = pulled.step(everywhere, gradient, state)
    assert everywhere[decay].tobytes() == ours[decay].tobytes()
    assert (everywhere < theirs).all()


def test_the_decay_of_adamw_is_not_scaled_by_the_gradient() -> None:
    parameters = np.array([2.0, 2.0])
    for size in (1.0, 1e6):
        adamw = AdamW(learning_rate=0.1, weight_decay=0.5, epsilon=1e-12)
        moved = adamw.step(parameters, np.array([size, -size]), adamw.start(parameters))
        np.testing.assert_allclose(moved, [2 * 0.95 - 0.1, 2 * 0.95 + 0.1], rtol=1e-12)


def test_optimizers_by_name() -> None:
    assert resolve_optimizer("sgd") == SGD()
    assert resolve_optimizer("momentum") == SGD(momentum=0.9)
    assert resolve_optimizer("nesterov") == SGD(momentum=0.9, nesterov=True)
    assert resolve_optimizer("lbfgs") == LBFGS(memory=10, gradient_tolerance=1e-10)
    for name, kind in {"adagrad": Adagrad, "rmsprop": RMSProp, "adam": Adam, "adamw": AdamW}.items():
        assert type(resolve_optimizer(name)) is kind
    for name in OPTIMIZERS:
        assert name in DESCENTS or name == "lbfgs"


def test_an_optimizer_by_name_and_settings_comes_back_as_what_a_file_can_say() -> None:
    made = resolve_optimizer({"name": "adam", "beta2": 0.99})
    assert made == Adam(beta2=0.99)
    for name in OPTIMIZERS:
        said = json.loads(json.dumps(settings_of(resolve_optimizer(name))))
        assert resolve_optimizer(said) == resolve_optimizer(name)


def test_an_optimizer_of_the_users_own_is_taken_as_it_is() -> None:
    class Mine:
        learning_rate = 0.5

        def start(self, parameters: Array) -> dict[str, Any]:
            return {}

        def step(self, parameters: Array, gradient: Array, state: dict, learning_rate: float | None = None) -> Array:
            return parameters

    mine, adam = Mine(), Adam(learning_rate=0.5)
    assert resolve_optimizer(mine) is mine
    assert resolve_optimizer(adam) is adam
    assert settings_of(mine)["name"].endswith("Mine")


@pytest.mark.parametrize("optimizer", ["adem", None, 3, Adam, {"name": "sgdd"}, {"beta1": 0.5}])
def test_resolve_optimizer_names_what_there_is(optimizer: Any) -> None:
    with pytest.raises(DataError) as caught:
        resolve_optimizer(optimizer)
    name = optimizer.get("name") if isinstance(optimizer, dict) else optimizer
    for words in ["optimizer", repr(name), *map(repr, OPTIMIZERS)]:
        assert words in str(caught.value)


@pytest.mark.parametrize("kind", [SGD, Adagrad, RMSProp, Adam, AdamW])
@pytest.mark.parametrize("rate", [0, -0.1, np.inf, np.nan, "fast", True, None])
def test_learning_rate_is_a_positive_number(kind: Callable[..., Any], rate: Any) -> None:
    with pytest.raises(DataError) as caught:
        kind(learning_rate=rate)
    assert f"learning_rate: {rate!r}; must be a positive finite number" in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "settings", "says"),
    [
        (SGD, {"momentum": 1.0}, "momentum: 1.0; must be a number >= 0 and < 1"),
        (SGD, {"momentum": 0.5, "nesterov": 1}, "nesterov: 1; must be True or False"),
        (SGD, {"nesterov": True}, "nesterov: it looks ahead along the momentum, and momentum is 0; try 0.9"),
        (SGD, {"weight_decay": -0.1}, "weight_decay: -0.1; must be a finite number >= 0"),
        (Adagrad, {"epsilon": 0.0}, "epsilon: 0.0; must be a positive finite number"),
        (Adagrad, {"weight_decay": np.nan}, "weight_decay: nan; must be a finite number >= 0"),
        (RMSProp, {"alpha": 1.5}, "alpha: 1.5; must be a number >= 0 and < 1"),
        (RMSProp, {"epsilon": -1}, "epsilon: -1; must be a positive finite number"),
        (RMSProp, {"weight_decay": "some"}, "weight_decay: 'some'; must be a finite number >= 0"),
        (Adam, {"weight_decay": True}, "weight_decay: True; must be a finite number >= 0"),
        (AdamW, {"weight_decay": -1}, "weight_decay: -1; must be a finite number >= 0"),
        (LBFGS, {"memory": 0}, "memory: 0; must be a whole number >= 1"),
        (LBFGS, {"gradient_tolerance": -1}, "gradient_tolerance: -1; must be a finite number >= 0"),
        (LBFGS, {"value_tolerance": np.inf}, "value_tolerance: inf; must be a finite number >= 0"),
        (LBFGS, {"max_line_search": 2.5}, "max_line_search: 2.5; must be a whole number >= 1"),
    ],
)
def test_a_setting_that_does_not_fit_is_named(kind: Callable[..., Any], settings: dict[str, Any], says: str) -> None:
    with pytest.raises(DataError) as caught:
        kind(**settings)
    assert str(caught.value) == says


def test_all_settings_that_do_not_fit_are_told_at_once() -> None:
    with pytest.raises(DataError) as caught:
        Adam(learning_rate=-1, beta1=1.0, beta2=-0.5, epsilon=0)
    for words in ["4 settings", "learning_rate: -1", "beta1: 1.0", "beta2: -0.5", "epsilon: 0"]:
        assert words in str(caught.value)
