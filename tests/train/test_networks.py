"""The loop and compiled networks together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import graphnet as gn
from graphnet.metrics import accuracy, confusion_matrix
from graphnet.train import DivergedError, Trainable, evaluate, fit


def running_sums(n_samples: int = 40, n_steps: int = 8) -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(n_samples, n_steps, 1)) / 2
    return inputs, np.cumsum(inputs, axis=1), rng.integers(2, n_steps + 1, size=n_samples)


def elman(n_outputs: int = 1, dtype: str = "float64", n_inputs: int = 1) -> Any:
    return gn.compile(gn.graphs.elman(n_inputs, 6, n_outputs), seed=0, dtype=dtype)


def test_a_network_is_trainable() -> None:
    net: Trainable = gn.compile(gn.graphs.elman(1, 2, 1), seed=0)
    assert len(net.parameters) == len(net.bounds)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_elman_learns_to_add_up(dtype: str) -> None:
    net, (inputs, targets, lengths) = elman(dtype=dtype), running_sums()
    history = fit(
        net, inputs, targets, lengths=lengths, learning_rate=0.02, schedule="cosine", epochs=40, batch_size=8,
        validation=0.25, clip_norm=1.0, seed=0,
    )  # fmt: skip
    assert net.parameters.dtype == dtype
    assert history.epochs[-1]["validation_loss"] < 0.1 * history.epochs[0]["validation_loss"]


def test_same_seed_same_bits_and_padding_does_not_matter() -> None:
    inputs, targets, lengths = running_sums()
    padding = np.arange(8) >= lengths[:, np.newaxis]
    results = []
    for value in (0.0, np.nan, 1e300):
        padded, wanted = inputs.copy(), targets.copy()
        padded[padding], wanted[padding] = value, value
        net = elman()
        history = fit(net, padded, wanted, lengths=lengths, epochs=3, batch_size=7, validation=0.3, patience=3, seed=5)
        results.append((net.parameters.tobytes(), [row["validation_loss"] for row in history.epochs]))
    assert results[0] == results[1] == results[2]


def test_patience_leaves_the_best_epoch_in_place() -> None:
    net, (inputs, targets, lengths) = elman(), running_sums()
    others = running_sums(10)
    history = fit(
        net, inputs, targets, lengths=lengths, learning_rate=0.3, epochs=60, batch_size=4, validation=others[:2],
        patience=4, seed=0,
    )  # fmt: skip
    assert history.stopped_early
    assert history.best_epoch == len(history.epochs) - 4
    best = history.epochs[history.best_epoch - 1]["validation_loss"]
    assert evaluate(net, *others[:2])["loss"] == pytest.approx(best, rel=1e-12)


@pytest.mark.parametrize("per_step", [True, False])
def test_classes(per_step: bool) -> None:
    net, (inputs, sums, lengths) = elman(2), running_sums(60)
    classes = (sums[:, :, 0] > 0).astype(int)
    if not per_step:
        classes = classes[np.arange(60), lengths - 1]
    history = fit(
        net, inputs, classes, loss="cross_entropy", lengths=lengths, learning_rate=0.03, epochs=30, batch_size=10,
        validation=0.2, seed=0,
    )  # fmt: skip
    assert history.epochs[-1]["accuracy"] > 0.9
    assert history.epochs[-1]["validation_accuracy"] > 0.75
    found = evaluate(net, inputs, classes, loss="cross_entropy", lengths=lengths, batch_size=7)
    outputs = net.run(inputs, lengths=lengths)
    assert found["accuracy"] == accuracy(outputs, classes, lengths=lengths)
    assert confusion_matrix(outputs, classes, lengths=lengths).sum() == (lengths.sum() if per_step else 60)


def test_binary_targets_and_a_function_of_ones_own() -> None:
    inputs, sums, lengths = running_sums()
    history = fit(
        elman(), inputs, sums > 0, loss="binary_cross_entropy", lengths=lengths, learning_rate=0.03, epochs=15, seed=0
    )
    assert history.epochs[-1]["loss"] < 0.6 * history.epochs[0]["loss"]

    def mean_squares(outputs: Any, targets: Any, mask: Any) -> Any:
        difference = np.where(mask[:, :, np.newaxis], outputs - targets, 0)
        return float((difference**2).sum() / mask.sum()), 2 * difference / mask.sum()

    nets = elman(), elman()
    losses: list[Any] = ["mse", mean_squares]
    rows = [
        fit(net, inputs, sums, loss=loss, lengths=lengths, epochs=3, seed=0).epochs[-1]["loss"]
        for net, loss in zip(nets, losses, strict=True)
    ]
    assert rows[0] == pytest.approx(rows[1], rel=1e-9)
    np.testing.assert_allclose(nets[0].parameters, nets[1].parameters, rtol=1e-9)


def test_what_explodes_is_reported_and_leaves_finite_parameters() -> None:
    graph = gn.graphs.elman(1, 4, 1)
    for node in graph:
        if "role" not in graph.nodes[node]:
            graph.nodes[node]["activation"] = "identity"
    net, (inputs, targets, _) = gn.compile(graph, seed=0), running_sums()
    before = net.parameters.copy()
    with pytest.raises(DivergedError, match=r"epoch \d+, batch \d+: .*learning_rate"):
        fit(net, inputs, targets, optimizer="sgd", learning_rate=1e3, epochs=50, seed=0)
    assert np.isfinite(net.parameters).all()
    assert not np.array_equal(net.parameters, before)
