"""Programs of many synapses, which are ordered by counting, are those that comparison sorts give."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings

import graphnet as gn
from graphnet.compiler import lower
from graphnet.execute.fast import plan
from graphnet.language import order
from graphnet.language.table import Column, GraphTable
from graphnet.testing.strategies import neuron_graphs
from tests.profiles import scaled


@contextmanager
def counting(is_on: bool) -> Iterator[None]:
    """Order rows of any number by counting, or by comparison."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(order, "LARGE", 0 if is_on else 1 << 62)
        patch.setattr(lower, "LARGE", 2 if is_on else 1 << 62)
        yield


def assert_same(one: Any, other: Any) -> None:
    """Compare dataclasses and named tuples of arrays."""
    names = getattr(one, "_fields", None) or [each.name for each in fields(one)]
    for name in names:
        a, b = getattr(one, name), getattr(other, name)
        if isinstance(a, np.ndarray):
            assert _plain(a) == _plain(b), name
        elif name == "neurons":
            assert {key: _plain(each) for key, each in _arrays(a)} == {key: _plain(each) for key, each in _arrays(b)}
        elif hasattr(a, "_fields") or name == "gathers":
            assert_same(a, b)


def _arrays(numbers: dict[str, Any]) -> list[tuple[str, np.ndarray]]:
    return [(key, getattr(each, "slots", each)) for key, each in numbers.items()]


def _plain(array: np.ndarray) -> Any:
    return array.tobytes() if array.dtype.names else array.tolist()


def compiled(graph: Any) -> list[gn.Network]:
    found = []
    for is_on in (True, False):
        with counting(is_on):
            found.append(gn.compile(graph, seed=0))
    return found


@given(neuron_graphs(max_nodes=10, max_edges=20))
@settings(max_examples=scaled(200))
def test_any_drawing(graph: nx.DiGraph) -> None:
    counted, compared = compiled(graph)
    assert_same(counted.program, compared.program)
    assert counted.parameters.tolist() == compared.parameters.tolist()
    assert counted.bounds.tolist() == compared.bounds.tolist()
    with counting(True):
        of_counted = plan.make_plan(counted.program)
    with counting(False):
        assert_same(of_counted, plan.make_plan(compared.program))


@pytest.mark.parametrize("gated", [False, True])
@pytest.mark.parametrize("in_order", [False, True])
def test_a_large_drawing_with_ties_gates_and_delays(gated: bool, in_order: bool) -> None:
    """More synapses than `order.LARGE`, so that nothing has to be patched to count."""
    rng = np.random.default_rng(0)
    n, n_edges = 500, order.LARGE + 1000
    pairs = np.sort(rng.choice(n * (n - 5), n_edges, replace=False))
    if not in_order:
        rng.shuffle(pairs)
    role = np.repeat([0, 1, 0], [5, n - 10, 5])
    edges = {
        "delay": Column(rng.integers(1, 4, n_edges), rng.random(n_edges) < 0.9),
        "tie": Column(rng.integers(0, 50, n_edges), rng.random(n_edges) < 0.2, tuple(range(50))),
        "scale": Column(rng.normal(size=n_edges), rng.random(n_edges) < 0.5),
        "trainable": Column(np.zeros(n_edges, bool), pairs % 7 == 0),
    }
    if gated:
        edges["gate"] = Column(rng.integers(0, 20, n_edges), rng.random(n_edges) < 0.1, tuple(range(20)))
        edges["gate_delay"] = Column(np.ones(n_edges, np.int64), edges["gate"].given())
    edges["trainable"] = Column(edges["trainable"].values, edges["trainable"].given() & ~edges["tie"].given())
    edges["delay"] = Column(edges["delay"].values)
    roles = Column(np.where(np.arange(n) < 5, 0, 1), role == 0, ("input", "output"))
    table = GraphTable(list(range(n)), pairs % n, 5 + pairs // n, {"role": roles}, edges)
    counted = gn.compile(table, seed=0)
    with counting(False):
        compared = gn.compile(table, seed=0)
        plan_of_compared = plan.make_plan(compared.program)
    assert_same(counted.program, compared.program)
    assert_same(plan.make_plan(counted.program), plan_of_compared)
    x, y = rng.normal(size=(3, 4, 5)), rng.normal(size=(3, 4, 5))
    loss, gradient = counted.value_and_grad(x, y)
    assert np.isfinite(loss)
    assert (gradient == compared.value_and_grad(x, y)[1]).all()
