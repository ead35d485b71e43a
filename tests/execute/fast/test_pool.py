"""Threads: who shares what with whom, and what is left behind by an error."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Barrier, get_ident
from weakref import ref

import pytest

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
