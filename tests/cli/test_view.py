"""``graphnet view``: the page that it writes, and what it refuses."""

from __future__ import annotations

import webbrowser
from pathlib import Path

import networkx as nx
import numpy as np
import pytest

import graphnet as gn
from tests.page.reader import read_page


def page(name="page.html"):
    return read_page(Path(name).read_text("utf-8"))


def test_a_drawing(call, drawing):
    result = call("view", drawing, "-o", "page.html")
    assert (result.code, result.err) == (0, "")
    lines = [line.split(maxsplit=1) for line in result.out.splitlines()]
    assert lines[:3] == [["network", "net.json"], ["output", "page.html"], ["shows", "9 neurons, 36 synapses"]]
    assert lines[3][0] == "size"
    assert len(lines) == 4
    assert page().header["title"] == "net"
    assert np.isnan(page()["strength"]).all()
    assert page().header["n_samples"] == 0


@pytest.mark.parametrize("kind", ["pulse", "noise", "sine"])
def test_a_generated_input(call, drawing, kind):
    result = call("view", drawing, "--input", kind, "--steps", 7, "--samples", 2, "--seed", 5, "-o", "page.html")
    assert (result.code, result.err) == (0, "")
    assert result.out.splitlines()[-1].split() == ["seed", "5"]
    assert (
        call("simulate", drawing, "--input", kind, "--steps", 7, "--samples", 2, "--seed", 5, "-o", "a.npz").code == 0
    )
    with np.load("a.npz") as found:
        np.testing.assert_allclose(page().values()[:, :, 6:], found["outputs"], atol=0.02)
        np.testing.assert_allclose(page().values()[:, :, :2], found["x"], atol=0.03)
    assert page().header["targets"] is None


def test_a_run_on_data(call, trained, classes):
    result = call("view", "run", classes, "-o", "page.html")
    assert (result.code, result.err) == (0, "")
    assert "seed" not in result.out
    with np.load(classes) as arrays:
        net = gn.open_run("run").network()
        direct = gn.view(net, inputs=arrays["x"], targets=arrays["y"], lengths=arrays["lengths"], title="run")
    assert Path("page.html").read_text("utf-8") == direct.html
    assert page().header["targets"]["kind"] == "class"


def test_a_run_alone(call, trained):
    assert call("view", "run", "-o", "page.html").code == 0
    assert page().header["title"] == "run"
    assert np.isfinite(page()["strength"]).all()


@pytest.mark.parametrize("given", [(), ("--loss", "cross_entropy")])
def test_lesions(call, trained, classes, given):
    result = call("view", "run", classes, "--lesions", *given, "--samples", 2, "-o", "page.html")
    assert (result.code, result.err) == (0, "")
    with np.load(classes) as arrays:
        frame = gn.analysis.lesions(
            gn.open_run("run").network(),
            arrays["x"],
            arrays["y"],
            lengths=arrays["lengths"],
            of="neurons",
            loss="cross_entropy",
        )
    assert page().attribute("lesion effect")[2:] == pytest.approx(frame["change"].tolist()[1:], rel=1e-6)
    assert page().header["samples"] == ["sample 0", "sample 1"]


def test_a_part_of_the_data(call, drawing, numbers, classes):
    result = call("view", drawing, numbers, "--samples", 3, "--steps", 4, "--seed", 1, "-o", "page.html", "--json")
    assert (result.code, result.err) == (0, "")
    assert result.json() == {
        "network": "net.json",
        "data": "numbers.npz",
        "output": "page.html",
        "shows": "9 neurons, 36 synapses",
        "bytes": Path("page.html").stat().st_size,
        "notes": [],
        "seed": 1,
        "seed_drawn": False,
    }
    with np.load(numbers) as arrays:
        np.testing.assert_allclose(page()["targets"], arrays["y"][:3, :4], rtol=1e-6)
    assert call("view", drawing, classes, "--steps", 4, "--seed", 1, "-o", "page.html").code == 0
    assert page()["length"].tolist() == [min(4, 1 + i % 6) for i in range(20)]


def test_targets_that_do_not_count_are_not_shown(call, drawing):
    x = np.zeros((2, 3, 2))
    weights = np.array([[1.0, 0.0, 1.0], [1.0, 1.0, 0.0]])
    np.savez("steps.npz", x=x, y=np.ones((2, 3), int), weights=weights)
    assert call("view", drawing, "steps.npz", "--seed", 1, "-o", "page.html").code == 0
    assert page()["targets"].tolist() == [[1, -1, 1], [1, 1, -1]]
    np.savez("last.npz", x=x, y=np.ones((2, 3)), weights=weights, lengths=[2, 1])
    assert call("view", drawing, "last.npz", "--seed", 1, "-o", "page.html").code == 0
    assert np.isnan(page()["targets"][0]).all()
    assert page()["targets"][1, 0].tolist() == [1, 1, 1]
    assert call("view", drawing, "last.npz", "--seed", 1, "--steps", 1, "-o", "page.html").code == 0
    assert page()["targets"][1, 0].tolist() == [1, 1, 1]


def test_data_without_targets(call, drawing):
    x = np.ones((2, 3, 2))
    np.save("x.npy", x)
    result = call("view", drawing, "x.npy", "--seed", 1, "-o", "page.html")
    assert result.code == 0
    assert result.err.startswith("graphnet: note: without targets: x.npy: a single array has no targets")
    assert page().header["targets"] is None
    assert call("--quiet", "view", drawing, "x.npy", "--seed", 1, "-o", "page.html").err == ""


def test_columns_of_a_table(call, drawing):
    rows = "".join(f"{i},{i % 3},{i * 2}\n" for i in range(8))
    Path("t.csv").write_text("a,b,c\n" + rows)
    result = call("view", drawing, "t.csv", "--x", "a", "--x", "b", "--where", "a<5", "--seed", 1, "-o", "page.html")
    assert result.code == 0
    assert page().header["n_steps"] == 5
    np.testing.assert_allclose(page().values()[0, :, 0], range(5), atol=0.02)


def test_what_is_left_out_is_told(call, drawing):
    np.savez("many.npz", x=np.zeros((150, 3, 2)), y=np.zeros(150, int))
    result = call("view", drawing, "many.npz", "--seed", 1, "-o", "page.html")
    assert result.err == "graphnet: note: activity of the first 100 of 150 samples\n"
    assert page().header["notes"] == ["activity of the first 100 of 150 samples"]


def test_positions(call, here):
    graph = gn.graphs.elman(1, 2, 1)
    nx.set_node_attributes(graph, {node: float(i) for i, node in enumerate(graph)}, "left")
    nx.set_node_attributes(graph, 0.0, "up")
    nx.set_node_attributes(graph, "one", "kind")
    gn.write_graph(graph, "g.json")
    assert call("view", "g.json", "--positions", "left", "--positions", "up", "-o", "page.html").code == 0
    assert page()["x"].tolist() == [0, 1, 2, 3]
    assert call("view", "g.json", "--positions", "kind", "-o", "page.html").code == 0
    result = call("view", "g.json", "--positions", "knd", "-o", "page.html")
    assert result.code == 3
    assert "graphnet: error: g.json: positions='knd': no node has this attribute" in result.err
    result = call("view", "g.json", *["--positions", "up"] * 3, "-o", "page.html")
    assert result.code == 2
    assert "one attribute, or those of x and of y" in result.err


def test_from_the_steady_state(call, here):
    graph = nx.DiGraph([("light", "cell", {"weight": 3.0})])
    graph.nodes["light"]["role"] = "input"
    graph.add_node("cell", role="output", tau=20.0)
    gn.write_graph(graph, "g.json")
    np.save("x.npy", np.array([[[0.5], [1.0]]]))
    assert call("view", "g.json", "x.npy", "--settle", "-o", "page.html").code == 0
    assert page().values()[0, :, 1].round(3).tolist() == [1.5, 1.575]


def test_it_is_opened(call, drawing, monkeypatch):
    opened = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    assert call("view", drawing, "-o", "a page.html", "--open", "--title", "<b>").code == 0
    assert opened == [Path("a page.html").resolve().as_uri()]
    assert page("a page.html").header["title"] == "<b>"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("-o", "page.png"), 2, "page.png: a page is written to a file named .html"),
        (("numbers.npz", "--input", "sine", "-o", "p.html"), 2, "DATA and --input: one of the two is shown"),
        (("--input", "sine", "-o", "p.html"), 2, "--input sine needs --steps"),
        (("--input", "sin", "--steps", 3, "-o", "p.html"), 2, "did you mean 'sine'?"),
        (("--steps", 3, "-o", "p.html"), 2, "--steps needs DATA or --input"),
        (("--settle", "-o", "p.html"), 2, "--settle needs DATA or --input"),
        (("--lesions", "-o", "p.html"), 2, "--lesions needs DATA"),
        (("--x", "a", "-o", "p.html"), 2, "--x needs DATA"),
        (("numbers.npz", "--loss", "mse", "-o", "p.html"), 2, "--loss is for --lesions"),
        (("numbers.npz", "--samples", 21, "-o", "p.html"), 3, "it has 20 samples, fewer than --samples 21"),
        (("numbers.npz", "--steps", 7, "-o", "p.html"), 3, "it has 6 steps, fewer than --steps 7"),
        (("none.npz", "-o", "p.html"), 3, "graphnet: error: none.npz: no such file"),
        (("numbers.npz", "--y", "z", "-o", "p.html"), 3, "z"),
        (("wide.npz", "-o", "p.html"), 3, "net.json on wide.npz: inputs have shape (2, 3, 5), not"),
        (("nan.npz", "-o", "p.html"), 3, "net.json on nan.npz: inputs at sample 0, step 0, column 0: nan is not a"),
        (("weighed.npz", "--lesions", "-o", "p.html"), 3, "weights of samples or steps do not count in a lesion"),
        (("-o", "none/p.html"), 2, "none/p.html: there is no folder none"),
    ],
)
def test_what_is_refused(call, drawing, numbers, arguments, code, message):
    np.savez("wide.npz", x=np.zeros((2, 3, 5)), y=np.zeros(2, int))
    np.savez("nan.npz", x=np.full((2, 3, 2), np.nan), y=np.zeros(2, int))
    np.savez("weighed.npz", x=np.zeros((2, 3, 2)), y=np.zeros(2, int), weights=np.ones(2))
    result = call("view", drawing, *arguments)
    assert result.code == code
    assert message in result.err
    assert "Traceback" not in result.err
    assert result.out == ""
    assert not Path("p.html").exists()


def test_a_graph_that_is_none(call, here):
    result = call("view", "none.json", "-o", "p.html")
    assert result.code == 3
    assert result.err.startswith("graphnet: error: none.json: no such file")
