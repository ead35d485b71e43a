"""draw: what is drawn of every kind of drawing, what the legend says, and images of some that were looked at."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings

import graphnet as gn
from graphnet.language.feedback import KINDS
from graphnet.layout import picture_of
from graphnet.plots.boxing import outline_of
from graphnet.plots.figure import COLOURS_OF_KINDS, NEGATIVE, POSITIVE
from graphnet.plots.routes import CLEARANCE, RADIUS, gate_routes, routes_of
from graphnet.testing import neuron_graphs
from tests.profiles import scaled

from .reference import check_image, image_of

pytest.importorskip("matplotlib")
from matplotlib import pyplot as plt
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import to_hex

DATA = Path(__file__).parent.parent.parent / "examples" / "data"


@pytest.fixture(autouse=True)
def closed() -> Any:
    yield
    plt.close("all")


def legend(ax: Any) -> list[str]:
    found = ax.get_legend()
    return [] if found is None else [text.get_text() for text in found.get_texts()]


def title_of(ax: Any) -> str:
    return str(ax.get_title()).replace("\n", " ")


def written(ax: Any) -> list[str]:
    return [text.get_text() for text in ax.texts]


def gated_pair() -> nx.MultiDiGraph:
    graph = nx.MultiDiGraph()
    graph.add_node("in", role="input")
    graph.add_node("out", role="output")
    graph.add_edge("in", "h", delay=3, weight=2.0)
    graph.add_edge("h", "h", weight=-1.0, gate="in")
    graph.add_edge("h", "out", weight=1.0, tie="t")
    graph.add_edge("h", "out", weight=1.0, tie="t")
    return graph


DRAWINGS = {
    "direct": lambda: gn.graphs.direct(1, 3, 1),
    "lateral": lambda: gn.graphs.lateral(1, 3, 1),
    "indirect": lambda: gn.graphs.indirect(1, 3, 1),
    "complete": lambda: gn.graphs.complete(2, 3, 2),
    "elman": lambda: gn.graphs.elman(1, 3, 1),
    "jordan": lambda: gn.graphs.jordan(1, 3, 2),
    "lstm": lambda: gn.graphs.lstm(1, 1, 1),
    "gru": lambda: gn.graphs.gru(1, 1, 1),
    "attention": lambda: gn.graphs.attention(1, 1, width=2, window=4),
    "transformer": lambda: gn.graphs.transformer(1, 1, width=2, n_heads=1, window=8),
    "bidirectional": lambda: gn.graphs.bidirectional(gn.graphs.elman(1, 2, 1)),
    "convolution": lambda: gn.graphs.convolution(1, 2, 1),
    "network": lambda: gn.compile(gn.graphs.elman(2, 4, 1), seed=0),
    "gated_pair": gated_pair,
}


SIZES = {"attention": (5, 4), "transformer": (8, 4), "worm": (4, 2.6)}


@pytest.mark.parametrize("name", DRAWINGS)
def test_images_that_were_looked_at(name: str) -> None:
    # large ones in small figures, or their images would be large files
    ax = plt.subplots(figsize=SIZES[name], layout="constrained")[1] if name in SIZES else None
    check_image(gn.plots.draw(DRAWINGS[name](), ax=ax), f"draw_{name}")


@pytest.mark.costly
def test_the_worm_is_drawn_by_type() -> None:
    worm = gn.read_graph(DATA / "celegans.json")
    ax = gn.plots.draw(worm, positions="kind")
    assert title_of(ax) == "4,797 synapses, bundled by kind"
    assert {"AVAL", "sensory\n83", "motor\n123"} <= set(written(ax))
    _, ax = plt.subplots(figsize=SIZES["worm"], layout="constrained")
    check_image(gn.plots.draw(worm, positions="kind", labels=False, ax=ax), "draw_worm")


@settings(max_examples=scaled(60), deadline=None)
@given(neuron_graphs())
def test_every_drawing_is_drawn_and_the_legend_lists_what_occurs(graph: nx.DiGraph) -> None:
    ax = gn.plots.draw(graph)
    image_of(ax.figure)
    words = legend(ax)
    assert [word for word in words if word in KINDS] == [
        kind for kind in KINDS if kind in gn.feedback(graph).edges.values()
    ]
    roles = {role or "hidden" for _, role in graph.nodes(data="role")}
    assert {word for word in words if word in ("input", "hidden", "output")} == roles
    assert ("gate" in words) == any(gate is not None for *_, gate in graph.edges(data="gate"))
    plt.close("all")


@settings(max_examples=scaled(100), deadline=None)
@given(neuron_graphs())
def test_routes_go_from_rim_to_rim(graph: nx.DiGraph) -> None:
    picture = picture_of(graph)
    if not picture.table.n_edges:
        return
    routes = routes_of(picture)
    start, end = picture.positions[picture.table.source], picture.positions[picture.table.target]
    assert np.allclose(np.linalg.norm(routes.points[:, 0] - start, axis=1), RADIUS, atol=0.03)
    assert np.allclose(np.linalg.norm(routes.tip - end, axis=1), RADIUS, atol=0.03)
    assert np.allclose(np.linalg.norm(routes.along, axis=1), 1)
    # no two synapses take the same way
    middles = routes.middle[:, None] - routes.middle
    apart = np.linalg.norm(middles, axis=-1) + np.eye(len(routes.middle))
    same = (start[:, None] == start).all(-1) & (end[:, None] == end).all(-1)
    assert (apart[same] > 0.02).all()
    rows, gates = gate_routes(picture, routes)
    assert np.allclose(gates.tip, routes.middle[rows], atol=0.05)


def test_there_and_back_are_two_ways() -> None:
    picture = picture_of(nx.DiGraph([("a", "b"), ("b", "a")]))
    there, back = routes_of(picture).middle
    assert np.linalg.norm(there - back) > 0.2


def test_a_synapse_goes_around_a_neuron_between() -> None:
    graph = nx.DiGraph([("a", "c"), ("a", "b"), ("b", "c")])
    picture = picture_of(graph, {"a": (0, 0), "b": (2, 0), "c": (4, 0)})
    row = picture.table.edge_keys().index(("a", "c"))
    points = routes_of(picture).points[row]
    between = picture.positions[picture.table.index["b"]]
    assert np.linalg.norm(points - between, axis=1).min() > RADIUS + 0.5 * CLEARANCE


def colours_of_lines(ax: Any) -> set[str]:
    lines = [each for each in ax.collections if isinstance(each, LineCollection)]
    return {to_hex(colour).upper() for each in lines for colour in each.get_colors()}


def test_kinds_differ_in_colour_and_line() -> None:
    ax = gn.plots.draw(gn.graphs.complete(1, (2, 2), 1))
    lines = [each for each in ax.collections if isinstance(each, LineCollection)]
    assert len(lines) == 4
    assert colours_of_lines(ax) == {colour.upper() for colour in COLOURS_OF_KINDS.values()}
    dashes = [str(each.get_linestyle()[0][1]) for each in lines]
    assert len(set(dashes)) == 3  # forward and direct are solid, and a direct one is a loop


def test_signs_and_widths() -> None:
    graph = nx.DiGraph()
    graph.add_node("in", role="input")
    graph.add_node("out", role="output")
    graph.add_edge("in", "h", weight=2.0)
    graph.add_edge("h", "out", weight=1.0, scale=-0.5)
    ax = gn.plots.draw(graph)
    assert legend(ax)[-3:] == ["strength > 0", "strength < 0", "|strength| ≤ 2"]
    faces = {
        to_hex(face).upper()
        for each in ax.collections
        if isinstance(each, PolyCollection)
        for face in each.get_facecolor()
    }
    assert {POSITIVE, NEGATIVE} <= faces
    (lines,) = (each for each in ax.collections if isinstance(each, LineCollection))
    thick, thin = lines.get_linewidths()
    assert thick > 2 * thin
    # fixed weights of 1 alone, as in an LSTM, are no news
    assert not [word for word in legend(gn.plots.draw(gn.graphs.lstm(1, 1, 1))) if "strength" in word]


def test_delays_above_1_are_written() -> None:
    assert "z⁻³" in written(gn.plots.draw(gated_pair()))
    assert "delay of k > 1 steps" in legend(gn.plots.draw(gated_pair()))
    assert not [text for text in written(gn.plots.draw(gn.graphs.elman(1, 2, 1))) if "⁻" in text]
    line = gn.plots.draw(gn.graphs.convolution(4, 20, 1, kernel_size=5))
    assert line.get_title() == "240 delays of 2 to 4 steps, not written"


def test_ties_are_marked_and_boxed() -> None:
    assert "one weight: 1 tie" in legend(gn.plots.draw(gated_pair()))
    graph = gn.graphs.elman(1, 3, 1)
    for i in (0, 1):
        graph.nodes["hidden", i]["tie"] = "alike"
    assert "alike" in written(gn.plots.draw(graph))
    graph.nodes["hidden", 2]["tie"] = graph.nodes["hidden", 1].pop("tie")
    assert title_of(gn.plots.draw(graph)) == "1 tie of neurons not boxed: others lie between"


def test_units_and_activations_are_named() -> None:
    ax = gn.plots.draw(gn.graphs.lstm(1, 1, 1))
    assert {"cell 0", "forget\n0\nσ", "hidden\n0\nid"} <= set(written(ax))


def test_labels() -> None:
    graph = gn.graphs.elman(1, 2, 1)
    assert "input\n0" in written(gn.plots.draw(graph))
    assert written(gn.plots.draw(graph, labels=False)) == []
    _, small = plt.subplots(figsize=(0.7, 0.7))
    assert "input\n0" not in written(gn.plots.draw(graph, ax=small))
    _, small = plt.subplots(figsize=(0.7, 0.7))
    assert {"input 0", "hidden 0"} <= set(written(gn.plots.draw(graph, labels=True, ax=small)))
    with pytest.raises(gn.DataError, match="labels='all': must be True, False or None"):
        gn.plots.draw(graph, labels="all")


NAMES = ["n" * 200, "שלום עולם", "مرحبا بالعالم", "😀🧠 brain", "<script>", "$x^2$ {a} $", "line\nbreak", "", " ", "$"]


def test_any_name_is_drawn() -> None:
    graph = nx.DiGraph([("in", name) for name in NAMES] + [(name, "out") for name in NAMES])
    graph.nodes["in"]["role"], graph.nodes["out"]["role"] = "input", "output"
    ax = gn.plots.draw(graph)
    image_of(ax.figure)
    assert max(len(line) for text in written(ax) for line in text.split("\n")) <= 24
    renderer = ax.figure.canvas.get_renderer()
    below = [text for text in ax.texts if text.get_va() == "top"]
    boxes = [text.get_window_extent(renderer) for text in below]
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])


def test_names_of_neighbours_do_not_overlap() -> None:
    ax = gn.plots.draw(gn.graphs.transformer(1, 1, width=4, n_heads=2, window=8))
    image_of(ax.figure)
    renderer = ax.figure.canvas.get_renderer()
    named = [text for text in ax.texts if text.get_va() in ("top", "center")]
    boxes = np.array([text.get_window_extent(renderer).extents for text in named])
    assert len(boxes) > 80
    low, high = boxes[:, None, :2], boxes[:, None, 2:]
    overlap = (low < boxes[:, 2:] - 1).all(-1) & (high > boxes[:, :2] + 1).all(-1)
    np.fill_diagonal(overlap, False)
    assert overlap.sum() / 2 <= 0.02 * len(boxes)


def test_what_is_alone_or_empty_is_drawn() -> None:
    one = nx.DiGraph()
    one.add_node("a")
    assert legend(gn.plots.draw(one)) == ["hidden"]
    many = nx.DiGraph()
    many.add_nodes_from(range(30))
    image_of(gn.plots.draw(many).figure)
    empty = gn.GraphTable(list(range(3000)), np.zeros(0), np.zeros(0))
    ax = gn.plots.draw(empty)
    image_of(ax.figure)
    assert title_of(ax) == "3,000 neurons as a density; no synapses"


def test_ten_thousand_self_loops_are_drawn() -> None:
    loops = np.arange(10_000)
    ax = gn.plots.draw(gn.GraphTable(loops.tolist(), loops, loops))
    image_of(ax.figure)
    assert title_of(ax) == ("10,000 neurons as a density; 10,000 synapses as 1 bundle, by layer")
    graph = nx.MultiDiGraph([("a", "a")] * 10_000)
    ax = gn.plots.draw(graph)
    image_of(ax.figure)
    assert title_of(ax) == "10,000 synapses, bundled by place"
    few = gn.plots.draw(nx.MultiDiGraph([("a", "a")] * 6))
    assert "×6" in written(few)


@pytest.mark.costly
def test_large_drawings_say_what_is_drawn_instead() -> None:
    def title(*what: Any, **how: Any) -> str:
        ax = gn.plots.draw(*what, **how)
        image_of(ax.figure)
        return title_of(ax)

    assert title(gn.graphs.feedforward(30, (50, 50), 5)) == "4,250 synapses, bundled by layer"
    assert title(gn.graphs.feedforward(200, (150, 20), 5)) == "33,100 synapses as 3 bundles, by layer"
    random = np.random.default_rng(0)
    ends = random.integers(0, 5000, (2, 200_000))
    names = [f"n{i}" for i in range(5000)]
    role = np.repeat([0, -1, 1], [10, 4980, 10])
    ends = ends[:, ends[1] >= 10]
    types = np.array(list("abcd"))[random.integers(0, 4, 5000)].astype(object)
    columns = {
        "role": gn.Column(role, role >= 0, ("input", "output")),
        "type": gn.Column(types),
    }
    table = gn.GraphTable(names, *ends, columns)
    found = title(table)
    assert found.startswith("5,000 neurons as a density; 199,")
    assert found.endswith("synapses as 7 bundles, by layer")
    assert "bundles, by type" in title(table, positions="type")


def test_signs_tell_ribbons_apart_where_kinds_do_not() -> None:
    random = np.random.default_rng(0)
    ends = random.integers(0, 2500, (2, 30_000))
    sign = np.where(ends[0] % 5 == 0, -1, 1)
    table = gn.GraphTable(list(range(2500)), *ends, {}, {"sign": gn.Column(sign)})
    assert legend(gn.plots.draw(table)) == ["strength > 0", "strength < 0"]


def test_axes_are_used_and_returned() -> None:
    figure, axes = plt.subplots(1, 2)
    size = figure.get_size_inches().copy()
    assert gn.plots.draw(gn.graphs.direct(1, 2, 1), ax=axes[1]) is axes[1]
    assert (figure.get_size_inches() == size).all()
    assert not axes[0].collections
    with pytest.raises(gn.DataError, match="ax: a Figure; must be axes of matplotlib"):
        gn.plots.draw(gn.graphs.direct(1, 2, 1), ax=figure)


def test_positions_are_handed_on() -> None:
    graph = gn.graphs.direct(1, 1, 1)
    with pytest.raises(gn.GraphError, match=r"node \('input', 0\): position \(nan, 0\) in positions is not two"):
        gn.plots.draw(graph, positions=dict.fromkeys(graph, (math.nan, 0)))
    with pytest.raises(TypeError, match="did you mean 'positions'"):
        gn.plots.draw(graph, position="type")


def test_without_matplotlib_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    monkeypatch.delattr("matplotlib.pyplot")
    with pytest.raises(ImportError, match=r"plots need matplotlib: pip install 'graphnet-engine\[plot\]'"):
        gn.plots.draw(gn.graphs.direct(1, 1, 1))


@pytest.mark.parametrize("at", [[[0, 0], [0, 1]], [[0, 0], [1, 0]], [[0, 0], [0, 0]], [[0, 0], [2, 1]]])
def test_the_box_of_a_unit_is_around_its_neurons(at: list[list[float]]) -> None:
    """Also where they are in one column or row."""
    outline = outline_of(np.array(at, float), 0.5, True)
    assert np.allclose(outline.min(axis=0), np.min(at, axis=0) - 0.5, atol=0.01)
    assert np.allclose(outline.max(axis=0), np.max(at, axis=0) + 0.5, atol=0.01)
