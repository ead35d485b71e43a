"""Gated units, of architectures and of random drawings."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings

import graphnet as gn
from graphnet.analysis.gates import gated_units
from graphnet.testing import Case, cases

from ..profiles import scaled


def units_of(graph: nx.DiGraph) -> list[tuple[list[Any], list[Any], list[Any]]]:
    """Return gates, targets and kept neurons of each unit by name."""
    table = gn.GraphTable.from_networkx(graph)

    def names(positions: Any) -> list[Any]:
        return [table.nodes[i] for i in positions]

    return [(names(unit.gates), names(unit.targets), names(unit.kept)) for unit in gated_units(table)]


def test_units_of_architectures() -> None:
    for i in range(3):
        gates = [("input_gate", i), ("forget", i), ("output_gate", i)]
        assert units_of(gn.graphs.lstm(2, 3, 1))[i] == (gates, [("cell", i), ("hidden", i)], [("cell", i)])
        gates = [("reset", i), ("update", i)]
        assert units_of(gn.graphs.gru(2, 3, 1))[i] == (gates, [("new", i), ("hidden", i)], [("hidden", i)])
        assert units_of(gn.graphs.minimal_gated(2, 3, 1))[i] == ([("forget", i)], [("recall", i), ("hidden", i)], [])
    layers = units_of(gn.graphs.lstm(2, 3, 1, n_layers=2))
    assert [unit[2] for unit in layers] == [[("cell", layer, i)] for layer in (1, 2) for i in range(3)]


@pytest.mark.parametrize("said", [{"peepholes": True}, {"coupled": True}])
def test_units_of_other_lstms(said: dict[str, bool]) -> None:
    assert [kept for _, _, kept in units_of(gn.graphs.lstm(2, 3, 1, **said))] == [[("cell", i)] for i in range(3)]


def test_a_cell_and_what_shows_it_are_one_unit_if_the_synapse_is_learnt() -> None:
    graph = gn.graphs.lstm(1, 2, 1)
    for i in range(2):
        del graph.edges[("cell", i), ("squashed", i)]["trainable"]
    assert [len(gates) for gates, _, _ in units_of(graph)] == [3, 3]


def test_heads_of_attention_are_units() -> None:
    gates = [gates for gates, _, _ in units_of(gn.graphs.attention(1, 1, n_heads=2, width=4, window=3))]
    assert [len(each) for each in gates] == [5, 5]


@given(cases())
@settings(max_examples=scaled(100))
def test_every_gated_synapse_is_in_one_unit(case: Case) -> None:
    table = gn.GraphTable.from_networkx(case.graph)
    units = gated_units(table)
    edges = [edge for unit in units for several in unit.gates.values() for edge in several]
    gate = table.edge_columns.get("gate")
    gated = [] if gate is None else np.flatnonzero(gate.given() & np.array([g is not None for g in gate.objects()]))
    assert sorted(edges) == list(gated)
    for unit in units:
        own = {edge: gate for gate, several in unit.gates.items() for edge in several}
        assert all(case.graph.has_node(table.nodes[gate]) for gate in own.values())
        assert {int(table.target[edge]) for edge in own} == set(unit.targets)
        assert set(unit.kept) == {int(table.target[e]) for e in own if table.source[e] == table.target[e]}
    # no gate and no target is in two units
    for which in ("gates", "targets"):
        members = [each for unit in units for each in getattr(unit, which)]
        assert len(members) == len(set(members))
