"""Facts that the system reports of the machine, or does not."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import graphnet as gn
from graphnet.bench import memory as bench_memory
from graphnet.bench import resident_growth
from graphnet.execute import machine


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """A function that writes files of a system whose control groups are below `tmp_path`."""
    monkeypatch.setattr(machine, "GROUPS", tmp_path)
    monkeypatch.setattr(machine, "OWN_GROUPS", tmp_path / "own")
    monkeypatch.setattr(os, "sched_getaffinity", lambda number: set(range(64)))
    monkeypatch.setattr(os, "sysconf", lambda name: {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 1 << 20}[name])
    machine._processors_of_groups.cache_clear()

    def made(**files: str) -> None:
        for name, text in files.items():
            path = tmp_path / name.replace("__", "/").replace("_DOT_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode("latin-1"))

    yield made
    machine._processors_of_groups.cache_clear()


ALL = 4096 << 20


@pytest.mark.parametrize(
    ("files", "memory", "processors"),
    [
        ({}, ALL, 64),
        ({"memory_DOT_max": "max\n", "cpu_DOT_max": "max 100000\n"}, ALL, 64),
        ({"memory_DOT_max": "1000000\n", "cpu_DOT_max": "250000 100000\n"}, 1000000, 3),
        ({"own": "0::/a/b\n", "a__memory_DOT_max": "7000", "a__b__memory_DOT_max": "8000"}, 7000, 64),
        ({"own": "0::/a/b\n", "a__cpu_DOT_max": "max 1000", "a__b__cpu_DOT_max": "1 100000"}, ALL, 1),
        # in a container the path is that of the host
        ({"own": "0::/docker/123\n", "memory_DOT_max": "5000", "cpu_DOT_max": "200000 100000"}, 5000, 2),
        (
            {
                "own": "4:memory:/slice\n5:cpu,cpuacct:/slice\n1:name=systemd:/other\n",
                "memory__slice__memory_DOT_limit_in_bytes": "6000",
                "memory__memory_DOT_limit_in_bytes": "9223372036854771712",
                "cpu__slice__cpu_DOT_cfs_quota_us": "400000",
                "cpu__slice__cpu_DOT_cfs_period_us": "100000",
                "cpu__cpu_DOT_cfs_quota_us": "-1",
                "cpu__cpu_DOT_cfs_period_us": "100000",
            },
            6000,
            4,
        ),
        # what makes no sense limits nothing
        ({"memory_DOT_max": "", "cpu_DOT_max": ""}, ALL, 64),
        ({"memory_DOT_max": "-5", "cpu_DOT_max": "0 0"}, ALL, 64),
        ({"memory_DOT_max": "0", "cpu_DOT_max": "100000"}, ALL, 64),
        ({"memory_DOT_max": "\xff\xfe", "cpu_DOT_max": "\xff"}, ALL, 64),
        ({"own": "nonsense\n\n:::\n0::\n", "memory_DOT_max": "1 GB"}, ALL, 64),
        ({"own": "\xff"}, ALL, 64),
    ],
)
def test_control_groups(files: dict[str, str], memory: int, processors: int, write: Callable[..., None]) -> None:
    write(**files)
    assert machine.machine_memory() == memory
    assert machine.n_processors() == processors


def raises(error: Exception) -> Callable[..., Any]:
    def fail(*_: Any, **__: Any) -> Any:
        raise error

    return fail


@pytest.mark.usefixtures("write")
@pytest.mark.parametrize("refusal", [OSError(1, "Operation not permitted"), ValueError("unrecognized name"), None, -1])
def test_a_system_that_says_nothing(refusal: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches an unknown amount of memory that counts as none, and errors about what is only asked for."""
    if refusal is None:
        monkeypatch.delattr(os, "sysconf")
    else:
        monkeypatch.setattr(os, "sysconf", raises(refusal) if isinstance(refusal, Exception) else lambda name: refusal)
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    memory = machine.machine_memory()
    assert memory == sys.maxsize
    assert machine.n_processors() == 1
    monkeypatch.setattr(Path, "read_text", raises(PermissionError(13, "Permission denied")))
    assert machine.machine_memory() == memory
    assert machine.free_memory() is None


@pytest.mark.parametrize("text", ["", "MemTotal: 5 kB", "MemAvailable:", "MemAvailable: much", "MemAvailable", "\xff"])
def test_free_memory_that_is_not_said(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "status").write_bytes(text.encode("latin-1"))
    with pytest.raises(KeyError):
        machine.read_bytes(tmp_path / "status", "MemAvailable")
    monkeypatch.setattr(machine, "read_bytes", raises(KeyError("MemAvailable")))
    assert machine.free_memory() is None


def test_free_memory_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "status").write_text("MemTotal:  9 kB\nMemAvailable:  2 kB\n")
    assert machine.read_bytes(tmp_path / "status", "MemAvailable") == 2048


@pytest.mark.parametrize("file", [None, "", "VmRSS: 5 kB\n", "VmRSS: x\n"])
def test_growth_that_is_not_said(file: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a measurement of memory that fails a benchmark."""
    monkeypatch.setattr(bench_memory, "PROCESS", tmp_path)
    if file is not None:
        (tmp_path / "status").write_text(file)
    assert resident_growth(lambda: None) is None


def test_a_network_runs_where_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("sysconf", "sched_getaffinity"):
        monkeypatch.delattr(os, name, raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    net = gn.compile(gn.graphs.elman(2, 3, 1), seed=0)
    assert net.run([[[0.5, 0.5]]]).shape == (1, 1, 1)


@pytest.mark.parametrize("stream", [None, object(), open(os.devnull)])  # noqa: SIM115 - closed below
def test_what_is_no_terminal(stream: Any) -> None:
    assert machine.is_terminal(stream) is False
    if hasattr(stream, "close"):
        stream.close()
        assert machine.is_terminal(stream) is False
