"""Metrics: against loops, and whatever the batch size."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphnet.errors import DataError
from graphnet.train import accuracy, confusion_matrix, evaluate

from .linear import Linear


@given(st.integers(0, 2**32 - 1), st.booleans(), st.integers(1, 4), st.integers(1, 4), st.integers(1, 3))
def test_accuracy_and_confusion_against_a_loop(
    seed: int, per_step: bool, n_samples: int, n_steps: int, n_outputs: int
) -> None:
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, n_steps + 1, size=n_samples)
    outputs = rng.normal(size=(n_samples, n_steps, n_outputs))
    targets = rng.integers(0, n_outputs, size=(n_samples, n_steps) if per_step else n_samples)
    table = [[0] * n_outputs for _ in range(n_outputs)]
    for sample in range(n_samples):
        for step in range(lengths[sample]) if per_step else [lengths[sample] - 1]:
            row = outputs[sample, step].tolist()
            table[targets[sample, step] if per_step else targets[sample]][row.index(max(row))] += 1
    matrix = confusion_matrix(outputs, targets, lengths=lengths)
    assert matrix.tolist() == table
    assert matrix.dtype == np.int64
    assert accuracy(outputs, targets, lengths=lengths) == np.trace(matrix) / matrix.sum()


def test_padding_is_nobodys_class() -> None:
    outputs, targets = np.full((1, 2, 2), np.nan), np.array([[1.0, np.nan]])
    outputs[0, 0] = [0.0, 1.0]
    assert accuracy(outputs, targets, lengths=[1]) == 1.0
    assert confusion_matrix(outputs, targets, lengths=[1]).tolist() == [[0, 0], [0, 1]]


@pytest.mark.parametrize(
    ("outputs", "targets", "lengths", "said"),
    [
        (np.zeros((2, 3)), [0, 1], None, "outputs: shape (2, 3)"),
        (np.zeros((2, 3, 2)), [0, 2], None, "class 2 at sample 1"),
        (np.zeros((2, 3, 2)), [0, 1, 1], None, "targets: shape (3,)"),
        (np.zeros((2, 3, 2)), [0, 1], [1, 4], "lengths[1] is 4"),
    ],
)
def test_what_metrics_refuse(outputs: Any, targets: Any, lengths: Any, said: str) -> None:
    for metric in (accuracy, confusion_matrix):
        with pytest.raises(DataError) as caught:
            metric(outputs, targets, lengths=lengths)
        assert said in str(caught.value)


def sequences(n_outputs: int) -> tuple[Linear, Any, Any]:
    rng = np.random.default_rng(3)
    net = Linear(2, n_outputs)
    net.parameters = rng.normal(size=len(net.parameters))
    return net, rng.normal(size=(7, 5, 2)), rng.integers(1, 6, size=7)


@pytest.mark.parametrize("batch_size", [1, 2, 3, 7, 100])
def test_evaluate_is_the_whole_mean_whatever_the_batch_size(batch_size: int) -> None:
    net, inputs, lengths = sequences(2)
    outputs = net.run(inputs, lengths=lengths)
    mask = np.arange(5) < lengths[:, np.newaxis]
    targets = np.random.default_rng(4).normal(size=outputs.shape)
    found = evaluate(net, inputs, targets, lengths=lengths, batch_size=batch_size)
    assert found.keys() == {"loss"}
    assert found["loss"] == pytest.approx(np.mean((outputs - targets)[mask] ** 2), rel=1e-12)

    classes = np.random.default_rng(5).integers(0, 2, size=7)
    found = evaluate(net, inputs, classes, loss="cross_entropy", lengths=lengths, batch_size=batch_size)
    last = outputs[np.arange(7), lengths - 1]
    expected = np.mean(np.log(np.exp(last).sum(axis=1)) - last[np.arange(7), classes])
    assert found["loss"] == pytest.approx(expected, rel=1e-12)
    assert found["accuracy"] == accuracy(outputs, classes, lengths=lengths)


def test_evaluate_weighs_a_plain_function_by_valid_steps() -> None:
    net, inputs, lengths = sequences(1)

    def mean_output(outputs: Any, targets: Any, mask: Any) -> Any:
        return float(outputs[mask].mean()), np.zeros_like(outputs)

    whole = evaluate(net, inputs, np.zeros(7), loss=mean_output, lengths=lengths, batch_size=7)
    parts = evaluate(net, inputs, np.zeros(7), loss=mean_output, lengths=lengths, batch_size=2)
    assert parts == pytest.approx(whole, rel=1e-12)


def test_evaluate_checks_before_it_runs() -> None:
    net, inputs, _ = sequences(1)
    for arguments, said in [
        ({"batch_size": 0}, "batch_size: 0; must be a whole number >= 1"),
        ({"loss": "nse"}, "loss: 'nse'"),
        ({"lengths": [5] * 6}, "lengths are int64 of shape (6,)"),
    ]:
        with pytest.raises(DataError) as caught:
            evaluate(net, inputs, np.zeros((7, 5, 1)), **arguments)  # type: ignore[arg-type]
        assert said in str(caught.value)
    assert not net.run_on
