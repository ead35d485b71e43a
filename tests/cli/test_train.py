"""``graphnet train`` and ``graphnet evaluate``: runs, whole or not at all."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import graphnet as gn

SCRIPT = Path(sys.executable).with_name("graphnet")


def rows_of(run):
    return [json.loads(line) for line in Path(run, "metrics.jsonl").read_text().splitlines()]


def settings_of(run):
    return json.loads(Path(run, "settings.json").read_text())


def names_in(folder):
    return sorted(path.name for path in Path(folder).iterdir())


def without_seconds(rows):
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]


def test_a_run_is_what_fit_does(call, drawing, classes):
    options = ["--epochs", 3, "--batch-size", 7, "--learning-rate", 0.02, "--schedule", "cosine", "--optimizer", "sgd"]
    options += ["--validation", 0.25, "--patience", 3, "--clip-norm", 0.5, "--seed", 9, "--dtype", "float32"]
    result = call("train", drawing, classes, "-o", "runs/first", *options, "--json")
    assert (result.code, result.err) == (0, "")
    assert names_in("runs") == ["first"]
    assert names_in("runs/first") == ["metrics.jsonl", "network.safetensors", "settings.json"]

    net = gn.compile(gn.read_graph(drawing), seed=9, dtype="float32")
    with np.load(classes) as data:
        history = gn.fit(
            net,
            data["x"],
            data["y"],
            lengths=data["lengths"],
            loss="cross_entropy",
            epochs=3,
            batch_size=7,
            learning_rate=0.02,
            schedule="cosine",
            optimizer="sgd",
            validation=0.25,
            patience=3,
            clip_norm=0.5,
            seed=9,
        )
    saved = gn.load("runs/first/network.safetensors")
    assert saved.dtype == np.float32
    assert saved.parameters.tobytes() == net.parameters.tobytes()
    assert without_seconds(rows_of("runs/first")) == without_seconds(history.epochs)

    settings = settings_of("runs/first")
    assert settings.pop("seconds") > 0
    assert settings.pop("versions")["graphnet"] == gn.__version__
    assert settings == {
        "graph": drawing,
        "data": classes,
        "epochs": 3,
        "batch_size": 7,
        "learning_rate": 0.02,
        "schedule": "cosine",
        "optimizer": "sgd",
        "loss": "cross_entropy",
        "patience": 3,
        "clip_norm": 0.5,
        "seed": 9,
        "validation": 0.25,
        "dtype": "float32",
        "seed_drawn": False,
        "epochs_run": 3,
        "best_epoch": history.best_epoch,
        "stopped_early": False,
        "interrupted": False,
    }
    found = result.json()
    assert found["run"] == "runs/first"
    assert found["last"] == rows_of("runs/first")[-1]
    assert found["best_epoch"] == history.best_epoch


def test_what_is_printed_for_people(call, drawing, classes):
    result = call("train", drawing, classes, "-o", "run", "--epochs", 2, "--seed", 4)
    found = dict(line.split(maxsplit=1) for line in result.out.replace("best epoch", "best").splitlines() if line)
    assert found["run"] == "run"
    assert found["seed"] == "4"
    assert found["epochs"] == "2 of 2"
    assert found["loss"] == f"{rows_of('run')[-1]['loss']:.6g}"
    assert found["accuracy"] == f"{rows_of('run')[-1]['accuracy']:.6g}"


def test_a_seed_that_is_ours_is_printed_and_repeats_the_run(call, drawing, numbers):
    result = call("train", drawing, numbers, "-o", "one", "--epochs", 2)
    seed = settings_of("one")["seed"]
    assert settings_of("one")["seed_drawn"] is True
    assert f"seed           {seed} (drawn; --seed {seed} repeats it)\n" in result.out
    assert call("train", drawing, numbers, "-o", "two", "--epochs", 2, "--seed", seed).code == 0
    assert Path("one/network.safetensors").read_bytes() == Path("two/network.safetensors").read_bytes()
    assert without_seconds(rows_of("one")) == without_seconds(rows_of("two"))


@pytest.mark.parametrize(
    ("y", "loss"),
    [
        (np.zeros(20, np.int32), "cross_entropy"),
        (np.zeros((20, 6), np.uint8), "cross_entropy"),
        (np.zeros((20, 6, 3), int), "mse"),
        (np.zeros((20, 6, 3)), "mse"),
    ],
)
def test_the_loss_follows_from_the_targets(call, drawing, y, loss):
    np.savez("data.npz", x=np.zeros((20, 6, 2)), y=y)
    assert call("train", drawing, "data.npz", "-o", "run", "--epochs", 1).code == 0
    assert settings_of("run")["loss"] == loss


def test_the_learning_rate_that_was_left_open_is_in_the_settings(call, drawing, numbers):
    for optimizer in gn.optimizers.OPTIMIZERS:
        call("train", drawing, numbers, "-o", optimizer, "--epochs", 1, "--optimizer", optimizer)
        rate = settings_of(optimizer)["learning_rate"]
        assert rate == gn.optimizers.OPTIMIZERS[optimizer]().learning_rate == rows_of(optimizer)[0]["learning_rate"]


def test_validation_from_a_file_and_stopping_early(call, drawing, classes):
    np.savez("held_out.npz", x=np.ones((4, 6, 2)), y=np.zeros(4, int), lengths=np.array([1, 2, 3, 4]))
    options = ["--validation", "held_out.npz", "--patience", 1, "--epochs", 500, "--learning-rate", 0.5, "--seed", 0]
    result = call("train", drawing, classes, "-o", "run", *options)
    settings = settings_of("run")
    assert settings["stopped_early"] is True
    assert settings["epochs_run"] == len(rows_of("run")) < 500
    assert f"epochs               {settings['epochs_run']} of 500, stopped early\n" in result.out
    best = rows_of("run")[settings["best_epoch"] - 1]["validation_loss"]
    assert best == min(row["validation_loss"] for row in rows_of("run"))
    assert call("evaluate", "run", "held_out.npz", "--json").json()["loss"] == pytest.approx(best, rel=1e-12)


def test_an_empty_folder_may_be_there_and_nothing_else(call, drawing, numbers, here):
    (here / "empty").mkdir()
    assert call("train", drawing, numbers, "-o", "empty", "--epochs", 1).code == 0
    assert len(names_in("empty")) == 3
    before = Path("empty/network.safetensors").read_bytes()
    (here / "file").touch()
    for output, says in (
        ("empty", "empty: the folder exists and is not empty; name another, or remove it"),
        ("file", "file: there is something else of that name"),
    ):
        result = call("train", drawing, numbers, "-o", output, "--epochs", 1)
        assert (result.code, result.out) == (2, "")
        assert says in result.err
    assert Path("empty/network.safetensors").read_bytes() == before


def test_diverged(call, drawing, numbers):
    before = names_in(".")
    result = call("train", drawing, numbers, "-o", "run", "--learning-rate", 1e300, "--optimizer", "sgd", "--epochs", 9)
    assert (result.code, result.out) == (4, "")
    (line,) = result.err.splitlines()
    assert line.startswith("graphnet: error: net.json on numbers.npz: epoch ")
    assert "smaller learning_rate" in line
    assert line.endswith("; nothing was written to run")
    assert names_in(".") == before


def save(**arrays):
    np.savez("data.npz", **{"x": np.zeros((4, 6, 2)), "y": np.zeros((4, 6, 3)), **arrays})


@pytest.mark.parametrize(
    ("arrays", "options", "says"),
    [
        ({"x": np.zeros((4, 6, 7))}, [], "net.json on data.npz: inputs: shape (4, 6, 7)"),
        ({"y": np.zeros((4, 6, 2))}, [], "net.json on data.npz: targets: shape (4, 6, 2)"),
        ({"y": np.full((4, 6, 3), np.inf)}, [], "net.json on data.npz: targets at sample 0, step 0, column 0"),
        ({"x": np.full((4, 6, 2), np.nan)}, [], "net.json on data.npz: inputs at sample 0, step 0, column 0"),
        ({"y": np.full((4, 6), 3)}, [], "net.json on data.npz: targets: class 3 at sample 0, step 0"),
        ({}, ["--validation", "0.01"], "net.json on data.npz: validation: 0.01 of 4 samples holds out 0"),
        ({}, ["--validation", "more.npz"], "more.npz: no such file"),
        ({"x": np.zeros((4, 6))}, [], "data.npz: array 'x' has shape (4, 6)"),
        ({"y": np.array([None] * 4)}, [], "data.npz: array 'y' cannot be read: it holds Python objects"),
    ],
)
def test_data_that_do_not_fit(call, drawing, arrays, options, says):
    save(**arrays)
    before = names_in(".")
    result = call("train", drawing, "data.npz", "-o", "run", *options)
    assert (result.code, result.out) == (3, "")
    (line,) = result.err.splitlines()
    assert line.startswith(f"graphnet: error: {says}")
    assert names_in(".") == before


def test_a_graph_that_is_no_network(call, numbers):
    graph = gn.graphs.elman(2, 2, 1)
    graph.add_edge(("output", 0), ("output", 0), delay=0)
    graph.nodes["hidden", 0]["bias"] = "high"
    gn.write_graph(graph, "bad.json")
    result = call("train", "bad.json", numbers, "-o", "run")
    assert (result.code, result.out) == (3, "")
    lines = result.err.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("graphnet: error: bad.json: ") for line in lines)
    assert "node ('hidden', 0): bias='high'" in lines[0]
    assert "zero-delay cycle" in lines[1]


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send")
def test_interrupted_it_leaves_a_whole_run(here, drawing, classes):
    command = [SCRIPT, "train", drawing, classes, "-o", "run", "--epochs", "1000000", "--seed", "3"]
    # a shell that started the tests in the background has them ignore the signal, and children inherit that
    heeding = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.default_int_handler)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **heeding) as process:
        try:
            wait_for(lambda: any(path.read_text() for path in here.glob(".*.partial/metrics.jsonl")))
            assert not (here / "run").exists()
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 130
    assert err == "graphnet: interrupted\n"
    assert "epochs" in out
    settings = settings_of("run")
    assert settings["interrupted"] is True
    assert settings["epochs_run"] == len(rows_of("run")) > 0
    start = gn.compile(gn.read_graph(drawing), seed=3)
    assert (gn.load("run/network.safetensors").parameters != start.parameters).any()
    assert not list(here.glob(".*.partial"))


def test_interrupted_before_the_first_update(call, monkeypatch, drawing, numbers):
    def interrupt(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(gn, "fit", interrupt)
    result = call("train", drawing, numbers, "-o", "run", "--seed", 3)
    assert result.code == 130
    assert rows_of("run") == []
    start = gn.compile(gn.read_graph(drawing), seed=3)
    assert gn.load("run/network.safetensors").parameters.tobytes() == start.parameters.tobytes()


def test_numbers_that_json_has_no_word_for(call, monkeypatch, drawing, numbers):
    def fit(net, x, y, *, callback, **options):
        callback({"epoch": 1, "loss": 1.0, "validation_loss": float("nan")})
        return gn.History([], None)

    monkeypatch.setattr(gn, "fit", fit)
    assert call("train", drawing, numbers, "-o", "run", "--json").json()["last"]["validation_loss"] is None
    assert rows_of("run") == [{"epoch": 1, "loss": 1.0, "validation_loss": None}]


# --- evaluate --------------------------------------------------------------------------------------------------------


def test_evaluate_measures_what_the_run_was_trained_on(call, trained, classes):
    net = gn.load("run/network.safetensors")
    with np.load(classes) as data:
        expected = gn.evaluate(net, data["x"], data["y"], loss="cross_entropy", lengths=data["lengths"])
    found = call("evaluate", trained, classes, "--json").json()
    assert found == {"run": "run", "data": classes, "samples": 20, "measured": "cross_entropy", **expected}
    assert found["accuracy"] == expected["accuracy"]
    lines = call("evaluate", trained, classes).out.splitlines()
    assert lines[-2:] == [f"loss      {expected['loss']:.6g}", f"accuracy  {expected['accuracy']:.6g}"]


def test_evaluate_another_loss(call, trained, numbers):
    with np.load(numbers) as data:
        expected = gn.evaluate(gn.load("run/network.safetensors"), data["x"], data["y"], loss="mse")
    found = call("evaluate", trained, numbers, "--loss", "mse", "--json").json()
    assert found["loss"] == expected["loss"]
    assert "accuracy" not in found


def test_evaluate_data_that_do_not_fit(call, trained, numbers):
    result = call("evaluate", trained, numbers)
    assert (result.code, result.out) == (3, "")
    assert result.err.startswith("graphnet: error: run on numbers.npz: targets: shape (20, 6, 3)")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "settings.json: cannot be read: No such file or directory; --loss says what to measure"),
        ("{", "settings.json: not JSON: "),
        ("[]", "settings.json: it does not name a loss that there is"),
        ('{"loss": "hinge"}', "settings.json: it does not name a loss that there is"),
        ('{"loss": {}}', "settings.json: it does not name a loss that there is"),
    ],
)
def test_evaluate_a_run_with_broken_settings(call, trained, classes, content, says):
    path = Path("run/settings.json")
    path.unlink()
    if content is not None:
        path.write_text(content)
    result = call("evaluate", trained, classes)
    assert result.code == 3
    assert says in result.err
    assert call("evaluate", trained, classes, "--loss", "cross_entropy").code == 0


def test_evaluate_what_is_no_run(call, drawing, classes, here):
    (here / "empty").mkdir()
    for run, says in (
        ("none", "none: no run folder, as graphnet train writes it"),
        (drawing, "net.json: no run folder"),
        ("empty", "empty: the folder is not a run: it has no network.safetensors"),
    ):
        result = call("evaluate", run, classes)
        assert result.code == 3
        assert result.err.startswith(f"graphnet: error: {says}")


def test_evaluate_a_broken_network(call, trained, classes):
    Path("run/network.safetensors").write_bytes(b"{}")
    result = call("evaluate", trained, classes)
    assert result.code == 3
    assert result.err.startswith(f"graphnet: error: {Path('run/network.safetensors')}: not a complete safetensors file")
