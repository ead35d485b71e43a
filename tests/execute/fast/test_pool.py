"""Threads: who shares what with whom, and what is left behind by an error."""

from __future__ import annotations

import os
from collections.abc import Iterator
from threading import Barrier, get_ident
from typing import Any
from weakref import ref

import numpy as np
import pytest

import graphnet as gn
from graphnet.bench import some_threads
from graphnet.execute import machine
from graphnet.execute.fast import pool


@pytest.fixture
def two_threads() -> Iterator[None]:
    pool.set_threads(2)
    yield
    pool.set_threads(None)


@pytest.mark.usefixtures("two_threads")
def test_nobody_waits_while_there_are_parts() -> None:
    """Catches parts dealt out beforehand, of which the caller had one and a helper all others."""
    both_are_here = Barrier(2, timeout=20)
    who = []

    def work(part: int) -> None:
        both_are_here.wait()
        who.append((part, get_ident()))

    pool.run_all(work, range(6))
    assert sorted(part for part, _ in who) == list(range(6))
    assert len({thread for _, thread in who}) == 2


@pytest.mark.usefixtures("two_threads")
@pytest.mark.parametrize("who_fails", ["caller", "helper"])
def test_an_error_is_raised_when_nobody_works_any_more(who_fails: str) -> None:
    """Catches threads that go on writing to memory which its owner has already given to somebody else."""
    caller, both_are_here, done = get_ident(), Barrier(2, timeout=20), []

    def work(part: int) -> None:
        both_are_here.wait()
        if (get_ident() == caller) == (who_fails == "caller"):
            raise ValueError(part)
        for _ in range(100_000):
            pass
        done.append(part)

    with pytest.raises(ValueError, match=r"0|1"):
        pool.run_all(work, range(2))
    assert len(done) == 1


def test_without_helpers_parts_are_done_in_their_order() -> None:
    pool.set_threads(1)
    try:
        done: list[int] = []
        pool.run_all(done.append, range(5))
        assert done == [0, 1, 2, 3, 4]
    finally:
        pool.set_threads(None)


@pytest.mark.usefixtures("two_threads")
def test_what_is_done_is_forgotten_at_once() -> None:
    """Catches threads that keep what they were told to do, and with it memory that the next call wants."""

    class Work:
        def __call__(self, part: int) -> None:
            pass

    for _ in range(300):
        work = Work()
        alive = ref(work)
        pool.run_all(work, range(2))
        del work
        assert alive() is None


@pytest.fixture
def four_processors(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(pool, "n_processors", lambda: 4)
    for name in pool.BOUNDS:
        monkeypatch.delenv(name, raising=False)
    yield
    gn.set_num_threads(None)


@pytest.mark.usefixtures("four_processors")
def test_the_number_of_threads_is_that_of_the_processors_or_what_is_set() -> None:
    assert gn.get_num_threads() == 4
    for number in (1, np.int64(3), 4):
        gn.set_num_threads(number)
        assert gn.get_num_threads() == number
        assert type(gn.get_num_threads()) is int
    gn.set_num_threads(None)
    assert gn.get_num_threads() == 4


@pytest.mark.usefixtures("four_processors")
@pytest.mark.parametrize("wrong", [0, -1, True, False, np.True_, 2.0, "2", float("nan"), [2]])
def test_what_is_no_number_of_threads(wrong: Any) -> None:
    gn.set_num_threads(2)
    with pytest.raises(gn.DataError, match=r"^n="):
        gn.set_num_threads(wrong)
    with pytest.raises(gn.DataError, match=r"^threads="), some_threads(wrong):
        pass
    assert gn.get_num_threads() == 2


@pytest.mark.usefixtures("four_processors")
@pytest.mark.parametrize("name", pool.BOUNDS)
@pytest.mark.parametrize(
    ("value", "number"),
    [("1", 1), ("3", 3), ("9", 4), ("2,4", 2), (" 2 ", 2), ("0", 4), ("-1", 4), ("", 4), ("many", 4), ("2.5", 4)],
)
def test_the_environment_bounds_the_number(name: str, value: str, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    assert gn.get_num_threads() == number
    gn.set_num_threads(number)
    for more in (number + 1, 10**30):
        gn.set_num_threads(more)
        assert gn.get_num_threads() == number
    why = f"which {name} says" if number < 4 else "the number of processors that this process may use"
    refused = f"threads={number + 1} is more than {number}, {why}"
    with pytest.raises(gn.DataError, match=refused), some_threads(number + 1):
        pass


def test_a_benchmark_gives_threads_back_as_they_were_set() -> None:
    """Catches a default that stays fixed after a benchmark."""
    with some_threads(1):
        assert gn.get_num_threads() == 1
    assert pool._n_threads is None


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="processors cannot be chosen here")
def test_affinity_bounds_the_number() -> None:
    there = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(there)})
        assert gn.get_num_threads() == machine.n_processors() == 1
    finally:
        os.sched_setaffinity(0, there)
