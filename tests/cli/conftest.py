"""Fixtures: a command line to call, a drawing, data for it, and a run."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import pytest
from click.testing import CliRunner
from graphnet_cli.main import main

import graphnet as gn


@dataclass(frozen=True)
class Result:
    """Result of a command."""

    code: int
    out: str
    err: str

    def json(self):
        """The JSON that it printed."""
        return json.loads(self.out)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder, in which commands are called."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def call(here):
    """Call a command in `here`, with separate stdout and stderr."""

    def run(*arguments):
        result = CliRunner().invoke(main, list(map(str, arguments)))
        return Result(result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture
def drawing(here):
    """``net.json``: 2 inputs, 4 hidden neurons that feed each other, 3 outputs."""
    gn.write_graph(gn.graphs.elman(2, 4, 3), here / "net.json")
    return "net.json"


def sequences(n_samples=20, n_steps=6, n_inputs=2):
    """Inputs (n_samples, n_steps, n_inputs), with a fixed seed."""
    return np.random.default_rng(3).normal(size=(n_samples, n_steps, n_inputs))


@pytest.fixture
def numbers(here):
    """``numbers.npz``: targets of three outputs at every step."""
    x = sequences()
    np.savez("numbers.npz", x=x, y=np.repeat(x.sum(axis=2, keepdims=True), 3, axis=2))
    return "numbers.npz"


@pytest.fixture
def classes(here):
    """``classes.npz``: one of three classes per sequence, and lengths."""
    x = sequences()
    lengths = 1 + np.arange(len(x)) % 6
    np.savez("classes.npz", x=x, y=np.digitize(x[:, 0, 0], [-0.5, 0.5]), lengths=lengths)
    return "classes.npz"


@pytest.fixture
def trained(call, drawing, classes):
    """``run``: two epochs on the classes."""
    assert call("train", drawing, classes, "-o", "run", "--epochs", 2, "--seed", 1).code == 0
    return "run"
