"""``graphnet convert``."""

from __future__ import annotations

import networkx as nx
import pytest

import graphnet as gn
from graphnet.io import FORMATS, PICTURES


def lossless():
    return [suffix for suffix, found in FORMATS.items() if not found.drops or suffix in (".csv", ".tsv")]


@pytest.mark.parametrize("suffix", lossless())
def test_a_drawing_goes_to_every_format_and_back(call, here, drawing, suffix):
    there = call("convert", drawing, f"there{suffix}")
    assert (there.code, there.err) == (0, "")
    assert there.out == f"net.json -> there{suffix}: 9 nodes and 36 synapses\n"
    assert call("convert", f"there{suffix}", "back.json").code == 0
    if FORMATS[suffix].of_tables:  # numbers have the types of the language there
        assert nx.utils.graphs_equal(gn.read_graph("back.json"), gn.read_graph(drawing))
    else:
        assert (here / "back.json").read_bytes() == (here / drawing).read_bytes()


def test_for_machines(call, drawing):
    result = call("convert", drawing, "net.gml", "--json")
    assert result.json() == {"from": "net.json", "to": "net.gml", "nodes": 9, "synapses": 36, "dropped": []}


def test_what_is_dropped_is_said(call, here, drawing):
    result = call("convert", drawing, "net.mtx")
    assert result.code == 0
    assert result.err.startswith("graphnet: note: net.mtx: a matrix does not hold: names of nodes; 'role' of nodes; ")
    assert len(result.err.splitlines()) == 1
    (dropped,) = call("convert", drawing, "net.mtx", "--json").json()["dropped"]
    assert dropped["file"] == "net.mtx"
    assert "names of nodes" in dropped["what"]
    assert len(gn.read_graph(here / "net.mtx")) == 9
    assert call("--quiet", "convert", drawing, "net.mtx").err == ""


def test_what_a_file_has_that_is_no_drawing_is_said_too(call, here):
    text = '<graphml><graph edgedefault="directed"><desc>mine</desc><node id="a"/></graph></graphml>'
    (here / "net.graphml").write_text(text)
    result = call("convert", "net.graphml", "net.json", "--json")
    assert result.json()["dropped"] == [{"file": "net.graphml", "what": ["<desc> in <graph>"]}]
    assert "graphnet: note: net.graphml: what is no attribute is left out: <desc> in <graph>\n" in result.err


def test_strict_writes_nothing_where_something_would_be_dropped(call, here, drawing):
    (here / "net.mtx").write_text("old")
    result = call("convert", drawing, "net.mtx", "--strict")
    assert result.code == 3
    assert "nothing was written because of --strict" in result.err
    assert (here / "net.mtx").read_text() == "old"
    assert call("convert", drawing, "net.gexf", "--strict").code == 0


@pytest.mark.parametrize(
    ("source", "target", "says"),
    [
        ("none.json", "net.gml", "none.json: no such file"),
        ("net.json", "net.txt", "net.txt: graphs are not read from or written to files named .txt"),
        ("net.json", "nowhere/net.gml", "there is no folder"),
        ("broken.gml", "net.json", "broken.gml: not GML: line 2: "),
    ],
)
def test_what_cannot_be_converted(call, here, drawing, source, target, says):
    (here / "broken.gml").write_text("graph [\n directed ]")
    result = call("convert", source, target)
    assert (result.code, result.out) == (3, "")
    assert says in result.err


def test_everything_that_a_format_cannot_hold_is_listed(call, here):
    gn.write_graph(nx.DiGraph([("a", "b", {"weight": 1.0}), ("b", "a"), ("b", "b")]), "some.json")
    result = call("convert", "some.json", "net.npz")
    assert result.code == 3
    assert len(result.err.splitlines()) == 2
    assert not (here / "net.npz").exists()


def test_a_run_goes_to_a_drawing_with_what_it_learnt(call, here, trained):
    result = call("convert", trained, "out.graphml")
    assert (result.code, result.out) == (0, "run -> out.graphml: 9 nodes and 36 synapses\n")
    learnt = gn.open_run(trained).network()
    again = gn.compile(gn.read_graph("out.graphml"))
    assert again.parameters.tobytes() == learnt.parameters.tobytes()


@pytest.fixture
def timed(call, classes):
    """A run with a dt and a dtype of its own, of a drawing with tau."""
    graph = gn.graphs.elman(2, 4, 3)
    nx.set_node_attributes(graph, {("hidden", 0): 2.0}, "tau")
    gn.write_graph(graph, "timed.json")
    options = ("--epochs", 1, "--seed", 1, "--dt", 0.5, "--dtype", "float32")
    assert call("train", "timed.json", classes, "-o", "timed", *options).code == 0
    return "timed"


def test_a_run_goes_to_a_network_file_with_its_dt_and_dtype(call, timed):
    assert call("convert", timed, "out.safetensors").code == 0
    found, learnt = gn.load("out.safetensors"), gn.open_run(timed).network()
    assert (found.dt, found.dtype) == (learnt.dt, learnt.dtype) == (0.5, "float32")
    assert found.parameters.tobytes() == learnt.parameters.tobytes()
    assert call("convert", timed, "told.safetensors", "--dt", 0.25, "--dtype", "float64").code == 0
    told = gn.load("told.safetensors")
    assert (told.dt, told.dtype) == (0.25, "float64")
    assert told.parameters.tolist() == learnt.parameters.tolist()


def test_a_drawing_without_its_dt_says_so(call, timed):
    result = call("convert", timed, "out.json")
    note = "graphnet: note: out.json: a drawing has no dt, and that of timed is 0.5: tell graphnet train --dt\n"
    assert (result.code, result.err) == (0, note)


def test_drawings_have_no_dt(call, drawing, trained):
    for source, target in ((drawing, "out.safetensors"), (trained, "out.json")):
        result = call("convert", source, target, "--dt", 0.5)
        assert result.code == 2
        assert "--dt: a drawing has none; OUT is a network, which has, where IN is a network or a run" in result.err


def test_a_folder_that_is_no_run_and_a_run_that_is_not_there(call, here):
    (here / "other").mkdir()
    for source, says in (("other", "the folder is not a run"), ("missing", "no such run folder; drawings are files")):
        result = call("convert", source, "out.json")
        assert (result.code, result.err.count("\n")) == (3, 1)
        assert f"graphnet: error: {source}: {says}" in result.err


@pytest.mark.parametrize("suffix", PICTURES)
def test_pictures_are_written_and_not_read(call, here, drawing, trained, suffix):
    result = call("convert", drawing, f"net{suffix}", "--json")
    assert (result.code, result.err, result.json()["dropped"]) == (0, "", [])
    assert "hidden 0" in (here / f"net{suffix}").read_text()
    assert call("convert", trained, f"run{suffix}").code == 0
    back = call("convert", f"net{suffix}", "back.json")
    assert (back.code, back.out) == (3, "")
    assert f"graphnet: error: net{suffix}: " in back.err
    assert "is only written, as a picture of a drawing; keep the drawing in another format" in back.err
    strict = call("convert", drawing, f"strict{suffix}", "--strict")
    assert strict.code == 2
    assert f"--strict: strict{suffix} is a picture, which stores no drawing" in strict.err
    assert not (here / f"strict{suffix}").exists()


def test_a_picture_that_is_too_large_is_noted(call, here):
    gn.write_graph(gn.graphs.lateral(1, 23, 1), "large.json")
    result = call("convert", "large.json", "large.mmd")
    assert (result.code, result.err.count("\n")) == (0, 1)
    assert "graphnet: note: large.mmd: 552 lines, and Mermaid draws no more than 500" in result.err
    assert call("--quiet", "convert", "large.json", "large.mmd").err == ""


def test_a_run_with_a_dt_becomes_a_picture_without_a_note(call, timed):
    assert call("convert", timed, "out.dot").err == ""
