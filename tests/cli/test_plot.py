"""``graphnet plot`` and ``--plot``: every plot of graphnet.plots, of drawings, runs, data and generated inputs."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from graphnet_cli.main import main

import graphnet as gn

from .conftest import sequences

pytest.importorskip("matplotlib")

PYTHON_ONLY = {"compare", "importance", "parallel", "tuning"}
SIGNATURES = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}


@pytest.fixture
def seen(monkeypatch):
    """What the functions of graphnet.plots were called with: [(name, arguments, keywords)]; they draw as they do."""
    calls = []

    def watch(name):
        plot = getattr(gn.plots, name)

        def watched(*arguments, **keywords):
            calls.append((name, arguments, {key: value for key, value in keywords.items() if key != "ax"}))
            return plot(*arguments, **keywords)

        monkeypatch.setattr(gn.plots, name, watched)

    for name in ("activity", "confusion", "predictions"):
        watch(name)
    return calls


@pytest.fixture
def heads(here):
    """``heads.json``: attention over three steps."""
    gn.write_graph(gn.graphs.attention(2, 1, n_heads=1, width=2, window=3), "heads.json")
    return "heads.json"


@pytest.fixture
def cells(here):
    """``cells.json``: an LSTM."""
    gn.write_graph(gn.graphs.lstm(2, 2, 3), "cells.json")
    return "cells.json"


def is_written(path):
    return path.read_bytes().startswith(SIGNATURES[path.suffix])


def test_every_plot_is_a_command_or_said_to_be_for_python():
    assert set(main.commands["plot"].commands) | PYTHON_ONLY == set(gn.plots.__all__)
    for name in PYTHON_ONLY:
        assert name in main.commands["plot"].help


def test_every_plot_is_in_the_documentation():
    """Each with its name in Python and, if it has one, its command; images are small."""
    docs = Path(__file__).parents[2] / "docs"
    page = (docs / "howto/pictures.md").read_text()
    assert set(re.findall(r"gn\.plots\.(\w+)\(", page)) == set(gn.plots.__all__)
    typed = set(re.findall(r"^graphnet plot (\w+)", page, re.M))
    assert typed == set(main.commands["plot"].commands)
    pages = "".join(each.read_text() for each in (docs.parent / "README.md", *docs.rglob("*.md")))
    images = set(re.findall(r"\]\((?:\.\./|docs/)?images/(\S+)\)", pages))
    assert images == {path.name for path in (docs / "images").iterdir()}
    assert all((docs / "images" / name).stat().st_size < 60_000 for name in images)


@pytest.mark.costly
@pytest.mark.parametrize(
    "command",
    [
        "draw net.json",
        "draw net.json --positions kind --no-labels",
        "draw placed.json --positions here,there --labels",
        "unrolled net.json --steps 3",
        "matrix net.json --by kind --seed 1",
        "spectrum net.json --seed 1",
        "activity net.json --input sine --steps 9 --seed 1",
        "activity run classes.npz --sample 3 --kind raster --by kind",
        "gates cells.json --input pulse --steps 9 --unit 1 --seed 1",
        "attention heads.json --input noise --steps 9 --seed 1",
        "history run",
        "history run run --of accuracy",
        "gradient_flow run classes.npz",
        "gradient-flow net.json numbers.npz --seed 1",
        "confusion run classes.npz",
        "predictions net.json numbers.npz --node ('output',1) --known 3 --seed 1",
        "lesions run classes.npz --of neurons --most 2",
    ],
)
def test_every_plot_is_written(call, here, trained, numbers, heads, cells, command):
    graph = gn.read_graph("net.json")
    nx.set_node_attributes(graph, {node: node[0] for node in graph}, "kind")
    gn.write_graph(graph, "net.json")
    placed = {node: {"here": i % 3, "there": float(i)} for i, node in enumerate(graph)}
    nx.set_node_attributes(graph, placed)
    gn.write_graph(graph, "placed.json")
    if "kind" in command and "run" in command:
        assert call("train", "net.json", "classes.npz", "-o", "again", "--epochs", 1, "--seed", 1).code == 0
        command = command.replace("run", "again")
    result = call("plot", *command.split(), "-o", "out.png", "--json")
    assert (result.code, result.err) == (0, "")
    found = result.json()
    assert (found["plot"], found["output"]) == (command.split()[0].replace("-", "_"), "out.png")
    assert is_written(here / "out.png")


@pytest.mark.parametrize("suffix", SIGNATURES)
def test_the_same_command_writes_the_same_bytes(call, here, drawing, suffix):
    for name in ("one", "two"):
        assert call("plot", "spectrum", drawing, "--seed", 1, "-o", f"{name}{suffix}").code == 0
    assert is_written(here / f"one{suffix}")
    assert (here / f"one{suffix}").read_bytes() == (here / f"two{suffix}").read_bytes()


def test_size_and_dpi(call, here, drawing):
    from matplotlib.image import imread

    for options, shape in ((["--size", "3x2", "--dpi", 100], (200, 300)), (["--size", "2X2.5"], (375, 300))):
        assert call("plot", "spectrum", drawing, "--seed", 1, "-o", "out.png", *options).code == 0
        assert imread(here / "out.png").shape[:2] == shape
    for size in ("3", "3x", "axb", "0x3", "3x1000", "nanx3"):
        result = call("plot", "spectrum", drawing, "-o", "new.png", "--size", size)
        assert result.code == 2
        assert f"{size!r} is not WIDTHxHEIGHT in inches, each from 0.5 to 40, such as 6.4x4" in result.err
    result = call("plot", "spectrum", drawing, "-o", "new.png", "--size", "40x40", "--dpi", 600)
    assert result.code == 2
    assert "24000 x 24000 pixels are more than 100,000,000; give a smaller --dpi or --size, or write .svg" in result.err
    assert not (here / "new.png").exists()


def test_generated_inputs_are_those_of_simulate(call, here, drawing, seen):
    for options in (["noise"], ["sine", "--period", 5], ["pulse", "--at", 2, "--channel", 1, "--amplitude", 3]):
        made = ["--input", *options, "--steps", 7, "--seed", 4]
        assert call("simulate", drawing, *made, "-o", "out.npz").code == 0
        result = call("plot", "activity", drawing, *made, "-o", "out.svg")
        assert result.code == 0
        assert f"input    {options[0]}\nsteps    7\nseed     4\noutput   out.svg\n" in result.out
        name, (net, x, nodes), _ = seen[-1]
        assert (name, nodes) == ("activity", None)
        with np.load("out.npz") as found:
            assert x.tolist() == found["x"].tolist()
            assert net.run(x).tolist() == found["outputs"].tolist()


def test_a_seed_that_is_drawn_is_printed(call, drawing, trained, classes):
    result = call("plot", "activity", drawing, "--input", "noise", "--steps", 5, "-o", "one.png")
    seed = result.out.split("--seed ")[1].split()[0]
    assert (
        call("plot", "activity", drawing, "--input", "noise", "--steps", 5, "-o", "two.png", "--seed", seed).code == 0
    )
    with open("one.png", "rb") as one, open("two.png", "rb") as two:
        assert one.read() == two.read()
    assert "seed" not in call("plot", "activity", trained, classes, "-o", "three.png").out
    assert "seed" in call("plot", "activity", trained, "--input", "noise", "--steps", 5, "-o", "three.png").out


def test_of_a_run_the_data_are_read_as_in_training(call, here, seen):
    gn.write_graph(gn.graphs.elman(1, 2, 1), "one.json")
    (here / "series.csv").write_text("year,spots\n" + "".join(f"{1700 + i},{i % 5}\n" for i in range(20)))
    columns = ("--x", "spots", "--ahead", 1)
    assert call("train", "one.json", "series.csv", "-o", "run", *columns, "--epochs", 1, "--seed", 0).code == 0
    assert call("plot", "activity", "run", "series.csv", "--steps", 6, "-o", "out.png").code == 0
    assert seen[-1][1][1].ravel().tolist() == [0, 1, 2, 3, 4, 0]
    assert call("plot", "predictions", "run", "series.csv", "--count", "year>=1710", "-o", "out.png").code == 0
    name, (_, x, y), keywords = seen[-1]
    assert (name, len(x[0]), keywords["known"]) == ("predictions", 19, None)
    assert np.isnan(y[0, :9, 0]).all()
    assert y[0, 9:, 0].tolist() == [(i + 1) % 5 for i in range(9, 19)]
    result = call("plot", "gradient_flow", "run", "series.csv", "--count", "year>=1710", "-o", "out.png")
    assert result.code == 3
    says = "weights of samples or steps do not count in this plot; leave them, and --count, out"
    assert f"graphnet: error: run on series.csv: {says}" in result.err


def test_nodes_are_named_as_for_simulate(call, drawing, seen):
    given = ["--input", "pulse", "--steps", 5, "--seed", 0, "-o", "out.png"]
    assert call("plot", "activity", drawing, "--node", "('hidden', 1)", "--node", "('input', 0)", *given).code == 0
    assert seen[-1][1][2] == [("hidden", 1), ("input", 0)]
    result = call("plot", "activity", drawing, "--node", "('hiden', 1)", *given)
    assert (result.code, "Invalid value for '--node': \"('hiden', 1)\" is not a node of the graph" in result.err) == (
        2,
        True,
    )


@pytest.mark.parametrize(
    ("command", "code", "says"),
    [
        ("activity net.json -o a.png", 2, "give DATA, or --input pulse|noise|sine and --steps\n"),
        ("activity net.json numbers.npz --input noise --steps 3 -o a.png", 2, "and --steps, not both\n"),
        ("activity net.json --input noise -o a.png", 2, "--input noise needs --steps"),
        ("activity net.json --input ramp --steps 3 -o a.png", 2, "'ramp' is not one of 'pulse', 'noise', 'sine'"),
        ("activity net.json numbers.npz --period 3 -o a.png", 2, "--period is for --input sine, not for numbers.npz"),
        ("activity net.json --input sine --steps 3 --x a -o a.png", 2, "--x is for DATA, not for sine"),
        ("activity net.json numbers.npz --steps 99 -o a.png", 3, "it has 6 steps, fewer than --steps 99"),
        ("activity net.json numbers.npz --sample 99 --seed 0 -o a.png", 3, "net.json on numbers.npz: "),
        ("activity net.json none.npz -o a.png", 3, "none.npz: no such file"),
        ("gates net.json --input sine --steps 3 -o a.png", 3, "graphnet: error: net.json: "),
        ("attention net.json --input sine --steps 3 -o a.png", 3, "graphnet: error: net.json: "),
        ("draw none.json -o a.png", 3, "none.json: no such file"),
        ("draw net.json", 2, "Missing option '-o' / '--output'"),
        ("draw net.json -o a.jpg", 2, "Invalid value for '-o': a.jpg: figures are written to .png, .svg or .pdf"),
        ("draw net.json -o a", 2, "Invalid value for '-o': a: figures are written to .png, .svg or .pdf"),
        ("draw net.json -o no/a.png", 3, "no/a.png: there is no folder "),
        ("confusion net.json numbers.npz --seed 0 -o a.png", 3, "graphnet: error: net.json on numbers.npz: "),
        ("history net.json -o a.png", 3, "net.json: "),
        ("net.json -o a.png", 2, "WHAT to plot comes before the file: graphnet plot draw net.json"),
        ("histroy net.json -o a.png", 2, "No such command 'histroy'; did you mean history?"),
        ("compare net.json -o a.png", 2, "compare is for Python only: gn.plots.compare"),
    ],
)
def test_wrong_usage_and_bad_input(call, here, drawing, numbers, command, code, says):
    result = call("plot", *command.split())
    assert (result.code, result.out) == (code, "")
    assert says in result.err
    assert "bug" not in result.err
    assert not list(here.glob("a*"))


def test_without_matplotlib_one_line_says_what_to_install(call, here, drawing, numbers, trained, classes, monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    for command in (
        ["plot", "draw", drawing, "-o", "a.png"],
        ["simulate", drawing, "--input", "sine", "--steps", 3, "-o", "a.npz", "--plot", "a.png"],
        ["evaluate", trained, classes, "--plot", "a.png"],
        ["train", drawing, numbers, "-o", "aa", "--plot", "a.png"],
    ):
        result = call(*command)
        line = "graphnet: error: plots need matplotlib: pip install 'graphnet-engine[plot]'\n"
        assert (result.code, result.out, result.err) == (1, "", line)
    assert not list(here.glob("a*"))


def test_a_missing_package_is_no_bug_and_ours_is(call, drawing, monkeypatch):
    def fail(error):
        def raises(path):
            raise error

        monkeypatch.setattr(gn, "read_graph", raises)
        return call("inspect", drawing).err

    assert fail(ImportError("to_torch needs torch: pip install torch", name="torch")) == (
        "graphnet: error: to_torch needs torch: pip install torch\n"
    )
    assert "(this is a bug in graphnet" in fail(ImportError("no name", name="graphnet.nothing"))


@pytest.mark.parametrize(
    "name", ["\N{GRINNING FACE}" * 9, "$x$ ${", "a" * 200, "<script>", "\N{HEBREW LETTER SHIN}", ""]
)
def test_any_name_is_drawn_without_a_note(call, here, name):
    graph = nx.DiGraph([("x", name)])
    graph.nodes["x"]["role"], graph.nodes[name]["role"] = "input", "output"
    gn.write_graph(graph, "odd.json")
    result = call("plot", "activity", "odd.json", "--input", "sine", "--steps", 4, "--seed", 0, "-o", "out.svg")
    assert (result.code, result.err) == (0, "")


def test_a_figure_too_small_for_its_labels_is_noted(call, drawing):
    result = call("plot", "spectrum", drawing, "--seed", 0, "-o", "out.png", "--size", "0.5x0.5")
    assert result.code == 0
    assert result.err == (
        "graphnet: note: out.png: labels take all of the room; a larger --size leaves some for the plot\n"
    )
    assert call("--quiet", "plot", "spectrum", drawing, "--seed", 0, "-o", "o.png", "--size", "0.5x0.5").err == ""


def test_what_was_there_stays_where_a_figure_cannot_be_drawn(call, here, drawing):
    (here / "a.png").write_text("old")
    assert call("plot", "gates", drawing, "--input", "sine", "--steps", 3, "-o", "a.png").code == 3
    assert (here / "a.png").read_text() == "old"


# --- as an option ----------------------------------------------------------------------------------------------------


def test_simulate_draws_recorded_nodes_or_outputs(call, here, drawing, seen):
    given = [drawing, "--input", "sine", "--steps", 9, "--seed", 0, "-o", "out.npz", "--plot", "out.png"]
    assert call("simulate", *given, "--json").json()["plot"] == "out.png"
    assert seen[-1][1][2] == [("output", 0), ("output", 1), ("output", 2)]
    assert is_written(here / "out.png")
    assert "plot      out.png\n" in call("simulate", *given, "--record", "('hidden', 2)").out
    assert seen[-1][1][2] == [("hidden", 2)]
    result = call("simulate", *given, "--settle")
    assert result.code == 2
    assert "--plot shows a network from its initial values on, so it does not go with --settle" in result.err


def test_evaluate_draws_classes_or_values(call, here, drawing, trained, classes, numbers, seen):
    result = call("evaluate", trained, classes, "--plot", "classes.svg", "--json")
    assert (result.code, result.json()["plot"], seen[-1][0]) == (0, "classes.svg", "confusion")
    assert is_written(here / "classes.svg")
    assert call("train", drawing, numbers, "-o", "values", "--epochs", 1, "--seed", 1).code == 0
    assert call("evaluate", "values", numbers, "--plot", "values.png").code == 0
    name, (_, x, _), _ = seen[-1]
    assert (name, x.tolist()) == ("predictions", sequences().tolist())
    assert is_written(here / "values.png")
