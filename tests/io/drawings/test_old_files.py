"""Drawings that earlier versions wrote, in ``data``, are read as what they were."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import pytest

import graphnet as gn

from ..files import drawing_of_all_values, gated_drawing
from .test_formats import told

FOLDER = Path(__file__).parent / "data"
DRAWINGS = {
    "gated": gated_drawing(),
    "values_DiGraph": drawing_of_all_values(nx.DiGraph),
    "values_MultiDiGraph": drawing_of_all_values(nx.MultiDiGraph),
}


@pytest.mark.parametrize("suffix", [".graphml", ".gml", ".gexf", ".csv"])
@pytest.mark.parametrize("name", DRAWINGS)
def test_files_of_version_0_1_are_read_as_what_they_were(name, suffix):
    graph = DRAWINGS[name].copy()
    if suffix == ".csv":
        graph.graph.clear()
    assert told(gn.read_graph(FOLDER / f"{name}{suffix}")) == told(graph)


@pytest.mark.parametrize("suffix", [".graphml", ".gml", ".gexf"])
@pytest.mark.parametrize("name", DRAWINGS)
def test_the_same_drawings_come_back_from_new_files(name, suffix, tmp_path):
    gn.write_graph(DRAWINGS[name], tmp_path / f"net{suffix}")
    assert told(gn.read_graph(tmp_path / f"net{suffix}")) == told(DRAWINGS[name])
