"""Tasks on workers: the same results and errors in this process, in threads and in other processes."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import graphnet as gn
from graphnet.execute import workers
from graphnet.execute.workers import map_in_order

TASKS = [(f"task {i}", i) for i in range(5)]


def square(x: int) -> int:
    return x * x


def fail_from_two(x: int) -> int:
    if x >= 2:
        raise KeyError(f"no {x}")
    return x


class OddError(Exception):
    """Pickles, and raises when it is unpickled."""

    def __init__(self, first: int, second: int) -> None:
        super().__init__(f"{first} and {second}")


def raise_odd(x: int) -> int:
    raise OddError(x, x)


def raise_graph_error(x: int) -> int:
    raise gn.GraphError(["one", "two"])


def die(x: int) -> int:
    os._exit(1)


def where(x: int) -> tuple[int, int]:
    return os.getpid(), gn.get_num_threads()


def total(array: Any, x: int) -> float:
    return float(array.sum()) + x


@pytest.fixture(params=["this process", "processes", "threads", "a pool of processes"])
def executor(request: pytest.FixtureRequest) -> Iterator[Any]:
    """Everything that may be given as an executor."""
    if request.param == "this process":
        yield None
    elif request.param == "processes":
        yield 2
    elif request.param == "threads":
        with ThreadPoolExecutor(2) as threads:
            yield threads
    else:
        with ProcessPoolExecutor(2, get_context("spawn")) as processes:
            yield processes


@pytest.mark.costly
def test_results_and_errors_are_the_same_everywhere(executor: Any) -> None:
    assert map_in_order(square, iter(TASKS), executor, caller="it") == [0, 1, 4, 9, 16]
    assert map_in_order(square, [], executor, caller="it") == []
    with pytest.raises(KeyError) as caught:
        map_in_order(fail_from_two, TASKS, executor, caller="compare")
    assert caught.value.args == ("no 2",)
    assert caught.value.__notes__ == ["compare: task 2"]
    assert isinstance(executor, int | None) or executor.submit(square, 2).result() == 4  # it stays open
    with pytest.raises(gn.GraphError) as problems:  # a reduce of its own keeps no notes, these are added here
        map_in_order(raise_graph_error, TASKS, executor, caller="compare")
    assert (problems.value.problems, problems.value.__notes__) == (["one", "two"], ["compare: task 0"])


@pytest.mark.costly
def test_processes_are_others_and_share_the_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "n_threads", lambda: 4)
    found = map_in_order(where, TASKS, 2, caller="it")
    assert os.getpid() not in {process for process, _ in found}
    assert {threads for _, threads in found} == {min(2, gn.get_num_threads())}
    found = map_in_order(where, TASKS, 3, caller="it")
    assert {threads for _, threads in found} == {1}


@pytest.mark.costly
def test_an_exception_that_does_not_pickle_says_what_it_was() -> None:
    with pytest.raises(RuntimeError, match=r"^OddError: 0 and 0\nit: task 0$") as caught:
        map_in_order(raise_odd, TASKS, 1, caller="it")
    assert "in raise_odd" in str(caught.value.__cause__)  # where it was raised


@pytest.mark.costly
def test_a_worker_that_ends_is_an_error_that_names_the_task() -> None:
    says = r"^it: a worker process ended before its task did, at the earliest that of task 0: it was killed, perhaps"
    with pytest.raises(ChildProcessError, match=says):
        map_in_order(die, TASKS, 1, caller="it")


@pytest.mark.costly
def test_a_large_function_is_sent_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five tasks of two workers are one part each while a fourth of a half of them is less than two."""
    monkeypatch.setattr(workers, "LARGE", 1000)
    tasks = [(str(i), i) for i in range(20)]
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        sent: list[Any] = []
        submit = pool.submit
        monkeypatch.setattr(pool, "submit", lambda *given: sent.append(given) or submit(*given))
        found = map_in_order(partial(total, np.ones(1000)), tasks, pool, caller="it")
    assert found == [1000.0 + i for i in range(20)]
    assert len(sent) == 10  # of two tasks


class Later(Executor):
    """An executor that runs a task when its result is wanted, and counts those sent before."""

    def __init__(self, n_workers: int | None) -> None:
        self.sent = 0
        if n_workers:
            self._max_workers = n_workers

    def submit(self, function: Callable[..., Any], /, *given: Any, **named: Any) -> Future[Any]:
        self.sent += 1
        future: Future[Any] = Future()
        future.set_result(function(*given, **named))
        return future


@pytest.mark.parametrize(("n_workers", "most"), [(2, 4), (None, 10)])
def test_tasks_are_taken_when_they_are_sent(n_workers: int | None, most: int) -> None:
    taken: list[int] = []

    def tasks() -> Iterator[tuple[str, int]]:
        for i in range(10):
            taken.append(i)
            yield str(i), (i if i else -1)

    with pytest.raises(ValueError, match="math domain error"):
        map_in_order(math.sqrt, tasks(), Later(n_workers), caller="it")
    assert len(taken) == min(10, most + 1)


@pytest.mark.parametrize("executor", [0, -1, True, 2.0, "dask", object])
def test_what_is_no_executor(executor: Any) -> None:
    with pytest.raises(gn.DataError, match=r"executor: .*; must be None, a number of processes, or a concurrent"):
        map_in_order(square, TASKS, executor, caller="it")


@pytest.mark.parametrize(
    ("function", "tasks"), [(lambda x: x, TASKS), (square, [("task 0", lambda: None)])], ids=["function", "task"]
)
def test_what_does_not_pickle(function: Any, tasks: Any) -> None:
    says = r"^compare: what is sent to other processes does not pickle \(.*lambda.*\); define functions and classes at"
    with pytest.raises(gn.DataError, match=says):
        map_in_order(function, tasks, 2, caller="compare")


def test_threads_take_what_does_not_pickle() -> None:
    with ThreadPoolExecutor(1) as threads:
        assert map_in_order(lambda task: task() + 1, [("task 0", lambda: 2)], threads, caller="it") == [3]


@pytest.mark.costly
def test_a_function_of_an_interactive_session() -> None:
    text = (
        "from graphnet.execute.workers import map_in_order\n"
        "def mine(x): return x\n"
        "map_in_order(mine, [('a', 1)], 1, caller='compare')"
    )
    err = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=60, check=False).stderr
    assert "DataError: compare: another process cannot read what it was sent" in err
    assert "define functions and classes in a module or a script, not in an interactive session" in err


SLEEPER = """
import os, sys, time
from graphnet.execute.workers import map_in_order

def sleep(folder):
    open(os.path.join(folder, str(os.getpid())), "w").close()
    time.sleep(60)

if __name__ == "__main__":
    map_in_order(sleep, [("a", sys.argv[1]), ("b", sys.argv[1])], 2, caller="it")
"""


def is_running(process: int) -> bool:
    """True if a process runs; one that has ended and that nobody waits for does not."""
    with suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


@pytest.mark.costly
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes as Linux shows them")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_workers_end_with_the_process_that_started_them(tmp_path: Path, number: signal.Signals) -> None:
    (tmp_path / "sleeper.py").write_text(SLEEPER)
    folder = tmp_path / "started"
    folder.mkdir()
    command = [sys.executable, str(tmp_path / "sleeper.py"), str(folder)]
    # a shell that started the tests in the background has them ignore the signal, and children inherit that
    heeding: Any = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.default_int_handler)}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True, **heeding) as process:
        end = time.monotonic() + 60
        while len(list(folder.iterdir())) < 2:
            assert time.monotonic() < end
            time.sleep(0.02)
        if number == signal.SIGINT:
            os.killpg(process.pid, number)  # as a terminal does: workers get it too
        else:
            process.kill()
        _, err = process.communicate(timeout=30)
    children = [int(path.name) for path in folder.iterdir()]
    while any(map(is_running, children)):
        assert time.monotonic() < end, "workers still run"
        time.sleep(0.02)
    if number == signal.SIGINT:
        assert err.count("KeyboardInterrupt") == 1
