"""What every command has in common: help, exit codes, errors of one line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest
from graphnet_cli.main import main

import graphnet as gn

SCRIPT = Path(sys.executable).with_name("graphnet")


def test_every_command_option_and_argument_is_explained():
    assert sorted(main.commands) == ["check-gradients", "evaluate", "inspect", "simulate", "train", "validate"]
    for command in [main, *main.commands.values()]:
        assert command.help
        assert command.get_short_help_str(200).endswith(".")
        for param in command.params:
            if isinstance(param, click.Option):
                assert param.help, f"{command.name} {param.opts}"
                assert param.help[0].isupper(), f"{command.name} {param.opts}"


@pytest.mark.parametrize("verb", [[], *([name] for name in main.commands)])
def test_help(call, verb):
    for flag in ("-h", "--help"):
        result = call(*verb, flag)
        assert result.code == 0
        assert result.out.startswith(f"Usage: graphnet {' '.join(verb)}".rstrip())
        assert result.err == ""


def test_help_names_what_there_is_to_choose_from(call):
    text = call("train", "--help").out
    for names in (gn.losses.LOSSES, gn.optimizers.OPTIMIZERS):
        assert f"[{'|'.join(names)}]" in text


def test_version(call):
    assert call("--version").out == f"graphnet {gn.__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "Missing command."),
        (["frobnicate"], "No such command 'frobnicate'."),
        (["--frobnicate"], "No such option"),
        (["inspect"], "Missing argument 'GRAPH'."),
        (["inspect", "net.json", "--steps", "0"], "Invalid value for '--steps'"),
        (["train", "net.json"], "Missing argument 'DATA'."),
        (["train", "net.json", "d.npz"], "Missing option '-o'"),
        (["train", "net.json", "d.npz", "-o", "r", "--epochs", "0"], "Invalid value for '--epochs'"),
        (["train", "net.json", "d.npz", "-o", "r", "--batch-size", "x"], "Invalid value for '--batch-size'"),
        (["train", "net.json", "d.npz", "-o", "r", "--learning-rate", "nan"], "'nan' is not a positive finite number"),
        (["train", "net.json", "d.npz", "-o", "r", "--clip-norm", "-1"], "'-1' is not a positive finite number"),
        (["train", "net.json", "d.npz", "-o", "r", "--clip-norm", "much"], "'much' is not a positive finite number"),
        (["train", "net.json", "d.npz", "-o", "r", "--loss", "hinge"], "'hinge' is not one of 'mse', 'cross_entropy'"),
        (["train", "net.json", "d.npz", "-o", "r", "--optimizer", "lion"], "'lion' is not one of"),
        (["train", "net.json", "d.npz", "-o", "r", "--schedule", "zigzag"], "'zigzag' is not one of 'constant'"),
        (["train", "net.json", "d.npz", "-o", "r", "--validation", "1.5"], "'1.5' is not a fraction > 0 and < 1"),
        (["train", "net.json", "d.npz", "-o", "r", "--seed", "-1"], "Invalid value for '--seed'"),
        (["train", "net.json", "d.npz", "-o", "r", "--dtype", "int8"], "Invalid value for '--dtype'"),
        (["simulate", "net.json", "--input", "noise", "-o", "out.npz"], "--input noise needs --steps"),
        (["simulate", "net.json", "-o", "out.npz"], "Missing option '--input'"),
        (["check-gradients"], "Missing argument 'GRAPH|RUN'."),
        (["check-gradients", "net.json", "--loss", "mse"], "--loss needs --data"),
        (["check-gradients", "net.json", "--samples", "0"], "Invalid value for '--samples'"),
        (["check-gradients", "net.json", "--steps", "0"], "Invalid value for '--steps'"),
        (["check-gradients", "net.json", "--random", "-1"], "Invalid value for '--random'"),
        (["check-gradients", "net.json", "--tolerance", "0"], "'0' is not a positive finite number"),
        (["check-gradients", "net.json", "--entries", "0"], "Invalid value for '--entries'"),
        (["check-gradients", "net.json", "--worst", "0"], "Invalid value for '--worst'"),
    ],
)
def test_wrong_usage(call, drawing, arguments, says):
    result = call(*arguments)
    assert result.code == 2
    assert result.out == ""
    first, hint = result.err.splitlines()
    assert first.startswith("graphnet: error: ")
    assert says in first
    assert hint.startswith("try: ")
    assert hint.endswith(" --help")


def test_an_error_of_ours_has_a_traceback_only_with_debug(call, monkeypatch, drawing):
    def fail(path):
        raise ZeroDivisionError("what was never thought of")

    monkeypatch.setattr(gn, "read_graph", fail)
    what = "ZeroDivisionError: what was never thought of"
    line = f"graphnet: error: {what} (this is a fault of graphnet; --debug shows where)"
    result = call("inspect", drawing)
    assert (result.code, result.out, result.err) == (1, "", f"{line}\n")
    result = call("--debug", "inspect", drawing)
    assert result.code == 1
    assert result.err.startswith("Traceback (most recent call last):")
    assert result.err.endswith(f"{line}\n")


def test_errors_of_data_have_a_traceback_with_debug_too(call):
    assert call("inspect", "none.json").err == "graphnet: error: none.json: no such file\n"
    result = call("--debug", "inspect", "none.json")
    assert result.code == 3
    assert "Traceback" in result.err
    assert result.err.endswith("graphnet: error: none.json: no such file\n")


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (MemoryError(), "not enough memory; graphnet inspect estimates what is needed"),
        (MemoryError("8 TB"), "not enough memory: 8 TB; graphnet inspect"),
        (OSError(28, "No space left on device", "net.json"), "net.json: No space left on device"),
    ],
)
def test_failures_of_the_machine(call, monkeypatch, drawing, error, says):
    def fail(path):
        raise error

    monkeypatch.setattr(gn, "read_graph", fail)
    result = call("inspect", drawing)
    assert result.code == 1
    assert result.err.startswith(f"graphnet: error: {says}")


def test_interrupted(call, monkeypatch, drawing):
    def interrupt(path):
        raise KeyboardInterrupt

    monkeypatch.setattr(gn, "read_graph", interrupt)
    result = call("inspect", drawing)
    assert (result.code, result.out, result.err) == (130, "", "graphnet: interrupted\n")


def test_the_installed_script(here, drawing):
    done = subprocess.run([SCRIPT, "validate", drawing], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "net.json: valid, 9 nodes and 36 synapses\n", "")
    done = subprocess.run([SCRIPT, "inspect", "none.json"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (3, "", "graphnet: error: none.json: no such file\n")


def test_help_imports_no_more_than_it_shows():
    code = """if True:
        import atexit, sys
        heavy = ("numpy", "rich", "scipy", "networkx")
        atexit.register(lambda: print(*(name for name in heavy if name in sys.modules)))
        from graphnet_cli.main import main
        main(["--help"])
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "Usage:" in done.stdout
    assert done.stdout.splitlines()[-1] == ""
