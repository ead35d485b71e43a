"""GRAPH is a drawing, a network file or a run folder, in every command that takes one."""

from __future__ import annotations

import json

import numpy as np
import pytest

import graphnet as gn

from .runs import settings_of


@pytest.fixture
def graphs(call, numbers):
    """One network in all three forms: a run in float32 with dt 0.5, its network file and its drawing as columns."""
    gn.write_graph(gn.graphs.elman(2, 4, 3), "net.json")
    options = ("--epochs", 2, "--seed", 1, "--dt", 0.5, "--dtype", "float32")
    assert call("train", "net.json", numbers, "-o", "run", *options).code == 0
    assert call("convert", "run", "net.safetensors").code == 0
    gn.write_graph(gn.read_graph("run"), "drawing.safetensors")
    return ("run", "net.safetensors", "drawing.safetensors")


@pytest.mark.costly
def test_every_command_takes_all_three(call, graphs, numbers):
    outputs = []
    for graph in graphs:
        assert call("validate", graph).out == f"{graph}: valid, 9 nodes and 36 synapses\n"
        found = call("inspect", graph, "--json").json()
        assert (found["synapses"], found["dt"]) == (36, 1.0 if graph.startswith("drawing") else 0.5)
        assert found["dtype"] == ("float64" if graph.startswith("drawing") else "float32")
        assert call("simulate", graph, "--input", numbers, "-o", "out.npz").code == 0
        with np.load("out.npz") as written:
            outputs.append(written["outputs"])
        assert call("check-gradients", graph, "--samples", 1, "--steps", 2, "--entries", 2).code == 0
        assert call("bench", graph, "--rounds", 1, "--samples", 1, "--steps", 2).code == 0
    assert np.array_equal(outputs[0], outputs[1])
    assert np.allclose(outputs[0], outputs[2], atol=1e-5)


def test_training_begins_with_what_was_learnt_and_takes_dt_and_dtype(call, graphs, numbers):
    learnt = gn.open_run("run").network()
    for number, graph in enumerate(graphs[:2]):
        assert call("train", graph, numbers, "-o", f"fine{number}", "--epochs", 1, "--seed", 2).code == 0
        network = settings_of(f"fine{number}")["network"]
        assert (network["dt"], network["dtype"]) == (0.5, "float32")
    first = [gn.open_run(run).rows()[0]["loss"] for run in ("fine0", "fine1")]
    assert first[0] == first[1]
    data = gn.io.read_data(numbers)
    known = gn.evaluate(learnt, data.x, data.y)["loss"]
    assert first[0] == pytest.approx(known, rel=0.02)  # the loss of an epoch is taken while it learns
    told = ("--dt", 0.25, "--dtype", "float64")
    assert call("train", "run", numbers, "-o", "told", "--epochs", 1, "--seed", 2, *told).code == 0
    network = settings_of("told")["network"]
    assert (network["dt"], network["dtype"]) == (0.25, "float64")


def test_the_settings_that_are_printed_are_those_of_the_network(call, graphs, numbers):
    for graph, said in ((graphs[0], "dt = 0.5"), (graphs[2], "dt = 1.0"), ("net.json", "dt = 1.0")):
        assert said in call("train", graph, "d.npz", "--print-config").out.splitlines()
    assert 'dtype = "float32"' in call("train", "run", "d.npz", "--print-config").out.splitlines()
    assert "dt = 2.0" in call("train", "run", "d.npz", "--dt", 2, "--print-config").out.splitlines()


@pytest.mark.parametrize(
    "command", [("inspect",), ("validate",), ("simulate", "--input", "pulse", "--steps", "2", "-o", "o.csv")]
)
def test_what_is_no_graph_is_one_line(call, here, command):
    (here / "folder").mkdir()
    (here / "half").mkdir()
    (here / "half" / "settings.json").write_text(json.dumps({"format": 1, "settings": {}}))
    (here / "broken.safetensors").write_bytes(b"12345678{}")
    for graph, says in (
        ("folder", "folder: the folder is not a run: it has no settings.json"),
        ("half", "half: the folder is not a run: it has no network.safetensors"),
        ("missing", "missing: no such run folder; drawings are files named .json, "),
        ("broken.safetensors", "broken.safetensors: not a complete safetensors file: "),
    ):
        result = call(command[0], graph, *command[1:])
        assert (result.code, result.err.count("\n")) == (3, 1)
        assert result.err.startswith(f"graphnet: error: {says}")


def test_arrays_of_other_names_train_evaluate_predict_and_resume(call, drawing, classes):
    found = gn.io.read_data(classes)
    gn.io.write_arrays("trials.npz", {"stimulus": found.x, "choice": found.y, "n": found.lengths})
    gn.io.write_arrays("held.npz", {"stimulus": found.x, "choice": found.y, "n": found.lengths})
    said = ("--x", "stimulus", "--y", "choice", "--lengths", "n")
    options = ("--epochs", 1, "--seed", 0)
    trained = call("train", drawing, "trials.npz", "-o", "named", *said, *options, "--validation", "held.npz")
    assert trained.code == 0, trained.err
    assert call("train", drawing, classes, "-o", "plain", *options, "--validation", classes).code == 0
    assert gn.open_run("named").network().parameters.tobytes() == gn.open_run("plain").network().parameters.tobytes()
    # as in training, where nothing else is said; files of the usual names need none
    losses = [call("evaluate", "named", *more, "--json").json()["loss"] for more in (["held.npz"],)]
    assert losses == [call("evaluate", "plain", classes, "--json").json()["loss"]]
    assert call("predict", "named", "held.npz", "-o", "out.npz").code == 0
    assert call("resume", "named", "--epochs", 2).code == 0
    result = call("train", drawing, "trials.npz", "-o", "other", "--x", "stimuli")
    assert (result.code, result.err) == (
        3,
        "graphnet: error: trials.npz: there is no array 'stimuli' and no 'y'; it has 'stimulus', 'choice', 'n'\n",
    )
