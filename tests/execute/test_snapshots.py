"""Snapshots and replay: the numbers of a pass over all steps to the last bit, in less memory."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import graphnet as gn
from graphnet.execute import engine
from graphnet.execute.snapshots import Cut, Sizes, actions, choose_cut, fewest_repeats, first_cuts
from graphnet.testing import neuron_graphs
from tests.profiles import scaled
from tests.test_budgets import traced


@given(n_chunks=st.integers(1, 80), n_snapshots=st.integers(0, 90))
def test_each_chunk_is_gone_back_through_once_from_a_state_that_is_there(n_chunks: int, n_snapshots: int) -> None:
    there = {0, *first_cuts(n_chunks, n_snapshots)}
    assert len(there) <= n_snapshots + 1
    back, runs = [], [0] * n_chunks
    for what, first, last in actions(n_chunks, n_snapshots):
        assert first in there
        if what == "advance":
            there.add(last)
            for chunk in range(first, last):
                runs[chunk] += 1
        else:
            back.append(first)
            runs[first] += 1
            there -= {first} - {0}
        assert len(there) <= max(n_snapshots, 1) + 1
    assert back == list(range(n_chunks))[::-1]
    assert max(runs) <= fewest_repeats(n_chunks, n_snapshots) + 1


@pytest.mark.parametrize(("n_chunks", "n_snapshots"), [(5000, 4999), (3000, 2000), (4000, 2)])
def test_the_number_of_chunks_is_no_depth_of_recursion(n_chunks: int, n_snapshots: int) -> None:
    back = [first for what, first, _ in actions(n_chunks, n_snapshots) if what == "back"]
    assert back == list(range(n_chunks))[::-1]


def test_without_a_limit_nothing_takes_more_than_the_whole_sequence() -> None:
    """Catches thousands of chunks, each with a second copy of all steps that a long delay reaches."""
    for n_over in (0, 1, 30, 300, 3000):
        for a_state in (1, 100, 10_000):
            sizes = Sizes(100, a_state, 1000)
            cut = choose_cut(None, 3000, 7, n_over, sizes)
            assert cut is not None
            assert cut.n_chunks == 1 or cut.bytes(sizes, n_over) < 1000 + 3000 * 100


@pytest.mark.parametrize("delay", [1, 20_000])
def test_a_long_sequence_in_thousands_of_chunks_gives_the_same_bits(delay: int) -> None:
    """A network whose states are small and whose steps are large."""
    graph = gn.graphs.elman(200, 1, 1)
    graph.add_edge(("input", 0), ("output", 0), delay=delay - 1)
    net = gn.compile(graph, seed=0, backend="fast", dtype="float32")
    inputs = np.random.default_rng(0).normal(size=(1, 20_000, 200))
    targets = np.ones((1, 20_000, 1))
    whole = net.estimate(1, 20_000).value_and_grad
    value, gradient = net.value_and_grad(inputs, targets)
    for memory in ("auto", whole // 2 if delay == 1 else whole):
        found, again = net.value_and_grad(inputs, targets, checkpoint_memory=memory)
        assert found == value
        assert (again == gradient).all()


@given(
    memory=st.integers(1, 10**6),
    n_steps=st.integers(1, 2000),
    unit=st.integers(1, 40),
    n_over=st.integers(0, 9),
    a_step=st.integers(1, 500),
    a_state=st.integers(1, 500),
)
def test_a_cut_keeps_within_its_memory_and_covers_all_steps(
    memory: int, n_steps: int, unit: int, n_over: int, a_step: int, a_state: int
) -> None:
    sizes = Sizes(a_step, a_state, 1000)
    cut = choose_cut(memory, n_steps, unit, n_over, sizes)
    if cut is None:
        assert Cut(unit, -(-n_steps // unit), 0).bytes(sizes, n_over) > memory
        return
    assert cut.bytes(sizes, n_over) <= memory
    assert cut.a_part % unit == 0
    assert (cut.n_chunks - 1) * cut.a_part < n_steps <= cut.n_chunks * cut.a_part


@settings(max_examples=scaled(24))
@given(
    graph=neuron_graphs(),
    n_samples=st.sampled_from([1, 3, 17]),
    n_steps=st.sampled_from([1, 7, 40]),
    share=st.sampled_from([None, 0.7, 0.4]),
    ragged=st.booleans(),
)
def test_replayed_gradients_have_the_same_bits(
    graph: nx.DiGraph, n_samples: int, n_steps: int, share: float | None, ragged: bool
) -> None:
    net = gn.compile(graph, seed=0, backend="fast")
    rng = np.random.default_rng(0)
    x, y = (rng.normal(size=(n_samples, n_steps, n)) for n in (net.n_inputs, net.n_outputs))
    lengths = rng.integers(1, n_steps + 1, n_samples) if ragged else None
    value, gradient = net.value_and_grad(x, y, lengths=lengths)
    memory: Any = "auto" if share is None else int(share * net.estimate(n_samples, n_steps).value_and_grad)
    if net.program.stages["reverse"].any():
        with pytest.raises(gn.DataError, match="lives in reversed time"):
            net.value_and_grad(x, y, lengths=lengths, checkpoint_memory=memory)
        return
    try:
        again, replayed = net.value_and_grad(x, y, lengths=lengths, checkpoint_memory=memory)
    except gn.DataError as error:
        if "take at least" not in str(error):
            raise
        return
    assert again == value
    assert replayed.tobytes() == gradient.tobytes()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_state_and_dense_blocks_come_through(dtype: str) -> None:
    net = gn.compile(gn.graphs.lstm(3, 24, 2), seed=0, dtype=dtype, backend="fast")
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(20, 150, 3)), rng.normal(size=(20, 150, 2))
    state = net.run(x, return_state=True).state
    plain = net.value_and_grad(x, y, state=state, return_state=True)
    memory = int(0.4 * net.estimate(20, 150).value_and_grad)
    replayed = net.value_and_grad(x, y, state=state, return_state=True, checkpoint_memory=memory)
    assert replayed[0] == plain[0]
    assert replayed[1].tobytes() == plain[1].tobytes()
    assert replayed[2].history.tobytes() == plain[2].history.tobytes()


def test_a_thousand_steps_take_a_tenth_of_the_memory() -> None:
    net = gn.compile(gn.graphs.elman(2, 100, 2), seed=0, backend="fast")
    x, y = np.zeros((16, 1000, 2)), np.zeros((16, 1000, 2))
    plain = traced(lambda: net.value_and_grad(x, y))
    assert traced(lambda: net.value_and_grad(x, y, checkpoint_memory="auto")) <= 0.1 * plain
    asked = int(0.2 * plain)
    assert traced(lambda: net.value_and_grad(x, y, checkpoint_memory=asked)) <= asked


@pytest.mark.parametrize(
    ("memory", "said"), [(0, "checkpoint_memory=0 is not"), ("much", "checkpoint_memory='much'"), (1000, "at least")]
)
def test_memory_that_is_none(memory: Any, said: str) -> None:
    net = gn.compile(gn.graphs.elman(2, 10, 2), seed=0, backend="fast")
    with pytest.raises(gn.DataError, match=said):
        net.value_and_grad(np.zeros((1, 50, 2)), np.zeros((1, 50, 2)), checkpoint_memory=memory)


def test_the_reference_executor_keeps_everything() -> None:
    net = gn.compile(gn.graphs.elman(2, 10, 2), seed=0, backend="reference")
    with pytest.raises(gn.DataError, match="needs the backend 'fast'"):
        net.value_and_grad(np.zeros((1, 50, 2)), np.zeros((1, 50, 2)), checkpoint_memory="auto")


def test_more_than_the_machine_has_is_refused_with_what_would_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    net = gn.compile(gn.graphs.elman(2, 10, 2), seed=0, backend="fast")
    monkeypatch.setattr(engine, "WORTH_A_LOOK", 0)
    x, y = np.zeros((10, 200, 2)), np.zeros((10, 200, 2))
    need = net.estimate(10, 200)
    monkeypatch.setattr(engine, "machine_memory", lambda: need.value_and_grad)
    net.value_and_grad(x, y)
    there = net.estimate(10, 120).value_and_grad
    monkeypatch.setattr(engine, "machine_memory", lambda: there)
    with pytest.raises(gn.DataError, match=r"value_and_grad of 10 samples of 200 steps .* 10 samples of 120 steps"):
        net.value_and_grad(x, y)
    net.value_and_grad(x, y, checkpoint_memory=there)
    monkeypatch.setattr(engine, "machine_memory", lambda: 100)
    with pytest.raises(gn.DataError, match="run of 10 samples of 200 steps takes"):
        net.run(x)
