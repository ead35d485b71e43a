"""``graphnet bench``."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from graphnet_cli import render

import graphnet as gn

from ..bench.peers import MadeUp, made_up

QUICK = ("--samples", 4, "--steps", 5, "--rounds", 2)


@pytest.fixture
def _no_library(monkeypatch):
    """Neither torch nor JAX."""
    for library in ("torch", "jax"):
        monkeypatch.setitem(sys.modules, library, None)


def test_a_network(call, drawing):
    result = call("bench", drawing, *QUICK, "--seed", 3, "--threads", 1)
    assert (result.code, result.err) == (0, "")
    head, table = result.out.split("\n\n")
    found = {name: value.strip() for name, value in (line.split("  ", 1) for line in head.splitlines())}
    assert found == {
        "network": drawing,
        "nodes": "9",
        "synapses": "36",
        "parameters": "43",
        "batch": "4 x 5 steps",
        "loss": "mse",
        "dtype": "float32",
        "backend": gn.compile(gn.read_graph(drawing), seed=0).backend,
        "threads": "1",
        "seed": "3",
    }
    header, *rows = [[part.strip() for part in line.split("  ") if part.strip()] for line in table.splitlines()]
    assert header == ["ms", "+-", "synapse-steps/s", "memory", "predicted", "loss"]
    assert [row[:2] for row in rows] == [["graphnet", "forward"], ["graphnet", "training step"]]
    net = gn.compile(gn.read_graph(drawing), dtype="float32", seed=3)
    rng = np.random.default_rng(3)
    x, y = (rng.normal(size=(4, 5, n)).astype(np.float32) for n in (2, 3))
    assert rows[1][-1] == f"{net.value_and_grad(x, y)[0]:.6g}"


def test_for_machines(call, drawing):
    found = call("bench", drawing, *QUICK, "--seed", 3, "--dtype", "float64", "--backend", "reference", "--json").json()
    rows = found.pop("measured")
    assert found == {
        "network": drawing,
        "data": None,
        "nodes": 9,
        "synapses": 36,
        "parameters": 43,
        "dtype": "float64",
        "backend": "reference",
        "threads": found["threads"],
        "samples": 4,
        "steps": 5,
        "loss": "mse",
        "seed": 3,
        "seed_drawn": False,
        "left_out": {},
        "failed": {},
    }
    assert [(row["who"], row["what"]) for row in rows] == [("graphnet", "forward"), ("graphnet", "training step")]
    for row in rows:
        assert row["synapse_steps_per_second"] == pytest.approx(36 * 4 * 5 / row["ms"] * 1000)
        assert (row["rounds"], row["agrees"]) == (2, True)
        assert row["memory_predicted"] > 0
        assert 0 <= row["spread"] < 1


def test_a_run_and_a_saved_network_have_their_own_weights(call, trained):
    rows = [
        call("bench", network, *QUICK, "--seed", 3, "--json").json()["measured"][1]
        for network in (trained, f"{trained}/network.safetensors")
    ]
    net = gn.load(f"{trained}/network.safetensors")
    rng = np.random.default_rng(3)
    x, y = (rng.normal(size=(4, 5, n)).astype(np.float32) for n in (2, 3))
    for row in rows:
        assert row["loss"] == pytest.approx(net.value_and_grad(x, y)[0], rel=1e-5)


def test_data_from_a_file(call, drawing, numbers, classes):
    arguments = ("--samples", 6, "--rounds", 1, "--seed", 3, "--dtype", "float64", "--json")
    net = gn.compile(gn.read_graph(drawing), seed=3)
    for path, loss in ((numbers, "mse"), (classes, "cross_entropy")):
        found = call("bench", drawing, "--data", path, *arguments).json()
        with np.load(path) as arrays:
            lengths = arrays["lengths"][:6] if "lengths" in arrays else None
            expected = net.value_and_grad(arrays["x"][:6], arrays["y"][:6], loss=loss, lengths=lengths)[0]
        assert (found["data"], found["loss"], found["samples"], found["steps"]) == (path, loss, 6, 6)
        assert found["measured"][1]["loss"] == pytest.approx(expected)


@pytest.mark.usefixtures("_no_library")
def test_peers_that_are_not_installed_are_named(call, drawing):
    result = call("bench", drawing, *QUICK, "--peers")
    assert (result.code, result.err) == (0, "")
    assert result.out.splitlines()[-2:] == [
        "left out: torch dense, torch CSR, torch edges, torch module: torch is not installed",
        "left out: JAX dense, JAX BCOO, JAX edges: jax is not installed",
    ]


def test_peers_that_are_not_found_are_one_line(call, drawing, monkeypatch, tmp_path):
    monkeypatch.delitem(sys.modules, "benchmarks.peers", raising=False)
    monkeypatch.setattr("graphnet.bench.peers.FOLDER", tmp_path / "missing")
    result = call("bench", drawing, *QUICK, "--peers")
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("graphnet: error: the peers are the folder benchmarks/peers of graphnet's source")
    assert result.err.endswith("pip install -e .\n")
    assert result.err.count("\n") == 1


@pytest.mark.torch
def test_torch_beside_it(call, here, monkeypatch):
    monkeypatch.setitem(sys.modules, "jax", None)
    gn.write_graph(gn.graphs.complete(2, 4, 3), "net.json")
    result = call("bench", "net.json", *QUICK, "--peers", "--threads", 1)
    assert (result.code, result.err) == (0, "")
    rows = result.out.split("\n\n")[1].splitlines()[1:]
    assert len(rows) == 2 + 2 * 4
    # in single precision, printed to six digits
    losses = [float(row.split()[-1]) for row in rows if "training step" in row]
    assert losses == pytest.approx([losses[0]] * len(losses), rel=1e-5)
    found = call("bench", "net.json", *QUICK, "--peers", "--threads", 1, "--json").json()
    assert {row["who"] for row in found["measured"]} == {"graphnet", "torch dense", "torch CSR"} | {
        "torch edges",
        "torch module",
    }
    assert all(row["agrees"] for row in found["measured"])


@pytest.mark.torch
def test_what_peers_cannot_express_is_named(call, here, monkeypatch):
    monkeypatch.setitem(sys.modules, "jax", None)
    gn.write_graph(gn.graphs.lstm(1, 2, 1), "lstm.json")
    found = call("bench", "lstm.json", *QUICK, "--peers", "--threads", 1, "--json").json()
    says = "edge (('candidate', 0), ('cell', 0)) is gated"
    assert found["left_out"]["torch dense"] == found["left_out"]["torch edges"] == says
    assert found["measured"][-1]["who"] == "torch module"
    assert found["measured"][-1]["agrees"]


def test_another_loss_is_an_error(call, drawing, monkeypatch):
    def make(name):
        return MadeUp(loss=12.5) if name == "torch dense" else MadeUp(error=RuntimeError("no\nsuch kernel"))

    made_up(monkeypatch, make)
    result = call("bench", drawing, *QUICK, "--peers", "--seed", 3)
    own = call("bench", drawing, *QUICK, "--seed", 3, "--json").json()["measured"][1]["loss"]
    assert result.code == 1
    assert result.err == (
        f"graphnet: error: {drawing}: the losses differ: that of graphnet is {own:.9g}, that of torch dense is 12.5\n"
    )
    assert "12.5 DIFFERS" in result.out
    assert result.out.splitlines()[-1].endswith(": training step: RuntimeError: no such kernel")
    assert result.out.splitlines()[-1].startswith("failed: torch CSR, torch edges, ")


def test_progress_is_for_a_terminal(call, drawing, monkeypatch):
    monkeypatch.setattr(render, "is_watched", lambda: True)
    result = call("bench", drawing, *QUICK)
    assert "\rround 2 of 2" in result.err
    assert result.err.endswith("\r")


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["none.json"], 3, "none.json: no such file"),
        (["net.json", "--data", "none.npz"], 3, "none.npz: no such file"),
        (["net.json", "--data", "wide.npz"], 3, "net.json on wide.npz: inputs have shape (4, 6, 5), not"),
        (["net.json", "--budget", 0], 2, "Invalid value for '--budget': '0' is not a number in (0, inf)"),
        (["net.json", "--threads", 0], 2, "Invalid value for '--threads': 0 is not in the range x>=1."),
    ],
)
def test_what_does_not_fit(call, drawing, arguments, code, says):
    np.savez("wide.npz", x=np.zeros((4, 6, 5)), y=np.zeros((4, 6, 3)))
    result = call("bench", *arguments)
    assert (result.code, result.out) == (code, "")
    assert result.err.startswith(f"graphnet: error: {says}")
