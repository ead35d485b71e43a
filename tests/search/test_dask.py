"""Searches on a cluster of Dask: the same trials, also if a worker is killed."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from .problems import results, search

distributed = pytest.importorskip("distributed")

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


def test_dask_gives_the_same_also_if_a_worker_is_killed(tmp_path: Path) -> None:
    given: dict[str, Any] = {"trials": 12, "epochs": 60}
    cluster = distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None)
    with cluster, distributed.Client(cluster) as client:
        workers = client.run(os.getpid)

        def kill() -> None:
            time.sleep(4)
            os.kill(next(iter(workers.values())), signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        study = search(**given, executor=client.get_executor(), storage=tmp_path / "s.journal")
        killer.join()
        again = search(**given, executor=client.get_executor())
    assert results(study) == results(again) == results(search(**given))
