"""Executors of all kinds, started once: a process takes seconds until it has imported all and loaded its kernels."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from typing import Any

import pytest


@pytest.fixture(scope="package")
def executors() -> Iterator[list[Any]]:
    """Return one of everything that may be given as an executor."""
    with ThreadPoolExecutor(2) as threads, ProcessPoolExecutor(1, get_context("spawn")) as processes:
        yield [None, 2, threads, processes]
