"""Truncated back-propagation, one endless series, and buckets: what the network is given, and what comes of it."""

from __future__ import annotations

import itertools
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import graphnet as gn
from graphnet.testing import cases
from graphnet.train.loop import streams
from tests.profiles import scaled

from .runs import data, draw, same


def fit(net: gn.Network, inputs: Any, targets: Any, **options: Any) -> np.ndarray:
    gn.fit(net, inputs, targets, **{"epochs": 2, "batch_size": 4, "seed": 1, "learning_rate": 0.1, **options})
    return net.parameters


@given(cases(reverse=False), st.integers(0, 3))
def test_a_window_as_long_as_the_sequences_is_no_truncation(case: Any, longer: int) -> None:
    """The same bits for any drawing, ragged lengths included."""
    inputs = case.inputs
    nets = [gn.compile(case.graph, seed=2) for _ in range(2)]
    if not len(nets[0].parameters):
        return
    targets = np.random.default_rng(0).normal(size=(*inputs.shape[:2], nets[0].n_outputs))
    warnings.simplefilter("ignore", gn.GradientWarning)
    options = {"lengths": case.lengths, "optimizer": "sgd", "learning_rate": 1e-3}
    whole = fit(nets[0], inputs, targets, **options)
    assert same(fit(nets[1], inputs, targets, truncation=inputs.shape[1] + longer, **options), whole)


def test_a_shorter_window_is() -> None:
    inputs, targets, lengths = data()
    whole, cut = (
        fit(gn.compile(draw(), seed=0), inputs, targets, lengths=lengths, truncation=k, learning_rate=1e-3)
        for k in (None, 7)
    )
    assert not same(whole, cut)


def test_windows_by_hand() -> None:
    """Each window starts from the state in which the one before ended, with the parameters as they were then."""
    inputs, targets, lengths = data(n_samples=3)
    lengths = np.array([8, 3, 5])
    net, other = (gn.compile(draw(), seed=0) for _ in range(2))
    fit(net, inputs, targets, lengths=lengths, truncation=3, epochs=1, optimizer="sgd", clip_norm=None)
    order = np.random.default_rng([1, 1, 1]).permutation(3)
    x, y, ends = inputs[order], targets[order], lengths[order]
    state = None
    for first in (0, 3, 6):
        rows = np.flatnonzero(ends > first)
        steps = slice(first, min(first + 3, int(ends.max())))
        _, gradient, after = other.value_and_grad(
            x[rows, steps], y[rows, steps], lengths=np.minimum(ends[rows] - first, 3),
            state=None if state is None else state.take(rows), return_state=True,
        )  # fmt: skip
        other.parameters = np.clip(other.parameters - 0.1 * gradient, *other.bounds.T)
        if state is None:
            state = after
        state.history[:, rows], state.steps[rows] = after.history, after.steps
    np.testing.assert_allclose(net.parameters, other.parameters, rtol=1e-12)


@pytest.mark.parametrize("truncation", [1, 3, 8])
def test_targets_of_the_last_step_count_in_the_window_that_ends_there(truncation: int) -> None:
    """An update in which no sequence ends changes nothing, and the others count those that end."""
    rng = np.random.default_rng(0)
    inputs, lengths = rng.normal(size=(6, 8, 2)), np.array([2, 8, 8, 8, 2, 8])
    classes = np.arange(6) % 2
    net = gn.compile(draw(), seed=0)
    history = gn.fit(
        net, inputs, classes, loss="cross_entropy", lengths=lengths, truncation=truncation, epochs=1, batch_size=6,
        optimizer="sgd", learning_rate=1e-30, seed=0,
    )  # fmt: skip
    found = gn.evaluate(net, inputs, classes, loss="cross_entropy", lengths=lengths)
    assert history.epochs[0]["loss"] == pytest.approx(found["loss"], rel=1e-12)
    assert history.epochs[0]["accuracy"] == found["accuracy"]


@given(st.integers(1, 40), st.integers(1, 12))
def test_streams_are_consecutive_pieces_side_by_side(n_samples: int, batch_size: int) -> None:
    order = streams(n_samples, batch_size)
    assert sorted(order.tolist()) == list(range(n_samples))
    batches = [order[start : start + batch_size] for start in range(0, n_samples, batch_size)]
    for before, after in itertools.pairwise(batches):
        assert (after == before[: len(after)] + 1).all()


@settings(max_examples=scaled(20))
@given(st.sampled_from([1, 2, 3, 5]), st.sampled_from([None, 2, 4]))
def test_one_series_in_pieces_is_the_series(n_pieces: int, truncation: int | None) -> None:
    """Too small a step to change anything: the loss of an epoch is that of the whole series in one run."""
    series = np.random.default_rng(1).normal(size=(1, 4 * n_pieces, 2))
    net = gn.compile(draw(), seed=0)
    wanted = np.cumsum(series, axis=1)
    history = gn.fit(
        net, series.reshape(n_pieces, 4, 2), wanted.reshape(n_pieces, 4, 2), stateful=True, batch_size=1, epochs=2,
        truncation=truncation, optimizer="sgd", learning_rate=1e-30,
    )  # fmt: skip
    expected = gn.evaluate(net, series, wanted)["loss"]
    assert [row["loss"] for row in history.epochs] == pytest.approx([expected, expected], rel=1e-9)


def test_the_last_pieces_are_held_out() -> None:
    series = np.random.default_rng(1).normal(size=(10, 4, 2))
    rows = []
    net = gn.compile(draw(), seed=0)
    gn.fit(net, series, series, stateful=True, batch_size=1, epochs=1, validation=0.3, callback=rows.append,
           optimizer="sgd", learning_rate=1e-30)  # fmt: skip
    # they go on from where the training pieces end
    whole = net.run(series.reshape(1, 40, 2))[0, 28:]
    expected = np.mean((whole - series.reshape(40, 2)[28:]) ** 2)
    assert rows[0]["validation_loss"] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("options", [{"truncation": 3}, {"stateful": True}])
def test_reversed_time_takes_whole_sequences(options: dict[str, Any]) -> None:
    net = gn.compile(gn.graphs.bidirectional(gn.graphs.elman(2, 3, 2)), seed=0)
    before = net.parameters
    inputs, targets, _ = data()
    with pytest.raises(gn.DataError, match="lives in reversed time"):
        gn.fit(net, inputs, targets, **options)
    assert same(net.parameters, before)
    gn.fit(net, inputs, targets, truncation=8, epochs=1)


def test_buckets_hold_sequences_of_similar_length() -> None:
    """Each epoch sees every sample once, whatever its bucket."""
    inputs, targets, lengths = data(n_samples=30)
    seen: list[np.ndarray] = []

    class Watched:
        name = "watched"

        def __call__(self, outputs: Any, targets: Any, mask: Any) -> Any:
            seen.append(mask.sum(axis=1))
            return float(np.sum(outputs[mask] ** 2)), 2 * outputs * mask[:, :, None]

    gn.fit(gn.compile(draw(), seed=0), inputs, targets, lengths=lengths, loss=Watched(), bucket=True, epochs=1,
           batch_size=5, learning_rate=1e-30)  # fmt: skip
    assert sorted(np.concatenate(seen).tolist()) == sorted(lengths.tolist())
    assert max(int(np.ptp(batch)) for batch in seen) <= 2
    assert len(seen) == 6
