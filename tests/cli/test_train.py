"""``graphnet train`` and ``graphnet evaluate``: a run is what `fit` does with the same settings, or is not there."""

from __future__ import annotations

import errno
import inspect
import os
import shlex
import subprocess
from pathlib import Path

import click
import numpy as np
import pytest
from graphnet_cli.main import main
from graphnet_cli.options.settings import NETWORK, defaults, fit_settings

import graphnet as gn
from graphnet import io

from .runs import SCRIPT, assert_same_run, besides_epochs, names_in, network_of, rows_of, settings_of

OPTIONS = {
    "epochs": 3,
    "batch_size": 6,
    "learning_rate": 0.05,
    "schedule": "cosine",
    "optimizer": "rmsprop",
    "loss": "binary_cross_entropy",
    "validation": 0.3,
    "patience": 1,
    "restore_best": True,
    "clip_norm": 0.01,
    "clip_value": 0.001,
    "truncation": 2,
    "stateful": True,
    "bucket": True,
    "noise": 0.2,
    "dropout": 0.4,
    "neuron_dropout": 0.5,
    "checkpoint_memory": "auto",
    "shards": 3,
    "checkpoint_every": 2,
    "time_limit": 1000.0,
    "initializer": "glorot",
    "standardize": True,
    "only_nodes": "layer=1",
    "only_edges": "lateral",
    "dtype": "float32",
    "dt": 0.5,
    "seed": 8,
}
"""A value of every option that is not the default."""
OF_COMPILE = ("initializer", "dtype", "dt")
NUMBERS_STAY = ("checkpoint_memory", "checkpoint_every", "time_limit", "patience", "restore_best")
"""Options that change no number in so short a fit."""


@pytest.fixture
def bits(here):
    """``net.json``, with a neuron in continuous time, and ``bits.npz``: targets 0 and 1, sequences of 1 to 6 steps."""
    graph = gn.graphs.elman(2, 4, 3)
    graph.nodes["hidden", 0]["tau"] = 4.0
    gn.write_graph(graph, "net.json")
    rng = np.random.default_rng(3)
    x = rng.normal(size=(20, 6, 2))
    np.savez("bits.npz", x=x, y=(rng.normal(size=(20, 6, 3)) > 0) * 1.0, lengths=1 + np.arange(20) % 6)
    return "net.json", "bits.npz"


def fit(graph, data, run, **settings):
    """A run of `fit` on a file, with the settings of the command line; the seed is 1 where nothing is said."""
    settings = {"epochs": 2, "batch_size": 7, "seed": 1, "loss": "mse", **settings}
    found = data if isinstance(data, io.Data) else io.read_data(data)
    drawn = gn.read_graph(graph)
    nodes, edges = settings.pop("only_nodes", None), settings.pop("only_edges", None)
    if nodes or edges:
        drawn = gn.graphs.train_only(drawn, nodes={"layer": 1} if nodes else None, edges=edges)
    if settings.pop("standardize", False):
        of_size = found.y if settings["loss"] == "mse" else None
        drawn = gn.graphs.standardized(drawn, found.x, of_size, lengths=found.lengths, weights=found.weights)
    net = gn.compile(drawn, seed=settings["seed"], **{k: v for k, v in settings.items() if k in OF_COMPILE})
    gn.fit(
        net,
        found.x,
        found.y,
        lengths=found.lengths,
        weights=found.weights,
        run=run,
        **{k: v for k, v in settings.items() if k not in OF_COMPILE},
    )


def as_options(settings):
    """Settings as they are typed."""
    typed = []
    for name, value in settings.items():
        flag = "--" + name.replace("_", "-")
        typed += [flag] if value is True else [flag, value]
    return typed


OF_SERIES = ("window", "stride", "time", "missing")


def test_every_option_is_tried_and_every_default_is_that_of_fit():
    train = main.commands["train"]
    settings = {param.name for param in train.params if isinstance(param, click.Option)}
    settings -= {"config", "sets", "print_config", "plot", "as_json", "output", "executor"}
    assert settings == {*OPTIONS, "x", "y", "lengths", "sequence", "where", "count", "ahead", *OF_SERIES}
    assert set(defaults()) == settings | {"graph", "data", "output"}
    of_fit = {name: each.default for name, each in inspect.signature(gn.fit).parameters.items()}
    assert {name: value for name, value in fit_settings().items() if name != "loss"} == {
        name: of_fit[name] for name in fit_settings() if name != "loss"
    }
    others = {
        "net",
        "inputs",
        "targets",
        "lengths",
        "weights",
        "progress",
        "callback",
        "run",
        "about",
        "log",
        "executor",
    }
    assert {*fit_settings()} == {*of_fit} - others
    compiled = gn.compile.__kwdefaults__
    assert {name: NETWORK[name] for name in OF_COMPILE} == {name: compiled[name] for name in OF_COMPILE}


@pytest.mark.parametrize("name", OPTIONS)
def test_an_option_reaches_fit(call, bits, name):
    value = OPTIONS[name]
    settings = {"epochs": 2, "batch_size": 7, "seed": 1, name: value}
    if name == "patience":
        settings["validation"] = 0.3
    result = call("train", *bits, "-o", "runs/typed", *as_options(settings))
    assert (result.code, besides_epochs(result.err)) == (0, "")
    assert names_in("runs") == ["typed"]
    fit(*bits, "called", **settings)
    assert_same_run("runs/typed", "called")
    typed, called = settings_of("runs/typed"), settings_of("called")
    for part in ("settings", "network", "data", "versions"):
        assert typed[part] == called[part]
    fit(*bits, "plain")
    assert (network_of("called") != network_of("plain")) == (name not in NUMBERS_STAY or name == "patience")
    if name in ("patience", "restore_best", "checkpoint_every", "time_limit"):
        assert typed["settings"][name] == value


def test_all_options_together(call, bits):
    settings = OPTIONS | {"bucket": False, "stateful": False}
    typed = [*as_options({k: v for k, v in settings.items() if v is not False}), "--no-bucket", "--not-stateful"]
    assert call("train", *bits, "-o", "typed", *typed).code == 0
    fit(*bits, "called", **settings)
    assert_same_run("typed", "called")


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        (["--only-nodes", "layer=7"], 3, "net.json: --only-nodes: no node has layer="),
        (["--only-nodes", "layer"], 2, "Invalid value for '--only-nodes': 'layer' is not NAME=VALUE"),
        (["--only-edges", "latral"], 3, "was 'lateral' meant?"),
        (["--only-edges", "lateral", "--only-edges", "a=b"], 2, "a kind of feedback or NAME=VALUE, not both"),
    ],
)
def test_what_is_learnt_alone_has_to_exist(call, bits, options, code, says):
    result = call("train", *bits, "-o", "run", *options)
    assert (result.code, says in result.err, Path("run").exists()) == (code, True, False), result.err


@pytest.mark.parametrize("loss", ["mse", "binary_cross_entropy"])
def test_standardized_targets_are_those_of_mse(call, bits, loss):
    assert call("train", *bits, "-o", "typed", *as_options({"standardize": True, "loss": loss, "seed": 1})).code == 0
    nodes = gn.open_run("typed").network().to_graph()
    assert ("standardized", ("input", 0)) in nodes
    assert (("standardized", ("output", 0)) in nodes) == (loss == "mse")


def test_what_stands_in_a_run(call, drawing, classes):
    result = call("train", drawing, classes, "-o", "run", "--epochs", 2, "--seed", 4, "--validation", 0.2, "--json")
    assert (result.code, besides_epochs(result.err)) == (0, "")
    assert names_in("run") == ["checkpoints", "lock", "metrics.jsonl", "network.safetensors", "settings.json"]
    settings = settings_of("run")
    assert set(settings) == {"format", "settings", "network", "data", "about", "versions"}
    assert settings["about"] == {
        "graph": drawing, "data": classes, "initializer": "fan_in", "standardize": False, "seed_drawn": False
    }  # fmt: skip
    found = result.json()
    assert found["run"] == "run"
    assert found["settings"] == settings["settings"]
    assert found["about"] == settings["about"]
    assert [{k: v for k, v in row.items() if k != "seconds"} for row in found["epochs"]] == rows_of("run")
    assert found["best_epoch"] in (1, 2)
    assert (found["stopped_early"], found["timed_out"]) == (False, False)


def test_what_is_printed_for_people(call, drawing, classes):
    result = call("train", drawing, classes, "-o", "run", "--epochs", 2, "--seed", 4)
    found = dict(line.split(maxsplit=1) for line in result.out.replace("best epoch", "best").splitlines() if line)
    assert found["run"] == "run"
    assert found["seed"] == "4"
    assert found["epochs"] == "2 of 2"
    assert found["loss"] == f"{rows_of('run')[-1]['loss']:.6g}"
    assert found["accuracy"] == f"{rows_of('run')[-1]['accuracy']:.6g}"


def shown_by(result):
    """The rows that a command printed, by their names."""
    names = ["validation loss", "gradient norm", "learning rate", "trained on"]
    lines = result.out.splitlines()
    for name in names:
        lines = [line.replace(name, name.replace(" ", "_"), 1) for line in lines]
    return dict(line.split(maxsplit=1) for line in lines)


def test_the_numbers_printed_are_those_of_the_epoch_that_was_saved(call, drawing, classes):
    """With patience the best epoch, without the last one; by train, resume and evaluate."""
    np.savez("held_out.npz", x=np.ones((4, 6, 2)), y=np.zeros(4, int), lengths=np.array([1, 2, 3, 4]))
    options = ["--validation", "held_out.npz", "--learning-rate", 0.5, "--seed", 0]
    result = call("train", drawing, classes, "-o", "early", "--epochs", 500, "--patience", 2, *options)
    rows = rows_of("early")
    best = min(rows, key=lambda row: row["validation_loss"])
    assert best["epoch"] < len(rows) < 500
    for found in (shown_by(result), shown_by(call("resume", "early"))):
        assert found["saved"] == f"best epoch {best['epoch']} of {len(rows)}"
        assert found["epochs"] == f"{len(rows)} of 500, stopped early"
        assert found["validation_loss"] == f"{best['validation_loss']:.6g}"
        assert found["loss"] == f"{best['loss']:.6g}"
    assert shown_by(call("evaluate", "early", "held_out.npz"))["loss"] == f"{best['validation_loss']:.6g}"
    assert shown_by(call("evaluate", "early", "held_out.npz"))["saved"] == f"best epoch {best['epoch']} of {len(rows)}"

    result = call("train", drawing, classes, "-o", "whole", "--epochs", len(rows), *options)
    last = rows_of("whole")[-1]
    said = f"last epoch {len(rows)} of {len(rows)} (best was {best['epoch']})"
    for found in (shown_by(result), shown_by(call("resume", "whole"))):
        assert (found["saved"], found["validation_loss"]) == (said, f"{last['validation_loss']:.6g}")
    found = shown_by(call("evaluate", "whole", "held_out.npz"))
    assert (found["saved"], found["loss"]) == (said, f"{last['validation_loss']:.6g}")


def epochs_in(err):
    """The lines about epochs."""
    return [line for line in err.splitlines() if line.startswith("epoch ")]


def test_a_line_an_epoch_where_stderr_is_no_terminal(call, drawing, numbers):
    options = ["--epochs", 2, "--seed", 1, "--validation", 0.2]
    lines = epochs_in(call("train", drawing, numbers, "-o", "run", *options).err)
    assert [line.rsplit("  ", 1)[0] for line in lines] == [
        f"epoch {row['epoch']}/2  loss {row['loss']:.4g}  validation loss {row['validation_loss']:.4g}"
        for row in rows_of("run")
    ]
    (line,) = epochs_in(call("resume", "run", "--epochs", 3).err)
    assert line.startswith("epoch 3/3  loss ")
    assert call("--quiet", "train", drawing, numbers, "-o", "quiet", *options).err == ""
    assert call("--quiet", "resume", "quiet", "--epochs", 3).err == ""


@pytest.mark.slow
@pytest.mark.parametrize("quiet", [False, True])
def test_a_wait_for_the_compiler_is_one_line(drawing, numbers, tmp_path, quiet):
    command = [SCRIPT, *["--quiet"] * quiet]
    environment = {**os.environ, "GRAPHNET_CACHE_DIR": str(tmp_path / "cache")}
    done = subprocess.run(
        [*command, "train", drawing, numbers, "-o", "run", "--epochs", "1"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert besides_epochs(done.stderr).splitlines() == (
        [] if quiet else ["graphnet: note: compiling kernels, once for this version; this takes some 15 seconds"]
    )


def test_a_seed_that_is_ours_is_printed_and_repeats_the_run(call, drawing, numbers):
    result = call("train", drawing, numbers, "-o", "one", "--epochs", 2)
    seed = settings_of("one")["settings"]["seed"]
    assert settings_of("one")["about"]["seed_drawn"] is True
    assert f"seed           {seed} (drawn; --seed {seed} repeats it)\n" in result.out
    assert call("train", drawing, numbers, "-o", "two", "--epochs", 2, "--seed", seed).code == 0
    assert_same_run("one", "two")


@pytest.mark.parametrize(
    ("y", "loss"),
    [
        (np.zeros(20, np.int32), "cross_entropy"),
        (np.zeros((20, 6), np.uint8), "cross_entropy"),
        (np.zeros((20, 6, 3), int), "mse"),
        (np.zeros((20, 6, 3)), "mse"),
        (np.zeros((20, 3)), "mse"),
    ],
)
def test_the_loss_follows_from_the_targets(call, drawing, y, loss):
    np.savez("data.npz", x=np.ones((20, 6, 2)), y=y)
    assert call("train", drawing, "data.npz", "-o", "run", "--epochs", 1).code == 0
    assert settings_of("run")["settings"]["loss"] == loss


def test_weights_in_a_file_count(call, drawing, numbers):
    with np.load(numbers) as data:
        arrays = {**data, "weights": np.arange(20.0)}
    np.savez("weighted.npz", **arrays)
    for name in ("weighted", "numbers"):
        assert (
            call("train", drawing, f"{name}.npz", "-o", name, "--epochs", 2, "--seed", 1, "--batch-size", 7).code == 0
        )
    fit(drawing, "weighted.npz", "called")
    assert_same_run("weighted", "called")
    assert network_of("weighted") != network_of("numbers")


def test_validation_from_a_file_and_stopping_early(call, drawing, classes):
    np.savez("held_out.npz", x=np.ones((4, 6, 2)), y=np.zeros(4, int), lengths=np.array([1, 2, 3, 4]))
    options = ["--validation", "held_out.npz", "--patience", 1, "--epochs", 500, "--learning-rate", 0.5, "--seed", 0]
    result = call("train", drawing, classes, "-o", "run", *options, "--json").json()
    rows = rows_of("run")
    assert result["stopped_early"] is True
    assert len(rows) < 500
    assert settings_of("run")["about"]["validation_data"] == "held_out.npz"
    best = rows[result["best_epoch"] - 1]["validation_loss"]
    assert best == min(row["validation_loss"] for row in rows)
    assert call("evaluate", "run", "held_out.npz", "--json").json()["loss"] == pytest.approx(best, rel=1e-12)
    shown = call("train", drawing, classes, "-o", "again", *options).out
    assert f"epochs               {len(rows)} of 500, stopped early\n" in shown


def test_an_empty_folder_may_be_there_and_nothing_else(call, drawing, numbers, here):
    (here / "empty").mkdir()
    assert call("train", drawing, numbers, "-o", "empty", "--epochs", 1).code == 0
    before = network_of("empty")
    (here / "file").touch()
    (here / "link").symlink_to("nowhere")
    for output, says in (
        ("empty", "empty: the folder exists and is not empty; name another, or remove it"),
        ("file", "file: there is something else of that name"),
        ("link", "link: there is something else of that name"),
    ):
        result = call("train", drawing, numbers, "-o", output, "--epochs", 1)
        assert (result.code, result.out) == (2, "")
        assert f"graphnet: error: Invalid value for '-o': {says}" in result.err
    assert network_of("empty") == before


def test_what_is_missing(call, drawing, numbers):
    for given, says in (
        ([], "Missing 'GRAPH', 'DATA', '-o' / '--output'."),
        ([drawing, numbers], "Missing '-o' / '--output'."),
        ([drawing, "-o", "run"], "Missing 'DATA'."),
    ):
        result = call("train", *given)
        assert (result.code, result.out) == (2, "")
        assert result.err.startswith(f"graphnet: error: {says}\n")


# --- what goes wrong -------------------------------------------------------------------------------------------------


def test_diverged_it_says_where(call, numbers):
    graph = gn.graphs.elman(2, 1, 3)
    graph.nodes["hidden", 0]["activation"] = "identity"
    graph.add_edge(("hidden", 0), ("hidden", 0), weight=1e150)
    gn.write_graph(graph, "wild.json")
    result = call("train", "wild.json", numbers, "-o", "run", "--seed", 1)
    assert (result.code, result.out) == (4, "")
    (line,) = [line for line in result.err.splitlines() if "error" in line]
    assert line.startswith("graphnet: error: wild.json on numbers.npz: epoch 1, batch 1: ")
    assert "the value of ('hidden', 0) is " in line
    assert "from step 3 of sample 0 of the batch on" in line
    assert gn.open_run("run").state().update == 0


def test_diverged_it_goes_on_with_a_smaller_rate(call, drawing, numbers):
    with np.load(numbers) as data:
        np.savez("large.npz", x=data["x"], y=1e6 * data["y"])
    options = ["--learning-rate", 1e308, "--optimizer", "sgd", "--epochs", 3, "--seed", 1]
    result = call("train", drawing, "large.npz", "-o", "run", *options)
    assert (result.code, result.out) == (4, "")
    (line,) = result.err.splitlines()
    assert line.startswith("graphnet: error: net.json on large.npz: epoch 1, batch 1: ")
    assert "smaller learning_rate" in line
    assert line.endswith("; run keeps the last good state: graphnet resume run --set learning_rate=...")
    start = gn.compile(gn.read_graph(drawing), seed=1)
    assert gn.open_run("run").network().parameters.tobytes() == start.parameters.tobytes()
    assert call("resume", "run", "--set", "learning_rate=1e-9").code == 0
    options[1] = 1e-9
    assert call("train", drawing, "large.npz", "-o", "small", *options).code == 0
    assert_same_run("run", "small")


def save(**arrays):
    np.savez("data.npz", **{"x": np.zeros((4, 6, 2)), "y": np.zeros((4, 6, 3)), **arrays})


@pytest.mark.parametrize(
    ("arrays", "options", "says"),
    [
        ({"x": np.zeros((4, 6, 7))}, [], "net.json on data.npz: inputs have shape (4, 6, 7)"),
        ({"y": np.zeros((4, 6, 2))}, [], "net.json on data.npz: targets: shape (4, 6, 2)"),
        ({"y": np.full((4, 6, 3), np.inf)}, [], "net.json on data.npz: targets at sample 0, step 0, column 0"),
        ({"x": np.full((4, 6, 2), np.nan)}, [], "net.json on data.npz: inputs at sample 0, step 0, column 0"),
        ({"y": np.full((4, 6), 3)}, [], "net.json on data.npz: targets: class 3 at sample 0, step 0"),
        ({}, ["--validation", "0.01"], "net.json on data.npz: validation: 0.01 of 4 samples holds out 0"),
        ({}, ["--validation", "more.npz"], "more.npz: no such file"),
        ({}, ["--stateful", "--bucket"], "net.json on data.npz: bucket: sequences of one series keep their order"),
        ({}, ["--x", "spots"], "data.npz: there is no array 'spots'; it has 'x', 'y'"),
        (
            {},
            ["--where", "x>1"],
            "data.npz: sequences and rows are chosen of tables (.csv, .tsv, .parquet), not of arr",
        ),
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


def test_a_disk_that_is_full_from_the_beginning(call, monkeypatch, drawing, numbers):
    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    before = names_in(".")
    monkeypatch.setattr(os, "fsync", full)
    result = call("train", drawing, numbers, "-o", "run")
    assert (result.code, result.out) == (3, "")
    assert besides_epochs(result.err) == "graphnet: error: run: No space left on device; no incomplete file was left\n"
    assert names_in(".") == before


@pytest.mark.parametrize("fails_at", [2, 5])
def test_a_disk_that_fills_up_leaves_a_run_that_goes_on(call, monkeypatch, drawing, numbers, fails_at):
    opened, rows = Path.open, []

    def fills_up(path, mode="r", *args, **options):
        if path.name == "metrics.jsonl" and mode == "a":
            rows.append(path)
            if len(rows) == fails_at:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return opened(path, mode, *args, **options)

    options = ["--epochs", 6, "--seed", 3, "--batch-size", 7, "--checkpoint-every", 2]
    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", fills_up)
        result = call("train", drawing, numbers, "-o", "run", *options)
    assert (result.code, result.out) == (3, "")
    said = "graphnet: error: run/metrics.jsonl: No space left on device; no incomplete file was left\n"
    assert besides_epochs(result.err) == said
    assert not list(Path().rglob(".*.partial"))
    assert call("resume", "run").code == 0
    assert call("train", drawing, numbers, "-o", "whole", *options).code == 0
    assert_same_run("run", "whole")


def test_gradients_that_vanish_are_noted_unless_quiet(call):
    graph = gn.graphs.elman(1, 2, 1)
    for _, _, synapse in graph.edges(data=True):
        synapse["weight"] = 1e-3
    gn.write_graph(graph, "faint.json")
    x = np.ones((4, 40, 1))
    np.savez("data.npz", x=x, y=x[:, -1])
    result = call("train", "faint.json", "data.npz", "-o", "run", "--epochs", 2)
    assert result.code == 0
    (line,) = besides_epochs(result.err).splitlines()
    assert line.startswith("graphnet: note: gradients vanish through time")
    assert call("--quiet", "train", "faint.json", "data.npz", "-o", "quiet", "--epochs", 2).err == ""


def test_numbers_that_json_has_no_word_for(call, drawing, numbers):
    np.savez("far.npz", x=np.zeros((1, 6, 2)), y=np.full((1, 6, 3), 1e200))
    options = ["--validation", "far.npz", "--epochs", 1, "--json"]
    assert call("train", drawing, numbers, "-o", "run", *options).json()["epochs"][0]["validation_loss"] is None
    assert rows_of("run")[0]["validation_loss"] is None


# --- tables ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def series(here):
    """``net.json``, of one input and one output, and ``series.csv``: two series, years 1700 to 1719, of spots."""
    gn.write_graph(gn.graphs.elman(1, 3, 1), "net.json")
    spots = np.random.default_rng(0).normal(size=40)
    lines = ["name,year,spots,noon"]
    lines += [f"{'ab'[i // 20]},{1700 + i % 20},{spots[i]},{spots[i] / 2}" for i in range(40)]
    Path("series.csv").write_text("\n".join(lines) + "\n")
    return "net.json", "series.csv"


COLUMNS = {"x": ["spots"], "sequence": "name", "ahead": 2, "where": ["year<1715", "year>1702"], "count": ["year>=1706"]}


def typed_columns(columns):
    return [
        part
        for name, given in columns.items()
        for value in (given if isinstance(given, list) else [given])
        for part in (f"--{name}", value)
    ]


@pytest.mark.parametrize("columns", [COLUMNS, {"x": ["spots"], "y": ["noon"], "sequence": "name"}], ids=["ahead", "y"])
def test_a_table(call, series, columns):
    options = ["--epochs", 2, "--batch-size", 7, "--seed", 1]
    assert call("train", *series, "-o", "typed", *options, *typed_columns(columns)).code == 0
    found = io.read_data(series[1], **columns)
    fit(series[0], found, "called")
    assert_same_run("typed", "called")
    about = settings_of("typed")["about"]
    assert {name: about[name] for name in columns} == columns
    # the run's columns are those of evaluate, but for the choice of rows
    net = gn.open_run("typed").network()
    for given in ({}, {"where": ["year>=1710"]}, {"where": ["year>=1710"], "count": ["year>=1715"], "ahead": 1}):
        data = io.read_data(series[1], **{k: v for k, v in columns.items() if k not in ("where", "count")} | given)
        expected = gn.evaluate(net, data.x, data.y, lengths=data.lengths, weights=data.weights)
        result = call("evaluate", "typed", series[1], *typed_columns(given), "--json")
        assert {name: result.json()[name] for name in expected} == expected


def test_validation_from_a_table_has_the_columns_of_the_run_and_all_of_its_rows(call, series):
    options = ["--epochs", 1, "--validation", "series.csv", *typed_columns(COLUMNS)]
    assert call("train", *series, "-o", "run", *options).code == 0
    found = call("evaluate", "run", "series.csv", "--json").json()
    assert found["loss"] == pytest.approx(rows_of("run")[0]["validation_loss"], rel=1e-12)


def test_a_run_of_a_table_is_evaluated_on_arrays(call, series):
    assert call("train", *series, "-o", "run", "--epochs", 1, *typed_columns(COLUMNS)).code == 0
    x = np.random.default_rng(1).normal(size=(3, 9, 1))
    np.savez("arrays.npz", x=x[:, :-2], y=x[:, 2:])
    np.save("array.npy", x)
    net = gn.open_run("run").network()
    later = call("evaluate", "run", "array.npy", "--json").json()["loss"]
    assert later == gn.evaluate(net, x[:, :-2], x[:, 2:])["loss"]
    assert call("evaluate", "run", "arrays.npz", "--ahead", 0, "--json").json()["loss"] == later


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ([], "series.csv: 2 problems in the file:\n  - which columns are the inputs?"),
        (["--x", "spot"], "series.csv: there is no column 'spot'; near it are 'spots'"),
        (
            ["--x", "spots", "--ahead", 1, "--where", "year"],
            "where='year': there is no comparison; a condition is a column, one of",
        ),
        (["--x", "spots", "--ahead", 1, "--count", "yaer>1"], "series.csv: count='yaer>1': there is no column 'yaer'"),
        (["--x", "name", "--ahead", 1], "series.csv: 40 problems in the file:"),
    ],
)
def test_columns_that_are_not_there(call, series, options, says):
    result = call("train", *series, "-o", "run", *options)
    assert (result.code, result.out) == (3, "")
    lines = [line.removeprefix("graphnet: error: ") for line in result.err.splitlines()]
    assert "\n".join(lines).startswith(says)
    assert all(line.startswith("graphnet: error: ") for line in result.err.splitlines())
    assert not Path("run").exists()


# --- evaluate --------------------------------------------------------------------------------------------------------


def test_evaluate_measures_what_the_run_was_trained_on(call, trained, classes):
    net = gn.load("run/network.safetensors")
    with np.load(classes) as data:
        expected = gn.evaluate(net, data["x"], data["y"], loss="cross_entropy", lengths=data["lengths"])
    found = call("evaluate", trained, classes, "--json").json()
    assert found == {"run": "run", "data": classes, "samples": 20, "measured": "cross_entropy", "epoch": 2, **expected}
    lines = call("evaluate", trained, classes).out.splitlines()
    assert f"accuracy  {expected['accuracy']:.6g}" in [" ".join(line.split()).replace(" ", "  ") for line in lines]


def test_evaluate_measures_with_the_weights_of_classes(call, drawing, classes):
    weights = '{name = "cross_entropy", class_weights = [1, 5, 2]}'
    assert call("train", drawing, classes, "-o", "run", "--epochs", 1, "--set", f"loss={weights}").code == 0
    loss = {"name": "cross_entropy", "class_weights": [1, 5, 2]}
    with np.load(classes) as data:
        net = gn.open_run("run").network()
        expected = gn.evaluate(net, data["x"], data["y"], loss=loss, lengths=data["lengths"])
        assert expected["loss"] != gn.evaluate(net, data["x"], data["y"], loss="cross_entropy", lengths=data["lengths"])
    found = call("evaluate", "run", classes, "--json").json()
    assert (found["loss"], found["measured"]) == (expected["loss"], "cross_entropy")


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


def test_evaluate_a_run_with_a_loss_of_the_users_own(call, drawing, numbers):
    def halved(outputs, targets, mask):
        gradient = np.where(mask[:, :, np.newaxis], outputs - targets, 0.0)
        return float((gradient**2).sum() / 2), gradient

    fit(drawing, numbers, "run", loss=halved)
    result = call("evaluate", "run", numbers)
    assert (result.code, result.out) == (3, "")
    assert "run: it was trained on " in result.err
    assert "halved', a custom loss; --loss says what to measure" in result.err
    assert call("evaluate", "run", numbers, "--loss", "mse").code == 0


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "run: the folder is not a run: it has no settings.json"),
        ("{", "run/settings.json: not JSON: "),
        ("[]", "run/settings.json: it does not hold the settings of a run"),
        ('{"format": 99, "settings": {}}', "run/settings.json: written by a newer graphnet: format 99"),
    ],
)
@pytest.mark.parametrize("verb", ["evaluate", "predict", "resume"])
def test_a_run_with_broken_settings(call, trained, classes, verb, content, says):
    path = Path("run/settings.json")
    path.unlink()
    if content is not None:
        path.write_text(content)
    more = {"evaluate": [classes], "predict": [classes, "-o", "out.csv"], "resume": []}[verb]
    result = call(verb, trained, *more)
    assert (result.code, result.out) == (3, "")
    assert result.err.startswith(f"graphnet: error: {says}")


@pytest.mark.parametrize("verb", ["evaluate", "predict", "resume"])
def test_what_is_no_run(call, drawing, classes, here, verb):
    (here / "empty").mkdir()
    more = {"evaluate": [classes], "predict": [classes, "-o", "out.csv"], "resume": []}[verb]
    for run, says in (
        ("none", "none: no such run folder"),
        (drawing, "net.json: a file, not a run folder"),
        ("empty", "empty: the folder is not a run: it has no settings.json"),
    ):
        result = call(verb, run, *more)
        assert (result.code, result.out) == (3, "")
        assert result.err.startswith(f"graphnet: error: {says}")


def test_evaluate_a_broken_network(call, trained, classes):
    Path("run/network.safetensors").write_bytes(b"{}")
    result = call("evaluate", trained, classes)
    assert result.code == 3
    assert result.err.startswith(f"graphnet: error: {Path('run/network.safetensors')}: not a complete safetensors file")


def test_it_ends_with_its_files_and_the_next_commands(call, here, drawing, classes):
    """Each of these can be typed as it is; stdout is that of before."""
    run, data = "my runs/it's", "some data.npz"
    (here / "my runs").mkdir()
    (here / classes).rename(here / data)
    result = call("train", drawing, data, "-o", run, "--epochs", 2, "--seed", 1, "--json")
    assert result.json()["run"] == run
    files, following, *lines = [line for line in result.err.splitlines() if not line.startswith("epoch ")]
    assert files == f"wrote {run}: checkpoints/, metrics.jsonl, network.safetensors, settings.json"
    assert following == "next:"
    commands = [shlex.split(line) for line in lines]
    assert ["graphnet", "evaluate", run, data] in commands
    assert ["graphnet", "resume", run, "--epochs", "4"] in commands
    assert {tuple(command[1:3]) for command in commands} >= {("plot", "history"), ("evaluate", run), ("resume", run)}
    for _, *command in commands:
        assert command[0] in main.commands
        done = call(*command)
        assert (done.code, "graphnet: error" in done.err) == (0, False)
    assert (here / "my runs" / "it's.png").stat().st_size > 1000


def test_what_comes_next_fits_how_it_ended(call, drawing, numbers):
    def following(*arguments):
        lines = call(*arguments).err.splitlines()
        return [line.strip() for line in lines[lines.index("next:") + 1 :]]

    options = ["--seed", 1, "--epochs", 5]
    late = following("train", drawing, numbers, "-o", "late", *options, "--time-limit", 1e-9)
    assert "graphnet resume late" in late
    assert "graphnet resume late --epochs 10" in following("resume", "late", "--time-limit", 100)
    stopping = ["--validation", 0.5, "--patience", 1, "--learning-rate", 1e-30]
    early = following("train", drawing, numbers, "-o", "early", *options, *stopping)
    assert not [line for line in early if "resume" in line]
    held_out = following("train", drawing, numbers, "-o", "./-held", *options, "--validation", numbers)
    assert f"graphnet evaluate ./-held {numbers}" in held_out


def test_plot_writes_the_history(call, here, drawing, numbers):
    pytest.importorskip("matplotlib")
    result = call("train", drawing, numbers, "-o", "run", "--epochs", 2, "--seed", 1, "--plot", "loss.svg")
    assert result.code == 0
    assert "wrote run: checkpoints/, metrics.jsonl, network.safetensors, settings.json; loss.svg\n" in result.err
    assert (here / "loss.svg").read_text().startswith("<?xml")
    for plot, says in (
        ("loss.gif", "figures are written to .png, .svg or .pdf"),
        ("no/loss.png", "there is no folder"),
    ):
        result = call("train", drawing, numbers, "-o", "other", "--epochs", 2, "--plot", plot)
        assert result.code in (2, 3)
        assert says in result.err
        assert not (here / "other").exists()
