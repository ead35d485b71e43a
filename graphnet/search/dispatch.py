"""Trials on workers: here, in processes of which each is a pool of its own, or on an executor."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Future, ProcessPoolExecutor, wait
from concurrent.futures import Executor as Pool
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing import get_context
from typing import Any

from ..errors import quoted
from ..execute.fast.pool import n_threads
from ..execute.workers import Failed, Workers, _Sender, begin_process, raise_failed
from .candidates import Problem
from .trials import Claim, Outcome, Trials
from .worker import Work

CALLER = "sweep"


def run_trials(trials: Trials, work: Work, workers: Workers) -> None:
    """Run trials until all have ended or are run elsewhere.

    Raises
    ------
    ChildProcessError
        If the given executor broke; the same search goes on with another one.
    Exception
        As a trial raised it, if that is more than an option that does not fit or a divergence.
    """
    if workers is None:
        while (claim := trials.begin()) is not None:
            with _lost_with_error(trials, claim):
                outcome = work((claim.point, claim._trial_id))
                trials.end(claim, outcome)
        return
    with _slots(work, workers) as slots:
        _Dispatch(trials, slots).run()


def check_sendable(problem: Problem, workers: Workers) -> None:
    """Raise a DataError if a problem cannot be sent to workers; its data, which may be large, always can."""
    if workers is not None:
        alone = replace(problem, inputs=None, targets=None, lengths=None, weights=None, validation=None)
        _Sender(alone, workers if isinstance(workers, Pool) else None, None, CALLER)  # type: ignore[arg-type]


@dataclass(eq=False)
class _Slot:
    """Place where one trial runs at a time."""

    sender: _Sender
    renew: Callable[[], _Sender] | None = None


class _Dispatch:
    """Trials that run on slots at this moment."""

    def __init__(self, trials: Trials, slots: list[_Slot]) -> None:
        self.trials, self.free = trials, list(reversed(slots))
        self.running: dict[Future[list[Any]], tuple[Claim, _Slot]] = {}

    def run(self) -> None:
        """Run all trials."""
        try:
            while True:
                while self.free and (claim := self.trials.begin()) is not None:
                    slot = self.free.pop()
                    with _lost_with_error(self.trials, claim):
                        self.running[_send(slot, claim)] = claim, slot
                if not self.running:
                    return
                for future in wait(self.running, return_when=FIRST_COMPLETED).done:
                    self._receive(future)
        except BaseException:
            for future, (claim, _) in self.running.items():
                future.cancel()
                self.trials.lose(claim, "the search was interrupted")
            raise

    def _receive(self, future: Future[list[Any]]) -> None:
        claim, slot = self.running.pop(future)
        try:
            (found,) = future.result()
        except (BrokenExecutor, CancelledError) as error:
            self.trials.lose(claim, "its worker ended", worker=slot.renew is not None)
            if slot.renew is None:
                raise ChildProcessError(
                    f"{CALLER}: a worker of the executor ended during {_name(claim)}, and with it the executor: it was "
                    "killed, perhaps for lack of memory; the same search goes on with another executor"
                ) from error
            slot.sender = slot.renew()
        except Exception as error:  # the executor's own, such as that of Dask about a worker that was killed
            self.trials.lose(claim, f"{type(error).__name__}: {quoted(error, str)}", worker=True)
        else:
            self._end(claim, found)
        self.free.append(slot)

    def _end(self, claim: Claim, found: Outcome | Failed) -> None:
        if isinstance(found, Failed):
            with _lost_with_error(self.trials, claim):
                raise_failed(found)
        else:
            self.trials.end(claim, found)


@contextmanager
def _lost_with_error(trials: Trials, claim: Claim) -> Iterator[None]:
    """Give a trial up for this time if anything is raised, such as an interrupt or an error of ``make``."""
    try:
        yield
    except BaseException as error:
        trials.lose(claim, f"{type(error).__name__}: {quoted(error, str)}")
        if isinstance(error, Exception):
            error.add_note(f"{CALLER}: {_name(claim)}")
        raise


def _send(slot: _Slot, claim: Claim) -> Future[list[Any]]:
    task = [(_name(claim), (claim.point, claim._trial_id))]
    try:
        return slot.sender.send(task)
    except BrokenExecutor:
        if slot.renew is None:
            raise
        slot.sender = slot.renew()  # its process ended while it had nothing to do
        return slot.sender.send(task)


@contextmanager
def _slots(work: Work, workers: int | Pool) -> Iterator[list[_Slot]]:
    if isinstance(workers, Pool):
        sender = _Sender(work, workers, None, CALLER)
        yield [_Slot(sender) for _ in range(_size(workers))]
        return
    threads = max(1, n_threads() // workers)
    pools: list[ProcessPoolExecutor] = []

    def start() -> _Sender:
        # a pool of its own for each process: a process that is killed breaks its pool, and all that runs on it
        pools.append(ProcessPoolExecutor(1, get_context("spawn"), initializer=begin_process, initargs=(threads,)))
        return _Sender(work, pools[-1], 1, CALLER)

    try:
        yield [_Slot(start(), start) for _ in range(workers)]
    except BaseException:
        for pool in pools:
            for process in list((pool._processes or {}).values()):
                process.terminate()
        raise
    finally:
        for pool in pools:
            pool.shutdown(cancel_futures=True)


def _size(pool: Pool) -> int:
    """Return the number of trials that an executor runs at a time, which only some of them say."""
    for said in (getattr(pool, "_max_workers", None), getattr(pool, "num_workers", None)):
        if isinstance(said, int) and said > 0:
            return said
    client = getattr(pool, "_client", None)  # of dask.distributed
    if client is not None:
        return max(1, sum(client.ncores().values()))
    return os.cpu_count() or 1


def _name(claim: Claim) -> str:
    said = ", ".join(f"{name}={quoted(value)}" for name, value in claim.point.items())
    return f"trial {claim.index} ({said})"
