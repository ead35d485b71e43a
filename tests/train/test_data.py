"""The data of a fit: what is checked, split, ordered and cut."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import graphnet as gn
from graphnet.errors import DataError
from graphnet.losses import LOSSES, CrossEntropy, Weighted, resolve_loss
from graphnet.train.data import POOL, MiniBatch, Sequences, check_sequences, fingerprint, split_validation, valid_steps

from .linear import Array, Linear

whole_numbers = st.integers(0, 2**32 - 1)


def data_of(
    lengths: list[int], *, at_last: bool = False, weighted: bool = False, n_steps: int | None = None
) -> Sequences:
    """Data in which every number says where it is from: sample 100, step 1; NaN in the padding."""
    ends = np.array(lengths)
    n_steps = int(ends.max()) if n_steps is None else n_steps
    marks = 100.0 * np.arange(len(ends))[:, np.newaxis] + np.arange(n_steps)
    marks[~valid_steps(ends, n_steps)] = np.nan
    inputs = marks[:, :, np.newaxis]
    targets = -100.0 * np.arange(len(ends))[:, np.newaxis] if at_last else -inputs
    return Sequences(inputs, targets, ends, np.arange(len(ends)), marks + 0.5 if weighted else None, at_last)


def samples_of(batch: MiniBatch) -> list[int]:
    return [int(first) // 100 for first in batch.inputs[:, 0, 0]]


def ragged(seed: int, n_samples: int = 5, n_steps: int = 7) -> list[int]:
    return np.random.default_rng(seed).integers(1, n_steps + 1, size=n_samples).tolist()


# Batches.


@given(whole_numbers, st.booleans(), st.booleans(), st.integers(1, 6))
def test_batches_hold_each_sample_once_cut_to_the_longest(
    seed: int, at_last: bool, weighted: bool, batch_size: int
) -> None:
    lengths = ragged(seed)
    data = data_of(lengths, at_last=at_last, weighted=weighted, n_steps=9)
    order = np.random.default_rng(seed).permutation(5)
    batches = list(data.take(order).batches(batch_size))
    assert [sample for batch in batches for sample in samples_of(batch)] == order.tolist()
    assert [batch.n_samples for batch in batches[:-1]] == [batch_size] * (len(batches) - 1)
    for number, batch in enumerate(batches):
        rows = samples_of(batch)
        longest = max(lengths[row] for row in rows)
        assert batch.lengths.tolist() == [lengths[row] for row in rows]
        assert batch.rows.tolist() == list(range(len(rows)))
        np.testing.assert_array_equal(batch.mask, valid_steps(batch.lengths, longest))
        np.testing.assert_array_equal(batch.inputs, data.inputs[rows, :longest])
        np.testing.assert_array_equal(batch.targets, data.targets[rows] if at_last else data.targets[rows, :longest])
        if weighted:
            assert data.weights is not None
            np.testing.assert_array_equal(batch.weights, data.weights[rows, :longest])
        else:
            assert batch.weights is None
        again = data.take(order).batch(number, batch_size)
        assert again.inputs.tobytes() == batch.inputs.tobytes()


def test_as_many_outputs_as_steps_are_not_mistaken_for_steps() -> None:
    """Targets of samples, (n_samples, n_outputs), and 3 outputs where there are 3 steps: nothing is cut."""
    net = Linear(1, 3)
    data = check_sequences(net, LOSSES["mse"], np.ones((2, 3, 1)), np.arange(6.0).reshape(2, 3), [1, 2])
    assert data.at_last
    batch = data.batch(0, 2)
    assert batch.inputs.shape == (2, 2, 1)
    assert batch.targets.tolist() == [[0, 1, 2], [3, 4, 5]]
    whole = check_sequences(net, LOSSES["mse"], np.ones((2, 3, 1)), np.ones((2, 3, 3)), [1, 2])
    assert not whole.at_last
    assert whole.batch(0, 2).targets.shape == (2, 2, 3)


# Similar lengths together.


@given(whole_numbers, st.integers(1, 80), st.integers(1, 5))
def test_buckets_hold_every_sample_once_in_whole_batches(seed: int, n_samples: int, batch_size: int) -> None:
    data = data_of(ragged(seed, n_samples, 30)).take(np.random.default_rng(seed).permutation(n_samples))
    data = data.take(np.arange(0, n_samples, 1 + seed % 2))
    found = data.bucketed(batch_size, np.random.default_rng(seed))
    assert sorted(found.rows) == sorted(data.rows)
    assert found.inputs is data.inputs
    sizes = [batch.n_samples for batch in found.batches(batch_size)]
    assert sizes[:-1] == [batch_size] * (len(sizes) - 1)
    again = data.bucketed(batch_size, np.random.default_rng(seed))
    assert found.rows.tolist() == again.rows.tolist()


@given(whole_numbers, st.integers(1, 4), st.integers(1, POOL), st.integers(0, 3))
def test_buckets_of_one_pool_are_a_cut_sorted_order(seed: int, batch_size: int, n_batches: int, n_more: int) -> None:
    """Lengths of two batches of a pool do not interleave, so no order could pad less."""
    n_samples = batch_size * (n_batches - 1) + min(n_more, batch_size - 1) + 1
    lengths = np.random.default_rng(seed).integers(1, 50, n_samples)
    found = data_of(lengths.tolist()).bucketed(batch_size, np.random.default_rng(seed))
    spans = sorted((batch.lengths.min(), batch.lengths.max()) for batch in found.batches(batch_size))
    for (_, most), (least, _) in pairwise(spans):
        assert most <= least
    for batch in found.batches(batch_size):
        assert (np.diff(batch.lengths) >= 0).all()


def test_pools_are_of_16_batches() -> None:
    """Of lengths that are all different, each 16 batches are sorted on their own."""
    n_samples = 3 * 16 * 2
    data = data_of(list(range(1, n_samples + 1)))
    rng = np.random.default_rng(5)
    found = data.bucketed(2, np.random.default_rng(5))
    order, batches = rng.permutation(n_samples), set()
    for pool in order.reshape(3, 32):
        batches |= {tuple(pair) for pair in np.sort(pool).reshape(16, 2).tolist()}
    assert {tuple(samples_of(batch)) for batch in found.batches(2)} == batches
    padded = sum(batch.mask.size - batch.mask.sum() for batch in found.batches(2))
    shuffled = sum(batch.mask.size - batch.mask.sum() for batch in data.take(order).batches(2))
    assert padded < shuffled / 5


def test_batches_come_in_random_order_and_the_short_one_has_any_lengths() -> None:
    data = data_of(list(range(1, 12)))
    orders = [data.bucketed(2, np.random.default_rng(seed)) for seed in range(60)]
    assert {order.rows[-1] for order in orders} == {0, 2, 4, 6, 8, 10}
    assert {order.rows[0] for order in orders} >= set(range(9))
    equal = data_of([4] * 9)
    assert len({tuple(equal.bucketed(3, np.random.default_rng(seed)).rows) for seed in range(20)}) == 20


def test_equal_lengths_stay_in_the_order_that_was_drawn() -> None:
    found = data_of([4] * 30).bucketed(30, np.random.default_rng(1))
    assert found.rows.tolist() == np.random.default_rng(1).permutation(30).tolist()


# Windows.


@given(whole_numbers, st.booleans(), st.booleans(), st.integers(1, 9))
def test_windows_are_the_steps_that_they_cover(seed: int, at_last: bool, weighted: bool, n_steps: int) -> None:
    lengths = ragged(seed)
    batch = data_of(lengths, at_last=at_last, weighted=weighted).batch(0, 5)
    seen: list[float] = []
    for first in range(0, max(lengths), n_steps):
        window = batch.window(first, n_steps)
        assert window is not None
        assert window.rows.tolist() == [row for row in range(5) if lengths[row] > first]
        assert window.lengths.tolist() == [min(lengths[row] - first, n_steps) for row in window.rows]
        longest = max(window.lengths)
        assert window.inputs.shape == (len(window.rows), longest, 1)
        np.testing.assert_array_equal(window.mask, valid_steps(window.lengths, longest))
        np.testing.assert_array_equal(window.inputs, batch.inputs[window.rows, first : first + longest])
        assert not np.isnan(window.inputs[window.mask]).any()
        seen += window.inputs[window.mask].ravel().tolist()
        if at_last:
            np.testing.assert_array_equal(window.targets, batch.targets[window.rows])
        else:
            np.testing.assert_array_equal(window.targets, batch.targets[window.rows, first : first + longest])
            assert (window.weights is None) == (not weighted)
            if weighted:
                assert batch.weights is not None
                np.testing.assert_array_equal(window.weights, batch.weights[window.rows, first : first + longest])
        assert window.at_last == at_last
    assert sorted(seen) == sorted(batch.inputs[batch.mask].ravel().tolist())
    assert batch.window(max(lengths), n_steps) is None


@given(whole_numbers, st.booleans(), st.integers(1, 8))
def test_a_target_of_the_last_step_counts_once_in_the_window_of_its_end(
    seed: int, weighted: bool, n_steps: int
) -> None:
    lengths = ragged(seed)
    batch = data_of(lengths, at_last=True, weighted=weighted).batch(0, 5)
    counted: dict[int, list[float]] = {row: [] for row in range(5)}
    for first in range(0, max(lengths), n_steps):
        window = batch.window(first, n_steps)
        assert window is not None
        for sample, row in enumerate(window.rows.tolist()):
            last = int(window.lengths[sample]) - 1
            weight = 1.0 if window.weights is None else window.weights[sample, last]
            if weight:
                assert first + last == lengths[row] - 1
                counted[row].append(weight)
            elif window.weights is not None:
                assert not window.weights[sample].any()
    expected = [[1.0] if batch.weights is None else [batch.weights[row, lengths[row] - 1]] for row in range(5)]
    assert list(counted.values()) == expected


@pytest.mark.parametrize("at_last", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_a_window_over_everything_is_the_batch(at_last: bool, weighted: bool) -> None:
    batch = data_of([3, 5, 1], at_last=at_last, weighted=weighted).batch(0, 3)
    for n_steps in (5, 6, 1000):
        assert batch.window(0, n_steps) is batch
    part = batch.window(0, 4)
    assert part is not None
    assert part.inputs.shape == (3, 4, 1)
    assert part.rows.tolist() == [0, 1, 2]


def test_where_all_sequences_end_no_weights_are_made_up() -> None:
    """So that a loss that takes no weights can still count at the last step."""
    batch = data_of([3, 5, 4], at_last=True).batch(0, 3)
    last, first = batch.window(3, 2), batch.window(0, 3)
    assert last is not None
    assert first is not None
    assert last.weights is None
    assert last.rows.tolist() == [1, 2]
    assert first.weights is not None
    assert first.weights.tolist() == [[1, 1, 1], [0, 0, 0], [0, 0, 0]]


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("at_last", [False, True])
@pytest.mark.parametrize("n_steps", [1, 2, 3, 7])
def test_windows_add_up_to_the_loss_of_the_batch(name: str, at_last: bool, n_steps: int) -> None:
    """With states carried from window to window, the losses of all windows are those of the whole batch."""
    rng = np.random.default_rng(0)
    net, loss = gn.compile(gn.graphs.elman(2, 3, 3), seed=0), LOSSES[name]
    inputs, lengths = rng.normal(size=(4, 7, 2)), np.array([7, 2, 4, 1])
    shape = (4,) if at_last else (4, 7)
    columns = {"cross_entropy": (), "quantile": (1,)}.get(name, (3,))
    targets = rng.integers(0, 2, size=(*shape, *columns))
    for weights in (None, rng.random((4, 7))):
        batch = check_sequences(net, loss, inputs, targets, lengths, weights).batch(0, 4)
        state, total, of = net.state(4), 0.0, 0.0
        history, steps = state.history.copy(), state.steps.copy()
        for first in range(0, 7, n_steps):
            window = batch.window(first, n_steps)
            assert window is not None
            start = replace(state, history=history[:, window.rows], steps=steps[window.rows])
            bound = loss if window.weights is None else Weighted(loss, window.weights)
            value, _, final = net.value_and_grad(
                window.inputs, window.targets, loss=bound, lengths=window.lengths, state=start, return_state=True
            )
            history[:, window.rows], steps[window.rows] = final.history, final.steps
            count = bound.count((*window.mask.shape, 3), window.targets, window.mask)
            total, of = total + count * value, of + count
        whole = net.value_and_grad(
            inputs, targets, loss=loss if weights is None else Weighted(loss, weights), lengths=lengths
        )[0]
        assert of == pytest.approx(loss.count((4, 7, 3), batch.targets, batch.mask, batch.weights), rel=1e-14)
        assert total / of == pytest.approx(whole, rel=1e-12)


# Checks.


def test_weights_of_samples_and_of_steps_are_carried_to_batches() -> None:
    net, inputs = Linear(1, 1), np.ones((3, 4, 1))
    data = check_sequences(net, LOSSES["mse"], inputs, inputs, [4, 2, 3], [1, 2, 0])
    batch = data.take(np.array([2, 1])).batch(0, 2)
    assert batch.weights is not None
    assert batch.weights.tolist() == [[0, 0, 0], [2, 2, 2]]
    assert batch.weights.dtype == np.float64
    steps = np.arange(12).reshape(3, 4)
    batch = check_sequences(net, LOSSES["mse"], inputs, inputs, [4, 2, 3], steps).take(np.array([2, 1])).batch(0, 2)
    assert batch.weights is not None
    assert batch.weights.tolist() == [[8, 9, 10], [4, 5, 6]]


def absolute(outputs: Array, targets: Array, mask: Array) -> tuple[float, Array]:
    return 0.0, outputs * 0


@pytest.mark.parametrize(
    ("loss", "changes", "said"),
    [
        ("mse", {"inputs": np.ones((2, 3))}, "inputs have shape (2, 3), not (n_samples, n_steps, 1)"),
        ("mse", {"inputs": np.ones((2, 3, 2))}, "the graph has 1 input"),
        ("mse", {"inputs": np.ones((0, 3, 1))}, "at least one sample and one step"),
        ("mse", {"inputs": [[[1.0], [np.nan], [1]], [[1], [1], [1]]]}, "inputs at sample 0, step 1, column 0: nan"),
        ("mse", {"targets": np.ones((2, 4))}, "targets: shape (2, 4)"),
        ("mse", {"lengths": [0, 1]}, "lengths[0] is 0"),
        ("mse", {"weights": [[1, 1, 1], [1, -1, np.nan]], "lengths": [3, 2]}, "weights: -1 at sample 1, step 1; "),
        ("mse", {"weights": [1, 1, 1]}, "weights: shape (3,)"),
        ("mse", {"weights": [0, 0]}, "weights: nothing is counted: weights, or those of classes, are 0"),
        ("mse", {"weights": [[1, 1, 0], [1, 1, 0]], "targets": np.ones((2, 1))}, "weights: nothing is counted"),
        (CrossEntropy([0, 1]), {"targets": [0, 0]}, "those of classes, are 0 wherever there is a target"),
        (absolute, {"weights": [1, 1]}, "weights: the function absolute takes none"),
        (absolute, {"targets": np.ones(3)}, "targets: shape (3,); must have the 2 samples of the inputs first"),
        (Weighted("mse", [1, 1]), {}, "loss: gn.losses.Weighted holds the weights of one batch"),
    ],
)
def test_what_does_not_fit(loss: Any, changes: dict[str, Any], said: str) -> None:
    net = Linear(1, 2 if isinstance(loss, CrossEntropy) else 1)
    arguments = {"inputs": np.ones((2, 3, 1)), "targets": np.ones((2, 3, 1)), "lengths": None} | changes
    with pytest.raises(DataError) as caught:
        check_sequences(net, resolve_loss(loss), **arguments)
    assert said in str(caught.value)


def test_a_plain_functions_targets_are_cut_where_their_second_axis_is_that_of_the_steps() -> None:
    net, inputs, loss = Linear(1, 1), np.ones((2, 4, 1)), resolve_loss(absolute)
    for shape, at_last in [((2, 4), False), ((2, 4, 7), False), ((2,), True), ((2, 3), True)]:
        data = check_sequences(net, loss, inputs, np.zeros(shape), [1, 3])
        assert data.at_last == at_last
        assert data.batch(0, 2).targets.shape == (shape if at_last else (2, 3, *shape[2:]))


# Held-out data.


def split(data: Sequences, validation: Any, seed: int = 0, **more: Any) -> tuple[Sequences, Any]:
    return split_validation(Linear(1, 1), LOSSES["mse"], data, validation, np.random.default_rng(seed), **more)


@given(whole_numbers, st.integers(2, 30), st.floats(0.05, 0.95), st.booleans())
def test_a_fraction_is_held_out_and_no_sample_is_in_both(
    seed: int, n_samples: int, fraction: float, contiguous: bool
) -> None:
    n_held_out = round(fraction * n_samples)
    data = data_of(ragged(seed, n_samples))
    if not 0 < n_held_out < n_samples:
        with pytest.raises(DataError, match="at least one must be held out"):
            split(data, fraction, contiguous=contiguous)
        return
    training, held_out = split(data, fraction, seed, contiguous=contiguous)
    assert len(held_out.rows) == n_held_out
    assert sorted([*training.rows, *held_out.rows]) == list(range(n_samples))
    for part in (training, held_out):
        assert part.rows.tolist() == sorted(part.rows)
    if contiguous:
        assert held_out.rows.tolist() == list(range(n_samples - n_held_out, n_samples))


def test_a_fraction_is_drawn_by_the_seed_and_without_it_in_order() -> None:
    data = data_of([3] * 40)
    drawn = {tuple(split(data, 0.25, seed)[1].rows) for seed in (1, 1, 2, 3)}
    assert len(drawn) == 3
    assert {tuple(split(data, 0.25, seed, contiguous=True)[1].rows) for seed in range(4)} == {tuple(range(30, 40))}
    rng = np.random.default_rng(0)
    split_validation(Linear(1, 1), LOSSES["mse"], data, 0.25, rng, contiguous=True)
    assert rng.random() == np.random.default_rng(0).random()


def test_a_part_in_which_nothing_is_counted_is_refused() -> None:
    data = data_of([2] * 4)
    data = replace(data, weights=np.array([[1.0, 1], [1, 1], [0, 0], [0, 0]]))
    with pytest.raises(DataError, match=r"^validation: 0\.5 holds out nothing that is counted: weights"):
        split(data, 0.5, contiguous=True)
    assert data.weights is not None
    data = replace(data, weights=data.weights[::-1])
    with pytest.raises(DataError, match=r"^validation: 0\.5 leaves nothing that is counted to train on: weights"):
        split(data, 0.5, contiguous=True)


def test_validation_data_of_ones_own_and_none() -> None:
    data = data_of([2] * 4)
    assert split(data, None) == (data, None)
    inputs = np.ones((3, 5, 1))
    for validation, lengths in [((inputs, inputs), [5, 5, 5]), ([inputs, inputs, [1, 2, 3]], [1, 2, 3])]:
        training, held_out = split(data, validation)
        assert training is data
        assert held_out.lengths.tolist() == lengths
        assert held_out.weights is None
    _, held_out = split(data, (inputs, inputs, None, [1, 2, 0]))
    assert held_out.weights[:, 0].tolist() == [1, 2, 0]
    with pytest.raises(DataError, match=r"^validation targets: shape"):
        split(data, (inputs, inputs[:2]))
    for wrong, said in [
        (1.0, "1.0"),
        (0, "0"),
        ("a", "'a'"),
        (True, "True"),
        ((inputs,), "a tuple of 1"),
        ({}, "a dict"),
    ]:
        with pytest.raises(DataError, match=rf"^validation: {said}; must be a fraction > 0 and < 1"):
            split(data, wrong)


# Fingerprints.


@given(whole_numbers, st.booleans(), st.booleans())
def test_padding_has_no_fingerprint(seed: int, at_last: bool, weighted: bool) -> None:
    lengths = ragged(seed)
    data = data_of(lengths, at_last=at_last, weighted=weighted)
    padded = data_of(lengths, at_last=at_last, weighted=weighted, n_steps=12)
    padding = ~valid_steps(padded.lengths, 12)
    padded.inputs[padding] = 7.0
    if weighted:
        assert padded.weights is not None
        padded.weights[padding] = -1.0
    if not at_last:
        padded.targets[padding] = 3.0
    assert fingerprint(padded) == fingerprint(data)
    more = np.concatenate([padded.rows[::-1], padded.rows])
    assert fingerprint(replace(padded, rows=more).take(np.arange(5, 10))) == fingerprint(data)


@given(whole_numbers, st.booleans(), st.booleans())
def test_every_number_that_counts_is_in_the_fingerprint(seed: int, at_last: bool, weighted: bool) -> None:
    rng = np.random.default_rng(seed)
    data = data_of(ragged(seed), at_last=at_last, weighted=weighted)
    places = np.argwhere(valid_steps(data.lengths, data.inputs.shape[1]))
    found = [fingerprint(data)]
    for name in ("inputs", "targets", "weights"):
        array = getattr(data, name)
        if array is None:
            continue
        changed = array.copy()
        sample, step = rng.choice(places)
        where = (sample,) if name == "targets" and at_last else (sample, step)
        changed[where] = np.nextafter(changed[where], np.inf)
        found.append(fingerprint(replace(data, **{name: changed})))
    found.append(fingerprint(data.take(np.roll(np.arange(5), 1))))
    found.append(fingerprint(data.take(np.arange(4))))
    found.append(fingerprint(replace(data, lengths=np.where(data.lengths == 1, 2, data.lengths - 1)[:5])))
    found.append(fingerprint(replace(data, inputs=data.inputs.astype(np.float32))))
    assert len(set(found)) == len(found)


def test_the_same_bytes_in_other_shapes_are_other_data() -> None:
    zeros = [
        Sequences(np.zeros((2, 3, 2)), np.zeros((2, 3, 1)), np.array([3, 3]), np.arange(2)),
        Sequences(np.zeros((2, 3, 1)), np.zeros((2, 3, 2)), np.array([3, 3]), np.arange(2)),
        Sequences(np.zeros((2, 3, 1)), np.zeros((2, 3, 1)), np.array([3, 3]), np.arange(2), np.zeros((2, 3))),
        Sequences(np.zeros((2, 3, 1)), np.zeros((2, 6)), np.array([3, 3]), np.arange(2), at_last=True),
        Sequences(np.zeros((2, 3, 1)), np.zeros((2, 3, 2), dtype=np.int64), np.array([3, 3]), np.arange(2)),
        Sequences(np.zeros((2, 3, 1)), np.zeros((2, 3, 2, 1)), np.array([3, 3]), np.arange(2)),
    ]
    assert len({fingerprint(data) for data in zeros}) == len(zeros)


def test_fingerprints_look_past_the_first_samples_and_do_not_depend_on_the_process() -> None:
    data = data_of([2] * 600)
    changed = data.inputs.copy()
    changed[-1, -1] += 1
    assert fingerprint(replace(data, inputs=changed)) != fingerprint(data)
    here = fingerprint(data_of([1, 3]))
    assert len(here) == hashlib.blake2b(digest_size=16).digest_size * 2
    program = (
        "import numpy as np; from graphnet.train.data import Sequences, fingerprint\n"
        "x = np.array([[[0.0], [np.nan], [np.nan]], [[100.0], [101.0], [102.0]]])\n"
        "print(fingerprint(Sequences(x, -x, np.array([1, 3]), np.arange(2))))"
    )
    there = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert there.strip() == here


def test_a_plain_functions_targets_of_objects_have_a_fingerprint_too() -> None:
    def named(word: str) -> Sequences:
        targets = np.array([["a", word], ["b", "c"]], dtype=object)
        return Sequences(np.zeros((2, 2, 1)), targets, np.array([2, 2]), np.arange(2))

    assert fingerprint(named("x" * 100)) == fingerprint(named("".join(["x"] * 100)))
    assert fingerprint(named("x")) != fingerprint(named("y"))
