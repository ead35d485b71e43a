"""Longest paths in graphs without cycles, against the definition."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphnet.compiler.paths import longest_paths, ranges

whole = st.integers(0, 5)


@st.composite
def acyclic(draw: st.DrawFn) -> tuple[int, list[tuple[int, int]]]:
    """Vertices in a hidden order and edges along it, some of them parallel."""
    order = draw(st.permutations(range(draw(st.integers(1, 8)))))
    places = st.tuples(*2 * [st.integers(0, len(order) - 1)]).map(sorted).filter(lambda pair: pair[0] < pair[1])
    pairs = draw(st.lists(places, max_size=14)) if len(order) > 1 else []
    return len(order), [(order[one], order[other]) for one, other in pairs]


@given(acyclic(), st.data())
def test_the_value_of_a_vertex_is_its_weight_after_the_best_of_what_comes_before(
    drawn: tuple[int, list[tuple[int, int]]], data: st.DataObject
) -> None:
    n, edges = drawn
    numbers = st.lists(whole, min_size=n, max_size=n)
    weight = data.draw(numbers)
    floor = data.draw(st.none() | numbers)
    step = data.draw(st.none() | st.lists(whole, min_size=len(edges), max_size=len(edges)))
    graph = nx.MultiDiGraph(edges)
    graph.add_nodes_from(range(n))
    expected = [0] * n
    for vertex in nx.topological_sort(graph):
        before = [floor[vertex] if floor is not None else 0]
        for (source, target), length in zip(edges, step or [0] * len(edges), strict=True):
            if target == vertex:
                before.append(expected[source] + length)
        expected[vertex] = weight[vertex] + max(before)
    source, target = np.array(edges, int).reshape(-1, 2).T
    given_floor = None if floor is None else np.array(floor)
    found = longest_paths(n, source, target, np.array(weight), given_floor, None if step is None else np.array(step))
    assert found.tolist() == expected
    assert found.dtype == np.int64
    assert floor is None or given_floor.tolist() == floor


@pytest.mark.parametrize("edges", [[], [(0, 1)]])
def test_what_counts_may_be_said_by_booleans(edges: list[tuple[int, int]]) -> None:
    source, target = np.array(edges, int).reshape(-1, 2).T
    found = longest_paths(2, source, target, np.array([True, True]), np.array([False, True]))
    assert found.tolist() == [1, 2]
    assert found.dtype == np.int64


@given(st.lists(st.tuples(whole, whole), max_size=6))
def test_ranges_follow_each_other(pairs: list[tuple[int, int]]) -> None:
    first, count = np.array(pairs, int).reshape(-1, 2).T
    found = ranges(first, count)
    assert found.tolist() == [place for one, size in pairs for place in range(one, one + size)]
    assert found.dtype == np.int64
