"""Losses: values against plain loops, gradients against the complex step, and what each of them refuses."""

from __future__ import annotations

import math
import pickle
import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from graphnet.errors import DataError
from graphnet.losses import LOSSES, CrossEntropy, Loss, MeanSquaredError, resolve_loss

Array = NDArray[Any]
STEP = 1e-30


@st.composite
def cases(draw: st.DrawFn) -> tuple[str, Array, Array, Array]:
    """A loss's name, finite outputs, targets with NaN and nonsense where they do not count, and the mask."""
    name = draw(st.sampled_from([*LOSSES, "cross_entropy at the end"]))
    n_samples, n_steps, n_outputs = draw(st.integers(1, 4)), draw(st.integers(1, 5)), draw(st.integers(1, 4))
    lengths = draw(st.lists(st.integers(1, n_steps), min_size=n_samples, max_size=n_samples))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    mask = np.arange(n_steps) < np.array(lengths)[:, np.newaxis]
    outputs = rng.normal(size=(n_samples, n_steps, n_outputs)) * draw(st.sampled_from([0.1, 1.0, 30.0]))
    targets: Array
    if name == "mse":
        targets = rng.normal(size=outputs.shape)
        targets[~mask] = np.nan
    elif name == "binary_cross_entropy":
        targets = rng.integers(0, 2, size=outputs.shape).astype(float)
        targets[~mask] = np.inf
    elif name == "cross_entropy":
        targets = rng.integers(0, n_outputs, size=mask.shape).astype(float)
        targets[~mask] = np.nan
    else:
        targets = rng.integers(0, n_outputs, size=n_samples)
    return name.split()[0], outputs, targets, mask


def counted(targets: Array, mask: Array) -> Array:
    """Where outputs matter, found by a loop."""
    if targets.ndim > 1:
        return mask
    last = np.zeros_like(mask)
    for sample, row in enumerate(mask):
        last[sample, max(step for step, valid in enumerate(row) if valid)] = True
    return last


def by_hand(name: str, outputs: Array, targets: Array, mask: Array) -> float:
    """The loss as its definition says it, one number at a time."""
    found = []
    for sample, step in np.argwhere(counted(targets, mask)).tolist():
        row = outputs[sample, step].tolist()
        if name == "mse":
            found += [(z - t) ** 2 for z, t in zip(row, targets[sample, step], strict=True)]
        elif name == "binary_cross_entropy":
            found += [
                (math.log1p(math.exp(-abs(z))) + max(z, 0.0)) - t * z
                for z, t in zip(row, targets[sample, step], strict=True)
            ]
        else:
            right = int(targets[sample, step] if targets.ndim == 2 else targets[sample])
            found.append(max(row) + math.log(math.fsum(math.exp(z - max(row)) for z in row)) - row[right])
    return math.fsum(found) / len(found)


@given(cases())
def test_value_is_the_mean_over_what_is_counted(case: tuple[str, Array, Array, Array]) -> None:
    name, outputs, targets, mask = case
    outputs[~counted(targets, mask)] = np.nan
    value, _ = LOSSES[name](outputs, targets, mask)
    assert type(value) is float
    assert value == pytest.approx(by_hand(name, outputs, targets, mask), rel=1e-12, abs=1e-14)


@given(cases(), st.sampled_from([np.nan, np.inf, -np.inf]))
def test_gradient_is_that_of_the_complex_step(case: tuple[str, Array, Array, Array], padding: float) -> None:
    name, outputs, targets, mask = case
    loss, matters = LOSSES[name], counted(targets, mask)
    outputs[~matters] = padding
    _, gradient = loss(outputs, targets, mask)
    assert gradient.shape == outputs.shape
    assert gradient.dtype == outputs.dtype
    assert np.all(gradient[~matters] == 0)
    for where in map(tuple, np.argwhere(matters)):
        for column in range(outputs.shape[2]):
            nudged = outputs.astype(complex)
            nudged[(*where, column)] += 1j * STEP
            value, _ = loss(nudged, targets, mask)
            assert type(value) is complex
            assert gradient[(*where, column)] == pytest.approx(value.imag / STEP, rel=1e-12, abs=1e-12)


@given(cases())
def test_gradient_itself_is_holomorphic(case: tuple[str, Array, Array, Array]) -> None:
    """Hessian products are complex steps through the gradient: with a quadratic in the small, they are symmetric."""
    name, outputs, targets, mask = case
    loss, matters = LOSSES[name], counted(targets, mask)
    rng = np.random.default_rng(0)
    u, v = (rng.normal(size=outputs.shape) * matters[:, :, np.newaxis] for _ in range(2))
    through_u = loss(outputs + 1j * STEP * u, targets, mask)[1].imag / STEP
    through_v = loss(outputs + 1j * STEP * v, targets, mask)[1].imag / STEP
    assert np.vdot(v, through_u) == pytest.approx(np.vdot(u, through_v), rel=1e-10, abs=1e-12)
    delta = 1e-6
    ahead, behind = (loss(outputs + sign * delta * u, targets, mask)[1] for sign in (1, -1))
    np.testing.assert_allclose(through_u, (ahead - behind) / (2 * delta), rtol=1e-6, atol=1e-8)


@given(cases())
def test_batches_weigh_by_their_counts(case: tuple[str, Array, Array, Array]) -> None:
    name, outputs, targets, mask = case
    loss = LOSSES[name]
    parts = [slice(0, 1), slice(1, None)] if len(outputs) > 1 else [slice(0, 1)]
    values = [loss(outputs[part], targets[part], mask[part])[0] for part in parts]
    weights = [loss.count(outputs[part].shape, targets[part], mask[part]) for part in parts]
    whole = loss(outputs, targets, mask)[0]
    assert np.average(values, weights=weights) == pytest.approx(whole, rel=1e-12, abs=1e-14)
    assert sum(weights) == loss.count(outputs.shape, targets, mask)


def test_unequal_lengths_weigh_by_steps_and_not_by_samples() -> None:
    outputs, targets = np.array([[[1.0], [9.0], [9.0]], [[2.0], [2.0], [2.0]]]), np.zeros((2, 3, 1))
    mask = np.array([[True, False, False], [True, True, True]])
    assert LOSSES["mse"](outputs, targets, mask)[0] == (1.0 + 3 * 4.0) / 4
    assert LOSSES["mse"].count(outputs.shape, targets, mask) == 4
    for name in ("mse", "binary_cross_entropy"):
        assert LOSSES[name].count((2, 3, 5), np.zeros((2, 3, 5)), mask) == 20
    assert CrossEntropy().count((2, 3, 5), np.zeros((2, 3)), mask) == 4
    assert CrossEntropy().count((2, 3, 5), np.zeros(2), mask) == 2


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128])
@pytest.mark.parametrize("z", [1000.0, -1000.0, 0.0])
def test_logits_do_not_overflow(dtype: Any, z: float) -> None:
    mask = np.ones((1, 1), dtype=bool)
    outputs = np.array([[[z, 0.0]]], dtype=dtype)
    value, gradient = LOSSES["binary_cross_entropy"](outputs[:, :, :1], np.zeros((1, 1, 1)), mask)
    assert value == pytest.approx(max(z, 0.0) if z else math.log(2), rel=1e-6)
    assert gradient[0, 0, 0] == {1000.0: 1, -1000.0: 0, 0.0: 0.5}[z]
    value, gradient = LOSSES["cross_entropy"](outputs, np.array([1]), mask)
    assert value == pytest.approx(max(z, 0.0) if z else math.log(2), rel=1e-6)
    assert gradient.dtype == dtype
    assert gradient[0, 0].tolist() == {1000.0: [1, -1], -1000.0: [0, 0], 0.0: [0.5, -0.5]}[z]


@pytest.mark.parametrize("name", LOSSES)
def test_float32_stays_float32_and_close_to_float64(name: str) -> None:
    rng = np.random.default_rng(1)
    outputs, mask = rng.normal(size=(5, 400, 3)), np.ones((5, 400), dtype=bool)
    targets = {"mse": rng.normal(size=outputs.shape), "cross_entropy": rng.integers(0, 3, size=mask.shape)}.get(
        name, rng.integers(0, 2, size=outputs.shape).astype(float)
    )
    exact, exact_gradient = LOSSES[name](outputs, targets, mask)
    value, gradient = LOSSES[name](outputs.astype(np.float32), targets, mask)
    assert gradient.dtype == np.float32
    assert type(value) is float
    assert value == pytest.approx(exact, rel=1e-6)
    np.testing.assert_allclose(gradient, exact_gradient, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("order", ["samples first", "steps first"])
def test_mse_allocates_one_array(dtype: Any, order: str) -> None:
    outputs = np.ones((50, 40, 30), dtype=dtype)
    if order == "steps first":
        outputs = np.ones((40, 30, 50), dtype=dtype).transpose(2, 0, 1)
    targets, mask = np.zeros(outputs.shape), np.arange(40) < np.full((50, 1), 20)
    tracemalloc.start()
    value, _ = MeanSquaredError()(outputs, targets, mask)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert value == 1.0
    assert outputs.nbytes <= peak < 1.5 * outputs.nbytes + 200_000


def test_inputs_are_not_written_to() -> None:
    mask = np.ones((1, 2), dtype=bool)
    for name, targets in [
        ("mse", np.ones((1, 2, 2))),
        ("cross_entropy", np.ones((1, 2))),
        ("cross_entropy", np.ones(1)),
    ]:
        outputs = np.array([[[1.0, 2.0], [3.0, 4.0]]])
        outputs.flags.writeable = targets.flags.writeable = False
        LOSSES[name](outputs, targets, mask)
        assert outputs.ravel().tolist() == [1, 2, 3, 4]


def test_maxima_go_by_the_real_part() -> None:
    outputs = np.array([[[900.0 + 0j, 1j, 1e6j * STEP]]])
    value, gradient = CrossEntropy()(outputs, np.array([0]), np.array([[True]]))
    assert value == 0
    assert np.all(np.isfinite(gradient))


# What is refused, and what the message says.

SHAPE = (2, 3, 2)
ALL = np.ones((2, 3), dtype=bool)


def numbers(at: tuple[int, ...] | None = None, value: float = np.nan, shape: tuple[int, ...] = SHAPE) -> Array:
    array = np.zeros(shape)
    if at is not None:
        array[at] = value
    return array


@pytest.mark.parametrize(
    ("name", "targets", "said"),
    [
        ("mse", numbers(shape=(2, 3)), ["(2, 3)", "n_samples, n_steps, n_outputs", "(2, 3, 2)"]),
        ("mse", numbers((1, 2, 0)), ["nan", "sample 1, step 2, column 0", "finite"]),
        ("mse", numbers((0, 1, 1), np.inf), ["inf", "sample 0, step 1, column 1", "finite"]),
        ("mse", numbers().astype(complex), ["complex128", "real numbers"]),
        ("mse", [[["a", "b"]]], ["real numbers"]),
        ("binary_cross_entropy", numbers(shape=(3, 3, 2)), ["(3, 3, 2)", "(2, 3, 2)"]),
        ("binary_cross_entropy", numbers((1, 0, 1), 0.5), ["0.5", "sample 1, step 0, column 1", "0 or 1"]),
        ("binary_cross_entropy", numbers((1, 0, 1), np.nan), ["nan", "sample 1, step 0, column 1", "finite"]),
        ("cross_entropy", numbers(), ["(2, 3, 2)", "(2, 3)", "(2,)", "argmax"]),
        ("cross_entropy", numbers(shape=(3,)), ["(3,)", "(2, 3)", "(2,)"]),
        ("cross_entropy", numbers((1, 2), 2, (2, 3)), ["class 2", "sample 1, step 2", "from 0 to 1"]),
        ("cross_entropy", numbers((0, 1), -1, (2, 3)), ["class -1", "sample 0, step 1", "from 0 to 1"]),
        ("cross_entropy", numbers((0, 1), 0.5, (2, 3)), ["class 0.5", "whole number"]),
        ("cross_entropy", numbers((0, 1), np.nan, (2, 3)), ["class nan", "sample 0, step 1"]),
        ("cross_entropy", numbers((0, 1), np.inf, (2, 3)), ["class inf", "sample 0, step 1"]),
        ("cross_entropy", numbers((1,), 7, (2,)), ["class 7", "at sample 1;", "from 0 to 1"]),
    ],
)
def test_check_says_where_and_what_is_allowed(name: str, targets: Any, said: list[str]) -> None:
    with pytest.raises(DataError) as caught:
        LOSSES[name].check(SHAPE, targets, ALL)
    for words in ["targets", *said]:
        assert words in str(caught.value)


def test_a_missing_last_axis_is_hinted_at() -> None:
    with pytest.raises(DataError, match=r"np\.newaxis"):
        LOSSES["mse"].check((2, 3, 1), np.zeros((2, 3)), ALL)


@given(cases())
def test_check_takes_what_is_right_whatever_stands_in_the_padding(case: tuple[str, Array, Array, Array]) -> None:
    name, outputs, targets, mask = case
    checked = LOSSES[name].check(outputs.shape, targets, mask)
    assert checked.dtype == (np.int64 if name == "cross_entropy" else np.float64)
    assert LOSSES[name](outputs, checked, mask)[0] == LOSSES[name](outputs, targets, mask)[0]


def test_check_takes_lists_integers_and_booleans() -> None:
    assert LOSSES["mse"].check((1, 2, 1), [[[1], [2]]], np.ones((1, 2), dtype=bool)).dtype == np.float64
    assert LOSSES["binary_cross_entropy"].check((1, 1, 1), [[[True]]], np.ones((1, 1), dtype=bool)).item() == 1.0
    assert CrossEntropy().check((2, 1, 2), [True, False], np.ones((2, 1), dtype=bool)).tolist() == [1, 0]


def test_resolve_by_name_object_and_function() -> None:
    def absolute(outputs: Array, targets: Array, mask: Array) -> tuple[float, Array]:
        return 3.0, np.sign(outputs - targets)

    assert resolve_loss("mse") == MeanSquaredError()
    mine = CrossEntropy()
    assert resolve_loss(mine) is mine
    plain = resolve_loss(absolute)
    assert isinstance(plain, Loss)
    assert plain.check(SHAPE, [["anything"]], ALL).tolist() == [["anything"]]
    assert plain(np.ones(SHAPE), np.zeros(SHAPE), ALL)[0] == 3.0
    assert plain.count(SHAPE, np.zeros(SHAPE), ALL) == 6
    assert resolve_loss(plain) is plain


@pytest.mark.parametrize("loss", ["nse", 3, None, CrossEntropy])
def test_resolve_names_what_there_is(loss: Any) -> None:
    with pytest.raises(DataError) as caught:
        resolve_loss(loss)
    for words in ["loss", repr(loss), "'mse'", "'cross_entropy'", "'binary_cross_entropy'"]:
        assert words in str(caught.value)


@pytest.mark.parametrize("name", LOSSES)
def test_losses_pickle(name: str) -> None:
    assert pickle.loads(pickle.dumps(LOSSES[name])) == LOSSES[name]


def test_errors_name_the_targets_and_hint_only_where_it_helps() -> None:
    mask = np.ones((2, 3), bool)
    for loss in LOSSES.values():
        with pytest.raises(DataError, match=r"^targets are"):
            loss.check((2, 3, 1), np.full((2, 3, 1), "a"), mask)
    for name in ("mse", "binary_cross_entropy"):
        with pytest.raises(DataError, match=r"^targets"):
            LOSSES[name].check((2, 3, 1), np.full((2, 3, 1), np.nan), mask)
        with pytest.raises(DataError, match=r"like the outputs; try targets\[\.\.\., np\.newaxis\]$"):
            LOSSES[name].check((2, 3, 1), np.zeros((2, 3)), mask)
        with pytest.raises(DataError, match=r"like the outputs$"):
            LOSSES[name].check((2, 3, 1), np.zeros((2, 4)), mask)


def test_classes_are_hinted_at_only_where_there_is_one_of_each() -> None:
    with pytest.raises(DataError, match=r"\(2,\); for one-hot targets try targets\.argmax\(axis=-1\)$"):
        CrossEntropy().check(SHAPE, np.zeros(SHAPE), ALL)
    with pytest.raises(DataError, match=r"\(n_samples,\) = \(2,\)$"):
        CrossEntropy().check(SHAPE, np.zeros((2, 4)), ALL)


def test_classes_that_do_not_count_are_0() -> None:
    mask = np.array([[True, False]])
    assert CrossEntropy().check((1, 2, 3), [[2, 7]], mask).tolist() == [[2, 0]]
    assert CrossEntropy().check((1, 2, 1), [[0, np.nan]], mask).tolist() == [[0, 0]]


def test_a_hint_at_one_hot_targets_and_a_nan_by_its_name() -> None:
    mask = np.ones((2, 3), bool)
    with pytest.raises(DataError, match=r"= \(2,\); for one-hot targets try targets\.argmax\(axis=-1\)$"):
        LOSSES["cross_entropy"].check((2, 3, 4), np.zeros((2, 3, 4)), mask)
    for name in ("mse", "binary_cross_entropy"):
        with pytest.raises(DataError, match=r"^targets at sample 1, step 0, column 0"):
            LOSSES[name].check((2, 3, 1), np.array([[[0.0]] * 3, [[np.nan]] * 3]), mask)


def test_classes_that_do_not_count_are_0_whatever_they_are() -> None:
    mask = np.array([[True, False, False], [True, True, True]])
    found = LOSSES["cross_entropy"].check((2, 3, 1), np.array([[0, 9, np.nan], [0, 0, 0]]), mask)
    assert found.tolist() == [[0, 0, 0], [0, 0, 0]]


@pytest.mark.parametrize("name", ["mse", "binary_cross_entropy"])
def test_every_output_of_every_valid_step_counts(name: str) -> None:
    mask = np.array([[True, False, False], [True, True, True]])
    assert LOSSES[name].count((2, 3, 5), np.zeros((2, 3, 5)), mask) == 20
