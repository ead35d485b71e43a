"""``graphnet predict``: the outputs of a run as arrays or as a table, for data with and without targets."""

from __future__ import annotations

import csv
import errno
import os
from pathlib import Path

import numpy as np
import pytest
from scipy.special import softmax

import graphnet as gn

NODES = [f"('output', {i})" for i in range(3)]


def expected_of(data):
    """Outputs of the network of ``run``."""
    with np.load(data) as arrays:
        lengths = arrays.get("lengths")
        return gn.open_run("run").network().run(arrays["x"], lengths=lengths), lengths


def read_csv(path):
    """{column: (n_rows,) numbers} of a table."""
    with Path(path).open(newline="") as file:
        header, *rows = csv.reader(file)
    return {name: np.array([float(row[i]) for row in rows]) for i, name in enumerate(header)}


@pytest.fixture
def regressed(call, drawing, numbers):
    """``run``: an epoch on numbers."""
    assert call("train", drawing, numbers, "-o", "run", "--epochs", 1, "--seed", 1).code == 0
    return "run"


def test_more_sequences_than_are_run_at_once(call, regressed):
    rng = np.random.default_rng(4)
    np.savez("many.npz", x=rng.normal(size=(600, 6, 2)), lengths=rng.integers(1, 7, 600))
    assert call("predict", "run", "many.npz", "-o", "out.npz").code == 0
    outputs, lengths = expected_of("many.npz")
    with np.load("out.npz") as found:
        np.testing.assert_allclose(found["outputs"], outputs, rtol=0, atol=1e-13)
        np.testing.assert_array_equal(found["lengths"], lengths)


def test_arrays_of_numbers(call, regressed, numbers):
    result = call("predict", "run", numbers, "-o", "out.npz", "--json")
    outputs, _ = expected_of(numbers)
    assert result.json() == {
        "run": "run",
        "data": numbers,
        "output": "out.npz",
        "samples": 20,
        "steps": 6,
        "outputs": 3,
        "not_finite": 0,
    }
    with np.load("out.npz") as found:
        assert set(found) == {"outputs", "output_nodes"}
        assert found["outputs"].tobytes() == outputs.tobytes()
        assert found["output_nodes"].tolist() == NODES
    shown = call("predict", "run", numbers, "-o", "out.npz").out
    rows = dict(line.split() for line in shown.splitlines())
    assert rows == {name: str(value) for name, value in result.json().items() if name != "not_finite"}


def test_arrays_of_classes(call, trained, classes):
    assert call("predict", "run", classes, "-o", "out.npz").code == 0
    outputs, lengths = expected_of(classes)
    with np.load("out.npz") as found:
        assert set(found) == {"outputs", "output_nodes", "classes", "probabilities", "lengths"}
        assert found["outputs"].tobytes() == outputs.tobytes()
        assert found["lengths"].tolist() == lengths.tolist()
        assert found["classes"].tolist() == outputs.argmax(axis=2).tolist()
        np.testing.assert_allclose(found["probabilities"], softmax(outputs, axis=2), rtol=1e-13)
    # the classes are those that evaluate counts
    with np.load(classes) as data:
        hits = outputs.argmax(axis=2)[np.arange(20), lengths - 1] == data["y"]
    assert call("evaluate", "run", classes, "--json").json()["accuracy"] == hits.mean()


def test_a_table_of_numbers(call, regressed, numbers):
    assert call("predict", "run", numbers, "-o", "out.csv").code == 0
    outputs, _ = expected_of(numbers)
    found = read_csv("out.csv")
    assert list(found) == ["sequence", "step", *NODES]
    assert found["sequence"].tolist() == np.repeat(np.arange(20), 6).tolist()
    assert found["step"].tolist() == np.tile(np.arange(6), 20).tolist()
    for i, node in enumerate(NODES):
        assert found[node].tobytes() == outputs[:, :, i].tobytes()


def test_a_table_of_classes(call, trained, classes):
    assert call("predict", "run", classes, "-o", "out.csv").code == 0
    outputs, lengths = expected_of(classes)
    found = read_csv("out.csv")
    assert list(found) == ["sequence", "step", "class", *(f"probability of {node}" for node in NODES), *NODES]
    valid = np.arange(6) < lengths[:, np.newaxis]
    assert len(found["step"]) == lengths.sum()
    assert found["class"].tolist() == outputs.argmax(axis=2)[valid].tolist()
    likely = softmax(outputs, axis=2)[valid]
    np.testing.assert_allclose([found[f"probability of {node}"] for node in NODES], likely.T, rtol=1e-13)
    assert found[NODES[2]].tobytes() == outputs[valid][:, 2].tobytes()


@pytest.mark.parametrize("y", [None, np.zeros((2, 9)), np.array([None] * 3)], ids=["none", "misshapen", "objects"])
def test_targets_are_not_read(call, regressed, y):
    arrays = {"x": np.random.default_rng(0).normal(size=(4, 3, 2))} | ({} if y is None else {"y": y})
    np.savez("data.npz", **arrays)
    assert call("predict", "run", "data.npz", "-o", "out.npz").code == 0
    with np.load("out.npz") as found:
        assert found["outputs"].tobytes() == gn.open_run("run").network().run(arrays["x"]).tobytes()


def test_a_single_array(call, regressed):
    x = np.random.default_rng(0).normal(size=(5, 2))
    np.save("x.npy", x)
    assert call("predict", "run", "x.npy", "-o", "out.npz").code == 0
    with np.load("out.npz") as found:
        assert found["outputs"].tobytes() == gn.open_run("run").network().run(x[np.newaxis]).tobytes()


# --- tables ----------------------------------------------------------------------------------------------------------

SPOTS = np.random.default_rng(0).normal(size=20)


def write_series(path, header, *columns):
    """A table of these columns."""
    lines = [header, *(",".join(map(str, row)) for row in zip(*columns, strict=True))]
    Path(path).write_text("\n".join(lines) + "\n")


@pytest.fixture
def one_to_one(here):
    """``net.json``: one input, one output."""
    gn.write_graph(gn.graphs.elman(1, 3, 1), "net.json")
    return "net.json"


def test_ahead_there_are_predictions_for_the_last_steps_too(call, one_to_one):
    write_series("series.csv", "year,spots", range(1700, 1720), SPOTS)
    options = ["--x", "spots", "--ahead", 2, "--where", "year<1710", "--epochs", 1]
    assert call("train", one_to_one, "series.csv", "-o", "run", *options).code == 0
    assert call("predict", "run", "series.csv", "-o", "out.csv").code == 0
    outputs = gn.open_run("run").network().run(SPOTS[np.newaxis, :, np.newaxis])
    assert read_csv("out.csv")["spots+2"].tobytes() == outputs.tobytes()
    # the rows of training are not those of prediction, where nobody asks for it
    assert call("predict", "run", "series.csv", "-o", "late.csv", "--where", "year>=1715").code == 0
    late = gn.open_run("run").network().run(SPOTS[np.newaxis, 15:, np.newaxis])
    assert read_csv("late.csv")["spots+2"].tobytes() == late.tobytes()


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        ("name,x,x2", [["a"] * 12 + ["b"] * 8, SPOTS, SPOTS]),
        ("name,x", [["a"] * 12 + ["b"] * 8, SPOTS]),
        ("name,x,x2", [["a"] * 12 + ["b"] * 8, SPOTS, [""] * 20]),
    ],
    ids=["there", "none", "empty"],
)
def test_columns_of_targets_are_no_inputs_and_need_not_be_there(call, one_to_one, header, columns):
    """``x2`` is chosen as the target, and would be an input by its name."""
    write_series("train.csv", "name,x,x2", ["a"] * 12 + ["b"] * 8, SPOTS, SPOTS)
    options = ["--y", "x2", "--sequence", "name", "--epochs", 1]
    assert call("train", one_to_one, "train.csv", "-o", "run", *options).code == 0
    write_series("more.csv", header, *columns)
    result = call("predict", "run", "more.csv", "-o", "out.csv")
    assert (result.code, result.err) == (0, "")
    found, net = read_csv("out.csv"), gn.open_run("run").network()
    assert found["sequence"].tolist() == [0] * 12 + [1] * 8
    ours = np.concatenate([net.run(part[np.newaxis, :, np.newaxis])[0, :, 0] for part in (SPOTS[:12], SPOTS[12:])])
    np.testing.assert_allclose(found["x2"], ours, rtol=1e-12)


def test_other_columns(call, one_to_one):
    write_series("train.csv", "x,y", SPOTS, SPOTS)
    assert call("train", one_to_one, "train.csv", "-o", "run", "--epochs", 1).code == 0
    write_series("more.csv", "id,reading", ["u"] * 5 + ["v"] * 15, SPOTS)
    assert call("predict", "run", "more.csv", "-o", "out.csv").code == 3
    assert call("predict", "run", "more.csv", "-o", "out.csv", "--x", "reading", "--sequence", "id").code == 0
    assert read_csv("out.csv")["sequence"].tolist() == [0] * 5 + [1] * 15


# --- what goes wrong -------------------------------------------------------------------------------------------------


def test_other_suffixes(call, regressed, numbers):
    for output in ("out.txt", "out"):
        result = call("predict", "run", numbers, "-o", output)
        assert (result.code, result.out) == (2, "")
        assert f"Invalid value for '-o': {output}: results are written to .npz or .csv" in result.err


def test_more_channels_than_inputs(call, regressed):
    np.savez("wide.npz", x=np.zeros((2, 3, 7)))
    result = call("predict", "run", "wide.npz", "-o", "out.npz")
    assert (result.code, result.out) == (3, "")
    assert result.err.startswith(
        "graphnet: error: run on wide.npz: inputs have shape (2, 3, 7), not (n_samples, n_steps, 2)"
    )
    assert not Path("out.npz").exists()


def test_outputs_that_are_not_finite_are_counted(call, here):
    graph = gn.graphs.elman(1, 1, 2)
    graph.nodes["hidden", 0]["activation"] = "identity"
    graph.add_edge(("hidden", 0), ("hidden", 0), weight=10.0)
    gn.write_graph(graph, "net.json")
    np.savez("data.npz", x=np.ones((2, 5, 1)), y=np.zeros(2, int))
    assert call("train", "net.json", "data.npz", "-o", "run", "--epochs", 1, "--seed", 1).code == 0
    np.savez("long.npz", x=np.ones((1, 400, 1)))
    for output in ("out.npz", "out.csv"):
        result = call("predict", "run", "long.npz", "-o", output, "--json")
        assert (result.code, result.err) == (0, "")
        wrong = result.json()["not_finite"]
        assert 0 < wrong < 800
    with np.load("out.npz") as found:
        assert (~np.isfinite(found["outputs"])).sum() == wrong


@pytest.mark.parametrize("output", ["out.npz", "out.csv"])
def test_a_full_disk_leaves_what_was_there(call, monkeypatch, regressed, numbers, output):
    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    Path(output).write_text("before")
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        result = call("predict", "run", numbers, "-o", output)
    assert (result.code, result.out) == (3, "")
    assert result.err == f"graphnet: error: {output}: No space left on device; no incomplete file was left\n"
    assert Path(output).read_text() == "before"
    assert not list(Path().glob(".*.partial"))
