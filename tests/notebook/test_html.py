"""HTML of networks and results: safe, small, for any theme, and never an error."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import graphnet as gn
from graphnet.notebook import networks
from graphnet.notebook.curves import curves
from graphnet.notebook.html import Html, element, never_fails
from graphnet.testing import neuron_graphs
from tests.profiles import scaled

LARGEST = 20_000


def read(thing: Any) -> ElementTree.Element:
    """Return the parsed HTML of an object, and assert what is true of that of any object."""
    html = thing._repr_html_()
    assert type(html) is str
    assert len(html) < LARGEST
    json.dumps(html, ensure_ascii=False).encode()  # as the message of a kernel
    root = ElementTree.fromstring(html)
    for each in root.iter():
        assert each.tag.rpartition("}")[2] not in {"script", "style", "iframe", "img", "link"}
        assert not [name for name in each.attrib if name.startswith("on") or name in ("href", "src")]
        assert "background" not in each.get("style", "")
        assert each.get("fill") not in ("white", "black", "#fff", "#000")
    return root


def text_of(thing: Any) -> str:
    """Return the words of the HTML of an object."""
    return " ".join(" ".join(read(thing).itertext()).split())


def cells_of(thing: Any) -> list[list[str]]:
    """Return the rows of all tables in the HTML of an object."""
    return [["".join(cell.itertext()) for cell in row] for row in read(thing).iter("tr")]


def named(*names: Any) -> gn.Network:
    """Return a network of an input, hidden neurons and an output, in a chain, with these names."""
    graph = nx.MultiDiGraph()
    nx.add_path(graph, names)
    graph.nodes[names[0]]["role"], graph.nodes[names[-1]]["role"] = "input", "output"
    return gn.compile(graph, seed=0)


def shown(net: gn.Network) -> Iterator[Any]:
    """Yield everything of a network that a notebook shows."""
    graph = net.to_graph()
    yield net
    yield net.parameter_table()
    yield gn.feedback(graph)
    yield gn.analysis.compare(dict.fromkeys(graph, graph), lambda graph, seed: float(seed), seeds=2)


def test_a_network_is_a_table_of_its_sizes_with_a_picture() -> None:
    net = gn.compile(gn.graphs.lateral(1, 4, 2), seed=0, dtype="float32")
    assert cells_of(net) == [
        ["inputs", "1"],
        ["outputs", "2"],
        ["neurons", "6"],
        ["synapses", "24"],
        ["parameters", "30 (weight 24, bias 6)"],
        ["feedback", "lateral 12"],
        ["numbers", f"float32, {net.backend} backend"],
    ]
    assert [each for each in read(net).iter() if each.tag.endswith("svg")]


@pytest.mark.parametrize(
    ("limit", "why"),
    [
        ("MOST_NEURONS", "no picture of more than 2 neurons or 200,000 synapses: see gn.view"),
        ("MOST_SYNAPSES", "no picture of more than 10,000 neurons or 2 synapses: see gn.view"),
        ("LARGEST", "the picture is too large for a notebook: see gn.plots.draw"),
    ],
)
def test_a_large_network_has_no_picture_and_says_so(limit: str, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    net = gn.compile(gn.graphs.direct(1, 2, 1), seed=0)
    monkeypatch.setattr(networks, limit, 2)
    if limit != "LARGEST":
        monkeypatch.setattr(networks, "sketch", None)
    assert why in text_of(net)
    assert ["inputs", "1"] in cells_of(net)


@pytest.mark.costly
def test_a_million_synapses() -> None:
    net = gn.compile(gn.graphs.from_matrix(np.ones((1000, 1000)), w_in=np.ones((1000, 1))), seed=0)
    assert ["feedback", "direct 1,000, lateral 999,000"] in cells_of(net)
    rows = cells_of(net.parameter_table())
    assert rows[1][:3] == ["0", "weight", "hidden 0 → hidden 0"]
    assert rows[-1][:3] == ["1,001,999", "bias", "hidden 999"]


def test_feedback_is_counted_by_kind() -> None:
    rows = cells_of(gn.feedback(gn.graphs.elman(1, 2, 1)))
    assert rows[1:5] == [
        ["forward", "to a later layer", "4", "50%"],
        ["direct", "from a neuron to itself", "2", "25%"],
        ["lateral", "within a layer", "2", "25%"],
        ["indirect", "to an earlier layer", "0", "0%"],
    ]
    assert ["groups of neurons that all reach each other", "1, of 2 neurons"] in rows
    assert ["of these groups with complete feedback inside", "1"] in rows
    assert ["neurons with complete feedback", "2: hidden 0, hidden 1"] in rows
    loops = cells_of(gn.feedback(gn.graphs.direct(1, 8, 1)))
    assert ["groups of neurons that all reach each other", "8, of 1, 1, 1, 1, 1 neurons and 3 with no more"] in loops
    nothing = cells_of(gn.feedback(gn.graphs.feedforward(1, 2, 1)))
    assert ["groups of neurons that all reach each other", "none: nothing feeds back"] in nothing
    assert ["neurons with complete feedback", "none"] in nothing


def test_parameters_are_the_first_and_the_last_rows() -> None:
    graph = nx.MultiDiGraph([("x", "y"), ("x", "y")])
    graph.nodes["x"]["role"], graph.nodes["y"]["role"] = "input", "output"
    graph.add_edge("y", "y", tie=("a", "b"))
    table = gn.compile(graph, seed=0).parameter_table()
    assert [row[1:4] for row in cells_of(table)[1:]] == [
        ["weight", "x → y (0)", ""],
        ["weight", "x → y (1)", ""],
        ["weight", "a b", "tied"],
        ["bias", "y", ""],
    ]
    assert "4 (weight 3, bias 1)" in text_of(table)
    many = cells_of(gn.compile(gn.graphs.elman(1, 4, 1), seed=0).parameter_table())
    assert [row[0] for row in many[1:]] == [*map(str, range(6)), "…", *map(str, range(23, 29))]


def test_fixed_numbers_are_no_parameters() -> None:
    graph = nx.DiGraph([("x", "y", {"weight": 1.0, "trainable": False})])
    graph.nodes["x"]["role"] = "input"
    graph.add_node("y", role="output", train_bias=False)
    assert "no parameters: all numbers are fixed" in text_of(gn.compile(graph).parameter_table())


def rows_of(n: int) -> list[dict[str, Any]]:
    return [{"epoch": i + 1, "loss": 1 / (i + 1), "validation_loss": 1.0 + abs(i - 11)} for i in range(n)]


def test_a_history_is_its_curve_and_a_few_rows() -> None:
    history = gn.History(rows_of(30), best_epoch=12, kept_epoch=12, stopped_early=True)
    words = text_of(history)
    assert "best epoch 12 of 30, stopped early" in words
    for name in ("best: 12", "training", "validation", "epoch", "loss (logarithmic)"):
        assert name in words
    assert [row[0] for row in cells_of(history)[1:]] == ["1", "2", "…", "11", "12", "13", "…", "28", "29", "30"]
    assert [row[0] for row in cells_of(gn.History(rows_of(8), best_epoch=8))[1:]] == [*map(str, range(1, 9))]


def test_a_history_says_what_its_curve_leaves_out() -> None:
    rows = [{"epoch": i + 1, "loss": loss} for i, loss in enumerate([1.0, math.nan, math.inf, 0.5])]
    assert "2 epochs with a training loss that is not finite" in text_of(gn.History(rows, best_epoch=4))
    assert "no complete epoch" in text_of(gn.History())
    assert "no best" in text_of(gn.History([{"epoch": 1, "loss": math.nan}]))


def test_a_curve_keeps_its_peaks_when_it_is_thinned() -> None:
    losses = [1.0] * 10_000
    losses[4321] = 2.0
    path = max(
        ElementTree.fromstring(curves(range(1, 10_001), {"a": losses}, "loss")).iter("path"),
        key=lambda p: len(p.get("d")),
    )
    heights = [float(point.split()[1]) for point in path.get("d")[1:].split("L")]
    assert len(heights) < 200
    assert len({*heights}) == 2


def test_a_comparison_is_its_tables_and_its_cautions() -> None:
    graphs = {"a": gn.graphs.direct(1, 1, 1), "b": gn.graphs.elman(1, 2, 1)}
    compared = gn.analysis.compare(graphs, lambda graph, seed: len(graph.edges) + 0.5 * seed, seeds=6)
    rows = cells_of(compared)
    assert rows[0] == ["graph", "each seed", "mean", "deviation", "least", "most"]
    assert rows[1] == ["a", "", "4.25", "0.93541", "3", "5.5"]
    assert rows[-1] == ["a − b", "-5", "-5 to -5", "0.0312", "they differ"]
    for caution in compared.cautions():
        assert caution in text_of(compared)
    assert sum(path.get("d").count("h0") for path in read(compared).iter("path")) == 12
    one = gn.analysis.compare({"a": graphs["a"]}, lambda graph, seed: 0.5, seeds=1)
    assert cells_of(one)[1:] == [["a", "", "0.5", "", "0.5", "0.5"]]
    many = {str(i): graphs["a"] for i in range(200)}
    assert "and 188 more graphs" in text_of(gn.analysis.compare(many, lambda graph, seed: 0.5, seeds=50, against="0"))


def test_a_script_as_a_name_is_text() -> None:
    script = "<script>alert(1)</script>"
    for thing in shown(named("<img src=x onerror=alert(1)>", script, "</td>&amp;")):
        read(thing)
    assert f"{script} → </td>&amp;" in text_of(named("x", script, "</td>&amp;").parameter_table())


@given(
    st.lists(
        st.text() | st.integers() | st.binary() | st.tuples(st.text(), st.text()), min_size=2, max_size=4, unique=True
    )
)
@settings(max_examples=scaled(20), deadline=None)
def test_any_names(names: list[Any]) -> None:
    for thing in shown(named(*names)):
        read(thing)


@given(neuron_graphs())
@settings(max_examples=scaled(50), deadline=None)
def test_any_network(graph: nx.DiGraph) -> None:
    """Try groups, gates, reversed time, ties and parallel synapses, of which pictures have something to say."""
    net = gn.compile(graph, seed=0)
    for thing in (net, net.parameter_table(), gn.feedback(graph)):
        assert "no more is shown" not in text_of(thing)
    assert [each for each in read(net).iter() if each.tag.endswith("svg")]


@given(
    st.lists(
        st.fixed_dictionaries(
            {"loss": st.floats()}, optional={"validation_loss": st.floats(), "seconds": st.floats(0, 9)}
        ),
        max_size=30,
    ),
    st.integers(0, 30),
)
@settings(max_examples=scaled(50), deadline=None)
def test_any_history(rows: list[dict[str, Any]], best: int) -> None:
    rows = [{"epoch": i + 1} | row for i, row in enumerate(rows)]
    assert "no more is shown" not in text_of(gn.History(rows, best_epoch=best if 0 < best <= len(rows) else None))


def test_long_names_and_long_fits_stay_small() -> None:
    for thing in shown(named(*["🧠" * 200 + str(i) for i in range(20)])):
        read(thing)
    read(gn.History(rows_of(5000), best_epoch=12))


def test_what_fails_is_said() -> None:
    class Bad:
        def __repr__(self) -> str:
            raise RuntimeError

    @never_fails
    def fails(thing: Any) -> Html:
        raise ValueError("<b>\ud800")

    assert "<pre>a Bad that cannot be printed</pre>" in fails(Bad())
    assert "no more is shown of it: ValueError: &lt;b&gt;?" in fails(Bad())
    history = gn.History([{"epoch": "one", "loss": "low"}])
    assert "no more is shown of it: " in history._repr_html_()
    assert element("b", "<", Html("<i></i>"), stroke_width=1, class_=None) == '<b stroke-width="1">&lt;<i></i></b>'


@pytest.mark.costly
def test_html_needs_no_matplotlib() -> None:
    code = (
        "import sys, graphnet as gn; net = gn.compile(gn.graphs.elman(1, 2, 1), seed=0);"
        "history = gn.fit(net, [[[1.0]]], [[[0.0]]], epochs=2);"
        "assert all('<table' in each._repr_html_() for each in (net, history, net.parameter_table()));"
        "print('matplotlib' in sys.modules, 'IPython' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
