"""``graphnet sweep``: a study, its best run and pictures; going on with it, and what it refuses."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import graphnet as gn
from graphnet.search.space import random_point, read_space

from .runs import SCRIPT, names_in, network_of, settings_of, stop_when

optuna = pytest.importorskip("optuna")
pytest.importorskip("matplotlib")

SMALL = ("--epochs", 1, "--batch-size", 10)
SPACE = ("--set-space", "learning_rate=1e-3:1e-1:log", "--set-space", "n_hidden=2,3")
GRID = ("--set-space", "learning_rate=0.001,0.1", "--set-space", "n_hidden=2,3", "--sampler", "grid")

LOG = {"learning_rate": (1e-3, 1e-1, "log")}


def points(result):
    """The index and the options of the trials in the JSON of a sweep, by index."""
    rows = sorted(result.json()["trials"], key=lambda row: row["trial"])
    return [(row["trial"], row["learning_rate"], row["n_hidden"], row["score"]) for row in rows]


def test_a_study(call, classes):
    result = call("sweep", "elman", classes, "-o", "study", *GRID, *SMALL)
    assert result.code == 0
    lines = [line.split() for line in result.out.splitlines()]
    assert lines[0][:3] == ["trial", "state", "score"]
    assert "learning_rate" in lines[0]
    scores = [float(line[2]) for line in lines[1:5]]
    assert scores == sorted(scores)
    said = dict(line.split(maxsplit=1) for line in result.out.splitlines()[5:])
    assert said["trials"] == "4 complete"
    assert said["study"] == "study/study.journal"
    assert said["pictures"] == "study/importance.png, study/parallel.png"
    assert names_in("study") == [
        ".best.lock",
        ".study.journal.lock",
        "best",
        "importance.png",
        "parallel.png",
        "study.journal",
    ]
    notes = result.err.splitlines()
    assert notes[0].startswith("graphnet: note: trial 0 of 4 (learning_rate=0.001, n_hidden=2): ")
    assert len(notes) == 4


def test_the_command_that_trains_the_best_again(call, classes):
    found = call("sweep", "gru", classes, "-o", "study", *SPACE, *SMALL, "--trials", 3, "--json").json()
    best, command = min(found["trials"], key=lambda row: row["score"]), shlex.split(found["train_again"])
    assert command[-2:] == ["--config", "study/best/settings.json"]
    assert gn.open_run("study/best").rows()[-1]["validation_loss"] == best["score"]
    assert call(*["again" if each == "RUN" else each for each in command[1:]]).code == 0
    assert network_of("again") == network_of("study/best")
    about = settings_of("study/best")["about"]
    assert about["trial"]["index"] == best["trial"]
    assert about["graph"] == "study/best/drawing.json"


def test_it_goes_on_and_adds_trials(call, classes):
    whole = points(call("sweep", "elman", classes, "-o", "whole", *SPACE, *SMALL, "--trials", 5, "--json"))
    first = call("sweep", "elman", classes, "-o", "study", *SPACE, *SMALL, "--trials", 2, "--json")
    assert points(first) == whole[:2]
    second = call("sweep", "elman", classes, "-o", "study", *SPACE, *SMALL, "--trials", 5, "--json")
    assert points(second) == whole
    best = gn.open_run("study/best").state().update, Path("study/best/settings.json").stat().st_mtime_ns
    again = call("sweep", "elman", classes, "-o", "study", *SPACE, *SMALL, "--trials", 5, "--json")
    assert again.json() == second.json()
    assert again.err == ""
    assert best == (gn.open_run("study/best").state().update, Path("study/best/settings.json").stat().st_mtime_ns)


def test_a_drawing_with_its_fit_and_rewiring(call, drawing, classes):
    space = ("--set-space", "learning_rate=0.01,0.1", "--set-space", "rewired.keep=none,degree", "--sampler", "random")
    more = ("--trials", 3, "--standardize", "--seed", 4, "--seeds", 2, "--prune", "--dtype", "float32")
    result = call("sweep", drawing, classes, "-o", "study", *space, *SMALL, *more, "--json")
    assert result.code == 0
    assert {row["rewired.keep"] for row in result.json()["trials"]} <= {None, "degree"}
    assert ("standardized", ("input", 0)) in gn.read_graph("study/best/drawing.json")
    assert settings_of("study/best")["network"]["dtype"] == "float32"
    study = optuna.load_study(
        study_name="sweep",
        storage=optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend("study/study.journal")),
    )
    assert study.user_attrs["graphnet"]["seeds"] == [0, 1]
    assert study.user_attrs["graphnet"]["seed"] == 4


def test_a_config_with_a_space(call, classes):
    with open("config.toml", "w") as file:
        file.write(
            "epochs = 2\n[space]\nn_hidden = 2\nlearning_rate = {low = 1e-3, high = 0.1, log = true}\n"
            'batch_size = "5:9"\nactivation = ["tanh", "relu"]\n'
        )
    given = ("--config", "config.toml", "--set-space", "activation=relu", "--epochs", 1, "--trials", 2)
    result = call("sweep", "elman", classes, "-o", "study", *given, "--json")
    assert result.code == 0
    for row in result.json()["trials"]:
        assert (row["n_hidden"], row["activation"]) == (2, "relu")
        assert 5 <= row["batch_size"] <= 9
        assert 0.001 <= row["learning_rate"] <= 0.1
    assert settings_of("study/best")["settings"]["epochs"] == 1


def test_settings_of_a_run_are_those_of_all_trials(call, trained, classes):
    """Its validation and seed too, unless options say otherwise."""
    given = ("--config", f"{trained}/settings.json", "--set", "validation=0.3", "--set", "seed=7")
    space = ("--set-space", "learning_rate=1e-3:1e-1:log", "--trials", 2)
    result = call("sweep", "net.json", classes, "-o", "study", *given, *space, "--sampler", "random", "--json")
    settings = settings_of("study/best")
    assert (settings["settings"]["epochs"], settings["settings"]["validation"]) == (2, 0.3)
    found = sorted(result.json()["trials"], key=lambda row: row["trial"])
    assert [row["learning_rate"] for row in found] == [
        random_point(read_space(LOG), 7, k)["learning_rate"] for k in (0, 1)
    ]


def test_other_data_to_validate_on(call, classes):
    with np.load(classes) as arrays:
        np.savez("others.npz", **{name: arrays[name][::-1] for name in arrays})
    result = call("sweep", "elman", classes, "-o", "study", *GRID, *SMALL, "--validation", "others.npz", "--json")
    command = shlex.split(result.json()["train_again"])
    assert call(*["again" if each == "RUN" else each for each in command[1:]]).code == 0
    assert network_of("again") == network_of("study/best")


@pytest.mark.slow
def test_processes_and_a_url(call, classes):
    alone = points(call("sweep", "elman", classes, "-o", "alone", *GRID, *SMALL, "--json"))
    given = ("--executor", "processes:2", "--storage", "sqlite:///studies.db")
    result = call("sweep", "elman", classes, "-o", "study", *GRID, *SMALL, *given, "--json")
    assert points(result) == alone
    assert (result.json()["study"], result.json()["name"]) == ("sqlite:///studies.db", "study")
    assert "study.journal" not in names_in("study")


def test_trials_that_fail_are_noted(call, numbers):
    space = ("--set-space", "learning_rate=0.01,1e200", "--set-space", "n_hidden=2", "--sampler", "grid")
    result = call("sweep", "elman", numbers, "-o", "study", *space, *SMALL, "--optimizer", "sgd")
    assert result.code == 0
    assert "1 complete, 1 failed" in result.out
    assert "graphnet: note: 1 of the trials failed: epoch 1, batch" in result.err
    assert "importance.png: not drawn: importances: fewer than four complete trials" in result.err


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        (("elman", "classes.npz"), 2, "Missing '--set-space', such as --set-space learning_rate=1e-4:1e-1:log."),
        (("elmann", "classes.npz", *SPACE), 3, "elmann: neither a file nor a kind of drawing; did you mean 'elman'?"),
        (("zzz", "classes.npz", *SPACE), 3, "zzz: neither a file nor a kind of drawing; the kinds are attention, "),
        (("no.json", "classes.npz", *SPACE), 3, "no.json"),
        (("elman", "no.npz", *SPACE), 3, "no.npz"),
        (("elman", "classes.npz", *SPACE, "--set-space", "zzz"), 2, "'zzz' is not NAME=LOW:HIGH, LOW:HIGH:log, or"),
        (("elman", "classes.npz", *SPACE, "--set-space", "n_hidden=1"), 2, "n_hidden is given twice"),
        (
            ("elman", "classes.npz", "--set-space", "n_hidden=1:x"),
            2,
            "n_hidden: '1:x' is not LOW:HIGH, LOW:HIGH:log, or",
        ),
        (("elman", "classes.npz", "--set-space", "n_hidden=1:2:lg"), 2, "n_hidden: '1:2:lg' is not LOW:HIGH"),
        (("elman", "classes.npz", *GRID, "--trials", 3), 2, "a grid tries each of its points; leave it out"),
        (
            ("elman", "classes.npz", *SPACE, "--sampler", "grid"),
            3,
            "space: learning_rate: (0.001, 0.1, log) is a range",
        ),
        (
            ("elman", "classes.npz", "--set-space", "n_hiden=1"),
            3,
            "elman on classes.npz: space: n_hiden: neither an option of elman nor a setting of a fit; did you mean",
        ),
        (("elman", "classes.npz", *SPACE, "--executor", "two"), 2, "'two' is "),
        (
            ("elman", "classes.npz", *SPACE, "--storage", "no/s.journal"),
            3,
            "storage: no/s.journal: there is no folder no",
        ),
        (("elman", "classes.npz", *SPACE, "--config", "bad.toml"), 3, "bad.toml: space: 5; must be a table, [space]"),
        (("elman", "classes.npz", "--config", "log.toml"), 3, "log.toml: space: lr: log: 1; must be true or false"),
        (
            ("elman", "classes.npz", *SPACE, "--set", "only_nodes=a=b"),
            3,
            "only_nodes: a sweep trains all of a drawing; f",
        ),
        (("elman", "classes.npz", *SPACE, "--set", "space=1"), 2, "there is no setting 'space'"),
    ],
)
def test_what_is_refused_leaves_nothing(call, classes, given, code, message):
    Path("bad.toml").write_text("space = 5\n")
    Path("log.toml").write_text("[space]\nlr = {low = 1, high = 2, log = 1}\n")
    before = names_in(".")
    result = call("sweep", *given, "-o", "study", *SMALL)
    assert (result.code, result.out) == (code, "")
    assert message in result.err
    assert names_in(".") == before


def test_a_folder_of_something_else_and_a_study_of_something_else(call, classes):
    Path("here").mkdir()
    Path("here/notes.txt").write_text("mine")
    result = call("sweep", "elman", classes, "-o", "here", *SPACE)
    assert result.code == 2
    assert "here: the folder exists and is not empty; name another, or remove it, and it is no study" in result.err
    assert call("sweep", "elman", classes, "-o", "study", *GRID, *SMALL).code == 0
    before = Path("study/study.journal").read_bytes()
    result = call("sweep", "elman", classes, "-o", "study", *GRID, *SMALL, "--seed", 1)
    assert result.code == 3
    assert (
        "study/study.journal: the study 'sweep' was begun otherwise: seed: 0, now 1; give another name=" in result.err
    )
    assert Path("study/study.journal").read_bytes() == before


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals are others there")
def test_an_interrupt_and_two_commands_side_by_side(call, classes):
    """The first is interrupted; then one goes on with it while another one, begun later, helps."""
    more = ("--epochs", 40, "--batch-size", 4, "--trials", 12)
    arguments = ("sweep", "elman", classes, "-o", "study", *SPACE, *more, "--sampler", "random")

    def is_under_way():
        return Path("study/study.journal").exists() and Path("study/study.journal").stat().st_size > 5000

    code, out, err = stop_when(is_under_way, signal.SIGINT, *arguments)
    assert (code, out, err.splitlines()[-1]) == (130, "", "graphnet: interrupted")
    assert "Traceback" not in err
    beside = subprocess.Popen([SCRIPT, "--quiet", *map(str, arguments), "--json"], stdout=subprocess.PIPE)
    here = call(*arguments, "--json")
    out, _ = beside.communicate(timeout=120)
    assert (here.code, beside.returncode) == (0, 0)
    whole = points(call("sweep", "elman", classes, "-o", "whole", *SPACE, *more, "--sampler", "random", "--json"))
    last = max(here.json(), json.loads(out), key=lambda found: found["counts"]["complete"])
    assert last["counts"] == {"complete": 12, "pruned": 0, "failed": 0, "running": 0}
    assert points(call(*arguments, "--json")) == whole
