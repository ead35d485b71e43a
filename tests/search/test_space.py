"""Spaces: what they take, what grids and random draws take from them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import graphnet as gn
from graphnet.search.space import Choices, Range, grid_of, random_point, read_space

from ..profiles import scaled

WHOLE = st.tuples(st.integers(-100, 100), st.integers(1, 100)).map(lambda pair: (pair[0], pair[0] + pair[1]))
POSITIVE = st.tuples(st.integers(1, 100), st.integers(1, 100)).map(lambda pair: (pair[0], pair[0] + pair[1], "log"))
REAL = st.tuples(st.floats(-100, 100), st.floats(0.5, 100)).map(lambda pair: (pair[0], pair[0] + pair[1]))
LOG = st.tuples(st.floats(1e-6, 1), st.floats(1.5, 1000)).map(lambda pair: (pair[0], pair[0] * pair[1], "log"))
LISTS = st.lists(st.one_of(st.none(), st.text(), st.integers(2, 9), st.floats(0.1, 0.9)), min_size=1, unique_by=repr)


@settings(max_examples=scaled(100))
@given(st.dictionaries(st.text("abc", min_size=1), st.one_of(WHOLE, POSITIVE, REAL, LOG, LISTS), min_size=1), st.data())
def test_random_points_lie_in_the_space_and_depend_on_seed_and_number_alone(said: Any, data: Any) -> None:
    seed, number = data.draw(st.integers(0, 5)), data.draw(st.integers(0, 5))
    space = read_space(said)
    point = random_point(space, seed, number)
    again = random_point(read_space(dict(reversed(said.items()))), seed, number)
    assert list(point) == list(said)
    assert point == again
    for name, each in space.items():
        distribution = each.distribution()
        assert distribution._contains(distribution.to_internal_repr(point[name]))
        if isinstance(each, Range):
            assert each.low <= point[name] <= each.high
            assert type(point[name]) is (int if each.is_whole else float)


def test_a_range_by_logarithm_draws_each_decade_alike() -> None:
    space = read_space({"a": (1e-4, 1.0, "log")})
    drawn = np.array([random_point(space, 0, k)["a"] for k in range(2000)])
    counts, _ = np.histogram(np.log10(drawn), bins=4, range=(-4, 0))
    assert np.abs(counts - 500).max() < 5 * math.sqrt(500)


def test_whole_numbers_reach_both_bounds() -> None:
    space = read_space({"a": (1, 3), "b": (1, 3, "log")})
    for name in space:
        assert {random_point(space, 1, k)[name] for k in range(100)} == {1, 2, 3}


def test_a_grid_has_every_point_once() -> None:
    points = grid_of(read_space({"a": [1, 2, 3], "b": ["x", None]}))
    assert points[:3] == [{"a": 1, "b": "x"}, {"a": 1, "b": None}, {"a": 2, "b": "x"}]
    assert len({tuple(point.items()) for point in points}) == 6


def test_values_that_optuna_cannot_store_have_labels() -> None:
    (sizes,) = read_space({"n_hidden": [(16, 8), (32,), 4]}).values()
    assert isinstance(sizes, Choices)
    assert sizes.labels == ("(16, 8)", "(32,)", 4)
    assert [sizes.value_of(label) for label in sizes.labels] == [(16, 8), (32,), 4]


def test_numbers_of_numpy_are_numbers() -> None:
    space = read_space({"a": list(np.arange(3)), "b": (np.int64(1), np.int64(4)), "c": (np.float32(0.5), 1)})
    assert list(map(str, space.values())) == ["[0, 1, 2]", "(1, 4)", "(0.5, 1.0)"]


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({}, r"space: a dict; must be \{name: a list of values, \(low, high\) or \(low, high, 'log'\)\}"),
        ("n_hidden", "space: 'n_hidden'; must be"),
        ({1: [1]}, "space: 1 is no name"),
        ({"a": 5}, "space: a: 5; must be .*; to give one value, give it as an option, or in a list"),
        ({"a": np.ones(2)}, "space: a: a ndarray; must be a list of values"),
        ({"a": []}, "space: a: the list has no values"),
        ({"a": [1, 2, 1]}, "space: a: 1 is there twice"),
        ({"a": [True, 1]}, "space: a: 1 is there twice"),
        ({"a": [math.nan]}, "space: a: nan is not a finite number"),
        ({"a": (2, 1)}, r"space: a: \(2, 1\); the lower bound comes first, and is less than the other"),
        ({"a": (1, 1)}, r"space: a: \(1, 1\); the lower bound comes first"),
        ({"a": (0, 1, "log")}, "space: a: .*; bounds of a logarithm are greater than 0"),
        ({"a": (1, 2, "lgo")}, r"space: a: \(1, 2, 'lgo'\); must be"),
        ({"a": (1,)}, r"space: a: \(1,\); must be"),
        ({"a": ("x", "y")}, "space: a: the bound 'x' is not a finite number; a list chooses between other values"),
        ({"a": (True, 5)}, "space: a: the bound True is not a finite number"),
        ({"a": (0.0, math.inf)}, "space: a: the bound inf is not a finite number"),
        ({"a": [], "b": (2, 1)}, "2 settings do not fit:\n  - space: a: the list has no values\n  - space: b"),
    ],
)
def test_what_is_no_space(said: Any, message: str) -> None:
    with pytest.raises(gn.DataError, match=message):
        read_space(said)


def test_a_grid_over_a_range() -> None:
    with pytest.raises(
        gn.DataError, match=r"space: a: \(1, 4\) is a range, and a grid takes values: list them, or use"
    ):
        grid_of(read_space({"a": (1, 4), "b": [1]}))
