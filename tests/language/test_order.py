"""Tests of orders of many rows: counting and comparison sorts agree."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphnet.language import order
from graphnet.language.order import are_distinct, count_sort, distinct, has_repeats, is_sorted, narrow, stable_order


@pytest.fixture(params=[0, 1 << 30], ids=["counted", "compared"])
def how(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sort rows of any number by counting, and by comparison."""
    monkeypatch.setattr(order, "LARGE", request.param)


@pytest.mark.parametrize("size", [2**62, 2**60, 2**40, 300])
@pytest.mark.usefixtures("how")
def test_sorting_by_columns_does_not_overflow(size: int) -> None:
    """One number holds all columns only where it fits, and only few keys are counted."""
    first, second = np.array([2, 0, 2, 1, 0, 2]), np.array([5, size - 1, 0, 7, 3, size - 1])
    third = np.array([1, 0, 1, 0, 2, 2])
    found = stable_order((first, 3), (second, size), (third, 3))
    assert found.tolist() == np.lexsort([third, second, first]).tolist()
    assert found.dtype == np.int32
    assert stable_order((np.array([2, 0, 1, 0]), 3)).tolist() == [1, 3, 2, 0]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(0, 1)), max_size=30), st.booleans())
def test_counting_is_stable(rows: list[tuple[int, int, int]], counted: bool) -> None:
    columns = np.array(rows, np.int64).reshape(-1, 3).T
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(order, "LARGE", 0 if counted else 1 << 30)
        found = stable_order(*zip(columns, (4, 3, 2), strict=True))
        assert found.tolist() == np.lexsort(columns[::-1]).tolist()
        by_first = np.argsort(columns[0], kind="stable")
        first, carried, other = count_sort(columns[0], 4, columns[1], columns[2] / 2)
        assert carried.tolist() == columns[1][by_first].tolist()
        assert other.tolist() == (columns[2][by_first] / 2).tolist()
        assert first.tolist() == np.searchsorted(columns[0][by_first], np.arange(5)).tolist()
        pairs = list(zip(*columns[:2].tolist(), strict=True))
        assert has_repeats(4, *columns[:2]) == (len(set(pairs)) < len(pairs))


@given(st.lists(st.integers(0, 9), max_size=12), st.sampled_from([10, 1 << 20]))
def test_distinct_codes_are_those_of_unique(codes: list[int], bound: int) -> None:
    given_codes = np.array(codes, np.int64)
    wanted, place = np.unique(given_codes, return_inverse=True)
    found, position = distinct(given_codes, bound)
    assert found.tolist() == wanted.tolist()
    assert position.tolist() == place.tolist()
    assert are_distinct(given_codes, bound) == (len(wanted) == len(codes))
    assert is_sorted(given_codes) == (codes == sorted(codes))


@pytest.mark.parametrize("columns", [(False, False), (True, False), (False, True)])
def test_large_pairs(columns: tuple[bool, bool]) -> None:
    """Pairs in either order, or in none, without and with one that is repeated."""
    rng = np.random.default_rng(0)
    pairs = np.unique(rng.integers(0, 500**2, 2 * order.LARGE))
    major, minor = np.divmod(pairs, 500)
    assert len(pairs) > order.LARGE
    place = np.arange(len(pairs)) if any(columns) else rng.permutation(len(pairs))
    source, target = (major, minor) if columns[0] else (minor, major)
    assert not has_repeats(500, source[place], target[place])
    source, target = np.append(source[place], source[7]), np.append(target[place], target[7])
    assert has_repeats(500, source, target)


def test_only_numbers_that_fit_become_narrow() -> None:
    assert narrow(np.array([2**31 - 1])).dtype == np.int32
    assert narrow(np.array([2**31])).dtype == np.int64
    assert narrow(np.array([-(2**31) - 1])).dtype == np.int64
    assert narrow(np.zeros(0, np.int64)).dtype == np.int32
