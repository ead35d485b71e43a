"""Thumbnails: small SVGs without matplotlib."""

from __future__ import annotations

import sys
from xml.etree import ElementTree as ET

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings

import graphnet as gn
from graphnet.language.labels import COLOURS_OF_KINDS
from graphnet.layout import picture_of, sketch_svg
from graphnet.testing import neuron_graphs
from tests.profiles import scaled

SVG = "{http://www.w3.org/2000/svg}"


def drawn(graph: nx.DiGraph | gn.GraphTable, **how: int) -> ET.Element:
    text = sketch_svg(picture_of(graph), **how)
    assert len(text) < 20_000
    return ET.fromstring(text)


def colours(svg: ET.Element) -> set[str]:
    return {path.get("stroke") for path in svg.iter(f"{SVG}path")}


@settings(max_examples=scaled(80), deadline=None)
@given(neuron_graphs())
def test_a_small_drawing_has_a_mark_for_each_neuron_and_the_colours_of_its_kinds(graph: nx.DiGraph) -> None:
    svg = drawn(graph)
    roles = dict(graph.nodes(data="role"))
    assert len(list(svg.iter(f"{SVG}rect"))) == sum(role == "input" for role in roles.values())
    assert len(list(svg.iter(f"{SVG}circle"))) == sum(role != "input" for role in roles.values())
    kinds = set(gn.feedback(graph).edges.values())
    assert colours(svg) == {COLOURS_OF_KINDS[kind] for kind in kinds}


def test_a_large_drawing_has_bars_with_numbers_of_neurons() -> None:
    svg = drawn(gn.graphs.feedforward(784, (128, 64), 10))
    assert [text.text for text in svg.iter(f"{SVG}text")] == ["784", "128", "64", "10"]
    assert len(list(svg.iter(f"{SVG}rect"))) == 4
    assert colours(svg) == {COLOURS_OF_KINDS["forward"]}


def test_bars_have_arcs_of_feedback() -> None:
    assert colours(drawn(gn.graphs.complete(1, (20, 20), 1))) == set(COLOURS_OF_KINDS.values())


def test_many_columns_share_bars() -> None:
    svg = drawn(nx.relabel_nodes(gn.graphs.feedforward(1, [2] * 100, 1), str))
    assert len(list(svg.iter(f"{SVG}rect"))) == 14


def test_millions_are_short() -> None:
    n = 12_000
    role = np.zeros(n, int)
    table = gn.GraphTable(list(range(n)), np.zeros(0), np.zeros(0), {"role": gn.Column(role, None, ("input",))})
    svg = drawn(table, width=100, height=50)
    assert (svg.get("width"), svg.get("height")) == ("100", "50")
    assert [text.text for text in svg.iter(f"{SVG}text")] == ["12k"]
    assert svg.find(f"{SVG}title").text == "12,000 neurons and 0 synapses"


def test_names_are_in_no_thumbnail() -> None:
    graph = nx.DiGraph([("<script>", "&"), ("&", "<script>")])
    assert "script" not in sketch_svg(picture_of(graph))


def test_one_neuron_without_synapses() -> None:
    graph = nx.DiGraph()
    graph.add_node("a")
    assert len(list(drawn(graph).iter(f"{SVG}circle"))) == 1


@pytest.mark.costly
def test_no_matplotlib_is_needed() -> None:
    import subprocess

    code = (
        "import sys, graphnet as gn; from graphnet.layout import picture_of, sketch_svg;"
        "sketch_svg(picture_of(gn.graphs.elman(1, 3, 1))); print('matplotlib' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
