"""Faults of the system under every command: one line on stderr, an exit code, and no traceback."""

from __future__ import annotations

import builtins
import errno
import io
import os
import subprocess
import sys
from pathlib import Path

import click
import networkx as nx
import pytest
from click.testing import CliRunner
from graphnet_cli.main import main

import graphnet as gn
import graphnet.io

SCRIPT = Path(sys.executable).with_name("graphnet")

VERBS = {
    "new": ["new", "elman", "new.json", "--inputs", 2, "--hidden", 3, "--outputs", 1],
    "convert": ["convert", "net.json", "net.graphml"],
    "inspect": ["inspect", "net.json"],
    "validate": ["validate", "net.json"],
    "simulate": ["simulate", "net.json", "--input", "noise", "--steps", 3, "-o", "out.npz", "--seed", 0],
    "simulate csv": ["simulate", "net.json", "--input", "noise", "--steps", 3, "-o", "out.csv", "--seed", 0],
    "check-gradients": ["check-gradients", "net.json", "--samples", 1, "--steps", 2],
    "bench": ["bench", "net.json", "--samples", 1, "--steps", 2, "--rounds", 1],
    "train": ["train", "net.json", "classes.npz", "-o", "new", "--epochs", 1, "--seed", 0],
    "resume": ["resume", "run", "--set", "epochs=3"],
    "evaluate": ["evaluate", "run", "classes.npz"],
    "predict": ["predict", "run", "classes.npz", "-o", "out.npz"],
    "completion": ["completion", "bash"],
    "help": ["--help"],
    "version": ["--version"],
}
NUMBERS = [errno.ENOSPC, errno.EIO, errno.EACCES, errno.EINVAL]


def refuse(error):
    def fail(*_, **__):
        raise error

    return fail


def contents():
    """Return the contents of the folder, by name."""
    return {str(path): path.read_bytes() for path in Path().rglob("*") if path.is_file() and path.name != "lock"}


FAULTS = {
    "open": (io, "open"),
    "open of files": (builtins, "open"),
    "open of the system": (os, "open"),
    "fsync": (os, "fsync"),
    "replace": (os, "replace"),
    "mkdir": (os, "mkdir"),
    "stat": (os, "stat"),
    "scandir": (os, "scandir"),
    "compile": (gn, "compile"),
    "load": (gn, "load"),
    "read_graph": (gn, "read_graph"),
    "read_data": (graphnet.io, "read_data"),
    "fit": (gn, "fit"),
}


@pytest.mark.costly
@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("fault", FAULTS)
def test_every_command_under_every_fault(call, trained, monkeypatch, verb, fault):
    """Catches tracebacks, files that are left half written, and what is said of a bug that there is not."""
    assert call(*VERBS[verb]).code in (0, 3)  # what is imported late is imported now
    module, name = FAULTS[fault]
    errors = [OSError(number, os.strerror(number)) for number in NUMBERS]
    for error in [*errors, MemoryError(), RecursionError("too deep"), UnicodeDecodeError("ascii", b"\xff", 0, 1, "x")]:
        before = contents()
        with monkeypatch.context() as patch:
            patch.setattr(module, name, refuse(error))
            result = CliRunner().invoke(main, list(map(str, VERBS[verb])))
        assert isinstance(result.exception, SystemExit | None), (error, result.exception)
        assert result.exit_code in (0, 1, 2, 3), error
        assert "Traceback" not in result.stderr
        if result.exit_code:
            assert result.stderr.startswith("graphnet: error: "), error
        if isinstance(error, OSError) and result.exit_code:
            assert "bug in graphnet" not in result.stderr
        after = contents()
        assert not [name for name in after if name.endswith(".partial")]
        if result.exit_code:
            assert {name: after.get(name) for name in before if name[:3] != "run"} == {
                name: data for name, data in before.items() if name[:3] != "run"
            }


class Refusing(io.TextIOWrapper):
    """A stream that nothing can be written to."""

    def __init__(self, error):
        super().__init__(io.BytesIO(), "utf-8")
        self.error = error

    def write(self, text):
        raise self.error


@pytest.mark.costly
@pytest.mark.parametrize("verb", VERBS)
def test_every_command_where_nothing_can_be_printed(call, trained, monkeypatch, verb):
    closed = ValueError("I/O operation on closed file.")
    for error in (BrokenPipeError(errno.EPIPE, "Broken pipe"), OSError(errno.ENOSPC, "full"), closed):
        for names in (["stdout"], ["stderr"], ["stdout", "stderr"]):
            with monkeypatch.context() as patch:
                for name in names:
                    patch.setattr(sys, name, Refusing(error))
                with pytest.raises(SystemExit) as caught:
                    main.main(list(map(str, VERBS[verb])), "graphnet")
            assert caught.value.code in ((0, 1, 2, 3) if "stdout" in names else (0, 2, 3))


@pytest.mark.costly
@pytest.mark.skipif(sys.platform != "linux", reason="a shell and a device that is always full")
@pytest.mark.parametrize("verb", ["inspect", "validate", "train", "help", "completion", "none"])
@pytest.mark.parametrize("streams", [">&-", "2>&-", ">&- 2>&-", ">/dev/full", "2>/dev/full", "| true", "2>&1 | true"])
def test_streams_of_a_shell(trained, verb, streams):
    arguments = {**VERBS, "none": ["inspect", "none.json"]}[verb]
    command = " ".join([str(SCRIPT), *map(str, arguments), streams])
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stdout + done.stderr
    assert "Exception ignored" not in done.stdout + done.stderr
    assert done.returncode in (0, 1, 3)


@pytest.mark.costly
@pytest.mark.parametrize("settings", [{"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, {"LC_ALL": "xx"}])
@pytest.mark.parametrize("verb", ["validate", "inspect"])
def test_a_broken_locale(here, settings, verb):
    """Catches names of nodes that an encoding lacks."""
    graph = gn.graphs.elman(1, 1, 1)
    graph.nodes["hidden", 0]["bias"] = "much"
    names = {("hidden", 0): "Zürich 脳\ud800", ("input", 0): "é"}
    gn.write_graph(nx.relabel_nodes(graph, names), "net.json")
    environment = {**os.environ, **settings, "PYTHONIOENCODING": ""}
    done = subprocess.run([SCRIPT, verb, "net.json"], env=environment, capture_output=True, check=False)
    assert done.returncode == 3
    assert b"Traceback" not in done.stderr
    assert b"bug in graphnet" not in done.stderr
    assert b"rich" in done.stdout + done.stderr


@pytest.mark.parametrize("error", [KeyboardInterrupt(), EOFError(), click.Abort()])
def test_interrupted_before_a_command_begins(call, monkeypatch, error):
    monkeypatch.setattr(click.Group, "make_context", refuse(error))
    result = call("inspect", "net.json")
    assert result.code == 130
    assert result.err.strip() == "graphnet: interrupted"


def test_anything_before_a_command_begins(call, monkeypatch):
    monkeypatch.setattr(click.Group, "make_context", refuse(RuntimeError("never thought of")))
    result = call("inspect", "net.json")
    assert (result.code, result.err) == (1, "graphnet: error: RuntimeError: never thought of\n")
