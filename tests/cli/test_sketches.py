"""Sketches of drawings in text, and ``graphnet new --list``, which shows one of each kind."""

from __future__ import annotations

import networkx as nx
import pytest
from graphnet_cli.layers import SIGNS
from graphnet_cli.sketches import legend, print_lines, sketch
from graphnet_cli.verbs.new import KINDS, read_drawings, smallest

import graphnet as gn


def lines(graph: nx.DiGraph, **options: object) -> list[str]:
    return [str(line) for line in sketch(graph, **options)]


def test_each_kind_of_feedback_has_its_sign() -> None:
    assert lines(gn.graphs.feedforward(1, 3, 1)) == ["□  ─→  ●●●  ─→  ◎"]
    assert lines(gn.graphs.lateral(1, 3, 1)) == ["        ↔", "□  ─→  ●●●  ─→  ◎"]
    assert lines(gn.graphs.complete(1, 3, 1)) == ["       ↺ ↔      ↺", "□  ─→  ●●●  ─→  ◎", "        ↑───────┘"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_sketch_has_the_kinds_of_synapses_that_the_drawing_has(kind: str) -> None:
    """Count signs by the colours that they get, against `gn.feedback`, and read the arcs from the text."""
    graph = getattr(gn.graphs, kind)(**smallest(read_drawings()[kind]))
    drawn = sketch(graph)
    found = gn.feedback(graph)
    layer = {node: i for i, nodes in enumerate(found.layers.values()) for node in nodes}
    pairs = {(layer[edge[0]], layer[edge[1]], of) for edge, of in found.edges.items()}
    marks = [k for line in drawn[:1] for k in line.kinds if k in ("direct", "lateral")]
    assert sorted(marks) == sorted(of for s, t, of in pairs if s == t)
    arcs = [str(line).strip() for line in drawn if set(str(line)) <= set(" ↑└─┘")]
    assert sum(arc.startswith("↑") for arc in arcs) == sum(s > t for s, t, _ in pairs)
    assert sum(arc.endswith("↑") for arc in arcs) == sum(t > s + 1 for s, t, _ in pairs)
    assert max(map(len, map(str, drawn))) <= 76


def test_a_delay_is_in_its_arrow() -> None:
    assert lines(gn.graphs.convolution(1, 2, 1, kernel_size=12)) == ["□  ─11→  ●●  ─→  ◎"]


def test_a_large_layer_is_a_number_and_many_layers_are_packed() -> None:
    assert lines(gn.graphs.feedforward(1, 40, 1)) == ["□  ─→  40●  ─→  ◎"]
    deep = gn.graphs.feedforward(1, [2] * 18, 1)
    (row,) = lines(deep)
    assert len(row) <= 80
    assert row.count("●●") == 18
    with pytest.raises(ValueError, match="does not fit into 80 columns"):
        sketch(gn.graphs.feedforward(1, [2] * 40, 1))


def test_a_terminal_without_these_signs_has_ascii(capsys: pytest.CaptureFixture[str]) -> None:
    drawn = sketch(gn.graphs.lstm(1, 1, 1), is_ascii=True)
    print_lines([*drawn, *legend(is_ascii=True)], "  ")
    assert capsys.readouterr().out.isascii()


def test_colours_are_those_of_the_kinds_on_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.delenv("NO_COLOR", raising=False)
    print_lines(sketch(gn.graphs.direct(1, 3, 1)))
    said = capsys.readouterr().out
    assert "\x1b[38;2;213;94;0m↺" in said  # #D55E00, that of direct feedback
    assert "\x1b[38;2;127;127;127m" in said
    monkeypatch.setenv("NO_COLOR", "1")
    print_lines(sketch(gn.graphs.direct(1, 3, 1)))
    assert "38;2" not in capsys.readouterr().out


def test_the_list_has_a_line_and_a_picture_of_each_kind(call) -> None:
    result = call("new", "--list")
    assert (result.code, result.err) == (0, "")
    blocks = result.out.split("\n\n")
    assert [block.splitlines()[0] for block in blocks] == [*KINDS, str(legend()[0])]
    assert "  A network in which every hidden neuron feeds itself.\n            ↺\n" in blocks[1]
    assert max(map(len, result.out.splitlines())) <= 80
    assert all(SIGNS["unicode"]["output"] in block for block in blocks)


def test_the_list_as_json_is_that_of_the_text(call) -> None:
    told, text = call("new", "--list", "--json").json(), call("new", "--list").out
    assert [row["kind"] for row in told["kinds"]] == list(KINDS)
    for row in told["kinds"]:
        assert all(line in text for line in row["picture"])
        assert getattr(gn.graphs, row["kind"])(**row["size"]).number_of_nodes() > 1
    result = call("new", "--json")
    assert (result.code, result.out) == (2, "")
    assert "--list" in result.err
