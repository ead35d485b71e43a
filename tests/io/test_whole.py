"""Files are written whole or not at all."""

from __future__ import annotations

import errno
import os
import stat

import networkx as nx
import numpy as np
import pytest

import graphnet as gn
from graphnet.io import write_arrays
from graphnet.io.whole import existing_file, written_whole

from .files import leftovers


def network():
    graph = nx.DiGraph()
    graph.add_node("y", role="output")
    return gn.compile(graph, seed=0)


WRITERS = {
    "net.safetensors": lambda path: gn.save(network(), path),
    "net.json": lambda path: gn.write_graph(network().to_graph(), path),
    "out.npz": lambda path: write_arrays(path, {"x": np.zeros(3)}),
}
each_writer = pytest.mark.parametrize("name", WRITERS)


@each_writer
def test_what_was_there_is_replaced_and_nothing_else_is_left(tmp_path, name):
    (tmp_path / name).write_text("old")
    WRITERS[name](tmp_path / name)
    assert (tmp_path / name).read_bytes() != b"old"
    assert leftovers(tmp_path) == [name]


@each_writer
@pytest.mark.parametrize("call", ["replace", "fsync"])
def test_what_was_there_stays_where_the_system_fails(tmp_path, monkeypatch, name, call):
    def fail(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / name).write_text("old")
    monkeypatch.setattr(os, call, fail)
    with pytest.raises(OSError, match="No space left on device") as caught:
        WRITERS[name](tmp_path / name)
    assert caught.value.filename == str(tmp_path / name)
    assert (tmp_path / name).read_text() == "old"
    assert leftovers(tmp_path) == [name]


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
