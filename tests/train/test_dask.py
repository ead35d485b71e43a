"""Workers of a real Dask cluster: the same bits, also after one of them was killed."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import graphnet as gn
from graphnet.execute.workers import map_in_order

from .runs import data, draw, same, train
from .scored import score

distributed = pytest.importorskip("distributed")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Two processes of Dask on this machine."""
    with (
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
            local_directory=str(tmp_path_factory.mktemp("dask")),
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.mark.parametrize("options", [{}, {"noise": 0.1, "truncation": 3}], ids=["plain", "noise and truncation"])
def test_the_bits_are_those_of_one_process(client: Any, options: dict[str, Any]) -> None:
    here = train(None, epochs=3, shards=4, **options)
    assert same(train(None, epochs=3, executor=client.get_executor(), **options).parameters, here.parameters)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_killed_worker_is_replaced(client: Any, tmp_path: Path) -> None:
    here = train(None, epochs=4, shards=4)
    killed = []

    def kill(row: dict[str, Any]) -> None:
        if row["epoch"] == 2:
            killed.append(next(iter(client.run(os.getpid).values())))
            os.kill(killed[0], signal.SIGKILL)

    there = train(tmp_path / "run", epochs=4, executor=client.get_executor(), callback=kill)
    assert same(there.parameters, here.parameters)
    client.wait_for_workers(2)
    assert killed[0] not in client.run(os.getpid).values()


def test_compare_and_lesions(client: Any) -> None:
    graphs = {"drawn": draw(), "elman": gn.graphs.elman(2, 5, 2)}
    here = gn.analysis.compare(graphs, score, seeds=2)
    there = gn.analysis.compare(graphs, score, seeds=2, executor=client.get_executor())
    assert there.table.equals(here.table)
    inputs, targets, _ = data()
    net = gn.compile(draw(), seed=1)
    alone = gn.analysis.lesions(net, inputs, targets, of="neurons")
    assert gn.analysis.lesions(net, inputs, targets, of="neurons", executor=client.get_executor()).equals(alone)


def die(task: int) -> int:
    """End the worker."""
    os._exit(1)


@pytest.mark.skipif(sys.platform == "win32", reason="workers are restarted in other ways")
def test_workers_that_die_of_the_task(client: Any) -> None:
    says = r"^it: a worker process ended before its task did, at the earliest that of the first \(Attempted to run"
    with pytest.raises(ChildProcessError, match=says):
        map_in_order(die, [("the first", 1)], client.get_executor(), caller="it")
    client.wait_for_workers(2)


def test_a_worker_that_was_not_started_by_us_keeps_what_it_was_sent(client: Any) -> None:
    """A network and data of some megabytes do not travel at each update."""
    inputs = np.random.default_rng(0).normal(size=(64, 400, 20))
    net, other = (gn.compile(gn.graphs.elman(20, 4, 1), seed=1) for _ in range(2))
    targets = inputs[:, :, :1]
    gn.fit(net, inputs, targets, epochs=2, seed=1, executor=client.get_executor())
    gn.fit(other, inputs, targets, epochs=2, seed=1, shards=4)
    assert same(net.parameters, other.parameters)
    assert all(client.run(n_kept).values())


def n_kept() -> int:
    """Return the number of functions that this worker keeps."""
    from graphnet.execute import crew

    return len(crew._kept)
