"""Settings from files, options and ``--set``: which count, which there are, and what is said of wrong ones."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path

import numpy as np
import pytest
from graphnet_cli.options.config import as_toml
from graphnet_cli.options.settings import SettingsCommand, find_problems

import graphnet as gn

from .runs import assert_same_run, besides_epochs, network_of, settings_of

CONFIG = """
graph = "net.json"
data = "numbers.npz"
output = "run"
epochs = 3
batch_size = 7
seed = 11
dtype = "float32"
dt = 0.5
learning_rate = 0.02
validation = 0.2
stateful = true

[optimizer]
name = "adam"
beta1 = 0.8

[schedule]
name = "warmup"
then = {name = "step", at = [0.5, 0.8]}

[loss]
name = "mse"

[initializer]
name = "glorot"
gain = 2
"""


@pytest.fixture
def config(drawing, numbers):
    """``conf.toml``: a setting of every kind, and a run all in itself."""
    Path("conf.toml").write_text(CONFIG)
    return "conf.toml"


def test_a_file_is_a_whole_run(call, config, drawing, numbers):
    result = call("train", "--config", config)
    assert (result.code, besides_epochs(result.err)) == (0, "")
    net = gn.compile(
        gn.read_graph(drawing), seed=11, dtype="float32", dt=0.5, initializer={"name": "glorot", "gain": 2}
    )
    with np.load(numbers) as data:
        gn.fit(
            net,
            data["x"],
            data["y"],
            epochs=3,
            batch_size=7,
            seed=11,
            learning_rate=0.02,
            validation=0.2,
            stateful=True,
            optimizer={"name": "adam", "beta1": 0.8},
            schedule={"name": "warmup", "then": {"name": "step", "at": [0.5, 0.8]}},
            run="called",
        )
    assert_same_run("run", "called")
    assert settings_of("run")["settings"] == settings_of("called")["settings"]


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--validation", "held_out.npz", "--patience", 1, "--optimizer", "sgd"],
        ["--dtype", "float32", "--dt", 0.5, "--initializer", "orthogonal", "--schedule", "plateau", "--noise", 0.1],
        ["--set", "loss={name = 'mse'}", "--set", "optimizer.beta2=0.5", "--set", "initializer.gain=0.5"],
    ],
)
def test_the_settings_of_a_run_repeat_it(call, drawing, numbers, options):
    with np.load(numbers) as data:
        np.savez("held_out.npz", x=data["x"][:3], y=data["y"][:3])
    assert call("train", drawing, numbers, "-o", "one", "--epochs", 2, "--batch-size", 7, *options).code == 0
    result = call("train", "--config", "one/settings.json", "-o", "two")
    assert (result.code, besides_epochs(result.err)) == (0, "")
    assert_same_run("one", "two")
    one, two = settings_of("one"), settings_of("two")
    assert one["about"].pop("seed_drawn") is True
    assert two["about"].pop("seed_drawn") is False
    assert one == two


def test_the_settings_of_a_run_on_a_table_repeat_it(call, here):
    gn.write_graph(gn.graphs.elman(1, 3, 1), "net.json")
    Path("series.csv").write_text("year,a\n" + "".join(f"{year},{year % 7}\n" for year in range(1700, 1720)))
    options = ["--x", "a", "--ahead", 1, "--where", "year<1715", "--count", "year>1704", "--epochs", 2]
    assert call("train", "net.json", "series.csv", "-o", "one", *options).code == 0
    assert call("train", "--config", "one/settings.json", "-o", "two").code == 0
    assert_same_run("one", "two")


def test_a_run_of_python_has_settings_for_another_graph_and_data(call, drawing, numbers):
    net = gn.compile(gn.read_graph(drawing), seed=4)
    with np.load(numbers) as data:
        gn.fit(net, data["x"], data["y"], epochs=2, batch_size=7, seed=4, optimizer="sgd", run="one")
    assert call("train", "--config", "one/settings.json", "-o", "two").code == 2
    assert call("train", "--config", "one/settings.json", drawing, numbers, "-o", "two").code == 0
    assert_same_run("one", "two")


# --- which one counts ------------------------------------------------------------------------------------------------


def printed(call, *options):
    """The settings that ``--print-config`` says."""
    result = call("train", *options, "--print-config")
    assert (result.code, result.err) == (0, "")
    return tomllib.loads(result.out)


def test_set_counts_more_than_options_and_these_more_than_the_file_and_that_more_than_defaults(call, config):
    assert printed(call)["epochs"] == 10
    assert printed(call, "--config", config)["epochs"] == 3
    assert printed(call, "--config", config, "--epochs", 4)["epochs"] == 4
    assert printed(call, "--config", config, "--epochs", 4, "--set", "epochs=5")["epochs"] == 5
    assert printed(call, "--set", "epochs=5", "--set", "epochs=6")["epochs"] == 6
    assert printed(call, "--config", config, "other.json")["graph"] == "other.json"
    assert printed(call, "--config", config, "--not-stateful")["stateful"] is False


def test_parts_of_tables(call, config):
    adam = {"name": "adam", "beta1": 0.8}
    assert printed(call, "--config", config)["optimizer"] == adam
    assert printed(call, "--config", config, "--optimizer", "adam")["optimizer"] == adam
    assert printed(call, "--config", config, "--optimizer", "sgd")["optimizer"] == "sgd"
    assert printed(call, "--config", config, "--set", "optimizer.beta2=0.5")["optimizer"] == {**adam, "beta2": 0.5}
    momentum = printed(call, "--config", config, "--optimizer", "sgd", "--set", "optimizer.momentum=0.5")
    assert momentum["optimizer"] == {"name": "sgd", "momentum": 0.5}
    assert printed(call, "--set", "optimizer.beta2=0.5")["optimizer"] == {"name": "adam", "beta2": 0.5}
    assert printed(call, "--set", "optimizer={name='sgd'}")["optimizer"] == {"name": "sgd"}
    Path("short.toml").write_text("[optimizer]\nbeta2 = 0.5\n")
    assert printed(call, "--config", "short.toml")["optimizer"] == {"name": "adam", "beta2": 0.5}


def test_what_is_said_with_set(call, config):
    assert "patience" not in printed(call, "--patience", 3, "--set", "patience=none")
    assert "validation" not in printed(call, "--config", config, "--set", "validation=none")
    assert printed(call, "--set", "validation=held_out.npz")["validation"] == "held_out.npz"
    assert printed(call, "--set", "x=['a', 'b']")["x"] == ["a", "b"]
    assert printed(call, "--set", "x=a")["x"] == "a"
    assert printed(call, "--set", "stateful=true")["stateful"] is True
    assert printed(call, "--set", "where=year<1700")["where"] == "year<1700"


def test_options_take_the_place_of_lists(call):
    Path("conf.toml").write_text('x = ["a", "b"]\nwhere = "a<3"\n')
    found = printed(call, "--config", "conf.toml", "--x", "c", "--count", "c>1")
    assert (found["x"], found["where"], found["count"]) == (["c"], "a<3", ["c>1"])


# --- printed ---------------------------------------------------------------------------------------------------------


def test_what_is_printed_is_a_file_that_leads_to_the_same_run(call, config):
    options = ["--config", config, "--set", "optimizer.beta2=0.5", "--epochs", 2, "-o", "run"]
    Path("printed.toml").write_text(call("train", *options, "--print-config").out)
    assert not Path("run").exists()
    assert call("train", *options).code == 0
    assert call("train", "--config", "printed.toml", "-o", "again").code == 0
    assert_same_run("run", "again")
    assert settings_of("run") == settings_of("again")
    plain = ["net.json", "numbers.npz", "--epochs", 1, "--seed", 3]
    Path("plain.toml").write_text(call("train", *plain, "--print-config").out)
    assert call("train", *plain, "-o", "plain").code == call("train", "--config", "plain.toml", "-o", "same").code == 0
    assert_same_run("plain", "same")
    assert network_of("plain") != network_of("run")


@pytest.mark.parametrize(
    "settings",
    [
        {"graph": 'a "quoted" \\ name\n\t\x7f\x00 ü.json', "x": ["a b", "c,d", "#"]},
        {"learning_rate": 1e-300, "noise": 0.1 + 0.2, "dt": 3.0, "seed": 2**62, "stateful": False},
        {"schedule": {"name": "warmup", "then": {"name": "step", "at": [0.5, 0.75]}}, "epochs": 3},
    ],
)
def test_toml_says_settings_as_they_are(settings):
    assert tomllib.loads(as_toml(settings)) == settings


def test_what_is_open_is_left_out():
    found = tomllib.loads(as_toml({"loss": None, "optimizer": {"name": "sgd", "momentum": None}, "x": ()}))
    assert found == {"optimizer": {"name": "sgd"}, "x": []}


# --- what is wrong ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('epochs = "many"', ["epochs: 'many'; must be a whole number"]),
        ("epochs = 2.5", ["epochs: 2.5; must be a whole number"]),
        ("epochs = true", ["epochs: True; must be a whole number"]),
        ("epochs = 0", ["epochs: 0 is not in the range x>=1."]),
        ("graph = 3", ["graph: 3; must be text"]),
        ('stateful = "yes"', ["stateful: 'yes'; must be true or false"]),
        ("stateful = 1", ["stateful: 1; must be true or false"]),
        ("noise = -1", ["noise: -1 is not a number in [0, inf)"]),
        ("noise = nan", ["noise: nan is not a finite number"]),
        ('dt = "1"', ["dt: '1'; must be a number"]),
        ('dtype = "float16"', ["dtype: 'float16' is not one of 'float64', 'float32'; did you mean 'float32'?"]),
        ("validation = 2", ["validation: 2 is not a fraction > 0 and < 1, nor a file of data"]),
        ("validation = [1]", ["validation: [1]; must be a fraction or a file"]),
        ("x = [1]", ["x: [1]; must be text, or a list of texts"]),
        ("sequence = ['a']", ["sequence: ['a']; must be text"]),
        ("ahead = -1", ["ahead: -1 is not in the range x>=0."]),
        ("seed = 1979-05-27", ["seed: datetime.date(1979, 5, 27); must be a whole number"]),
        ('optimizer = "adm"', ["optimizer: 'adm'; did you mean 'adam'?"]),
        ("optimizer = 3", ["optimizer: 3; must be one of 'sgd', "]),
        ("optimizer.beta1 = 2", ["optimizer.beta1: 2; must be a number >= 0 and < 1"]),
        ("optimizer.bata1 = 2", ["optimizer: adam has no setting 'bata1'; did you mean 'beta1'?"]),
        (
            "[optimizer]\nname = 'adam'\nbeta1 = 2\nbeta2 = '0.5'",
            ["optimizer.beta1: 2; must be a number >= 0 and < 1", "optimizer.beta2: '0.5'; must be a number >= 0 and "],
        ),
        ("loss.class_weights = [1]", ["loss: None; must be one of 'mse'"]),
        ("initializer = {name = 'he', gain = 0}", ["initializer.gain: 0; must be a positive finite number"]),
        ("schedule = 'cosin'", ["schedule: 'cosin'; did you mean 'cosine'?"]),
        ("epoch = 3", ["there is no setting 'epoch'; did you mean 'epochs'?"]),
        ("qqq = 3", ["there is no setting 'qqq'; there are ahead, batch_size, "]),
        ("epoch = 3\nsede = 4", ["there is no setting 'epoch'; ", "there is no setting 'sede'; did you mean 'seed'?"]),
        ("epochs = 'a'\nseed = -1\n", ["epochs: 'a'; must be", "seed: -1 is not in the range x>=0."]),
        ("epochs = ", ["cannot be read: Invalid value (at end of document)"]),
        ("x = " + "[" * 5000, ["cannot be read: "]),
    ],
)
@pytest.mark.parametrize("more", [[], ["--print-config"]], ids=["", "print"])
def test_a_file_that_is_wrong(call, drawing, numbers, text, says, more):
    Path("conf.toml").write_text(text)
    result = call("train", drawing, numbers, "-o", "run", "--config", "conf.toml", *more)
    assert (result.code, result.out) == (3, "")
    lines = result.err.splitlines()
    assert len(lines) == len(says)
    for said in says:
        assert any(line.startswith(f"graphnet: error: conf.toml: {said}") for line in lines), lines
    assert not Path("run").exists()


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("none.toml", None, "none.toml: no such file"),
        ("folder", None, "folder: cannot be read: Is a directory"),
        ("latin.toml", b"graph = '\xe9'", "latin.toml: not TOML: byte 9 is not UTF-8 text"),
        ("settings.json", b"[]", "settings.json: cannot be read: it is not the settings.json of a run"),
        ("settings.json", b'{"epochs": 3}', "settings.json: cannot be read: it is not the settings.json of a run"),
        ("settings.json", b"{", "settings.json: cannot be read: Expecting property name"),
        ("settings.json", b"[" * 100_000, "settings.json: cannot be read: "),
    ],
)
def test_a_file_that_is_none(call, here, name, content, says):
    (here / "folder").mkdir()
    if content is not None:
        Path(name).write_bytes(content)
    result = call("train", "--config", name)
    assert (result.code, result.out) == (3, "")
    (line,) = result.err.splitlines()
    assert line.startswith(f"graphnet: error: {says}")


def test_settings_of_a_run_that_were_changed_by_hand(call, trained):
    settings = settings_of("run")
    for name, value, says in (
        ("epoch", 3, "there is no setting 'epoch'; did you mean 'epochs'?"),
        ("epochs", "3", "epochs: '3'; must be a whole number"),
        ("loss", "mine.halved", "loss: 'mine.halved'; must be one of"),
    ):
        changed = {**settings, "settings": {**settings["settings"], name: value}}
        Path("changed.json").write_text(json.dumps(changed))
        result = call("train", "--config", "changed.json", "-o", "again")
        assert (result.code, result.out) == (3, "")
        assert result.err.startswith(f"graphnet: error: changed.json: {says}")


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("epoch=3", "there is no setting 'epoch'; did you mean 'epochs'?"),
        ("epochs=many", "epochs: 'many'; must be a whole number"),
        ("epochs=3.5", "epochs: 3.5; must be a whole number"),
        ("epochs=none", "epochs: None; must be a whole number"),
        ("epochs.a=3", "epochs.a: epochs has no parts"),
        ("optimizer.=3", "'optimizer.=3' is not NAME=VALUE"),
        ("=3", "'=3' is not NAME=VALUE"),
        ("epochs", "'epochs' is not NAME=VALUE"),
        ("graph=3", "graph: 3; must be text"),
        ("optimizer.beta1=2", "optimizer.beta1: 2; must be a number >= 0 and < 1"),
        ("optimizer.beta1.a=2", "optimizer.beta1: {"),
        ("optimizer=adm", "optimizer: 'adm'; did you mean 'adam'?"),
        ("x=" + "[" * 5000 + "]" * 4999, "there is no column"),
    ],
)
def test_what_set_says_wrong(call, drawing, numbers, typed, says):
    result = call("train", drawing, numbers, "-o", "run", "--set", typed)
    if typed.startswith("x="):  # it is text, and the name of no column
        assert result.code == 3
        return
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"graphnet: error: Invalid value for '--set': {says}")
    assert result.err.endswith("try: graphnet train --help\n")
    assert not Path("run").exists()


(EPOCHS,) = [each for each in fields(gn.FitSettings) if each.name == "epochs"]

# --- a new setting ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, eq=False)
class More(gn.FitSettings):
    """The settings of a fit, and one that nothing uses."""

    made_up: int = field(default=3, metadata={**EPOCHS.metadata, "meaning": "Number that nothing uses."})


def test_a_new_setting_of_a_fit_has_its_option_and_its_place_in_files(call, here, monkeypatch):
    monkeypatch.setattr(gn, "FitSettings", More)
    command = SettingsCommand("train")
    (option,) = [each for each in command.params if each.name == "made_up"]
    assert (option.opts, option.type.min) == (["--made-up"], 1)
    assert option.help == "Number that nothing uses.  [default: 3]"
    assert printed(call)["made_up"] == 3
    assert printed(call, "--set", "made_up=5")["made_up"] == 5
    Path("conf.toml").write_text("made_up = 4\n")
    assert printed(call, "--config", "conf.toml")["made_up"] == 4
    assert find_problems({"made_up": 0}, command.params) == ["made_up: 0 is not in the range x>=1."]


def test_bytes_of_a_gradient_are_a_number_in_a_file(call, here):
    Path("conf.toml").write_text("checkpoint_memory = 1000000\n")
    assert printed(call, "--config", "conf.toml")["checkpoint_memory"] == 1_000_000
    assert printed(call, "--checkpoint-memory", "auto")["checkpoint_memory"] == "auto"
    Path("conf.toml").write_text("checkpoint_memory = 0\n")
    assert "neither auto nor a whole number" in call("train", "--config", "conf.toml").err
