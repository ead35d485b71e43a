"""``graphnet resume``: to the same bits as a run that nobody stopped, and what can be changed on the way."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import numpy as np
import pytest

import graphnet as gn

from .runs import assert_same_run, besides_epochs, network_of, rows_of, settings_of, stop_when

ON_POSIX = pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals to send")


@pytest.mark.costly
@ON_POSIX
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_interrupted_it_goes_on_to_the_same_bits(call, here, drawing, classes, number):
    options = ["--seed", 3, "--batch-size", 7, "--noise", 0.1, "--dropout", 0.2, "--validation", 0.2, "--patience", 9]
    metrics = Path("run/metrics.jsonl")
    code, out, err = stop_when(
        lambda: metrics.exists() and metrics.read_text(),
        number,
        *("train", drawing, classes, "-o", "run", "--epochs", 100_000, "--learning-rate", 1e-5, *options),
    )
    assert (code, out, besides_epochs(err)) == (130, "", "graphnet: interrupted\n")
    assert not list(here.rglob(".*.partial"))
    done = gn.open_run("run").state()
    assert done.update > 0
    assert not done.done
    assert len(rows_of("run")) == done.epoch - 1
    epochs = done.epoch + 2
    result = call("resume", "run", "--epochs", epochs, "--json")
    assert (result.code, besides_epochs(result.err)) == (0, "")
    assert len(result.json()["epochs"]) == epochs
    whole = ["--epochs", epochs, "--learning-rate", 1e-5, *options]
    assert call("train", drawing, classes, "-o", "whole", *whole).code == 0
    assert_same_run("run", "whole")


@pytest.mark.costly
@ON_POSIX
def test_a_resumed_run_is_interrupted_like_any_other(call, drawing, classes):
    options = ["--seed", 3, "--batch-size", 7]
    assert call("train", drawing, classes, "-o", "run", "--epochs", 1, *options).code == 0
    metrics = Path("run/metrics.jsonl")
    command = ("resume", "run", "--epochs", 100_000)
    assert stop_when(lambda: len(metrics.read_text().splitlines()) > 2, signal.SIGTERM, *command)[0] == 130
    epochs = gn.open_run("run").state().epoch + 1
    assert call("resume", "run", "--epochs", epochs).code == 0
    assert call("train", drawing, classes, "-o", "whole", "--epochs", epochs, *options).code == 0
    assert_same_run("run", "whole")


def test_out_of_time_it_goes_on_to_the_same_bits(call, drawing, numbers):
    options = ["--seed", 5, "--batch-size", 3, "--schedule", "cosine", "--epochs", 4]
    result = call("train", drawing, numbers, "-o", "run", "--time-limit", 1e-9, *options)
    assert (result.code, besides_epochs(result.err)) == (0, "")
    assert "epochs      0 of 4, out of time\n" in result.out
    state = gn.open_run("run").state()
    assert (state.update, state.done) == (1, False)
    result = call("resume", "run", "--time-limit", 1000, "--json").json()
    assert (result["timed_out"], len(result["epochs"])) == (False, 4)
    assert call("train", drawing, numbers, "-o", "whole", *options).code == 0
    assert_same_run("run", "whole")


def test_for_longer_it_is_the_longer_run(call, drawing, numbers):
    for name, epochs in (("short", 2), ("long", 5)):
        assert call("train", drawing, numbers, "-o", name, "--epochs", epochs, "--seed", 2, "--batch-size", 7).code == 0
    assert call("resume", "short", "--epochs", 5).code == 0
    assert_same_run("short", "long")
    assert settings_of("short")["settings"] == settings_of("long")["settings"]
    assert settings_of("short")["about"] == settings_of("long")["about"]


def test_a_run_that_is_done_stays_as_it_is(call, trained):
    before = network_of("run"), rows_of("run"), settings_of("run")
    assert call("resume", "run").code == 0
    assert (network_of("run"), rows_of("run"), settings_of("run")) == before


def test_a_table_and_validation_from_a_file_are_read_again_as_in_training(call, here):
    gn.write_graph(gn.graphs.elman(1, 3, 1), "net.json")
    spots = np.random.default_rng(0).normal(size=40)
    lines = ["name,year,spots", *(f"{'ab'[i // 20]},{1700 + i % 20},{spots[i]}" for i in range(40))]
    Path("series.csv").write_text("\n".join(lines) + "\n")
    options = ["--x", "spots", "--sequence", "name", "--ahead", 1, "--where", "year<1715", "--count", "year>1705"]
    options += ["--validation", "series.csv", "--seed", 2]
    for name, epochs in (("short", 1), ("long", 3)):
        assert call("train", "net.json", "series.csv", "-o", name, "--epochs", epochs, *options).code == 0
    result = call("resume", "short", "--epochs", 3)
    assert (result.code, besides_epochs(result.err)) == (0, "")
    assert_same_run("short", "long")


# --- changes ---------------------------------------------------------------------------------------------------------


def go_on(run, **changes):
    """The same in Python, of a run on ``numbers.npz``."""
    with np.load("numbers.npz") as data:
        return gn.resume(run, data["x"], data["y"], **changes)


@pytest.mark.parametrize(
    ("typed", "changes"),
    [
        (["--set", "learning_rate=0.1"], {"learning_rate": 0.1}),
        (["--set", "optimizer.learning_rate=0.1"], {"optimizer": {"learning_rate": 0.1}}),
        (["--set", "optimizer.beta2=0.5", "--set", "clip_norm=0.01"], {"optimizer": {"beta2": 0.5}, "clip_norm": 0.01}),
        (["--set", "schedule=cosine"], {"schedule": "cosine"}),
        (["--set", "loss=binary_cross_entropy"], {"loss": "binary_cross_entropy"}),
        (["--set", "noise=0.3"], {"noise": 0.3}),
    ],
)
def test_settings_can_be_changed(call, drawing, numbers, typed, changes):
    with np.load(numbers) as data:
        np.savez(numbers, x=data["x"], y=(data["y"] > 0) * 1.0)
    for name in ("typed", "called", "plain"):
        options = ["--epochs", 2, "--seed", 2, "--batch-size", 7, "--loss", "mse"]
        assert call("train", drawing, numbers, "-o", name, *options).code == 0
    assert call("resume", "typed", "--epochs", 4, *typed).code == 0
    go_on("called", epochs=4, **changes)
    go_on("plain", epochs=4)
    assert_same_run("typed", "called")
    assert settings_of("typed")["settings"] == settings_of("called")["settings"]
    assert network_of("typed") != network_of("plain")


def test_the_name_that_the_optimizer_has_changes_nothing_of_it(call, drawing, numbers):
    for name in ("run", "plain"):
        assert (
            call("train", drawing, numbers, "-o", name, "--epochs", 1, "--learning-rate", 0.05, "--seed", 1).code == 0
        )
    assert call("resume", "run", "--epochs", 2, "--set", "optimizer=adam").code == 0
    assert call("resume", "plain", "--epochs", 2).code == 0
    assert_same_run("run", "plain")


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (["--set", "epoch=3"], "there is no setting 'epoch'; did you mean 'epochs'?"),
        (["--set", "seed=3"], "there is no setting 'seed'"),
        (["--set", "validation=0.5"], "there is no setting 'validation'"),
        (["--set", "epochs=none"], "epochs: None; must be a whole number"),
        (["--set", "epochs=0"], "epochs: 0 is not in the range x>=1."),
        (["--set", "clip_norm=much", "--set", "noise=-1"], "clip_norm: 'much'; must be a number"),
        (["--set", "optimizer.beta1=2"], "optimizer.beta1: 2; must be a number >= 0 and < 1"),
        (["--set", "optimizer.beta3=0.5"], "optimizer: adam has no setting 'beta3'; did you mean 'beta2'?"),
        (["--set", "epochs"], "'epochs' is not NAME=VALUE"),
        (["--set", "epochs.more=3"], "epochs.more: epochs has no parts"),
    ],
)
def test_changes_that_are_none(call, drawing, numbers, typed, says):
    assert call("train", drawing, numbers, "-o", "run", "--epochs", 1).code == 0
    before = settings_of("run")
    result = call("resume", "run", *typed)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("graphnet: error: Invalid value for '--set': ")
    assert says in result.err.splitlines()[0]
    assert settings_of("run") == before


def test_another_optimizer_is_refused(call, drawing, numbers):
    assert call("train", drawing, numbers, "-o", "run", "--epochs", 1).code == 0
    result = call("resume", "run", "--set", "optimizer=sgd", "--epochs", 2)
    assert (result.code, result.out) == (3, "")
    assert "begun with the optimizer 'adam', and 'sgd' remembers other things" in result.err


def test_other_data(call, drawing, numbers):
    options = ["--epochs", 1, "--seed", 1]
    assert call("train", drawing, numbers, "-o", "run", *options).code == 0
    with np.load(numbers) as data:
        np.savez("more.npz", x=2 * data["x"], y=data["y"])
        np.savez(numbers, x=3 * data["x"], y=data["y"])
    result = call("resume", "run", "--epochs", 2)
    assert (result.code, result.out) == (3, "")
    assert "run on numbers.npz: run: the data are not those that the run was begun with" in result.err
    assert "--data FILE" in result.err
    assert call("resume", "run", "--epochs", 2, "--data", "more.npz").code == 0
    assert settings_of("run")["about"] == {
        "graph": drawing,
        "data": "more.npz",
        "initializer": "fan_in",
        "standardize": False,
        "seed_drawn": False,
    }
    assert call("resume", "run", "--epochs", 3).code == 0
    assert len(rows_of("run")) == 3


# --- what cannot be gone on with --------------------------------------------------------------------------------------


def test_a_run_in_use(call, trained):
    with gn.open_run("run").locked():
        result = call("resume", "run", "--epochs", 9)
    assert (result.code, result.out) == (3, "")
    assert "run: another process is training this run; wait for it, or end it" in result.err
    assert call("resume", "run", "--epochs", 3).code == 0


@pytest.mark.costly
@ON_POSIX
def test_a_run_in_use_by_another_process(call, drawing, classes):
    metrics, refused = Path("run/metrics.jsonl"), []

    def tried():
        if not (metrics.exists() and metrics.read_text()):
            return False
        refused.append(call("resume", "run"))
        refused.append(call("evaluate", "run", classes))
        return True

    command = ("train", drawing, classes, "-o", "run", "--epochs", 100_000, "--checkpoint-every", 1)
    assert stop_when(tried, signal.SIGINT, *command)[0] == 130
    assert [result.code for result in refused] == [3, 0]
    assert "another process is training this run" in refused[0].err


def test_a_run_that_does_not_say_what_its_data_were(call, drawing, numbers):
    net = gn.compile(gn.read_graph(drawing), seed=0)
    with np.load(numbers) as data:
        gn.fit(net, data["x"], data["y"], epochs=1, seed=0, run="run")
    result = call("resume", "run")
    assert (result.code, result.out) == (3, "")
    assert "run: it was not begun by graphnet train and does not say what its data were; use --data" in result.err
    assert call("resume", "run", "--data", numbers, "--epochs", 2).code == 0
    assert call("resume", "run", "--epochs", 3).code == 0


def test_data_that_are_gone(call, trained, classes):
    Path(classes).unlink()
    result = call("resume", "run", "--epochs", 3)
    assert (result.code, result.err) == (3, "graphnet: error: classes.npz: no such file\n")


def test_checkpoints_that_are_broken(call, trained):
    for path in Path("run/checkpoints").iterdir():
        path.write_bytes(b"\x00" * 99)
    result = call("resume", "run", "--epochs", 3)
    assert (result.code, result.out) == (3, "")
    assert "not a complete safetensors file" in result.err
