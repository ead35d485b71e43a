"""Features of all commands: help, exit codes, one-line errors."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import networkx as nx
import pytest

import graphnet as gn
from graphnet.io.drawings.loss_warning import warn_of_loss

from .runs import besides_epochs

SCRIPT = Path(sys.executable).with_name("graphnet")


@pytest.mark.parametrize("verb", [[], ["new"]])
def test_a_group_alone_prints_its_help(call, verb):
    result = call(*verb)
    assert (result.code, result.err) == (0, "")
    assert result.out == call(*verb, "--help").out
    assert "Commands:" in result.out


def test_help_shows_the_whole_first_sentence_of_each_command(call):
    text = " ".join(call("--help").out.split())
    assert "validate Check that GRAPH is a valid network, and list every problem if it is not." in text


def test_help_names_what_there_is_to_choose_from(call):
    text = call("train", "--help").out
    for names in (gn.losses.LOSSES, gn.optimizers.OPTIMIZERS):
        assert f"[{'|'.join(names)}]" in text


def test_version(call):
    assert call("--version").out == f"graphnet {gn.__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["frobnicate"], "No such command 'frobnicate'."),
        (["trian"], "No such command 'trian'; did you mean train?"),
        (["--frobnicate"], "No such option"),
        (["inspect", "--sample"], "'--samples'"),
        (["inspect", "--quiet"], "It comes before the command: graphnet --quiet inspect"),
        (["new", "elman", "--debug"], "It comes before the command: graphnet --debug new elman"),
        (["inspect"], "Missing argument 'GRAPH|RUN'."),
        (["completion", "tcsh"], "'tcsh' is not one of 'bash', 'zsh', 'fish'"),
        (["inspect", "net.json", "--steps", "0"], "Invalid value for '--steps'"),
        (["train", "net.json"], "Missing 'DATA', '-o' / '--output'."),
        (["train", "net.json", "d.npz"], "Missing '-o' / '--output'."),
        (["train", "net.json", "d.npz", "-o", "r", "--epochs", "0"], "Invalid value for '--epochs'"),
        (["train", "net.json", "d.npz", "-o", "r", "--batch-size", "x"], "Invalid value for '--batch-size'"),
        (["train", "net.json", "d.npz", "-o", "r", "--learning-rate", "nan"], "'nan' is not a finite number"),
        (["train", "net.json", "d.npz", "-o", "r", "--clip-norm", "-1"], "'-1' is not a number in (0, inf)"),
        (["train", "net.json", "d.npz", "-o", "r", "--clip-norm", "much"], "'much' is not a finite number"),
        (
            ["train", "net.json", "d.npz", "-o", "r", "--checkpoint-memory", "2 GB"],
            "'2 GB' is neither auto nor",
        ),
        (["train", "net.json", "d.npz", "-o", "r", "--checkpoint-memory", "0"], "'0' is neither auto nor"),
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
        (["check-gradients", "net.json", "--tolerance", "0"], "'0' is not a number in (0, inf)"),
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
    line = f"graphnet: error: {what} (this is a bug in graphnet; --debug shows the traceback)"
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
        (OSError(5, "Input/output error", "net.json"), "net.json: Input/output error"),
        (PermissionError(13, "Permission denied"), "Permission denied"),
    ],
)
def test_failures_of_the_machine(call, monkeypatch, drawing, error, says):
    def fail(path):
        raise error

    monkeypatch.setattr(gn, "read_graph", fail)
    result = call("inspect", drawing)
    assert result.code == 1
    assert result.err.startswith(f"graphnet: error: {says}")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk(call, monkeypatch, drawing, number):
    """Catches incomplete files, if the disk fills up during a write."""
    before = Path(drawing).read_bytes()

    def fill(descriptor):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fill)
    result = call("new", "elman", drawing, "--inputs", 9, "--hidden", 9, "--outputs", 9, "--force")
    line = f"graphnet: error: net.json: {os.strerror(number)}; no incomplete file was left\n"
    assert (result.code, result.out, result.err) == (3, "", line)
    assert Path(drawing).read_bytes() == before
    assert [path.name for path in Path().iterdir()] == ["net.json"]


def test_what_the_library_warns_of_is_a_note(call, monkeypatch, drawing):
    read = gn.read_graph

    def warn(path):
        warn_of_loss(path, "what is no drawing was left out", ["a picture"])
        return read(path)

    monkeypatch.setattr(gn, "read_graph", warn)
    plain = call("--quiet", "inspect", drawing)
    assert (plain.code, plain.err) == (0, "")
    result = call("inspect", drawing)
    line = "graphnet: note: net.json: what is no drawing was left out: a picture\n"
    assert (result.code, result.out, result.err) == (0, plain.out, line)


def test_more_problems_than_anybody_reads(call, here):
    graph = nx.DiGraph()
    graph.add_nodes_from(range(70), bias="high")
    graph.add_node("out", role="output")
    gn.write_graph(graph, "net.json")
    lines = call("inspect", "net.json").err.splitlines()
    assert len(lines) == 21
    assert lines[0].startswith("graphnet: error: net.json: node 0: ")
    assert lines[-1] == "graphnet: error: net.json: and 50 more nodes with such a value of bias"
    assert len(call("validate", "net.json").out.splitlines()) == 21


def test_interrupted(call, monkeypatch, drawing):
    def interrupt(path):
        raise KeyboardInterrupt

    monkeypatch.setattr(gn, "read_graph", interrupt)
    result = call("inspect", drawing)
    assert (result.code, result.out, result.err) == (130, "", "graphnet: interrupted\n")


@pytest.mark.costly
def test_the_installed_script(here, drawing):
    done = subprocess.run([SCRIPT, "validate", drawing], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "net.json: valid, 9 nodes and 36 synapses\n", "")
    done = subprocess.run([SCRIPT, "inspect", "none.json"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (3, "", "graphnet: error: none.json: no such file\n")


@pytest.mark.parametrize("arguments", [["--help"], [], ["new", "--help"], ["new"], ["completion", "zsh"], ["trian"]])
def test_what_computes_nothing_imports_no_more_than_it_shows(arguments):
    code = f"""if True:
        import atexit, sys
        heavy = ("numpy", "rich", "scipy", "networkx")
        atexit.register(lambda: print(*(name for name in heavy if name in sys.modules)))
        from graphnet_cli.main import main
        main({arguments})
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == (2 if arguments == ["trian"] else 0)
    assert done.stdout.splitlines()[-1] == ""


def complete(*words):
    """Return the completions of these words, each with its type."""
    asked = {"_GRAPHNET_COMPLETE": "bash_complete", "COMP_WORDS": " ".join(("graphnet", *words))}
    asked["COMP_CWORD"] = str(len(words))
    done = subprocess.run([SCRIPT], env={**os.environ, **asked}, capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["va"], ["plain,validate"]),
        (["new", "mini"], ["plain,minimal_gated"]),
        (["new", "elman", "net.json", "--hid"], ["plain,--hidden"]),
        (["new", "elman", "net.json", "--activation", "hard"], ["plain,hard_tanh"]),
        (["new", "transformer", "net.json", "--norm", "p"], ["plain,pre", "plain,post"]),
        (["new", "lstm", "ne"], ["file,ne"]),
        (["train", "--optimizer", "ad"], [f"plain,{name}" for name in gn.optimizers.OPTIMIZERS if name[:2] == "ad"]),
        (["train", "--loss", "cross"], ["plain,cross_entropy"]),
        (["inspect", "ne"], ["file,ne"]),
        (["simulate", "net.json", "--input", "no"], ["plain,noise", "file,no"]),
        (["completion", "f"], ["plain,fish"]),
    ],
)
def test_the_tab_key_completes(words, offered):
    assert complete(*words) == offered


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_a_shell(call, shell):
    result = call("completion", shell)
    assert result.code == 0
    assert f"_GRAPHNET_COMPLETE={shell}_complete" in result.out


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_bash_runs_its_script():
    script = subprocess.run([SCRIPT, "completion", "bash"], capture_output=True, text=True, check=True).stdout
    ask = "COMP_WORDS=(graphnet new mini) COMP_CWORD=2; _graphnet_completion graphnet; echo ${COMPREPLY[@]}"
    path = f"{SCRIPT.parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "--norc", "-c", f"{script}\n{ask}"],
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("minimal_gated\n", "")


def on_a_terminal(*arguments):
    """Call a command with a terminal as stderr; return stdout and stderr."""
    import pty

    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as seen:
        done = subprocess.run([SCRIPT, *arguments], stdout=subprocess.PIPE, stderr=theirs, text=True, check=False)
        os.write(theirs, b"end")
        os.close(theirs)
        found = b""
        while not found.endswith(b"end"):
            found += seen.read(10_000)  # of a terminal, a few thousand at most at once
        return done.stdout, found.decode().replace("\r\n", "\n").removesuffix("end")


@pytest.mark.costly
@pytest.mark.skipif(sys.platform == "win32", reason="there is no terminal to imitate")
@pytest.mark.parametrize("verb", ["train", "resume"])
def test_the_bar_of_training_is_drawn_on_a_terminal_only_and_not_where_quiet_is_asked_for(call, drawing, numbers, verb):
    settings = ["--epochs", "3", "--time-limit", "1e-9", "--seed", "0"]
    for name in ("loud", "quiet", "piped", "still"):
        assert call("train", drawing, numbers, "-o", name, *settings).code == 0
    command, name = {
        "train": (["train", drawing, numbers, "--epochs", "3", "-o"], "new-"),
        "resume": (["resume", "--time-limit", "100"], ""),
    }[verb]
    assert "epoch 3/3" in on_a_terminal(*command, f"{name}loud")[1]
    assert on_a_terminal("--quiet", *command, f"{name}quiet")[1] == ""
    done = subprocess.run([SCRIPT, *command, f"{name}piped"], capture_output=True, text=True, check=True)
    assert besides_epochs(done.stderr) == ""
    found = [line.split("  ")[0] for line in done.stderr.splitlines() if line.startswith("epoch ")]
    assert found == ["epoch 1/3", "epoch 2/3", "epoch 3/3"]
    done = subprocess.run([SCRIPT, "--quiet", *command, f"{name}still"], capture_output=True, text=True, check=True)
    assert (done.stderr, "3 of 3" in done.stdout) == ("", True)


@pytest.mark.costly
@pytest.mark.skipif(sys.platform == "win32", reason="there is no terminal to imitate")
def test_messages_come_on_a_terminal_only_and_not_where_quiet_is_asked_for(here):
    graph = nx.DiGraph([("x", "y", {"weight": 1.0}), ("y", "y", {"weight": 1e200, "delay": 1})])
    graph.nodes["x"]["role"], graph.nodes["y"]["role"] = "input", "output"
    gn.write_graph(graph, "net.json")
    command = ["simulate", "net.json", "--input", "pulse", "--steps", "4", "-o", "out.npz", "--seed", "0"]

    said = "2 values of the outputs are not finite: the network diverges on this input\n"
    results, messages = on_a_terminal(*command)
    assert messages == said
    assert on_a_terminal("--quiet", *command) == on_a_terminal("-q", *command) == (results, "")
    assert "steps" in results
    assert subprocess.run([SCRIPT, *command], capture_output=True, text=True, check=True).stderr == ""


def test_quiet_leaves_errors(call):
    assert call("-q", "inspect", "none.json").err == "graphnet: error: none.json: no such file\n"
    result = call("--quiet", "inspect")
    assert (result.code, result.err) == (2, "graphnet: error: Missing argument 'GRAPH|RUN'.\n")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["train", "--lr", "0.1"], "No such option '--lr'. Did you mean '--learning-rate'?"),
        (["train", "--criterion", "mse"], "No such option '--criterion'. Did you mean '--loss'?"),
        (["train", "--batch_size", "3"], "No such option '--batch_size'. Did you mean '--batch-size'?"),
        (["train", "--loss", "l2"], "did you mean 'mse'?"),
        (["train", "--dtype", "fp32"], "'fp32' is not one of 'float64', 'float32'; did you mean 'float32'?"),
        (["train", "--initializer", "xavier"], "did you mean 'glorot'?"),
        (["train", "--set", "lr=0.1"], "there is no setting 'lr'; did you mean 'learning_rate'?"),
        (["train", "--set", "optimizer.lr=0.1"], "adam has no setting 'lr'; did you mean 'learning_rate'?"),
        (["bench", "net.json", "--backend", "numba"], "; did you mean 'fast'?"),
        (["new", "lstm", "net.json", "--n-hidden", "3"], "Did you mean '--hidden'?"),
        (["inspect", "net.json", "--zzz"], "No such option '--zzz'"),
    ],
)
def test_names_of_other_libraries_are_known(call, arguments, says):
    result = call(*arguments)
    assert result.code == 2
    assert says.casefold() in result.err.casefold(), result.err
    assert ("did you mean" in result.err.casefold()) == ("did you mean" in says.casefold())
