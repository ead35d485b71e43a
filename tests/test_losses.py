"""Losses: values against plain loops, gradients against the complex step, weights, and what each of them refuses."""

from __future__ import annotations

import math
import pickle
import tracemalloc
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

import graphnet as gn
from graphnet.errors import DataError
from graphnet.losses import (
    LOSSES,
    BinaryCrossEntropy,
    Cosine,
    CrossEntropy,
    Huber,
    Loss,
    MeanSquaredError,
    Quantile,
    Weighted,
    check_weights,
    counted_rows,
    counted_steps,
    resolve_loss,
    rows_at,
    settings_of_loss,
)

Array = NDArray[Any]
STEP = 1e-30


def random_targets(name: str, rng: np.random.Generator, shape: tuple[int, ...], n_outputs: int) -> Array:
    """Targets of a loss with its default settings, floats shaped (*shape, n_columns) or of classes (*shape,)."""
    if name == "cross_entropy":
        return rng.integers(0, n_outputs, shape).astype(float)
    if name == "binary_cross_entropy":
        return rng.integers(0, 2, (*shape, n_outputs)).astype(float)
    return rng.normal(size=(*shape, n_outputs // 3 if name == "quantile" else n_outputs))


@dataclass
class Case:
    """A loss with finite outputs; targets and weights hold NaN and nonsense where they do not count."""

    loss: Loss
    outputs: Array
    targets: Array
    mask: Array
    weights: Array | None

    def __call__(self, outputs: Array | None = None) -> tuple[Any, Array]:
        given = self.outputs if outputs is None else outputs
        return self.loss(given, self.targets, self.mask, self.weights)

    @property
    def name(self) -> str:
        return str(self.loss.name)  # type: ignore[attr-defined]

    @property
    def is_at_last(self) -> bool:
        return self.targets.ndim == (1 if self.name == "cross_entropy" else 2)

    def weight_of_steps(self) -> Array:
        """Weight of each step, computed in a loop: 0 if it is not counted."""
        found = np.zeros(self.mask.shape)
        class_weights = getattr(self.loss, "class_weights", None)
        for sample, row in enumerate(self.mask.tolist()):
            valid = [step for step, is_valid in enumerate(row) if is_valid]
            for step in valid[-1:] if self.is_at_last else valid:
                weight = 1.0 if self.weights is None else self.weights[sample, step]
                if class_weights is not None:
                    weight *= class_weights[
                        int(self.targets[sample] if self.is_at_last else self.targets[sample, step])
                    ]
                found[sample, step] = weight
        return found

    def rows(self, some: Any) -> Case:
        """The case with some of its samples."""
        weights = None if self.weights is None else self.weights[some]
        return Case(self.loss, self.outputs[some], self.targets[some], self.mask[some], weights)

    def count(self) -> float:
        return self.loss.count(self.outputs.shape, self.targets, self.mask, self.weights)


@st.composite
def cases(draw: st.DrawFn, *, weights: Any = None, class_weights: Any = None) -> Case:
    """Cases of every loss, its targets one a step or one a sample."""
    name, at_last = draw(st.sampled_from([*LOSSES])), draw(st.booleans())
    n_samples, n_steps, n_outputs = draw(st.integers(1, 4)), draw(st.integers(1, 5)), draw(st.integers(1, 4))
    lengths = draw(st.lists(st.integers(1, n_steps), min_size=n_samples, max_size=n_samples))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    mask = np.arange(n_steps) < np.array(lengths)[:, np.newaxis]
    outputs = rng.normal(size=(n_samples, n_steps, n_outputs)) * draw(st.sampled_from([0.1, 1.0, 30.0]))
    shape = (n_samples,) if at_last else (n_samples, n_steps)
    loss, padding = LOSSES[name], np.inf if name == "binary_cross_entropy" else np.nan
    targets = random_targets(name, rng, shape, n_outputs)
    if name == "cross_entropy":
        weighs = draw(st.booleans()) if class_weights is None else class_weights
        loss = CrossEntropy(
            rng.choice([0.0, 0.5, 2.0, 3.0], size=n_outputs) + np.eye(n_outputs)[0] if weighs else None,  # type: ignore[arg-type]
            label_smoothing=draw(st.sampled_from([0.0, 0.1])),
        )
    elif name == "huber":
        loss = Huber(draw(st.sampled_from([0.1, 1.0, 10.0])))
    elif name == "quantile":
        n_columns = draw(st.sampled_from([n for n in range(1, n_outputs + 1) if n_outputs % n == 0]))
        loss = Quantile(rng.uniform(0.05, 0.95, n_outputs // n_columns))  # type: ignore[arg-type]
        targets = rng.normal(size=(*shape, n_columns))
    if not at_last:
        targets[~mask] = padding
    weighed: Array | None = None
    if draw(st.booleans()) if weights is None else weights:
        weighed = rng.choice([0.0, 0.25, 1.0, 1.7, 3.0], size=mask.shape)
        weighed[~mask] = np.nan
    return Case(loss, outputs, targets, mask, weighed)


def by_hand(case: Case) -> float:
    """The loss as its definition says it, one number at a time."""
    found, total = [], []
    weight = case.weight_of_steps()
    for sample, step in np.argwhere(weight).tolist():
        row = case.outputs[sample, step].tolist()
        wanted = case.targets[sample] if case.is_at_last else case.targets[sample, step]
        if isinstance(case.loss, Quantile):
            each = [(q, t) for t in wanted for q in case.loss.quantiles]
            terms = [max(q * (t - z), (1 - q) * (z - t)) for z, (q, t) in zip(row, each, strict=True)]
        elif isinstance(case.loss, Huber):
            d, delta = [abs(z - t) for z, t in zip(row, wanted, strict=True)], case.loss.delta
            terms = [each**2 / 2 if each <= delta else delta * (each - delta / 2) for each in d]
        elif case.name == "cosine":
            sizes = math.hypot(*row) * math.hypot(*wanted)
            terms = [1 - math.fsum(z * t for z, t in zip(row, wanted, strict=True)) / sizes]
        elif case.name in ("mse", "mae"):
            power = 2 if case.name == "mse" else 1
            terms = [abs(z - t) ** power for z, t in zip(row, wanted, strict=True)]
        elif case.name == "binary_cross_entropy":
            terms = [(math.log1p(math.exp(-abs(z))) + max(z, 0.0)) - t * z for z, t in zip(row, wanted, strict=True)]
        else:
            e = case.loss.label_smoothing  # type: ignore[attr-defined]
            right = (1 - e) * row[int(wanted)] + e * math.fsum(row) / len(row)
            terms = [max(row) + math.log(math.fsum(math.exp(z - max(row)) for z in row)) - right]
        found += [weight[sample, step] * term for term in terms]
        total += [weight[sample, step]] * len(terms)
    return math.fsum(found) / math.fsum(total) if total else 0.0


@given(cases())
def test_value_is_the_weighted_mean_over_what_is_counted(case: Case) -> None:
    case.outputs[case.weight_of_steps() == 0] = np.nan
    value, _ = case()
    assert type(value) is float
    assert value == pytest.approx(by_hand(case), rel=1e-12, abs=1e-14)


@given(cases(), st.sampled_from([np.nan, np.inf, -np.inf]))
def test_gradient_is_that_of_the_complex_step(case: Case, padding: float) -> None:
    matters = case.weight_of_steps() > 0
    case.outputs[~matters] = padding
    _, gradient = case()
    assert gradient.shape == case.outputs.shape
    assert gradient.dtype == case.outputs.dtype
    assert np.all(gradient[~matters] == 0)
    for where in map(tuple, np.argwhere(matters)):
        for column in range(case.outputs.shape[2]):
            nudged = case.outputs.astype(complex)
            nudged[(*where, column)] += 1j * STEP
            value, _ = case(nudged)
            assert type(value) is complex
            assert gradient[(*where, column)] == pytest.approx(value.imag / STEP, rel=1e-12, abs=1e-12)


@given(cases())
def test_gradient_itself_is_holomorphic(case: Case) -> None:
    """Hessian products are complex steps through the gradient: with a quadratic in the small, they are symmetric."""
    matters = case.weight_of_steps() > 0
    rng = np.random.default_rng(0)
    u, v = (rng.normal(size=case.outputs.shape) * matters[:, :, np.newaxis] for _ in range(2))
    through_u = case(case.outputs + 1j * STEP * u)[1].imag / STEP
    through_v = case(case.outputs + 1j * STEP * v)[1].imag / STEP
    assert np.vdot(v, through_u) == pytest.approx(np.vdot(u, through_v), rel=1e-10, abs=1e-12)
    delta = 1e-6
    ahead, behind = (case(case.outputs + sign * delta * u)[1] for sign in (1, -1))
    np.testing.assert_allclose(through_u, (ahead - behind) / (2 * delta), rtol=1e-6, atol=1e-8)


@given(cases())
def test_count_is_what_the_mean_is_divided_by(case: Case) -> None:
    n_each = 1 if case.name in ("cross_entropy", "cosine") else case.outputs.shape[2]
    assert case.count() == pytest.approx(case.weight_of_steps().sum() * n_each, rel=1e-14)
    if case.weights is None and getattr(case.loss, "class_weights", None) is None:
        assert type(case.count()) is int


@given(cases())
def test_batches_weigh_by_their_counts(case: Case) -> None:
    parts = [case.rows(slice(0, 1)), case.rows(slice(1, None))] if len(case.outputs) > 1 else [case]
    total = sum(part.count() * part()[0] for part in parts)
    assert total == pytest.approx(case.count() * case()[0], rel=1e-12, abs=1e-14)
    assert sum(part.count() for part in parts) == pytest.approx(case.count(), rel=1e-14)


def test_unequal_lengths_weigh_by_steps_and_not_by_samples() -> None:
    outputs, targets = np.array([[[1.0], [9.0], [9.0]], [[2.0], [2.0], [2.0]]]), np.zeros((2, 3, 1))
    mask = np.array([[True, False, False], [True, True, True]])
    assert LOSSES["mse"](outputs, targets, mask)[0] == (1.0 + 3 * 4.0) / 4
    assert LOSSES["mse"].count(outputs.shape, targets, mask) == 4
    for name in ("mse", "binary_cross_entropy"):
        assert LOSSES[name].count((2, 3, 5), np.zeros((2, 3, 5)), mask) == 20
        assert LOSSES[name].count((2, 3, 5), np.zeros((2, 5)), mask) == 10
    assert CrossEntropy().count((2, 3, 5), np.zeros((2, 3)), mask) == 4
    assert CrossEntropy().count((2, 3, 5), np.zeros(2), mask) == 2


def test_targets_of_samples_are_those_of_each_last_valid_step() -> None:
    outputs = np.array([[[1.0, 2.0], [9.0, 9.0]], [[9.0, 9.0], [3.0, 5.0]]])
    mask = np.array([[True, False], [True, True]])
    value, gradient = LOSSES["mse"](outputs, np.array([[0.0, 0.0], [1.0, 1.0]]), mask)
    assert value == (1 + 4 + 4 + 16) / 4
    assert gradient.tolist() == [[[0.5, 1.0], [0, 0]], [[0, 0], [1.0, 2.0]]]
    value, gradient = LOSSES["binary_cross_entropy"](outputs * 0, np.array([[0.0, 1.0], [1.0, 1.0]]), mask)
    assert value == pytest.approx(math.log(2), rel=1e-15)
    assert gradient.tolist() == [[[0.125, -0.125], [0, 0]], [[0, 0], [-0.125, -0.125]]]


# Weights.


@given(cases(weights=True), st.booleans(), st.integers(0, 2**32 - 1))
def test_a_weight_of_0_is_a_mask_of_false_bit_for_bit(case: Case, only: bool, seed: int) -> None:
    keep = np.random.default_rng(seed).random(case.mask.shape) < 0.6
    if case.is_at_last:
        keep[:] = keep[:, :1]
    assert case.weights is not None
    if only:  # no weights against weights of 0 and 1
        case.weights[:] = 1.0
    masked = Case(case.loss, case.outputs, case.targets, case.mask & keep, None if only else case.weights)
    case.weights = np.where(keep, case.weights, 0.0)
    assert case.count() == masked.count()
    (value, gradient), (expected, there) = case(), masked()
    assert value == expected
    assert gradient.tobytes() == there.tobytes()


@pytest.mark.parametrize("name", [*LOSSES, "class weights"])
@pytest.mark.parametrize("at_last", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("order", ["samples first", "steps first"])
def test_weights_of_1_change_no_bit(name: str, at_last: bool, dtype: Any, order: str) -> None:
    rng = np.random.default_rng(2)
    outputs = rng.normal(size=(37, 29, 6)).astype(dtype)
    if order == "steps first":
        outputs = np.ascontiguousarray(outputs.transpose(1, 2, 0)).transpose(2, 0, 1)
    mask = np.arange(29) < rng.integers(1, 30, size=(37, 1))
    shape = (37,) if at_last else (37, 29)
    targets = random_targets("cross_entropy" if name == "class weights" else name, rng, shape, 6)
    loss = LOSSES.get(name, CrossEntropy([1.0] * 6))
    plain = LOSSES.get(name, CrossEntropy())
    value, gradient = plain(outputs, targets, mask)
    weighed, its_gradient = loss(outputs, targets, mask, np.ones(mask.shape))
    assert weighed == value
    assert its_gradient.tobytes() == gradient.tobytes()
    assert its_gradient.strides == gradient.strides
    assert its_gradient.dtype == dtype
    assert loss.count(outputs.shape, targets, mask, np.ones(mask.shape)) == plain.count(outputs.shape, targets, mask)


@given(cases(weights=True), st.integers(0, 2**32 - 1))
def test_a_whole_weight_is_as_many_samples(case: Case, seed: int) -> None:
    times = np.random.default_rng(seed).integers(0, 4, size=len(case.outputs))
    case.weights = None
    many = case.rows(np.repeat(np.arange(len(times)), times))
    case.weights = np.broadcast_to(times[:, np.newaxis].astype(float), case.mask.shape)
    assert case.count() == pytest.approx(many.count(), rel=1e-14)
    (value, gradient), (expected, there) = case(), many()
    assert value == pytest.approx(expected, rel=1e-12, abs=1e-14)
    summed = np.zeros_like(gradient)
    np.add.at(summed, np.repeat(np.arange(len(times)), times), there)
    np.testing.assert_allclose(gradient, summed, rtol=1e-12, atol=1e-14)


def test_weights_that_are_masked_are_refused_with_what_to_give_instead() -> None:
    with pytest.raises(DataError, match=r"(: |; |, )give 0 for what does not count$"):
        Weighted("mse", np.ma.masked_array([1.0, 2.0], [False, True]))
    with pytest.raises(DataError, match=r"(: |; |, )give 0 for what does not count$"):
        check_weights(np.ma.masked_array([1.0, 2.0], [False, True]), np.ones((2, 3), bool))


def test_masked_targets_of_a_custom_loss_are_refused_by_name() -> None:
    def half(outputs: Array, targets: Array, mask: Array) -> tuple[float, Array]:
        return 0.5, np.zeros_like(outputs)

    net = gn.compile(gn.graphs.elman(1, 2, 1), seed=0)
    with pytest.raises(DataError, match=r"^targets: "):
        net.value_and_grad(np.ones((1, 2, 1)), np.ma.masked_array(np.ones((1, 2, 1)), True), loss=half)


def test_class_weights_are_numbers_of_any_type() -> None:
    mixed = CrossEntropy(class_weights=[Fraction(1, 2), Decimal("0.25"), np.float32(2)])
    np.testing.assert_array_equal(mixed.class_weights, [0.5, 0.25, 2.0])


@given(cases(weights=True), st.sampled_from([1e-300, 0.3, 7.0, 1e307]), st.sampled_from([np.float32, np.float64]))
def test_the_scale_of_weights_does_not_matter(case: Case, scale: float, dtype: Any) -> None:
    outputs = case.outputs.astype(dtype)
    value, gradient = case(outputs)
    case.weights = case.weights * scale if case.weights is not None else None
    scaled, its_gradient = case(outputs)
    tolerance = 1e-6 if dtype == np.float32 else 1e-12
    assert scaled == pytest.approx(value, rel=tolerance, abs=1e-14)
    np.testing.assert_allclose(its_gradient, gradient, rtol=tolerance, atol=1e-30)


@given(cases(weights=True))
def test_where_all_weights_are_0_nothing_is_counted(case: Case) -> None:
    case.weights = np.zeros(case.mask.shape)
    value, gradient = case()
    assert type(value) is float
    assert value == 0
    assert case.count() == 0
    assert not gradient.any()
    assert gradient.shape == case.outputs.shape


@given(cases())
def test_where_nothing_is_valid_nothing_is_counted(case: Case) -> None:
    case.mask[:] = False
    value, gradient = case()
    assert value == case.count() == 0
    assert not gradient.any()


def test_classes_of_weight_0_are_left_out_exactly() -> None:
    outputs = np.array([[[0.0, 0.0], [np.nan, np.inf], [0.0, 0.0]]])
    loss, mask = CrossEntropy([0, 2]), np.ones((1, 3), bool)
    value, gradient = loss(outputs, np.array([[1, 0, 1]]), mask)
    assert value == pytest.approx(math.log(2), rel=1e-15)
    assert gradient.tolist() == [[[0.25, -0.25], [0, 0], [0.25, -0.25]]]
    assert loss.count((1, 3, 2), np.array([[1, 0, 1]]), mask) == 4
    assert loss.count((1, 3, 2), np.array([[1, 0, 1]]), mask, np.array([[0.5, 9, 3]])) == 7
    assert loss.count((1, 3, 2), np.array([[1, 0, 1]]), mask, np.array([[0.0, 9, 3]])) == 6


# Precision, memory, what is left alone.


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
@pytest.mark.parametrize("weighted", [False, True])
def test_float32_stays_float32_and_close_to_float64(name: str, weighted: bool) -> None:
    rng = np.random.default_rng(1)
    outputs, mask = rng.normal(size=(5, 400, 3)), np.ones((5, 400), dtype=bool)
    targets = random_targets(name, rng, mask.shape, 3)
    weights = rng.random(mask.shape) if weighted else None
    exact, exact_gradient = LOSSES[name](outputs, targets, mask, weights)
    value, gradient = LOSSES[name](outputs.astype(np.float32), targets, mask, weights)
    assert gradient.dtype == np.float32
    assert type(value) is float
    assert value == pytest.approx(exact, rel=1e-6)
    np.testing.assert_allclose(gradient, exact_gradient, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("name", ["cross_entropy", "binary_cross_entropy"])
@pytest.mark.parametrize("weights", [None, np.full((1, 100_000), 3.0)])
def test_many_small_terms_add_up_in_double_precision(name: str, weights: Array | None) -> None:
    """100,000 times the same float32 term: its mean is that term, to the last bits of double precision."""
    mask = np.ones((1, 100_000), bool)
    outputs = np.zeros((1, 100_000, 2), np.float32)
    targets = np.zeros(mask.shape, int) if name == "cross_entropy" else np.zeros(outputs.shape)
    value, _ = LOSSES[name](outputs, targets, mask, weights)
    assert value == pytest.approx(float(np.log(np.float32(2))), rel=1e-12)


@pytest.mark.parametrize("weights", [None, np.ones((1, 2))])
def test_squares_of_float32_do_not_overflow(weights: Array | None) -> None:
    outputs, targets = np.zeros((1, 2, 1), np.float32), np.array([[[1e25], [0.0]]])
    value, gradient = LOSSES["mse"](outputs, targets, np.ones((1, 2), bool), weights)
    assert value == pytest.approx(5e49)
    assert gradient.dtype == np.float32
    assert gradient.ravel().tolist() == [pytest.approx(-1e25), 0.0]


def test_nan_is_never_right() -> None:
    rows = np.array([[np.nan, 1.0], [2.0, np.nan], [0.0, 1.0]])
    assert LOSSES["cross_entropy"].hits(rows, np.array([0, 0, 1])).tolist() == [False, False, True]
    hits = LOSSES["binary_cross_entropy"].hits(rows, np.array([[0, 1], [1, 0], [1, 1]]))
    assert hits.tolist() == [[False, True], [True, False], [False, True]]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("order", ["samples first", "steps first"])
@pytest.mark.parametrize("at_last", [False, True])
def test_mse_allocates_one_array(dtype: Any, order: str, at_last: bool) -> None:
    outputs = np.ones((50, 40, 30), dtype=dtype)
    if order == "steps first":
        outputs = np.ones((40, 30, 50), dtype=dtype).transpose(2, 0, 1)
    targets = np.zeros((50, 30) if at_last else outputs.shape)
    mask = np.arange(40) < np.full((50, 1), 20)
    tracemalloc.start()
    value, _ = MeanSquaredError()(outputs, targets, mask)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert value == 1.0
    assert outputs.nbytes <= peak < 1.5 * outputs.nbytes + 200_000


def test_inputs_are_not_written_to() -> None:
    mask, weights = np.ones((1, 2), dtype=bool), np.array([[2.0, 3.0]])
    mask.flags.writeable = weights.flags.writeable = False
    for name, targets in [
        ("mse", np.ones((1, 2, 2))),
        ("mse", np.ones((1, 2))),
        ("binary_cross_entropy", np.ones((1, 2, 2))),
        ("cross_entropy", np.ones((1, 2))),
        ("cross_entropy", np.ones(1)),
        ("mae", np.zeros((1, 2, 2))),
        ("huber", np.zeros((1, 2, 2))),
        ("cosine", np.ones((1, 2, 2))),
    ]:
        outputs = np.array([[[1.0, 2.0], [3.0, 4.0]]])
        outputs.flags.writeable = targets.flags.writeable = False
        for given_weights in (None, weights):
            LOSSES[name](outputs, targets, mask, given_weights)
        assert outputs.ravel().tolist() == [1, 2, 3, 4]


def test_maxima_go_by_the_real_part() -> None:
    outputs = np.array([[[900.0 + 0j, 1j, 1e6j * STEP]]])
    value, gradient = CrossEntropy()(outputs, np.array([0]), np.array([[True]]))
    assert value == 0
    assert np.all(np.isfinite(gradient))


# Arguments that are refused, with their messages.

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
        ("mse", numbers(shape=(2, 3)), ["mse", "(2, 3)", "(n_samples, n_steps, n_outputs) = (2, 3, 2)", "= (2, 2)"]),
        ("mse", numbers((1, 2, 0)), ["nan is not a finite", "targets at sample 1, step 2, column 0", "; 1 such"]),
        ("mse", numbers((0, 1, 1), np.inf), ["inf", "sample 0, step 1, column 1:", "finite"]),
        ("mse", numbers((0, 1), -np.inf, (2, 2)), ["-inf", "targets at sample 0, column 1:", "finite"]),
        ("mse", numbers((slice(1, 2), 1), np.nan), ["sample 1, step 1, column 0", "; 2 such"]),
        ("mse", numbers().astype(complex), ["complex128", "real numbers"]),
        ("mse", [[["a", "b"]]], ["real numbers"]),
        ("binary_cross_entropy", numbers(shape=(3, 3, 2)), ["binary_cross_entropy", "(3, 3, 2)", "(2, 3, 2)"]),
        ("binary_cross_entropy", numbers((1, 0, 1), 0.5), ["0.5", "sample 1, step 0, column 1;", "0 or 1"]),
        ("binary_cross_entropy", numbers((1, 0), 2, (2, 2)), ["targets: 2 at sample 1, column 0;", "0 or 1"]),
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


def test_what_is_wrong_is_named_first_by_sample() -> None:
    targets = numbers((1, 0, 0))
    targets[0, 2, 1] = np.inf
    with pytest.raises(DataError, match=r"^targets at sample 0, step 2, column 1: inf is not a finite number; 2 such$"):
        LOSSES["mse"].check(SHAPE, targets, ALL)


@given(cases())
def test_check_takes_what_is_right_whatever_stands_where_nothing_counts(case: Case) -> None:
    if case.weights is not None and not case.is_at_last:
        case.targets[~(case.weights > 0)] = np.nan
    elif case.weights is not None:
        last = case.mask.sum(axis=1) - 1
        case.targets[~(case.weights[np.arange(len(last)), last] > 0)] = np.nan
    checked = case.loss.check(case.outputs.shape, case.targets, case.mask, case.weights)
    assert checked.dtype == (np.int64 if case.name == "cross_entropy" else np.float64)
    assert checked.shape == case.targets.shape
    value, gradient = case.loss(case.outputs, checked, case.mask, case.weights)
    expected, there = case()
    assert value == expected
    assert gradient.tobytes() == there.tobytes()


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("at_last", [False, True])
def test_check_looks_only_where_weights_are_positive(name: str, at_last: bool) -> None:
    shape = (2, 3, 3)
    targets = np.zeros_like(random_targets(name, np.random.default_rng(0), (2,) if at_last else (2, 3), 3))
    targets[1] = 0.5 if name.endswith("cross_entropy") else np.nan
    weights = np.array([[0.0, 0.0, 1.0], [5.0, 5.0, 0.0]]) if at_last else np.array([[1.0] * 3, [0.0] * 3])
    LOSSES[name].check(shape, targets, ALL, weights)
    weights[1, 2] = 1e-300
    with pytest.raises(DataError, match=r"sample 1(, step 2)?[;:,]"):
        LOSSES[name].check(shape, targets, ALL, weights)


def test_check_takes_lists_integers_and_booleans() -> None:
    assert LOSSES["mse"].check((1, 2, 1), [[[1], [2]]], np.ones((1, 2), dtype=bool)).dtype == np.float64
    assert LOSSES["binary_cross_entropy"].check((1, 1, 1), [[[True]]], np.ones((1, 1), dtype=bool)).item() == 1.0
    assert CrossEntropy().check((2, 1, 2), [True, False], np.ones((2, 1), dtype=bool)).tolist() == [1, 0]


def test_errors_name_the_targets_and_hint_only_where_it_helps() -> None:
    mask = np.ones((2, 3), bool)
    for loss in LOSSES.values():
        with pytest.raises(DataError, match=r"^targets are"):
            loss.check((2, 3, 3), np.full((2, 3, 1), "a"), mask)
    for name in ("mse", "binary_cross_entropy"):
        with pytest.raises(DataError, match=r"^targets at sample 1, step 0, column 0"):
            LOSSES[name].check((2, 3, 1), np.array([[[0.0]] * 3, [[np.nan]] * 3]), mask)
        for wrong in (np.zeros((2, 3)), np.zeros(2)):
            with pytest.raises(DataError, match=r"= \(2, 1\); try targets\[\.\.\., np\.newaxis\]$"):
                LOSSES[name].check((2, 3, 1), wrong, mask)
        with pytest.raises(DataError, match=r"= \(2, 3, 1\) or \(n_samples, n_outputs\) = \(2, 1\)$"):
            LOSSES[name].check((2, 3, 1), np.zeros((2, 4)), mask)


@pytest.mark.parametrize("one_hot", [(2, 3, 4), (2, 4)])
def test_classes_are_hinted_at_only_where_there_is_one_of_each(one_hot: tuple[int, ...]) -> None:
    with pytest.raises(DataError, match=r"= \(2,\); for one-hot targets try targets\.argmax\(axis=-1\)$"):
        CrossEntropy().check((2, 3, 4), np.zeros(one_hot), ALL)
    with pytest.raises(DataError, match=r"\(n_samples,\) = \(2,\)$"):
        CrossEntropy().check((2, 3, 4), np.zeros((2, 5)), ALL)
    with pytest.raises(DataError, match=r"\(n_samples,\) = \(2,\)$"):  # one-hot, but of other steps
        CrossEntropy().check((2, 3, 4), np.zeros((2, 5, 4)), ALL)


def test_losses_of_classes_know_right_answers() -> None:
    assert (MeanSquaredError.has_hits, CrossEntropy.has_hits, BinaryCrossEntropy.has_hits) == (False, True, True)
    rows = np.array([[0.0, 0.5], [2.0, -1.0]])
    assert CrossEntropy().hits(rows, np.array([1, 1])).tolist() == [True, False]
    assert BinaryCrossEntropy().hits(rows, np.array([[0, 1], [1, 1]])).tolist() == [[True, True], [True, False]]
    assert BinaryCrossEntropy().hits(rows, np.array([[1, 0], [0, 0]])).tolist() == [[False, False], [False, True]]


def test_classes_that_do_not_count_are_0_whatever_they_are() -> None:
    mask = np.array([[True, False, False], [True, True, True]])
    found = CrossEntropy().check((2, 3, 1), np.array([[0, 9, np.nan], [0, 0, 0]]), mask)
    assert found.tolist() == [[0, 0, 0], [0, 0, 0]]
    assert CrossEntropy().check((1, 2, 3), [[2, 7]], np.array([[True, False]])).tolist() == [[2, 0]]


@pytest.mark.parametrize(
    ("class_weights", "said"),
    [
        ([1, -1], "class_weights: -1 for class 1; must be a finite number >= 0"),
        ([np.nan, 1], "class_weights: nan for class 0"),
        ([1, 1, np.inf], "class_weights: inf for class 2"),
        ([[1, 2]], "class_weights: shape (1, 2); must be (n_outputs,)"),
        (2.0, "class_weights: shape ()"),
        ([0, 0], "class_weights: none is positive"),
        ([], "class_weights: none is positive"),
        (["a"], "class_weights are <U1, not real numbers"),
    ],
)
def test_class_weights_that_are_none(class_weights: Any, said: str) -> None:
    with pytest.raises(DataError) as caught:
        CrossEntropy(class_weights)
    assert said in str(caught.value)


def test_class_weights_are_one_for_each_output() -> None:
    loss = CrossEntropy(np.array([0, 3], dtype=np.float32))  # type: ignore[arg-type]
    assert loss == CrossEntropy((0.0, 3.0))
    assert hash(loss) == hash(CrossEntropy([0, 3]))
    assert loss.check((1, 1, 2), [1], np.array([[True]])).tolist() == [1]
    for n_outputs in (1, 3):
        with pytest.raises(DataError, match=rf"^class_weights: 2 for {n_outputs} outputs; there must be one for each$"):
            loss.check((1, 1, n_outputs), [0], np.array([[True]]))


def test_weights_are_checked_at_valid_steps() -> None:
    mask = np.array([[True, True], [True, False]])
    found = check_weights([[1, 0], [2, np.nan]], mask)
    assert found.dtype == np.float64
    assert found[mask].tolist() == [1, 0, 2]
    assert check_weights([True, 2], mask).tolist() == [[1, 1], [2, 2]]
    for weights, said in [
        (
            [[1, 1], [np.nan, 1]],
            "weights: nan at sample 1, step 0; must be a finite number >= 0; 1 such at valid steps",
        ),
        (
            [[-1, np.inf], [1, 1]],
            "weights: -1 at sample 0, step 0; must be a finite number >= 0; 2 such at valid steps",
        ),
        ([1, np.inf], "weights: inf at sample 1; must be a finite number >= 0; 1 such at valid steps"),
        ([1, 1, 1], "weights: shape (3,); must be (n_samples,) = (2,) or (n_samples, n_steps) = (2, 2)"),
        (np.ones((2, 3)), "weights: shape (2, 3)"),
        (1.0, "weights: shape ()"),
        ([1j, 2], "weights are complex128, not real numbers"),
    ]:
        with pytest.raises(DataError) as caught:
            check_weights(weights, mask)
        assert said in str(caught.value)
    assert check_weights([np.nan, 1], np.array([[False], [True]]))[1, 0] == 1


def test_counted_rows_come_with_their_places() -> None:
    mask = np.array([[True, True, False], [True, False, False], [True, True, True]])
    weights = np.array([[1.0, 2, 9], [0, 9, 9], [1, 0, 3]])
    for targets, expected in [
        (np.array([5, 6, 7]), [(0, 1, 5), (2, 2, 7)]),
        (np.arange(9).reshape(3, 3), [(0, 0, 0), (0, 1, 1), (2, 0, 6), (2, 2, 8)]),
    ]:
        found, wanted = counted_rows(CrossEntropy(), targets, mask, weights)
        assert list(zip(*np.divmod(found, 3), wanted, strict=True)) == expected
        assert rows_at(np.arange(9).reshape(3, 3), found).tolist() == found.tolist()
        assert rows_at(np.arange(9).reshape(3, 3).T, found).tolist() == [3 * (i % 3) + i // 3 for i in found]
    assert counted_steps(np.array([[True, False, True, False], [False] * 4]), True).tolist() == [
        [False, False, True, False],
        [False] * 4,
    ]


# Weights bound to a batch.


def problem() -> tuple[Any, Array, Array, list[int]]:
    rng = np.random.default_rng(0)
    net = gn.compile(gn.graphs.elman(2, 3, 2), seed=0)
    return net, rng.normal(size=(3, 4, 2)), rng.normal(size=(3, 4, 2)), [4, 1, 3]


def test_a_network_takes_a_weighted_loss() -> None:
    net, inputs, targets, lengths = problem()
    value, gradient = net.value_and_grad(inputs, targets, loss=Weighted("mse", [2, 0, 1]), lengths=lengths)
    some = [0, 0, 2]
    expected, there = net.value_and_grad(inputs[some], targets[some], lengths=[4, 4, 3])
    assert value == pytest.approx(expected, rel=1e-13)
    np.testing.assert_allclose(gradient, there, rtol=1e-11, atol=1e-15)
    steps = np.full((3, 4), np.nan)
    steps[0], steps[1, :1], steps[2, :3] = [1, 1, 1, 1], 0, [1, 1, 0]
    value, gradient = net.value_and_grad(inputs, targets, loss=Weighted("mse", steps), lengths=lengths)
    expected, there = net.value_and_grad(inputs[[0, 2]], targets[[0, 2]], lengths=[4, 2])
    assert value == pytest.approx(expected, rel=1e-13)
    np.testing.assert_allclose(gradient, there, rtol=1e-11, atol=1e-15)


def test_hessian_products_and_gradient_checks_take_a_weighted_loss() -> None:
    net, inputs, targets, lengths = problem()
    loss = Weighted("mse", [1.0, 2.0, 0.5])
    direction = np.random.default_rng(1).normal(size=len(net.parameters))
    product = net.hvp(inputs, targets, direction, loss=loss, lengths=lengths)
    start, found = net.parameters.copy(), []
    for sign in (1, -1):
        net.parameters = start + sign * 1e-6 * direction
        found.append(net.value_and_grad(inputs, targets, loss=loss, lengths=lengths)[1])
    np.testing.assert_allclose(product, (found[0] - found[1]) / 2e-6, rtol=1e-6, atol=1e-8)
    net.parameters = start
    report = gn.testing.check_gradients(net, inputs, targets=targets, loss=loss, lengths=lengths)
    assert not report.wrong


def test_targets_of_weight_0_may_be_missing() -> None:
    net, inputs, _, _ = problem()
    values = [
        net.value_and_grad(inputs, classes, loss=Weighted({"name": "cross_entropy"}, [1, 0, 1]))
        for classes in ([0, np.nan, 1], [0, 1, 1])
    ]
    assert values[0][0] == values[1][0]
    assert values[0][1].tobytes() == values[1][1].tobytes()


def test_weights_in_weights_multiply() -> None:
    outputs, targets, mask = np.array([[[1.0]], [[2.0]]]), np.zeros((2, 1, 1)), np.ones((2, 1), bool)
    loss = Weighted(Weighted("mse", [1, 2]), [3, 1])
    assert isinstance(loss, Loss)
    assert loss(outputs, targets, mask)[0] == (3 * 1 + 2 * 4) / 5
    assert loss.count((2, 1, 1), targets, mask) == 5
    assert loss.count((2, 1, 1), targets, mask, np.array([[0.0], [2.0]])) == 4
    assert loss(outputs, targets, mask, np.array([[0.0], [2.0]]))[0] == 4
    assert loss.at_last(np.zeros((2, 1)), mask)
    assert not loss.at_last(targets, mask)
    assert pickle.loads(pickle.dumps(loss))(outputs, targets, mask)[0] == loss(outputs, targets, mask)[0]


def test_weights_that_do_not_fit_the_batch() -> None:
    net, inputs, targets, lengths = problem()
    for weights, said in [
        ([1, 1], r"^weights: shape \(2,\); must be \(n_samples,\) = \(3,\) or \(n_samples, n_steps\) = \(3, 4\)$"),
        ([1, -2, 1], r"^weights: -2 at sample 1;"),
        (np.diag([1.0, 1.0, np.nan, 0])[:3], r"^weights: nan at sample 2, step 2;"),
    ]:
        with pytest.raises(DataError, match=said):
            net.value_and_grad(inputs, targets, loss=Weighted("mse", weights), lengths=lengths)
    with pytest.raises(DataError, match=r"^weights are"):
        Weighted("mse", ["a"])
    with pytest.raises(DataError, match=r"^loss: 'nse'"):
        Weighted("nse", [1])


# Names, settings, functions.


def absolute(outputs: Array, targets: Array, mask: Array) -> tuple[float, Array]:
    return 3.0, np.sign(outputs - targets)


def test_resolve_by_name_object_and_function() -> None:
    assert resolve_loss("mse") == MeanSquaredError()
    mine = CrossEntropy([1, 2])
    assert resolve_loss(mine) is mine
    plain = resolve_loss(absolute)
    assert isinstance(plain, Loss)
    assert plain.check(SHAPE, [["anything"]], ALL).tolist() == [["anything"]]
    assert plain(np.ones(SHAPE), np.zeros(SHAPE), ALL)[0] == 3.0
    assert plain.count(SHAPE, np.zeros(SHAPE), ALL) == 6
    assert resolve_loss(plain) is plain


def test_a_plain_function_says_by_its_targets_shape_whether_they_are_of_steps() -> None:
    plain = resolve_loss(absolute)
    for targets, at_last in [((2,), True), ((2, 3), False), ((2, 3, 2), False), ((2, 2), True), ((2, 2, 3), True)]:
        assert plain.at_last(np.zeros(targets), ALL) is at_last


def test_a_plain_function_takes_no_weights() -> None:
    plain, ones = resolve_loss(absolute), np.ones((2, 3))
    for call in (
        lambda: plain(np.ones(SHAPE), np.zeros(SHAPE), ALL, ones),
        lambda: plain.check(SHAPE, np.zeros(SHAPE), ALL, ones),
        lambda: plain.count(SHAPE, np.zeros(SHAPE), ALL, ones),
        lambda: Weighted(absolute, ones),
    ):
        with pytest.raises(DataError, match=r"^weights: the function absolute takes none; .*check, count and at_last"):
            call()


@pytest.mark.parametrize("loss", ["nse", 3, None, CrossEntropy])
def test_resolve_names_what_there_is(loss: Any) -> None:
    with pytest.raises(DataError) as caught:
        resolve_loss(loss)
    for words in ["loss", repr(loss), "'mse'", "'cross_entropy'", "'binary_cross_entropy'"]:
        assert words in str(caught.value)


class Half:
    """A loss object as it was before targets could be of samples."""

    def __call__(self, outputs: Array, targets: Array, mask: Array) -> tuple[float, Array]:
        return 0.0, outputs * 0

    def check(self, outputs_shape: Any, targets: Any, mask: Array) -> Array:
        return np.asarray(targets)

    def __repr__(self) -> str:
        return "Half()"


def test_half_a_loss_object_is_no_function() -> None:
    message = r"^loss: Half\(\) lacks count and at_last; a loss object has check, count, at_last, a function none"
    with pytest.raises(DataError, match=message):
        resolve_loss(Half())


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"name": "cross_entropy", "clas_weights": 1}, "has no setting 'clas_weights'; did you mean 'class_weights'?"),
        ({"name": "cross_entropy", "x": 1, "y": 2}, "loss: cross_entropy has no setting 'y'; it has class_weights"),
        ({"name": "mse", "scale": 2}, "loss: mse has no setting 'scale'; it has none"),
        ({"name": "nse"}, "loss: 'nse'; did you mean 'mse'?"),
        ({"class_weights": [1]}, "loss: None; must be one of"),
        ({"name": "cross_entropy", "class_weights": [-1]}, "class_weights: -1 for class 0"),
    ],
)  # fmt: skip
def test_settings_that_are_wrong(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(DataError) as caught:
        resolve_loss(settings)
    assert said in str(caught.value)


@dataclass(frozen=True)
class ScaledError(MeanSquaredError):
    """A loss of a user's own, with a setting."""

    name: ClassVar[str] = "scaled"
    scale: float = 1.0


def test_settings_come_back_as_what_was_resolved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LOSSES, "scaled", ScaledError(2.0))
    monkeypatch.setitem(LOSSES, "distance", resolve_loss(absolute))
    for loss, expected in [
        (MeanSquaredError(), "mse"),
        (BinaryCrossEntropy(), "binary_cross_entropy"),
        (CrossEntropy(), "cross_entropy"),
        (CrossEntropy([1, 2]), {"name": "cross_entropy", "class_weights": [1.0, 2.0]}),
        (ScaledError(2.0), "scaled"),
        (ScaledError(1.0), {"name": "scaled", "scale": 1.0}),
    ]:
        settings = settings_of_loss(loss)
        assert settings == expected
        assert resolve_loss(settings) == loss
    assert settings_of_loss(resolve_loss(absolute)) == "distance"
    assert resolve_loss("distance").function is absolute  # type: ignore[attr-defined]
    given_settings = {"name": "mse"}
    assert resolve_loss(given_settings) is LOSSES["mse"]
    assert given_settings == {"name": "mse"}
    with pytest.raises(DataError, match="distance has no setting 'function'; it has none"):
        resolve_loss({"name": "distance", "function": absolute})
    assert settings_of_loss(Weighted(CrossEntropy([1, 2]), [1])) == {"name": "cross_entropy", "class_weights": [1, 2]}


class Whole(Half):
    """A loss object without settings."""

    def count(self, outputs_shape: Any, targets: Array, mask: Array, weights: Any = None) -> float:
        return 1.0

    def at_last(self, targets: Array, mask: Array) -> bool:
        return False


def test_an_object_without_settings_is_there_by_its_name_in_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings_of_loss(Whole()) == "Whole"
    monkeypatch.setitem(LOSSES, "mine", Whole())
    assert settings_of_loss(Whole()) == "mine"
    assert resolve_loss("mine") is LOSSES["mine"]
    assert resolve_loss(mine := Whole()) is mine


def test_a_loss_of_ones_own_is_there_by_its_name_only() -> None:
    assert settings_of_loss(resolve_loss(absolute)) == "absolute"
    assert settings_of_loss(ScaledError()) == "ScaledError"


@pytest.mark.parametrize("name", LOSSES)
def test_losses_pickle(name: str) -> None:
    assert pickle.loads(pickle.dumps(LOSSES[name])) == LOSSES[name]


def test_a_quantile_is_where_its_loss_is_least() -> None:
    """The best constant answers are the quantiles of the targets, whatever their number."""
    targets = np.random.default_rng(0).normal(size=(1, 10_001, 2)) * [1.0, 5.0] + [0.0, 3.0]
    mask = np.ones((1, 10_001), bool)
    loss = Quantile([0.1, 0.5, 0.9])
    best = np.quantile(targets[0], [0.1, 0.5, 0.9], axis=0).T.ravel()
    least, gradient = loss(np.tile(best, (1, 10_001, 1)), targets, mask)
    assert np.abs(gradient.sum(axis=1)).max() < 1e-4
    for k in range(6):
        for off in (-0.1, 0.1):
            assert loss(np.tile(best + off * np.eye(6)[k], (1, 10_001, 1)), targets, mask)[0] > least


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Huber(0), r"^delta: 0; must be a positive finite number$"),
        (lambda: Huber(np.inf), r"^delta: inf; must be a positive finite number$"),
        (lambda: Huber("1"), r"^delta: '1'; must be a positive finite number$"),  # type: ignore[arg-type]
        (lambda: Quantile([0.5, 1.0]), r"^quantiles: 1; must be above 0 and below 1$"),
        (lambda: Quantile([np.nan]), r"^quantiles: nan; must be above 0 and below 1$"),
        (lambda: Quantile([]), r"^quantiles: shape \(0,\); must be a number or a list of numbers between 0 and 1$"),
        (lambda: CrossEntropy(label_smoothing=1.0), r"^label_smoothing: 1.0; must be a number >= 0 and below 1$"),
        (lambda: CrossEntropy(label_smoothing=True), r"^label_smoothing: True; must be a number >= 0 and below 1$"),
        (
            lambda: Quantile().check((2, 3, 4), np.zeros((2, 3, 1)), ALL),
            r"^quantile: 4 outputs are no multiple of 3 quantiles; the network needs 3 for each column of the targets$",
        ),
    ],
)
def test_settings_of_losses_say_what_is_allowed(make: Any, said: str) -> None:
    with pytest.raises(DataError, match=said):
        make()


def test_settings_of_losses_are_numbers_of_any_type() -> None:
    assert Huber(Decimal("0.5")) == Huber(Fraction(1, 2)) == Huber(0.5)  # type: ignore[arg-type]
    assert Quantile(0.5) == Quantile([Fraction(1, 2)])  # type: ignore[arg-type]
    assert resolve_loss({"name": "quantile", "quantiles": [0.25, 0.75]}) == Quantile((0.25, 0.75))
    assert settings_of_loss(Quantile([0.5])) == {"name": "quantile", "quantiles": [0.5]}
    assert settings_of_loss(CrossEntropy(label_smoothing=0.1)) == {"name": "cross_entropy", "label_smoothing": 0.1}


@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_direction_has_no_length(scale: float, dtype: Any) -> None:
    outputs, targets = np.array([[[3.0, 4.0]]]), np.array([[[2.0, 0.0]]])
    mask = np.ones((1, 1), bool)
    exact, slope = Cosine()(outputs, targets, mask)
    value, gradient = Cosine()((outputs * scale).astype(dtype), targets / scale, mask)
    assert value == pytest.approx(exact, rel=1e-6)
    np.testing.assert_allclose(gradient.astype(float) * scale, slope, rtol=1e-6)


def test_zeros_have_no_direction() -> None:
    outputs, targets = np.array([[[0.0, 0.0], [1.0, 0.0]]]), np.array([[[1.0, 0.0], [0.0, 0.0]]])
    value, gradient = Cosine()(outputs, targets, np.ones((1, 2), bool))
    assert value == 1.0
    assert not gradient.any()


def test_kinks_have_slope_0() -> None:
    outputs, mask = np.ones((1, 1, 3)), np.ones((1, 1), bool)
    assert not LOSSES["mae"](outputs, np.ones((1, 1, 3)), mask)[1].any()
    assert not LOSSES["quantile"](outputs, np.ones((1, 1, 1)), mask)[1].any()


# Last, because importing torch takes longer than all other tests.


@pytest.mark.torch
@given(cases())
def test_what_torch_says(case: Case) -> None:
    torch = pytest.importorskip("torch")
    functional = torch.nn.functional
    weight = case.weight_of_steps()
    samples, steps = np.nonzero(case.mask if not case.is_at_last else counted_steps(case.mask, True))
    if not weight.any():
        return
    outputs = torch.tensor(case.outputs, requires_grad=True)
    rows = outputs[samples, steps]
    wanted = torch.tensor(case.targets[samples] if case.is_at_last else case.targets[samples, steps])
    if case.name == "mse":
        terms = functional.mse_loss(rows, wanted, reduction="none")
    elif case.name == "binary_cross_entropy":
        terms = functional.binary_cross_entropy_with_logits(rows, wanted, reduction="none")
    elif case.name == "mae":
        terms = functional.l1_loss(rows, wanted, reduction="none")
    elif isinstance(case.loss, Huber):
        terms = functional.huber_loss(rows, wanted, reduction="none", delta=case.loss.delta)
    elif isinstance(case.loss, Quantile):
        q = torch.tensor(case.loss.quantiles, dtype=torch.float64).tile(wanted.shape[1])
        ahead = wanted.repeat_interleave(len(case.loss.quantiles), dim=1) - rows
        terms = torch.maximum(q * ahead, (q - 1) * ahead)
    elif case.name == "cosine":
        terms = (1 - functional.cosine_similarity(rows, wanted, eps=1e-300))[:, None]
    else:
        e = case.loss.label_smoothing  # type: ignore[attr-defined]
        terms = functional.cross_entropy(rows, wanted.long(), reduction="none", label_smoothing=e)[:, None]
    column = torch.tensor(weight[samples, steps])[:, None].expand_as(terms)
    loss = (column * terms).sum() / column.sum()
    # torch smooths with the weights of all classes, not with that of the right one
    is_weighed = isinstance(case.loss, CrossEntropy) and case.loss.class_weights is not None
    if is_weighed and not case.loss.label_smoothing and case.weights is None:  # type: ignore[attr-defined]
        by_class = torch.tensor(case.loss.class_weights, dtype=torch.float64)  # type: ignore[attr-defined]
        loss = torch.nn.CrossEntropyLoss(weight=by_class, reduction="mean")(rows, wanted.long())
    loss.backward()
    value, gradient = case()
    assert value == pytest.approx(loss.item(), rel=1e-12, abs=1e-14)
    np.testing.assert_allclose(gradient, outputs.grad.numpy(), rtol=1e-11, atol=1e-14)
