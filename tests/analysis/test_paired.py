"""Statistics of paired differences: beside all signs one by one, SciPy, and simulations."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from graphnet.analysis import paired
from graphnet.analysis.paired import (
    adjust_holm,
    bootstrap_interval,
    fewest_seeds,
    seeds_for_power,
    sign_flip_p,
)

from ..profiles import scaled

NULL = 1000
"""Number of simulations in which graphs do not differ."""


def slowly(differences: list[Fraction]) -> Fraction:
    """The p of the sign-flip test, one sum of fractions after the other."""
    found = abs(sum(differences))
    sums = [
        sum(s * d for s, d in zip(signs, differences, strict=True))
        for signs in product((1, -1), repeat=len(differences))
    ]
    return Fraction(sum(abs(each) >= found for each in sums), len(sums))


@given(st.lists(st.fractions(-3, 3, max_denominator=10), min_size=1, max_size=8))
@settings(max_examples=scaled(100))
def test_p_is_the_share_of_all_signs(differences: list[Fraction]) -> None:
    """Tenths have no exact binary form: sums that are equal differ by rounding, and must count as equal."""
    assert sign_flip_p(np.array(differences, np.float64)) == float(slowly(differences))


def test_p_of_a_hand_made_table() -> None:
    """Of the 64 signs of 1, 2, 3, 4, 5, 1 14 has either 1 negative, 16 none: three, and three turned."""
    assert sign_flip_p(np.array([1.0, 2, 3, 4, 5, -1])) == 6 / 64
    assert sign_flip_p(np.array([0.1, 0.2, 0.3])) == 0.25
    assert sign_flip_p(np.array([0.1, 0.2, -0.3])) == 1.0  # 5.6e-17 in floating point
    assert sign_flip_p(np.array([0.5])) == 1.0
    assert sign_flip_p(np.zeros(7)) == 1.0
    assert sign_flip_p(np.array([1.0, 1, 1, 1, 1, 1])) == 2 / 64
    assert sign_flip_p(np.array([1.0, 1, 1, 1, 1, 1, 0, 0])) == 2 / 64  # zeros say nothing


def test_p_is_that_of_scipy() -> None:
    differences = np.random.default_rng(0).normal(0.4, 1.0, 9)
    found = stats.permutation_test((differences,), np.sum, permutation_type="samples", n_resamples=2**9)
    assert sign_flip_p(differences) == pytest.approx(found.pvalue, rel=1e-12)


@pytest.mark.parametrize("n", [19, 20])
def test_p_of_whole_numbers_by_counting_how_often_each_sum_occurs(n: int) -> None:
    rng = np.random.default_rng(n)
    whole = rng.permutation(np.arange(n)) * rng.choice([1, 1, 1, -1], n)
    counts = {0: 1}
    for each in whole.tolist():
        turned: dict[int, int] = {}
        for total, count in counts.items():
            for other in (total + each, total - each):
                turned[other] = turned.get(other, 0) + count
        counts = turned
    wanted = sum(count for total, count in counts.items() if abs(total) >= abs(whole.sum())) / 2**n
    assert sign_flip_p(whole / 10) == wanted  # tenths, whose sums are rounded


def test_beyond_20_seeds_signs_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    differences = np.random.default_rng(1).normal(0.5, 1.0, 21)
    drawn = sign_flip_p(differences)
    monkeypatch.setattr(paired, "N_EXACT", 21)
    exact = sign_flip_p(differences)
    assert drawn == pytest.approx(exact, abs=5 * math.sqrt(exact / 100_000))
    assert (drawn * 100_001) % 1 == pytest.approx(0, abs=1e-6)
    monkeypatch.setattr(paired, "N_EXACT", 20)
    assert sign_flip_p(np.ones(40)) == 1 / 100_001  # no p is 0


@pytest.mark.parametrize("n", [6, 12])
@pytest.mark.parametrize("zeros", [0, 3])
def test_no_p_is_too_small_where_graphs_do_not_differ(n: int, zeros: int) -> None:
    """P(p <= a) <= a, up to 4 standard errors of a thousand simulations."""
    rng = np.random.default_rng(n + zeros)
    differences = rng.normal(size=(NULL, n)).round(1) * rng.choice([1.0, 10.0], (NULL, n))
    differences[:, :zeros] = 0
    p = np.array([sign_flip_p(each) for each in differences])
    for level in (0.05, 0.2):
        assert (p <= level).mean() <= level + 4 * math.sqrt(level * (1 - level) / NULL)
    assert (p <= 0.25).mean() > 0.1  # and it is no test that never says anything


def test_the_level_holds_exactly_for_all_signs() -> None:
    """Over all signs of one table, which are alike if graphs do not differ, it is no approximation."""
    sizes = np.array([0.0, 0.3, 0.3, 1.0, 0.1, 2.0, 0.7])
    p = np.array([sign_flip_p(sizes * signs) for signs in product((1, -1), repeat=7)])
    for level in (0.05, 0.2, *np.unique(p).tolist()):
        assert (p <= level).mean() <= level + 1e-12


def test_the_interval_is_a_percentile_bootstrap() -> None:
    differences = np.random.default_rng(0).normal(size=12)
    low, high = bootstrap_interval(differences, 10_000)
    found = stats.bootstrap(
        (differences,), np.mean, n_resamples=10_000, method="percentile", rng=np.random.default_rng(1)
    ).confidence_interval
    assert (low, high) == (pytest.approx(found.low, abs=0.02), pytest.approx(found.high, abs=0.02))
    assert bootstrap_interval(differences, 10_000) == (low, high)
    assert all(map(math.isnan, bootstrap_interval(differences[:1], 10)))


def test_the_interval_is_made_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    differences = np.random.default_rng(0).normal(size=12)
    whole = bootstrap_interval(differences, 100)
    monkeypatch.setattr(paired, "_AT_ONCE", 12 * 7)
    assert bootstrap_interval(differences, 100) == whole


@given(st.lists(st.floats(0, 1), max_size=6))
@settings(max_examples=scaled(100))
def test_holm_is_a_series_of_bonferroni_tests(p: list[float]) -> None:
    """A test is passed if it and all with a smaller p are, each at the level over the number of those that are left."""
    adjusted = adjust_holm(np.array(p))
    for level in (0.01, 0.05, 0.3):
        order = sorted(range(len(p)), key=p.__getitem__)
        passed = []
        for place, i in enumerate(order):
            if p[i] * (len(p) - place) > level:
                break
            passed.append(i)
        assert set(np.flatnonzero(adjusted <= level).tolist()) == set(passed)


def test_seeds_that_a_power_takes() -> None:
    """By tables of the t-test: 34 pairs for a difference of half a deviation, 199 for a fifth."""
    assert [seeds_for_power(size, 1.0, 0.05) for size in (0.5, 0.2)] == [34, 199]
    assert [seeds_for_power(size, 1.0, 0.05) for size in (100.0, 1e-9)] == [6, 10_000_000]
    assert seeds_for_power(0.5, 0.0, 0.05) == 6
    assert seeds_for_power(0.5, 0.0, 0.05 / 3) == fewest_seeds(0.05 / 3) == 7
    assert seeds_for_power(1.0, 2.0, 0.05) == seeds_for_power(0.5, 1.0, 0.05)


@pytest.mark.parametrize("n", [6, 7, 10])
def test_the_least_p_is_that_of_differences_of_one_sign(n: int) -> None:
    least = sign_flip_p(np.arange(1.0, n + 1))
    assert least == 2.0 ** (1 - n)
    assert (fewest_seeds(least), fewest_seeds(least * 1.01)) == (n + 1, n)


def test_the_power_is_that_of_the_test() -> None:
    """The t-test stands in for the sign-flip test, whose power is a little less."""
    rng = np.random.default_rng(0)
    n = seeds_for_power(1.0, 1.0, 0.05)
    told = np.mean([sign_flip_p(rng.normal(1.0, 1.0, n)) < 0.05 for _ in range(1000)])
    assert 0.74 < told < 0.86


def test_no_memory_for_all_signs_at_once() -> None:
    import tracemalloc

    differences: Any = np.random.default_rng(0).normal(size=20)
    tracemalloc.start()
    sign_flip_p(differences)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 1 << 20
