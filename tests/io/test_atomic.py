"""Files are written whole or not at all."""

from __future__ import annotations

import builtins
import errno
import io
import os
import stat
import sys
import tempfile
from pathlib import Path

import networkx as nx
import numpy as np
import pytest

import graphnet as gn
from graphnet.frames.existing import existing_file
from graphnet.io import FORMATS, PICTURES, write_arrays, write_table
from graphnet.io.atomic import written_whole

from .files import leftovers


def no_space(*args):
    """Error message of the system for a full disk."""
    raise OSError(errno.ENOSPC, "No space left on device")


def network():
    graph = nx.DiGraph()
    graph.add_node("y", role="output")
    return gn.compile(graph, seed=0)


def matrix_like():
    """A drawing that every format holds, also matrices."""
    return gn.graphs.from_matrix([[0.5]]).to_networkx()


WRITERS = {
    "net.safetensors": lambda path: gn.save(network(), path),
    **{f"net{suffix}": lambda path: gn.write_graph(matrix_like(), path) for suffix in (*FORMATS, *PICTURES)},
    "out.npz": lambda path: write_arrays(path, {"x": np.zeros(3)}),
    "out.csv": lambda path: write_table(path, {"x": np.zeros(3)}),
}


def beside(name):
    """The table of nodes that a table of edges comes with."""
    return [name.replace("net", "net.nodes")] if name in ("net.csv", "net.tsv") else []


each_writer = pytest.mark.parametrize("name", WRITERS)


@each_writer
def test_what_was_there_is_replaced_and_nothing_else_is_left(tmp_path, name):
    (tmp_path / name).write_text("old")
    WRITERS[name](tmp_path / name)
    assert (tmp_path / name).read_bytes() != b"old"
    assert leftovers(tmp_path) == sorted([name, *beside(name)])


@each_writer
@pytest.mark.parametrize("call", ["replace", "fsync"])
def test_what_was_there_stays_where_the_system_fails(tmp_path, monkeypatch, name, call):
    names = [name, *beside(name)]
    for each in names:
        (tmp_path / each).write_text("old")
    monkeypatch.setattr(os, call, no_space)
    with pytest.raises(OSError, match="No space left on device") as caught:
        WRITERS[name](tmp_path / name)
    assert caught.value.filename == str(tmp_path / name)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == dict.fromkeys(names, "old")


@pytest.mark.skipif(sys.platform != "linux", reason="a device that is always full")
@each_writer
def test_a_disk_that_fills_up_while_a_file_is_written(tmp_path, monkeypatch, name):
    """Every byte goes to /dev/full, as far as it goes through open."""

    def open_full(path, mode="r", *args, **options):
        return real("/dev/full" if set(mode) & set("xw") else path, mode.replace("x", "w"), *args, **options)

    real = io.open
    (tmp_path / name).write_text("old")
    monkeypatch.setattr(io, "open", open_full)
    monkeypatch.setattr(builtins, "open", open_full)
    with pytest.raises(OSError, match="No space left on device") as caught:
        WRITERS[name](tmp_path / name)
    assert caught.value.filename == str(tmp_path / name)
    monkeypatch.undo()
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {name: "old"}


@pytest.fixture
def read_only():
    """A folder that may only be read, also by whoever may do everything: then we are somebody else for a while."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)
        if os.geteuid() != os.getuid():
            os.seteuid(os.getuid())
        Path(folder).chmod(0o700)


@pytest.mark.skipif(os.name != "posix", reason="modes of files")
@each_writer
def test_a_folder_that_may_only_be_read(tmp_path, read_only, name):
    WRITERS[name](tmp_path / name)  # what is imported late is imported now
    (read_only / name).write_text("old")
    read_only.chmod(0o555)
    if os.geteuid() == 0:
        os.seteuid(65534)
    with pytest.raises(PermissionError) as caught:
        WRITERS[name](read_only / name)
    assert caught.value.filename == str(read_only / name)
    assert {path.name: path.read_text() for path in read_only.iterdir()} == {name: "old"}


def test_what_was_there_stays_where_the_writer_is_interrupted(tmp_path):
    path = tmp_path / "note"
    path.write_text("old")
    seen = []

    def write_half():
        with written_whole(path) as temporary:
            temporary.write_text("half")
            seen.append(path.read_text())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert seen == ["old"]
    assert path.read_text() == "old"
    assert leftovers(tmp_path) == ["note"]


def test_the_disk_has_the_file_before_the_name(tmp_path, monkeypatch):
    calls = []
    for name in ("fsync", "replace"):
        real = getattr(os, name)
        monkeypatch.setattr(os, name, lambda *args, name=name, real=real: (calls.append(name), real(*args))[1])
    with written_whole(tmp_path / "note") as temporary:
        temporary.write_text("all")
    assert calls == ["fsync", "replace", "fsync"]


@each_writer
def test_where_there_cannot_be_a_file(tmp_path, name):
    (tmp_path / name).mkdir()
    with pytest.raises(gn.DataError, match=r"a folder, not a file") as caught:
        WRITERS[name](tmp_path / name)
    assert str(tmp_path / name) in str(caught.value)
    with pytest.raises(gn.DataError, match=r"there is no folder .*nowhere"):
        WRITERS[name](tmp_path / "nowhere" / name)


@pytest.mark.skipif(os.name != "posix", reason="devices and links")
def test_devices_are_not_replaced_and_links_stay_links(tmp_path):
    with pytest.raises(gn.DataError, match="not a regular file"), written_whole("/dev/null"):
        pass
    (tmp_path / "real").write_text("old")
    (tmp_path / "real").chmod(0o604)
    (tmp_path / "link").symlink_to("real")
    with written_whole(tmp_path / "link") as temporary:
        temporary.write_text("new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"
    assert stat.S_IMODE((tmp_path / "real").stat().st_mode) == 0o604


def test_names_that_no_file_can_have(tmp_path):
    with pytest.raises(gn.DataError, match="cannot be read"):
        existing_file(tmp_path / ("n" * 300))
    with pytest.raises(gn.DataError, match="cannot be read"):
        existing_file("a\0b")


def refuse(number):
    def fail(*_, **__):
        raise OSError(number, os.strerror(number))

    return fail


@each_writer
def test_what_a_file_system_does_not_know_is_no_obstacle(tmp_path, monkeypatch, name):
    """Catches an error about a file that is in place: of the names in a folder, of modes, of what was temporary."""
    real = os.fsync

    def of_files_alone(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EIO, "Input/output error")
        real(descriptor)

    for each in [name, *beside(name)]:
        (tmp_path / each).write_text("old")
    monkeypatch.setattr(os, "fsync", of_files_alone)
    monkeypatch.setattr("shutil.copymode", refuse(errno.EPERM))
    monkeypatch.setattr(Path, "unlink", refuse(errno.EACCES))
    WRITERS[name](tmp_path / name)
    assert (tmp_path / name).read_bytes() != b"old"
    assert leftovers(tmp_path) == sorted([name, *beside(name)])


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOSYS, errno.ENOTSUP])
def test_a_file_system_that_cannot_be_told_to_write_now(tmp_path, monkeypatch, number):
    monkeypatch.setattr(os, "fsync", refuse(number))
    with written_whole(tmp_path / "note") as temporary:
        temporary.write_text("all")
    assert (tmp_path / "note").read_text() == "all"


def test_the_first_error_is_the_one_that_is_raised(tmp_path, monkeypatch):
    """Catches an error of cleaning up, in place of why there is anything to clean up."""
    (tmp_path / "note").write_text("old")
    monkeypatch.setattr(os, "fsync", no_space)
    monkeypatch.setattr(Path, "unlink", refuse(errno.EROFS))
    with (
        pytest.raises(OSError, match="No space left on device") as caught,
        written_whole(tmp_path / "note") as temporary,
    ):
        temporary.write_text("new")
    assert caught.value.filename == str(tmp_path / "note")
    assert (tmp_path / "note").read_text() == "old"
