"""Reading across delays, and its adjoint; spans of steps; time turned round."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from graphnet.execute.reference.past import (
    FLIPPED_AT_ONCE,
    Past,
    as_rows,
    by_row,
    by_step,
    flip_time,
    make_operand,
    spans_of,
)

RNG = np.random.default_rng(0)


def past_of(depth: list[int], n_steps: int, n_samples: int) -> Past:
    """Random values of so many rows, and a history in which each is so deep."""
    program = SimpleNamespace(history_end=np.cumsum(depth))
    values = RNG.uniform(-1, 1, (n_steps, len(depth), n_samples))
    return Past(program, values, RNG.uniform(-1, 1, (sum(depth), n_samples)))


def value(past: Past, row: int, step: int, sample: int) -> float:
    """One value, found the slow way."""
    if step >= 0:
        return past.values[step, row, sample]
    return past.history[past.program.history_end[row] + step, sample]


READS = [
    (rows, delay, first, last)
    for rows in ([0], [1, 2], [2, 0], [1, 1, 3], [3, 1, 3, 1])
    for delay in (0, 1, 3)
    for first, last in ((0, 1), (0, 4), (2, 3), (1, 5), (4, 5))
]


@pytest.mark.parametrize(("rows", "delay", "first", "last"), READS)
def test_reading_finds_the_value_of_each_row_a_delay_ago(rows: list[int], delay: int, first: int, last: int) -> None:
    past = past_of([3, 4, 3, 5], 5, 3)
    found = past.read(make_operand(np.array(rows), delay), first, last, 2)
    expected = [
        [value(past, row, step - delay, sample) for step in range(first, last) for sample in range(2)] for row in rows
    ]
    assert found.tolist() == expected


@pytest.mark.parametrize(("rows", "delay", "first", "last"), READS)
def test_adding_is_the_adjoint_of_reading(rows: list[int], delay: int, first: int, last: int) -> None:
    past, to = past_of([3, 4, 3, 5], 5, 3), past_of([3, 4, 3, 5], 5, 3)
    operand = make_operand(np.array(rows), delay)
    x = RNG.uniform(-1, 1, (len(rows), (last - first) * 2))
    before = Past(to.program, to.values.copy(), to.history.copy())
    to.add(operand, first, last, 2, x.copy())
    added = ((to.values - before.values) * past.values).sum() + ((to.history - before.history) * past.history).sum()
    assert added == pytest.approx((x * past.read(operand, first, last, 2)).sum(), abs=1e-12)


@pytest.mark.parametrize("lengths", [[5, 5], [5, 2], [4, 1], [2, 0]])
def test_the_history_after_a_chunk_is_that_at_each_samples_end(lengths: list[int]) -> None:
    depth = [2, 0, 4]
    past, lengths = past_of(depth, 5, 2), np.array(lengths)
    rows, lags = np.array([0, 0, 2, 2, 2, 2]), np.array([2, 1, 4, 3, 2, 1])
    found = past.after((rows, lags), lengths)
    expected = [
        [value(past, row, length - lag, sample) for sample, length in enumerate(lengths)]
        for row, lag in zip(rows, lags, strict=True)
    ]
    assert found.tolist() == expected
    weights, to = RNG.uniform(-1, 1, found.shape), past_of(depth, 5, 2)
    before = Past(to.program, to.values.copy(), to.history.copy())
    to.pull_back_after((rows, lags), lengths, weights)
    adjoint = ((to.values - before.values) * past.values).sum() + ((to.history - before.history) * past.history).sum()
    assert adjoint == pytest.approx((weights * found).sum(), abs=1e-12)


def test_spans_are_cut_at_multiples_and_where_a_sample_ends() -> None:
    assert list(spans_of(np.array([3, 3, 3, 3, 3]), 2)) == [(0, 2, 3), (2, 4, 3), (4, 5, 3)]
    assert list(spans_of(np.array([3, 3, 2, 2, 1]), 2)) == [(0, 2, 3), (2, 4, 2), (4, 5, 1)]
    assert list(spans_of(np.array([3, 2, 2, 2, 0, 0]), 4)) == [(0, 1, 3), (1, 4, 2)]
    assert list(spans_of(np.array([2, 2, 2]), 9)) == [(0, 3, 2)]
    assert list(spans_of(np.array([2]), 1)) == [(0, 1, 2)]


def test_rows_are_a_slice_where_they_follow_each_other() -> None:
    assert as_rows(np.array([2, 3, 4])) == slice(2, 5)
    assert as_rows(np.array([7])) == slice(7, 8)
    for rows in ([2, 4], [4, 3, 2], [1, 1], [2, 1, 3, 4], [0, 2, 1, 3], []):
        assert as_rows(np.array(rows, int)).tolist() == rows


def test_an_operand_collects_only_what_is_repeated() -> None:
    plain = make_operand(np.array([1, 2, 5]), 3)
    assert plain.collect is None
    assert plain.delay == 3
    assert plain.rows.tolist() == plain.distinct.tolist() == [1, 2, 5]
    assert make_operand(np.array([1, 2, 3]), 0).rows == slice(1, 4)
    unordered = make_operand(np.array([2, 1]), 0)
    assert unordered.collect.toarray().tolist() == [[0, 1], [1, 0]]
    repeated = make_operand(np.array([4, 2, 4]), 0)
    assert repeated.distinct.tolist() == [2, 4]
    assert repeated.collect.toarray().tolist() == [[0, 1, 0], [1, 0, 1]]


def test_rows_and_steps_are_two_views_of_one_thing() -> None:
    values = RNG.uniform(-1, 1, (4, 3, 2))
    rows = by_row(values)
    assert rows.shape == (3, 8)
    assert rows[1].tolist() == [values[step, 1, sample] for step in range(4) for sample in range(2)]
    assert np.array_equal(by_step(rows, 4), values)
    one = by_row(values[:1])
    assert np.array_equal(one, values[0])
    assert by_row(values[:1, :, :1]).flags.c_contiguous


def test_time_is_turned_round_about_each_samples_own_end() -> None:
    values = np.arange(5.0)[:, None, None] + 10 * np.arange(3)[None, None, :] + np.zeros((5, 2, 3))
    lengths = np.array([5, 4, 1])
    kept = values.copy()
    flip_time(values, lengths)
    assert values[:, 1, 0].tolist() == [4, 3, 2, 1, 0]
    assert values[:, 0, 1].tolist() == [13, 12, 11, 10, 14]
    assert values[:, 0, 2].tolist() == [20, 21, 22, 23, 24]
    flip_time(values, lengths)
    assert np.array_equal(values, kept)


@pytest.mark.parametrize("n_steps", [1, 2, 7, 2 * FLIPPED_AT_ONCE, 2 * FLIPPED_AT_ONCE + 5])
def test_sequences_of_one_length_are_turned_round_at_once(n_steps: int) -> None:
    values = RNG.uniform(-1, 1, (n_steps + 2, 3, 4))
    kept = values.copy()
    flip_time(values, np.full(4, n_steps))
    assert np.array_equal(values[:n_steps], kept[:n_steps][::-1])
    assert np.array_equal(values[n_steps:], kept[n_steps:])  # the next chunk, or room for it


def test_gradients_of_a_final_history_are_added_to_what_is_there() -> None:
    to = past_of([2, 3], 4, 2)
    before = Past(to.program, to.values.copy(), to.history.copy())
    positions = np.array([0, 0, 1, 1, 1]), np.array([2, 1, 3, 2, 1])
    weights = RNG.uniform(-1, 1, (5, 2))
    to.pull_back_after(positions, np.array([4, 1]), weights)
    # the first sample ends inside of the chunk, the second one step after its beginning
    np.testing.assert_allclose(to.values - before.values, expected_values(weights), atol=1e-15)
    np.testing.assert_allclose((to.history - before.history)[:, 0], 0)
    np.testing.assert_allclose((to.history - before.history)[:, 1], [0, weights[0, 1], 0, weights[2, 1], weights[3, 1]])


def expected_values(weights: np.ndarray) -> np.ndarray:
    """(n_steps, n_rows, n_samples)."""
    values = np.zeros((4, 2, 2))
    values[2:, 0, 0], values[1:, 1, 0] = weights[:2, 0], weights[2:, 0]
    values[0, :, 1] = weights[[1, 4], 1]
    return values
