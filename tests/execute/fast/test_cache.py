"""Kernels on disk: whatever is wrong with them, numbers are right and what is wrong is replaced."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import graphnet as gn
from graphnet.execute.fast import background
from graphnet.execute.fast.kernels import cache

ROOT = Path(__file__).parents[3]


def double(x: Any) -> Any:
    return 2 * x


def misses() -> int:
    """Call a function for two signatures as a new process would, and return how many of them it compiled."""
    made = cache.compiled(double)
    assert made(21) == 42
    assert made(2.5) == 5.0
    return sum(made.stats.cache_misses.values())


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[Path]]:
    """A cache in `tmp_path` with two entries; gives a function that lists its files."""
    monkeypatch.setenv("GRAPHNET_CACHE_DIR", str(tmp_path))

    def files() -> list[Path]:
        return sorted(tmp_path.rglob("*.nbc*"))

    assert misses() == 2
    assert len(files()) == 2
    assert misses() == 0
    return files


def of_another_signature(files: list[Path]) -> None:
    files[0].write_bytes(files[1].read_bytes())


def of_no_meaning(files: list[Path]) -> None:
    """Catches what has a right checksum and is not what kernels are made of."""
    data = pickle.dumps({"a": 1})
    files[0].write_bytes(cache._checksum(data) + data)


def full_folder(files: list[Path]) -> None:
    files[0].unlink()
    files[0].mkdir()
    (files[0] / "a file").write_text("")


def link_to_a_folder(files: list[Path]) -> None:
    files[0].unlink()
    files[0].symlink_to(files[0].parent, target_is_directory=True)


@pytest.mark.parametrize(
    "damage",
    [
        lambda files: files[0].write_bytes(b""),
        lambda files: files[0].write_bytes(b"\x80"),
        lambda files: files[0].write_bytes(b"garbage" * 1000),
        lambda files: files[0].write_bytes(files[0].read_bytes()[:-1]),
        lambda files: files[0].write_bytes(files[0].read_bytes() + b"\0"),
        lambda files: files[0].unlink(),
        of_another_signature,
        of_no_meaning,
        full_folder,
        link_to_a_folder,
    ],
    ids=["empty", "one byte", "garbage", "cut", "longer", "gone", "another's", "no kernel", "folder", "link"],
)
def test_what_is_damaged_is_compiled_again_and_replaced(
    kept: Callable[[], list[Path]], damage: Callable[[list[Path]], None]
) -> None:
    """Catches an index cut to nothing, after which every process failed for ever."""
    damage(kept())
    assert misses() == 1
    assert misses() == 0
    assert len(kept()) == 2


def test_one_damaged_bit_anywhere_is_seen(kept: Callable[[], list[Path]]) -> None:
    """Catches machine code that is run as it was found."""
    file = kept()[0]
    whole = file.read_bytes()

    @settings(max_examples=20)
    @given(st.integers(0, 8 * len(whole) - 1))
    def flip(bit: int) -> None:
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        file.write_bytes(damaged)
        assert misses() == 1

    flip()


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("what", ["numba", "llvmlite", "processor", "sources"])
def test_what_others_compiled_is_left_to_them(what: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    cache._stamp.cache_clear()
    with monkeypatch.context() as patch:
        if what == "processor":
            kind = type(cache.cpu_target.target_context.codegen())
            patch.setattr(kind, "magic_tuple", lambda self: ("another", "processor", ""))
        elif what == "sources":
            patch.setattr(cache, "SOURCES", cache.SOURCES[1:])
        else:
            patch.setattr(f"{what}.__version__", "0.0")
        assert misses() == 2
    cache._stamp.cache_clear()
    assert misses() == 0
    assert len(list((tmp_path / "kernels").iterdir())) == 2


def no_home(patch: pytest.MonkeyPatch, folder: Path) -> None:
    import pwd

    def unknown(number: int) -> None:
        raise KeyError(number)

    patch.delenv("HOME", raising=False)
    patch.delenv("GRAPHNET_CACHE_DIR", raising=False)
    patch.delenv("XDG_CACHE_HOME", raising=False)
    cache._absolute.cache_clear()
    patch.setattr(pwd, "getpwuid", unknown)


def unknown_user(patch: pytest.MonkeyPatch, folder: Path) -> None:
    patch.setenv("GRAPHNET_CACHE_DIR", "~nobody-of-that-name/cache")


def file_instead(patch: pytest.MonkeyPatch, folder: Path) -> None:
    (folder / "kernels").write_text("")


def file_above(patch: pytest.MonkeyPatch, folder: Path) -> None:
    (folder / "file").write_text("")
    patch.setenv("GRAPHNET_CACHE_DIR", str(folder / "file" / "below"))


def impossible_name(patch: pytest.MonkeyPatch, folder: Path) -> None:
    patch.setenv("GRAPHNET_CACHE_DIR", "x" * 5000)


def no_folder_to_be_in(patch: pytest.MonkeyPatch, folder: Path) -> None:
    def gone() -> None:
        raise FileNotFoundError

    patch.setattr(os, "getcwd", gone)
    patch.setenv("GRAPHNET_CACHE_DIR", "relative and never seen before")


def no_sources(patch: pytest.MonkeyPatch, folder: Path) -> None:
    patch.setattr(cache, "SOURCES", ("none.py",))
    cache._stamp.cache_clear()


def full_disk(patch: pytest.MonkeyPatch, folder: Path) -> None:
    def fill(path: Path, data: bytes) -> None:
        with path.open("wb") as file:
            file.write(data[:7])
        raise OSError(28, "No space left on device")

    patch.setattr(Path, "write_bytes", fill)


def read_only(patch: pytest.MonkeyPatch, folder: Path) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied")

    for name in ("mkdir", "write_bytes", "read_bytes"):
        patch.setattr(Path, name, refuse)


def nothing_pickles(patch: pytest.MonkeyPatch, folder: Path) -> None:
    def refuse(made: Any) -> None:
        raise TypeError("it does not pickle")

    patch.setattr(cache, "dumps", refuse)


@pytest.mark.parametrize(
    "obstacle",
    [
        no_home,
        unknown_user,
        file_instead,
        file_above,
        impossible_name,
        no_folder_to_be_in,
        no_sources,
        full_disk,
        read_only,
        nothing_pickles,
    ],
    ids=lambda obstacle: obstacle.__name__,
)
def test_without_a_cache_every_process_compiles(
    obstacle: Callable[[pytest.MonkeyPatch, Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAPHNET_CACHE_DIR", str(tmp_path))
    with monkeypatch.context() as patch:
        obstacle(patch, tmp_path)
        assert misses() == 2
        assert misses() == 2
        patch.setattr(subprocess, "Popen", refused)
        assert background._start("float32", 3) is None
    cache._stamp.cache_clear()
    assert not [path for path in tmp_path.rglob("*") if path.suffix == ".tmp"]
    assert [path.name for path in tmp_path.iterdir()] in ([], ["kernels"], ["file"])


def refused(*_: Any, **__: Any) -> None:
    raise OSError(11, "Resource temporarily unavailable")


@pytest.mark.parametrize(
    ("environment", "where"),
    [
        ({"GRAPHNET_CACHE_DIR": "~/cache"}, "home/cache/kernels"),
        ({"GRAPHNET_CACHE_DIR": "cache"}, "here/cache/kernels"),
        ({"XDG_CACHE_HOME": "~/cache"}, "home/cache/graphnet/kernels"),
        ({"XDG_CACHE_HOME": "cache"}, "home/.cache/graphnet/kernels"),
        ({}, "home/.cache/graphnet/kernels"),
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="other systems have other folders")
def test_the_folder(environment: dict[str, str], where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a folder called ~, and relative paths that are elsewhere after a change of folder."""
    for name in ("GRAPHNET_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("home", "here"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "here")
    cache._absolute.cache_clear()
    for _ in range(2):
        found = cache.folder()
        assert found is not None
        assert found.parent == tmp_path / where
        monkeypatch.chdir(tmp_path)
    cache._absolute.cache_clear()


@pytest.mark.costly
def test_processes_that_write_at_once_leave_all_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches an index that both write, of which the last one was left."""
    code = "import sys; from tests.execute.fast.test_cache import misses; misses()"
    environment = {**os.environ, "GRAPHNET_CACHE_DIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    started = [subprocess.Popen([sys.executable, "-c", code], env=environment) for _ in range(4)]
    assert [each.wait(300) for each in started] == [0] * 4
    monkeypatch.setenv("GRAPHNET_CACHE_DIR", str(tmp_path))
    assert misses() == 0
    assert {path.suffix for path in tmp_path.rglob("*") if path.is_file()} == {".nbc"}


@pytest.mark.parametrize("executable", [None, "", "/usr/bin/editor"])
def test_without_an_interpreter_no_process_is_started(
    executable: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAPHNET_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(sys, "executable", executable)
    monkeypatch.setattr(subprocess, "Popen", None)
    assert background._start("float32", 3) is None


def test_a_process_that_never_ends_is_waited_for_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"]) as sleeps:
        import numpy as np

        monkeypatch.setattr(background, "PATIENCE", 0.01)
        monkeypatch.setitem(background._begun, ("float32", 3), sleeps)
        background.finish(np.dtype("float32"), 3)
        assert sleeps.wait(60) != 0
    assert background._begun["float32", 3] is None


class Broken:
    """A stream that nothing works with."""

    def __getattr__(self, name: str) -> Any:
        raise ValueError("I/O operation on closed file")


@pytest.mark.parametrize("stream", [lambda: None, object, Broken], ids=["none", "not a stream", "closed"])
def test_the_message_is_no_obstacle(
    stream: Callable[[], Any], kept: Callable[[], list[Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept()[0].unlink()
    cache._announce.cache_clear()
    monkeypatch.setattr(sys, "stderr", stream())
    monkeypatch.setitem(sys.modules, "ipykernel", sys)  # there the message is printed to anything
    assert misses() == 1


SWITCHED_OFF = """
import sys, graphnet as gn
graph = gn.graphs.elman(1, 2, 1)
if sys.argv[1] == "after":
    import numba
net = gn.compile(graph, seed=0)
print(net.backend, net.run([[[0.5]]]).shape)
try:
    gn.compile(graph, backend="fast")
except gn.DataError as error:
    print(error)
"""


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("value", ["1", "nonsense"])
def test_numba_that_is_switched_off(when: str, value: str) -> None:
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", SWITCHED_OFF, when],
                          env={**os.environ, "NUMBA_DISABLE_JIT": value, "GRAPHNET_BACKEND": "auto"}, cwd=ROOT,
                          capture_output=True, text=True, check=True)  # fmt: skip
    if value == "1":
        says = "backend 'fast': numba compiles nothing, since NUMBA_DISABLE_JIT is set; use 'auto' or 'reference'"
        assert done.stdout.splitlines() == ["reference (1, 1, 1)", says]
    else:
        assert done.stdout.splitlines() == ["fast (1, 1, 1)"]


def test_numba_that_is_switched_off_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(numba.config, "DISABLE_JIT", 1)
    assert gn.compile(gn.graphs.elman(1, 2, 1), backend="auto").backend == "reference"
