"""The deep run: its drawings, its records, and that it continues where it was."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import Phase

import graphnet as gn
from graphnet.testing import Case
from tests.properties import deep
from tests.written import written_lines


def test_a_chunk_is_the_same_drawings_every_time() -> None:
    def drawings_of(number: int) -> list[str]:
        drawn: list[str] = []
        deep.draw_cases(number, 5, lambda case: drawn.append(str(case)), [Phase.generate])
        return drawn

    assert len(drawings_of(3)) >= 5
    assert drawings_of(3) == drawings_of(3) != drawings_of(4)


@pytest.mark.costly
def test_a_failure_is_kept_by_its_property_and_shrunk() -> None:
    def no_gates(case: Case, compile) -> None:
        assert not any(gate is not None for *_, gate in case.graph.edges(data="gate")), "a gate"

    def nothing(case: Case, compile) -> None:
        compile(case.graph)

    chunk = deep.try_chunk(0, 40, (nothing, no_gates))
    assert chunk["chunk"] == 0
    assert chunk["examples"] >= 40
    assert list(chunk["failures"]) == ["no_gates"]
    assert json.loads(json.dumps(chunk)) == chunk
    smallest = deep.shrink(no_gates, 0, 40)
    assert "a gate" in smallest
    drawing = smallest[smallest.index("Failing test case") :]
    assert drawing.count("  node ") == 2
    assert drawing.count("  edge ") == 1


def test_a_line_that_was_cut_off_is_no_chunk(tmp_path: Path) -> None:
    file = tmp_path / "chunks.jsonl"
    assert list(written_lines(file)) == []
    file.write_text('{"chunk": 1, "examples": 250}\n{"chunk": 2, "exam')
    assert [chunk["chunk"] for chunk in written_lines(file)] == [1]


def test_copies_of_a_network_share_nothing() -> None:
    graph = gn.graphs.elman(1, 2, 1)
    compiler = deep.Compiler(graph)
    one, other = compiler(graph), compiler(graph)
    one.parameters = one.parameters * 0
    assert other.parameters.any()
    assert compiler(graph, dtype="float32").dtype == "float32"
    assert compiler(gn.graphs.elman(2, 2, 1)).n_inputs == 2
