"""The loop: what it gives the network, when it stops, what it leaves behind, what it refuses."""

from __future__ import annotations

import json
import math
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphnet.errors import DataError
from graphnet.graphs import elman
from graphnet.language.table import GraphTable
from graphnet.train import DivergedError, History, evaluate, fit
from graphnet.train.rules.optimizers import SGD, Adam
from tests.profiles import scaled

from .linear import Array, Linear


def regression(n_samples: int = 20, n_steps: int = 6, seed: int = 0) -> tuple[Array, Array, Array]:
    """Inputs, targets that a `Linear` can learn, and lengths; NaN past each sequence's end."""
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(n_samples, n_steps, 2))
    # Each sample is known by its first number.
    inputs[:, 0, 0] = np.arange(n_samples)
    lengths = rng.integers(1, n_steps + 1, size=n_samples)
    inputs[np.arange(n_steps) >= lengths[:, np.newaxis]] = np.nan
    return inputs, inputs @ np.array([[1.0], [-2.0]]) + 0.5, lengths


def samples_of(batches: list[Array]) -> list[int]:
    return [int(first) for batch in batches for first in batch[:, 0, 0]]


def without_seconds(history: History) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name != "seconds"} for row in history.epochs]


def test_it_learns() -> None:
    net, (inputs, targets, lengths) = Linear(), regression()
    inputs[:, 0, 0] /= 20
    targets = inputs @ np.array([[1.0], [-2.0]]) + 0.5
    history = fit(net, inputs, targets, lengths=lengths, learning_rate=0.05, epochs=300, batch_size=5, seed=0)
    np.testing.assert_allclose(net.parameters, [1.0, -2.0, 0.5], atol=1e-4)
    assert history.epochs[-1]["loss"] < 1e-8 < history.epochs[0]["loss"]


def test_batches_are_cut_to_their_longest_and_hold_every_sample_once() -> None:
    net, (inputs, targets, lengths) = Linear(), regression()
    fit(net, inputs, targets, lengths=lengths, epochs=3, batch_size=6, seed=0)
    assert [len(batch) for batch, _, _ in net.trained_on] == [6, 6, 6, 2] * 3
    orders = []
    for epoch in range(3):
        batches = net.trained_on[4 * epoch : 4 * epoch + 4]
        orders.append(samples_of([batch for batch, _, _ in batches]))
        assert sorted(orders[-1]) == list(range(20))
        for batch, wanted, ends in batches:
            rows = samples_of([batch])
            assert ends is not None
            assert ends.tolist() == lengths[rows].tolist()
            assert batch.shape[1] == wanted.shape[1] == max(ends)
            np.testing.assert_array_equal(batch, inputs[rows, : max(ends)])
            np.testing.assert_array_equal(wanted, targets[rows, : max(ends)])
    assert orders[0] != orders[1] != orders[2]


def test_targets_of_sequences_are_not_cut() -> None:
    net, (inputs, _, lengths) = Linear(2, 3), regression()
    inputs, lengths = inputs[:, :5], np.minimum(lengths, 2)
    inputs = np.nan_to_num(inputs)
    classes = np.arange(20) % 3
    fit(net, inputs, classes, loss="cross_entropy", lengths=lengths, epochs=1, batch_size=4)
    for batch, wanted, _ in net.trained_on:
        assert batch.shape[1] <= 2
        assert wanted.tolist() == classes[samples_of([batch])].tolist()


@settings(max_examples=scaled(20))
@given(st.integers(0, 2**32), st.sampled_from(["sgd", "adam"]), st.sampled_from(["constant", "cosine"]))
def test_same_seed_same_bits(seed: int, optimizer: str, schedule: str) -> None:
    inputs, targets, lengths = regression()
    nets = Linear(), Linear(), Linear()
    histories = [
        fit(net, inputs, targets, lengths=lengths, optimizer=optimizer, schedule=schedule, learning_rate=1e-3,
            epochs=2, batch_size=3, validation=0.3, seed=number)
        for net, number in zip(nets, [seed, seed, seed + 1], strict=True)
    ]  # fmt: skip
    assert nets[0].parameters.tobytes() == nets[1].parameters.tobytes()
    assert without_seconds(histories[0]) == without_seconds(histories[1])
    assert nets[0].parameters.tobytes() != nets[2].parameters.tobytes()


def test_no_seed_is_fresh() -> None:
    inputs, targets, lengths = regression()
    nets = Linear(), Linear()
    for net in nets:
        fit(net, inputs, targets, lengths=lengths, epochs=3, batch_size=3)
    assert nets[0].parameters.tobytes() != nets[1].parameters.tobytes()


def test_loss_of_an_epoch_is_the_mean_over_all_that_was_counted() -> None:
    inputs, targets, lengths = regression()
    net = Linear()
    # Too small a step to change anything: every batch sees the same network.
    row = fit(
        net, inputs, targets, lengths=lengths, optimizer="sgd", learning_rate=1e-30, epochs=1, batch_size=7
    ).epochs[0]
    assert row["loss"] == pytest.approx(evaluate(net, inputs, targets, lengths=lengths)["loss"], rel=1e-12)

    classes, net = np.arange(20) % 3, Linear(2, 3)
    net.parameters = np.random.default_rng(0).normal(size=9)
    for wanted in (classes, np.repeat(classes[:, np.newaxis], 6, axis=1)):
        history = fit(
            net, inputs, wanted, loss="cross_entropy", lengths=lengths, learning_rate=1e-30, epochs=1, batch_size=7
        )
        found = evaluate(net, inputs, wanted, loss="cross_entropy", lengths=lengths)
        assert history.epochs[0]["loss"] == pytest.approx(found["loss"], rel=1e-12)
        assert history.epochs[0]["accuracy"] == found["accuracy"]


def test_rows_tell_what_they_promise() -> None:
    inputs, targets, lengths = regression()
    rows: list[dict[str, Any]] = []
    history = fit(Linear(), inputs, targets, lengths=lengths, epochs=2, callback=rows.append)
    assert rows == history.epochs
    assert [row["epoch"] for row in rows] == [1, 2]
    assert list(rows[0]) == ["epoch", "loss", "gradient_norm", "learning_rate", "seconds"]
    history = fit(
        Linear(2, 2), inputs, np.arange(20) % 2, loss="cross_entropy", lengths=lengths, epochs=1, validation=0.2
    )
    names = ["epoch", "loss", "accuracy", "gradient_norm", "learning_rate", "validation_loss", "validation_accuracy"]
    assert list(history.epochs[0]) == [*names, "seconds"]
    assert history.to_dict() == json.loads(json.dumps(history.to_dict()))
    assert all(name in history.table().splitlines()[0] for name in names)
    assert len(history.table().splitlines()) == 2
    assert "best epoch 1" in str(history)
    assert repr(history).startswith("History(1 epoch, best 1: validation_loss ")


# Optimizer, schedule, clipping, bounds.


def full_batch(net: Linear, **arguments: Any) -> tuple[History, Array, Array]:
    inputs, targets, _ = regression(n_samples=4)
    inputs, targets = np.nan_to_num(inputs), np.zeros_like(targets)
    net.parameters = np.ones(3)
    net.assigned.clear()
    return fit(net, inputs, targets, batch_size=4, **arguments), inputs, targets


def gradient_of(inputs: Array, targets: Array, parameters: Array) -> Array:
    into = np.concatenate([inputs, np.ones((*inputs.shape[:2], 1))], axis=2).reshape(-1, 3)
    result: Array = 2 * into.T @ (into @ parameters - targets.ravel()) / targets.size
    return result


def test_one_step_of_sgd_by_hand() -> None:
    net = Linear()
    history, inputs, targets = full_batch(net, optimizer=SGD(learning_rate=0.01), epochs=1)
    gradient = gradient_of(inputs, targets, np.ones(3))
    np.testing.assert_allclose(net.parameters, 1 - 0.01 * gradient, rtol=1e-12)
    assert history.epochs[0]["gradient_norm"] == pytest.approx(np.linalg.norm(gradient))
    assert history.epochs[0]["learning_rate"] == 0.01


def test_learning_rate_replaces_the_optimizers_own() -> None:
    given_twice, given_once = Linear(), Linear()
    full_batch(given_twice, optimizer=SGD(learning_rate=0.5), learning_rate=0.01, epochs=3)
    full_batch(given_once, optimizer=SGD(learning_rate=0.01), epochs=3)
    assert given_twice.parameters.tobytes() == given_once.parameters.tobytes()


def test_names_are_the_defaults_of_their_optimizers() -> None:
    by_name, by_object, by_default = Linear(), Linear(), Linear()
    full_batch(by_name, optimizer="adam", epochs=3)
    full_batch(by_object, optimizer=Adam(), epochs=3)
    full_batch(by_default, epochs=3)
    assert by_name.parameters.tobytes() == by_object.parameters.tobytes() == by_default.parameters.tobytes()


def test_an_optimizer_of_ones_own() -> None:
    class Still:
        learning_rate = 1.0

        def start(self, parameters: Array) -> dict[str, Any]:
            return {"calls": 0}

        def step(
            self, parameters: Array, gradient: Array, state: dict[str, Any], learning_rate: float | None = None
        ) -> Array:
            state["calls"] += 1
            return np.full_like(parameters, state["calls"])

    net = Linear()
    full_batch(net, optimizer=Still(), epochs=3)
    assert net.parameters.tolist() == [3.0] * 3


def test_cosine_slows_down_over_all_updates() -> None:
    net = Linear()
    history, _, _ = full_batch(net, optimizer="sgd", learning_rate=0.01, schedule="cosine", epochs=4)
    expected = [0.01 * (1 + math.cos(math.pi * step / 4)) / 2 for step in range(4)]
    assert [row["learning_rate"] for row in history.epochs] == pytest.approx(expected)
    inputs, targets, lengths = regression()
    asked = []
    fit(Linear(), inputs, targets, lengths=lengths, epochs=2, batch_size=8,
        schedule=lambda step, total: asked.append((step, total)) or 1.0)  # type: ignore[func-returns-value]  # fmt: skip
    assert asked == [(step, 6) for step in range(6)]


def test_clipping_bounds_the_step_and_reports_the_norm_before() -> None:
    net = Linear()
    history, inputs, targets = full_batch(net, optimizer="sgd", learning_rate=0.5, clip_norm=0.1, epochs=1)
    gradient = gradient_of(inputs, targets, np.ones(3))
    np.testing.assert_allclose(net.parameters, 1 - 0.5 * 0.1 * gradient / np.linalg.norm(gradient), rtol=1e-12)
    assert history.epochs[0]["gradient_norm"] == pytest.approx(np.linalg.norm(gradient))
    assert np.linalg.norm(gradient) > 0.1


def test_bounds_hold_after_every_update() -> None:
    net = Linear()
    net.bounds = np.array([[0.9, np.inf], [-np.inf, np.inf], [-np.inf, 0.95]])
    full_batch(net, optimizer="sgd", learning_rate=0.02, epochs=5)
    assert len(net.assigned) == 5
    assert all(parameters[0] >= 0.9 and parameters[2] <= 0.95 for parameters in net.assigned)
    assert net.parameters[0] == 0.9


def test_float32_stays_float32() -> None:
    net, (inputs, targets, lengths) = Linear(dtype=np.float32), regression()
    fit(net, inputs, targets, lengths=lengths, epochs=2, validation=0.2, patience=1, clip_norm=0.5)
    assert net.parameters.dtype == np.float32
    assert all(batch.dtype == np.float32 for batch, _, _ in net.trained_on)


# Validation and patience.


@given(st.integers(2, 30), st.floats(0.02, 0.98), st.integers(0, 1000))
def test_validation_is_held_out(n_samples: int, fraction: float, seed: int) -> None:
    n_held_out = round(fraction * n_samples)
    net, (inputs, targets, lengths) = Linear(), regression(n_samples)
    if not 0 < n_held_out < n_samples:
        with pytest.raises(DataError, match=f"of {n_samples} samples holds out {n_held_out}"):
            fit(net, inputs, targets, lengths=lengths, validation=fraction, seed=seed)
        with pytest.raises(DataError, match=r"split of gn\.io\.Data holds out the last part of one series"):
            fit(net, inputs[:1], targets[:1], lengths=lengths[:1], validation=fraction, seed=seed)
        return
    fit(net, inputs, targets, lengths=lengths, validation=fraction, epochs=2, batch_size=4, seed=seed)
    trained = {*samples_of([batch for batch, _, _ in net.trained_on])}
    held_out = {*samples_of(net.run_on)}
    assert not trained & held_out
    assert trained | held_out == set(range(n_samples))
    assert len(held_out) == n_held_out


@pytest.mark.parametrize("with_lengths", [False, True])
def test_validation_of_its_own(with_lengths: bool) -> None:
    net, (inputs, targets, lengths) = Linear(), regression()
    others, wanted, ends = regression(5, n_steps=3, seed=1)
    if not with_lengths:
        others, ends = np.nan_to_num(others), np.full(5, 3)
        wanted = others @ np.ones((2, 1))
    validation = (others, wanted, ends) if with_lengths else (others, wanted)
    history = fit(net, inputs, targets, lengths=lengths, validation=validation, epochs=2, batch_size=4)
    expected = evaluate(net, others, wanted, lengths=ends)["loss"]
    assert history.epochs[-1]["validation_loss"] == pytest.approx(expected, rel=1e-12)
    assert {*samples_of([batch for batch, _, _ in net.trained_on])} == set(range(20))


class Walk:
    """An optimizer that puts the bias where it is told, whatever the gradient."""

    learning_rate = 1.0

    def __init__(self, biases: list[float]) -> None:
        self.biases = biases

    def start(self, parameters: Array) -> dict[str, Any]:
        return {"step": 0}

    def step(
        self, parameters: Array, gradient: Array, state: dict[str, Any], learning_rate: float | None = None
    ) -> Array:
        state["step"] += 1
        return np.array([0.0, 0.0, self.biases[state["step"] - 1]])


def walk(biases: list[float], **arguments: Any) -> tuple[Linear, History]:
    """Fit with validation losses that are the squares of ``biases``."""
    net, inputs, targets = Linear(), np.ones((1, 1, 2)), np.zeros((1, 1, 1))
    history = fit(
        net, inputs, targets, optimizer=Walk(biases), epochs=len(biases), validation=(inputs, targets), **arguments
    )
    return net, history


def test_patience_stops_and_puts_the_best_back() -> None:
    net, history = walk([5, 3, 4, 3, 2, 9], patience=2)
    assert [row["validation_loss"] for row in history.epochs] == [25, 9, 16, 9]
    assert history.stopped_early
    assert history.best_epoch == 2
    assert net.parameters[2] == 3
    assert "stopped early" in str(history)
    assert "stopped early" in repr(history)


def test_patience_counts_in_a_row() -> None:
    net, history = walk([5, 6, 4, 6, 3, 6, 6], patience=2)
    assert len(history.epochs) == 7
    assert not history.stopped_early
    assert (history.best_epoch, net.parameters[2]) == (5, 3)


def test_patience_puts_the_best_back_without_stopping() -> None:
    net, history = walk([5, 3, 4], patience=10)
    assert not history.stopped_early
    assert (history.best_epoch, net.parameters[2]) == (2, 3)


def test_without_patience_the_last_stay() -> None:
    net, history = walk([5, 3, 4, 4, 4, 4])
    assert len(history.epochs) == 6
    assert (history.best_epoch, net.parameters[2]) == (2, 4)


def test_the_best_is_put_back_without_patience_too_where_asked_for() -> None:
    net, history = walk([5, 3, 4], restore_best=True)
    assert (history.best_epoch, history.kept_epoch, len(history.epochs)) == (2, 2, 3)
    best = net.parameters
    assert walk([5, 3], patience=10)[0].parameters.tolist() == best.tolist()
    net, history = walk([5, 3, 4, 4, 4], patience=2, restore_best=False)
    assert (history.best_epoch, history.kept_epoch, len(history.epochs)) == (2, 4, 4)
    assert net.parameters.tolist() == walk([5, 3, 4, 4])[0].parameters.tolist()


def test_patience_without_validation_goes_by_the_training_loss() -> None:
    net, inputs, targets = Linear(), np.ones((1, 1, 2)), np.zeros((1, 1, 1))
    # An epoch's loss is seen before its update: 0, 4, 1, 9, 9.
    history = fit(net, inputs, targets, optimizer=Walk([2, 1, 3, 3, 3]), epochs=5, patience=3)
    assert [row["loss"] for row in history.epochs] == [0, 4, 1, 9]
    assert history.best_epoch == 1
    assert history.stopped_early


# Divergence and interruption.


def test_divergence_keeps_the_last_good_parameters() -> None:
    net, (inputs, targets, lengths) = Linear(), regression()
    with pytest.raises(DivergedError) as caught:
        fit(
            net, inputs, targets, lengths=lengths, optimizer="sgd", learning_rate=1e3, epochs=500, batch_size=10, seed=0
        )
    error = caught.value
    assert f"epoch {error.epoch}, batch {error.batch}: " in str(error)
    assert "learning_rate (it was 1000)" in str(error)
    assert "clip_norm (it was none)" in str(error)
    # Two batches an epoch, and the one that diverged made no update.
    assert len(net.assigned) == 2 * (error.epoch - 1) + error.batch - 1
    assert len(net.assigned) > 2
    np.testing.assert_array_equal(net.parameters, net.assigned[-1])
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.epoch, again.batch) == (str(error), error.epoch, error.batch)


@pytest.mark.parametrize(
    ("value", "entry", "said"),
    [
        (np.nan, 0.0, "the loss is nan"),
        (np.inf, 0.0, "the loss is inf"),
        (1.0, np.nan, "the norm of the gradient is nan"),
        (1.0, -np.inf, "the norm of the gradient is inf"),
    ],
)
def test_nothing_is_updated_by_what_is_not_finite(value: float, entry: float, said: str) -> None:
    class Broken(Linear):
        def value_and_grad(self, *args: Any, **kwargs: Any) -> tuple[float, Array]:
            value_and_gradient = super().value_and_grad(*args, **kwargs)
            return value_and_gradient if len(self.trained_on) < 3 else (value, np.array([0.0, entry, 0.0]))

    net, (inputs, targets, lengths) = Broken(), regression()
    with pytest.raises(DivergedError, match=f"epoch 2, batch 1: {said};") as caught:
        fit(net, inputs, targets, lengths=lengths, epochs=5, batch_size=10, clip_norm=1.0)
    assert "clip_norm (it was 1)" in str(caught.value)
    assert len(net.assigned) == 2
    np.testing.assert_array_equal(net.parameters, net.assigned[-1])


def test_an_update_that_overflows_is_divergence() -> None:
    net = Linear()
    with pytest.raises(DivergedError, match="epoch 1, batch 1: the optimizer met overflow"):
        full_batch(net, optimizer="sgd", learning_rate=1e308, epochs=1)
    assert not net.assigned

    class Huge(Linear):
        def value_and_grad(self, *args: Any, **kwargs: Any) -> tuple[float, Array]:
            return 1.0, np.full(3, 1e200)

    net = Huge()
    with pytest.raises(DivergedError, match="the optimizer met overflow"):
        full_batch(net, optimizer="adam", epochs=1)
    assert not net.assigned
    full_batch(net, optimizer="adam", clip_norm=1.0, epochs=1)
    assert len(net.assigned) == 1


def test_an_optimizer_that_gives_nan_is_divergence() -> None:
    with pytest.raises(DivergedError, match="epoch 1, batch 1: the update is not finite"):
        walk([np.nan])


def test_an_interrupt_leaves_the_last_complete_update() -> None:
    class Interrupted(Linear):
        def value_and_grad(self, *args: Any, **kwargs: Any) -> tuple[float, Array]:
            if len(self.trained_on) == 3:
                raise KeyboardInterrupt
            return super().value_and_grad(*args, **kwargs)

    net, (inputs, targets, lengths) = Interrupted(), regression()
    with pytest.raises(KeyboardInterrupt):
        fit(net, inputs, targets, lengths=lengths, epochs=5, batch_size=5, patience=1)
    assert len(net.assigned) == 3
    np.testing.assert_array_equal(net.parameters, net.assigned[-1])


# Arguments that are refused before anything is touched.


def settings_that_do_not_fit() -> list[tuple[dict[str, Any], list[str]]]:
    ok = regression(4)
    return [
        ({"loss": "nse"}, ["loss: 'nse'", "'mse'"]),
        ({"optimizer": "adamm"}, ["optimizer: 'adamm'", "did you mean 'adam'?"]),
        ({"schedule": "linear"}, ["schedule: 'linear'", "'cosine'"]),
        ({"learning_rate": 0}, ["learning_rate: 0; must be a positive finite number"]),
        ({"learning_rate": np.inf}, ["learning_rate: inf"]),
        ({"epochs": 0}, ["epochs: 0; must be a whole number >= 1"]),
        ({"epochs": 2.5}, ["epochs: 2.5"]),
        ({"epochs": True}, ["epochs: True"]),
        ({"batch_size": 0}, ["batch_size: 0; must be a whole number >= 1"]),
        ({"patience": 0}, ["patience: 0; must be a whole number >= 1"]),
        ({"clip_norm": 0}, ["clip_norm: 0; must be a positive finite number"]),
        ({"clip_norm": np.nan}, ["clip_norm: nan"]),
        ({"checkpoint_memory": "much"}, ["checkpoint_memory: 'much'; must be a whole number >= 1"]),
        ({"seed": -1}, ["seed: -1; must be a whole number >= 0"]),
        ({"seed": "a"}, ["seed: 'a'"]),
        ({"progress": "yes"}, ["progress: 'yes'; must be None, True or False"]),
        ({"callback": 3}, ["callback: 3"]),
        ({"epochs": 0, "clip_norm": -1}, ["2 settings", "epochs: 0", "clip_norm: -1"]),
        ({"validation": 0.0}, ["validation: 0.0; must be a fraction > 0 and < 1"]),
        ({"validation": 1}, ["validation: 1; must be a fraction"]),
        ({"validation": True}, ["validation: True"]),
        ({"validation": 0.001}, ["validation: 0.001 of 20 samples holds out 0"]),
        ({"validation": 0.999}, ["holds out 20", "left to train on"]),
        ({"validation": ok[0]}, ["validation: a ndarray", "(inputs, targets, lengths)"]),
        ({"validation": (ok[0],)}, ["validation: a tuple of 1"]),
        ({"validation": (ok[0], ok[1])}, ["validation inputs", "sample", "nan"]),
        ({"validation": (ok[0], ok[1][:3], ok[2])}, ["validation targets: shape (3, 6, 1)", "(4, 6, 1)"]),
        ({"inputs": np.zeros((20, 6))}, ["inputs have shape (20, 6)", "the graph has 2 inputs"]),
        ({"inputs": np.zeros((20, 6, 3))}, ["inputs have shape (20, 6, 3)", "the graph has 2 inputs"]),
        ({"inputs": np.zeros((0, 6, 2))}, ["inputs have shape (0, 6, 2)", "at least one sample"]),
        ({"inputs": np.zeros((20, 0, 2))}, ["inputs have shape (20, 0, 2)", "one step"]),
        ({"targets": np.zeros((19, 6, 1))}, ["targets: shape (19, 6, 1)", "(20, 6, 1)"]),
        ({"targets": np.zeros((20, 6, 1)), "loss": "cross_entropy"}, ["targets: shape (20, 6, 1)", "(20,)"]),
        ({"targets": np.zeros(3), "loss": lambda *_: None}, ["targets: shape (3,)", "20 samples"]),
        ({"lengths": [1, 2]}, ["lengths", "(2,)", "20 samples"]),
        ({"lengths": np.full(20, 7)}, ["lengths[0] is 7", "1 to 6"]),
        ({"lengths": None}, ["inputs", "sample", "step", "column", "nan"]),
    ]


@pytest.mark.parametrize(("wrong", "said"), settings_that_do_not_fit(), ids=lambda value: str([*value])[:60])
def test_what_does_not_fit_is_said_before_anything_is_touched(wrong: dict[str, Any], said: list[str]) -> None:
    net, (inputs, targets, lengths) = Linear(), regression()
    arguments: dict[str, Any] = {"inputs": inputs, "targets": targets, "lengths": lengths} | wrong
    with pytest.raises(DataError) as caught:
        fit(net, **arguments)
    for words in said:
        assert words in str(caught.value)
    assert not net.assigned
    assert not net.trained_on


def test_errors_in_data_name_the_users_own_sample() -> None:
    inputs, targets, _ = regression()
    inputs, targets = np.nan_to_num(inputs), np.nan_to_num(targets)
    targets[17, 4, 0] = np.inf
    with pytest.raises(DataError, match="sample 17, step 4, column 0"):
        fit(Linear(), inputs, targets, batch_size=2, seed=0)


def test_a_network_without_parameters_is_refused() -> None:
    net = Linear()
    net._parameters, net.bounds = np.zeros(0), np.zeros((0, 2))
    inputs, targets, lengths = regression()
    with pytest.raises(DataError, match="no parameters to train"):
        fit(net, inputs, targets, lengths=lengths)


# Progress.


@pytest.mark.parametrize(("progress", "drawn"), [(None, False), (False, False), (True, True)])
def test_progress_is_drawn_on_stderr_when_asked_for(
    progress: bool | None, drawn: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    inputs, targets, lengths = regression()
    fit(Linear(), inputs, targets, lengths=lengths, epochs=2, validation=0.2, progress=progress)
    out, err = capsys.readouterr()
    assert out == ""
    assert ("epoch 2/2" in err) == drawn
    assert ("validation loss" in err) == drawn


def test_progress_is_drawn_on_a_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    inputs, targets, lengths = regression()
    fit(Linear(), inputs, targets, lengths=lengths, epochs=2)
    assert "epoch 2/2" in capsys.readouterr().err


def test_a_callback_sees_the_network_after_its_epoch() -> None:
    net, (inputs, targets, lengths) = Linear(), regression()
    seen: list[Array] = []
    look: Callable[[dict[str, Any]], None] = lambda row: seen.append(net.parameters.copy())  # noqa: E731
    fit(net, inputs, targets, lengths=lengths, epochs=3, batch_size=20, callback=look)
    np.testing.assert_array_equal(seen, net.assigned)


def test_a_drawing_is_no_network_yet() -> None:
    for drawing in (elman(1, 2, 1), GraphTable.from_networkx(elman(1, 2, 1))):
        with pytest.raises(DataError, match=r"^net: a \w+, not a Network: gn.compile\(graph\) makes one of a drawing$"):
            fit(drawing, np.ones((2, 3, 1)), np.ones((2, 3, 1)))  # type: ignore[arg-type]
