"""Workers: a function over many tasks, in this process, in processes that are started here, or on an executor.

Results are in the order of the tasks, and an error is that of the first task that failed, so that neither depends on
where the tasks run.  Processes are spawned: a fork copies locks that other threads hold.
"""

from __future__ import annotations

import os
import pickle
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures import Executor as Pool
from contextlib import contextmanager
from hashlib import blake2b
from itertools import islice
from multiprocessing import get_context, parent_process
from threading import Thread
from traceback import format_exception
from typing import Any, NamedTuple, NoReturn, TypeAlias, TypeVar

from ..errors import DataError, quoted
from ..language.checks import COUNT, shown
from .fast.pool import n_threads, set_num_threads

T = TypeVar("T")
Workers: TypeAlias = "int | Pool | None"

TAKES = "None, a number of processes, or a concurrent.futures.Executor"
LARGE = 1 << 20
"""Tasks of a function that takes more bytes than this are sent several at a time, so that it is sent less often."""
PARTS = 4
"""Number of such parts for each worker."""


def read_workers(executor: Any) -> Workers:
    """Return ``executor`` if it is one of `TAKES`; raise a DataError if not.

    >>> read_workers(2), read_workers(None)
    (2, None)
    """
    if executor is None or isinstance(executor, Pool):
        return executor
    try:
        return int(COUNT.read(executor))
    except ValueError:
        raise DataError(f"executor: {shown(executor)}; must be {TAKES}") from None


def map_in_order(
    function: Callable[[Any], T], tasks: Iterable[tuple[str, Any]], executor: Any = None, *, caller: str
) -> list[T]:
    """Return ``function(task)`` for every task, in their order.

    Parameters
    ----------
    function : callable
        It is sent with the tasks, so that what all tasks share, such as a network and data, belongs in it, as in
        ``functools.partial(function, net, data)``.  In other processes it must pickle.
    tasks : iterable of (name, task)
        Taken when they are sent, not all at once if the number of workers is known.  The name is for errors.
    executor : None, int or concurrent.futures.Executor
        None is this process.  A number of processes is started, each with so many threads for kernels that all of them
        together have no more than this process, and ended.  An executor is used as it is, and stays open.
    caller : str
        Name of the public function, for errors.

    Raises
    ------
    DataError
        If the executor is none of these, or the function or a task does not pickle.
    ChildProcessError
        If a worker process ended before its task did.
    Exception
        As the function raised it, with a note that names the task.  An exception that does not pickle is a
        RuntimeError with its type and message.

    Examples
    --------
    >>> map_in_order(abs, [("the first", -1), ("the second", 2)], caller="example")
    [1, 2]
    """
    workers = read_workers(executor)
    if workers is None:
        return [_in_this_process(function, name, task, caller) for name, task in tasks]
    if isinstance(workers, int):
        with _started(workers) as pool:
            return _collect(_Sender(function, pool, workers, caller), tasks)
    n_workers = getattr(workers, "_max_workers", None)  # it is not public; without it all tasks are sent at once
    return _collect(_Sender(function, workers, n_workers, caller), tasks)


class Failed(NamedTuple):
    """Exception that a task raised in a worker, and its traceback there."""

    error: Exception
    traceback: str


class _InWorker(Exception):  # noqa: N818 - a traceback, not an error
    """Traceback of another process."""

    def __str__(self) -> str:
        return f'\n"""\n{self.args[0]}"""'


class _Sender:
    """A function and the executor that it is sent to."""

    def __init__(self, function: Callable[[Any], Any], pool: Pool, n_workers: int | None, caller: str) -> None:
        self.function, self.pool, self.n_workers, self.caller = function, pool, n_workers, caller
        self.shares_memory = isinstance(pool, ThreadPoolExecutor)
        self.packed = b"" if self.shares_memory else self._pack(function)
        self.token = blake2b(self.packed, digest_size=16).digest()

    def parts(self, tasks: Iterable[tuple[str, Any]]) -> Iterator[list[tuple[str, Any]]]:
        """Yield tasks that are sent together."""
        if len(self.packed) <= LARGE:
            yield from ([task] for task in tasks)
            return
        waiting = list(tasks)
        size = max(1, len(waiting) // (PARTS * (self.n_workers or os.cpu_count() or 1)))
        rest = iter(waiting)
        while part := list(islice(rest, size)):
            yield part

    def send(self, part: list[tuple[str, Any]]) -> Future[list[Any]]:
        """Submit some tasks; the result has a value for each, up to the first that failed."""
        tasks = [task for _, task in part]
        if self.shares_memory:
            return self.pool.submit(_results, self.function, tasks)
        packed = self._pack(tasks)
        with _interrupts_held():  # workers start here, and inherit that they are not interrupted: this process is
            return self.pool.submit(_in_worker, self.token, self.packed, packed, self.caller)

    def _pack(self, value: Any) -> bytes:
        try:
            return pickle.dumps(value)
        except Exception as error:
            raise DataError(
                f"{self.caller}: what is sent to other processes does not pickle ({quoted(error, str)}); define "
                "functions and classes at the top of a module, not inside a function and not as a lambda, or give "
                "executor=concurrent.futures.ThreadPoolExecutor(), which sends nothing"
            ) from error


def _collect(sender: _Sender, tasks: Iterable[tuple[str, Any]]) -> list[Any]:
    most = None if sender.n_workers is None else 2 * sender.n_workers
    sent: deque[tuple[list[tuple[str, Any]], Future[list[Any]]]] = deque()
    results: list[Any] = []

    def receive() -> None:
        part, future = sent[0]
        found = future.result()
        sent.popleft()
        for (name, _), value in zip(part, found, strict=False):
            if isinstance(value, Failed):
                value.error.add_note(f"{sender.caller}: {name}")
                raise_failed(value)
            results.append(value)

    try:
        for part in sender.parts(tasks):
            if most is not None and len(sent) >= most:
                receive()
            sent.append((part, sender.send(part)))
        while sent:
            receive()
    except BrokenExecutor as error:
        first = f", at the earliest that of {sent[0][0][0][0]}" if sent else ""
        raise ChildProcessError(
            f"{sender.caller}: a worker process ended before its task did{first}: it was killed, perhaps for lack of "
            "memory, or a script that starts processes has no `if __name__ == '__main__':`"
        ) from error
    finally:
        for _, future in sent:
            future.cancel()
    return results


def _in_this_process(function: Callable[[Any], T], name: str, task: Any, caller: str) -> T:
    try:
        return function(task)
    except Exception as error:
        error.add_note(f"{caller}: {name}")
        raise


def _results(function: Callable[[Any], Any], tasks: list[Any]) -> list[Any]:
    """Return a result for each task, and for the first that fails, which ends it, the failure."""
    found: list[Any] = []
    for task in tasks:
        try:
            found.append(function(task))
        except Exception as error:
            return [*found, Failed(error, "")]
    return found


_last: tuple[bytes, Any] = (b"", None)
"""Function of this worker's last call and its token, so that it is not unpickled again for every task."""


def _in_worker(token: bytes, function: bytes, tasks: bytes, caller: str) -> list[Any]:
    global _last
    try:
        if _last[0] != token:
            _last = (token, pickle.loads(function))
        unpacked = pickle.loads(tasks)
    except Exception as error:
        problem = quoted(error, str)
        raise DataError(
            f"{caller}: another process cannot read what it was sent ({problem}); define functions and classes in a "
            "module or a script, not in an interactive session, or give executor=concurrent.futures."
            "ThreadPoolExecutor(), which sends nothing"
        ) from error
    found = _results(_last[1], unpacked)
    if found and isinstance(found[-1], Failed):
        raised = found[-1].error
        found[-1] = Failed(_portable(raised), "".join(format_exception(raised)))
    return found


def raise_failed(failed: Failed) -> NoReturn:
    """Raise what a task raised."""
    if failed.traceback:
        raise failed.error from _InWorker(failed.traceback)
    raise failed.error


def _portable(error: Exception) -> Exception:
    """Return the error, or a RuntimeError that says the same if it is not itself after being sent."""
    try:
        if type(pickle.loads(pickle.dumps(error))) is type(error):
            return error
    except Exception:  # what it raises is up to its class
        pass
    return RuntimeError(f"{type(error).__qualname__}: {quoted(error, str)}")


@contextmanager
def _started(number: int) -> Iterator[ProcessPoolExecutor]:
    """Start processes, and end them: at once if anything, such as an interrupt, is raised."""
    threads = max(1, n_threads() // number)
    pool = ProcessPoolExecutor(number, get_context("spawn"), initializer=begin_process, initargs=(threads,))
    try:
        yield pool
    except BaseException:
        for process in list((pool._processes or {}).values()):
            process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def begin_process(threads: int) -> None:
    """Prepare a worker process."""
    set_num_threads(threads)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this process when the one that started it has ended, even if it was killed."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Hold back SIGINT in this thread, and in processes that it starts; until the end, here."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
