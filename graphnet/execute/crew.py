"""Crew: workers that keep a function between calls, so that only arguments and results travel.

The function, with a network and data in it, is known to the workers by a token.  A worker that lacks it, since it is
new or was restarted, says so and is sent it with the task.  Processes that are started here get it as they start.
"""

from __future__ import annotations

import pickle
import warnings
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures import Executor as Pool
from hashlib import blake2b
from itertools import count
from multiprocessing import get_context
from threading import Lock
from typing import Any, TypeAlias

from ..errors import DataError
from .fast.pool import n_threads
from .versions import check_versions, versions
from .workers import (
    Failed,
    begin_process,
    fail_to_read,
    interrupts_held,
    lost_worker,
    pack,
    raise_failed,
    read_workers,
    result_of,
)

Parcel: TypeAlias = "tuple[bytes, Mapping[str, str]]"
"""A packed function, and the versions that its results depend on."""

DEATHS = 3
"""Number of times in a row that workers may die before any result comes: they would die of the task itself."""
KEPT = 2
"""Number of functions that a worker keeps; each may have a whole data set in it."""


class Crew:
    """Function that workers keep between calls; a context, at whose end processes that were started here end.

    Parameters
    ----------
    function : callable
        Function of a task.  In other processes it must pickle, and is not called by two threads of one process unless
        it allows that.
    executor : None, int or concurrent.futures.Executor
        As `map_in_order` takes it.  A process of those that are started here is replaced if it ends, as Dask replaces
        its workers.
    caller : str
        Name of the public function, for errors.

    Attributes
    ----------
    n_workers : int or None
        Number of workers, where it is known.
    shares_memory : bool
        True if tasks run in this process.

    Examples
    --------
    >>> with Crew(abs, None, caller="example") as crew:
    ...     crew.map([-1, 2])
    [1, 2]
    """

    def __init__(self, function: Callable[[Any], Any], executor: Any, *, caller: str) -> None:
        workers = read_workers(executor)
        self._function, self._caller = function, caller
        self._own = workers if isinstance(workers, int) else 0
        self._pool: Pool | None = None if isinstance(workers, int) else workers
        self.shares_memory = workers is None or isinstance(workers, ThreadPoolExecutor)
        self.n_workers = 1 if workers is None else workers if isinstance(workers, int) else _n_workers(workers)
        self._calls = count()
        self._has_worked = False
        if not self.shares_memory:
            self._parcel: Parcel = pack(function, caller), versions()
            self._token = blake2b(self._parcel[0], digest_size=16).digest()

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, kind: Any, *error: Any) -> None:
        if self._own and self._pool is not None:
            self._end(at_once=kind is not None)

    def map(self, tasks: Sequence[Any]) -> list[Any]:
        """Return ``function(task)`` for every task, in their order.

        Raises
        ------
        DataError
            If something that is sent does not pickle, or workers have other versions.
        ChildProcessError
            If workers have ended and cannot be replaced.
        Exception
            As the function raised it, for the first task that failed.
        """
        if self._pool is None and not self._own:
            return [self._function(task) for task in tasks]
        if self.shares_memory:
            assert self._pool is not None
            futures = [self._pool.submit(result_of, self._function, task) for task in tasks]
            found = [future.result() for future in futures]  # all: none goes on after an error
            return [_value(each) for each in found]
        return self._gather([pack(task, self._caller) for task in tasks])

    def _gather(self, tasks: list[bytes]) -> list[Any]:
        """Send packed tasks, and once more those whose worker died or did not have the function."""
        found: dict[int, Any] = {}
        deaths = 0
        while len(found) < len(tasks):
            sent: deque[tuple[int, Future[Any]]] = deque()
            try:
                for position in range(len(tasks)):
                    if position not in found:
                        sent.append((position, self._send(tasks[position])))
                while sent:
                    position, future = sent[0]
                    value = future.result()
                    sent.popleft()
                    if isinstance(value, _Missing):
                        sent.append((position, self._send(tasks[position], self._parcel)))
                    else:
                        found[position], self._has_worked, deaths = value, True, 0
            except BrokenExecutor as error:
                deaths += 1
                # without a result so far, processes do not even start, or end of the first task
                if not self._own or not self._has_worked or deaths > DEATHS:
                    raise lost_worker(self._caller, error) from error
                self._end(at_once=True)
            except DataError:
                raise
            except Exception as error:
                raise lost_worker(self._caller, error) from error
            finally:
                for _, future in sent:
                    future.cancel()
        return [_value(found[position]) for position in range(len(tasks))]

    def _send(self, task: bytes, parcel: Parcel | None = None) -> Future[Any]:
        if self._pool is None:
            threads = max(1, n_threads() // self._own)
            given = (threads, self._token, self._parcel)
            self._pool = ProcessPoolExecutor(self._own, get_context("spawn"), initializer=_begin, initargs=given)
        with interrupts_held(), warnings.catch_warnings():
            # Dask advises to scatter what is large, which would be lost with the worker that holds it
            warnings.filterwarnings("ignore", "Sending large graph", UserWarning)
            # the number of the call: Dask takes equal calls for one
            return self._pool.submit(_call, self._token, parcel, task, self._caller, next(self._calls))

    def _end(self, *, at_once: bool) -> None:
        pool, self._pool = self._pool, None
        assert isinstance(pool, ProcessPoolExecutor)
        if at_once:
            for process in list((pool._processes or {}).values()):
                process.terminate()
        pool.shutdown(cancel_futures=True)


def _n_workers(pool: Pool) -> int | None:
    """Return the number of workers of an executor where it says it: the standard library's, Dask's, or MPI's."""
    for name in ("_max_workers", "num_workers"):
        number = getattr(pool, name, None)
        if isinstance(number, int) and number > 0:
            return number
    client = getattr(pool, "_client", None)
    return None if client is None else (sum(client.nthreads().values()) or None)


def _value(found: Any) -> Any:
    if isinstance(found, Failed):
        raise_failed(found)
    return found


class _Missing:
    """Answer of a worker that does not have the function."""


_lock = Lock()
_kept: OrderedDict[bytes, Any] = OrderedDict()
"""Functions of this worker by their tokens, the one used last at the end; those of `_begin` are still packed."""


def _begin(threads: int, token: bytes, parcel: Parcel) -> None:
    """Prepare a worker process that is started here."""
    begin_process(threads)
    _kept[token] = parcel


def _call(token: bytes, parcel: Parcel | None, task: bytes, caller: str, number: int) -> Any:
    """Return the result of a task, in a worker."""
    found = _kept.get(token) if parcel is None else parcel
    if found is None:
        return _Missing()
    try:
        if isinstance(found, tuple):
            check_versions(found[1], caller)
            found = pickle.loads(found[0])
        unpacked = pickle.loads(task)
    except DataError:
        raise
    except Exception as error:
        fail_to_read(error, caller)
    with _lock:
        _kept[token] = found
        _kept.move_to_end(token)
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return result_of(found, unpacked)
