"""Rounds: turns, budget, memory and failures."""

from __future__ import annotations

import time
from collections import Counter

import numpy as np
import pytest

from graphnet.bench import resident_growth, some_threads, time_rounds
from graphnet.bench.rounds import Timed
from graphnet.execute.fast.pool import n_threads
from graphnet.execute.machine import free_memory


def test_all_take_turns() -> None:
    called: list[str] = []
    calls = {name: lambda name=name: called.append(name) for name in "abc"}
    found = time_rounds(calls, rounds=4)
    assert [len(found[name].seconds) for name in "abc"] == [4, 4, 4]
    in_rounds = "".join(called[-12:])
    assert in_rounds == "abc" + "bca" + "cab" + "abc"  # each follows each other one in turn
    each = Counter(called)
    assert set(each.values()) <= {5, 6}  # a warm-up, and a call for the memory where that is counted


def test_the_first_call_is_not_in_the_times() -> None:
    waits = iter([0.2])

    def call() -> str:
        time.sleep(next(waits, 0.001))
        return "done"

    found = time_rounds({"slow at first": call}, rounds=5)["slow at first"]
    assert max(found.seconds) < 0.1
    assert found.result == "done"


def test_a_slow_call_leaves_others_their_rounds() -> None:
    found = time_rounds({"slow": lambda: time.sleep(0.04), "quick": lambda: None}, rounds=9, budget=0.1)
    assert len(found["quick"].seconds) == 9
    assert 1 <= len(found["slow"].seconds) <= 2


def test_a_warm_up_that_takes_the_whole_budget_is_the_only_call() -> None:
    calls: list[int] = []

    def call() -> None:
        calls.append(1)
        time.sleep(0.05)

    found = time_rounds({"endless": call, "quick": lambda: None}, rounds=3, budget=0.02)
    assert len(calls) == 1
    assert found["endless"].median >= 0.05
    assert found["endless"].memory is None
    assert len(found["quick"].seconds) == 3


@pytest.mark.parametrize("after", [0, 1, 3])
def test_a_call_that_fails_is_not_called_again(after: int) -> None:
    calls: list[int] = []

    def call() -> None:
        calls.append(1)
        if len(calls) > after:
            raise RuntimeError("no more")

    found = time_rounds({"failing": call, "fine": lambda: 1}, rounds=5)
    assert str(found["failing"].error) == "no more"
    assert len(calls) == after + 1
    assert found["fine"].error is None
    assert len(found["fine"].seconds) == 5


def test_an_interruption_goes_through() -> None:
    def call() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        time_rounds({"stopped": call})


def test_what_comes_next_is_told() -> None:
    told: list[str] = []
    time_rounds({"a": lambda: None}, rounds=2, progress=told.append)
    assert told == ["a: warm-up", "round 1 of 2", "round 2 of 2"]


def test_median_and_spread() -> None:
    timed = Timed([1.0, 5.0, 2.0, 3.0, 4.0])
    assert timed.median == 3
    assert timed.spread == pytest.approx(1 / 3)  # quartiles are 2 and 4
    assert Timed([2.0]).spread == 0


def test_memory_of_a_call() -> None:
    grown = resident_growth(lambda: np.ones(50_000_000, np.uint8))
    if grown is None:
        pytest.skip("this system does not count memory")
    assert grown == pytest.approx(50_000_000, rel=0.1)
    assert resident_growth(lambda: None) < 2_000_000
    assert free_memory() > 50_000_000


def test_threads_are_given_back() -> None:
    before = n_threads()
    with some_threads(1) as number:
        assert number == n_threads() == 1
    assert n_threads() == before
    with some_threads(None) as number:
        assert number == before
