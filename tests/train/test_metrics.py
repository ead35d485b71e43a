"""Metrics: against loops, and whatever the batch size."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import graphnet as gn
from graphnet.errors import DataError
from graphnet.losses import LOSSES, CrossEntropy, Loss, Weighted
from graphnet.metrics import accuracy, confusion_matrix, hits_of, macro_f1, mae, metrics_for, r2, rmse
from graphnet.train import evaluate
from graphnet.train.data import MiniBatch, check_sequences
from graphnet.train.evaluate import evaluate_sequences
from graphnet.train.updates import WatchedLoss

from .linear import Array, Linear

whole_numbers = st.integers(0, 2**32 - 1)


def places(lengths: Array, per_step: bool) -> list[tuple[int, int]]:
    """Positions of targets that are counted, by a loop."""
    return [
        (sample, step)
        for sample, length in enumerate(lengths.tolist())
        for step in (range(length) if per_step else [length - 1])
    ]


@given(whole_numbers, st.booleans(), st.integers(1, 4), st.integers(1, 4), st.integers(1, 3))
def test_accuracy_confusion_and_f1_against_a_loop(
    seed: int, per_step: bool, n_samples: int, n_steps: int, n_outputs: int
) -> None:
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, n_steps + 1, size=n_samples)
    outputs = rng.normal(size=(n_samples, n_steps, n_outputs))
    targets = rng.integers(0, n_outputs, size=(n_samples, n_steps) if per_step else n_samples)
    table = [[0] * n_outputs for _ in range(n_outputs)]
    for sample, step in places(lengths, per_step):
        row = outputs[sample, step].tolist()
        table[targets[sample, step] if per_step else targets[sample]][row.index(max(row))] += 1
    matrix = confusion_matrix(outputs, targets, lengths=lengths)
    assert matrix.tolist() == table
    assert matrix.dtype == np.int64
    assert accuracy(outputs, targets, lengths=lengths) == np.trace(matrix) / matrix.sum()

    scores = []
    for k in range(n_outputs):
        right, predicted, hits = sum(table[k]), sum(row[k] for row in table), table[k][k]
        if right or predicted:
            precision, recall = hits / predicted if predicted else 0, hits / right if right else 0
            scores.append(2 * precision * recall / (precision + recall) if hits else 0.0)
    assert macro_f1(outputs, targets, lengths=lengths) == pytest.approx(sum(scores) / len(scores), rel=1e-14)


def test_macro_f1_of_numbers_worked_out_by_hand() -> None:
    """Right 0 0 1 1 2 2, predicted 0 2 1 0 0 1, and a class 3 that never occurs: F1 of 0.4, 0.5 and 0."""
    predicted = np.eye(4)[[0, 2, 1, 0, 0, 1]][:, np.newaxis]
    assert macro_f1(predicted, [0, 0, 1, 1, 2, 2]) == pytest.approx((2 / 5 + 2 / 4 + 0) / 3, rel=1e-15)


@given(whole_numbers, st.booleans(), st.integers(1, 4), st.integers(1, 4), st.integers(1, 3))
def test_errors_against_a_loop(seed: int, per_step: bool, n_samples: int, n_steps: int, n_outputs: int) -> None:
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, n_steps + 1, size=n_samples)
    outputs = rng.normal(size=(n_samples, n_steps, n_outputs)) + 3
    targets = rng.normal(size=outputs.shape if per_step else (n_samples, n_outputs)) + 5
    counted = places(lengths, per_step)
    answers = np.array([outputs[place] for place in counted])
    right = np.array([targets[place if per_step else place[0]] for place in counted])
    outputs[np.arange(n_steps) >= lengths[:, np.newaxis]] = np.nan
    if per_step:
        targets[np.arange(n_steps) >= lengths[:, np.newaxis]] = np.nan
    assert rmse(outputs, targets, lengths=lengths) == pytest.approx(
        math.sqrt(np.mean((answers - right) ** 2)), rel=1e-13
    )
    assert mae(outputs, targets, lengths=lengths) == pytest.approx(np.mean(abs(answers - right)), rel=1e-13)
    scores = [
        1 - ((a - t) ** 2).sum() / ((t - t.mean()) ** 2).sum() if len(t) > 1 else 0.0
        for a, t in zip(answers.T, right.T, strict=True)
    ]
    assert r2(outputs, targets, lengths=lengths) == pytest.approx(np.mean(scores), rel=1e-10)


def test_r2_of_what_is_right_what_is_the_mean_and_what_never_changes() -> None:
    right = np.array([[[0.1, 7.0], [0.3, 7.0], [0.8, 7.0]]])
    assert r2(right, right) == 1
    mean = np.full_like(right, 0.4)
    assert r2(mean[:, :, :1], right[:, :, :1]) == pytest.approx(0, abs=1e-15)
    assert r2(np.concatenate([right[:, :, :1], mean[:, :, 1:]], axis=2), right) == 0.5
    assert r2(right + np.array([0, 1e-9]), right) == 0.5


def test_a_target_that_never_changes_has_no_variance_by_rounding() -> None:
    """The mean of 0.1 ten times is not 0.1; of a constant target that would make an r2 of -1e30 or so."""
    right = np.full((10, 1), 0.1)
    assert r2(np.full((10, 1, 1), 0.1), right) == 1
    assert r2(np.full((10, 1, 1), 0.2), right) == 0
    net = Linear(1, 1)
    for batch_size in (1, 3, 10):
        assert evaluate(net, np.zeros((10, 1, 1)), right, batch_size=batch_size)["r2"] == 0


def test_outputs_of_nan_predict_no_class() -> None:
    """The largest of numbers with nan is where nan is, by NumPy: a class that nobody predicted."""
    outputs, classes = np.array([[[np.nan, 1.0], [1.0, 0.0]]]), [[0, 0]]
    assert accuracy(outputs, classes) == 0.5
    assert math.isnan(macro_f1(outputs, classes))
    with pytest.raises(DataError, match=r"^outputs: nan where a class counts"):
        confusion_matrix(outputs, classes)


@pytest.mark.parametrize("batch_size", [1, 2])
def test_weights_of_which_the_sum_overflows_are_refused(batch_size: int) -> None:
    data = np.ones((2, 2, 1))
    with pytest.raises(DataError, match=r"^weights: their sum is not finite; divide them by the largest"):
        evaluate(Linear(1, 1), data, data, weights=[1e308, 1.7e308], batch_size=batch_size)


def test_padding_is_nobodys_class() -> None:
    outputs, targets = np.full((1, 2, 2), np.nan), np.array([[1.0, np.nan]])
    outputs[0, 0] = [0.0, 1.0]
    assert accuracy(outputs, targets, lengths=[1]) == 1.0
    assert macro_f1(outputs, targets, lengths=[1]) == 1.0
    assert confusion_matrix(outputs, targets, lengths=[1]).tolist() == [[0, 0], [0, 1]]


@pytest.mark.parametrize("metric", [accuracy, confusion_matrix, macro_f1])
@pytest.mark.parametrize(
    ("outputs", "targets", "lengths", "said"),
    [
        (np.zeros((2, 3)), [0, 1], None, "outputs: shape (2, 3)"),
        (np.zeros((2, 0, 2)), [0, 1], None, "outputs: shape (2, 0, 2)"),
        (np.zeros((2, 3, 2)), [0, 2], None, "class 2 at sample 1"),
        (np.zeros((2, 3, 2)), [0, 1, 1], None, "targets: shape (3,)"),
        (np.zeros((2, 3, 2)), [0, 1], [1, 4], "lengths[1] is 4"),
    ],
)
def test_what_metrics_of_classes_refuse(metric: Any, outputs: Any, targets: Any, lengths: Any, said: str) -> None:
    with pytest.raises(DataError) as caught:
        metric(outputs, targets, lengths=lengths)
    assert said in str(caught.value)


@pytest.mark.parametrize("metric", [rmse, mae, r2])
@pytest.mark.parametrize(
    ("outputs", "targets", "lengths", "said"),
    [
        (np.zeros((2, 3)), np.zeros((2, 3)), None, "outputs: shape (2, 3)"),
        (np.zeros((2, 3, 2)), np.zeros((2, 3)), None, "targets: shape (2, 3)"),
        (np.zeros((1, 1, 2)), [[1.0, np.nan]], None, "targets at sample 0, column 1: nan"),
        (np.zeros((2, 3, 2)), np.zeros((2, 2)), [1.0, 2.0], "lengths are float64"),
    ],
)
def test_what_metrics_of_numbers_refuse(metric: Any, outputs: Any, targets: Any, lengths: Any, said: str) -> None:
    with pytest.raises(DataError) as caught:
        metric(outputs, targets, lengths=lengths)
    assert said in str(caught.value)


# Over a whole data set.


def sequences(n_outputs: int) -> tuple[Linear, Any, Any]:
    rng = np.random.default_rng(3)
    net = Linear(2, n_outputs)
    net.parameters = rng.normal(size=len(net.parameters))
    return net, rng.normal(size=(7, 5, 2)), rng.integers(1, 6, size=7)


def targets_for(name: str, per_step: bool, n_outputs: int, seed: int = 4) -> Array:
    rng, shape = np.random.default_rng(seed), (7, 5) if per_step else (7,)
    if name == "cross_entropy":
        return rng.integers(0, n_outputs, size=shape)
    if name == "quantile":
        return rng.normal(size=(*shape, n_outputs // 3))
    if not name.endswith("cross_entropy"):
        return rng.normal(size=(*shape, n_outputs)) + 1e6  # sums of squares would lose all their digits
    return rng.integers(0, 2, size=(*shape, n_outputs)).astype(float)


@pytest.mark.parametrize("per_step", [True, False])
@pytest.mark.parametrize("batch_size", [1, 2, 3, 7, 100])
def test_evaluate_is_the_whole_whatever_the_batch_size(batch_size: int, per_step: bool) -> None:
    net, inputs, lengths = sequences(2)
    outputs = net.run(inputs, lengths=lengths)
    mask = np.arange(5) < lengths[:, np.newaxis]
    for name, expected in [
        ("mse", {"rmse": rmse, "mae": mae, "r2": r2}),
        ("cross_entropy", {"accuracy": accuracy, "macro_f1": macro_f1}),
    ]:
        targets = targets_for(name, per_step, 2)
        found = evaluate(net, inputs, targets, loss=name, lengths=lengths, batch_size=batch_size)
        assert list(found) == ["loss", *expected]
        assert found["loss"] == pytest.approx(LOSSES[name](outputs, targets, mask)[0], rel=1e-12)
        for metric, function in expected.items():
            assert found[metric] == pytest.approx(function(outputs, targets, lengths=lengths), rel=1e-9)
        assert all(type(value) is float for value in found.values())
    targets = targets_for("binary_cross_entropy", per_step, 2)
    found = evaluate(net, inputs, targets, loss="binary_cross_entropy", lengths=lengths, batch_size=batch_size)
    hits = [
        (outputs[place] > 0) == (targets[place if per_step else place[0]] == 1) for place in places(lengths, per_step)
    ]
    assert found.pop("accuracy") == np.mean(hits)
    assert found == {"loss": pytest.approx(LOSSES["binary_cross_entropy"](outputs, targets, mask)[0], rel=1e-12)}


def test_rmse_is_the_root_of_the_loss() -> None:
    net, inputs, lengths = sequences(3)
    found = evaluate(net, inputs, np.zeros((7, 5, 3)), lengths=lengths, batch_size=3)
    assert found["rmse"] == pytest.approx(math.sqrt(found["loss"]), rel=1e-12)


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("per_step", [True, False])
@pytest.mark.parametrize("batch_size", [1, 3, 7])
def test_weights_enter_the_loss_and_of_metrics_only_say_what_counts(name: str, per_step: bool, batch_size: int) -> None:
    net, inputs, lengths = sequences(3)
    targets, weights = targets_for(name, per_step, 3), np.array([1.0, 0, 3, 0, 0.5, 2, 0])
    some = np.flatnonzero(weights)
    found = evaluate(net, inputs, targets, loss=name, lengths=lengths, weights=weights, batch_size=batch_size)
    plain = evaluate(net, inputs[some], targets[some], loss=name, lengths=lengths[some])
    outputs, mask = net.run(inputs, lengths=lengths), np.arange(5) < lengths[:, np.newaxis]
    assert found.pop("loss") == pytest.approx(Weighted(name, weights)(outputs, targets, mask)[0], rel=1e-12)
    plain.pop("loss")
    assert found == pytest.approx(plain, rel=1e-9)


def test_class_weights_are_the_losss_alone() -> None:
    net, inputs, lengths = sequences(3)
    targets = targets_for("cross_entropy", True, 3)
    plain = evaluate(net, inputs, targets, loss="cross_entropy", lengths=lengths)
    settings = {"name": "cross_entropy", "class_weights": [0, 1, 5]}
    for batch_size in (1, 7):
        found = evaluate(net, inputs, targets, loss=settings, lengths=lengths, batch_size=batch_size)
        expected = LOSSES["cross_entropy"](
            net.run(inputs, lengths=lengths),
            targets,
            np.arange(5) < lengths[:, np.newaxis],
            np.array([0.0, 1, 5])[targets],
        )[0]
        assert found["loss"] == pytest.approx(expected, rel=1e-12)
        assert (found["accuracy"], found["macro_f1"]) == (plain["accuracy"], plain["macro_f1"])


def test_evaluate_of_a_network_that_lives_backwards_too() -> None:
    net = gn.compile(gn.graphs.bidirectional(gn.graphs.elman(2, 3, 2)), seed=0)
    rng = np.random.default_rng(0)
    inputs, lengths, classes = rng.normal(size=(5, 6, 2)), np.array([6, 1, 3, 5, 2]), np.array([0, 1, 1, 0, 1])
    alone = np.array([net.run(inputs[i : i + 1, : lengths[i]])[0, -1] for i in range(5)])[:, np.newaxis]
    loss, _ = CrossEntropy()(alone, classes, np.ones((5, 1), bool))
    for batch_size in (1, 2, 5):
        found = evaluate(net, inputs, classes, loss="cross_entropy", lengths=lengths, batch_size=batch_size)
        assert found["loss"] == pytest.approx(loss, rel=1e-12)
        assert (found["accuracy"], found["macro_f1"]) == (accuracy(alone, classes), macro_f1(alone, classes))


def test_evaluate_runs_a_batch_at_a_time() -> None:
    net, inputs, lengths = sequences(2)
    evaluate(net, inputs, targets_for("mse", True, 2), lengths=lengths, batch_size=2)
    assert [len(batch) for batch in net.run_on] == [2, 2, 2, 1]


def test_evaluate_weighs_a_plain_function_by_valid_steps() -> None:
    net, inputs, lengths = sequences(1)

    def mean_output(outputs: Any, targets: Any, mask: Any) -> Any:
        return float(outputs[mask].mean()), np.zeros_like(outputs)

    whole = evaluate(net, inputs, np.zeros(7), loss=mean_output, lengths=lengths, batch_size=7)
    parts = evaluate(net, inputs, np.zeros(7), loss=mean_output, lengths=lengths, batch_size=2)
    assert whole.keys() == {"loss"}
    assert parts == pytest.approx(whole, rel=1e-12)


def test_evaluate_checks_before_it_runs() -> None:
    net, inputs, _ = sequences(1)
    for arguments, said in [
        ({"batch_size": 0}, "batch_size: 0; must be a whole number >= 1"),
        ({"loss": "nse"}, "loss: 'nse'"),
        ({"loss": Weighted("mse", [1] * 7)}, "loss: gn.losses.Weighted holds the weights of one batch"),
        ({"weights": [1, 1, 1, -1, 1, 1, 1]}, "weights: -1 at sample 3"),
        ({"weights": [0] * 7}, "weights: nothing is counted"),
        ({"lengths": [5] * 6}, "lengths are int64 of shape (6,)"),
    ]:
        with pytest.raises(DataError) as caught:
            evaluate(net, inputs, np.zeros((7, 5, 1)), **arguments)
        assert said in str(caught.value)
    assert not net.run_on


def test_nothing_counted_is_no_loss_of_0() -> None:
    net, inputs, _ = sequences(2)
    data = check_sequences(net, LOSSES["mse"], inputs, np.zeros((7, 2)), None, [0, 0, 0, 0, 0, 0, 1])
    found = evaluate_sequences(net, data.take(np.arange(3)), LOSSES["mse"], 2, metrics_for(LOSSES["mse"]))
    assert found.keys() == {"loss"}
    assert math.isnan(found["loss"])


def test_evaluate_has_both_its_names() -> None:
    assert gn.metrics.evaluate is gn.evaluate is evaluate
    with pytest.raises(AttributeError, match="nonsense"):
        gn.metrics.nonsense  # noqa: B018


# Right answers, seen inside a loss.


def batch_of(outputs: Array, targets: Array, mask: Array, weights: Array | None) -> MiniBatch:
    """A batch with these targets; a loss does not look at the inputs."""
    return MiniBatch(outputs, targets, mask.sum(axis=1), mask, weights, False, np.arange(len(outputs)))


@given(whole_numbers, st.booleans(), st.sampled_from(["none", "bound", "given", "both"]))
def test_hits_are_those_of_accuracy_and_the_loss_is_left_as_it_is(seed: int, per_step: bool, weighted: str) -> None:
    rng = np.random.default_rng(seed)
    outputs, mask = rng.normal(size=(4, 5, 3)), np.arange(5) < rng.integers(1, 6, size=(4, 1))
    for name in LOSSES:
        targets = targets_for(name, per_step, 3, seed)[:4]
        bound, given_weights = rng.integers(0, 3, size=(2, 4, 5)).astype(float)
        weights = bound if weighted in ("bound", "both") else None
        arguments = (targets, mask, given_weights) if weighted in ("given", "both") else (targets, mask)
        watched = WatchedLoss(LOSSES[name], batch_of(outputs, targets, mask, weights))
        loss: Loss = LOSSES[name] if weights is None else Weighted(name, weights)
        assert isinstance(watched, Loss)
        assert not watched.hits.size
        value, gradient = watched(outputs, *arguments)
        expected, there = loss(outputs, *arguments)
        assert value == expected
        assert gradient.tobytes() == there.tobytes()
        assert watched.count(outputs.shape, *arguments) == loss.count(outputs.shape, *arguments)
        assert watched.check(outputs.shape, *arguments).tobytes() == loss.check(outputs.shape, *arguments).tobytes()
        assert watched.at_last(*arguments[:2]) == (not per_step)
        weight = np.ones((4, 5))
        weight *= bound if weighted in ("bound", "both") else 1
        weight *= given_weights if weighted in ("given", "both") else 1
        found = []
        for sample, step in places(mask.sum(axis=1), per_step):
            right = targets[sample, step] if per_step else targets[sample]
            if weight[sample, step] and name == "cross_entropy":
                found.append(np.argmax(outputs[sample, step]) == right)
            elif weight[sample, step] and name == "binary_cross_entropy":
                found += ((outputs[sample, step] > 0) == right).tolist()
        assert watched.hits.ravel().tolist() == found
        assert hits_of(loss, outputs, *arguments).ravel().tolist() == found


def test_hits_are_those_of_the_last_call() -> None:
    outputs, targets, mask = np.array([[[0.0, 1.0]], [[1.0, 0.0]]]), np.array([1, 1]), np.ones((2, 1), bool)
    watched = WatchedLoss(LOSSES["cross_entropy"], batch_of(outputs, targets, mask, None))
    watched(outputs, targets, mask)
    assert watched.hits.tolist() == [True, False]
    watched(outputs.astype(complex), np.array([1, 0]), mask)
    assert watched.hits.tolist() == [True, True]


def test_a_logit_of_0_says_no() -> None:
    found = hits_of(
        LOSSES["binary_cross_entropy"], np.zeros((1, 1, 2)), np.array([[[0.0, 1.0]]]), np.ones((1, 1), bool)
    )
    assert found.tolist() == [[True, False]]
